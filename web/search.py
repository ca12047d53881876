"""One search box for everything a person may see."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, g, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from scheduler.roster_import.folding import fold
from scheduler.search import Hit, Kind, search
from web.centre import PREFIX
from web.clock import today
from web.extensions import db
from web.permissions import Permission, may, requires
from web.reach import current_reach
from web.templating import local

blueprint = Blueprint("search", __name__, url_prefix=f"{PREFIX}/recherche")

SUGGESTIONS = 5

#: Heading and icon of each kind of hit, and who may find it.
KINDS = {
    Kind.PERSON: (_l("Personnes"), "person", Permission.VIEW_OWN_PEOPLE),
    Kind.SESSION: (_l("Séances à venir"), "calendar-event", Permission.VIEW_WEEK),
    Kind.STAFF: (_l("Équipe"), "person-badge", Permission.VIEW_SETTINGS),
    Kind.GROUP: (_l("Groupes"), "people", Permission.VIEW_PEOPLE),
    Kind.ROOM: (_l("Locaux"), "door-open", Permission.VIEW_SETTINGS),
    Kind.SITE: (_l("Sites"), "geo-alt", Permission.VIEW_SETTINGS),
    Kind.COURSE: (_l("Cours de langue"), "book", Permission.VIEW_SETTINGS),
    Kind.PROGRAMME: (_l("Programmes"), "signpost-split", Permission.VIEW_SETTINGS),
}


@blueprint.get("/")
@requires(Permission.SEARCH)
def index() -> str:
    """Show what has the words."""
    return render_template("search/index.html", words=_words(), **_found(20))


@blueprint.get("/suggestions")
@requires(Permission.SEARCH)
def suggestions() -> str:
    """Show the first few hits under the search box."""
    return render_template("search/suggestions.html", words=_words(), **_found(SUGGESTIONS))


def _words() -> str:
    return request.args.get("q", "").strip()[:100]


def _found(limit: int) -> dict[str, Any]:
    words = _words()
    hits = search(
        db.session(),
        g.centre.id,
        words,
        today(),
        [kind for kind, (_label, _icon, permission) in KINDS.items() if may(permission)],
        reach=current_reach(),
        limit=limit,
    )
    groups = [
        (label, symbol, [(hit, _address(hit)) for hit in hits if hit.kind is kind])
        for kind, (label, symbol, _permission) in KINDS.items()
    ]
    return {"groups": [group for group in groups if group[2]], "pages": _pages(words)}


def _pages(words: str) -> list[Any]:
    wanted = fold(words).split()
    if not wanted or len(words) < 2:
        return []
    menu = (*current_app.jinja_env.globals["MENU"], *current_app.jinja_env.globals["SETTINGS"])  # type: ignore[misc]
    return [
        place
        for place in menu
        if may(place.permission)
        and all(any(part.startswith(word) for part in fold(str(place.label)).split()) for word in wanted)
    ]


def _address(hit: Hit) -> str:
    can_edit = may(Permission.EDIT_SETTINGS)
    addresses = {
        Kind.PERSON: lambda: url_for("people.show", person_id=hit.id),
        Kind.SESSION: lambda: url_for("week.show", jour=local(hit.starts_at).date()) if hit.starts_at else "",
        Kind.STAFF: lambda: url_for("settings.show_staff", staff_id=hit.id),
        Kind.GROUP: lambda: url_for("people.group", cohort_id=hit.id),
        Kind.ROOM: lambda: (
            url_for("settings.edit_room", room_id=hit.id)
            if can_edit
            else url_for("settings.rooms", q=hit.title)
        ),
        Kind.SITE: lambda: (
            url_for("settings.edit_site", site_id=hit.id)
            if can_edit
            else url_for("settings.sites", q=hit.title)
        ),
        Kind.COURSE: lambda: url_for("settings.course", course_id=hit.id),
        Kind.PROGRAMME: lambda: url_for("settings.programme", programme_id=hit.id),
    }
    return addresses[hit.kind]()
