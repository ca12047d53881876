"""Whether a request is Twilio's.

References
----------
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from werkzeug import Request

if TYPE_CHECKING:
    from twilio.request_validator import RequestValidator

SIGNATURE = "X-Twilio-Signature"


def is_signed(request: Request, config: Mapping[str, Any]) -> bool:
    """Whether a request carries Twilio's signature, for the public address or the one it came by.

    Behind a proxy the address that Twilio called is the public one; ``ProxyFix`` gives the other.
    """
    secret, signature = config["TWILIO_AUTH_TOKEN"], request.headers.get(SIGNATURE, "")
    if not secret or not signature:
        return False
    path = request.full_path if request.query_string else request.path
    addresses = dict.fromkeys((config["PUBLIC_URL"] + path, request.url))
    return any(_validator(secret).validate(address, request.form, signature) for address in addresses)


@cache
def _validator(secret: str) -> RequestValidator:
    from twilio.request_validator import RequestValidator

    return RequestValidator(secret)
