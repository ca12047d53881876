"""A small world to plan in, and plans made by hand, for the tests of everything around a plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from scheduler import models as m
from scheduler.problem_builder import BuiltProblem
from solver.explain import explain_unmet
from solver.problem import Leader, PlannedSession, Problem, Seat
from solver.solution import Solution
from solver.verify import verify
from tests.factories import Make

World = dict[str, Any]


def make_world(make: Make) -> World:
    """One programme with one weekly workshop and one enrolled person, a site, a room and a leader."""
    site = make(m.Site, name="Centre")
    programme = make(m.Programme, key="essai")
    activity = make(m.Activity, programme=programme, key="atelier", name="Atelier")
    person = make(m.Participant)
    return {
        "site": site,
        "room": make(m.Room, site=site, name="Salle 1"),
        "staff": make(m.StaffMember, first_name="Nadia"),
        "programme": programme,
        "activity": activity,
        "person": person,
        "rule": make(m.DemandRule, programme=programme, activity_keys=["atelier"], max=2),
        "enrolment": make(m.Enrolment, programme=programme, participant=person),
    }


def publish_days(
    make: Make, world: World, first: date, last: date, publication: int = 1, **columns: Any
) -> m.Plan:
    """A version in force on some days of the world's centre, without sessions."""
    plan: m.Plan = make(
        m.Plan,
        state=m.PlanState.PUBLISHED,
        first_day=first,
        last_day=last,
        publication=publication,
        number=publication,
        **columns,
    )
    assert plan.centre_id == world["site"].centre_id
    return plan


def hold(
    make: Make, world: World, plan: m.Plan, day: date, *people: m.Participant, **columns: Any
) -> m.GroupSession:
    """A session of the workshop with its leader in the world's room, at 9:00."""
    staff = columns.pop("staff", world["staff"])
    row: m.GroupSession = make(
        columns.pop("model", m.GroupSession),
        plan=plan,
        activity=columns.pop("activity", world["activity"]),
        site=world["site"],
        room=columns.pop("room", world["room"]),
        day=day,
        **columns,
    )
    make(m.SessionLeader, session=row, staff=staff)
    for person in people:
        make(m.Attendance, session=row, participant=person)
    return row


def planned(
    world: World, number: int, day: int, hour: float, *people: m.Participant, **columns: Any
) -> PlannedSession:
    """The workshop as the planner would give it, under the id ``n<number>``."""
    return PlannedSession(
        id=columns.pop("id", f"n{number}"),
        activity=columns.pop("activity", f"a{world['activity'].id}"),
        start=day * 96 + int(hour * 4),
        site=f"l{world['site'].id}",
        room=columns.pop("room", f"r{world['room'].id}"),
        leaders=columns.pop("leaders", (Leader(role="leader", staff=f"s{world['staff'].id}"),)),
        attendees=tuple(Seat(participant=f"p{person.id}") for person in people),
        **columns,
    )


def solution_of(problem: Problem, sessions: Sequence[PlannedSession]) -> Solution:
    """A solution that says of some sessions exactly what the judge finds."""
    report = verify(problem, sessions)
    return Solution(
        status="feasible",
        sessions=tuple(sessions),
        objective=report.objective,
        full_value=report.full_value,
        terms=report.terms,
        unmet=explain_unmet(problem, sessions),
    )


def solved(built: BuiltProblem, *sessions: PlannedSession) -> Solution:
    """A solution of a problem that keeps what is fixed and adds some sessions."""
    return solution_of(built.problem, [*(fixed.session for fixed in built.problem.fixed), *sessions])
