"""Tables that sort, filter, page and export, and keep all of it in the address.

The rows of one centre are few (a city has a thousand people), so they come from the domain in a
constant number of queries and are put in order here: by the reader's alphabet, without accents,
and the same on every database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _

from scheduler.roster_import.folding import fold
from web import spreadsheet

PER_PAGE = 100
EXPORTS = {"csv": spreadsheet.as_csv, "xlsx": spreadsheet.as_xlsx}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: what is sorted and exported, and how a cell is shown when that differs.

    Parameters
    ----------
    value : callable
        From a row to text, number, date, boolean, ``None`` or a sequence of texts.
    cell : callable, optional
        From a row to what the page shows.
    sort : callable, optional
        From a row to what is compared instead of ``value``.
    heading : bool
        Whether the cell names its row (and heads the card that the row becomes on a phone).
    exported_only : bool
        Whether the page leaves the column out.
    """

    key: str
    label: Any
    value: Callable[[Any], Any]
    cell: Callable[[Any], Any] | None = None
    sort: Callable[[Any], Any] | None = None
    heading: bool = False
    numeric: bool = False
    exported_only: bool = False

    def shown(self, row: Any) -> Any:
        """Return what the page shows of a row."""
        return self.cell(row) if self.cell else _in_words(self.value(row))

    def order(self, row: Any) -> Any:
        """Return what a row is sorted by; ``None`` goes last in either direction."""
        value = (self.sort or self.value)(row)
        return _comparable(value)


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A choice that narrows the list; ``default`` holds while the address says nothing."""

    key: str
    label: Any
    choices: Sequence[tuple[str, Any]]
    test: Callable[[Any, str], bool]
    default: str = ""


@dataclass(kw_only=True)
class Listing:
    """A list as asked for by an address.

    Parameters
    ----------
    name : str
        File name of exports.
    search : callable, optional
        From a row to the text that the search box looks in; every word typed must be in it.
    sort : str
        Key of the column that orders the list at first; a leading ``-`` turns it round.
    may_export : bool
        Whether the reader may take the list away as a file.
    """

    name: str
    rows: Sequence[Any]
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    search: Callable[[Any], str] | None = None
    sort: str = ""
    may_export: bool = True
    empty: Any = ""
    search_label: Any = ""
    args: Mapping[str, str] = field(default_factory=dict)
    per_page: int = PER_PAGE

    @cached_property
    def query(self) -> str:
        """The words typed in the search box."""
        return self.args.get("q", "").strip()[:200]

    @cached_property
    def chosen(self) -> dict[str, str]:
        """The value of every filter."""
        chosen = {}
        for each in self.filters:
            value = self.args.get(each.key, each.default)
            known = {str(choice) for choice, _label in each.choices}
            chosen[each.key] = value if value in known else each.default
        return chosen

    @cached_property
    def is_narrowed(self) -> bool:
        """Whether anything but the order differs from how the list opens."""
        return bool(self.query) or any(self.chosen[each.key] != each.default for each in self.filters)

    @cached_property
    def _order(self) -> tuple[Column, bool]:
        by_key = {column.key: column for column in self.columns}
        for wanted in (self.args.get("tri", ""), self.sort):
            if wanted.removeprefix("-") in by_key:
                return by_key[wanted.removeprefix("-")], wanted.startswith("-")
        return self.columns[0], False

    @cached_property
    def found(self) -> list[Any]:
        """Every row that passes search and filters, in order."""
        rows = list(self.rows)
        for each in self.filters:
            value = self.chosen[each.key]
            if value:
                rows = [row for row in rows if each.test(row, value)]
        if self.query and self.search:
            words = fold(self.query).split()
            rows = [row for row in rows if _has_words(fold(self.search(row)), words)]
        column, descending = self._order
        keyed = [(column.order(row), row) for row in rows]
        known = sorted(
            (pair for pair in keyed if pair[0] is not None), key=lambda pair: pair[0], reverse=descending
        )
        return [row for _key, row in known] + [row for key, row in keyed if key is None]

    @property
    def pages(self) -> int:
        """Number of pages, at least one."""
        return max(1, -(-len(self.found) // self.per_page))

    @cached_property
    def page(self) -> int:
        """The page asked for, kept within the list; 1 is the first."""
        wanted = self.args.get("page", "")
        return min(max(int(wanted), 1), self.pages) if wanted.isdecimal() and len(wanted) < 7 else 1

    @property
    def shown(self) -> list[Any]:
        """The rows of this page."""
        return self.found[(self.page - 1) * self.per_page : self.page * self.per_page]

    @property
    def first(self) -> int:
        """Number of the first row shown, counted from 1."""
        return (self.page - 1) * self.per_page + 1

    @property
    def visible(self) -> list[Column]:
        """The columns of the page."""
        return [column for column in self.columns if not column.exported_only]

    def direction(self, column: Column) -> str | None:
        """Return ``ascending`` or ``descending`` for the column that orders the list."""
        ordering, descending = self._order
        if column.key != ordering.key:
            return None
        return "descending" if descending else "ascending"

    def address(self, **changes: Any) -> str:
        """Return the address of this list with some of its settings changed."""
        settings: dict[str, Any] = {"q": self.query or None, "tri": self.args.get("tri")}
        for each in self.filters:
            value = self.chosen[each.key]
            settings[each.key] = value if value != each.default else None
        settings |= changes
        return url_for(request.endpoint or "", **(request.view_args or {}), **settings)

    def sort_address(self, column: Column) -> str:
        """Return the address of this list ordered by a column, or by it the other way round."""
        turned = self.direction(column) == "ascending"
        return self.address(tri=f"-{column.key}" if turned else column.key)


def answer(listing: Listing, template: str, **context: Any) -> Response | str:
    """Return the page of a list, or the whole of it as a file when the address asks for one."""
    listing.args = request.args
    wanted = request.args.get("format")
    if wanted is None:
        return render_template(template, listing=listing, **context)
    if wanted not in EXPORTS:
        abort(404)
    if not listing.may_export:
        abort(403)
    headings = [str(column.label) for column in listing.columns]
    cells = [[_exported(column.value(row)) for column in listing.columns] for row in listing.found]
    return EXPORTS[wanted](listing.name, headings, cells)


def _has_words(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


def _comparable(value: Any) -> Any:
    if value is None or value == "" or value == () or value == []:
        return None
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, (list, tuple)):
        return tuple(fold(part) if isinstance(part, str) else part for part in value)
    return value


def _in_words(value: Any) -> Any:
    if value is None:
        return ""
    if value is True:
        return _("oui")
    if value is False:
        return _("non")
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    if hasattr(value, "strftime") and hasattr(value, "year"):
        return format_date(value, "d MMM yyyy")
    return value


def _exported(value: Any) -> Any:
    if isinstance(value, (bool, list, tuple)):
        return _in_words(value)
    return value
