"""A programme goes into a centre, is changed there, comes out again, and is never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.models import (
    Activity,
    Centre,
    Enrolment,
    EquipmentPool,
    GroupSession,
    Participant,
    Plan,
    Programme,
    Site,
)
from scheduler.programmes import (
    ProgrammeChangedError,
    ProgrammeSpec,
    export_programme,
    install_programme,
    is_changed_by_hand,
    load_programme_file,
    load_programme_text,
    spec_of,
)
from scheduler.programmes.loader import FOLDER
from scheduler.programmes.spec import Text

FILES = sorted(FOLDER.glob("*.yaml"))
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def load(key: str) -> ProgrammeSpec:
    return load_programme_file(FOLDER / f"{key}.yaml")


def test_every_programme_is_in_the_tables_as_it_is_in_its_file(
    session: Session, centre: Centre, now: datetime
) -> None:
    specs = [load_programme_file(path) for path in FILES]
    for spec in specs:
        install_programme(session, centre, spec, now)
    session.expire_all()
    rows = session.scalars(select(Programme).where(Programme.centre_id == centre.id)).all()
    assert {row.key: spec_of(row) for row in rows} == {spec.key: spec for spec in specs}
    for row in rows:
        assert load_programme_text(export_programme(row)) == spec_of(row)
        assert not is_changed_by_hand(row)
        assert row.installed_at == now


def test_columns_hold_what_the_planner_reads(session: Session, centre: Centre, now: datetime) -> None:
    programme = install_programme(session, centre, load("amie"), now)
    group = next(a for a in programme.activities if a.key == "group_session")
    assert group.times == [{"weekdays": [2, 4], "starts": ["13:30"]}]
    assert (group.duration_minutes, group.pause_minutes, group.pattern) == (180, 15, "alternating")
    assert group.roles == [
        {
            "id": "leader",
            "count": 1,
            "kinds": ["staff"],
            "skills": ["group_work"],
            "languages": [],
            "language": "any",
            "only_if_needed": False,
        }
    ]
    assert group.site_names == []
    assert group.translations["nl"] == {
        "name": "Groepssessie",
        "outline": ["Groepsafspraken", "Kennismaking", "Thema", "Verdieping", "Evaluatie"],
    }
    visit = next(a for a in programme.activities if a.key == "visit")
    assert visit.site_names == ["Visite à domicile", "Lieu choisi ensemble"]
    assert [a.position for a in programme.activities] == list(range(5))


def test_counters_and_conditions_hold_what_hours_and_planner_read(
    session: Session, centre: Centre, now: datetime
) -> None:
    programme = install_programme(session, centre, load("cai"), now)
    french = next(c for c in programme.counters if c["key"] == "french")
    assert (french["target_minutes"], french["outside"]) == (24_000, True)
    rules = {rule.key: rule for rule in programme.demand_rules}
    assert rules["mentor_meeting"].conditions == {"mentored": True}
    assert rules["citizenship"].counter_key == "citizenship"
    assert rules["citizenship"].min == 180


def test_places_outside_and_equipment_are_made_once(session: Session, centre: Centre, now: datetime) -> None:
    session.add(EquipmentPool(centre_id=centre.id, key="laptops", name="Portables", units=3))
    session.flush()
    for key in ("amie", "activ_up", "cai", "move_up"):
        install_programme(session, centre, load(key), now)
    sites = session.scalars(select(Site).where(Site.centre_id == centre.id)).all()
    assert all(site.is_outside for site in sites)
    assert sorted(site.name for site in sites) == [
        "En sortie",
        "Lieu choisi ensemble",
        "Maison de repos",
        "Structure d'accueil",
        "Visite à domicile",
    ]
    pools = session.scalars(select(EquipmentPool).where(EquipmentPool.centre_id == centre.id)).all()
    assert [(pool.key, pool.units) for pool in pools] == [("laptops", 3)]


def test_loading_it_again_changes_nothing(session: Session, centre: Centre, now: datetime) -> None:
    first = install_programme(session, centre, load("amie"), now)
    session.flush()
    version, ids = first.version, [a.id for a in first.activities]
    again = install_programme(session, centre, load("amie"), LATER)
    session.flush()
    assert again is first
    assert (again.version, again.installed_at) == (version, now)
    assert [a.id for a in again.activities] == ids


def test_two_centres_each_have_their_own(session: Session, centre: Centre, now: datetime) -> None:
    other = Centre(name="Autre", slug="autre-programmes", created_at=now)
    session.add(other)
    session.flush()
    mine = install_programme(session, centre, load("amie"), now)
    theirs = install_programme(session, other, load("amie"), now)
    assert mine.id != theirs.id
    assert {a.centre_id for a in theirs.activities} == {other.id}


def newer(spec: ProgrammeSpec) -> ProgrammeSpec:
    """The file a year later: longer sessions, one activity and its demand gone, another one new."""
    activities = [a for a in spec.activities if a.key != "excursion"]
    session = next(a for a in activities if a.key == "group_session")
    activities[activities.index(session)] = replace(session, duration=150)
    activities.append(replace(session, key="choir", name=Text("Chorale")))
    demands = [d for d in spec.demands if d.key != "excursion_by_hand"]
    demands.append(replace(demands[1], key="choir", activities=("choir",)))
    rules = [r for r in spec.rules if "excursion" not in r.params.get("activities", ())]
    return replace(spec, activities=tuple(activities), demands=tuple(demands), rules=tuple(rules))


def test_a_newer_file_updates_a_programme_that_nobody_changed(
    session: Session, centre: Centre, now: datetime
) -> None:
    programme = install_programme(session, centre, load("amie"), now)
    kept = {a.key: a.id for a in programme.activities}
    spec = newer(load("amie"))
    install_programme(session, centre, spec, LATER)
    session.flush()
    session.expire_all()
    assert spec_of(programme) == spec
    assert programme.installed_at == LATER
    rows = {a.key: a.id for a in programme.activities}
    assert rows["group_session"] == kept["group_session"]
    assert "excursion" not in rows
    assert session.get(Activity, kept["excursion"]) is None


def test_an_activity_with_sessions_stays_out_of_use_so_that_the_past_can_be_read(
    session: Session, centre: Centre, now: datetime
) -> None:
    programme = install_programme(session, centre, load("amie"), now)
    excursion = next(a for a in programme.activities if a.key == "excursion")
    site = session.scalars(select(Site).where(Site.centre_id == centre.id)).first()
    assert site is not None
    plan = Plan(centre_id=centre.id, number=1, first_day=now.date(), last_day=now.date(), created_at=now)
    session.add(plan)
    session.flush()
    session.add(
        GroupSession(
            centre_id=centre.id,
            plan_id=plan.id,
            activity_id=excursion.id,
            site_id=site.id,
            day=now.date(),
            starts_at=now,
            ends_at=now + timedelta(hours=3),
            changed_at=now,
        )
    )
    session.flush()
    install_programme(session, centre, newer(load("amie")), LATER)
    session.expire_all()
    assert not excursion.active
    assert spec_of(programme).activity("excursion").active is False
    assert not is_changed_by_hand(programme)
    install_programme(session, centre, load("amie"), LATER)
    assert excursion.active


def test_what_was_changed_by_hand_is_never_overwritten_silently(
    session: Session, centre: Centre, now: datetime
) -> None:
    programme = install_programme(session, centre, load("amie"), now)
    group = next(a for a in programme.activities if a.key == "group_session")
    group.seats_max = 12
    session.flush()
    assert is_changed_by_hand(programme)
    with pytest.raises(ProgrammeChangedError, match="AMIE"):
        install_programme(session, centre, load("amie"), LATER)
    assert group.seats_max == 12
    install_programme(session, centre, load("amie"), LATER, overwrite=True)
    assert group.seats_max == 16
    assert not is_changed_by_hand(programme)


def test_a_programme_made_by_hand_under_the_same_key_is_not_taken_over(
    session: Session, centre: Centre, now: datetime
) -> None:
    session.add(Programme(centre_id=centre.id, key="amie", name="Le nôtre"))
    session.flush()
    with pytest.raises(ProgrammeChangedError, match="Le nôtre"):
        install_programme(session, centre, load("amie"), now)
    assert session.scalar(select(func.count()).select_from(Activity)) == 0


def test_a_phase_with_people_in_it_does_not_disappear(
    session: Session, centre: Centre, now: datetime
) -> None:
    programme = install_programme(session, centre, load("amie"), now)
    person = Participant(centre_id=centre.id, first_name="Essai", created_at=now)
    session.add(person)
    session.flush()
    session.add(
        Enrolment(
            centre_id=centre.id,
            programme_id=programme.id,
            participant_id=person.id,
            phase_id=programme.phases[2].id,
            starts_on=date(2026, 11, 2),
        )
    )
    session.flush()
    spec = load("amie")
    phases = tuple(p for p in spec.phases if p.key != "middle")
    with pytest.raises(InvalidInputError, match="Phase intermédiaire"):
        install_programme(session, centre, replace(spec, phases=phases), LATER)


def test_people_named_for_a_role_are_kept(session: Session, centre: Centre, now: datetime) -> None:
    programme = install_programme(session, centre, load("amie"), now)
    group = next(a for a in programme.activities if a.key == "group_session")
    group.roles = [{**group.roles[0], "staff": [7]}]
    session.flush()
    install_programme(session, centre, newer(load("amie")), LATER)
    assert group.duration_minutes == 150
    assert group.roles[0]["staff"] == [7]


def test_a_coordinators_programme_can_be_taken_to_another_centre(
    session: Session, centre: Centre, now: datetime
) -> None:
    programme = install_programme(session, centre, load("mod_actions"), now)
    art = next(a for a in programme.activities if a.key == "art")
    art.name, art.site_names = "Peinture", ["Maison de quartier"]
    programme.rules = [
        *programme.rules,
        {"key": "goûter", "kind": "note", "params": {}, "text": "Un goûter chaque vendredi."},
    ]
    text = export_programme(programme)
    assert "Peinture" in text
    with pytest.raises(InvalidInputError, match="goûter"):
        load_programme_text(text)
    programme.rules = [*programme.rules[:-1], {**programme.rules[-1], "key": "gouter"}]
    spec = load_programme_text(export_programme(programme))
    other = Centre(name="Autre", slug="autre-peinture", created_at=now)
    session.add(other)
    session.flush()
    copy = install_programme(session, other, spec, now)
    assert spec_of(copy) == spec == spec_of(programme)
    assert next(a for a in copy.activities if a.key == "art").site_names == ["Maison de quartier"]
