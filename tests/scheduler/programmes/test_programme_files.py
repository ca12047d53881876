"""Every file that comes with the product: it loads, comes back the same, and uses known words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scheduler.programmes import (
    available_programmes,
    dump_programme,
    load_programme_file,
    load_programme_text,
)
from scheduler.programmes.loader import FOLDER, digest_of
from scheduler.programmes.vocabulary import EQUIPMENT, PICTOGRAMS, ROOM_FEATURES, SENSITIVE_THEMES, SKILLS

FILES = sorted(FOLDER.glob("*.yaml"))


def test_there_is_one_file_for_each_of_the_seven_systems() -> None:
    assert [p.key for p in available_programmes()] == [
        "activ_up",
        "amie",
        "cai",
        "interactief",
        "mod_actions",
        "move_up",
        "plan_commun",
    ]


def test_what_is_available_can_be_shown_in_three_languages() -> None:
    for programme in available_programmes():
        assert programme.name.fr
        assert set(programme.name.translations) >= {"nl", "en"}
        assert programme.summary.fr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestFile:
    def test_it_is_named_by_its_key(self, path: Path) -> None:
        assert load_programme_file(path).key == path.stem

    def test_written_and_read_again_it_is_the_same(self, path: Path) -> None:
        spec = load_programme_file(path)
        text = dump_programme(spec)
        again = load_programme_text(text)
        assert again == spec
        assert dump_programme(again) == text
        assert digest_of(again) == digest_of(spec)

    def test_a_change_changes_the_digest(self, path: Path) -> None:
        spec = load_programme_file(path)
        first, *others = spec.activities
        changed = replace(spec, activities=(replace(first, duration=first.duration + 15), *others))
        assert digest_of(changed) != digest_of(spec)

    def test_it_says_where_it_comes_from(self, path: Path) -> None:
        assert load_programme_file(path).source

    def test_every_activity_has_a_picture_a_place_and_a_name_in_dutch_and_english(self, path: Path) -> None:
        for activity in load_programme_file(path).activities:
            assert activity.pictogram in PICTOGRAMS
            assert activity.places or activity.sites
            assert set(activity.name.translations) >= {"nl", "en"}, activity.key

    def test_every_rule_for_people_can_be_read_in_french_and_english(self, path: Path) -> None:
        for rule in load_programme_file(path).rules:
            assert rule.text.fr.endswith(".")
            assert rule.text.translations["en"].endswith(".")

    def test_its_words_are_those_of_the_vocabulary(self, path: Path) -> None:
        for activity in load_programme_file(path).activities:
            assert {s for role in activity.roles for s in role.skills} <= SKILLS.keys()
            assert set(activity.room_features) <= ROOM_FEATURES.keys()
            assert {need.equipment for need in activity.equipment} <= EQUIPMENT.keys()

    def test_every_activity_with_a_list_is_asked_for_by_a_demand(self, path: Path) -> None:
        spec = load_programme_file(path)
        wanted = {key for demand in spec.demands for key in demand.activities}
        assert {a.key for a in spec.activities if not a.drop_in} == wanted

    def test_sensitive_themes_are_in_sensitive_activities_only(self, path: Path) -> None:
        for activity in load_programme_file(path).activities:
            assert activity.sensitive == bool(SENSITIVE_THEMES.intersection(activity.themes))

    def test_every_interview_can_have_an_interpreter_or_a_mediator_in_the_persons_language(
        self, path: Path
    ) -> None:
        spec = load_programme_file(path)
        without = {"motivation_interview", "language_test", "evaluation", "final_evaluation"}
        for activity in spec.activities:
            if activity.kind != "interview" or activity.with_mentor or activity.key in without:
                continue
            helpers = [role for role in activity.roles if role.only_if_needed]
            assert [role.language for role in helpers] == ["participant"], activity.key
