"""The linear relaxation of a CP-SAT model, and a bound from it that holds whatever the rounding.

A first-order solver (PDLP) proposes dual prices; the bound is then computed from the prices alone, by
weak duality: for ``min c x`` with ``lower <= A x <= upper`` and ``l <= x <= u``, any prices ``y``
give ``sum_i (lower_i y_i+ - upper_i y_i-) + sum_j min((c - A'y)_j l_j, (c - A'y)_j u_j)``.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.pdlp import solvers_pb2
from ortools.sat import cp_model_pb2
from ortools.sat.python import cp_model
from ortools.util.python.solve_interrupter import SolveInterrupter

#: Relative accuracy asked of the dual prices; the bound itself is exact for any prices.
PRICE_ACCURACY = 5e-4
_INFINITE = 1 << 60


@dataclass
class LinearProgram:
    """``min c x + constant`` over rows in coordinate form."""

    cost: np.ndarray
    constant: float
    low: np.ndarray
    high: np.ndarray
    row_low: np.ndarray
    row_high: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray


class _Rows:
    def __init__(self, domains: list[tuple[int, int]]) -> None:
        self.domains = domains
        self.low: list[float] = []
        self.high: list[float] = []
        self.rows: list[int] = []
        self.columns: list[int] = []
        self.values: list[float] = []

    def add(self, terms: Iterable[tuple[int, int]], low: float, high: float) -> None:
        number = len(self.low)
        merged: dict[int, int] = {}
        for column, value in terms:
            merged[column] = merged.get(column, 0) + value
        self.rows.extend([number] * len(merged))
        self.columns.extend(merged)
        self.values.extend(merged.values())
        self.low.append(low)
        self.high.append(high)

    def literals(self, literals: Iterable[int], low: float, high: float) -> None:
        """Add ``low <= sum of literals <= high``; a negative index is a negation."""
        terms: list[tuple[int, int]] = []
        shift = 0
        for literal in literals:
            terms.append((literal, 1) if literal >= 0 else (-literal - 1, -1))
            shift += literal < 0
        self.add(terms, low - shift, high - shift)

    def enforced(self, literal: int, terms: list[tuple[int, int]], low: float, high: float) -> None:
        """Add a row that holds only if a literal does."""
        spans = [(c, *self.domains[v]) for v, c in terms]
        least = sum(min(c * a, c * b) for c, a, b in spans)
        most = sum(max(c * a, c * b) for c, a, b in spans)
        sign, column = (1, literal) if literal >= 0 else (-1, -literal - 1)
        if most > high:
            slack = int(most - high)
            self.add([*terms, (column, sign * slack)], -math.inf, most - (slack if sign < 0 else 0))
        if least < low:
            slack = int(low - least)
            self.add([*terms, (column, -sign * slack)], least + (slack if sign < 0 else 0), math.inf)


def linear_program(model: cp_model.CpModel) -> LinearProgram:
    """Relax a model to a linear program; a constraint without linear form is left out."""
    proto = _exported(model)
    domains = [(v.domain[0], v.domain[-1]) for v in proto.variables]
    rows = _Rows(domains)
    for constraint in proto.constraints:
        enforcement = constraint.enforcement_literal
        off = [-literal - 1 for literal in enforcement]
        kind = constraint.WhichOneof("constraint")
        if kind == "bool_or":
            rows.literals([*constraint.bool_or.literals, *off], 1, math.inf)
        elif kind == "at_most_one":
            rows.literals(constraint.at_most_one.literals, -math.inf, 1)
        elif kind == "exactly_one":
            rows.literals(constraint.exactly_one.literals, 1, 1)
        elif kind == "bool_and":
            for literal in constraint.bool_and.literals:
                rows.literals([literal, *off], 1, math.inf)
        elif kind == "linear":
            linear = constraint.linear
            terms = list(zip(linear.vars, linear.coeffs, strict=True))
            domain = linear.domain
            low = -math.inf if domain[0] < -_INFINITE else domain[0]
            high = math.inf if domain[-1] > _INFINITE else domain[-1]
            if enforcement:
                rows.enforced(enforcement[0], terms, low, high)
            else:
                rows.add(terms, low, high)
    cost = np.zeros(len(domains))
    objective = proto.objective
    for column, value in zip(objective.vars, objective.coeffs, strict=True):
        cost[column] += value
    return LinearProgram(
        cost=cost,
        constant=float(objective.offset),
        low=np.array([d[0] for d in domains], dtype=float),
        high=np.array([d[1] for d in domains], dtype=float),
        row_low=np.array(rows.low, dtype=float),
        row_high=np.array(rows.high, dtype=float),
        rows=np.array(rows.rows, dtype=np.int64),
        columns=np.array(rows.columns, dtype=np.int64),
        values=np.array(rows.values, dtype=float),
    )


def _exported(model: cp_model.CpModel) -> cp_model_pb2.CpModelProto:
    """Copy a model to plain protocol buffers, which Python reads far faster than CP-SAT's own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pb"
        if not model.export_to_file(str(path)):
            raise OSError(f"cannot write {path}")
        proto = cp_model_pb2.CpModelProto()
        proto.ParseFromString(path.read_bytes())
        return proto


def solve_dual(
    program: LinearProgram, *, time_limit_s: float, interrupter: SolveInterrupter | None = None
) -> tuple[np.ndarray | None, bool]:
    """Find dual prices of the rows by a first-order method.

    Returns
    -------
    (numpy.ndarray or None, bool)
        The prices, if any were found, and whether they are as exact as asked.
    """
    pdlp = solvers_pb2.PrimalDualHybridGradientParams()
    criteria = pdlp.termination_criteria.simple_optimality_criteria
    criteria.eps_optimal_relative = criteria.eps_optimal_absolute = PRICE_ACCURACY
    parameters = mathopt.SolveParameters(time_limit=timedelta(seconds=time_limit_s), threads=1, pdlp=pdlp)
    model = mathopt.Model.from_model_proto(_proto(program))
    result = mathopt.solve(model, mathopt.SolverType.PDLP, params=parameters, interrupter=interrupter)
    dual = result.solutions[0].dual_solution if result.solutions else None
    if dual is None:
        return None, False
    prices = np.zeros(len(program.row_low))
    for row, price in dual.dual_values.items():
        prices[row.id] = price
    return prices, result.termination.reason == mathopt.TerminationReason.OPTIMAL


def safe_bound(program: LinearProgram, prices: np.ndarray) -> float:
    """Return a lower bound on the program from any dual prices."""
    prices = np.where(np.isinf(program.row_low), np.minimum(prices, 0), prices)
    prices = np.where(np.isinf(program.row_high), np.maximum(prices, 0), prices)
    low = np.where(np.isinf(program.row_low), 0, program.row_low)
    high = np.where(np.isinf(program.row_high), 0, program.row_high)
    total = program.constant + float(np.sum(np.where(prices > 0, prices * low, prices * high)))
    reduced = program.cost - np.bincount(
        program.columns, weights=program.values * prices[program.rows], minlength=len(program.cost)
    )
    return total + float(np.sum(np.minimum(reduced * program.low, reduced * program.high)))


def _proto(program: LinearProgram) -> model_pb2.ModelProto:
    proto = model_pb2.ModelProto()
    size = len(program.cost)
    proto.variables.ids.extend(range(size))
    proto.variables.lower_bounds.extend(program.low.tolist())
    proto.variables.upper_bounds.extend(program.high.tolist())
    proto.variables.integers.extend([False] * size)
    proto.objective.offset = program.constant
    used = np.nonzero(program.cost)[0]
    proto.objective.linear_coefficients.ids.extend(used.tolist())
    proto.objective.linear_coefficients.values.extend(program.cost[used].tolist())
    count = len(program.row_low)
    proto.linear_constraints.ids.extend(range(count))
    proto.linear_constraints.lower_bounds.extend(program.row_low.tolist())
    proto.linear_constraints.upper_bounds.extend(program.row_high.tolist())
    order = np.lexsort((program.columns, program.rows))
    matrix = proto.linear_constraint_matrix
    matrix.row_ids.extend(program.rows[order].tolist())
    matrix.column_ids.extend(program.columns[order].tolist())
    matrix.coefficients.extend(program.values[order].tolist())
    return proto
