"""Messages from one end to the other: a plan, three simulated days, five people, five languages."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import web.clock
from notifications.jobs import JOBS
from scheduler import models as m
from scheduler.links import renew_link
from scheduler.plan_run import run_next
from scheduler.timegrid import to_instant
from tests.browser.looks import complaints
from tests.factories import Make
from tests.planning import World, make_world
from tests.web.week_rows import next_monday
from web.templating import BRUSSELS
from web.worker import job_settings

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]

#: What the five people answer, each in their own language, and the name of the language.
COMES, CANNOT, WHY, CALL, UNCLEAR, TAKES = (
    ("ar", "نعم، شكرا"),
    ("ti", "ኣይፋል፣ ክመጽእ ኣይክእልን እየ"),
    ("ti", "1"),
    ("uk", "Зателефонуйте мені, будь ласка"),
    ("ps", "زه به ناوخته راشم"),
    ("so", "Haa, waan imanayaa"),
)


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """What a page looks like does not depend on the database."""
    return str(request.param)


@pytest.fixture
def world(make_row: Make, rows: Session, app_centre: m.Centre) -> World:
    """A workshop with four seats that can only be held on one Wednesday, and five people who need it."""
    app_centre.settings = {"send_unreviewed": True}
    world = make_world(make_row)
    world["activity"].seats_max, world["activity"].neutral_name = 4, "Atelier"
    day = world["wednesday"] = next_monday() + timedelta(9)
    make_row(
        m.Availability,
        staff=world["staff"],
        weekday=2,
        starts=time(9),
        ends=time(12),
        valid_from=day,
        valid_until=day,
    )
    world["people"] = [world["person"], *(make_row(m.Participant) for _ in range(4))]
    for name, person in zip(("Amina", "Bilal", "Oksana", "Selam", "Zarmina"), world["people"], strict=True):
        person.first_name, person.last_name = name, "Essai"
        person.phone = f"+3247000000{person.id % 10}"
        if person is not world["person"]:
            make_row(m.Enrolment, programme=world["programme"], participant=person)
    rows.commit()
    return world


class Days:
    """The clock of the pages and the jobs, which stands still until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, app: Flask, engine: Engine) -> None:
        self.at = datetime.now(UTC)
        self.settings, self.engine = job_settings(app), engine
        real = web.clock.now
        for module in list(sys.modules.values()):
            if module.__name__.startswith("web.") and getattr(module, "now", None) is real:
                monkeypatch.setattr(module, "now", self.now)

    def now(self) -> datetime:
        return self.at

    def go_to(self, at: datetime) -> None:
        """Move the clock and let the jobs of messages do what is due then."""
        self.at = at
        jobs: dict[str, Any] = {job.name: job.run for job in JOBS}
        for name in ("settle_choices", "remind", "deliver_messages"):
            with Session(self.engine) as session:
                jobs[name](session, self.now, **self.settings)


@pytest.mark.timeout(300)
def test_three_days_of_messages(
    open_page: OpenPage,
    app: Flask,
    engine: Engine,
    rows: Session,
    world: World,
    app_centre: m.Centre,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, centre = open_page(), f"/c/{app_centre.slug}"
    plan_and_publish(page, engine, centre)
    held, expected, left_out = read_plan(rows, world)
    names = dict(zip(("ar", "ti", "uk", "ps", "so"), [*expected, left_out], strict=True))
    for language, person in names.items():
        person.message_language = language
    feeds = {language: feed(rows, names[language]) for language in ("ti", "so")}
    rows.commit()
    assert "VEVENT" in page.request.get(feeds["ti"]).text()
    assert "VEVENT" not in page.request.get(feeds["so"]).text()

    days = Days(monkeypatch, app, engine)
    wednesday = world["wednesday"]

    def local(days_before: int, hour: int, minute: int = 0) -> datetime:
        return to_instant(wednesday - timedelta(days_before), time(hour, minute), BRUSSELS)

    def answer(said: tuple[str, str]) -> None:
        person = names[said[0]]
        page.goto(f"{centre}/messages/telephone-essai/?q={person.first_name}")
        page.get_by_label("Répondre comme cette personne").fill(said[1])
        page.get_by_role("button", name="Envoyer").click()
        expect(page.locator(".bubble-own").last).to_contain_text(said[1])
        days.at += timedelta(minutes=1)

    # Sunday evening: everybody is reminded, and four answer.
    days.go_to(local(3, 18, 5))
    for said in (COMES, CANNOT, CALL, UNCLEAR):
        answer(said)
    page.goto(f"{centre}/messages/places/attente/{held.uid}")
    expect(page.locator(".waiting-line")).to_contain_text(left_out.first_name)
    pages = ("reponses/", f"telephone-essai/?q={names['ar'].first_name}")
    assert complaints(page, [f"{centre}/messages/{each}" for each in pages]) == []
    page.set_viewport_size({"width": 1280, "height": 800})
    # The one in line is offered the seat, and who gave it up is asked why.
    days.go_to(days.at)
    answer(WHY)
    lines = roll_call(page, centre, held)
    expect(lines.filter(has_text=names["ar"].first_name)).to_contain_text("viendra")
    expect(lines.filter(has_text=names["ti"].first_name)).to_contain_text("ne viendra pas (je suis malade)")
    expect(lines.filter(has_text=names["uk"].first_name)).to_contain_text("demande qu'on l'appelle")

    # Monday: the team reads what no rule could and has somebody to call; the seat is taken.
    days.go_to(local(2, 8, 45))
    page.goto(f"{centre}/messages/a-appeler/")
    call = page.locator(".call").filter(has_text=names["uk"].first_name)
    expect(call).to_contain_text("A demandé qu'on l'appelle")
    page.goto(f"{centre}/messages/reponses/")
    card = page.locator(".answer-card")
    expect(card).to_contain_text(UNCLEAR[1])
    card.get_by_role("button", name="Vient", exact=True).first.click()
    expect(page.get_by_text("C'est noté : la personne vient.")).to_be_visible()
    answer(TAKES)

    # Tuesday: nobody waits any more, and the seat is part of the plan; the list and the feeds follow.
    days.go_to(local(1, 18, 5))
    page.goto(f"{centre}/messages/places/attente/{held.uid}")
    expect(page.get_by_text("Personne n'attend une place dans cette séance.")).to_be_visible()
    days.go_to(local(0, 8, 45))
    lines = roll_call(page, centre, held)
    expect(lines).to_have_count(4)
    expect(lines.filter(has_text=names["ti"].first_name)).to_have_count(0)
    for language in ("ar", "ps", "so"):
        expect(lines.filter(has_text=names[language].first_name)).to_contain_text("a répondu : viendra")
    assert "VEVENT" in page.request.get(feeds["so"]).text()
    assert "STATUS:CONFIRMED" not in page.request.get(feeds["ti"]).text()


def plan_and_publish(page: Page, engine: Engine, centre: str) -> None:
    """Ask for a plan of two weeks, make it, and publish it."""
    page.goto(f"{centre}/semaine/")
    page.get_by_role("link", name="Planifier les prochaines semaines").click()
    page.get_by_label("Nombre de semaines").fill("2")
    page.get_by_label("Temps de calcul").select_option("10")
    page.get_by_role("button", name="Planifier").click()
    expect(page.locator("#run")).to_contain_text("En attente d'un moment libre")

    def work() -> None:
        with Session(engine) as session:
            run_next(session, lambda: datetime.now(UTC))

    worker = threading.Thread(target=work)
    worker.start()
    expect(page.locator("#run")).to_contain_text("Le plan est prêt", timeout=120_000)
    worker.join()
    page.get_by_role("link", name="Voir la semaine").click()
    page.get_by_role("link", name="Publier…").click()
    page.get_by_role("button", name=re.compile("Publier et annoncer")).click()
    expect(page.get_by_text(re.compile("La version v. est publiée"))).to_be_visible()


def read_plan(rows: Session, world: World) -> tuple[m.GroupSession, list[m.Participant], m.Participant]:
    """Return the one session of the plan, who is expected there, and who is left out."""
    held = rows.scalars(select(m.GroupSession)).one()
    assert held.day == world["wednesday"]
    ids = {row.participant_id for row in held.attendances}
    expected = [person for person in world["people"] if person.id in ids]
    (left_out,) = (person for person in world["people"] if person.id not in ids)
    return held, expected, left_out


def feed(rows: Session, person: m.Participant) -> str:
    """Return the address of somebody's calendar."""
    return f"/agenda/{renew_link(rows, m.LinkKind.PARTICIPANT, person.id, datetime.now(UTC))}.ics"


def roll_call(page: Page, centre: str, held: m.GroupSession) -> Any:
    """Open the list of a session's day; return its lines."""
    page.goto(f"{centre}/aujourdhui/?jour={held.day}&tout=1")
    return page.locator(".roll-line")
