"""What can be ticked on a participant's form."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.message import Message
from scheduler.models import Activity, Programme
from scheduler.programmes.vocabulary import THEMES


def activity_choices(session: Session) -> list[tuple[str, str]]:
    """Return key and name of every activity of the active programmes, each key once."""
    rows = session.execute(
        select(Activity.key, Activity.name)
        .join(Programme, Programme.id == Activity.programme_id)
        .where(Activity.active, Programme.active)
        .order_by(Activity.name, Activity.key)
    )
    names: dict[str, str] = {}
    for key, name in rows:
        names.setdefault(key, name)
    return list(names.items())


def opt_out_choices(session: Session) -> list[tuple[str, Message]]:
    """Return the themes of the centre's activities, then its sensitive activities."""
    themes: set[str] = set()
    sensitive: dict[str, str] = {}
    rows = session.execute(
        select(Activity.key, Activity.name, Activity.themes, Activity.sensitive)
        .join(Programme, Programme.id == Activity.programme_id)
        .where(Activity.active, Programme.active)
        .order_by(Activity.name)
    )
    for key, name, own_themes, is_sensitive in rows:
        themes.update(own_themes)
        if is_sensitive:
            sensitive[key] = name
    labels = sorted(
        ((theme, Message(THEMES.get(theme, theme))) for theme in themes), key=lambda each: str(each[1])
    )
    return [*labels, *((key, Message(name)) for key, name in sensitive.items())]
