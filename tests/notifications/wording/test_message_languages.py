"""The shipped texts: whole in every language, checked like a centre's own, cheap where they can be."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from notifications.models import ChannelKind
from notifications.segments import count_segments
from notifications.wording import REPLIES, SPECS, TextSpec, Told, Wordings, shipped, shipped_languages
from notifications.wording.facts import CHANGES, day_words
from notifications.wording.fill import variables_in
from notifications.wording.own import check_text
from notifications.wording.texts import WRITTEN
from scheduler.models import Centre
from scheduler.wording import RIGHT_TO_LEFT, languages

LANGUAGES = shipped_languages()
STARTS_AT = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
LINK = "https://semainier.example.org/moi/m.AAAAAAAAAAAAAAAAAAAAAAAA"


class NoTexts:
    """A database in which no centre has texts, reviews or recordings of its own."""

    def scalars(self, _query: Any) -> list[Any]:
        return []

    def execute(self, _query: Any) -> list[Any]:
        return []


@pytest.fixture(scope="module")
def wordings() -> Wordings:
    settings = {"send_unreviewed": True, "message_phone": "081 12 34 56"}
    return Wordings(NoTexts(), Centre(name="Centre Lien", locale="fr", settings=settings))  # type: ignore[arg-type]


def facts(spec: TextSpec) -> dict[str, Any]:
    """Everything that a text may need."""
    told = [
        Told(
            starts_at=STARTS_AT,
            ends_at=STARTS_AT + timedelta(hours=2),
            title="Atelier",
            place="Salle 2",
            change=change,
            was=STARTS_AT - timedelta(days=1),
        )
        for change in (CHANGES if spec.name == "changes" else [""] * (2 if spec.name == "day" else 1))
    ]
    several = {"sessions": told, "absent": told, "choices": told * 3}
    return {"name": "Samira", "link": LINK, "deadline": STARTS_AT, **several}


def test_every_language_of_the_pages_has_messages() -> None:
    assert sorted(LANGUAGES) == sorted(languages())
    assert LANGUAGES[0] == "fr"


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_is_whole(code: str) -> None:
    words, french = shipped(code), shipped("fr")
    assert words.code == code
    assert set(words.texts) == {spec.key for spec in SPECS}
    assert set(words.parts) == set(french.parts)
    assert set(words.headlines) == {spec.kind for spec in SPECS}
    assert set(words.reply) == set(words.keys) == set(REPLIES)
    assert set(french.recorded) <= set(words.recorded) <= {*french.recorded, "session"}
    for name, part in words.parts.items():
        assert sorted(variables_in(part)) == sorted(variables_in(french.parts[name])), name


@pytest.mark.parametrize("code", LANGUAGES)
def test_nobody_is_named_who_has_not_read_them(code: str) -> None:
    assert shipped(code).reviewed_by == ""


@pytest.mark.parametrize("code", LANGUAGES)
def test_shipped_texts_pass_the_check_of_own_ones(code: str) -> None:
    for spec in SPECS:
        for channel in ChannelKind:
            check_text(spec, channel, shipped(code).texts[spec.key])


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_numbers_to_answer_with_are_those_understood(code: str) -> None:
    words = shipped(code)
    for way, offered in REPLIES.items():
        numbers = [number for number, _meaning in offered]
        if way != "choice":
            assert re.findall(r"\d", words.keys[way]) == numbers, way
            said = re.findall(r"\d", words.reply[way])
            assert said == ([n for n in numbers if n != "9"] or ["9"]), way
        else:
            assert re.findall(r"\d", words.reply[way]) == re.findall(r"\d", words.keys[way]) == ["9"]
    assert re.findall(r"\d", words.parts["again"]) == ["0"]
    assert re.findall(r"\d", words.recorded["unsaid"]) == ["9"]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_can_be_filled_on_every_channel(wordings: Wordings, code: str) -> None:
    for spec in SPECS:
        for channel in ChannelKind:
            found = wordings.render(spec.kind, channel, code, facts(spec), name=spec.name)
            assert "{" not in found.body + found.subject
            spoken = channel is ChannelKind.VOICE and code in ("fa", "ps", "ti", "so", "sq")
            assert found.language == ("fr" if spoken else code)
            if channel is ChannelKind.VOICE:
                assert LINK not in found.body
                assert "\n" not in found.body


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_address_stands_at_the_end_of_its_line(wordings: Wordings, code: str) -> None:
    for spec in SPECS:
        for channel in WRITTEN:
            for little in (False, True):
                body = wordings.render(
                    spec.kind, channel, code, facts(spec), name=spec.name, reads_little=little
                ).body
                for line in body.splitlines():
                    assert LINK not in line or line == LINK


@pytest.mark.parametrize("code", ["fr", "nl", "en", "de", "so", "es"])
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.key)
def test_no_shipped_letter_costs_where_the_alphabet_has_them_all(
    wordings: Wordings, code: str, spec: TextSpec
) -> None:
    found = wordings.render(spec.kind, ChannelKind.SMS, code, facts(spec), name=spec.name)
    assert not found.costly


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_reminder_is_short(wordings: Wordings, code: str) -> None:
    spec = next(spec for spec in SPECS if spec.key == "reminder.one")
    found = wordings.render(spec.kind, ChannelKind.SMS, code, facts(spec))
    assert found.segments == count_segments(found.body).count
    assert found.segments <= (1 if not found.costly else 2)


@pytest.mark.parametrize("code", LANGUAGES)
def test_seven_days_with_seven_names(code: str) -> None:
    week = [day_words(code, date(2026, 11, 23) + timedelta(n)) for n in range(7)]
    assert len({re.sub(r"[\d/.]", "", day) for day in week}) == 7
    assert "23" in week[0]


@pytest.mark.parametrize("code", sorted(RIGHT_TO_LEFT - {"prs"}))
def test_latin_names_keep_their_direction_in_lines_from_right_to_left(wordings: Wordings, code: str) -> None:
    spec = next(spec for spec in SPECS if spec.key == "answer.not_understood")
    body = wordings.render(spec.kind, ChannelKind.SMS, code, facts(spec), name=spec.name).body
    assert "\u2068Samira\u2069" in body
    assert "\u2066081 12 34 56\u2069" in body
    assert body.count("\u2068") + body.count("\u2066") == body.count("\u2069")
    spoken = wordings.render(spec.kind, ChannelKind.VOICE, code, facts(spec), name=spec.name).body
    assert not set(spoken) & {"\u2066", "\u2068", "\u2069"}
