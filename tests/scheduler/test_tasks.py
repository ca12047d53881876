"""One list of what to do: who sees which task, what may come of it, and who it is given to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.people import Reach
from scheduler.tasks import (
    OUTCOMES,
    activity_to_plan,
    assign_task,
    close_task,
    find_task,
    list_tasks,
    reopen_task,
)
from tests.factories import Make

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def people(make: Make) -> dict[str, Any]:
    """Two workers; one person of each who agreed, and one who did not."""
    mine, theirs = make(m.StaffMember, first_name="Nadia"), make(m.StaffMember)
    agreed = {"consent_sharing_at": NOW}
    return {
        "mine": mine,
        "theirs": theirs,
        "own": make(m.Participant, first_name="Amina", last_name="K", referent_id=mine.id, **agreed),
        "silent": make(m.Participant, referent_id=mine.id),
        "other": make(m.Participant, referent_id=theirs.id, **agreed),
    }


def test_open_ones_first_then_the_newest_with_the_names_around_them(
    session: Session, centre: m.Centre, make: Make, people: dict[str, Any]
) -> None:
    held = make(m.GroupSession)
    marked = make(m.AttendanceRecord)
    old = make(m.Task, kind="call_back", session_uid=held.uid, participant_id=people["own"].id)
    new = make(m.Task, created_at=NOW + timedelta(1), assigned_to_id=people["mine"].id)
    done = make(m.Task, state="closed", created_at=NOW + timedelta(2), session_uid=marked.session_uid)
    found = list_tasks(session, centre.id)
    assert [row.task for row in found] == [new, old, done]
    assert (found[0].assignee, found[0].person, found[0].session_title) == ("Nadia Essai", "", "")
    assert (found[1].person, found[1].last_name, found[1].outcomes) == (
        "Amina K",
        "K",
        OUTCOMES["call_back"],
    )
    assert (found[1].session_title, found[1].session_at) == (held.activity.name, held.starts_at)
    assert found[2].session_at == marked.starts_at
    assert list_tasks(session, centre.id, limit=1) == found[:1]
    assert list_tasks(session, make(m.Centre).id) == []


def test_within_reach_are_tasks_of_own_people_and_those_given_to_oneself(
    session: Session, centre: m.Centre, make: Make, people: dict[str, Any]
) -> None:
    reach = Reach(everybody=False, referent_id=people["mine"].id)
    seen = [
        make(m.Task, participant_id=people["own"].id),
        make(m.Task, participant_id=people["other"].id, assigned_to_id=people["mine"].id),
    ]
    hidden = [
        make(m.Task, participant_id=people["silent"].id, assigned_to_id=people["mine"].id),
        make(m.Task, participant_id=people["other"].id),
        make(m.Task),
    ]
    assert {row.task.id for row in list_tasks(session, centre.id, reach=reach)} == {task.id for task in seen}
    assert list_tasks(session, centre.id, reach=Reach(everybody=False)) == []
    for task in seen:
        assert find_task(session, task.id, reach) is task
    for task in hidden:
        assert find_task(session, task.id) is task
        with pytest.raises(NotFoundError):
            find_task(session, task.id, reach)


@pytest.mark.parametrize("kind", [*OUTCOMES, "something else"])
def test_each_kind_has_its_own_outcomes_and_none_is_for_ever(kind: str, make: Make) -> None:
    task = make(m.Task, kind=kind)
    for outcome in OUTCOMES.get(kind, ("done", "no_need")):
        close_task(task, outcome, NOW, user_id=None, note=" " + "x" * 600)
        assert (task.state, task.outcome, task.closed_at, len(task.note)) == ("closed", outcome, NOW, 500)
    with pytest.raises(InvalidInputError):
        close_task(task, "fled", NOW, user_id=None)
    assert task.outcome == "no_need"
    reopen_task(task)
    assert (task.state, task.outcome, task.closed_at) == ("open", "", None)


def test_a_task_is_given_to_a_colleague_of_the_same_centre(
    session: Session, make: Make, people: dict[str, Any]
) -> None:
    task = make(m.Task)
    assign_task(session, task, people["theirs"].id)
    assert task.assigned_to_id == people["theirs"].id
    assign_task(session, task, None)
    assert task.assigned_to_id is None
    with pytest.raises(NotFoundError):
        assign_task(session, task, 10**6)


def test_the_shortest_way_to_a_session_is_an_interview(session: Session, make: Make) -> None:
    programme = make(m.Programme)
    for key, individual, active in (
        ("groupe", False, True),
        ("entretien", True, True),
        ("ancien", True, False),
    ):
        make(m.Activity, programme=programme, key=key, individual=individual, active=active)
    facts = {"programme": programme.id, "activities": ["groupe", "entretien", "ancien"]}
    task = make(m.Task, kind="raise_demand", facts=facts)
    chosen = session.get_one(m.Activity, activity_to_plan(session, task))
    assert chosen.key == "entretien"
    task.facts = facts | {"activities": []}
    assert activity_to_plan(session, task) is None
