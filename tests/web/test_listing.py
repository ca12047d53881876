"""Lists: order, filters, pages, exports, and all of it in the address."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from scheduler.models import Centre, Role
from tests.web import centre_rows as make
from web.listing import Column, Filter, Listing
from web.spreadsheet import as_csv, as_xlsx


@dataclass
class Row:
    name: str
    size: int | None = None
    kind: str = "a"


def listing(rows: list[Row], **args: str) -> Listing:
    return Listing(
        name="essai",
        rows=rows,
        columns=[
            Column(key="nom", label="Nom", value=lambda row: row.name, heading=True),
            Column(key="taille", label="Taille", value=lambda row: row.size, numeric=True),
        ],
        filters=[
            Filter(
                key="sorte",
                label="Sorte",
                choices=[("", "Toutes"), ("a", "A"), ("b", "B")],
                default="a",
                test=lambda row, value: row.kind == value,
            )
        ],
        search=lambda row: row.name,
        sort="nom",
        args=args,
    )


def names(shown: Listing) -> list[str]:
    return [row.name for row in shown.found]


def test_the_alphabet_knows_accents_and_case() -> None:
    rows = [Row("zoé"), Row("Élise"), Row("eric"), Row("Ali")]
    assert names(listing(rows)) == ["Ali", "Élise", "eric", "zoé"]
    assert names(listing(rows, tri="-nom")) == ["zoé", "eric", "Élise", "Ali"]


def test_what_is_unknown_comes_last_both_ways() -> None:
    rows = [Row("a", None), Row("b", 2), Row("c", 10)]
    assert names(listing(rows, tri="taille")) == ["b", "c", "a"]
    assert names(listing(rows, tri="-taille")) == ["c", "b", "a"]


def test_every_word_of_a_search_must_be_there() -> None:
    rows = [Row("Amina Haddad"), Row("Amina Saleh"), Row("Noor Haddad")]
    assert names(listing(rows, q="haddad AMÍNA")) == ["Amina Haddad"]


def test_filters_have_a_default_and_ignore_nonsense() -> None:
    rows = [Row("x", kind="a"), Row("y", kind="b")]
    assert names(listing(rows)) == ["x"]
    assert names(listing(rows, sorte="b")) == ["y"]
    assert names(listing(rows, sorte="")) == ["x", "y"]
    assert names(listing(rows, sorte="robert'); DROP")) == ["x"]


@pytest.mark.parametrize(
    ("wanted", "page"), [("", 1), ("2", 2), ("3", 3), ("99", 3), ("-1", 1), ("x", 1), ("9" * 30, 1)]
)
def test_pages_hold_a_hundred_and_stay_in_the_list(wanted: str, page: int) -> None:
    shown = listing([Row(f"n{index:03d}") for index in range(250)], page=wanted)
    assert shown.page == page
    assert len(shown.shown) == (50 if page == 3 else 100)


def test_an_unknown_order_falls_back_to_the_first() -> None:
    assert names(listing([Row("b"), Row("a")], tri="mot_de_passe")) == ["a", "b"]


DANGEROUS = ["=1+1", "+32470", "-1", "@SUM(A1)", "\tx", "\rx"]


def test_csv_is_for_excel_in_belgium_and_runs_nothing() -> None:
    answer = as_csv(
        "essai", ["Nom", "=x"], [[text, -5] for text in DANGEROUS] + [['é;\n"', date(2026, 1, 2)]]
    )
    raw = answer.get_data()
    assert raw.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert read[0] == ["Nom", "'=x"]
    assert [row[0] for row in read[1:-1]] == [f"'{text}" for text in DANGEROUS]
    assert {row[1] for row in read[1:-1]} == {"-5"}
    assert read[-1] == ['é;\n"', "2026-01-02"]


def test_xlsx_holds_text_and_no_formula() -> None:
    answer = as_xlsx("essai", ["Nom"], [[text] for text in [*DANGEROUS[:4], "a\x00b"]])
    sheet = load_workbook(io.BytesIO(answer.get_data())).active
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == [*DANGEROUS[:4], "ab"]
    assert {cell.data_type for cell in cells} == {"s"}


def test_the_address_carries_everything(
    app: Flask, rows: Session, app_centre: Centre, sign_in: Callable[..., FlaskClient]
) -> None:
    for index in range(103):
        make.person(rows, app_centre, first_name=f"P{index:03d}", last_name="Haddad", level_spoken=1)
    make.person(rows, app_centre, first_name="Autre", last_name="Saleh")
    client = sign_in()
    base = f"/c/{app_centre.slug}/personnes/"
    page = client.get(f"{base}?q=haddad&niveau=1&tri=-nom&page=2").text
    assert "101 à 103 sur 103" in page
    assert "P000" in page
    assert "P102" not in page
    assert "q=haddad&amp;tri=-nom&amp;niveau=1&amp;page=1" in page
    assert "Saleh" not in page
    whole = client.get(f"{base}?q=haddad&format=csv").text
    assert whole.count("Haddad") == 103


def test_only_some_may_take_the_list_away(
    app: Flask, rows: Session, app_centre: Centre, sign_in: Callable[..., FlaskClient]
) -> None:
    make.person(rows, app_centre)
    base = f"/c/{app_centre.slug}/personnes/"
    for role, status in ((Role.COORDINATOR, 200), (Role.ANIMATEUR, 403), (Role.SOCIAL_WORKER, 403)):
        client = sign_in(role)
        for kind in ("csv", "xlsx"):
            assert client.get(f"{base}?format={kind}").status_code == status
        assert ("format=csv" in client.get(base).text) == (status == 200)
    assert sign_in().get(f"{base}?format=exe").status_code == 404


def test_what_people_typed_is_escaped(
    app: Flask, rows: Session, app_centre: Centre, sign_in: Callable[..., FlaskClient]
) -> None:
    make.person(rows, app_centre, first_name="<script>alert(1)</script>", last_name='"><img src=x>')
    page: Any = sign_in().get(f"/c/{app_centre.slug}/personnes/?q=%22%3E%3Cb%3E").text
    assert "<b>" not in page
    page = sign_in().get(f"/c/{app_centre.slug}/personnes/").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
