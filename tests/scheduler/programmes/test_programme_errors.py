"""What a wrong programme file gets: the file, the key, the line and the reason, for all mistakes at once."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from scheduler.programmes import ProgrammeFileError, load_programme_file, load_programme_text

GOOD = """\
key: essai
name: Essai
phases:
  - {key: debut, name: Début}
activities:
  - key: atelier
    name: {fr: Atelier, nl: Atelier}
    kind: workshop
    duration: 1h30
    times:
      - days: [mon, wed]
        at: ["09:00"]
    frequency: {every: week, min: 1, max: 2}
    seats: {min: 2, max: 12}
    roles:
      - {key: leader, skills: [group_work]}
  - key: entretien
    name: Entretien
    kind: interview
    individual: true
    duration: 1h
    times:
      - {days: [tue], from: "09:00", until: "12:00", step: 1h}
    roles:
      - {key: worker, skills: [interview]}
demands:
  - key: par_semaine
    phases: [debut]
    activities: [atelier]
    every: week
    min: 1
    target: 2
    max: 2
rules:
  - key: essai_libre
    kind: trial
    params: {phase: debut, weeks: 1, obligation: false, then: [answer]}
    text: Une semaine d'essai.
"""


def complaints_of(text: str) -> list[tuple[str, int | None, str]]:
    with pytest.raises(ProgrammeFileError) as caught:
        load_programme_text(text, "essai.yaml")
    assert caught.value.file == "essai.yaml"
    assert all(line.startswith("essai.yaml") for line in str(caught.value).splitlines())
    return [(c.key, c.line, str(c.message)) for c in caught.value.complaints]


def line_of(fragment: str, text: str) -> int:
    [number] = [i for i, line in enumerate(text.splitlines(), 1) if fragment in line]
    return number


def test_the_good_one_loads() -> None:
    spec = load_programme_text(GOOD)
    assert spec.activity("entretien").starts == {(1, "09:00"), (1, "10:00"), (1, "11:00")}
    assert spec.activity("atelier").duration == 90
    assert spec.activity("atelier").starts == {(0, "09:00"), (2, "09:00")}
    assert spec.rule("essai_libre").params["obligation"] is False


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        (
            "    duration: 1h30",
            "    duration: 1h30\n    durration: 2h",
            "activities.atelier.durration",
            "peut-être « duration »",
        ),
        ("    duration: 1h30", "    duration: soon", "activities.atelier.duration", "n'est pas une durée"),
        ("    duration: 1h30", "    duration: 1h75", "activities.atelier.duration", "n'est pas une durée"),
        ("    duration: 1h30", "    duration: 100min", "activities.atelier.duration", "multiple de 15"),
        ("    kind: workshop", "    kind: workshp", "activities.atelier.kind", "peut-être « workshop »"),
        ('        at: ["09:00"]', '        at: ["25:00"]', "activities.atelier.times.0.at.0", "n'existe pas"),
        ('        at: ["09:00"]', "        at: [25:00]", "activities.atelier.times.0.at.0", "n'existe pas"),
        (
            '        at: ["09:00"]',
            '        at: ["9h"]',
            "activities.atelier.times.0.at.0",
            "n'est pas une heure",
        ),
        (
            '        at: ["09:00"]',
            '        at: ["09:10"]',
            "activities.atelier.times.0.at.0",
            "multiple de 15",
        ),
        ('        at: ["09:00"]', '        at: ["23:00"]', "activities.atelier.times", "après minuit"),
        ('        at: ["09:00"]', "        at: []", "activities.atelier.times.0.at", "est vide"),
        (
            "      - days: [mon, wed]",
            "      - days: [lundi]",
            "activities.atelier.times.0.days.0",
            "pas connu",
        ),
        (
            '{days: [tue], from: "09:00", until: "12:00", step: 1h}',
            '{days: [tue], from: "12:00", until: "09:00"}',
            "activities.entretien.times.0",
            "vient avant le début",
        ),
        (
            '{days: [tue], from: "09:00", until: "12:00", step: 1h}',
            '{days: [tue], from: "09:00", until: "09:30"}',
            "activities.entretien.times.0",
            "plus courte que la séance",
        ),
        ("min: 1, max: 2}", "min: 3, max: 2}", "activities.atelier.frequency", "dépasse le maximum"),
        ("{min: 2, max: 12}", "{min: 20, max: 12}", "activities.atelier.seats", "dépasse le maximum"),
        ("{min: 2, max: 12}", "{min: deux, max: 12}", "activities.atelier.seats.min", "nombre entier"),
        ("{min: 2, max: 12}", "[2, 12]", "activities.atelier.seats", "groupe de clés"),
        ("{min: 2, max: 12}", "{min: 0, max: 0}", "activities.atelier.seats.max", "aucune place"),
        (
            "skills: [group_work]",
            "skills: [group_wrok]",
            "activities.atelier.roles.leader.skills.0",
            "peut-être « group_work »",
        ),
        (
            "skills: [group_work]",
            "language: participant",
            "activities.atelier.roles.leader.language",
            "rendez-vous individuel",
        ),
        ("    phases: [debut]", "    phases: [fin]", "demands.par_semaine.phases", "n'existe pas"),
        (
            "    activities: [atelier]",
            "    activities: [atelie]",
            "demands.par_semaine.activities",
            "peut-être « atelier »",
        ),
        ("    activities: [atelier]", "    activities: []", "demands.par_semaine.activities", "est vide"),
        ("    target: 2", "    target: 0", "demands.par_semaine.target", "plus petit que le minimum"),
        ("    target: 2\n    max: 2", "    target: 2\n    max: 1", "demands.par_semaine.max", "plus petit"),
        (
            "    min: 1\n    target: 2\n    max: 2",
            "    min: 3\n    max: 3",
            "demands.par_semaine.min",
            "assez souvent",
        ),
        (
            "    every: week\n    min: 1\n    target",
            "    every: weak\n    min: 1\n    target",
            "demands.par_semaine.every",
            "peut-être « week »",
        ),
        ("    kind: trial", "    kind: trail", "rules.essai_libre.kind", "peut-être « trial »"),
        ("phase: debut, weeks: 1", "phase: fin, weeks: 1", "rules.essai_libre.params.phase", "n'existe pas"),
        (
            "phase: debut, weeks: 1",
            "phase: debut, weeks: un",
            "rules.essai_libre.params.weeks",
            "nombre entier",
        ),
        ("phase: debut, weeks: 1", "phase: debut", "rules.essai_libre.params.weeks", "cette clé manque"),
        (
            "phase: debut, weeks: 1",
            "phase: debut, weeks: 1, days: 2",
            "rules.essai_libre.params.days",
            "pas connue",
        ),
        ("{fr: Atelier, nl: Atelier}", "{nl: Atelier}", "activities.atelier.name", "texte français"),
        (
            "{fr: Atelier, nl: Atelier}",
            "{fr: Atelier, dutch: x}",
            "activities.atelier.name.dutch",
            "code de langue",
        ),
        ("name: Essai\n", "name: Essai\nname: Encore\n", "name", "écrite deux fois"),
        ("key: essai\n", "key: Essai!\n", "key", "n'est pas une clé"),
        ("key: essai\n", "", "key", "cette clé manque"),
    ],
)
def test_a_mistake_is_named_with_its_key_and_line(old: str, new: str, key: str, reason: str) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    assert [(k, reason in message) for k, _, message in complaints_of(text)] == [(key, True)]


@pytest.mark.parametrize(
    ("old", "new", "fragment"),
    [
        ("    duration: 1h30", "    duration: 1h30\n    durration: 2h", "durration"),
        ('        at: ["09:00"]', '        at:\n          - "08:00"\n          - "25:00"', "25:00"),
        ("    seats: {min: 2, max: 12}", "    seats:\n      min: 20\n      max: 12", "min: 20"),
        ("    target: 2", "    target: 0", "target: 0"),
        ("    activities: [atelier]", "    activities: [atelie]", "[atelie]"),
        ("phase: debut, weeks: 1", "phase: fin, weeks: 1", "phase: fin"),
        ("    kind: trial", "    kind: trail", "kind: trail"),
    ],
)
def test_the_line_is_the_one_a_person_has_to_change(old: str, new: str, fragment: str) -> None:
    text = GOOD.replace(old, new, 1)
    [(_, line, _)] = complaints_of(text)
    assert line == line_of(fragment, text)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = GOOD.replace("1h30", "soon").replace('at: ["09:00"]', 'at: ["25:00"]').replace("trial", "trail")
    found = complaints_of(text)
    assert [key for key, _, _ in found] == [
        "activities.atelier.duration",
        "activities.atelier.times.0.at.0",
        "rules.essai_libre.kind",
    ]
    assert [line for _, line, _ in found] == [9, 12, 36]


def test_the_sentence_names_file_line_and_key() -> None:
    with pytest.raises(ProgrammeFileError, match=r"^essai\.yaml, ligne 9, activities\.atelier\.duration : "):
        load_programme_text(GOOD.replace("1h30", "soon"), "essai.yaml")


@pytest.mark.parametrize(
    ("activity", "key", "reason"),
    [
        ("pattern: alternating\ntimes: [{days: [mon], at: ['09:00']}]", "pattern", "deux jours"),
        ("run_length: 5", "run_length", "consecutive"),
        (
            "pattern: consecutive\nrun_length: 10\nfrequency: {every: horizon, max: 10}",
            "times",
            "lundi au vendredi",
        ),
        (
            "pattern: consecutive\ntimes: [{days: [mon, tue, wed, thu, fri], at: ['09:00']}]",
            "run_length",
            "au moins deux",
        ),
        ("individual: true\nblock: true", "individual", "rendez-vous individuel"),
        ("pause: 3h", "pause", "autant que la séance"),
        ("subgroups: {min: 4, max: 6}\nseats: {min: 2, max: 3}", "subgroups", "ne se partage"),
        ("roles: [{key: a}, {key: a}]", "roles.a", "donnée deux fois"),
        ("roles: [{key: a, only_if_needed: true}]", "roles.a.only_if_needed", "individuel"),
        ("roles: [{key: a, language: group}]", "roles.a.language", "language_groups"),
        ("themes: [sexuality]", "sensitive", "délicats"),
        ("places: []", "places", "aucun lieu"),
        ("themes: [gardening]", "themes.0", "pas connu"),
        ("places: [moon]", "places.0", "pas connu"),
        ("level: {spoken: A2-A0}", "level.spoken", "plus bas vient en premier"),
        ("level: {spoken: D1}", "level.spoken", "pas un niveau"),
        ("equipment: [{equipment: laptops, units: 0}]", "equipment.0.units", "entre 1 et"),
        ("lead: soon", "lead", "nombre de jours"),
        ("mix: oui", "mix", "true ou false"),
    ],
)
def test_an_activity_that_contradicts_itself_is_refused(activity: str, key: str, reason: str) -> None:
    lines = {
        "kind": "kind: workshop",
        "duration": "duration: 3h",
        "times": "times: [{days: [mon, tue], at: ['09:00']}]",
    }
    given = "\n".join(v for k, v in lines.items() if f"{k}:" not in activity) + "\n" + activity
    text = f"key: e\nname: E\nactivities:\n  - key: a\n    name: A\n{textwrap.indent(given, '    ')}\n"
    [(found, _, message)] = complaints_of(text)
    assert found == f"activities.a.{key}"
    assert reason in message


@pytest.mark.parametrize(
    ("demand", "key", "reason"),
    [
        ("unit: minutes\nmin: 21", "min", "durée"),
        ("unit: hours", "unit", "pas connu"),
        ("unit: days\ntarget: 8", "target", "autant de jours"),
        ("max_per_week: 1\nevery: fortnight\nmin: 3\nmax: 4", "max_per_week", "par semaine"),
        ("gap_days: 7\nevery: week\nmin: 2", "gap_days", "écart"),
        ("after_weeks: 6\nuntil_weeks: 6", "until_weeks", "avant le début"),
        ("when: {level_spoken: B1-C2}", "when.level_spoken", "n'accepte ces niveaux"),
        ("when: {shoe_size: 42}", "when.shoe_size", "pas connue"),
        ("counter: french", "counter", "n'existe pas"),
        ("staff_from: territory", "staff_from", "individuels"),
        ("activities: [talk]", "when", "jamais imposé"),
        ("activities: [desk]", "desk", "sans liste"),
        ("every: 500 weeks", "every", "104"),
        ("weight: 0", "weight", "entre 1 et"),
    ],
)
def test_a_demand_that_cannot_be_met_is_refused(demand: str, key: str, reason: str) -> None:
    given = ("" if "activities:" in demand else "activities: [a]\n") + demand
    text = f"""\
key: e
name: E
activities:
  - &a {{key: a, name: A, kind: workshop, duration: 3h, times: [{{days: [mon, tue], at: ['09:00']}}],
     frequency: {{max: 9}}, level: {{spoken: A0-A2}}}}
  - {{<<: *a, key: talk, themes: [sexuality], sensitive: true}}
  - {{<<: *a, key: desk, drop_in: true}}
demands:
  - key: d
{textwrap.indent(given, "    ")}
"""
    [(found, _, message)] = complaints_of(text)
    assert found == (f"activities.{key}.drop_in" if key == "desk" else f"demands.d.{key}")
    assert reason in message


def test_activities_that_must_each_come_first_are_refused() -> None:
    text = GOOD + textwrap.dedent("""\
        orders:
          - {first: atelier, kind: before, second: entretien}
          - {first: entretien, kind: before, second: atelier}
        """)
    assert {key for key, _, _ in complaints_of(text)} == {"orders.0", "orders.1"}


def test_the_same_key_twice_is_refused() -> None:
    text = GOOD.replace("key: entretien", "key: atelier")
    twice = [key for key, _, message in complaints_of(text) if "donnée deux fois" in message]
    assert twice == ["activities.atelier"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "vide"),
        ("# rien\n", "vide"),
        ("- 1\n- 2\n", "groupe de clés"),
        ("key: [\n", "YAML"),
        ("key: \x00\n", "YAML"),
        ("key: *nobody\n", "YAML"),
        ("name: &a\n  <<: *a\n", "trop de groupes"),
        ("x" * 200_001, "trop grand"),
    ],
)
def test_a_file_that_is_no_programme_is_refused(text: str, reason: str) -> None:
    assert any(reason in message for _, _, message in complaints_of(text))


def test_aliases_cannot_make_a_small_file_huge() -> None:
    steps = ["x0: &x0 {key: a, name: A, kind: trial}"]
    steps += [f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 10)}]" for i in range(1, 9)]
    text = "\n".join([*steps, "key: e", "name: E", "activities: *x8"])
    assert complaints_of(text)


def test_many_aliased_activities_are_refused_before_they_cost_anything() -> None:
    text = "key: e\nname: E\nactivities:\n  - &a {key: a, name: A, kind: workshop, duration: 3h}\n"
    text += "  - *a\n" * 20_000
    assert any("trop de valeurs" in message for _, _, message in complaints_of(text))


def test_merges_of_merges_cannot_take_for_ever() -> None:
    steps = ["x0: &x0 {key: a}"]
    steps += [f"x{i}: &x{i} {{<<: [{', '.join([f'*x{i - 1}'] * 10)}]}}" for i in range(1, 15)]
    text = "\n".join([*steps, "key: e", "name: *x14"])
    assert any("trop de valeurs" in message for _, _, message in complaints_of(text))


def test_brackets_without_end_are_refused() -> None:
    assert complaints_of("key: " + "[" * 50_000)


def test_a_file_in_another_encoding_or_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("name: Créé".encode("latin-1"))
    with pytest.raises(ProgrammeFileError, match=r"latin\.yaml, .*UTF-8"):
        load_programme_file(path)
    with pytest.raises(ProgrammeFileError, match="lu"):
        load_programme_file(tmp_path / "missing.yaml")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert load_programme_file(path).key == "essai"


def test_named_sites_replace_the_places_unless_both_are_given() -> None:
    only = GOOD.replace("    seats:", "    sites: [Maison de quartier]\n    seats:")
    assert load_programme_text(only).activity("atelier").places == ()
    both = GOOD.replace("    seats:", "    sites: [Maison de quartier]\n    places: [inside]\n    seats:")
    assert load_programme_text(both).activity("atelier").places == ("inside",)
