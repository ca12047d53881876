"""``leader_change``: people meet the same leaders, and their own referents."""

from __future__ import annotations

from collections import defaultdict

from solver.candidates import Placement
from solver.literals import Lit, Sum
from solver.variables import Variables


def leader_change(variables: Variables) -> Sum:
    """``(different staff of a role - count)+`` of groups; 1 for each appointment without a referent."""
    lost = Sum()
    for activity_id in variables.groups():
        placements = variables.of_activity[activity_id]
        if placements[0].activity.continuity:
            _group(variables, placements, lost)
    for placement in variables.placements:
        if placement.activity.individual and placement.activity.roles:
            for person in placement.people:
                referents = variables.problem.participant_by_id[person].referents
                if referents:
                    _appointment(variables, placement, person, referents, lost)
    return lost


def _group(variables: Variables, placements: list[Placement], lost: Sum) -> None:
    for role in placements[0].activity.roles:
        leading: dict[str, list[Lit]] = defaultdict(list)
        for placement in placements:
            for staff in _staff(placement, role.id):
                leading[staff].append(variables.leads[placement, role.id, staff])
        if len(leading) <= role.count:
            continue
        total = Sum(-role.count)
        for lits in leading.values():
            if any(isinstance(lit, int) for lit in lits):
                total.constant += 1
                continue
            used = variables.new_bool()
            for lit in lits:
                variables.imply(lit, used, "")
            total.add(1, used)
        if total.lowest >= 0:
            lost.extend(total)
            continue
        changes = variables.model.new_int_var(0, total.highest, "")
        variables.model.add(changes >= total.expr())
        lost.add(1, changes)


def _staff(placement: Placement, role: str) -> list[str]:
    if placement.standing:
        return [leader.staff for leader in placement.leaders if leader.role == role]
    return [staff for r, able in placement.staffing if r.id == role for staff in able]


def _appointment(
    variables: Variables, placement: Placement, person: str, referents: tuple[str, ...], lost: Sum
) -> None:
    """Points lost: ``attends - (a referent fills the first role)``."""
    role = placement.activity.roles[0].id
    lits = [variables.leads[placement, role, s] for s in _staff(placement, role) if s in referents]
    attends = variables.attends[placement, person]
    if any(isinstance(lit, int) for lit in lits):
        return
    if not lits:
        lost.add(1, attends)
        return
    if any(lit is variables.held[placement] for lit in lits):
        return
    lost.add(1, attends)
    lost.add(-1, lits[0] if len(lits) == 1 else variables.any_of(lits))
