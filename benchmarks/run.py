"""Measure the planner: ``python -m benchmarks.run --size M --seed 1 --seconds 30``.

Prints a table and one JSON line per solve. Timings depend on the machine and on what else runs on
it; the processor time used is printed beside the wall time. The memory is that of this process so
far, so measure one size a run for it. ``--plain`` also runs CP-SAT on the one whole model for the
same wall time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path
from typing import Any

from ortools import __version__ as ortools_version
from ortools.sat.python import cp_model

from benchmarks.instances import PROGRAMMES, instance
from solver.candidates import find_candidates
from solver.codec import loads
from solver.model import Model
from solver.problem import Problem
from solver.result import read_plan, value_in
from solver.score import Scorer
from solver.solve import Progress, solve
from solver.verify import verify_solution

MARKS_S = (5, 10, 20, 30, 60, 120)


def measure(problem: Problem, *, seconds: float, seed: int, workers: int) -> dict[str, Any]:
    """Solve once and return the figures."""
    seen: list[Progress] = []
    processor = time.process_time()
    solution = solve(problem, time_limit_s=seconds, seed=seed, workers=workers, on_progress=seen.append)
    processor = time.process_time() - processor
    plans = [p for p in seen if p.objective is not None and p.phase != "prepare"]
    return {
        "name": problem.name,
        "participants": len(problem.participants),
        "seed": seed,
        "workers": workers,
        "status": solution.status,
        "first_plan_s": round(plans[0].elapsed_s, 2) if plans else None,
        "full_value": solution.full_value,
        "objective": solution.objective,
        "bound": solution.bound,
        "gap_percent": _percent(solution.gap),
        **{f"gap_at_{mark}_s": _percent(_gap_at(plans, mark)) for mark in MARKS_S if mark <= seconds},
        "unmet": len(solution.unmet),
        "broken": len(verify_solution(problem, solution).broken),
        "wall_s": round(solution.wall_time_s, 2),
        "processor_s": round(processor, 2),
        "memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "terms": {name: points for name, points in solution.terms.items() if points},
    }


def measure_plain(problem: Problem, *, seconds: float, seed: int, workers: int) -> dict[str, Any]:
    """Give CP-SAT the whole model with its own defaults, for comparison."""
    began, processor = time.monotonic(), time.process_time()
    model = Model(find_candidates(problem))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    solver.parameters.max_time_in_seconds = max(seconds - (time.monotonic() - began), 0.1)
    status = solver.solve(model.variables.model)
    scorer = Scorer(problem)
    figures: dict[str, Any] = {"plain_status": solver.status_name(status)}
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        score = scorer.score(read_plan(model.variables, value_in(solver)))
        bound = scorer.full_value - solver.best_objective_bound
        figures["plain_objective"] = score.objective
        figures["plain_gap_percent"] = _percent((bound - score.objective) / max(scorer.full_value, 1))
    return figures | {"plain_processor_s": round(time.process_time() - processor, 2)}


def _gap_at(plans: list[Progress], mark: float) -> float | None:
    before = [p for p in plans if p.elapsed_s <= mark]
    return before[-1].gap if before else None


def _percent(gap: float | None) -> float | None:
    return None if gap is None else round(100 * gap, 2)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("S", "M", "L"), default="M")
    parser.add_argument("--programme", choices=(*PROGRAMMES, "all"), default="modactions", help="for size S")
    parser.add_argument("--problem", type=Path, help="a JSON problem instead of a synthetic one")
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--plain", action="store_true", help="compare with CP-SAT on the whole model")
    chosen = parser.parse_args()
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors"
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"{machine}; load {load}; Python {platform.python_version()}; OR-tools {ortools_version}")
    every_s = chosen.programme == "all" and chosen.size == "S"
    programmes = PROGRAMMES if every_s else (chosen.programme,)
    failed = False
    for seed in chosen.seed:
        for programme in programmes:
            problem = (
                loads(Problem, chosen.problem.read_text(encoding="utf-8"))
                if chosen.problem
                else instance(chosen.size, seed, programme=programme)
            )
            limits = {"seconds": chosen.seconds, "seed": seed, "workers": chosen.workers}
            figures = measure(problem, **limits)
            if chosen.plain:
                figures |= measure_plain(problem, **limits)
                plain = figures.get("plain_objective")
                figures["ratio_to_plain"] = round(figures["objective"] / plain, 3) if plain else None
            failed = failed or figures["broken"] > 0
            for name, value in figures.items():
                print(f"  {name:<20} {value}")
            print(json.dumps(figures), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
