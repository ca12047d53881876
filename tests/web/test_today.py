"""The roll-call page: one's own lists, marks taken one by one or in a heap, nothing from elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from scheduler import models as m
from tests.factories import Make, making_in
from web.clock import today
from web.templating import local
from web.today import announced_reason

PAGE_BYTES = 100_000


@pytest.fixture
def plan(make_row: Make) -> m.Plan:
    return make_row(
        m.Plan,
        publication=1,
        state=m.PlanState.PUBLISHED,
        published_at=datetime.now(UTC),
        first_day=today() - timedelta(7),
        last_day=today() + timedelta(7),
    )


@pytest.fixture
def hold(rows: Session, make_row: Make, plan: m.Plan) -> Callable[..., m.GroupSession]:
    def hold(people: int, **columns: Any) -> m.GroupSession:
        values = {
            "day": today(),
            "starts_at": datetime.now(UTC) - timedelta(minutes=20),
            "ends_at": datetime.now(UTC) + timedelta(minutes=160),
            **columns,
        }
        held = make_row(m.GroupSession, plan=plan, **values)
        for number in range(people):
            person = make_row(m.Participant, first_name=f"Nom{number:02}", last_name="Inventé")
            make_row(m.Attendance, session=held, participant=person)
        rows.commit()
        return held

    return hold


def message(held: m.GroupSession, state: str = "present", **changes: Any) -> dict[str, Any]:
    moment = datetime.now(UTC).timestamp() * 1000
    taps = [
        {
            "key": str(uuid.uuid4()),
            "session_uid": held.uid,
            "participant_id": row.participant_id,
            "state": state,
            "tapped_at": moment,
            **changes,
        }
        for row in held.attendances
    ]
    return {"sent_at": moment, "taps": taps}


def states(rows: Session) -> list[str]:
    rows.rollback()
    return sorted(rows.scalars(select(m.AttendanceRecord.state)))


def test_a_day_without_lists_leads_to_the_next_that_has_some(
    app_centre: m.Centre,
    hold: Callable[..., m.GroupSession],
    sign_in: Callable[..., FlaskClient],
) -> None:
    held, url = hold(1), f"/c/{app_centre.slug}/aujourdhui/"
    hold(0, day=held.day + timedelta(2), withdrawn=True)
    hold(0, day=held.day + timedelta(3))
    client = sign_in(m.Role.COORDINATOR)
    assert "Prochaines séances" not in client.get(url).text
    page = client.get(url, query_string={"jour": held.day + timedelta(1)}).text
    assert f"{url}?jour={held.day + timedelta(3)}" in page
    assert "Prochaines séances" not in client.get(url, query_string={"jour": held.day + timedelta(4)}).text


def test_marks_from_a_phone_are_stored_and_shown(
    app_centre: m.Centre,
    rows: Session,
    hold: Callable[..., m.GroupSession],
    sign_in: Callable[..., FlaskClient],
) -> None:
    held, client = hold(3), sign_in(m.Role.COORDINATOR)
    url = f"/c/{app_centre.slug}/aujourdhui/"
    answer = client.post(url + "marques", json=message(held, "late", minutes=20))
    assert [result["outcome"] for result in answer.json] == ["applied"] * 3
    assert states(rows) == ["late"] * 3
    page = client.get(url).text
    assert page.count('data-state="late"') == 3
    assert 'data-minutes="20"' in page


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {"taps": []},
        {"sent_at": "x", "taps": []},
        {"sent_at": 1e300, "taps": []},
        {"sent_at": 0, "taps": [{}]},
        {"sent_at": 0, "taps": "x"},
        {"sent_at": 0, "taps": [None] * 501},
    ],
)
def test_messages_of_another_form_are_refused_whole(
    app_centre: m.Centre, sign_in: Callable[..., FlaskClient], broken: Any
) -> None:
    answer = sign_in().post(f"/c/{app_centre.slug}/aujourdhui/marques", json=broken)
    assert answer.status_code == 400


def test_a_mark_without_script_and_the_reason_when_it_is_refused(
    app_centre: m.Centre,
    rows: Session,
    hold: Callable[..., m.GroupSession],
    sign_in: Callable[..., FlaskClient],
) -> None:
    held, client = hold(2), sign_in()
    url = f"/c/{app_centre.slug}/aujourdhui/marque"
    everybody = [row.participant_id for row in held.attendances]
    form = {"session_uid": held.uid, "participant_id": everybody, "state": "present"}
    assert client.post(url, data=form).status_code == 302
    assert states(rows) == ["present", "present"]
    assert client.post(url, data={**form, "state": "asleep"}).status_code == 400
    refused = client.post(url, data={**form, "session_uid": "none"})
    assert refused.status_code == 422
    assert "Cette séance ou cette personne" in refused.text


def test_an_animateur_sees_their_own_lists_first(
    app_centre: m.Centre,
    rows: Session,
    make_row: Make,
    hold: Callable[..., m.GroupSession],
    sign_in: Callable[..., FlaskClient],
) -> None:
    mine, other = hold(1), hold(1)
    staff = make_row(m.StaffMember)
    make_row(m.SessionLeader, session=mine, staff=staff)
    client = sign_in(m.Role.ANIMATEUR)
    rows.scalars(select(m.Membership)).one().staff_id = staff.id
    rows.commit()
    url = f"/c/{app_centre.slug}/aujourdhui/"
    assert mine.uid in client.get(url).text
    assert other.uid not in client.get(url).text
    assert other.uid in client.get(url + "?tout=1").text


def test_the_page_is_light_and_costs_the_same_number_of_queries_for_any_list(
    app_centre: m.Centre,
    rows: Session,
    hold: Callable[..., m.GroupSession],
    sign_in: Callable[..., FlaskClient],
) -> None:
    client = sign_in()
    url = f"/c/{app_centre.slug}/aujourdhui/"
    counts = []
    for people in (1, 3, 26):
        hold(people)
        counts.append(0)

        def count(*_args: object) -> None:
            counts[-1] += 1

        event.listen(Engine, "before_cursor_execute", count)
        try:
            page = client.get(url)
        finally:
            event.remove(Engine, "before_cursor_execute", count)
    assert counts[0] == counts[1] == counts[2]
    assert len(page.data) < PAGE_BYTES


def test_walk_ins_are_found_by_three_letters_in_this_centre_only(
    app_centre: m.Centre, rows: Session, make_row: Make, sign_in: Callable[..., FlaskClient]
) -> None:
    make_row(m.Participant, first_name="Zohra", last_name="Ädèle Li")
    make_row(m.Participant, first_name="Zohra", last_name="Partie", active=False)
    other = m.Centre(name="Autre", slug="autre", created_at=datetime.now(UTC))
    rows.add(other)
    rows.flush()
    with making_in(rows, other) as make:
        make(m.Participant, first_name="Zohra", last_name="B")
    rows.commit()
    client = sign_in()
    url = f"/c/{app_centre.slug}/aujourdhui/chercher"
    assert client.get(url, query_string={"q": "zo"}).json == []
    for typed in ("zoh", "Zohra ä", "ade", "ADELE", "adele li zo", " li"):
        found = [person["name"] for person in client.get(url, query_string={"q": typed}).json]
        assert found == (["Zohra Ä."] if typed != " li" else []), typed
    assert client.get(url, query_string={"q": "%%%"}).json == []


def test_a_phone_keeps_whom_to_find_without_network_but_no_last_names(
    app_centre: m.Centre, rows: Session, make_row: Make, sign_in: Callable[..., FlaskClient]
) -> None:
    person = make_row(m.Participant, first_name="Zohra", last_name="Ädèle")
    rows.commit()
    client = sign_in(m.Role.ANIMATEUR)
    url = f"/c/{app_centre.slug}/aujourdhui/personnes"
    first = client.get(url)
    assert first.json == [[person.id, "Zohra Ä.", ["ade", "zoh"]]]
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    person.first_name = "Zahra"
    rows.commit()
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    assert sign_in(m.Role.SOCIAL_WORKER).get(url).status_code == 403


def test_lists_that_nobody_took_are_pointed_out(
    app_centre: m.Centre, hold: Callable[..., m.GroupSession], sign_in: Callable[..., FlaskClient]
) -> None:
    ended = datetime.now(UTC) - timedelta(hours=25)
    held = hold(1, day=ended.date(), starts_at=ended - timedelta(hours=1), ends_at=ended)
    client = sign_in()
    url = f"/c/{app_centre.slug}/aujourdhui/"
    assert f"#s-{held.uid}" in client.get(url).text
    client.post(url + "marques", json=message(held, "absent"))
    assert f"#s-{held.uid}" not in client.get(url).text


@pytest.mark.parametrize(
    ("hours", "leader", "coordinator"),
    [(1.9, False, False), (2.1, True, False), (23.9, True, False), (24.1, True, True)],
)
def test_a_list_is_asked_of_its_leader_after_two_hours_and_of_the_coordination_after_a_day(
    app_centre: m.Centre,
    rows: Session,
    make_row: Make,
    hold: Callable[..., m.GroupSession],
    sign_in: Callable[..., FlaskClient],
    hours: float,
    leader: bool,
    coordinator: bool,
) -> None:
    ended = datetime.now(UTC) - timedelta(hours=hours)
    held = hold(1, day=local(ended).date(), starts_at=ended - timedelta(hours=1), ends_at=ended)
    mine, other = make_row(m.StaffMember), make_row(m.StaffMember)
    make_row(m.SessionLeader, session=held, staff=mine)
    url = f"/c/{app_centre.slug}/aujourdhui/"
    for staff, told in ((mine, leader), (other, False)):
        client = sign_in(m.Role.ANIMATEUR)
        membership = rows.scalars(select(m.Membership).order_by(m.Membership.id.desc()).limit(1)).one()
        membership.staff_id = staff.id
        rows.commit()
        assert (f"#s-{held.uid}" in client.get(url).text) is told
    assert (f"#s-{held.uid}" in sign_in(m.Role.COORDINATOR).get(url).text) is coordinator


def test_first_marks_of_many_people_at_once_are_all_kept(
    app_centre: m.Centre,
    rows: Session,
    hold: Callable[..., m.GroupSession],
    sign_in: Callable[..., FlaskClient],
) -> None:
    held = hold(1)
    clients = [sign_in(m.Role.ANIMATEUR) for _ in range(4)]
    url = f"/c/{app_centre.slug}/aujourdhui/marques"
    messages = [message(held) for _ in clients]
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(lambda client, body: client.post(url, json=body), clients, messages))
    assert [answer.status_code for answer in answers] == [200] * len(clients)
    rows.rollback()
    record = rows.scalars(select(m.AttendanceRecord)).one()
    assert len(record.marks) == len(clients)


def test_the_list_names_usual_reasons_and_no_words_of_ones_own(app: Flask) -> None:
    with app.test_request_context():
        assert announced_reason("ill") == " (je suis malade)"
        assert announced_reason("") == announced_reason("diabète") == announced_reason("come") == ""
