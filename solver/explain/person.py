"""What of a person's own week keeps them from a place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from solver.problem import Activity, Demand
from solver.verify.amounts import amount
from solver.verify.plan import BusyTimes, Held, Plan, end_day
from solver.verify.rules_people import unfit

#: A blocker's code with the facts for a sentence.
Block = tuple[str, dict[str, str]]

#: Rules of :func:`solver.verify.rules_people.unfit` that depend on the place, not on the activity.
OF_PLACE = frozenset({"reach", "language_group"})


class Week:
    """One participant's attended sessions and rules, asked about possible places.

    Parameters
    ----------
    plan : Plan
        The plan as it stands.
    participant : str
        A known id.
    """

    def __init__(self, plan: Plan, participant: str) -> None:
        self.plan = plan
        self.person = plan.problem.participant_by_id[participant]
        self.sessions = plan.by_participant.get(participant, [])
        self.busy = BusyTimes(self.person.busy)
        self.days: dict[int, list[Held]] = defaultdict(list)
        for h in self.sessions:
            self.days[h.day].append(h)
        self._counted: dict[str, list[Held]] = {}
        self._orders = [
            o
            for o in plan.problem.orders
            if any((participant, a) in plan.demands_of for a in (o.first, o.second))
        ]

    def of_activity(self, activity: Activity) -> list[Block]:
        """Return what keeps the person from the activity everywhere and always."""
        site = next((s for s in activity.sites if self._reaches(s)), "")
        rules = [r for r in unfit(activity, self.person, site, None) if r not in OF_PLACE]
        return [(rule, {"activity": activity.id}) for rule in rules]

    def of_site(self, activity: Activity, site: str) -> list[Block]:
        """Return ``reach`` if the person cannot get to the site."""
        return [] if self._reaches(site) else [("reach", {"activity": activity.id, "site": site})]

    def _reaches(self, site: str) -> bool:
        return self.person.sites is None or site in self.person.sites

    def of_time(self, activity: Activity, start: int) -> list[Block]:
        """Return what of the person's time and demands a session at ``start`` would break."""
        return list(self._of_time(activity, start))

    def _of_time(self, activity: Activity, start: int) -> Iterator[Block]:
        duration, spd = activity.duration_slots, self.plan.problem.slots_per_day
        day, slot = divmod(start, spd)
        overlap = self.busy.first_overlap(start, start + duration)
        if overlap is not None:
            yield "busy", {"busy_start": str(overlap[0]), "busy_end": str(overlap[1])}
        if self.person.day_hours is not None:
            earliest, latest = self.person.day_hours[day % 7]
            if slot < earliest or slot + duration > latest:
                yield "day_hours", {"earliest": str(earliest), "latest": str(latest)}
        yield from self._of_caps(day, duration)
        yield from self._of_demands(activity, day)
        yield from self._of_orders(activity, start)

    def _of_caps(self, day: int, duration: int) -> Iterator[Block]:
        most = self.person.max_slots_day
        if most is not None and sum(h.duration for h in self.days.get(day, ())) + duration > most:
            yield "participant_hours", {"reason": "day", "day": str(day), "most": str(most)}
        most = self.person.max_days_week
        if most is not None and day not in self.days:
            used = sum(d // 7 == day // 7 for d in self.days)
            if used >= most:
                yield "participant_hours", {"reason": "week", "week": str(day // 7), "most": str(most)}

    def _of_demands(self, activity: Activity, day: int) -> Iterator[Block]:
        problem = self.plan.problem
        for demand in self.plan.demands_of.get((self.person.id, activity.id), ()):
            if not demand.from_day <= day < end_day(problem, demand):
                continue
            counted = self.counted(demand)
            if demand.gap_days and any(abs(h.day - day) < demand.gap_days for h in counted):
                yield "demand_gap", {"demand": demand.id, "least": str(demand.gap_days)}
            if demand.max_per_week is not None:
                week = [h for h in counted if h.week == day // 7]
                if self._with_one_more(demand, activity, week, day) > demand.max_per_week:
                    facts = {"reason": "week", "demand": demand.id, "most": str(demand.max_per_week)}
                    yield "demand_max", facts
            if demand.max is not None:
                window = next(w for w in problem.windows(demand) if w.first_day <= day < w.end_day)
                inside = [h for h in counted if window.first_day <= h.day < window.end_day]
                if self._with_one_more(demand, activity, inside, day) > demand.max:
                    yield "demand_max", {"reason": "window", "demand": demand.id, "most": str(demand.max)}

    def _with_one_more(self, demand: Demand, activity: Activity, sessions: list[Held], day: int) -> int:
        minutes = self.plan.problem.slot_minutes
        got = amount(demand.unit, sessions, minutes)
        if demand.unit == "minutes":
            return got + activity.duration_slots * minutes
        return got + (demand.unit == "sessions" or all(h.day != day for h in sessions))

    def counted(self, demand: Demand) -> list[Held]:
        """Return the attended sessions that count for a demand of the person."""
        if demand.id not in self._counted:
            self._counted[demand.id] = self.plan.counted(demand)
        return self._counted[demand.id]

    def _of_orders(self, activity: Activity, start: int) -> Iterator[Block]:
        spd, end = self.plan.problem.slots_per_day, start + activity.duration_slots
        day = start // spd
        for order in self._orders:
            if activity.id not in (order.first, order.second):
                continue
            is_second = activity.id == order.second
            other = order.first if is_second else order.second
            others = [h for h in self.sessions if h.activity.id == other]
            if order.kind == "not_same_day":
                bad = any(h.day == day for h in others)
            elif order.kind == "same_week":
                bad = is_second and all(h.week != day // 7 for h in others)
            elif is_second:
                done = other in self.person.completed
                bad = any(h.end > start for h in others) or (not others and not done)
            else:
                bad = any(h.start < end for h in others)
            if bad:
                yield "order", {"reason": order.kind, "first": order.first, "second": order.second}

    def of_place(self, activity: Activity, start: int, site: str) -> list[Block]:
        """Return ``elsewhere`` if another session, with travel and breaks, is in the way."""
        travel, least = self.plan.problem.travel_slots, self.person.break_slots
        end = start + activity.duration_slots
        for h in self.days.get(start // self.plan.problem.slots_per_day, ()):
            need = max(least, travel.get((h.session.site, site), 0))
            if start < h.end + need and h.start < end + need:
                facts = {"session": h.id, "other_activity": h.activity.id, "other_start": str(h.start)}
                return [("elsewhere", facts)]
        return []
