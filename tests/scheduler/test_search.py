"""Search: by the beginnings of words, without accents, within reach, and only what may be seen."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy.orm import Session

from scheduler.db import enter_centre
from scheduler.errors import InvalidInputError
from scheduler.models import Availability, Centre, Participant, Room, Site, StaffMember
from scheduler.people import Reach
from scheduler.programme_edit import new_key
from scheduler.search import Kind, search
from scheduler.weekly import replace_standing_hours, standing_hours, weekly_rows

TODAY = date(2026, 11, 23)


@pytest.fixture
def worker(session: Session, centre: Centre, now: datetime) -> StaffMember:
    """A centre with a worker, two people and a room."""
    row = StaffMember(centre_id=centre.id, first_name="Élodie", last_name="Noël")
    site = Site(
        centre_id=centre.id, name="Siège", rooms=[Room(centre_id=centre.id, name="Salle Élan", seats=9)]
    )
    session.add_all([row, site])
    session.flush()
    agreed = datetime(2026, 1, 1, tzinfo=UTC)
    for first, referent, consent in (
        ("Élham", row.id, agreed),
        ("Elena", row.id, None),
        ("Eleni", None, agreed),
    ):
        session.add(
            Participant(
                centre_id=centre.id,
                first_name=first,
                last_name="Azizi",
                phone="+32470123456",
                referent_id=referent,
                consent_sharing_at=consent,
                created_at=now,
            )
        )
    session.flush()
    enter_centre(session, centre.id)
    return row


def titles(
    session: Session, centre: Centre, words: str, *kinds: Kind, reach: Reach | None = None
) -> list[str]:
    return [hit.title for hit in search(session, centre.id, words, TODAY, kinds or Kind, reach=reach)]


def test_accents_and_case_make_no_difference(session: Session, centre: Centre, worker: StaffMember) -> None:
    assert titles(session, centre, "ELH", Kind.PERSON) == ["Élham Azizi"]
    found = {"Élham Azizi", "Elena Azizi", "Eleni Azizi", "Élodie Noël", "Salle Élan"}
    assert set(titles(session, centre, "el")) == found
    assert titles(session, centre, "noel elo") == ["Élodie Noël"]


def test_a_phone_number_finds_its_people(session: Session, centre: Centre, worker: StaffMember) -> None:
    assert len(titles(session, centre, "0470123", Kind.PERSON)) == 3


@pytest.mark.parametrize("words", ["", " ", "e", "%", "_", "zz"])
def test_too_little_or_nothing_finds_nothing(
    session: Session, centre: Centre, worker: StaffMember, words: str
) -> None:
    assert titles(session, centre, words) == []


def test_only_own_people_who_agreed_are_within_reach(
    session: Session, centre: Centre, worker: StaffMember
) -> None:
    reach = Reach(everybody=False, referent_id=worker.id)
    assert titles(session, centre, "azizi", Kind.PERSON, reach=reach) == ["Élham Azizi"]
    nobody = Reach(everybody=False, referent_id=None)
    assert titles(session, centre, "azizi", Kind.PERSON, reach=nobody) == []


def test_what_may_not_be_seen_is_not_looked_for(
    session: Session, centre: Centre, worker: StaffMember
) -> None:
    assert titles(session, centre, "azizi", Kind.ROOM, Kind.STAFF) == []


def test_weekly_hours_are_replaced_whole_or_not_at_all(
    session: Session, centre: Centre, worker: StaffMember
) -> None:
    dated = Availability(
        centre_id=centre.id, staff_id=worker.id, weekday=0, starts=time(9), ends=time(12), valid_from=TODAY
    )
    session.add(dated)
    session.flush()
    hours = [(0, time(9), time(12)), (0, time(13), time(17))]
    assert replace_standing_hours(session, "staff_id", worker.id, hours)
    assert not replace_standing_hours(session, "staff_id", worker.id, reversed(hours))
    for wrong in ([(1, time(12), time(9))], [(1, time(9), time(12)), (1, time(11), time(13))]):
        with pytest.raises(InvalidInputError):
            replace_standing_hours(session, "staff_id", worker.id, wrong)
    rows = weekly_rows(session, "staff_id", worker.id)
    assert standing_hours(rows) == hours
    assert dated in rows


@pytest.mark.parametrize(
    ("name", "taken", "key"),
    [
        ("Café des parents", [], "cafe_des_parents"),
        ("Café des parents", ["cafe_des_parents"], "cafe_des_parents_2"),
        ("3 x 3 h", [], "x_3_x_3_h"),
        ("!", [], "x"),
        ("é" * 90, [], "e" * 36),
    ],
)
def test_keys_are_made_from_names(name: str, taken: list[str], key: str) -> None:
    assert new_key(name, taken) == key
