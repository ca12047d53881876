"""What can be wrong with a text, or with what it is filled with."""

from __future__ import annotations

from scheduler.errors import SchedulerError


class WordingError(SchedulerError):
    """A message that cannot be worded."""


class MissingVariableError(WordingError):
    """A value that the text needs was not given.

    Parameters
    ----------
    name : str
        The variable.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"no value for {name}")
        self.name = name


class UnknownTextError(WordingError):
    """There is no text of this name.

    Parameters
    ----------
    key : str
        ``kind.name``.
    """

    def __init__(self, key: str) -> None:
        super().__init__(f"no text {key}")
        self.key = key
