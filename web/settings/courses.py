"""Courses of outside schools, and who attends them."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, StringField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from scheduler import course_book as domain
from scheduler.models import Course
from scheduler.people import find_person, people_choices
from web.acts import done, note
from web.clock import today
from web.extensions import db
from web.fields import WEEKLY_HINT, ChoiceField, LanguageField, Needed, WeeklyHoursField, level_choices
from web.forms import form_page
from web.formwork import Form, VersionedForm, submit
from web.labels import language_names, link, weekly
from web.listing import Column, Filter, Listing
from web.permissions import Permission, may, requires
from web.settings.area import blueprint, list_page
from web.templating import level_name


class CourseForm(VersionedForm):
    """A class of a school."""

    school = StringField(_l("École"), validators=[DataRequired(_l("Donnez l'école.")), Length(max=120)])
    name = StringField(_l("Nom du cours"), validators=[DataRequired(_l("Donnez un nom.")), Length(max=120)])
    language = LanguageField(
        _l("Langue enseignée"), default="fr", validators=[Needed(_l("Donnez la langue."))]
    )
    level = ChoiceField(_l("Niveau"), choices=lambda: [("", _("Non précisé")), *level_choices()])
    starts_on = DateField(_l("Premier jour"), validators=[InputRequired(_l("Donnez le premier jour."))])
    ends_on = DateField(_l("Dernier jour"), validators=[InputRequired(_l("Donnez le dernier jour."))])
    meetings = WeeklyHoursField(
        _l("Chaque semaine"),
        validators=[Needed(_l("Donnez au moins un horaire."))],
        description=WEEKLY_HINT,
    )
    travel_minutes = IntegerField(
        _l("Trajet vers l'école, en minutes"), default=0, validators=[InputRequired(), NumberRange(0, 240)]
    )


class ExceptionForm(Form):
    """A day without the course, or an extra meeting."""

    on = DateField(_l("Jour"), validators=[InputRequired(_l("Donnez un jour."))])
    starts = TimeField(_l("De"), validators=[Optional()], description=_l("Vide : pas de cours ce jour-là."))
    ends = TimeField(_l("À"), validators=[Optional()])


class AttendeeForm(Form):
    """Somebody into a course."""

    person_id = ChoiceField(_l("Personne"), validators=[InputRequired(_l("Choisissez une personne."))])
    starts_on = DateField(_l("À partir du"), validators=[Optional()])
    ends_on = DateField(_l("Jusqu'au"), validators=[Optional()])


@blueprint.get("/cours/")
@requires(Permission.VIEW_SETTINGS)
def courses() -> Any:
    """List the courses."""
    rows = domain.list_courses(db.session())
    day = today()
    schools = sorted({row.school for row in rows})
    return list_page(
        Listing(
            name="cours",
            rows=rows,
            columns=[
                Column(
                    key="nom",
                    label=_l("Cours"),
                    value=lambda row: row.name,
                    cell=lambda row: link(url_for("settings.course", course_id=row.id), row.name),
                    heading=True,
                ),
                Column(key="ecole", label=_l("École"), value=lambda row: row.school),
                Column(key="langue", label=_l("Langue"), value=lambda row: language_names([row.language])),
                Column(
                    key="niveau",
                    label=_l("Niveau"),
                    value=lambda row: None if row.level is None else level_name(row.level),
                ),
                Column(
                    key="horaire",
                    label=_l("Chaque semaine"),
                    value=lambda row: weekly(row.meetings),
                    sort=lambda row: tuple((d, a.isoformat()) for d, a, _b in row.meetings),
                ),
                Column(key="debut", label=_l("Premier jour"), value=lambda row: row.starts_on),
                Column(key="fin", label=_l("Dernier jour"), value=lambda row: row.ends_on),
                Column(key="personnes", label=_l("Personnes"), value=lambda row: row.people, numeric=True),
            ],
            filters=[
                Filter(
                    key="ecole",
                    label=_l("École"),
                    choices=[("", _l("Toutes")), *((school, school) for school in schools)],
                    test=lambda row, value: row.school == value,
                ),
                Filter(
                    key="quand",
                    label=_l("Période"),
                    choices=[
                        ("actuels", _l("Pas encore terminés")),
                        ("finis", _l("Terminés")),
                        ("", _l("Tous")),
                    ],
                    default="actuels",
                    test=lambda row, value: row.is_over(day) == (value == "finis"),
                ),
            ],
            search=lambda row: f"{row.name} {row.school}",
            sort="nom",
        ),
        title=_("Cours de langue"),
        intro=_("Le planning va toujours autour de ces heures."),
        add=url_for("settings.add_course") if may(Permission.EDIT_SETTINGS) else None,
        add_label=_("Ajouter un cours"),
        more=[(url_for("imports.index"), _("Importer des horaires"), "upload")]
        if may(Permission.IMPORT_PEOPLE)
        else [],
    )


@blueprint.get("/cours/<int:course_id>")
@requires(Permission.VIEW_SETTINGS)
def course(course_id: int) -> Any:
    """Show a course."""
    session = db.session()
    row = domain.find_course(session, course_id)
    return render_template(
        "settings/course.html",
        course=row,
        source=domain.source_of(session, row),
        attendees=domain.list_attendees(session, row) if may(Permission.VIEW_PEOPLE) else None,
    )


def _form(row: Course | None, **options: Any) -> CourseForm:
    if row is None:
        return CourseForm(**options)
    meetings = [(each.weekday, each.starts, each.ends) for each in row.meetings]
    return CourseForm(
        data={"meetings": meetings} | {name: getattr(row, name) for name in (*_COLUMNS, "version")},
        **options,
    )


_COLUMNS = ("school", "name", "language", "level", "starts_on", "ends_on", "travel_minutes")


@blueprint.route("/cours/ajouter", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def add_course() -> Any:
    """Add a course."""
    form = _form(None)
    made: list[Course] = []

    def act() -> None:
        made.append(domain.save_course(db.session(), None, form.values("meetings"), form.meetings.data, None))
        note("course.create", f"course:{made[0].id}")

    if submit(form, act):
        return done(
            url_for("settings.course", course_id=made[0].id),
            _("Le cours « %(name)s » est ajouté.", name=form.name.data),
        )
    return form_page(form, title=_("Ajouter un cours"), back=url_for("settings.courses"))


@blueprint.route("/cours/<int:course_id>/modifier", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_course(course_id: int) -> Any:
    """Change a course."""
    session = db.session()
    row = domain.find_course(session, course_id)
    form = _form(row)
    back = url_for("settings.course", course_id=course_id)

    def act() -> None:
        domain.save_course(session, row, form.values("meetings"), form.meetings.data, form.version.data)
        note("course.change", f"course:{course_id}")

    if submit(form, act, stored=lambda: _form(domain.find_course(session, course_id), formdata=None)):
        return done(back, _("Le cours « %(name)s » est à jour.", name=form.name.data))
    people = len(domain.list_attendees(session, row))
    return form_page(
        form,
        title=_("Modifier le cours « %(name)s »", name=row.name),
        back=back,
        delete=(
            url_for("settings.delete_course", course_id=course_id),
            _(
                "Supprimer le cours « %(name)s » ? %(count)s personnes n'y seront plus inscrites "
                "et leurs heures redeviendront libres.",
                name=row.name,
                count=people,
            ),
        ),
    )


@blueprint.post("/cours/<int:course_id>/supprimer")
@requires(Permission.EDIT_SETTINGS)
def delete_course(course_id: int) -> Response:
    """Delete a course."""
    row = domain.find_course(db.session(), course_id)
    name = row.name
    domain.delete_course(db.session(), row)
    note("course.delete", f"course:{course_id}")
    return done(url_for("settings.courses"), _("Le cours « %(name)s » est supprimé.", name=name))


@blueprint.route("/cours/<int:course_id>/exception", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def add_course_exception(course_id: int) -> Any:
    """Note a day without the course, or an extra meeting."""
    session = db.session()
    row = domain.find_course(session, course_id)
    form = ExceptionForm()
    back = url_for("settings.course", course_id=course_id)

    def act() -> None:
        domain.add_exception(session, row, form.on.data, form.starts.data, form.ends.data)
        note("course.exception", f"course:{course_id}")

    if submit(form, act):
        return done(back, _("C'est noté."))
    return form_page(form, title=_("Jour particulier de « %(name)s »", name=row.name), back=back)


@blueprint.post("/cours/<int:course_id>/exception/<int:row_id>/retirer")
@requires(Permission.EDIT_SETTINGS)
def remove_course_exception(course_id: int, row_id: int) -> Response:
    """Forget an exception."""
    row = domain.find_course(db.session(), course_id)
    domain.remove_exception(db.session(), row, row_id)
    note("course.exception_removed", f"course:{course_id}")
    return done(url_for("settings.course", course_id=course_id), _("Le jour particulier est retiré."))


@blueprint.route("/cours/<int:course_id>/personnes", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def add_attendee(course_id: int) -> Any:
    """Put somebody into a course."""
    session = db.session()
    row = domain.find_course(session, course_id)
    taken = {each.person_id for each in domain.list_attendees(session, row)}
    form = AttendeeForm()
    form.person_id.offer(
        [
            ("", _("Choisir…")),
            *(
                (str(person_id), name)
                for person_id, name in people_choices(session)
                if person_id not in taken
            ),
        ]
    )
    back = url_for("settings.course", course_id=course_id)

    def act() -> None:
        person = find_person(session, form.person_id.data)
        domain.join(session, person, course_id, form.starts_on.data, form.ends_on.data)
        note("course.join", f"participant:{person.id}", course=course_id)

    if submit(form, act):
        return done(back, _("La personne est inscrite au cours."))
    return form_page(form, title=_("Inscrire quelqu'un à « %(name)s »", name=row.name), back=back)


@blueprint.post("/cours/<int:course_id>/personnes/<int:person_id>/<int:enrolment_id>/retirer")
@requires(Permission.EDIT_PEOPLE)
def remove_attendee(course_id: int, person_id: int, enrolment_id: int) -> Response:
    """Take somebody out of a course."""
    person = find_person(db.session(), person_id)
    domain.leave(db.session(), person, enrolment_id)
    note("course.leave", f"participant:{person_id}", course=course_id)
    return done(
        url_for("settings.course", course_id=course_id),
        _("%(name)s ne suit plus ce cours.", name=person.name),
    )
