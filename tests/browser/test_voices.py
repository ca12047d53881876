"""A voice recorded in the browser becomes what telephones play."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import Recording
from notifications.recording_list import to_record
from notifications.wording.pieces import Piece
from scheduler.links import renew_link
from scheduler.models import (
    Attendance,
    Centre,
    GroupSession,
    LinkKind,
    Participant,
    Plan,
    PlanState,
)
from tests.browser.waiting import wait_until
from tests.factories import Make

#: A microphone that hears a steady tone.
MICROPHONE = """
navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext({ sampleRate: 48000 });
  const tone = context.createOscillator();
  const out = context.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  await context.resume();
  return out.stream;
};
"""


#: A loudspeaker that keeps what it plays, each for no time at all while ``ends``, and fetches nothing.
PLAYER = """
window.heard = [];
window.ends = true;
Object.defineProperty(HTMLMediaElement.prototype, "src", { writable: true });
HTMLMediaElement.prototype.play = async function () {
  heard.push(this.src.split("/").pop());
  if (ends) setTimeout(() => this.onended(), 0);
};
"""


@pytest.mark.parametrize("backend", ["sqlite"])
def test_one_piece_after_the_other_is_recorded_heard_and_kept(
    open_page: Callable[..., Page], rows: Session, app_centre: Centre
) -> None:
    page = open_page(width=360)
    page.add_init_script(MICROPHONE)
    page.goto(f"/c/{app_centre.slug}/messages/voix/so/")
    expect(page.get_by_text(re.compile(r"^0 sur \d\d$")).first).to_be_visible()
    page.get_by_label("Qui parle").fill("Hodan")

    def record() -> None:
        page.keyboard.press("Enter")  # the button is under the thumb already
        expect(page.get_by_role("timer")).to_have_text(re.compile(r"[1-9]$"))
        page.keyboard.press("Enter")
        expect(page.locator("[data-heard]")).to_be_visible()
        expect(page.get_by_role("button", name="Recommencer")).to_be_visible()

    first, second = (each.words for each in to_record_first(rows, app_centre))
    script = page.locator(".voice-script")
    expect(script).to_have_text(first)
    page.get_by_role("button", name="Enregistrer").focus()
    record()
    page.keyboard.press("Enter")
    expect(script).to_have_text(second)
    expect(page.get_by_text(re.compile(r"^1 sur \d\d$")).first).to_be_visible()
    record()
    page.get_by_role("button", name="Garder, et la suivante").click()
    expect(page.get_by_text(re.compile(r"^2 sur \d\d$")).first).to_be_visible()
    for row in rows.scalars(select(Recording)):
        assert (row.recorded_by, row.duration_ms >= 300) == ("Hodan", True)
        assert abs(row.size_bytes - 44 - row.duration_ms * 16) < 20


def to_record_first(rows: Session, centre: Centre) -> list[Piece]:
    """Return what is to be read aloud first."""
    return [each.piece for each in to_record(rows, centre, "so", datetime.now(UTC))[:2]]


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_page_is_heard_card_after_card_and_stops_at_a_touch(
    browser: Browser, live_url: str, rows: Session, app_centre: Centre, make_row: Make
) -> None:
    day = datetime.now(UTC).date() + timedelta(days=1)
    plan = make_row(
        Plan,
        publication=1,
        state=PlanState.PUBLISHED,
        published_at=datetime.now(UTC),
        first_day=day,
        last_day=day + timedelta(days=1),
    )
    person = make_row(Participant, first_name="Selam", message_language="ti")
    for days in (0, 1):
        starts_at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(days=days)
        held = make_row(
            GroupSession,
            plan=plan,
            day=day + timedelta(days=days),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
        )
        make_row(Attendance, session=held, participant=person)
    for each in to_record(rows, app_centre, "ti", datetime.now(UTC)):
        make_row(Recording, language="ti", name=each.piece.name, token=each.piece.name)
    token = renew_link(rows, LinkKind.PAGE, person.id, datetime.now(UTC))
    rows.commit()
    with browser.new_context(base_url=live_url, viewport={"width": 360, "height": 640}) as context:
        page = context.new_page()
        page.add_init_script(PLAYER)
        page.goto(f"/moi/{token}")
        listen = page.locator("[data-speak-all]")
        listen.click()
        wait_until(page, "heard.filter((each) => each.startsWith('weekday')).length === 2")
        expect(listen).to_have_attribute("aria-pressed", "false")
        assert page.evaluate("heard[0]") == f"weekday.{day.weekday()}"
        assert page.evaluate("document.querySelectorAll('.speaking').length") == 0
        page.evaluate("heard.length = 0; ends = false")
        page.locator("button.speak").first.click()
        wait_until(page, "heard.length === 1")
        expect(page.locator("article.speaking")).to_have_count(1)
        listen.click()
        listen.click()
        expect(page.locator(".speaking")).to_have_count(0)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_microphone_that_is_refused_is_explained(
    open_page: Callable[..., Page], app_centre: Centre
) -> None:
    page = open_page(width=360)
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));"
    )
    page.goto(f"/c/{app_centre.slug}/messages/voix/so/")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("alert")).to_contain_text("refuse le microphone")
    expect(page.get_by_role("button", name="Enregistrer")).to_be_visible()
