"""Finding and removing demonstration centres, and only those."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Centre, Membership, Plan, User


def find_centre(session: Session, slug: str) -> Centre | None:
    """Return the centre with this short name, if there is one."""
    return session.scalar(select(Centre).where(Centre.slug == slug))


def remove_demo(session: Session, centre: Centre) -> None:
    """Remove a demonstration centre with everything in it, and the accounts that had no other centre.

    Raises
    ------
    InvalidInputError
        If the centre is a real one.
    """
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
