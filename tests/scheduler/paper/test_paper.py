"""Paper: names of any script, exact minutes, nothing that a name could command; tagged for readers aloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.errors import NotFoundError
from scheduler.paper import attendance_sheet, attestation, participant_card, press, week_poster
from scheduler.reports import Period
from tests.factories import MONDAY, Make

NAMES = ("أحمد الخطيب", "ተስፋዬ ኃይሌ", "Ольга Коваленко", "Łucja Şükrü", '#strong[x] $y$ "\\ @z <b>')
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>'


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the sheets were given to show."""
    given: list[dict[str, Any]] = []
    real: Callable[..., bytes] = press.typst.compile

    def compile_and_note(sources: Mapping[str, bytes], **options: Any) -> bytes:
        given.append(json.loads(sources["data.json"]))
        return real(sources, **options)

    monkeypatch.setattr(press.typst, "compile", compile_and_note)
    return given


@pytest.fixture
def held(make: Make) -> m.GroupSession:
    plan = make(m.Plan, publication=1, state=m.PlanState.PUBLISHED)
    row = make(
        m.GroupSession, plan=plan, activity=make(m.Activity, name="Vie sociale", neutral_name="Groupe")
    )
    for name in NAMES:
        make(m.Attendance, session=row, participant=make(m.Participant, first_name=name, last_name=""))
    return row


def check_tagged(pdf: bytes) -> None:
    assert pdf.startswith(b"%PDF-")
    for mark in (b"/StructTreeRoot", b"pdfuaid", b"pdfaid", b"/Lang"):
        assert mark in pdf, mark


def test_sheets_to_sign_and_filled(
    session: Session, centre: m.Centre, make: Make, held: m.GroupSession, now: datetime, shown: list[Any]
) -> None:
    marked = held.attendances[0].participant
    make(m.AttendanceRecord, session=held, participant=marked, state="late", attended_minutes=165)
    blank = attendance_sheet(session, centre, held.uid, now, filled=False)
    filled = attendance_sheet(session, centre, held.uid, now, filled=True)
    check_tagged(blank)
    check_tagged(filled)
    assert {line["name"] for line in shown[0]["people"]} == set(NAMES)
    assert shown[1]["total"] == "2 h 45"
    assert shown[1]["present"] == 1
    assert blank == attendance_sheet(session, centre, held.uid, now, filled=False)
    with pytest.raises(NotFoundError):
        attendance_sheet(session, centre, "unknown", now, filled=False)


def test_a_walk_in_is_on_the_filled_sheet(
    session: Session, centre: m.Centre, make: Make, held: m.GroupSession, now: datetime, shown: list[Any]
) -> None:
    make(m.AttendanceRecord, session=held, state="present", attended_minutes=180, walk_in=True)
    attendance_sheet(session, centre, held.uid, now, filled=True)
    assert len(shown[0]["people"]) == len(NAMES) + 1


def test_an_attestation_holds_exactly_the_minutes_attended(
    session: Session, centre: m.Centre, make: Make, now: datetime, shown: list[Any]
) -> None:
    person = make(m.Participant, first_name=NAMES[0], birth_date=date(1990, 2, 3), reference="D-1")
    activity = make(m.Activity, name="Vie affective", neutral_name="Groupe de parole")
    other = make(m.Activity, name="Français")
    for days, minutes, kind in ((0, 165, activity), (7, 180, activity), (8, 45, other), (40, 999, other)):
        starts = datetime(2026, 11, 2, 8, tzinfo=UTC) + timedelta(days=days)
        session_row = make(m.GroupSession, activity=kind, day=starts.date(), starts_at=starts)
        state = "present" if minutes == 180 else "late"
        make(
            m.AttendanceRecord, session=session_row, participant=person, state=state, attended_minutes=minutes
        )
    absent = make(m.GroupSession, day=date(2026, 11, 5), starts_at=datetime(2026, 11, 5, 8, tzinfo=UTC))
    make(m.AttendanceRecord, session=absent, participant=person, state="absent", attended_minutes=0)
    period = Period(date(2026, 11, 1), date(2026, 11, 30))
    check_tagged(attestation(session, centre, person, period, now))
    (data,) = shown
    assert (data["minutes"], data["duration"], data["sessions"]) == ("390", "6 h 30", "3")
    assert [(row["name"], row["minutes"]) for row in data["activities"]] == [
        ("Français", "45"),
        ("Groupe de parole", "345"),
    ]
    assert len(data["visits"]) == 3
    assert "Vie affective" not in json.dumps(data, ensure_ascii=False)
    attestation(session, centre, person, period, now, programme_id=other.programme_id, with_visits=False)
    assert (shown[1]["minutes"], shown[1]["visits"]) == ("45", [])


def test_a_poster_names_nobody(
    session: Session, centre: m.Centre, make: Make, held: m.GroupSession, now: datetime, shown: list[Any]
) -> None:
    cohort = make(m.Cohort, name="Groupe A")
    make(m.CohortMember, cohort=cohort, participant=held.attendances[0].participant)
    own = make(m.Activity, individual=True, name="Entretien")
    interview = make(m.GroupSession, plan=held.plan, activity=own)
    make(m.Attendance, session=interview, participant=held.attendances[0].participant)
    check_tagged(week_poster(session, centre, cohort, MONDAY, now, lambda _key, _kind: SVG))
    (day,) = shown[0]["days"]
    (entry,) = day["sessions"]
    assert (day["name"], entry["title"], entry["starts"]) == ("Lundi", "Groupe", "9:00")
    assert not any(name in json.dumps(shown[0], ensure_ascii=False) for name in NAMES)
    week_poster(session, centre, cohort, MONDAY + timedelta(7), now, lambda _key, _kind: SVG)
    assert shown[1]["days"] == []


def test_a_card_is_as_large_as_a_bank_card(centre: m.Centre, make: Make, now: datetime) -> None:
    for name in NAMES:
        person = make(m.Participant, first_name=name, last_name="")
        check_tagged(participant_card(centre, person, "https://example.org/moi/" + "a" * 43, now))


def test_every_script_has_its_letters() -> None:
    families = set(press._fonts().families())
    assert {"Noto Sans", "Noto Sans Arabic", "Noto Sans Ethiopic"} <= families
