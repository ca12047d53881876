"""Calls put together from recordings: in the order of the language, clear while something is missing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from notifications.models import MessageKind
from notifications.recording_list import SECTIONS, TEXTS, samples_of, sentences_of
from notifications.voices import MACHINES
from notifications.wording import Told, shipped, shipped_languages
from notifications.wording.fill import variables_in
from notifications.wording.pieces import Heard, Piece, heard, phrase, pieces_of, proper_name, without_question
from notifications.wording.texts import BY_KEY
from tests.notifications.wording.test_render_messages import wordings_of
from tests.twilio_stand_in.telephone import voices

STARTS_AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
TODAY = date(2026, 11, 22)
TITLE, PLACE = "Atelier", "Salle 2, Rue Haute"


WORDINGS = wordings_of()


def told(days: int = 0, **values: Any) -> Told:
    starts_at = STARTS_AT + timedelta(days=days)
    given = {"ends_at": starts_at + timedelta(hours=2, minutes=30), "title": TITLE, "place": PLACE}
    return Told(starts_at=starts_at, **{**given, **values})


def pieces(key: str, code: str, **given: Any) -> list[Piece]:
    said = WORDINGS.spoken.said(BY_KEY[key], code, {"name": "Selam", **given}, today=TODAY)
    return list(pieces_of(said))


def call(
    key: str, code: str, *, without: Iterable[str] = (), ask: bool = True, today: date = TODAY, **given: Any
) -> list[Heard] | None:
    """Return what is heard when everything is recorded but some pieces, named by their words."""
    spec, reader = BY_KEY[key], WORDINGS.spoken.reader(code)
    said = WORDINGS.spoken.said(spec, code, {"name": "Selam", **given}, today=today)
    every = [*pieces_of(said), reader.unsaid()]
    tokens = {piece.name: piece.words for piece in every if piece.words not in set(without)}
    found = heard(said if ask else without_question(said), tokens, reader.unsaid())
    return None if found is None else list(found)


def words(found: list[Heard] | None) -> list[str]:
    assert found is not None
    return [each.text for each in found]


def test_a_whole_reminder_in_french() -> None:
    assert words(call("reminder.one", "fr", sessions=[told()])) == [
        "Bonjour. Ici Centre Lien.",
        "Nous vous attendons",
        *("mardi", "24", "novembre"),
        *("Début", "9 heures", "30", "Fin", "12 heures"),
        TITLE,
        PLACE,
        shipped("fr").keys["come"],
        "Pour réécouter, tapez 0.",
    ]


@pytest.mark.parametrize(
    ("code", "day_and_start"),
    [
        ("tr", ["24", "Kasım", "Salı", "Başlangıç", "saat 9", "30"]),
        ("ps", ["سه‌شنبه", "24", "نومبر", "پیل", "د سهار", "9 بجې", "او 30 دقیقې"]),
        ("so", ["Talaado", "24", "Noofeembar", "Bilow", "saacadda 9", "iyo 30 daqiiqo", "subaxnimo"]),
        ("am", ["ማክሰኞ", "24", "ኖቬምበር", "መጀመሪያ", "ጠዋት", "9 ሰዓት", "ከ30 ደቂቃ"]),
    ],
)
def test_pieces_follow_the_order_of_the_language(code: str, day_and_start: list[str]) -> None:
    found = words(call("reminder.one", code, sessions=[told()]))
    assert found[2 : 2 + len(day_and_start)] == day_and_start


@pytest.mark.parametrize("code", shipped_languages())
def test_every_language_says_in_pieces_what_it_says_in_one_breath(code: str) -> None:
    order = shipped(code).recorded
    assert set(variables_in(order["day"])) == {"weekday", "date", "month"}
    assert set(variables_in(order["time"])) == {"hour", "minute"} | ({"part"} if order["parts"] else set())
    assert len(order["parts"]) == (3 if order["hours"] == 12 else 0)
    assert variables_in(order["span"]) == ("start", "end")
    assert set(variables_in(order["choice"])) == {"day", "start", "place", "number"}
    for key in [key for texts in TEXTS.values() for key in texts]:
        clock = phrase(order["clock"]).name
        own = [piece for piece in sentences_of(WORDINGS, code, key) if piece.name != clock]
        # As many sentences as in French, so that each has its meaning beside it.
        assert len(own) == len(sentences_of(WORDINGS, "fr", key)), key
        for given in samples_of(key):
            said = WORDINGS.spoken.said(BY_KEY[key], code, given)
            assert all("{" not in piece.words and piece.words.strip() for piece in pieces_of(said))


@pytest.mark.parametrize("spec", BY_KEY.values(), ids=lambda spec: spec.key)
def test_every_text_can_be_cut(spec: Any) -> None:
    given = {
        "sessions": [told(change="moved", was=STARTS_AT)],
        "choices": [told()] * 2,
        "deadline": STARTS_AT,
    }
    given["absent"] = [told()]
    assert pieces(spec.key, "ti", **given)


def test_one_recording_serves_in_many_texts() -> None:
    reminder, cancelled = (
        {piece.name for piece in pieces(key, "ti", sessions=[told()])}
        for key in ("reminder.one", "cancellation.cancelled")
    )
    assert len(reminder & cancelled) >= 6
    assert phrase("C'est noté").name == phrase("C'est noté.").name != phrase("C'est noté ?").name


def test_what_is_missing_of_a_session_is_said_by_the_machine_and_owned_up_to() -> None:
    found = call("reminder.one", "ti", sessions=[told()], without=["ሰሉስ"])
    by_machine = [each.text for each in found or () if not each.token]
    assert by_machine == ["mardi 24 novembre"]
    assert words(found)[-3] == shipped("ti").recorded["unsaid"]
    whole = call("reminder.one", "ti", sessions=[told()], without=["መጀመርታ"])
    assert [each.text for each in whole or () if not each.token] == [
        "mardi 24 novembre, de 9h30 à 12h. Atelier. Salle 2, Rue Haute."
    ]


def test_a_name_is_right_in_any_voice() -> None:
    found = call("reminder.one", "ti", sessions=[told(person="Yusuf")], without=[TITLE, PLACE])
    assert [each.text for each in found or () if not each.token] == ["Yusuf", TITLE, PLACE]
    assert shipped("ti").recorded["unsaid"] not in words(found)


def test_a_near_day_needs_no_date() -> None:
    missing = ["24", "1", "ኖቬምበር", "ታሕሳስ"]
    near = call("reminder.one", "ti", sessions=[told()], without=missing)
    assert all(each.token for each in near or ())
    far = call("reminder.one", "ti", sessions=[told(7)], without=missing)
    assert [each.text for each in far or () if not each.token] == ["mardi 1 décembre"]


@pytest.mark.parametrize("missing", ["ንጽበየኩም ኣለና", shipped("ti").keys["come"]])
def test_without_its_sentences_nothing_is_said_in_the_language(missing: str) -> None:
    assert call("reminder.one", "ti", sessions=[told()], without=[missing]) is None
    assert call("reminder.one", "ti", sessions=[told()], without=[shipped("ti").parts["again"]]) is not None


def test_a_cancelled_session_is_never_told_as_if_it_took_place() -> None:
    found = call("change.changes", "so", sessions=[told(change="cancelled")], without=["Waa la joojiyay"])
    assert [each.text for each in found or () if not each.token] == [
        "Annulé : Atelier. mardi 24 novembre, 9h30."
    ]


def test_places_to_choose_from_each_have_their_key() -> None:
    choices = [told(), told(1), told(2)]
    found = words(call("invitation.places", "so", choices=choices, deadline=STARTS_AT - timedelta(days=1)))
    assert found.count(PLACE) == 1
    assert [each for each in found if each.startswith("Riix")] == ["Riix 1.", "Riix 2.", "Riix 3."]
    assert found.index("Talaado") < found.index("Riix 1.") < found.index("Arbaco") < found.index("Riix 2.")
    elsewhere = [told(), told(1, place="Ailleurs")]
    apart = words(call("invitation.places", "so", choices=elsewhere, deadline=STARTS_AT))
    assert apart.index(PLACE) < apart.index("Riix 1.") < apart.index("Ailleurs") < apart.index("Riix 2.")


def test_an_answering_machine_is_not_asked() -> None:
    found = words(call("reminder.one", "so", sessions=[told()], ask=False))
    assert found[-1] == PLACE
    assert not any("riix" in each for each in found)
    # What is never asked need not be recorded either.
    assert call("reminder.one", "so", sessions=[told()], ask=False, without=[shipped("so").keys["come"]])


def test_names_of_places_change_with_them() -> None:
    assert proper_name(PLACE).name != proper_name("Salle 3, Rue Haute").name
    assert len(proper_name(PLACE).name) <= 40


def test_every_section_is_listed() -> None:
    assert set(TEXTS) <= set(SECTIONS)
    assert {BY_KEY[key].kind for keys in TEXTS.values() for key in keys} == set(MessageKind)


def test_machines_are_those_that_the_provider_has() -> None:
    assert set(MACHINES) < set(shipped_languages())
    assert {voice for offered in MACHINES.values() for voice in offered} <= voices()
