"""Give out addresses that open without a password: calendars, and participants' own pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import segno
from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from scheduler.audit import record
from scheduler.links import Subject, active_link, find_subject, renew_link, revoke_links
from scheduler.models import LinkKind
from web.centre import PREFIX
from web.clock import now
from web.extensions import db
from web.permissions import Permission, requires

blueprint = Blueprint("links", __name__, url_prefix=f"{PREFIX}/liens")


@dataclass(frozen=True)
class Address:
    """A new address in the forms in which it is handed over; it is shown only once."""

    url: str

    @property
    def qr(self) -> Markup:
        """The address as a QR code, as SVG without inline style."""
        code = segno.make(self.url, error="m")
        return Markup(code.svg_inline(scale=4, border=2, svgclass="qr", lineclass=None, omitsize=True))  # noqa: S704

    @property
    def apple(self) -> str:
        """The address that calendar programs of phones and computers open by themselves."""
        return "webcal://" + self.url.partition("://")[2]

    @property
    def google(self) -> str:
        """The page of Google Calendar that adds it."""
        return "https://calendar.google.com/calendar/r?cid=" + quote(self.apple, safe="")

    @property
    def outlook(self) -> str:
        """The page of Outlook that adds it."""
        return "https://outlook.live.com/calendar/0/addfromweb?url=" + quote(self.url, safe="")


def _subject(kind: str, subject_id: int) -> tuple[LinkKind, Subject]:
    if kind not in set(LinkKind):
        abort(404)
    subject = find_subject(db.session(), LinkKind(kind), subject_id)
    if subject is None:
        abort(404)
    return LinkKind(kind), subject


def _page(kind: LinkKind, subject: Subject, address: Address | None = None) -> str:
    link = active_link(db.session(), kind, subject.id)
    return render_template("links/show.html", kind=kind, subject=subject, link=link, address=address)


@blueprint.get("/<kind>/<int:subject_id>/")
@requires(Permission.GIVE_LINKS)
def show(kind: str, subject_id: int) -> str:
    """Show whether an address is in use, and offer a new one."""
    return _page(*_subject(kind, subject_id))


@blueprint.post("/<kind>/<int:subject_id>/nouveau")
@requires(Permission.GIVE_LINKS)
def renew(kind: str, subject_id: int) -> str:
    """Make a new address and show it, this once."""
    chosen, subject = _subject(kind, subject_id)
    token = renew_link(db.session(), chosen, subject_id, now())
    record(db.session(), current_user.id, "link.renew", f"{kind}:{subject_id}", now=now())
    db.session.commit()
    path = f"/moi/{token}" if chosen is LinkKind.PAGE else f"/agenda/{token}.ics"
    return _page(chosen, subject, Address(current_app.config["PUBLIC_URL"] + path))


@blueprint.post("/<kind>/<int:subject_id>/retirer")
@requires(Permission.GIVE_LINKS)
def revoke(kind: str, subject_id: int) -> Any:
    """Revoke the address in use."""
    chosen, _subject_row = _subject(kind, subject_id)
    revoke_links(db.session(), chosen, subject_id, now())
    record(db.session(), current_user.id, "link.revoke", f"{kind}:{subject_id}", now=now())
    db.session.commit()
    flash(_("L'adresse ne fonctionne plus."), "success")
    return redirect(url_for("links.show", kind=kind, subject_id=subject_id))
