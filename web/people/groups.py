"""Groups: list, create, change, members."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from scheduler import groups as domain
from scheduler.audit import record
from scheduler.models import Cohort
from scheduler.people import find_person
from scheduler.programme_book import programme_choices
from web import listing
from web.clock import now, today
from web.extensions import db
from web.fields import ChoiceField
from web.forms import form_page
from web.formwork import Form, VersionedForm, submit
from web.labels import link
from web.listing import Column, Filter, Listing
from web.people.area import blueprint
from web.permissions import Permission, requires


class GroupForm(VersionedForm):
    """A group."""

    programme_id = ChoiceField(_l("Programme"), validators=[InputRequired(_l("Choisissez un programme."))])
    name = StringField(_l("Nom du groupe"), validators=[DataRequired(_l("Donnez un nom.")), Length(max=80)])
    starts_on = DateField(_l("Premier jour"), validators=[Optional()])
    ends_on = DateField(_l("Dernier jour"), validators=[Optional()])
    seats_max = IntegerField(
        _l("Places"),
        validators=[Optional(), NumberRange(1, 1000, _l("Entre 1 et 1000."))],
        description=_l("Vide : pas de limite."),
    )


class MembersForm(Form):
    """People to add: the boxes are in the page."""


@blueprint.get("/groupes/")
@requires(Permission.VIEW_PEOPLE)
def groups() -> Any:
    """List the groups."""
    session = db.session()
    day = today()
    return listing.answer(
        Listing(
            name="groupes",
            rows=domain.list_groups(session),
            columns=[
                Column(
                    key="nom",
                    label=_l("Groupe"),
                    value=lambda row: row.name,
                    cell=lambda row: link(url_for("people.group", cohort_id=row.id), row.name),
                    heading=True,
                ),
                Column(key="programme", label=_l("Programme"), value=lambda row: row.programme),
                Column(key="debut", label=_l("Premier jour"), value=lambda row: row.starts_on),
                Column(key="fin", label=_l("Dernier jour"), value=lambda row: row.ends_on),
                Column(key="membres", label=_l("Personnes"), value=lambda row: row.members, numeric=True),
                Column(key="places", label=_l("Places"), value=lambda row: row.seats_max, numeric=True),
            ],
            filters=[
                Filter(
                    key="programme",
                    label=_l("Programme"),
                    choices=[("", _l("Tous")), *programme_choices(session)],
                    test=lambda row, value: row.programme_id == int(value),
                ),
                Filter(
                    key="quand",
                    label=_l("Période"),
                    choices=[
                        ("", _l("Tous")),
                        ("actuels", _l("Pas encore terminés")),
                        ("finis", _l("Terminés")),
                    ],
                    default="actuels",
                    test=lambda row, value: row.is_running(day) == (value == "actuels"),
                ),
            ],
            search=lambda row: f"{row.name} {row.programme}",
            sort="nom",
            empty=_("Aucun groupe pour le moment."),
        ),
        "people/groups.html",
    )


@blueprint.get("/groupes/<int:cohort_id>")
@requires(Permission.VIEW_PEOPLE)
def group(cohort_id: int) -> Any:
    """Show a group with its members."""
    return _page(domain.find_group(db.session(), cohort_id), MembersForm(formdata=None))


def _page(cohort: Cohort, form: Form) -> Any:
    session = db.session()
    page = render_template(
        "people/group.html",
        cohort=cohort,
        form=form,
        members=domain.list_members(session, cohort),
        candidates=domain.list_candidates(session, cohort),
        seats=domain.seats_of(cohort),
        ticked=set(request.form.getlist("people")),
    )
    return page, form.answer_status


def _form(cohort: Cohort | None, **options: Any) -> GroupForm:
    form = GroupForm(obj=cohort, **options)
    if cohort is None:
        form.programme_id.offer(programme_choices(db.session()))
    else:
        del form.programme_id
    return form


@blueprint.route("/groupes/ajouter", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def create_group() -> Any:
    """Add a group."""
    form = _form(None)
    made: list[Cohort] = []

    def act() -> None:
        made.append(domain.create_group(db.session(), form.values()))
        _note("cohort.create", made[0].id)

    if submit(form, act):
        flash(_("Le groupe « %(name)s » est créé. Ajoutez-y des personnes.", name=made[0].name), "success")
        return redirect(url_for("people.group", cohort_id=made[0].id))
    return form_page(form, title=_("Créer un groupe"), back=url_for("people.groups"))


@blueprint.route("/groupes/<int:cohort_id>/modifier", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def edit_group(cohort_id: int) -> Any:
    """Change a group."""
    session = db.session()
    cohort = domain.find_group(session, cohort_id)
    form = _form(cohort)

    def act() -> None:
        _note(
            "cohort.change",
            cohort_id,
            fields=domain.change_group(session, cohort, form.values(), form.version.data),
        )

    if submit(form, act, stored=lambda: _form(domain.find_group(session, cohort_id), formdata=None)):
        flash(_("Le groupe est à jour."), "success")
        return redirect(url_for("people.group", cohort_id=cohort_id))
    return form_page(
        form,
        title=_("Modifier le groupe « %(name)s »", name=cohort.name),
        back=url_for("people.group", cohort_id=cohort_id),
    )


@blueprint.post("/groupes/<int:cohort_id>/supprimer")
@requires(Permission.EDIT_PEOPLE)
def delete_group(cohort_id: int) -> Response:
    """Delete a group; its members stay in the programme."""
    cohort = domain.find_group(db.session(), cohort_id)
    name = cohort.name
    count = domain.delete_group(db.session(), cohort)
    _note("cohort.delete", cohort_id, members=count)
    db.session.commit()
    flash(
        _("Le groupe « %(name)s » est supprimé. Ses membres restent dans le programme.", name=name), "success"
    )
    return redirect(url_for("people.groups"))


@blueprint.post("/groupes/<int:cohort_id>/membres")
@requires(Permission.EDIT_PEOPLE)
def add_members(cohort_id: int) -> Any:
    """Put people into a group."""
    session = db.session()
    cohort = domain.find_group(session, cohort_id)
    form = MembersForm()
    added: list[Any] = []

    def act() -> None:
        chosen = [int(each) for each in request.form.getlist("people") if each.isdecimal()]
        added.extend(domain.add_members(session, cohort, chosen))
        _note("cohort.add", cohort_id, people=[each.id for each in added])

    if submit(form, act):
        flash(_("%(names)s : dans le groupe.", names=", ".join(each.name for each in added)), "success")
        return redirect(url_for("people.group", cohort_id=cohort_id))
    return _page(domain.find_group(session, cohort_id), form)


@blueprint.post("/groupes/<int:cohort_id>/membres/<int:person_id>/retirer")
@requires(Permission.EDIT_PEOPLE)
def remove_member(cohort_id: int, person_id: int) -> Response:
    """Take somebody out of a group."""
    session = db.session()
    cohort = domain.find_group(session, cohort_id)
    person = find_person(session, person_id)
    domain.remove_member(session, cohort, person_id)
    _note("cohort.remove", cohort_id, people=[person_id])
    db.session.commit()
    flash(_("%(name)s n'est plus dans le groupe.", name=person.name), "success")
    return redirect(url_for("people.group", cohort_id=cohort_id))


def _note(action: str, cohort_id: int, **detail: Any) -> None:
    record(db.session(), current_user.id, action, f"cohort:{cohort_id}", detail, now=now())
