"""Errors of the domain. The web maps each to one HTTP status and one sentence."""

from __future__ import annotations


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
    message : str
        One sentence for the reader, already translated where it comes from the web.
    field : str, optional
        The field it belongs to.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
