"""Participants: names, languages, levels, course days, child care and work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from scheduler.demo.accounts import mail_domain
from scheduler.demo.draws import flags, shuffled
from scheduler.demo.names import ALSO_SPOKEN, EU_TONGUES, NON_EU_TONGUES, invented_name
from scheduler.demo.paths import Path
from scheduler.demo.phones import invented_phone
from scheduler.demo.places import MUNICIPALITIES
from scheduler.demo.schools import PATTERNS, WED, Half, WeeklyPattern
from scheduler.models import Availability, Centre, Participant

INVENTED = "Personne inventée pour la démonstration."

SCHOOL_STARTS, SCHOOL_ENDS = time(9), time(15, 15)
_PICK_UP_UNTIL = time(17, 30)
_WEDNESDAY_SCHOOL_ENDS = time(12, 15)

#: Phases in which there is a couple that comes together.
_WITH_COUPLE = frozenset({("cai", "job")})

#: A part-time job is on two or three fixed half-days, or on the one that a course leaves free.
_WORK_HOURS = {"am": (time(7), time(12)), "pm": (time(13), time(18))}

#: Who needs an interpreter in an interview, by level spoken: where there is one, and where there is none.
_NEEDS_INTERPRETER = {0: (0.7, 0.12), 1: (0.35, 0.06)}
_INTERPRETED = frozenset({"ar", "ku", "prs", "fa", "ps", "ti", "am", "so", "tr", "uk", "ru"})


@dataclass(slots=True)
class Person:
    """A participant with what is written in other tables: course, weekly busy times, path."""

    row: Participant
    path: Path
    weeks_in: int
    course: WeeklyPattern | None
    school_run: bool
    work: tuple[Half, ...]
    busy: list[Availability] = field(default_factory=list)
    partner: Person | None = None


@dataclass(frozen=True, slots=True)
class _Traits:
    """What is shared out over the people of one path."""

    keep_free: frozenset[Half]
    school_run: bool
    work: bool
    children: bool
    clash: bool
    tongue: str
    eu_national: bool
    level: int
    project: str | None
    interests: tuple[str, ...]


def invent_people(
    rng: Random, centre: Centre, paths: Iterable[Path], today: date, now: datetime
) -> list[Person]:
    """Invent everybody of a centre, in the order of the paths; nothing is stored yet."""
    paths = tuple(paths)
    eu_flags = {path: flags(rng, path.count, 1 - path.non_eu) for path in paths}
    tongues = _share_out_tongues(rng, eu_flags)
    people: list[Person] = []
    for path in paths:
        for traits in _share_out(rng, path, tongues[path], eu_flags[path]):
            people.append(_invent(rng, centre, path, traits, len(people) + 1, today, now))
    for path in paths:
        if (path.programme, path.phase) in _WITH_COUPLE:
            _make_couple([person for person in people if person.path is path])
    _give_traits_of_all(rng, people)
    return people


def _make_couple(group: list[Person]) -> None:
    """Make a couple of the first two whose weeks can be alike, so that neither holds the other back."""
    able = [p for p in group if not (p.school_run or p.work or p.row.brings_children)]
    if len(able) < 2:
        return
    one, other = able[:2]
    other.partner = one
    other.course = one.course
    other.row.last_name = one.row.last_name
    other.row.municipality = one.row.municipality
    other.row.languages = [
        one.row.languages[0],
        *(x for x in other.row.languages if x in one.row.languages[1:]),
    ]
    other.row.message_language = one.row.languages[0]
    other.row.preferred_activities = list(one.row.preferred_activities)


def _share_out_tongues(rng: Random, eu_flags: dict[Path, list[bool]]) -> dict[Path, list[str]]:
    """Share mother tongues out over everybody, so that rare ones come up as often as they should."""
    open_to_all = [path for path in eu_flags if path.tongues is None]
    eu_count = sum(sum(found) for found in eu_flags.values())
    others = sum(eu_flags[path].count(False) for path in open_to_all)
    eu_pool, pool = shuffled(rng, eu_count, EU_TONGUES), shuffled(rng, others, NON_EU_TONGUES)
    shared = {}
    for path, found in eu_flags.items():
        own = pool if path.tongues is None else shuffled(rng, found.count(False), path.tongues)
        shared[path] = [(eu_pool if is_eu else own).pop() for is_eu in found]
    return shared


def _share_out(rng: Random, path: Path, tongues: list[str], eu_flags: list[bool]) -> list[_Traits]:
    count = path.count
    school_run = flags(rng, count, path.school_run)
    # Who comes with the children because nobody can look after them is not bound to school hours.
    children = _among(rng, [not flag for flag in school_run], path.children)
    return [
        _Traits(*values)
        for values in zip(
            shuffled(rng, count, path.keep_free),
            school_run,
            _among(rng, [not flag for flag in school_run], path.work),
            children,
            flags(rng, count, path.clash),
            tongues,
            eu_flags,
            shuffled(rng, count, path.levels),
            shuffled(rng, count, path.projects),
            shuffled(rng, count, path.interests),
            strict=True,
        )
    ]


def _among(rng: Random, allowed: Sequence[bool], share: float) -> list[bool]:
    """Return flags for a share of all, set only where allowed."""
    places = [place for place, may in enumerate(allowed) if may]
    chosen = set(rng.sample(places, min(round(share * len(allowed)), len(places))))
    return [place in chosen for place in range(len(allowed))]


def _invent(
    rng: Random, centre: Centre, path: Path, traits: _Traits, number: int, today: date, now: datetime
) -> Person:
    tongue = traits.tongue
    first_name, last_name = invented_name(rng, tongue, rng.random() < 0.55)
    weeks_in = rng.randint(*path.weeks)
    reference = f"DEMO-{number:04d}"
    keep_free = traits.keep_free
    if path.programme == "amie" and traits.school_run:
        keep_free |= {(WED, "pm")}  # the day on which they can come with the children
    written = min(_level_written(rng, traits.level, tongue), path.written_most)
    row = Participant(
        centre_id=centre.id,
        reference=reference,
        first_name=first_name,
        last_name=last_name,
        birth_date=date(today.year - rng.randint(19, 58), rng.randint(1, 12), rng.randint(1, 28)),
        phone=invented_phone(number),
        email=f"{reference.lower()}@{mail_domain(centre.slug)}" if rng.random() < 0.4 else None,
        municipality=rng.choices(MUNICIPALITIES, (40, 18, 12, 8, 8, 6, 5, 3))[0],
        languages=[tongue, *(other for other, chance in ALSO_SPOKEN[tongue] if rng.randrange(100) < chance)],
        message_language=tongue,
        level_spoken=traits.level,
        level_written=written,
        reads_little=written == 0 and rng.random() < 0.45,
        eu_national=traits.eu_national,
        started_on=today - timedelta(weeks=weeks_in, days=rng.randrange(5)),
        brings_children=traits.children,
        needs_interpreter=_needs_interpreter(rng, traits.level, tongue),
        preferred_activities=list(traits.interests),
        project=traits.project,
        consent_sharing_at=now - timedelta(days=rng.randint(1, 200)) if rng.random() < 0.75 else None,
        note=INVENTED,
        created_at=now,
    )
    course = _choose_course(rng, path, keep_free, traits.clash)
    work = _choose_work(rng, keep_free, course) if traits.work else ()
    person = Person(row, path, weeks_in, course, traits.school_run, work)
    _write_weekly_times(person, centre)
    return person


def _level_written(rng: Random, spoken: int, tongue: str) -> int:
    """Draw a written level: mostly lower than the spoken one, higher for those long at school."""
    gap = rng.choices(
        (-2, -1, 0, 1), (10, 38, 36, 16) if tongue not in ("uk", "ru", "es", "en") else (2, 18, 44, 36)
    )[0]
    return min(max(spoken + gap, 0), 6)


def _needs_interpreter(rng: Random, level: int, tongue: str) -> bool:
    there, none = _NEEDS_INTERPRETER.get(level, (0.0, 0.0))
    return tongue != "fr" and rng.random() < (there if tongue in _INTERPRETED else none)


def _choose_course(rng: Random, path: Path, keep_free: frozenset[Half], clash: bool) -> WeeklyPattern | None:
    if path.hours is None:
        return None
    low, high = path.hours
    possible = [p for p in PATTERNS if low <= p.hours_week <= high]
    clear = [p for p in possible if keep_free.isdisjoint(p.halves)]
    clashing = [p for p in possible if len(keep_free.intersection(p.halves)) == 1]
    return rng.choice((clashing or clear) if clash else clear)


def _choose_work(rng: Random, keep_free: frozenset[Half], course: WeeklyPattern | None) -> tuple[Half, ...]:
    taken = set(course.halves if course else ()) | keep_free
    free = [(weekday, part) for weekday in range(5) for part in _WORK_HOURS if (weekday, part) not in taken]
    return tuple(sorted(rng.sample(free, min(len(free), rng.randint(2, 3)))))


def _write_weekly_times(person: Person, centre: Centre) -> None:
    for weekday, part in person.work:
        starts, ends = _WORK_HOURS[part]
        person.busy.append(
            Availability(
                centre_id=centre.id,
                weekday=weekday,
                starts=starts,
                ends=ends,
                label="Travail à temps partiel",
            )
        )
    if not person.school_run:
        return
    row = person.row
    row.earliest = SCHOOL_STARTS
    if person.path.programme == "amie":
        # Children are welcome there: they come along on Wednesdays and after school.
        row.brings_children = True
        fetched = [weekday for weekday in range(5) if weekday != WED]
        person.busy += [
            Availability(
                centre_id=centre.id,
                weekday=weekday,
                starts=SCHOOL_ENDS,
                ends=time(16),
                label="Sortie d'école",
            )
            for weekday in fetched
        ]
        return
    row.latest = SCHOOL_ENDS
    person.busy.append(
        Availability(
            centre_id=centre.id,
            weekday=WED,
            starts=_WEDNESDAY_SCHOOL_ENDS,
            ends=_PICK_UP_UNTIL,
            label="Enfants",
        )
    )


def _give_traits_of_all(rng: Random, people: list[Person]) -> None:
    """Share out what does not depend on the programme: opt-outs and limits to a day or a week."""
    count = len(people)
    for flag, person in zip(flags(rng, count, 0.07), people, strict=True):
        if flag:
            person.row.opt_outs = ["domestic_violence", "sexuality"]
    for flag, person in zip(flags(rng, count, 0.04), people, strict=True):
        if flag and person.path.programme == "activ_up":
            person.row.opt_outs = [*(person.row.opt_outs or ()), "sport"]
    light = [
        person
        for person in people
        if person.path.programme in ("mod_actions", "activ_up", "cai", "plan_commun")
    ]
    for flag, person in zip(flags(rng, len(light), 0.08), light, strict=True):
        if flag and person.path.hours is not None:
            person.row.max_days_week = 4
