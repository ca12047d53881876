"""A server that behaves as Twilio does, for tests: strict by Twilio's own description, faulty on demand."""

from __future__ import annotations

from tests.twilio_stand_in.faults import Fault
from tests.twilio_stand_in.server import Recorded, TwilioStandIn

__all__ = ["Fault", "Recorded", "TwilioStandIn"]
