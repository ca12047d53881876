"""A voice recorded in the browser becomes what telephones play."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import Recording
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
def test_a_voice_is_recorded_heard_and_kept(
    open_page: Callable[..., Page], rows: Session, app_centre: Centre
) -> None:
    page = open_page(width=360)
    page.add_init_script(MICROPHONE)
    page.goto(f"/c/{app_centre.slug}/messages/voix/ti/")
    voice = page.locator("[id='reminder.one']")
    voice.get_by_role("button", name="Enregistrer la voix").click()
    expect(voice.get_by_role("timer")).to_have_text(re.compile(r"[1-9]$|[1-9]\d$"))
    voice.get_by_role("button", name="Arrêter").click()
    expect(voice.locator("[data-heard]")).to_be_visible()
    voice.get_by_label("Qui parle").fill("Selam")
    voice.get_by_role("button", name="Garder").click()
    expect(voice.get_by_text("enregistré", exact=True)).to_be_visible()
    row = rows.scalars(select(Recording)).one()
    assert row.duration_ms >= 500
    assert abs(row.size_bytes - 44 - row.duration_ms * 16) < 20
