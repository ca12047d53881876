"""The planner's entry: from a problem to a solution, with progress, cancelling and a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from solver.bound import Bounder
from solver.candidates import Candidates, Plan, find_candidates
from solver.conflicts import find_conflicts
from solver.construct import construct
from solver.explain import explain_unmet
from solver.improve import Improver
from solver.parts import Parts
from solver.problem import Problem
from solver.result import sessions_of
from solver.score import Score, Scorer
from solver.solution import Solution, Status
from solver.start import find_start

#: Seconds between two looks at the clock, the plan and the wish to stop.
POLL_S = 0.1
#: Seconds between two reports when nothing changes.
REPORT_S = 0.8
#: Seconds to wait for a thread that was told to end.
JOIN_S = 5.0
#: Share of the time that one worker alone spends on the bound.
BOUND_SHARE = 0.3
#: Up to this many attendances to decide, CP-SAT searches the whole problem at once.
SMALL_PROBLEM = 2_500
#: Up to this many, CP-SAT searches the whole problem once the linear bound is known.
MIDDLE_PROBLEM = 12_000


@dataclass(frozen=True)
class Progress:
    """How far a solve has come; points as in ``docs/planning-model.md``."""

    elapsed_s: float
    objective: int | None
    bound: int | None
    gap: float | None
    full_value: int
    phase: str


def solve(
    problem: Problem,
    *,
    time_limit_s: float = 20.0,
    seed: int = 1,
    workers: int = 2,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Solution:
    """Plan a problem.

    Parameters
    ----------
    problem : Problem
        One that passes :func:`solver.check.check_problem`.
    time_limit_s : float
        Seconds of wall time, reasons of unmet demands not included.
    seed : int
        With one worker, equal seeds search alike as far as the time goes.
    workers : int
        Threads, at least 1.
    on_progress : callable, optional
        Called from this thread about once a second, and whenever the plan is better.
    should_stop : callable, optional
        Polled; when it answers yes, the best plan so far is returned with status ``cancelled``.

    Returns
    -------
    Solution
        ``optimal``, ``feasible``, ``cancelled``; ``infeasible`` with its conflicts when fixed
        sessions contradict each other; ``unknown`` when no plan was found in time.
    """
    return _Solve(problem, time_limit_s, seed, workers, on_progress, should_stop).run()


@dataclass
class _Solve:
    problem: Problem
    time_limit_s: float
    seed: int
    workers: int
    on_progress: Callable[[Progress], None] | None
    should_stop: Callable[[], bool] | None
    phase: str = "prepare"
    plan: Plan | None = None
    score: Score | None = None
    cancelled: bool = False
    _ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _errors: list[BaseException] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _reported: tuple[float, int | None, int] = (-1.0, None, 0)

    def run(self) -> Solution:
        self.started = time.monotonic()
        self.scorer = Scorer(self.problem)
        candidates = find_candidates(self.problem)
        self.bounder = Bounder(candidates, self.scorer.full_value)
        self._report()
        start = find_start(candidates, seconds_left=self.seconds_left, seed=self.seed)
        if start.plan is None:
            return self._empty("infeasible" if start.infeasible else "unknown")
        self._offer(start.plan)
        self.phase = "construct"
        self._offer(construct(candidates, start.plan, self._must_stop))
        self._report()
        self._search(candidates)
        return self._solution()

    def seconds_left(self) -> float:
        return self.started + self.time_limit_s - time.monotonic()

    def _must_stop(self) -> bool:
        """Poll the clock and the caller."""
        if self.should_stop is not None and not self.cancelled and self.should_stop():
            self.cancelled = True
        return self.cancelled or self.seconds_left() <= 0 or self._ended.is_set()

    def _offer(self, plan: Plan) -> None:
        """Keep a plan if it is the best so far; threads take turns, since the scorer works on one plan."""
        with self._lock:
            score = self.scorer.score(plan)
            if self.score is None or score.objective > self.score.objective:
                self.plan, self.score = plan, score

    def _search(self, candidates: Candidates) -> None:
        assert self.plan is not None
        attendances = sum(len(p.people) for p in candidates.placements)
        if attendances <= SMALL_PROBLEM:
            self.phase = "search"
            self._start(lambda: self._whole(candidates, self.workers))
            self._watch([])
            return
        self.phase = "improve"
        parts = Parts(candidates, self.seed)
        improvers = [
            Improver(
                parts,
                Scorer(self.problem),
                self.plan,
                seed=self.seed + number,
                seconds_left=self.seconds_left,
            )
            for number in range(max(self.workers, 1))
        ]
        if self.workers > 1:
            small = attendances <= MIDDLE_PROBLEM
            self._start(lambda: self._prove(candidates, improvers[0], search=small))
            for improver in improvers[1:]:
                self._start(partial(self._improve, improver))
        else:
            share = BOUND_SHARE * self.time_limit_s
            self._start(lambda: self._one_after_the_other(improvers[0], share))
        self._watch(improvers)

    def _one_after_the_other(self, improver: Improver, bound_s: float) -> None:
        until = time.monotonic() + bound_s
        self.bounder.relax(lambda: min(until - time.monotonic(), self.seconds_left()))
        self._improve(improver)

    def _prove(self, candidates: Candidates, improver: Improver, *, search: bool) -> None:
        """Bound first; then search the whole problem, or help to improve the plan of a large one."""
        self.bounder.relax(self.seconds_left)
        if search and not self._ended.is_set():
            self._whole(candidates, 1)
        self._improve(improver)

    def _whole(self, candidates: Candidates, workers: int) -> None:
        assert self.plan is not None
        self.bounder.search(
            self.plan,
            seconds_left=self.seconds_left,
            workers=workers,
            seed=self.seed,
            on_plan=self._offer,
        )

    def _improve(self, improver: Improver) -> None:
        while not self._ended.is_set() and self.seconds_left() > 0:
            improver.adopt(self.plan)
            if improver.step():
                self._offer(improver.plan)

    def _start(self, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:
                self._errors.append(error)
                self._ended.set()

        thread = threading.Thread(target=guarded, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _watch(self, improvers: list[Improver]) -> None:
        """Wait for the threads, report, and end them when it is time."""
        while any(thread.is_alive() for thread in self._threads):
            if self._must_stop() or self._proved():
                break
            self._report()
            next((t for t in self._threads if t.is_alive()), self._threads[0]).join(POLL_S)
        self._ended.set()
        self.bounder.stop()
        for improver in improvers:
            improver.stop()
        for thread in self._threads:
            thread.join(JOIN_S)
        if self._errors:
            raise self._errors[0]

    def _proved(self) -> bool:
        return self.score is not None and self.bounder.bound <= self.score.objective

    def _report(self) -> None:
        """Call the caller when something changed or a while has passed."""
        if self.on_progress is None:
            return
        now = time.monotonic() - self.started
        objective = None if self.score is None else self.score.objective
        last, *before = self._reported
        if before == [objective, self.bounder.bound] and now - last < REPORT_S and last >= 0:
            return
        self._reported = (now, objective, self.bounder.bound)
        full_value = self.scorer.full_value
        self.on_progress(
            Progress(
                elapsed_s=now,
                objective=objective,
                bound=self.bounder.bound,
                gap=None if objective is None else _gap(self.bounder.bound, objective, full_value),
                full_value=full_value,
                phase=self.phase,
            )
        )

    def _solution(self) -> Solution:
        with self._lock:
            plan, score = self.plan, self.score
        assert plan is not None
        assert score is not None
        bound = max(self.bounder.bound, score.objective)
        status: Status = "feasible"
        if bound == score.objective:
            status = "optimal"
        elif self.cancelled:
            status = "cancelled"
        wall_time_s = time.monotonic() - self.started
        self.phase = "explain"
        self._report()
        sessions = sessions_of(self.problem, plan)
        return Solution(
            status=status,
            sessions=sessions,
            objective=score.objective,
            bound=bound,
            full_value=score.full_value,
            gap=_gap(bound, score.objective, score.full_value),
            wall_time_s=wall_time_s,
            seed=self.seed,
            terms=score.terms,
            unmet=explain_unmet(self.problem, sessions),
        )

    def _empty(self, status: Status) -> Solution:
        return Solution(
            status=status,
            full_value=self.scorer.full_value,
            wall_time_s=time.monotonic() - self.started,
            seed=self.seed,
            conflicts=find_conflicts(self.problem) if status == "infeasible" else (),
        )


def _gap(bound: int, objective: int, full_value: int) -> float | None:
    if full_value:
        return (bound - objective) / full_value
    return 0.0 if bound == objective else None
