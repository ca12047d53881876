"""The blueprint of one's own work and what its pages share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, g
from flask_babel import lazy_gettext as _l

from scheduler.models import StaffMember, Task
from scheduler.my_work import sick_tasks
from web.centre import PREFIX
from web.extensions import db
from web.followup.words import task_reason
from web.permissions import Permission, may

blueprint = Blueprint("mine", __name__, url_prefix=f"{PREFIX}/mon-travail")

#: Tabs: endpoint, label, icon, further endpoints that belong to it.
TABS: tuple[tuple[str, Any, str, tuple[str, ...]], ...] = (
    ("mine.show", _l("Ma semaine"), "calendar-week", ()),
    ("mine.places", _l("Places à prendre"), "hand-index-thumb", ()),
    ("mine.pairs", _l("Mes tandems"), "people", ("mine.propose_meeting",)),
    ("mine.hours", _l("Mes heures"), "clock-history", ()),
    (
        "mine.availability",
        _l("Mes disponibilités"),
        "calendar-check",
        ("mine.edit_hours", "mine.add_absence"),
    ),
    ("mine.agenda", _l("Mon agenda"), "phone", ("mine.renew_agenda",)),
)


def own_member() -> StaffMember | None:
    """Return the staff member that the account belongs to in this centre, if any is still active."""
    if g.membership.staff_id is None:
        return None
    member = db.session().get(StaffMember, g.membership.staff_id)
    return member if member is not None and member.active else None


def me() -> StaffMember:
    """Return the staff member that the account belongs to; 404 where there is none."""
    member = own_member()
    if member is None:
        abort(404)
    return member


@blueprint.context_processor
def give_tabs() -> dict[str, Any]:
    """Give templates the tabs."""
    return {"MINE_TABS": TABS}


@blueprint.app_context_processor
def give_illness() -> dict[str, Any]:
    """Give templates the colleagues who reported ill and whose sessions nobody has settled yet."""

    def colleagues_ill() -> list[Task]:
        return sick_tasks(db.session(), g.centre) if may(Permission.EDIT_PLAN) else []

    return {"colleagues_ill": colleagues_ill, "illness_reason": task_reason}
