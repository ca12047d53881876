"""Every figure of a report, added up again from raw rows in plain Python."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.reports import Absence, Nationality, Period, Selection, attendance_rows, make_report
from scheduler.reports.figures import share
from scheduler.reports.rows import by_person, by_session
from tests.factories import Make

BRUSSELS = ZoneInfo("Europe/Brussels")
PERIOD = Period(date(2026, 10, 1), date(2026, 10, 31))
THERE = {"present", "late", "left_early"}


@pytest.fixture
def filled(session: Session, centre: m.Centre, make: Make) -> m.Centre:
    """Three months of drawn attendances, some at the edges of the period and across the DST change."""
    rng = Random(7)
    key = {"key": "k", "kind": "allocation_key", "params": {"group": "non_eu", "percent": 60, "funder": "ue"}}
    programmes = [make(m.Programme, rules=[{**key, "text": ""}]), make(m.Programme)]
    kinds = ("workshop", "interview", "excursion")
    activities = [make(m.Activity, programme=programmes[n % 2], kind=kinds[n % 3]) for n in range(5)]
    sites = [make(m.Site) for _ in range(2)]
    reasons = [make(m.AbsenceReason, excused=True), make(m.AbsenceReason, excused=False)]
    people = [make(m.Participant, eu_national=(None, True, False)[n % 3], level_spoken=2) for n in range(9)]
    for person in people[:3]:
        make(
            m.LevelChange, participant=person, changed_on=date(2026, 10, 15), spoken_before=1, spoken_after=2
        )
    make(m.LevelChange, participant=people[4], changed_on=date(2026, 11, 5), spoken_before=0, spoken_after=2)
    days = [date(2026, 9, 1) + timedelta(days=rng.randrange(90)) for _ in range(60)]
    for day in [*days, PERIOD.first_day, PERIOD.last_day, PERIOD.last_day + timedelta(days=1)]:
        starts = datetime(day.year, day.month, day.day, rng.choice((0, 9, 23)), 30, tzinfo=BRUSSELS)
        held = make(
            m.GroupSession,
            activity=rng.choice(activities),
            site=rng.choice(sites),
            day=day,
            starts_at=starts.astimezone(UTC),
            ends_at=starts.astimezone(UTC) + timedelta(hours=2),
        )
        for person in rng.sample(people, 5):
            state = rng.choice(list(m.AttendanceState))
            reason = rng.choice([None, *reasons]) if state in ("absent", "excused") else None
            make(
                m.AttendanceRecord,
                session=held,
                participant=person,
                state=state,
                attended_minutes=rng.randrange(1, 121) if state in THERE else 0,
                reason_id=reason.id if reason else None,
            )
    session.flush()
    return centre


def raw(session: Session, programme_id: int | None) -> list[m.AttendanceRecord]:
    """Return the marked rows of the period, chosen one by one by their local day."""
    return [
        row
        for row in session.scalars(select(m.AttendanceRecord))
        if row.state != "unmarked"
        and PERIOD.first_day <= row.starts_at.astimezone(BRUSSELS).date() <= PERIOD.last_day
        and programme_id in (None, row.programme_id)
    ]


def counts_as(row: m.AttendanceRecord) -> str:
    if row.state in THERE:
        return "presences"
    return "excused" if row.state == "excused" or (row.reason and row.reason.excused) else "missed"


def programme_ids(session: Session) -> list[int | None]:
    return [None, *session.scalars(select(m.Programme.id).order_by(m.Programme.id))]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_every_figure_agrees_with_the_raw_rows(session: Session, filled: m.Centre, which: int) -> None:
    programme_id = programme_ids(session)[which]
    report = make_report(session, filled, PERIOD, programme_id)
    rows = raw(session, programme_id)
    there = [row for row in rows if row.state in THERE]
    assert len(rows) > 20
    total = report.total
    assert total.people == len({row.participant_id for row in there})
    assert total.sessions == len({row.session_uid for row in rows})
    assert total.minutes == sum(row.attended_minutes for row in rows)
    tally = Counter(counts_as(row) for row in rows)
    assert (total.presences, total.excused, total.missed) == (
        tally["presences"],
        tally["excused"],
        tally["missed"],
    )
    activities = {row.id: row for row in session.scalars(select(m.Activity))}
    for parts, key in (
        (report.programmes, lambda row: row.programme_id),
        (report.kinds, lambda row: activities[row.activity_id].kind),
        (report.activities, lambda row: row.activity_id),
        (report.sites, lambda row: row.site_id),
    ):
        assert {part.key for part in parts} == {key(row) for row in rows}
        for part in parts:
            own = [row for row in rows if key(row) == part.key]
            assert part.sessions == len({row.session_uid for row in own})
            assert part.people == len({row.participant_id for row in own if row.state in THERE})
            assert part.minutes == sum(row.attended_minutes for row in own)
            tally = Counter(counts_as(row) for row in own)
            assert [part.presences, part.excused, part.missed] == [
                tally[name] for name in ("presences", "excused", "missed")
            ]
    weekdays = Counter(row.starts_at.astimezone(BRUSSELS).weekday() for row in rows)
    assert {part.key: part.expected for part in report.weekdays} == dict(weekdays)
    absent = [row for row in rows if row.state not in THERE]
    assert {part.key: part.absences for part in report.reasons} == Counter(
        row.reason_id or 0 for row in absent
    )
    assert report.reasons_by_weekday == Counter(
        (row.reason_id or 0, row.starts_at.astimezone(BRUSSELS).weekday()) for row in absent
    )


def test_first_timers_came_never_before(session: Session, filled: m.Centre) -> None:
    for programme_id in programme_ids(session):
        first: dict[int, date] = {}
        for row in session.scalars(select(m.AttendanceRecord)):
            if row.state in THERE and programme_id in (None, row.programme_id):
                day = row.starts_at.astimezone(BRUSSELS).date()
                first[row.participant_id] = min(day, first.get(row.participant_id, day))
        expected = sum(PERIOD.first_day <= day <= PERIOD.last_day for day in first.values())
        assert make_report(session, filled, PERIOD, programme_id).first_timers == expected


def test_the_european_split_is_exact(session: Session, filled: m.Centre) -> None:
    with_key, without = programme_ids(session)[1:]
    report = make_report(session, filled, PERIOD, with_key)
    people = {row.id: row.eu_national for row in session.scalars(select(m.Participant))}
    groups = {None: "unknown", True: "eu", False: "non_eu"}
    minutes: Counter[str] = Counter()
    for row in raw(session, with_key):
        minutes[groups[people[row.participant_id]]] += row.attended_minutes
    assert {part.key: part.minutes for part in report.nationalities} == {
        group: minutes[group] for group in ("non_eu", "eu", "unknown")
    }
    assert report.allocation is not None
    assert report.allocation.percent == 60
    assert report.allocation.non_eu_minutes == round(report.total.minutes * 0.6 + 1e-9)
    assert report.allocation.non_eu_minutes + report.allocation.other_minutes == report.total.minutes
    assert make_report(session, filled, PERIOD, without).allocation is None
    filled.settings = {"allocation_percent": 40}
    centre_key = make_report(session, filled, PERIOD, without).allocation
    assert centre_key is not None
    assert centre_key.percent == 40


@pytest.mark.parametrize(
    ("minutes", "percent", "expected"), [(0, 60, 0), (101, 50, 51), (7, 100, 7), (9, 0, 0)]
)
def test_half_a_minute_goes_up(minutes: int, percent: int, expected: int) -> None:
    assert share(minutes, percent) == expected


def test_levels_at_the_start_and_at_the_end(session: Session, filled: m.Centre) -> None:
    report = make_report(session, filled, PERIOD)
    there = {row.participant_id for row in raw(session, None) if row.state in THERE}
    changes = {row.participant_id: row for row in session.scalars(select(m.LevelChange))}
    expected: Counter[tuple[int, int]] = Counter()
    for person in there:
        change = changes.get(person)
        if change is None:
            expected[2, 2] += 1
        elif change.changed_on <= PERIOD.last_day:
            expected[1, 2] += 1
        else:
            expected[0, 0] += 1
    assert {(step.before, step.after): step.people for step in report.spoken} == expected
    assert sum(step.people for step in report.written) == len(there)


def test_lists_hold_the_rows_that_figures_count(session: Session, filled: m.Centre) -> None:
    report = make_report(session, filled, PERIOD)
    rows = attendance_rows(session, filled, PERIOD)
    people = [total for total in by_person(rows) if total.presences]
    assert len(people) == report.total.people
    assert sum(total.first_time for total in people) == report.first_timers
    assert len(by_session(rows)) == report.total.sessions
    assert sum(total.minutes for total in by_session(rows)) == report.total.minutes
    for part in report.sites:
        chosen = attendance_rows(
            session, filled, PERIOD, Selection(site_id=part.key, counts_as=Absence.MISSED)
        )
        assert len(chosen) == part.missed
    for (reason_id, weekday), count in report.reasons_by_weekday.items():
        chosen = attendance_rows(
            session, filled, PERIOD, Selection(reason_id=reason_id, weekday=weekday, absent=True)
        )
        assert len(chosen) == count
    for part in report.nationalities:
        chosen = attendance_rows(session, filled, PERIOD, Selection(nationality=Nationality(part.key)))
        assert sum(row.minutes for row in chosen) == part.minutes


def test_nothing_in_an_empty_period(session: Session, centre: m.Centre) -> None:
    report = make_report(session, centre, PERIOD)
    assert (report.total.people, report.total.minutes, report.first_timers) == (0, 0, 0)
    assert report.weekdays == []
    assert sum(part.minutes for part in report.nationalities) == 0


def test_another_centre_is_not_counted(session: Session, filled: m.Centre, make: Make) -> None:
    before = make_report(session, filled, PERIOD).total
    other = m.Centre(name="Autre", slug="autre-rapport", created_at=datetime.now(UTC))
    session.add(other)
    session.flush()
    make(m.AttendanceRecord, centre=other, state="present", attended_minutes=60)
    assert make_report(session, filled, PERIOD).total == before
