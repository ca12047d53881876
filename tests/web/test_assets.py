"""How long browsers keep files: what their address says they may."""

from __future__ import annotations

import pytest
from flask import Flask, url_for


@pytest.mark.parametrize("backend", ["sqlite"])
def test_files_with_a_version_in_their_address_are_kept_for_a_year(app: Flask) -> None:
    with app.test_request_context():
        address = url_for("static", filename="css/semainier.css")
    client = app.test_client()
    for asked, seconds in ((address, 31_536_000), (address.partition("?")[0], 86_400)):
        with client.get(asked) as answer:
            assert answer.cache_control.max_age == seconds, asked
