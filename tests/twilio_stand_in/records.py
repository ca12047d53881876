"""What the stand-in has taken: messages and calls as Twilio's lists show them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

from tests.twilio_stand_in.rules import World

VERSION = "2010-04-01"


@dataclass
class Recorded:
    """One message or call: what was asked, and where it is."""

    sid: str
    account_sid: str
    form: dict[str, list[str]]
    is_call: bool
    text: str
    status: str = "queued"
    error_code: int | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def of(cls, form: Mapping[str, list[str]], *, is_call: bool, world: World, account_sid: str) -> Recorded:
        """Take what a request asks for."""
        kind = "CA" if is_call else "MM" if form.get("MediaUrl") else "SM"
        text = form.get("Body", [""])[0]
        if "ContentSid" in form:
            text = world.templates[form["ContentSid"][0]]
            for name, value in json.loads(form.get("ContentVariables", ["{}"])[0]).items():
                text = text.replace("{{" + name + "}}", value)
            text = re.sub(r"\{\{\d+\}\}", "", text)
        return cls(kind + uuid4().hex, account_sid, dict(form), is_call, text)

    @property
    def to(self) -> str:
        """Address as it was given."""
        return self.form["To"][0]

    @property
    def number(self) -> str:
        """Number without the name of a channel."""
        return self.to.removeprefix("whatsapp:")

    @property
    def by_whatsapp(self) -> bool:
        """Whether it goes by WhatsApp."""
        return self.to.startswith("whatsapp:")

    def shown(self) -> dict[str, Any]:
        """Return the row as Twilio shows it."""
        stamp = format_datetime(self.created_at)
        kind = "Calls" if self.is_call else "Messages"
        uri = f"/{VERSION}/Accounts/{self.account_sid}/{kind}/{self.sid}"
        common: dict[str, Any] = {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "api_version": VERSION,
            "date_created": stamp,
            "date_updated": stamp,
            "direction": "outbound-api",
            "from": self.form.get("From", [None])[0],
            "to": self.to,
            "status": self.status,
            "price": None,
            "price_unit": "USD",
            "uri": f"{uri}.json",
        }
        if self.is_call:
            return {**common, "start_time": None, "end_time": None, "duration": None, "answered_by": None}
        return {
            **common,
            "body": self.text,
            "date_sent": None,
            "error_code": self.error_code,
            "error_message": None if self.error_code is None else "see the code",
            "messaging_service_sid": self.form.get("MessagingServiceSid", [None])[0],
            "num_media": str(len(self.form.get("MediaUrl", ()))),
            "num_segments": "1",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }
