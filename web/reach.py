"""Whose files the current account may see."""

from __future__ import annotations

from flask import g

from scheduler.people import Reach
from web.permissions import Permission, may


def current_reach() -> Reach:
    """Return everybody for those who may see people, else those referred to the reader."""
    if may(Permission.VIEW_PEOPLE):
        return Reach()
    return Reach(everybody=False, referent_id=g.membership.staff_id)
