"""Pictograms of activities: Twemoji graphics (CC BY 4.0), copied to ``static/vendor/pictograms``."""

from __future__ import annotations

#: Unicode code point of the picture of each pictogram key of ``scheduler.programmes.vocabulary``.
CODE_POINTS = {
    "welcome": "1f44b",
    "interview": "1f4ac",
    "group": "1f465",
    "information": "2139",
    "language": "1f524",
    "citizenship": "1f3db",
    "home": "1f3e0",
    "health": "1fa7a",
    "family": "1f46a",
    "money": "1f4b6",
    "computer": "1f4bb",
    "art": "1f3a8",
    "camera": "1f4f7",
    "sport": "26bd",
    "tools": "1f6e0",
    "outing": "1f68c",
    "hands": "1f91d",
    "work": "1f4bc",
    "car": "1f697",
    "project": "1f3af",
    "evaluation": "1f4cb",
    "contract": "270d",
    "mentor": "1f46b",
    "desk": "1f6aa",
    "training": "1f393",
    "test": "1f4dd",
}

#: Pictogram of an activity that names none, by its kind.
BY_KIND = {
    "workshop": "tools",
    "level_group": "language",
    "information": "information",
    "coaching": "project",
    "excursion": "outing",
    "volunteering": "hands",
    "intensive": "training",
    "interview": "interview",
    "gathering": "group",
    "open_desk": "desk",
    "professional": "work",
}


def pictogram_file(key: str, kind: str) -> str:
    """Return the static file of an activity's pictogram."""
    code = CODE_POINTS.get(key) or CODE_POINTS[BY_KIND.get(kind, "group")]
    return f"vendor/pictograms/{code}.svg"
