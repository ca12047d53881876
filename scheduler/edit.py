"""Editing a draft by hand: every act is judged before it is stored, and can be undone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.audit import record
from scheduler.edit_acts import Act, Scene
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.generate import chosen_overrides, new_draft
from scheduler.held_places import Hold, lost_holds, take_away
from scheduler.in_force import sessions_in_force, sessions_of
from scheduler.judge import Judge, Judgement, caused
from scheduler.message import N_
from scheduler.models import (
    Activity,
    AuditEntry,
    Centre,
    Cohort,
    GroupSession,
    Participant,
    Plan,
    PlanState,
    Room,
    Site,
    StaffMember,
)
from scheduler.session_state import (
    SessionState,
    from_json,
    new_row,
    stamped,
    state_of,
    to_json,
    write_state,
)
from solver.verify import NEVER_OVERRIDDEN, Breach

#: Action under which edits are written down; the name of the act follows.
EDIT = "plan.edit."
UNDO = "plan.undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditResult:
    """What became of an act.

    ``breaches`` are the hard rules it breaks that were not broken before, ``lost`` the places that are
    kept for people and that it takes away. When ``stored`` is false nothing was written.
    ``overridable`` says whether a person may store it all the same. ``plan`` is the draft that was
    written: another one than asked for, if that was published.
    """

    plan: Plan
    uid: str
    breaches: tuple[Breach, ...]
    stored: bool
    lost: tuple[Hold, ...] = ()

    @property
    def overridable(self) -> bool:
        """Whether every rule broken is one that a person may override."""
        return all(breach.rule not in NEVER_OVERRIDDEN for breach in self.breaches)

    @property
    def rules(self) -> tuple[str, ...]:
        """Names of the rules broken, once each, in the order of the judge."""
        return tuple(dict.fromkeys(breach.rule for breach in self.breaches))


def edit(
    session: Session,
    centre: Centre,
    plan: Plan,
    act: Act,
    now: datetime,
    *,
    user_id: int | None = None,
    override: bool = False,
    take_places: bool = False,
) -> EditResult:
    """Do something to a session of a plan, if the judge allows it or a person overrides it.

    A published version is never edited: an act on it is stored in a new draft that says what is in
    force on its days. Places that are kept for people are taken away from them at once, draft or not,
    since they could choose them at any moment.

    Parameters
    ----------
    act : Act
        One of ``scheduler.edit_acts``.
    override : bool
        Store the act though it breaks hard rules; their names are kept with the session.
    take_places : bool
        Store the act though it takes away places that are kept for people, who are then told.

    Raises
    ------
    NotFoundError
        If the plan has no such session, or the centre no such room, leader or participant.
    InvalidInputError
        If the act makes no sense: the session has begun, or is cancelled already.
    """
    rows, states = _current(session, centre, plan)
    scene = Scene(states, _activities(session, centre), ZoneInfo(centre.timezone), now)
    after = act.play(scene)
    _check_rows(session, centre, plan, after)
    before = states.get(after.uid)
    return _store(
        session,
        centre,
        plan,
        rows,
        states,
        before,
        after,
        now,
        user_id,
        EDIT + act.name,
        override,
        take_places,
    )


def undo(
    session: Session, centre: Centre, plan: Plan, now: datetime, *, user_id: int | None = None
) -> EditResult:
    """Take back the last act on a draft that was not taken back yet.

    Raises
    ------
    InvalidInputError
        If there is none.
    """
    entry = last_edit(session, plan)
    if entry is None:
        raise InvalidInputError(N_("Il n'y a rien à annuler dans ce brouillon."))
    rows, states = _current(session, centre, plan)
    data = entry.detail["before"]
    return _store(
        session,
        centre,
        plan,
        rows,
        states,
        states.get(entry.detail["uid"]),
        None if data is None else from_json(data),
        now,
        user_id,
        UNDO,
        True,
        True,
        undone=entry.id,
        uid=entry.detail["uid"],
    )


def last_edit(session: Session, plan: Plan) -> AuditEntry | None:
    """Return the last act on a draft that can be taken back."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.centre_id == plan.centre_id, AuditEntry.subject == f"plan:{plan.id}")
        .where(AuditEntry.action.startswith(EDIT) | (AuditEntry.action == UNDO))
        .order_by(AuditEntry.id.desc())
    )
    undone: set[int] = set()
    for entry in session.scalars(query):
        if entry.action == UNDO:
            undone.add(entry.detail["undone"])
        elif entry.id not in undone:
            return entry
    return None


def _current(
    session: Session, centre: Centre, plan: Plan
) -> tuple[dict[str, GroupSession], dict[str, SessionState]]:
    """Return the sessions an act is played on: the draft's, or those in force on a version's days."""
    if plan.state == PlanState.DISCARDED:
        raise InvalidInputError(N_("Ce brouillon a été abandonné : il ne peut plus être modifié."))
    if plan.state == PlanState.DRAFT:
        rows = sessions_of(session, plan)
    else:
        rows = sessions_in_force(session, centre.id, plan.first_day, plan.last_day)
    return {row.uid: row for row in rows}, {row.uid: state_of(row) for row in rows}


def _activities(session: Session, centre: Centre) -> dict[int, Activity]:
    query = select(Activity).where(Activity.centre_id == centre.id)
    return {row.id: row for row in session.scalars(query)}


def _check_rows(session: Session, centre: Centre, plan: Plan, after: SessionState) -> None:
    """Make sure that an act names only rows of the centre and days of the plan."""
    if not plan.first_day <= after.day <= plan.last_day:
        raise InvalidInputError(N_("Ce jour n'est pas dans le plan."), "day")
    named: list[tuple[type[Site | Room | Cohort | StaffMember | Participant], set[int]]] = [
        (Site, {after.site_id}),
        (Room, set() if after.room_id is None else {after.room_id}),
        (Cohort, set() if after.cohort_id is None else {after.cohort_id}),
        (StaffMember, {staff for _, staff in after.leaders}),
        (Participant, {x.participant_id for x in after.people}),
    ]
    for model, wanted in named:
        if wanted:
            found = session.scalars(
                select(model.id).where(model.centre_id == centre.id, model.id.in_(wanted))
            )
            if missing := wanted - set(found):
                raise NotFoundError(f"{model.__name__} {min(missing)}")


def _store(
    session: Session,
    centre: Centre,
    plan: Plan,
    rows: dict[str, GroupSession],
    states: dict[str, SessionState],
    before: SessionState | None,
    after: SessionState | None,
    now: datetime,
    user_id: int | None,
    action: str,
    override: bool,
    take_places: bool,
    *,
    undone: int | None = None,
    uid: str | None = None,
) -> EditResult:
    uid = uid or (after.uid if after else "")
    people = {x.participant_id for state in (before, after) if state for x in state.people}
    judge = Judge(session, centre, plan, now, also=people)
    verdict = judge.judge(states.values())
    if undone is None and after is not None:
        after = replace(after, overrides=_still_needed(judge, states, after))
    then = _judged(judge, states, uid, after)
    breaches = caused(verdict.report, then.report) if undone is None else ()
    left = {other: state for other, state in states.items() if other != uid} | ({uid: after} if after else {})
    lost = lost_holds(session, centre, plan.first_day, plan.last_day, states, left, now)
    result = EditResult(plan=plan, uid=uid, breaches=breaches, stored=False, lost=tuple(lost))
    if (breaches and not (override and result.overridable)) or (lost and not take_places):
        return result
    if lost:
        take_away(session, centre, lost)
    if breaches and after is not None:
        after = replace(after, overrides=tuple(sorted({*after.overrides, *result.rules})))
        then = _judged(judge, states, uid, after)
    draft, rows = _draft_of(session, centre, plan, rows, now)
    if after is not None:
        announced = {state.uid: state for state in judge.built.announced}
        after = stamped(after, announced.get(uid), now, before)
    _write(session, draft, rows, uid, after)
    describe(draft, then, [*(s for s in states.values() if s.uid != uid), *([after] if after else [])])
    detail: dict[str, Any] = {"uid": uid, "before": None if before is None else to_json(before)}
    if undone is not None:
        detail["undone"] = undone
    elif breaches:
        detail["overridden"] = list(result.rules)
    if lost:
        detail["offers"] = sorted({hold.offer_id for hold in lost})
    entry = record(session, user_id, action, f"plan:{draft.id}", detail, now=now)
    entry.centre_id = centre.id
    session.flush()
    return replace(result, plan=draft, stored=True)


def _still_needed(judge: Judge, states: dict[str, SessionState], after: SessionState) -> tuple[str, ...]:
    """Return those of a session's overrides that it still needs as the act leaves it."""
    if not after.overrides or not after.held:
        return ()
    verdict = _judged(judge, states, after.uid, after)
    needed = {b.rule for b in verdict.report.overridden if after.uid in b.sessions}
    return tuple(rule for rule in after.overrides if rule in needed)


def _judged(judge: Judge, states: dict[str, SessionState], uid: str, after: SessionState | None) -> Judgement:
    others = [state for state in states.values() if state.uid != uid]
    return judge.judge(others if after is None else [*others, after])


def _draft_of(
    session: Session, centre: Centre, plan: Plan, rows: dict[str, GroupSession], now: datetime
) -> tuple[Plan, dict[str, GroupSession]]:
    """Return the draft to write to with its sessions; a copy of what is in force, for a version."""
    if plan.state == PlanState.DRAFT:
        return plan, rows
    return copy_in_force(session, centre, plan.first_day, plan.last_day, now, rows=rows, based_on=plan)


def copy_in_force(
    session: Session,
    centre: Centre,
    first_day: date,
    last_day: date,
    now: datetime,
    *,
    rows: dict[str, GroupSession] | None = None,
    based_on: Plan | None = None,
) -> tuple[Plan, dict[str, GroupSession]]:
    """Add a draft that says what is in force on some days, to be edited by hand."""
    if rows is None:
        rows = {row.uid: row for row in sessions_in_force(session, centre.id, first_day, last_day)}
    draft = new_draft(
        session, centre, first_day, last_day, now, based_on_id=None if based_on is None else based_on.id
    )
    if based_on is not None:
        draft.objective, draft.full_value = based_on.objective, based_on.full_value
        draft.terms, draft.unmet = dict(based_on.terms), list(based_on.unmet)
        draft.overridden = list(based_on.overridden)
    copies = {uid: new_row(state_of(row), draft) for uid, row in rows.items()}
    session.add_all(copies.values())
    session.flush()
    return draft, copies


def _write(
    session: Session, draft: Plan, rows: dict[str, GroupSession], uid: str, after: SessionState | None
) -> None:
    row = rows.get(uid)
    if after is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(new_row(after, draft))
    else:
        write_state(row, after)


def describe(
    draft: Plan,
    verdict: Judgement,
    states: list[SessionState],
    unmet: list[dict[str, Any]] | None = None,
) -> None:
    """Keep with a draft what the judge found; the bound was that of another plan.

    Parameters
    ----------
    unmet : list of dict, optional
        What is unmet, where it is known already: it takes the judge longest.
    """
    draft.bound = None
    draft.objective, draft.full_value = verdict.report.objective, verdict.report.full_value
    draft.terms = dict(verdict.report.terms)
    draft.unmet = verdict.unmet() if unmet is None else unmet
    draft.overridden = chosen_overrides(verdict.report.overridden, states)
