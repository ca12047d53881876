"""Words for states of plans and runs, and for kinds of activity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from scheduler.models import PlanState, RunState

KIND_NAMES: Mapping[str, Any] = {
    "workshop": _l("Atelier"),
    "level_group": _l("Groupe"),
    "information": _l("Information"),
    "coaching": _l("Coaching"),
    "excursion": _l("Sortie"),
    "volunteering": _l("Volontariat"),
    "intensive": _l("Intensif"),
    "interview": _l("Entretien"),
    "gathering": _l("Rencontre"),
    "open_desk": _l("Permanence"),
    "professional": _l("Professionnels"),
}

PLAN_STATES: Mapping[PlanState, Any] = {
    PlanState.DRAFT: _l("brouillon"),
    PlanState.PUBLISHED: _l("publiée"),
    PlanState.SUPERSEDED: _l("remplacée"),
    PlanState.DISCARDED: _l("abandonnée"),
}

RUN_STATES: Mapping[RunState, Any] = {
    RunState.QUEUED: _l("En attente"),
    RunState.RUNNING: _l("En cours"),
    RunState.DONE: _l("Terminée"),
    RunState.CANCELLED: _l("Annulée"),
    RunState.INTERRUPTED: _l("Interrompue"),
    RunState.FAILED: _l("Échouée"),
}
