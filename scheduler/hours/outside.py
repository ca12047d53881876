"""Hours attended elsewhere, from the school's own list: read, judged row by row, then written."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.message import N_, Message
from scheduler.models import Centre, OutsideAttendance, Participant, Programme
from scheduler.roster_import.cells import CellError, parse_birth_date, parse_date
from scheduler.roster_import.columns import field_of, pick, propose
from scheduler.roster_import.folding import fold
from scheduler.roster_import.table import read_table

FIELDS = (
    field_of(
        "reference",
        N_("Numéro de dossier"),
        "dossier,n dossier,numero de dossier,no dossier,reference,dossiernummer,file number",
    ),
    field_of("last_name", N_("Nom"), "nom de famille,achternaam,familienaam,last name,surname"),
    field_of("first_name", N_("Prénom"), "prenoms,voornaam,first name,given name"),
    field_of(
        "full_name",
        N_("Nom et prénom"),
        "nom prenom,nom complet,apprenant,eleve,etudiant,stagiaire,participant,naam,deelnemer,name,full name",
    ),
    field_of(
        "birth_date", N_("Date de naissance"), "naissance,ne le,nee le,geboortedatum,date of birth,birth date"
    ),
    field_of("day", N_("Date"), "jour,date du cours,date de presence,datum,dag,day"),
    field_of(
        "hours",
        N_("Heures"),
        "nombre d heures,heures suivies,heures de presence,heures prestees,duree,uren,hours,duration",
    ),
    field_of("minutes", N_("Minutes"), "minutes suivies,nombre de minutes,minuten"),
)

#: Nobody learns for longer in one day.
MOST_MINUTES_DAY = 12 * 60

_HOURS = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*(?:h|heures?|u)?")
_CLOCK = re.compile(r"(\d{1,2})\s*(?:h|u|:)\s*([0-5]\d)(?:\s*(?:min)?|:00)?")


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row of a list: whose minutes on which day, or why it cannot be used."""

    number: int
    name: str
    participant_id: int | None = None
    on: date | None = None
    minutes: int = 0
    problem: Message | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a list: days added, changed and already known, and the rows left out."""

    added: int
    changed: int
    known: int
    minutes: int
    refused: tuple[ReadRow, ...]


def outside_counters(session: Session, centre_id: int) -> list[tuple[str, str]]:
    """Return key and name of the counters that are fed from elsewhere, each once."""
    query = select(Programme).where(Programme.centre_id == centre_id, Programme.active).order_by(Programme.id)
    found = {
        counter["key"]: counter.get("name") or counter["key"]
        for programme in session.scalars(query)
        for counter in programme.counters
        if counter.get("outside")
    }
    return sorted(found.items(), key=lambda pair: pair[1])


def read_list(session: Session, centre: Centre, content: bytes, today: date) -> list[ReadRow]:
    """Return every row of a school's list with the person it means.

    Raises
    ------
    InvalidInputError
        If the file cannot be read, or lacks a column for the person, the day or the time.
    """
    table = read_table(content)
    columns = propose(table, FIELDS)
    held = set(columns.values())
    if not held & {"reference", "last_name", "full_name"}:
        raise InvalidInputError(N_("Il manque une colonne avec le nom ou le numéro de dossier."), "file")
    if "day" not in held:
        raise InvalidInputError(N_("Il manque une colonne « Date »."), "file")
    if not held & {"hours", "minutes"}:
        raise InvalidInputError(N_("Il manque une colonne « Heures » ou « Minutes »."), "file")
    people = _People(session, centre.id)
    rows = []
    for row in table.rows:
        cells = pick(row.cells, columns)
        name = (
            cells.get("full_name")
            or f"{cells.get('first_name', '')} {cells.get('last_name', '')}".strip()
            or cells.get("reference", "")
        )
        try:
            if row.problems:
                raise CellError(row.problems[0])
            rows.append(ReadRow(row.number, name, people.find(cells, name, today), *_amount(cells, today)))
        except CellError as error:
            rows.append(ReadRow(row.number, name, problem=error.text))
    return rows


def write_list(
    session: Session,
    centre_id: int,
    rows: Sequence[ReadRow],
    counter: str,
    source: str,
    *,
    only_check: bool = False,
) -> Written:
    """Write the days of a list; the same list again changes nothing, a corrected one corrects.

    Rows of one person and day are added up.

    Raises
    ------
    InvalidInputError
        If the source has no name or no programme counts these hours.
    """
    source = source.strip()[:80]
    if not source:
        raise InvalidInputError(N_("Donnez le nom de l'école ou du service."), "source")
    if counter not in dict(outside_counters(session, centre_id)):
        raise InvalidInputError(N_("Aucun programme ne compte ces heures."), "counter")
    sums: dict[tuple[int, date], int] = defaultdict(int)
    refused = [row for row in rows if row.problem is not None]
    for row in rows:
        if row.participant_id is not None and row.on is not None:
            sums[row.participant_id, row.on] += row.minutes
    too_long = {key for key, minutes in sums.items() if minutes > MOST_MINUTES_DAY}
    for row in rows:
        if (row.participant_id, row.on) in too_long:
            problem = N_("plus de douze heures pour cette personne ce jour-là")
            refused.append(ReadRow(row.number, row.name, problem=problem))
    for key in too_long:
        del sums[key]
    query = select(OutsideAttendance).where(
        OutsideAttendance.centre_id == centre_id,
        OutsideAttendance.counter == counter,
        OutsideAttendance.source == source,
    )
    stored = {(row.participant_id, row.on): row for row in session.scalars(query)}
    added = changed = known = 0
    for (person, on), minutes in sorted(sums.items()):
        row_stored = stored.get((person, on))
        if row_stored is None:
            added += 1
            if not only_check:
                session.add(
                    OutsideAttendance(
                        centre_id=centre_id,
                        participant_id=person,
                        counter=counter,
                        on=on,
                        minutes=minutes,
                        source=source,
                    )
                )
        elif row_stored.minutes != minutes:
            changed += 1
            if not only_check:
                row_stored.minutes = minutes
        else:
            known += 1
    session.flush()
    return Written(
        added, changed, known, sum(sums.values()), tuple(sorted(refused, key=lambda row: row.number))
    )


class _People:
    """Participants by reference and by the words of their names."""

    def __init__(self, session: Session, centre_id: int) -> None:
        self._by_reference: dict[str, int] = {}
        self._by_name: dict[str, list[tuple[int, date | None]]] = defaultdict(list)
        query = select(
            Participant.id,
            Participant.reference,
            Participant.first_name,
            Participant.last_name,
            Participant.birth_date,
        ).where(Participant.centre_id == centre_id)
        for person, reference, first, last, born in session.execute(query):
            if reference:
                self._by_reference[fold(reference)] = person
            self._by_name[_words(f"{first} {last}")].append((person, born))

    def find(self, cells: dict[str, str], name: str, today: date) -> int:
        """Return the one person whom a row means.

        Raises
        ------
        CellError
            If nobody, or more than one person, can be meant.
        """
        reference = cells.get("reference")
        if reference and fold(reference) in self._by_reference:
            return self._by_reference[fold(reference)]
        found = self._by_name.get(_words(name), [])
        if cells.get("birth_date"):
            born = parse_birth_date(cells["birth_date"], today)
            found = [each for each in found if each[1] in (born, None)]
        if not found:
            raise CellError(N_("« %(name)s » n'est pas dans ce centre", name=name))
        if len(found) > 1:
            raise CellError(
                N_("plusieurs personnes s'appellent « %(name)s » : ajoutez la date de naissance", name=name)
            )
        return found[0][0]


def _words(name: str) -> str:
    return " ".join(sorted(fold(name).split()))


def _amount(cells: dict[str, str], today: date) -> tuple[date, int]:
    on = parse_date(cells.get("day", ""), today.year)
    if on > today:
        raise CellError(N_("cette date n'est pas encore passée"))
    minutes = read_minutes(cells.get("hours", ""), cells.get("minutes", ""))
    if not 0 < minutes <= MOST_MINUTES_DAY:
        raise CellError(N_("entre une minute et douze heures sont attendues par jour"))
    return on, minutes


def read_minutes(hours: str, minutes: str) -> int:
    """Return the minutes of ``3``, ``3,5``, ``3h30`` or ``3:30`` hours, plus whole minutes.

    Raises
    ------
    CellError
        If either is something else.
    """
    total = 0
    text = hours.strip().lower()
    if match := _CLOCK.fullmatch(text):
        total = 60 * int(match.group(1)) + int(match.group(2))
    elif match := _HOURS.fullmatch(text):
        total = round(60 * float(f"{match.group(1)}.{match.group(2) or 0}"))
    elif text:
        raise CellError(N_("« %(text)s » n'est pas une durée (attendu : 3h30 ou 3,5)", text=hours))
    if minutes.strip():
        if not minutes.strip().isdecimal():
            raise CellError(N_("« %(text)s » n'est pas un nombre de minutes", text=minutes))
        total += int(minutes)
    return total
