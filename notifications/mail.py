"""Sending one message by SMTP (RFC 5321)."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import closing, suppress
from email import message_from_string
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 30

#: RFC 5321, section 4.2.3: the mailbox name is not allowed.
NO_SUCH_ADDRESS = 553


class MailError(Exception):
    """A message that was not sent.

    Parameters
    ----------
    permanent : bool
        Trying again is of no use, or could send it twice.
    code : int, optional
        What the server answered.
    """

    def __init__(self, reason: str, *, permanent: bool, code: int | None = None) -> None:
        super().__init__(reason)
        self.permanent = permanent
        self.code = code


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
        with closing(server):
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
            # The server has taken it: however it says goodbye, nothing is to be sent again.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
    except smtplib.SMTPAuthenticationError:
        # For the administrator to put right; the message has nothing to do with it.
        raise MailError("SMTP login", permanent=False) from None
    except smtplib.SMTPResponseException as error:
        code = error.smtp_code
        raise MailError(f"SMTP {code}", permanent=code >= 500, code=code) from None
    except UnicodeError:
        raise MailError("not an address", permanent=True, code=NO_SUCH_ADDRESS) from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(type(error).__name__, permanent=handed_over) from None


def _expect(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if code >= 400:
        raise smtplib.SMTPResponseException(code, text)
