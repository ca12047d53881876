"""How long the application takes to record what Twilio tells: ``python -m benchmarks.webhooks``.

First one request after the other inside this process; then events through a real server, gunicorn as
``semainier serve`` starts it, on several connections at once, each asking again as soon as it was answered.
``DATABASE_URL`` chooses the database, which must be an empty one (without it: SQLite in a temporary
folder). The last line is one JSON object in milliseconds. The clients share the machine with the server and
are in its times under load, but not in its processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

from benchmarks.roll_call import processor_s, served
from notifications.models import ChannelKind, Message, MessageEvent, MessageKind, MessageState
from scheduler.db import Base
from scheduler.models import Centre
from web import create_app
from web.extensions import db

TOKEN = "a-token-for-measurements"
PUBLIC = "https://semainier.example"
TOLD = ("sent", "delivered", "delivered")


def measure(messages: int, connections: int, port: int, folder: str) -> dict[str, Any]:
    """Return the times of status events and of texts from outside, and of events under load."""
    app = create_app({"INSTANCE_PATH": folder, "TWILIO_AUTH_TOKEN": TOKEN, "PUBLIC_URL": PUBLIC})
    with app.app_context():
        Base.metadata.create_all(db.engine)
        with Session(db.engine) as session:
            tokens = _fill(session, 2 * messages)
        database = db.engine.url.render_as_string(hide_password=False)
        sign, client = RequestValidator(TOKEN).compute_signature, app.test_client()

        def post(path: str, form: dict[str, str]) -> float:
            headers = {"X-Twilio-Signature": sign(PUBLIC + path, form)}
            began = time.perf_counter()
            answer = client.post(path, data=form, headers=headers)
            taken_ms = (time.perf_counter() - began) * 1000
            if answer.status_code >= 300:
                raise RuntimeError(f"{path} answered {answer.status_code}")
            return taken_ms

        post("/messages/twilio/inbound", {"MessageSid": "SMfirst", "From": "+32470999999", "Body": "1"})
        events = [post(*event) for event in _events(tokens[:messages])]
        texts = [
            post(
                "/messages/twilio/inbound",
                {
                    "MessageSid": f"SMi{number}",
                    "From": f"+3247{number:07}",
                    "To": "+3280",
                    "Body": "Je viens",
                },
            )
            for number in range(messages)
        ]
        under_load = load(database, tokens[messages:], connections, port, Path(folder))
        with Session(db.engine) as session:
            delivered = session.scalar(
                select(func.count()).where(Message.state == MessageState.DELIVERED).select_from(Message)
            )
            stored = session.scalar(select(func.count()).select_from(MessageEvent))
    return {
        "messages": messages,
        "database": database.partition(":")[0],
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "event_ms": _summary(events),
        "text_ms": _summary(texts),
        "under_load": under_load,
        "delivered": delivered,
        "events_stored": stored,
    }


def load(database: str, tokens: list[str], connections: int, port: int, folder: Path) -> dict[str, Any]:
    """Return the times of events that come to a server on several connections at once."""
    os.environ["TWILIO_AUTH_TOKEN"] = TOKEN
    with served(folder, database, port, 1) as (url, pid):
        host, sign = urlsplit(url).netloc, RequestValidator(TOKEN).compute_signature

        def post(event: tuple[str, dict[str, str]]) -> float:
            path, form = event
            headers = {
                "X-Twilio-Signature": sign(url + path, form),
                "Content-Type": "application/x-www-form-urlencoded",
            }
            body = urlencode(form)
            began = time.perf_counter()
            connection = HTTPConnection(host, timeout=30)
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
            connection.close()
            taken_ms = (time.perf_counter() - began) * 1000
            if status != 204:
                raise RuntimeError(f"an event was answered {status}")
            return taken_ms

        events = _events(tokens)
        post(events[0])
        spent_s, began = processor_s(pid), time.perf_counter()
        with ThreadPoolExecutor(connections) as pool:
            times = list(pool.map(post, events))
        took_s = time.perf_counter() - began
        spent_s = processor_s(pid) - spent_s
    return {
        "connections": connections,
        "event_ms": _summary(times),
        "events_per_s": round(len(events) / took_s),
        "server_processor_ms_per_event": round(1000 * spent_s / len(events), 2),
    }


def _events(tokens: list[str]) -> list[tuple[str, dict[str, str]]]:
    """Return what Twilio tells of messages: where, and what."""
    return [
        (
            f"/messages/twilio/status/{token}",
            {
                "ApiVersion": "2010-04-01",
                "AccountSid": "AC" + 32 * "0",
                "MessageSid": f"SM{number:032}",
                "MessageStatus": status,
                "SmsSid": f"SM{number:032}",
                "SmsStatus": status,
                "From": "+3280",
                "To": f"+3247{number:07}",
            },
        )
        for number, token in enumerate(tokens)
        for status in TOLD
    ]


def _fill(session: Session, messages: int) -> list[str]:
    now = datetime.now(UTC)
    centre = Centre(name="Mesures", slug="mesures", created_at=now)
    session.add(centre)
    session.flush()
    rows = [
        Message(
            centre_id=centre.id,
            key=f"measure:{number}",
            kind=MessageKind.REMINDER,
            channel=ChannelKind.SMS,
            address=f"+3247{number:07}",
            state=MessageState.ACCEPTED,
            next_at=now,
            created_at=now,
        )
        for number in range(messages)
    ]
    session.add_all(rows)
    session.commit()
    return [row.token for row in rows]


def _summary(times: list[float]) -> dict[str, float]:
    return {
        "median": round(median(times), 2),
        "p99": round(quantiles(times, n=100)[98], 2),
        "most": round(max(times), 2),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--connections", type=int, default=4, help="requests at once, under load")
    parser.add_argument("--port", type=int, default=8763, help="of the server that is started for it")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        print(json.dumps(measure(given.messages, given.connections, given.port, folder)))


if __name__ == "__main__":
    main()
