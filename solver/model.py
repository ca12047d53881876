"""The whole model: variables, hard rules and the weighted sum of every soft term."""

from __future__ import annotations

from collections.abc import Collection

from solver.candidates import Candidates
from solver.constraints import CONSTRAINTS
from solver.literals import Sum
from solver.objective import TERMS, WEIGHT_NAMES
from solver.variables import Variables


class Model:
    """A CP-SAT model of a set of candidates, minimising the points lost.

    Parameters
    ----------
    candidates : Candidates
        What could be placed.
    whole : bool
        ``True`` for the whole problem: ``lost`` is then exact to the constant. ``False`` for a
        neighbourhood of a valid plan, in which points that nothing can change are left out.
    without : collection of str
        Terms to leave out: what remains is a relaxation, for a bound.
    partly_seen : frozenset of str
        Participants whose days are not judged, for a part of a problem.
    """

    def __init__(
        self,
        candidates: Candidates,
        *,
        whole: bool = True,
        without: Collection[str] = (),
        partly_seen: frozenset[str] = frozenset(),
    ) -> None:
        self.variables = Variables(candidates, whole=whole, partly_seen=partly_seen)
        for add in CONSTRAINTS:
            add(self.variables)
        weights = candidates.problem.weights
        self.lost = Sum()
        for name, term in TERMS.items():
            weight = getattr(weights, WEIGHT_NAMES[name])
            # A term without weight is still reported, by solver.score, but need not be modelled.
            if weight and name not in without:
                self.lost.extend(term(self.variables), weight)
        if self.lost.vars:
            self.variables.model.minimize(self.lost.expr())
