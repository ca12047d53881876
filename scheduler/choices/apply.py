"""Folding what people chose into the plan: many choices, one new version, judged as a whole.

A published version never changes, and a new one takes seconds on a large centre. So choices are
kept as they come, which is quick, and become part of the plan together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.exc import StaleDataError

from scheduler.audit import record
from scheduler.changes import PlanChanges
from scheduler.choices.answers import close, say_coming
from scheduler.choices.fold import States, chosen_place, fold, read_facts
from scheduler.choices.places import is_present
from scheduler.edit import copy_in_force, describe
from scheduler.errors import PlanRejectedError, SchedulerError
from scheduler.held_places import lock
from scheduler.in_force import days_in_force, last_publication, plan_by_day, sessions_in_force, sessions_of
from scheduler.judge import Judge, Judgement
from scheduler.models import (
    Answer,
    AttendanceRecord,
    Centre,
    ChoiceOffer,
    ChoicePlace,
    FreedSeat,
    GroupSession,
    OfferState,
    PlaceState,
    Plan,
    PlanState,
    Task,
)
from scheduler.publish import PublishResult, check_fresh, publish
from scheduler.runs import open_run
from scheduler.session_state import new_row, stamped, state_of, write_state
from scheduler.timegrid import to_wall

#: Kind of the task that tells the coordination that a chosen place was no longer possible.
CHOICE_REFUSED = "choice_refused"

#: How long choices gather before they become a new version together, and how near they do so at once.
GATHERED = timedelta(minutes=10)
SOON = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of the choices of one version's days.

    ``known`` are the (participant, session uid) whose change is no news to them: they chose it, or
    said themselves that they cannot come. ``published`` is ``None`` when no choice could be applied.
    """

    published: PublishResult | None
    applied: tuple[ChoiceOffer, ...] = ()
    refused: tuple[ChoiceOffer, ...] = ()
    known: frozenset[tuple[int, str]] = frozenset()

    @property
    def news(self) -> PublishResult | None:
        """What people do not know yet: the publication without the changes that are no news."""
        if self.published is None:
            return None
        changes = self.published.changes
        people = tuple(x for x in changes.people if (x.person_id, x.uid) not in self.known)
        return replace(
            self.published,
            changes=PlanChanges(sessions=changes.sessions, people=people, staff=changes.staff),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What choices make of a version's days, as plain data.

    ``basis`` is the centre's last publication and ``marks`` are the choices it was worked out from.
    ``kept`` are the offers whose choice can stand, ``after`` every session as they leave it, of which
    each touched some. ``left`` are the (participant, session uid) of those who gave their seat.
    """

    plan_id: int
    basis: int
    marks: Mapping[int, tuple[int | None, datetime | None]]
    kept: frozenset[int]
    after: States
    verdict: Judgement
    unmet: tuple[dict[str, Any], ...]
    touched: Mapping[int, set[str]]
    left: frozenset[tuple[int, str]]

    def holds(self, plan: Plan, basis: int, offers: Sequence[ChoiceOffer]) -> bool:
        """Whether nothing was published since, and nobody of these thought better of it."""
        now = _marks(offers)
        same = all(now.get(offer_id) == mark for offer_id, mark in self.marks.items())
        return same and (self.plan_id, self.basis) == (plan.id, basis)


def is_time_to_apply(session: Session, centre: Centre, now: datetime) -> bool:
    """Whether choices should become part of the plan: after a while, so that a version takes in many.

    While the weeks are being planned only those wait no longer that are soon: a version published
    meanwhile would leave the new plan behind.
    """
    query = (
        select(ChoiceOffer.chosen_at, ChoicePlace.starts_at)
        .join(ChoiceOffer.places)
        .where(
            ChoiceOffer.centre_id == centre.id,
            ChoiceOffer.state == OfferState.CHOSEN,
            ChoicePlace.state == PlaceState.CHOSEN,
        )
    )
    chosen = session.execute(query).all()
    if any(starts_at <= now + SOON for _, starts_at in chosen):
        return True
    gathered = any(chosen_at is not None and chosen_at <= now - GATHERED for chosen_at, _ in chosen)
    return gathered and open_run(session, centre.id) is None


def fold_choices(session: Session, centre: Centre, now: datetime) -> list[Folded]:
    """Work out what the choices so far make of the plan in force; changes nothing.

    This takes the most time, so that it is done before anybody has to wait.
    """
    return [
        _fold_plan(session, centre, session.get_one(Plan, plan_id), offers, now)
        for plan_id, offers in _by_plan(session, centre)
        if plan_id is not None
    ]


def apply_choices(
    session: Session, centre: Centre, now: datetime, *, folded: Sequence[Folded] | None = None
) -> list[Applied]:
    """Make every place chosen so far part of the plan in force, one publication a version.

    What the judge refuses is given back, and the coordination gets a task.

    Parameters
    ----------
    folded : sequence of Folded, optional
        What :func:`fold_choices` found a moment ago. As far as it no longer holds, and for what was
        chosen since, choices wait for the next time: nobody who answers has to wait for it to be worked
        out again. Without it, everything is worked out here.
    """
    done = []
    for plan_id, offers in _by_plan(session, centre):
        if plan_id is None:
            done.append(_settle(session, centre, None, (), offers, frozenset(), now))
            continue
        plan, basis = session.get_one(Plan, plan_id), last_publication(session, centre.id)
        if folded is None:
            found = _fold_plan(session, centre, plan, offers, now)
        else:
            known = next((each for each in folded if each.holds(plan, basis, offers)), None)
            if known is None:
                continue
            found = known
        concerned = [offer for offer in offers if offer.id in found.marks]
        done.append(_apply(session, centre, plan, concerned, found, now))
    return done


def _by_plan(session: Session, centre: Centre) -> list[tuple[int | None, list[ChoiceOffer]]]:
    """Return the offers chosen, the first to choose first, by the version that holds on their days."""
    query = (
        select(ChoiceOffer)
        .where(ChoiceOffer.centre_id == centre.id, ChoiceOffer.state == OfferState.CHOSEN)
        .options(selectinload(ChoiceOffer.places), selectinload(ChoiceOffer.activity))
        .order_by(ChoiceOffer.chosen_at, ChoiceOffer.id)
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


def _fold_plan(
    session: Session, centre: Centre, plan: Plan, offers: Sequence[ChoiceOffer], now: datetime
) -> Folded:
    rows = sessions_in_force(session, centre.id, plan.first_day, plan.last_day)
    facts = read_facts(session, centre, offers, now)
    judge = Judge(session, centre, plan, now, also={offer.participant_id for offer in offers})
    kept, after, verdict = fold(judge, {row.uid: state_of(row) for row in rows}, offers, facts)
    return Folded(
        plan_id=plan.id,
        basis=judge.built.publication,
        marks=_marks(offers),
        kept=frozenset(offer.id for offer in kept),
        after=after,
        verdict=verdict,
        unmet=tuple(verdict.unmet()) if kept else (),
        touched=facts.touched,
        left=frozenset(facts.left),
    )


def _marks(offers: Iterable[ChoiceOffer]) -> dict[int, tuple[int | None, datetime | None]]:
    """Return what tells a choice from another one of the same offer."""
    return {offer.id: (offer.chosen_number, offer.chosen_at) for offer in offers}


def _apply(
    session: Session,
    centre: Centre,
    plan: Plan,
    offers: Sequence[ChoiceOffer],
    folded: Folded,
    now: datetime,
) -> Applied:
    kept = [offer for offer in offers if offer.id in folded.kept]
    refused = [offer for offer in offers if offer.id not in folded.kept]
    if not kept:
        _hold_still(session, centre, folded)
        return _settle(session, centre, None, (), refused, frozenset(), now)
    rows = {row.uid: row for row in sessions_in_force(session, centre.id, plan.first_day, plan.last_day)}
    states, after = {uid: state_of(row) for uid, row in rows.items()}, folded.after
    drafts = _fresh_drafts(session, plan)
    draft, copies = copy_in_force(
        session, centre, plan.first_day, plan.last_day, now, rows=rows, based_on=plan
    )
    _write(session, draft, copies, states, after, states, now)
    describe(draft, folded.verdict, list(after.values()), list(folded.unmet))
    record(
        session,
        None,
        "plan.choices",
        f"plan:{draft.id}",
        {"offers": [offer.id for offer in kept]},
        now=now,
    ).centre_id = centre.id
    try:
        published = publish(session, centre, draft, now, acknowledged=True, verdict=folded.verdict)
    except PlanRejectedError:
        # The plan in force names what is no more: only a person can mend that, choices wait for it.
        session.delete(draft)
        session.flush()
        return Applied(published=None)
    for other in drafts:
        _follow(session, centre, other, kept, published.plan, now)
    _hold_still(session, centre, folded)
    known = {
        (offer.participant_id, uid)
        for offer in kept
        if not offer.by_default
        for uid in folded.touched[offer.id]
    }
    return _settle(session, centre, published, kept, refused, frozenset(known | folded.left), now)


def _hold_still(session: Session, centre: Centre, folded: Folded) -> None:
    """Let nobody answer until the commit, and make sure that nobody thought better of it before.

    Raises
    ------
    StaleDataError
        If somebody did: what was worked out is not what they chose.
    """
    lock(session, centre.id)
    query = select(ChoiceOffer.id, ChoiceOffer.chosen_number, ChoiceOffer.chosen_at).where(
        ChoiceOffer.id.in_(folded.marks), ChoiceOffer.state == OfferState.CHOSEN
    )
    # Publishing reads the offers anew, so that their version alone would not tell.
    now = {offer_id: (number, chosen_at) for offer_id, number, chosen_at in session.execute(query)}
    if now != folded.marks:
        raise StaleDataError("a choice was replaced while it became part of the plan")


def _write(
    session: Session,
    draft: Plan,
    rows: Mapping[str, GroupSession],
    before: States,
    after: States,
    announced: States,
    now: datetime,
) -> None:
    for uid, state in after.items():
        if before.get(uid) == state:
            continue
        state = stamped(state, announced.get(uid), now, before.get(uid))
        if uid in rows:
            write_state(rows[uid], state)
        else:
            session.add(new_row(state, draft))
    session.flush()


def _fresh_drafts(session: Session, plan: Plan) -> list[Plan]:
    """Return the open drafts of the same days that nothing published since has overtaken."""
    query = select(Plan).where(
        Plan.centre_id == plan.centre_id,
        Plan.state == PlanState.DRAFT,
        Plan.first_day <= plan.last_day,
        Plan.last_day >= plan.first_day,
    )
    found = []
    for draft in session.scalars(query):
        try:
            check_fresh(session, draft)
        except SchedulerError:
            continue
        found.append(draft)
    return found


def _follow(
    session: Session,
    centre: Centre,
    draft: Plan,
    offers: Sequence[ChoiceOffer],
    published: Plan,
    now: datetime,
) -> None:
    """Make a draft say what people chose; where that is not possible in it, it is out of date."""
    rows = {row.uid: row for row in sessions_of(session, draft)}
    states = {uid: state_of(row) for uid, row in rows.items()}
    facts = read_facts(session, centre, offers, now)
    judge = Judge(session, centre, draft, now, also={offer.participant_id for offer in offers})
    kept, after, verdict = fold(judge, states, offers, facts)
    if len(kept) < len(offers):
        return
    announced = {state.uid: state for state in judge.built.announced}
    _write(session, draft, rows, states, after, announced, now)
    describe(draft, verdict, list(after.values()))
    draft.basis = published.publication or draft.basis


def _settle(
    session: Session,
    centre: Centre,
    published: PublishResult | None,
    kept: Iterable[ChoiceOffer],
    refused: Iterable[ChoiceOffer],
    known: frozenset[tuple[int, str]],
    now: datetime,
) -> Applied:
    """Write down what became of each choice; nobody else answers until the commit."""
    lock(session, centre.id)
    kept, refused = tuple(kept), tuple(refused)
    taken = []
    for offer in kept:
        place = chosen_place(offer)
        offer.state, offer.settled_at, place.state = OfferState.APPLIED, now, PlaceState.APPLIED
        if not offer.by_default and not is_present(offer, place):
            taken.append((offer, place))
    if taken:
        say_coming(session, centre.id, taken, now)
    for offer in refused:
        refuse(session, centre, offer, now)
    gone = _said_no(session, centre, known)
    session.flush()
    return Applied(published=published, applied=kept, refused=refused, known=gone)


def refuse(session: Session, centre: Centre, offer: ChoiceOffer, now: datetime) -> None:
    """End an offer of which nothing can be had any more; the coordination sees to the person."""
    place = chosen_place(offer) if offer.chosen_number else offer.places[0]
    close(session, offer, OfferState.REFUSED, now)
    session.add(
        Task(
            centre_id=centre.id,
            kind=CHOICE_REFUSED,
            participant_id=offer.participant_id,
            session_uid=place.session_uid or offer.session_uid,
            facts={"activity": offer.activity.name, "starts_at": place.starts_at.isoformat()},
            due_on=to_wall(place.starts_at, ZoneInfo(centre.timezone))[0],
            created_at=now,
        )
    )


def _said_no(
    session: Session, centre: Centre, known: frozenset[tuple[int, str]]
) -> frozenset[tuple[int, str]]:
    """Leave out those who lost a seat they gave up and want again: for them it is news."""
    back = session.execute(
        select(AttendanceRecord.participant_id, AttendanceRecord.session_uid)
        .join(
            FreedSeat,
            (FreedSeat.participant_id == AttendanceRecord.participant_id)
            & (FreedSeat.session_uid == AttendanceRecord.session_uid),
        )
        .where(
            AttendanceRecord.centre_id == centre.id,
            AttendanceRecord.answer != Answer.NOT_COMING,
            AttendanceRecord.session_uid.in_({uid for _, uid in known}),
        )
    )
    return known - {(person, uid) for person, uid in back}
