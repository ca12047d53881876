"""The blueprint of participants and groups."""

from __future__ import annotations

from flask import Blueprint

from web.centre import PREFIX

blueprint = Blueprint("people", __name__, url_prefix=f"{PREFIX}/personnes")
