"""Errors of the domain. The web maps each to one HTTP status and one sentence."""

from __future__ import annotations

from scheduler.message import Message


class SchedulerError(Exception):
    """Base of every error that the domain raises on purpose."""


class NotFoundError(SchedulerError):
    """The thing asked for does not exist in this centre."""


class StaleError(SchedulerError):
    """Somebody else changed the row since it was read."""


class ForeignCentreError(SchedulerError):
    """A row of another centre was about to be written."""


class InvalidInputError(SchedulerError):
    """Input that cannot be used.

    Parameters
    ----------
    message : str or Message
        One sentence for the reader, already translated where it comes from the web. A ``Message``
        is kept in ``text``, so that the web can translate it; ``message`` is then its French form.
    field : str, optional
        The field it belongs to.
    """

    def __init__(self, message: str | Message, field: str | None = None) -> None:
        super().__init__(str(message))
        self.text = message if isinstance(message, Message) else Message(message)
        self.message = str(message)
        self.field = field
