"""Filling a text with its values, and reading which it names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from notifications.wording.errors import MissingVariableError

VARIABLE = re.compile(r"\{([a-z_]+)\}")


def variables_in(text: str) -> tuple[str, ...]:
    """Return the names of the variables of a text, each once, in order."""
    return tuple(dict.fromkeys(VARIABLE.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its values.

    A line that names something empty is left out, so that a text may speak of a place or a telephone
    number that is not always there.

    Raises
    ------
    MissingVariableError
        If the text names something that has no value, not even an empty one.
    """
    lines = []
    for line in text.splitlines():
        names = VARIABLE.findall(line)
        for name in names:
            if name not in values:
                raise MissingVariableError(name)
        if all(values[name] for name in names):
            lines.append(VARIABLE.sub(lambda found: values[found.group(1)], line).rstrip())
    return "\n".join(lines).strip()
