"""The channel of an installation that is tried out: everything arrives, nothing leaves the house.

Messages are shown from the outbox itself, where this channel is their provider, as a telephone would
show them.
"""

from __future__ import annotations

from typing import Final

from notifications.channels import Accepted, Outgoing
from notifications.models import MessageState

PROVIDER: Final = "sandbox"


class SandboxChannel:
    """Takes every message and delivers it at once; the same message always gets the same answer."""

    provider = PROVIDER
    can_be_asked = True

    def send(self, message: Outgoing) -> Accepted:
        """Take a message."""
        return Accepted(provider_sid=f"sandbox-{message.token}", status=MessageState.DELIVERED.value)

    def find(self, message: Outgoing) -> Accepted | None:
        """Return what ``send`` says: sending again would show nobody anything twice."""
        return self.send(message)
