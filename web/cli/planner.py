"""``semainier solve`` and ``semainier verify``: plans as files, without database or server."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from solver.check import check_problem
from solver.codec import dumps, loads
from solver.errors import FormatError, ProblemError
from solver.problem import Problem
from solver.solution import Solution
from solver.verify import verify_solution

if TYPE_CHECKING:
    from solver.solve import Progress

T = TypeVar("T")

#: Exit codes: no plan or a broken one; a file that cannot be read or written.
EXIT_BROKEN = 1
EXIT_UNREADABLE = 2

MOST_BYTES = 64 * 1024 * 1024
MOST_REASONS = 5
MOST_LINE = 1000

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command("solve")
@click.argument("problem_file", type=_FILE)
@click.option(
    "--time-limit", type=click.FloatRange(0.1, 86_400), default=20.0, show_default=True, help="Seconds."
)
@click.option("--seed", type=click.IntRange(min=0, max=2**31 - 1), default=1, show_default=True)
@click.option("--workers", type=click.IntRange(min=1, max=64), default=2, show_default=True, help="Threads.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the plan.")
def solve_command(problem_file: Path, time_limit: float, seed: int, workers: int, out: Path | None) -> None:
    """Plan PROBLEM_FILE; Ctrl-C stops and keeps the best plan.

    Progress goes to standard error; the last line of standard output is one JSON object. Exits
    with 0 for a plan, 1 when there is none, 2 when the problem cannot be read.
    """
    # OR-tools takes a second to load, which no other command should wait for.
    from solver.solve import solve

    problem = _read_problem(problem_file)
    if out is not None and not out.absolute().parent.is_dir():
        _refuse(out, "its folder does not exist")
    first_plan_s: list[float] = []

    def show(progress: Progress) -> None:
        if progress.objective is not None and not first_plan_s:
            first_plan_s.append(progress.elapsed_s)
        click.echo(_progress_line(progress), err=True)

    with _interruptible() as interrupted:
        solution = solve(
            problem,
            time_limit_s=time_limit,
            seed=seed,
            workers=workers,
            on_progress=show,
            should_stop=interrupted,
        )
    report = verify_solution(problem, solution)
    written = out is None or _write(out, dumps(solution, indent=1))
    summary = asdict(solution)
    del summary["sessions"]
    summary["sessions"] = len(solution.sessions)
    summary["valid"] = report.valid
    summary["first_plan_s"] = first_plan_s[0] if first_plan_s else None
    click.echo(json.dumps(summary))
    if not written:
        sys.exit(EXIT_UNREADABLE)
    if not report.valid:
        sys.exit(EXIT_BROKEN)


@click.command("verify")
@click.argument("problem_file", type=_FILE)
@click.argument("plan_file", type=_FILE)
def verify_command(problem_file: Path, plan_file: Path) -> None:
    """Judge the plan of PLAN_FILE against PROBLEM_FILE and print a report as JSON.

    Exits with 0 for a plan without a broken hard constraint, 1 for any other, 2 when a file
    cannot be read.
    """
    problem = _read_problem(problem_file)
    report = verify_solution(problem, _read(plan_file, Solution))
    click.echo(json.dumps({"valid": report.valid, **asdict(report)}, indent=1))
    if not report.valid:
        sys.exit(EXIT_BROKEN)


def _read_problem(path: Path) -> Problem:
    problem = _read(path, Problem)
    try:
        check_problem(problem)
    except ProblemError as error:
        more = len(error.reasons) - MOST_REASONS
        reasons = "; ".join(error.reasons[:MOST_REASONS]) + (f"; and {more} more" if more > 0 else "")
        _refuse(path, reasons)
    return problem


def _read(path: Path, cls: type[T]) -> T:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        _refuse(path, error.strerror or "cannot be read")
    if len(data) > MOST_BYTES:
        _refuse(path, f"is larger than {MOST_BYTES // 1024**2} MB")
    try:
        return loads(cls, data)
    except FormatError as error:
        _refuse(path, str(error))


def _refuse(path: Path, reason: str) -> NoReturn:
    line = " ".join(f"{path}: {reason}".split())
    click.echo(f"Error: {line[:MOST_LINE]}", err=True)
    sys.exit(EXIT_UNREADABLE)


def _progress_line(progress: Progress) -> str:
    parts = [f"{progress.elapsed_s:7.1f} s", f"{progress.phase:9}"]
    parts.append("no plan yet" if progress.objective is None else f"objective {progress.objective}")
    if progress.bound is not None:
        parts.append(f"bound {progress.bound}")
    if progress.gap is not None:
        parts.append(f"gap {100 * progress.gap:.2f} %")
    return "  ".join(parts)


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a wish to stop; the second one interrupts as usual."""
    wishes: list[int] = []

    def note(signum: int, frame: object) -> None:
        wishes.append(signum)
        signal.signal(signal.SIGINT, before)
        click.echo("Stopping; the best plan is kept.", err=True)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(wishes)
    finally:
        signal.signal(signal.SIGINT, before)


def _write(path: Path, text: str) -> bool:
    """Write a file whole or not at all, and say whether it was written."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        click.echo(f"Error: {path}: {error.strerror or 'cannot be written'}", err=True)
        return False
    return True
