"""Effect: who comes, by how they are reminded; comparisons by lot and what they honestly show."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, IntegerField, StringField, TimeField
from wtforms.validators import InputRequired, Optional

from notifications.experiments import (
    DEFAULT_PER_ARM,
    LOOKS,
    Other,
    Verdict,
    list_experiments,
    outcome_of,
    running,
    start,
    stop,
)
from notifications.lot import Arm, variants
from notifications.models import Experiment, ExperimentState
from notifications.policy import load_policies
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.records import find
from web.acts import done, note, refused
from web.clock import now
from web.extensions import db
from web.fields import CheckboxesField, ChoiceField
from web.forms import form_page
from web.formwork import Form, submit
from web.messages.area import blueprint
from web.messages.plots import bar_place
from web.messages.policies import days_before
from web.permissions import Permission, requires

ARMS = {Arm.USUAL: _l("Façon habituelle"), Arm.OTHER: _l("Autre façon")}

VERDICTS = {
    Verdict.TOO_FEW: _l("Trop tôt : trop peu de séances ou de personnes pour dire quoi que ce soit."),
    Verdict.OPEN: _l("Rien n'est encore montré. Une différence que l'on voit ici peut être due au hasard."),
    Verdict.NO_DIFFERENCE: _l(
        "Aucune différence n'est montrée. Cela ne prouve pas qu'il n'y en a pas : la marge dit jusqu'où elle "
        "pourrait aller."
    ),
    Verdict.USUAL_BETTER: _l("Avec la façon habituelle, on vient plus : gardez-la."),
    Verdict.OTHER_BETTER: _l("Avec l'autre façon, on vient plus : vous pouvez en faire la règle."),
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
        _l("Rappels que l'autre moitié ne reçoit pas"),
        description=_l(
            "Qui en fait partie est tiré au sort, une fois pour toutes ; les personnes qui partagent un "
            "téléphone ou une adresse vont ensemble."
        ),
    )
    moved_step = ChoiceField(_l("Rappel que l'autre moitié reçoit à une autre heure"), coerce=str, choices=[])
    moved_at = TimeField(_l("À quelle heure"), validators=[Optional()])
    second_texts = BooleanField(
        _l("L'autre moitié reçoit le second texte des rappels"),
        description=_l(
            "Il s'écrit à la page des textes, pour chaque langue et canal ; là où il n'y en a pas, ou s'il "
            "n'est pas relu, le premier reste."
        ),
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
        other_way=other_way,
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
    form.moved_step.choices = [("", "–"), *_steps().items()]

    def act() -> None:
        if form.moved_step.data and form.moved_at.data is None:
            raise InvalidInputError(N_("Donnez une heure."), "moved_at")
        other = Other(
            skipped=form.skipped.data or [],
            moved={form.moved_step.data: form.moved_at.data} if form.moved_step.data else {},
            second_texts=form.second_texts.data,
        )
        row = start(session, g.centre, form.name.data, other, form.most_per_arm.data, now())
        note("experiment.start", f"experiment:{row.id}", how=other_way(row))

    if submit(form, act):
        return done(url_for("messages.effect"), _("La comparaison commence. Elle s'arrêtera d'elle-même."))
    return form_page(
        form,
        title=_("Comparer deux façons de rappeler"),
        back=url_for("messages.effect"),
        submit_label=_("Commencer"),
        intro=_(
            "La moitié des personnes, tirée au sort, est rappelée autrement : moins souvent, à une autre "
            "heure ou avec d'autres mots. On compare ensuite qui vient. La comparaison s'arrête dès que la "
            "différence est sûre, au plus tard au nombre choisi ; d'ici là, rien n'est dit meilleur."
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
        _("La comparaison est arrêtée : tous sont de nouveau rappelés de la façon habituelle."),
    )


def other_way(experiment: Experiment) -> str:
    """Return how the other half is reminded, in words."""
    steps, other = _steps(), variants(experiment)[Arm.OTHER]
    words = [_("sans le rappel « %(step)s »", step=steps.get(key, key)) for key in sorted(other.skipped)]
    words += [
        _("le rappel « %(step)s » à %(hour)s", step=steps.get(key, key), hour=f"{hour:%H:%M}")
        for key, hour in other.moved
    ]
    return ", ".join([*words, _("avec le second texte")] if other.second_texts else words)


def _steps() -> dict[str, str]:
    policy = load_policies(db.session(), g.centre).centre
    return {step.key: f"{days_before(step.days)}, {step.at:%H:%M}" for step in policy.steps}
