"""Looking into a mailbox by IMAP (RFC 9051) without touching what is nobody's business here."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import unquote, urlsplit

TIMEOUT_S: Final = 30
MOST_MESSAGES: Final = 100
MOST_BYTES: Final = 2 * 1024 * 1024


class MailboxError(Exception):
    """A mailbox that cannot be read; the message never holds its password."""


class Mailbox:
    """The unread messages of one folder; reading leaves them unread until ``mark_read``."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._client = client

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the headers of the newest unread messages of a fair size, in order, by number."""
        found = self._client.search(None, "UNSEEN", "SMALLER", str(MOST_BYTES))[1][0]
        numbers = (found or b"").decode().split()[-MOST_MESSAGES:]
        return [(number, raw) for number in numbers if (raw := self._fetch(number, "HEADER")) is not None]

    def whole(self, number: str) -> bytes | None:
        """Return a message; ``None`` when it has gone meanwhile."""
        return self._fetch(number, "")

    def mark_read(self, number: str) -> None:
        """Mark a message as read."""
        self._client.store(number, "+FLAGS", r"(\Seen)")

    def _fetch(self, number: str, section: str) -> bytes | None:
        parts = self._client.fetch(number, f"(BODY.PEEK[{section}])")[1]
        return next((part[1] for part in parts if isinstance(part, tuple)), None)


@contextmanager
def open_mailbox(imap_url: str) -> Iterator[Mailbox]:
    """Open a folder of a mailbox.

    Parameters
    ----------
    imap_url : str
        ``imaps://user:password@host/folder``, or ``imap://`` with STARTTLS wherever it is offered.

    Raises
    ------
    MailboxError
        If the mailbox cannot be opened, or breaks off while it is read.
    """
    try:
        with _connect(imap_url) as client:
            yield Mailbox(client)
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxError(type(error).__name__) from None


def _connect(imap_url: str) -> imaplib.IMAP4:
    where = urlsplit(imap_url)
    try:
        port = where.port
    except ValueError:
        # A password with a sign that ends it early would be told as the port.
        raise MailboxError("the address of the mailbox cannot be read") from None
    host, context = where.hostname or "localhost", ssl.create_default_context()
    if where.scheme == "imaps":
        client: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, port or 993, ssl_context=context, timeout=TIMEOUT_S)
    else:
        client = imaplib.IMAP4(host, port or 143, timeout=TIMEOUT_S)
    try:
        if where.scheme == "imap" and "STARTTLS" in client.capabilities:
            client.starttls(context)
        client.login(unquote(where.username or ""), unquote(where.password or ""))
        folder = unquote(where.path.strip("/")) or "INBOX"
        if client.select(f'"{folder}"')[0] != "OK":
            raise MailboxError(f"no folder {folder}")
    except BaseException:
        client.shutdown()
        raise
    return client
