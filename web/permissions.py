"""Who may do what: the one place that decides.

Every view carries ``@requires(...)`` or ``@public``; a view with neither answers 403, and a test
walks the URL map so that none is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, g, request
from flask_login import current_user

from scheduler.models import Role
from web.extensions import login_manager

View = TypeVar("View", bound=Callable[..., Any])


class Permission(StrEnum):
    """Something a person may do in a centre."""

    SIGNED_IN = "signed_in"
    VIEW_OWN_WORK = "view_own_work"
    VIEW_WEEK = "view_week"
    VIEW_DRAFTS = "view_drafts"
    EDIT_PLAN = "edit_plan"
    TAKE_ATTENDANCE = "take_attendance"
    SEARCH = "search"
    VIEW_PEOPLE = "view_people"
    VIEW_OWN_PEOPLE = "view_own_people"
    EXPORT_PEOPLE = "export_people"
    EDIT_PEOPLE = "edit_people"
    GIVE_LINKS = "give_links"
    IMPORT_PEOPLE = "import_people"
    VIEW_FOLLOWUP = "view_followup"
    ADD_CERTIFICATES = "add_certificates"
    VIEW_CERTIFICATES = "view_certificates"
    ANSWER_TASKS = "answer_tasks"
    VIEW_REPORTS = "view_reports"
    PRINT_LISTS = "print_lists"
    VIEW_MESSAGES = "view_messages"
    ANSWER_MESSAGES = "answer_messages"
    CALL_PEOPLE = "call_people"
    VIEW_SETTINGS = "view_settings"
    EDIT_SETTINGS = "edit_settings"
    MANAGE_USERS = "manage_users"
    MANAGE_CENTRES = "manage_centres"


_ALL = frozenset(Role)
_COORDINATION = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})

#: Roles that hold each permission. ``SIGNED_IN`` needs no role; ``MANAGE_CENTRES`` needs a superuser.
#: ``VIEW_OWN_PEOPLE`` opens the pages of people; without ``VIEW_PEOPLE`` too they hold only those
#: referred to the reader who agreed that services share their file.
POLICY: dict[Permission, frozenset[Role]] = {
    Permission.SIGNED_IN: _ALL,
    Permission.VIEW_OWN_WORK: _ALL,
    Permission.VIEW_WEEK: frozenset({Role.COORDINATOR, Role.ADMINISTRATOR, Role.DIRECTOR, Role.ANIMATEUR}),
    Permission.VIEW_DRAFTS: _COORDINATION | {Role.DIRECTOR},
    Permission.EDIT_PLAN: _COORDINATION,
    Permission.TAKE_ATTENDANCE: _COORDINATION | {Role.ANIMATEUR},
    Permission.VIEW_PEOPLE: frozenset({Role.COORDINATOR, Role.ADMINISTRATOR, Role.ANIMATEUR}),
    Permission.SEARCH: _ALL - {Role.VOLUNTEER},
    Permission.VIEW_OWN_PEOPLE: frozenset(
        {Role.COORDINATOR, Role.ADMINISTRATOR, Role.ANIMATEUR, Role.SOCIAL_WORKER}
    ),
    Permission.EXPORT_PEOPLE: _COORDINATION,
    Permission.EDIT_PEOPLE: _COORDINATION,
    Permission.GIVE_LINKS: _COORDINATION,
    Permission.IMPORT_PEOPLE: _COORDINATION,
    Permission.VIEW_FOLLOWUP: _ALL - {Role.VOLUNTEER},
    Permission.ADD_CERTIFICATES: _COORDINATION | {Role.ANIMATEUR},
    Permission.VIEW_CERTIFICATES: _COORDINATION,
    Permission.ANSWER_TASKS: frozenset(
        {Role.COORDINATOR, Role.ADMINISTRATOR, Role.ANIMATEUR, Role.SOCIAL_WORKER}
    ),
    Permission.VIEW_REPORTS: _COORDINATION | {Role.DIRECTOR},
    Permission.PRINT_LISTS: _COORDINATION | {Role.ANIMATEUR},
    Permission.VIEW_MESSAGES: _COORDINATION | {Role.DIRECTOR},
    Permission.ANSWER_MESSAGES: _COORDINATION,
    Permission.CALL_PEOPLE: _COORDINATION | {Role.ANIMATEUR},
    Permission.VIEW_SETTINGS: frozenset({Role.COORDINATOR, Role.ADMINISTRATOR, Role.DIRECTOR}),
    Permission.EDIT_SETTINGS: _COORDINATION,
    Permission.MANAGE_USERS: frozenset({Role.ADMINISTRATOR}),
    Permission.MANAGE_CENTRES: frozenset(),
}


def requires(permission: Permission) -> Callable[[View], View]:
    """Mark a view as open to those who hold ``permission`` in the current centre."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Mark a view as open to anybody, signed in or not."""
    view.permission = None  # type: ignore[attr-defined]
    return view


def may(permission: Permission) -> bool:
    """Whether the current account holds ``permission`` in the current centre."""
    if not current_user.is_authenticated:
        return False
    if permission is Permission.SIGNED_IN:
        return True
    if permission is Permission.MANAGE_CENTRES:
        return bool(current_user.is_superuser)
    return "membership" in g and Role(g.membership.role) in POLICY[permission]


def init_app(app: Flask) -> None:
    """Check every request before its view runs."""
    public(app.view_functions["static"])
    app.jinja_env.globals.update(may=may, Permission=Permission)

    @app.before_request
    def check() -> Any:
        if request.endpoint is None:
            return None
        view = app.view_functions[request.endpoint]
        permission = getattr(view, "permission", "unmarked")
        if permission is None:
            return None
        if permission == "unmarked":
            abort(403)
        if not current_user.is_authenticated:
            return login_manager.unauthorized()
        if not may(permission):
            abort(403)
        return None
