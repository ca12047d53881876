"""What the judge finds: breaches of hard rules and points lost to soft terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: Every hard rule, in the order of ``docs/planning-model.md``.
RULES: Final = (
    "horizon",
    "closed_day",
    "start",
    "site",
    "room",
    "room_seats",
    "room_overlap",
    "role",
    "staff_unavailable",
    "staff_overlap",
    "staff_hours",
    "participant_overlap",
    "busy",
    "day_hours",
    "participant_hours",
    "seats",
    "subgroups",
    "level",
    "language_group",
    "reach",
    "cohort",
    "opt_out",
    "children",
    "no_demand",
    "duplicate",
    "mentor",
    "frequency",
    "parallel",
    "spacing",
    "pattern",
    "block",
    "order",
    "together",
    "apart",
    "demand_max",
    "demand_gap",
    "equipment",
    "lock",
    "unknown",
)

#: Rules that no override can set aside: without them a plan has no meaning.
NEVER_OVERRIDDEN: Final = frozenset({"unknown", "lock", "horizon"})

#: Every soft term with the name of its weight, in order of importance.
TERMS: Final = {
    "obligation": "obligation",
    "below_min": "below_min",
    "below_target": "below_target",
    "frequency": "frequency",
    "preferred_activity": "preferred_activity",
    "preferred_site": "preferred_site",
    "level_spread": "level_spread",
    "repeat_meeting": "repeat_meeting",
    "balance": "balance",
    "short_day": "short_day",
    "idle": "idle_slot",
    "days": "day",
    "leader_change": "leader_change",
    "unfair_participant": "unfair_participant",
    "unfair_staff": "unfair_staff",
    "stability": "stability",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One hard rule that a plan breaks, with the sessions that make it so.

    ``message`` is a plain English sentence. ``params`` holds the facts for a sentence in any
    language, all as strings; ``reason``, where present, tells the cases of a rule apart.
    """

    rule: str
    message: str
    sessions: tuple[str, ...] = ()
    participants: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The judgement of one plan.

    ``terms`` holds the points lost per soft term, one key for each of :data:`TERMS`;
    ``objective`` is ``full_value`` minus their sum.
    """

    broken: tuple[Breach, ...]
    overridden: tuple[Breach, ...]
    terms: dict[str, int]
    objective: int
    full_value: int

    @property
    def valid(self) -> bool:
        """Whether no hard rule is broken, overridden ones aside."""
        return not self.broken


def breaches_touching(report: Report, session_id: str) -> tuple[Breach, ...]:
    """Return the breaches, broken ones first, that one session has a part in."""
    return tuple(b for b in report.broken + report.overridden if session_id in b.sessions)
