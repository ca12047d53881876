"""The planning problem of one centre and one horizon, made from the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from scheduler import settings
from scheduler.errors import InvalidInputError
from scheduler.held_places import read_holds, read_seats, standing
from scheduler.holidays_calendar import closed_days
from scheduler.in_force import last_publication
from scheduler.message import N_
from scheduler.models import Centre, Plan
from scheduler.planner_ids import activity_key
from scheduler.problem_builder import people, resources
from scheduler.problem_builder.activities import ActivityBuilder, Copy, build_orders, list_copies
from scheduler.problem_builder.demands import DemandBuilder
from scheduler.problem_builder.fixed import (
    excuse_what_stands,
    fixed_sessions,
    planned_sessions,
    running_runs,
)
from scheduler.problem_builder.kept import Reserved, keep_places
from scheduler.problem_builder.load import Facts, load_facts
from scheduler.problem_builder.raised import RaisedBuilder
from scheduler.session_state import SessionState
from scheduler.tasks import open_demands
from scheduler.timegrid import TimeGrid, to_wall
from solver.problem import DAYS_PER_WEEK, PlannedSession, Problem

__all__ = ["BuiltProblem", "build_problem", "grid_of"]


@dataclass(frozen=True, slots=True)
class BuiltProblem:
    """A problem with what it takes to bring its answer back into the database.

    All of it is plain data, so that the answer may come much later. ``base`` are the sessions it
    starts from, cancelled ones included, ``announced`` those in force in the horizon; ``planned`` is
    the base as the planner sees it. ``publication`` is the centre's last when the data were read.
    ``reserved`` is what is kept for people who may still choose, to be taken out of the answer.
    Ids are read back by ``scheduler.planner_ids``.
    """

    problem: Problem
    grid: TimeGrid
    base: tuple[SessionState, ...]
    announced: tuple[SessionState, ...]
    planned: tuple[PlannedSession, ...]
    publication: int
    reserved: Reserved = field(default_factory=Reserved)


def grid_of(centre: Centre, first_day: date, weeks: int) -> TimeGrid:
    """Return the grid of a horizon.

    Raises
    ------
    InvalidInputError
        If it does not start on a Monday or is not 1 to 13 weeks long.
    """
    if not 1 <= weeks <= settings.MOST_WEEKS:
        raise InvalidInputError(
            N_("On planifie de 1 à %(most)s semaines.", most=settings.MOST_WEEKS), "weeks"
        )
    return TimeGrid(first_day, weeks * DAYS_PER_WEEK, ZoneInfo(centre.timezone))


def build_problem(
    session: Session,
    centre: Centre,
    first_day: date,
    weeks: int,
    now: datetime,
    *,
    base_plan: Plan | None = None,
    judging: bool = False,
    also: Collection[int] = (),
) -> BuiltProblem:
    """Make the problem of planning some weeks of a centre.

    Places that are kept for people who may still choose are left alone, except for judging.

    Parameters
    ----------
    session : Session
    centre : Centre
    first_day : date
        A Monday.
    weeks : int
        1 to 13.
    now : datetime
        Sessions of the days up to today and of the days frozen after it stay as they are; new ones
        are placed from the day after.
    base_plan : Plan, optional
        The draft whose sessions and locks are kept; without one, the sessions in force.
    judging : bool
        Make the problem against which a plan edited by hand is judged: nothing is kept in place and
        no day is closed to new sessions, except by lead times.
    also : collection of int
        Ids of participants to include though no programme plans for them.

    Raises
    ------
    InvalidInputError
        If the horizon is impossible.
    """
    grid = grid_of(centre, first_day, weeks)
    publication = last_publication(session, centre.id)
    facts = load_facts(session, centre, grid, base_plan, also)
    today = to_wall(now, grid.zone)[0]
    frozen_until = _frozen_until(facts, today, settings.freeze_days(centre))
    first_free = 0 if judging else max(0, grid.day_index(max(frozen_until, today) + timedelta(days=1)))
    copies = list_copies(facts)
    lengths = {c.key: c.row.run_length for c in copies if c.row.pattern == "consecutive"}
    running = set() if judging else running_runs(facts.base, frozen_until, _begun(facts, copies), lengths)
    raised = open_demands(session, centre, today)
    builder = ActivityBuilder(facts, today, first_free, running, judging=judging)
    activities = tuple(builder.build(copy) for copy in copies)
    by_id = {activity.id: activity for activity in activities}
    planned = planned_sessions(facts.base, grid, by_id)
    problem = Problem(
        name=centre.name,
        start_date=first_day.isoformat(),
        days=grid.days,
        closed_days=tuple(
            sorted(grid.day_index(d) for d in closed_days(facts.closures, grid.first_day, grid.last_day))
        ),
        sites=resources.build_sites(facts),
        travel=resources.build_travel(facts),
        rooms=resources.build_rooms(facts),
        equipment=resources.build_equipment(facts),
        staff=resources.build_staff(facts),
        participants=people.build_participants(facts, set(by_id)),
        pair_rules=people.build_pair_rules(facts),
        met=people.build_met(facts),
        activities=activities,
        orders=build_orders(facts, copies),
        demands=(
            *DemandBuilder(facts, copies, judging=judging).build(),
            *RaisedBuilder(facts, copies, raised, today, first_free, judging=judging).build(),
        ),
        fixed=() if judging else fixed_sessions(facts.base, planned, frozen_until, running),
        previous=_previous(facts, grid, planned_sessions(facts.announced, grid, by_id)),
        weights=settings.weights(centre),
    )
    holds = [] if judging else read_holds(session, centre, grid.first_day, grid.last_day, now)
    stand = standing(holds, facts.base, read_seats(session, centre)) if holds else set()
    problem, reserved = keep_places(
        problem,
        planned,
        [hold for hold in holds if hold.place_id in stand],
        grid,
        partial(excuse_what_stands, states=facts.base, frozen_until=frozen_until, running=running),
    )
    return BuiltProblem(
        problem=problem,
        grid=grid,
        base=tuple(facts.base),
        announced=tuple(facts.announced),
        planned=planned,
        publication=publication,
        reserved=reserved,
    )


def _frozen_until(facts: Facts, today: date, freeze_days: int) -> date:
    """Return the last day that stays as it is: the freeze window, where anything is announced at all."""
    if not facts.announced:
        return today - timedelta(days=1)
    return today + timedelta(days=freeze_days)


def _begun(facts: Facts, copies: list[Copy]) -> dict[str, int]:
    """Return how many sessions of a run of consecutive days were held in the weeks before the horizon.

    A run that goes on into the horizon began at most its own length of working days before.
    """
    length = {c.key: c.row.run_length for c in copies if c.row.pattern == "consecutive"}
    held = {
        (activity_key(past.activity_id, past.cohort_id), past.uid)
        for past in facts.attended
        if facts.grid.day_index(past.day)
        >= -2 * length.get(activity_key(past.activity_id, past.cohort_id), 0)
    }
    return dict(Counter(key for key, _ in held))


def _previous(
    facts: Facts, grid: TimeGrid, announced: tuple[PlannedSession, ...]
) -> tuple[PlannedSession, ...] | None:
    """Return the sessions in force, or ``None`` where no version covers any day of the horizon."""
    covered = any(
        piece.first_day <= grid.last_day and piece.last_day >= grid.first_day for piece in facts.held
    )
    return announced if covered else None
