"""Every place a person could have taken for a demand, with what closes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from solver.explain.person import Block, Week
from solver.explain.supply import Supply
from solver.problem import Activity
from solver.verify.amounts import WindowAmount
from solver.verify.plan import Held, Plan


@dataclass(slots=True, kw_only=True)
class Place:
    """A seat in a session of the plan (``session`` given) or a session that could be held.

    ``blocks`` are what closes it. ``counted`` are those to be counted: of a session that the
    activity itself rules out, nothing else is worth telling.
    """

    activity: Activity
    start: int
    session: str = ""
    site: str = ""
    language: str | None = None
    blocks: list[Block] = field(default_factory=list)
    counted: list[Block] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, int, str]:
        """What tells places apart."""
        return self.activity.id, self.start, self.session


class Places:
    """Enumerates and judges the places of unmet demands on one plan."""

    def __init__(self, plan: Plan, unmet: Sequence[WindowAmount]) -> None:
        self.plan = plan
        self.supply = Supply(plan)
        self._weeks: dict[str, Week] = {}
        self._fixed = {f.session.id: f for f in plan.problem.fixed}
        self._waiting: dict[str, list[WindowAmount]] = defaultdict(list)
        for w in unmet:
            for activity in dict.fromkeys(w.demand.activities):
                self._waiting[activity].append(w)
        self._joiners: dict[tuple[str, int], list[str]] = {}
        self._pairs: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for rule in plan.problem.pair_rules:
            self._pairs[rule.a].append((rule.kind, rule.b))
            self._pairs[rule.b].append((rule.kind, rule.a))

    def week(self, participant: str) -> Week:
        """Return the participant's week, read once."""
        if participant not in self._weeks:
            self._weeks[participant] = Week(self.plan, participant)
        return self._weeks[participant]

    def of_window(self, w: WindowAmount) -> Iterator[Place]:
        """Yield every place that would add to what a window of a demand gets."""
        used = {h.day for h in w.sessions} if w.demand.unit == "days" else set()
        for name in dict.fromkeys(w.demand.activities):
            activity = self.plan.problem.activity_by_id[name]
            always = self.week(w.demand.participant).of_activity(activity)
            if not activity.individual:
                yield from self._joins(w, activity, always, used)
            if not activity.drop_in:
                for day in range(w.window.first_day, w.window.end_day):
                    if day not in used:
                        yield from self._news(w, activity, always, day)

    def _joins(
        self, w: WindowAmount, activity: Activity, always: list[Block], used: set[int]
    ) -> Iterator[Place]:
        person = w.demand.participant
        sessions = self.plan.by_activity.get(activity.id, [])
        for h in sessions:
            if (
                w.window.first_day <= h.day < w.window.end_day
                and h.day not in used
                and person not in h.people
            ):
                blocks = always + self.join_blocks(person, h)
                if activity.block and any(self.join_blocks(person, x) for x in sessions if x is not h):
                    blocks = [*blocks, ("block", {})]
                yield Place(
                    activity=activity,
                    start=h.start,
                    session=h.id,
                    site=h.session.site,
                    language=h.session.language,
                    blocks=blocks,
                    counted=blocks,
                )

    def join_blocks(self, person: str, h: Held) -> list[Block]:
        """Return what keeps a person from a session of the plan, what holds always left out."""
        if h.activity.drop_in:
            return [("drop_in", {})]
        week, site, language = self.week(person), h.session.site, h.session.language
        found = week.of_site(h.activity, site)
        if h.activity.language_groups and language not in week.person.languages:
            found.append(("language_group", {"language": language or ""}))
        found += week.of_time(h.activity, h.start) + week.of_place(h.activity, h.start, site)
        found += self._list_blocks(person, h)
        if h.activity.with_mentor and week.person.mentor not in h.staff:
            found += self.supply.of_mentor(h.activity, h.start, site, week.person)
        return found

    def _list_blocks(self, person: str, h: Held) -> Iterator[Block]:
        n, a = len(h.people), h.activity
        fixed = self._fixed.get(h.id)
        if fixed is not None and person in fixed.excluded:
            yield "excluded", {}
        if fixed is not None and fixed.closed:
            yield "closed_list", {}
        if n >= a.seats_max:
            yield "full", {"most": str(a.seats_max)}
        room = self.plan.problem.room_by_id.get(h.session.room or "")
        if room is not None and n >= room.seats:
            yield "room_full", {"room": room.id, "most": str(room.seats)}
        if a.subgroups is not None and not any(
            g * a.subgroups[0] <= n + 1 <= g * a.subgroups[1] for g in range(1, n + 2)
        ):
            yield (
                "subgroups",
                {"least": str(a.subgroups[0]), "most": str(a.subgroups[1]), "count": str(n + 1)},
            )
        for kind, other in self._pairs.get(person, ()):
            there = other in h.people
            if kind == "apart" and there:
                yield "apart", {"other": other}
            if kind == "together" and not there and self.plan.wants(other, a.id, h.day):
                yield "together", {"other": other}

    def _news(self, w: WindowAmount, activity: Activity, always: list[Block], day: int) -> Iterator[Place]:
        for weekday, slot in activity.starts:
            start = day * self.plan.problem.slots_per_day + slot
            if weekday == day % 7 and start not in activity.closed_starts:
                yield self.new_place(w, activity, always, start)

    def new_place(self, w: WindowAmount, activity: Activity, always: list[Block], start: int) -> Place:
        """Judge a session of an activity that could be held for a person at ``start``."""
        own = self.supply.of_activity(activity, start)
        place = Place(activity=activity, start=start)
        if own:
            place.counted = [b for b in own if b[0] != "parallel" or self._all_full(activity, start)]
            # A second obstacle leaves no single change that would help, so the rest is not asked.
            place.blocks = own + always
            if len(place.blocks) == 1:
                place.blocks = own + self._at(w, place)
            return place
        place.counted = place.blocks = always + self._at(w, place)
        return place

    def _all_full(self, activity: Activity, start: int) -> bool:
        """Whether no session of the activity at ``start`` has a seat; if one has, joining it says more."""
        beside = (h for h in self.plan.by_activity.get(activity.id, ()) if h.start == start)
        return all(len(h.people) >= activity.seats_max for h in beside)

    def _at(self, w: WindowAmount, place: Place) -> list[Block]:
        a, spd = place.activity, self.plan.problem.slots_per_day
        week = self.week(w.demand.participant)
        starts = [place.start]
        if a.pattern == "consecutive" and not a.individual:
            run = self.supply.run_days(a, *divmod(place.start, spd))
            starts = [d * spd + place.start % spd for d in run or ()] or starts
        found = [block for start in starts for block in week.of_time(a, start)]
        languages: tuple[str | None, ...] = week.person.languages if a.language_groups else (None,)
        options = [
            (site, lang, self._option(week, a, starts, site, lang)) for site in a.sites for lang in languages
        ]
        if options:
            place.site, place.language, best = min(options, key=lambda option: len(option[2]))
            found += best
        elif a.sites:
            found.append(("language_group", {"language": ""}))
        else:
            found.append(("no_suitable_room", {"site": "", "features": ""}))
        if not a.individual:
            found += self._partners(w.demand.participant, a, place.start)
        if a.seats_min > 1 and not a.individual:
            count = len({w.demand.participant, *self.joiners(a, place.start)})
            if count < a.seats_min:
                found.append(("seats_min", {"least": str(a.seats_min), "count": str(count)}))
        return found

    def _partners(self, person: str, activity: Activity, start: int) -> Iterator[Block]:
        day = start // self.plan.problem.slots_per_day
        for kind, other in self._pairs.get(person, ()):
            if kind == "together" and self.plan.wants(other, activity.id, day):
                partner = self.week(other)
                if partner.of_activity(activity) or partner.of_time(activity, start):
                    yield "together", {"other": other}

    def _option(
        self, week: Week, a: Activity, starts: list[int], site: str, language: str | None
    ) -> list[Block]:
        found = week.of_site(a, site)
        for start in starts:
            found = found + week.of_place(a, start, site)
            found = found + self.supply.of_place(a, start, site, language, week.person)
            found = found + self.supply.of_mentor(a, start, site, week.person)
        return found

    def joiners(self, activity: Activity, start: int) -> list[str]:
        """Return those with an unmet demand for the activity who could come at ``start``."""
        key = (activity.id, start)
        if key not in self._joiners:
            day = start // self.plan.problem.slots_per_day
            found = []
            for w in self._waiting[activity.id]:
                if w.window.first_day <= day < w.window.end_day:
                    week = self.week(w.demand.participant)
                    sites = [s for s in activity.sites if not week.of_site(activity, s)]
                    if (
                        not week.of_activity(activity)
                        and not week.of_time(activity, start)
                        and any(not week.of_place(activity, start, s) for s in sites)
                    ):
                        found.append(w.demand.participant)
            self._joiners[key] = list(dict.fromkeys(found))
        return self._joiners[key]
