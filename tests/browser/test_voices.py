"""A voice recorded in the browser becomes what telephones play."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import Recording
from notifications.recording_list import to_record
from notifications.wording.pieces import Piece
from scheduler.models import Centre

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
