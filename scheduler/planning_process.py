"""The planner in a process of its own, so that a long solve never holds up anything else.

``python -m scheduler.planning_process`` reads one line of settings and one line with the problem as
JSON, writes one line for each progress and one with the solution, and stops early, keeping its
best plan, when it reads another line. When its input ends, whoever asked is gone, and so is it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TextIO

from solver.codec import dumps, loads
from solver.problem import Problem
from solver.solution import Solution

ROOT = Path(__file__).resolve().parent.parent

#: Seconds beyond its limit after which a solve that does not answer is ended.
GRACE_S = 60.0


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """Where a solve stands; objective, bound and gap as in ``solver.solution.Solution``."""

    elapsed_s: float
    objective: int | None
    bound: int | None
    gap: float | None


class PlanningFailedError(Exception):
    """The process ended without an answer."""


class PlanningProcess:
    """A running solve.

    Parameters
    ----------
    problem : Problem
    time_limit_s : float
        Seconds of wall time.
    seed, workers : int
        Passed on to the solver.
    """

    def __init__(self, problem: Problem, time_limit_s: float, seed: int, workers: int = 2) -> None:
        self.solution: Solution | None = None
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scheduler.planning_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            text=True,
            encoding="utf-8",
        )
        self._errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        settings = {"time_limit_s": time_limit_s, "seed": seed, "workers": workers}
        self._say(json.dumps(settings))
        self._say(dumps(problem))

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError, ValueError):  # it has ended; the reader finds out why
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._errors = [*self._errors[-20:], line.rstrip()]

    def wait(self, seconds: float) -> Iterator[ProgressLine]:
        """Yield what came in during some seconds; returns early when the solution is there.

        Raises
        ------
        PlanningFailedError
            If the process ended without one.
        """
        try:
            line = self._lines.get(timeout=seconds)
        except Empty:
            return
        while True:
            if line is None:
                for reader in self._readers[1:]:
                    reader.join(timeout=2)
                raise PlanningFailedError(self._errors[-1] if self._errors else "no answer")
            kind, _, rest = line.partition(" ")
            if kind == "done":
                self.solution = loads(Solution, rest)
                return
            if kind == "progress":
                yield ProgressLine(**json.loads(rest))
            try:
                line = self._lines.get_nowait()
            except Empty:
                return

    def stop(self) -> None:
        """Ask it to stop and to answer with the best plan it has."""
        self._say("stop")

    def close(self) -> None:
        """End the process if it still runs, and free what it held."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join(timeout=2)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    def __enter__(self) -> PlanningProcess:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def main(source: TextIO, target: TextIO) -> None:
    """Solve one problem for whoever is at the other end."""
    import signal

    from solver.solve import Progress, solve

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asked; the input's end tells
    settings: dict[str, Any] = json.loads(source.readline())
    problem = loads(Problem, source.readline())
    wish = threading.Event()

    def listen() -> None:
        while source.readline():
            wish.set()
        os._exit(1)

    def show(progress: Progress) -> None:
        line = {
            "elapsed_s": round(progress.elapsed_s, 2),
            "objective": progress.objective,
            "bound": progress.bound,
            "gap": progress.gap,
        }
        print("progress", json.dumps(line), file=target, flush=True)

    threading.Thread(target=listen, daemon=True).start()
    solution = solve(problem, **settings, on_progress=show, should_stop=wish.is_set)
    print("done", dumps(solution), file=target, flush=True)


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
    os._exit(0)  # the listening thread waits for input that never comes
