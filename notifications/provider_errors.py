"""What errors of providers mean: for the message, and for the address it was for. One table.

References
----------
Twilio's codes: https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from notifications.channels import Verdict
from notifications.models import AddressState


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What follows from one code.

    ``address`` is the state to learn for the address on that channel, on all telephone channels where
    ``whole_number``. ``flag`` puts it before the coordination. ``needs_template`` is WhatsApp's: the
    time for free text is over. ``prefer_sms`` names the route to fall back to. ``rest``: nothing is wrong
    with the message, and the provider is left alone for a while (``notifications.rests``).
    """

    verdict: Verdict
    address: AddressState | None = None
    whole_number: bool = False
    flag: bool = False
    needs_template: bool = False
    prefer_sms: bool = False
    rest: bool = False


_RETRY: Final = Consequence(verdict=Verdict.RETRY)
_REST: Final = Consequence(verdict=Verdict.RETRY, rest=True)
_STOP: Final = Consequence(verdict=Verdict.STOP)
_FALL_BACK: Final = Consequence(verdict=Verdict.FALL_BACK)
_UNCERTAIN: Final = Consequence(verdict=Verdict.UNCERTAIN)
_NO_SUCH_NUMBER: Final = Consequence(
    verdict=Verdict.STOP, address=AddressState.UNREACHABLE, whole_number=True, flag=True
)
_UNREACHABLE: Final = Consequence(verdict=Verdict.STOP, address=AddressState.UNREACHABLE, flag=True)
_LANDLINE: Final = Consequence(verdict=Verdict.STOP, address=AddressState.LANDLINE, flag=True)
_OPTED_OUT: Final = Consequence(verdict=Verdict.FALL_BACK, address=AddressState.OPTED_OUT, flag=True)
_TEMPLATE: Final = Consequence(verdict=Verdict.FALL_BACK, needs_template=True)
_TO_SMS: Final = Consequence(verdict=Verdict.FALL_BACK, prefer_sms=True)
_NOT_ON_WHATSAPP: Final = Consequence(
    verdict=Verdict.FALL_BACK, address=AddressState.UNREACHABLE, prefer_sms=True
)

#: Twilio's codes, as text; short names of ours for what has no code.
TABLE: Final[dict[str, Consequence]] = {
    # The request itself.
    "timeout": _UNCERTAIN,
    "connection_lost": _UNCERTAIN,
    "unreadable_answer": _UNCERTAIN,
    "not_connected": _REST,
    "http_429": _REST,
    "20429": _REST,
    "21730": _RETRY,
    # The account: nothing is wrong with the message, and somebody will put the account right.
    "10001": _REST,
    "20003": _REST,
    "20005": _REST,
    "30002": _REST,
    "no_sender": _FALL_BACK,
    # Numbers that are none, on every channel.
    "21201": _NO_SUCH_NUMBER,
    "21211": _NO_SUCH_NUMBER,
    "21217": _NO_SUCH_NUMBER,
    "13224": _NO_SUCH_NUMBER,
    # Somebody of the team called, and it is not theirs.
    "wrong_number": _NO_SUCH_NUMBER,
    # Texts: the network, the handset, the person.
    "30001": _RETRY,
    "30003": _RETRY,
    "30004": _UNREACHABLE,
    "30005": _UNREACHABLE,
    "30006": _LANDLINE,
    "30007": _FALL_BACK,
    "30008": _RETRY,
    "30009": _RETRY,
    "30010": _STOP,
    "21614": _LANDLINE,
    "21635": _LANDLINE,
    "21610": _OPTED_OUT,
    "21408": _FALL_BACK,
    "21612": _FALL_BACK,
    # WhatsApp.
    "63003": _NOT_ON_WHATSAPP,
    "63016": _TEMPLATE,
    "63018": _RETRY,
    "63024": _TO_SMS,
    "63005": _TO_SMS,
    "63013": _TO_SMS,
    "63049": _TO_SMS,
    # Calls.
    "busy": _RETRY,
    "no-answer": _RETRY,
    "failed": _FALL_BACK,
    "undelivered": _FALL_BACK,
    "canceled": _FALL_BACK,
    "13227": _FALL_BACK,
    "21215": _FALL_BACK,
    "21216": _FALL_BACK,
    # Rules of ours.
    "opted_out": _FALL_BACK,
    "address_closed": _FALL_BACK,
    "no_window": _TEMPLATE,
    "no_channel": _FALL_BACK,
    "gave_up": _FALL_BACK,
    # Mail servers (RFC 5321, section 4.2.3): closing for now; no such mailbox.
    "smtp_421": _REST,
    "smtp_550": _UNREACHABLE,
    "smtp_551": _UNREACHABLE,
    "smtp_553": _UNREACHABLE,
    # A message that came back later: no such mailbox, or one that takes nothing now.
    "bounced": _UNREACHABLE,
    "returned": _FALL_BACK,
}

#: Failures after which nothing is sent in another way: perhaps the message did arrive, long ago.
NOT_FOLLOWED: Final = frozenset({"unconfirmed"})


def consequence_of(code: str | int | None) -> Consequence:
    """Return what a code means; one that is not in the table stops the message and teaches nothing."""
    return TABLE.get(str(code), _STOP)


def consequence_of_answer(status: int, code: str | int | None) -> Consequence:
    """Return what a refused request means by its HTTP status and code.

    A server that failed may have taken the message before: the provider is asked before any retry.
    """
    if str(code) in TABLE:
        return TABLE[str(code)]
    if status == 429:
        return _RETRY
    return _UNCERTAIN if status >= 500 else _STOP
