"""A small centre with one programme, planned for a few weeks, and the plan in plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.planner_ids import activity_rows
from scheduler.problem_builder import build_problem
from scheduler.programmes import install_programme, load_programme_file
from scheduler.programmes.loader import FOLDER
from solver.check import check_problem
from solver.problem import Demand, Problem
from solver.solution import Solution
from solver.solve import Progress, solve
from solver.verify import verify_solution
from tests.factories import MONDAY, Make

#: A solve takes seconds, and both databases give the planner the same problem: that is tested where
#: it is built.
ONE_DATABASE = pytest.mark.parametrize("backend", ["sqlite"])

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HALVES = {"am": (time(8, 30), time(12, 15)), "pm": (time(12, 45), time(17, 15))}
OFFICE_HOURS = dict.fromkeys(DAYS[:5], ("08:30", "17:30"))


@dataclass(frozen=True)
class Held:
    """A session of the plan: minutes count from midnight, ``week`` and ``day`` from the first Monday."""

    activity: str
    day: int
    starts: int
    minutes: int
    site: str
    room: str | None
    language: str | None
    leaders: Mapping[str, Sequence[str]]
    people: frozenset[str]
    subgroups: Mapping[str, int | None]

    @property
    def week(self) -> int:
        """Number of the week, 0 the first."""
        return self.day // 7

    @property
    def weekday(self) -> str:
        """``mon`` to ``sun``."""
        return DAYS[self.day % 7]

    @property
    def ends(self) -> int:
        """Minutes from midnight."""
        return self.starts + self.minutes


@dataclass
class PlannedWeeks:
    """A solved plan; people and staff go by the names that the test gave them."""

    weeks: int
    problem: Problem
    solution: Solution
    sessions: list[Held]
    busy: Mapping[str, list[tuple[int, str]]]
    names: Mapping[str, str]
    keys: Mapping[int, str]

    def of(self, *activities: str, person: str | None = None) -> list[Held]:
        """Sessions of some activities, in order of time; those of one person if asked."""
        return [
            s
            for s in self.sessions
            if (not activities or s.activity in activities) and (person is None or person in s.people)
        ]

    def count(self, person: str, *activities: str, period: int = 1) -> list[int]:
        """How many sessions a person has in every period of so many weeks."""
        found = [s.week // period for s in self.of(*activities, person=person)]
        return [found.count(window) for window in range(-(-self.weeks // period))]

    def check(self) -> None:
        """Check what holds for every plan: the judge finds nothing, and nobody is on a course day."""
        assert self.solution.status in ("optimal", "feasible", "cancelled")
        report = verify_solution(self.problem, self.solution)
        assert [f"{b.rule}: {b.message}" for b in report.broken] == []
        assert self.sessions
        for session in self.sessions:
            for person in session.people:
                for weekday, half in self.busy.get(person, ()):
                    starts, ends = (t.hour * 60 + t.minute for t in HALVES[half])
                    meets = session.starts < ends and starts < session.ends
                    assert not (session.day % 7 == weekday and meets), (person, session)
        for names in (self._by(lambda s: s.people), self._by(self._leading)):
            for name, held in names.items():
                for one, next_one in pairwise(held):
                    assert (one.day, one.ends) <= (next_one.day, next_one.starts), name

    def unmet(self, *activities: str) -> list[tuple[str, int, int]]:
        """Windows that miss their minimum: person, first day, amount got."""
        wanted = {d.id for d in self.problem.demands if set(self._keys(d.activities)) <= set(activities)}
        return [
            (self._name(u.participant), u.first_day, u.got)
            for u in self.solution.unmet
            if u.demand in wanted and u.got < u.min
        ]

    def _by(self, names: Callable[[Held], Iterable[str]]) -> Mapping[str, list[Held]]:
        table: dict[str, list[Held]] = defaultdict(list)
        for session in self.sessions:
            for name in names(session):
                table[name].append(session)
        return table

    @staticmethod
    def _leading(session: Held) -> list[str]:
        return [name for names in session.leaders.values() for name in names]

    def _name(self, key: str) -> str:
        return self.names[key]

    def _keys(self, activities: Iterable[str]) -> list[str]:
        return [self.keys[activity_rows(activity)[0]] for activity in activities]


class SmallCentre:
    """Makes the centre; ``plan`` solves it.

    Parameters
    ----------
    make : callable
        Factory of rows of the centre.
    key : str
        Of the programme, the only one of the centre.
    """

    def __init__(self, make: Make, session: Session, centre: m.Centre, now: datetime, key: str) -> None:
        self.make, self.session, self.centre, self.now = make, session, centre, now
        self.main = make(m.Site, name="Centre")
        self.programme = install_programme(session, centre, load_programme_file(FOLDER / f"{key}.yaml"), now)
        self.names: dict[str, str] = {}
        self.busy: dict[str, list[tuple[int, str]]] = {}

    def site(self, name: str) -> m.Site:
        """Add another site of the centre."""
        site: m.Site = self.make(m.Site, name=name)
        return site

    def rooms(self, *seats: int, site: m.Site | None = None, features: Sequence[str] = ("quiet",)) -> None:
        """Add rooms to a site, by default the main one."""
        for number, count in enumerate(seats, 1):
            self.make(
                m.Room, site=site or self.main, name=f"Salle {number}", seats=count, features=list(features)
            )

    def staff(
        self,
        name: str,
        *skills: str,
        hours: Mapping[str, tuple[str, str]] = OFFICE_HOURS,
        **columns: Any,
    ) -> m.StaffMember:
        """Add somebody who leads, with weekly hours."""
        row: m.StaffMember = self.make(
            m.StaffMember, first_name=name, last_name="", skills=list(skills), **columns
        )
        for day, (starts, ends) in hours.items():
            self.make(
                m.Availability,
                staff=row,
                weekday=DAYS.index(day),
                starts=time.fromisoformat(starts),
                ends=time.fromisoformat(ends),
            )
        self.names[f"s{row.id}"] = name
        return row

    def person(
        self,
        name: str,
        phase: str,
        courses: str = "",
        *,
        since: date = MONDAY - timedelta(weeks=4),
        status: m.EnrolmentStatus = m.EnrolmentStatus.ACTIVE,
        **columns: Any,
    ) -> m.Participant:
        """Add a person in a phase; ``courses`` are half-days such as ``"mon am, tue pm"``."""
        row: m.Participant = self.make(m.Participant, first_name=name, last_name="", **columns)
        self.names[f"p{row.id}"] = name
        self.busy[name] = []
        for half_day in filter(None, courses.split(", ")):
            day, half = half_day.split()
            self.busy[name].append((DAYS.index(day), half))
            starts, ends = HALVES[half]
            self.make(m.Availability, participant=row, weekday=DAYS.index(day), starts=starts, ends=ends)
        found = next(p for p in self.programme.phases if p.key == phase)
        self.make(
            m.Enrolment,
            programme=self.programme,
            participant=row,
            phase=found,
            starts_on=since,
            status=status,
        )
        return row

    def demands_of(self, activity: str, weeks: int, *, judging: bool = False) -> list[Demand]:
        """Demands of the planner's problem for an activity, or of the problem that judges a plan."""
        found = next(a for a in self.programme.activities if a.key == activity)
        demands = self._problem(weeks, judging=judging).demands
        return [d for d in demands if found.id in {activity_rows(a)[0] for a in d.activities}]

    def _problem(self, weeks: int, *, judging: bool = False) -> Problem:
        self.session.flush()
        self.session.expire_all()
        return build_problem(self.session, self.centre, MONDAY, weeks, self.now, judging=judging).problem

    def plan(self, weeks: int, *, lost_at_most: int, time_limit_s: float = 60) -> PlannedWeeks:
        """Plan so many weeks from the Monday after next.

        The search ends with the first plan that loses at most so many points: a busy machine makes
        the test slow, not red. Chosen below what the best plan would lose with one more least amount
        unmet (600 points for a session), it leaves every need covered that can be.
        """
        problem = self._problem(weeks)
        check_problem(problem)
        lost = [lost_at_most + 1]

        def note(progress: Progress) -> None:
            if progress.objective is not None:
                lost.append(progress.full_value - progress.objective)

        solution = solve(
            problem,
            time_limit_s=time_limit_s,
            seed=1,
            workers=2,
            on_progress=note,
            should_stop=lambda: lost[-1] <= lost_at_most,
        )
        keys = {activity.id: activity.key for activity in self.programme.activities}
        sites = {f"l{site.id}": site.name for site in self._all(m.Site)}
        rooms = {f"r{room.id}": room.name for room in self._all(m.Room)}
        sessions = []
        for s in solution.sessions:
            day, slot = divmod(s.start, problem.slots_per_day)
            leaders: dict[str, list[str]] = defaultdict(list)
            for leader in s.leaders:
                leaders[leader.role].append(self.names[leader.staff])
            sessions.append(
                Held(
                    activity=keys[activity_rows(s.activity)[0]],
                    day=day,
                    starts=slot * problem.slot_minutes,
                    minutes=problem.activity_by_id[s.activity].duration_slots * problem.slot_minutes,
                    site=sites[s.site],
                    room=rooms[s.room] if s.room else None,
                    language=s.language,
                    leaders=dict(leaders),
                    people=frozenset(self.names[seat.participant] for seat in s.attendees),
                    subgroups={self.names[seat.participant]: seat.subgroup for seat in s.attendees},
                )
            )
        sessions.sort(key=lambda s: (s.day, s.starts, s.activity))
        return PlannedWeeks(weeks, problem, solution, sessions, self.busy, self.names, keys)

    def _all(self, model: type[m.Site] | type[m.Room]) -> list[Any]:
        return self.session.query(model).filter_by(centre_id=self.centre.id).all()
