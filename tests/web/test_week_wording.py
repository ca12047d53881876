"""Every code of the planner and the judge has a French sentence with every fact filled in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from scheduler.names import Names, Need
from solver.explain.codes import BLOCKERS, REMEDIES
from solver.verify import NEVER_OVERRIDDEN, RULES, TERMS
from web.locale import firm_spaces
from web.wording import (
    TERM_WORDS,
    Speaker,
    breach_sentence,
    can_override,
    reason_sentence,
    remedy_sentence,
    rule_name,
    terms_in_words,
)
from web.wording.breaches import _RULES, _SENTENCES

NAMES = Names(
    activities={1: "Atelier", 2: "Coaching"},
    cohorts={1: "VIA A"},
    participants={1: "Amina K.", 2: "Bilal S."},
    staff={1: "Nadia", 2: "Tom"},
    rooms={1: "Salle 2"},
    sites={1: "Maison"},
    pools={1: "Portables"},
    needs={1: Need("Un atelier", "AMIE", "sessions", True)},
    raised={},
)

#: Facts of every kind, as the planner gives them.
FACTS = {
    "a": "p1", "b": "p2", "activity": "a1", "busy_end": "144", "busy_start": "132", "count": "2",
    "day": "1", "days": "3", "demand": "d1p1", "earliest": "36", "end_day": "14", "equipment": "e1",
    "features": "quiet", "first": "a1", "first_day": "0", "language": "ar", "last_day": "27",
    "latest": "64", "least": "2", "most": "8", "other": "p2", "other_activity": "a2c1",
    "other_start": "236", "participant": "p1", "remedies": "add_seat, ask_school", "role": "leader",
    "room": "r1", "run_length": "10", "second": "a2", "session": "s1", "sessions": "10", "site": "l1",
    "skills": "group_work", "slots": "30", "staff": "s1, s2", "start": "132", "unit": "sessions",
    "wanted": "1", "week": "1", "what": "group_work", "rivals": "p2", "rival_count": "1",
}  # fmt: skip


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """Words do not depend on the database."""
    return str(request.param)


@pytest.fixture
def speaker(app: Flask) -> Iterator[Speaker]:
    with app.test_request_context():
        yield Speaker(NAMES, date(2026, 11, 30))


def is_whole(sentence: str) -> bool:
    """Tell whether a sentence ends as one, and holds no id, dash for a missing fact or bare place."""
    unfilled = any(mark in sentence for mark in ("%(", "–,", " – )", "« – »", "« – »"))
    return (
        sentence.endswith(".")
        and not unfilled
        and not any(f" {key}" in sentence for key in ("a1", "p1", "s1"))
    )


@pytest.mark.parametrize("code", BLOCKERS)
def test_every_reason_is_a_sentence(speaker: Speaker, code: str) -> None:
    sentence = reason_sentence(speaker, code, 2, FACTS | {"places": "5"})
    assert is_whole(sentence), sentence
    alone = reason_sentence(speaker, code, 1, {"activity": "a1", "places": "1"})
    assert alone.endswith(".")
    several = reason_sentence(speaker, code, 1, {"activity": "a1, a2", "places": "0"})
    assert ("Atelier, Coaching" in several) == ("Atelier" in alone)


@pytest.mark.parametrize("code", REMEDIES)
def test_every_remedy_is_a_sentence(speaker: Speaker, code: str) -> None:
    sentence = remedy_sentence(speaker, code, FACTS)
    assert is_whole(sentence), sentence


@pytest.mark.parametrize("key", _SENTENCES)
def test_every_breach_is_a_sentence(speaker: Speaker, key: str) -> None:
    rule, _sep, reason = key.partition(":")
    params = FACTS | ({"reason": reason} if reason else {})
    if rule == "role" or rule.startswith("staff"):
        params = params | {"staff": "s1"}
    breach = {"rule": rule, "params": params, "participants": ["p1"], "staff": ["s1"], "sessions": ["x"]}
    sentence = breach_sentence(speaker, breach)
    assert is_whole(sentence), sentence


def test_every_rule_has_a_name_and_a_sentence(speaker: Speaker) -> None:
    assert set(_RULES) == {*RULES, "claim"}
    assert {key.partition(":")[0] for key in _SENTENCES} == {*RULES, "claim"}
    assert rule_name("room_overlap") == "salle déjà prise"


def test_every_term_has_a_name_in_the_judges_order(speaker: Speaker) -> None:
    assert list(TERM_WORDS) == list(TERMS)
    terms = terms_in_words({"below_min": 50}, 1000)
    assert [t.points for t in terms if t.points] == [50]
    assert terms[1].share == pytest.approx(0.05)
    assert terms_in_words({}, 0)[0].share == 0


def test_only_what_has_meaning_without_it_is_overridden() -> None:
    assert can_override(["busy", "level"])
    for rule in NEVER_OVERRIDDEN:
        assert not can_override(["busy", rule])


def test_facts_become_names_days_and_hours(speaker: Speaker) -> None:
    sentence = remedy_sentence(speaker, "add_seat", {"activity": "a2c1", "start": "228", "most": "12"})
    assert sentence == firm_spaces("Une place de plus à « Coaching (VIA A) », mer. 2 déc. à 9:00.")
    minutes = {"demand": "d1p1", "participant": "p1", "unit": "minutes", "count": "1320", "most": "1260"}
    breach = {
        "rule": "demand_max",
        "params": minutes | {"reason": "week"},
        "participants": ["p1"],
        "staff": [],
    }
    assert "22\N{NO-BREAK SPACE}h de" in breach_sentence(speaker, breach | {"sessions": []})


def test_those_who_may_not_see_names_read_numbers(app: Flask) -> None:
    with app.test_request_context():
        quiet = Speaker(NAMES, date(2026, 11, 30), people=False)
        sentence = reason_sentence(quiet, "apart", 1, {"other": "p2", "places": "1"})
    assert "Bilal" not in sentence
    assert "la personne n° 2" in sentence
