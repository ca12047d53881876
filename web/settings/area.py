"""The blueprint of the settings, and the page that every list of them shares."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort

from web import listing
from web.centre import PREFIX
from web.listing import Listing

blueprint = Blueprint("settings", __name__, url_prefix=f"{PREFIX}/reglages")


def read_yes_no(text: str) -> bool:
    """Return the answer at the end of an address; 404 for anything else."""
    if text not in ("oui", "non"):
        abort(404)
    return text == "oui"


def list_page(
    shown: Listing, *, title: Any, add: str | None = None, add_label: Any = "", **context: Any
) -> Any:
    """Answer with a list of the settings.

    Parameters
    ----------
    add : str, optional
        Address of the form that adds to the list.
    """
    return listing.answer(shown, "settings/list.html", title=title, add=add, add_label=add_label, **context)
