"""Groups: seats of their own, of the programme's activities and of its rules."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from scheduler import groups
from scheduler.db import enter_centre
from scheduler.errors import InvalidInputError, NotFoundError, StaleError
from scheduler.models import Activity, Centre, Cohort, Enrolment, Participant, Programme


@pytest.fixture
def path(session: Session, centre: Centre) -> Programme:
    """A programme with an activity for each group."""
    row = Programme(centre_id=centre.id, key="via", name="VIA")
    row.activities = [
        Activity(
            centre_id=centre.id,
            key="day",
            name="Matinée",
            kind="workshop",
            duration_minutes=180,
            per_cohort=True,
            seats_max=3,
        )
    ]
    session.add(row)
    session.flush()
    enter_centre(session, centre.id)
    return row


@pytest.fixture
def people(session: Session, centre: Centre, path: Programme) -> list[int]:
    """Five people in the programme."""
    rows = [
        Participant(centre_id=centre.id, first_name=f"P{n}", created_at=centre.created_at) for n in range(5)
    ]
    session.add_all(rows)
    session.flush()
    for row in rows:
        session.add(
            Enrolment(
                centre_id=centre.id, programme_id=path.id, participant_id=row.id, starts_on=date(2026, 9, 1)
            )
        )
    session.flush()
    return [row.id for row in rows]


def new_group(session: Session, path: Programme, seats: int | None) -> Cohort:
    values = {"programme_id": path.id, "name": "A", "starts_on": None, "ends_on": None, "seats_max": seats}
    return groups.find_group(session, groups.create_group(session, values).id)


@pytest.mark.parametrize(("seats", "rule", "limit"), [(None, None, 3), (2, None, 2), (9, None, 3), (9, 1, 1)])
def test_the_smallest_limit_holds(
    session: Session, path: Programme, people: list[int], seats: int | None, rule: int | None, limit: int
) -> None:
    if rule is not None:
        path.rules = [{"key": "size", "kind": "cohort", "params": {"seats": rule}, "text": "Petits groupes."}]
    group = new_group(session, path, seats)
    assert groups.seats_of(group) == limit
    with pytest.raises(InvalidInputError) as refused:
        groups.add_members(session, group, people[: limit + 1])
    assert refused.value.field == "people"
    assert groups.count_members(session, group) == 0
    groups.add_members(session, group, people[:limit])
    assert groups.count_members(session, group) == limit
    with pytest.raises(InvalidInputError):
        groups.add_members(session, group, people[limit : limit + 1])


def test_a_stale_version_is_refused(session: Session, path: Programme) -> None:
    group = new_group(session, path, None)
    with pytest.raises(StaleError):
        groups.change_group(session, group, {"name": "B"}, version=group.version + 1)
    assert groups.change_group(session, group, {"name": "B"}, version=group.version) == ["name"]


def test_a_group_of_another_centre_is_not_found(session: Session, path: Programme, now: datetime) -> None:
    group = new_group(session, path, None)
    session.expire_all()
    other = Centre(name="Autre", slug="autre-groupes", created_at=now)
    session.add(other)
    session.flush()
    enter_centre(session, other.id)
    with pytest.raises(NotFoundError):
        groups.find_group(session, group.id)
