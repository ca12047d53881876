"""The dry run: what an import would do, row by row, before anything is written."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from scheduler.message import Message


@dataclass(frozen=True, slots=True)
class Coded:
    """A value that the web says in the reader's language; ``text`` is its French form.

    Parameters
    ----------
    kind : str
        ``languages`` (ISO 639 codes), ``hours`` (weekly times) or ``phone`` (E.164).
    """

    kind: str
    value: Any
    text: str

    def __str__(self) -> str:
        return self.text


Shown = str | Message | Coded


class Outcome(StrEnum):
    """What happens to a row."""

    CREATE = "create"
    CHANGE = "change"
    IGNORE = "ignore"
    REFUSE = "refuse"
    #: May be somebody who is known: not written until a person has said which.
    DECIDE = "decide"


WRITTEN = (Outcome.CREATE, Outcome.CHANGE)
LEFT_OUT = (Outcome.REFUSE, Outcome.DECIDE)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value before and after."""

    label: Message
    old: Shown
    new: Shown


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom a row may be about: ``key`` is what a choice refers to."""

    key: str
    name: str
    why: Message


@dataclass(slots=True)
class PreviewRow:
    """One row of the file (or one course of a calendar) and what becomes of it.

    ``choice`` is what was said about the ``candidates``, if anything. ``payload`` is for the writer
    of this kind of import only.
    """

    number: int
    title: str
    outcome: Outcome
    reasons: list[Message] = field(default_factory=list)
    notices: list[Message] = field(default_factory=list)
    changes: list[FieldChange] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    choice: str = ""
    cells: tuple[str, ...] = ()
    payload: Any = None


@dataclass(slots=True)
class Preview:
    """Every row of a file with its outcome."""

    headers: tuple[str, ...]
    rows: list[PreviewRow]
    notices: list[Message] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows by outcome; they add up to all rows."""
        found = Counter(row.outcome for row in self.rows)
        return {outcome.value: found[outcome] for outcome in Outcome}

    def fingerprint(self) -> str:
        """Changes whenever anything that the reader was shown changes."""
        digest = hashlib.sha256()
        for row in self.rows:
            shown = (
                row.number,
                row.outcome.value,
                [str(reason) for reason in row.reasons],
                [(str(change.label), str(change.old), str(change.new)) for change in row.changes],
                [candidate.key for candidate in row.candidates],
                row.cells,
            )
            digest.update(json.dumps(shown, ensure_ascii=False).encode())
        return digest.hexdigest()


def left_out(preview: Preview) -> list[dict[str, Any]]:
    """The rows that are not written, in a form that a JSON column can hold."""
    return [
        {
            "number": row.number,
            "title": row.title,
            "reasons": [reason.as_json() for reason in row.reasons],
            "cells": list(row.cells),
        }
        for row in preview.rows
        if row.outcome in LEFT_OUT
    ]


def as_csv(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """A CSV that spreadsheets of this country open by a click, and in which nothing calculates.

    UTF-8 with BOM and semicolons. A cell that a spreadsheet would take for a formula gets an
    apostrophe in front, which reading the file back removes (OWASP, *CSV Injection*).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(_harmless(cell) for cell in headers)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
