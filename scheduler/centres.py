"""The centres of an installation: the list of them, making one, and what one chooses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.absence_reasons import install_reasons
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Centre, Membership, Role
from scheduler.records import check_version
from scheduler.watch import install_rules
from solver.problem import Weights

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class CentreRow:
    """A line of the list of centres."""

    id: int
    name: str
    slug: str
    community: str
    locale: str
    is_demo: bool
    accounts: int
    created_at: datetime


def list_centres(session: Session) -> list[CentreRow]:
    """Return every centre of the installation with its number of accounts, in one query."""
    rows = session.execute(
        select(Centre, func.count(Membership.id))
        .outerjoin(Membership, Membership.centre_id == Centre.id)
        .group_by(Centre.id)
        .order_by(Centre.name)
    )
    return [
        CentreRow(
            centre.id,
            centre.name,
            centre.slug,
            centre.community,
            centre.locale,
            centre.is_demo,
            count,
            centre.created_at,
        )
        for centre, count in rows
    ]


def create_centre(
    session: Session,
    *,
    name: str,
    slug: str,
    community: str,
    locale: str,
    administrator_id: int,
    now: datetime,
) -> Centre:
    """Make a centre with its first administrator.

    Raises
    ------
    InvalidInputError
        If the short name is taken or has other signs than letters, figures and hyphens.
    """
    if not _SLUG.fullmatch(slug):
        raise InvalidInputError(
            N_("Seulement des minuscules sans accent, des chiffres et des traits d'union."), "slug"
        )
    if session.scalars(select(Centre.id).where(Centre.slug == slug)).first() is not None:
        raise InvalidInputError(N_("Un centre a déjà cette adresse."), "slug")
    centre = Centre(name=name, slug=slug, community=community, locale=locale, created_at=now)
    centre.memberships.append(Membership(user_id=administrator_id, role=Role.ADMINISTRATOR))
    session.add(centre)
    session.flush()
    install_reasons(session, centre.id)
    install_rules(session, centre.id)
    return centre


def change_centre(
    session: Session,
    centre: Centre,
    *,
    name: str,
    locale: str,
    community: str,
    choices: Mapping[str, Any],
    weights: Mapping[str, int],
    version: int | None,
) -> None:
    """Change what a centre chooses; see ``scheduler.settings``.

    Parameters
    ----------
    choices : mapping
        Values of ``scheduler.settings`` by key; ``None`` goes back to the default.
    weights : mapping
        Points by name of the soft term; those that are as usual are not kept.
    """
    check_version(centre, version)
    usual = {spec.name: spec.default for spec in fields(Weights)}
    differing = {key: value for key, value in weights.items() if key in usual and value != usual[key]}
    settings = {**centre.settings, **choices, "weights": differing}
    settings = {key: value for key, value in settings.items() if value is not None}
    centre.name, centre.locale, centre.community = name, locale, community
    if settings != centre.settings:
        centre.settings = settings
    session.flush()
