"""The hard rules that concern more than one session, person or amount, one small piece each.

Rules about a single session are kept by :mod:`solver.candidates`, which never offers what
breaks them.
"""

from __future__ import annotations

from collections.abc import Callable

from solver.constraints import (
    block,
    demand,
    equipment,
    frequency,
    hours,
    order,
    pairs,
    participants,
    pattern,
    rooms,
    seats,
    spacing,
    staff,
)
from solver.variables import Variables

CONSTRAINTS: tuple[Callable[[Variables], None], ...] = (
    participants.overlap,
    staff.overlap,
    rooms.overlap,
    rooms.seats,
    seats.seats,
    seats.subgroups,
    hours.staff_hours,
    hours.participant_hours,
    frequency.frequency,
    frequency.parallel,
    spacing.spacing,
    pattern.same_time,
    pattern.alternating,
    pattern.consecutive,
    block.block,
    order.order,
    pairs.together,
    pairs.apart,
    demand.most,
    demand.gap,
    demand.one_a_day,
    equipment.equipment,
)
