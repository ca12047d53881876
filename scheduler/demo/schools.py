"""The invented schools of French, their weekly patterns, and classes filled one person at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time

from scheduler.models import Course, CourseEnrolment, CourseMeeting, Participant

#: A half-day: weekday (0 is Monday) and ``am`` or ``pm``.
Half = tuple[int, str]

MON, TUE, WED, THU, FRI = range(5)
CLASS_SIZE = 16

#: Name, travel to the centre's main site in minutes.
SCHOOLS = (
    ("École du Pont-Neuf (inventée)", 15),
    ("Promotion sociale des Tanneurs (inventée)", 30),
    ("Alpha-Mosaïque (inventée)", 15),
    ("Lire et Écrire à Valombre (inventé)", 30),
    ("Institut des Langues du Parc (inventé)", 15),
)

#: Morning and afternoon of a half-day of that many hours.
_HOURS = {
    3.0: {"am": (time(9), time(12)), "pm": (time(13), time(16))},
    3.5: {"am": (time(8, 45), time(12, 15)), "pm": (time(12, 45), time(16, 15))},
    4.0: {"am": (time(8, 30), time(12, 30)), "pm": (time(12, 30), time(16, 30))},
}


@dataclass(frozen=True, slots=True)
class WeeklyPattern:
    """The fixed half-days of a class, each of ``hours`` hours."""

    halves: tuple[Half, ...]
    hours: float

    @property
    def hours_week(self) -> float:
        """Hours of French in a week."""
        return len(self.halves) * self.hours

    @property
    def times(self) -> list[tuple[int, time, time]]:
        """Weekday, start and end of each meeting."""
        return [(weekday, *_HOURS[self.hours][part]) for weekday, part in self.halves]


def _mornings(*weekdays: int) -> tuple[Half, ...]:
    return tuple((weekday, "am") for weekday in weekdays)


def _afternoons(*weekdays: int) -> tuple[Half, ...]:
    return tuple((weekday, "pm") for weekday in weekdays)


#: From 6 to 20 hours a week on two to five half-days.
PATTERNS = (
    WeeklyPattern(_mornings(MON, THU), 3.0),
    WeeklyPattern(_mornings(TUE, FRI), 3.0),
    WeeklyPattern(_mornings(WED, FRI), 3.0),
    WeeklyPattern(_afternoons(TUE, THU), 3.0),
    WeeklyPattern(_afternoons(MON, WED), 3.0),
    WeeklyPattern(_afternoons(MON, FRI), 3.5),
    WeeklyPattern(_mornings(MON, TUE, THU), 3.0),
    WeeklyPattern(_mornings(MON, WED, FRI), 3.0),
    WeeklyPattern(_afternoons(MON, TUE, THU), 3.0),
    WeeklyPattern(_mornings(TUE, THU, FRI), 4.0),
    WeeklyPattern(_mornings(MON, TUE, THU, FRI), 3.0),
    WeeklyPattern(_afternoons(MON, TUE, WED, THU), 3.0),
    WeeklyPattern(_mornings(MON, TUE, WED, THU), 3.5),
    WeeklyPattern(_afternoons(MON, TUE, THU, FRI), 4.0),
    WeeklyPattern(_mornings(MON, TUE, WED, THU, FRI), 3.0),
    WeeklyPattern(_mornings(MON, TUE, WED, THU, FRI), 4.0),
)


@dataclass(slots=True)
class Schools:
    """Opens classes as people need them.

    Parameters
    ----------
    centre_id : int
    starts_on, ends_on : date
        First and last day of the school year.
    """

    centre_id: int
    starts_on: date
    ends_on: date
    courses: list[Course] = field(default_factory=list)
    _places: dict[tuple[WeeklyPattern, int], list[Course]] = field(default_factory=dict)

    def enrol(self, participant: Participant, pattern: WeeklyPattern, level: int) -> Course:
        """Put somebody in a class of a level with these times; open one when the last is full."""
        classes = self._places.setdefault((pattern, level), [])
        if not classes or len(classes[-1].enrolments) >= CLASS_SIZE:
            classes.append(self._open(pattern, level))
        course = classes[-1]
        course.enrolments.append(CourseEnrolment(centre_id=self.centre_id, participant_id=participant.id))
        return course

    def _open(self, pattern: WeeklyPattern, level: int) -> Course:
        number = len(self.courses)
        school, travel_minutes = SCHOOLS[number % len(SCHOOLS)]
        course = Course(
            centre_id=self.centre_id,
            school=school,
            name=f"Français {('alpha', 'A1', 'A2', 'B1', 'B2', 'C1', 'C2')[level]} groupe {number + 1}",
            language="fr",
            level=level,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            travel_minutes=travel_minutes,
            meetings=[
                CourseMeeting(centre_id=self.centre_id, weekday=weekday, starts=starts, ends=ends)
                for weekday, starts, ends in pattern.times
            ],
        )
        self.courses.append(course)
        return course


def school_year(today: date) -> tuple[date, date]:
    """Return the first and last day of the school year that ``today`` is in or that comes next."""
    first = date(today.year if today.month >= 7 else today.year - 1, 8, 25)
    return first, date(first.year + 1, 7, 3)
