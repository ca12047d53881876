"""Places that wait for somebody: take one, give one back, keep it after all."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from scheduler import offers as domain
from scheduler.errors import InvalidInputError, NotFoundError
from web.acts import done, note, refused
from web.clock import now
from web.extensions import db
from web.mine.area import blueprint, me
from web.permissions import Permission, requires
from web.telling import tell_people


@blueprint.get("/places")
@requires(Permission.VIEW_OWN_WORK)
def places() -> str:
    """List the places that fit the reader."""
    member = me()
    return render_template(
        "mine/places.html", offers=domain.list_offers(db.session(), g.centre, member, now())
    )


@blueprint.post("/places/<uid>/prendre")
@requires(Permission.VIEW_OWN_WORK)
def take_place(uid: str) -> Any:
    """Take a place."""
    member, role = me(), request.form.get("role", "")[:40]
    back = url_for("mine.places")
    try:
        result = domain.take(db.session(), g.centre, member, uid[:36], role, now(), user_id=current_user.id)
        tell_people(db.session(), g.centre, result, now())
    except NotFoundError:
        return refused(back, InvalidInputError(_("Cette place n'est plus à prendre.")))
    except InvalidInputError as error:
        return refused(back, error)
    note("slot.take", f"staff:{member.id}", uid=uid[:36], role=role)
    return done(back, _("C'est noté : cette place est à vous. Merci !"))


@blueprint.post("/places/<uid>/rendre")
@requires(Permission.VIEW_OWN_WORK)
def give_place_back(uid: str) -> Any:
    """Offer one's place to the others."""
    member = me()
    domain.give_back(db.session(), g.centre, member, uid[:36], now(), reason=request.form.get("reason", ""))
    note("slot.give_back", f"staff:{member.id}", uid=uid[:36])
    return done(
        url_for("mine.show", jour=request.form.get("jour")),
        _("La coordination est prévenue et votre place est proposée aux autres. Elle reste à vous d'ici là."),
    )


@blueprint.post("/places/<uid>/garder")
@requires(Permission.VIEW_OWN_WORK)
def keep_place(uid: str) -> Any:
    """Keep one's place after all."""
    member = me()
    domain.keep(db.session(), g.centre, member, uid[:36], now(), user_id=current_user.id)
    note("slot.keep", f"staff:{member.id}", uid=uid[:36])
    return done(url_for("mine.show", jour=request.form.get("jour")), _("Vous gardez votre place."))
