"""What errors of providers mean: one table."""

from __future__ import annotations

import pytest

from notifications.channels import Verdict
from notifications.models import AddressState
from notifications.provider_errors import TABLE, Consequence, consequence_of, consequence_of_answer


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (30003, Consequence(verdict=Verdict.RETRY)),
        ("30005", Consequence(verdict=Verdict.STOP, address=AddressState.UNREACHABLE, flag=True)),
        (30006, Consequence(verdict=Verdict.STOP, address=AddressState.LANDLINE, flag=True)),
        (
            21211,
            Consequence(verdict=Verdict.STOP, address=AddressState.UNREACHABLE, whole_number=True, flag=True),
        ),
        (21610, Consequence(verdict=Verdict.FALL_BACK, address=AddressState.OPTED_OUT, flag=True)),
        (63016, Consequence(verdict=Verdict.FALL_BACK, needs_template=True)),
        (63024, Consequence(verdict=Verdict.FALL_BACK, prefer_sms=True)),
        (20429, Consequence(verdict=Verdict.RETRY, rest=True)),
        ("timeout", Consequence(verdict=Verdict.UNCERTAIN)),
        (99999, Consequence(verdict=Verdict.STOP)),
        (None, Consequence(verdict=Verdict.STOP)),
    ],
)
def test_each_code_has_its_consequence(code: str | int | None, expected: Consequence) -> None:
    assert consequence_of(code) == expected


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (400, 21211, Verdict.STOP),
        (400, 12345, Verdict.STOP),
        (401, 20003, Verdict.RETRY),
        (429, None, Verdict.RETRY),
        (429, 20429, Verdict.RETRY),
        (500, 20500, Verdict.UNCERTAIN),
        (503, None, Verdict.UNCERTAIN),
        (503, 20429, Verdict.RETRY),
    ],
)
def test_a_server_that_failed_may_have_taken_the_message(
    status: int, code: int | None, verdict: Verdict
) -> None:
    assert consequence_of_answer(status, code).verdict is verdict


def test_only_addresses_that_are_closed_are_put_before_somebody() -> None:
    assert all(each.address is not None for each in TABLE.values() if each.flag or each.whole_number)
