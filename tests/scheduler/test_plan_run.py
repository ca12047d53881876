"""Planning as a job: a process of its own, progress, cancelling, and what is left when it goes wrong."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler import plan_run
from scheduler.db import Base
from scheduler.errors import StalePlanError
from scheduler.plan_run import run_next
from scheduler.planning_process import ROOT, PlanningFailedError, PlanningProcess, ProgressLine
from scheduler.publish import publish
from scheduler.runs import queue_run, request_cancel
from solver.codec import dumps
from solver.problem import (
    Activity,
    Demand,
    Frequency,
    Leader,
    Participant,
    PlannedSession,
    Problem,
    Role,
    Room,
    Seat,
    Site,
    Staff,
)
from solver.verify import verify_solution
from tests.factories import EPOCH, MONDAY, making_in
from tests.planning import make_world, solution_of

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def clock() -> datetime:
    return NOW


@pytest.fixture
def small() -> Problem:
    return Problem(
        start_date="2026-11-30",
        days=14,
        sites=(Site(id="l1"),),
        rooms=(Room(id="r1", site="l1", seats=9),),
        staff=(Staff(id="s1"),),
        participants=(Participant(id="p1"),),
        activities=(
            Activity(
                id="a1",
                starts=((0, 36), (2, 36)),
                sites=("l1",),
                roles=(Role(id="leader"),),
            ),
        ),
        demands=(Demand(id="d1p1", participant="p1", activities=("a1",), period_weeks=1, min=1),),
    )


@pytest.fixture
def endless() -> Problem:
    """A problem that is not proven in seconds: many people who want more than there is room for."""
    people = [f"p{n}" for n in range(120)]
    activities = tuple(
        Activity(
            id=f"a{n}",
            starts=tuple((day, slot) for day in range(5) for slot in (36, 54)),
            sites=("l1",),
            seats_min=3,
            seats_max=7,
            frequency=Frequency(max=3),
            roles=(Role(id="leader"),),
            mix=True,
        )
        for n in range(8)
    )
    return Problem(
        start_date="2026-11-30",
        days=28,
        sites=(Site(id="l1"),),
        rooms=tuple(Room(id=f"r{n}", site="l1", seats=9) for n in range(2)),
        staff=tuple(Staff(id=f"s{n}", max_slots_week=100) for n in range(3)),
        participants=tuple(Participant(id=p, level_spoken=n % 5) for n, p in enumerate(people)),
        activities=activities,
        demands=tuple(
            Demand(
                id=f"d{k}{p}",
                participant=p,
                activities=tuple(f"a{(n + k + j) % 8}" for j in range(3)),
                period_weeks=1,
                min=1,
                target=2,
            )
            for n, p in enumerate(people)
            for k in range(2)
        ),
    )


def finish(process: PlanningProcess) -> list[ProgressLine]:
    lines: list[ProgressLine] = []
    while process.solution is None:
        lines += process.wait(5)
    return lines


def test_a_problem_is_solved_in_a_process_of_its_own(small: Problem) -> None:
    with PlanningProcess(small, 20, 1) as process:
        finish(process)
    assert process.solution is not None
    assert process.solution.status == "optimal"
    assert verify_solution(small, process.solution).valid
    assert len(process.solution.sessions) == 2


def test_a_solve_stops_when_asked_and_gives_its_best(endless: Problem) -> None:
    with PlanningProcess(endless, 600, 1) as process:
        found: list[ProgressLine] = []
        while not any(line.objective is not None for line in found):
            found += process.wait(5)
        started = time.monotonic()
        process.stop()
        finish(process)
    assert time.monotonic() - started < 30
    assert process.solution is not None
    assert process.solution.status == "cancelled"
    assert process.solution.sessions
    assert verify_solution(endless, process.solution).valid


def test_a_process_that_dies_is_noticed(endless: Problem) -> None:
    with PlanningProcess(endless, 600, 1) as process:
        process._process.kill()
        with pytest.raises(PlanningFailedError):
            finish(process)


def test_a_process_whose_caller_is_gone_ends_itself(endless: Problem) -> None:
    orphan = subprocess.Popen(
        [sys.executable, "-m", "scheduler.planning_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=ROOT,
        text=True,
    )
    assert orphan.stdin is not None
    orphan.stdin.write('{"time_limit_s": 600}\n' + dumps(endless) + "\n")
    orphan.stdin.close()
    assert orphan.wait(timeout=30) == 1


class Scripted(PlanningProcess):
    """A solve that finds nothing by itself: the fixed sessions, after some rows of progress.

    ``endless`` ones answer only once they are asked to stop; ``silent`` ones never do.
    """

    def __init__(self, problem: Problem, *_settings: object, kind: str = "quick") -> None:
        self.problem, self.kind = problem, kind
        self.solution, self.stopped, self.ticks = None, False, 0

    def wait(self, seconds: float) -> Iterator[ProgressLine]:
        self.ticks += 1
        if self.kind == "broken":
            raise PlanningFailedError("out of memory")
        if self.kind == "wrong":
            wrong = solution_of(self.problem, [])
            self.solution = replace(wrong, objective=wrong.objective + 1)
            return
        yield ProgressLine(float(self.ticks), self.ticks, None, None)
        if self.stopped or (self.kind == "quick" and self.ticks == 3):
            found = solution_of(self.problem, held(self.problem))
            self.solution = replace(found, status="cancelled") if self.stopped else found
        else:
            time.sleep(min(seconds, 0.02))

    def stop(self) -> None:
        self.stopped = self.kind != "silent"

    def close(self) -> None:
        pass


def held(problem: Problem) -> list[PlannedSession]:
    """One valid session in the first week."""
    return [
        PlannedSession(
            id="n1",
            activity=problem.activities[0].id,
            start=36,
            site=problem.activities[0].sites[0],
            room=problem.rooms[0].id,
            leaders=(Leader(role="leader", staff=problem.staff[0].id),),
            attendees=(Seat(participant=problem.participants[0].id),),
        )
    ]


@pytest.fixture
def database(backend: str, empty_database_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_database_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def queued(database: Engine) -> dict[str, Any]:
    """A small centre whose next two weeks are to be planned."""
    with Session(database) as session:
        centre = m.Centre(name="Centre", slug="centre", created_at=EPOCH)
        session.add(centre)
        session.flush()
        with making_in(session, centre) as make:
            world = make_world(make)
        run = queue_run(session, centre, MONDAY, 2, NOW, time_limit_s=20)
        session.commit()
        return {
            "centre": centre.id,
            "run": run.id,
            "person": world["person"].id,
            "activity": world["activity"].id,
        }


def test_a_run_ends_in_a_draft(database: Engine, queued: dict[str, Any]) -> None:
    seen: list[ProgressLine] = []
    with Session(database) as session:
        assert run_next(session, clock, on_progress=seen.append) == queued["run"]
        assert run_next(session, clock) is None
    with Session(database) as session:
        run = session.get_one(m.PlanRun, queued["run"])
        assert (run.state, run.error, run.ended_at) == (m.RunState.DONE, None, NOW)
        assert run.problem is not None
        assert run.result is not None
        plan = session.get_one(m.Plan, run.result["plan_id"])
        assert (plan.state, plan.run_id, plan.number) == (m.PlanState.DRAFT, run.id, 1)
        assert plan.bound == plan.objective == run.result["objective"]
        assert len(plan.sessions) == run.result["sessions"] == 2
        assert plan.unmet == []
    assert len(seen) > 0


def test_what_contradicts_itself_fails_and_says_why(database: Engine, queued: dict[str, Any]) -> None:
    with Session(database) as session:
        session.get_one(m.Activity, queued["activity"]).roles = [{"id": "leader"}, {"id": "leader"}]
        session.commit()
        run_next(session, clock)
        run = session.get_one(m.PlanRun, queued["run"])
        assert run.state == m.RunState.FAILED
        assert run.error is not None
        assert "leader" in run.error
        assert session.scalar(select(func.count()).select_from(m.Plan)) == 0


def test_locked_sessions_that_cannot_stand_together_are_named(
    database: Engine, queued: dict[str, Any]
) -> None:
    with Session(database) as session:
        centre = session.get_one(m.Centre, queued["centre"])
        with making_in(session, centre) as make:
            draft = make(m.Plan, number=1, last_day=MONDAY + timedelta(13))
            activity = session.get_one(m.Activity, queued["activity"])
            room = session.scalars(select(m.Room)).first()
            assert room is not None
            for _ in range(2):
                row = make(
                    m.GroupSession,
                    plan=draft,
                    activity=activity,
                    site=room.site,
                    room=room,
                    locked=True,
                )
                make(m.SessionLeader, session=row, staff=session.scalars(select(m.StaffMember)).first())
        session.get_one(m.PlanRun, queued["run"]).base_plan_id = draft.id
        session.commit()
        run_next(session, clock)
        run = session.get_one(m.PlanRun, queued["run"])
        assert run.state == m.RunState.DONE
        assert run.result is not None
        assert run.result["status"] == "infeasible"
        assert run.result["plan_id"] is None
        assert run.result["conflicts"]


def _scripted(kind: str) -> Any:
    return lambda problem, *settings: Scripted(problem, *settings, kind=kind)


def test_progress_is_written_while_it_plans(database: Engine, queued: dict[str, Any]) -> None:
    with Session(database) as session:
        run_next(session, clock, start=_scripted("quick"))
        run = session.get_one(m.PlanRun, queued["run"])
        assert [row["objective"] for row in run.progress] == [1, 2, 3]
        assert run.state == m.RunState.DONE


def test_cancelling_keeps_the_best_plan(database: Engine, queued: dict[str, Any]) -> None:
    def wish(line: ProgressLine) -> None:
        if line.objective == 3:
            with Session(database) as other:
                request_cancel(other.get_one(m.PlanRun, queued["run"]), NOW)
                other.commit()

    with Session(database) as session:
        run_next(session, clock, on_progress=wish, start=_scripted("endless"))
        run = session.get_one(m.PlanRun, queued["run"])
        assert (run.state, run.error) == (m.RunState.CANCELLED, None)
        assert run.result is not None
        assert run.result["status"] == "cancelled"
        assert len(session.get_one(m.Plan, run.result["plan_id"]).sessions) == 1


@pytest.mark.parametrize(
    ("kind", "reason"), [("broken", "out of memory"), ("wrong", "claim"), ("silent", "time")]
)
def test_what_goes_wrong_leaves_no_plan_behind(
    database: Engine, queued: dict[str, Any], monkeypatch: pytest.MonkeyPatch, kind: str, reason: str
) -> None:
    monkeypatch.setattr(plan_run, "GRACE_S", -19.9)
    with Session(database) as session:
        run_next(session, clock, start=_scripted(kind))
        run = session.get_one(m.PlanRun, queued["run"])
        assert run.state == m.RunState.FAILED
        assert run.error is not None
        assert reason in run.error
        assert session.scalar(select(func.count()).select_from(m.Plan)) == 0


def test_a_run_that_was_taken_away_is_not_stored(database: Engine, queued: dict[str, Any]) -> None:
    def take_away(_line: ProgressLine) -> None:
        with Session(database) as other:
            other.get_one(m.PlanRun, queued["run"]).state = m.RunState.INTERRUPTED
            other.commit()

    with Session(database) as session:
        run_next(session, clock, on_progress=take_away, start=_scripted("endless"))
        assert session.get_one(m.PlanRun, queued["run"]).state == m.RunState.INTERRUPTED
        assert session.scalar(select(func.count()).select_from(m.Plan)) == 0


def test_a_plan_based_on_what_was_published_meanwhile_is_stale(
    database: Engine, queued: dict[str, Any]
) -> None:
    def publish_meanwhile(line: ProgressLine) -> None:
        if line.objective == 1:
            with Session(database) as other:
                plan = m.Plan(
                    centre_id=queued["centre"],
                    number=1,
                    publication=1,
                    state=m.PlanState.PUBLISHED,
                    first_day=MONDAY,
                    last_day=MONDAY + timedelta(13),
                    created_at=NOW,
                )
                other.add(plan)
                other.commit()

    with Session(database) as session:
        run_next(session, clock, on_progress=publish_meanwhile, start=_scripted("quick"))
        run = session.get_one(m.PlanRun, queued["run"])
        assert run.result is not None
        draft = session.get_one(m.Plan, run.result["plan_id"])
        assert (draft.number, draft.basis) == (2, 0)
        with pytest.raises(StalePlanError):
            publish(session, session.get_one(m.Centre, queued["centre"]), draft, NOW)
