"""The page of reminders: rules of the centre and of programmes, the preview, and who may change them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.changes import EXEMPT
from notifications.models import Message, ReminderPolicy
from scheduler import models as m
from tests.factories import making_in
from tests.planning import hold
from tests.web.week_rows import draft_world, publish

SignIn = Callable[..., FlaskClient]

TYPED = {
    "active": "y",
    "step1_days": "3",
    "step1_at": "18:00",
    "step2_days": "0",
    "step2_at": "07:30",
    "step2_channel": "voice",
    "step2_quiet_until": "07:00",
    "quiet_from": "20:00",
    "quiet_until": "08:00",
    "holidays": "skip",
    "digest": "y",
    "household": "y",
    "most_per_day": "2",
    "change_days": "10",
    "budget_eur": "50.00",
    "price_sms": "9.5",
    "satisfaction_weeks": "0",
}


def stored(rows: Session, table: Any) -> list[Any]:
    """Return the rows of a table as they are by now."""
    rows.rollback()
    return list(rows.scalars(select(table)))


def test_rules_are_tried_out_then_kept(sign_in: SignIn, rows: Session, app_centre: m.Centre) -> None:
    with making_in(rows, app_centre) as make:
        world = draft_world(make, rows)
        world["person"].phone = "+32470123456"
        world["row"].cancelled_at = world["row"].changed_at
        for days in (7, 9):
            hold(make, world, world["plan"], world["tuesday"] + timedelta(days), world["person"])
        publish(rows, world["plan"])
    client, at = sign_in(), f"/c/{app_centre.slug}/messages/rappels/"
    page = client.get(at)
    assert "3 jours avant à 18:00" in page.text
    assert "comme le centre" in page.text
    told = client.post(f"{at}centre", data=TYPED | {"preview": "1"})
    assert told.status_code == 200
    assert "2 messages, 2 appels" in " ".join(told.text.split())
    assert stored(rows, ReminderPolicy) == []
    answer = client.post(f"{at}centre", data=TYPED, follow_redirects=True)
    assert "Les rappels sont à jour." in answer.text
    assert "le jour même à 07:30 (Appel)" in answer.text
    (row,) = stored(rows, ReminderPolicy)
    assert (row.budget_eur_cents, row.prices, row.most_per_day) == (5000, {"sms": 9500}, 2)
    assert row.steps[1] == {"days": 0, "at": "07:30", "channels": ["voice"], "quiet_until": "07:00"}
    for address in (f"{at}apercu", f"{at}?calcul=1"):
        assert "2 messages, 2 appels" in " ".join(client.get(address).text.split())
    assert stored(rows, Message) == []
    opened = client.get(f"{at}centre").text
    assert 'value="07:30"' in opened
    stale = client.post(f"{at}centre", data=TYPED | {"version": str(row.version - 1)})
    assert stale.status_code == 409


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_budget_that_is_used_up_is_told(sign_in: SignIn, rows: Session, app_centre: m.Centre) -> None:
    with making_in(rows, app_centre) as make:
        make(Message, price_eur_millicents=5_000_000, created_at=datetime.now(UTC))
        make(Message, state="withheld", error_code=EXEMPT, created_at=datetime.now(UTC))
        rows.commit()
    client, at = sign_in(), f"/c/{app_centre.slug}/messages/rappels/"
    assert client.post(f"{at}centre", data=TYPED | {"budget_eur": "50.01"}).status_code == 302
    page = client.get(at).text
    assert "Le budget est épuisé" not in page
    assert "1 message n&#39;est pas parti : personnes qui ne reçoivent pas de rappels" in page
    (row,) = stored(rows, ReminderPolicy)
    typed = TYPED | {"version": str(row.version)}
    assert client.post(f"{at}centre", data=typed).status_code == 302
    assert "Le budget est épuisé" in client.get(at).text
    rows.rollback()
    with making_in(rows, app_centre) as make:
        free = make(Message, channel="email", facts={"because": "budget"}, created_at=datetime.now(UTC))
        rows.commit()
        one = f"/c/{app_centre.slug}/messages/envois/{free.id}"
    assert "1 message par une voie gratuite : budget du mois épuisé" in client.get(at).text
    assert "Par cette voie, car le budget du mois est épuisé." in client.get(one).text
    assert (
        "Par cette voie, car le budget du mois est épuisé." in client.get(one.rpartition("/")[0] + "/").text
    )


def test_what_cannot_be_followed_is_said_beside_its_field(
    sign_in: SignIn, rows: Session, app_centre: m.Centre
) -> None:
    client, at = sign_in(), f"/c/{app_centre.slug}/messages/rappels/centre"
    typed = TYPED | {"step1_days": "", "step3_days": "1", "step3_at": "21:30", "step4_days": "2"}
    answer = client.post(at, data=typed)
    assert answer.status_code == 422
    assert "Donnez une heure." in answer.text
    answer = client.post(at, data=typed | {"step4_at": "18:00"})
    assert answer.status_code == 422
    assert "#step3_at" in answer.text
    assert "Cette heure tombe dans les heures calmes (20:00 à 08:00)." in answer.text
    assert stored(rows, ReminderPolicy) == []


def test_a_programme_has_its_own_rules_until_it_follows_the_centre_again(
    sign_in: SignIn, rows: Session, app_centre: m.Centre
) -> None:
    with making_in(rows, app_centre) as make:
        programme = make(m.Programme, name="Parcours FLE")
    rows.commit()
    client, at = sign_in(), f"/c/{app_centre.slug}/messages/rappels/"
    assert "budget_eur" not in client.get(f"{at}programme/{programme.id}").text
    client.post(f"{at}programme/{programme.id}", data=TYPED | {"quiet_from": "21:00"})
    (row,) = stored(rows, ReminderPolicy)
    assert (row.programme_id, row.quiet_from, row.budget_eur_cents) == (programme.id, time(21), None)
    assert "Comme le centre" in client.get(at).text
    client.post(f"{at}programme/{programme.id}/comme-le-centre")
    assert stored(rows, ReminderPolicy) == []
    director = sign_in(m.Role.DIRECTOR)
    assert director.get(at).status_code == 200
    assert director.post(f"{at}centre", data=TYPED).status_code == 403
