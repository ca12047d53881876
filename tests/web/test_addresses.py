"""Numbers in addresses: an id that no column holds is a missing page, on every database."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from scheduler.models import Centre, Role


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
@pytest.mark.parametrize("place", ["personnes/{}/", "semaine/versions/{}", "reglages/cours/{}"])
def test_a_number_too_large_for_an_id_is_no_page(
    app_centre: Centre, sign_in: Callable[[Role], FlaskClient], place: str, number: int
) -> None:
    client = sign_in(Role.COORDINATOR)
    assert client.get(f"/c/{app_centre.slug}/{place.format(number)}").status_code == 404


def test_an_ordinary_number_that_is_nobody_is_no_page(
    app_centre: Centre, sign_in: Callable[[Role], FlaskClient]
) -> None:
    client = sign_in(Role.COORDINATOR)
    assert client.get(f"/c/{app_centre.slug}/personnes/{2**31 - 1}/").status_code == 404
