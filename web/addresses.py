"""Numbers in the addresses of pages."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

#: The largest number that a column of ids can hold.
MOST_ID = 2**31 - 1


class IdConverter(IntegerConverter):
    """A number that can be an id; a larger one is no page at all."""

    def __init__(self, map: Map, fixed_digits: int = 0) -> None:
        super().__init__(map, fixed_digits, max=MOST_ID)


def init_app(app: Flask) -> None:
    """Let ``<int:...>`` in an address mean an id."""
    app.url_map.converters["int"] = IdConverter
