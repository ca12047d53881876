"""The staff pages in a real browser: they fit, complain of nothing, and work by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect
from sqlalchemy.orm import Session

from notifications.contacts import opt_out
from notifications.models import ChannelKind
from scheduler.models import Centre, Participant, Role
from tests.browser.looks import complaints
from tests.factories import EPOCH
from tests.web import centre_rows as make

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """What a page looks like does not depend on the database."""
    return str(request.param)


@pytest.fixture
def amina(rows: Session, app_centre: Centre) -> Participant:
    """A participant in a centre where every list has something in it."""
    referent, path = make.staff(rows, app_centre, skills=["group_work"]), make.programme(rows, app_centre)
    someone = make.person(
        rows,
        app_centre,
        first_name="Amina",
        last_name="Haddad",
        referent_id=referent.id,
        needs_interpreter=True,
        phone="+32470123456",
    )
    make.enrol(rows, someone, path)
    make.course(rows, app_centre, someone)
    make.cohort(rows, path, someone, seats_max=12)
    make.site(rows, app_centre)
    make.site(rows, app_centre, is_outside=True)
    make.equipment(rows, app_centre)
    make.closure(rows, app_centre)
    opt_out(rows, app_centre.id, ChannelKind.SMS, "+32470123456", EPOCH)
    rows.commit()
    return someone


@pytest.fixture
def addresses(rows: Session, app_centre: Centre, amina: Participant) -> list[str]:
    """Addresses of the pages of people and settings, lists, files and forms."""
    from sqlalchemy import select

    from scheduler.models import Activity, Cohort, Course, DemandRule, Programme, Room, StaffMember

    def first(kind: Any) -> int:
        return int(rows.scalars(select(kind.id)).first())

    path = f"reglages/programmes/{first(Programme)}"
    pages = [
        "personnes/",
        f"personnes/{amina.id}/",
        f"personnes/{amina.id}/modifier",
        f"personnes/{amina.id}/inscrire",
        f"personnes/{amina.id}/horaires",
        f"personnes/{amina.id}/contact",
        "personnes/groupes/",
        f"personnes/groupes/{first(Cohort)}",
        "recherche/?q=amina",
        "messages/contacts",
        "messages/contacts/canaux",
        "messages/textes/ar/sms/reminder/one",
        "messages/voix/ti/",
        "reglages/programmes/",
        "reglages/programmes/fichiers",
        path,
        f"{path}/activites/{first(Activity)}",
        f"{path}/besoins/{first(DemandRule)}",
        "reglages/equipe/",
        f"reglages/equipe/{first(StaffMember)}",
        f"reglages/equipe/{first(StaffMember)}/modifier",
        "reglages/sites/",
        "reglages/locaux/",
        f"reglages/locaux/{first(Room)}",
        "reglages/trajets",
        "reglages/materiel/",
        "reglages/cours/",
        f"reglages/cours/{first(Course)}",
        "reglages/fermetures/",
        "reglages/comptes/",
        "reglages/comptes/inviter",
        "reglages/centre",
    ]
    return [f"/c/{app_centre.slug}/{page}" for page in pages]


@pytest.mark.timeout(300)
def test_pages_fit_the_screen_and_axe_finds_nothing(open_page: OpenPage, addresses: list[str]) -> None:
    assert complaints(open_page(Role.ADMINISTRATOR), addresses) == []


def test_every_place_of_the_menu_opens_by_keyboard(
    open_page: OpenPage, app_centre: Centre, amina: Participant
) -> None:
    page = open_page(Role.ADMINISTRATOR)
    page.goto(f"/c/{app_centre.slug}/personnes/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    places = page.locator("#menu .navbar-nav .nav-link[href], .dropdown-item[href]")
    targets = [places.nth(index).get_attribute("href") for index in range(places.count())]
    assert len(targets) >= 10
    for target in targets:
        answer = page.goto(target)
        assert answer is not None
        assert answer.status == 200, target
        expect(page.locator("h1")).to_have_count(1)
    page.goto(f"/c/{app_centre.slug}/personnes/")
    page.get_by_role("button", name=app_centre.name).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".dropdown-menu.show")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".dropdown-menu.show .dropdown-item").first).to_be_focused()


def test_slash_finds_a_person_without_the_mouse(
    open_page: OpenPage, app_centre: Centre, amina: Participant
) -> None:
    page = open_page()
    page.goto(f"/c/{app_centre.slug}/personnes/groupes/")
    page.keyboard.press("/")
    expect(page.locator("#cherche")).to_be_focused()
    page.keyboard.type("hadd")
    hit = page.locator("#suggestions").get_by_role("link", name=re.compile("Amina Haddad"))
    expect(hit).to_be_visible()
    page.keyboard.press("Escape")
    expect(hit).to_have_count(0)
    page.locator("#cherche").fill("amina")
    expect(hit).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Amina Haddad")).to_be_visible()


def test_a_list_narrows_while_typing_and_keeps_it_in_the_address(
    open_page: OpenPage, rows: Session, app_centre: Centre, amina: Participant
) -> None:
    make.person(rows, app_centre, first_name="Omar", last_name="Saleh")
    page = open_page()
    page.goto(f"/c/{app_centre.slug}/personnes/")
    page.get_by_label("Nom, dossier, téléphone ou commune").fill("saleh")
    expect(page.get_by_role("link", name="HADDAD Amina")).to_have_count(0)
    expect(page.get_by_role("link", name="SALEH Omar")).to_be_visible()
    expect(page).to_have_url(re.compile("q=saleh"))
    page.reload()
    expect(page.get_by_role("link", name="HADDAD Amina")).to_have_count(0)
    page.get_by_role("link", name="Effacer les filtres").click()
    page.get_by_role("columnheader", name="Nom").get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("tri=-nom"))
    expect(page.locator("tbody th").first).to_contain_text("SALEH")


@pytest.fixture
def questions() -> list[str]:
    """What the page asked."""
    return []


def test_archiving_asks_once_and_names_the_person(
    open_page: OpenPage, rows: Session, app_centre: Centre, amina: Participant, questions: list[str]
) -> None:
    page = open_page()
    page.goto(f"/c/{app_centre.slug}/personnes/{amina.id}/")
    answers = iter((False, True))

    def reply(dialog: Dialog) -> None:
        questions.append(dialog.message)
        if next(answers):
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", reply)
    button = page.get_by_role("button", name="Archiver")
    button.click()
    expect(page).to_have_url(re.compile(f"/personnes/{amina.id}/$"))
    make.look(rows).refresh(amina)
    assert amina.active
    button.click()
    expect(page.get_by_role("button", name="Restaurer")).to_be_visible()
    assert len(questions) == 2
    assert all("Amina Haddad" in question for question in questions)
    make.look(rows).refresh(amina)
    assert not amina.active


def test_a_refused_form_leads_to_the_field(
    open_page: OpenPage, app_centre: Centre, amina: Participant
) -> None:
    page = open_page(width=360)
    # The answer 422 is what is wanted here; the browser's console calls it an error.
    page.goto(f"/c/{app_centre.slug}/personnes/{amina.id}/modifier")
    page.get_by_label("Pas avant").fill("12:00")
    page.get_by_label("Pas après").fill("09:00")
    with page.expect_response(lambda answer: answer.request.method == "POST") as refused:
        page.evaluate("document.querySelector('main form').requestSubmit()")
    assert refused.value.status == 422
    page.get_by_role("alert").get_by_role("link", name="Pas après").click()
    expect(page.get_by_label("Pas après")).to_be_in_viewport()
    expect(page.get_by_label("Pas avant")).to_have_value("12:00")
