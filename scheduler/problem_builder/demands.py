"""What each enrolled person needs in the horizon, from the rules of their programmes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from scheduler.models import DemandRule, Enrolment, StaffKind
from scheduler.planner_ids import demand_key, participant_key, staff_key
from scheduler.problem_builder.activities import Anchor, Copy
from scheduler.problem_builder.load import Attended, Facts, by, ids
from scheduler.problem_builder.people import newcomers
from scheduler.problem_builder.settled import OwnMeeting, amount, less_settled
from scheduler.programmes.matching import active_days, applies, projects_of
from solver import problem as planner

DAYS_PER_WEEK = 7

#: Windows of appointments longer than this are each person's own, or all would fall due together.
COMMON_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is wanted in one stretch of days, in the demand's unit."""

    min: int
    target: int
    max: int | None

    def less(self, attended: int) -> Amounts:
        """Return what is left once some of it was attended."""
        most = None if self.max is None else max(0, self.max - attended)
        least, target = max(0, self.min - attended), max(0, self.target - attended)
        return Amounts(least, max(least, target), most).capped(most)

    def capped(self, most: int | None) -> Amounts:
        """Return the amounts with none of those wanted above a limit."""
        if most is None:
            return self
        return Amounts(min(self.min, most), min(self.target, most), self.max)


@dataclass(frozen=True, slots=True)
class Need:
    """One rule for one person: its activities and days, what was attended of it before the horizon
    (day, minutes), what a pair settled by itself in it, the days of the horizon on which it is planned
    already, and whether it is of appointments only."""

    rule: DemandRule
    enrolment: Enrolment
    activities: tuple[str, ...]
    first_day: int
    end_day: int | None
    past: tuple[tuple[int, int], ...]
    settled: tuple[tuple[int, int], ...]
    planned: tuple[int, ...]
    individual: bool

    def attended(self, first_day: int, end_day: int) -> int:
        """Return the amount attended on days ``[first_day, end_day)`` of the rule's unit."""
        return amount(self.past, first_day, end_day, cast(planner.Unit, self.rule.unit))


class DemandBuilder:
    """Turns rules and enrolments into demands.

    A rule that wants nothing (its ``target`` is 0), and one of appointments where the part of its
    window that is left wants none, is not for the planner. It still allows what is placed by hand:
    it counts where a plan is judged, and for somebody who is already in such a session. So it is
    with appointments beyond the target.
    """

    def __init__(self, facts: Facts, copies: list[Copy], *, judging: bool = False) -> None:
        self.facts = facts
        self.judging = judging
        self.grid = facts.grid
        self.anchor = Anchor(facts)
        self.new = newcomers(facts)
        self.mentored = {row.participant_id for row in facts.mentoring}
        self.copies: dict[tuple[int, str], list[Copy]] = defaultdict(list)
        for copy in copies:
            self.copies[copy.row.programme_id, copy.row.key].append(copy)
        self.cohorts_of: dict[int, set[int]] = defaultdict(set)
        for member in facts.members:
            self.cohorts_of[member.participant_id].add(member.cohort_id)
        self.past: dict[int, list[Attended]] = by(facts.attended, "participant_id")
        self.own: dict[int, list[OwnMeeting]] = by(facts.own_meetings, "participant_id")
        self.rules: dict[int, list[DemandRule]] = by(facts.rules, "programme_id")
        self.prior = {
            (row.programme_id, row.participant_id, row.key): row.prior_minutes for row in facts.counters
        }
        self.programmes = {row.id: row for row in facts.programmes}
        self.staff = ids(facts.staff)
        self.planned: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for held in facts.base:
            for seat in held.people:
                self.planned[seat.participant_id].append((held.activity_id, self.grid.day_index(held.day)))
        self._covering: dict[str, tuple[str, ...]] = {}

    def build(self) -> tuple[planner.Demand, ...]:
        """Return every demand of the horizon, in order of enrolment and rule."""
        return tuple(
            demand for enrolment in self.facts.enrolments for demand in self._of_enrolment(enrolment)
        )

    def _of_enrolment(self, enrolment: Enrolment) -> Iterator[planner.Demand]:
        rules = sorted(self.rules.get(enrolment.programme_id, []), key=lambda rule: (rule.position, rule.id))
        projects = projects_of(rules, enrolment.phase.key if enrolment.phase else None)
        for rule in rules:
            person = enrolment.participant_id
            if not applies(
                rule,
                enrolment,
                newcomer=person in self.new,
                mentored=person in self.mentored,
                projects=projects,
            ):
                continue
            need = self._need(rule, enrolment)
            if need is not None:
                yield from self._slices(need)

    def _need(self, rule: DemandRule, enrolment: Enrolment) -> Need | None:
        """Return the rule for one person, or ``None`` if it asks for nothing in the horizon."""
        copies = [
            copy
            for key in rule.activity_keys
            for copy in self.copies.get((rule.programme_id, key), [])
            if copy.cohort is None or copy.cohort.id in self.cohorts_of[enrolment.participant_id]
        ]
        if not copies:
            return None
        rows = {copy.row.id for copy in copies}
        past = tuple(
            (self.grid.day_index(x.day), x.minutes)
            for x in self.past.get(enrolment.participant_id, [])
            if x.activity_id in rows
        )
        settled: list[tuple[int, int]] = []
        if all(copy.row.individual and copy.row.with_mentor for copy in copies):
            own = self.own.get(enrolment.participant_id, [])
            settled = [(self.grid.day_index(x.day), x.minutes) for x in own]
        first, end = active_days(rule, enrolment.starts_on, enrolment.ends_on)
        return Need(
            rule,
            enrolment,
            tuple(dict.fromkeys(copy.key for copy in copies)),
            self.grid.day_index(first),
            None if end is None else self.grid.day_index(end),
            (*past, *(x for x in settled if x[0] < 0)),
            tuple(x for x in settled if x[0] >= 0),
            tuple(day for activity, day in self.planned[enrolment.participant_id] if activity in rows),
            all(copy.row.individual for copy in copies),
        )

    def _slices(self, need: Need) -> Iterator[planner.Demand]:
        """Yield the demands of one need: the rest of a window under way, then whole windows."""
        first = max(0, need.first_day, self._after_gap(need))
        end = min(self.grid.days, need.end_day if need.end_day is not None else self.grid.days)
        remaining = self._remaining_minutes(need)
        if first >= end or (remaining is not None and remaining <= 0):
            return
        if need.rule.period_weeks == 0:
            yield from self._once(need, first, end, remaining)
            return
        period = DAYS_PER_WEEK * need.rule.period_weeks
        own = need.individual and need.rule.period_weeks > COMMON_WEEKS
        begun, turn = self.anchor.window(first, period, need.first_day if own else None)
        if remaining is not None and need.rule.unit == "minutes":
            windows = -(-remaining // max(need.rule.target, need.rule.min, 1))
            end = min(end, first + windows * period)
        if begun < first:
            amounts = self._rest_of_window(need, begun, first, min(turn, end), period)
            yield from self._demand(need, first, min(turn, end), 0, amounts, head=True)
            first = turn
        rest = (end - first) % period
        if self._is_by_hand(need, need.rule.target * rest // period):
            end -= rest
        if first < end:
            amounts = Amounts(need.rule.min, need.rule.target, need.rule.max)
            yield from self._demand(need, first, end, need.rule.period_weeks, amounts)

    def _once(self, need: Need, first: int, end: int, remaining: int | None) -> Iterator[planner.Demand]:
        """Yield what is left of something needed once, over all the time that the rule holds.

        With an end after the horizon, as much is due as the time that has passed by then allows.
        """
        rule, since = need.rule, need.first_day
        least = rule.min
        if rule.until_weeks is not None and need.end_day is not None and need.end_day > end:
            least = rule.min * (end - since) // (need.end_day - since)
        amounts = Amounts(least, rule.target, rule.max).less(need.attended(since, first))
        if remaining is not None and rule.unit == "minutes":
            amounts = amounts.capped(remaining)
        yield from self._demand(need, first, end, 0, amounts)

    def _rest_of_window(self, need: Need, begun: int, first: int, end: int, period: int) -> Amounts:
        """Return what is wanted on ``[first, end)`` of a window that began before.

        Counted from the day on which a plan and the person were first there: the share of the
        window up to ``end``, less what was attended since. An obligation is due in full at the end
        of its window, since nothing says that it was met before.
        """
        rule = need.rule
        planned_since = first if self.anchor.since is None else self.grid.day_index(self.anchor.since)
        since = min(max(begun, need.first_day, planned_since), first)
        days = end - since
        late = since > begun and end == begun + period
        target = -(-rule.target * days // period) if late else rule.target * days // period
        least = -(-rule.min * days // period) if late and rule.legal else rule.min * days // period
        return Amounts(least, max(least, target), rule.max).less(need.attended(since, first))

    def _demand(
        self, need: Need, first: int, end: int, period_weeks: int, amounts: Amounts, *, head: bool = False
    ) -> Iterator[planner.Demand]:
        rule, person = need.rule, need.enrolment.participant
        if period_weeks == 0:
            amounts = amounts.capped(self._most_possible(rule, first, end))
            if amounts.max == 0 and not need.planned:
                return
        if self._is_by_hand(need, amounts.target):
            return
        demand = planner.Demand(
            id=demand_key(rule.id, person.id, head=head),
            participant=participant_key(person.id),
            activities=need.activities,
            unit=cast(planner.Unit, rule.unit),
            period_weeks=period_weeks,
            from_day=first,
            to_day=end,
            min=amounts.min,
            target=max(amounts.min, amounts.target),
            max=self._most_planned(need, amounts),
            max_per_week=rule.max_per_week,
            gap_days=rule.gap_days,
            weight=rule.weight,
            legal=rule.legal,
            staff=self._staff(need),
            label=rule.label,
        )
        rows = rule.id, person.id
        yield from less_settled(demand, rows, need.settled, need.planned, judging=self.judging)

    def _is_by_hand(self, need: Need, target: int) -> bool:
        """Tell whether sessions that a rule allows but does not ask for are left to people.

        Group sessions take people beyond what they need, so that there are enough for others.
        """
        if target or self.judging or need.planned:
            return False
        return not need.rule.target or need.individual

    def _most_planned(self, need: Need, amounts: Amounts) -> int | None:
        """Return the most that is planned: appointments beyond what is wanted are for people to add."""
        if not need.individual or self.judging or need.planned:
            return amounts.max
        wanted = max(amounts.min, amounts.target)
        return wanted if amounts.max is None else min(amounts.max, wanted)

    def _most_possible(self, rule: DemandRule, first: int, end: int) -> int | None:
        """Return the most that a rule's own caps allow on some days, so that none is asked for."""
        limits = []
        if rule.max_per_week is not None:
            weeks = (end - 1) // DAYS_PER_WEEK - first // DAYS_PER_WEEK + 1
            limits.append(rule.max_per_week * weeks)
        if rule.gap_days and rule.unit != "minutes":
            limits.append(1 + (end - first - 1) // rule.gap_days)
        return min(limits, default=None)

    def _after_gap(self, need: Need) -> int:
        """Return the first day far enough from the last time, unless one is already planned before."""
        if not need.rule.gap_days or not need.past:
            return 0
        return min([max(day for day, _ in need.past) + need.rule.gap_days, *need.planned])

    def _remaining_minutes(self, need: Need) -> int | None:
        """Return the minutes still missing of the rule's legal counter, ``None`` without one."""
        rule, person = need.rule, need.enrolment.participant_id
        if rule.counter_key is None:
            return None
        counters = {c["key"]: c for c in self.programmes[rule.programme_id].counters}
        counter = counters.get(rule.counter_key)
        if counter is None:
            return None
        fed = {
            row.id
            for row in self.facts.activities
            if row.programme_id == rule.programme_id and row.key in counter.get("activities", ())
        }
        attended = sum(x.minutes for x in self.past.get(person, []) if x.activity_id in fed)
        outside = self.facts.outside_minutes.get((person, rule.counter_key), 0)
        prior = self.prior.get((rule.programme_id, person, rule.counter_key), 0)
        return int(counter["target_minutes"]) - attended - outside - prior

    def _staff(self, need: Need) -> tuple[str, ...] | None:
        """Return who may lead the appointments, where the rule narrows it."""
        person = need.enrolment.participant
        if need.rule.staff_from == "referent" and person.referent_id in self.staff:
            return (staff_key(person.referent_id),)
        if need.rule.staff_from == "territory" and person.municipality:
            return self._covering_staff(person.municipality)
        return None

    def _covering_staff(self, municipality: str) -> tuple[str, ...]:
        """Return the staff who cover a municipality; those without a territory cover them all."""
        if municipality not in self._covering:
            wanted = municipality.casefold()
            self._covering[municipality] = tuple(
                staff_key(row.id)
                for row in self.facts.staff
                if row.active
                and row.kind == StaffKind.STAFF
                and (not row.municipalities or wanted in {m.casefold() for m in row.municipalities})
            )
        return self._covering[municipality]
