"""The people of a demonstration centre, before anything is stored."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from random import Random

import phonenumbers
import pytest

from scheduler.demo.draws import flags, shuffled
from scheduler.demo.names import invented_name
from scheduler.demo.people import SCHOOL_ENDS, SCHOOL_STARTS, Person, invent_people
from scheduler.demo.phones import RANGE_SIZE, invented_phone, is_invented_phone
from scheduler.demo.schools import PATTERNS, WED, school_year
from scheduler.demo.sizes import SIZES, DemoSize
from scheduler.models import Centre

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SEEDS = (1, 2, 77)


def people_of(size: DemoSize, seed: int = 1) -> list[Person]:
    centre = Centre(id=1, name="", slug="demo", is_demo=True, created_at=NOW)
    return invent_people(Random(seed), centre, SIZES[size].paths, NOW.date(), NOW)


def share(people: list[Person], what: object) -> float:
    assert callable(what)
    return sum(bool(what(person)) for person in people) / len(people)


@pytest.mark.parametrize("seed", SEEDS)
def test_proportions_of_a_demonstration_centre(seed: int) -> None:
    people = people_of(DemoSize.M, seed)
    assert len(people) == 242
    assert share(people, lambda p: p.school_run) == pytest.approx(1 / 3, abs=0.04)
    assert share(people, lambda p: p.work) == pytest.approx(1 / 6, abs=0.03)
    assert 0.04 <= share(people, lambda p: p.row.brings_children) <= 0.12
    assert 0.15 <= share(people, lambda p: p.row.needs_interpreter) <= 0.30
    assert 0.04 <= share(people, lambda p: p.row.opt_outs) <= 0.12
    assert 0.85 <= share(people, lambda p: p.row.eu_national is False) < 1
    assert share(people, lambda p: p.row.level_spoken != p.row.level_written) >= 0.4
    assert len({p.row.languages[0] for p in people}) >= 15
    tongues = Counter(p.row.languages[0] for p in people)
    assert max(tongues.values()) <= 0.3 * len(people)
    assert len(people) > sum(p.row.started_on > date(2026, 8, 23) for p in people) > 0.3 * len(people)


@pytest.mark.parametrize("size", list(DemoSize))
def test_french_takes_six_to_twenty_hours_on_two_to_five_half_days(size: DemoSize) -> None:
    for person in people_of(size):
        if person.course is None:
            assert person.path.phase == "intensive"
            continue
        assert 6 <= person.course.hours_week <= 20
        assert 2 <= len(person.course.halves) <= 5
    hours = [p.course.hours_week for p in people_of(DemoSize.M) if p.course]
    assert min(hours) == 6
    assert max(hours) == 20


@pytest.mark.parametrize("seed", SEEDS)
def test_people_who_bring_children_to_school_are_bound_to_its_hours(seed: int) -> None:
    for person in people_of(DemoSize.M, seed):
        if not person.school_run:
            assert person.row.earliest is None
            continue
        assert person.row.earliest == SCHOOL_STARTS
        if person.path.programme == "amie":
            assert person.row.brings_children
            assert {row.weekday for row in person.busy if row.label == "Sortie d'école"} == {0, 1, 3, 4}
        else:
            assert person.row.latest == SCHOOL_ENDS
            assert [row.weekday for row in person.busy if row.label == "Enfants"] == [WED]


@pytest.mark.parametrize("seed", SEEDS)
def test_work_never_takes_the_time_of_a_course_or_of_a_programme(seed: int) -> None:
    for person in people_of(DemoSize.M, seed):
        assert not set(person.work) & set(person.course.halves if person.course else ())
        assert len(person.work) <= 3
        if person.path.programme == "move_up" and person.path.phase == "activities":
            assert not person.work


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", [DemoSize.M, DemoSize.L])
def test_everybody_in_amie_is_free_on_wednesday_or_friday_afternoon(size: DemoSize, seed: int) -> None:
    for person in people_of(size, seed):
        if person.path.programme != "amie" or person.path.phase == "intake":
            continue
        taken = {*(person.course.halves if person.course else ()), *person.work}
        if person.school_run:
            taken.add((4, "pm"))
        assert not {(WED, "pm"), (4, "pm")} <= taken


@pytest.mark.parametrize("seed", SEEDS)
def test_everybody_is_invented_and_says_so(seed: int) -> None:
    people = people_of(DemoSize.L, seed)
    assert len({p.row.phone for p in people}) == len({p.row.reference for p in people}) == len(people)
    for person in people:
        row = person.row
        assert "inventée" in row.note
        assert row.reference is not None
        assert row.reference.startswith("DEMO-")
        assert row.phone is not None
        assert is_invented_phone(row.phone)
        assert row.email is None or row.email.endswith(".example.org")


def test_numbers_of_the_range_for_fiction_are_numbers_that_no_operator_gives_out() -> None:
    for index in (0, 17, RANGE_SIZE - 1):
        number = phonenumbers.parse(invented_phone(index))
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == invented_phone(
            index
        )
        assert phonenumbers.is_possible_number(number)
        assert not phonenumbers.is_valid_number(number)
    assert not is_invented_phone("+33612345678")
    with pytest.raises(ValueError, match="10000"):
        invented_phone(RANGE_SIZE)


def test_values_are_shared_out_exactly_and_in_any_order() -> None:
    rng = Random(3)
    assert Counter(shuffled(rng, 10, {"a": 3, "b": 1, "c": 1})) == {"a": 6, "b": 2, "c": 2}
    assert Counter(shuffled(rng, 7, {"a": 1, "b": 1})).total() == 7
    assert sum(flags(rng, 30, 1 / 3)) == 10
    assert flags(rng, 0, 0.5) == []
    assert len({tuple(flags(rng, 12, 0.5)) for _ in range(20)}) > 1


@pytest.mark.parametrize("tongue", ["ar", "prs", "ti", "uk", "be", "bg"])
def test_first_and_family_names_are_drawn_apart(tongue: str) -> None:
    rng = Random(5)
    names = {invented_name(rng, tongue, woman) for woman in (True, False) for _ in range(60)}
    assert len({first for first, _ in names}) > 5
    assert len({family for _, family in names}) > 5
    assert len(names) > 40


def test_patterns_of_schools_cover_the_range_of_hours() -> None:
    assert {p.hours_week for p in PATTERNS} >= {6, 9, 12, 15, 20}
    for pattern in PATTERNS:
        for _weekday, starts, ends in pattern.times:
            minutes = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute
            assert minutes == pattern.hours * 60


@pytest.mark.parametrize(
    ("today", "first"),
    [("2026-11-22", 2026), ("2027-06-30", 2026), ("2027-08-01", 2027), ("2027-01-01", 2026)],
)
def test_the_school_year_is_the_one_under_way_or_the_next(today: str, first: int) -> None:
    starts, ends = school_year(date.fromisoformat(today))
    assert starts.year == first
    assert ends.year == first + 1
