"""E-mail by SMTP (RFC 5321)."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from notifications.channels import Accepted, DeliveryError, Outgoing, Verdict
from notifications.mail import MailError, send_mail

PROVIDER: Final = "smtp"


class EmailChannel:
    """Sends plain text; a mail server that has taken a message tells no more of it.

    Parameters
    ----------
    smtp_url : str
        See ``notifications.mail.send_mail``.
    sender : str
        Bare address that messages come from and answers go to.
    """

    provider = PROVIDER
    can_be_asked = False

    def __init__(self, smtp_url: str, sender: str) -> None:
        self.smtp_url = smtp_url
        self.sender = sender

    def send(self, message: Outgoing) -> Accepted:
        """Hand one message over, once; see ``Channel``."""
        mail = compose(message, self.sender)
        try:
            send_mail(self.smtp_url, self.sender, message.address, mail.as_string())
        except MailError as error:
            if error.code is not None:
                verdict = Verdict.FALL_BACK if error.permanent else Verdict.RETRY
                raise DeliveryError(f"smtp_{error.code}", verdict, str(error)) from None
            if error.permanent:
                raise self._unconfirmed(str(error)) from None
            raise DeliveryError("not_connected", Verdict.RETRY, str(error)) from None
        return Accepted(provider_sid=message.token)

    def find(self, message: Outgoing) -> Accepted | None:
        """Give up: a mail server has no list of what it took, and nobody is to be told twice."""
        raise self._unconfirmed("")

    @staticmethod
    def _unconfirmed(reason: str) -> DeliveryError:
        return DeliveryError("unconfirmed", Verdict.STOP, reason)


def compose(message: Outgoing, sender: str) -> EmailMessage:
    """Return a message as e-mail, always under the same Message-ID."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(message.subject.split())
    mail["From"] = sender
    mail["To"] = message.address
    mail["Date"] = format_datetime(message.claimed_at)
    mail["Message-ID"] = f"<{message.token}@{sender.rpartition('@')[2]}>"
    # No out-of-office note answers it (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body, cte="quoted-printable")
    mail["Content-Language"] = message.language
    return mail
