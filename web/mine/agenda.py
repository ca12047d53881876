"""My calendar: make and revoke the address of one's own feed."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template, url_for
from flask_babel import gettext as _

from scheduler.links import active_link, renew_link, revoke_links
from scheduler.models import LinkKind
from web.acts import done, note
from web.clock import now
from web.extensions import db
from web.links import Address
from web.mine.area import blueprint, me
from web.permissions import Permission, requires


def _page(address: Address | None = None) -> str:
    link = active_link(db.session(), LinkKind.STAFF, me().id)
    return render_template("mine/agenda.html", link=link, address=address)


@blueprint.get("/agenda")
@requires(Permission.VIEW_OWN_WORK)
def agenda() -> str:
    """Show whether an address is in use, and offer a new one."""
    return _page()


@blueprint.post("/agenda")
@requires(Permission.VIEW_OWN_WORK)
def renew_agenda() -> str:
    """Make a new address of one's own and show it, this once."""
    member = me()
    token = renew_link(db.session(), LinkKind.STAFF, member.id, now())
    note("link.renew", f"{LinkKind.STAFF}:{member.id}")
    db.session.commit()
    return _page(Address(f"{current_app.config['PUBLIC_URL']}/agenda/{token}.ics"))


@blueprint.post("/agenda/retirer")
@requires(Permission.VIEW_OWN_WORK)
def revoke_agenda() -> Any:
    """Revoke one's own address."""
    member = me()
    revoke_links(db.session(), LinkKind.STAFF, member.id, now())
    note("link.revoke", f"{LinkKind.STAFF}:{member.id}")
    return done(url_for("mine.agenda"), _("L'adresse ne fonctionne plus."))
