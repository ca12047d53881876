"""Messages: what was sent and answered, who is to be called, and how reminders are set."""

from __future__ import annotations

from web.messages import (
    calls,
    choices,
    contacts,
    effect,
    inbox,
    outbox,
    policies,
    recordings,
    risk,
    sandbox,
    wordings,
)
from web.messages.area import blueprint

__all__ = [
    "blueprint",
    "calls",
    "choices",
    "contacts",
    "effect",
    "inbox",
    "outbox",
    "policies",
    "recordings",
    "risk",
    "sandbox",
    "wordings",
]
