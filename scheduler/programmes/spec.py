"""A programme as plain data, whether it came from a file or from tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from solver.problem import LEVELS

ALL_LEVELS = (0, len(LEVELS) - 1)


@dataclass(frozen=True)
class Text:
    """A French text and its translations by language code."""

    fr: str = ""
    translations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PhaseSpec:
    """A stretch of the path; see ``scheduler.models.Phase``."""

    key: str
    name: Text
    weeks: int | None = None
    before_enrolment: bool = False


@dataclass(frozen=True, kw_only=True)
class CounterSpec:
    """A legal counter; ``target`` in minutes."""

    key: str
    name: Text
    target: int
    activities: tuple[str, ...] = ()
    outside: bool = False


@dataclass(frozen=True, kw_only=True)
class PoolSpec:
    """A pool of equipment the programme counts on, made at installation if the centre has none."""

    key: str
    units: int


@dataclass(frozen=True, kw_only=True)
class TimesSpec:
    """Allowed starts on some weekdays: listed (``at``), or every ``step`` minutes in a range."""

    days: tuple[int, ...]
    at: tuple[str, ...] = ()
    from_: str | None = None
    until: str | None = None
    step: int = 60


@dataclass(frozen=True, kw_only=True)
class FrequencySpec:
    """``min`` to ``max`` sessions every so many weeks (0: the horizon)."""

    every: int = 1
    min: int = 0
    max: int = 1


@dataclass(frozen=True, kw_only=True)
class RangeSpec:
    """A least and a greatest number of people."""

    min: int = 0
    max: int = 15


@dataclass(frozen=True, kw_only=True)
class LevelsSpec:
    """Bands of levels, as indices into ``solver.problem.LEVELS``, ends included."""

    spoken: tuple[int, int] = ALL_LEVELS
    written: tuple[int, int] = ALL_LEVELS


@dataclass(frozen=True, kw_only=True)
class RoleSpec:
    """``solver.problem.Role``."""

    key: str
    count: int = 1
    who: tuple[str, ...] = ("staff",)
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    language: str = "any"
    only_if_needed: bool = False


@dataclass(frozen=True, kw_only=True)
class EquipmentSpec:
    """Units of a pool that one session occupies."""

    equipment: str
    units: int = 1


@dataclass(frozen=True, kw_only=True)
class ActivitySpec:
    """Something sessions are held of; see ``scheduler.models.Activity``.

    ``places`` are keys of ``vocabulary.PLACES``, ``sites`` names of sites of the centre.
    """

    key: str
    name: Text
    neutral_name: Text = Text()
    description: Text = Text()
    outline: tuple[Text, ...] = ()
    kind: str
    pictogram: str = ""
    duration: int
    pause: int = 0
    times: tuple[TimesSpec, ...]
    frequency: FrequencySpec = FrequencySpec()
    pattern: str = "free"
    run_length: int = 0
    min_days_between: int = 0
    max_parallel: int = 1
    lead: int = 0
    seats: RangeSpec = RangeSpec()
    individual: bool = False
    drop_in: bool = False
    block: bool = False
    per_cohort: bool = False
    places: tuple[str, ...] = ("inside",)
    sites: tuple[str, ...] = ()
    needs_room: bool = True
    room_features: tuple[str, ...] = ()
    roles: tuple[RoleSpec, ...] = ()
    equipment: tuple[EquipmentSpec, ...] = ()
    level: LevelsSpec = LevelsSpec()
    language_groups: bool = False
    subgroups: RangeSpec | None = None
    themes: tuple[str, ...] = ()
    sensitive: bool = False
    children_welcome: bool = False
    with_mentor: bool = False
    mix: bool = False
    balance: bool = False
    continuity: bool = False
    file: str = "always"
    funder: str = ""
    active: bool = True

    @property
    def starts(self) -> set[tuple[int, str]]:
        """Every allowed start, as (weekday, time of day)."""
        return {(day, start) for times in self.times for day in times.days for start in times.at}


@dataclass(frozen=True, kw_only=True)
class OrderSpec:
    """``solver.problem.Order`` between two activities of the programme."""

    first: str
    kind: str
    second: str


@dataclass(frozen=True, kw_only=True)
class ConditionsSpec:
    """Whom a demand concerns; ``None`` asks nothing. See ``scheduler.programmes.matching``."""

    level_spoken: tuple[int, int] | None = None
    level_written: tuple[int, int] | None = None
    newcomer: bool | None = None
    brings_children: bool | None = None
    languages: tuple[str, ...] | None = None
    projects: tuple[str, ...] | None = None
    without_project: bool | None = None
    interested: bool | None = None
    mentored: bool | None = None


@dataclass(frozen=True, kw_only=True)
class DemandSpec:
    """What everybody whom it concerns needs; see ``scheduler.models.DemandRule``.

    Amounts are in the unit; ``target`` is filled in by the reader when the file leaves it out.
    """

    key: str
    label: Text = Text()
    phases: tuple[str, ...] = ()
    activities: tuple[str, ...]
    when: ConditionsSpec = ConditionsSpec()
    counter: str | None = None
    staff_from: str = ""
    unit: str = "sessions"
    every: int = 1
    min: int = 0
    target: int | None = None
    max: int | None = None
    max_per_week: int | None = None
    gap_days: int = 0
    after_weeks: int | None = None
    until_weeks: int | None = None
    weight: int = 10
    legal: bool = False

    @property
    def wanted(self) -> int:
        """The target; without one, the minimum, or one session when there is none."""
        return self.target if self.target is not None else max(self.min, 1)


@dataclass(frozen=True, kw_only=True)
class RuleSpec:
    """A statement that guides people; ``params`` are those of its kind."""

    key: str
    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    text: Text
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class ProgrammeSpec:
    """A whole programme."""

    key: str
    name: Text
    neutral_name: Text = Text()
    summary: Text = Text()
    source: str = ""
    phases: tuple[PhaseSpec, ...] = ()
    counters: tuple[CounterSpec, ...] = ()
    equipment: tuple[PoolSpec, ...] = ()
    activities: tuple[ActivitySpec, ...]
    orders: tuple[OrderSpec, ...] = ()
    demands: tuple[DemandSpec, ...] = ()
    rules: tuple[RuleSpec, ...] = ()

    def activity(self, key: str) -> ActivitySpec:
        """Give an activity by its key."""
        return next(activity for activity in self.activities if activity.key == key)

    def demand(self, key: str) -> DemandSpec:
        """Give a demand by its key."""
        return next(demand for demand in self.demands if demand.key == key)

    def phase(self, key: str) -> PhaseSpec:
        """Give a phase by its key."""
        return next(phase for phase in self.phases if phase.key == key)

    def rule(self, key: str) -> RuleSpec:
        """Give a rule by its key."""
        return next(rule for rule in self.rules if rule.key == key)

    def rules_of(self, kind: str) -> list[RuleSpec]:
        """Give the rules of a kind."""
        return [rule for rule in self.rules if rule.kind == kind]

    def counter(self, key: str) -> CounterSpec:
        """Give a counter by its key."""
        return next(counter for counter in self.counters if counter.key == key)
