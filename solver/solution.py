"""A plan, what it is worth, and what it leaves unmet, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from solver.problem import FORMAT_VERSION, PlannedSession

Status = Literal["optimal", "feasible", "infeasible", "unknown", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """One thing that stands between a person and what they need.

    ``code`` names the rule or shortage, ``params`` the facts for a sentence in any language
    (ids, slots, counts as strings), ``count`` how many possible places it closes.
    """

    code: str
    count: int
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """One change that would place the person, with the facts for a sentence."""

    code: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmetDemand:
    """A window of a demand that is not fully met: how much, why, and what would help.

    ``got`` and the amounts wanted are in the demand's unit.
    """

    demand: str
    participant: str
    first_day: int
    end_day: int
    got: int
    min: int
    target: int
    reasons: tuple[Blocker, ...] = ()
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Locked sessions that cannot stand together: the hard rule, and which ids it concerns."""

    rule: str
    message: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """The result of a solve.

    ``objective``, ``bound`` and ``full_value`` are points (see ``docs/planning-model.md``);
    ``gap = (bound - objective) / full_value``. ``bound`` is ``None`` when none is known.
    ``terms`` holds the points lost to each soft term. ``conflicts`` is filled when
    ``status`` is ``infeasible``.
    """

    version: int = FORMAT_VERSION
    status: Status
    sessions: tuple[PlannedSession, ...] = ()
    objective: int = 0
    bound: int | None = None
    full_value: int = 0
    gap: float | None = None
    wall_time_s: float = 0.0
    seed: int = 0
    terms: dict[str, int] = field(default_factory=dict)
    unmet: tuple[UnmetDemand, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
