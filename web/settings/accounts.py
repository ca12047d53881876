"""Accounts of the centre: invite, change the role, take away access."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, InputRequired, Length

from scheduler import accounts as domain
from scheduler.errors import InvalidInputError
from scheduler.models import Membership, Role
from scheduler.staff import staff_choices
from web.acts import done, note, refused
from web.clock import now
from web.extensions import db
from web.fields import ChoiceField, EmailField, Needed
from web.forms import form_page
from web.formwork import Form, submit
from web.labels import ROLES, link
from web.listing import Column, Filter, Listing
from web.permissions import Permission, requires
from web.settings.area import blueprint, list_page

ROLE_HINTS = {
    Role.COORDINATOR: _l("fait le planning et tient les dossiers"),
    Role.ANIMATEUR: _l("voit le planning et les personnes de ses groupes"),
    Role.SOCIAL_WORKER: _l("voit ses propres personnes, avec leur accord"),
    Role.DIRECTOR: _l("voit le planning, les réglages et les rapports"),
    Role.VOLUNTEER: _l("voit ses propres créneaux"),
    Role.ADMINISTRATOR: _l("tout, et les comptes"),
}


def _role_choices() -> list[tuple[str, str]]:
    return [(role.value, f"{ROLES[role]} – {ROLE_HINTS[role]}") for role in Role]


class InviteForm(Form):
    """A new account, or one of another centre."""

    email = EmailField(_l("Adresse e-mail"), validators=[Needed(_l("Donnez une adresse."))])
    name = StringField(_l("Nom"), validators=[DataRequired(_l("Donnez un nom.")), Length(max=200)])
    role = ChoiceField(_l("Rôle"), coerce=Role, choices=_role_choices, validators=[InputRequired()])
    staff_id = ChoiceField(
        _l("Dans l'équipe"), description=_l("Relie le compte à ses séances et à ses personnes.")
    )


class MemberForm(Form):
    """The role of an account in the centre."""

    role = ChoiceField(_l("Rôle"), coerce=Role, choices=_role_choices, validators=[InputRequired()])
    staff_id = ChoiceField(
        _l("Dans l'équipe"), description=_l("Relie le compte à ses séances et à ses personnes.")
    )


def _with_staff(form: Any) -> Any:
    form.staff_id.offer([("", _("Personne de l'équipe")), *staff_choices(db.session())])
    return form


@blueprint.get("/comptes/")
@requires(Permission.MANAGE_USERS)
def accounts() -> Any:
    """List the accounts of the centre."""
    return list_page(
        Listing(
            name="comptes",
            rows=domain.list_members(db.session(), g.centre),
            columns=[
                Column(
                    key="nom",
                    label=_l("Nom"),
                    value=lambda row: row.name,
                    cell=lambda row: link(
                        url_for("settings.edit_account", membership_id=row.membership_id), row.name
                    ),
                    heading=True,
                ),
                Column(key="email", label=_l("E-mail"), value=lambda row: row.email),
                Column(key="role", label=_l("Rôle"), value=lambda row: str(ROLES[row.role])),
                Column(key="equipe", label=_l("Dans l'équipe"), value=lambda row: row.staff),
                Column(
                    key="vu",
                    label=_l("Dernière connexion"),
                    value=lambda row: row.last_login_at,
                    cell=lambda row: _last_seen(row),
                ),
            ],
            filters=[
                Filter(
                    key="role",
                    label=_l("Rôle"),
                    choices=[("", _l("Tous")), *((role.value, label) for role, label in ROLES.items())],
                    test=lambda row, value: row.role == value,
                ),
            ],
            search=lambda row: f"{row.name} {row.email} {row.staff}",
            sort="nom",
        ),
        title=_("Comptes et rôles"),
        add=url_for("settings.invite"),
        add_label=_("Donner accès"),
    )


def _last_seen(row: domain.MemberRow) -> str:
    from web.templating import day

    if not row.active:
        return _("compte fermé")
    return day(row.last_login_at, "d MMM yyyy") if row.last_login_at else _("jamais")


@blueprint.route("/comptes/inviter", methods=["GET", "POST"])
@requires(Permission.MANAGE_USERS)
def invite() -> Any:
    """Give somebody access; a new account's password is shown this once."""
    form = _with_staff(InviteForm())
    made: list[domain.Invitation] = []

    def act() -> None:
        made.append(
            domain.invite(
                db.session(),
                g.centre,
                email=form.email.data,
                name=form.name.data.strip(),
                role=form.role.data,
                staff_id=form.staff_id.data,
                now=now(),
            )
        )
        note("account.invite", f"user:{made[0].user.id}", role=form.role.data.value)

    if submit(form, act):
        user, password = made[0].user, made[0].password
        if password is None:
            return done(
                url_for("settings.accounts"),
                _("%(name)s a maintenant accès, avec le mot de passe qu'il ou elle a déjà.", name=user.name),
            )
        return render_template("settings/password.html", user=user, password=password)
    return form_page(form, title=_("Donner accès au centre"), back=url_for("settings.accounts"))


@blueprint.route("/comptes/<int:membership_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_USERS)
def edit_account(membership_id: int) -> Any:
    """Change somebody's role."""
    session = db.session()
    membership = domain.find_membership(session, g.centre, membership_id)
    form = _with_staff(MemberForm(obj=membership))
    name = membership.user.name

    def act() -> None:
        domain.change_membership(
            session, g.centre, membership, role=form.role.data, staff_id=form.staff_id.data
        )
        note("account.role", f"user:{membership.user_id}", role=form.role.data.value)

    if submit(form, act):
        return done(url_for("settings.accounts"), _("Le rôle de %(name)s est à jour.", name=name))
    return form_page(
        form,
        title=_("Accès de %(name)s", name=name),
        back=url_for("settings.accounts"),
        template="settings/account.html",
        membership=membership,
        own=membership.user_id == current_user.id,
    )


def _membership(membership_id: int) -> Membership:
    return domain.find_membership(db.session(), g.centre, membership_id)


@blueprint.post("/comptes/<int:membership_id>/retirer")
@requires(Permission.MANAGE_USERS)
def remove_account(membership_id: int) -> Response:
    """Take away somebody's access."""
    try:
        user = domain.remove_membership(db.session(), g.centre, _membership(membership_id), current_user.id)
    except InvalidInputError as error:
        return refused(url_for("settings.edit_account", membership_id=membership_id), error)
    note("account.remove", f"user:{user.id}")
    return done(url_for("settings.accounts"), _("%(name)s n'a plus accès au centre.", name=user.name))


@blueprint.post("/comptes/<int:membership_id>/mot-de-passe")
@requires(Permission.MANAGE_USERS)
def renew_password(membership_id: int) -> Any:
    """Make a new one-time password and show it this once."""
    membership = _membership(membership_id)
    try:
        password = domain.renew_password(db.session(), g.centre, membership)
    except InvalidInputError as error:
        return refused(url_for("settings.edit_account", membership_id=membership_id), error)
    note("account.password", f"user:{membership.user_id}")
    db.session.commit()
    return render_template("settings/password.html", user=membership.user, password=password)
