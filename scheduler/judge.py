"""A version of the plan judged against the data as they are now, by the rules of the judge."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from scheduler.models import Centre, Plan
from scheduler.planner_ids import activity_key
from scheduler.problem_builder import BuiltProblem, build_problem
from scheduler.session_state import SessionState, to_planned
from solver.explain import explain_unmet
from solver.problem import FixedSession, PlannedSession, Problem
from solver.verify import NEVER_OVERRIDDEN, Breach, Report, verify


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge found of some sessions, and what they leave unmet."""

    report: Report
    problem: Problem
    sessions: tuple[PlannedSession, ...]

    def unmet(self) -> list[dict[str, Any]]:
        """Return the unmet demands with their reasons, as a plan keeps them."""
        return [asdict(row) for row in explain_unmet(self.problem, self.sessions)]


class Judge:
    """Judges sessions of one horizon of a centre, as often as asked, from one reading of the data.

    Parameters
    ----------
    plan : Plan
        Whose horizon it is; its stored sessions play no part.
    also : collection of int
        Ids of participants who may be named though no programme plans for them.
    """

    def __init__(
        self, session: Session, centre: Centre, plan: Plan, now: datetime, also: Collection[int] = ()
    ) -> None:
        weeks = -(-((plan.last_day - plan.first_day).days + 1) // 7)
        self.built: BuiltProblem = build_problem(
            session, centre, plan.first_day, weeks, now, base_plan=plan, judging=True, also=also
        )

    def judge(self, states: Iterable[SessionState]) -> Judgement:
        """Judge the sessions that take place; what a person has overridden is overridden."""
        problem, grid = self.built.problem, self.built.grid
        sessions, fixed = [], []
        for state in states:
            activity = problem.activity_by_id.get(activity_key(state.activity_id, state.cohort_id))
            if not state.held:
                continue
            roles = None if activity is None else [role.id for role in activity.roles]
            planned = to_planned(state, grid, roles)
            sessions.append(planned)
            overrides = tuple(sorted(set(state.overrides) - NEVER_OVERRIDDEN))
            if overrides:
                fixed.append(FixedSession(session=planned, overrides=overrides))
        problem = replace(problem, fixed=tuple(fixed))
        return Judgement(verify(problem, sessions), problem, tuple(sessions))


def caused(before: Report, after: Report) -> tuple[Breach, ...]:
    """Return the breaches of a plan that it did not have before, whoever was to blame for those."""
    known = {_key(breach) for breach in (*before.broken, *before.overridden)}
    return tuple(breach for breach in after.broken if _key(breach) not in known)


def _key(breach: Breach) -> tuple[object, ...]:
    return (
        breach.rule,
        breach.sessions,
        breach.participants,
        breach.staff,
        breach.rooms,
        breach.params.get("reason"),
        breach.params.get("start"),
    )


def standing_breaches(judgement: Judgement, uids: Sequence[str] = ()) -> tuple[Breach, ...]:
    """Return the breaches of a plan, broken ones first; only those of some sessions where asked."""
    found = judgement.report.broken + judgement.report.overridden
    wanted = set(uids)
    return tuple(b for b in found if not wanted or not wanted.isdisjoint(b.sessions))
