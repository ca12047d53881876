"""What the coordinators of a demonstration centre changed in the programmes they started from."""

from __future__ import annotations

from scheduler.demo.sizes import SizeSpec
from scheduler.models import Activity, Programme
from scheduler.programmes.vocabulary import PLACES

#: The management of a demonstration centre approves excursions within a week.
LEAD_DAYS = 7

#: Seats of the groups that more people want to join than can, held when all of them are free: in the
#: afternoon. (Programme, activity), seats.
SOUGHT_AFTER = {("mod_actions", "computing"): 6}
_NOON = "12:00"

#: Groups held more often than one person comes, so that people can choose between days.
#: (Programme, activity), sessions a period and seats.
HELD_OFTEN = {("activ_up", "excursion"): (2, 30), ("mod_actions", "language_beginners"): (5, 11)}

#: Demands that matter most to the team: (programme, demand), weight.
WEIGHTS = {("amie", "group_fortnight"): 30}


def tune_programme(programme: Programme, spec: SizeSpec) -> None:
    """Give a programme its sites, what weighs most, and as many groups as the centre is large."""
    home = spec.homes.get(programme.key)
    for rule in programme.demand_rules:
        rule.weight = WEIGHTS.get((programme.key, rule.key), rule.weight)
    for activity in programme.activities:
        if (programme.key, activity.key) in SOUGHT_AFTER:
            activity.seats_max = SOUGHT_AFTER[programme.key, activity.key]
            activity.times = [
                {**each, "starts": [start for start in each["starts"] if start > _NOON]}
                for each in activity.times
            ]
        if (programme.key, activity.key) in HELD_OFTEN:
            activity.sessions_max, activity.seats_max = HELD_OFTEN[programme.key, activity.key]
        activity.lead_days = min(activity.lead_days, LEAD_DAYS)
        if home is not None and activity.site_names in ([], [PLACES["inside"].token]):
            activity.site_names = list(home)
        if spec.groups > 1:
            _run_side_by_side(activity, spec.groups)


def _run_side_by_side(activity: Activity, groups: int) -> None:
    """Let several groups of an activity be held, at one time or at different ones."""
    if activity.individual or activity.per_cohort or activity.pattern == "consecutive":
        return
    activity.sessions_max *= groups
    activity.max_parallel *= groups
