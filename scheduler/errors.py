"""Errors of the domain. The web maps each to one HTTP status and one sentence."""

from __future__ import annotations

from collections.abc import Sequence

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


class PlanRejectedError(SchedulerError):
    """A plan breaks a hard rule or says of itself what is not so; nothing was stored.

    Parameters
    ----------
    reasons : sequence of str
        What the judge found, in its words.
    """

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


class StalePlanError(StaleError):
    """Another version was published for the same days since this draft was made.

    Parameters
    ----------
    number : int
        Number of the version published meanwhile.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"version {number} was published meanwhile")
        self.number = number
