"""Hard rules about participants: their time, and whether a session is for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from solver.problem import Activity, Participant
from solver.verify.plan import BusyTimes, Held, Plan, pairs_closer_than
from solver.verify.report import Breach


def check_participant_time(plan: Plan) -> Iterator[Breach]:
    """No clash, no course missed, no day too long (``participant_overlap busy day_hours``)."""
    spared = plan.spared.get("participant_overlap", frozenset())
    for person in plan.problem.participants:
        sessions = plan.by_participant.get(person.id, [])
        if not sessions:
            continue
        busy = BusyTimes(person.busy)
        for h in sessions:
            facts = {"participant": person.id, "activity": h.activity.id, "start": str(h.start)}
            overlap = busy.first_overlap(h.start, h.end)
            if overlap is not None:
                yield Breach(
                    rule="busy",
                    message=f"{plan.who(person.id)} is busy during {plan.what(h)}: "
                    f"from {plan.when(overlap[0])} to {plan.when(overlap[1])}.",
                    sessions=(h.id,),
                    participants=(person.id,),
                    params=facts | {"busy_start": str(overlap[0]), "busy_end": str(overlap[1])},
                )
            if person.day_hours is not None:
                first, last = person.day_hours[h.weekday]
                if h.slot_of_day < first or h.slot_of_day + h.duration > last:
                    yield Breach(
                        rule="day_hours",
                        message=f"{plan.what(h)} is outside the hours of {plan.who(person.id)}.",
                        sessions=(h.id,),
                        participants=(person.id,),
                        params=facts | {"earliest": str(first), "latest": str(last)},
                    )
        pairs = pairs_closer_than(
            sessions, least=person.break_slots, travel=plan.problem.travel_slots, spared=spared
        )
        for a, b, need in pairs:
            yield Breach(
                rule="participant_overlap",
                message=f"{plan.who(person.id)} has {plan.what(a)} and {plan.what(b)}, "
                + ("which overlap." if b.start < a.end else f"with less than {need} slots between."),
                sessions=(a.id, b.id),
                participants=(person.id,),
                params={
                    "participant": person.id,
                    "start": str(a.start),
                    "other_start": str(b.start),
                    "activity": a.activity.id,
                    "other_activity": b.activity.id,
                    "needed_slots": str(need),
                },
            )
        yield from _caps(plan, person, sessions)


def _caps(plan: Plan, person: Participant, sessions: list[Held]) -> Iterator[Breach]:
    days: dict[int, list[Held]] = defaultdict(list)
    weeks: dict[int, list[Held]] = defaultdict(list)
    for h in sessions:
        days[h.day].append(h)
        weeks[h.week].append(h)
    if person.max_slots_day is not None:
        for day, group in days.items():
            load = sum(h.duration for h in group)
            if load > person.max_slots_day:
                yield Breach(
                    rule="participant_hours",
                    message=f"{plan.who(person.id)} attends {load} slots on {plan.date(day)}; "
                    f"at most {person.max_slots_day} are allowed.",
                    sessions=tuple(dict.fromkeys(h.id for h in group)),
                    participants=(person.id,),
                    params={
                        "reason": "day",
                        "participant": person.id,
                        "day": str(day),
                        "slots": str(load),
                        "most": str(person.max_slots_day),
                    },
                )
    if person.max_days_week is not None:
        for week, group in weeks.items():
            used = len({h.day for h in group})
            if used > person.max_days_week:
                yield Breach(
                    rule="participant_hours",
                    message=f"{plan.who(person.id)} comes on {used} days in the week of "
                    f"{plan.date(7 * week)}; at most {person.max_days_week} are allowed.",
                    sessions=tuple(dict.fromkeys(h.id for h in group)),
                    participants=(person.id,),
                    params={
                        "reason": "week",
                        "participant": person.id,
                        "week": str(week),
                        "days": str(used),
                        "most": str(person.max_days_week),
                    },
                )


def unfit(activity: Activity, person: Participant, site: str, language: str | None) -> list[str]:
    """Return the rules that keep a person out of every session of this kind at this site.

    Parameters
    ----------
    activity : Activity
    person : Participant
    site : str
        Where the session is.
    language : str or None
        The session's language.

    Returns
    -------
    list of str
        Among ``level language_group reach cohort opt_out children mentor``.
    """
    found = []
    if not (
        activity.level_spoken[0] <= person.level_spoken <= activity.level_spoken[1]
        and activity.level_written[0] <= person.level_written <= activity.level_written[1]
    ):
        found.append("level")
    if activity.language_groups and language is not None and language not in person.languages:
        found.append("language_group")
    if person.sites is not None and site not in person.sites:
        found.append("reach")
    if activity.members is not None and person.id not in activity.members:
        found.append("cohort")
    if person.opt_outs and (
        activity.id in person.opt_outs or not set(activity.themes).isdisjoint(person.opt_outs)
    ):
        found.append("opt_out")
    if person.brings_children and not activity.children_welcome:
        found.append("children")
    if activity.with_mentor and person.mentor is None:
        found.append("mentor")
    return found


_WORDS = {
    "level": "is not of the level that {what} is for",
    "language_group": "does not speak the language of {what}",
    "reach": "cannot reach the site of {what}",
    "cohort": "is not a member of the closed group of {what}",
    "opt_out": "has opted out of {what}",
    "children": "brings children, who are not welcome in {what}",
    "mentor": "has no mentor to come to {what} with",
    "no_demand": "has no need that lists {what} on that day",
}


def check_fitness(plan: Plan) -> Iterator[Breach]:
    """Whether each session is for each attendee.

    Covers ``level language_group reach cohort opt_out children mentor no_demand``.
    """
    for h in plan.held:
        language = h.session.language
        if h.activity.language_groups is not (language is not None):
            missing = language is None
            words = "no language" if missing else "a language but no language groups"
            yield Breach(
                rule="language_group",
                message=f"{plan.what(h)} has {words}.",
                sessions=(h.id,),
                params={
                    "reason": "missing" if missing else "unwanted",
                    "activity": h.activity.id,
                    "start": str(h.start),
                },
            )
        for name in h.people:
            person = plan.problem.participant_by_id[name]
            rules = unfit(h.activity, person, h.session.site, language)
            if not plan.wants(name, h.activity.id, h.day):
                rules.append("no_demand")
            for rule in rules:
                yield Breach(
                    rule=rule,
                    message=f"{plan.who(name)} {_WORDS[rule].format(what=plan.what(h))}.",
                    sessions=(h.id,),
                    participants=(name,),
                    params={
                        "reason": "person",
                        "participant": name,
                        "activity": h.activity.id,
                        "start": str(h.start),
                        "site": h.session.site,
                        "language": language or "",
                    },
                )


def check_pair_rules(plan: Plan) -> Iterator[Breach]:
    """Two people who come together or never meet (``together apart``)."""
    for pair in plan.problem.pair_rules:
        a_sessions = plan.by_participant.get(pair.a, [])
        b_sessions = plan.by_participant.get(pair.b, [])
        common = {id(h) for h in a_sessions} & {id(h) for h in b_sessions}
        for h in dict.fromkeys(a_sessions + b_sessions):
            both = id(h) in common
            if pair.kind == "apart":
                bad = both
            else:
                bad = (
                    not both
                    and not h.activity.individual
                    and plan.wants(pair.a, h.activity.id, h.day)
                    and plan.wants(pair.b, h.activity.id, h.day)
                )
            if bad:
                words = "attend" if both else "do not both attend"
                yield Breach(
                    rule=pair.kind,
                    message=f"{plan.who(pair.a)} and {plan.who(pair.b)} {words} {plan.what(h)}; "
                    f"they are to be {pair.kind}.",
                    sessions=(h.id,),
                    participants=(pair.a, pair.b),
                    params={
                        "a": pair.a,
                        "b": pair.b,
                        "activity": h.activity.id,
                        "start": str(h.start),
                    },
                )
