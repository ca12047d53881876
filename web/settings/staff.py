"""Staff, volunteers, interpreters and hosts."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from scheduler import staff as domain
from scheduler import weekly
from scheduler.models import StaffKind, StaffMember
from scheduler.programmes.vocabulary import SKILLS
from scheduler.records import find
from scheduler.staff_calendars import calendar_of
from web.acts import done, note
from web.clock import now, today
from web.extensions import db
from web.fields import (
    DURATION_HINT,
    CheckboxesField,
    ChoiceField,
    DurationField,
    EmailField,
    LanguagesField,
    PhoneField,
    WeekGridField,
    WordsField,
)
from web.forms import form_page
from web.formwork import VersionedForm, submit
from web.labels import STAFF_KINDS, duration, language_names, lines, link, short_days, skill_names
from web.listing import Column, Filter, Listing
from web.people.forms import AbsenceForm
from web.people.ties import absence_times
from web.permissions import Permission, may, requires
from web.settings.area import blueprint, list_page, read_yes_no


class StaffForm(VersionedForm):
    """Who somebody is, what they can do and when they are there."""

    first_name = StringField(
        _l("Prénom"), validators=[DataRequired(_l("Donnez au moins un prénom.")), Length(max=80)]
    )
    last_name = StringField(_l("Nom de famille"), validators=[Length(max=80)])
    kind = ChoiceField(
        _l("Statut"),
        coerce=StaffKind,
        choices=[(kind.value, label) for kind, label in STAFF_KINDS.items()],
        validators=[InputRequired()],
    )
    email = EmailField(_l("E-mail"))
    phone = PhoneField(_l("Téléphone"))
    languages = LanguagesField(_l("Langues"), description=_l("Noms séparés par des virgules."))
    skills = CheckboxesField(
        _l("Compétences"), choices=lambda: [(key, _(label)) for key, label in SKILLS.items()]
    )
    other_skills = WordsField(_l("Autres compétences"), description=_l("Mots séparés par des virgules."))
    municipalities = WordsField(
        _l("Communes couvertes"),
        description=_l("Pour l'accompagnement individuel. Mots séparés par des virgules."),
    )
    contract_minutes_week = DurationField(
        _l("Heures par semaine"), description=_l("Par exemple : 38 h ou 19 h 30.")
    )
    max_minutes_day = DurationField(_l("Séances par jour, au plus"), description=DURATION_HINT)
    break_minutes = IntegerField(
        _l("Pause entre deux séances, en minutes"),
        default=0,
        validators=[InputRequired(), NumberRange(0, 240)],
    )
    hours = WeekGridField(
        _l("Disponible chaque semaine"),
        description=_l("Un jour vide : absence ce jour-là. Tout vide : toujours disponible."),
    )

    def staff_values(self) -> dict[str, Any]:
        """Return the columns of the staff member."""
        values = self.values("other_skills", "hours")
        return values | {"skills": [*values["skills"], *(self.other_skills.data or [])]}


GROUPS = (
    (_l("Identité"), ("first_name", "last_name", "kind", "email", "phone", "languages")),
    (_l("Compétences"), ("skills", "other_skills", "municipalities")),
    (_l("Contrat"), ("contract_minutes_week", "max_minutes_day", "break_minutes")),
    (_l("Horaire"), ("hours",)),
)


@blueprint.get("/equipe/")
@requires(Permission.VIEW_SETTINGS)
def staff() -> Any:
    """List staff, volunteers, interpreters and hosts."""
    rows = domain.list_staff(db.session(), now())
    skills = sorted({skill for row in rows for skill in row.skills}, key=lambda key: skill_names([key]))
    languages = sorted(
        {code for row in rows for code in row.languages}, key=lambda code: language_names([code])
    )
    return list_page(
        Listing(
            name="equipe",
            rows=rows,
            columns=[
                Column(
                    key="nom",
                    label=_l("Nom"),
                    value=lambda row: row.name,
                    cell=lambda row: lines(
                        filter(
                            None,
                            (link(url_for("settings.show_staff", staff_id=row.id), row.name), _presence(row)),
                        )
                    ),
                    heading=True,
                ),
                Column(key="statut", label=_l("Statut"), value=lambda row: str(STAFF_KINDS[row.kind])),
                Column(key="competences", label=_l("Compétences"), value=lambda row: skill_names(row.skills)),
                Column(key="langues", label=_l("Langues"), value=lambda row: language_names(row.languages)),
                Column(
                    key="jours",
                    label=_l("Jours"),
                    value=lambda row: short_days(row.weekdays) or _("toujours"),
                    sort=lambda row: row.weekdays,
                ),
                Column(
                    key="contrat",
                    label=_l("Par semaine"),
                    value=lambda row: row.contract_minutes_week,
                    cell=lambda row: duration(row.contract_minutes_week),
                    numeric=True,
                ),
                Column(
                    key="personnes", label=_l("Personnes suivies"), value=lambda row: row.people, numeric=True
                ),
                Column(key="present", label=_l("Présence"), value=_presence, exported_only=True),
                Column(key="email", label=_l("E-mail"), value=lambda row: row.email, exported_only=True),
                Column(
                    key="telephone", label=_l("Téléphone"), value=lambda row: row.phone, exported_only=True
                ),
            ],
            filters=[
                Filter(
                    key="statut",
                    label=_l("Statut"),
                    choices=[("", _l("Tous")), *((kind.value, label) for kind, label in STAFF_KINDS.items())],
                    test=lambda row, value: row.kind == value,
                ),
                Filter(
                    key="competence",
                    label=_l("Compétence"),
                    choices=[("", _l("Toutes")), *((skill, skill_names([skill])) for skill in skills)],
                    test=lambda row, value: value in row.skills,
                ),
                Filter(
                    key="langue",
                    label=_l("Langue"),
                    choices=[("", _l("Toutes")), *((code, language_names([code])) for code in languages)],
                    test=lambda row, value: value in row.languages,
                ),
                Filter(
                    key="actif",
                    label=_l("Liste"),
                    choices=[("oui", _l("En service")), ("non", _l("Partis")), ("", _l("Tous"))],
                    default="oui",
                    test=lambda row, value: row.active == (value == "oui"),
                ),
            ],
            search=lambda row: f"{row.name} {row.email or ''} {' '.join(row.municipalities)}",
            sort="nom",
        ),
        title=_("Équipe, volontaires et interprètes"),
        add=url_for("settings.add_staff") if may(Permission.EDIT_SETTINGS) else None,
        add_label=_("Ajouter quelqu'un"),
    )


def _presence(row: domain.StaffRow) -> str:
    if not row.active:
        return _("ne travaille plus ici")
    return _("absent en ce moment") if row.is_away else ""


@blueprint.get("/equipe/<int:staff_id>")
@requires(Permission.VIEW_SETTINGS)
def show_staff(staff_id: int) -> Any:
    """Show somebody's page."""
    session = db.session()
    member = find(session, StaffMember, staff_id)
    return render_template(
        "settings/staff_member.html",
        member=member,
        hours=weekly.weekly_rows(session, "staff_id", staff_id),
        absences=weekly.busy_periods(session, "staff_id", staff_id, now()),
        people=domain.count_people_of(session, member),
        calendar=calendar_of(session, staff_id),
    )


def _form(member: StaffMember | None, **options: Any) -> StaffForm:
    if member is None:
        return StaffForm(**options)
    rows = weekly.weekly_rows(db.session(), "staff_id", member.id)
    return StaffForm(
        obj=member,
        other_skills=[skill for skill in member.skills if skill not in SKILLS],
        hours=weekly.standing_hours(rows),
        **options,
    )


@blueprint.route("/equipe/ajouter", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def add_staff() -> Any:
    """Add somebody."""
    form = _form(None)
    made: list[StaffMember] = []

    def act() -> None:
        member = domain.create_staff(db.session(), form.staff_values())
        weekly.replace_standing_hours(db.session(), "staff_id", member.id, form.hours.data)
        note("staff.create", f"staff:{member.id}")
        made.append(member)

    if submit(form, act):
        return done(
            url_for("settings.show_staff", staff_id=made[0].id),
            _("%(name)s est dans la liste.", name=made[0].name),
        )
    return form_page(
        form, title=_("Ajouter quelqu'un à l'équipe"), back=url_for("settings.staff"), groups=GROUPS
    )


@blueprint.route("/equipe/<int:staff_id>/modifier", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_staff(staff_id: int) -> Any:
    """Change somebody."""
    session = db.session()
    member = find(session, StaffMember, staff_id)
    form = _form(member)

    def act() -> None:
        changed = domain.change_staff(session, member, form.staff_values(), form.version.data)
        if weekly.replace_standing_hours(session, "staff_id", staff_id, form.hours.data):
            changed.append("hours")
        note("staff.change", f"staff:{staff_id}", fields=changed)

    if submit(form, act, stored=lambda: _form(find(session, StaffMember, staff_id), formdata=None)):
        return done(
            url_for("settings.show_staff", staff_id=staff_id),
            _("La fiche de %(name)s est à jour.", name=member.name),
        )
    return form_page(
        form,
        title=_("Modifier la fiche de %(name)s", name=member.name),
        back=url_for("settings.show_staff", staff_id=staff_id),
        groups=GROUPS,
    )


@blueprint.post("/equipe/<int:staff_id>/service/<wanted>")
@requires(Permission.EDIT_SETTINGS)
def set_staff_active(staff_id: int, wanted: str) -> Response:
    """Take somebody out of planning, or bring them back."""
    member = find(db.session(), StaffMember, staff_id)
    active = read_yes_no(wanted)
    domain.set_active(db.session(), member, active=active)
    note("staff.activate" if active else "staff.deactivate", f"staff:{staff_id}")
    message = (
        _("%(name)s est de nouveau dans le planning.", name=member.name)
        if active
        else _("%(name)s n'est plus dans le planning.", name=member.name)
    )
    return done(url_for("settings.show_staff", staff_id=staff_id), message)


@blueprint.route("/equipe/<int:staff_id>/absence", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def add_staff_absence(staff_id: int) -> Any:
    """Add an absence: leave, illness, an appointment."""
    session = db.session()
    member = find(session, StaffMember, staff_id)
    form = AbsenceForm(starts_on=today(), ends_on=today())
    back = url_for("settings.show_staff", staff_id=staff_id)

    def act() -> None:
        weekly.add_busy_period(session, "staff_id", staff_id, *absence_times(form), form.label.data or "")
        note("staff.absence", f"staff:{staff_id}")

    if submit(form, act):
        return done(back, _("L'absence de %(name)s est notée.", name=member.name))
    return form_page(form, title=_("Absence de %(name)s", name=member.name), back=back)


@blueprint.post("/equipe/<int:staff_id>/absence/<int:row_id>/retirer")
@requires(Permission.EDIT_SETTINGS)
def remove_staff_absence(staff_id: int, row_id: int) -> Response:
    """Remove an absence."""
    find(db.session(), StaffMember, staff_id)
    weekly.remove_busy_period(db.session(), "staff_id", staff_id, row_id)
    note("staff.absence_removed", f"staff:{staff_id}")
    return done(url_for("settings.show_staff", staff_id=staff_id), _("L'absence est retirée."))


@blueprint.post("/equipe/<int:staff_id>/horaire/<int:row_id>/retirer")
@requires(Permission.EDIT_SETTINGS)
def remove_staff_hours(staff_id: int, row_id: int) -> Response:
    """Remove weekly hours that hold between two dates."""
    find(db.session(), StaffMember, staff_id)
    weekly.remove_weekly(db.session(), "staff_id", staff_id, row_id)
    note("staff.hours_removed", f"staff:{staff_id}")
    return done(url_for("settings.show_staff", staff_id=staff_id), _("L'horaire est retiré."))
