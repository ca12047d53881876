"""One's own pages, participants' and staff's, in a real browser: at 320 px, from right to left, for axe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from notifications.models import Message, MessageKind, MessageTopic
from notifications.net_changes import NetChange, Place
from scheduler import models as m
from scheduler.links import renew_link
from tests.browser.looks import complaints
from tests.factories import Make
from web.clock import today

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """What a page looks like does not depend on the database."""
    return str(request.param)


@pytest.fixture
def world(rows: Session, make_row: Make) -> dict[str, Any]:
    """A volunteer who leads a workshop, mentors a person of it, and may take another place."""
    now, day = datetime.now(UTC), today()
    plan = make_row(
        m.Plan,
        publication=1,
        state=m.PlanState.PUBLISHED,
        published_at=now,
        first_day=day,
        last_day=day + timedelta(days=27),
    )
    roles = [{"id": "leader", "kinds": ["volunteer"], "count": 1}]
    activity = make_row(m.Activity, name="Cuisine", neutral_name="", roles=roles)
    volunteer = make_row(m.StaffMember, first_name="Greet", kind=m.StaffKind.VOLUNTEER)
    person = make_row(m.Participant, first_name="Amina", message_language="ar")
    sites = [
        make_row(m.Site, name="Maison de quartier", transport="Bus 1 et 4", latitude=50.8, longitude=4.3)
    ]
    for days, led, cancelled in ((1, True, False), (2, False, False), (3, True, True)):
        start = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(days=days)
        held = make_row(
            m.GroupSession,
            plan=plan,
            activity=activity,
            site=sites[0],
            day=day + timedelta(days=days),
            starts_at=start,
            ends_at=start + timedelta(hours=2),
            cancelled_at=now if cancelled else None,
        )
        make_row(m.Attendance, session=held, participant=person)
        if days == 1:
            _tell_of_another_time(make_row, held, person)
        if led:
            make_row(m.SessionLeader, session=held, staff=volunteer, role="leader")
    pair = make_row(m.MentoringPair, mentor=volunteer, participant=person, starts_on=day - timedelta(9))
    coming = now + timedelta(days=4)
    make_row(m.MentoringMeeting, pair=pair, starts_at=coming, ends_at=coming + timedelta(hours=2))
    past = now - timedelta(days=3)
    make_row(m.MentoringMeeting, pair=pair, starts_at=past, ends_at=past + timedelta(hours=2))
    token = renew_link(rows, m.LinkKind.PAGE, person.id, now)
    rows.commit()
    return {"volunteer": volunteer, "person": person, "held": held, "pair": pair, "token": token}


def _tell_of_another_time(make_row: Make, held: m.GroupSession, person: m.Participant) -> None:
    now = Place(starts_at=held.starts_at, ends_at=held.ends_at, site_id=held.site_id, room_id=held.room_id)
    moved = NetChange(
        participant_id=person.id,
        uid=held.uid,
        sequence=1,
        activity_id=held.activity_id,
        before=replace(now, starts_at=held.starts_at - timedelta(hours=1)),
        after=now,
    )
    sent = make_row(
        Message, kind=MessageKind.CHANGE, participant=person, facts={"changes": [moved.as_json()]}
    )
    topic = {"session_uid": held.uid, "starts_at": held.starts_at, "confirm_by": held.starts_at}
    make_row(MessageTopic, message=sent, participant=person, **topic)


@pytest.mark.timeout(240)
def test_staffs_own_pages_fit_and_axe_finds_nothing(
    open_page: OpenPage, app_centre: m.Centre, world: dict[str, Any]
) -> None:
    page = open_page(m.Role.VOLUNTEER, staff_id=world["volunteer"].id)
    pages = ["", "places", "tandems", f"tandems/{world['pair'].id}/proposer", "heures", "disponibilites"]
    pages += ["disponibilites/horaire", "agenda"]
    own = [f"/c/{app_centre.slug}/mon-travail/{each}" for each in pages]
    own.append(f"/c/{app_centre.slug}/reglages/equipe/{world['volunteer'].id}/agenda")
    assert complaints(page, own) == []
    page.goto(own[1])
    expect(page.get_by_text("Cuisine")).to_be_visible()


def test_the_coordinations_links_fit_and_axe_finds_nothing(
    open_page: OpenPage, app_centre: m.Centre, world: dict[str, Any]
) -> None:
    links = f"/c/{app_centre.slug}/liens"
    person = world["person"].id
    page = open_page()
    assert complaints(page, [f"{links}/{kind}/{person}" for kind in ("participant", "page")]) == []


@pytest.mark.parametrize(("code", "come"), [("fr", "Je viens"), ("ar", "سآتي")])
def test_a_participants_page_fits_a_small_phone_in_every_direction(
    browser: Browser, live_url: str, world: dict[str, Any], code: str, come: str
) -> None:
    with browser.new_context(base_url=live_url, viewport={"width": 320, "height": 640}) as context:
        page = context.new_page()
        problems: list[str] = []
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        page.goto(f"/moi/{world['token']}")
        page.goto("/moi/langue")
        page.locator(f"button[value={code}]").click()
        assert page.locator("html").get_attribute("dir") == ("rtl" if code == "ar" else "ltr")
        expect(page.get_by_role("button", name=come).first).to_be_visible()
        assert page.locator("article").count() == 4
        expect(page.locator(".card-changed s")).to_be_visible()
        page.locator(".news").click()
        expect(page.locator(".card-changed h3")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert complaints(page, ["/moi/", "/moi/langue"]) == []
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto("/moi/")
        page.locator("form[action$=not_coming] button").first.click()
        expect(page.locator("button[value=ill]")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.locator("button[value=ill]").click()
        expect(page.get_by_role("status")).to_be_visible()
        cancelled = page.locator(f"article[id='s-{world['held'].uid}']")
        expect(cancelled).to_be_visible()
        assert cancelled.locator("form").count() == 0
        assert problems == []
