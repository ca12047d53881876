"""Random small centres that touch every rule and term; feasible because nothing has to be planned."""

from __future__ import annotations

from random import Random
from typing import Any

from solver.problem import (
    Activity,
    Demand,
    Equipment,
    EquipmentNeed,
    Frequency,
    Met,
    Order,
    PairRule,
    Participant,
    Problem,
    Role,
    Room,
    Site,
    Staff,
    Travel,
)
from tests.solver.builders import AFTERNOON, MORNING, at

DAYS = 10
_INTERPRETER = Role(id="interpreter", kinds=("interpreter",), language="participant", only_if_needed=True)


def random_centre(seed: int) -> Problem:
    """Return a centre of five people, four staff and seven activities over ten days."""
    rng = Random(seed)
    people = tuple(_person(rng, i) for i in range(5))
    activities = (
        _activity(rng, "a", mix=True, balance=True, seats_max=3, subgroups=rng.choice((None, (1, 2)))),
        _activity(rng, "b", pattern="same_time", continuity=True, themes=("hard",)),
        _activity(rng, "c", pattern="alternating", previous_weekday=rng.randrange(5)),
        _activity(
            rng,
            "d",
            pattern="consecutive",
            run_length=2,
            block=True,
            frequency=Frequency(period_weeks=0, max=2),
        ),
        _activity(rng, "e", individual=True, duration_slots=4, roles=(Role(id="leader"), _INTERPRETER)),
        _activity(
            rng,
            "f",
            language_groups=True,
            roles=(Role(id="leader", language="group"), Role(id="second", skills=("cook",))),
            equipment=(EquipmentNeed(equipment="laptop"),),
        ),
        _activity(rng, "g", individual=True, with_mentor=True, needs_room=False, roles=()),
    )
    demands = tuple(_demand(rng, p.id, n) for p in people for n in range(rng.randint(1, 3)))
    return Problem(
        start_date="2026-11-23",
        days=DAYS,
        closed_days=(2,),
        sites=(Site(id="site"), Site(id="far")),
        travel=(Travel(a="site", b="far", slots=rng.choice((0, 3, 8))),),
        rooms=(
            Room(id="r1", site="site", seats=2),
            Room(id="r2", site="site", seats=4),
            Room(id="r3", site="far", seats=3, available=((at(0), at(4)),)),
        ),
        equipment=(Equipment(id="laptop", units=1),),
        staff=tuple(_staff(rng, i) for i in range(4)),
        participants=people,
        pair_rules=(PairRule(kind="apart", a="p0", b="p1"), PairRule(kind="together", a="p2", b="p3")),
        met=(Met(a="p0", b="p2"), Met(a="p3", b="p4", times=2)),
        activities=activities,
        orders=(
            Order(kind="not_same_day", first="a", second="b"),
            Order(kind="before", first="e", second="c"),
            Order(kind="same_week", first="b", second="f"),
        ),
        demands=demands,
    )


def _some(rng: Random, pool: tuple[str, ...], least: int = 0) -> tuple[str, ...]:
    return tuple(rng.sample(pool, rng.randint(least, len(pool))))


def _person(rng: Random, i: int) -> Participant:
    return Participant(
        id=f"p{i}",
        busy=tuple((at(d, s), at(d, s + 12)) for d in range(DAYS) for s in (36, 54) if rng.random() < 0.2),
        day_hours=rng.choice((None, ((32, 60),) * 7)),
        sites=rng.choice((None, ("site",))),
        level_spoken=rng.randrange(4),
        languages=_some(rng, ("ar", "ti", "fr"), 1),
        newcomer=rng.random() < 0.5,
        opt_outs=rng.choice(((), ("hard",), ("e",))),
        needs_interpreter=rng.random() < 0.3,
        max_slots_day=rng.choice((None, 16)),
        max_days_week=rng.choice((None, 2)),
        break_slots=rng.choice((0, 2, 50)),
        preferred_activities=_some(rng, ("a", "b"))[:1],
        preferred_sites=rng.choice(((), ("site",), ("far",))),
        referents=rng.choice(((), ("s0",), ("s0", "s1"))),
        mentor=rng.choice((None, "s3")),
        completed=rng.choice(((), ("e",))),
    )


def _staff(rng: Random, i: int) -> Staff:
    return Staff(
        id=f"s{i}",
        kind="interpreter" if i == 2 else "staff",
        skills=_some(rng, ("cook",)),
        languages=_some(rng, ("ar", "ti", "fr"), 1),
        available=rng.choice((None, tuple((at(d, 32), at(d, 70)) for d in (0, 1, 3, 7, 8)))),
        max_slots_day=rng.choice((None, 16)),
        max_slots_week=rng.choice((None, 30)),
        break_slots=rng.choice((0, 1)),
    )


def _activity(rng: Random, id: str, **changes: Any) -> Activity:
    starts = tuple((d, s) for d in range(5) for s in (MORNING, AFTERNOON) if rng.random() < 0.5)
    facts: dict[str, Any] = {
        "duration_slots": 12,
        "starts": starts,
        "frequency": Frequency(period_weeks=rng.randrange(3), min=rng.randrange(2), max=rng.randint(1, 2)),
        "min_days_between": rng.randrange(3),
        "max_parallel": rng.randint(1, 2),
        "seats_min": 0 if changes.get("individual") else rng.randrange(2),
        "seats_max": 1 if changes.get("individual") else 4,
        "level_spoken": rng.choice(((0, 6), (0, 2))),
        "sites": ("site", "far"),
        "roles": (Role(id="leader", count=rng.randint(1, 2)),),
    }
    return Activity(id=id, **(facts | changes))


def _demand(rng: Random, person: str, number: int) -> Demand:
    unit = rng.choice(("sessions", "minutes", "days"))
    scale = 180 if unit == "minutes" else 1
    least = rng.randrange(2)
    return Demand(
        id=f"{person}-{number}",
        participant=person,
        activities=tuple(sorted(rng.sample("abcdefg", rng.randint(1, 3)))),
        unit=unit,
        period_weeks=rng.randrange(2),
        from_day=rng.choice((0, 1)),
        min=least * scale,
        target=(least + 1) * scale,
        max=rng.choice((None, 3 * scale)),
        gap_days=rng.randrange(3),
        weight=rng.randint(1, 5),
        legal=rng.random() < 0.2,
    )
