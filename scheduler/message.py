"""Sentences for readers, made in the domain and translated by whoever shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """A French sentence with named places, and the values that go there.

    Parameters
    ----------
    msgid : str
        The sentence, with places in the form ``%(name)s``.
    params : mapping
        The values, which may be messages themselves; without any, ``msgid`` is taken as it stands.
    """

    msgid: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.msgid % self.params if self.params else self.msgid

    def __hash__(self) -> int:
        return hash(str(self))

    def as_json(self) -> list[Any]:
        """A form that a JSON column can hold; ``from_json`` reads it back."""
        return [self.msgid, {key: _to_json(value) for key, value in self.params.items()}]

    @classmethod
    def from_json(cls, value: list[Any]) -> Message:
        """The message that ``as_json`` gave."""
        msgid, params = value
        return cls(
            msgid,
            {key: cls.from_json(part) if isinstance(part, list) else part for key, part in params.items()},
        )


def _to_json(value: Any) -> Any:
    if isinstance(value, Message):
        return value.as_json()
    return value if isinstance(value, int) else str(value)


def N_(msgid: str, **params: Any) -> Message:
    """Mark a sentence for the catalogues and bind its values."""
    return Message(msgid, params)
