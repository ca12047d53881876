"""One account for each role, with a password that anybody may know."""

from __future__ import annotations

from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import delete
from sqlalchemy.orm import Session

from scheduler.models import Centre, Membership, Role, StaffMember, User

#: Written in the README and on the console; such accounts are only ever made in demonstration centres.
DEMO_PASSWORD = "semainier-demo"  # noqa: S105

#: Local part of the address, name, role.
_ACCOUNTS = (
    ("coordination", "Coordination (démo)", Role.COORDINATOR),
    ("animation", "Animation (démo)", Role.ANIMATEUR),
    ("assistance", "Service social (démo)", Role.SOCIAL_WORKER),
    ("direction", "Direction (démo)", Role.DIRECTOR),
    ("benevolat", "Bénévolat (démo)", Role.VOLUNTEER),
    ("administration", "Administration (démo)", Role.ADMINISTRATOR),
)


def mail_domain(slug: str) -> str:
    """Return the mail domain of a demonstration centre, below a name that RFC 2606 sets aside."""
    return f"{slug}.example.org"


def add_accounts(
    session: Session,
    centre: Centre,
    now: datetime,
    *,
    staff_of: dict[Role, StaffMember],
    roles: frozenset[Role] = frozenset(Role),
) -> list[User]:
    """Make the accounts of a demonstration centre and link them to its staff.

    Parameters
    ----------
    staff_of : dict
        The staff member an account of that role belongs to; the others belong to none.
    roles : frozenset of Role
        The roles to make an account for.

    Raises
    ------
    ValueError
        If the centre is not a demonstration: the password is public.
    """
    if not centre.is_demo:
        raise ValueError("accounts with a public password belong in demonstration centres only")
    password_hash = PasswordHasher().hash(DEMO_PASSWORD)
    addresses = [f"{local}@{mail_domain(centre.slug)}" for local, _, _ in _ACCOUNTS]
    # Left over when a demonstration centre was deleted by other means: of no centre, so of no use.
    session.execute(delete(User).where(User.email.in_(addresses), ~User.memberships.any()))
    users = []
    for local, name, role in _ACCOUNTS:
        if role not in roles:
            continue
        user = User(
            email=f"{local}@{mail_domain(centre.slug)}",
            name=name,
            password_hash=password_hash,
            locale="fr",
            created_at=now,
        )
        staff = staff_of.get(role)
        user.memberships.append(
            Membership(centre_id=centre.id, role=role, staff_id=None if staff is None else staff.id)
        )
        users.append(user)
    session.add_all(users)
    return users
