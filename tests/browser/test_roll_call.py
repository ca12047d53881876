"""A morning as an animateur: few taps, a network that dies, a phone that is switched off."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from tests.browser.conftest import ARGUMENTS
from tests.factories import Make
from tests.web.conftest import PASSWORD, PASSWORD_HASH
from tests.web.week_rows import hold_now

PEOPLE = 15

#: For what happens on the phone; two phones that mark at once meet both databases.
ONE_DATABASE = pytest.mark.parametrize("backend", ["sqlite"])

#: Resolves once the page can be opened without a network.
UNTIL_KEPT = """async () => {
    await navigator.serviceWorker.ready;
    while (!(await caches.match(location.href))) await new Promise((done) => setTimeout(done, 50));
}"""


@pytest.fixture
def held(rows: Session, make_row: Make) -> m.GroupSession:
    held = hold_now(make_row, minutes_ago=20, hours=3)
    for number in range(PEOPLE):
        person = make_row(m.Participant, first_name=f"Nom{number:02}", last_name="Inventé")
        make_row(m.Attendance, session=held, participant=person)
    rows.commit()
    return held


def stored(rows: Session) -> dict[str, int]:
    """How many people stand in each state in the database."""
    rows.rollback()
    states = list(rows.scalars(select(m.AttendanceRecord.state)))
    return {state: states.count(state) for state in set(states)}


def wait_for(rows: Session, wanted: dict[str, int]) -> None:
    deadline = time.monotonic() + 60
    while stored(rows) != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    assert stored(rows) == wanted


def mark(page: Page, name: str, state: str) -> None:
    page.get_by_role("group", name=name).locator(f"button[value={state}]").click()


@ONE_DATABASE
def test_fifteen_people_with_three_exceptions_take_four_taps(
    open_page: Callable[..., Page], rows: Session, held: m.GroupSession
) -> None:
    page = open_page(m.Role.ANIMATEUR, width=360)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Aujourd'hui").click()
    page.get_by_role("button", name="Tous présents").click()
    mark(page, "Nom03 I.", "late")
    mark(page, "Nom07 I.", "absent")
    mark(page, "Nom11 I.", "excused")
    wait_for(rows, {"present": PEOPLE - 3, "late": 1, "absent": 1, "excused": 1})
    late = rows.scalars(select(m.AttendanceRecord).where(m.AttendanceRecord.state == "late")).one()
    assert late.attended_minutes == 160
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.reload()
    expect(page.locator('[data-state="present"]')).to_have_count(PEOPLE - 3)
    page.get_by_label("Quelqu'un d'autre").fill("Nom")
    expect(page.locator(".roll-found button").first).to_be_visible()
    held.cancelled_at = held.starts_at
    rows.commit()
    mark(page, "Nom00 I.", "absent")
    expect(page.locator("#refused")).to_contain_text("annulée")
    kept = page.get_by_role("group", name="Nom00 I.").locator("button[value=present]")
    expect(kept).to_have_attribute("aria-pressed", "true")


@pytest.fixture
def phone(
    playwright_driver: Playwright, chromium_path: str, profile_folder: Path
) -> Iterator[Callable[[], BrowserContext]]:
    """Return a function that switches a phone on: a browser with a profile that outlives it."""
    started: list[BrowserContext] = []

    def switch_on() -> BrowserContext:
        context = playwright_driver.chromium.launch_persistent_context(
            str(profile_folder),
            executable_path=chromium_path,
            args=list(ARGUMENTS),
            viewport={"width": 360, "height": 740},
            locale="fr-BE",
        )
        started.append(context)
        return context

    yield switch_on
    for context in started:
        context.close()


def kill_browsers_of(profile: Path) -> None:
    """Kill, without warning, every process that runs on a profile."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if f"--user-data-dir={profile}".encode() in command and b"--type=" not in command:
            os.kill(int(entry.name), signal.SIGKILL)


@ONE_DATABASE
def test_marks_outlive_a_dead_network_and_a_killed_phone(
    phone: Callable[[], BrowserContext],
    profile_folder: Path,
    live_url: str,
    rows: Session,
    make_row: Make,
    app_centre: m.Centre,
    held: m.GroupSession,
) -> None:
    user = make_row(m.User, password_hash=PASSWORD_HASH)
    make_row(m.Membership, user=user, role=m.Role.ANIMATEUR)
    rows.commit()
    context = phone()
    page = context.new_page()
    page.goto(f"{live_url}/login")
    page.get_by_label("Adresse e-mail").fill(user.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_label("Rester connecté").check()
    page.get_by_role("button", name="Se connecter").click()
    today_url = f"{live_url}/c/{app_centre.slug}/aujourdhui/"
    page.goto(today_url)
    page.evaluate(UNTIL_KEPT)
    context.close()

    context = phone()
    context.set_offline(True)
    page = context.new_page()
    page.goto(today_url)
    mark(page, "Nom00 I.", "present")
    mark(page, "Nom01 I.", "late")
    expect(page.locator("#waiting")).to_contain_text("2 marques en attente")
    assert stored(rows) == {}

    kill_browsers_of(profile_folder)
    context = phone()
    context.set_offline(True)
    page = context.new_page()
    page.goto(today_url)
    expect(page.locator("#waiting")).to_contain_text("2 marques en attente")
    expect(page.get_by_role("group", name="Nom01 I.").locator("button[value=late]")).to_have_attribute(
        "aria-pressed", "true"
    )
    context.set_offline(False)
    wait_for(rows, {"present": 1, "late": 1})
    expect(page.locator("#waiting")).to_be_hidden()


def test_a_later_mark_of_somebody_else_is_kept_and_said(
    open_page: Callable[..., Page], rows: Session, held: m.GroupSession, app_centre: m.Centre
) -> None:
    first, second = open_page(m.Role.ANIMATEUR), open_page(m.Role.ANIMATEUR)
    for page in (first, second):
        page.goto(f"/c/{app_centre.slug}/aujourdhui/")
    first.context.set_offline(True)
    mark(first, "Nom00 I.", "absent")
    second.wait_for_timeout(50)
    mark(second, "Nom00 I.", "present")
    wait_for(rows, {"present": 1})
    first.context.set_offline(False)
    expect(first.locator("#refused")).to_contain_text("sa marque est gardée")
    rows.rollback()
    record = rows.scalars(select(m.AttendanceRecord)).one()
    assert (record.state, sorted(mark.state for mark in record.marks)) == ("present", ["absent", "present"])
