"""How long the application takes to record what Twilio tells.

``python -m benchmarks.webhooks [--messages 500]``; ``DATABASE_URL`` chooses the database, which must be
an empty one (without it: SQLite in a temporary folder). The last line is one JSON object in milliseconds.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

from notifications.models import ChannelKind, Message, MessageKind, MessageState
from scheduler.db import Base
from scheduler.models import Centre
from web import create_app
from web.extensions import db

TOKEN = "a-token-for-measurements"
PUBLIC = "https://semainier.example"


def measure(messages: int, instance: str) -> dict[str, Any]:
    """Return the times of status events and of texts from outside."""
    app = create_app({"INSTANCE_PATH": instance, "TWILIO_AUTH_TOKEN": TOKEN, "PUBLIC_URL": PUBLIC})
    with app.app_context():
        Base.metadata.create_all(db.engine)
        with Session(db.engine) as session:
            tokens = _fill(session, messages)
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
    events = [
        post(
            f"/messages/twilio/status/{token}",
            {"MessageSid": f"SM{number:032}", "MessageStatus": status, "From": "+3280", "To": "+32470"},
        )
        for number, token in enumerate(tokens)
        for status in ("sent", "delivered", "delivered")
    ]
    texts = [
        post(
            "/messages/twilio/inbound",
            {"MessageSid": f"SMi{number}", "From": f"+3247{number:07}", "To": "+3280", "Body": "Je viens"},
        )
        for number in range(messages)
    ]
    return {"messages": messages, "event_ms": _summary(events), "text_ms": _summary(texts)}


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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=500)
    with TemporaryDirectory() as folder:
        print(json.dumps(measure(parser.parse_args().messages, folder)))
