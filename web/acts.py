"""Ending an act: write it down, commit, say so, go back."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect
from flask_login import current_user
from werkzeug.wrappers import Response

from scheduler.audit import record
from scheduler.errors import InvalidInputError
from web.clock import now
from web.extensions import db
from web.labels import say


def note(action: str, subject: str, **detail: Any) -> None:
    """Write down who did what; see ``scheduler.audit.record``."""
    record(db.session(), current_user.id, action, subject, detail, now=now())


def done(address: str, message: str) -> Response:
    """Commit, say what was done and go to a page."""
    db.session.commit()
    flash(message, "success")
    return redirect(address)


def refused(address: str, error: InvalidInputError) -> Response:
    """Undo, say why nothing was done and go to a page."""
    db.session.rollback()
    flash(say(error.text), "danger")
    return redirect(address)
