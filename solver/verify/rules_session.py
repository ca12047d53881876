"""Hard rules about one session by itself: its time, its place, its size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from solver.verify.plan import Held, Plan, contains
from solver.verify.report import Breach


def check_unknown(plan: Plan) -> Iterator[Breach]:
    """Every id exists and no two sessions share one (``unknown``)."""
    problem = plan.problem
    sites = {s.id for s in problem.sites}
    for session, times in Counter(s.id for s in plan.sessions).items():
        if times > 1:
            yield Breach(
                rule="unknown",
                message=f"The id {session!r} is used by {times} sessions.",
                sessions=(session,),
                params={"reason": "repeated", "id": session, "count": str(times)},
            )
    for s in plan.sessions:
        activity = problem.activity_by_id.get(s.activity)
        named = [("activity", s.activity, activity is not None), ("site", s.site, s.site in sites)]
        if s.room is not None:
            named.append(("room", s.room, s.room in problem.room_by_id))
        for leader in s.leaders:
            named.append(("staff", leader.staff, leader.staff in problem.staff_by_id))
            if activity is not None:
                named.append(("role", leader.role, any(r.id == leader.role for r in activity.roles)))
        for seat in s.attendees:
            known = seat.participant in problem.participant_by_id
            named.append(("participant", seat.participant, known))
        for kind, name, known in named:
            if not known:
                yield Breach(
                    rule="unknown",
                    message=f"Session {s.id!r} names the {kind} {name!r}, which does not exist.",
                    sessions=(s.id,),
                    params={"reason": kind, "id": name},
                )


def check_time(plan: Plan) -> Iterator[Breach]:
    """Within the horizon, on an open day, at an allowed start (``horizon closed_day start``)."""
    problem = plan.problem
    closed = set(problem.closed_days)
    starts = {a.id: set(a.starts) for a in problem.activities}
    for h in plan.held:
        a = h.activity
        last = problem.days - 1 if a.latest_day is None else a.latest_day
        facts = {"activity": a.id, "start": str(h.start)}
        if not (0 <= h.day < problem.days and h.slot_of_day + h.duration <= problem.slots_per_day):
            yield Breach(
                rule="horizon",
                message=f"{plan.what(h)} does not lie within one day of the horizon.",
                sessions=(h.id,),
                params=facts,
            )
        if h.day in closed:
            yield Breach(
                rule="closed_day",
                message=f"{plan.what(h)} is on a day when the centre is closed.",
                sessions=(h.id,),
                params=facts | {"day": str(h.day)},
            )
        if (h.weekday, h.slot_of_day) not in starts[a.id]:
            yield Breach(
                rule="start",
                message=f"{plan.what(h)} is not at an allowed time of its activity.",
                sessions=(h.id,),
                params=facts | {"reason": "time"},
            )
        elif h.start in a.closed_starts:
            yield Breach(
                rule="start",
                message=f"{plan.what(h)} is at a time closed to its activity.",
                sessions=(h.id,),
                params=facts | {"reason": "closed"},
            )
        elif not a.earliest_day <= h.day <= last:
            yield Breach(
                rule="start",
                message=f"{plan.what(h)} is outside the days from {plan.date(a.earliest_day)} "
                f"to {plan.date(last)} set for its activity.",
                sessions=(h.id,),
                params=facts | {"reason": "day", "first_day": str(a.earliest_day), "last_day": str(last)},
            )


def check_place(plan: Plan) -> Iterator[Breach]:
    """Site, room and seats of the room (``site room room_seats``)."""
    for h in plan.held:
        s, a = h.session, h.activity
        facts = {"activity": a.id, "start": str(h.start)}
        if s.site not in a.sites:
            yield Breach(
                rule="site",
                message=f"{plan.what(h)} is at the site {s.site!r}, where its activity is not held.",
                sessions=(h.id,),
                params=facts | {"site": s.site},
            )
        yield from _room(plan, h, facts)


def _room(plan: Plan, h: Held, facts: dict[str, str]) -> Iterator[Breach]:
    s, a = h.session, h.activity
    if s.room is None or not a.needs_room:
        if a.needs_room is not (s.room is not None):
            missing = s.room is None
            yield Breach(
                rule="room",
                message=f"{plan.what(h)} {'has no room' if missing else 'has a room but needs none'}.",
                sessions=(h.id,),
                rooms=() if s.room is None else (s.room,),
                params=facts | {"reason": "missing" if missing else "unwanted"},
            )
        return
    room = plan.problem.room_by_id.get(s.room)
    if room is None:
        return
    lacking = [f for f in a.room_features if f not in room.features]
    faults = []
    if room.site != s.site:
        faults.append(("wrong_site", f"at another site ({room.site!r})", {"site": room.site}))
    if a.rooms is not None and room.id not in a.rooms:
        faults.append(("not_listed", "not one of its activity's rooms", {}))
    if lacking:
        faults.append(("feature", f"without {', '.join(lacking)}", {"features": ", ".join(lacking)}))
    if not contains(room.available, h.start, h.end):
        faults.append(("unavailable", "not available then", {}))
    for reason, words, more in faults:
        yield Breach(
            rule="room",
            message=f"{plan.what(h)} is in the room {room.name or room.id}, which is {words}.",
            sessions=(h.id,),
            rooms=(room.id,),
            params=facts | {"reason": reason, "room": room.id} | more,
        )
    if len(h.people) > room.seats:
        yield Breach(
            rule="room_seats",
            message=f"{plan.what(h)} has {len(h.people)} people in {room.name or room.id}, "
            f"which seats {room.seats}.",
            sessions=(h.id,),
            rooms=(room.id,),
            params=facts | {"room": room.id, "count": str(len(h.people)), "most": str(room.seats)},
        )


def check_size(plan: Plan) -> Iterator[Breach]:
    """Number of people, nobody twice, subgroups (``seats duplicate subgroups``)."""
    for h in plan.held:
        a, n = h.activity, len({x.participant for x in h.session.attendees})
        facts = {"activity": a.id, "start": str(h.start)}
        low, high = (1, 1) if a.individual else (0, 0) if a.drop_in else (a.seats_min, a.seats_max)
        if not low <= n <= high:
            reason = (
                "individual" if a.individual else "drop_in" if a.drop_in else "few" if n < low else "many"
            )
            allowed = str(low) if low == high else f"{low} to {high}"
            yield Breach(
                rule="seats",
                message=f"{plan.what(h)} has {n} people; {allowed} are allowed.",
                sessions=(h.id,),
                params=facts | {"reason": reason, "count": str(n), "least": str(low), "most": str(high)},
            )
        if n != len(h.session.attendees):
            times = Counter(x.participant for x in h.session.attendees)
            twice = tuple(p for p, k in times.items() if k > 1)
            yield Breach(
                rule="duplicate",
                message=f"{plan.what(h)} lists {', '.join(map(plan.who, twice))} more than once.",
                sessions=(h.id,),
                participants=twice,
                params=facts,
            )
        yield from _subgroups(plan, h, facts)


def _subgroups(plan: Plan, h: Held, facts: dict[str, str]) -> Iterator[Breach]:
    wanted = h.activity.subgroups
    numbers = [x.subgroup for x in h.session.attendees]
    if wanted is None:
        if any(number is not None for number in numbers):
            yield Breach(
                rule="subgroups",
                message=f"{plan.what(h)} has subgroups though its activity has none.",
                sessions=(h.id,),
                params=facts | {"reason": "unwanted"},
            )
        return
    without = tuple(x.participant for x in h.session.attendees if x.subgroup is None)
    if without:
        yield Breach(
            rule="subgroups",
            message=f"{plan.what(h)} leaves {', '.join(map(plan.who, without))} without a subgroup.",
            sessions=(h.id,),
            participants=without,
            params=facts | {"reason": "missing"},
        )
    sizes = Counter(number for number in numbers if number is not None)
    if set(sizes) != set(range(len(sizes))):
        yield Breach(
            rule="subgroups",
            message=f"The subgroups of {plan.what(h)} are not numbered 0, 1, 2 and so on.",
            sessions=(h.id,),
            params=facts | {"reason": "numbers"},
        )
    for number, size in sorted(sizes.items()):
        if not wanted[0] <= size <= wanted[1]:
            yield Breach(
                rule="subgroups",
                message=f"Subgroup {number} of {plan.what(h)} has {size} people; "
                f"{wanted[0]} to {wanted[1]} are allowed.",
                sessions=(h.id,),
                params=facts
                | {
                    "reason": "size",
                    "subgroup": str(number),
                    "count": str(size),
                    "least": str(wanted[0]),
                    "most": str(wanted[1]),
                },
            )
