"""Planning runs in the pages: asked for, followed, stopped, and every way they can end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from tests.factories import Make
from tests.planning import World
from tests.web.week_rows import next_monday

SignIn = Callable[..., FlaskClient]


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "first_day": str(next_monday() + timedelta(28)),
        "weeks": "4",
        "time_limit_s": "30",
        "start_from": "0",
    } | changes


def run(make: Make, rows: Session, state: m.RunState, **columns: Any) -> m.PlanRun:
    now = datetime.now(UTC)
    row: m.PlanRun = make(
        m.PlanRun,
        state=state,
        queued_at=now,
        started_at=None if state == m.RunState.QUEUED else now,
        first_day=next_monday(),
        **columns,
    )
    rows.commit()
    return row


def test_a_plan_is_asked_for_and_followed(client: FlaskClient, rows: Session, at: str) -> None:
    form = client.get(f"{at}planifier").text
    assert f'value="{next_monday()}"' in form
    answer = client.post(f"{at}planifier", data=asked())
    assert answer.status_code == 302
    made = rows.scalars(select(m.PlanRun)).one()
    assert (made.state, made.weeks, made.time_limit_s) == (m.RunState.QUEUED, 4, 30)
    page = client.get(answer.location).text
    assert "En attente" in page
    assert 'hx-trigger="every 1s"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    second = client.post(f"{at}planifier", data=asked())
    assert second.status_code == 422
    rows.commit()
    assert len(rows.scalars(select(m.PlanRun)).all()) == 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"first_day": "2026-12-01"}, "commence un lundi"),
        ({"first_day": "demain"}, ""),
        ({"first_day": ""}, "Choisissez un lundi."),
        ({"weeks": "0"}, "De 1 à 13 semaines."),
        ({"weeks": "14"}, "De 1 à 13 semaines."),
        ({"weeks": "quatre"}, ""),
        ({"time_limit_s": "31"}, ""),
        ({"start_from": "99"}, ""),
    ],
)
def test_impossible_wishes_are_refused_and_kept(
    client: FlaskClient, rows: Session, at: str, changes: dict[str, str], text: str
) -> None:
    answer = client.post(f"{at}planifier", data=asked(**changes))
    assert answer.status_code == 422
    assert text in answer.text
    assert rows.scalars(select(m.PlanRun)).all() == []
    for value in changes.values():
        assert value in answer.text or value in ("31", "99")


def test_a_plan_can_start_from_the_draft(client: FlaskClient, rows: Session, world: World, at: str) -> None:
    data = asked(first_day=str(world["monday"]), weeks="2", start_from="1")
    assert client.post(f"{at}planifier", data=data).status_code == 302
    assert rows.scalars(select(m.PlanRun)).one().base_plan_id == world["plan"].id


def test_progress_is_told_in_words_and_numbers(
    client: FlaskClient, rows: Session, make_row: Make, at: str
) -> None:
    lines = [
        {"elapsed_s": 0.5, "objective": None, "bound": None, "gap": None},
        {"elapsed_s": 3.0, "objective": 900, "bound": 980, "gap": 0.08},
    ]
    row = run(make_row, rows, m.RunState.RUNNING, progress=lines)
    answer = client.get(f"{at}planifications/{row.id}/progression")
    page = answer.text.replace("\u202f", " ").replace("\xa0", " ")
    assert "<html" not in page
    assert "Un plan est trouvé, le calcul cherche mieux" in page
    assert "<progress" in page
    for figure in ("90,0 %", "98,0 %", "8,0 %"):
        assert figure in page
    assert "Arrêter et garder le meilleur" in page


def test_a_running_plan_is_stopped_and_a_waiting_one_is_over(
    client: FlaskClient, rows: Session, make_row: Make, at: str
) -> None:
    running = run(make_row, rows, m.RunState.RUNNING)
    page = client.post(f"{at}planifications/{running.id}/arreter", follow_redirects=True).text
    assert "Arrêt en cours" in page
    assert "Arrêter et garder" not in page
    rows.expire_all()
    rows.commit()
    assert rows.get_one(m.PlanRun, running.id).cancel_requested
    waiting = run(make_row, rows, m.RunState.QUEUED)
    page = client.post(f"{at}planifications/{waiting.id}/arreter", follow_redirects=True).text
    assert "Annulée avant qu" in page
    again = client.post(f"{at}planifications/{waiting.id}/arreter", follow_redirects=True).text
    assert "déjà terminée" in again


@pytest.mark.parametrize(
    ("state", "columns", "text", "way_on"),
    [
        (m.RunState.INTERRUPTED, {}, "Interrompue par un arrêt du serveur", "Relancer…"),
        (m.RunState.FAILED, {"error": "no answer in time"}, "no answer in time", "Relancer…"),
        (m.RunState.CANCELLED, {}, "Annulée avant qu", "Relancer…"),
        (m.RunState.DONE, {"result": {"status": "unknown"}}, "Pas de plan dans le temps donné", "Relancer…"),
        (m.RunState.DONE, {"result": {"status": "infeasible"}}, "Aucun plan n", "Relancer…"),
    ],
)
def test_every_end_is_told_with_a_way_on(
    client: FlaskClient,
    rows: Session,
    make_row: Make,
    at: str,
    state: m.RunState,
    columns: dict[str, Any],
    text: str,
    way_on: str,
) -> None:
    row = run(make_row, rows, state, ended_at=datetime.now(UTC), **columns)
    page = client.get(f"{at}planifications/{row.id}").text
    assert text in page
    assert way_on in page
    assert "every 1s" not in page
    assert client.get(f"{at}planifier").status_code == 200


def test_what_contradicts_itself_is_named(
    client: FlaskClient, rows: Session, make_row: Make, world: World, at: str
) -> None:
    conflicts = [{"rule": "room_overlap", "message": "x", "ids": [world["row"].uid]}]
    result = {"status": "infeasible", "conflicts": conflicts}
    row = run(make_row, rows, m.RunState.DONE, ended_at=datetime.now(UTC), result=result)
    page = client.get(f"{at}planifications/{row.id}").text
    assert "Salle déjà prise" in page
    assert f"seances/{world['row'].id}" in page


@pytest.mark.parametrize("state", [m.RunState.DONE, m.RunState.CANCELLED])
def test_a_plan_found_leads_to_its_week(
    client: FlaskClient, rows: Session, make_row: Make, world: World, at: str, state: m.RunState
) -> None:
    row = run(make_row, rows, state, ended_at=datetime.now(UTC), result={"status": "feasible"})
    world["plan"].run_id = row.id
    rows.commit()
    page = client.get(f"{at}planifications/{row.id}").text
    assert "brouillon v1" in page
    assert "Voir la semaine" in page
    assert f"{at}versions/1" in client.get(f"{at}planifier").text


def test_a_director_follows_but_does_not_plan(
    sign_in: SignIn, rows: Session, make_row: Make, at: str
) -> None:
    row = run(make_row, rows, m.RunState.RUNNING)
    director = sign_in(m.Role.DIRECTOR)
    page = director.get(f"{at}planifications/{row.id}")
    assert page.status_code == 200
    assert "Arrêter et garder" not in page.text
    assert director.get(f"{at}planifier").status_code == 403
    assert director.post(f"{at}planifications/{row.id}/arreter").status_code == 403
    assert sign_in(m.Role.ANIMATEUR).get(f"{at}planifications/{row.id}").status_code == 403


def test_runs_of_others_are_not_found(client: FlaskClient, at: str) -> None:
    assert client.get(f"{at}planifications/999999").status_code == 404
    assert client.post(f"{at}planifications/999999/arreter").status_code == 404
