"""Settings: staff, places, equipment, programmes, courses, closures, accounts, the centre itself."""

from web.settings import (
    absence_reasons,
    accounts,
    calendar,
    courses,
    equipment,
    places,
    programme_parts,
    programmes,
    staff,
    staff_calendar,
)
from web.settings.area import blueprint
from web.settings.centre import installation

__all__ = [
    "absence_reasons",
    "accounts",
    "blueprint",
    "calendar",
    "courses",
    "equipment",
    "installation",
    "places",
    "programme_parts",
    "programmes",
    "staff",
    "staff_calendar",
]
