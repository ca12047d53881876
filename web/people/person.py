"""A participant's page, and adding, changing and archiving one."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from notifications.contact_file import contact_file
from scheduler.audit import record
from scheduler.models import Participant, StaffKind
from scheduler.people import archive_person, change_person, create_person, find_person, restore_person
from scheduler.person_choices import activity_choices, opt_out_choices
from scheduler.places import site_choices
from scheduler.portrait import portrait
from scheduler.staff import staff_choices
from web.clock import now, today
from web.contact_words import ADVICE, CHANNEL_ICONS, CHANNELS, STATES
from web.extensions import db
from web.forms import form_page
from web.formwork import submit
from web.labels import say
from web.people.area import blueprint
from web.people.forms import PERSON_GROUPS, PersonForm
from web.permissions import Permission, requires
from web.reach import current_reach


@blueprint.get("/<int:person_id>/")
@requires(Permission.VIEW_OWN_PEOPLE)
def show(person_id: int) -> Any:
    """Show a participant."""
    session = db.session()
    person = find_person(session, person_id, current_reach())
    return render_template(
        "people/person.html",
        person=person,
        known=portrait(session, person, today(), now()),
        contact=contact_file(session, g.centre, person),
        CHANNELS=CHANNELS,
        CHANNEL_ICONS=CHANNEL_ICONS,
        ADDRESS_STATES=STATES,
        ADVICE=ADVICE,
    )


@blueprint.route("/ajouter", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def create() -> Any:
    """Add a participant."""
    form = _form(None)
    made: list[Participant] = []

    def act() -> None:
        made.append(create_person(db.session(), form.person_values(), now()))
        _note("participant.create", made[0].id)

    if submit(form, act):
        flash(_("%(name)s est dans la liste.", name=made[0].name), "success")
        return redirect(url_for("people.show", person_id=made[0].id))
    return form_page(
        form, title=_("Ajouter une personne"), back=url_for("people.index"), groups=PERSON_GROUPS
    )


@blueprint.route("/<int:person_id>/modifier", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def edit(person_id: int) -> Any:
    """Change a participant."""
    session = db.session()
    person = find_person(session, person_id)
    form = _form(person)

    def act() -> None:
        changed = change_person(session, person, form.person_values(), form.version.data, today=today())
        if changed:
            _note("participant.change", person_id, fields=changed)

    if submit(form, act, stored=lambda: _form(find_person(session, person_id), typed=False)):
        flash(_("Le dossier de %(name)s est à jour.", name=person.name), "success")
        return redirect(url_for("people.show", person_id=person_id))
    return form_page(
        form,
        title=_("Modifier le dossier de %(name)s", name=person.name),
        back=url_for("people.show", person_id=person_id),
        groups=PERSON_GROUPS,
    )


@blueprint.post("/<int:person_id>/archiver")
@requires(Permission.EDIT_PEOPLE)
def archive(person_id: int) -> Any:
    """Archive a participant."""
    person = find_person(db.session(), person_id)
    archive_person(db.session(), person)
    _note("participant.archive", person_id)
    db.session.commit()
    flash(_("Le dossier de %(name)s est dans les archives, hors du planning.", name=person.name), "success")
    return redirect(url_for("people.show", person_id=person_id))


@blueprint.post("/<int:person_id>/restaurer")
@requires(Permission.EDIT_PEOPLE)
def restore(person_id: int) -> Any:
    """Bring a participant back from the archive."""
    person = find_person(db.session(), person_id)
    restore_person(db.session(), person)
    _note("participant.restore", person_id)
    db.session.commit()
    flash(_("%(name)s est de retour dans la liste.", name=person.name), "success")
    return redirect(url_for("people.show", person_id=person_id))


def _form(person: Participant | None, *, typed: bool = True) -> PersonForm:
    session = db.session()
    form = PersonForm(obj=person) if typed else PersonForm(formdata=None, obj=person)
    form.referent_id.offer(
        [
            ("", _("Personne")),
            *_with_current(staff_choices(session, StaffKind.STAFF), person),
        ]
    )
    form.site_ids.offer(site_choices(session))
    form.preferred_site_ids.offer(site_choices(session))
    activities = activity_choices(session)
    themes = [(key, say(label)) for key, label in opt_out_choices(session)]
    form.preferred_activities.offer(_with_kept(activities, person.preferred_activities if person else []))
    form.opt_outs.offer(_with_kept(themes, person.opt_outs if person else []))
    if person is None and not form.is_submitted():
        form.message_language.data = g.centre.locale
    return form


def _with_kept(choices: list[tuple[str, str]], kept: list[str]) -> list[tuple[str, str]]:
    known = dict(choices)
    return [*choices, *((key, key) for key in kept if key not in known)]


def _with_current(choices: list[tuple[str, str]], person: Participant | None) -> list[tuple[str, str]]:
    referent = person.referent if person else None
    if referent is None or str(referent.id) in dict(choices):
        return choices
    return [(str(referent.id), referent.name), *choices]


def _note(action: str, person_id: int, **detail: Any) -> None:
    record(db.session(), current_user.id, action, f"participant:{person_id}", detail, now=now())
