"""The next version: what choices make of the plan in force, worked out before anybody has to wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from scheduler.choices.fold import States, chosen_place, fold, read_facts
from scheduler.errors import PlanRejectedError, SchedulerError
from scheduler.in_force import days_in_force, last_publication, plan_by_day, states_in_force
from scheduler.judge import Judge, Judgement
from scheduler.models import Centre, ChoiceOffer, GroupSession, OfferState, PlaceState, Plan, PlanState
from scheduler.problem_builder.fixed import planned_sessions
from scheduler.publish import accepted, check_fresh
from scheduler.session_state import load_states
from scheduler.timegrid import to_wall

#: What tells a choice from another one of the same offer: its number, and when it was made.
Mark = tuple[int | None, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """Sessions before and after, and what the judge found of them: a version or draft to be written."""

    before: States
    after: States
    verdict: Judgement
    unmet: list[dict[str, Any]]

    @property
    def changed(self) -> States:
        """The sessions that are not as they were, as they will be."""
        return {uid: state for uid, state in self.after.items() if self.before.get(uid) != state}


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What choices make of a version's days, as plain data.

    ``basis`` is the centre's last publication and ``marks`` are the choices it was worked out from.
    ``kept`` are the offers whose choice can stand, of which each touched some sessions; ``version`` is
    ``None`` where none can. ``left`` are the (participant, session uid) of those who gave their seat.
    ``drafts`` are the open drafts of these days, ``None`` for those in which not all can be had.
    """

    plan_id: int
    first_day: date
    last_day: date
    basis: int
    marks: Mapping[int, Mark]
    kept: frozenset[int]
    touched: Mapping[int, set[str]]
    left: frozenset[tuple[int, str]]
    version: Sketch | None
    drafts: Mapping[int, Sketch | None]

    def holds(
        self, session: Session, centre: Centre, plan_id: int, offers: Sequence[ChoiceOffer], now: datetime
    ) -> bool:
        """Whether all of it is still so: what is in force, the drafts, the choices, and what is to come."""
        marks = marks_of(offers)
        if self.plan_id != plan_id or self.basis != last_publication(session, centre.id):
            return False
        if any(marks.get(offer_id) != mark for offer_id, mark in self.marks.items()):
            return False
        if self.version is None:
            return True
        # Standing breaches may be overridden in sessions of the past as well: only what moves is to come.
        both = (self.version.before, self.version.after)
        moved = {uid for uids in self.touched.values() for uid in uids}
        if any(states[uid].starts_at <= now for uid in moved for states in both if uid in states):
            return False
        return all(
            draft.id in self.drafts and _is_as_read(session, draft, self.drafts[draft.id])
            for draft in fresh_drafts(session, centre, self.first_day, self.last_day)
        )


def fold_choices(session: Session, centre: Centre, now: datetime) -> list[Folded]:
    """Work out what the choices so far make of the plan in force; changes nothing.

    A plan that names what is no more only a person can mend: its choices wait for it.
    """
    found = []
    for plan_id, offers in chosen_offers(session, centre):
        if plan_id is not None:
            try:
                found.append(_fold_plan(session, centre, session.get_one(Plan, plan_id), offers, now))
            except PlanRejectedError:
                continue
    return found


def chosen_offers(session: Session, centre: Centre) -> list[tuple[int | None, list[ChoiceOffer]]]:
    """Return the offers chosen, the first to choose first, by the version that holds on their days."""
    query = (
        select(ChoiceOffer)
        .where(ChoiceOffer.centre_id == centre.id, ChoiceOffer.state == OfferState.CHOSEN)
        .options(selectinload(ChoiceOffer.places), selectinload(ChoiceOffer.activity))
        .order_by(ChoiceOffer.chosen_at, ChoiceOffer.id)
        .execution_options(populate_existing=True)
    )
    offers = [row for row in session.scalars(query) if chosen_place(row).state == PlaceState.CHOSEN]
    if not offers:
        return []
    zone = ZoneInfo(centre.timezone)
    days = {offer.id: to_wall(chosen_place(offer).starts_at, zone)[0] for offer in offers}
    held = plan_by_day(days_in_force(session, centre.id), min(days.values()), max(days.values()))
    by_plan: dict[int | None, list[ChoiceOffer]] = defaultdict(list)
    for offer in offers:
        by_plan[held.get(days[offer.id])].append(offer)
    return list(by_plan.items())


def marks_of(offers: Iterable[ChoiceOffer]) -> dict[int, Mark]:
    """Return what tells the choices of offers from other ones."""
    return {offer.id: (offer.chosen_number, offer.chosen_at) for offer in offers}


def fresh_drafts(session: Session, centre: Centre, first_day: date, last_day: date) -> list[Plan]:
    """Return the open drafts of some days that nothing published since has overtaken."""
    query = select(Plan).where(
        Plan.centre_id == centre.id,
        Plan.state == PlanState.DRAFT,
        Plan.first_day <= last_day,
        Plan.last_day >= first_day,
    )
    found = []
    for draft in session.scalars(query):
        try:
            check_fresh(session, draft)
        except SchedulerError:
            continue
        found.append(draft)
    return found


def _fold_plan(
    session: Session, centre: Centre, plan: Plan, offers: Sequence[ChoiceOffer], now: datetime
) -> Folded:
    facts = read_facts(session, centre, offers, now)
    judge = Judge(session, centre, plan, now, also={offer.participant_id for offer in offers})
    before = states_in_force(session, centre.id, plan.first_day, plan.last_day)
    kept, after, verdict = fold(judge, before, offers, facts)
    version, drafts = None, {}
    if kept:
        after = accepted(after, verdict, now, acknowledged=True)
        version = Sketch(before=before, after=after, verdict=verdict, unmet=verdict.unmet())
        drafts = {
            draft.id: _follow(session, centre, draft, kept, version, now)
            for draft in fresh_drafts(session, centre, plan.first_day, plan.last_day)
        }
    return Folded(
        plan_id=plan.id,
        first_day=plan.first_day,
        last_day=plan.last_day,
        basis=judge.built.publication,
        marks=marks_of(offers),
        kept=frozenset(offer.id for offer in kept),
        touched=facts.touched,
        left=frozenset(facts.left),
        version=version,
        drafts=drafts,
    )


def _follow(
    session: Session,
    centre: Centre,
    draft: Plan,
    offers: Sequence[ChoiceOffer],
    version: Sketch,
    now: datetime,
) -> Sketch | None:
    """Return a draft that says what people chose; ``None`` where that is not possible in it."""
    facts = read_facts(session, centre, offers, now)
    judge = Judge(session, centre, draft, now, also={offer.participant_id for offer in offers})
    _foresee(judge, version)
    before = _states_of(session, draft)
    kept, after, verdict = fold(judge, before, offers, facts)
    if len(kept) < len(offers):
        return None
    return Sketch(before=before, after=after, verdict=verdict, unmet=verdict.unmet())


def _foresee(judge: Judge, version: Sketch) -> None:
    """Let a judge compare with what will be announced, instead of what is."""
    built = judge.built
    known = {state.uid: state for state in built.announced} | version.changed
    inside = (state for state in known.values() if built.grid.first_day <= state.day <= built.grid.last_day)
    previous = planned_sessions(inside, built.grid, built.problem.activity_by_id)
    judge.built = replace(built, problem=replace(built.problem, previous=previous))


def _states_of(session: Session, draft: Plan) -> States:
    found = load_states(session, GroupSession.centre_id == draft.centre_id, GroupSession.plan_id == draft.id)
    return {state.uid: state for state in found}


def _is_as_read(session: Session, draft: Plan, sketch: Sketch | None) -> bool:
    return sketch is None or _states_of(session, draft) == sketch.before
