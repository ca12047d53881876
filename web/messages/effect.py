"""Effect: who comes, by how they are reminded; comparisons by lot and what they honestly show."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired

from notifications.experiments import (
    DEFAULT_PER_ARM,
    LOOKS,
    Arm,
    Verdict,
    list_experiments,
    outcome_of,
    running,
    start,
    stop,
)
from notifications.models import Experiment, ExperimentState
from notifications.policy import load_policies
from scheduler.errors import InvalidInputError
from scheduler.records import find
from web.acts import done, note, refused
from web.clock import now
from web.extensions import db
from web.fields import CheckboxesField
from web.forms import form_page
from web.formwork import Form, submit
from web.messages.area import blueprint
from web.messages.plots import bar_place
from web.messages.policies import days_before
from web.permissions import Permission, requires

ARMS = {Arm.USUAL: _l("Tous les rappels"), Arm.FEWER: _l("Sans certains rappels")}

VERDICTS = {
    Verdict.TOO_FEW: _l("Trop tôt : trop peu de séances ou de personnes pour dire quoi que ce soit."),
    Verdict.OPEN: _l("Rien n'est encore montré. Une différence que l'on voit ici peut être due au hasard."),
    Verdict.NO_DIFFERENCE: _l(
        "Aucune différence n'est montrée. Cela ne prouve pas qu'il n'y en a pas : la marge dit jusqu'où elle "
        "pourrait aller."
    ),
    Verdict.USUAL_BETTER: _l("Avec tous les rappels, on vient plus : gardez-les."),
    Verdict.FEWER_BETTER: _l("Avec moins de rappels, on vient plus : vous pouvez les retirer des règles."),
}

STATES = {
    ExperimentState.RUNNING: _l("en cours"),
    ExperimentState.ENDED: _l("terminée par sa règle"),
    ExperimentState.STOPPED: _l("arrêtée à la main"),
}


class ExperimentForm(Form):
    """What to compare, and for how long."""

    name = StringField(_l("Nom"), validators=[InputRequired(_l("Donnez un nom à la comparaison."))])
    skipped = CheckboxesField(
        _l("Rappels que la moitié des personnes ne reçoit pas"),
        description=_l("Qui en fait partie est tiré au sort, une fois pour toutes."),
    )
    most_per_arm = IntegerField(
        _l("Séances par groupe, au plus"),
        default=DEFAULT_PER_ARM,
        validators=[InputRequired(_l("Donnez un nombre."))],
        description=_l(
            "Pour voir une différence de 10 sur 100, il en faut environ 400 ; pour 5 sur 100, environ 1 600."
        ),
    )


@blueprint.get("/effet/")
@requires(Permission.VIEW_MESSAGES)
def effect() -> str:
    """Show the comparison under way and those before it."""
    session, instant = db.session(), now()
    known = list_experiments(session, g.centre)
    return render_template(
        "messages/effect.html",
        outcomes=[outcome_of(session, each, instant) for each in known[:10]],
        running=any(each.state == ExperimentState.RUNNING for each in known),
        arms=ARMS,
        verdicts=VERDICTS,
        states=STATES,
        steps=_steps(),
        place=bar_place,
        looks=LOOKS,
    )


@blueprint.route("/effet/comparer", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def compare() -> Any:
    """Begin a comparison."""
    session = db.session()
    if running(session, g.centre) is not None:
        return redirect(url_for("messages.effect"))
    form = ExperimentForm()
    form.skipped.choices = list(_steps().items())

    def act() -> None:
        row = start(session, g.centre, form.name.data, form.skipped.data or [], form.most_per_arm.data, now())
        note("experiment.start", f"experiment:{row.id}", skipped=row.skipped)

    if submit(form, act):
        return done(url_for("messages.effect"), _("La comparaison commence. Elle s'arrêtera d'elle-même."))
    return form_page(
        form,
        title=_("Comparer deux façons de rappeler"),
        back=url_for("messages.effect"),
        submit_label=_("Commencer"),
        intro=_(
            "La moitié des personnes, tirée au sort, reçoit moins de rappels. On compare ensuite qui vient. "
            "La comparaison s'arrête dès que la différence est sûre, au plus tard au nombre choisi."
        ),
    )


@blueprint.post("/effet/<int:experiment_id>/arreter")
@requires(Permission.EDIT_SETTINGS)
def stop_comparison(experiment_id: int) -> Response:
    """End a comparison by hand."""
    session = db.session()
    try:
        stop(session, find(session, Experiment, experiment_id), now())
    except InvalidInputError as error:
        return refused(url_for("messages.effect"), error)
    note("experiment.stop", f"experiment:{experiment_id}")
    return done(
        url_for("messages.effect"),
        _("La comparaison est arrêtée : tous reçoivent de nouveau tous les rappels."),
    )


def _steps() -> dict[str, str]:
    policy = load_policies(db.session(), g.centre).centre
    return {step.key: f"{days_before(step.days)}, {step.at:%H:%M}" for step in policy.steps}
