"""Fetching an address that a user typed, without letting it reach where it should not.

References
----------
OWASP, *Server-Side Request Forgery Prevention*; RFC 9110 (redirects, validators);
RFC 6890 (special-purpose addresses).
"""

from __future__ import annotations

import base64
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import httpcore
import httpx

from scheduler.errors import InvalidInputError
from scheduler.message import N_

Resolver = Callable[[str, int], list[str]]

USER_AGENT = "Semainier (calendar refresh)"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_ADDRESSES = 3
_TRANSLATED = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How far a fetch may go.

    Parameters
    ----------
    max_bytes : int
        Size of the answer.
    total_seconds : float
        Time for everything: names, connections, all redirects and the whole answer.
    max_redirects : int
    allow_private_networks : bool
        Let it reach private and loopback addresses, for schools on the centre's own network.
        Link-local, multicast and unspecified addresses are refused even then: cloud services keep
        credentials there.
    """

    max_bytes: int = 5 * 1024 * 1024
    total_seconds: float = 20.0
    max_redirects: int = 3
    allow_private_networks: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. ``content`` is ``None`` when nothing changed since the validators were given."""

    content: bytes | None
    etag: str | None = None
    last_modified: str | None = None


class FetchError(InvalidInputError):
    """An address that cannot or must not be fetched; the sentence never repeats the address."""


def resolve(host: str, port: int) -> list[str]:
    """Addresses of a host, as the operating system finds them."""
    return list(
        dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    )


def redacted(url: str) -> str:
    """Scheme and host of an address: what logs and lists may show, as the rest may be a secret."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "?"
    return f"{parsed.scheme}://{parsed.host}/…"


def check_address(url: str) -> httpx.URL:
    """The address in the form it is fetched in, ``webcal`` being ``https``.

    Raises
    ------
    FetchError
        For anything but http, https and webcal with a host.
    """
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError):
        raise FetchError(N_("Cette adresse n'est pas valable.")) from None
    if parsed.scheme in ("webcal", "webcals"):
        parsed = parsed.copy_with(scheme="https")
    if parsed.scheme not in ("http", "https"):
        raise FetchError(N_("L'adresse doit commencer par https://, http:// ou webcal://."))
    if not parsed.host:
        raise FetchError(N_("Cette adresse n'est pas valable."))
    return parsed


def fetch(
    url: str,
    limits: FetchLimits | None = None,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    resolver: Resolver = resolve,
) -> Fetched:
    """Fetch an address.

    Every hop is checked anew: its name is resolved once, every address it has must be allowed, and
    the connection goes to the very address that was checked, so that a name cannot change its
    mind in between. Proxies and credentials of the environment are not used.

    Parameters
    ----------
    url : str
        http, https or webcal; may carry a user and password, sent to that host only.
    limits : FetchLimits, optional
    etag, last_modified : str, optional
        Validators of the previous answer.
    resolver : callable, optional
        Gives the addresses of a host and port.

    Raises
    ------
    FetchError
        Whatever goes wrong.
    """
    limits = limits or FetchLimits()
    deadline = time.monotonic() + limits.total_seconds
    target = check_address(url)
    credentials_for = (target.scheme, target.host, target.port)
    userinfo = target.userinfo
    for _hop in range(limits.max_redirects + 1):
        headers = {
            "Host": target.netloc.decode("ascii"),
            "User-Agent": USER_AGENT,
            "Accept": "text/calendar, text/plain;q=0.5, */*;q=0.1",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        if userinfo and (target.scheme, target.host, target.port) == credentials_for:
            plain = ":".join(unquote(part) for part in userinfo.decode("ascii").split(":", 1))
            headers["Authorization"] = "Basic " + base64.b64encode(plain.encode()).decode("ascii")
        answer = _one_hop(target, headers, limits, deadline, resolver)
        if isinstance(answer, Fetched):
            return answer
        try:
            target = check_address(str(target.join(answer)))
        except (httpx.InvalidURL, ValueError):
            raise FetchError(N_("Cette adresse n'est pas valable.")) from None
    raise FetchError(N_("Cette adresse renvoie trop de fois vers une autre."))


def _one_hop(
    target: httpx.URL, headers: dict[str, str], limits: FetchLimits, deadline: float, resolver: Resolver
) -> Fetched | str:
    """The answer of one address, or where it sends us."""
    with guarded_request("GET", target, headers, limits, deadline, resolver=resolver) as response:
        return _read(response, limits)


@contextmanager
def guarded_request(
    method: str,
    target: httpx.URL,
    headers: dict[str, str],
    limits: FetchLimits,
    deadline: float,
    *,
    content: bytes | None = None,
    resolver: Resolver = resolve,
) -> Iterator[httpcore.Response]:
    """Make one request to an address whose every network address is allowed.

    The connection goes to the very addresses that were checked. Redirects are not followed and the
    answer is not read: both are the caller's.

    Parameters
    ----------
    deadline : float
        Value of ``time.monotonic()`` by which everything must be over.

    Raises
    ------
    FetchError
        Whatever goes wrong, also while the answer is read.
    """
    port = target.port or (443 if target.scheme == "https" else 80)
    addresses = _resolve_within(target.raw_host.decode("ascii"), port, deadline, resolver)
    for address in addresses:
        _check_ip(address, limits)
    ssl_context = httpx.create_ssl_context(trust_env=False) if target.scheme == "https" else None
    url = httpcore.URL(
        scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path
    )
    backend = _PinnedBackend(addresses[:MAX_ADDRESSES], deadline)
    try:
        with (
            httpcore.ConnectionPool(ssl_context=ssl_context, network_backend=backend) as pool,
            pool.stream(method, url, headers=list(headers.items()), content=content) as response,
        ):
            yield response
    except (httpcore.TimeoutException, TimeoutError):
        raise _too_slow() from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
        if "CERTIFICATE" in str(error).upper():
            message = N_("Le certificat de sécurité du serveur n'est pas valable.")
        else:
            message = N_("Le serveur ne peut pas être joint.")
        raise FetchError(message) from None


class _PinnedBackend(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, whatever the name says by then."""

    def __init__(self, addresses: list[str], deadline: float) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        for left, address in zip(range(len(self._addresses), 0, -1), self._addresses, strict=True):
            try:
                return _TimedStream(
                    self._backend.connect_tcp(address, port, _remaining(self._deadline) / left),
                    self._deadline,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 1:
                    raise
        raise httpcore.ConnectError


class _TimedStream(httpcore.NetworkStream):
    """A connection all of whose steps together must end before a deadline.

    Timeouts of the library hold for each step: a server that sends a byte now and then would
    keep us for ever.
    """

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _remaining(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _remaining(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _remaining(self._deadline))
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _read(response: httpcore.Response, limits: FetchLimits) -> Fetched | str:
    headers = httpx.Headers(response.headers)
    if response.status in _REDIRECTS and "location" in headers:
        return str(headers["location"])
    if response.status == 304:
        return Fetched(None)
    if response.status in (401, 403):
        raise FetchError(N_("L'accès à cette adresse est refusé : vérifiez le lien."))
    if response.status in (404, 410):
        raise FetchError(N_("Cette adresse n'existe pas, ou plus."))
    if response.status != 200:
        raise FetchError(N_("Le serveur a répondu par une erreur (%(status)s).", status=response.status))
    return Fetched(
        read_body(response, limits.max_bytes),
        _validator(headers, "etag", 200),
        _validator(headers, "last-modified", 60),
    )


def read_body(response: httpcore.Response, max_bytes: int) -> bytes:
    """Return the whole answer.

    Raises
    ------
    FetchError
        If it is larger than ``max_bytes`` or compressed, which nobody asked for.
    """
    headers = httpx.Headers(response.headers)
    if headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        raise FetchError(N_("Le serveur répond dans un format compressé qui n'a pas été demandé."))
    too_large = FetchError(
        N_("Ce fichier dépasse la taille permise de %(limit)s Mo.", limit=max(1, max_bytes // (1024 * 1024)))
    )
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise too_large
    content = bytearray()
    for chunk in response.iter_stream():
        content += chunk
        if len(content) > max_bytes:
            raise too_large
    return bytes(content)


def _validator(headers: httpx.Headers, name: str, limit: int) -> str | None:
    value = headers.get(name)
    return value if value and len(value) <= limit else None


def _too_slow() -> FetchError:
    return FetchError(N_("Le serveur répond trop lentement."))


def _remaining(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise _too_slow()
    return left


def _resolve_within(host: str, port: int, deadline: float, resolver: Resolver) -> list[str]:
    # The system's resolver knows no time limit; a thread that is left behind does.
    found: list[str] = []
    failed: list[Exception] = []

    def look_up() -> None:
        try:
            found.extend(resolver(host, port))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(_remaining(deadline))
    if thread.is_alive():
        raise _too_slow()
    if failed or not found:
        raise FetchError(N_("Ce nom d'hôte est inconnu."))
    return found


def _check_ip(address: str, limits: FetchLimits) -> None:
    refused = FetchError(N_("Cette adresse mène à un réseau privé, ce que la configuration ne permet pas."))
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        raise refused from None
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in net for net in _TRANSLATED):
            raise refused
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        ip = inner or ip
    if ip.is_multicast or ip.is_unspecified or ip.is_link_local:
        raise refused
    if not ip.is_global and not limits.allow_private_networks:
        raise refused
