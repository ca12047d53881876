"""Why somebody is not placed, and whether what is said to help does help."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.explain import BLOCKERS, REMEDIES, explain_unmet
from solver.explain.codes import REMEDY_OF
from solver.problem import (
    Activity,
    Demand,
    Equipment,
    EquipmentNeed,
    Frequency,
    Leader,
    Order,
    PairRule,
    Participant,
    PlannedSession,
    Problem,
    Role,
    Room,
    Seat,
    Site,
    Staff,
)
from solver.solution import Remedy, UnmetDemand
from solver.verify import verify
from tests.solver.builders import (
    AFTERNOON,
    MORNING,
    at,
    make_activity,
    make_demand,
    make_fixed,
    make_problem,
    make_session,
)

MONDAY = ((0, MORNING),)
ALWAYS_BUSY = tuple((at(d), at(d + 1)) for d in range(7))


def one(problem: Problem, *sessions: PlannedSession) -> UnmetDemand:
    """Return the explanation of ``p1``, the only one expected of them."""
    (found,) = (u for u in explain_unmet(problem, sessions) if u.participant == "p1")
    return found


def counts(unmet: UnmetDemand) -> dict[str, int]:
    return {b.code: b.count for b in unmet.reasons}


def remedy(unmet: UnmetDemand, code: str) -> Remedy:
    (found,) = (r for r in unmet.remedies if r.code == code)
    return found


def monday(people: int = 1, activity: dict[str, Any] | None = None, **changes: Any) -> Problem:
    """Return a problem with one possible moment: Monday at nine."""
    return make_problem(
        people, activities=(make_activity(**{"starts": MONDAY} | (activity or {})),), **changes
    )


def person(**changes: Any) -> Problem:
    return monday(participants=(Participant(id="p1", **changes),))


HELD = make_session()
FULL = make_session(people=("p2", "p3"))
TWO_ACTIVITIES = (make_activity(starts=MONDAY), make_activity("b", starts=((0, MORNING), (0, AFTERNOON))))


def elsewhere() -> Problem:
    demands = (make_demand("p1"), make_demand("p1", "b", target=1))
    return make_problem(activities=TWO_ACTIVITIES, demands=demands, staff=(Staff(id="s1"), Staff(id="s2")))


CASES: list[tuple[str, Problem, tuple[PlannedSession, ...]]] = [
    ("busy", person(busy=((at(0, 40), at(0, 41)),)), ()),
    ("busy", person(busy=((at(0, 40), at(0, 41)),)), (HELD,)),
    ("day_hours", person(day_hours=((40, 96),) * 7), ()),
    ("elsewhere", elsewhere(), (make_session("y", activity="b", people=("p1",), staff=("s2",), room=None),)),
    ("participant_hours", person(max_slots_day=11), ()),
    ("participant_hours", person(max_days_week=0), ()),
    ("demand_max", monday(demands=(make_demand(max_per_week=0),)), ()),
    (
        "demand_gap",
        monday(
            activity={"starts": ((0, MORNING), (1, MORNING))}, demands=(make_demand(target=2, gap_days=2),)
        ),
        (make_session(people=("p1",)),),
    ),
    ("order", monday(orders=(Order(kind="before", first="b", second="a"),), demands=(make_demand(),)), ()),
    ("level", monday(activity={"level_spoken": (1, 2)}), (HELD,)),
    ("level", monday(activity={"level_spoken": (1, 2)}), ()),
    ("language_group", monday(activity={"language_groups": True}), ()),
    ("language_group", monday(activity={"language_groups": True}), (make_session(language="ar"),)),
    ("reach", person(sites=()), ()),
    ("reach", person(sites=()), (HELD,)),
    ("cohort", monday(activity={"members": ()}), ()),
    ("opt_out", person(opt_outs=("a",)), ()),
    ("children", person(brings_children=True), (HELD,)),
    ("mentor", monday(activity={"with_mentor": True}), ()),
    (
        "mentor_busy",
        monday(
            activity={"with_mentor": True},
            participants=(Participant(id="p1", mentor="m1"),),
            staff=(Staff(id="s1"), Staff(id="m1", kind="volunteer", available=())),
        ),
        (HELD,),
    ),
    ("full", monday(3, activity={"seats_max": 2}), (FULL,)),
    ("room_full", monday(3, rooms=(Room(id="r1", site="site", seats=2),)), (FULL,)),
    ("subgroups", monday(3, activity={"subgroups": (2, 2)}), (FULL,)),
    ("closed_list", monday(3, fixed=(make_fixed(FULL, closed=True),)), (FULL,)),
    ("excluded", monday(3, fixed=(make_fixed(FULL, excluded=("p1",)),)), (FULL,)),
    ("together", monday(2, pair_rules=(PairRule(kind="together", a="p2", b="p1"),)), (HELD,)),
    ("apart", monday(3, pair_rules=(PairRule(kind="apart", a="p2", b="p1"),)), (FULL,)),
    (
        "block",
        monday(
            participants=(Participant(id="p1", busy=((at(1), at(2)),)),),
            activity={"block": True, "starts": ((0, MORNING), (1, MORNING))},
        ),
        (HELD, make_session("x2", 1)),
    ),
    ("drop_in", monday(activity={"drop_in": True}, demands=(make_demand(),)), (HELD,)),
    ("no_start", monday(activity={"starts": ()}), ()),
    ("closed_day", monday(closed_days=(0,)), ()),
    ("date", monday(activity={"earliest_day": 1}), ()),
    ("date", monday(activity={"latest_day": 0, "starts": ((1, MORNING),)}), ()),
    ("frequency", monday(activity={"frequency": Frequency(max=0)}), ()),
    ("parallel", monday(2, activity={"seats_max": 1}), (make_session(people=("p2",)),)),
    (
        "spacing",
        monday(activity={"min_days_between": 2, "starts": ((0, MORNING), (1, MORNING)), "seats_max": 0}),
        (make_session(day=1),),
    ),
    ("pattern", monday(activity={"pattern": "alternating", "previous_weekday": 0}), ()),
    ("pattern", monday(activity={"pattern": "consecutive", "run_length": 2}), ()),
    ("pattern", monday(activity={"pattern": "same_time", "frequency": Frequency(max=0)}), ()),
    ("seats_min", monday(activity={"seats_min": 2}), ()),
    ("nobody_qualified", monday(activity={"roles": (Role(id="leader", skills=("fly",)),)}), ()),
    ("nobody_qualified", monday(activity={"roles": (Role(id="leader", count=2),)}), ()),
    ("leader_unavailable", monday(staff=(Staff(id="s1", available=()),)), ()),
    (
        "leader_occupied",
        make_problem(activities=TWO_ACTIVITIES, demands=(make_demand(),)),
        (make_session("y", activity="b"),),
    ),
    ("leader_occupied", monday(activity={"roles": (Role(id="x"), Role(id="y"))}), ()),
    ("leader_hours", monday(staff=(Staff(id="s1", max_slots_day=11),)), ()),
    ("leader_hours", monday(staff=(Staff(id="s1", max_slots_week=11),)), ()),
    ("no_suitable_room", monday(activity={"room_features": ("stage",)}), ()),
    ("no_suitable_room", monday(activity={"sites": ()}), ()),
    ("room_unavailable", monday(rooms=(Room(id="r1", site="site", seats=9, available=()),)), ()),
    (
        "room_occupied",
        make_problem(
            activities=TWO_ACTIVITIES, demands=(make_demand(),), staff=(Staff(id="s1"), Staff(id="s2"))
        ),
        (make_session("y", activity="b", staff=("s2",)),),
    ),
    (
        "equipment",
        monday(
            activity={"equipment": (EquipmentNeed(equipment="e"),)}, equipment=(Equipment(id="e", units=0),)
        ),
        (),
    ),
    ("not_chosen", monday(), ()),
    ("not_chosen", monday(), (HELD,)),
]


def test_every_code_has_a_case() -> None:
    assert {code for code, _, _ in CASES} == set(BLOCKERS)


@pytest.mark.parametrize(("code", "problem", "sessions"), CASES)
def test_blocker_is_found(code: str, problem: Problem, sessions: tuple[PlannedSession, ...]) -> None:
    orders = {o for order in problem.orders for o in (order.first, order.second)}
    extra = tuple(make_activity(a, starts=()) for a in sorted(orders - set(problem.activity_by_id)))
    unmet = next(
        u
        for u in explain_unmet(replace(problem, activities=problem.activities + extra), sessions)
        if u.demand == "p1-a"
    )
    assert code in counts(unmet)
    assert set(counts(unmet)) <= set(BLOCKERS)
    for r in unmet.remedies:
        assert r.code in REMEDIES
        assert all(isinstance(v, str) for v in r.params.values())
    if list(counts(unmet)) == [code] and code in REMEDY_OF:
        assert REMEDY_OF[code] in {r.code for r in unmet.remedies}


def test_met_demands_are_not_explained() -> None:
    assert explain_unmet(make_problem(), (make_session(people=("p1",)),)) == ()


def test_amounts_are_in_the_unit_of_the_demand_and_windows_are_apart() -> None:
    demand = make_demand(unit="minutes", min=200, target=400, period_weeks=1)
    problem = make_problem(days=10, demands=(demand,))
    first, last = explain_unmet(problem, (make_session(people=("p1",)),))
    assert (first.first_day, first.end_day, first.got, first.min, first.target) == (0, 7, 180, 200, 400)
    assert (last.first_day, last.end_day, last.got, last.min, last.target) == (7, 10, 0, 85, 171)


def test_reasons_are_counted_by_place_and_the_most_frequent_comes_first() -> None:
    # Ten moments: busy on three mornings, no leader on two afternoons; the rest is outside their hours.
    problem = make_problem(
        participants=(
            Participant(
                id="p1",
                busy=tuple((at(d, 40), at(d, 41)) for d in range(3)),
                day_hours=((0, 96), (0, 96), (0, 40), (0, 40), (0, 40), (0, 0), (0, 0)),
            ),
        ),
        staff=(Staff(id="s1", available=((at(0, 0), at(0, 50)), (at(1, 0), at(1, 50)))),),
    )
    unmet = one(problem)
    assert counts(unmet) == {"leader_unavailable": 8, "day_hours": 6, "busy": 3}
    assert [b.code for b in unmet.reasons] == ["leader_unavailable", "day_hours", "busy"]
    assert {b.params["places"] for b in unmet.reasons} == {"10"}


def test_session_that_is_full_is_told_with_one_more_seat_as_remedy() -> None:
    unmet = one(monday(3, activity={"seats_max": 2}), FULL)
    assert remedy(unmet, "add_seat").params == {
        "activity": "a",
        "start": str(MORNING),
        "session": "x1",
        "site": "site",
        "most": "2",
    }


def test_missing_skill_is_named_with_its_moment() -> None:
    unmet = one(monday(activity={"roles": (Role(id="leader", skills=("swim", "first aid")),)}))
    found = remedy(unmet, "add_leader").params
    assert (found["skills"], found["start"], found["role"]) == ("swim, first aid", str(MORNING), "leader")


def test_course_in_the_way_is_named_with_its_times() -> None:
    unmet = one(person(busy=((at(0, 40), at(0, 44)),)))
    found = remedy(unmet, "ask_school").params
    assert (found["busy_start"], found["busy_end"]) == (str(at(0, 40)), str(at(0, 44)))


def test_another_time_is_offered_when_all_would_fit_there() -> None:
    unmet = one(person(busy=((at(0, 40), at(0, 44)),)))
    assert remedy(unmet, "another_time").params["start"] == str(at(1, MORNING))
    assert "another_time" not in {r.code for r in one(person(busy=ALWAYS_BUSY)).remedies}


def test_wish_not_to_take_part_is_never_argued_with() -> None:
    unmet = one(person(opt_outs=("a",)), HELD)
    assert set(counts(unmet)) == {"opt_out"}
    assert unmet.remedies == ()


def test_several_changes_are_named_when_no_single_one_helps() -> None:
    unmet = one(person(busy=ALWAYS_BUSY, brings_children=True), HELD)
    assert [r.code for r in unmet.remedies] == ["several"]
    assert set(unmet.remedies[0].params["remedies"].split(", ")) == {"ask_school", "welcome_children"}


def test_open_place_names_what_is_free_and_who_else_waits() -> None:
    unmet = one(monday(3))
    (reason,) = unmet.reasons
    assert reason.code == "not_chosen"
    assert reason.params["staff"] == "s1"
    assert reason.params["room"] == "r1"
    assert reason.params["rivals"] == "p2, p3"
    assert reason.params["rival_count"] == "2"
    assert [r.code for r in unmet.remedies[:1]] == ["place_by_hand"]


def test_enough_people_who_wait_make_a_group() -> None:
    problem = monday(3, activity={"seats_min": 3})
    assert set(counts(one(problem))) == {"not_chosen"}
    fewer = replace(problem, demands=problem.demands[:2])
    (reason,) = one(fewer).reasons
    assert (reason.code, reason.params["count"], reason.params["least"]) == ("seats_min", "2", "3")


def test_frequency_counts_once_a_window_and_a_free_seat_beside_says_more() -> None:
    problem = make_problem(2, activities=(make_activity(frequency=Frequency(max=1)),))
    problem = replace(
        problem, participants=(Participant(id="p1", busy=((at(0), at(1)),)), Participant(id="p2"))
    )
    assert counts(one(problem, make_session(people=("p2",)))) == {"busy": 1, "frequency": 1}


def test_day_already_counted_is_no_place() -> None:
    problem = monday(
        activity={"starts": ((0, MORNING), (0, AFTERNOON))}, demands=(make_demand(unit="days", target=2),)
    )
    assert counts(one(problem, make_session(people=("p1",)))) == {"no_start": 1}


# Random centres: what is called open must be open, and a remedy must open its place.


def _centre(rng: random.Random) -> Problem:
    def some(count: int, pool: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(rng.sample(pool, count))

    people = tuple(
        Participant(
            id=f"p{i}",
            busy=tuple((at(d, s), at(d, s + 12)) for d in range(7) for s in (36, 54) if rng.random() < 0.3),
            level_spoken=rng.randrange(3),
            languages=some(rng.randint(1, 2), ("ar", "ti", "fr")),
            max_slots_day=rng.choice((None, 12, 24)),
            max_days_week=rng.choice((None, 2)),
            needs_interpreter=rng.random() < 0.3,
            mentor=rng.choice((None, "s0")),
            break_slots=rng.choice((0, 7)),
        )
        for i in range(6)
    )
    staff = tuple(
        Staff(
            id=f"s{i}",
            skills=some(rng.randint(0, 2), ("cook", "swim")),
            languages=some(2, ("ar", "ti", "fr")),
            available=rng.choice((None, tuple((at(d, 32), at(d, 70)) for d in (0, 1, 3)))),
            max_slots_day=rng.choice((None, 12)),
            kind=rng.choice(("staff", "interpreter")),
        )
        for i in range(4)
    )
    activities = (
        _activity(rng, "a", seats_max=2, mix=True),
        _activity(rng, "b", individual=True, roles=(Role(id="leader"), _INTERPRETER)),
        _activity(rng, "c", language_groups=True, roles=(Role(id="leader", language="group"),)),
        _activity(rng, "d", with_mentor=True, needs_room=False, level_spoken=(0, 1)),
    )
    demands = tuple(
        Demand(
            id=f"{p.id}-{n}",
            participant=p.id,
            activities=tuple(rng.sample("abcd", rng.randint(1, 2))),
            target=rng.randint(1, 3),
            gap_days=rng.randrange(3),
            max_per_week=rng.choice((None, 3)),
        )
        for p in people
        for n in range(2)
    )
    return make_problem(
        participants=people,
        staff=staff,
        activities=activities,
        demands=demands,
        rooms=(Room(id="r1", site="site", seats=1), Room(id="r2", site="site", seats=3)),
        pair_rules=(PairRule(kind="apart", a="p0", b="p1"),),
        orders=(Order(kind="not_same_day", first="a", second="b"),),
        closed_days=(2,),
        sites=(Site(id="site"),),
    )


_INTERPRETER = Role(id="interpreter", kinds=("interpreter",), language="participant", only_if_needed=True)


def _activity(rng: random.Random, id: str, **changes: Any) -> Activity:
    starts = tuple((d, s) for d in range(5) for s in (MORNING, AFTERNOON) if rng.random() < 0.5)
    base = {"starts": starts, "min_days_between": rng.randrange(3), "max_parallel": rng.randint(1, 2)}
    return make_activity(id, **base | {"frequency": Frequency(max=rng.randint(1, 3))} | changes)


def _take(
    sessions: tuple[PlannedSession, ...], who: str, params: dict[str, str]
) -> tuple[PlannedSession, ...]:
    """Carry out ``place_by_hand``."""
    seat = Seat(participant=who)
    if "session" in params:
        return tuple(
            replace(s, attendees=(*s.attendees, seat)) if s.id == params["session"] else s for s in sessions
        )
    names = [name for name in params["staff"].split(", ") if name]
    roles = ("leader", "interpreter")
    return (
        *sessions,
        PlannedSession(
            id=f"new{len(sessions)}",
            activity=params["activity"],
            start=int(params["start"]),
            site=params["site"],
            room=params["room"] or None,
            language=params.get("language"),
            leaders=tuple(Leader(role=r, staff=s) for r, s in zip(roles, names, strict=False)),
            attendees=(seat,),
        ),
    )


def _filled(problem: Problem, rng: random.Random, steps: int) -> tuple[PlannedSession, ...]:
    """Build a plan by taking one open place after another, and judge it after each."""
    sessions: tuple[PlannedSession, ...] = ()
    for _ in range(steps):
        open_now = [
            (u.participant, r.params)
            for u in explain_unmet(problem, sessions)
            for r in u.remedies
            if r.code == "place_by_hand"
        ]
        if not open_now:
            break
        sessions = _take(sessions, *rng.choice(open_now))
        assert verify(problem, sessions).broken == ()
    return sessions


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_open_places_are_open(seed: int) -> None:
    rng = random.Random(seed)
    problem = _centre(rng)
    sessions = _filled(problem, rng, 12)
    for u in explain_unmet(problem, sessions):
        assert u.reasons
        assert all(b.count > 0 for b in u.reasons)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_remedies_open_their_place(seed: int) -> None:
    rng = random.Random(seed)
    problem = _centre(rng)
    sessions = _filled(problem, rng, 8)
    for u in explain_unmet(problem, sessions):
        for r in u.remedies:
            changed = _carried_out(problem, u, r)
            if changed is not None:
                others = [x for x in explain_unmet(changed, sessions) if x.demand == u.demand]
                assert "not_chosen" in counts(others[0]), (r, others[0].reasons)


def _carried_out(problem: Problem, unmet: UnmetDemand, r: Remedy) -> Problem | None:
    """Return the problem with a remedy carried out, for those that are one change of one field."""
    who, what = unmet.participant, r.params["activity"]

    def activity(**changes: Any) -> Problem:
        return replace(
            problem,
            activities=tuple(replace(a, **changes) if a.id == what else a for a in problem.activities),
        )

    def participant(**changes: Any) -> Problem:
        return replace(
            problem,
            participants=tuple(replace(p, **changes) if p.id == who else p for p in problem.participants),
        )

    match r.code:
        case "add_seat":
            return activity(seats_max=99)
        case "open_level":
            return activity(level_spoken=(0, 6))
        case "ask_school":
            return participant(busy=())
        case "raise_person_hours":
            return participant(max_slots_day=None, max_days_week=None)
        case "open_day":
            return replace(problem, closed_days=())
        case "larger_room":
            return replace(problem, rooms=tuple(replace(x, seats=99) for x in problem.rooms))
        case "more_sessions":
            frequency = Frequency(max=99)
            return activity(frequency=frequency, max_parallel=99)
        case "relax_pattern":
            return activity(min_days_between=0)
        case "group_in_language":
            speaker = next(p for p in problem.participants if p.id == who)
            return participant(languages=(*speaker.languages, "ar", "ti", "fr"))
        case "find_mentor" if problem.participant_by_id[who].mentor is None:
            helper = Staff(id="helper", kind="volunteer")
            return replace(participant(mentor="helper"), staff=(*problem.staff, helper))
        case "another_time":
            day, slot = divmod(int(r.params["start"]), 96)
            starts = problem.activity_by_id[what].starts
            return activity(starts=(*starts, (day % 7, slot)))
        case "add_leader":
            kinds = ("staff", "interpreter")
            helpers = tuple(Staff(id=f"helper{k}", kind=k, languages=("ar", "ti", "fr")) for k in kinds)
            return replace(problem, staff=(*problem.staff, *helpers))
        case "add_room":
            return replace(problem, rooms=(*problem.rooms, Room(id="annex", site="site", seats=9)))
    return None
