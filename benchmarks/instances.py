"""Seeded synthetic centres for measuring the planner, modelled on five CPAS programmes.

People have two to five fixed half-days of French a week, a third have school-run hours, a sixth
work part time; rooms and leaders are scarce. Nothing here describes a real person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from solver.problem import (
    Activity,
    Demand,
    Equipment,
    EquipmentNeed,
    Frequency,
    Interval,
    Met,
    Order,
    PairRule,
    Participant,
    Problem,
    Role,
    Room,
    Site,
    Staff,
    StaffKind,
    Travel,
)

Size = Literal["S", "M", "L"]
DAYS = 28
DAY = 96
HOUR = 4
LANGUAGES = ("ar", "ti", "ps", "fa", "so", "es", "tr", "uk")
PROGRAMMES = ("amie", "interactief", "activup", "modactions", "moveup")
SHARES = {"amie": 45, "interactief": 34, "activup": 45, "modactions": 46, "moveup": 30}


def instance(size: Size, seed: int, *, programme: str = "modactions") -> Problem:
    """Return a synthetic problem.

    Parameters
    ----------
    size : {"S", "M", "L"}
        ``S``: one programme and 40 participants. ``M``: five programmes, 200 participants, 15
        staff, 10 rooms. ``L``: a city of five districts, 1000 participants, 8 sites, 60 staff.
    seed : int
        Equal seeds give equal problems.
    programme : str
        Which programme ``S`` holds, one of ``PROGRAMMES``.
    """
    random = Random(f"{size}-{seed}-{programme if size == 'S' else ''}")
    if size == "S":
        district = _District(random, "", ("centre",), 10)
        _PROGRAMMES[programme](district, 40)
        return district.problem(f"S {programme} {seed}")
    if size == "M":
        district = _District(random, "", ("centre", "north"), 10)
        for name in PROGRAMMES:
            _PROGRAMMES[name](district, SHARES[name])
        return district.problem(f"M {seed}")
    return _city(random, seed)


def _city(random: Random, seed: int) -> Problem:
    places = (("a1", "a2"), ("b1", "b2"), ("c1", "c2"), ("d1",), ("e1",))
    parts: list[Problem] = []
    for number, sites in enumerate(places):
        district = _District(random, f"{'abcde'[number]}-", sites, 11)
        for name in PROGRAMMES:
            _PROGRAMMES[name](district, SHARES[name])
        parts.append(district.problem(""))
    whole = parts[0]
    for part in parts[1:]:
        whole = replace(
            whole,
            sites=whole.sites + part.sites,
            rooms=whole.rooms + part.rooms,
            staff=whole.staff + part.staff,
            participants=whole.participants + part.participants,
            activities=whole.activities + part.activities,
            demands=whole.demands + part.demands,
            met=whole.met + part.met,
            pair_rules=whole.pair_rules + part.pair_rules,
            orders=whole.orders + part.orders,
        )
    on_site = [s.id for s in whole.sites if not s.id.endswith("outing")]
    travel = tuple(Travel(a=a, b=b, slots=2) for i, a in enumerate(on_site) for b in on_site[i + 1 :])
    return replace(whole, name=f"L {seed}", travel=travel, equipment=(Equipment(id="laptop", units=60),))


@dataclass
class _District:
    random: Random
    prefix: str
    sites: tuple[str, ...]
    room_count: int
    staff: list[Staff] = field(default_factory=list)
    people: list[Participant] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    met: list[Met] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    pair_rules: list[PairRule] = field(default_factory=list)

    @property
    def outing(self) -> str:
        return f"{self.prefix}outing"

    def worker(
        self, name: str, *skills: str, part: float = 1.0, kind: StaffKind = "staff", languages: int = 2
    ) -> str:
        """Add a member of staff; part-timers work on some of the days."""
        staff_id = f"{self.prefix}{name}"
        days = sorted(self.random.sample(range(5), max(1, round(5 * part))))
        hours = tuple(
            (day * DAY + 8 * HOUR + 2, day * DAY + 17 * HOUR + 2) for day in range(DAYS) if day % 7 in days
        )
        self.staff.append(
            Staff(
                id=staff_id,
                kind=kind,
                skills=skills,
                languages=("fr", *self.random.sample(LANGUAGES, languages)),
                available=hours,
                max_slots_day=7 * HOUR,
                max_slots_week=round(38 * HOUR * part),
            )
        )
        return staff_id

    def person(self, name: str, *, course_half_days: tuple[int, int], level: tuple[int, int]) -> Participant:
        """Add a participant whose courses, school run and work leave some time free."""
        random = self.random
        busy: set[Interval] = set()
        halves = [(d, h) for d in range(5) for h in (0, 1)]
        taken = random.sample(halves, random.randint(*course_half_days))
        if random.random() < 1 / 6:
            taken += random.sample([x for x in halves if x not in taken], 2)
        for day in range(DAYS):
            for weekday, half in taken:
                if day % 7 == weekday:
                    start = day * DAY + (13 * HOUR if half else 9 * HOUR)
                    busy.add((start - 1, start + 3 * HOUR + 1))
        school_run = random.random() < 1 / 3
        hours = (9 * HOUR, 15 * HOUR + 2) if school_run else (8 * HOUR, 20 * HOUR)
        reach = self.sites if random.random() < 0.8 else (random.choice(self.sites),)
        spoken = random.randint(*level)
        person = Participant(
            id=f"{self.prefix}{name}",
            busy=tuple(sorted(busy)),
            day_hours=(hours,) * 7,
            sites=(*reach, self.outing),
            level_spoken=spoken,
            level_written=max(0, min(4, spoken + random.choice((-1, 0, 0, 1)))),
            languages=(random.choice(LANGUAGES), "fr") if spoken > 1 else (random.choice(LANGUAGES),),
            newcomer=random.random() < 0.4,
            brings_children=random.random() < 0.05,
            needs_interpreter=spoken == 0 and random.random() < 0.3,
            max_slots_day=7 * HOUR,
            preferred_sites=(random.choice(reach),) if random.random() < 0.2 else (),
        )
        self.people.append(person)
        return person

    def prefer(self, person: Participant, **changes: object) -> None:
        """Change the participant added last."""
        assert self.people[-1].id == person.id
        self.people[-1] = replace(person, **changes)  # type: ignore[arg-type]

    def activity(self, name: str, **facts: object) -> str:
        """Add an activity."""
        defaults: dict[str, object] = {"sites": self.sites, "children_welcome": True}
        self.activities.append(Activity(id=f"{self.prefix}{name}", **(defaults | facts)))  # type: ignore[arg-type]
        return f"{self.prefix}{name}"

    def demand(self, person: Participant, *activities: str, **facts: object) -> None:
        """Add a demand."""
        number = len(self.demands)
        self.demands.append(
            Demand(
                id=f"{self.prefix}d{number}",
                participant=person.id,
                activities=activities,
                **facts,  # type: ignore[arg-type]
            )
        )

    def problem(self, name: str) -> Problem:
        """Return the district as a problem."""
        rooms: list[Room] = []
        seats = (22, 15, 15, 12, 4, 4, 16, 15, 4, 4, 12)
        for i in range(self.room_count):
            site = self.sites[0] if i < 6 or len(self.sites) == 1 else self.sites[1]
            rooms.append(Room(id=f"{self.prefix}r{i}", site=site, seats=seats[i]))
        return Problem(
            name=name,
            start_date="2026-11-23",
            days=DAYS,
            closed_days=(14,),
            sites=tuple(Site(id=s) for s in (*self.sites, self.outing)),
            travel=tuple(Travel(a=self.sites[0], b=s, slots=2) for s in self.sites[1:]),
            rooms=tuple(rooms),
            equipment=(Equipment(id="laptop", units=12),),
            staff=tuple(self.staff),
            participants=tuple(self.people),
            pair_rules=tuple(self.pair_rules),
            met=tuple(self.met),
            activities=tuple(self.activities),
            orders=tuple(self.orders),
            demands=tuple(self.demands),
        )


def _starts(weekdays: tuple[int, ...], *hours: float) -> tuple[tuple[int, int], ...]:
    return tuple((day, round(hour * HOUR)) for day in weekdays for hour in hours)


_WEEK = (0, 1, 2, 3, 4)
_HOURLY = (9, 10, 11, 12, 13, 14, 15, 16)


def _role(*skills: str, count: int = 1, name: str = "leader") -> Role:
    return Role(id=name, count=count, skills=skills)


def _interpreter() -> Role:
    return Role(
        id="interpreter",
        kinds=("interpreter", "staff"),
        skills=("interpreter",),
        language="participant",
        only_if_needed=True,
    )


def _amie(c: _District, n: int) -> None:
    workers = [c.worker("amie1", "amie"), c.worker("amie2", "amie"), c.worker("amie3", "amie", part=0.6)]
    group = c.activity(
        "amie-group",
        programme="amie",
        duration_slots=12,
        starts=_starts((2, 4), 13, 13.5, 14),
        frequency=Frequency(period_weeks=1, min=1, max=1),
        pattern="alternating",
        previous_weekday=4,
        seats_min=4,
        seats_max=22,
        mix=True,
        roles=(_role("amie", count=2),),
    )
    interview = c.activity(
        "amie-interview",
        programme="amie",
        kind="interview",
        individual=True,
        duration_slots=4,
        starts=_starts(_WEEK, *_HOURLY),
        roles=(_role("amie"),),
    )
    people = []
    for i in range(n):
        person = c.person(f"amie-p{i}", course_half_days=(2, 5), level=(0, 3))
        referent = c.random.choice(workers)
        c.prefer(person, referents=(referent,))
        c.demand(person, group, period_weeks=2, min=1, target=1 + (i % 3 == 0), max=2, weight=12)
        if i % 2:
            c.demand(person, interview, period_weeks=1, min=1, target=1, max=1, gap_days=4)
        else:
            c.demand(person, interview, period_weeks=2, min=1, target=1, max=2, gap_days=7)
        people.append(person.id)
    for a, b in sorted({tuple(sorted(c.random.sample(people, 2))) for _ in range(n)}):
        c.met.append(Met(a=a, b=b, times=1))
    c.pair_rules.append(PairRule(kind="together", a=people[0], b=people[1]))
    c.pair_rules.append(PairRule(kind="apart", a=people[2], b=people[3]))


def _interactief(c: _District, n: int) -> None:
    c.worker("via1", "via"), c.worker("via2", "via"), c.worker("via3", "via", part=0.6)
    c.worker("mediator", "mediator", "interpreter", languages=5)
    goal = c.activity(
        "goal",
        programme="interactief",
        kind="information",
        duration_slots=20,
        starts=_starts(_WEEK, 9.5),
        frequency=Frequency(period_weeks=0, min=2, max=5),
        language_groups=True,
        seats_min=1,
        seats_max=12,
        roles=(Role(id="mediator", skills=("mediator",), language="group"), _role("via", name="worker")),
    )
    interview = c.activity(
        "via-interview",
        programme="interactief",
        kind="interview",
        individual=True,
        duration_slots=4,
        starts=_starts(_WEEK, *_HOURLY),
        roles=(_role("via"), _interpreter()),
    )
    people = [c.person(f"via-p{i}", course_half_days=(2, 4), level=(0, 3)) for i in range(n)]
    for k in range(0, 3 * (n // 11), n // 11):
        members = people[k : k + 10]
        via = c.activity(
            f"via{k}",
            programme="interactief",
            starts=_starts(_WEEK, 9, 13),
            frequency=Frequency(period_weeks=1, min=2, max=2),
            pattern="same_time",
            members=tuple(p.id for p in members),
            seats_min=4,
            seats_max=12,
            subgroups=(4, 6),
            continuity=True,
            roles=(_role("via", count=2),),
        )
        for person in members:
            c.demand(person, via, period_weeks=1, min=1, target=2, max=2, weight=10)
    for i, person in enumerate(people):
        c.demand(person, interview, period_weeks=2, min=1, target=1, max=1)
        if i % 4 == 0:
            c.demand(person, goal, min=1, target=1, max=1, weight=15)


def _activup(c: _District, n: int) -> None:
    c.worker("act1", "activup"), c.worker("act2", "activup"), c.worker("act3", "activup", part=0.6)
    weekly = Frequency(period_weeks=1, min=1, max=1)
    one = (_role("activup"),)
    coaching = [
        c.activity(
            f"coaching{k}",
            programme="activup",
            kind="coaching",
            starts=_starts(_WEEK, 9, 13),
            frequency=Frequency(period_weeks=2, min=1, max=2),
            seats_min=5,
            seats_max=12,
            balance=True,
            roles=one,
        )
        for k in range(2)
    ]
    info = c.activity(
        "info",
        programme="activup",
        kind="information",
        starts=_starts(_WEEK, 9),
        frequency=Frequency(period_weeks=1, min=2, max=2),
        seats_min=4,
        seats_max=15,
        roles=one,
    )
    creative = [
        c.activity(
            f"creative{k}",
            programme="activup",
            starts=_starts(_WEEK, 9, 13),
            frequency=weekly,
            pattern="same_time",
            seats_min=4,
            seats_max=12,
            roles=one,
            equipment=(EquipmentNeed(equipment="laptop", units=6),) if k == 0 else (),
        )
        for k in range(3)
    ]
    excursion = c.activity(
        "excursion",
        programme="activup",
        kind="excursion",
        duration_slots=24,
        starts=_starts(_WEEK, 9),
        frequency=Frequency(period_weeks=0, min=1, max=2),
        sites=(c.outing,),
        needs_room=False,
        seats_min=5,
        seats_max=25,
        roles=(_role("activup", count=2),),
    )
    volunteering = c.activity(
        "volunteering",
        programme="activup",
        kind="volunteering",
        starts=_starts(_WEEK, 9, 13),
        frequency=weekly,
        sites=(c.outing,),
        needs_room=False,
        seats_min=3,
        seats_max=8,
        roles=one,
    )
    interview = c.activity(
        "act-interview",
        programme="activup",
        kind="interview",
        individual=True,
        duration_slots=4,
        starts=_starts(_WEEK, *_HOURLY),
        roles=one,
    )
    people = [c.person(f"act-p{i}", course_half_days=(2, 5), level=(0, 4)) for i in range(n)]
    intensive = c.activity(
        "intensive",
        programme="activup",
        kind="intensive",
        starts=_starts(_WEEK, 9, 13),
        frequency=Frequency(period_weeks=0, min=0, max=10),
        pattern="consecutive",
        run_length=10,
        block=True,
        members=tuple(p.id for p in people[:12]),
        seats_min=4,
        seats_max=12,
        roles=one,
        earliest_day=2,
    )
    for i, person in enumerate(people):
        c.demand(person, *coaching, period_weeks=2, min=1, target=1, max=2, weight=11)
        c.demand(person, info, period_weeks=1, target=1, max=2, weight=6)
        c.demand(person, *creative, period_weeks=1, target=1, max=1, weight=6)
        c.demand(person, excursion, target=1, max=1, weight=8)
        c.demand(person, interview, period_weeks=3, min=1, target=1, max_per_week=1, max=2)
        if i % 3 == 0:
            c.demand(person, volunteering, period_weeks=2, target=1, max=2, weight=7)
        if i < 12:
            c.demand(person, intensive, min=0, target=10, max=10, weight=4)
    c.orders.append(Order(kind="not_same_day", first=info, second=volunteering))


def _modactions(c: _District, n: int) -> None:
    c.worker("mod1", "mod"), c.worker("mod2", "mod"), c.worker("mod3", "mod")
    c.worker("mod4", "mod", "computing", part=0.6), c.worker("mod5", "art", "mod", part=0.6)
    thrice = Frequency(period_weeks=1, min=3, max=3)
    twice = Frequency(period_weeks=1, min=2, max=2)
    common: dict[str, object] = {"programme": "modactions", "pattern": "same_time", "continuity": True}
    beginners = c.activity(
        "beginners",
        kind="level_group",
        starts=_starts(_WEEK, 9, 13),
        frequency=thrice,
        level_spoken=(0, 1),
        seats_min=4,
        seats_max=15,
        roles=(_role("mod"),),
        **common,
    )
    advanced = c.activity(
        "advanced",
        kind="level_group",
        starts=_starts(_WEEK, 9, 13),
        frequency=thrice,
        level_spoken=(2, 4),
        seats_min=4,
        seats_max=15,
        roles=(_role("mod"),),
        **common,
    )
    computing = c.activity(
        "computing",
        duration_slots=8,
        starts=_starts(_WEEK, 9, 10, 13, 14),
        frequency=twice,
        seats_min=3,
        seats_max=10,
        roles=(_role("computing"),),
        equipment=(EquipmentNeed(equipment="laptop", units=10),),
        **common,
    )
    art = c.activity(
        "art",
        duration_slots=8,
        starts=_starts(_WEEK, 9, 10, 13, 14),
        frequency=twice,
        seats_min=3,
        seats_max=12,
        roles=(_role("art"),),
        **common,
    )
    project = c.activity(
        "project",
        duration_slots=8,
        starts=_starts(_WEEK, 9, 10, 13, 14),
        frequency=twice,
        seats_min=3,
        seats_max=12,
        roles=(_role("mod"),),
        **common,
    )
    information = c.activity(
        "mod-info",
        programme="modactions",
        kind="information",
        duration_slots=8,
        starts=_starts(_WEEK, 9, 14),
        frequency=Frequency(period_weeks=0, min=1, max=2),
        seats_min=2,
        seats_max=20,
        roles=(_role("mod"),),
    )
    outing = c.activity(
        "mod-outing",
        programme="modactions",
        kind="excursion",
        duration_slots=24,
        starts=_starts(_WEEK, 9),
        frequency=Frequency(period_weeks=0, min=1, max=1),
        sites=(c.outing,),
        needs_room=False,
        seats_min=8,
        seats_max=40,
        roles=(_role("mod", count=2),),
    )
    interview = c.activity(
        "mod-interview",
        programme="modactions",
        kind="interview",
        individual=True,
        duration_slots=4,
        starts=_starts(_WEEK, *_HOURLY),
        roles=(_role("mod"),),
    )
    for i in range(n):
        person = c.person(f"mod-p{i}", course_half_days=(2, 5), level=(0, 4))
        choices = (computing, art, project)
        c.prefer(person, preferred_activities=(c.random.choice(choices),))
        own = beginners if person.level_spoken < 2 else advanced
        if i % 4:
            c.demand(person, own, period_weeks=1, min=1, target=3, max=3)
        c.demand(person, *choices, period_weeks=1, target=2, max=2, weight=6)
        if i % 3 == 0:
            c.demand(person, interview, period_weeks=1, min=1, target=1, max=1, gap_days=4)
        if i % 5 == 0:
            c.demand(person, information, min=1, target=1, max=1, weight=12)
        c.demand(person, outing, target=1, max=1, weight=6)


def _moveup(c: _District, n: int) -> None:
    c.worker("move1", "moveup"), c.worker("move2", "moveup"), c.worker("move3", "moveup", part=0.6)
    interview = c.activity(
        "move-interview",
        programme="moveup",
        kind="interview",
        individual=True,
        duration_slots=4,
        starts=_starts(_WEEK, *_HOURLY),
        roles=(_role("moveup"),),
    )
    people = [c.person(f"move-p{i}", course_half_days=(0, 2), level=(0, 3)) for i in range(n)]
    people.sort(key=lambda p: p.level_written)
    half = (n + 1) // 2
    for k, members in enumerate((people[:half], people[half:])):
        themes = [
            c.activity(
                f"move{k}-{theme}",
                programme="moveup",
                starts=_starts(_WEEK, 9, 13),
                frequency=Frequency(period_weeks=1, min=1, max=most),
                members=tuple(p.id for p in members),
                seats_min=3,
                seats_max=15,
                roles=(_role("moveup"),),
            )
            for theme, most in (("citizenship", 2), ("daily", 2), ("health", 2), ("visits", 3))
        ]
        for person in members:
            c.demand(
                person,
                *themes,
                unit="minutes",
                period_weeks=1,
                min=21 * 60,
                target=21 * 60,
                max=24 * 60,
                weight=2,
                legal=True,
            )
            c.demand(person, *themes, unit="days", period_weeks=1, target=5, weight=3)
            c.demand(person, interview, target=1, max=1, weight=8)


_PROGRAMMES: dict[str, Callable[[_District, int], None]] = {
    "amie": _amie,
    "interactief": _interactief,
    "activup": _activup,
    "modactions": _modactions,
    "moveup": _moveup,
}
