"""What workers asked to plan for somebody who will miss an obligation, as demands of the horizon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from scheduler.hours.obligations import Obligation, ObligationKind
from scheduler.models import Task
from scheduler.planner_ids import participant_key, raised_key
from scheduler.problem_builder.activities import Copy
from scheduler.problem_builder.load import Facts, ids
from solver import problem as planner

DAYS_PER_WEEK = 7

Raised = Sequence[tuple[Task, Obligation]]


@dataclass(frozen=True, slots=True)
class _Share:
    """How much is asked on days ``[first_day, end_day)`` of the horizon, in which windows."""

    unit: planner.Unit
    amount: int
    first_day: int
    end_day: int
    period_weeks: int = 0


class RaisedBuilder:
    """Turns open demands into obligations of their person, beside what rules ask.

    Sessions that a rule asks for count as well: what is asked is how much the horizon has to give in
    all for the obligation to be met in time.

    Parameters
    ----------
    raised : sequence of (Task, Obligation)
        Open demands with what is owed of them ``today``.
    first_day : int
        First day of the horizon on which new sessions may be placed.
    """

    def __init__(
        self, facts: Facts, copies: list[Copy], raised: Raised, today: date, first_day: int, *, judging: bool
    ) -> None:
        self.grid = facts.grid
        self.raised = raised
        self.tomorrow = facts.grid.day_index(today) + 1
        self.first_day = max(first_day, self.tomorrow)
        self.judging = judging
        self.people = ids(facts.participants)
        self.copies: dict[tuple[int, str], list[Copy]] = defaultdict(list)
        for copy in copies:
            self.copies[copy.row.programme_id, copy.row.key].append(copy)
        self.cohorts_of: dict[int, set[int]] = defaultdict(set)
        for member in facts.members:
            self.cohorts_of[member.participant_id].add(member.cohort_id)
        self.coming: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for past in facts.attended:
            day = self.grid.day_index(past.day)
            self.coming[past.participant_id].append((past.activity_id, day, past.minutes))
        for state in facts.base:
            minutes = int((state.ends_at - state.starts_at).total_seconds()) // 60
            for person in state.attendees if state.held else ():
                self.coming[person].append((state.activity_id, self.grid.day_index(state.day), minutes))

    def build(self) -> Iterator[planner.Demand]:
        """Yield the demands of people who are planned for, in order of task."""
        for task, owed in self.raised:
            copies = self._copies(owed)
            if owed.participant_id not in self.people or not copies:
                continue
            rows = {copy.row.id for copy in copies}
            coming = [(day, minutes) for row, day, minutes in self.coming[owed.participant_id] if row in rows]
            known = [minutes for day, minutes in coming if self.tomorrow <= day < self.first_day]
            share = self._share(owed, copies, known)
            if share is None:
                continue
            individual = all(copy.row.individual for copy in copies)
            planned = any(day >= self.first_day for day, _minutes in coming)
            exact = individual and share.unit == "sessions" and not (self.judging or planned)
            yield planner.Demand(
                id=raised_key(task.id, owed.participant_id),
                participant=participant_key(owed.participant_id),
                activities=tuple(dict.fromkeys(copy.key for copy in copies)),
                unit=share.unit,
                period_weeks=share.period_weeks,
                from_day=share.first_day,
                to_day=share.end_day,
                min=share.amount,
                target=share.amount,
                max=share.amount if exact else None,
                legal=True,
                label=owed.name,
            )

    def _copies(self, owed: Obligation) -> list[Copy]:
        """Return the activities that feed an obligation and that the person may attend."""
        found = [
            copy
            for key in owed.activity_keys
            for copy in self.copies.get((owed.programme_id, key), [])
            if copy.row.active
            and (copy.cohort is None or copy.cohort.id in self.cohorts_of[owed.participant_id])
        ]
        own = [copy for copy in found if copy.row.individual]
        return own if own and owed.individual < owed.individual_target else found

    def _share(self, owed: Obligation, copies: list[Copy], known: list[int]) -> _Share | None:
        """Return how much the horizon has to give, ``None`` where nothing is left of it or to ask.

        ``known`` are the minutes of each session already held in the days up to the first free one.
        """
        first, end = self.first_day, self.grid.days
        due = None if owed.due_on is None else self.grid.day_index(owed.due_on) + 1
        if due is not None and first < due < end:
            end = due
        if first >= end:
            return None
        if owed.kind is ObligationKind.WEEKLY:
            monday = -(-first // DAYS_PER_WEEK) * DAYS_PER_WEEK
            return _Share("minutes", owed.target, monday, end, period_weeks=1) if monday < end else None
        if owed.kind is ObligationKind.EVALUATIONS:
            return None if known else _Share("sessions", 1, first, end)
        left = owed.remaining - sum(known)
        if left <= 0:
            return None
        if due is not None and due > end:
            left = -(-left * (end - first) // (due - first))
        return _Share("minutes", min(left, self._most_offered(copies, end - first)), first, end)

    def _most_offered(self, copies: list[Copy], days: int) -> int:
        """Return the most minutes that one person can be offered, so that no more is asked for."""
        weeks = -(-days // DAYS_PER_WEEK)
        return sum(copy.row.duration_minutes * self._most_sessions(copy, weeks) for copy in copies)

    def _most_sessions(self, copy: Copy, weeks: int) -> int:
        row = copy.row
        if row.individual:
            return weeks
        return row.sessions_max * (-(-weeks // row.period_weeks) if row.period_weeks else 1)
