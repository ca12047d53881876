"""Where a stored plan no longer agrees with the data: somebody fell ill, a course day moved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.in_force import sessions_in_force, sessions_of
from scheduler.judge import Judge
from scheduler.models import Centre, Plan, PlanState
from scheduler.publish import upcoming
from scheduler.session_state import state_of
from solver.verify import Breach


def find_conflicts(session: Session, centre: Centre, plan: Plan, now: datetime) -> tuple[Breach, ...]:
    """Return the hard rules that the coming sessions of a plan break by the data of now.

    Of a draft its own sessions are judged, of a version those that are in force on its days.
    Breaches that a person has overridden are not among them.
    """
    if plan.state == PlanState.DRAFT:
        rows = sessions_of(session, plan)
    else:
        rows = sessions_in_force(session, centre.id, plan.first_day, plan.last_day)
    states = {row.uid: state_of(row) for row in rows}
    verdict = Judge(session, centre, plan, now).judge(states.values())
    return upcoming(verdict.report.broken, states, now)
