"""The variables of the CP-SAT model behind query methods, with known values folded away.

A literal is a Boolean variable, or the number 1 for what holds in any case. Standing sessions
thus cost nothing, which lets one and the same model serve the whole problem and the small
neighbourhoods that :mod:`solver.improve` solves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ortools.sat.python import cp_model

from solver.candidates import Candidates, Placement
from solver.counting import Counter
from solver.literals import Lit, Sum, distinct
from solver.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class RoomClass:
    """Rooms that no session of one day can tell apart: their use is counted, not assigned."""

    day: int
    rooms: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """Placements whose leaders and rooms can be chosen together.

    Appointments of one activity at one time and site, with the same staff and rooms to choose
    from, are led by as many staff as are held; who leads which makes no difference. This keeps
    the number of variables from growing with people times staff.
    """

    placements: tuple[Placement, ...]

    @property
    def first(self) -> Placement:
        """One placement, for the facts that all of them share."""
        return self.placements[0]


class Variables:
    """Decision variables over a set of candidates.

    Parameters
    ----------
    candidates : Candidates
        What could be placed.
    whole : bool
        Whether standing sessions are judged against each other; a neighbourhood of a valid
        plan leaves that out.
    partly_seen : frozenset of str
        Participants who may attend more than these candidates: nothing is said of their days.
    """

    def __init__(
        self, candidates: Candidates, *, whole: bool = True, partly_seen: frozenset[str] = frozenset()
    ) -> None:
        self.partly_seen = partly_seen
        self.candidates = candidates
        self.problem: Problem = candidates.problem
        self.placements = candidates.placements
        self.whole = whole
        self.model = cp_model.CpModel()
        self.contradictions: list[str] = []
        self.held: dict[Placement, Lit] = {}
        self.attends: dict[tuple[Placement, str], Lit] = {}
        self.leads: dict[tuple[Bundle, str, str], Lit] = {}
        self.uses: dict[tuple[Bundle, RoomClass], Lit] = {}
        self.of_person: dict[str, list[tuple[Placement, Lit]]] = defaultdict(list)
        self.of_staff: dict[str, list[tuple[Placement, Lit]]] = defaultdict(list)
        self.of_activity: dict[str, list[Placement]] = defaultdict(list)
        self.shortages: dict[tuple[str, int], Sum] = {}
        self._days: dict[tuple[str, int], Lit] = {}
        for placement in self.placements:
            self._make(placement)
        self.bundles = self._make_bundles()
        self.bundle_of = {p: bundle for bundle in self.bundles for p in bundle.placements}
        for bundle in self.bundles:
            self._make_leaders(bundle)
        self._make_room_classes()
        self._make_staff_use()

    @cached_property
    def counter(self) -> Counter:
        """What the demands count."""
        return Counter(self)

    def new_bool(self) -> cp_model.IntVar:
        """Return a new Boolean variable."""
        return self.model.new_bool_var("")

    def open(self, items: Iterable[tuple[Placement, Lit]]) -> bool:
        """Tell whether anything is left to decide among items, or they must be judged anyway."""
        return self.whole or any(not isinstance(lit, int) for _, lit in items)

    def people(self) -> list[str]:
        """Return the ids of the participants about whom anything is to be decided."""
        return [p for p, items in self.of_person.items() if self.open(items)]

    def staff(self) -> list[str]:
        """Return the ids of the staff about whom anything is to be decided."""
        return [s for s, items in self.of_staff.items() if self.open(items)]

    def groups(self) -> list[str]:
        """Return the ids of the group activities with anything to be decided."""
        return [
            a
            for a, items in self.of_activity.items()
            if not items[0].activity.individual and self.open((p, self.held[p]) for p in items)
        ]

    def attendees(self, placement: Placement) -> list[Lit]:
        """Return the literals of everyone who could attend a placement."""
        return [self.attends[placement, p] for p in placement.people]

    def day(self, person: str, day: int) -> Lit:
        """Return the literal of a participant attending anything on a day; made on first use."""
        key = (person, day)
        if key not in self._days:
            certain = any(p.day == day and isinstance(lit, int) for p, lit in self.of_person[person])
            self._days[key] = 1 if certain else self.new_bool()
        return self._days[key]

    def days_of(self, person: str) -> dict[int, list[tuple[Placement, Lit]]]:
        """Return what a participant could attend, by day."""
        by_day: dict[int, list[tuple[Placement, Lit]]] = defaultdict(list)
        for placement, lit in self.of_person[person]:
            by_day[placement.day].append((placement, lit))
        return by_day

    def contradict(self, rule: str) -> None:
        """Record that standing sessions break a rule among themselves: no plan exists."""
        self.contradictions.append(rule)
        self.model.add_bool_or([])

    def forbid(self, lit: Lit, rule: str) -> None:
        """Exclude a literal."""
        if isinstance(lit, int):
            self.contradict(rule)
        else:
            self.model.add(lit == 0)

    def imply(self, a: Lit, b: Lit, rule: str) -> None:
        """Let ``a`` imply ``b``."""
        if isinstance(b, int) or a is b:
            return
        if isinstance(a, int):
            self.model.add(b == 1)
        else:
            self.model.add_implication(a, b)

    def any_of(self, lits: Sequence[Lit]) -> Lit:
        """Return a literal that holds exactly when one of ``lits`` (not empty) does."""
        if any(isinstance(lit, int) for lit in lits):
            return 1
        if len(lits) == 1:
            return lits[0]
        result = self.new_bool()
        self.model.add_bool_or([*lits, ~result])
        for lit in lits:
            assert not isinstance(lit, int)
            self.model.add_implication(lit, result)
        return result

    def at_most(self, items: Iterable[tuple[int, Placement, Lit]], limit: int, rule: str) -> None:
        """Keep ``sum coef * lit <= limit``.

        Where standing sessions alone pass the limit with an override of ``rule``, nothing is
        added to them; without one the problem is contradictory.
        """
        total, overridden = Sum(), False
        for coef, placement, lit in items:
            total.add(coef, lit)
            overridden = overridden or (isinstance(lit, int) and rule in placement.overrides)
        self.at_most_sum(total, limit, rule, overridden=overridden)

    def at_most_sum(self, total: Sum, limit: int, rule: str, *, overridden: bool = False) -> None:
        """Keep a sum of non-negative coefficients at most ``limit``; see :meth:`at_most`."""
        if total.constant > limit:
            if not overridden:
                self.contradict(rule)
                return
            limit = total.constant
        left = limit - total.constant
        if not total.vars or sum(total.coefs) <= left:
            return
        if all(c == 1 for c in total.coefs) and left == 1:
            self.model.add_at_most_one(total.vars)
        elif left == 0:
            for var in total.vars:
                self.model.add(var == 0)
        else:
            self.model.add(cp_model.LinearExpr.weighted_sum(total.vars, total.coefs) <= left)

    def _make(self, placement: Placement) -> None:
        self.of_activity[placement.activity.id].append(placement)
        held: Lit = 1 if placement.standing else self.new_bool()
        self.held[placement] = held
        for person in placement.people:
            lit: Lit
            if person in placement.certain:
                lit = 1
            elif placement.participant is not None:
                lit = held
            else:
                lit = self.new_bool()
                self.imply(lit, held, "seats")
            self.attends[placement, person] = lit
            self.of_person[person].append((placement, lit))

    def _make_bundles(self) -> list[Bundle]:
        alike: dict[object, list[Placement]] = defaultdict(list)
        for placement in self.placements:
            activity = placement.activity
            if (
                placement.participant is None
                or activity.with_mentor
                or any(role.count > 1 for role, _ in placement.staffing)
            ):
                alike[placement].append(placement)
                continue
            referents: frozenset[str] = frozenset()
            if placement.staffing and placement.staffing[0][0] is activity.roles[0]:
                able = frozenset(placement.staffing[0][1])
                referents = able & set(self.problem.participant_by_id[placement.participant].referents)
            place = (activity.id, placement.start, placement.site, placement.language)
            staff = tuple((role.id, names) for role, names in placement.staffing)
            alike[place, staff, placement.rooms, referents].append(placement)
        return [Bundle(tuple(placements)) for placements in alike.values()]

    def total(self, bundle: Bundle) -> cp_model.LinearExprT:
        """Return how many placements of a bundle are held."""
        return cp_model.LinearExpr.sum([self.held[p] for p in bundle.placements])

    def _make_leaders(self, bundle: Bundle) -> None:
        first = bundle.first
        for leader in first.leaders:
            self.leads[bundle, leader.role, leader.staff] = 1
        for role, able in first.staffing:
            lits: list[Lit]
            if len(able) == role.count and len(bundle.placements) == 1:
                lits = [self.held[first]] * len(able)
            else:
                lits = [self.new_bool() for _ in able]
                self.model.add(cp_model.LinearExpr.sum(lits) == role.count * self.total(bundle))
            for staff, one in zip(able, lits, strict=True):
                self.leads[bundle, role.id, staff] = one

    def _make_staff_use(self) -> None:
        """A staff member is occupied by a session they lead or in which someone they mentor is."""
        use: dict[tuple[Bundle, str], list[Lit]] = defaultdict(list)
        for (bundle, _, staff), lit in self.leads.items():
            use[bundle, staff].append(lit)
        for (bundle, _), lits in use.items():
            if len(lits) > 1 and not bundle.first.standing:
                self.model.add(cp_model.LinearExpr.sum(lits) <= 1)
        for (placement, person), lit in self.attends.items():
            mentor = self.problem.participant_by_id[person].mentor
            if placement.activity.with_mentor and mentor is not None:
                use[self.bundle_of[placement], mentor].append(lit)
        for (bundle, staff), lits in use.items():
            self.of_staff[staff].append((bundle.first, self.any_of(distinct(lits))))

    def _make_room_classes(self) -> None:
        users: dict[tuple[int, str], list[int]] = defaultdict(list)
        taken: set[tuple[int, str]] = set()
        for number, bundle in enumerate(self.bundles):
            first = bundle.first
            if first.room is not None:
                taken.add((first.day, first.room))
            for room in first.rooms:
                users[first.day, room].append(number)
        alike: dict[tuple[int, str | None, int, tuple[int, ...]], list[str]] = defaultdict(list)
        for (day, room), numbers in users.items():
            activities = {a.id: a for a in (self.bundles[n].first.activity for n in numbers)}
            most = max(1 if a.individual else a.seats_max for a in activities.values())
            seats = min(self.problem.room_by_id[room].seats, most)
            alone = room if self.whole and (day, room) in taken else None
            alike[day, alone, seats, tuple(numbers)].append(room)
        choices: dict[int, list[RoomClass]] = defaultdict(list)
        for (day, _, _, sharing), rooms in alike.items():
            room_class = RoomClass(day, tuple(rooms))
            for number in sharing:
                choices[number].append(room_class)
        for number, classes in choices.items():
            self._make_rooms(self.bundles[number], classes)

    def _make_rooms(self, bundle: Bundle, classes: list[RoomClass]) -> None:
        size = len(bundle.placements)
        if len(classes) == 1 and size == 1:
            self.uses[bundle, classes[0]] = self.held[bundle.first]
            return
        counts = [self.model.new_int_var(0, min(size, len(c.rooms)), "") for c in classes]
        self.model.add(cp_model.LinearExpr.sum(counts) == self.total(bundle))
        for room_class, count in zip(classes, counts, strict=True):
            self.uses[bundle, room_class] = count
