"""Values to look at a text with, as long as they usually are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from notifications.wording.facts import BRUSSELS, CHANGES, Told
from notifications.wording.texts import TextSpec

#: As long as those that messages carry; it leads nowhere.
TOKEN = "m." + "x" * 24


def sample_facts(
    spec: TextSpec, now: datetime, *, name: str, title: str, place: str, public_url: str
) -> dict[str, Any]:
    """Return everything that a text may name, about next Wednesday at half past nine."""
    wall = now.astimezone(BRUSSELS).replace(hour=9, minute=30, second=0, microsecond=0)
    starts_at = wall + timedelta(days=(2 - wall.weekday()) % 7 or 7)
    told = [
        Told(
            starts_at=starts_at + timedelta(days=number),
            ends_at=starts_at + timedelta(days=number, hours=2, minutes=30),
            title=title,
            place=place,
            change=change,
            was=starts_at - timedelta(days=1),
        )
        for number, change in enumerate(("", "", "") if spec.allowed & {"choices"} else CHANGES)
    ]
    count = {"changes": 2, "day": 2}.get(spec.name, 1)
    return {
        "name": name,
        "sessions": told[:count] if "sessions" in spec.allowed | spec.given else [],
        "absent": told[1:2] if "absent" in spec.allowed else [],
        "choices": told if "choices" in spec.allowed else [],
        "link": f"{public_url}/moi/{TOKEN}",
        "deadline": starts_at - timedelta(days=1),
    }
