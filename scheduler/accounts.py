"""Accounts of a centre: who may sign in, with which role, and inviting or removing somebody."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.message import N_
from scheduler.models import Centre, Membership, Role, StaffMember, User
from scheduler.records import find

#: Letters that are not taken for one another when read aloud or from paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 4, 4


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A line of the list of accounts."""

    membership_id: int
    user_id: int
    name: str
    email: str
    role: Role
    staff: str
    active: bool
    last_login_at: datetime | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """An account that may now enter; ``password`` only for one that is new or had none in use."""

    membership: Membership
    user: User
    password: str | None


def one_time_password() -> str:
    """Return a password of about 79 bits in groups of four letters."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


def list_members(session: Session, centre: Centre) -> list[MemberRow]:
    """Return the accounts of a centre, in one query."""
    rows = session.execute(
        select(Membership, User, StaffMember)
        .join(User, User.id == Membership.user_id)
        .outerjoin(StaffMember, StaffMember.id == Membership.staff_id)
        .where(Membership.centre_id == centre.id)
    )
    return [
        MemberRow(
            membership_id=membership.id,
            user_id=user.id,
            name=user.name,
            email=user.email,
            role=Role(membership.role),
            staff=staff.name if staff else "",
            active=user.active,
            last_login_at=user.last_login_at,
        )
        for membership, user, staff in rows
    ]


def find_membership(session: Session, centre: Centre, membership_id: int) -> Membership:
    """Return a membership of a centre with its account."""
    row = session.scalars(
        select(Membership)
        .where(Membership.id == membership_id, Membership.centre_id == centre.id)
        .options(joinedload(Membership.user))
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"Membership {membership_id}")
    return row


def invite(
    session: Session,
    centre: Centre,
    *,
    email: str,
    name: str,
    role: Role,
    staff_id: int | None,
    now: datetime,
) -> Invitation:
    """Let somebody enter a centre.

    Somebody who works in another centre too keeps the password they have. The one-time password of
    a new account must be changed at the first sign-in.

    Raises
    ------
    InvalidInputError
        If the address is in the centre already, or the staff member belongs to another account.
    """
    email = email.strip().lower()
    user = session.scalars(select(User).where(func.lower(User.email) == email)).one_or_none()
    if user is not None and any(each.centre_id == centre.id for each in user.memberships):
        raise InvalidInputError(N_("Cette adresse a déjà accès au centre."), "email")
    _check_staff(session, centre, staff_id, None)
    password = None
    if user is None:
        user = User(email=email, name=name, password_hash="", created_at=now)
        session.add(user)
    if not user.memberships and not user.is_superuser:
        password = one_time_password()
        set_password(user, password, must_change=True)
        user.active = True
    membership = Membership(centre_id=centre.id, role=role, staff_id=staff_id)
    user.memberships.append(membership)
    session.flush()
    return Invitation(membership, user, password)


def set_password(user: User, password: str, *, must_change: bool) -> None:
    """Give an account a password and end every session it is signed in with."""
    user.password_hash = PasswordHasher().hash(password)
    user.must_change_password = must_change
    user.session_epoch = (user.session_epoch or 0) + 1


def change_membership(
    session: Session, centre: Centre, membership: Membership, *, role: Role, staff_id: int | None
) -> None:
    """Change somebody's role and the staff member they are.

    Raises
    ------
    InvalidInputError
        If the centre would be left without an administrator.
    """
    if role is not Role.ADMINISTRATOR:
        _check_not_last(session, centre, membership)
    _check_staff(session, centre, staff_id, membership)
    membership.role, membership.staff_id = role, staff_id
    session.flush()


def remove_membership(session: Session, centre: Centre, membership: Membership, by_user_id: int) -> User:
    """Take away somebody's access to a centre; an account without any centre is closed.

    Raises
    ------
    InvalidInputError
        If it is one's own, or the last administrator's.
    """
    if membership.user_id == by_user_id:
        raise InvalidInputError(N_("Vous ne pouvez pas retirer votre propre accès."))
    _check_not_last(session, centre, membership)
    user = membership.user
    user.memberships.remove(membership)
    if not user.memberships and not user.is_superuser:
        user.active = False
    user.session_epoch += 1
    session.flush()
    return user


def renew_password(session: Session, centre: Centre, membership: Membership) -> str:
    """Give somebody a new one-time password and return it.

    Raises
    ------
    InvalidInputError
        If the account reaches beyond this centre: then its owner changes it alone.
    """
    user = membership.user
    if user.is_superuser or any(each.centre_id != centre.id for each in user.memberships):
        raise InvalidInputError(
            N_(
                "%(name)s a accès à plusieurs centres : son mot de passe ne se change pas ici.",
                name=user.name,
            )
        )
    password = one_time_password()
    set_password(user, password, must_change=True)
    session.flush()
    return password


def _check_not_last(session: Session, centre: Centre, membership: Membership) -> None:
    if membership.role != Role.ADMINISTRATOR:
        return
    others = select(func.count()).select_from(Membership).join(User, User.id == Membership.user_id)
    others = others.where(
        Membership.centre_id == centre.id,
        Membership.role == Role.ADMINISTRATOR,
        Membership.id != membership.id,
        User.active,
    )
    if not session.scalar(others):
        raise InvalidInputError(N_("Il faut au moins une personne à l'administration du centre."), "role")


def _check_staff(session: Session, centre: Centre, staff_id: int | None, own: Membership | None) -> None:
    if staff_id is None:
        return
    find(session, StaffMember, staff_id)
    taken = select(Membership.id).where(Membership.centre_id == centre.id, Membership.staff_id == staff_id)
    if own is not None:
        taken = taken.where(Membership.id != own.id)
    if session.scalars(taken).first() is not None:
        raise InvalidInputError(N_("Un autre compte est déjà lié à cette personne de l'équipe."), "staff_id")
