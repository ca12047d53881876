"""A whole morning as an animateur, the network dead in its middle; then paper and figures to the minute."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.absence_reasons import install_reasons
from tests.browser.test_roll_call import UNTIL_KEPT, wait_for
from tests.browser.waiting import wait_until
from tests.factories import Make
from web.clock import today

#: Minutes of the session that is over, of the one under way and of the open desk.
FIRST, SECOND, DESK = 90, 180, 60

#: First name, whether a national of the EU, and minutes of each session, worked out by hand from the
#: taps below.
MORNING = (
    ("Amina", False, (FIRST - 15, SECOND, 0)),
    ("Bilal", False, (0, 0, 0)),
    ("Chiara", True, (FIRST, SECOND - 15, 0)),
    ("Driss", None, (FIRST, SECOND, DESK)),
    ("Éléa", False, (FIRST - 5, 0, 0)),
    ("Farah", False, (FIRST, 0, 0)),
    ("Goran", True, (0, SECOND, 0)),
)
WALK_INS = ("Farah", "Goran")
ALLOCATION_PERCENT = 60


@dataclass
class Morning:
    first: m.GroupSession
    second: m.GroupSession
    desk: m.GroupSession
    people: dict[str, m.Participant]
    leader: m.StaffMember


@pytest.fixture
def morning(rows: Session, make_row: Make, app_centre: m.Centre) -> Morning:
    install_reasons(rows, app_centre.id)
    app_centre.settings = {"allocation_percent": ALLOCATION_PERCENT}
    leader = make_row(m.StaffMember)
    now = datetime.now(UTC)
    days = {"first_day": today(), "last_day": today()}
    plan = make_row(m.Plan, publication=1, state=m.PlanState.PUBLISHED, published_at=now, **days)
    programme = make_row(m.Programme, name="Parcours")
    people = {
        name: make_row(m.Participant, first_name=name, last_name="Inventé", eu_national=eu)
        for name, eu, _minutes in MORNING
    }
    held = []
    for name, minutes_ago, length in (
        ("Vie sociale", 110, FIRST),
        ("Français", 18, SECOND),
        ("Accueil", 9, DESK),
    ):
        start, is_desk = now - timedelta(minutes=minutes_ago), length == DESK
        session = make_row(
            m.GroupSession,
            plan=plan,
            day=today(),
            starts_at=start,
            ends_at=start + timedelta(minutes=length),
            activity=make_row(m.Activity, name=name, programme=programme, drop_in=is_desk),
        )
        make_row(m.SessionLeader, session=session, staff=leader)
        for expected in () if is_desk else people.keys() - set(WALK_INS):
            make_row(m.Attendance, session=session, participant=people[expected])
        held.append(session)
    rows.commit()
    return Morning(*held, people, leader)


def in_list(page: Page, held: m.GroupSession) -> Any:
    return page.locator(f'.roll[data-uid="{held.uid}"]')


def steps(page: Page, held: m.GroupSession, name: str, state: str, shown: str, change: str = "") -> None:
    """Tap a state whose minutes are guessed, then once on a step; ``shown`` is what must stand there."""
    line = in_list(page, held).locator(".roll-line").filter(has_text=name)
    line.locator(f"button[value={state}]").click()
    if change:
        line.locator(f'button[data-step="{change}"]').click()
    expect(line.locator("output")).to_have_text(shown)


def walk_in(page: Page, held: m.GroupSession, letters: str, name: str) -> None:
    box = in_list(page, held)
    box.get_by_label("Quelqu'un d'autre").fill(letters)
    box.get_by_role("button", name=name).click()
    expect(box.locator(".roll-line").filter(has_text=name)).to_have_attribute("data-state", "present")


def minutes_of(rows: Session, held: m.GroupSession) -> dict[str, int]:
    rows.rollback()
    query = select(m.AttendanceRecord).filter_by(session_uid=held.uid)
    return {row.participant.first_name: row.attended_minutes for row in rows.scalars(query)}


def pdf_text(page: Page, address: str) -> str:
    answer = page.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.body())).pages
    return re.sub(r"\s+", " ", " ".join(each.extract_text() for each in pages))


def first_numbers(sheet: Any) -> dict[str, list[Any]]:
    """Return the rows of a sheet by their first cell."""
    return {str(row[0]): list(row[1:]) for row in sheet.iter_rows(values_only=True)}


@pytest.mark.browser
@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_morning_with_a_dead_network_ends_in_exactly_its_minutes(
    open_page: Callable[..., Page], rows: Session, app_centre: m.Centre, morning: Morning
) -> None:
    centre = f"/c/{app_centre.slug}"
    page = open_page(m.Role.ANIMATEUR, width=360, staff_id=morning.leader.id)
    page.goto(f"{centre}/aujourdhui/")
    page.evaluate(UNTIL_KEPT)
    wait_until(
        page, "async () => Boolean(await caches.match(document.body.querySelector('#today').dataset.people))"
    )

    # The first session is over: everybody was there, but Amina came late, Éléa left, Bilal never came.
    in_list(page, morning.first).get_by_role("button", name="Tous présents").click()
    steps(page, morning.first, "Amina", "late", "15 min", change="5")
    steps(page, morning.first, "Éléa", "left_early", "5 min", change="-5")
    in_list(page, morning.first).get_by_role("group", name="Bilal").locator("button[value=absent]").click()
    walk_in(page, morning.first, "far", "Farah I.")
    walk_in(page, morning.desk, "dri", "Driss I.")
    wait_for(rows, {"present": 4, "late": 1, "left_early": 1, "absent": 1})

    # The network dies in the second one; the phone is even reloaded before it is back.
    page.context.set_offline(True)
    in_list(page, morning.second).get_by_role("button", name="Tous présents").click()
    steps(page, morning.second, "Chiara", "late", "15 min", change="-5")
    in_list(page, morning.second).get_by_role("group", name="Bilal").locator("button[value=absent]").click()
    walk_in(page, morning.second, "gór", "Goran I.")
    expect(page.locator("#waiting")).to_contain_text("Hors ligne")
    page.reload()
    expect(page.locator("#waiting")).to_contain_text("marques en attente")
    line = in_list(page, morning.second).locator(".roll-line").filter(has_text="Éléa")
    line.locator("button[value=excused]").click()
    line.get_by_role("button", name="Maladie").click()
    expect(line.locator("[data-reason][aria-pressed=true]")).to_have_count(1)
    expect(in_list(page, morning.second).locator("[data-queued]")).to_have_count(6)
    assert minutes_of(rows, morning.second) == {}

    page.context.set_offline(False)
    wait_for(rows, {"present": 7, "late": 2, "left_early": 1, "absent": 2, "excused": 1})
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#refused")).to_be_empty()
    for number, held in enumerate((morning.first, morning.second, morning.desk)):
        known = minutes_of(rows, held)
        assert known == {name: minutes[number] for name, _eu, minutes in MORNING if name in known}
        assert all(name in known for name, _eu, minutes in MORNING if minutes[number])

    # The paper and the report of the day; a session that began before midnight is of the day before.
    days = f"du={today() - timedelta(days=1)}&au={today()}"
    office = open_page(m.Role.COORDINATOR)
    for name, _eu, minutes in MORNING:
        person, whole = morning.people[name], sum(minutes)
        text = pdf_text(office, f"{centre}/suivi/personnes/{person.id}/attestation.pdf?{days}&detail=1")
        assert f"{name} Inventé" in text
        assert f"{whole // 60} h {whole % 60:02d}" in text
        listed = sorted(int(each) for each in re.findall(r"\d:\d\d – \d+:\d\d .*? (\d+)(?= |$)", text))
        assert listed == sorted(each for each in minutes if each), (name, text)
    total = sum(sum(minutes) for *_, minutes in MORNING)
    by_group = {
        group: sum(sum(minutes) for _, eu, minutes in MORNING if eu is group) for group in (False, True, None)
    }
    non_eu = total * ALLOCATION_PERCENT // 100
    office.goto(f"{centre}/suivi/rapports/?{days}")
    part = office.get_by_role("region", name=re.compile("Rapport européen"))
    for label, sum_of_group in zip(
        ("Hors Union européenne", "Union européenne", "Nationalité inconnue"), by_group.values(), strict=True
    ):
        row = part.get_by_role("row").filter(has=office.get_by_role("rowheader", name=label, exact=True))
        expect(row.get_by_role("cell").last).to_have_text(
            f"{sum_of_group // 60} h" + (f" {sum_of_group % 60:02d}" if sum_of_group % 60 else "")
        )
    expect(part).to_contain_text(f"{non_eu // 60} h {non_eu % 60:02d} hors UE")
    book = load_workbook(
        io.BytesIO(office.request.get(f"{centre}/suivi/rapports/?{days}&format=xlsx").body())
    )
    summary, groups = first_numbers(book["Résumé"]), first_numbers(book["Nationalités"])
    assert summary["Minutes suivies"][0] == total == sum(groups[key][2] for key in list(groups)[1:])
    assert summary["Minutes hors UE selon la clé"][0] == non_eu
    assert summary["Autres minutes selon la clé"][0] == total - non_eu
    assert [groups[key][2] for key in list(groups)[1:]] == list(by_group.values())

    # Nobody's name stays on a phone that nobody is signed in on.
    page.evaluate("document.querySelector('form[action$=\"/logout\"]').submit()")
    page.wait_for_url("**/login*")
    wait_until(page, "async () => !(await caches.has('semainier-today-1'))")
