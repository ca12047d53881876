"""Looking for places that are as good: what each person of an activity could be offered, changing nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from scheduler import settings
from scheduler.choices.kept_times import KeptTimes
from scheduler.choices.places import seats_left
from scheduler.in_force import days_in_force, states_in_force
from scheduler.judge import Judge, Judgement
from scheduler.models import (
    Activity,
    Centre,
    ChoiceOffer,
    ChoiceRound,
    OfferState,
    Plan,
)
from scheduler.planner_ids import activity_rows, participant_key, row_id
from scheduler.roster_import.folding import fold
from scheduler.session_state import SessionState, from_planned
from scheduler.timegrid import TimeGrid
from solver.problem import DAYS_PER_WEEK, Demand, DemandWindow, PlannedSession, Problem
from solver.verify.amounts import measure
from solver.verify.plan import Plan as ReadPlan

if TYPE_CHECKING:
    from solver.alternatives import Alternative


#: Places in one offer.
MOST_PLACES = 3

#: Places looked at for each person, of which the most different are offered.
LOOKED_AT = 6

#: States of offers that still decide about a person's place.
PENDING = (OfferState.PREPARED, OfferState.OPEN, OfferState.CHOSEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What one person could be offered: the state of each place, the best first.

    ``session_uid`` is the session they have now; ``joins`` are the uids of the places that are seats in
    sessions held anyway, ``None`` for a time that is free.
    """

    participant_id: int
    session_uid: str | None
    places: tuple[SessionState, ...]
    joins: tuple[str | None, ...]
    points_lost: tuple[int, ...]


@dataclass(slots=True)
class Found:
    """What a search found: the proposals, and how many people were looked at."""

    people: int = 0
    proposals: list[Proposal] = field(default_factory=list)


def offering(session: Session, centre: Centre) -> list[Activity]:
    """Return the activities whose places may be chosen, by the centre's setting.

    Individual ones come first, since a group mostly meets at one time only; then by name.
    """
    query = (
        select(Activity)
        .where(
            Activity.centre_id == centre.id,
            Activity.active,
            Activity.block.is_(False),
            Activity.kind.in_(settings.choice_kinds(centre)),
        )
        .options(selectinload(Activity.programme))
    )
    return sorted(session.scalars(query), key=lambda row: (not row.individual, fold(row.name), row.id))


def find_proposals(session: Session, centre: Centre, round_: ChoiceRound, now: datetime) -> Found:
    """Look for places that are as good for everybody whom a round is about; changes nothing."""
    found = Found()
    kinds = set(settings.choice_kinds(centre))
    offering_rows = {row.id: row for row in offering(session, centre)}
    asked = set(
        session.scalars(
            select(ChoiceOffer.participant_id).where(
                ChoiceOffer.centre_id == centre.id,
                ChoiceOffer.activity_id == round_.activity_id,
                ChoiceOffer.state.in_(PENDING),
            )
        )
    )
    first_at = now + timedelta(hours=round_.hold_hours + settings.choice_notice_hours(centre))
    plans = {
        piece.plan_id
        for piece in days_in_force(session, centre.id)
        if piece.first_day <= round_.last_day and piece.last_day >= round_.first_day
    }
    for plan in session.scalars(select(Plan).where(Plan.id.in_(plans)).order_by(Plan.first_day)).all():
        search = _Search(session, centre, plan, round_, first_at, now, kinds, offering_rows)
        search.run(asked, found)
    return found


class _Search:
    """One version's people, in the order in which their places are kept."""

    def __init__(
        self,
        session: Session,
        centre: Centre,
        plan: Plan,
        round_: ChoiceRound,
        first_at: datetime,
        now: datetime,
        kinds: set[str],
        offering_rows: dict[int, Activity],
    ) -> None:
        self.round, self.now, self.rows = round_, now, offering_rows
        self.states = states_in_force(session, centre.id, plan.first_day, plan.last_day)
        judge = Judge(session, centre, plan, now)
        self.grid: TimeGrid = judge.built.grid
        self.judgement: Judgement = judge.judge(self.states.values())
        self.problem: Problem = self.judgement.problem
        self.first_start = max(self.grid.slot_of(first_at, up=True), 0)
        self.first_day = max(self.grid.day_index(round_.first_day), 0)
        self.end_day = min(self.grid.day_index(round_.last_day) + 1, self.problem.days)
        self.wanted = {a.id for a in self.problem.activities if activity_rows(a.id)[0] == round_.activity_id}
        self.choosable = {
            a.id
            for a in self.problem.activities
            if activity_rows(a.id)[0] in offering_rows and offering_rows[activity_rows(a.id)[0]].kind in kinds
        }
        self.left = Counter(seats_left(session, centre.id, self.states, now))
        self.kept = KeptTimes(session, centre, self.grid, now)

    def run(self, asked: set[int], found: Found) -> None:
        for person, wanted, uid in self._people(asked):
            found.people += 1
            # Nothing may be possible in the first of the weeks in which somebody has no place.
            tried = (self._proposal(person, demand, window, uid) for demand, window in wanted)
            proposal = next((each for each in tried if each is not None), None)
            if proposal is not None:
                found.proposals.append(proposal)
                asked.add(proposal.participant_id)
                self._keep(proposal)

    def _people(self, asked: set[int]) -> Iterator[tuple[str, list[tuple[Demand, DemandWindow]], str | None]]:
        """Yield who is to choose, and for what: those with a place, by its time, then those with none."""
        plan = ReadPlan(self.problem, self.judgement.sessions)
        demands: dict[str, list[Demand]] = defaultdict(list)
        for demand in self.problem.demands:
            if not self.wanted.isdisjoint(demand.activities):
                demands[demand.participant].append(demand)
        seen = {participant_key(person) for person in asked}
        for held in plan.held:
            if held.activity.id not in self.wanted or not self.first_day <= held.day < self.end_day:
                continue
            locked = {participant_key(x.participant_id) for x in self.states[held.id].people if x.locked}
            for person in held.people:
                # What is too near stays, as does what somebody placed by hand, or chose before.
                if person in seen or held.start < self.first_start or person in locked:
                    continue
                where = self._window(demands[person], held.activity.id, held.day)
                if where is not None:
                    seen.add(person)
                    yield person, [where], held.id
        for person, theirs in demands.items():
            if person in seen:
                continue
            first_day = max(self.first_day, self.first_start // self.problem.slots_per_day)
            open_ = [
                (demand, w.window)
                for demand in theirs
                for w in measure(plan, demand)
                if w.got < w.target and w.window.first_day < self.end_day and w.window.end_day > first_day
            ]
            if open_:
                yield person, open_, None

    def _window(self, demands: list[Demand], activity: str, day: int) -> tuple[Demand, DemandWindow] | None:
        for demand in demands:
            if activity in demand.activities:
                for window in self.problem.windows(demand):
                    if window.first_day <= day < window.end_day:
                        return demand, window
        return None

    def _proposal(
        self, person: str, demand: Demand, window: DemandWindow, uid: str | None
    ) -> Proposal | None:
        # OR-tools takes a second to load, which no page should wait for.
        from solver.one_person import places_of_one

        participant_id = row_id(person)
        present = None if uid is None else self.states[uid]
        full = {u for u in self.states if self.left[u] <= 0 and u != uid}
        kept_out = {
            u
            for u, state in self.states.items()
            if any(x.participant_id == participant_id and x.excluded for x in state.people)
        }
        days = replace(
            window,
            first_day=max(window.first_day, self.first_day),
            end_day=min(window.end_day, self.end_day),
        )
        found = places_of_one(
            self.kept.cut(self.problem, person),
            self.judgement.sessions,
            demand,
            days,
            activities=self.choosable & set(demand.activities),
            instead_of=uid,
            first_start=self.first_start,
            shut=full | kept_out,
            k=LOOKED_AT,
            tolerance_points=self.round.tolerance_points,
        )
        found = self._varied(found, MOST_PLACES - (present is not None), present)
        places = [self._state(x.session) for x in found]
        joins = [x.session.id if x.session.id in self.states else None for x in found]
        lost = [x.lost for x in found]
        if present is not None:
            if not found:
                return None
            places, joins, lost = [present, *places], [present.uid, *joins], [0, *lost]
        if not places:
            return None
        return Proposal(
            participant_id=participant_id,
            session_uid=uid,
            places=tuple(places),
            joins=tuple(joins),
            points_lost=tuple(lost),
        )

    def _varied(
        self, found: list[Alternative], count: int, present: SessionState | None
    ) -> list[Alternative]:
        """Return so many of some places that are as good: other half-days before the same again."""
        half = self.problem.slots_per_day // 2
        used = Counter() if present is None else Counter([self.grid.slot_of(present.starts_at) // half])
        weekdays = Counter({(each // 2) % DAYS_PER_WEEK: n for each, n in used.items()})
        chosen: list[Alternative] = []
        left = list(found)
        while left and len(chosen) < count:
            halves = [x.session.start // half for x in left]
            best = min(
                range(len(left)),
                key=lambda i: (used[halves[i]], weekdays[(halves[i] // 2) % DAYS_PER_WEEK], i),
            )
            # The best for the plan comes first where the person has no place yet.
            best = 0 if present is None and not chosen else best
            used[halves[best]] += 1
            weekdays[(halves[best] // 2) % DAYS_PER_WEEK] += 1
            chosen.append(left.pop(best))
        best_first = 0 if present is not None else 1
        return chosen[:best_first] + sorted(chosen[best_first:], key=lambda x: x.session.start)

    def _state(self, session: PlannedSession) -> SessionState:
        if session.id in self.states:
            return self.states[session.id]
        activity_id, cohort_id = activity_rows(session.activity)
        return from_planned(
            session, self.rows[activity_id], self.grid, uid="", now=self.now, cohort_id=cohort_id
        )

    def _keep(self, proposal: Proposal) -> None:
        for place, uid in zip(proposal.places, proposal.joins, strict=True):
            if uid is None:
                self.kept.keep(place)
            else:
                self.left[uid] -= uid != proposal.session_uid
