"""Messages: what was sent and answered, who is to be called, and how reminders are set."""

from __future__ import annotations

from web.messages import choices, contacts, inbox, outbox, policies, recordings, sandbox, wordings
from web.messages.area import blueprint

__all__ = [
    "blueprint",
    "choices",
    "contacts",
    "inbox",
    "outbox",
    "policies",
    "recordings",
    "sandbox",
    "wordings",
]
