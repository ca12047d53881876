"""A participant's card: a name and a code that opens the personal page."""

from __future__ import annotations

import io
from datetime import datetime

import segno

from scheduler.models import Centre, Participant
from scheduler.paper.press import set_sheet


def participant_card(centre: Centre, person: Participant, url: str, now: datetime) -> bytes:
    """Return a card of the size of a bank card as PDF; it says nothing of why the person comes.

    Parameters
    ----------
    url : str
        Address of the personal page, known only when it is made.
    """
    code = io.BytesIO()
    segno.make(url, error="m").save(code, kind="svg", scale=4, border=2, xmldecl=True)
    data = {"title": f"Carte de {person.name}", "name": person.name, "centre": centre.name}
    return set_sheet("card", data, now, {"code.svg": code.getvalue()})
