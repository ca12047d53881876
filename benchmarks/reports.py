"""How long the yearly report of a city takes: 1,000 people, 60,000 attendances.

Run ``python benchmarks/reports.py``; with ``--database-url`` on another database than a new SQLite
file. The rows are drawn from the seed and are removed with the database's tables afterwards.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session

from scheduler.db import Base
from scheduler.hours import obligations
from scheduler.models import (
    AbsenceReason,
    Activity,
    AttendanceRecord,
    Centre,
    Enrolment,
    Participant,
    Programme,
    Site,
)
from scheduler.reports import Period, attendance_rows, make_report

SITES, PROGRAMMES, ACTIVITIES = 8, 7, 84
PER_SESSION = 12
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
STATES = (("present", 80), ("late", 6), ("left_early", 2), ("excused", 7), ("absent", 5))


def fill(session: Session, people: int, attendances: int, seed: int) -> Centre:
    """Store a city's year and return its centre."""
    rng, now = Random(seed), datetime(2026, 1, 1, tzinfo=UTC)
    centre = Centre(name="Ville", slug="ville", created_at=now)
    session.add(centre)
    session.flush()
    own = {"centre_id": centre.id}
    counter = {
        "key": "fr",
        "name": "Français",
        "target_minutes": 24000,
        "activities": ["a0"],
        "outside": True,
    }
    programmes = [
        Programme(**own, key=f"p{n}", name=f"Programme {n}", counters=[counter]) for n in range(PROGRAMMES)
    ]
    sites = [Site(**own, name=f"Site {n}", municipality="Ville") for n in range(SITES)]
    reasons = [AbsenceReason(**own, key=f"r{n}", name=f"Raison {n}", excused=n < 5) for n in range(7)]
    persons = [
        Participant(
            **own,
            first_name=f"P{n}",
            last_name="Inventé",
            eu_national=rng.choice((None, True, False)),
            created_at=now,
        )
        for n in range(people)
    ]
    session.add_all([*programmes, *sites, *reasons, *persons])
    session.flush()
    kinds = ("workshop", "level_group", "information", "interview")
    activities = [
        Activity(
            **own,
            programme_id=programmes[n % PROGRAMMES].id,
            key=f"a{n // PROGRAMMES}",
            name=f"A{n}",
            kind=kinds[n % 4],
            duration_minutes=180,
        )
        for n in range(ACTIVITIES)
    ]
    session.add_all(activities)
    session.add_all(
        Enrolment(
            **own, programme_id=rng.choice(programmes).id, participant_id=each.id, starts_on=date(2025, 9, 1)
        )
        for each in persons
    )
    session.flush()
    rows = []
    names, weights = zip(*STATES, strict=True)
    for number in range(attendances // PER_SESSION):
        activity, site = rng.choice(activities), rng.choice(sites)
        starts = now + timedelta(days=rng.randrange(364), hours=rng.choice((8, 12)))
        for person in rng.sample(persons, PER_SESSION):
            state = rng.choices(names, weights)[0]
            there = state in ("present", "late", "left_early")
            rows.append(
                {
                    **own,
                    "session_uid": f"{number:036d}",
                    "participant_id": person.id,
                    "activity_id": activity.id,
                    "programme_id": activity.programme_id,
                    "site_id": site.id,
                    "starts_at": starts,
                    "ends_at": starts + timedelta(hours=3),
                    "state": state,
                    "attended_minutes": {"present": 180, "late": 160, "left_early": 150}[state]
                    if there
                    else 0,
                    "reason_id": None if there or rng.random() < 0.3 else rng.choice(reasons).id,
                }
            )
    session.execute(insert(AttendanceRecord), rows)
    session.commit()
    return centre


def measure(url: str, people: int, attendances: int, seed: int, repeat: int) -> None:
    """Fill a database, time each page's work in a session of its own, and print the medians."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    try:
        with Session(engine) as session:
            centre_id = fill(session, people, attendances, seed).id
        tasks = {
            "yearly report, all programmes": lambda s, c: make_report(s, c, YEAR),
            "list of every attendance": lambda s, c: attendance_rows(s, c, YEAR),
            "obligations of everybody": lambda s, c: obligations(s, c, date(2026, 12, 31)),
        }
        for name, task in tasks.items():
            seconds = []
            for _turn in range(repeat):
                with Session(engine) as session:
                    centre = session.get_one(Centre, centre_id)
                    begun = time.perf_counter()
                    task(session, centre)
                    seconds.append(time.perf_counter() - begun)
            middle, worst = statistics.median(seconds), max(seconds)
            print(f"{engine.dialect.name:11} {name:30} median {middle:.3f} s, worst {worst:.3f} s")
    finally:
        Base.metadata.drop_all(engine)
        engine.dispose()


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--attendances", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--database-url", help="an empty database; a new SQLite file without it")
    given = parser.parse_args()
    print(f"{given.people} people, {given.attendances} attendances, seed {given.seed}, {given.repeat} times")
    print(
        f"{platform.machine()}, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )
    with tempfile.TemporaryDirectory() as folder:
        url = given.database_url or f"sqlite:///{Path(folder) / 'city.db'}"
        measure(url, given.people, given.attendances, given.seed, given.repeat)


if __name__ == "__main__":
    main()
