"""Measure the clock tick that finds due reminders: ``python -m benchmarks.reminders --people 1000``.

Builds a published centre of four weeks in memory, where everybody comes three times a week in groups of
twelve, and asks what is due: in a minute in which nothing is, at the step of three days before, and, after
its messages are stored, a minute later. With ``--demo`` it is the demonstration centre of size L instead: its
people with their languages and ways to be reached, eight weeks that were held, and the last four of them once
more as the coming ones; every seventh person shares a telephone with the one before, and a budget, a
comparison and the reminders of the days before are there. Prints medians in milliseconds, by the clock and of
the processor; the last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session, selectinload

from notifications.demo import choose_channels
from notifications.forecast import forecast
from notifications.models import Experiment, MessageTopic, ReminderPolicy
from notifications.policy import DEFAULT_STEPS
from notifications.reminders import due, enqueue_due
from scheduler.db import Base, measure_tables
from scheduler.demo import DemoSize, build_demo
from scheduler.demo.history import add_history
from scheduler.models import (
    Activity,
    Attendance,
    AttendanceRecord,
    Centre,
    GroupSession,
    Participant,
    Plan,
    PlanState,
    Programme,
    Room,
    Site,
)

MONDAY = date(2026, 11, 30)
WEEKS, TIMES_A_WEEK, GROUP = 4, 3, 12
LANGUAGES = ("fr", "nl", "en", "ar", "ti", "uk", "tr")


def fill(session: Session, people: int) -> Centre:
    """Store a centre with a published plan."""
    made_at = datetime(2026, 11, 1, tzinfo=UTC)
    centre = Centre(name="Ville", slug="ville", created_at=made_at, settings={"send_unreviewed": True})
    session.add(centre)
    session.flush()
    own: dict[str, Any] = {"centre_id": centre.id}
    programme, site = Programme(**own, key="p", name="Programme"), Site(**own, name="Maison")
    plan = Plan(
        **own,
        number=1,
        publication=1,
        state=PlanState.PUBLISHED,
        first_day=MONDAY,
        last_day=MONDAY + timedelta(weeks=WEEKS, days=-1),
        created_at=made_at,
    )
    session.add_all([programme, site, plan])
    session.flush()
    room = Room(**own, site_id=site.id, name="Salle 1", seats=20)
    activity = Activity(
        **own,
        programme_id=programme.id,
        key="a",
        name="Atelier",
        neutral_name="Atelier",
        kind="workshop",
        duration_minutes=180,
    )
    crowd = [
        Participant(
            **own,
            first_name=f"Personne {number}",
            phone=f"+3247{number:07d}",
            message_language=LANGUAGES[number % len(LANGUAGES)],
            reads_little=number % 5 == 0,
            created_at=made_at,
        )
        for number in range(people)
    ]
    session.add_all([room, activity, *crowd])
    session.flush()
    for week in range(WEEKS):
        for time_of_week in range(TIMES_A_WEEK):
            day = MONDAY + timedelta(weeks=week, days=time_of_week * 2)
            starts_at = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
            for start in range(0, people, GROUP):
                session.add(
                    GroupSession(
                        **own,
                        plan_id=plan.id,
                        changed_at=made_at,
                        activity_id=activity.id,
                        site_id=site.id,
                        room_id=room.id,
                        day=day,
                        starts_at=starts_at,
                        ends_at=starts_at + timedelta(hours=3),
                        attendances=[
                            Attendance(**own, participant_id=person.id)
                            for person in crowd[start : start + GROUP]
                        ],
                    )
                )
    measure_tables(session)
    session.commit()
    return centre


def demonstrate(session: Session) -> Centre:
    """Store the demonstration centre of size L with a published plan from ``MONDAY`` on."""
    now = datetime(2026, 11, 27, 8, tzinfo=UTC)
    centre = build_demo(session, size=DemoSize.L, seed=1, now=now)
    choose_channels(session, centre, seed=1)
    past = add_history(session, centre, seed=1, now=now, weeks=8)
    assert past is not None
    people = session.scalars(
        select(Participant).where(Participant.phone != "").order_by(Participant.id)
    ).all()
    for first, second in zip(people[::7], people[1::7], strict=False):
        second.phone = first.phone
    own = {"centre_id": centre.id}
    ahead = MONDAY - (past.last_day + timedelta(days=1 - 7 * WEEKS))
    coming = Plan(
        **own,
        number=2,
        publication=2,
        state=PlanState.PUBLISHED,
        first_day=MONDAY,
        last_day=MONDAY + timedelta(weeks=WEEKS, days=-1),
        created_at=now,
        published_at=now,
    )
    policy = ReminderPolicy(
        **own,
        steps=[step.as_json() for step in DEFAULT_STEPS],
        quiet_from=time_of_day(21),
        quiet_until=time_of_day(8),
        budget_eur_cents=100_000,
    )
    comparison = Experiment(
        **own, name="Un seul rappel", plan={"skipped": ["d3"]}, most_per_arm=400, started_at=now
    )
    session.add_all([coming, policy, comparison])
    session.flush()
    held = select(GroupSession).where(GroupSession.plan_id == past.id, GroupSession.day >= MONDAY - ahead)
    for before in session.scalars(held.options(selectinload(GroupSession.attendances))).all():
        again = _copy(before, plan_id=coming.id, day=before.day + ahead)
        again.starts_at, again.ends_at = before.starts_at + ahead, before.ends_at + ahead
        again.attendances = [_copy(each, session_id=None) for each in before.attendances]
        session.add(again)
    measure_tables(session)
    session.commit()
    for days in (2, 1):
        enqueue_due(session, centre, datetime(2026, 11, 29 - days, 17, tzinfo=UTC))
        session.commit()
    measure_tables(session)
    session.commit()
    return centre


def _copy(row: Any, **changed: Any) -> Any:
    kept = {column.key for column in row.__table__.columns} - {"id", "uid", "cancelled_at"}
    return type(row)(**{name: getattr(row, name) for name in kept} | changed)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--demo", action="store_true", help="the demonstration centre of size L")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--database", default="sqlite://", help="address of an empty database")
    given = parser.parse_args()
    engine = create_engine(given.database)
    Base.metadata.create_all(engine)
    figures: dict[str, Any] = {"demonstration": given.demo, "database": engine.dialect.name}
    with Session(engine) as session:
        centre_id = (demonstrate(session) if given.demo else fill(session, given.people)).id
        for table in (Participant, GroupSession, Attendance, AttendanceRecord, MessageTopic):
            figures[table.__tablename__] = session.scalar(select(func.count()).select_from(table))

        def measured(name: str, act: Callable[[Centre], Any], times: int) -> Any:
            taken, processor = [], []
            for _ in range(times):
                session.expire_all()
                centre = session.get_one(Centre, centre_id)
                start, start_cpu = time.perf_counter(), time.process_time()
                answer = act(centre)
                taken.append(1000 * (time.perf_counter() - start))
                processor.append(1000 * (time.process_time() - start_cpu))
            figures[f"{name}_ms"] = round(statistics.median(taken), 1)
            figures[f"{name}_processor_ms"] = round(statistics.median(processor), 1)
            print(f"{name:24}", *(f"{statistics.median(each):9.1f} ms" for each in (taken, processor)))
            return answer

        step = datetime(2026, 11, 29, 17, tzinfo=UTC)  # one day before Monday, three before Wednesday
        idle = step - timedelta(hours=7)
        measured("nothing_near", lambda centre: due(session, centre, idle - timedelta(days=90)), given.times)
        found = measured("due", lambda centre: due(session, centre, step), given.times)
        figures["due"] = len(found)
        figures["queued"] = measured("due_and_queued", lambda centre: enqueue_due(session, centre, step), 1)
        session.commit()
        again = step + timedelta(minutes=1)
        left = measured("a_minute_later", lambda centre: due(session, centre, again), given.times)
        figures["due_a_minute_later"] = len(left)
        told = measured("forecast_of_four_weeks", lambda centre: forecast(session, centre, again), 1)
        figures["forecast_messages"] = told.messages
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
