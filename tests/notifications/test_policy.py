"""Rules of reminding: what is refused, what programmes set for themselves, and stale forms."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, ReminderPolicy
from notifications.policy import (
    DEFAULT_STEPS,
    OnHolidays,
    Policy,
    Step,
    drop_policy,
    find_policy,
    load_policies,
    save_policy,
)
from scheduler.errors import InvalidInputError, NotFoundError, StaleError
from scheduler.models import Centre, Programme
from tests.factories import Make

VOICE = Step(days=0, at=time(7, 30), channels=(ChannelKind.VOICE,), quiet_until=time(7))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"steps": (Step(days=15, at=time(18)),)}, "step1_days"),
        ({"steps": (Step(days=1, at=time(18)), Step(days=1, at=time(9)))}, "step2_days"),
        ({"steps": (Step(days=1, at=time(21)),)}, "step1_at"),
        ({"steps": (Step(days=0, at=time(7, 30)),)}, "step1_at"),
        ({"steps": ()}, "step1_days"),
        ({"steps": tuple(Step(days=day, at=time(18)) for day in range(5))}, "steps"),
        ({"most_per_day": 0}, "most_per_day"),
        ({"change_days": 61}, "change_days"),
        ({"satisfaction_weeks": 27}, "satisfaction_weeks"),
        ({"budget_eur_cents": -1}, "budget_eur_cents"),
        ({"prices": {"sms": -1}}, "price_sms"),
        ({"prices": {"pigeon": 1}}, "price_pigeon"),
    ],
)
def test_what_cannot_be_followed_is_refused(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        replace(Policy(), **changed).check()
    assert caught.value.field == field


@pytest.mark.parametrize(
    "changed",
    [{}, {"steps": (VOICE, *DEFAULT_STEPS)}, {"active": False, "steps": ()}, {"budget_eur_cents": 0}],
)
def test_what_can_be_followed_is_taken(changed: dict[str, Any]) -> None:
    replace(Policy(), **changed).check()


def test_a_centre_without_rules_of_its_own_has_the_usual_ones(session: Session, centre: Centre) -> None:
    policies = load_policies(session, centre)
    assert policies.centre == Policy()
    assert [(step.days, step.at) for step in policies.centre.steps] == [(3, time(18)), (1, time(18))]
    assert policies.centre.active
    assert policies.most_days == 3


def test_a_programme_sets_its_own_rules_and_takes_the_rest_from_the_centre(
    session: Session, centre: Centre, make: Make
) -> None:
    programme = make(Programme)
    own = Policy(steps=(VOICE,), quiet_until=time(9), holidays=OnHolidays.SKIP, most_per_day=9)
    save_policy(session, centre, own, programme_id=programme.id)
    save_policy(session, centre, Policy(budget_eur_cents=5000, most_per_day=2, prices={"sms": 7000}))
    session.expire_all()
    policies = load_policies(session, centre)
    found = policies.of(programme.id)
    assert found.steps == (VOICE,)
    assert found.holidays is OnHolidays.SKIP
    assert found.quiet_until == time(9)
    assert (found.budget_eur_cents, found.most_per_day, found.prices) == (5000, 2, {"sms": 7000})
    assert policies.of(programme.id + 1) == policies.centre != found
    drop_policy(session, centre, programme.id)
    assert load_policies(session, centre).of(programme.id) == policies.centre


def test_steps_are_kept_from_the_farthest_to_the_nearest(session: Session, centre: Centre) -> None:
    row = save_policy(session, centre, Policy(steps=(VOICE, *reversed(DEFAULT_STEPS))))
    assert [each["days"] for each in row.steps] == [3, 1, 0]


def test_a_form_that_somebody_overtook_is_refused(session: Session, centre: Centre) -> None:
    row = save_policy(session, centre, Policy())
    opened = row.version
    save_policy(session, centre, Policy(digest=False), version=opened)
    with pytest.raises(StaleError):
        save_policy(session, centre, Policy(household=False), version=opened)
    assert find_policy(session, centre, None) is row
    assert row.household


def test_a_programme_of_nobody_is_not_found(session: Session, centre: Centre) -> None:
    with pytest.raises(NotFoundError):
        save_policy(session, centre, Policy(), programme_id=999_999)
    assert session.query(ReminderPolicy).count() == 0
