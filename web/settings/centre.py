"""What the centre chooses, and making another centre."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from flask import Blueprint, g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from scheduler import settings as chosen
from scheduler.audit import record
from scheduler.centres import change_centre, create_centre, list_centres
from scheduler.models import Centre
from scheduler.programmes.vocabulary import ACTIVITY_KINDS
from scheduler.records import find
from solver.problem import Weights
from web import listing
from web.acts import done, note
from web.clock import now
from web.extensions import db
from web.fields import CheckboxesField, ChoiceField
from web.forms import form_page
from web.formwork import Form, VersionedForm, submit
from web.labels import link
from web.listing import Column, Listing
from web.locale import LOCALES
from web.permissions import Permission, requires
from web.settings.area import blueprint
from web.settings.calendar import COMMUNITIES

#: What each soft term of the planner is to a coordinator, in order of importance.
TERMS = {
    "obligation": _l("Respecter les obligations légales et contractuelles"),
    "below_min": _l("Donner à chacun le minimum prévu"),
    "below_target": _l("Aller jusqu'à l'objectif de chacun"),
    "frequency": _l("Tenir les séances promises aussi souvent que prévu"),
    "preferred_activity": _l("Suivre les activités préférées"),
    "preferred_site": _l("Suivre les sites préférés"),
    "level_spread": _l("Réunir des niveaux de langue proches"),
    "repeat_meeting": _l("Faire rencontrer de nouvelles personnes"),
    "balance": _l("Mêler anciens et nouveaux"),
    "short_day": _l("Éviter de faire venir pour une seule courte séance"),
    "idle_slot": _l("Éviter les temps morts dans la journée"),
    "day": _l("Regrouper les séances sur peu de jours"),
    "leader_change": _l("Garder le même animateur ou référent"),
    "unfair_participant": _l("Répartir les manques entre les participants"),
    "unfair_staff": _l("Répartir la charge dans l'équipe"),
    "stability": _l("Changer le moins possible le plan publié"),
}

#: Importance in words, as a multiple of the usual points.
IMPORTANCE = (
    ("0", _l("Sans importance")),
    ("0.5", _l("Moins que d'habitude")),
    ("1", _l("Comme d'habitude")),
    ("2", _l("Plus que d'habitude")),
    ("4", _l("Beaucoup plus")),
)
_USUAL = {spec.name: spec.default for spec in fields(Weights)}


def _between(low: int, high: int) -> list[Any]:
    message = _l("Entre %(low)s et %(high)s.", low=low, high=high)
    return [InputRequired(_l("Donnez un nombre.")), NumberRange(low, high, message)]


class CentreForm(VersionedForm):
    """What a centre chooses; see ``scheduler.settings``."""

    name = StringField(_l("Nom du centre"), validators=[DataRequired(_l("Donnez un nom.")), Length(max=200)])
    locale = ChoiceField(_l("Langue de travail"), coerce=str, choices=list(LOCALES.items()))
    community = ChoiceField(_l("Congés scolaires de la"), coerce=str, choices=list(COMMUNITIES.items()))
    freeze_days = IntegerField(
        _l("Jours figés"),
        validators=_between(0, 60),
        description=_l("Les séances annoncées d'aujourd'hui et des jours suivants ne bougent plus."),
    )
    horizon_weeks = IntegerField(_l("Semaines à planifier"), validators=_between(1, chosen.MOST_WEEKS))
    newcomer_weeks = IntegerField(
        _l("Semaines pendant lesquelles une personne est nouvelle"), validators=_between(0, 104)
    )
    path_months = IntegerField(
        _l("Mois pour atteindre les heures légales"),
        validators=_between(1, 120),
        description=_l("Quand l'inscription n'a pas de date de fin."),
    )
    allocation_percent = IntegerField(
        _l("Part des heures hors Union européenne, en %"),
        validators=[Optional(), NumberRange(0, 100, _l("Entre 0 et 100."))],
        description=_l(
            "Clé de répartition du rapport européen, pour les programmes qui n'en ont pas. Vide : pas de clé."
        ),
    )
    certificate_months = IntegerField(
        _l("Mois pendant lesquels un certificat d'absence est gardé"),
        validators=_between(1, 120),
        description=_l("Vaut pour les certificats ajoutés à partir de maintenant."),
    )
    absence_risk = BooleanField(
        _l("Prévoir les absences, pour proposer de l'aide à temps"),
        description=_l("Sans cela, rien n'est calculé sur personne."),
    )
    message_months = IntegerField(
        _l("Mois pendant lesquels le texte des messages est gardé"), validators=_between(1, 120)
    )
    mail_invitations = BooleanField(
        _l("Inviter par e-mail, avec une entrée d'agenda, aux rendez-vous individuels")
    )
    feed_titles = BooleanField(
        _l("Montrer le vrai nom des activités sensibles dans les agendas des participants"),
        description=_l("Sinon un nom neutre, que n'importe qui peut lire sur un téléphone."),
    )
    feed_alarm_minutes = IntegerField(
        _l("Minutes avant la séance où l'agenda des participants sonne"),
        validators=_between(0, chosen.MOST_ALARM_MINUTES),
        description=_l("0 : il ne sonne pas."),
    )
    choice_kinds = CheckboxesField(
        _l("Places que les participants peuvent choisir eux-mêmes"),
        coerce=str,
        choices=[(key, _l(name)) for key, name in ACTIVITY_KINDS.items()],
    )
    choice_hold_hours = IntegerField(
        _l("Heures pendant lesquelles les places proposées sont gardées"), validators=_between(1, 720)
    )
    choice_notice_hours = IntegerField(
        _l("Heures avant la séance où le choix est clos"), validators=_between(0, 336)
    )
    choice_tolerance_points = IntegerField(
        _l("Points que le plan peut perdre pour laisser choisir"), validators=_between(0, 10_000)
    )
    freed_seat_minutes = IntegerField(
        _l("Minutes pendant lesquelles une place libérée attend une personne"), validators=_between(15, 1440)
    )


for _name, _label in TERMS.items():
    setattr(CentreForm, f"weight_{_name}", ChoiceField(_label, coerce=str))

GROUPS = (
    (_l("Le centre"), ("name", "locale", "community")),
    (_l("Planning"), ("freeze_days", "horizon_weeks", "newcomer_weeks")),
    (
        _l("Heures, rapports et absences"),
        ("path_months", "allocation_percent", "certificate_months", "absence_risk"),
    ),
    (_l("Messages et agendas"), ("message_months", "mail_invitations", "feed_titles", "feed_alarm_minutes")),
    (
        _l("Places au choix"),
        (
            "choice_kinds",
            "choice_hold_hours",
            "choice_notice_hours",
            "choice_tolerance_points",
            "freed_seat_minutes",
        ),
    ),
    (_l("Ce qui compte le plus"), tuple(f"weight_{name}" for name in TERMS)),
)


#: Choices that ``scheduler.settings`` reads by a function of the same name.
READ_BY_NAME = (
    "freeze_days",
    "horizon_weeks",
    "newcomer_weeks",
    "path_months",
    "allocation_percent",
    "certificate_months",
    "absence_risk",
    "message_months",
    "feed_alarm_minutes",
    "choice_kinds",
    "choice_hold_hours",
    "choice_notice_hours",
    "choice_tolerance_points",
    "freed_seat_minutes",
)

#: Choices that are off unless the centre's settings hold this value.
SWITCHES: dict[str, Any] = {"mail_invitations": True, "feed_titles": "full"}


def _form(centre: Centre, **options: Any) -> CentreForm:
    now_weights = chosen.weights(centre)
    values: dict[str, Any] = {key: getattr(chosen, key)(centre) for key in READ_BY_NAME}
    values |= {key: centre.settings.get(key) == value for key, value in SWITCHES.items()}
    choices: dict[str, list[tuple[str, Any]]] = {}
    for name in TERMS:
        points = getattr(now_weights, name)
        by_points = {_points(name, key): (key, label) for key, label in reversed(IMPORTANCE)}
        by_points[_USUAL[name]] = ("1", dict(IMPORTANCE)["1"])
        by_points.setdefault(points, (f"={points}", _("Réglé à %(points)s points", points=points)))
        values[f"weight_{name}"] = by_points[points][0]
        choices[name] = [by_points[each] for each in sorted(by_points)]
    form = CentreForm(obj=centre, data=values, **options)
    for name, each in choices.items():
        form[f"weight_{name}"].offer(each)
    return form


def _points(name: str, factor: str) -> int:
    if factor.startswith("="):
        return int(factor[1:])
    return max(round(_USUAL[name] * float(factor)), 1 if float(factor) else 0)


@blueprint.route("/centre", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def centre() -> Any:
    """Change what the centre chooses."""
    session = db.session()
    row = find(session, Centre, g.centre.id)
    form = _form(row)

    def act() -> None:
        change_centre(
            session,
            row,
            name=form.name.data.strip(),
            locale=form.locale.data,
            community=form.community.data,
            choices={key: form[key].data for key in READ_BY_NAME}
            | {key: value if form[key].data else None for key, value in SWITCHES.items()},
            weights={name: _points(name, form[f"weight_{name}"].data) for name in TERMS},
            version=form.version.data,
        )
        note("centre.change", f"centre:{row.id}")

    if submit(form, act, stored=lambda: _form(find(session, Centre, g.centre.id), formdata=None)):
        return done(url_for("settings.centre"), _("Les réglages du centre sont à jour."))
    return form_page(form, title=_("Réglages du centre"), back=url_for("navigation.start"), groups=GROUPS)


installation = Blueprint("centres", __name__, url_prefix="/centres")


class NewCentreForm(Form):
    """A new centre."""

    name = StringField(_l("Nom du centre"), validators=[DataRequired(_l("Donnez un nom.")), Length(max=200)])
    slug = StringField(
        _l("Nom court, dans l'adresse des pages"),
        validators=[DataRequired(_l("Donnez un nom court.")), Length(max=80)],
        description=_l("Par exemple : cpas-namur"),
    )
    community = ChoiceField(_l("Congés scolaires de la"), coerce=str, choices=list(COMMUNITIES.items()))
    locale = ChoiceField(_l("Langue de travail"), coerce=str, choices=list(LOCALES.items()))


@installation.get("/")
@requires(Permission.MANAGE_CENTRES)
def index() -> Any:
    """List the centres of the installation."""
    mine = {row.centre_id for row in getattr(g, "memberships", [])}
    return listing.answer(
        Listing(
            name="centres",
            rows=list_centres(db.session()),
            columns=[
                Column(
                    key="nom",
                    label=_l("Centre"),
                    value=lambda row: row.name,
                    cell=lambda row: (
                        link(url_for("navigation.start", centre_slug=row.slug), row.name)
                        if row.id in mine
                        else row.name
                    ),
                    heading=True,
                ),
                Column(key="adresse", label=_l("Nom court"), value=lambda row: row.slug),
                Column(
                    key="communaute",
                    label=_l("Communauté"),
                    value=lambda row: str(COMMUNITIES.get(row.community, row.community)),
                ),
                Column(
                    key="langue", label=_l("Langue"), value=lambda row: LOCALES.get(row.locale, row.locale)
                ),
                Column(key="comptes", label=_l("Comptes"), value=lambda row: row.accounts, numeric=True),
                Column(key="demo", label=_l("Démonstration"), value=lambda row: row.is_demo),
            ],
            search=lambda row: f"{row.name} {row.slug}",
            sort="nom",
        ),
        "settings/centres.html",
    )


@installation.route("/ajouter", methods=["GET", "POST"])
@requires(Permission.MANAGE_CENTRES)
def create() -> Any:
    """Make a centre; whoever makes it is its first administrator."""
    form = NewCentreForm()

    def act() -> None:
        made = create_centre(
            db.session(),
            name=form.name.data.strip(),
            slug=form.slug.data.strip(),
            community=form.community.data,
            locale=form.locale.data,
            administrator_id=current_user.id,
            now=now(),
        )
        record(
            db.session(), current_user.id, "centre.create", f"centre:{made.id}", now=now()
        ).centre_id = made.id

    if submit(form, act):
        return done(
            url_for("centres.index"),
            _("Le centre « %(name)s » est créé et vous l'administrez.", name=form.name.data),
        )
    return form_page(form, title=_("Créer un centre"), back=url_for("centres.index"))
