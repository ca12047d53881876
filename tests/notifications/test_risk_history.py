"""Risk of a centre's own sessions: read from its attendances, told in facts, never about who somebody is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from notifications.jobs import foresee_absences
from notifications.models import RiskFit
from notifications.risk.features import MOMENT
from notifications.risk.history import choose, read_past, risk_of, store_fit
from notifications.risk.model import Fit, Rule
from notifications.risk.reasons import Past, reasons_of
from scheduler import models as m
from scheduler.settings import leave_out_of_estimates
from scheduler.timegrid import ZoneInfo
from tests.factories import Make
from tests.queries import recorded

BRUSSELS = ZoneInfo("Europe/Brussels")
WEDNESDAY = date(2026, 11, 25)


@pytest.fixture
def plan(make: Make, now: datetime) -> m.Plan:
    """A published plan of the past weeks and the next."""
    return make(
        m.Plan,
        state="published",
        publication=1,
        first_day=date(2026, 6, 1),
        last_day=date(2026, 12, 31),
        published_at=now - timedelta(days=120),
    )


def held(make: Make, plan: m.Plan, day: date, people: list[m.Participant], **more: Any) -> m.GroupSession:
    starts = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    row = make(
        m.GroupSession, plan=plan, day=day, starts_at=starts, ends_at=starts + timedelta(hours=2), **more
    )
    for person in people:
        make(m.Attendance, session=row, participant=person)
    return row


def marked(make: Make, plan: m.Plan, day: date, person: m.Participant, state: str, **more: Any) -> None:
    make(m.AttendanceRecord, session=held(make, plan, day, []), participant=person, state=state, **more)


def texts(fit: Fit, past: list[Past], **more: Any) -> list[str]:
    given: dict[str, Any] = {"day": WEDNESDAY, "hour": 9.0, "booked_on": None, "announced": False} | more
    return [str(each) for each in reasons_of(fit, past, **given)]


def counts(rate: float = 0.2) -> Fit:
    return Fit(rule=Rule.COUNTS, base_rate=rate, visits=100, count_weight=4)


def test_reasons_are_facts_that_happened() -> None:
    weeks = [Past(WEDNESDAY - timedelta(weeks=back), missed=back in (1, 3)) for back in (4, 3, 2, 1)]
    told = texts(counts(), weeks)
    assert told[0] == "A manqué 2 des 4 derniers mercredis."
    assert "A manqué 2 de ses 4 dernières séances." in told
    row = [Past(WEDNESDAY - timedelta(days=back), missed=back < 9) for back in (30, 8, 6)]
    assert texts(counts(), row)[0] == "A manqué ses 2 dernières séances."
    assert "Dernière venue il y a 4 semaines." in texts(counts(), row)
    never = [Past(WEDNESDAY - timedelta(days=back), missed=True) for back in (8, 6)]
    assert "Aucune venue jusqu'ici." in texts(counts(), never)
    assert texts(counts(), [])[0].startswith("Première fois ici")
    good = [Past(WEDNESDAY - timedelta(days=7), missed=False)]
    assert texts(counts(0.2), good) == ["Rien de particulier : ici, 20 absences sur 100."]
    assert texts(counts(), good, announced=True) == ["A prévenu d'une absence ces derniers jours."]


def test_what_the_centre_shows_is_told_only_where_it_is_clear() -> None:
    flat = dict.fromkeys(MOMENT, 0.0)
    good = [Past(WEDNESDAY - timedelta(days=7), missed=False)]
    model = Fit(rule=Rule.MODEL, base_rate=0.2, visits=500, moment=flat)
    booked = {"booked_on": WEDNESDAY - timedelta(weeks=5)}
    assert texts(model, good, **booked) == ["Rien de particulier : ici, 20 absences sur 100."]
    clear = flat | {"weekday_2": 0.5, "from_8_h": 0.4, "booked_30_days": 0.4}
    told = texts(Fit(rule=Rule.MODEL, base_rate=0.2, visits=500, moment=clear), good, **booked)
    assert told == [
        "Prévu depuis 5 semaines : cela s'oublie.",
        "Ici, on manque plus souvent le mercredi.",
        "Ici, on manque plus souvent à cette heure.",
    ]


def test_who_missed_more_is_likelier_to_miss(
    session: Session, centre: m.Centre, make: Make, plan: m.Plan, now: datetime
) -> None:
    often, never, new = make(m.Participant), make(m.Participant), make(m.Participant)
    for back in range(1, 9):
        day = WEDNESDAY - timedelta(weeks=back)
        marked(make, plan, day, often, "absent" if back % 2 else "present")
        marked(make, plan, day, never, "present")
    coming = held(make, plan, WEDNESDAY, [often, never, new])
    found = risk_of(session, centre, [(each.id, coming.uid) for each in (often, never, new)], now)
    chances = [found[each.id, coming.uid].chance for each in (often, new, never)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > chances[2] + 0.1
    assert str(found[often.id, coming.uid].reasons[0]) == "A manqué 2 des 4 derniers mercredis."
    assert {risk.rule for risk in found.values()} == {Rule.COUNTS}


def test_excused_absences_do_not_count_but_are_known(
    session: Session, centre: m.Centre, make: Make, plan: m.Plan, now: datetime
) -> None:
    ill, person = make(m.AbsenceReason, excused=True), make(m.Participant)
    marked(make, plan, WEDNESDAY - timedelta(days=5), person, "absent", reason=ill)
    marked(make, plan, WEDNESDAY - timedelta(days=6), person, "excused")
    rows = read_past(session, centre, now)
    assert [row.missed for row in rows] == [None, None]
    coming = held(make, plan, WEDNESDAY, [person])
    found = risk_of(session, centre, [(person.id, coming.uid)], now)[person.id, coming.uid]
    assert "A prévenu d'une absence ces derniers jours." in map(str, found.reasons)


def test_unknown_sessions_and_switching_off_give_nothing(
    session: Session, centre: m.Centre, make: Make, plan: m.Plan, now: datetime
) -> None:
    person = make(m.Participant)
    coming = held(make, plan, WEDNESDAY, [person])
    assert risk_of(session, centre, [(person.id, "none")], now) == {}
    assert risk_of(session, centre, [], now) == {}
    assert risk_of(session, centre, [(person.id, coming.uid)], now)
    centre.settings = {"absence_risk": False}
    assert risk_of(session, centre, [(person.id, coming.uid)], now) == {}


def test_queries_do_not_grow_with_people(
    session: Session, centre: m.Centre, make: Make, plan: m.Plan, now: datetime
) -> None:
    people = [make(m.Participant) for _number in range(6)]
    for back, person in enumerate(people, start=1):
        marked(make, plan, WEDNESDAY - timedelta(days=back), person, "present")
    coming = [held(make, plan, WEDNESDAY + timedelta(days=each), people) for each in range(3)]
    store_fit(session, centre, *choose(read_past(session, centre, now), BRUSSELS), now)

    def used(pairs: list[tuple[int, str]]) -> int:
        session.flush()
        with recorded() as statements:
            assert len(risk_of(session, centre, pairs, now)) == len(pairs)
        return len(statements)

    every = [(person.id, each.uid) for person in people for each in coming]
    assert used(every[:1]) == used(every) <= 5


def test_the_job_keeps_one_rule_a_centre_and_forgets_it_when_switched_off(
    session: Session, centre: m.Centre, make: Make, plan: m.Plan, now: datetime
) -> None:
    person = make(m.Participant)
    for back in range(1, 31):
        marked(make, plan, WEDNESDAY - timedelta(days=2 * back), person, "absent" if back % 3 else "late")
    session.commit()
    for _time in range(2):
        assert foresee_absences(session, lambda: now)["failed"] == 0
    row = session.query(RiskFit).filter_by(centre_id=centre.id).one()
    assert Fit.from_json(row.fit).visits == 30
    assert row.evaluation is not None
    assert row.fitted_at == now
    centre.settings = {"absence_risk": False}
    session.commit()
    foresee_absences(session, lambda: now)
    assert session.query(RiskFit).filter_by(centre_id=centre.id).count() == 0


def test_the_rule_never_reads_who_somebody_is(
    session: Session, centre: m.Centre, make: Make, plan: m.Plan, now: datetime
) -> None:
    """No statement names a column of people, so that none can find its way in."""
    person = make(m.Participant)
    coming = held(make, plan, WEDNESDAY, [person])
    session.flush()
    with recorded() as statements:
        risk_of(session, centre, [(person.id, coming.uid)], now)
    columns = {column.name for column in inspect(m.Participant).columns} - {"id", "centre_id"}
    words = {word for statement in statements for word in statement.replace(",", " ").split()}
    assert not {f"participant.{name}" for name in columns} & words


def test_who_asks_for_it_is_left_out_of_the_model(
    session: Session, centre: m.Centre, make: Make, plan: m.Plan, now: datetime
) -> None:
    one, other = make(m.Participant), make(m.Participant)
    for week in range(1, 4):
        for person in (one, other):
            marked(make, plan, WEDNESDAY - timedelta(weeks=week), person, "absent")
    coming = held(make, plan, WEDNESDAY, [one, other])
    pairs = [(one.id, coming.uid), (other.id, coming.uid)]
    assert len(risk_of(session, centre, pairs, now)) == 2
    leave_out_of_estimates(centre, one.id, left_out=True)
    assert set(risk_of(session, centre, pairs, now)) == {pairs[1]}
    assert {row.participant_id for row in read_past(session, centre, now)} == {other.id}
    leave_out_of_estimates(centre, one.id, left_out=False)
    assert len(risk_of(session, centre, pairs, now)) == 2
