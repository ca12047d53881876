"""The demonstration centre as a whole, stored in a few bulk inserts."""

from __future__ import annotations

from datetime import date, datetime
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.demo.accounts import add_accounts
from scheduler.demo.journeys import (
    bring_counters_along,
    choose_referents,
    enrol_everybody,
    enrol_in_courses,
    match_mentors,
    pair_people,
    write_busy_times,
)
from scheduler.demo.neighbour import build_neighbour
from scheduler.demo.people import Person, invent_people
from scheduler.demo.places import MUNICIPALITIES, add_places
from scheduler.demo.sizes import SIZES, DemoSize, SizeSpec
from scheduler.demo.team import add_team
from scheduler.demo.tune import tune_programme
from scheduler.holidays_calendar import import_holidays
from scheduler.models import Centre, Programme, Role, Site, StaffKind, StaffMember, TravelTime
from scheduler.programmes.install import install_programme
from scheduler.programmes.loader import FOLDER, load_programme_file

DEMO_NAME = "Centre de démonstration (données inventées)"
DEMO_SLUG = "demo"
_WAY_OUT_MINUTES = 15


def build_demo(
    session: Session,
    *,
    size: DemoSize,
    seed: int,
    now: datetime,
    name: str = DEMO_NAME,
    slug: str = DEMO_SLUG,
) -> Centre:
    """Build a demonstration centre with invented people; the same seed and day give the same centre.

    Parameters
    ----------
    session : Session
        Not committed; of no centre in particular.
    size : DemoSize
    seed : int
        For everything that is drawn.
    now : datetime
        Aware; people's paths and courses are under way at that time.
    name, slug : str
        Of the centre. Addresses of accounts are below ``slug.example.org``.

    Returns
    -------
    Centre
        With all its rows flushed. In size M a small neighbouring centre is made besides.
    """
    rng, spec = Random(seed), SIZES[size]
    centre = Centre(
        name=name,
        slug=slug,
        community="fr",
        locale="fr",
        is_demo=True,
        # Its messages reach nobody, so that every language may be looked at.
        settings={"message_name": "Centre de démo", "send_unreviewed": True},
        created_at=now,
    )
    session.add(centre)
    session.flush()
    today = now.astimezone(ZoneInfo(centre.timezone)).date()
    import_holidays(session, centre, range(today.year, today.year + 2))
    sites = add_places(session, centre, spec.sites, _equipment(spec))
    staff = add_team(session, centre, rng, spec.staff, MUNICIPALITIES)
    programmes = _install(session, centre, spec, now)
    _lead_out(session, centre, sites)
    _fill_with_people(session, rng, centre, spec, staff, programmes, today, now)
    first_worker = next(row for row in staff if "interview" in row.skills)
    volunteers = [row for row in staff if row.kind == StaffKind.VOLUNTEER]
    add_accounts(
        session,
        centre,
        now,
        staff_of={
            Role.ANIMATEUR: staff[0],
            Role.SOCIAL_WORKER: next((row for row in staff if "social_work" in row.skills), first_worker),
            **({Role.VOLUNTEER: volunteers[0]} if volunteers else {}),
        },
    )
    if spec.neighbour:
        build_neighbour(session, rng, slug=slug, now=now, today=today)
    session.flush()
    return centre


def _equipment(spec: SizeSpec) -> dict[str, tuple[str, int]]:
    if not spec.laptops:
        return {}
    return {
        "laptops": ("Ordinateurs portables", spec.laptops),
        "cameras": ("Appareils photo", 8),
        "minibus": ("Minibus", 1),
    }


def _install(session: Session, centre: Centre, spec: SizeSpec, now: datetime) -> dict[str, Programme]:
    programmes = {}
    for key in dict.fromkeys(path.programme for path in spec.paths):
        programme = install_programme(session, centre, load_programme_file(FOLDER / f"{key}.yaml"), now)
        tune_programme(programme, spec)
        programmes[key] = programme
    session.flush()
    return programmes


def _lead_out(session: Session, centre: Centre, sites: list[Site]) -> None:
    """Write the way from each site of the centre to the places outside."""
    outside = session.scalars(
        select(Site).where(Site.centre_id == centre.id, Site.is_outside).order_by(Site.id)
    )
    session.add_all(
        TravelTime(centre_id=centre.id, site_a_id=site.id, site_b_id=place.id, minutes=_WAY_OUT_MINUTES)
        for place in outside
        for site in sites
    )


def _fill_with_people(
    session: Session,
    rng: Random,
    centre: Centre,
    spec: SizeSpec,
    staff: list[StaffMember],
    programmes: dict[str, Programme],
    today: date,
    now: datetime,
) -> list[Person]:
    people = invent_people(rng, centre, spec.paths, today, now)
    choose_referents(rng, people, staff)
    session.add_all(person.row for person in people)
    session.flush()
    write_busy_times(session, people)
    enrol_in_courses(session, centre.id, people, today)
    enrol_everybody(session, people, programmes, today)
    bring_counters_along(session, rng, people, programmes)
    match_mentors(session, people, staff, today)
    pair_people(session, rng, people)
    session.flush()
    return people
