"""The planning problem as plain data.

Time is an integer grid of local wall time. A *slot* is ``day * slots_per_day + slot_of_day``,
where day 0 is ``start_date`` (a Monday) and a slot lasts ``slot_minutes``. Intervals are
half-open pairs ``[start, end)`` of slots. ``docs/planning-model.md`` gives every rule and
term with its formula; ``docs/schema/problem-1.json`` is the JSON form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

FORMAT_VERSION = 1

#: Language levels of the CEFR; ``level_spoken`` and ``level_written`` are indices into it.
LEVELS = ("A0", "A1", "A2", "B1", "B2", "C1", "C2")

DAYS_PER_WEEK = 7

Interval = tuple[int, int]
StaffKind = Literal["staff", "volunteer", "interpreter", "host"]
ActivityKind = Literal[
    "workshop",
    "level_group",
    "information",
    "coaching",
    "excursion",
    "volunteering",
    "intensive",
    "interview",
    "gathering",
    "open_desk",
    "professional",
]
Pattern = Literal["free", "same_time", "alternating", "consecutive"]
Unit = Literal["sessions", "minutes", "days"]
OrderKind = Literal["before", "same_week", "not_same_day"]
PairKind = Literal["together", "apart"]
RoleLanguage = Literal["any", "group", "participant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place where sessions are held; off-site places (a home, a museum) are sites too."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Travel:
    """Travel time between two sites, in slots, the same in both directions."""

    a: str
    b: str
    slots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room: one session at a time, never more attendees than ``seats``.

    ``available`` are intervals of slots; ``None`` means always.
    """

    id: str
    site: str
    seats: int
    name: str = ""
    features: tuple[str, ...] = ()
    available: tuple[Interval, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """A pool of interchangeable units (laptops, minibuses) shared by the whole centre."""

    id: str
    units: int
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Someone who can fill a role in a session.

    ``available`` are intervals of slots a session must lie inside (one interval of it, whole);
    ``None`` means always. ``break_slots`` is the least pause between two of their sessions.
    """

    id: str
    name: str = ""
    kind: StaffKind = "staff"
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    available: tuple[Interval, ...] | None = None
    max_slots_day: int | None = None
    max_slots_week: int | None = None
    break_slots: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A person to plan for. No field says why they come.

    ``busy`` are intervals of slots (courses, child care, other appointments, travel to them
    included). ``day_hours`` holds seven pairs ``[earliest, latest]`` of slots of the day, Monday
    first. ``sites`` are those that can be reached (``None``: all). ``opt_outs`` name activities
    or themes never to be planned. ``brings_children``: can only attend where children are
    welcome. ``completed`` are activities already attended before the horizon.
    ``referents`` are the staff to be preferred in this person's appointments.
    """

    id: str
    name: str = ""
    busy: tuple[Interval, ...] = ()
    day_hours: tuple[Interval, ...] | None = None
    sites: tuple[str, ...] | None = None
    level_spoken: int = 0
    level_written: int = 0
    languages: tuple[str, ...] = ()
    newcomer: bool = False
    opt_outs: tuple[str, ...] = ()
    brings_children: bool = False
    needs_interpreter: bool = False
    max_slots_day: int | None = None
    max_days_week: int | None = None
    break_slots: int = 0
    preferred_activities: tuple[str, ...] = ()
    preferred_sites: tuple[str, ...] = ()
    referents: tuple[str, ...] = ()
    mentor: str | None = None
    project: str | None = None
    completed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRule:
    """Two participants who must attend the same sessions of what both need, or never the same."""

    kind: PairKind
    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """How often two participants have been in the same mixing session before the horizon."""

    a: str
    b: str
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """People a session needs: ``count`` staff who each have every skill of ``skills``.

    ``languages``: each must speak at least one of these (empty: no demand). ``language``:
    ``"group"``, each must speak the session's language; ``"participant"``, each must speak a
    language of the (only) attendee. ``only_if_needed``: the role is filled exactly when the
    attendee of an individual activity has ``needs_interpreter``. ``staff`` restricts to these ids.
    """

    id: str
    count: int = 1
    kinds: tuple[StaffKind, ...] = ("staff",)
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    language: RoleLanguage = "any"
    only_if_needed: bool = False
    staff: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentNeed:
    """Units of a pool that one session occupies."""

    equipment: str
    units: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """How many sessions are held in every window of ``period_weeks`` weeks (0: the horizon).

    ``min`` missed is the named soft term ``frequency``; ``max`` is hard. The last window may be
    shorter: its ``min`` is ``floor(min * weeks_left / period_weeks)``.
    """

    period_weeks: int = 1
    min: int = 0
    max: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something sessions are held of.

    ``starts`` lists every allowed start as ``[weekday, slot_of_day]`` (0 is Monday);
    ``closed_starts`` are slots at which none is allowed all the same: one was cancelled there.
    ``individual``: every session has exactly one attendee and frequency does not apply.
    ``drop_in``: sessions are held without a list of attendees. ``members``: a closed cohort,
    nobody else may attend. ``block``: a participant attends every session or none.
    ``rooms``: ``None`` means any room at ``sites`` with the features; ``needs_room`` false means
    the session takes place at the site without occupying a room.
    """

    id: str
    name: str = ""
    programme: str = ""
    kind: ActivityKind = "workshop"
    duration_slots: int = 12
    starts: tuple[tuple[int, int], ...] = ()
    closed_starts: tuple[int, ...] = ()
    frequency: Frequency = field(default_factory=Frequency)
    pattern: Pattern = "free"
    run_length: int = 0
    previous_weekday: int | None = None
    min_days_between: int = 0
    max_parallel: int = 1
    earliest_day: int = 0
    latest_day: int | None = None
    seats_min: int = 0
    seats_max: int = 15
    individual: bool = False
    drop_in: bool = False
    block: bool = False
    members: tuple[str, ...] | None = None
    sites: tuple[str, ...] = ()
    needs_room: bool = True
    room_features: tuple[str, ...] = ()
    rooms: tuple[str, ...] | None = None
    roles: tuple[Role, ...] = ()
    equipment: tuple[EquipmentNeed, ...] = ()
    level_spoken: tuple[int, int] = (0, len(LEVELS) - 1)
    level_written: tuple[int, int] = (0, len(LEVELS) - 1)
    language_groups: bool = False
    subgroups: tuple[int, int] | None = None
    themes: tuple[str, ...] = ()
    sensitive: bool = False
    children_welcome: bool = False
    with_mentor: bool = False
    mix: bool = False
    balance: bool = False
    continuity: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A rule between two activities, for every participant who attends both.

    ``before``: no session of ``second`` starts before every attended session of ``first`` has
    ended, and ``second`` needs at least one attended session of ``first`` or ``first`` in
    ``completed``. ``same_week``: ``second`` is attended only in weeks in which ``first`` is.
    ``not_same_day``: never both on one day.
    """

    kind: OrderKind
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one participant needs of one activity, or of any of a set of them.

    The days ``[from_day, to_day)`` are cut into windows of ``period_weeks`` weeks (0: one window).
    In each, the amount attended should reach ``min`` and then ``target`` and never passes
    ``max``. A window of ``d`` days shorter than its period of ``7 * period_weeks`` has
    ``floor(min * d / period)`` and ``floor(target * d / period)``. ``unit``: ``sessions`` counts
    sessions, ``minutes`` counts attended minutes, ``days`` counts days with at least one session.
    ``gap_days``: two of these sessions are at least that many days apart (1: not on one day).
    ``staff``: for individual activities, only these may fill the first role.
    """

    id: str
    participant: str
    activities: tuple[str, ...]
    unit: Unit = "sessions"
    period_weeks: int = 0
    from_day: int = 0
    to_day: int | None = None
    min: int = 0
    target: int = 1
    max: int | None = None
    max_per_week: int | None = None
    gap_days: int = 0
    weight: int = 10
    legal: bool = False
    staff: tuple[str, ...] | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """One person in one role of a session."""

    role: str
    staff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One participant in a session, with the number of the subgroup if there are any."""

    participant: str
    subgroup: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSession:
    """A session with its time, place, people and language."""

    id: str
    activity: str
    start: int
    site: str
    room: str | None = None
    language: str | None = None
    leaders: tuple[Leader, ...] = ()
    attendees: tuple[Seat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedSession:
    """A session that must be in every solution as it stands: locked by hand, past or announced.

    Time, place, language and leaders are kept. Of its attendees those in ``locked`` must stay and
    those in ``excluded`` must not come; ``closed`` keeps the list of attendees exactly.
    ``overrides`` are the names of hard rules that a person has knowingly broken here.
    """

    session: PlannedSession
    locked: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    closed: bool = False
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Points per unit of each term; see ``docs/planning-model.md`` for the units.

    The defaults keep the order of importance of the terms.
    """

    obligation: int = 10
    below_min: int = 5
    below_target: int = 2
    frequency: int = 240
    preferred_activity: int = 30
    preferred_site: int = 20
    level_spread: int = 20
    repeat_meeting: int = 15
    balance: int = 12
    short_day: int = 10
    idle_slot: int = 1
    day: int = 4
    leader_change: int = 8
    unfair_participant: int = 6
    unfair_staff: int = 1
    stability: int = 5


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Everything the planner needs to know about one centre and one horizon."""

    version: int = FORMAT_VERSION
    name: str = ""
    start_date: str
    days: int
    slot_minutes: int = 15
    closed_days: tuple[int, ...] = ()
    sites: tuple[Site, ...] = ()
    travel: tuple[Travel, ...] = ()
    rooms: tuple[Room, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    staff: tuple[Staff, ...] = ()
    participants: tuple[Participant, ...] = ()
    pair_rules: tuple[PairRule, ...] = ()
    met: tuple[Met, ...] = ()
    activities: tuple[Activity, ...] = ()
    orders: tuple[Order, ...] = ()
    demands: tuple[Demand, ...] = ()
    fixed: tuple[FixedSession, ...] = ()
    previous: tuple[PlannedSession, ...] | None = None
    weights: Weights = field(default_factory=Weights)

    @cached_property
    def slots_per_day(self) -> int:
        """Number of slots in a day of wall time."""
        return 24 * 60 // self.slot_minutes

    @cached_property
    def activity_by_id(self) -> dict[str, Activity]:
        """Activities by id."""
        return {a.id: a for a in self.activities}

    @cached_property
    def participant_by_id(self) -> dict[str, Participant]:
        """Participants by id."""
        return {p.id: p for p in self.participants}

    @cached_property
    def staff_by_id(self) -> dict[str, Staff]:
        """Staff by id."""
        return {s.id: s for s in self.staff}

    @cached_property
    def room_by_id(self) -> dict[str, Room]:
        """Rooms by id."""
        return {r.id: r for r in self.rooms}

    @cached_property
    def travel_slots(self) -> dict[tuple[str, str], int]:
        """Travel time in slots by ordered pair of sites; pairs not given take none."""
        table = {(t.a, t.b): t.slots for t in self.travel}
        return table | {(b, a): slots for (a, b), slots in table.items()}

    def windows(self, demand: Demand) -> list[DemandWindow]:
        """Cut a demand into the windows in which it is counted.

        Returns
        -------
        list of DemandWindow
            In order of time; amounts are in the demand's unit.
        """
        first, last = demand.from_day, min(demand.to_day or self.days, self.days)
        period = DAYS_PER_WEEK * demand.period_weeks or max(last - first, 1)
        return [
            DemandWindow(
                first_day=day,
                end_day=min(day + period, last),
                min=demand.min * min(period, last - day) // period,
                target=demand.target * min(period, last - day) // period,
                max=demand.max,
            )
            for day in range(first, last, period)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandWindow:
    """One window of a demand: days ``[first_day, end_day)`` and the amounts wanted in it."""

    first_day: int
    end_day: int
    min: int
    target: int
    max: int | None
