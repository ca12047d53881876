"""The board of the week, planning runs, versions, and acts on sessions."""

from __future__ import annotations

from flask.blueprints import BlueprintSetupState

from web.labels import duration
from web.week import add, board, publish, runs, session, versions
from web.week.area import blueprint
from web.wording import KIND_NAMES, PLAN_STATES, RUN_STATES
from web.wording.facts import role_name

__all__ = ["add", "blueprint", "board", "publish", "runs", "session", "versions"]


@blueprint.record_once
def add_words(state: BlueprintSetupState) -> None:
    """Give templates the words of the week."""
    state.app.jinja_env.globals.update(
        KIND_NAMES=KIND_NAMES, PLAN_STATES=PLAN_STATES, RUN_STATES=RUN_STATES, duration=duration
    )
    state.app.jinja_env.filters["role_name"] = role_name
