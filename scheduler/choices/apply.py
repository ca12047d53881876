"""Folding what people chose into the plan: many choices, one new version, judged as a whole.

A published version never changes, and working out a new one takes seconds on a large centre. So choices
are kept as they come, which is quick, and become part of the plan together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.audit import record
from scheduler.choices.answers import tell_coming
from scheduler.choices.fold import States, chosen_place
from scheduler.choices.next_version import Folded, Sketch, chosen_offers, fold_choices, fresh_drafts
from scheduler.choices.places import is_present
from scheduler.db import begin_writing
from scheduler.edit import describe
from scheduler.generate import new_draft
from scheduler.held_places import lock
from scheduler.in_force import loaded_sessions
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
)
from scheduler.publish import PublishResult, put_in_force
from scheduler.runs import open_run
from scheduler.session_state import insert_states, new_row, stamped, write_state

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


def apply_choices(
    session: Session, centre: Centre, now: datetime, *, folded: Sequence[Folded] | None = None
) -> list[Applied]:
    """Make every place chosen so far part of the plan in force, one publication a version.

    What the judge refuses is lost: see ``scheduler.choices.lost``.

    Parameters
    ----------
    folded : sequence of Folded, optional
        What :func:`fold_choices` found a moment ago. As far as it no longer holds, and for what was
        chosen since, choices wait for the next time: nobody who answers has to wait for it to be worked
        out again. Without it, everything is worked out here.
    """
    folded = fold_choices(session, centre, now) if folded is None else folded
    _hold_still(session, centre, folded)
    done = []
    for plan_id, offers in chosen_offers(session, centre):
        if plan_id is None:
            done.append(Applied(published=None, refused=_refuse(offers)))
            continue
        found = next((each for each in folded if each.holds(session, centre, plan_id, offers, now)), None)
        if found is not None:
            done.append(_apply(session, centre, found, offers, now))
    session.flush()
    return done


def _hold_still(session: Session, centre: Centre, folded: Sequence[Folded]) -> None:
    """Let nobody edit the drafts that follow, nor answer, until the commit.

    In this order, which is that of publishing a draft too.
    """
    begin_writing(session)
    if drafts := {draft_id for each in folded for draft_id in each.drafts}:
        session.execute(select(Plan.id).where(Plan.id.in_(drafts)).order_by(Plan.id).with_for_update())
    lock(session, centre.id)


def _apply(
    session: Session, centre: Centre, folded: Folded, offers: Sequence[ChoiceOffer], now: datetime
) -> Applied:
    kept = tuple(offer for offer in offers if offer.id in folded.kept)
    refused = _refuse(x for x in offers if x.id in folded.marks and x.id not in folded.kept)
    if folded.version is None:
        return Applied(published=None, refused=refused)
    taken = []
    for offer in kept:
        place = chosen_place(offer)
        offer.state, offer.settled_at, place.state = OfferState.APPLIED, now, PlaceState.APPLIED
        if not offer.by_default and not is_present(offer, place):
            taken.append((offer, place))
    published = _publish(session, centre, folded, folded.version, now)
    tell_coming(session, centre.id, taken, now)
    chose = {offer.id: offer.participant_id for offer in kept if not offer.by_default}
    known = {(person, uid) for offer_id, person in chose.items() for uid in folded.touched[offer_id]}
    return Applied(
        published=published,
        applied=kept,
        refused=refused,
        known=_said_no(session, centre, frozenset(known | folded.left)),
    )


def _refuse(offers: Iterable[ChoiceOffer]) -> tuple[ChoiceOffer, ...]:
    """Take the place that each chose away again; the clock sees to what is left for them."""
    refused = tuple(offers)
    for offer in refused:
        chosen_place(offer).state = PlaceState.LOST
    return refused


def _publish(
    session: Session, centre: Centre, folded: Folded, version: Sketch, now: datetime
) -> PublishResult:
    following = fresh_drafts(session, centre, folded.first_day, folded.last_day)
    plan = new_draft(session, centre, folded.first_day, folded.last_day, now, based_on_id=folded.plan_id)
    after = dict(version.after)
    for uid, state in version.changed.items():
        after[uid] = stamped(state, version.before.get(uid), now)
    insert_states(session, plan, after.values())
    describe(plan, version.verdict, list(after.values()), version.unmet)
    detail = {"offers": sorted(folded.kept)}
    record(session, None, "plan.choices", f"plan:{plan.id}", detail, now=now).centre_id = centre.id
    published = put_in_force(session, centre, plan, version.before, after, version.verdict, now)
    for draft in following:
        sketch = folded.drafts[draft.id]
        if sketch is not None:
            _write(session, draft, sketch, after, now)
            draft.basis = plan.publication or draft.basis
    return published


def _write(session: Session, draft: Plan, sketch: Sketch, announced: States, now: datetime) -> None:
    """Make a draft say what people chose."""
    changed = sketch.changed
    mine = GroupSession.plan_id == draft.id
    rows = {row.uid: row for row in loaded_sessions(session, mine, GroupSession.uid.in_(changed))}
    for uid, state in changed.items():
        state = stamped(state, announced.get(uid), now, sketch.before.get(uid))
        if uid in rows:
            write_state(rows[uid], state)
        else:
            session.add(new_row(state, draft))
    describe(draft, sketch.verdict, list(sketch.after.values()), sketch.unmet)
    session.flush()


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
