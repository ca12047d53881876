"""The kinds of rules that guide people, and the parameters each takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scheduler.message import N_, Message
from scheduler.programmes.codecs import Codec, Items, Key, Plain, Whole, Word, YesNo
from scheduler.programmes.vocabulary import EQUIPMENT, FILE_NEEDS, PLACES, ROOM_FEATURES, SKILLS, THEMES
from scheduler.programmes.yaml_nodes import Complaint, Item, RefusedError, unknown


class Reference(Key):
    """The key of something else in the programme: ``activities``, ``phases`` or ``counters``."""

    def __init__(self, table: str) -> None:
        super().__init__()
        self.table = table


class Number(Codec[float]):
    """A number such as 2 or 2.5."""

    def read(self, item: Item) -> float:
        text = item.scalar()
        if not re.fullmatch(r"\d{1,4}(\.\d{1,2})?", text):
            item.refuse(N_("« %(text)s » n'est pas un nombre; écrire 2 ou 2.5", text=text))
        return float(text) if "." in text else int(text)

    def write(self, value: float) -> float:
        return value


class MonthDay(Codec[str]):
    """A day of every year, written ``12-31``."""

    def read(self, item: Item) -> str:
        text = item.scalar()
        if not re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", text):
            item.refuse(N_("« %(text)s » n'est pas un jour de l'année; écrire 12-31 (mois-jour)", text=text))
        return text

    def write(self, value: str) -> str:
        return value


class Groups(Codec[dict[str, Any]]):
    """Lists of words under keys of one's own."""

    def __init__(self, words: Codec[str]) -> None:
        self.words = Items(words, least=1)

    def read(self, item: Item) -> dict[str, Any]:
        return {name: list(self.words.read(entry)) for name, entry in item.entries().items()}

    def write(self, value: dict[str, Any]) -> Any:
        return value


WORD: Final = Key(40)
WORDS: Final = Items(WORD, least=1)
ACTIVITIES: Final = Items(Reference("activities"), least=1)
PHASE: Final = Reference("phases")
PHASES: Final = Items(PHASE, least=1)
COUNT: Final = Whole(0, 1000)
PERCENT: Final = Whole(0, 100)


@dataclass(frozen=True)
class RuleKind:
    """A kind of rule: its French label, the parameters it must have, and those it may have."""

    label: str
    needs: Mapping[str, Codec[Any]]
    takes: Mapping[str, Codec[Any]]

    @property
    def params(self) -> dict[str, Codec[Any]]:
        """Every parameter it knows."""
        return {**self.needs, **self.takes}


def _kind(label: Message, needs: Mapping[str, Codec[Any]], **takes: Codec[Any]) -> RuleKind:
    return RuleKind(label.msgid, needs, takes)


RULE_KINDS: Final[Mapping[str, RuleKind]] = {
    "absence": _kind(N_("Absences"), {"certificate": YesNo()}),
    "agreed_frequency": _kind(N_("Rythme convenu"), {"activities": ACTIVITIES, "by": WORDS}),
    "allocation_key": _kind(
        N_("Clé de répartition"), {"group": Word(("non_eu",)), "percent": PERCENT, "funder": WORD}
    ),
    "amount": _kind(
        N_("Nombre de séances"),
        {"activities": ACTIVITIES, "min": COUNT, "max": COUNT},
        phases=PHASES,
        per=Word(("year", "month", "phase")),
    ),
    "appointment_delay": _kind(N_("Délai de rendez-vous"), {"activities": ACTIVITIES, "max_days": COUNT}),
    "approval": _kind(N_("Approbation"), {"activities": ACTIVITIES, "by": WORD}),
    "attestation": _kind(N_("Attestation"), {"of": WORD, "counters": Items(Reference("counters"))}),
    "audience": _kind(N_("Public"), {"speakers_of_other_languages": YesNo()}),
    "balance": _kind(N_("Équilibre des groupes"), {"activities": ACTIVITIES}),
    "before_enrolment": _kind(
        N_("Avant l'inscription"),
        {"activities": ACTIVITIES},
        min_minutes=COUNT,
        sessions=COUNT,
        sessions_max=COUNT,
    ),
    "catalogue": _kind(
        N_("Catalogue"),
        {"activities": ACTIVITIES, "registration": Word(("open", "list")), "themes": Items(Word(THEMES))},
    ),
    "cohort": _kind(
        N_("Groupe fermé"), {"activities": ACTIVITIES, "weeks": COUNT, "seats": COUNT}, phases=PHASES
    ),
    "consent": _kind(N_("Accord de la personne"), {"for": WORD, "basis": WORDS}),
    "contact": _kind(
        N_("Contact"), {"phases": PHASES, "channel": Word(("phone", "sms", "whatsapp", "email"))}
    ),
    "counting": _kind(N_("Décompte"), {"minutes": Word(("attended",))}),
    "drop_out_watch": _kind(N_("Risque d'abandon"), {"absences_in_row": COUNT, "tell": WORD}),
    "entry": _kind(
        N_("Entrée"), {"mode": Word(("everybody", "open", "any_time", "list")), "phase": PHASE}, by=WORD
    ),
    "equipment_pool": _kind(
        N_("Matériel partagé"), {"equipment": Word(EQUIPMENT, open_set=True), "activities": ACTIVITIES}
    ),
    "evaluation": _kind(N_("Évaluation"), {"activities": ACTIVITIES, "parties": WORDS}, final=YesNo()),
    "feedback": _kind(N_("Retour au partenaire"), {"to": WORD, "about": WORD}),
    "file": _kind(N_("Dossier"), {"phase": PHASE, "activities": ACTIVITIES, "file": Word(FILE_NEEDS)}),
    "grouping": _kind(
        N_("Formation des groupes"),
        {
            "activities": ACTIVITIES,
            "by": Word(("language", "level", "project", "level_and_interest", "everybody")),
        },
        phases=PHASES,
    ),
    "interpreters": _kind(N_("Interprètes"), {"pool": WORD, "by": WORD, "for": WORDS}),
    "joint_plan": _kind(N_("Plan commun"), {"partners": WORDS, "meets": WORDS}),
    "language_path": _kind(
        N_("Parcours linguistique"), {"course": YesNo(), "place": YesNo(), "times": YesNo()}
    ),
    "mentoring": _kind(
        N_("Mentorat"), {"match_on": WORDS, "activities": ACTIVITIES}, programmes=Items(Plain(60))
    ),
    "note": _kind(N_("Remarque"), {}),
    "notification": _kind(N_("Annonce des changements"), {"events": WORDS}, touched_only=YesNo()),
    "on_request": _kind(N_("Sur demande"), {"activities": ACTIVITIES}, role=WORD, max_per_week=COUNT),
    "open_desk": _kind(
        N_("Permanence"), {"activities": ACTIVITIES, "registration": YesNo(), "attendance": YesNo()}
    ),
    "opening": _kind(N_("Horaires"), {"activities": ACTIVITIES}, evenings=YesNo(), out_of_hours=YesNo()),
    "opt_in": _kind(N_("Jamais imposé"), {"activities": ACTIVITIES, "themes": Items(Word(THEMES))}),
    "orientation": _kind(N_("Orientation"), {"phase": PHASE, "when": WORDS}),
    "outcome": _kind(N_("Suite"), {"phase": PHASE, "outcome": PHASE}),
    "path_length": _kind(N_("Durée du parcours"), {"months": COUNT}),
    "pause": _kind(N_("Pause"), {"allowed": YesNo(), "return": YesNo()}),
    "piis_evaluation": _kind(
        N_("Évaluation du PIIS"), {"activities": ACTIVITIES, "per_year": COUNT, "individual_min": COUNT}
    ),
    "place": _kind(
        N_("Lieu"),
        {"activities": ACTIVITIES},
        places=Items(Word(PLACES)),
        public_transport=YesNo(),
        features=Items(Word(ROOM_FEATURES, open_set=True)),
        children=YesNo(),
    ),
    "publication": _kind(N_("Publication du calendrier"), {"months": COUNT}, notify=YesNo()),
    "reminder": _kind(
        N_("Rappels"),
        {"activities": ACTIVITIES},
        everybody=YesNo(),
        channels=Items(Word(("sms", "whatsapp", "voice", "email"))),
        bounded=YesNo(),
    ),
    "report": _kind(
        N_("Rapport"),
        {"funder": WORD, "period": Word(("year", "quarter", "month"))},
        detail=WORD,
        split=Word(("non_eu",)),
    ),
    "season": _kind(N_("Saison"), {"from": MonthDay(), "until": MonthDay()}),
    "session_types": _kind(N_("Types de séances"), {"activities": ACTIVITIES, "types": Groups(Word(THEMES))}),
    "staffing": _kind(
        N_("Encadrement"), {"activities": ACTIVITIES, "role": WORD, "skill": Word(SKILLS, open_set=True)}
    ),
    "strand": _kind(
        N_("Volet"), {"name": Plain(80), "funder": WORD, "activities": ACTIVITIES}, modules=COUNT
    ),
    "substitution": _kind(
        N_("Remplacement"),
        {"activities": ACTIVITIES, "replaces": Reference("activities"), "when": WORD},
        municipalities=COUNT,
        partner=WORD,
        interpreter=YesNo(),
    ),
    "survey": _kind(N_("Enquête"), {"phase": PHASE, "about": WORD}),
    "team": _kind(N_("Équipe"), {"full_time": Number()}, half_time=Number(), lead_percent=PERCENT),
    "team_review": _kind(N_("Réunion d'équipe"), {"of": WORD}),
    "tell_once": _kind(N_("Une seule fois"), {"share": WORD}),
    "territory": _kind(N_("Territoire"), {"activities": ACTIVITIES, "by": Word(("municipality",))}),
    "trial": _kind(N_("Essai"), {"phase": PHASE, "weeks": COUNT, "obligation": YesNo(), "then": WORDS}),
    "waiting_list": _kind(N_("Liste d'attente"), {"after": ACTIVITIES, "for": WORD}),
    "weekly_alternative": _kind(N_("L'une ou l'autre"), {"activities": ACTIVITIES, "per_week": COUNT}),
}


class Params(Codec[dict[str, Any]]):
    """The parameters of a rule, by its kind."""

    def __init__(self, kind: RuleKind | None = None) -> None:
        self.kind = kind

    def given(self, values: Mapping[str, Any]) -> Params:
        return Params(RULE_KINDS.get(values.get("kind", "")))

    def read(self, item: Item) -> dict[str, Any]:
        if self.kind is None:
            raise RefusedError
        params: dict[str, Any] = {}
        for name, entry in item.entries().items():
            codec = self.kind.params.get(name)
            if codec is None:
                entry.complain(unknown(name, self.kind.params, N_("cette clé n'est pas connue ici")))
                continue
            try:
                value = codec.read(entry)
            except RefusedError:
                continue
            params[name] = list(value) if isinstance(value, tuple) else value
        for name in self.kind.needs.keys() - item.entries().keys():
            item.book.complaints.append(Complaint(f"{item.key}.{name}", N_("cette clé manque"), item.line))
        return params

    def write(self, value: dict[str, Any]) -> Any:
        return dict(value)


def references(kind: str, params: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Give what a rule's parameters refer to, as (parameter, table, key)."""
    found = []
    for name, codec in RULE_KINDS[kind].params.items():
        inner = codec.codec if isinstance(codec, Items) else codec
        if name in params and isinstance(inner, Reference):
            keys = params[name] if isinstance(params[name], list) else [params[name]]
            found += [(name, inner.table, str(key)) for key in keys]
    return found
