"""Reading an account on a CalDAV server (RFC 4791), without being led where we should not go.

The ``caldav`` library speaks the protocol; each of its requests goes through ``scheduler.fetch``.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from caldav.collection import Calendar as CalendarCollection
from caldav.davclient import DAVClient
from caldav.elements import dav
from caldav.lib.error import AuthorizationError, DAVError
from caldav.lib.url import URL

from scheduler.fetch import (
    USER_AGENT,
    FetchError,
    FetchLimits,
    Resolver,
    check_address,
    guarded_request,
    read_body,
    resolve,
)
from scheduler.message import N_

MAX_CALENDARS = 20
MAX_REQUESTS = 60
_REDIRECTS = frozenset({301, 302, 307, 308})


@dataclass(frozen=True, slots=True)
class CaldavAccount:
    """Where and as whom to read."""

    url: str
    username: str
    password: str = field(repr=False)


def fetch_caldav(
    account: CaldavAccount,
    starts_at: datetime,
    ends_at: datetime,
    limits: FetchLimits | None = None,
    *,
    resolver: Resolver = resolve,
) -> list[bytes]:
    """Return the events of an account between two instants, as iCalendar texts.

    The address may be that of one calendar, of the account, or of the server, whose calendars are then
    all read. Time and size are limited for the whole of it.

    Raises
    ------
    FetchError
        Whatever goes wrong; never repeats the address or the password.
    """
    limits = limits or FetchLimits()
    target = check_address(account.url)
    transport = _Transport(target, account, limits, resolver)
    client: Any = DAVClient(
        url=str(target.copy_with(username=None, password=None)),
        username=account.username,
        password=account.password,
        auth_type="basic",
        enable_rfc6764=False,
    )
    client.session.close()
    client.session = transport
    try:
        found: list[bytes] = []
        for calendar in _calendars(client)[:MAX_CALENDARS]:
            events = calendar.search(start=starts_at, end=ends_at, event=True, expand=False)
            found.extend(str(event.data).encode() for event in events)
        return found
    except FetchError:
        raise
    except AuthorizationError:
        raise FetchError(
            N_("L'accès est refusé : vérifiez le nom et le mot de passe d'application.")
        ) from None
    except Exception:  # servers that are none make the library fail in many ways
        raise FetchError(N_("Ce serveur ne répond pas comme un serveur d'agendas (CalDAV).")) from None


def _calendars(client: Any) -> list[Any]:
    """Return the one calendar that the address names, or all those of the account."""
    here = CalendarCollection(client, url=client.url)
    try:
        if "calendar" in {kind.rpartition("}")[2] for kind in _kinds(here)}:
            return [here]
    except (FetchError, AuthorizationError):
        raise
    except DAVError:
        pass  # the address of a whole server need not exist as a collection
    return list(client.principal().calendars())


def _kinds(calendar: Any) -> list[str]:
    found = calendar.get_property(dav.ResourceType(), use_cached=False, parse_props=True)
    return [found] if isinstance(found, str) else list(found or [])


class _Transport:
    """Stands in for the library's HTTP session: the same call, through the guard."""

    def __init__(
        self, home: httpx.URL, account: CaldavAccount, limits: FetchLimits, resolver: Resolver
    ) -> None:
        self._home = home
        self._account = account
        self._limits = limits
        self._resolver = resolver
        self._deadline = time.monotonic() + limits.total_seconds
        self._left_bytes = limits.max_bytes
        self._left_requests = MAX_REQUESTS
        self.headers: dict[str, str] = {}

    def close(self) -> None:
        """Do nothing: every request closes its own connection."""

    def request(
        self,
        method: str,
        url: str | URL,
        *,
        data: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> httpx.Response:
        """Return the answer to one request, redirects followed."""
        target = check_address(str(url))
        content = data.encode() if isinstance(data, str) else (data or b"")
        for _hop in range(self._limits.max_redirects + 1):
            answer = self._once(method, target, content, headers or {})
            if answer.status_code not in _REDIRECTS or "location" not in answer.headers:
                return answer
            try:
                target = check_address(str(target.join(answer.headers["location"])))
            except (httpx.InvalidURL, ValueError):
                raise FetchError(N_("Cette adresse n'est pas valable.")) from None
        raise FetchError(N_("Cette adresse renvoie trop de fois vers une autre."))

    def _once(
        self, method: str, target: httpx.URL, content: bytes, headers: Mapping[str, str]
    ) -> httpx.Response:
        self._left_requests -= 1
        if self._left_requests < 0:
            raise FetchError(N_("Ce serveur demande trop d'échanges pour lire un agenda."))
        sent = {
            name: value
            for name, value in headers.items()
            if name.lower() in ("content-type", "depth", "accept", "prefer")
        }
        sent |= {
            "Host": target.netloc.decode("ascii"),
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
            "Content-Length": str(len(content)),
        }
        if self._trusted(target):
            plain = f"{self._account.username}:{self._account.password}"
            sent["Authorization"] = "Basic " + base64.b64encode(plain.encode()).decode("ascii")
        with guarded_request(
            method, target, sent, self._limits, self._deadline, content=content, resolver=self._resolver
        ) as response:
            body = read_body(response, self._left_bytes)
            self._left_bytes -= len(body)
            if b"<!ENTITY" in body or b"<!DOCTYPE" in body[:1000]:
                raise FetchError(N_("Ce serveur ne répond pas comme un serveur d'agendas (CalDAV)."))
            return httpx.Response(
                response.status,
                headers=response.headers,
                content=body,
                request=httpx.Request(method, target.copy_with(username=None, password=None)),
            )

    def _trusted(self, target: httpx.URL) -> bool:
        """Whether the password may go there: the server named, or by HTTPS one beside it.

        Large services send each account to a host of its own (caldav.example.com,
        p42-caldav.example.com).
        """
        if (target.scheme, target.host, target.port) == (self._home.scheme, self._home.host, self._home.port):
            return True
        _first, _dot, parent = self._home.host.partition(".")
        return (
            self._home.scheme == target.scheme == "https"
            and "." in parent
            and target.host.endswith(f".{parent}")
        )
