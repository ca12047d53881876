"""The blueprint of messages and its tabs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request
from flask_babel import lazy_gettext as _l

from web.centre import PREFIX
from web.permissions import Permission

blueprint = Blueprint("messages", __name__, url_prefix=f"{PREFIX}/messages")

Tab = tuple[str, Any, str, Permission, tuple[str, ...]]

#: What somebody does every day, beside the roll-call: page, label, icon, who sees it, and the other
#: pages of the tab.
DAILY: tuple[Tab, ...] = (
    ("today.show", _l("Présences"), "check2-square", Permission.TAKE_ATTENDANCE, ()),
    ("messages.calls", _l("À appeler"), "telephone", Permission.CALL_PEOPLE, ()),
    ("messages.inbox", _l("Réponses"), "chat-dots", Permission.ANSWER_MESSAGES, ()),
    (
        "messages.choices",
        _l("Places proposées"),
        "hand-index-thumb",
        Permission.VIEW_MESSAGES,
        ("messages.choice_round", "messages.waiting", "messages.choice_rules", "messages.start_choices"),
    ),
    ("messages.sent", _l("Envois"), "send", Permission.VIEW_MESSAGES, ("messages.sent_message",)),
    (
        "messages.contacts",
        _l("Contacts"),
        "person-lines-fill",
        Permission.VIEW_MESSAGES,
        ("messages.channels",),
    ),
    ("messages.sandbox", _l("Téléphone d'essai"), "phone", Permission.ANSWER_MESSAGES, ()),
)

#: What is set once, in the same form.
SETTINGS: tuple[Tab, ...] = (
    (
        "messages.policies",
        _l("Rappels"),
        "bell",
        Permission.VIEW_MESSAGES,
        ("messages.edit_policy", "messages.edit_programme_policy"),
    ),
    (
        "messages.wordings",
        _l("Textes"),
        "chat-text",
        Permission.VIEW_MESSAGES,
        ("messages.language_wordings", "messages.edit_wording", "messages.wording_settings"),
    ),
    (
        "messages.recordings",
        _l("Voix"),
        "mic",
        Permission.VIEW_MESSAGES,
        ("messages.language_recordings", "messages.keep_recording", "messages.choose_voice"),
    ),
    (
        "messages.effect",
        _l("Effet"),
        "graph-up",
        Permission.VIEW_MESSAGES,
        ("messages.risk", "messages.compare"),
    ),
)

#: Every page of those settings.
SETTING_PAGES = frozenset(page for tab in SETTINGS for page in (tab[0], *tab[4]))

#: What waits on a page, to be said beside its tab.
COUNTS: dict[str, Callable[[], int]] = {}

#: Pages that are there in some installations only.
CONDITIONS: dict[str, Callable[[], bool]] = {}


@blueprint.app_context_processor
def give_tabs() -> dict[str, Any]:
    """Give templates the tabs that the reader may open, and how much waits on a page."""
    if request.endpoint in SETTING_PAGES:
        tabs = SETTINGS
    else:
        tabs = tuple(tab for tab in DAILY if tab[0] not in CONDITIONS or CONDITIONS[tab[0]]())
    return {"MESSAGE_TABS": tabs, "messages_waiting": messages_waiting}


def messages_waiting(endpoint: str) -> int:
    """Return how much waits on a page of messages."""
    return COUNTS[endpoint]() if endpoint in COUNTS else 0
