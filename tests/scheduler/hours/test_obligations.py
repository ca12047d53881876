"""What people owe: counters from every source, weekly amounts, evaluations, and who will miss them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.hours import ObligationKind, Standing, obligations
from scheduler.hours.obligations import _months_after, attention
from scheduler.people import Reach
from tests.factories import Make
from tests.queries import recorded

TODAY = date(2026, 11, 23)
FRENCH = {
    "key": "french",
    "name": "Français",
    "target_minutes": 400 * 60,
    "activities": ["fle"],
    "outside": True,
}


@pytest.fixture
def path(make: Make) -> m.Programme:
    return make(m.Programme, counters=[FRENCH])


@pytest.fixture
def fle(make: Make, path: m.Programme) -> m.Activity:
    return make(m.Activity, programme=path, key="fle")


def attend(
    make: Make, person: m.Participant, activity: m.Activity, day: date, minutes: int, **more: Any
) -> None:
    held = make(
        m.GroupSession,
        activity=activity,
        day=day,
        starts_at=datetime(day.year, day.month, day.day, 8, tzinfo=UTC),
    )
    make(
        m.AttendanceRecord,
        session=held,
        participant=person,
        state=more.pop("state", m.AttendanceState.PRESENT),
        attended_minutes=minutes,
        **more,
    )


def test_a_counter_adds_up_here_elsewhere_and_before(
    session: Session, centre: m.Centre, make: Make, path: m.Programme, fle: m.Activity
) -> None:
    person = make(m.Participant)
    make(m.Enrolment, programme=path, participant=person, starts_on=TODAY - timedelta(weeks=30))
    attend(make, person, fle, TODAY - timedelta(days=3), 170)
    attend(make, person, fle, TODAY - timedelta(days=100), 180)
    attend(make, person, make(m.Activity, programme=path, key="autre"), TODAY - timedelta(days=4), 999)
    make(m.OutsideAttendance, participant=person, counter="french", on=TODAY - timedelta(days=2), minutes=240)
    make(m.OutsideAttendance, participant=person, counter="other", on=TODAY - timedelta(days=2), minutes=777)
    make(m.OutsideAttendance, participant=person, counter="french", on=TODAY + timedelta(days=1), minutes=555)
    make(m.PathCounter, programme=path, participant=person, key="french", prior_minutes=600)
    (owed,) = obligations(session, centre, TODAY)
    assert (owed.here, owed.outside, owed.prior) == (350, 240, 600)
    assert owed.done == 1190
    assert owed.remaining == 24000 - 1190
    assert owed.pace_minutes == round((170 + 240) / 8)
    assert owed.projected_on == TODAY + timedelta(days=-(-(24000 - 1190) * 8 * 7 // 410))
    assert owed.due_on == _months_after(TODAY - timedelta(weeks=30), 18)
    assert owed.standing is Standing.AT_RISK
    assert attention([owed]) == [owed]


@pytest.mark.parametrize(
    ("prior", "weekly", "weeks_in", "ends_in", "standing"),
    [
        (24000, 0, 30, None, Standing.DONE),
        (23999, 0, 30, -1, Standing.LATE),
        (0, 600, 2, None, Standing.EARLY),
        (10000, 600, 30, None, Standing.ON_TRACK),
        (10000, 600, 30, 20, Standing.AT_RISK),
        (0, 0, 30, None, Standing.EARLY),
        (0, 0, 45, None, Standing.AT_RISK),
    ],
)
def test_where_a_counter_stands(
    session: Session,
    centre: m.Centre,
    make: Make,
    path: m.Programme,
    prior: int,
    weekly: int,
    weeks_in: int,
    ends_in: int | None,
    standing: Standing,
) -> None:
    person = make(m.Participant)
    ends = None if ends_in is None else TODAY + timedelta(days=ends_in)
    make(
        m.Enrolment,
        programme=path,
        participant=person,
        starts_on=TODAY - timedelta(weeks=weeks_in),
        ends_on=ends,
    )
    make(m.PathCounter, programme=path, participant=person, key="french", prior_minutes=prior)
    for week in range(8 if weekly else 0):
        day = TODAY - timedelta(days=7 * week + 1)
        make(m.OutsideAttendance, participant=person, counter="french", on=day, minutes=weekly)
    (owed,) = obligations(session, centre, TODAY)
    assert owed.standing is standing


def test_a_weekly_amount_is_the_mean_of_the_last_whole_weeks(
    session: Session, centre: m.Centre, make: Make
) -> None:
    path = make(m.Programme)
    activity = make(m.Activity, programme=path, key="atelier")
    make(
        m.DemandRule,
        programme=path,
        unit="minutes",
        period_weeks=1,
        min=21 * 60,
        activity_keys=["atelier"],
        label="Au moins 21 h",
    )
    person = make(m.Participant)
    make(m.Enrolment, programme=path, participant=person, starts_on=TODAY - timedelta(weeks=20))
    monday = TODAY
    for week in range(1, 5):
        attend(make, person, activity, monday - timedelta(weeks=week), 1000 + 100 * week)
    attend(make, person, activity, monday, 5000)
    attend(make, person, activity, monday - timedelta(weeks=5), 5000)
    (owed,) = obligations(session, centre, TODAY)
    assert owed.kind is ObligationKind.WEEKLY
    assert owed.done == (1100 + 1200 + 1300 + 1400) // 4
    assert owed.standing is Standing.AT_RISK


@pytest.mark.parametrize(
    ("held", "individual", "days_in", "standing"),
    [
        (0, 0, 60, Standing.ON_TRACK),
        (0, 0, 100, Standing.AT_RISK),
        (0, 0, 130, Standing.LATE),
        (1, 1, 130, Standing.ON_TRACK),
        (3, 2, 300, Standing.DONE),
        (3, 1, 300, Standing.AT_RISK),
    ],
)
def test_evaluations_of_the_year(
    session: Session,
    centre: m.Centre,
    make: Make,
    held: int,
    individual: int,
    days_in: int,
    standing: Standing,
) -> None:
    params = {"activities": ["piis", "final"], "per_year": 3, "individual_min": 2}
    path = make(
        m.Programme, rules=[{"key": "piis", "kind": "piis_evaluation", "params": params, "text": "PIIS"}]
    )
    own = make(m.Activity, programme=path, key="piis", individual=True)
    common = make(m.Activity, programme=path, key="final")
    person = make(m.Participant)
    make(m.Enrolment, programme=path, participant=person, starts_on=TODAY - timedelta(days=days_in))
    for number in range(held):
        attend(make, person, own if number < individual else common, TODAY - timedelta(days=number + 1), 60)
    attend(make, person, own, TODAY - timedelta(days=days_in + 5), 60)
    (owed,) = obligations(session, centre, TODAY)
    assert (owed.done, owed.individual) == (held, individual)
    assert owed.standing is standing


def test_a_social_worker_reads_own_people_who_agreed(
    session: Session, centre: m.Centre, make: Make, path: m.Programme, now: datetime
) -> None:
    worker = make(m.StaffMember)
    mine = make(m.Participant, referent_id=worker.id, consent_sharing_at=now)
    silent = make(m.Participant, referent_id=worker.id)
    for person in (mine, silent, make(m.Participant)):
        make(m.Enrolment, programme=path, participant=person)
    seen = obligations(session, centre, TODAY, reach=Reach(everybody=False, referent_id=worker.id))
    assert {owed.participant_id for owed in seen} == {mine.id}


def test_as_many_queries_for_three_people_as_for_one(
    session: Session, centre: m.Centre, make: Make, path: m.Programme
) -> None:
    counts = []
    for people in (1, 2):
        for _number in range(people):
            make(m.Enrolment, programme=path)
        session.expire_all()
        session.refresh(centre)
        with recorded() as statements:
            obligations(session, centre, TODAY)
        counts.append(len(statements))
    assert counts[0] == counts[1]
