"""The people who lead, accompany, interpret and host: what they can do and when they are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import time
from random import Random

from sqlalchemy.orm import Session

from scheduler.demo.accounts import mail_domain
from scheduler.demo.names import invented_name
from scheduler.demo.phones import RANGE_SIZE, invented_phone
from scheduler.models import Availability, Centre, StaffKind, StaffMember

#: Weekday, from, until.
Hours = tuple[tuple[int, time, time], ...]

MON, TUE, WED, THU, FRI, SAT = range(6)
_OPEN, _NOON, _CLOSE = time(8, 45), time(12, 30), time(17, 15)

FULL_TIME: Hours = tuple((day, _OPEN, _CLOSE) for day in (MON, TUE, WED, THU, FRI))
WITH_EVENINGS: Hours = (
    (MON, _OPEN, _CLOSE),
    (TUE, time(10), time(19, 30)),
    (WED, _OPEN, _CLOSE),
    (THU, _OPEN, time(18, 45)),
    (FRI, _OPEN, _CLOSE),
)
MORNINGS: Hours = tuple((day, _OPEN, _NOON) for day in (MON, TUE, WED, THU, FRI))
FOUR_DAYS: Hours = tuple((day, _OPEN, _CLOSE) for day in (MON, TUE, THU, FRI))
THREE_DAYS: Hours = tuple((day, _OPEN, _CLOSE) for day in (MON, TUE, WED))
WED_TO_FRI: Hours = tuple((day, _OPEN, _CLOSE) for day in (WED, THU, FRI))
TWO_DAYS: Hours = tuple((day, _OPEN, _CLOSE) for day in (TUE, THU))
FRIDAYS: Hours = ((FRI, _OPEN, _NOON),)
EVENINGS: Hours = (
    (MON, time(17), time(20, 30)),
    (WED, time(17), time(20, 30)),
    (THU, time(17), time(20, 30)),
    (SAT, time(9, 30), time(17)),
)

FULL_TIME_MINUTES, HALF_TIME_MINUTES = 38 * 60, 19 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSpec:
    """A member of the team to be invented.

    ``tongue`` chooses the name (``be``: usual in Belgium); ``times`` is how many of them there are.
    """

    skills: tuple[str, ...]
    hours: Hours = FULL_TIME
    kind: StaffKind = StaffKind.STAFF
    tongue: str = "be"
    languages: tuple[str, ...] = ("fr",)
    municipalities: tuple[str, ...] = ()
    minutes_week: int | None = FULL_TIME_MINUTES
    times: int = 1


def _interpreter(
    tongue: str, languages: tuple[str, ...], hours: Hours, *, mediates: bool = False
) -> StaffSpec:
    return StaffSpec(
        kind=StaffKind.INTERPRETER,
        tongue=tongue,
        languages=("fr", *languages),
        hours=hours,
        skills=("intercultural_mediation",) if mediates else (),
        minutes_week=15 * 60,
    )


def _mentor(tongue: str, languages: tuple[str, ...], hours: Hours = EVENINGS) -> StaffSpec:
    return StaffSpec(
        kind=StaffKind.VOLUNTEER,
        tongue=tongue,
        languages=("fr", *languages),
        hours=hours,
        skills=(),
        minutes_week=None,
    )


INTERPRETERS = (
    _interpreter("ar", ("ar", "ku"), FULL_TIME, mediates=True),
    _interpreter("ar", ("ar",), THREE_DAYS),
    _interpreter("prs", ("prs", "fa", "ps"), FOUR_DAYS, mediates=True),
    _interpreter("ps", ("ps", "prs"), WED_TO_FRI),
    _interpreter("ti", ("ti", "am"), FOUR_DAYS, mediates=True),
    _interpreter("so", ("so",), FRIDAYS),
    _interpreter("tr", ("tr", "ku"), TWO_DAYS, mediates=True),
    _interpreter("uk", ("uk", "ru"), FOUR_DAYS, mediates=True),
)

MENTORS = (
    _mentor("be", ("en",)),
    _mentor("be", ("nl",)),
    _mentor("ar", ("ar",)),
    _mentor("be", ("en", "es"), (*EVENINGS, (FRI, time(13), time(18)))),
    _mentor("be", ()),
    _mentor("fr", ("en",)),
)

HOSTS = (
    StaffSpec(kind=StaffKind.HOST, skills=(), hours=FOUR_DAYS, minutes_week=None),
    StaffSpec(kind=StaffKind.HOST, skills=(), hours=TWO_DAYS, minutes_week=None),
)

AMIE_TEAM = (
    StaffSpec(
        skills=("group_work", "interview", "psychosocial"), hours=WITH_EVENINGS, languages=("fr", "en")
    ),
    StaffSpec(skills=("group_work", "interview"), hours=WITH_EVENINGS, languages=("fr", "nl", "en")),
    StaffSpec(
        skills=("group_work", "interview", "social_work"), hours=THREE_DAYS, minutes_week=HALF_TIME_MINUTES
    ),
)
INTERACTIEF_TEAM = (
    StaffSpec(skills=("group_work", "interview", "french_teaching"), languages=("fr", "en")),
    StaffSpec(skills=("group_work", "interview"), languages=("fr", "es", "en")),
    StaffSpec(
        skills=("intercultural_mediation", "interview", "group_work"),
        tongue="ar",
        languages=("fr", "ar", "en"),
    ),
    StaffSpec(skills=("neighbourhood_work", "group_work", "interview"), languages=("fr", "nl")),
)
ACTIV_UP_TEAM = (
    StaffSpec(skills=("group_work", "interview", "sport", "image"), languages=("fr", "en")),
    StaffSpec(skills=("group_work", "interview", "volunteering", "creative", "handiwork")),
    StaffSpec(skills=("socio_professional",), languages=("fr", "nl")),
)
MOD_ACTIONS_TEAM = (
    StaffSpec(skills=("french_teaching", "interview")),
    StaffSpec(
        skills=("group_work", "interview", "social_work", "digital", "creative"), languages=("fr", "en")
    ),
)
MOVE_UP_TEAM = (
    StaffSpec(skills=("group_work",), languages=("fr", "en")),
    StaffSpec(skills=("group_work", "citizenship")),
    StaffSpec(skills=("french_teaching",)),
    StaffSpec(skills=("french_teaching",), languages=("fr", "en")),
)
REGIONAL_TEAM = (
    StaffSpec(skills=("socio_professional", "interview", "digital"), languages=("fr", "en")),
    StaffSpec(skills=("citizenship", "digital", "training"), languages=("fr", "nl")),
    StaffSpec(
        skills=("interview", "social_work", "group_work", "mentoring", "training", "socio_professional"),
        languages=("fr", "ar"),
    ),
    StaffSpec(skills=("interview", "social_work", "group_work"), hours=FOUR_DAYS, languages=("fr", "en")),
)


def invent_team(
    rng: Random, specs: Iterable[StaffSpec], municipalities: tuple[str, ...]
) -> Iterator[StaffSpec]:
    """Share out the municipalities among those who accompany people; yield the specs in order."""
    accompanying = 0
    for spec in specs:
        for _ in range(spec.times):
            if spec.kind is StaffKind.STAFF and "interview" in spec.skills:
                covered = tuple(m for n, m in enumerate(municipalities) if (n + accompanying) % 3 == 0)
                accompanying += 1
                yield replace(spec, municipalities=covered)
            else:
                yield spec


def add_team(
    session: Session, centre: Centre, rng: Random, specs: Iterable[StaffSpec], municipalities: tuple[str, ...]
) -> list[StaffMember]:
    """Make a centre's team with its weekly hours.

    Phone numbers are taken from the end of the range for fiction, participants' from its start.
    """
    wanted = list(invent_team(rng, specs, municipalities))
    rows = []
    for number, spec in enumerate(wanted, 1):
        first_name, last_name = invented_name(rng, spec.tongue, rng.random() < 0.6)
        if spec.kind is StaffKind.HOST:
            first_name, last_name = f"Structure d'accueil {number}", "(inventée)"
        rows.append(
            StaffMember(
                centre_id=centre.id,
                kind=spec.kind,
                first_name=first_name,
                last_name=last_name,
                email=f"{spec.kind.value}.{number}@{mail_domain(centre.slug)}",
                phone=invented_phone(RANGE_SIZE - number),
                skills=list(spec.skills),
                languages=list(spec.languages),
                municipalities=list(spec.municipalities),
                contract_minutes_week=spec.minutes_week,
                max_minutes_day=450 if spec.kind is StaffKind.STAFF else None,
                break_minutes=15 if spec.kind is StaffKind.STAFF else 0,
            )
        )
    session.add_all(rows)
    session.flush()
    session.add_all(
        Availability(centre_id=centre.id, staff_id=row.id, weekday=weekday, starts=starts, ends=ends)
        for row, spec in zip(rows, wanted, strict=True)
        for weekday, starts, ends in spec.hours
    )
    return rows
