"""The blueprint of the follow-up, its tabs, and where each reader begins."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from web.centre import PREFIX
from web.permissions import Permission, may, requires

blueprint = Blueprint("followup", __name__, url_prefix=f"{PREFIX}/suivi")

#: Page, label, icon, who sees it, and the other pages of the tab.
TABS: tuple[tuple[str, Any, str, Permission, tuple[str, ...]], ...] = (
    (
        "followup.hours",
        _l("Heures"),
        "speedometer2",
        Permission.VIEW_OWN_PEOPLE,
        ("followup.person", "followup.import_hours", "followup.choose_attestation"),
    ),
    ("followup.tasks", _l("À faire"), "list-check", Permission.VIEW_OWN_PEOPLE, ()),
    ("followup.paper", _l("Imprimer"), "printer", Permission.PRINT_LISTS, ()),
    (
        "followup.reports",
        _l("Rapports"),
        "bar-chart",
        Permission.VIEW_REPORTS,
        ("followup.counted_attendances", "followup.counted_people", "followup.counted_sessions"),
    ),
)


@blueprint.app_context_processor
def give_tabs() -> dict[str, Any]:
    """Give templates the tabs that the reader may open."""
    return {"FOLLOWUP_TABS": TABS}


@blueprint.get("/")
@requires(Permission.VIEW_FOLLOWUP)
def show() -> Response:
    """Go to the first tab that the reader may open."""
    first = next(endpoint for endpoint, _label, _icon, permission, _more in TABS if may(permission))
    return redirect(url_for(first))
