"""What people send beside text: spoken messages, pictures, places. Nobody but a person can take it in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

#: What stands in a text for something attached to it.
KINDS: Final = ("audio", "image", "video", "location", "contact", "file")

_CONTACT: Final = ("text/vcard", "text/x-vcard", "text/directory")

_STANDS_FOR: Final = re.compile(rf"\[({'|'.join(KINDS)})\]")


def with_attached(text: str, content_types: Sequence[str], *, location: bool = False) -> str:
    """Return a text with a word in brackets for each kind of thing that came with it."""
    kinds = [_kind(each) for each in content_types] + ["location"] * location
    return " ".join([*([text] if text.strip() else []), *(f"[{kind}]" for kind in dict.fromkeys(kinds))])


def split_attached(text: str) -> tuple[str, list[str]]:
    """Return a text without the words that stand for something attached, and their kinds."""
    return _STANDS_FOR.sub(" ", text).strip(), _STANDS_FOR.findall(text)


def is_unreadable(text: str) -> bool:
    """Whether there is nothing but what was attached."""
    words, kinds = split_attached(text)
    return bool(kinds) and not words


def _kind(content_type: str) -> str:
    """Return the kind of a content type."""
    if content_type.partition(";")[0].strip().lower() in _CONTACT:
        return "contact"
    kind = content_type.partition("/")[0].strip().lower()
    return kind if kind in KINDS else "file"
