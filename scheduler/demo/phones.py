"""Telephone numbers that belong to nobody.

Belgium sets no range aside for fiction. France does: the national numbering plan keeps numbers of
the form 06 39 98 XX XX for films and books, and no operator may give them to a subscriber.

References
----------
Arcep, décision n° 2018-0881 du 24 juillet 2018 établissant le plan national de numérotation, annex,
"numéros à utiliser dans les œuvres audiovisuelles".
"""

from __future__ import annotations

PREFIX = "+3363998"
RANGE_SIZE = 10_000


def invented_phone(index: int) -> str:
    """Return the ``index``-th number of the range, in E.164.

    Raises
    ------
    ValueError
        If the range has no such number.
    """
    if not 0 <= index < RANGE_SIZE:
        raise ValueError(f"the range has {RANGE_SIZE} numbers, not one at {index}")
    return f"{PREFIX}{index:04d}"


def is_invented_phone(phone: str) -> bool:
    """Tell whether a number in E.164 lies in the range for fiction."""
    return phone.startswith(PREFIX) and len(phone) == len(PREFIX) + 4
