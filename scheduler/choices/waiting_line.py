"""The line for a seat: who could have it by every rule of the plan, the least served first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from scheduler.choices.places import in_force
from scheduler.in_force import days_in_force, plan_by_day
from scheduler.judge import Judge
from scheduler.models import (
    Attendance,
    Centre,
    ChoiceOffer,
    Enrolment,
    FreedSeat,
    FreedState,
    GroupSession,
    OfferKind,
    OfferState,
    Plan,
)
from scheduler.planner_ids import activity_key, row_id
from scheduler.session_state import SessionState
from solver.explain.places import Places
from solver.verify.amounts import measure
from solver.verify.plan import Plan as ReadPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class InLine:
    """Somebody who could have a seat, and why they stand where they stand.

    ``got`` is what they have of their demand in its window, ``below_min`` whether that is less than
    the least, ``waiting_since`` when they last had a session of the activity, or else began.
    """

    participant_id: int
    below_min: bool
    got: int
    waiting_since: date

    @property
    def rank(self) -> tuple[bool, int, date, int]:
        """The order of the line: the least served first, then who has waited longest."""
        return not self.below_min, self.got, self.waiting_since, self.participant_id


def waiting_list(session: Session, centre: Centre, session_uid: str, now: datetime) -> list[InLine]:
    """Return who could have a seat of a session in force, the first in line first.

    In line is who still needs the activity in those days, could come by every rule of the plan, and
    was not asked about this session before, or said yes too late. Half a second or so on a large centre.
    """
    row = in_force(session, centre.id, [session_uid]).get(session_uid)
    if row is None or row.cancelled_at is not None:
        return []
    plan_id = plan_by_day(days_in_force(session, centre.id), row.day, row.day).get(row.day)
    plan = session.get(Plan, plan_id)
    if plan is None:
        return []
    absent = _absent(session, centre, session_uid)
    judge = Judge(session, centre, plan, now)
    states = [state for state in judge.built.announced if state.day <= plan.last_day]
    verdict = judge.judge(_without(state, session_uid, absent) for state in states)
    read = ReadPlan(verdict.problem, verdict.sessions)
    held = next((h for h in read.held if h.id == session_uid), None)
    if held is None:
        return []
    places = Places(read, ())
    asked = _asked(session, centre, session_uid)
    key = activity_key(row.activity_id, row.cohort_id)
    found: dict[int, tuple[bool, int]] = {}
    for demand in verdict.problem.demands:
        person = row_id(demand.participant)
        if key not in demand.activities or person in asked or person in found or person in absent:
            continue
        for window in measure(read, demand):
            if not window.window.first_day <= held.day < window.window.end_day:
                continue
            if window.got >= window.target or demand.participant in held.people:
                continue
            week = places.week(demand.participant)
            if not week.of_activity(held.activity) and not places.join_blocks(demand.participant, held):
                found[person] = (window.got < window.min, window.got)
    since = _waiting_since(session, centre, row, found)
    line = [
        InLine(participant_id=person, below_min=below, got=got, waiting_since=since[person])
        for person, (below, got) in found.items()
    ]
    return sorted(line, key=lambda each: each.rank)


def _without(state: SessionState, uid: str, absent: set[int]) -> SessionState:
    if state.uid != uid or not absent:
        return state
    people = tuple(x for x in state.people if x.participant_id not in absent)
    return replace(state, people=people)


def _absent(session: Session, centre: Centre, uid: str) -> set[int]:
    query = select(FreedSeat.participant_id).where(
        FreedSeat.centre_id == centre.id,
        FreedSeat.session_uid == uid,
        FreedSeat.state.in_((FreedState.WAITING, FreedState.OFFERED)),
    )
    return set(session.scalars(query))


def _asked(session: Session, centre: Centre, uid: str) -> set[int]:
    """Return who was asked about a session already, or is being asked about another seat.

    Not who wanted the seat too late: they said when, but have no number.
    """
    wanted = ChoiceOffer.chosen_at.is_not(None) & ChoiceOffer.chosen_number.is_(None)
    query = select(ChoiceOffer.participant_id).where(
        ChoiceOffer.centre_id == centre.id,
        ChoiceOffer.kind == OfferKind.FREED_SEAT,
        or_((ChoiceOffer.session_uid == uid) & ~wanted, ChoiceOffer.state == OfferState.OPEN),
    )
    return set(session.scalars(query))


def _waiting_since(
    session: Session, centre: Centre, row: GroupSession, people: Iterable[int]
) -> dict[int, date]:
    """Return since when each person has had no session of an activity."""
    wanted = set(people)
    began = dict.fromkeys(wanted, date.min)
    for person, starts_on in session.execute(
        select(Enrolment.participant_id, func.max(Enrolment.starts_on))
        .where(
            Enrolment.centre_id == centre.id,
            Enrolment.programme_id == row.activity.programme_id,
            Enrolment.participant_id.in_(wanted),
        )
        .group_by(Enrolment.participant_id)
    ):
        began[person] = starts_on
    for person, last in session.execute(
        select(Attendance.participant_id, func.max(GroupSession.day))
        .join(Attendance.session)
        .where(
            GroupSession.centre_id == centre.id,
            GroupSession.activity_id == row.activity_id,
            GroupSession.day < row.day,
            GroupSession.cancelled_at.is_(None),
            Attendance.excluded.is_(False),
            Attendance.participant_id.in_(wanted),
        )
        .group_by(Attendance.participant_id)
    ):
        began[person] = max(began[person], last)
    return began
