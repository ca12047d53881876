"""Measure pages and feeds: ``python -m benchmarks.pages --size M --seed 1``.

Builds a demonstration centre in a folder of its own, plans and publishes it, and asks for each page as
a signed-in coordinator, without network. Prints the median and the slowest of the counted requests in
milliseconds, the processor time and its ratio to the sign-in page of the same process, the number of
queries and the bytes; then one JSON line. Timings depend on the machine and on what else runs on it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import Engine, event, select

from scheduler.demo import DEMO_PASSWORD, DemoSize, build_demo
from scheduler.links import renew_link
from scheduler.models import Attendance, Centre, LinkKind, Participant, Plan
from scheduler.plan_run import run_next
from scheduler.publish import publish
from scheduler.runs import queue_run
from scheduler.timegrid import monday_of
from web import create_app
from web.clock import now, today
from web.extensions import db

LISTS = (
    "semaine/",
    "semaine/?vue=salle",
    "semaine/?vue=animateur",
    "semaine/?vue=personne",
    "personnes/",
    "personnes/groupes/",
    "aujourdhui/?tout=1",
    "reglages/programmes/",
    "reglages/equipe/",
    "reglages/cours/",
    "reglages/fermetures/",
)


#: Calendar programs of a large centre, and how often each asks.
FEEDS = 2000
POLL_S = 900


def prepare(app: Flask, size: str, seed: int, seconds: int) -> tuple[str, str]:
    """Build, plan and publish a centre; return its slug and the token of its busiest person's feed."""
    with app.app_context():
        upgrade()
        session = db.session()
        centre = build_demo(session, size=DemoSize(size), seed=seed, now=datetime.now(UTC))
        slug = centre.slug
        run = queue_run(session, centre, monday_of(today()), 4, now(), time_limit_s=seconds, seed=seed)
        session.commit()
        run_next(session, now, run_id=run.id)
        session.refresh(run)
        plan_id = (run.result or {})["plan_id"]
        publish(session, session.get_one(Centre, centre.id), session.get_one(Plan, plan_id), now())
        busiest = session.scalars(
            select(Participant)
            .join(Attendance, Attendance.participant_id == Participant.id)
            .group_by(Participant)
            .order_by(db.func.count().desc())
            .limit(1)
        ).one()
        token = renew_link(session, LinkKind.PARTICIPANT, busiest.id, now())
        session.commit()
        return slug, token


def measure(ask: Callable[[], Any], times: int) -> dict[str, Any]:
    """Return figures of one request repeated ``times`` times after one that is not counted."""
    answer = ask()
    queries = 0

    def count(*_args: Any) -> None:
        nonlocal queries
        queries += 1

    event.listen(Engine, "before_cursor_execute", count)
    ask()
    event.remove(Engine, "before_cursor_execute", count)
    taken, processor = [], []
    for _ in range(times):
        start, start_cpu = time.perf_counter(), time.process_time()
        ask()
        taken.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - start_cpu))
    return {
        "status": answer.status_code,
        "median_ms": round(statistics.median(taken), 1),
        "slowest_ms": round(max(taken), 1),
        "processor_ms": round(statistics.median(processor), 1),
        "queries": queries,
        "bytes": len(answer.data),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="M", choices=[size.value for size in DemoSize])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=10, help="time limit of the plan")
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            {
                "INSTANCE_PATH": folder,
                "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/bench.db",
                "WTF_CSRF_ENABLED": False,
                "RATELIMIT_ENABLED": False,
            }
        )
        slug, token = prepare(app, given.size, given.seed, given.seconds)
        client: FlaskClient = app.test_client()
        visitor = app.test_client()
        sign_in = {"email": "coordination@demo.example.org", "password": DEMO_PASSWORD}
        figures = {"sign-in page": measure(lambda: visitor.get("/login"), given.times)}
        client.post("/login", data=sign_in)
        for path in LISTS:
            figures[path] = measure(lambda path=path: client.get(f"/c/{slug}/{path}"), given.times)
        feed = f"/agenda/{token}.ics"
        etag = {"If-None-Match": visitor.get(feed).headers["ETag"]}
        figures["feed"] = measure(lambda: visitor.get(feed), given.times)
        figures["feed, not changed"] = measure(lambda: visitor.get(feed, headers=etag), given.times)
    base = figures["sign-in page"]["processor_ms"]
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()},")
    print(f"size {given.size}, seed {given.seed}, load {os.getloadavg()[0]:.1f}, {given.times} requests each")
    print(f"{'page':28} status median ms  slowest  cpu ms  ratio queries     kB")
    for name, row in figures.items():
        print(
            f"{name:28} {row['status']:6} {row['median_ms']:9} {row['slowest_ms']:8} {row['processor_ms']:7} "
            f"{row['processor_ms'] / base:6.1f} {row['queries']:7} {row['bytes'] / 1000:6.1f}"
        )
    polling = FEEDS * figures["feed, not changed"]["processor_ms"] / (POLL_S * 1000)
    print(f"{FEEDS} feeds polled every {POLL_S // 60} minutes, not changed: {polling:.1%} of one core")
    print(json.dumps({"size": given.size, "seed": given.seed, "figures": figures}))


if __name__ == "__main__":
    main()
