"""Whether a request is Twilio's.

References
----------
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

import hmac
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
    validator, form = _validator(secret), request.form
    path = request.full_path if request.query_string else request.path
    public = config["PUBLIC_URL"] + path
    if hmac.compare_digest(validator.compute_signature(public, form).encode(), signature.encode()):
        return True
    # Twilio is not of one mind about ports: the library tries with and without.
    return any(validator.validate(address, form, signature) for address in (public, request.url))


@cache
def _validator(secret: str) -> RequestValidator:
    from twilio.request_validator import RequestValidator

    return RequestValidator(secret)
