"""Messages: what was sent and answered, who is to be called, and how reminders are set."""

from __future__ import annotations

from web.messages import contacts, inbox, outbox, policies, recordings, sandbox, wordings
from web.messages.area import blueprint

__all__ = ["blueprint", "contacts", "inbox", "outbox", "policies", "recordings", "sandbox", "wordings"]
