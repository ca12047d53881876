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

from werkzeug.datastructures import MultiDict
from werkzeug.wsgi import get_current_url

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from twilio.request_validator import RequestValidator


def is_signed(environ: WSGIEnvironment, form: MultiDict[str, str], config: Mapping[str, Any]) -> bool:
    """Whether a request carries Twilio's signature, for the public address or the one it came by.

    Behind a proxy the address that Twilio called is the public one; ``ProxyFix`` gives the other.
    """
    secret, signature = config["TWILIO_AUTH_TOKEN"], environ.get("HTTP_X_TWILIO_SIGNATURE", "")
    if not secret or not signature:
        return False
    validator, query = _validator(secret), environ.get("QUERY_STRING", "")
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    public = config["PUBLIC_URL"] + path + (f"?{query}" if query else "")
    if hmac.compare_digest(validator.compute_signature(public, form).encode(), signature.encode()):
        return True
    # Twilio is not of one mind about ports: the library tries with and without.
    return any(validator.validate(address, form, signature) for address in (public, get_current_url(environ)))


@cache
def _validator(secret: str) -> RequestValidator:
    from twilio.request_validator import RequestValidator

    return RequestValidator(secret)
