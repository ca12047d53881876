"""Between programmes as plain data and programmes in tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from scheduler.models import Activity, ActivityOrder, DemandRule, Phase, Programme
from scheduler.programmes import spec
from scheduler.programmes.spec import Text
from scheduler.programmes.vocabulary import PLACES

_TOKENS = {place.token: key for key, place in PLACES.items()}

#: Columns of an activity that have the same name and value in the file's form.
_SAME = (
    "kind",
    "pictogram",
    "pattern",
    "run_length",
    "min_days_between",
    "max_parallel",
    "individual",
    "drop_in",
    "block",
    "per_cohort",
    "needs_room",
    "language_groups",
    "sensitive",
    "children_welcome",
    "with_mentor",
    "mix",
    "balance",
    "continuity",
    "funder",
    "active",
)
_SAME_IN_DEMANDS = (
    "unit",
    "min",
    "max",
    "max_per_week",
    "gap_days",
    "weight",
    "legal",
    "after_weeks",
    "until_weeks",
    "staff_from",
)


def programme_columns(value: spec.ProgrammeSpec) -> dict[str, Any]:
    """Give the columns of a programme, its parts aside."""
    return {
        "key": value.key,
        **_texts(name=value.name, neutral_name=value.neutral_name, summary=value.summary),
        "source": value.source,
        "counters": [
            {
                "key": c.key,
                "name": c.name.fr,
                "target_minutes": c.target,
                "activities": list(c.activities),
                "outside": c.outside,
                "translations": dict(c.name.translations),
            }
            for c in value.counters
        ],
        "rules": [
            {
                "key": r.key,
                "kind": r.kind,
                "params": dict(r.params),
                "text": r.text.fr,
                "source": r.source,
                "translations": dict(r.text.translations),
            }
            for r in value.rules
        ],
        "equipment": [{"key": pool.key, "units": pool.units} for pool in value.equipment],
    }


def phase_columns(value: spec.PhaseSpec) -> dict[str, Any]:
    """Give the columns of a phase."""
    return {
        "key": value.key,
        **_texts(name=value.name),
        "weeks": value.weeks,
        "before_enrolment": value.before_enrolment,
    }


def activity_columns(value: spec.ActivitySpec) -> dict[str, Any]:
    """Give the columns of an activity."""
    texts = _texts(name=value.name, neutral_name=value.neutral_name, description=value.description)
    languages = {language for step in value.outline for language in step.translations}
    for language in sorted(languages):
        steps = [step.translations.get(language, "") for step in value.outline]
        texts["translations"].setdefault(language, {})["outline"] = steps
    return {
        "key": value.key,
        **texts,
        "outline": [step.fr for step in value.outline],
        "duration_minutes": value.duration,
        "pause_minutes": value.pause,
        "times": [{"weekdays": list(t.days), "starts": list(t.at)} for t in value.times],
        "period_weeks": value.frequency.every,
        "sessions_min": value.frequency.min,
        "sessions_max": value.frequency.max,
        "lead_days": value.lead,
        "seats_min": value.seats.min,
        "seats_max": value.seats.max,
        "site_names": site_names(value),
        "room_features": list(value.room_features),
        "roles": [
            {
                "id": role.key,
                "count": role.count,
                "kinds": list(role.who),
                "skills": list(role.skills),
                "languages": list(role.languages),
                "language": role.language,
                "only_if_needed": role.only_if_needed,
            }
            for role in value.roles
        ],
        "equipment": [{"equipment": need.equipment, "units": need.units} for need in value.equipment],
        "level_spoken_min": value.level.spoken[0],
        "level_spoken_max": value.level.spoken[1],
        "level_written_min": value.level.written[0],
        "level_written_max": value.level.written[1],
        "subgroup_min": value.subgroups.min if value.subgroups else None,
        "subgroup_max": value.subgroups.max if value.subgroups else None,
        "themes": list(value.themes),
        "file_needed": value.file,
        **{name: getattr(value, name) for name in _SAME},
    }


def site_names(value: spec.ActivitySpec) -> list[str]:
    """Give ``Activity.site_names``; empty for all sites of the centre itself."""
    if value.places == ("inside",) and not value.sites:
        return []
    return [PLACES[place].token for place in value.places] + list(value.sites)


def demand_columns(value: spec.DemandSpec) -> dict[str, Any]:
    """Give the columns of a demand rule."""
    conditions = {
        name: list(found) if isinstance(found, tuple) else found
        for name, found in vars(value.when).items()
        if found is not None
    }
    return {
        "key": value.key,
        **_texts(label=value.label),
        "phase_keys": list(value.phases),
        "activity_keys": list(value.activities),
        "period_weeks": value.every,
        "target": value.wanted,
        "conditions": conditions,
        "counter_key": value.counter,
        **{name: getattr(value, name) for name in _SAME_IN_DEMANDS},
    }


def order_columns(value: spec.OrderSpec) -> dict[str, Any]:
    """Give the columns of an order."""
    return {"kind": value.kind, "first_key": value.first, "second_key": value.second}


def spec_of(programme: Programme) -> spec.ProgrammeSpec:
    """Give a programme in tables as plain data, hand-made changes included."""
    return spec.ProgrammeSpec(
        key=programme.key,
        name=_text(programme, "name"),
        neutral_name=_text(programme, "neutral_name"),
        summary=_text(programme, "summary"),
        source=programme.source,
        phases=tuple(_phase(phase) for phase in programme.phases),
        counters=tuple(
            spec.CounterSpec(
                key=c["key"],
                name=Text(c["name"], c.get("translations", {})),
                target=c["target_minutes"],
                activities=tuple(c.get("activities", ())),
                outside=c.get("outside", False),
            )
            for c in programme.counters
        ),
        equipment=tuple(spec.PoolSpec(key=p["key"], units=p["units"]) for p in programme.equipment),
        activities=tuple(_activity(activity) for activity in programme.activities),
        orders=tuple(_order(order) for order in programme.orders),
        demands=tuple(_demand(rule) for rule in programme.demand_rules),
        rules=tuple(
            spec.RuleSpec(
                key=r["key"],
                kind=r["kind"],
                params=r.get("params", {}),
                text=Text(r["text"], r.get("translations", {})),
                source=r.get("source", ""),
            )
            for r in programme.rules
        ),
    )


def _phase(row: Phase) -> spec.PhaseSpec:
    return spec.PhaseSpec(
        key=row.key, name=_text(row, "name"), weeks=row.weeks, before_enrolment=row.before_enrolment
    )


def _order(row: ActivityOrder) -> spec.OrderSpec:
    return spec.OrderSpec(first=row.first_key, kind=row.kind, second=row.second_key)


def _activity(row: Activity) -> spec.ActivitySpec:
    names = row.site_names or [PLACES["inside"].token]
    subgroups = None
    if row.subgroup_min is not None and row.subgroup_max is not None:
        subgroups = spec.RangeSpec(min=row.subgroup_min, max=row.subgroup_max)
    return spec.ActivitySpec(
        key=row.key,
        name=_text(row, "name"),
        neutral_name=_text(row, "neutral_name"),
        description=_text(row, "description"),
        outline=_outline(row),
        duration=row.duration_minutes,
        pause=row.pause_minutes,
        times=tuple(spec.TimesSpec(days=tuple(t["weekdays"]), at=tuple(t["starts"])) for t in row.times),
        frequency=spec.FrequencySpec(every=row.period_weeks, min=row.sessions_min, max=row.sessions_max),
        lead=row.lead_days,
        seats=spec.RangeSpec(min=row.seats_min, max=row.seats_max),
        places=tuple(_TOKENS[name] for name in names if name in _TOKENS),
        sites=tuple(name for name in names if name not in _TOKENS),
        room_features=tuple(row.room_features),
        roles=tuple(_role(role) for role in row.roles),
        equipment=tuple(
            spec.EquipmentSpec(equipment=need["equipment"], units=need["units"]) for need in row.equipment
        ),
        level=spec.LevelsSpec(
            spoken=(row.level_spoken_min, row.level_spoken_max),
            written=(row.level_written_min, row.level_written_max),
        ),
        subgroups=subgroups,
        themes=tuple(row.themes),
        file=row.file_needed,
        **{name: getattr(row, name) for name in _SAME},
    )


def _role(role: Mapping[str, Any]) -> spec.RoleSpec:
    return spec.RoleSpec(
        key=role["id"],
        count=role.get("count", 1),
        who=tuple(role.get("kinds", ("staff",))),
        skills=tuple(role.get("skills", ())),
        languages=tuple(role.get("languages", ())),
        language=role.get("language", "any"),
        only_if_needed=role.get("only_if_needed", False),
    )


def _demand(row: DemandRule) -> spec.DemandSpec:
    known = {field.name for field in dataclasses.fields(spec.ConditionsSpec)}
    conditions: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in row.conditions.items()
        if name in known
    }
    return spec.DemandSpec(
        key=row.key,
        label=_text(row, "label"),
        phases=tuple(row.phase_keys),
        activities=tuple(row.activity_keys),
        every=row.period_weeks,
        target=row.target,
        when=spec.ConditionsSpec(**conditions),
        counter=row.counter_key,
        **{name: getattr(row, name) for name in _SAME_IN_DEMANDS},
    )


def _texts(**texts: Text) -> dict[str, Any]:
    translations: dict[str, dict[str, Any]] = {}
    for name, text in texts.items():
        for language, words in text.translations.items():
            translations.setdefault(language, {})[name] = words
    return {**{name: text.fr for name, text in texts.items()}, "translations": translations}


def _text(row: Programme | Phase | Activity | DemandRule, name: str) -> Text:
    found = {language: words[name] for language, words in row.translations.items() if words.get(name)}
    return Text(getattr(row, name), found)


def _outline(row: Activity) -> tuple[Text, ...]:
    return tuple(
        Text(step, {language: steps[i] for language, steps in _outlines(row) if i < len(steps) and steps[i]})
        for i, step in enumerate(row.outline)
    )


def _outlines(row: Activity) -> Iterable[tuple[str, list[str]]]:
    return [(language, words.get("outline", [])) for language, words in row.translations.items()]
