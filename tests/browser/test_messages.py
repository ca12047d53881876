"""Messages from one end to the other on the demonstration centre: a plan, three days, and the answers."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import web.clock
from notifications.changes import TELLING
from notifications.contacts import exempt_people, routes_of
from notifications.demo import choose_channels
from notifications.demo.answers import QUESTIONS
from notifications.jobs import JOBS
from notifications.links import message_link
from notifications.models import ChannelKind, Message, MessageKind
from scheduler import models as m
from scheduler.attendance import session_in_force
from scheduler.demo import DemoSize, build_demo
from scheduler.demo.history import add_history
from scheduler.demo.tune import SOUGHT_AFTER
from scheduler.in_force import sessions_in_force
from scheduler.jobs import JOBS as DOMAIN_JOBS
from scheduler.links import renew_link
from scheduler.timegrid import to_instant
from scheduler.wording import known_language, languages, plain_words
from tests.browser.looks import complaints
from web.templating import BRUSSELS
from web.worker import job_settings

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]

#: Thursday at ten, when the coming weeks are planned; Monday begins the first of them.
PLANNED_AT = datetime(2026, 11, 19, 9, tzinfo=UTC)
MONDAY = date(2026, 11, 23)

#: What is not taken from the words of people's own pages.
COMES = "نعم، شكرا"
CALL_ME = "ደውሉለይ በጃኹም"

#: Whose people are invited to choose their place.
CHOSEN = "brakes_individual"

#: Channels on which one writes back.
TEXT = (ChannelKind.SMS, ChannelKind.WHATSAPP)


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """What a page looks like does not depend on the database."""
    return str(request.param)


@pytest.fixture
def app_centre(rows: Session) -> m.Centre:
    """The demonstration centre as the command builds it, on a day of its own."""
    centre = build_demo(rows, size=DemoSize.M, seed=1, now=PLANNED_AT)
    choose_channels(rows, centre, seed=1)
    add_history(rows, centre, seed=1, now=PLANNED_AT)
    rows.commit()
    return centre


class Days:
    """The clock of the pages and the jobs, which stands still until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, app: Flask, engine: Engine) -> None:
        self.at = PLANNED_AT
        self.settings, self.engine = job_settings(app), engine
        self.jobs: dict[str, Any] = {job.name: job.run for job in (*DOMAIN_JOBS, *JOBS)}
        real = web.clock.now
        for module in list(sys.modules.values()):
            if module.__name__.startswith("web.") and getattr(module, "now", None) is real:
                monkeypatch.setattr(module, "now", self.now)

    def now(self) -> datetime:
        return self.at

    def go_to(self, at: datetime) -> None:
        """Move the clock and let the jobs of messages do what is due then."""
        self.at = at
        for name in ("settle_choices", "remind", "deliver_messages"):
            self.run(name)

    def run(self, name: str) -> None:
        with Session(self.engine) as session:
            self.jobs[name](session, self.now, **self.settings)


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch, app: Flask, engine: Engine, live_url: str) -> Days:
    return Days(monkeypatch, app, engine)


@dataclass
class Walk:
    """The coordinator's page, the telephones of the people, and what the database says."""

    page: Page
    centre: m.Centre
    rows: Session
    days: Days

    def goto(self, path: str) -> None:
        self.page.goto(f"/c/{self.centre.slug}/{path}")

    def telephone(self, person: m.Participant) -> None:
        """Open somebody's telephone in the sandbox."""
        self.rows.rollback()
        (route, *_) = routes_of(self.rows, self.centre, [person])[person.id]
        self.goto(f"messages/telephone-essai/?adresse={route.address.replace('+', '%2B')}")

    def answer(self, person: m.Participant, said: str) -> None:
        """Answer as somebody, and wait until the telephone shows it."""
        self.telephone(person)
        self.page.get_by_label("Répondre comme cette personne").fill(said)
        self.page.get_by_role("button", name="Envoyer").click()
        expect(self.page.locator(".bubble-own").last).to_contain_text(said)
        self.days.at += timedelta(minutes=1)

    def roll_line(self, held: m.GroupSession, person: m.Participant) -> Locator:
        """Return somebody's line in the list of a session."""
        self.goto(f"aujourdhui/?jour={held.day}&tout=1")
        return self.page.locator(f"#s-{held.uid} .roll-line[data-person='{person.id}']")

    def session(self, uid: str) -> m.GroupSession:
        """Return the version of a session that is in force."""
        self.rows.rollback()
        return session_in_force(self.rows, self.centre.id, uid)

    def asked_about(self, held: m.GroupSession) -> m.Participant:
        """Return who is offered the seat of a session that became free."""
        self.rows.rollback()
        query = select(m.ChoiceOffer).where(
            m.ChoiceOffer.kind == m.OfferKind.FREED_SEAT, m.ChoiceOffer.session_uid == held.uid
        )
        return self.rows.scalars(query).one().participant

    def feed(self, person: m.Participant) -> str:
        """Return the address of somebody's calendar."""
        self.rows.rollback()
        token = renew_link(self.rows, m.LinkKind.PARTICIPANT, person.id, self.days.now())
        self.rows.commit()
        return f"/agenda/{token}.ics"

    def events(self, feed: str) -> str:
        return self.page.request.get(feed).text()

    def messages(self, *kinds: MessageKind) -> list[Message]:
        self.rows.rollback()
        return list(self.rows.scalars(select(Message).where(Message.kind.in_(kinds)).order_by(Message.id)))


@pytest.fixture
def walk(open_page: OpenPage, app_centre: m.Centre, rows: Session, days: Days) -> Walk:
    return Walk(open_page(), app_centre, rows, days)


@pytest.fixture
def visit(browser: Browser, live_url: str) -> Iterator[Callable[[str], Page]]:
    """Return a function that opens a participant's page on a telephone of its own."""
    contexts = []

    def visit(address: str) -> Page:
        context = browser.new_context(viewport={"width": 360, "height": 740}, base_url=live_url)
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.timeout(600)
def test_three_days_of_the_demonstration_centre(walk: Walk, days: Days, visit: Callable[[str], Page]) -> None:
    page = walk.page
    plan_and_publish(walk)
    held = sought_after_session(walk)
    cast = Cast.of(walk, held)

    def local(days_before: int, hour: int, minute: int = 0) -> datetime:
        return to_instant(held.day - timedelta(days_before), time(hour, minute), BRUSSELS)

    # Three days before, in the evening: everybody is reminded, and five answer.
    days.go_to(local(3, 18, 5))
    seat_feed = walk.feed(cast.gives_up)
    assert uid_in(held, walk.events(seat_feed))
    walk.answer(cast.comes, COMES)
    words = plain_words(cast.gives_up.message_language)
    walk.answer(cast.gives_up, f"{held.day:%d/%m} {words['cannot']}")
    walk.answer(cast.wants_call, CALL_ME)
    walk.answer(cast.asks, QUESTIONS[known_language(cast.asks.message_language)])
    walk.telephone(cast.presses)
    page.locator(".phone-keys").get_by_role("button", name="1", exact=True).click()
    expect(page.get_by_text("Au téléphone, la personne entend")).to_be_visible()

    # The seat has a line, and the first in it is offered the seat; who gave it up says why.
    walk.goto("messages/places/")
    page.locator(f"a[href$='attente/{held.uid}']").click()
    first_in_line = page.locator(".waiting-line a").first.text_content()
    assert page.locator(".waiting-line li").count() >= 2
    pages = ("reponses/", "places/", "a-appeler/")
    assert complaints(page, [f"/c/{walk.centre.slug}/messages/{each}" for each in pages]) == []
    page.set_viewport_size({"width": 1280, "height": 800})
    days.go_to(days.at + timedelta(minutes=1))
    takes = walk.asked_about(held)
    assert takes.name == first_in_line
    walk.answer(cast.gives_up, words["ill"])
    expect(walk.roll_line(cast.of_day[cast.comes], cast.comes)).to_contain_text("viendra")
    expect(walk.roll_line(held, cast.gives_up)).to_contain_text("ne viendra pas (je suis malade)")
    # They were told of all that is due at once: the call is about the first of it.
    told_of = sessions_in_force(walk.rows, walk.centre.id, held.day - timedelta(2), held.day)
    own = [row for row in told_of if cast.wants_call in [seat.participant for seat in row.attendances]]
    first = min(own, key=lambda row: row.starts_at)
    expect(walk.roll_line(first, cast.wants_call)).to_contain_text("demande qu'on l'appelle")
    expect(walk.roll_line(cast.of_day[cast.presses], cast.presses)).to_contain_text("viendra")

    # The next morning: the team calls, reads what no rule could, and the seat is taken.
    days.go_to(local(2, 8, 45))
    walk.goto("messages/a-appeler/")
    call = page.locator(f"#p-{cast.wants_call.id}")
    expect(call).to_contain_text("A demandé qu'on l'appelle")
    expect(call).to_contain_text("tigrigna")
    call.get_by_role("button", name="Viendra").click()
    expect(page.locator(f"#p-{cast.wants_call.id}")).to_have_count(0)
    walk.goto("messages/reponses/")
    card = page.locator(".answer-card").filter(has_text=cast.asks.last_name)
    expect(card).to_contain_text(QUESTIONS[known_language(cast.asks.message_language)])
    uid = card.locator("input[name=uid]").first.input_value()
    card.get_by_role("button", name="Vient", exact=True).first.click()
    expect(page.get_by_text("C'est noté : la personne vient.")).to_be_visible()
    expect(walk.roll_line(walk.session(uid), cast.asks)).to_contain_text("viendra")
    taker_feed = walk.feed(takes)
    assert not uid_in(held, walk.events(taker_feed))
    walk.answer(takes, plain_words(takes.message_language)["come"])
    spoken = {known_language(each.message_language) for each in (*cast.people, takes)}
    assert {"ar", "ti"} < spoken
    assert len(spoken) >= 5

    # Others choose between places; the plan follows.
    days.at += timedelta(minutes=30)
    chooser, starts_at = choose_a_place(walk)
    days.go_to(days.at + timedelta(minutes=15))
    assert f"{starts_at.astimezone(BRUSSELS):%Y%m%dT%H%M%S}" in walk.events(walk.feed(chooser))

    # One day before: the seat is part of the plan, and a change is told to exactly those whom it touches.
    days.go_to(local(1, 9, 5))
    cancelled, told = cancel_a_session(walk, held.day + timedelta(7))
    days.go_to(local(1, 18, 5))
    expect(visit(link_of(walk, takes)).locator(f"#s-{held.uid}")).to_be_visible()
    expect(visit(link_of(walk, cast.gives_up)).locator(f"#s-{held.uid}")).to_have_count(0)
    walk.telephone(told)
    day = re.compile(rf"\b0?{cancelled.day.day}/0?{cancelled.day.month}\b")
    expect(page.locator(".bubble").filter(has_text=day)).to_have_count(1)
    expect(visit(link_of(walk, told)).locator(f"#s-{cancelled.uid} .cancelled")).to_be_visible()

    # The day itself: the roll-call, the feeds and the list of calls have followed.
    days.go_to(local(0, 9, 30))
    expect(walk.roll_line(held, cast.gives_up)).to_have_count(0)
    expect(walk.roll_line(held, takes)).to_contain_text("a répondu : viendra")
    assert uid_in(held, walk.events(taker_feed))
    assert not uid_in(held, walk.events(seat_feed))
    walk.goto("messages/a-appeler/?minutes=240")
    expect(page.locator(f"#p-{told.id}")).to_contain_text("annulé")
    cards = page.locator(".call")
    cards.first.get_by_role("link").first.focus()
    page.keyboard.press("j")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(cards.first).to_be_focused()


@dataclass
class Cast:
    """Five people of one day who can be written to, or called, each in another language."""

    comes: m.Participant
    gives_up: m.Participant
    wants_call: m.Participant
    presses: m.Participant
    asks: m.Participant
    of_day: dict[m.Participant, m.GroupSession]

    @property
    def people(self) -> tuple[m.Participant, ...]:
        return self.comes, self.gives_up, self.wants_call, self.presses, self.asks

    @classmethod
    def of(cls, walk: Walk, held: m.GroupSession) -> Cast:
        """Choose them: who gives up a seat of the session that is full, the others of the same day."""
        sessions = sessions_in_force(walk.rows, walk.centre.id, held.day, held.day)
        of_day = {
            seat.participant: row
            for row in (*sessions, held)
            for seat in row.attendances
            if not seat.excluded
        }
        exempt = exempt_people(walk.rows, walk.centre)
        routes = routes_of(walk.rows, walk.centre, of_day)
        chosen: dict[str, m.Participant] = {}

        def choose(channels: Collection[ChannelKind], *wanted: str, inside: bool = False) -> m.Participant:
            for person in of_day:
                language = known_language(person.message_language)
                if (
                    person.id not in exempt
                    and routes[person.id][0].channel in channels
                    and language in (wanted or QUESTIONS)
                    and language not in chosen
                    and (of_day[person] is held or not inside)
                ):
                    return chosen.setdefault(language, person)
            raise AssertionError(f"nobody speaks {wanted or 'yet another language'} on {held.day}")

        return cls(
            comes=choose(TEXT, "ar"),
            wants_call=choose(TEXT, "ti"),
            gives_up=choose(TEXT, *languages(), inside=True),
            presses=choose([ChannelKind.VOICE]),
            asks=choose(TEXT),
            of_day=of_day,
        )


def plan_and_publish(walk: Walk) -> None:
    """Ask for a plan of two weeks, watch it, keep what was found first, and publish it."""
    page, days = walk.page, walk.days
    walk.goto("semaine/")
    page.get_by_role("link", name=re.compile("Planifier")).first.click()
    page.get_by_label("Nombre de semaines").fill("2")
    page.get_by_role("button", name="Planifier").click()
    expect(page.locator("#run")).to_contain_text("En attente d'un moment libre")
    worker = threading.Thread(target=days.run, args=["plan_run"])
    worker.start()
    # On a busy machine it may be over before anybody looked.
    expect(page.locator("#run")).to_contain_text(
        re.compile("Un plan est trouvé|Le plan est prêt"), timeout=120_000
    )
    stop = page.get_by_role("button", name="Arrêter et garder le meilleur")
    if stop.count():
        stop.click()
    expect(page.locator("#run")).to_contain_text("brouillon v2", timeout=120_000)
    worker.join()
    expect(page.locator("#run")).to_contain_text("Besoins couverts")
    page.get_by_role("link", name="Voir la semaine").click()
    publish(page)


def publish(page: Page) -> None:
    """Publish the draft of the week that is shown."""
    page.get_by_role("link", name="Publier…").click()
    page.get_by_role("button", name=re.compile("Publier (et annoncer|la version)")).click()
    expect(page.get_by_text(re.compile(r"La version v\d+ est publiée"))).to_be_visible()


def sought_after_session(walk: Walk) -> m.GroupSession:
    """Return a session of the first week that more people want to join than can."""
    found = [
        row
        for row in sessions_in_force(walk.rows, walk.centre.id, MONDAY, MONDAY + timedelta(6))
        if (row.activity.programme.key, row.activity.key) in SOUGHT_AFTER
        and len(row.attendances) == row.activity.seats_max
    ]
    assert found, "the demonstration centre has a group that is full"
    return found[0]


def choose_a_place(walk: Walk) -> tuple[m.Participant, datetime]:
    """Invite people to choose their interview; have one of them choose; return who, and when it is."""
    page, days, rows = walk.page, walk.days, walk.rows
    walk.goto("messages/places/")
    row = rows.scalars(select(m.Activity).where(m.Activity.key == CHOSEN)).one()
    page.get_by_label("Activité").select_option(label=f"{row.name} – {row.programme.name}")
    page.get_by_role("button", name="Chercher des places").click()
    expect(page.locator("#rounds")).to_contain_text("En attente")
    days.run("prepare_choices")
    page.get_by_role("button", name=re.compile("Inviter")).click()
    expect(page.get_by_text(re.compile("invitées? à choisir"))).to_be_visible()
    days.run("deliver_messages")
    rows.rollback()
    offers = rows.scalars(select(m.ChoiceOffer).where(m.ChoiceOffer.kind == m.OfferKind.CHOICE)).all()
    offer = next(each for each in offers if len(each.places) > 1)
    person, place = offer.participant, offer.places[-1]
    walk.answer(person, str(place.number))
    walk.goto(f"messages/places/{offer.round_id}")
    expect(page.get_by_role("row").filter(has_text=person.name)).to_contain_text("choisie")
    return person, place.starts_at


def cancel_a_session(walk: Walk, day: date) -> tuple[m.GroupSession, m.Participant]:
    """Cancel a group of a day in the published week, and publish; return it and one of those told."""
    page, rows = walk.page, walk.rows
    rows.rollback()
    before = {each.id for each in walk.messages(*TELLING)}
    exempt = exempt_people(rows, walk.centre)
    held, told = next(
        (row, seat.participant)
        for row in sessions_in_force(rows, walk.centre.id, day, day + timedelta(2))
        for seat in row.attendances
        if not (row.activity.individual or row.activity.block)
        and len(row.attendances) > 2
        and seat.participant_id not in exempt
        and routes_of(rows, walk.centre, [seat.participant])[seat.participant_id][0].channel in TEXT
    )
    walk.goto(f"semaine/seances/{held.id}")
    page.get_by_text("Annuler la séance…").click()
    page.get_by_label("Raison, telle qu'elle sera annoncée").fill("Grève des bus")
    page.get_by_role("button", name="Oui, annuler cette séance").click()
    expect(page.get_by_text("La séance est annulée.")).to_be_visible()
    walk.goto(f"semaine/?jour={held.day}")
    publish(page)
    new = [each for each in walk.messages(*TELLING) if each.id not in before]
    touched = {seat.participant_id for seat in held.attendances if not seat.excluded}
    assert {topic.participant_id for each in new for topic in each.topics} == touched
    assert all(topic.session_uid == held.uid for each in new for topic in each.topics)
    return held, told


def link_of(walk: Walk, person: m.Participant) -> str:
    """Return the address of somebody's page as messages give it."""
    settings = walk.days.settings
    return message_link(settings["secret_key"], settings["public_url"], person.id, walk.days.now())


def uid_in(held: m.GroupSession, events: str) -> bool:
    """Tell whether a calendar has a session that is held and to be attended."""
    for event in events.split("BEGIN:VEVENT")[1:]:
        if held.uid in event and "STATUS:CANCELLED" not in event:
            return True
    return False
