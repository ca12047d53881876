"""The blueprint of messages and its tabs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from web.centre import PREFIX
from web.permissions import Permission

blueprint = Blueprint("messages", __name__, url_prefix=f"{PREFIX}/messages")

#: Page, label, icon, who sees it, and the other pages of the tab.
TABS: tuple[tuple[str, Any, str, Permission, tuple[str, ...]], ...] = ()


@blueprint.app_context_processor
def give_tabs() -> dict[str, Any]:
    """Give templates the tabs that the reader may open."""
    return {"MESSAGE_TABS": TABS}
