"""``leader_change``: people meet the same leaders, and their own referents."""

from __future__ import annotations

from collections import defaultdict

from solver.candidates import Placement
from solver.literals import Lit, Sum, distinct
from solver.variables import Bundle, Variables


def leader_change(variables: Variables) -> Sum:
    """``(different staff of a role - count)+`` of groups; 1 for each appointment without a referent."""
    lost = Sum()
    for activity_id in variables.groups():
        placements = variables.of_activity[activity_id]
        if placements[0].activity.continuity:
            _group(variables, placements, lost)
    for bundle in variables.bundles:
        if bundle.first.activity.individual and bundle.first.activity.roles:
            _appointments(variables, bundle, lost)
    return lost


def _group(variables: Variables, placements: list[Placement], lost: Sum) -> None:
    for role in placements[0].activity.roles:
        leading: dict[str, list[Lit]] = defaultdict(list)
        for placement in placements:
            for staff in _staff(placement, role.id):
                leading[staff].append(variables.leads[variables.bundle_of[placement], role.id, staff])
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


def _appointments(variables: Variables, bundle: Bundle, lost: Sum) -> None:
    """``appointments held - referents who fill the first role``; a bundle shares its referents."""
    role = bundle.first.activity.roles[0]
    able = _staff(bundle.first, role.id)
    for placement in bundle.placements:
        for person in placement.people:
            referents = variables.problem.participant_by_id[person].referents
            known = [s for s in able if s in referents]
            if not referents or (known and (placement.standing or len(able) == role.count)):
                continue
            lost.add(1, variables.attends[placement, person])
            if known and placement is bundle.first:
                lits = [variables.leads[bundle, role.id, s] for s in known]
                if role.count > 1:
                    lits = [variables.any_of(distinct(lits))]
                for lit in lits:
                    lost.add(-1, lit)
