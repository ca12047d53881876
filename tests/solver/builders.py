"""Small problems and plans for the tests of the planner.

One week of seven days with slots of 15 minutes, open at 9:00 and 13:30 on working days, unless a
test says otherwise. Ids are short: participants ``p1``..., staff ``s1``..., rooms ``r1``...
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from solver.problem import (
    Activity,
    Demand,
    FixedSession,
    Frequency,
    Leader,
    Participant,
    PlannedSession,
    Problem,
    Role,
    Room,
    Seat,
    Site,
    Staff,
    Weights,
)

SLOTS_PER_DAY = 96
MORNING = 36
AFTERNOON = 54

#: Every working day, at 9:00 and at 13:30.
WORKING_STARTS = tuple((weekday, slot) for weekday in range(5) for slot in (MORNING, AFTERNOON))

#: Weights of nothing: switch on the one a test is about with ``replace``.
NO_WEIGHTS = Weights(**dict.fromkeys(Weights.__dataclass_fields__, 0))


def at(day: int, slot_of_day: int = MORNING) -> int:
    """Return the slot of a day and a slot of the day."""
    return day * SLOTS_PER_DAY + slot_of_day


def make_activity(id: str = "a", **changes: Any) -> Activity:
    """Return a group activity of three hours that one member of staff leads in a room."""
    base = Activity(
        id=id,
        duration_slots=12,
        starts=WORKING_STARTS,
        frequency=Frequency(period_weeks=1, min=0, max=10),
        seats_min=0,
        seats_max=15,
        sites=("site",),
        roles=(Role(id="leader"),),
    )
    return replace(base, **changes)


def make_demand(participant: str = "p1", activity: str = "a", **changes: Any) -> Demand:
    """Return a demand for one session of one activity in the horizon."""
    changes.setdefault("id", f"{participant}-{activity}")
    return replace(Demand(id="", participant=participant, activities=(activity,), target=1), **changes)


def make_problem(people: int = 1, **changes: Any) -> Problem:
    """Return a centre of one site, room, leader and activity, with a demand of each person.

    Anything given in ``changes`` replaces the field of the problem. Without ``demands``, every
    person wants one session of every activity.
    """
    participants = changes.pop("participants", tuple(Participant(id=f"p{i + 1}") for i in range(people)))
    activities = changes.pop("activities", (make_activity(),))
    demands = changes.pop("demands", None)
    if demands is None:
        demands = tuple(make_demand(p.id, a.id) for p in participants for a in activities if not a.drop_in)
    base = Problem(
        start_date="2026-11-23",
        days=7,
        sites=(Site(id="site"),),
        rooms=(Room(id="r1", site="site", seats=20),),
        staff=(Staff(id="s1"),),
        participants=participants,
        activities=activities,
        demands=demands,
    )
    return replace(base, **changes)


def make_session(
    id: str = "x1",
    day: int = 0,
    slot_of_day: int = MORNING,
    people: tuple[str, ...] | list[str] = (),
    *,
    staff: tuple[str, ...] = ("s1",),
    **changes: Any,
) -> PlannedSession:
    """Return a session of activity ``a`` at the site, in room ``r1``, led by ``staff``."""
    base = PlannedSession(
        id=id,
        activity="a",
        start=at(day, slot_of_day),
        site="site",
        room="r1",
        leaders=tuple(Leader(role="leader", staff=s) for s in staff),
        attendees=tuple(Seat(participant=p) for p in people),
    )
    return replace(base, **changes)


def make_fixed(session: PlannedSession, **changes: Any) -> FixedSession:
    """Return a session as fixed, nobody locked in it unless said."""
    return replace(FixedSession(session=session), **changes)
