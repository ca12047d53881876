"""Finding and removing demonstration centres, and only those."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from scheduler.demo.build import DEMO_NAME, DEMO_SLUG
from scheduler.demo.neighbour import neighbour_slug
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Centre, Membership, Plan, User

_LONGEST = 40


def slug_for(name: str) -> str:
    """Return the short name of a demonstration centre, the same for the same name."""
    if name == DEMO_NAME:
        return DEMO_SLUG
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST].strip("-")
    return f"{DEMO_SLUG}-{words}" if words else DEMO_SLUG


def find_centre(session: Session, slug: str) -> Centre | None:
    """Return the centre with this short name, if there is one."""
    return session.scalar(select(Centre).where(Centre.slug == slug))


def account_addresses(session: Session, slug: str) -> list[tuple[str, str]]:
    """Return address and role of the accounts of a demonstration centre and of its neighbour."""
    query = (
        select(User.email, Membership.role)
        .join(Membership.user)
        .join(Membership.centre)
        .where(Centre.slug.in_((slug, neighbour_slug(slug))), Centre.is_demo)
        .order_by(Membership.id)
    )
    return [(address, str(role)) for address, role in session.execute(query)]


def remove_demo(session: Session, slug: str) -> None:
    """Remove a demonstration centre and its neighbour, with everything in them and their accounts.

    An account that also has a role in another centre stays.

    Raises
    ------
    InvalidInputError
        If one of them is a real centre.
    """
    for name in (slug, neighbour_slug(slug)):
        centre = find_centre(session, name)
        if centre is not None:
            _remove(session, centre)


def _remove(session: Session, centre: Centre) -> None:
    if not centre.is_demo:
        raise InvalidInputError(
            N_("Le centre « %(name)s » n'est pas une démonstration : il n'est pas effacé.", name=centre.name)
        )
    here = select(Membership.user_id).where(Membership.centre_id == centre.id)
    elsewhere = select(Membership.user_id).where(Membership.centre_id != centre.id)
    users = list(
        session.scalars(
            select(User.id).where(User.id.in_(here), User.id.not_in(elsewhere), User.is_superuser.is_(False))
        )
    )
    session.execute(delete(Plan).where(Plan.centre_id == centre.id))
    session.execute(delete(User).where(User.id.in_(users)))
    session.execute(delete(Centre).where(Centre.id == centre.id))
    session.expire_all()
