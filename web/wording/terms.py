"""The soft terms of a plan, in words and in points (``solver.verify.TERMS``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

#: Name and meaning of each term, in order of importance.
TERM_WORDS: Mapping[str, tuple[Any, Any]] = {
    "obligation": (_l("Obligations légales"), _l("ce qui manque à ce que la loi ou un contrat demande")),
    "below_min": (_l("Minimums"), _l("ce qui manque au minimum prévu par un programme")),
    "below_target": (_l("Objectifs"), _l("ce qui manque encore entre le minimum et l'objectif")),
    "frequency": (_l("Séances non tenues"), _l("séances que le rythme d'une activité demandait")),
    "preferred_activity": (
        _l("Activités préférées"),
        _l("présences à une autre activité que celle préférée"),
    ),
    "preferred_site": (_l("Lieux préférés"), _l("présences ailleurs qu'au lieu préféré")),
    "level_spread": (_l("Écart de niveaux"), _l("niveaux de langue différents dans un même groupe")),
    "repeat_meeting": (_l("Mélange"), _l("personnes qui se retrouvent au lieu d'en rencontrer d'autres")),
    "balance": (_l("Anciens et nouveaux"), _l("groupes où les uns ou les autres sont trop peu nombreux")),
    "short_day": (_l("Déplacements pour peu"), _l("jours où l'on vient pour une seule séance courte")),
    "idle": (_l("Temps morts"), _l("attentes entre deux séances")),
    "days": (_l("Jours de présence"), _l("jours où l'on doit venir")),
    "leader_change": (_l("Continuité"), _l("changements d'animateur ou de référent")),
    "unfair_participant": (
        _l("Équité entre personnes"),
        _l("plusieurs besoins manqués chez la même personne"),
    ),
    "unfair_staff": (_l("Équité dans l'équipe"), _l("semaines trop chargées pour l'un ou l'autre")),
    "stability": (_l("Stabilité"), _l("changements par rapport à ce qui est déjà publié")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A soft term of one plan: points lost, and their share of what full coverage is worth."""

    key: str
    name: Any
    meaning: Any
    points: int
    share: float


def terms_in_words(terms: Mapping[str, int], full_value: int) -> list[Term]:
    """Return every term in order of importance."""
    return [
        Term(
            key=key,
            name=name,
            meaning=meaning,
            points=terms.get(key, 0),
            share=terms.get(key, 0) / full_value if full_value else 0.0,
        )
        for key, (name, meaning) in TERM_WORDS.items()
    ]
