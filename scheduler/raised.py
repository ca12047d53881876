"""Closing what workers asked to plan, once a published plan holds it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.judge import Judgement
from scheduler.models import Plan, Task
from scheduler.planner_ids import raised_task
from scheduler.tasks import OPEN, PLANNED, close_task, planned_until, reopen_task
from solver.verify.amounts import measure
from solver.verify.plan import Plan as ReadPlan


def settle_demands(
    session: Session, plan: Plan, verdict: Judgement, now: datetime, *, user_id: int | None
) -> list[Task]:
    """Close every demand that a plan being published meets, reopen those it meets no more; return them.

    A demand that a person closed otherwise is left alone.
    """
    asked = {
        number: demand for demand in verdict.problem.demands if (number := raised_task(demand.id)) is not None
    }
    if not asked:
        return []
    read = ReadPlan(verdict.problem, verdict.sessions)
    query = select(Task).where(Task.centre_id == plan.centre_id, Task.id.in_(asked)).order_by(Task.id)
    settled = []
    for task in session.scalars(query):
        windows = measure(read, asked[task.id])
        met = all(window.got >= window.min for window in windows)
        if met == (task.state != OPEN):
            continue
        if met:
            last = plan.first_day + timedelta(days=max(window.window.end_day for window in windows) - 1)
            close_task(task, PLANNED, now, user_id=user_id)
            task.facts = task.facts | _planned(sum(window.got_own for window in windows), last)
        elif planned_until(task) is not None:
            reopen_task(task)
        else:
            continue
        settled.append(task)
    session.flush()
    return settled


def _planned(amount: int, last: date) -> dict[str, object]:
    return {"planned": amount, "planned_until": last.isoformat()}
