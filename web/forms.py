"""Answering with a page that holds one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template

from web.formwork import Form

#: Kinds of field that take the whole width of a form in columns.
WIDE_TYPES = (
    "CheckboxesField",
    "WeekGridField",
    "TextAreaField",
    "BooleanField",
    "TimesField",
    "LinesField",
    "ParamsField",
)


def form_page(
    form: Form,
    *,
    title: Any,
    back: str,
    groups: Sequence[tuple[Any, Sequence[str]]] = (),
    template: str = "form.html",
    **context: Any,
) -> tuple[str, int]:
    """Return the page of a form with the status that fits what happened to it.

    Parameters
    ----------
    back : str
        Address of the page that "back" and "cancel" lead to.
    groups : sequence of (legend, names of fields), optional
        Fields in boxes of two columns; without it all of them follow each other.
    """
    page = render_template(
        template, form=form, title=title, back=back, groups=groups, wide_types=WIDE_TYPES, **context
    )
    return page, form.answer_status
