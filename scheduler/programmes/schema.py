"""The schema of a programme file: every key, and how its value is read and written."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from scheduler.message import N_
from scheduler.programmes import spec
from scheduler.programmes.codecs import (
    Amount,
    Clock,
    Days,
    Duration,
    Items,
    Key,
    LanguageCode,
    Levels,
    Period,
    Plain,
    Record,
    Translated,
    Weekday,
    Whole,
    Word,
    YesNo,
    minutes_of_clock,
)
from scheduler.programmes.rule_kinds import RULE_KINDS, Params
from scheduler.programmes.vocabulary import (
    ACTIVITY_KINDS,
    EQUIPMENT,
    FILE_NEEDS,
    ORDER_KINDS,
    PATTERNS,
    PICTOGRAMS,
    PLACES,
    PROJECTS,
    ROLE_LANGUAGES,
    ROOM_FEATURES,
    SKILLS,
    STAFF_KINDS,
    STAFF_SOURCES,
    THEMES,
    UNITS,
)
from scheduler.programmes.yaml_nodes import Item
from scheduler.timegrid import MINUTES_PER_DAY, SLOT_MINUTES

PEOPLE: Final = Whole(0, 500)
WEEKS: Final = Whole(0, 520)
NAME: Final = Translated(120)


def _check_range(value: spec.RangeSpec, item: Item) -> spec.RangeSpec:
    if value.min > value.max:
        item.complain(N_("le minimum (%(min)s) dépasse le maximum (%(max)s)", min=value.min, max=value.max))
    return value


def _check_frequency(value: spec.FrequencySpec, item: Item) -> spec.FrequencySpec:
    if value.min > value.max:
        item.complain(N_("le minimum (%(min)s) dépasse le maximum (%(max)s)", min=value.min, max=value.max))
    return value


def _check_times(value: spec.TimesSpec, item: Item) -> spec.TimesSpec:
    if value.at and (value.from_ or value.until):
        item.complain(N_("choisir: soit des heures (at), soit une plage (from, until)"))
    elif not value.at and not (value.from_ and value.until):
        item.complain(N_("il manque des heures de début (at) ou une plage (from et until)"))
    elif value.from_ and value.until and minutes_of_clock(value.until) <= minutes_of_clock(value.from_):
        item.complain(
            N_("la fin (%(until)s) vient avant le début (%(start)s)", until=value.until, start=value.from_)
        )
    return value


def _fill_in(value: spec.ActivitySpec, item: Item) -> spec.ActivitySpec:
    entries = item.entries()
    places = () if "sites" in entries and "places" not in entries else value.places
    filled = []
    for position, times in enumerate(value.times):
        if not times.from_ or not times.until:
            filled.append(times)
            continue
        last = minutes_of_clock(times.until) - value.duration
        starts = range(minutes_of_clock(times.from_), last + 1, max(times.step, SLOT_MINUTES))
        if not starts and minutes_of_clock(times.until) > minutes_of_clock(times.from_):
            entry = Item(entries["times"].node, f"{item.key}.times.{position}", item.book)
            entry.complain(N_("la plage est plus courte que la séance"))
        at = tuple(f"{start // 60:02}:{start % 60:02}" for start in starts)
        filled.append(spec.TimesSpec(days=times.days, at=at))
    return replace(value, times=tuple(filled), places=places)


def _fill_target(value: spec.DemandSpec, _item: Item) -> spec.DemandSpec:
    return replace(value, target=value.wanted)


PHASE: Final = Record(
    spec.PhaseSpec, {"key": Key(40), "name": NAME, "weeks": WEEKS, "before_enrolment": YesNo()}
)
COUNTER: Final = Record(
    spec.CounterSpec,
    {
        "key": Key(40),
        "name": NAME,
        "target": Duration(),
        "activities": Items(Key(), least=1),
        "outside": YesNo(),
    },
)
POOL: Final = Record(spec.PoolSpec, {"key": Word(EQUIPMENT, open_set=True), "units": Whole(0, 1000)})
TIMES: Final = Record(
    spec.TimesSpec,
    {
        "days": Items(Weekday(), least=1),
        "at": Items(Clock(), least=1),
        "from": Clock(),
        "until": Clock(),
        "step": Duration(grid=True, most=MINUTES_PER_DAY),
    },
    _check_times,
)
FREQUENCY: Final = Record(
    spec.FrequencySpec, {"every": Period(), "min": Whole(0, 100), "max": Whole(0, 100)}, _check_frequency
)
SEATS: Final = Record(spec.RangeSpec, {"min": PEOPLE, "max": PEOPLE}, _check_range)
LEVELS: Final = Record(spec.LevelsSpec, {"spoken": Levels(), "written": Levels()})
ROLE: Final = Record(
    spec.RoleSpec,
    {
        "key": Key(40),
        "count": Whole(1, 20),
        "who": Items(Word(STAFF_KINDS), least=1),
        "skills": Items(Word(SKILLS, open_set=True)),
        "languages": Items(LanguageCode()),
        "language": Word(ROLE_LANGUAGES),
        "only_if_needed": YesNo(),
    },
)
EQUIPMENT_NEED: Final = Record(
    spec.EquipmentSpec, {"equipment": Word(EQUIPMENT, open_set=True), "units": Whole(1, 1000)}
)
ACTIVITY: Final = Record(
    spec.ActivitySpec,
    {
        "key": Key(),
        "name": NAME,
        "neutral_name": NAME,
        "description": Translated(1000),
        "outline": Items(Translated()),
        "kind": Word(ACTIVITY_KINDS),
        "pictogram": Word(PICTOGRAMS),
        "duration": Duration(grid=True, most=MINUTES_PER_DAY),
        "pause": Duration(most=MINUTES_PER_DAY),
        "times": Items(TIMES, least=1),
        "frequency": FREQUENCY,
        "pattern": Word(PATTERNS),
        "run_length": Whole(0, 60),
        "min_days_between": Whole(0, 60),
        "max_parallel": Whole(1, 50),
        "lead": Days(),
        "seats": SEATS,
        "individual": YesNo(),
        "drop_in": YesNo(),
        "block": YesNo(),
        "per_cohort": YesNo(),
        "places": Items(Word(PLACES)),
        "sites": Items(Plain(120)),
        "needs_room": YesNo(),
        "room_features": Items(Word(ROOM_FEATURES, open_set=True)),
        "roles": Items(ROLE),
        "equipment": Items(EQUIPMENT_NEED),
        "level": LEVELS,
        "language_groups": YesNo(),
        "subgroups": SEATS,
        "themes": Items(Word(THEMES)),
        "sensitive": YesNo(),
        "children_welcome": YesNo(),
        "with_mentor": YesNo(),
        "mix": YesNo(),
        "balance": YesNo(),
        "continuity": YesNo(),
        "file": Word(FILE_NEEDS),
        "funder": Key(40),
        "active": YesNo(),
    },
    _fill_in,
)
ORDER: Final = Record(spec.OrderSpec, {"first": Key(), "kind": Word(ORDER_KINDS), "second": Key()})
CONDITIONS: Final = Record(
    spec.ConditionsSpec,
    {
        "level_spoken": Levels(),
        "level_written": Levels(),
        "newcomer": YesNo(),
        "brings_children": YesNo(),
        "languages": Items(LanguageCode(), least=1),
        "projects": Items(Word(PROJECTS), least=1),
        "without_project": YesNo(),
        "interested": YesNo(),
        "mentored": YesNo(),
    },
)
DEMAND: Final = Record(
    spec.DemandSpec,
    {
        "key": Key(),
        "label": Translated(),
        "phases": Items(Key(40), least=1),
        "activities": Items(Key(), least=1),
        "when": CONDITIONS,
        "counter": Key(40),
        "staff_from": Word(STAFF_SOURCES),
        "unit": Word(UNITS),
        "every": Period(),
        "min": Amount(),
        "target": Amount(),
        "max": Amount(),
        "max_per_week": Amount(),
        "gap_days": Whole(0, 400),
        "after_weeks": WEEKS,
        "until_weeks": WEEKS,
        "weight": Whole(1, 100),
        "legal": YesNo(),
    },
    _fill_target,
)
RULE: Final = Record(
    spec.RuleSpec,
    {
        "key": Key(),
        "kind": Word(RULE_KINDS),
        "params": Params(),
        "text": Translated(500),
        "source": Plain(300),
    },
)
PROGRAMME: Final = Record(
    spec.ProgrammeSpec,
    {
        "key": Key(40),
        "name": NAME,
        "neutral_name": NAME,
        "summary": Translated(1000),
        "source": Plain(300),
        "phases": Items(PHASE),
        "counters": Items(COUNTER),
        "equipment": Items(POOL),
        "activities": Items(ACTIVITY, least=1),
        "orders": Items(ORDER),
        "demands": Items(DEMAND),
        "rules": Items(RULE),
    },
)
