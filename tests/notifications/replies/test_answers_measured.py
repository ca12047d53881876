"""How well answers are understood, on tables of what people write that the rules were not made from."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest
import yaml

from notifications.models import Meaning
from notifications.replies.phrases import languages
from notifications.replies.understand import Question, Understood, understand

HERE = Path(__file__).parent

TUESDAY, THURSDAY = datetime(2026, 11, 24, 14), datetime(2026, 11, 26, 9)  # noqa: DTZ001
ASKED = {
    "S": {"tue": TUESDAY},
    "D": {"tue": TUESDAY, "thu": THURSDAY},
    "H": {"am": datetime(2026, 11, 24, 9), "pm": TUESDAY},  # noqa: DTZ001
}
NAMES = {
    Meaning.COMING: "comes",
    Meaning.NOT_COMING: "cannot",
    Meaning.CALL_ME: "call",
    Meaning.STOP: "stop",
    Meaning.START: "start",
    Meaning.HELP: "help",
}

Row = tuple[str, str, str, str]


@cache
def table(name: str) -> list[Row]:
    rows = yaml.safe_load((HERE / f"answers_{name}.yaml").read_text(encoding="utf-8"))
    assert all(len(row) == 4 and all(isinstance(each, str) for each in row) for row in rows)
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def said(asked: str, found: Understood) -> str:
    """What was understood, as the tables write it."""
    keys = list(ASKED[asked])
    if found.coming or found.absent:
        parts = {f"comes:{keys[at]}" for at in found.coming} | {f"cannot:{keys[at]}" for at in found.absent}
        whole = len(parts) == len(keys) and len({part.partition(":")[0] for part in parts}) == 1
        return min(parts).partition(":")[0] if whole else " ".join(sorted(parts))
    if found.courtesy:
        return "thanks"
    return NAMES.get(found.meaning, "?")


def understood_as(row: Row) -> tuple[str, list[str]]:
    asked, language, text, wanted = row
    question = Question(way="come", moments=tuple(ASKED[asked].values()), today=date(2026, 11, 23))
    expected = [" ".join(sorted(each.split())) for each in wanted.split("|")]
    return said(asked, understand(text, question, language=language)), expected


def measure(rows: list[Row]) -> tuple[float, float, list[str]]:
    """Return precision and recall of what is acted upon, and what was understood wrongly."""
    counts: Counter[str] = Counter()
    wrong = []
    for row in rows:
        found, expected = understood_as(row)
        acts = found not in ("?", "thanks")
        counts["acts"] += acts
        counts["right"] += acts and found in expected
        counts["wanted"] += expected[0] not in ("?", "thanks")
        counts["found"] += acts and found in expected and expected[0] not in ("?", "thanks")
        if acts and found not in expected:
            wrong.append(f"{row[:3]}: {found}, not {expected}")
    return counts["right"] / counts["acts"], counts["found"] / counts["wanted"], wrong


@pytest.mark.parametrize(("name", "least"), [("held_out", 0.97), ("known", 0.97), ("fresh", 0.85)])
def test_what_is_acted_upon_was_said(name: str, least: float) -> None:
    precision, recall, wrong = measure(table(name))
    assert not wrong
    assert precision == 1
    assert recall >= least


def test_tables_are_wide() -> None:
    rows = [*table("held_out"), *table("known"), *table("fresh")]
    assert len(rows) > 500
    assert {language for _asked, language, _text, _wanted in rows} >= set(languages())


def test_no_seat_is_freed_whatever_language_is_on_file() -> None:
    """An answer in another language than the person's may be left to the team, but not turned round."""
    turned = set()
    rows = [*table("held_out"), *table("fresh")]
    # Two letters of one language may be a whole no in another.
    for row in [row for row in rows if len(row[2]) > 2]:
        for language in languages():
            found, _expected = understood_as((row[0], language, row[2], row[3]))
            if "cannot" in found and not any("cannot" in each for each in row[3].split("|")):
                turned.add((row[1], language, row[2]))
    assert turned == set()
