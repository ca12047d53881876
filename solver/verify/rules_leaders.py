"""Hard rules about who leads a session, and about the time of staff."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from solver.problem import Role, Staff
from solver.verify.plan import Held, Plan, contains, pairs_closer_than
from solver.verify.report import Breach


def check_roles(plan: Plan) -> Iterator[Breach]:
    """Every role is filled by the right number of the right people (``role``)."""
    for h in plan.held:
        facts = {"activity": h.activity.id, "start": str(h.start)}
        filled: dict[str, list[str]] = defaultdict(list)
        for leader in h.session.leaders:
            filled[leader.role].append(leader.staff)
        times = Counter(x.staff for x in h.session.leaders)
        twice = tuple(member for member, k in times.items() if k > 1)
        if twice:
            yield Breach(
                rule="role",
                message=f"{', '.join(map(plan.member, twice))} fills two roles of {plan.what(h)}.",
                sessions=(h.id,),
                staff=twice,
                params=facts | {"reason": "twice"},
            )
        for role in h.activity.roles:
            yield from _role(plan, h, role, filled[role.id], facts | {"role": role.id})


def _role(plan: Plan, h: Held, role: Role, filled: list[str], facts: dict[str, str]) -> Iterator[Breach]:
    wanted = role.count if role_is_needed(plan, h, role) else 0
    if len(set(filled)) != wanted:
        yield Breach(
            rule="role",
            message=f"{plan.what(h)} has {len(set(filled))} people as {role.id!r}; it needs {wanted}.",
            sessions=(h.id,),
            staff=tuple(dict.fromkeys(filled)),
            params=facts | {"reason": "count", "count": str(len(set(filled))), "wanted": str(wanted)},
        )
    for name in dict.fromkeys(filled):
        member = plan.problem.staff_by_id.get(name)
        fault = member and staff_fault(plan, h, role, member)
        if member and fault:
            reason, words, what = fault
            yield Breach(
                rule="role",
                message=f"{plan.member(name)} cannot be {role.id!r} of {plan.what(h)}: {words}.",
                sessions=(h.id,),
                staff=(name,),
                params=facts | {"reason": reason, "staff": name, "what": what},
            )


def role_is_needed(plan: Plan, h: Held, role: Role) -> bool:
    """Whether a role of this session has to be filled at all."""
    if not role.only_if_needed:
        return True
    known = plan.problem.participant_by_id
    return h.activity.individual and any(known[p].needs_interpreter for p in h.people)


def staff_fault(plan: Plan, h: Held, role: Role, member: Staff) -> tuple[str, str, str] | None:
    """Return why someone is not fit for a role: reason, words, the thing lacking; or ``None``."""
    lacking = [s for s in role.skills if s not in member.skills]
    if member.kind not in role.kinds:
        return "kind", f"is {member.kind}, not {' or '.join(role.kinds)}", member.kind
    if lacking:
        return "skills", f"lacks {', '.join(lacking)}", ", ".join(lacking)
    if role.languages and not set(role.languages) & set(member.languages):
        return "languages", f"speaks none of {', '.join(role.languages)}", ", ".join(role.languages)
    if role.language == "group" and h.session.language not in member.languages:
        language = h.session.language or ""
        return "session_language", f"does not speak the session's language ({language or 'none'})", language
    if role.staff is not None and member.id not in role.staff:
        return "not_listed", "is not one of those named for this role", ""
    for person in h.people:
        spoken = plan.problem.participant_by_id[person].languages
        if role.language == "participant" and not set(spoken) & set(member.languages):
            return "participant_language", f"shares no language with {plan.who(person)}", ", ".join(spoken)
        if h.activity.individual and role is h.activity.roles[0]:
            for demand in plan.demands_of.get((person, h.activity.id), ()):
                if demand.staff is not None and member.id not in demand.staff:
                    return "demand_staff", f"is not one of those who follow {plan.who(person)}", demand.id
    return None


def check_staff_time(plan: Plan) -> Iterator[Breach]:
    """Availability, breaks and travel, hours (``staff_unavailable staff_overlap staff_hours``)."""
    spared = plan.spared.get("staff_overlap", frozenset())
    for member in plan.problem.staff:
        sessions = plan.by_staff.get(member.id, [])
        for h in sessions:
            if not contains(member.available, h.start, h.end):
                yield Breach(
                    rule="staff_unavailable",
                    message=f"{plan.member(member.id)} is not available for {plan.what(h)}.",
                    sessions=(h.id,),
                    staff=(member.id,),
                    params={"staff": member.id, "activity": h.activity.id, "start": str(h.start)},
                )
        pairs = pairs_closer_than(
            sessions, least=member.break_slots, travel=plan.problem.travel_slots, spared=spared
        )
        for a, b, need in pairs:
            yield Breach(
                rule="staff_overlap",
                message=f"{plan.member(member.id)} has {plan.what(a)} and {plan.what(b)}, "
                + ("which overlap." if b.start < a.end else f"with less than {need} slots between."),
                sessions=(a.id, b.id),
                staff=(member.id,),
                params={
                    "staff": member.id,
                    "start": str(a.start),
                    "other_start": str(b.start),
                    "activity": a.activity.id,
                    "other_activity": b.activity.id,
                    "needed_slots": str(need),
                },
            )
        yield from _hours(plan, member, sessions)


def _hours(plan: Plan, member: Staff, sessions: list[Held]) -> Iterator[Breach]:
    caps = (("day", member.max_slots_day), ("week", member.max_slots_week))
    for unit, most in caps:
        if most is None:
            continue
        groups: dict[int, list[Held]] = defaultdict(list)
        for h in sessions:
            groups[h.day if unit == "day" else h.week].append(h)
        for number, group in groups.items():
            load = sum(h.duration for h in group)
            if load > most:
                yield Breach(
                    rule="staff_hours",
                    message=f"{plan.member(member.id)} leads {load} slots in the {unit} of "
                    f"{plan.date(group[0].day)}; at most {most} are allowed.",
                    sessions=tuple(dict.fromkeys(h.id for h in group)),
                    staff=(member.id,),
                    params={
                        "reason": unit,
                        "staff": member.id,
                        unit: str(number),
                        "slots": str(load),
                        "most": str(most),
                    },
                )
