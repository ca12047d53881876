"""A second, tiny centre that shows how centres are kept apart."""

from __future__ import annotations

from datetime import date, datetime
from random import Random

from sqlalchemy.orm import Session

from scheduler.demo.accounts import add_accounts
from scheduler.demo.journeys import enrol_everybody, enrol_in_courses
from scheduler.demo.paths import Path
from scheduler.demo.people import invent_people
from scheduler.demo.places import MUNICIPALITIES, RoomSpec, SiteSpec, add_places
from scheduler.demo.team import StaffSpec, add_team
from scheduler.models import Centre, Role
from scheduler.programmes.install import install_programme
from scheduler.programmes.loader import FOLDER, load_programme_file

NEIGHBOUR_NAME = "Centre voisin (données inventées)"

_SITE = SiteSpec(
    "Maison voisine",
    "Rue de l'Exemple 1 (adresse inventée)",
    MUNICIPALITIES[3],
    "Bus 9, arrêt Mairie",
    0,
    (RoomSpec("Salle unique", 12, ("quiet",)),),
)
_PATHS = (Path(programme="plan_commun", phase="accompany", count=5, weeks=(2, 20)),)
_TEAM = (
    StaffSpec(skills=("interview", "social_work", "group_work")),
    StaffSpec(skills=("interview", "social_work", "training")),
)


def neighbour_slug(slug: str) -> str:
    """Return the short name of the neighbour of a demonstration centre."""
    return f"{slug}-voisin"


def build_neighbour(session: Session, rng: Random, *, slug: str, now: datetime, today: date) -> Centre:
    """Build a centre with five people, one room and an account of its own coordinator.

    Parameters
    ----------
    slug : str
        Of the demonstration centre it is the neighbour of.
    """
    centre = Centre(name=NEIGHBOUR_NAME, slug=neighbour_slug(slug), is_demo=True, created_at=now)
    session.add(centre)
    session.flush()
    add_places(session, centre, (_SITE,), {})
    add_team(session, centre, rng, _TEAM, MUNICIPALITIES[3:4])
    programme = install_programme(session, centre, load_programme_file(FOLDER / "plan_commun.yaml"), now)
    people = invent_people(rng, centre, _PATHS, today, now)
    session.add_all(person.row for person in people)
    session.flush()
    enrol_in_courses(session, centre.id, people, today)
    enrol_everybody(session, people, {"plan_commun": programme}, today)
    add_accounts(session, centre, now, staff_of={}, roles=frozenset({Role.COORDINATOR}))
    return centre
