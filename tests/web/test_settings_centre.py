"""What a centre chooses: shown as it is, kept when it can be, refused with a reason when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from scheduler import settings
from scheduler.models import Centre, Role
from tests.web import centre_rows as make
from web.settings.centre import CentreForm

SignIn = Callable[..., FlaskClient]

CHOSEN: dict[str, Any] = {
    "name": "CPAS d'essai",
    "locale": "fr",
    "community": "fr",
    "freeze_days": 2,
    "horizon_weeks": 5,
    "newcomer_weeks": 10,
    "path_months": 24,
    "allocation_percent": 65,
    "certificate_months": 6,
    "message_months": 3,
    "mail_invitations": "y",
    "feed_alarm_minutes": 90,
    "choice_kinds": ["excursion"],
    "choice_hold_hours": 24,
    "choice_notice_hours": 12,
    "choice_tolerance_points": 5,
    "freed_seat_minutes": 60,
}


@pytest.fixture
def url(app_centre: Centre) -> str:
    return f"/c/{app_centre.slug}/reglages/centre"


def sent(client: FlaskClient, url: str, **changed: Any) -> Any:
    weights = {name: "1" for name in dir(CentreForm) if name.startswith("weight_")}
    form = weights | CHOSEN | changed
    return client.post(url, data={key: value for key, value in form.items() if value is not None})


def test_choices_are_kept_and_taken_back(
    rows: Session, app_centre: Centre, url: str, sign_in: SignIn
) -> None:
    client = sign_in()
    answer = sent(client, url, version=app_centre.version)
    assert answer.status_code == 302, answer.text
    centre = make.look(rows).get_one(Centre, app_centre.id, populate_existing=True)
    for key in (
        "path_months",
        "allocation_percent",
        "certificate_months",
        "message_months",
        "freed_seat_minutes",
        "feed_alarm_minutes",
    ):
        assert getattr(settings, key)(centre) == CHOSEN[key], key
    assert settings.choice_kinds(centre) == ("excursion",)
    assert settings.absence_risk(centre) is False
    assert centre.settings["mail_invitations"] is True
    assert "feed_titles" not in centre.settings
    page = client.get(url).text
    assert 'value="65"' in page
    changed = {"allocation_percent": "", "mail_invitations": None, "feed_titles": "y", "absence_risk": "y"}
    assert sent(client, url, version=centre.version, **changed).status_code == 302
    centre = make.look(rows).get_one(Centre, app_centre.id, populate_existing=True)
    assert settings.allocation_percent(centre) is None
    assert settings.absence_risk(centre) is True
    assert centre.settings.keys().isdisjoint({"allocation_percent", "mail_invitations"})
    assert centre.settings["feed_titles"] == "full"


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path_months", 0),
        ("path_months", ""),
        ("allocation_percent", 101),
        ("certificate_months", 121),
        ("message_months", "six"),
        ("choice_kinds", ["something"]),
        ("choice_hold_hours", 0),
        ("freed_seat_minutes", 5),
        ("feed_alarm_minutes", 1441),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    rows: Session, app_centre: Centre, url: str, sign_in: SignIn, field: str, value: object
) -> None:
    answer = sent(sign_in(), url, version=app_centre.version, **{field: value})
    assert answer.status_code == 422
    assert f"{field}-error" in answer.text
    assert make.look(rows).get_one(Centre, app_centre.id, populate_existing=True).settings == {}


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_director_reads_settings_and_changes_none(url: str, sign_in: SignIn) -> None:
    assert sent(sign_in(Role.DIRECTOR), url).status_code == 403
