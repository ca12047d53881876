"""Sending one message by SMTP (RFC 5321)."""

from __future__ import annotations

import smtplib
import ssl
from email import message_from_string
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 30


class MailError(Exception):
    """A message that was not sent; ``permanent`` when trying again is of no use or could send it twice."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


def send_mail(smtp_url: str, sender: str, recipient: str, body: str) -> None:
    """Send a message.

    Parameters
    ----------
    smtp_url : str
        ``smtp://`` (STARTTLS whenever there is a password or the server offers it) or ``smtps://``, with
        user and password where the server asks for them.

    Raises
    ------
    MailError
        A connection lost after the text was handed over is permanent, as the server may have taken it.
    """
    where = urlsplit(smtp_url)
    host = where.hostname or "localhost"
    handed_over = False
    try:
        context = ssl.create_default_context()
        server = (
            smtplib.SMTP_SSL(host, where.port or 465, timeout=TIMEOUT_S, context=context)
            if where.scheme == "smtps"
            else smtplib.SMTP(host, where.port or 587, timeout=TIMEOUT_S)
        )
        with server:
            server.ehlo_or_helo_if_needed()
            if where.scheme == "smtp" and (where.username or server.has_extn("starttls")):
                server.starttls(context=context)
            if where.username:
                server.login(unquote(where.username), unquote(where.password or ""))
            _expect(server.mail(sender))
            _expect(server.rcpt(recipient))
            content = message_from_string(body, policy=SMTP).as_bytes()
            handed_over = True
            answer = server.data(content)
            handed_over = False
            _expect(answer)
    except smtplib.SMTPResponseException as error:
        raise MailError(f"SMTP {error.smtp_code}", permanent=error.smtp_code >= 500) from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(type(error).__name__, permanent=handed_over) from None


def _expect(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if code >= 400:
        raise smtplib.SMTPResponseException(code, text)
