"""Places that are kept for people, in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask_babel import gettext as _

from scheduler.held_places import Hold
from scheduler.names import load_names
from web.extensions import db
from web.permissions import Permission, may
from web.templating import day, hour


def hold_sentences(holds: Collection[Hold]) -> tuple[str, ...]:
    """Return what is kept, for whom and until when, the first to end first."""
    if not holds:
        return ()
    seen = may(Permission.VIEW_PEOPLE)
    names = load_names(db.session(), {hold.participant_id for hold in holds} if seen else ())
    ordered: Sequence[Hold] = sorted(holds, key=lambda hold: (hold.until, hold.starts_at, hold.place_id))
    somebody = _("une personne")
    return tuple(
        _sentence(hold, names.participants.get(hold.participant_id, somebody), names.activities)
        for hold in ordered
    )


def _sentence(hold: Hold, name: str, activities: dict[int, str]) -> str:
    facts = {
        "name": name,
        "activity": activities.get(hold.activity_id, "–"),
        "when": f"{day(hold.starts_at)} {hour(hold.starts_at)}",
    }
    if hold.chosen:
        return _("%(name)s a choisi %(activity)s, %(when)s", **facts)
    facts["until"] = f"{day(hold.until)} {hour(hold.until)}"
    return _("%(activity)s, %(when)s : place gardée pour %(name)s jusqu'au %(until)s", **facts)
