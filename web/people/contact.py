"""How one participant is reached, and what is known of their addresses."""

from __future__ import annotations

from typing import Any

from flask import abort, g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField

from notifications import contact_file as domain
from scheduler.models import Participant
from scheduler.people import find_person
from scheduler.settings import leave_out_of_estimates, not_estimated
from web.acts import done, note
from web.contact_form import ChannelsForm, places_of, settle
from web.extensions import db
from web.forms import form_page
from web.formwork import submit
from web.people.area import blueprint
from web.permissions import Permission, requires


class ContactForm(ChannelsForm):
    """How a person wants to be reached."""

    exempt = BooleanField(
        _l("Aucun rappel"),
        description=_l("Les changements et les annulations sont quand même annoncés."),
    )
    not_estimated = BooleanField(
        _l("Ne pas estimer ses absences"),
        description=_l("À sa demande. Rien de son passé ne sert plus à proposer des appels, à personne."),
    )


@blueprint.route("/<int:person_id>/contact", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def contact(person_id: int) -> Any:
    """Change how a participant is reached."""
    session = db.session()
    person = find_person(session, person_id)
    form = _form(person)
    back = url_for("people.show", person_id=person_id, _anchor="s-contact")

    def act() -> None:
        domain.choose(
            session,
            person,
            channels=form.channels,
            exempt=form.exempt.data,
            version=form.version.data or None,
        )
        leave_out_of_estimates(g.centre, person_id, left_out=form.not_estimated.data)
        note("participant.contact", f"participant:{person_id}")

    if submit(form, act, stored=lambda: _form(person, formdata=None)):
        return done(back, _("La façon de joindre %(name)s est à jour.", name=person.name))
    return form_page(form, title=_("Comment joindre %(name)s", name=person.name), back=back)


@blueprint.post("/<int:person_id>/contact/<int:address_id>/<any(vu, utiliser):what>")
@requires(Permission.EDIT_PEOPLE)
def settle_address(person_id: int, address_id: int, what: str) -> Response:
    """Write down that somebody dealt with an address of a participant."""
    person = find_person(db.session(), person_id)
    row = domain.find_address(db.session(), address_id)
    if not domain.belongs_to(row, person):
        abort(404)
    return settle(row, what, url_for("people.show", person_id=person_id, _anchor="s-contact"))


def _form(person: Participant, **options: Any) -> ContactForm:
    choice = domain.find_choice(db.session(), person)
    values: dict[str, Any] = {"version": 0}
    if choice is not None:
        values = {"exempt": choice.exempt, "version": choice.version, **places_of(choice.channels)}
    values["not_estimated"] = person.id in not_estimated(g.centre)
    form = ContactForm(data=values, **options)
    form.offer(_("Comme tout le monde"))
    return form
