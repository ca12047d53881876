"""The words programmes are written in, with the French label each is shown by.

The keys are what files, tables and the planner use; the labels are message ids that the web
translates. A centre may use words of its own for skills, room features and equipment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


def N_(msgid: str) -> str:
    """Mark a French message id for the catalogues without translating it here."""
    return msgid


@dataclass(frozen=True, slots=True)
class Place:
    """Where sessions may be held.

    ``token`` is what stands in ``Activity.site_names``: a word with ``@`` for a set of the
    centre's sites, else the name of a site outside that installing a programme creates.
    """

    token: str
    label: str


ACTIVITY_KINDS: Final = {
    "workshop": N_("Atelier"),
    "level_group": N_("Groupe de niveau"),
    "information": N_("Séance d'information"),
    "coaching": N_("Coaching"),
    "excursion": N_("Sortie"),
    "volunteering": N_("Volontariat"),
    "intensive": N_("Formation intensive"),
    "interview": N_("Entretien"),
    "gathering": N_("Rencontre collective"),
    "open_desk": N_("Permanence"),
    "professional": N_("Séance pour professionnels"),
}

PATTERNS: Final = {
    "free": N_("Libre"),
    "same_time": N_("Toujours aux mêmes moments"),
    "alternating": N_("Jours alternés d'une semaine à l'autre"),
    "consecutive": N_("Jours ouvrables consécutifs"),
}

UNITS: Final = {
    "sessions": N_("séances"),
    "minutes": N_("minutes suivies"),
    "days": N_("jours"),
}

ORDER_KINDS: Final = {
    "before": N_("avant"),
    "same_week": N_("la même semaine que"),
    "not_same_day": N_("jamais le même jour que"),
}

STAFF_KINDS: Final = {
    "staff": N_("Membre de l'équipe"),
    "volunteer": N_("Volontaire"),
    "interpreter": N_("Interprète"),
    "host": N_("Structure d'accueil"),
}

ROLE_LANGUAGES: Final = {
    "any": N_("Langue indifférente"),
    "group": N_("Parle la langue du groupe"),
    "participant": N_("Parle une langue de la personne"),
}

#: Who may lead an appointment, when a demand narrows it.
STAFF_SOURCES: Final = {
    "": N_("Tout membre de l'équipe qui a la compétence"),
    "referent": N_("Seulement le référent de la personne"),
    "territory": N_("Seulement qui couvre la commune de la personne"),
}

#: Whether a person needs a file at the centre to take part.
FILE_NEEDS: Final = {
    "none": N_("Sans dossier"),
    "optional": N_("Dossier facultatif"),
    "always": N_("Avec dossier"),
}

SKILLS: Final = {
    "group_work": N_("Animation de groupe"),
    "interview": N_("Entretien et accompagnement individuel"),
    "social_work": N_("Travail social"),
    "psychosocial": N_("Soutien psychosocial"),
    "intercultural_mediation": N_("Médiation interculturelle"),
    "neighbourhood_work": N_("Travail de quartier"),
    "french_teaching": N_("Enseignement du français"),
    "citizenship": N_("Formation à la citoyenneté"),
    "socio_professional": N_("Insertion socioprofessionnelle"),
    "digital": N_("Numérique"),
    "creative": N_("Expression artistique"),
    "image": N_("Photo et médias"),
    "sport": N_("Sport"),
    "handiwork": N_("Travail manuel et mobilier"),
    "volunteering": N_("Accompagnement du volontariat"),
    "mentoring": N_("Accompagnement des binômes"),
    "training": N_("Formation de professionnels"),
}

ROOM_FEATURES: Final = {
    "quiet": N_("Local calme"),
    "projector": N_("Projecteur"),
    "kitchen": N_("Cuisine"),
    "workshop": N_("Atelier équipé"),
    "gym": N_("Salle de sport"),
    "children_corner": N_("Coin enfants"),
    "accessible": N_("Accessible en fauteuil roulant"),
}

EQUIPMENT: Final = {
    "laptops": N_("Ordinateurs portables"),
    "cameras": N_("Appareils photo"),
    "minibus": N_("Minibus"),
}

#: Places that are sets of the centre's own sites, and places outside.
PLACES: Final = {
    "inside": Place("@inside", N_("Tous les sites du centre")),
    "main": Place("@main", N_("Site principal")),
    "outposts": Place("@outposts", N_("Antennes")),
    "outside": Place("@outside", N_("Tous les lieux extérieurs")),
    "home": Place("Visite à domicile", N_("Visite à domicile")),
    "outing": Place("En sortie", N_("En sortie")),
    "care_home": Place("Maison de repos", N_("Maison de repos")),
    "host": Place("Structure d'accueil", N_("Structure d'accueil")),
    "chosen": Place("Lieu choisi ensemble", N_("Lieu choisi ensemble")),
}

THEMES: Final = {
    "rights_duties": N_("Droits et devoirs"),
    "rental_law": N_("Droit du bail"),
    "health_care": N_("Soins de santé"),
    "stress": N_("Stress"),
    "sleep": N_("Sommeil"),
    "identity": N_("Identité"),
    "housing": N_("Logement"),
    "health": N_("Santé"),
    "transport": N_("Transports"),
    "discrimination": N_("Discriminations"),
    "sexuality": N_("Sexualité"),
    "domestic_violence": N_("Violences dans le couple et la famille"),
    "citizenship": N_("Citoyenneté"),
    "daily_life": N_("Gestion du quotidien"),
    "family_school": N_("Famille et école"),
    "institutions": N_("Institutions belges"),
    "energy": N_("Énergie"),
    "telecom": N_("Télécommunications"),
    "budget": N_("Budget"),
    "bank": N_("Banque"),
    "insurance": N_("Assurances"),
    "culture": N_("Culture"),
    "computing": N_("Informatique"),
    "sport": N_("Sport"),
    "photo": N_("Photo"),
    "media": N_("Médias"),
    "art": N_("Art"),
    "furniture": N_("Mobilier"),
    "language": N_("Langue"),
    "project": N_("Projet personnel"),
    "driving_licence": N_("Permis de conduire"),
    "volunteering": N_("Volontariat"),
    "employment": N_("Emploi et formation"),
    "interculturality": N_("Interculturalité"),
    "diversity": N_("Diversité"),
    "foreigners_rights": N_("Droit des étrangers"),
    "running_association": N_("Gestion d'une association"),
}

#: Themes that must never be imposed on anybody.
SENSITIVE_THEMES: Final = frozenset({"sexuality", "domestic_violence"})

#: Words for ``Participant.project``.
PROJECTS: Final = {
    "driving_licence": N_("Permis de conduire"),
    "volunteering": N_("Volontariat en groupe"),
    "volunteering_host": N_("Volontariat dans une structure d'accueil"),
    "training": N_("Formation"),
    "employment": N_("Emploi"),
}

PICTOGRAMS: Final = {
    "welcome": N_("Accueil"),
    "interview": N_("Entretien"),
    "group": N_("Groupe"),
    "information": N_("Information"),
    "language": N_("Langue"),
    "citizenship": N_("Citoyenneté"),
    "home": N_("Maison"),
    "health": N_("Santé"),
    "family": N_("Famille"),
    "money": N_("Argent"),
    "computer": N_("Ordinateur"),
    "art": N_("Art"),
    "camera": N_("Appareil photo"),
    "sport": N_("Sport"),
    "tools": N_("Outils"),
    "outing": N_("Sortie"),
    "hands": N_("Entraide"),
    "work": N_("Travail"),
    "car": N_("Voiture"),
    "project": N_("Projet"),
    "evaluation": N_("Bilan"),
    "contract": N_("Contrat"),
    "mentor": N_("Binôme"),
    "desk": N_("Permanence"),
    "training": N_("Formation"),
    "test": N_("Test"),
}
