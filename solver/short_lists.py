"""Fixed sessions whose open list can never hold enough people."""

from __future__ import annotations

from dataclasses import replace

from solver.explain.person import Block, Week
from solver.problem import FixedSession, Participant, Problem, Seat
from solver.solution import Conflict
from solver.verify.plan import Held, Plan, contains
from solver.verify.rules_leaders import role_is_needed, staff_fault

#: Hard rules by the code with which an explanation names them, where the two differ.
_RULE_OF = {"elsewhere": "participant_overlap"}

#: Rules over several sessions, which an override of any of them sets aside.
_SHARED = frozenset({"participant_overlap", "participant_hours", "demand_max", "demand_gap"})


def find_short_lists(problem: Problem) -> list[Conflict]:
    """Return the fixed sessions that too few people could attend, each by itself.

    Parameters
    ----------
    problem : Problem
        Its fixed sessions list the people that each must have.
    """
    plan = Plan(problem, [f.session for f in problem.fixed])
    weeks = {p.id: Week(plan, p.id) for p in problem.participants}
    found = []
    for fixed in problem.fixed:
        activity = problem.activity_by_id[fixed.session.activity]
        least = 1 if activity.individual else 0 if activity.drop_in else activity.seats_min
        here = {x.participant for x in fixed.session.attendees}
        if fixed.closed or len(here) >= least or "seats" in fixed.overrides:
            continue
        others = [p for p in problem.participants if p.id not in here and p.id not in fixed.excluded]
        able = sum(_could_attend(plan, weeks[p.id], fixed, p) for p in others)
        if len(here) + able < least:
            found.append(
                Conflict(
                    rule="seats",
                    message=f"{plan.what(plan.hold(fixed.session))} is fixed and needs {least} people; "
                    f"{len(here) + able} could attend.",
                    ids=(fixed.session.id,),
                )
            )
    return found


def _could_attend(plan: Plan, week: Week, fixed: FixedSession, person: Participant) -> bool:
    trial = plan.hold(replace(fixed.session, attendees=(Seat(participant=person.id),)))
    rules = {_RULE_OF.get(code, code) for code, _ in _personal(week, trial)}
    if not plan.wants(person.id, trial.activity.id, trial.day):
        rules.add("no_demand")
    if trial.activity.individual and not _led_for(plan, trial):
        rules.add("role")
    if trial.activity.with_mentor and not _mentor_works(plan, trial, person):
        rules.add("staff_unavailable")
    shared = {rule for f in plan.problem.fixed for rule in f.overrides if rule in _SHARED}
    # What has to come first may still be planned.
    return rules - {"order"} <= shared.union(fixed.overrides)


def _personal(week: Week, trial: Held) -> list[Block]:
    a, site, language = trial.activity, trial.session.site, trial.session.language
    found = week.of_activity(a) + week.of_site(a, site)
    found += week.of_time(a, trial.start) + week.of_place(a, trial.start, site)
    if a.language_groups and language not in week.person.languages:
        found.append(("language_group", {}))
    return found


def _led_for(plan: Plan, trial: Held) -> bool:
    """Whether the fixed leaders are those that an appointment of this person needs."""
    staff = plan.problem.staff_by_id
    for role in trial.activity.roles:
        leaders = [staff[x.staff] for x in trial.session.leaders if x.role == role.id]
        wanted = role.count if role_is_needed(plan, trial, role) else 0
        if len(leaders) != wanted or any(staff_fault(plan, trial, role, s) for s in leaders):
            return False
    return True


def _mentor_works(plan: Plan, trial: Held, person: Participant) -> bool:
    mentor = plan.problem.staff_by_id.get(person.mentor or "")
    return mentor is None or contains(mentor.available, trial.start, trial.end)
