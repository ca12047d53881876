"""Activities of a problem: one per row, or one copy for every running cohort."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, cast

from scheduler.models import Activity, Cohort
from scheduler.planner_ids import (
    activity_key,
    equipment_key,
    participant_key,
    site_key,
    staff_key,
)
from scheduler.problem_builder.load import Facts, by, ids
from scheduler.programmes.places import sites_of
from scheduler.timegrid import TimeGrid, slots_up
from solver import problem as planner

DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True)
class Copy:
    """An activity row as one activity of the problem, for a cohort or for everybody."""

    row: Activity
    cohort: Cohort | None

    @property
    def key(self) -> str:
        """The planner's id."""
        return activity_key(self.row.id, self.cohort.id if self.cohort else None)


class Anchor:
    """Where windows longer than a week begin: counted from the centre's first publication.

    A rule such as *once a fortnight* must mean the same fortnights every time the plan is made
    again, so that somebody who came in the first week is not asked for the second. Before
    anything was published, windows begin with the horizon.
    """

    def __init__(self, facts: Facts) -> None:
        grid = facts.grid
        first = facts.held[0].first_day if facts.held else grid.first_day
        self.since = first if facts.held else None
        monday = first - timedelta(first.weekday())
        self.offset = (grid.first_day - monday).days

    def window(self, day: int, period_days: int, since: int | None = None) -> tuple[int, int]:
        """Return the window ``[first, end)`` that a day is in, as days of the horizon.

        With ``since``, windows are counted from the week of that day instead.
        """
        offset = self.offset if since is None else -(since // DAYS_PER_WEEK * DAYS_PER_WEEK)
        first = (day + offset) // period_days * period_days - offset
        return first, first + period_days


def list_copies(facts: Facts) -> list[Copy]:
    """Return the activities of the problem.

    ``per_cohort`` activities have a copy for each cohort that runs during the horizon; a copy or
    an activity that a stored session refers to is kept in any case.
    """
    first, last = facts.grid.first_day, facts.grid.last_day
    by_programme = by(facts.cohorts, "programme_id")
    cohorts = {row.id: row for row in facts.cohorts}
    referred: dict[int, set[int | None]] = defaultdict(set)
    for held in (*facts.base, *facts.announced):
        referred[held.activity_id].add(held.cohort_id if held.cohort_id in cohorts else None)
    active = ids(facts.programmes)
    copies = []
    for row in facts.activities:
        wanted: set[int | None] = set(referred[row.id]) if row.per_cohort else set()
        if not row.per_cohort:
            wanted.add(None)
        elif row.active and row.programme_id in active:
            wanted |= {
                c.id
                for c in by_programme.get(row.programme_id, [])
                if (c.starts_on is None or c.starts_on <= last) and (c.ends_on is None or c.ends_on >= first)
            }
        copies += [
            Copy(row, cohorts[x] if x is not None else None) for x in sorted(wanted, key=lambda x: x or 0)
        ]
    return copies


class ActivityBuilder:
    """Turns rows into activities.

    Parameters
    ----------
    facts : Facts
    today : date
        Local date, from which approval lead times count.
    first_free_day : int
        First day of the horizon on which new sessions may be placed.
    running : set of str
        Activities with a run of consecutive days under way: no other run is begun.
    judging : bool
        Whether the problem is to judge what a person does, who may hold again what was cancelled.
    """

    def __init__(
        self, facts: Facts, today: date, first_free_day: int, running: set[str], *, judging: bool = False
    ) -> None:
        self.facts = facts
        self.grid: TimeGrid = facts.grid
        self.today = today
        self.first_free_day = first_free_day
        self.running = running
        self.anchor = Anchor(facts)
        self.programmes = {row.id: row for row in facts.programmes}
        self.pools = {row.key: equipment_key(row.id) for row in facts.pools}
        self.staff = ids(facts.staff)
        self.people = ids(facts.participants)
        self.members: dict[int, list[Any]] = by(facts.members, "cohort_id")
        self.days_held: dict[str, set[tuple[date, str]]] = defaultdict(set)
        for past in facts.attended:
            self.days_held[activity_key(past.activity_id, past.cohort_id)].add((past.day, past.uid))
        self.base_days: dict[str, list[date]] = defaultdict(list)
        for state in facts.base:
            self.base_days[activity_key(state.activity_id, state.cohort_id)].append(state.day)
        self.closed_starts = {} if judging else cancelled_starts(facts)

    def build(self, copy: Copy) -> planner.Activity:
        """Return one activity of the problem."""
        row = copy.row
        earliest, latest = self._days(copy)
        possible = row.active and row.programme_id in self.programmes and earliest <= latest
        last_start = self.grid.slots_per_day - slots_up(row.duration_minutes)
        seats = row.seats_max
        if copy.cohort is not None and copy.cohort.seats_max is not None:
            seats = min(seats, copy.cohort.seats_max)
        programme = self.programmes.get(row.programme_id)
        group = not row.individual
        return planner.Activity(
            id=copy.key,
            name=f"{row.name} ({copy.cohort.name})" if copy.cohort else row.name,
            programme=programme.key if programme else "",
            kind=cast(planner.ActivityKind, row.kind),
            duration_slots=slots_up(row.duration_minutes),
            starts=tuple(sorted({s for s in self._starts(row) if s[1] <= last_start})) if possible else (),
            closed_starts=self.closed_starts.get(copy.key, ()) if group else (),
            frequency=planner.Frequency(
                period_weeks=row.period_weeks, min=row.sessions_min, max=row.sessions_max
            ),
            pattern=cast(planner.Pattern, row.pattern) if group else "free",
            run_length=row.run_length,
            previous_weekday=self._previous_weekday(copy.key) if row.pattern == "alternating" else None,
            min_days_between=row.min_days_between,
            max_parallel=max(row.max_parallel, 1),
            earliest_day=earliest,
            latest_day=max(earliest, latest),
            seats_min=min(row.seats_min, seats),
            seats_max=seats,
            individual=row.individual,
            drop_in=row.drop_in,
            block=row.block,
            members=None if copy.cohort is None else self._members(copy.cohort),
            sites=tuple(site_key(site.id) for site in sites_of(row.site_names, self.facts.sites)),
            needs_room=row.needs_room,
            room_features=tuple(row.room_features),
            roles=tuple(self._role(role) for role in row.roles),
            equipment=tuple(
                planner.EquipmentNeed(
                    equipment=self.pools.get(need["equipment"], need["equipment"]),
                    units=need.get("units", 1),
                )
                for need in row.equipment
            ),
            level_spoken=(row.level_spoken_min, row.level_spoken_max),
            level_written=(row.level_written_min, row.level_written_max),
            language_groups=row.language_groups,
            subgroups=(
                (row.subgroup_min, row.subgroup_max)
                if row.subgroup_min is not None and row.subgroup_max is not None
                else None
            ),
            themes=tuple(row.themes),
            sensitive=row.sensitive,
            children_welcome=row.children_welcome,
            with_mentor=row.with_mentor,
            mix=row.mix,
            balance=row.balance,
            continuity=row.continuity,
        )

    def _starts(self, row: Activity) -> Iterator[tuple[int, int]]:
        for block in row.times:
            for moment in block["starts"]:
                slot = self.grid.slot_at(self.grid.first_day, time.fromisoformat(moment))
                yield from ((weekday, slot) for weekday in block["weekdays"])

    def _days(self, copy: Copy) -> tuple[int, int]:
        """Return the first and the last day on which new sessions may be placed."""
        grid, row = self.grid, copy.row
        earliest = max(0, self.first_free_day)
        if row.lead_days:
            earliest = max(earliest, grid.day_index(self.today) + row.lead_days)
        latest = grid.days - 1
        if copy.cohort is not None:
            if copy.cohort.starts_on is not None:
                earliest = max(earliest, grid.day_index(copy.cohort.starts_on))
            if copy.cohort.ends_on is not None:
                latest = min(latest, grid.day_index(copy.cohort.ends_on))
        if copy.key in self.running:
            earliest = grid.days
        return max(earliest, self._first_day_by_frequency(copy)), latest

    def _first_day_by_frequency(self, copy: Copy) -> int:
        """Return the day before which the window that is under way is already full."""
        row, days = copy.row, DAYS_PER_WEEK * copy.row.period_weeks
        if row.individual or row.period_weeks < 2:
            return 0
        first, end = self.anchor.window(0, days)
        held = sum(1 for day, _ in self.days_held[copy.key] if self.grid.day_index(day) >= first)
        if held < row.sessions_max:
            return 0
        known = [self.grid.day_index(day) for day in self.base_days[copy.key]]
        return min([end, *known])

    def _previous_weekday(self, key: str) -> int | None:
        """Return the weekday of the activity's last session in the week before the horizon."""
        week = [day for day, _ in self.days_held[key] if self.grid.day_index(day) >= -DAYS_PER_WEEK]
        return max(week).weekday() if week else None

    def _members(self, cohort: Cohort) -> tuple[str, ...]:
        rows = self.members.get(cohort.id, [])
        return tuple(participant_key(m.participant_id) for m in rows if m.participant_id in self.people)

    def _role(self, role: dict[str, Any]) -> planner.Role:
        fields = dict(role)
        for name in ("kinds", "skills", "languages"):
            if name in fields:
                fields[name] = tuple(fields[name])
        if fields.get("staff") is not None:
            fields["staff"] = tuple(staff_key(x) for x in fields["staff"] if x in self.staff)
        return planner.Role(**fields)


def cancelled_starts(facts: Facts) -> dict[str, tuple[int, ...]]:
    """Return the slots at which a person cancelled a session of an activity and put none instead.

    The planner would only hold it again; an appointment may be taken by somebody else.
    """
    held = {(state.activity_id, state.cohort_id, state.starts_at) for state in facts.base if state.held}
    found: dict[str, set[int]] = defaultdict(set)
    for state in facts.base:
        again = (state.activity_id, state.cohort_id, state.starts_at) in held
        if not state.held and not state.withdrawn and not again:
            found[activity_key(state.activity_id, state.cohort_id)].add(facts.grid.slot_of(state.starts_at))
    return {key: tuple(sorted(slots)) for key, slots in found.items()}


def build_orders(facts: Facts, copies: list[Copy]) -> tuple[planner.Order, ...]:
    """Return the orders between activities, for the copies of a cohort among themselves.

    Where the first activity has a copy for each of several cohorts and the second none, only
    ``not_same_day`` can be said of every copy: the others would ask a person for all of them.
    """
    keys: dict[tuple[int, str], list[Copy]] = defaultdict(list)
    for copy in copies:
        keys[copy.row.programme_id, copy.row.key].append(copy)
    found: dict[planner.Order, None] = {}
    for row in facts.orders:
        firsts = keys.get((row.programme_id, row.first_key), [])
        for first in firsts:
            for second in keys.get((row.programme_id, row.second_key), []):
                if first.key == second.key:
                    continue
                same = first.cohort is None or first.cohort is second.cohort
                every = second.cohort is None and (row.kind == "not_same_day" or len(firsts) == 1)
                if same or every:
                    kind = cast(planner.OrderKind, row.kind)
                    found[planner.Order(kind=kind, first=first.key, second=second.key)] = None
    return tuple(found)
