"""Rendering: which text and language, with which values, in how many queries."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from notifications.models import CentreWording, ChannelKind, MessageKind, Recording, WordingReview
from notifications.wording import (
    MissingVariableError,
    Told,
    UnknownTextError,
    Wordings,
    as_facts,
    render,
    shipped,
)
from scheduler.models import Centre
from tests.factories import Make
from tests.queries import recorded

SMS, WHATSAPP, VOICE, EMAIL = (
    ChannelKind.SMS,
    ChannelKind.WHATSAPP,
    ChannelKind.VOICE,
    ChannelKind.EMAIL,
)
REMINDER = MessageKind.REMINDER
STARTS_AT = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
LINK = "https://semainier.example.org/moi/m.AAAAAAAAAAAAAAAAAAAAAAAA"


def test_a_text_and_a_subject_that_name_the_day_name_all_of_them(
    session: Session, centre: Centre, make: Make
) -> None:
    for channel in (SMS, EMAIL):
        make(
            CentreWording,
            kind=REMINDER,
            name="day",
            channel=channel,
            language="fr",
            text="Le {day} :\n{sessions}",
        )
    told = [Told(starts_at=STARTS_AT + timedelta(days=days, hours=days)) for days in (0, 0, 2)]
    texts = {
        channel: render(session, centre, REMINDER, channel, "fr", {"name": "Amina", "sessions": told})
        for channel in (SMS, EMAIL)
    }
    assert texts[SMS].body.startswith("Le mercredi 25/11 et vendredi 27/11 :")
    assert texts[EMAIL].subject == "Nous vous attendons - mercredi 25 novembre et vendredi 27 novembre"
    many = [Told(starts_at=STARTS_AT + timedelta(days=days)) for days in range(4)]
    found = render(session, centre, REMINDER, EMAIL, "fr", {"name": "Amina", "sessions": many})
    assert found.subject == "Nous vous attendons"


class NoTexts:
    """A database in which no centre has texts, reviews or recordings of its own."""

    def scalars(self, _query: Any) -> list[Any]:
        return []

    def execute(self, _query: Any) -> list[Any]:
        return []


def wordings_of(locale: str = "fr", **settings: Any) -> Wordings:
    centre = Centre(name="Centre Lien", locale=locale, settings=settings)
    return Wordings(NoTexts(), centre)  # type: ignore[arg-type]


def told(**values: Any) -> dict[str, Any]:
    return {
        "starts_at": STARTS_AT,
        "ends_at": STARTS_AT + timedelta(hours=2),
        "title": "Atelier",
        "place": "Salle 2",
    } | values


def given(*sessions: Any, **values: Any) -> dict[str, Any]:
    return {"name": "Samira", "sessions": list(sessions) or [told()]} | values


# Without a database


def test_a_reminder_by_sms() -> None:
    found = wordings_of().render(REMINDER, SMS, "fr", given(link=LINK))
    assert found.body == (
        "Centre Lien : bonjour Samira.\n"
        "Nous vous attendons :\n"
        "mercredi 25/11, 9h30 - 11h30\n"
        "Atelier\n"
        "Salle 2\n"
        "Répondez 1 = je viens, 2 = je ne peux pas."
    )
    assert (found.segments, found.costly, found.language) == (1, (), "fr")
    assert found.subject == "Nous vous attendons - mercredi 25/11, 9h30"


def test_what_is_not_known_leaves_no_hole() -> None:
    bare = {"starts_at": STARTS_AT}
    body = wordings_of().render(MessageKind.ANSWER, SMS, "fr", given(bare), name="too_late").body
    assert "Téléphone" not in body
    body = wordings_of().render(REMINDER, SMS, "fr", given(bare | {"ends_at": STARTS_AT})).body
    assert "Activité\nRépondez" in body  # no title, no place: the neutral word, no empty line


def test_a_session_without_an_end_still_says_when_it_starts() -> None:
    body = wordings_of().render(REMINDER, SMS, "fr", given({"starts_at": STARTS_AT, "individual": True})).body
    assert "mercredi 25/11, 9h30" in body
    assert "Rendez-vous" in body


def test_days_of_the_month_of_long_names_cost_nothing() -> None:
    august = told(starts_at=datetime(2027, 8, 4, 8, 30, tzinfo=UTC), ends_at=None)
    assert wordings_of().render(REMINDER, SMS, "fr", given(august)).costly == ()
    assert "4 août" in wordings_of().render(REMINDER, EMAIL, "fr", given(august)).body


@pytest.mark.parametrize(
    ("starts_at", "words"),
    [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "dimanche 25/10, 2h30"),  # still summer time
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "dimanche 25/10, 2h30"),  # the same wall time again
        (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), "dimanche 28/3, 3h30"),  # the hour that is left out
        (datetime(2026, 11, 24, 23, 30, tzinfo=UTC), "mercredi 25/11, 0h30"),
    ],
)
def test_hours_are_those_of_the_clock_on_the_wall_in_brussels(starts_at: datetime, words: str) -> None:
    assert words in wordings_of().render(REMINDER, SMS, "fr", given({"starts_at": starts_at})).body


def test_cards_rows_and_what_json_kept_say_the_same() -> None:
    values = given(told(change="moved", was=STARTS_AT - timedelta(days=1)), deadline=date(2026, 11, 24))
    first = wordings_of().render(MessageKind.CHANGE, SMS, "fr", values)
    facts = json.loads(json.dumps(as_facts(values)))
    assert wordings_of().render(MessageKind.CHANGE, SMS, "fr", facts) == first
    row = SimpleNamespace(**values["sessions"][0])
    assert wordings_of().render(MessageKind.CHANGE, SMS, "fr", given(row)) == first
    assert wordings_of().render(MessageKind.CHANGE, SMS, "fr", given(Told.of(row))) == first


def test_changes_are_told_each_as_what_it_is() -> None:
    changes = [
        told(change="moved", was=STARTS_AT - timedelta(days=1)),
        told(change="moved_place"),
        told(change="added"),
        told(change="cancelled"),
    ]
    found = wordings_of().render(MessageKind.CHANGE, SMS, "fr", given(*changes))
    assert "(avant : mardi 24/11, 9h30)" in found.body
    assert "Nouveau lieu : Salle 2" in found.body
    assert "Nouveau : Atelier" in found.body
    assert "Annulé : Atelier" in found.body
    assert found.body.endswith("1 = je viens, 2 = je ne peux pas.")
    only = wordings_of().render(MessageKind.CHANGE, SMS, "fr", given(told(change="cancelled")))
    assert only.body.endswith("1 = j'ai compris.")


def test_places_to_choose_from_are_numbered() -> None:
    values = {"name": "Samira", "choices": [told(), told(starts_at=STARTS_AT + timedelta(days=1), place="B")]}
    body = wordings_of().render(MessageKind.INVITATION, SMS, "fr", values | {"deadline": STARTS_AT}).body
    assert "1 = mercredi 25/11, 9h30 - 11h30\nSalle 2\n2 = jeudi 26/11" in body
    assert "Répondez avant : mercredi 25/11, 9h30." in body
    values["choices"] = [told(), told()]
    same = wordings_of().render(MessageKind.INVITATION, SMS, "fr", values).body
    assert same.count("Salle 2") == 1
    spoken = wordings_of().render(MessageKind.INVITATION, VOICE, "fr", values).body
    assert "tapez 2" in spoken
    gone = wordings_of().render(MessageKind.ANSWER, SMS, "fr", {"name": "Samira"}, name="place_gone").body
    assert gone == "Désolé Samira, cette place est déjà prise."


def test_a_household_is_told_whose_each_session_is() -> None:
    values = given(told(person="Samira"), told(person="Idris"), name=["Samira", "Idris"])
    body = wordings_of().render(REMINDER, SMS, "fr", values).body
    assert "bonjour Samira et Idris." in body
    assert "Idris : mercredi" in body


def test_calls_explain_the_keys_and_mails_lead_to_the_page() -> None:
    spoken = wordings_of().render(REMINDER, VOICE, "fr", given(link=LINK)).body
    assert "Tapez 1." in spoken
    assert "Tapez 9." in spoken
    assert "http" not in spoken
    mail = wordings_of(message_phone="081 12 34 56").render(REMINDER, EMAIL, "fr", given(link=LINK))
    assert f"Répondez ici :\n{LINK}" in mail.body
    assert mail.body.endswith("Centre Lien\n081 12 34 56")
    assert mail.subject == "Nous vous attendons - mercredi 25 novembre, 9h30"


def test_few_words_and_pictures_for_who_reads_little() -> None:
    values = given(link=LINK, picture="https://semainier.example.org/p.png")
    found = wordings_of().render(REMINDER, WHATSAPP, "fr", values, reads_little=True)
    assert found.body.endswith(f"Regardez les images et répondez ici :\n{LINK}")
    assert found.media_url == "https://semainier.example.org/p.png"
    assert wordings_of().render(REMINDER, SMS, "fr", values, reads_little=True).media_url is None
    drawn = wordings_of().render(REMINDER, WHATSAPP, "fr", given(link=LINK), reads_little=True).media_url
    token = LINK.rpartition("/")[2]
    pictures = f"https://semainier.example.org/messages/pictures/{token}"
    assert drawn == f"{pictures}/20261125-0930-1130.png"
    several = given(told(), told(), link=LINK)
    assert wordings_of().render(REMINDER, WHATSAPP, "fr", several, reads_little=True).media_url is None
    gone = wordings_of().render(MessageKind.CANCELLATION, WHATSAPP, "ar", given(link=LINK)).media_url
    assert gone == f"{pictures}/20261125-0930-1130x.png"
    assert "Nous vous attendons" in wordings_of().render(REMINDER, SMS, "fr", given(), reads_little=True).body


def test_a_template_carries_the_picture_also_to_who_reads_little(
    session: Session, centre: Centre, make: Make
) -> None:
    make(
        CentreWording,
        language="fr",
        channel=WHATSAPP,
        kind=REMINDER,
        name="one",
        text="Bonjour {name}.\n{sessions}\n{picture}",
        content_sid="HX" + "1" * 32,
    )
    for reads_little in (False, True):
        found = render(session, centre, REMINDER, WHATSAPP, "fr", given(link=LINK), reads_little=reads_little)
        assert found.content_sid == "HX" + "1" * 32
        path = f"messages/pictures/{LINK.rpartition('/')[2]}/20261125-0930-1130.png"
        assert found.content_variables["3"] == path
        assert ("Regardez les images" in found.body) is reads_little
        assert "messages/pictures" not in found.body


@pytest.mark.parametrize("language", ["ar", "prs", "ti"])
def test_what_nobody_reviewed_is_not_sent(language: str) -> None:
    found = wordings_of().render(REMINDER, SMS, language, given(link=LINK))
    assert found.language == "fr"
    assert found.body.endswith(LINK)
    found = wordings_of("nl").render(REMINDER, SMS, language, given())
    assert found.language == "nl"


def test_unless_the_centre_says_so() -> None:
    willing = wordings_of(send_unreviewed=True)
    assert willing.render(REMINDER, SMS, "ar", given()).language == "ar"
    assert willing.render(REMINDER, SMS, "prs", given()).language == "fa"
    assert willing.render(REMINDER, SMS, "xx", given()).language == "fr"
    assert willing.render(REMINDER, SMS, None, given()).language == "fr"
    assert willing.render(REMINDER, VOICE, "ti", given()).language == "fr"  # no voice speaks it


def test_what_is_missing_is_named() -> None:
    with pytest.raises(MissingVariableError, match="sessions"):
        wordings_of().render(REMINDER, SMS, "fr", {"name": "Samira", "sessions": []})
    with pytest.raises(MissingVariableError, match="name"):
        wordings_of().render(REMINDER, SMS, "fr", given(name=""))
    naive = STARTS_AT.replace(tzinfo=None)
    with pytest.raises(MissingVariableError, match="timezone"):
        wordings_of().render(REMINDER, SMS, "fr", given({"starts_at": naive.isoformat()}))
    with pytest.raises(UnknownTextError):
        wordings_of().render(MessageKind.ANSWER, SMS, "fr", given())
    with pytest.raises(UnknownTextError):
        wordings_of().render(MessageKind.ANSWER, SMS, "fr", given(), name="nothing")


def test_nobody_has_to_be_named_to_be_let_go() -> None:
    assert "STOP" in wordings_of().render(MessageKind.ANSWER, SMS, "fr", {}, name="opted_in").body


def test_dear_signs_are_replaced_where_the_centre_wants_it() -> None:
    values = given(told(title="L’atelier – forêt"))
    assert wordings_of(sms_plain_quotes=False).render(REMINDER, SMS, "fr", values).costly == ("’", "–", "ê")
    found = wordings_of().render(REMINDER, SMS, "fr", values)
    assert (found.costly, found.segments) == (("ê",), 3)
    plain = wordings_of(sms_plain_letters=True).render(REMINDER, SMS, "fr", values)
    assert (plain.costly, plain.segments) == ((), 1)
    assert "L'atelier - foret" in plain.body
    assert "forêt" in wordings_of(sms_plain_letters=True).render(REMINDER, EMAIL, "fr", values).body


# With a centre's own texts


def test_the_centres_own_text_wins(session: Session, centre: Centre, make: Make) -> None:
    make(CentreWording, text="{hello} {day} {start} {place}", subject="Rappel {day}")
    found = render(session, centre, REMINDER, SMS, "fr", given())
    assert found.body == "CPAS d'essai : bonjour Samira. mercredi 25/11 9h30 Salle 2"
    assert found.subject == "Rappel mercredi 25/11"
    assert "Nous vous attendons" in render(session, centre, REMINDER, WHATSAPP, "fr", given()).body


def test_a_text_that_names_what_is_no_more_gives_way(session: Session, centre: Centre, make: Make) -> None:
    make(CentreWording, text="{hello} {forgotten}")
    assert "Nous vous attendons" in render(session, centre, REMINDER, SMS, "fr", given()).body


def test_an_approved_template_gets_its_numbered_values(session: Session, centre: Centre, make: Make) -> None:
    make(CentreWording, channel=WHATSAPP, text="{name} : {sessions}\n{reply}", content_sid="HX1")
    found = render(session, centre, REMINDER, WHATSAPP, "fr", given())
    assert found.content_sid == "HX1"
    assert found.content_variables == {
        "1": "Samira",
        "2": "mercredi 25/11, 9h30 - 11h30 · Atelier · Salle 2",
        "3": "Répondez 1 = je viens, 2 = je ne peux pas.",
    }


def test_reviewed_words_are_sent(session: Session, centre: Centre, make: Make) -> None:
    make(WordingReview, language="ar", digest=shipped("ar").digest)
    make(WordingReview, language="uk", digest="0" * 64)  # of words that have changed since
    own = make(CentreWording, language="ti", text="{name} {sessions}", reviewed_by="Selam")
    make(CentreWording, language="tr", text="{name} {sessions}")
    sent = Wordings(session, centre)
    used = {code: sent.render(REMINDER, SMS, code, given()).language for code in ("ar", "uk", "ti", "tr")}
    assert used == {"ar": "ar", "uk": "fr", "ti": own.language, "tr": "fr"}


def test_many_messages_take_three_queries(session: Session, centre: Centre, make: Make) -> None:
    make(CentreWording, text="{hello} {sessions}")
    make(Recording)
    session.flush()
    session.expire_all()
    assert centre.name
    with recorded() as queries:
        wordings = Wordings(session, centre)
        for _n in range(50):
            for channel in ChannelKind:
                wordings.render(REMINDER, channel, "ti", given())
    assert len(queries) == 3
