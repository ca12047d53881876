"""Planning runs: asked for in a page, claimed by one worker, followed, cancelled, kept."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import uuid4

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Centre, Plan, PlanRun, RunState
from scheduler.planning_process import ProgressLine
from scheduler.problem_builder import grid_of
from solver.codec import dumps, loads
from solver.problem import Problem

#: A run whose worker has said nothing for so long is taken to have been interrupted.
SILENCE_S = 60

#: Kept progress rows; when there are more, every second one is dropped.
MOST_PROGRESS = 240

TIME_LIMIT_S = 30
MOST_TIME_S = 3600

OPEN = (RunState.QUEUED, RunState.RUNNING)


def queue_run(
    session: Session,
    centre: Centre,
    first_day: date,
    weeks: int,
    now: datetime,
    *,
    time_limit_s: int = TIME_LIMIT_S,
    seed: int = 1,
    base_plan: Plan | None = None,
    user_id: int | None = None,
) -> PlanRun:
    """Ask for a plan of some weeks.

    Parameters
    ----------
    first_day : date
        A Monday.
    weeks : int
        1 to 13.
    time_limit_s : int
        1 to 3600 seconds.
    base_plan : Plan, optional
        The draft whose locks and sessions it starts from.

    Raises
    ------
    InvalidInputError
        If the horizon or the time limit is impossible, or the centre has a run under way.
    """
    grid_of(centre, first_day, weeks)
    if not 1 <= time_limit_s <= MOST_TIME_S:
        raise InvalidInputError(
            N_("Le temps de calcul va de 1 à %(most)s secondes.", most=MOST_TIME_S), "time_limit_s"
        )
    if open_run(session, centre.id) is not None:
        raise InvalidInputError(N_("Une planification est déjà en cours pour ce centre."))
    run = PlanRun(
        centre_id=centre.id,
        state=RunState.QUEUED,
        first_day=first_day,
        weeks=weeks,
        time_limit_s=time_limit_s,
        seed=seed,
        base_plan_id=None if base_plan is None else base_plan.id,
        requested_by_id=user_id,
        queued_at=now,
        progress=[],
    )
    session.add(run)
    session.flush()
    return run


def open_run(session: Session, centre_id: int) -> PlanRun | None:
    """Return the centre's run that is queued or running."""
    query = select(PlanRun).where(PlanRun.centre_id == centre_id, PlanRun.state.in_(OPEN))
    return session.scalars(query.order_by(PlanRun.id)).first()


def worker_name() -> str:
    """Return a name for this process that tells which one it was."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid4().hex[:8]}"


def claim_run(session: Session, worker: str, now: datetime, run_id: int | None = None) -> PlanRun | None:
    """Take the run that waits longest, or the one asked for; ``None`` if another worker was faster.

    The claim is a compare-and-set on the state, so that no run is ever made twice.
    """
    query = select(PlanRun.id).where(PlanRun.state == RunState.QUEUED)
    if run_id is not None:
        query = query.where(PlanRun.id == run_id)
    wanted = session.scalars(query.order_by(PlanRun.queued_at, PlanRun.id)).first()
    if wanted is None:
        return None
    claim = (
        update(PlanRun)
        .where(PlanRun.id == wanted, PlanRun.state == RunState.QUEUED)
        .values(state=RunState.RUNNING, worker=worker, started_at=now, heartbeat_at=now)
        .execution_options(synchronize_session=False)
    )
    result = session.execute(claim)
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        return None
    run = session.get_one(PlanRun, wanted)
    session.refresh(run)
    return run


def keep_problem(run: PlanRun, problem: Problem) -> None:
    """Keep the problem with its run, so that the run can be repeated exactly."""
    run.problem = gzip.compress(dumps(problem).encode(), mtime=0)


def problem_of(run: PlanRun) -> Problem | None:
    """Return the problem that a run solved."""
    return None if run.problem is None else loads(Problem, gzip.decompress(run.problem))


def note_progress(run: PlanRun, lines: Collection[ProgressLine], now: datetime) -> None:
    """Add rows of progress to a run and say that its worker is alive."""
    run.heartbeat_at = now
    if not lines:
        return
    rows = [*run.progress]
    rows += [
        {"elapsed_s": x.elapsed_s, "objective": x.objective, "bound": x.bound, "gap": x.gap} for x in lines
    ]
    while len(rows) > MOST_PROGRESS:
        rows = [*rows[:-1:2], rows[-1]]
    run.progress = rows


def request_cancel(run: PlanRun, now: datetime) -> None:
    """Ask a run to stop and keep the best plan it has; one that still waits is over at once.

    Raises
    ------
    InvalidInputError
        If it is over.
    """
    if run.state not in OPEN:
        raise InvalidInputError(N_("Cette planification est déjà terminée."))
    run.cancel_requested = True
    if run.state == RunState.QUEUED:
        end_run(run, RunState.CANCELLED, now)


def end_run(
    run: PlanRun, state: RunState, now: datetime, *, error: str | None = None, **result: object
) -> None:
    """Write down how a run ended."""
    run.state, run.ended_at = state, now
    run.error = None if error is None else error[:500]
    if result:
        run.result = dict(result)


def mark_interrupted(session: Session, now: datetime) -> int:
    """Mark the runs whose worker is gone; the plans there are stay as they were.

    A worker is gone when it has been silent for a minute, or when it was a process of this machine
    that no longer exists.

    Returns
    -------
    int
        How many.
    """
    running = session.scalars(select(PlanRun).where(PlanRun.state == RunState.RUNNING)).all()
    silent_since = now - timedelta(seconds=SILENCE_S)
    gone = [
        run.id
        for run in running
        if run.heartbeat_at is None or run.heartbeat_at < silent_since or not _alive(run.worker)
    ]
    if not gone:
        return 0
    mark = (
        update(PlanRun)
        .where(
            PlanRun.id.in_(gone),
            PlanRun.state == RunState.RUNNING,
            or_(
                PlanRun.heartbeat_at.is_(None),
                PlanRun.heartbeat_at.in_([run.heartbeat_at for run in running if run.heartbeat_at]),
            ),
        )
        .values(state=RunState.INTERRUPTED, ended_at=now)
        .execution_options(synchronize_session=False)
    )
    result = session.execute(mark)
    assert isinstance(result, CursorResult)
    session.expire_all()
    return result.rowcount


def _alive(worker: str | None) -> bool:
    """Tell whether a worker may still be there; of other machines nothing is known."""
    host, _, rest = (worker or "").partition(":")
    process, _, _ = rest.partition(":")
    if host != socket.gethostname()[:40] or not process.isdigit():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
