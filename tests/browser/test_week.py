"""The main job in a real browser: plan, understand, correct by hand, publish, look back."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.plan_run import run_next
from tests.browser.looks import complaints
from tests.factories import Make
from tests.planning import World, hold
from tests.web.week_rows import draft, draft_world, publish

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """What a page looks like does not depend on the database."""
    return str(request.param)


@pytest.fixture
def world(make_row: Make, rows: Session) -> World:
    """A workshop with one seat, two people who need it, and a course of both on Thursday mornings."""
    world = draft_world(make_row, rows)
    world["activity"].seats_max = 1
    bilal = world["other"] = make_row(m.Participant, first_name="Bilal", last_name="Saleh")
    make_row(m.Enrolment, programme=world["programme"], participant=bilal)
    course = make_row(m.Course, starts_on=world["monday"], ends_on=world["monday"] + timedelta(60))
    make_row(m.CourseMeeting, course=course, weekday=3)
    for person in (world["person"], bilal):
        make_row(m.CourseEnrolment, course=course, participant=person)
    rows.commit()
    return world


@pytest.mark.timeout(240)
def test_a_coordinator_plans_corrects_and_publishes(
    open_page: OpenPage, engine: Engine, rows: Session, world: World, app_centre: m.Centre
) -> None:
    world["plan"].state = m.PlanState.DISCARDED
    rows.commit()
    page = open_page()
    page.goto(f"/c/{app_centre.slug}/semaine/?jour={world['monday']}")
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
    expect(page.locator("#run")).to_contain_text("Le plan est prêt : brouillon v2", timeout=90_000)
    worker.join()
    expect(page.locator("#run")).to_contain_text("Besoins couverts")

    page.get_by_role("link", name="Voir la semaine").click()
    expect(page.get_by_text("Brouillon v2")).to_be_visible()
    expect(page.locator(".week-truth")).to_contain_text("2 personnes sans solution complète")
    side = page.get_by_role("complementary")
    expect(side.get_by_role("heading", name=re.compile("Amina|Bilal"))).to_be_visible()
    side.locator("summary").first.click()
    expect(side.locator(".unmet li").first).to_be_visible()

    page.locator(".session-card").first.click()
    thursday = world["monday"] + timedelta(3)
    page.get_by_label("Jour").fill(str(thursday))
    page.get_by_label("Heure").fill("09:00")
    page.get_by_role("button", name="Déplacer").click()
    refusal = page.get_by_role("alert")
    expect(refusal).to_be_focused()
    expect(refusal).to_contain_text("Rien n'est enregistré")
    expect(refusal).to_contain_text("pris·e de")
    expect(page.get_by_label("Jour")).to_have_value(str(thursday))
    page.get_by_role("button", name="Enregistrer quand même").click()
    expect(page.get_by_text("Enregistré malgré : cours ou autre engagement.")).to_be_visible()
    expect(page.locator(".session-when")).to_contain_text("eudi")
    page.get_by_role("button", name="Défaire le dernier changement").click()
    expect(page.get_by_text("Le dernier changement est défait.")).to_be_visible()

    page.get_by_role("link", name="Publier…").click()
    expect(page.get_by_text("personnes dont la semaine change")).to_be_visible()
    # Days that were never published before are told by the reminders.
    page.get_by_role("button", name="Publier la version v2").click()
    expect(page.get_by_text("La version v2 est publiée.")).to_be_visible()
    expect(page.get_by_text("Publié v2")).to_be_visible()
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("row", name=re.compile("v2.*publiée"))).to_be_visible()
    page.get_by_role("link", name="v2").click()
    expect(page.get_by_role("heading", name=re.compile("Version v2"))).to_be_visible()


@pytest.fixture
def addresses(rows: Session, make_row: Make, app_centre: m.Centre, world: World) -> list[str]:
    """Addresses of every page of the week, with something on each."""
    publish(rows, world["plan"])
    later = draft(make_row, world, 2, basis=1)
    for day in (1, 2, 2, 2):
        hold(make_row, world, later, world["monday"] + timedelta(day), world["person"])
    chat = make_row(
        m.Activity, programme=world["programme"], individual=True, kind="interview", name="Entretien"
    )
    for _ in range(3):
        row = hold(make_row, world, later, world["monday"], world["other"], activity=chat)
    lines = [{"elapsed_s": 3.0, "objective": 900, "bound": 980, "gap": 0.08}]
    now = datetime.now(UTC)
    run = make_row(m.PlanRun, state=m.RunState.RUNNING, started_at=now, queued_at=now, progress=lines)
    done = make_row(m.PlanRun, state=m.RunState.DONE, started_at=now, ended_at=now, progress=lines)
    later.run_id = done.id
    rows.commit()
    week = f"?jour={world['monday']}"
    next_week = f"?jour={world['monday'] + timedelta(7)}"
    pages = [
        week,
        next_week,
        f"{week}&vue=salle",
        f"{week}&vue=animateur",
        f"{week}&vue=personne",
        f"{week}&vue=personne&qui={world['person'].id}",
        f"{week}&version=1",
        f"?jour={world['monday'] + timedelta(70)}",
        f"seances/{row.id}",
        f"seances/{world['row'].id}",
        f"ajouter?activity={world['activity'].id}",
        "planifier",
        f"planifications/{run.id}",
        f"planifications/{done.id}",
        "versions",
        "versions/2",
        "versions/2/a-placer",
        "publier/2",
    ]
    return [f"/c/{app_centre.slug}/semaine/{page}" for page in pages]


@pytest.mark.timeout(240)
def test_pages_fit_the_screen_and_axe_finds_nothing(open_page: OpenPage, addresses: list[str]) -> None:
    assert complaints(open_page(), addresses) == []


def test_a_session_is_reached_and_changed_by_keyboard(
    open_page: OpenPage, world: World, app_centre: m.Centre
) -> None:
    page = open_page()
    page.goto(f"/c/{app_centre.slug}/semaine/?jour={world['monday']}")
    page.locator(".session-card").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Atelier")).to_be_visible()
    page.get_by_text("Annuler la séance…").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Raison, telle qu'elle sera annoncée").press_sequentially("Grève")
    page.keyboard.press("Enter")
    expect(page.get_by_text("La séance est annulée.")).to_be_visible()
    expect(page.get_by_text("Annulée : Grève")).to_be_visible()
    page.get_by_role("button", name="Rétablir la séance").press("Enter")
    expect(page.get_by_text("La séance est rétablie.")).to_be_visible()


def test_a_phone_shows_the_days_one_after_the_other(
    open_page: OpenPage, world: World, app_centre: m.Centre
) -> None:
    page = open_page(width=360)
    page.goto(f"/c/{app_centre.slug}/semaine/?jour={world['monday']}")
    days = page.locator(".week-day-name")
    expect(days).to_have_count(5)
    tops = [box["y"] for box in (days.nth(n).bounding_box() for n in range(5)) if box]
    assert tops == sorted(tops)
    assert len(set(tops)) == 5
    card = page.locator(".session-card").first.bounding_box()
    assert card is not None
    assert card["width"] > 300
