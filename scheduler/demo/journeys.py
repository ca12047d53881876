"""Where everybody stands: enrolments, groups, courses, counters, mentors, referents and pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from sqlalchemy.orm import Session

from scheduler.demo.paths import Path
from scheduler.demo.people import Person
from scheduler.demo.schools import Schools, school_year
from scheduler.models import (
    Cohort,
    CohortMember,
    Enrolment,
    EnrolmentStatus,
    MentoringPair,
    PairRule,
    PathCounter,
    Phase,
    Programme,
    StaffKind,
    StaffMember,
)

#: Length of the closed groups of Interactief!, in weeks.
VIA_WEEKS = 13
_VIA_SEATS, _LEVEL_GROUP_SEATS = 10, 15

#: Phases in which two people are kept apart: everybody has several sessions to choose from.
_WITH_TWO_APART = frozenset({("activ_up", "start"), ("activ_up", "middle"), ("cai", "path")})


def enrol_everybody(
    session: Session, people: Sequence[Person], programmes: dict[str, Programme], today: date
) -> None:
    """Enrol people in the programmes and phases of their paths, and make the groups among them."""
    cohorts: dict[tuple[str, str], Cohort] = {}
    for person in people:
        path, programme = person.path, programmes[person.path.programme]
        phase = next(phase for phase in programme.phases if phase.key == path.phase)
        starts_on = today - timedelta(weeks=person.weeks_in)
        session.add(
            Enrolment(
                centre_id=programme.centre_id,
                programme_id=programme.id,
                participant_id=person.row.id,
                phase_id=phase.id,
                status=_status(phase),
                starts_on=starts_on,
            )
        )
        if path.cohort is None:
            continue
        key = (path.programme, path.cohort)
        if key not in cohorts:
            cohorts[key] = _make_cohort(programme, path.cohort, starts_on)
            session.add(cohorts[key])
        cohorts[key].members.append(CohortMember(centre_id=programme.centre_id, participant_id=person.row.id))


def _status(phase: Phase) -> EnrolmentStatus:
    if phase.key == "trial":
        return EnrolmentStatus.TRIAL
    return EnrolmentStatus.WAITING if phase.before_enrolment else EnrolmentStatus.ACTIVE


def _make_cohort(programme: Programme, name: str, starts_on: date) -> Cohort:
    closed = programme.key == "interactief"
    return Cohort(
        centre_id=programme.centre_id,
        programme_id=programme.id,
        name=name,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(weeks=VIA_WEEKS) if closed else None,
        seats_max=_VIA_SEATS if closed else _LEVEL_GROUP_SEATS,
    )


def enrol_in_courses(session: Session, centre_id: int, people: Sequence[Person], today: date) -> Schools:
    """Put everybody into a class of French at their level; open as many classes as that takes."""
    schools = Schools(centre_id, *school_year(today))
    for person in people:
        if person.course is not None:
            schools.enrol(person.row, person.course, min(person.row.level_spoken, 4))
    session.add_all(schools.courses)
    return schools


def write_busy_times(session: Session, people: Sequence[Person]) -> None:
    """Store weekly child care and work."""
    for person in people:
        for row in person.busy:
            row.participant_id = person.row.id
            session.add(row)


def choose_referents(rng: Random, people: Sequence[Person], staff: Sequence[StaffMember]) -> None:
    """Give most people a referent who accompanies people in their municipality, loads evened out."""
    able = [row for row in staff if row.kind == StaffKind.STAFF and "interview" in row.skills]
    load: dict[int, int] = defaultdict(int)
    for person in people:
        near = [row for row in able if person.row.municipality in row.municipalities]
        if near and rng.random() < 0.85:
            chosen = min(near, key=lambda row: (load[row.id], row.id))
            load[chosen.id] += 1
            person.row.referent_id = chosen.id


def bring_counters_along(
    session: Session, rng: Random, people: Sequence[Person], programmes: dict[str, Programme]
) -> None:
    """Write the hours of French and citizenship that people of the integration path bring with them."""
    for person in people:
        if person.path.programme != "cai" or person.path.phase == "welcome":
            continue
        programme = programmes["cai"]
        for key, most in (("french", 380), ("citizenship", 45)):
            session.add(
                PathCounter(
                    centre_id=programme.centre_id,
                    programme_id=programme.id,
                    participant_id=person.row.id,
                    key=key,
                    prior_minutes=60 * rng.randint(0, most // 3) * (3 if person.path.phase == "job" else 1),
                )
            )


def match_mentors(
    session: Session, people: Sequence[Person], staff: Sequence[StaffMember], today: date
) -> None:
    """Give mentors to people on the way to work, a common language first, one each."""
    mentors = [row for row in staff if row.kind == StaffKind.VOLUNTEER]
    candidates = [p for p in people if p.path.programme == "cai" and p.path.phase == "job"]
    for mentor in mentors:
        if not candidates:
            return
        best = max(candidates, key=lambda p: len(set(p.row.languages) & set(mentor.languages)))
        candidates.remove(best)
        session.add(
            MentoringPair(
                centre_id=mentor.centre_id,
                participant_id=best.row.id,
                mentor_id=mentor.id,
                starts_on=today - timedelta(weeks=min(best.weeks_in, 10)),
            )
        )


def pair_people(session: Session, rng: Random, people: Sequence[Person]) -> None:
    """Let couples come together, and keep two people apart in some of the larger groups."""
    by_path: dict[Path, list[Person]] = defaultdict(list)
    for person in people:
        by_path[person.path].append(person)
        if person.partner is not None:
            _add_pair(session, "together", person.partner, person)
    for path, group in by_path.items():
        if (path.programme, path.phase) in _WITH_TWO_APART:
            _add_pair(session, "apart", *rng.sample(group, 2))


def _add_pair(session: Session, kind: str, a: Person, b: Person) -> None:
    low, high = sorted((a.row.id, b.row.id))
    session.add(PairRule(centre_id=a.row.centre_id, kind=kind, participant_a_id=low, participant_b_id=high))
