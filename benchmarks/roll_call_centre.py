"""A centre on a busy morning, for ``benchmarks.roll_call``: as many sessions as animateurs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, session
from flask_login import login_user
from sqlalchemy.orm import Session

from scheduler.models import (
    Activity,
    Attendance,
    Centre,
    GroupSession,
    Membership,
    Participant,
    Plan,
    PlanState,
    Programme,
    Role,
    SessionLeader,
    Site,
    StaffMember,
    User,
)
from web.auth import Account
from web.clock import now, today

#: People in the list of the one session whose page is measured.
PAGE_PEOPLE = 30


@dataclass
class Animateur:
    """One account with its own session and the people expected there."""

    user_id: int
    slug: str
    uid: str
    people: list[int]
    cookie: str = ""


def fill(rows: Session, animateurs: int, each: int) -> list[Animateur]:
    """Store a centre with a published day; the last animateur's list is that of the measured page."""
    instant, day = now(), today()
    centre = Centre(name="Ville", slug="ville", created_at=instant)
    rows.add(centre)
    rows.flush()
    own: dict[str, Any] = {"centre_id": centre.id}
    programme = Programme(**own, key="p", name="Programme")
    site = Site(**own, name="Maison")
    plan = Plan(
        **own,
        number=1,
        publication=1,
        state=PlanState.PUBLISHED,
        first_day=day,
        last_day=day,
        created_at=instant,
        published_at=instant,
    )
    rows.add_all([programme, site, plan])
    rows.flush()
    activity = Activity(
        **own, programme_id=programme.id, key="a", name="Atelier", kind="workshop", duration_minutes=180
    )
    rows.add(activity)
    rows.flush()
    found = []
    starts = instant - timedelta(minutes=10)
    for number in range(animateurs + 1):
        size = PAGE_PEOPLE if number == animateurs else each
        staff = StaffMember(**own, first_name=f"Animateur {number}", last_name="Inventé")
        user = User(email=f"a{number}@example.org", name=f"A{number}", password_hash="!", created_at=instant)
        people = [
            Participant(**own, first_name=f"Prénom{number}x{n}", last_name="Inventé", created_at=instant)
            for n in range(size)
        ]
        held = GroupSession(
            **own,
            plan_id=plan.id,
            activity_id=activity.id,
            site_id=site.id,
            day=day,
            starts_at=starts,
            ends_at=starts + timedelta(hours=3),
            changed_at=instant,
        )
        rows.add_all([staff, user, held, *people])
        rows.flush()
        rows.add(Membership(user_id=user.id, centre_id=centre.id, role=Role.ANIMATEUR, staff_id=staff.id))
        rows.add(SessionLeader(**own, session_id=held.id, staff_id=staff.id, role="leader"))
        rows.add_all(Attendance(**own, session_id=held.id, participant_id=person.id) for person in people)
        found.append(Animateur(user.id, centre.slug, held.uid, [person.id for person in people]))
    rows.commit()
    return found


def signed_in(app: Flask, people: Sequence[Animateur]) -> None:
    """Give each animateur the cookie of somebody who signed in, without counting the sign-in."""
    from web.extensions import db

    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    for person in people:
        user = db.session.get(User, person.user_id)
        with app.test_request_context("/"):
            login_user(Account(user))
            session.permanent = True
            session.pop("_id", None)
            person.cookie = serializer.dumps(dict(session))
