"""Signing in and out, and one's own account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import UserMixin, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from sqlalchemy import func, select
from werkzeug.wrappers import Response
from wtforms import BooleanField, PasswordField, SelectChoice, SelectField, StringField
from wtforms.validators import DataRequired, EqualTo, Length

from scheduler.models import User
from web.centre import memberships_of
from web.extensions import db, limiter, login_manager
from web.locale import LOCALES
from web.permissions import Permission, public, requires

blueprint = Blueprint("auth", __name__)
hasher = PasswordHasher()
MIN_PASSWORD_LENGTH = 10

#: Hash of nothing anybody knows: an unknown address takes as long as a known one.
_DECOY = hasher.hash("decoy")


class Account(UserMixin):
    """The signed-in account as Flask-Login sees it."""

    def __init__(self, user: User) -> None:
        self.id = user.id
        self.name = user.name
        self.email = user.email
        self.locale = user.locale
        self.is_superuser = user.is_superuser
        self.epoch = user.session_epoch
        self.must_change_password = user.must_change_password

    def get_id(self) -> str:
        """Return an id that stops working when the password changes."""
        return f"{self.id}:{self.epoch}"


@login_manager.user_loader
def load_account(account_id: str) -> Account | None:
    """Return the account of a session cookie, if it is still good."""
    number, _sep, epoch = account_id.partition(":")
    user = db.session.get(User, int(number))
    return Account(user) if user and user.active and str(user.session_epoch) == epoch else None


@login_manager.unauthorized_handler
def ask_to_sign_in() -> Response:
    """Send a visitor to the sign-in page and back afterwards."""
    if request.headers.get("HX-Request"):
        response = redirect(url_for("auth.login"))
        response.status_code = 204
        response.headers["HX-Redirect"] = url_for("auth.login")
        return response
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.login", next=wanted))


#: Where an account with a password that somebody else made may go before it has its own.
_BEFORE_OWN_PASSWORD = frozenset({"auth.account", "auth.logout", "static"})


@blueprint.before_app_request
def ask_for_own_password() -> Response | None:
    """Lead an account with a one-time password to the page where it is changed."""
    if request.endpoint in _BEFORE_OWN_PASSWORD or not getattr(current_user, "must_change_password", False):
        return None
    flash(_("Choisissez d'abord votre propre mot de passe."), "warning")
    return redirect(url_for("auth.account"))


class LoginForm(FlaskForm):
    """Address and password."""

    email = StringField(_l("Adresse e-mail"), validators=[DataRequired(), Length(max=254)])
    password = PasswordField(_l("Mot de passe"), validators=[DataRequired(), Length(max=200)])
    remember = BooleanField(_l("Rester connecté sur cet appareil"))


class AccountForm(FlaskForm):
    """Language and, if wanted, a new password."""

    locale = SelectField(_l("Langue"), choices=[SelectChoice(code, name) for code, name in LOCALES.items()])
    current = PasswordField(_l("Mot de passe actuel"))
    password = PasswordField(
        _l("Nouveau mot de passe"),
        validators=[EqualTo("again", _l("Les deux mots de passe diffèrent."))],
        description=_l("Laissez vide pour garder l'actuel. Sinon, au moins 10 caractères."),
    )
    again = PasswordField(_l("Nouveau mot de passe, encore une fois"))


def check_password(user: User | None, password: str) -> bool:
    """Whether the password is right; rehashes it in place when the parameters have grown."""
    try:
        hasher.verify(user.password_hash if user else _DECOY, password)
    except (VerificationError, InvalidHashError):
        return False
    if user is not None and hasher.check_needs_rehash(user.password_hash):
        user.password_hash = hasher.hash(password)
    return user is not None and user.active


def _attempted_email() -> str:
    return request.form.get("email", "").strip().lower()


@blueprint.route("/login", methods=["GET", "POST"])
@limiter.limit(lambda: current_app.config["LOGIN_RATE_LIMIT"], methods=["POST"])
@limiter.limit(
    lambda: current_app.config["LOGIN_RATE_LIMIT"],
    key_func=_attempted_email,
    methods=["POST"],
    scope="account",
)
@public
def login() -> Any:
    """Sign in."""
    if current_user.is_authenticated:
        return redirect(url_for("auth.home"))
    form = LoginForm()
    if form.validate_on_submit():
        user = db.session.scalar(select(User).where(func.lower(User.email) == _attempted_email()))
        if check_password(user, form.password.data or ""):
            assert user is not None
            user.last_login_at = datetime.now(UTC)
            session.clear()
            login_user(Account(user), remember=form.remember.data)
            session.permanent = True
            db.session.commit()
            return redirect(_local_address(request.args.get("next")) or url_for("auth.home"))
        form.password.errors = [_("Adresse ou mot de passe incorrect.")]
        return render_template("auth/login.html", form=form), 401
    return render_template("auth/login.html", form=form), 422 if request.method == "POST" else 200


@blueprint.post("/logout")
@requires(Permission.SIGNED_IN)
def logout() -> Response:
    """Sign out."""
    logout_user()
    session.clear()
    return redirect(url_for("auth.login"))


@blueprint.get("/")
@requires(Permission.SIGNED_IN)
def home() -> Any:
    """Go to the week of the only centre, or let the person choose one."""
    memberships = memberships_of(current_user.id)
    if len(memberships) == 1:
        return redirect(url_for("navigation.start", centre_slug=memberships[0].centre.slug))
    return render_template("auth/centres.html", memberships=memberships)


@blueprint.route("/compte", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def account() -> Any:
    """Change one's language and password."""
    user = db.session.get_one(User, current_user.id)
    form = AccountForm(locale=user.locale or "fr")
    if form.validate_on_submit():
        if not form.password.data and user.must_change_password:
            form.password.errors = [_("Choisissez votre propre mot de passe.")]
        elif form.password.data:
            if not check_password(user, form.current.data or ""):
                form.current.errors = [_("Ce n'est pas votre mot de passe actuel.")]
            elif user.must_change_password and form.password.data == form.current.data:
                form.password.errors = [_("Choisissez un autre mot de passe que celui qu'on vous a donné.")]
            elif len(form.password.data) < MIN_PASSWORD_LENGTH:
                form.password.errors = [_("Choisissez au moins 10 caractères.")]
            else:
                user.password_hash = hasher.hash(form.password.data)
                user.session_epoch += 1
                user.must_change_password = False
        if not form.errors:
            user.locale = form.locale.data
            db.session.commit()
            login_user(Account(user))
            flash(_("Votre compte est à jour."), "success")
            return redirect(url_for("auth.account"))
    return render_template("auth/account.html", form=form), 422 if form.errors else 200


def _local_address(address: str | None) -> str | None:
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    parts = urlsplit(address)
    return address if not parts.netloc and not parts.scheme else None
