"""A server that behaves as Twilio does, for tests: strict by Twilio's own description, faulty on demand."""

from __future__ import annotations

from tests.twilio_stand_in.callbacks import Callback, play
from tests.twilio_stand_in.faults import Fault
from tests.twilio_stand_in.records import Recorded
from tests.twilio_stand_in.server import TwilioStandIn
from tests.twilio_stand_in.telephone import Heard, make_call

__all__ = ["Callback", "Fault", "Heard", "Recorded", "TwilioStandIn", "make_call", "play"]
