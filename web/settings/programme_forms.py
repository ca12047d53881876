"""Forms on the parts of a programme."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, IntegerField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from scheduler.models import Activity, DemandRule
from scheduler.programmes import vocabulary
from scheduler.programmes.rule_kinds import RULE_KINDS
from web.fields import (
    DURATION_HINT,
    CheckboxesField,
    ChoiceField,
    DurationField,
    LanguagesField,
    LinesField,
    Needed,
    ParamsField,
    TimesField,
    WordsField,
    level_choices,
)
from web.formwork import VersionedForm

PERIODS = (
    (0, _l("Toute la période planifiée")),
    (1, _l("Semaine")),
    (2, _l("Quinzaine")),
    (3, _l("3 semaines")),
    (4, _l("Mois (4 semaines)")),
    (6, _l("6 semaines")),
    (13, _l("Trimestre (13 semaines)")),
)


def words(table: Mapping[str, str]) -> Callable[[], list[tuple[str, str]]]:
    """Return the choices of a vocabulary, translated when they are asked for."""
    return lambda: [(key, _(label)) for key, label in table.items()]


def period_choices(current: int | None) -> list[tuple[int, Any]]:
    """Return the periods, with the one in use when it is none of the usual."""
    known = {weeks for weeks, _label in PERIODS}
    extra = [] if current is None or current in known else [(current, _("%(n)s semaines", n=current))]
    return sorted([*PERIODS, *extra], key=lambda each: each[0])


def _number(label: Any, low: int, high: int, *, optional: bool = False, **options: Any) -> IntegerField:
    message = _l("Entre %(low)s et %(high)s.", low=low, high=high)
    first = Optional() if optional else InputRequired(_l("Donnez un nombre."))
    return IntegerField(label, validators=[first, NumberRange(low, high, message)], **options)


def _name(label: Any, *, required: bool = True) -> StringField:
    validators: list[Any] = [DataRequired(_l("Donnez un nom."))] if required else []
    return StringField(label, validators=[*validators, Length(max=120)])


class ProgrammeForm(VersionedForm):
    """Name and summary of a programme."""

    name = _name(_l("Nom du programme"))
    neutral_name = StringField(
        _l("Nom neutre"),
        validators=[Length(max=120)],
        description=_l(
            "Dans les messages et les agendas : rien qui dise à un inconnu pourquoi la personne vient."
        ),
    )
    summary = TextAreaField(_l("Résumé"), validators=[Length(max=1000)], render_kw={"rows": 4})
    source = StringField(_l("Source"), validators=[Length(max=300)])


class PhaseForm(VersionedForm):
    """A stretch of the path."""

    name = _name(_l("Nom de la phase"))
    weeks = _number(_l("Durée habituelle, en semaines"), 1, 520, optional=True)
    before_enrolment = BooleanField(_l("Avant l'inscription : accueil, orientation"))
    place = _number(_l("Rang parmi les phases"), 1, 50)


class RoleForm(PlainForm):
    """People that a session needs; a row without a name is left out."""

    id = StringField(_l("Rôle"), validators=[Length(max=40)])
    count = _number(_l("Combien"), 1, 20, default=1)
    kinds = CheckboxesField(_l("Qui"), choices=words(vocabulary.STAFF_KINDS), default=["staff"])
    skills = CheckboxesField(_l("Compétences"), choices=words(vocabulary.SKILLS))
    other_skills = WordsField(_l("Autres compétences"))
    languages = LanguagesField(_l("Parle une de ces langues"))
    language = ChoiceField(_l("Langue"), coerce=str, choices=words(vocabulary.ROLE_LANGUAGES), default="any")
    only_if_needed = BooleanField(_l("Seulement si la personne en a besoin"))


class NeedForm(PlainForm):
    """Units of a pool that a session occupies."""

    equipment = ChoiceField(_l("Matériel"), coerce=str, validate_choice=False)
    units = _number(_l("Exemplaires"), 1, 1000, default=1)


class ActivityForm(VersionedForm):
    """Something sessions are held of."""

    paths = {
        "name": "name",
        "duration": "duration_minutes",
        "pause": "pause_minutes",
        "times": "times",
        "frequency": "sessions_max",
        "frequency.min": "sessions_min",
        "frequency.max": "sessions_max",
        "pattern": "pattern",
        "run_length": "run_length",
        "min_days_between": "min_days_between",
        "max_parallel": "max_parallel",
        "seats": "seats_max",
        "seats.min": "seats_min",
        "seats.max": "seats_max",
        "subgroups": "subgroup_max",
        "subgroups.min": "subgroup_min",
        "subgroups.max": "subgroup_max",
        "level.spoken": "level_spoken_max",
        "level.written": "level_written_max",
        "places": "site_names",
        "themes": "themes",
    }

    name = _name(_l("Nom de l'activité"))
    neutral_name = StringField(_l("Nom neutre"), validators=[Length(max=120)])
    kind = ChoiceField(
        _l("Sorte"), coerce=str, choices=words(vocabulary.ACTIVITY_KINDS), validators=[InputRequired()]
    )
    description = TextAreaField(_l("Description"), validators=[Length(max=1000)], render_kw={"rows": 3})
    outline = LinesField(_l("Déroulement"), description=_l("Une étape par ligne."), render_kw={"rows": 4})
    pictogram = ChoiceField(
        _l("Pictogramme"), coerce=str, choices=lambda: [("", _("Aucun")), *words(vocabulary.PICTOGRAMS)()]
    )
    themes = CheckboxesField(_l("Thèmes"), choices=words(vocabulary.THEMES))

    duration_minutes = DurationField(
        _l("Durée"), validators=[Needed(_l("Donnez une durée."))], description=DURATION_HINT
    )
    pause_minutes = DurationField(_l("Dont pause"), description=DURATION_HINT)
    times = TimesField(
        _l("Débuts possibles"),
        validators=[Needed(_l("Donnez au moins un jour et une heure."))],
        description=_l("Une ligne par groupe de jours. Par exemple : mer ven 13:30, 14:00"),
        render_kw={"rows": 4},
    )
    period_weeks = ChoiceField(_l("Fréquence comptée par"), validators=[InputRequired()])
    sessions_min = _number(_l("Séances, au moins"), 0, 100)
    sessions_max = _number(_l("Séances, au plus"), 0, 100)
    pattern = ChoiceField(
        _l("Régularité"), coerce=str, choices=words(vocabulary.PATTERNS), validators=[InputRequired()]
    )
    run_length = _number(_l("Jours de suite"), 0, 60, description=_l("Pour des jours ouvrables consécutifs."))
    min_days_between = _number(_l("Jours entre deux séances, au moins"), 0, 60)
    max_parallel = _number(_l("Séances en même temps, au plus"), 1, 50)
    lead_days = _number(_l("À décider combien de jours avant"), 0, 400)

    individual = BooleanField(_l("Rendez-vous individuel"))
    drop_in = BooleanField(_l("Permanence sans inscription"))
    block = BooleanField(_l("À suivre en entier ou pas du tout"))
    per_cohort = BooleanField(_l("Une fois pour chaque groupe fermé"))
    seats_min = _number(_l("Personnes, au moins"), 0, 1000)
    seats_max = _number(_l("Personnes, au plus"), 1, 1000)
    subgroup_min = _number(_l("Sous-groupes, de"), 1, 1000, optional=True)
    subgroup_max = _number(_l("Sous-groupes, à"), 1, 1000, optional=True)
    level_spoken_min = ChoiceField(_l("Oral, de"), choices=level_choices, validators=[InputRequired()])
    level_spoken_max = ChoiceField(_l("Oral, à"), choices=level_choices, validators=[InputRequired()])
    level_written_min = ChoiceField(_l("Écrit, de"), choices=level_choices, validators=[InputRequired()])
    level_written_max = ChoiceField(_l("Écrit, à"), choices=level_choices, validators=[InputRequired()])
    language_groups = BooleanField(_l("Chaque séance dans une langue que tout le monde parle"))
    sensitive = BooleanField(_l("Sensible : jamais imposée"))
    children_welcome = BooleanField(_l("Les enfants peuvent venir"))
    with_mentor = BooleanField(_l("Avec le mentor de la personne"))
    mix = BooleanField(_l("Composition différente à chaque fois"))
    balance = BooleanField(_l("Mêler anciens et nouveaux"))
    continuity = BooleanField(_l("Garder le même animateur"))

    site_names = CheckboxesField(_l("Où"), description=_l("Rien de coché : tous les sites du centre."))
    needs_room = BooleanField(_l("Il faut un local"))
    room_features = CheckboxesField(_l("Local avec"), choices=words(vocabulary.ROOM_FEATURES))
    other_features = WordsField(
        _l("Autre chose dans le local"), description=_l("Mots séparés par des virgules.")
    )
    file_needed = ChoiceField(
        _l("Dossier"), coerce=str, choices=words(vocabulary.FILE_NEEDS), validators=[InputRequired()]
    )
    funder = StringField(_l("Subsidiant"), validators=[Length(max=40)])
    active = BooleanField(_l("En service"))
    roles = FieldList(FormField(RoleForm))
    equipment = FieldList(FormField(NeedForm))

    def activity_values(self, before: Activity | None) -> dict[str, Any]:
        """Return the columns of the activity; people whom the centre named for a role stay named."""
        named = {role["id"]: role["staff"] for role in before.roles if role.get("staff")} if before else {}
        roles = []
        for row in self.roles.data:
            if not (row["id"] or "").strip():
                continue
            role = {key: row[key] for key in ("count", "kinds", "languages", "language", "only_if_needed")}
            role["id"] = row["id"].strip()
            role["skills"] = [*row["skills"], *(row["other_skills"] or [])]
            if role["id"] in named:
                role["staff"] = named[role["id"]]
            roles.append(role)
        values = self.values("other_features", "roles", "equipment")
        return values | {
            "roles": roles,
            "equipment": [need for need in self.equipment.data if need["equipment"]],
            "room_features": [*values["room_features"], *(self.other_features.data or [])],
            "pause_minutes": self.pause_minutes.data or 0,
            "pictogram": self.pictogram.data or "",
            "funder": (self.funder.data or "").strip(),
        }


ACTIVITY_GROUPS = (
    (_l("Ce que c'est"), ("name", "neutral_name", "kind", "pictogram", "description", "outline", "themes")),
    (
        _l("Quand"),
        (
            "duration_minutes",
            "pause_minutes",
            "times",
            "period_weeks",
            "sessions_min",
            "sessions_max",
            "pattern",
            "run_length",
            "min_days_between",
            "max_parallel",
            "lead_days",
        ),
    ),
    (
        _l("Pour qui"),
        (
            "individual",
            "drop_in",
            "block",
            "per_cohort",
            "seats_min",
            "seats_max",
            "subgroup_min",
            "subgroup_max",
            "level_spoken_min",
            "level_spoken_max",
            "level_written_min",
            "level_written_max",
            "language_groups",
            "sensitive",
            "children_welcome",
            "with_mentor",
            "mix",
            "balance",
            "continuity",
        ),
    ),
    (
        _l("Où et comment"),
        ("site_names", "needs_room", "room_features", "other_features", "file_needed", "funder", "active"),
    ),
)


def _tri(yes: Any, no: Any) -> list[tuple[Any, Any]]:
    return [("", _l("Tout le monde")), (True, yes), (False, no)]


def _flag(value: Any) -> bool:
    return value in (True, "True")


#: Conditions with yes, no or whatever.
FLAGS = ("newcomer", "brings_children", "without_project", "interested", "mentored")


class DemandForm(VersionedForm):
    """What everybody whom it concerns needs."""

    paths = {
        "label": "label",
        "activities": "activity_keys",
        "phases": "phase_keys",
        "min": "min",
        "target": "target",
        "max": "max",
        "max_per_week": "max_per_week",
        "gap_days": "gap_days",
        "unit": "unit",
        "every": "period_weeks",
        "after_weeks": "after_weeks",
        "until_weeks": "until_weeks",
        "counter": "counter_key",
        "staff_from": "staff_from",
        "when.level_spoken": "level_spoken_max",
        "when.level_written": "level_written_max",
    }

    label = StringField(
        _l("En quelques mots"), validators=[DataRequired(_l("Donnez quelques mots.")), Length(max=200)]
    )
    activity_keys = CheckboxesField(
        _l("De quelle activité"),
        validators=[Needed(_l("Cochez au moins une activité."))],
        description=_l("Plusieurs cochées : l'une ou l'autre."),
    )
    unit = ChoiceField(
        _l("Compté en"), coerce=str, choices=words(vocabulary.UNITS), validators=[InputRequired()]
    )
    period_weeks = ChoiceField(_l("Par"), validators=[InputRequired()])
    min = _number(_l("Au moins"), 0, 100_000)
    target = _number(_l("Si possible"), 0, 100_000)
    max = _number(_l("Au plus"), 0, 100_000, optional=True)
    max_per_week = _number(_l("Au plus par semaine"), 0, 100_000, optional=True)
    gap_days = _number(_l("Jours entre deux séances, au moins"), 0, 400)
    weight = _number(_l("Poids, de 1 à 100"), 1, 100, description=_l("10 : comme les autres."))
    legal = BooleanField(_l("Obligation légale ou contractuelle"))
    phase_keys = CheckboxesField(_l("Dans quelles phases"), description=_l("Rien de coché : toutes."))
    after_weeks = _number(_l("Après combien de semaines"), 0, 520, optional=True)
    until_weeks = _number(_l("Jusqu'à combien de semaines"), 0, 520, optional=True)
    level_spoken_min = ChoiceField(_l("Oral, de"), choices=lambda: [("", "–"), *level_choices()])
    level_spoken_max = ChoiceField(_l("Oral, à"), choices=lambda: [("", "–"), *level_choices()])
    level_written_min = ChoiceField(_l("Écrit, de"), choices=lambda: [("", "–"), *level_choices()])
    level_written_max = ChoiceField(_l("Écrit, à"), choices=lambda: [("", "–"), *level_choices()])
    newcomer = ChoiceField(
        _l("Ancienneté"), coerce=_flag, choices=_tri(_l("Les nouveaux"), _l("Les anciens"))
    )
    brings_children = ChoiceField(
        _l("Enfants"),
        coerce=_flag,
        choices=_tri(_l("Qui vient avec des enfants"), _l("Qui vient sans enfants")),
    )
    without_project = ChoiceField(
        _l("Groupe de projet"), coerce=_flag, choices=_tri(_l("Qui n'en a pas"), _l("Qui en a un"))
    )
    interested = ChoiceField(
        _l("Souhait"), coerce=_flag, choices=_tri(_l("Qui l'a demandé"), _l("Qui ne l'a pas demandé"))
    )
    mentored = ChoiceField(
        _l("Mentor"), coerce=_flag, choices=_tri(_l("Qui a un mentor"), _l("Qui n'en a pas"))
    )
    languages = LanguagesField(_l("Parle une de ces langues"))
    projects = CheckboxesField(_l("Projets"), choices=words(vocabulary.PROJECTS))
    counter_key = ChoiceField(_l("Jusqu'à ce que soit rempli le compteur"), coerce=str)
    staff_from = ChoiceField(_l("Avec qui"), coerce=str, choices=words(vocabulary.STAFF_SOURCES))

    def demand_values(self) -> dict[str, Any]:
        """Return the columns of the demand."""
        asked = {*FLAGS, "languages", "projects", "level_spoken_min", "level_spoken_max"}
        values = self.values(*asked, "level_written_min", "level_written_max")
        conditions: dict[str, Any] = {}
        for kind in ("level_spoken", "level_written"):
            low, high = self[f"{kind}_min"].data, self[f"{kind}_max"].data
            if low is not None or high is not None:
                conditions[kind] = [low if low is not None else 0, high if high is not None else 6]
        conditions |= {name: self[name].data for name in FLAGS if self[name].data is not None}
        conditions |= {name: self[name].data for name in ("languages", "projects") if self[name].data}
        return values | {"conditions": conditions, "staff_from": self.staff_from.data or ""}

    @staticmethod
    def condition_data(demand: DemandRule) -> dict[str, Any]:
        """Return what the fields on conditions show."""
        data = {name: demand.conditions.get(name) for name in (*FLAGS, "languages", "projects")}
        for kind in ("level_spoken", "level_written"):
            low, high = demand.conditions.get(kind, (None, None))
            data |= {f"{kind}_min": low, f"{kind}_max": high}
        return {name: value for name, value in data.items() if value is not None}


DEMAND_GROUPS = (
    (_l("Quoi"), ("label", "activity_keys")),
    (
        _l("Combien"),
        ("unit", "period_weeks", "min", "target", "max", "max_per_week", "gap_days", "weight", "legal"),
    ),
    (
        _l("Pour qui"),
        (
            "phase_keys",
            "after_weeks",
            "until_weeks",
            "level_spoken_min",
            "level_spoken_max",
            "level_written_min",
            "level_written_max",
            *FLAGS,
            "languages",
            "projects",
        ),
    ),
    (_l("Et encore"), ("counter_key", "staff_from")),
)


class OrderForm(VersionedForm):
    """A rule between two activities."""

    first_key = ChoiceField(_l("Première activité"), coerce=str, validators=[InputRequired()])
    kind = ChoiceField(
        _l("Règle"), coerce=str, choices=words(vocabulary.ORDER_KINDS), validators=[InputRequired()]
    )
    second_key = ChoiceField(_l("Deuxième activité"), coerce=str, validators=[InputRequired()])


class RuleForm(VersionedForm):
    """A statement that guides people."""

    paths = {"text": "text", "kind": "kind", "params": "params"}

    kind = ChoiceField(
        _l("Sorte"),
        coerce=str,
        choices=lambda: sorted(
            ((key, _(kind.label)) for key, kind in RULE_KINDS.items()), key=lambda each: each[1]
        ),
        validators=[InputRequired()],
    )
    text = TextAreaField(
        _l("En clair"),
        validators=[DataRequired(_l("Écrivez la règle.")), Length(max=500)],
        render_kw={"rows": 3},
    )
    params = ParamsField(
        _l("Paramètres"), description=_l("Une ligne « nom: valeur » par paramètre."), render_kw={"rows": 5}
    )
    source = StringField(_l("Source"), validators=[Length(max=300)])


class CounterForm(VersionedForm):
    """A legal counter."""

    paths = {"name": "name", "target": "target_minutes", "activities": "activities"}

    name = _name(_l("Nom du compteur"))
    target_minutes = DurationField(
        _l("Total à atteindre"),
        validators=[Needed(_l("Donnez une durée."))],
        description=_l("Par exemple : 400 h."),
    )
    activities = CheckboxesField(_l("Alimenté par"))
    outside = BooleanField(_l("Alimenté aussi par des heures suivies ailleurs"))
