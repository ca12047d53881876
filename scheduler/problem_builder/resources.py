"""Sites, rooms, equipment and staff of a problem, and when each is available."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import cast

from scheduler.holidays_calendar import days_of
from scheduler.models import Availability, BusyPeriod, EquipmentPool, Room, StaffMember
from scheduler.models.calendar import ClosureKind
from scheduler.planner_ids import equipment_key, room_key, site_key, staff_key
from scheduler.problem_builder.load import Facts, by
from scheduler.timegrid import SLOT_MINUTES, Interval, TimeGrid, merged, slots_up, without
from solver import problem as planner


def weekly_intervals(rows: Iterable[Availability], grid: TimeGrid, *, outwards: bool) -> list[Interval]:
    """Return the slots that weekly hours cover in the horizon.

    Parameters
    ----------
    outwards : bool
        Whether part of a slot counts as covered: for busy hours, not for hours of presence.
    """
    found = []
    for row in rows:
        first = max(row.valid_from or grid.first_day, grid.first_day)
        last = min(row.valid_until or grid.last_day, grid.last_day)
        day = first + timedelta((row.weekday - first.weekday()) % 7)
        while day <= last:
            start = grid.slot_at(day, row.starts, up=not outwards)
            end = grid.slot_at(day, row.ends, up=outwards)
            if start < end:
                found.append((start, end))
            day += timedelta(days=7)
    return found


def single_intervals(rows: Iterable[BusyPeriod], grid: TimeGrid) -> list[Interval]:
    """Return the slots of the horizon that single absences touch."""
    spans = (grid.covering(row.starts_at, row.ends_at) for row in rows)
    return [span for span in spans if span is not None]


def available_intervals(
    weekly: Sequence[Availability],
    single: Sequence[BusyPeriod],
    grid: TimeGrid,
    closed: Sequence[Interval] = (),
) -> tuple[Interval, ...] | None:
    """Return when somebody or a room can be used, ``None`` for always."""
    if not weekly and not single and not closed:
        return None
    everything = [(0, grid.days * grid.slots_per_day)]
    present = merged(weekly_intervals(weekly, grid, outwards=False) if weekly else everything)
    return without(present, merged([*single_intervals(single, grid), *closed]))


def build_sites(facts: Facts) -> tuple[planner.Site, ...]:
    """Return all sites; those no longer active are listed since older sessions may name them."""
    return tuple(planner.Site(id=site_key(row.id), name=row.name) for row in facts.sites)


def build_travel(facts: Facts) -> tuple[planner.Travel, ...]:
    """Return travel times between sites, rounded up to slots; of two rows for a pair, the longer."""
    slots: dict[tuple[int, int], int] = {}
    for row in facts.travel:
        pair = (min(row.site_a_id, row.site_b_id), max(row.site_a_id, row.site_b_id))
        if pair[0] != pair[1]:
            slots[pair] = max(slots.get(pair, 0), slots_up(row.minutes))
    return tuple(
        planner.Travel(a=site_key(a), b=site_key(b), slots=min(count, facts.grid.slots_per_day))
        for (a, b), count in sorted(slots.items())
    )


def build_rooms(facts: Facts) -> tuple[planner.Room, ...]:
    """Return all rooms; one that is no longer in use is never available."""
    weekly, single = by(facts.weekly, "room_id"), by(facts.single, "room_id")
    active = {row.id for row in facts.sites if row.active}
    return tuple(
        planner.Room(
            id=room_key(row.id),
            site=site_key(row.site_id),
            seats=row.seats,
            name=row.name,
            features=tuple(row.features),
            available=available_intervals(
                weekly.get(row.id, []), single.get(row.id, []), facts.grid, _site_closed(facts, row)
            )
            if row.active and row.site_id in active
            else (),
        )
        for row in facts.rooms
    )


def _site_closed(facts: Facts, room: Room) -> list[Interval]:
    """Return the days on which only the room's site is closed."""
    grid = facts.grid
    rows = [
        row
        for row in facts.closures
        if row.site_id == room.site_id and row.kind != ClosureKind.SCHOOL_HOLIDAY
    ]
    days = days_of(rows, grid.first_day, grid.last_day)
    per_day = grid.slots_per_day
    return [(grid.day_index(d) * per_day, (grid.day_index(d) + 1) * per_day) for d in days]


def build_equipment(facts: Facts) -> tuple[planner.Equipment, ...]:
    """Return the pools, and an empty one for every key that an activity names in vain."""
    known = {row.key for row in facts.pools}
    named = {need["equipment"] for row in facts.activities for need in row.equipment}
    pools = [
        planner.Equipment(id=equipment_key(row.id), units=row.units, name=row.name) for row in facts.pools
    ]
    return (
        *pools,
        *(planner.Equipment(id=missing, units=0, name=missing) for missing in sorted(named - known)),
    )


def equipment_ids(pools: Iterable[EquipmentPool]) -> dict[str, str]:
    """Return the planner's ids of pools by their keys."""
    return {row.key: equipment_key(row.id) for row in pools}


def build_staff(facts: Facts) -> tuple[planner.Staff, ...]:
    """Return all staff; somebody who left is never available."""
    weekly, single = by(facts.weekly, "staff_id"), by(facts.single, "staff_id")
    return tuple(
        _staff(row, weekly.get(row.id, []), single.get(row.id, []), facts.grid) for row in facts.staff
    )


def _staff(
    row: StaffMember, weekly: Sequence[Availability], single: Sequence[BusyPeriod], grid: TimeGrid
) -> planner.Staff:
    return planner.Staff(
        id=staff_key(row.id),
        kind=cast(planner.StaffKind, str(row.kind)),
        skills=tuple(row.skills),
        languages=tuple(row.languages),
        available=available_intervals(weekly, single, grid) if row.active else (),
        max_slots_day=None if row.max_minutes_day is None else row.max_minutes_day // SLOT_MINUTES,
        max_slots_week=(
            None if row.contract_minutes_week is None else row.contract_minutes_week // SLOT_MINUTES
        ),
        break_slots=slots_up(row.break_minutes),
    )
