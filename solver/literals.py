"""Literals and sums in which known values are folded away."""

from __future__ import annotations

from collections.abc import Iterable

from ortools.sat.python import cp_model

Lit = cp_model.IntVar | int


class Sum:
    """A linear expression that keeps its constant apart."""

    __slots__ = ("coefs", "constant", "vars")

    def __init__(self, constant: int = 0) -> None:
        self.vars: list[cp_model.IntVar] = []
        self.coefs: list[int] = []
        self.constant = constant

    def add(self, coef: int, lit: Lit) -> None:
        """Add ``coef`` times a literal or variable."""
        if isinstance(lit, int):
            self.constant += coef * lit
        elif coef:
            self.vars.append(lit)
            self.coefs.append(coef)

    def extend(self, other: Sum, factor: int = 1) -> None:
        """Add ``factor`` times another sum."""
        self.vars.extend(other.vars)
        self.coefs.extend(factor * c for c in other.coefs)
        self.constant += factor * other.constant

    @property
    def highest(self) -> int:
        """An upper bound, every variable being Boolean."""
        return self.constant + sum(c for c in self.coefs if c > 0)

    @property
    def lowest(self) -> int:
        """A lower bound, every variable being Boolean."""
        return self.constant + sum(c for c in self.coefs if c < 0)

    def expr(self) -> cp_model.LinearExprT:
        """Return the expression for CP-SAT."""
        return cp_model.LinearExpr.weighted_sum(self.vars, self.coefs) + self.constant


def distinct(lits: Iterable[Lit]) -> list[Lit]:
    """Return literals without repetition, in order."""
    return list({lit if isinstance(lit, int) else (lit.index,): lit for lit in lits}.values())
