"""A roster from file to people, on both databases."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.errors import InvalidInputError, NotFoundError, StaleError
from scheduler.models import (
    Availability,
    Centre,
    CourseEnrolment,
    Enrolment,
    EnrolmentStatus,
    ImportBatch,
    ImportMapping,
    Participant,
)
from scheduler.roster_import import batch as imports
from scheduler.roster_import.preview import Outcome, Preview
from tests.factories import Make

NAMES = [
    "Sow",
    "Ka",
    "Diop",
    "Fall",
    "Ndiaye",
    "Traore",
    "Kone",
    "Haile",
    "Tesfay",
    "Rahimi",
    "Ahmadi",
    "Yilmaz",
    "Demir",
    "Kaya",
    "Popescu",
    "Silva",
    "Bushati",
    "Karimi",
    "Oumarou",
    "Zongo",
]

PERSON = ("last_name", "first_name", "birth_date")

FULL = """Liste des participants;;
N° dossier;Nom;Prénom;Date de naissance;GSM;E-mail;Commune;Langue maternelle;Autres langues;\
Niveau oral;Niveau écrit;Enfants;\
Interprète;Nationalité;Programme;Phase;Début du programme;Cours;Référent;Garde d'enfants;Sites;\
Activités préférées;Remarque
D1;Ba;Awa;31/12/1990;0470 12 34 56;awa@exemple.be;Namur;peul;français, wolof;A1.1;alpha;\
2;non;Sénégal;AMIE;Phase 2;01/09/2026;EFC FLE A1;Nadia Martin;lun 8h30-9h; Gare;Théâtre;"vient
en bus"
"""


@pytest.fixture
def world(make: Make) -> dict[str, Any]:
    site = make(m.Site, name="Gare")
    staff = make(m.StaffMember, first_name="Nadia", last_name="Martin")
    programme = make(m.Programme, key="amie", name="AMIE")
    make(m.Phase, programme=programme, key="p1", name="Phase 1", position=0)
    phase = make(m.Phase, programme=programme, key="p2", name="Phase 2", position=1)
    activity = make(m.Activity, programme=programme, key="theatre", name="Théâtre")
    course = make(m.Course, school="EFC", name="FLE A1")
    return {
        "site": site,
        "staff": staff,
        "programme": programme,
        "phase": phase,
        "activity": activity,
        "course": course,
    }


@pytest.fixture
def bring(session: Session, centre: Centre, now: datetime) -> Any:
    """Upload a roster and give its batch and dry run."""

    def _bring(content: str | bytes, **choices: str) -> tuple[ImportBatch, Preview]:
        data = content.encode() if isinstance(content, str) else content
        batch = imports.open_batch(session, centre, imports.ROSTER, "liste.csv", data, now, None)
        if choices:
            imports.choose(batch, {number.removeprefix("row"): who for number, who in choices.items()})
        return batch, imports.preview_batch(session, centre, batch, now)

    return _bring


@pytest.fixture
def apply(session: Session, centre: Centre, now: datetime) -> Any:
    def _apply(batch: ImportBatch, preview: Preview) -> ImportBatch:
        return imports.apply_batch(session, centre, batch.id, preview.fingerprint(), now, None)

    return _apply


def people(session: Session, centre: Centre) -> list[Participant]:
    return list(
        session.scalars(
            select(Participant).where(Participant.centre_id == centre.id).order_by(Participant.id)
        )
    )


def outcomes(preview: Preview) -> list[Outcome]:
    return [row.outcome for row in preview.rows]


def test_a_whole_person_comes_in(
    session: Session, centre: Centre, world: Any, bring: Any, apply: Any
) -> None:
    content = FULL.replace("lun 8h30-9h;", '"lun 8h30-9h; mer 12h-16h";')
    batch, preview = bring(content)
    assert outcomes(preview) == [Outcome.CREATE], preview.rows[0].reasons
    apply(batch, preview)
    session.expire_all()
    [person] = people(session, centre)
    assert (person.reference, person.first_name, person.last_name) == ("D1", "Awa", "Ba")
    assert (person.birth_date, person.phone, person.email) == (
        date(1990, 12, 31),
        "+32470123456",
        "awa@exemple.be",
    )
    assert (person.languages, person.level_spoken, person.level_written) == (["ff", "fr", "wo"], 1, 0)
    assert person.reads_little
    assert person.brings_children
    assert not person.needs_interpreter
    assert person.eu_national is False
    assert (person.site_ids, person.referent_id) == ([world["site"].id], world["staff"].id)
    assert person.preferred_activities == ["theatre"]
    assert person.note == "vient\nen bus"
    enrolment = session.scalars(select(Enrolment)).one()
    assert (enrolment.phase_id, enrolment.status, enrolment.starts_on) == (
        world["phase"].id,
        EnrolmentStatus.ACTIVE,
        date(2026, 9, 1),
    )
    assert session.scalars(select(CourseEnrolment)).one().course_id == world["course"].id
    busy = session.scalars(select(Availability).order_by(Availability.weekday)).all()
    assert [(row.weekday, row.starts, row.ends) for row in busy] == [
        (0, time(8, 30), time(9)),
        (2, time(12), time(16)),
    ]


def test_the_same_file_again_changes_nothing(session: Session, world: Any, bring: Any, apply: Any) -> None:
    content = FULL.replace("lun 8h30-9h;", '"lun 8h30-9h; mer 12h-16h";')
    apply(*bring(content))
    _batch, preview = bring(content)
    assert outcomes(preview) == [Outcome.IGNORE]


def test_a_change_is_shown_field_by_field_and_empty_cells_erase_nothing(
    session: Session, centre: Centre, make: Make, bring: Any, apply: Any
) -> None:
    make(
        m.Participant, reference="D1", first_name="Awa", last_name="Ba", phone="+32470123456", level_spoken=1
    )
    batch, preview = bring("Ref;Nom;Prénom;GSM;Niveau oral;Commune\nD1;Ba;Awa;;A2;Namur\n")
    assert outcomes(preview) == [Outcome.CHANGE]
    shown = {str(change.label): (str(change.old), str(change.new)) for change in preview.rows[0].changes}
    assert shown == {"Niveau oral": ("A1", "A2"), "Commune": ("", "Namur")}
    apply(batch, preview)
    session.expire_all()
    [person] = people(session, centre)
    assert (person.phone, person.level_spoken, person.municipality) == ("+32470123456", 2, "Namur")


def test_bad_rows_are_refused_with_their_reasons_and_good_ones_written(
    session: Session, centre: Centre, bring: Any, apply: Any
) -> None:
    content = (
        "Nom;Prénom;Né le;GSM;Niveau\n"
        "Ba;Awa;31/12/1990;0470123456;A1\n"
        "Sow;Ali;31/02/1990;12;Z9\n"
        ";;;0470123457;\n"
        "Ka;Issa;;;B1;de trop\n"
        "Diop;=1+1;;;\n"
        "Fall;Moussa;;;A2\n"
    )
    batch, preview = bring(content)
    assert outcomes(preview) == [Outcome.CREATE, *[Outcome.REFUSE] * 4, Outcome.CREATE]
    assert len(preview.rows[1].reasons) == 3
    assert sum(preview.counts.values()) == len(preview.rows) == 6
    done = apply(batch, preview)
    assert [person.first_name for person in people(session, centre)] == ["Awa", "Moussa"]
    assert done.summary["total"] == 6
    assert sum(done.summary["counts"].values()) == 6
    assert [row["number"] for row in done.summary["left_out"]] == [3, 4, 5, 6]
    assert done.summary["left_out"][0]["cells"] == ["Sow", "Ali", "31/02/1990", "12", "Z9"]
    assert done.content is None


@pytest.mark.parametrize(
    ("known", "row", "expected"),
    [
        # Certain: written without asking.
        ({"birth_date": date(1990, 5, 4)}, "BA;Awa;4/5/1990;", Outcome.IGNORE),
        ({"birth_date": date(1990, 5, 4)}, "Awa;Ba;4/5/1990;0470123456", Outcome.CHANGE),
        ({"phone": "+32470123456"}, "Bà;Awa;;0470123456", Outcome.IGNORE),
        ({}, "Ba;Awa;;", Outcome.IGNORE),
        # Doubtful: somebody has to say.
        ({}, "Ba;Awa;4/5/1990;", Outcome.DECIDE),
        ({"phone": "+32470123456"}, "Traore;Fanta;;0470123456", Outcome.DECIDE),
        ({"birth_date": date(1990, 5, 4), "first_name": "Youssef"}, "Ba;Yusuf;4/5/1990;", Outcome.DECIDE),
        ({"birth_date": date(1990, 5, 4)}, "Ba;Awa;5/4/1990;", Outcome.DECIDE),
        ({"birth_date": date(1990, 1, 1)}, "Ba;Awa;5/4/1990;", Outcome.DECIDE),
        ({"first_name": "Олена", "last_name": "Шевченко"}, "Shevchenko;Olena;4/5/1990;", Outcome.DECIDE),
        # Somebody else.
        ({"birth_date": date(1990, 5, 4)}, "Ba;Awa;4/5/1991;", Outcome.CREATE),
        ({"birth_date": date(1990, 5, 4)}, "Diallo;Ousmane;4/5/1990;", Outcome.CREATE),
        ({"phone": "+32470123457"}, "Diallo;Ousmane;;0470123456", Outcome.CREATE),
    ],
)
def test_who_is_taken_for_whom(make: Make, bring: Any, known: Any, row: str, expected: Outcome) -> None:
    make(m.Participant, **{"first_name": "Awa", "last_name": "Ba", **known})
    _batch, preview = bring(f"Nom;Prénom;Né le;GSM\n{row}\n")
    assert outcomes(preview) == [expected], (preview.rows[0].reasons, preview.rows[0].changes)


def test_the_coordinator_says_same_or_other(
    session: Session, centre: Centre, make: Make, bring: Any, apply: Any
) -> None:
    awa = make(m.Participant, first_name="Awa", last_name="Ba", phone="+32470123456")
    content = "Nom;Prénom;GSM\nTraore;Fanta;0470123456\nTraore;Sira;0470123456\nBa;Hawa;0470123456\n"
    batch, preview = bring(content)
    assert outcomes(preview) == [Outcome.DECIDE] * 3
    assert preview.rows[0].candidates[0].name == "Awa Ba"
    imports.choose(batch, {"2": "new", "3": "new", "4": f"p{awa.id}"})
    now = batch.created_at
    preview = imports.preview_batch(session, centre, batch, now)
    assert outcomes(preview) == [Outcome.CREATE, Outcome.CREATE, Outcome.CHANGE]
    apply(batch, preview)
    session.expire_all()
    assert [person.name for person in people(session, centre)] == ["Hawa Ba", "Fanta Traore", "Sira Traore"]


def test_undecided_rows_are_left_out_and_listed(
    session: Session, centre: Centre, make: Make, bring: Any, apply: Any
) -> None:
    make(m.Participant, first_name="Awa", last_name="Ba", phone="+32470123456")
    done = apply(*bring("Nom;Prénom;GSM\nTraore;Fanta;0470123456\nKa;Issa;\n"))
    assert len(people(session, centre)) == 2
    assert [row["number"] for row in done.summary["left_out"]] == [2]


def test_rows_of_one_file_about_one_person_are_joined(
    session: Session, centre: Centre, world: Any, make: Make, bring: Any, apply: Any
) -> None:
    make(m.Programme, key="via", name="VIA")
    content = (
        "Ref;Nom;Prénom;Né le;GSM;Programme\n"
        "D1;Ba;Awa;4/5/1990;;AMIE\n"
        "D1;Ba;Awa;4/5/1990;0470123456;VIA\n"
        "D1;Ba;Awa;4/5/1990;0470123456;AMIE\n"
        "D1;Ba;Awa;4/6/1990;;\n"
    )
    batch, preview = bring(content)
    assert outcomes(preview) == [Outcome.CREATE, Outcome.CHANGE, Outcome.IGNORE, Outcome.REFUSE]
    apply(batch, preview)
    [person] = people(session, centre)
    assert person.phone == "+32470123456"
    assert session.scalar(select(func.count()).select_from(Enrolment)) == 2


def test_two_rows_of_one_file_that_may_be_one_person_are_asked_about(
    session: Session, centre: Centre, bring: Any, apply: Any
) -> None:
    content = "Nom;Prénom;Né le;GSM\nHassan;Youssef;4/5/1990;\nHassan;Yusuf;4/5/1990;0470123456\n"
    batch, preview = bring(content)
    assert outcomes(preview) == [Outcome.CREATE, Outcome.DECIDE]
    assert preview.rows[1].candidates[0].key == "r2"
    imports.choose(batch, {"3": "r2"})
    preview = imports.preview_batch(session, centre, batch, batch.created_at)
    assert outcomes(preview) == [Outcome.CREATE, Outcome.CHANGE]
    apply(batch, preview)
    [person] = people(session, centre)
    assert (person.first_name, person.phone) == ("Yusuf", "+32470123456")


def test_a_reference_of_somebody_with_another_name_is_doubted(
    session: Session, make: Make, bring: Any
) -> None:
    make(m.Participant, reference="D1", first_name="Awa", last_name="Ba")
    content = "Ref;Nom;Prénom\nD1;Oyelaran;Christopher\n"
    assert outcomes(bring(content)[1]) == [Outcome.DECIDE]
    [row] = bring(content, row2="new")[1].rows
    assert row.outcome is Outcome.REFUSE
    assert "référence" in str(row.reasons[0])


def test_unknown_names_refuse_the_row_and_say_which(world: Any, bring: Any) -> None:
    content = "Nom;Prénom;Programme;Phase;Cours;Référent;Sites;Langue maternelle\n"
    content += "Ba;Awa;AMIEE X;;FLE Z9;Tom;Lune;klingonais\n"
    [row] = bring(content)[1].rows
    assert row.outcome is Outcome.REFUSE
    text = " ".join(str(reason) for reason in row.reasons)
    assert all(word in text for word in ("AMIEE X", "FLE Z9", "Tom", "Lune", "klingonais"))


def test_enrolment_dates_and_status_are_kept_or_changed(
    session: Session, world: Any, make: Make, bring: Any, apply: Any
) -> None:
    awa = make(m.Participant, reference="D1", first_name="Awa", last_name="Ba")
    make(
        m.Enrolment,
        programme=world["programme"],
        participant=awa,
        starts_on=date(2026, 1, 5),
        phase_id=world["phase"].id,
    )
    batch, preview = bring("Ref;Nom;Prénom;Programme;Statut\nD1;Ba;Awa;amie;en pause\n")
    assert outcomes(preview) == [Outcome.CHANGE]
    apply(batch, preview)
    row = session.scalars(select(Enrolment)).one()
    assert (row.status, row.starts_on, row.phase_id) == (
        EnrolmentStatus.PAUSED,
        date(2026, 1, 5),
        world["phase"].id,
    )


def test_busy_times_added_by_hand_stay(session: Session, make: Make, bring: Any, apply: Any) -> None:
    awa = make(m.Participant, reference="D1", first_name="Awa", last_name="Ba")
    make(m.Availability, participant=awa, weekday=4, starts=time(9), ends=time(12), label="Travail")
    for hours in ("lun 9h-10h", "mar 9h-10h"):
        apply(*bring(f"Ref;Nom;Prénom;Garde d'enfants\nD1;Ba;Awa;{hours}\n"))
    found = session.scalars(select(Availability).order_by(Availability.weekday)).all()
    assert [(row.weekday, row.label) for row in found] == [(1, "Garde d'enfants"), (4, "Travail")]


def test_a_crash_half_way_writes_nothing(
    session: Session, centre: Centre, bring: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, preview = bring("Nom;Prénom\n" + "".join(f"{name};Awa\n" for name in NAMES))
    session.commit()
    batch_id, fingerprint = batch.id, preview.fingerprint()

    def fail(*_args: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("scheduler.roster_import.roster._write_busy", fail)
    with pytest.raises(RuntimeError, match="power cut"):
        imports.apply_batch(session, centre, batch_id, fingerprint, now, None)
    session.rollback()
    assert people(session, centre) == []
    batch = imports.get_batch(session, centre, batch_id)
    assert batch.content is not None
    assert batch.applied_at is None
    monkeypatch.undo()
    imports.apply_batch(session, centre, batch_id, fingerprint, now, None)
    assert len(people(session, centre)) == 20


def test_what_changed_since_the_dry_run_stops_it(
    session: Session, centre: Centre, make: Make, bring: Any, apply: Any
) -> None:
    batch, preview = bring("Ref;Nom;Prénom;GSM\nD1;Ba;Awa;0470123456\n")
    make(m.Participant, reference="D1", first_name="Awa", last_name="Ba")
    with pytest.raises(StaleError):
        apply(batch, preview)
    assert people(session, centre)[0].phone is None
    assert batch.content is not None
    apply(batch, imports.preview_batch(session, centre, batch, batch.created_at))
    assert people(session, centre)[0].phone == "+32470123456"


def test_a_batch_is_applied_once(bring: Any, apply: Any) -> None:
    batch, preview = bring("Nom;Prénom\nBa;Awa\n")
    apply(batch, preview)
    with pytest.raises(StaleError):
        apply(batch, preview)


def test_another_centre_is_never_touched_nor_seen(
    session: Session, centre: Centre, make: Make, bring: Any, apply: Any, now: datetime
) -> None:
    other = make(m.Centre)
    make(m.Participant, centre=other, reference="D1", first_name="Awa", last_name="Ba", phone="+32470123456")
    batch, preview = bring("Ref;Nom;Prénom;GSM\nD1;Ba;Awa;0470123456\n")
    assert outcomes(preview) == [Outcome.CREATE]
    apply(batch, preview)
    assert len(people(session, other)) == len(people(session, centre)) == 1
    with pytest.raises(NotFoundError):
        imports.get_batch(session, other, batch.id)


def test_the_matching_of_columns_is_remembered_per_centre_and_headers(
    session: Session, centre: Centre, make: Make, now: datetime, bring: Any
) -> None:
    content = "Ligne A;Ligne B;Ligne C\nBa;Awa;0470123456\n"
    with pytest.raises(InvalidInputError, match="noms"):
        bring(content)
    batch = imports.open_batch(session, centre, imports.ROSTER, "a.csv", content.encode(), now, None)
    assert batch.columns == {}
    imports.match_columns(session, centre, batch, {"0": "last_name", "1": "first_name", "2": "phone"})
    _batch, preview = bring(content)
    assert outcomes(preview) == [Outcome.CREATE]
    other = make(m.Centre)
    assert (
        imports.open_batch(session, other, imports.ROSTER, "a.csv", content.encode(), now, None).columns == {}
    )
    assert session.scalar(select(func.count()).select_from(ImportMapping)) == 1


@pytest.mark.parametrize(
    "columns",
    [{"0": "last_name", "1": "last_name"}, {"9": "last_name"}, {"0": "password"}, {"x": "last_name"}],
)
def test_a_matching_that_cannot_be_is_refused(
    session: Session, centre: Centre, now: datetime, columns: dict[str, str]
) -> None:
    batch = imports.open_batch(session, centre, imports.ROSTER, "a.csv", b"A;B\nBa;Awa\n", now, None)
    with pytest.raises(InvalidInputError):
        imports.match_columns(session, centre, batch, columns)


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ("Naam;Voornaam;Geboortedatum;GSM-nummer;Moedertaal", [*PERSON, "phone", "mother_tongue"]),
        ("Last name;First Name;Date of birth;Phone;E-mail", [*PERSON, "phone", "email"]),
        ("NOM;PRENOM;Date de naisance (jj/mm/aaaa);N° GSM;Courriel", [*PERSON, "phone", "email"]),
        ("Nom et prénom;Tél portable;Niveau de français;Libre", ["full_name", "phone", "level", None]),
    ],
)  # fmt: skip
def test_headers_are_recognised(
    session: Session, centre: Centre, now: datetime, headers: str, fields: list[str | None]
) -> None:
    content = f"{headers}\n{';'.join('x' for _ in fields)}\n".encode()
    batch = imports.open_batch(session, centre, imports.ROSTER, "a.csv", content, now, None)
    assert [batch.columns.get(str(index)) for index in range(len(fields))] == fields


@pytest.mark.parametrize(
    ("header", "name", "expected"),
    [
        ("Nom et prénom", "BA Awa", ("Awa", "BA")),
        ("Nom et prénom", "Ba Awa Marie", ("Awa Marie", "Ba")),
        ("Nom et prénom", "Ben Ali, Awa", ("Awa", "Ben Ali")),
        ("Prénom et nom", "Awa Ben Ali", ("Awa", "Ben Ali")),
        ("Prénom et nom", "Awa BEN ALI", ("Awa", "BEN ALI")),
        ("Nom et prénom", "Awa", ("Awa", "")),
    ],
)
def test_whole_names_are_cut(
    session: Session, centre: Centre, bring: Any, apply: Any, header: str, name: str, expected: Any
) -> None:
    apply(*bring(f'{header};Tel\n"{name}";0470123456\n'))
    [person] = people(session, centre)
    assert (person.first_name, person.last_name) == expected


def test_old_batches_lose_what_they_hold_of_people(
    session: Session, centre: Centre, bring: Any, apply: Any, now: datetime
) -> None:
    undecided, _preview = bring("Nom;Prénom\nBa;Awa\n")
    done = apply(*bring("Nom;Prénom;Né le\nSow;Ali;x\n"))
    assert imports.purge_batches(session, now + timedelta(days=1)) == 0
    assert imports.purge_batches(session, now + timedelta(days=31)) == 2
    session.expire_all()
    assert session.get(ImportBatch, undecided.id) is None
    assert done.summary["left_out"] == []
    assert done.summary["total"] == 1


def test_hundreds_of_names_are_told_apart_and_found_again(
    session: Session, centre: Centre, make: Make, bring: Any, apply: Any
) -> None:
    syllables = ["ka", "mo", "ti", "re", "su", "ba", "no", "li", "fa", "dje"]

    def name(n: int) -> str:
        return "".join(syllables[int(digit)] for digit in f"{n * 7919 % 100_000:05d}").title()

    lines = [
        f"{name(n)};{name(n + 3)};{1 + n % 28}/{1 + n % 12}/{1960 + n % 45};04{70_000_000 + n}"
        for n in range(600)
    ]
    content = "Nom;Prénom;Né le;GSM\n" + "\n".join(lines) + "\n"
    batch, preview = bring(content)
    assert preview.counts[Outcome.CREATE] + preview.counts[Outcome.DECIDE] == 600
    apply(batch, preview)
    again = bring(content)[1]
    assert again.counts[Outcome.CREATE] == 0
    assert again.counts[Outcome.IGNORE] == preview.counts[Outcome.CREATE]
