"""The texts there are: what each is for, which variables it may name, and how it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from notifications.models import ChannelKind, MessageKind

#: What every text may name.
COMMON: Final = frozenset({"hello", "name", "centre", "phone", "link", "more", "picture"})

#: What a text about one session may name beside ``{sessions}``.
ONE_SESSION: Final = frozenset({"day", "hours", "start", "end", "title", "place"})


#: End of the name of a second text, with which a centre compares the first.
SECOND: Final = "-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSpec:
    """One text of one kind.

    ``allowed`` are the variables it may name beside ``COMMON``; of each group of ``needed`` it must name
    one. ``given`` are the values without which it cannot be filled. ``reply`` is the way of answering
    that ``{reply}`` explains; one that is not ``named`` goes without the person's name.
    """

    kind: MessageKind
    name: str
    allowed: frozenset[str] = frozenset()
    needed: tuple[frozenset[str], ...] = ()
    given: frozenset[str] = frozenset()
    reply: str = ""
    named: bool = True

    @property
    def key(self) -> str:
        """``kind.name``, as the files of the languages have it."""
        return f"{self.kind}.{self.name}"

    @property
    def shipped_key(self) -> str:
        """The text that is shipped for it; a second one has none of its own."""
        return self.key.removesuffix(SECOND)

    @property
    def variables(self) -> frozenset[str]:
        """Everything it may name."""
        return COMMON | self.allowed | ({"reply"} if self.reply else frozenset())


def _one_of(*names: str) -> frozenset[str]:
    return frozenset(names)


_SESSIONS = frozenset({"sessions"})
_TOLD = _one_of("sessions", "day")
_K = MessageKind

#: Every text, in the order in which people meet them.
SPECS: Final[tuple[TextSpec, ...]] = (
    TextSpec(
        kind=_K.INVITATION,
        name="places",
        allowed=_one_of("choices", "deadline", "title", "place"),
        needed=(_one_of("choices"), _one_of("reply")),
        given=_one_of("choices"),
        reply="choice",
    ),
    TextSpec(
        kind=_K.REMINDER,
        name="one",
        allowed=_SESSIONS | ONE_SESSION,
        needed=(_TOLD,),
        given=_SESSIONS,
        reply="come",
    ),
    TextSpec(
        kind=_K.REMINDER,
        name="day",
        allowed=_SESSIONS | {"day"},
        needed=(_SESSIONS,),
        given=_SESSIONS,
        reply="come",
    ),
    TextSpec(
        kind=_K.CHANGE,
        name="changes",
        allowed=_one_of("changes"),
        needed=(_one_of("changes"),),
        given=_SESSIONS,
        reply="come",
    ),
    TextSpec(
        kind=_K.CANCELLATION,
        name="cancelled",
        allowed=_SESSIONS | ONE_SESSION,
        needed=(_TOLD,),
        given=_SESSIONS,
        reply="understood",
    ),
    TextSpec(
        kind=_K.FREED_SEAT,
        name="seat",
        allowed=_SESSIONS | ONE_SESSION | {"deadline"},
        needed=(_TOLD, _one_of("reply")),
        given=_SESSIONS,
        reply="seat",
    ),
    TextSpec(
        kind=_K.MISSED_YOU,
        name="missed",
        allowed=_SESSIONS | ONE_SESSION,
        given=_SESSIONS,
        reply="call",
    ),
    TextSpec(
        kind=_K.SATISFACTION,
        name="rating",
        allowed=_SESSIONS | ONE_SESSION,
        needed=(_TOLD, _one_of("reply")),
        given=_SESSIONS,
        reply="rating",
    ),
    TextSpec(kind=_K.ANSWER, name="thanks_coming", allowed=_SESSIONS),
    TextSpec(
        kind=_K.ANSWER, name="thanks_cannot", allowed=_SESSIONS, needed=(_one_of("reply"),), reply="reason"
    ),
    TextSpec(kind=_K.ANSWER, name="thanks"),
    TextSpec(kind=_K.ANSWER, name="we_will_call"),
    TextSpec(kind=_K.ANSWER, name="not_understood", reply="come"),
    TextSpec(kind=_K.ANSWER, name="opted_out", named=False),
    TextSpec(kind=_K.ANSWER, name="opted_in", named=False),
    TextSpec(kind=_K.ANSWER, name="too_late", allowed=_SESSIONS),
    TextSpec(kind=_K.ANSWER, name="place_chosen", allowed=_SESSIONS, needed=(_SESSIONS,), given=_SESSIONS),
    TextSpec(kind=_K.ANSWER, name="place_gone", allowed=_one_of("choices"), reply="choice"),
    TextSpec(
        kind=_K.ANSWER,
        name="thanks_some",
        allowed=_SESSIONS | {"absent"},
        needed=(_SESSIONS, _one_of("absent")),
        given=_SESSIONS | {"absent"},
        reply="reason",
    ),
    TextSpec(
        kind=_K.ANSWER,
        name="which",
        allowed=_one_of("choices"),
        needed=(_one_of("choices"), _one_of("reply")),
        given=_one_of("choices"),
        reply="choice",
    ),
    TextSpec(kind=_K.ANSWER, name="not_opened", reply="come"),
    TextSpec(kind=_K.ANSWER, name="help", reply="come", named=False),
)

BY_KEY: Final[Mapping[str, TextSpec]] = {spec.key: spec for spec in SPECS}

#: Second texts that a centre may write for its reminders, checked like the first.
SECOND_SPECS: Final[tuple[TextSpec, ...]] = tuple(
    replace(spec, name=spec.name + SECOND) for spec in SPECS if spec.kind is _K.REMINDER
)

#: Ways of answering: what somebody writes or presses, and what it stands for, in the order of the numbers.
REPLIES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "come": (("1", "coming"), ("2", "not_coming"), ("9", "call_me")),
    "understood": (("1", "coming"), ("9", "call_me")),
    "choice": (("1", "choice"), ("2", "choice"), ("3", "choice"), ("9", "call_me")),
    "seat": (("1", "coming"), ("2", "not_coming"), ("9", "call_me")),
    "call": (("9", "call_me"),),
    "reason": (("1", "ill"), ("2", "child"), ("3", "course"), ("4", "work"), ("5", "other")),
    "rating": (("1", "good"), ("2", "fair"), ("3", "bad")),
}

#: Channels on which a text is read, not heard.
WRITTEN: Final = (ChannelKind.SMS, ChannelKind.WHATSAPP, ChannelKind.EMAIL)


def spec_of(kind: MessageKind | str, name: str) -> TextSpec:
    """Return a text's specification.

    Raises
    ------
    KeyError
        If there is no such text.
    """
    return BY_KEY[f"{MessageKind(kind)}.{name}"]
