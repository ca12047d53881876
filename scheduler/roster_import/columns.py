"""Which column holds what: proposed from the headers, remembered per centre."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.message import N_, Message
from scheduler.models import Centre, ImportMapping
from scheduler.roster_import.folding import fold
from scheduler.roster_import.table import Table

#: Below this likeness (0 to 100) a header is left to the reader to match.
LIKENESS = 86.0


@dataclass(frozen=True, slots=True)
class Field:
    """Something a column may hold.

    ``synonyms`` are headers in French, Dutch and English, written as ``fold`` gives them.
    """

    key: str
    label: Message
    synonyms: tuple[str, ...]
    hint: Message | None = None


def field_of(key: str, label: Message, synonyms: str, hint: Message | None = None) -> Field:
    """A field whose synonyms are given in one text, separated by commas."""
    return Field(key, label, tuple(fold(each) for each in [label.msgid, *synonyms.split(",")]), hint)


def signature(table: Table) -> str:
    """What files with the same headers in the same order share."""
    return hashlib.sha256("\x1f".join(fold(header) for header in table.headers).encode()).hexdigest()


def propose(table: Table, fields: Iterable[Field]) -> dict[str, str]:
    """Match headers to fields, the most alike first, each field once.

    Returns
    -------
    dict of str to str
        Column number (from 0, as text, the way JSON keeps it) to field key.
    """
    scored = []
    for index, header in enumerate(table.headers):
        name = fold(re.sub(r"[(\[].*?[)\]]", " ", header)) or fold(header)
        for order, each in enumerate(fields):
            score = max(_likeness(name, synonym) for synonym in each.synonyms) if name else 0.0
            if score >= LIKENESS:
                scored.append((-score, index, order, each.key))
    matched: dict[str, str] = {}
    for _score, index, _order, key in sorted(scored):
        if str(index) not in matched and key not in matched.values():
            matched[str(index)] = key
    return matched


def _likeness(name: str, synonym: str) -> float:
    if name == synonym:
        return 100.0
    if min(len(name), len(synonym)) < 5:
        return 0.0
    return max(fuzz.ratio(name, synonym), fuzz.token_sort_ratio(name, synonym)) - 1


def recall(
    session: Session, centre: Centre, kind: str, table: Table, fields: Iterable[Field]
) -> dict[str, str]:
    """The matching used last time for these headers, else the proposal."""
    remembered = _mapping(session, centre, kind, table)
    if remembered is None:
        return propose(table, fields)
    known = {each.key for each in fields}
    return {index: key for index, key in remembered.columns.items() if key in known}


def remember(session: Session, centre: Centre, kind: str, table: Table, columns: Mapping[str, str]) -> None:
    """Keep a matching for the next file with the same headers."""
    mapping = _mapping(session, centre, kind, table)
    if mapping is None:
        mapping = ImportMapping(centre_id=centre.id, kind=kind, signature=signature(table))
        session.add(mapping)
    mapping.columns = dict(columns)


def _mapping(session: Session, centre: Centre, kind: str, table: Table) -> ImportMapping | None:
    return session.scalar(
        select(ImportMapping).where(
            ImportMapping.centre_id == centre.id,
            ImportMapping.kind == kind,
            ImportMapping.signature == signature(table),
        )
    )


def check_columns(table: Table, columns: Mapping[str, str], fields: Iterable[Field]) -> dict[str, str]:
    """Refuse a matching with unknown fields or columns, or one field in two columns."""
    labels = {each.key: each.label for each in fields}
    chosen: dict[str, str] = {}
    for index, key in columns.items():
        if not key:
            continue
        if key not in labels or not index.isdecimal() or int(index) >= len(table.headers):
            raise InvalidInputError(N_("Ce choix de colonnes ne correspond pas au fichier."))
        if key in chosen.values():
            raise InvalidInputError(
                N_("Deux colonnes ne peuvent pas contenir la même chose : « %(field)s ».", field=labels[key])
            )
        chosen[index] = key
    return chosen


def pick(cells: tuple[str, ...], columns: Mapping[str, str]) -> dict[str, str]:
    """The filled cells of a row by field key."""
    return {key: cells[int(index)] for index, key in columns.items() if cells[int(index)]}
