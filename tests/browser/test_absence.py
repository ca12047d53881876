"""Arriving by oneself, a card before the camera, an announced absence at one tap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.absence_reasons import install_reasons
from scheduler.links import renew_link
from tests.browser.test_roll_call import mark, wait_for
from tests.factories import Make
from tests.web.week_rows import hold_now

#: What these pages store is tested on both databases in ``tests/web``.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

#: A reader of codes and a camera, which the Chromium of a server does not have.
FAKE_CAMERA = """
window.BarcodeDetector = class { async detect() { return window.card ? [{ rawValue: window.card }] : []; } };
const canvas = document.createElement("canvas");
const drawing = canvas.getContext("2d");
setInterval(() => {
  drawing.fillStyle = drawing.fillStyle === "#ffffff" ? "#eeeeee" : "#ffffff";
  drawing.fillRect(0, 0, canvas.width, canvas.height);
}, 50);
navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(5);
"""


@pytest.fixture
def held(rows: Session, make_row: Make, app_centre: m.Centre) -> m.GroupSession:
    install_reasons(rows, app_centre.id)
    held = hold_now(make_row, minutes_ago=20, hours=3)
    for name in ("Amina", "Bilal", "Chiara"):
        make_row(m.Attendance, session=held, participant=make_row(m.Participant, first_name=name))
    rows.commit()
    return held


def token_of(rows: Session, person_id: int) -> str:
    token = renew_link(rows, m.LinkKind.PAGE, person_id, datetime.now(UTC))
    rows.commit()
    return token


def test_the_digits_of_the_screen_mark_somebody_on_their_own_phone(
    open_page: Callable[..., Page],
    browser: Browser,
    live_url: str,
    rows: Session,
    app_centre: m.Centre,
    held: m.GroupSession,
) -> None:
    screen = open_page(m.Role.ANIMATEUR, width=1280)
    screen.goto(f"/c/{app_centre.slug}/aujourdhui/{held.uid}/ecran")
    digits = screen.locator(".screen-digits").inner_text()
    assert len(digits) == 4
    phone = browser.new_context(viewport={"width": 360, "height": 740}, base_url=live_url).new_page()
    phone.goto(f"/moi/{token_of(rows, held.attendances[0].participant_id)}")
    phone.get_by_label("Le code de la salle").fill(digits)
    phone.get_by_role("button", name="Je suis là").click()
    expect(phone.get_by_role("status")).to_contain_text("C'est noté")
    wait_for(rows, {"late": 1})
    screen.reload()
    expect(screen.get_by_role("status")).to_contain_text("1 sur 3")
    phone.context.close()


def test_a_card_before_the_camera_marks_its_person_or_adds_them(
    open_page: Callable[..., Page],
    rows: Session,
    make_row: Make,
    app_centre: m.Centre,
    held: m.GroupSession,
) -> None:
    stranger = make_row(m.Participant, first_name="Driss", last_name="Inventé")
    rows.commit()
    tokens = [token_of(rows, row) for row in (held.attendances[1].participant_id, stranger.id)]
    page = open_page(m.Role.ANIMATEUR, width=360)
    page.add_init_script(FAKE_CAMERA)
    page.goto(f"/c/{app_centre.slug}/aujourdhui/")
    page.get_by_role("button", name="Scanner une carte").click()
    expect(page.locator(".roll-camera")).to_contain_text("Montrez la carte")
    page.evaluate("card => { window.card = card; }", f"https://anywhere.example.org/moi/{tokens[0]}")
    wait_for(rows, {"present": 1})
    page.evaluate("card => { window.card = card; }", f"https://anywhere.example.org/moi/{tokens[1]}")
    wait_for(rows, {"present": 2})
    assert {mark.source for mark in rows.scalars(select(m.AttendanceMark))} == {"card"}
    walked_in = rows.scalars(select(m.AttendanceRecord).filter_by(participant_id=stranger.id)).one()
    assert walked_in.walk_in
    expect(page.locator(".roll-camera")).to_contain_text("Driss I. est là.")


def test_an_announced_absence_is_left_out_and_taken_with_its_reason_at_one_tap(
    open_page: Callable[..., Page],
    rows: Session,
    make_row: Make,
    app_centre: m.Centre,
    held: m.GroupSession,
) -> None:
    person = held.attendances[0].participant
    make_row(
        m.AttendanceRecord,
        session_uid=held.uid,
        participant=person,
        activity_id=held.activity_id,
        programme_id=held.activity.programme_id,
        site_id=held.site_id,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        state=m.AttendanceState.UNMARKED,
        answer=m.Answer.NOT_COMING,
        answer_reason="child",
    )
    rows.commit()
    page = open_page(m.Role.ANIMATEUR, width=360)
    page.goto(f"/c/{app_centre.slug}/aujourdhui/")
    page.get_by_role("button", name="Tous présents").click()
    wait_for(rows, {"present": 2, "unmarked": 1})
    mark(page, "Amina", "excused")
    wait_for(rows, {"present": 2, "excused": 1})
    record = rows.scalars(select(m.AttendanceRecord).filter_by(participant_id=person.id)).one()
    assert record.reason.key == "child"
