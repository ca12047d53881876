"""A session's page, and every act on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, g, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from scheduler import week
from scheduler.edit import last_edit
from scheduler.edit_acts import (
    Act,
    AddPerson,
    CancelSession,
    ChangeLeaders,
    LockPerson,
    LockSession,
    MoveSession,
    RemovePerson,
    RestoreSession,
)
from scheduler.held_places import Hold, read_holds
from scheduler.in_force import days_in_force, plan_by_day
from scheduler.models import PlanState
from scheduler.names import load_names
from scheduler.planner_ids import row_id
from scheduler.session_sheet import Sheet, able_first, find_sheet, people_to_add, places
from scheduler.timegrid import monday_of
from web.clock import now
from web.extensions import db
from web.permissions import Permission, may, requires
from web.templating import day as day_words
from web.templating import hour, local
from web.week.acts import Refusal, perform, stale
from web.week.area import blueprint
from web.week.kept import hold_sentences
from web.week.typed import read_day, read_id, read_person, read_place, read_time
from web.wording import Speaker, breach_sentence


@blueprint.get("/seances/<int:session_id>")
@requires(Permission.VIEW_WEEK)
def session(session_id: int) -> Any:
    """Show a session."""
    sheet = _sheet(session_id)
    return _page(sheet)


@blueprint.post("/seances/<int:session_id>/deplacer")
@requires(Permission.EDIT_PLAN)
def move(session_id: int) -> Any:
    """Hold a session at another time or in another place."""

    def act(sheet: Sheet) -> Act:
        site_id, room_id = read_place(request.form.get("place", ""))
        return MoveSession(
            uid=sheet.row.uid,
            day=read_day(request.form.get("day", "")),
            starts=read_time(request.form.get("starts", "")),
            site_id=site_id,
            room_id=room_id,
        )

    return _do(session_id, act, _("La séance est déplacée."))


@blueprint.post("/seances/<int:session_id>/annuler")
@requires(Permission.EDIT_PLAN)
def cancel(session_id: int) -> Any:
    """Cancel a session."""
    reason = request.form.get("reason", "")
    return _do(
        session_id, lambda sheet: CancelSession(uid=sheet.row.uid, reason=reason), _("La séance est annulée.")
    )


@blueprint.post("/seances/<int:session_id>/retablir")
@requires(Permission.EDIT_PLAN)
def restore(session_id: int) -> Any:
    """Hold a cancelled session after all."""
    return _do(session_id, lambda sheet: RestoreSession(uid=sheet.row.uid), _("La séance est rétablie."))


@blueprint.post("/seances/<int:session_id>/verrouiller")
@requires(Permission.EDIT_PLAN)
def lock(session_id: int) -> Any:
    """Keep a session where it is when the plan is made again, or no longer."""
    locked = request.form.get("locked") == "1"
    done = (
        _("La séance est verrouillée : le prochain plan la garde.")
        if locked
        else _("La séance est libre de bouger.")
    )
    return _do(session_id, lambda sheet: LockSession(uid=sheet.row.uid, locked=locked), done)


@blueprint.post("/seances/<int:session_id>/animateurs")
@requires(Permission.EDIT_PLAN)
def lead(session_id: int) -> Any:
    """Have a session led by others."""

    def act(sheet: Sheet) -> Act:
        chosen = [
            (str(role["id"]), read_id(value))
            for role in sheet.roles
            for value in request.form.getlist(f"role-{role['id']}")
            if value
        ]
        return ChangeLeaders(uid=sheet.row.uid, leaders=tuple(dict.fromkeys(chosen)))

    return _do(session_id, act, _("L'équipe de la séance est à jour."))


@blueprint.post("/seances/<int:session_id>/personnes/ajouter")
@requires(Permission.EDIT_PLAN)
def add_person(session_id: int) -> Any:
    """Expect one more person."""
    person = read_person()
    return _do(
        session_id,
        lambda sheet: AddPerson(uid=sheet.row.uid, participant_id=person),
        _("%(name)s est dans la séance.", name=_name(person)),
    )


@blueprint.post("/seances/<int:session_id>/personnes/retirer")
@requires(Permission.EDIT_PLAN)
def remove_person(session_id: int) -> Any:
    """Expect somebody no longer."""
    person = read_person()
    return _do(
        session_id,
        lambda sheet: RemovePerson(uid=sheet.row.uid, participant_id=person),
        _("%(name)s n'est plus dans la séance.", name=_name(person)),
    )


@blueprint.post("/seances/<int:session_id>/personnes/verrouiller")
@requires(Permission.EDIT_PLAN)
def lock_person(session_id: int) -> Any:
    """Keep somebody in a session when the plan is made again, or no longer."""
    person = read_person()
    locked = request.form.get("locked") == "1"
    done = _("%(name)s reste dans cette séance.") if locked else _("%(name)s peut changer de séance.")
    return _do(
        session_id,
        lambda sheet: LockPerson(uid=sheet.row.uid, participant_id=person, locked=locked),
        done % {"name": _name(person)},
    )


def _sheet(session_id: int) -> Sheet:
    sheet = find_sheet(db.session(), session_id)
    if may(Permission.VIEW_DRAFTS) or _in_force(sheet):
        return sheet
    abort(404)


def _in_force(sheet: Sheet) -> bool:
    day = sheet.row.day
    held = plan_by_day(days_in_force(db.session(), g.centre.id), day, day)
    return held.get(day) == sheet.plan.id


def _do(session_id: int, make: Callable[[Sheet], Act], done: str) -> Any:
    sheet = _sheet(session_id)
    version = request.form.get("version", "")
    if (
        version != str(sheet.row.version)
        or sheet.draft is not None
        or sheet.plan.state == PlanState.DISCARDED
    ):
        db.session.rollback()
        return _page(_sheet(session_id), stale())
    answer = perform(sheet.plan, lambda: make(sheet), done)
    return _page(_sheet(session_id), answer) if isinstance(answer, Refusal) else answer


def _page(sheet: Sheet, refusal: Refusal | None = None) -> Any:
    row, plan = sheet.row, sheet.plan
    drafts = may(Permission.VIEW_DRAFTS)
    current = plan.state == PlanState.DRAFT or (plan.state == PlanState.PUBLISHED and _in_force(sheet))
    editable = may(Permission.EDIT_PLAN) and current and sheet.draft is None and not sheet.begun(now())
    typed = dict(refusal.typed) if refusal else {}
    page = render_template(
        "week/session.html",
        sheet=sheet,
        row=row,
        plan=plan,
        seats=week.seats_of(row.activity, row.room.seats if row.room else None),
        editable=editable,
        begun=sheet.begun(now()),
        current=current,
        refusal=refusal,
        typed=typed,
        overridden=_overridden(sheet) if drafts and row.overrides else [],
        monday=monday_of(row.day),
        starts=f"{local(row.starts_at):%H:%M}",
        places=places(db.session()) if editable else [],
        staff=[(role, *able_first(db.session(), role)) for role in sheet.roles] if editable else [],
        addable=people_to_add(db.session(), sheet) if editable and not row.activity.drop_in else None,
        undoable=last_edit(db.session(), plan) if editable and plan.state == PlanState.DRAFT else None,
        cancel_question=_cancel_question(sheet),
        kept=hold_sentences(_kept(sheet)) if may(Permission.EDIT_PLAN) else (),
    )
    return page, refusal.status if refusal else 200


def _kept(sheet: Sheet) -> list[Hold]:
    """Return the seats of a session that are kept for people who may still choose, or just chose."""
    day = sheet.row.day
    holds = read_holds(db.session(), g.centre, day, day, now())
    return [hold for hold in holds if hold.session_uid == sheet.row.uid]


def _cancel_question(sheet: Sheet) -> str:
    return ngettext(
        "Annuler « %(title)s » du %(day)s à %(hour)s ? %(num)s personne y est attendue.",
        "Annuler « %(title)s » du %(day)s à %(hour)s ? %(num)s personnes y sont attendues.",
        len(sheet.expected),
        title=sheet.row.activity.name,
        day=day_words(sheet.row.starts_at, "EEEE d MMMM"),
        hour=hour(sheet.row.starts_at),
    )


def _overridden(sheet: Sheet) -> list[str]:
    mine = [b for b in sheet.plan.overridden if sheet.row.uid in b["sessions"]]
    names = load_names(db.session(), {row_id(p) for b in mine for p in b["participants"]})
    speaker = Speaker(names, monday_of(sheet.plan.first_day), people=may(Permission.VIEW_PEOPLE))
    return list(dict.fromkeys(breach_sentence(speaker, b) for b in mine))


def _name(participant_id: int) -> str:
    return load_names(db.session(), {participant_id}).participants.get(participant_id, "–")
