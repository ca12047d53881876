"""What workers should do for people: one list, and an outcome for each at one tap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from scheduler.attendance import CALL_BACK
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.hours.obligations import Obligation, ObligationKind, obligations
from scheduler.message import N_
from scheduler.models import Activity, AttendanceRecord, Centre, GroupSession, Participant, StaffMember, Task
from scheduler.people import Reach
from scheduler.records import find
from scheduler.watch import WATCH

#: Kind of the task that asks the coordination to plan more for somebody.
RAISE_DEMAND = "raise_demand"

OPEN, CLOSED = "open", "closed"

#: Outcome of a demand that a plan meets.
PLANNED = "planned"

#: Outcomes of every kind of task, in the order offered.
OUTCOMES: dict[str, tuple[str, ...]] = {
    WATCH: ("talked", "no_answer", "adapted", "ended", "no_need"),
    CALL_BACK: ("called", "no_answer", "no_need"),
    RAISE_DEMAND: (PLANNED, "not_possible", "no_need"),
}

#: Outcomes of kinds that are not listed.
OTHER_OUTCOMES = ("done", "no_need")

DEMAND_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task with the names around it."""

    task: Task
    person: str
    last_name: str
    assignee: str
    session_title: str
    session_at: datetime | None

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What may be answered."""
        return OUTCOMES.get(self.task.kind, OTHER_OUTCOMES)


def list_tasks(
    session: Session, centre_id: int, *, reach: Reach | None = None, limit: int = 1000
) -> list[TaskRow]:
    """Return the tasks within reach, open ones first, the newest first among the others.

    Without everybody in reach: tasks of the reader's own people and those given to the reader.
    """
    seen = reach or Reach()
    assignee = aliased(StaffMember)
    query = (
        select(Task, Participant.first_name, Participant.last_name, assignee.first_name, assignee.last_name)
        .outerjoin(Participant, Participant.id == Task.participant_id)
        .outerjoin(assignee, assignee.id == Task.assigned_to_id)
        .where(Task.centre_id == centre_id)
        .order_by(Task.state.desc(), Task.created_at.desc(), Task.id.desc())
        .limit(limit)
    )
    if not seen.everybody:
        query = query.where(
            or_(
                seen.condition(),
                (Task.assigned_to_id == (seen.referent_id or 0))
                & Participant.consent_sharing_at.is_not(None),
            )
        )
    rows = session.execute(query).all()
    held = _titles(session, centre_id, {task.session_uid for task, *_ in rows if task.session_uid})
    found = []
    for task, first, last, worker_first, worker_last in rows:
        title, at = held.get(task.session_uid or "", ("", None))
        found.append(
            TaskRow(
                task=task,
                person=f"{first or ''} {last or ''}".strip(),
                last_name=last or "",
                assignee=f"{worker_first or ''} {worker_last or ''}".strip(),
                session_title=title,
                session_at=at,
            )
        )
    return found


def find_task(session: Session, task_id: int, reach: Reach | None = None) -> Task:
    """Return a task within reach.

    Raises
    ------
    NotFoundError
        If there is none, in another centre, or of a person that the reader may not see.
    """
    task = find(session, Task, task_id, joinedload(Task.participant))
    if reach is None or reach.everybody:
        return task
    person = task.participant
    own = task.assigned_to_id is not None and task.assigned_to_id == reach.referent_id
    if person is None or not (reach.covers(person) or (own and person.consent_sharing_at is not None)):
        raise NotFoundError(f"Task {task_id}")
    return task


def close_task(task: Task, outcome: str, now: datetime, *, user_id: int | None, note: str = "") -> None:
    """Write down what came of a task; closing it again corrects the outcome.

    Raises
    ------
    InvalidInputError
        If the outcome is not one of its kind.
    """
    if outcome not in OUTCOMES.get(task.kind, OTHER_OUTCOMES):
        raise InvalidInputError(N_("Choisissez une des suites proposées."), "outcome")
    task.state, task.outcome, task.note = CLOSED, outcome, note.strip()[:500]
    task.closed_at, task.closed_by_id = now, user_id


def reopen_task(task: Task) -> None:
    """Take an outcome back."""
    task.state, task.outcome = OPEN, ""
    task.closed_at = task.closed_by_id = None


def assign_task(session: Session, task: Task, staff_id: int | None) -> None:
    """Give a task to a worker, or to nobody."""
    task.assigned_to_id = find(session, StaffMember, staff_id).id if staff_id is not None else None


def raise_demand(session: Session, centre_id: int, owed: Obligation, now: datetime, today: date) -> Task:
    """Ask to plan what a person still owes; asked twice, or again while a plan meets it, it is one task."""
    query = select(Task).where(
        Task.centre_id == centre_id,
        Task.kind == RAISE_DEMAND,
        Task.participant_id == owed.participant_id,
        or_(Task.state == OPEN, Task.outcome == PLANNED),
    )
    facts: dict[str, Any] = {
        "programme": owed.programme_id,
        "programme_name": owed.programme,
        "counter": owed.key,
        "name": owed.name,
        "unit": "sessions" if owed.kind is ObligationKind.EVALUATIONS else "minutes",
        "missing": owed.remaining,
        "activities": list(owed.activity_keys),
        "due_on": owed.due_on.isoformat() if owed.due_on else None,
    }
    for task in session.scalars(query):
        if _is_asked(task, today) and _owed_key(task) == (owed.participant_id, owed.programme_id, owed.key):
            task.facts = task.facts | facts
            session.flush()
            return task
    task = Task(
        centre_id=centre_id,
        kind=RAISE_DEMAND,
        participant_id=owed.participant_id,
        facts=facts,
        due_on=today + timedelta(days=DEMAND_DAYS),
        created_at=now,
    )
    session.add(task)
    session.flush()
    return task


def open_demands(session: Session, centre: Centre, today: date) -> list[tuple[Task, Obligation]]:
    """Return the demands for the planner, each with what is owed of it today, in order of task.

    One that a published plan meets stays among them until the last day of that plan, so that planning
    the same weeks again does not drop it. One whose obligation is met, or over, is not among them.
    """
    query = (
        select(Task)
        .where(
            Task.centre_id == centre.id,
            Task.kind == RAISE_DEMAND,
            or_(Task.state == OPEN, Task.outcome == PLANNED),
        )
        .order_by(Task.id)
    )
    tasks = [task for task in session.scalars(query) if _is_asked(task, today)]
    if not tasks:
        return []
    found_owed = obligations(session, centre, today)
    owed = {(each.participant_id, each.programme_id, each.key): each for each in found_owed}
    found = ((task, owed.get(_owed_key(task))) for task in tasks)
    return [(task, each) for task, each in found if each is not None and each.remaining]


def _is_asked(task: Task, today: date) -> bool:
    return task.state == OPEN or (planned_until(task) or date.min) >= today


def planned_until(task: Task) -> date | None:
    """Return the last day of the plan that closed a demand; ``None`` where a person or nobody did."""
    until = task.facts.get("planned_until") if task.outcome == PLANNED else None
    return date.fromisoformat(until) if until else None


def _owed_key(task: Task) -> tuple[int, int, str]:
    return (task.participant_id or 0, task.facts.get("programme") or 0, task.facts.get("counter") or "")


def activity_to_plan(session: Session, task: Task) -> int | None:
    """Return the id of an activity that would answer a demand, the shortest way to the week's form."""
    keys: Sequence[str] = task.facts.get("activities") or ()
    query = (
        select(Activity.id)
        .where(Activity.programme_id == task.facts.get("programme"), Activity.key.in_(keys), Activity.active)
        .order_by(Activity.individual.desc(), Activity.position, Activity.id)
    )
    return session.scalars(query.limit(1)).first()


def _titles(session: Session, centre_id: int, uids: set[str]) -> dict[str, tuple[str, datetime]]:
    """Return title and start of sessions, as planned last or as marked."""
    found: dict[str, tuple[str, datetime]] = {}
    for model, column in ((GroupSession, GroupSession.uid), (AttendanceRecord, AttendanceRecord.session_uid)):
        query = (
            select(column, Activity.name, model.starts_at)
            .join(Activity, Activity.id == model.activity_id)
            .where(model.centre_id == centre_id, column.in_(uids))
            .order_by(model.id)
        )
        for uid, title, starts_at in session.execute(query):
            found[uid] = (title, starts_at)
    return found
