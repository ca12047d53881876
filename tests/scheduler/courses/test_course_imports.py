"""Course times and enrolments from file to database."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.courses import sources
from scheduler.courses.timetable import course_meetings
from scheduler.errors import InvalidInputError
from scheduler.fetch import Fetched, FetchError, FetchLimits
from scheduler.message import N_
from scheduler.models import Centre, Course, CourseEnrolment, CourseMeeting, CourseSource, ImportBatch
from scheduler.roster_import import batch as imports
from scheduler.roster_import.preview import Outcome, Preview
from tests.factories import Make

TABLE = """École;Classe;Niveau;Jour;Début;Fin;Du;Au;Jours sans cours
EFC;FLE A1;A1.1;lundi;9h;12h;07/09/2026;18/12/2026;26/10/2026-30/10/2026
EFC;FLE A1;A1.1;jeudi;9h;12h;07/09/2026;18/12/2026;
Lire et Écrire;Alpha 2;alpha;mardi, vendredi;13.00;16.00;2026-09-01;2027-06-30;"11/11/2026; 24/12/2026"
"""


@pytest.fixture
def bring(session: Session, centre: Centre, now: datetime) -> Any:
    def _bring(kind: str, content: str | bytes, **choices: Any) -> tuple[ImportBatch, Preview]:
        data = content.encode() if isinstance(content, str) else content
        batch = imports.open_batch(session, centre, kind, "cours", data, now, None, choices)
        return batch, imports.preview_batch(session, centre, batch, now)

    return _bring


@pytest.fixture
def apply(session: Session, centre: Centre, now: datetime) -> Any:
    def _apply(batch: ImportBatch, preview: Preview) -> ImportBatch:
        return imports.apply_batch(session, centre, batch.id, preview.fingerprint(), now, None)

    return _apply


def courses(session: Session, centre: Centre) -> dict[str, Course]:
    session.expire_all()
    return {row.name: row for row in session.scalars(select(Course).where(Course.centre_id == centre.id))}


def outcomes(preview: Preview) -> list[Outcome]:
    return [row.outcome for row in preview.rows]


def test_a_table_becomes_courses_with_their_times(
    session: Session, centre: Centre, bring: Any, apply: Any
) -> None:
    batch, preview = bring(imports.TIMETABLE, TABLE)
    assert outcomes(preview) == [Outcome.CREATE] * 3, [row.reasons for row in preview.rows]
    apply(batch, preview)
    found = courses(session, centre)
    french = found["FLE A1"]
    assert (french.school, french.level, french.starts_on, french.ends_on) == (
        "EFC",
        1,
        date(2026, 9, 7),
        date(2026, 12, 18),
    )
    assert [(each.weekday, each.starts, each.ends) for each in french.meetings] == [
        (0, time(9), time(12)),
        (3, time(9), time(12)),
    ]
    held = [each.on for each in course_meetings(french, date(2026, 10, 19), date(2026, 11, 6))]
    assert held == [date(2026, 10, 19), date(2026, 10, 22), date(2026, 11, 2), date(2026, 11, 5)]
    assert found["Alpha 2"].level == 0
    assert {each.weekday for each in found["Alpha 2"].meetings} == {1, 4}


def test_again_changes_nothing_and_a_new_time_keeps_enrolments(
    session: Session, centre: Centre, make: Make, bring: Any, apply: Any
) -> None:
    apply(*bring(imports.TIMETABLE, TABLE))
    course = courses(session, centre)["FLE A1"]
    make(m.CourseEnrolment, course=course)
    assert outcomes(bring(imports.TIMETABLE, TABLE)[1]) == [Outcome.IGNORE] * 3
    batch, preview = bring(
        imports.TIMETABLE, TABLE.replace("jeudi;9h;12h", "jeudi;13h;16h").replace("18/12", "19/12")
    )
    assert outcomes(preview) == [Outcome.CHANGE, Outcome.CHANGE, Outcome.IGNORE]
    assert {str(change.label) for change in preview.rows[0].changes} == {"Horaire", "Dernier jour"}
    kept = course.meetings[0].id
    apply(batch, preview)
    course = courses(session, centre)["FLE A1"]
    assert course.ends_on == date(2026, 12, 19)
    assert [(each.weekday, each.starts) for each in course.meetings] == [(0, time(9)), (3, time(13))]
    assert course.meetings[0].id == kept
    assert len(session.scalars(select(CourseEnrolment)).all()) == 1
    assert len(session.scalars(select(CourseMeeting).where(CourseMeeting.course_id == course.id)).all()) == 2


def test_a_bad_row_refuses_its_whole_course_and_no_other(
    session: Session, centre: Centre, bring: Any, apply: Any
) -> None:
    content = TABLE.replace("jeudi;9h;12h", "jeudi;12h;9h")
    batch, preview = bring(imports.TIMETABLE, content)
    assert outcomes(preview) == [Outcome.REFUSE, Outcome.REFUSE, Outcome.CREATE]
    assert "ligne 3" in str(preview.rows[0].reasons[0])
    assert "finit avant" in str(preview.rows[1].reasons[0])
    apply(batch, preview)
    assert set(courses(session, centre)) == {"Alpha 2"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("lundi", "lundredi"), "jour de la semaine"),
        (("A1.1;lundi", "B1;lundi"), "contredisent"),
        (("07/09/2026;18/12/2026;26", "07/09/2027;18/12/2026;26"), "contredisent"),
        (("07/09/2026;18/12/2026", "18/12/2026;07/09/2026"), "vient avant"),
        (("jeudi;9h;12h", "lundi;11h;13h"), "chevauchent"),
        ((";07/09/2026;18/12/2026", ";;"), "manque"),
        (("lundi;9h;12h", "lundi;25h;26h"), "n'existe pas"),
        (("26/10/2026-30/10/2026", "30/10/2026-26/10/2026"), "vient avant"),
    ],
)
def test_contradictions_and_impossible_times_are_refused_in_words(
    bring: Any, change: tuple[str, str], said: str
) -> None:
    _batch, preview = bring(imports.TIMETABLE, TABLE.replace(*change))
    assert outcomes(preview)[:2] == [Outcome.REFUSE] * 2
    assert any(said in str(reason) for row in preview.rows[:2] for reason in row.reasons)
    assert outcomes(preview)[2] is Outcome.CREATE


def test_one_row_may_hold_all_hours_and_the_school_may_be_given_beside(
    session: Session, centre: Centre, bring: Any, apply: Any
) -> None:
    content = 'Classe;Horaire;Du;Au\nFLE B1;"lu 9h-12h; me 13h30-16h30";1/9/2026;30/6/2027\n'
    batch, preview = bring(imports.TIMETABLE, content, school="EFC")
    assert outcomes(preview) == [Outcome.CREATE], preview.rows[0].reasons
    apply(batch, preview)
    course = courses(session, centre)["FLE B1"]
    assert course.school == "EFC"
    assert {each.weekday for each in course.meetings} == {0, 2}


ICS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:a
SUMMARY:FLE A2
DTSTART;TZID=Europe/Brussels:20260907T090000
DTEND;TZID=Europe/Brussels:20260907T120000
RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261216T225959Z
END:VEVENT
BEGIN:VEVENT
UID:b
SUMMARY:Trop souvent
DTSTART:20260907T090000
DTEND:20260907T090100
RRULE:FREQ=MINUTELY
END:VEVENT
END:VCALENDAR
"""


def test_a_calendar_file_becomes_courses(session: Session, centre: Centre, bring: Any, apply: Any) -> None:
    batch, preview = bring(imports.CALENDAR, ICS, school="EFC")
    assert outcomes(preview) == [Outcome.CREATE, Outcome.REFUSE]
    apply(batch, preview)
    course = courses(session, centre)["FLE A2"]
    assert (course.school, course.level, course.source_id) == ("EFC", 2, None)
    assert [each.weekday for each in course.meetings] == [0, 2]
    assert outcomes(bring(imports.CALENDAR, ICS, school="EFC")[1]) == [Outcome.IGNORE, Outcome.REFUSE]


def test_a_calendar_needs_a_school(bring: Any) -> None:
    with pytest.raises(InvalidInputError, match="école"):
        bring(imports.CALENDAR, ICS)


def test_a_class_held_in_the_school_holidays_still_counts(
    session: Session, centre: Centre, make: Make, bring: Any, apply: Any
) -> None:
    make(m.Closure, kind="school_holiday", starts_on=date(2026, 10, 19), ends_on=date(2026, 10, 30))
    apply(*bring(imports.CALENDAR, ICS, school="EFC"))
    exceptions = courses(session, centre)["FLE A2"].exceptions
    assert sorted(each.on.day for each in exceptions) == [19, 21, 26, 28]
    assert all(each.starts == time(9) for each in exceptions)


class TestEnrolments:
    LIST = "Classe;Nom;Prénom;Date d'entrée\n"
    LIST += "FLE A1;Ba;Awa;21/9/2026\nFLE A1;Sow;Ali;\nFLE Z;Ba;Awa;\nFLE A1;Inconnu;X;\n"

    @pytest.fixture
    def people(self, make: Make) -> dict[str, Any]:
        return {
            "course": make(
                m.Course, school="EFC", name="FLE A1", starts_on=date(2026, 9, 1), ends_on=date(2027, 6, 30)
            ),
            "awa": make(m.Participant, reference="D1", first_name="Awa", last_name="Ba"),
            "ali": make(m.Participant, reference="D2", first_name="Ali", last_name="Sow"),
        }

    def test_people_are_put_in_their_course(
        self, session: Session, people: Any, bring: Any, apply: Any
    ) -> None:
        batch, preview = bring(imports.ENROLMENTS, self.LIST)
        assert outcomes(preview) == [Outcome.CREATE, Outcome.CREATE, Outcome.REFUSE, Outcome.REFUSE]
        apply(batch, preview)
        rows = session.scalars(select(CourseEnrolment).order_by(CourseEnrolment.id)).all()
        assert [(row.participant_id, row.starts_on) for row in rows] == [
            (people["awa"].id, date(2026, 9, 21)),
            (people["ali"].id, None),
        ]
        assert outcomes(bring(imports.ENROLMENTS, self.LIST)[1])[:2] == [Outcome.IGNORE] * 2
        changed = bring(imports.ENROLMENTS, self.LIST.replace("21/9/2026", "28/9/2026"))[1]
        assert outcomes(changed)[:2] == [Outcome.CHANGE, Outcome.IGNORE]

    def test_the_course_may_be_given_beside_and_people_by_reference(
        self, session: Session, people: Any, bring: Any, apply: Any
    ) -> None:
        content = "Référence;Remarque\nD1;x\nD9;x\n"
        batch, preview = bring(imports.ENROLMENTS, content, course_id=people["course"].id)
        assert outcomes(preview) == [Outcome.CREATE, Outcome.REFUSE]
        apply(batch, preview)
        assert session.scalars(select(CourseEnrolment)).one().participant_id == people["awa"].id

    def test_a_near_name_is_asked_about(
        self, session: Session, centre: Centre, people: Any, bring: Any
    ) -> None:
        batch, preview = bring(imports.ENROLMENTS, "Classe;Nom;Prénom\nFLE A1;Sowe;Ali\n")
        assert outcomes(preview) == [Outcome.DECIDE]
        imports.choose(batch, {"2": f"p{people['ali'].id}"})
        assert outcomes(imports.preview_batch(session, centre, batch, batch.created_at)) == [Outcome.CREATE]

    def test_dates_that_end_before_they_begin_are_refused(self, people: Any, bring: Any) -> None:
        content = "Classe;Nom;Prénom;Du;Au\nFLE A1;Ba;Awa;1/12/2026;1/11/2026\n"
        assert outcomes(bring(imports.ENROLMENTS, content)[1]) == [Outcome.REFUSE]


class TestSources:
    URL = "https://ecole.example/agenda.ics?jeton=secret"

    @pytest.fixture
    def source(self, session: Session, centre: Centre, bring: Any, apply: Any) -> CourseSource:
        batch, preview = bring(imports.CALENDAR, ICS, school="EFC", url=self.URL, etag='"1"')
        apply(batch, preview)
        return session.scalars(select(CourseSource)).one()

    def refresh(self, session: Session, now: datetime, answer: Any) -> sources.SourceResult:
        def fetcher(url: str, limits: FetchLimits, *, etag: str | None, last_modified: str | None) -> Fetched:
            assert url == self.URL
            if isinstance(answer, Exception):
                raise answer
            assert isinstance(answer, Fetched)
            return answer

        addresses = sources.source_addresses(session)
        [result] = sources.store_answers(
            session, sources.fetch_sources(addresses, FetchLimits(), fetcher), now
        )
        return result

    def test_an_address_is_kept_with_its_courses(
        self, session: Session, centre: Centre, source: CourseSource
    ) -> None:
        assert (source.url, source.school, source.etag) == (self.URL, "EFC", '"1"')
        assert courses(session, centre)["FLE A2"].source_id == source.id

    def test_a_refresh_brings_new_times_and_keeps_enrolments(
        self, session: Session, centre: Centre, source: CourseSource, make: Make, now: datetime
    ) -> None:
        make(m.CourseEnrolment, course=courses(session, centre)["FLE A2"])
        content = ICS.replace("BYDAY=MO,WE", "BYDAY=MO,TH").encode()
        result = self.refresh(session, now, Fetched(content, '"2"', "Mon, 23 Nov 2026 08:00:00 GMT"))
        assert (result.created, result.changed, result.refused, result.error) == (0, 1, 1, None)
        assert {each.weekday for each in courses(session, centre)["FLE A2"].meetings} == {0, 3}
        assert (source.etag, source.fetched_at, source.error) == ('"2"', now, None)
        assert len(session.scalars(select(CourseEnrolment)).all()) == 1

    def test_nothing_new_touches_nothing(
        self, session: Session, centre: Centre, source: CourseSource, now: datetime
    ) -> None:
        version = courses(session, centre)["FLE A2"].version
        result = self.refresh(session, now, Fetched(None))
        assert (result.created, result.changed) == (0, 0)
        assert source.etag == '"1"'
        assert courses(session, centre)["FLE A2"].version == version

    @pytest.mark.parametrize(
        "answer",
        [
            FetchError(N_("Ce nom d'hôte est inconnu.")),
            Fetched(b"<html>"),
            Fetched(b"BEGIN:VCALENDAR\nEND:VCALENDAR\n"),
        ],
    )
    def test_a_failure_keeps_the_courses_and_says_why(
        self, session: Session, centre: Centre, source: CourseSource, now: datetime, answer: Any
    ) -> None:
        result = self.refresh(session, now, answer)
        assert result.error is not None
        assert source.error == str(result.error)
        assert len(courses(session, centre)["FLE A2"].meetings) == 2

    def test_a_course_that_left_the_calendar_is_kept(
        self, session: Session, centre: Centre, source: CourseSource, now: datetime
    ) -> None:
        self.refresh(session, now, Fetched(ICS.replace("FLE A2", "FLE B1").encode()))
        assert set(courses(session, centre)) == {"FLE A2", "FLE B1"}

    def test_one_source_that_fails_leaves_the_others(
        self, session: Session, centre: Centre, source: CourseSource, make: Make, now: datetime
    ) -> None:
        other = make(m.CourseSource, school="Autre", url="https://autre.example/x.ics")
        answers = [
            sources.SourceAnswer(other.id, Fetched(b"rien")),
            sources.SourceAnswer(source.id, Fetched(ICS.replace("MO,WE", "FR").encode())),
        ]
        results = sources.store_answers(session, answers, now)
        assert [result.error is None for result in results] == [False, True]
        assert {each.weekday for each in courses(session, centre)["FLE A2"].meetings} == {4}
