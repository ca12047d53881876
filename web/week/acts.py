"""Doing something to a session: judged first, stored or told why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm.exc import StaleDataError

from scheduler.edit import EditResult, edit
from scheduler.edit_acts import Act
from scheduler.errors import InvalidInputError, StaleError
from scheduler.models import Plan
from scheduler.names import load_names
from scheduler.planner_ids import row_id
from scheduler.session_sheet import find_by_uid
from scheduler.timegrid import monday_of
from solver.verify import Breach
from web.clock import now
from web.extensions import db
from web.labels import say
from web.permissions import Permission, may
from web.week.kept import hold_sentences
from web.wording import Speaker, breach_sentence, rule_name

#: Breaches told one by one; the others are counted.
MOST_BREACHES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an act was not stored, what was typed, and whether it may be stored all the same.

    ``kept`` says which places it would take away that are kept for people. ``status`` is the HTTP
    status of the answer.
    """

    status: int
    message: str = ""
    field: str = ""
    sentences: tuple[str, ...] = ()
    more: int = 0
    rules: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    overridable: bool = False
    action: str = ""
    typed: tuple[tuple[str, str], ...] = ()


def perform(plan: Plan, make: Callable[[], Act], done: str) -> Any:
    """Do something to a session of a plan, commit and go to the session; a refusal otherwise.

    Parameters
    ----------
    make : callable
        Returns the act; may complain of what was typed.
    done : str
        What to say when it is stored.

    Returns
    -------
    Response or Refusal
    """
    try:
        result = edit(
            db.session(),
            g.centre,
            plan,
            make(),
            now(),
            user_id=current_user.id,
            override=request.form.get("override") == "1",
            take_places=request.form.get("take_places") == "1",
        )
        if not result.stored:
            refusal = refused(plan, result)
            db.session.rollback()
            return refusal
        created = result.plan.id != plan.id
        target = find_by_uid(db.session(), result.plan.id, result.uid)
        db.session.commit()
    except InvalidInputError as error:
        db.session.rollback()
        return Refusal(status=422, message=say(error.text), field=error.field or "", typed=typed())
    except (StaleError, StaleDataError):
        db.session.rollback()
        return stale()
    flash(done, "success")
    if created:
        flash(
            _(
                "La version publiée reste telle quelle : votre changement est dans le nouveau brouillon "
                "v%(n)s. "
                "Publiez-le pour l'annoncer.",
                n=result.plan.number,
            ),
            "info",
        )
    if result.breaches:
        flash(_("Enregistré malgré : %(rules)s.", rules=", ".join(map(rule_name, result.rules))), "warning")
    if result.lost:
        flash(_("Les places qui étaient gardées sont reprises : chaque personne est prévenue."), "warning")
    return redirect(url_for("week.session", session_id=target))


def stale() -> Refusal:
    """Return the refusal of a form that somebody else overtook."""
    return Refusal(
        status=409,
        message=_(
            "Quelqu'un d'autre vient de modifier cette séance. Ce que vous aviez saisi est encore ci-dessous."
        ),
        typed=typed(),
    )


def refused(plan: Plan, result: EditResult) -> Refusal:
    """Return the rules an act breaks and the places it takes away, in words."""
    speaker = speaker_for(plan, result.breaches)
    sentences = dict.fromkeys(breach_sentence(speaker, as_mapping(b)) for b in result.breaches)
    return Refusal(
        status=422,
        sentences=tuple(sentences)[:MOST_BREACHES],
        more=max(0, len(sentences) - MOST_BREACHES),
        rules=tuple(map(rule_name, result.rules)),
        kept=hold_sentences(result.lost),
        overridable=result.overridable,
        action=request.path,
        typed=typed(),
    )


def speaker_for(plan: Plan, breaches: tuple[Breach, ...]) -> Speaker:
    """Return who puts breaches into words, knowing the names of those concerned."""
    people = {row_id(key) for breach in breaches for key in breach.participants}
    names = load_names(db.session(), people)
    return Speaker(names, monday_of(plan.first_day), people=may(Permission.VIEW_PEOPLE))


def as_mapping(breach: Breach) -> Mapping[str, Any]:
    """Return a breach as a plan stores it."""
    return {
        "rule": breach.rule,
        "params": breach.params,
        "participants": breach.participants,
        "staff": breach.staff,
        "sessions": breach.sessions,
    }


def typed() -> tuple[tuple[str, str], ...]:
    """Return what was submitted, to be kept in the page."""
    left_out = {"csrf_token", "override", "take_places"}
    return tuple((key, value) for key, value in request.form.items(multi=True) if key not in left_out)
