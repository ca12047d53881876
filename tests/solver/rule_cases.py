"""For every hard rule: a problem, a plan that keeps the rule and plans that break it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from solver.problem import (
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
    Travel,
)
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


@dataclass(frozen=True)
class Case:
    """One way of keeping and one way of breaking a rule."""

    rule: str
    problem: Problem
    good: tuple[PlannedSession, ...]
    bad: tuple[PlannedSession, ...]
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.rule} {self.reason}".strip()


def _case(rule: str, problem: Problem, good: Any, bad: Any, reason: str = "") -> Case:
    def plan(value: Any) -> tuple[PlannedSession, ...]:
        return (value,) if isinstance(value, PlannedSession) else tuple(value)

    return Case(rule, problem, plan(good), plan(bad), reason)


def _one(**changes: Any) -> Problem:
    """Return a problem of one person and one activity with changes."""
    return make_problem(activities=(make_activity(**changes),))


def _person(**changes: Any) -> Problem:
    return make_problem(participants=(Participant(id="p1", **changes),))


def _wants(*demands: Any, **changes: Any) -> Problem:
    return make_problem(demands=demands, **changes)


def _x(
    id: str = "x1", day: int = 0, slot: int = MORNING, people: Any = ("p1",), **more: Any
) -> PlannedSession:
    return make_session(id, day, slot, people, **more)


def _seated(*numbers: int | None) -> PlannedSession:
    seats = tuple(Seat(participant=f"p{i + 1}", subgroup=n) for i, n in enumerate(numbers))
    return _x(people=(), attendees=seats)


def cases() -> list[Case]:
    """Return every case, in the order of the rules."""
    return [*_times(), *_places(), *_roles(), *_clashes(), *_people(), *_lists(), *_activities(), *_demands()]


def _times() -> Iterator[Case]:
    late = make_problem(activities=(make_activity(starts=((0, MORNING), (0, 84))),))
    yield _case("horizon", late, _x(slot=84), _x(slot=90))
    yield _case("horizon", make_problem(), _x(), _x(day=7))
    yield _case("horizon", make_problem(), _x(), _x(start=-5))
    yield _case("closed_day", make_problem(closed_days=(1,)), _x(), _x(day=1))
    yield _case("start", make_problem(), _x(), _x(slot=MORNING + 1), "time")
    yield _case("start", _one(earliest_day=1), _x(day=1), _x(day=0), "day")
    yield _case("start", _one(latest_day=1), _x(day=1), _x(day=2), "day")
    yield _case("start", _one(closed_starts=(at(1, MORNING),)), _x(day=0), _x(day=1), "closed")


def _places() -> Iterator[Case]:
    other = {"sites": (Site(id="site"), Site(id="far")), "rooms": (Room(id="r1", site="site", seats=2),)}
    more = replace(
        make_problem(3, **other),
        rooms=(
            Room(id="r1", site="site", seats=2, features=("sink",), available=((at(0, 30), at(0, 50)),)),
            Room(id="r2", site="far", seats=2, features=("sink",)),
            Room(id="r3", site="site", seats=2),
        ),
    )
    yield _case("site", more, _x(), _x(site="far", room="r2"))
    yield _case("room", more, _x(), _x(room=None), "missing")
    yield _case("room", more, _x(), _x(room="r2"), "wrong_site")
    yield _case("room", more, _x(), _x(day=1), "unavailable")
    yield _case("room", more, _x(), _x(slot=MORNING + 3), "unavailable")
    yield _case("room", _one(needs_room=False), _x(room=None), _x(), "unwanted")
    listed = replace(more, activities=(make_activity(rooms=("r1",)),))
    yield _case("room", listed, _x(), _x(room="r3"), "not_listed")
    sink = replace(more, activities=(make_activity(room_features=("sink",)),))
    yield _case("room", sink, _x(), _x(room="r3"), "feature")
    yield _case("room_seats", more, _x(people=("p1", "p2")), _x(people=("p1", "p2", "p3")))
    two = make_problem(2, staff=(Staff(id="s1"), Staff(id="s2")))
    yield _case(
        "room_overlap",
        two,
        (_x(), _x("x2", slot=AFTERNOON, people=("p2",))),
        (_x(), _x("x2", slot=MORNING + 11, people=("p2",), staff=("s2",))),
    )


def _roles() -> Iterator[Case]:
    team = (
        Staff(id="s1", skills=("cook", "swim"), languages=("fr", "ar")),
        Staff(id="s2", skills=("cook",), languages=("nl",)),
        Staff(id="v1", kind="volunteer", skills=("cook", "swim"), languages=("fr",)),
    )

    def team_of(role: Role, *more: Role, **changes: Any) -> Problem:
        people = (Participant(id="p1", languages=("ar",)), Participant(id="p2", needs_interpreter=True))
        activity = make_activity(roles=(role, *more), **changes)
        return make_problem(participants=people, staff=team, activities=(activity,))

    plain, two = team_of(Role(id="leader")), team_of(Role(id="leader", count=2))
    yield _case("role", plain, _x(), _x(staff=()), "count")
    yield _case("role", plain, _x(), _x(staff=("s1", "s2")), "count")
    yield _case("role", two, _x(staff=("s1", "s2")), _x(staff=("s1",)), "count")
    yield _case("role", two, _x(staff=("s1", "s2")), _x(staff=("s1", "s1")), "twice")
    yield _case("role", plain, _x(), _x(staff=("v1",)), "kind")
    yield _case(
        "role", team_of(Role(id="leader", skills=("cook", "swim"))), _x(), _x(staff=("s2",)), "skills"
    )
    spoken = team_of(Role(id="leader", languages=("fr", "en")))
    yield _case("role", spoken, _x(), _x(staff=("s2",)), "languages")
    group = team_of(Role(id="leader", language="group"), language_groups=True)
    yield _case("role", group, _x(language="ar"), _x(language="ar", staff=("s2",)), "session_language")
    own = team_of(Role(id="leader", language="participant"), individual=True)
    yield _case("role", own, _x(), _x(staff=("s2",)), "participant_language")
    yield _case("role", team_of(Role(id="leader", staff=("s1",))), _x(), _x(staff=("s2",)), "not_listed")
    helper = team_of(Role(id="leader"), Role(id="helper"))
    good = _x(leaders=(Leader(role="leader", staff="s1"), Leader(role="helper", staff="s2")))
    bad = _x(leaders=(Leader(role="leader", staff="s1"), Leader(role="helper", staff="s1")))
    yield _case("role", helper, good, bad, "twice")
    needed = team_of(Role(id="leader"), Role(id="interpreter", only_if_needed=True), individual=True)
    with_one = (Leader(role="leader", staff="s1"), Leader(role="interpreter", staff="s2"))
    without = _x("x2", 1, people=("p2",))
    yield _case("role", needed, (_x(), replace(without, leaders=with_one)), (_x(), without), "count")
    yield _case("role", needed, _x(), _x(leaders=with_one), "count")
    in_group = team_of(Role(id="leader"), Role(id="interpreter", only_if_needed=True))
    yield _case("role", in_group, without, replace(without, leaders=with_one), "count")
    followed = _wants(make_demand(staff=("s2",)), staff=team, activities=(make_activity(individual=True),))
    yield _case("role", followed, _x(staff=("s2",)), _x(), "demand_staff")


def _clashes() -> Iterator[Case]:
    hours = ((at(0, 36), at(0, 48)), (at(0, 48), at(0, 72)))
    yield _case(
        "staff_unavailable", make_problem(staff=(Staff(id="s1", available=hours),)), _x(), _x(slot=40)
    )
    far = {
        "sites": (Site(id="site"), Site(id="far")),
        "travel": (Travel(a="far", b="site", slots=6),),
        "rooms": (Room(id="r1", site="site", seats=20), Room(id="r2", site="far", seats=20)),
    }
    slots = tuple((0, MORNING + i) for i in range(40))
    act = make_activity(sites=("site", "far"), starts=slots)
    two = make_problem(2, activities=(act,), staff=(Staff(id="s1", break_slots=2), Staff(id="s2")), **far)

    def second(slot: int, **more: Any) -> PlannedSession:
        return _x("x2", slot=MORNING + slot, people=("p2",), **({"room": "r1"} | more))

    yield _case("staff_overlap", two, (_x(), second(14)), (_x(), second(13)))
    there = {"site": "far", "room": "r2"}
    yield _case("staff_overlap", two, (_x(), second(18, **there)), (_x(), second(17, **there)))
    yield _case("staff_overlap", two, (_x(), second(0, staff=("s2",), **there)), (_x(), second(0, **there)))
    capped = (Staff(id="s1", max_slots_day=12, max_slots_week=24),)
    day = make_problem(3, staff=capped)
    three = tuple(_x(f"x{i}", i, people=(f"p{i + 1}",)) for i in range(3))
    yield _case("staff_hours", day, _x(), (_x(), _x("x2", slot=AFTERNOON, people=("p2",))), "day")
    yield _case("staff_hours", day, three[:2], three, "week")
    pause = (Participant(id="p1", break_slots=3),)
    twice = make_problem(participants=pause, activities=(act,), staff=(Staff(id="s1"), Staff(id="s2")), **far)
    mine = {"people": ("p1",), "staff": ("s2",)}

    def again(slot: int, **more: Any) -> PlannedSession:
        return _x("x2", slot=MORNING + slot, **mine, **more)

    yield _case("participant_overlap", twice, (_x(), again(15)), (_x(), again(14)))
    yield _case("participant_overlap", twice, (_x(), again(18, **there)), (_x(), again(17, **there)))


def _people() -> Iterator[Case]:
    course = _person(busy=((at(0, 20), at(0, 36)), (at(0, 60), at(0, 70)), (at(0, 48), at(0, 61))))
    yield _case("busy", course, _x(), _x(slot=35))
    yield _case("busy", course, _x(), _x(slot=AFTERNOON))
    school = _person(day_hours=((36, 48),) * 7)
    yield _case("day_hours", school, _x(), _x(slot=35))
    yield _case("day_hours", school, _x(), _x(slot=37))
    tired = make_problem(participants=(Participant(id="p1", max_slots_day=12, max_days_week=2),))
    yield _case("participant_hours", tired, _x(), (_x(), _x("x2", slot=AFTERNOON)), "day")
    days = tuple(_x(f"x{i}", i) for i in range(3))
    yield _case("participant_hours", tired, days[:2], days, "week")
    for spoken, written in ((0, 0), (3, 0), (1, 2)):
        person = Participant(id="p1", level_spoken=spoken, level_written=written)
        edge = make_activity("b", level_spoken=(0, spoken), level_written=(written, 6))
        band = make_activity(level_spoken=(1, 2), level_written=(0, 1))
        levels = make_problem(participants=(person,), activities=(band, edge))
        yield _case("level", levels, _x(activity="b"), _x())
    tongue = replace(_one(language_groups=True), participants=(Participant(id="p1", languages=("ar", "fr")),))
    yield _case("language_group", tongue, _x(language="fr"), _x(language="ti"), "person")
    yield _case("language_group", tongue, _x(language="ar"), _x(), "missing")
    yield _case("language_group", make_problem(), _x(), _x(language="fr"), "unwanted")
    town = make_problem(
        participants=(Participant(id="p1", sites=("far",)), Participant(id="p2", sites=("site", "far"))),
        sites=(Site(id="site"), Site(id="far")),
    )
    yield _case("reach", town, _x(people=("p2",)), _x())
    yield _case("cohort", replace(_one(members=("p2",)), participants=_two()), _x(people=()), _x())
    for held_out in ("a", "body"):
        shy = make_problem(participants=(Participant(id="p1", opt_outs=(held_out,)),))
        theme = replace(shy, activities=(make_activity(themes=("body",)),))
        yield _case("opt_out", theme, _x(people=()), _x())
    creche = make_activity("b", children_welcome=True)
    family = make_problem(
        participants=(Participant(id="p1", brings_children=True),), activities=(make_activity(), creche)
    )
    yield _case("children", family, _x(activity="b"), _x())
    later = _wants(make_demand(from_day=2, to_day=4))
    yield _case("no_demand", later, _x(day=2), _x(day=4))
    yield _case("no_demand", later, _x(day=3), _x(day=1))
    yield _case("no_demand", _wants(), _x(people=()), _x())
    yield from _mentors()


def _two() -> tuple[Participant, ...]:
    return Participant(id="p1"), Participant(id="p2")


def _mentors() -> Iterator[Case]:
    mentors = (
        Staff(id="s1"),
        Staff(id="m1", kind="volunteer", available=((at(0), at(1)),), max_slots_day=12),
    )
    pairs = make_problem(
        participants=(Participant(id="p1", mentor="m1"), Participant(id="p2")),
        staff=mentors,
        activities=(make_activity(with_mentor=True),),
    )
    yield _case("mentor", pairs, _x(), _x(people=("p2",)))
    yield _case("staff_unavailable", pairs, _x(), _x(day=1))
    yield _case("staff_hours", pairs, _x(), (_x(), _x("x2", slot=AFTERNOON)), "day")
    both = replace(
        pairs,
        participants=(Participant(id="p1", mentor="m1"), Participant(id="p2", mentor="m1")),
        rooms=(Room(id="r1", site="site", seats=9), Room(id="r2", site="site", seats=9)),
        staff=(*mentors, Staff(id="s2")),
    )
    apart = (_x(), _x("x2", people=("p2",), staff=("s2",), room="r2"))
    yield _case("staff_overlap", both, _x(people=("p1", "p2")), apart)


def _lists() -> Iterator[Case]:
    sized = replace(make_problem(4), activities=(make_activity(seats_min=2, seats_max=3),))
    yield _case("seats", sized, _x(people=("p1", "p2")), _x(), "few")
    yield _case("seats", sized, _x(people=("p1", "p2", "p3")), _x(people=("p1", "p2", "p3", "p4")), "many")
    alone = replace(make_problem(2), activities=(make_activity(individual=True),))
    yield _case("seats", alone, _x(), _x(people=()), "individual")
    yield _case("seats", alone, _x(), _x(people=("p1", "p2")), "individual")
    yield _case("seats", _one(drop_in=True), _x(people=()), _x(), "drop_in")
    groups = replace(make_problem(7), activities=(make_activity(subgroups=(2, 3)),))
    yield _case("subgroups", groups, _seated(0, 1, 0, 1, 1), _seated(0, 0, 0, 0), "size")
    yield _case("subgroups", groups, _seated(0, 0), _seated(0, 0, 1), "size")
    yield _case("subgroups", groups, _seated(0, 0), _seated(0, 0, None), "missing")
    yield _case("subgroups", groups, _seated(0, 0, 1, 1), _seated(0, 0, 2, 2), "numbers")
    yield _case("subgroups", make_problem(), _seated(None), _seated(0), "unwanted")
    yield _case("duplicate", make_problem(2), _x(people=("p1", "p2")), _x(people=("p1", "p1")))


def _activities() -> Iterator[Case]:
    def weeks(days: int = 21, **changes: Any) -> Problem:
        return make_problem(days=days, activities=(make_activity(**changes),))

    def held(*moments: tuple[int, int] | int) -> tuple[PlannedSession, ...]:
        pairs = [m if isinstance(m, tuple) else (m, MORNING) for m in moments]
        return tuple(_x(f"x{i}", day, slot, ()) for i, (day, slot) in enumerate(pairs))

    often = weeks(frequency=Frequency(period_weeks=2, max=2))
    yield _case("frequency", often, held(0, 8, 15, 16), held(0, 1, 8))
    yield _case("frequency", weeks(frequency=Frequency(period_weeks=0, max=2)), held(0, 15), held(0, 8, 15))
    rooms = tuple(Room(id=f"r{i}", site="site", seats=9) for i in range(1, 4))
    staff = tuple(Staff(id=f"s{i}") for i in range(1, 4))
    side = replace(weeks(max_parallel=2), rooms=rooms, staff=staff)
    beside = tuple(_x(f"x{i}", people=(), room=f"r{i}", staff=(f"s{i}",)) for i in range(1, 4))
    yield _case("parallel", side, beside[:2], beside)
    yield _case("spacing", weeks(min_days_between=3), held(0, (0, AFTERNOON), 3), held(0, 2))
    week = Frequency(period_weeks=1, max=2)
    same = weeks(pattern="same_time", frequency=week)
    yield _case(
        "pattern", same, held(0, (3, AFTERNOON), 7), held(0, (3, AFTERNOON), (7, AFTERNOON)), "same_time"
    )
    month = weeks(pattern="same_time", frequency=Frequency(period_weeks=0, max=4))
    yield _case("pattern", month, held(0, 1, 7, 8), held(0, 1, 9), "same_time")
    swing = weeks(pattern="alternating", previous_weekday=4, frequency=week)
    yield _case("pattern", swing, held(2, 11, 16), held(2, 9), "alternating")
    yield _case("pattern", swing, held(2, 16), held(4), "previous_weekday")
    run = replace(weeks(pattern="consecutive", run_length=3), closed_days=(4,))
    yield _case("pattern", run, held(3, 7, 8), held(1, 2), "consecutive")
    yield _case("pattern", run, (), held(0, 1, 3), "consecutive")
    yield _case("pattern", run, held(0, 1, 2), held(0, 1, (2, AFTERNOON)), "consecutive")
    yield _case("pattern", run, held(1, 2, 3), held(0, 1, 2, 3), "consecutive")
    yield _case("pattern", run, held(1, 2, 3), held(0, (0, AFTERNOON), 1), "consecutive")
    yield _case("pattern", run, held(1, 2, 3), held(2, 3, 5), "consecutive")
    block = replace(make_problem(2), activities=(make_activity(block=True),))
    whole = (_x(), _x("x2", 1))
    yield _case("block", block, whole, (_x(), _x("x2", 1, people=("p2",))))
    yield from _orders()
    laptops = replace(
        _one(equipment=(EquipmentNeed(equipment="laptops", units=4),)),
        equipment=(Equipment(id="laptops", units=7),),
        rooms=rooms,
        staff=staff,
    )
    after = replace(beside[1], start=at(0, AFTERNOON))
    yield _case("equipment", laptops, (beside[0], after), beside[:2])


def _orders() -> Iterator[Case]:
    two = (make_activity("a"), make_activity("b", roles=(), needs_room=False))
    plain = {"room": None, "staff": ()}

    def ordered(kind: Any, **person: Any) -> Problem:
        return make_problem(
            days=14,
            participants=(Participant(id="p1", **person),),
            activities=two,
            orders=(Order(kind=kind, first="a", second="b"),),
        )

    def b(day: int, slot: int = MORNING) -> PlannedSession:
        return _x("y", day, slot, activity="b", **plain)

    before = ordered("before")
    yield _case("order", before, (_x(), b(0, AFTERNOON)), (_x(slot=AFTERNOON), b(0)), "before")
    yield _case("order", before, _x(), b(0), "missing")
    yield _case("order", ordered("before", completed=("a",)), b(0), (b(0), _x(day=1)), "before")
    week = ordered("same_week")
    yield _case("order", week, (_x(), b(4)), (_x(), b(7)), "same_week")
    yield _case("order", week, _x(), b(7), "same_week")
    yield _case("order", ordered("not_same_day"), (_x(), b(1)), (_x(), b(0, AFTERNOON)), "not_same_day")


def _demands() -> Iterator[Case]:
    pair = make_problem(3, pair_rules=(PairRule(kind="together", a="p1", b="p2"),))
    yield _case("together", pair, _x(people=("p1", "p2")), _x())
    only_p1 = replace(pair, demands=(make_demand("p1"), make_demand("p2", from_day=1)))
    yield _case("together", only_p1, _x(), _x(day=1))
    alone = replace(
        pair,
        activities=(make_activity(individual=True), make_activity("b")),
        demands=tuple(make_demand(p, a) for p in ("p1", "p2") for a in "ab"),
    )
    yield _case("together", alone, _x(), _x(activity="b"))
    foes = make_problem(3, pair_rules=(PairRule(kind="apart", a="p1", b="p2"),))
    yield _case("apart", foes, _x(people=("p1", "p3")), _x(people=("p1", "p2")))
    days = tuple(_x(f"x{i}", i) for i in range(5))
    long = {"days": 14}
    yield _case("demand_max", _wants(make_demand(max=1)), days[0], days[:2], "window")
    fortnight = _wants(make_demand(max=2, period_weeks=1), **long)
    spread = (days[0], days[1], _x("y1", 7), _x("y2", 8))
    yield _case("demand_max", fortnight, spread, days[:3], "window")
    minutes = _wants(make_demand(unit="minutes", max=200))
    yield _case("demand_max", minutes, days[0], days[:2], "window")
    by_day = _wants(make_demand(unit="days", max=1))
    yield _case("demand_max", by_day, (_x(), _x("x2", slot=AFTERNOON)), days[:2], "window")
    weekly = _wants(make_demand(max_per_week=1), **long)
    yield _case("demand_max", weekly, (days[4], _x("y1", 7)), days[3:], "week")
    gap = _wants(make_demand(gap_days=3), **long)
    yield _case("demand_gap", gap, (days[0], days[3]), (days[0], days[2]))
    once = _wants(make_demand(gap_days=1))
    yield _case("demand_gap", once, days[:2], (_x(), _x("x2", slot=AFTERNOON)))
    yield from _locks()
    plain = make_problem()
    yield _case("unknown", plain, _x(), _x(people=("nobody",)), "participant")
    yield _case("unknown", plain, _x(), _x(activity="nothing"), "activity")
    yield _case("unknown", plain, _x(), _x(room="nowhere"), "room")
    yield _case("unknown", plain, _x(), _x(site="nowhere"), "site")
    yield _case("unknown", plain, _x(), _x(staff=("nobody",)), "staff")
    yield _case("unknown", plain, _x(), _x(leaders=(Leader(role="boss", staff="s1"),)), "role")
    yield _case("unknown", plain, _x(), (_x(), _x(day=1)), "repeated")


def _locks() -> Iterator[Case]:
    def lock(session: PlannedSession, **changes: Any) -> Problem:
        return make_problem(
            3,
            fixed=(make_fixed(session, **changes),),
            sites=(Site(id="site"), Site(id="far")),
            staff=(Staff(id="s1"), Staff(id="s2")),
            activities=(make_activity(), make_activity("b")),
        )

    plain = lock(_x())
    yield _case("lock", plain, _x(people=("p2",)), (), "missing")
    changes: tuple[tuple[str, dict[str, Any]], ...] = (
        ("start", {"day": 1}),
        ("site", {"site": "far"}),
        ("room", {"room": None}),
        ("language", {"language": "fr"}),
        ("leaders", {"staff": ("s2",)}),
        ("activity", {"activity": "b"}),
    )
    for reason, change in changes:
        yield _case("lock", plain, _x(), _x(**change), reason)
    yield _case("lock", lock(_x(), locked=("p1",)), _x(people=("p1", "p2")), _x(people=("p2",)), "locked")
    yield _case("lock", lock(_x(), excluded=("p2",)), _x(), _x(people=("p1", "p2")), "excluded")
    closed = lock(_x(people=("p1", "p2")), closed=True)
    yield _case("lock", closed, _x(people=("p2", "p1")), _x(), "closed")
    yield _case("lock", closed, _x(people=("p2", "p1")), _x(people=("p1", "p2", "p3")), "closed")
