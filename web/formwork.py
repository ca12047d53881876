"""What every form does: refuse with words near the field, notice other people's changes, commit once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from scheduler.errors import InvalidInputError, StaleError
from web.extensions import db
from web.fields import VersionField
from web.labels import say

#: Kinds of field that hold plain text.
_TEXTS = frozenset({"StringField", "TextAreaField"})


class Form(FlaskForm):
    """A form that knows the HTTP status of its own answer.

    ``changed_meanwhile`` holds (label, stored value) of the fields that somebody else changed while
    this form was open. ``paths`` leads from the last part of a complaint's key to a field, for
    complaints whose key starts with ``own_path``.
    """

    paths: Mapping[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.answer_status = 200
        self.own_path = ""
        self.changed_meanwhile: list[tuple[Any, str]] = []

    def values(self, *without: str) -> dict[str, Any]:
        """Return the data of every field but the token, the version and those named.

        Text is never ``None`` unless a filter of its field says so; its ends are bare, its lines as on Unix
        whatever a browser sends.
        """
        left_out = {"csrf_token", "version", *without}
        return {name: _plain(field) for name, field in self._fields.items() if name not in left_out}

    def complain(self, error: InvalidInputError) -> None:
        """Put an error of the domain near its field, or over the whole form."""
        for complaint in getattr(error, "complaints", ()):
            head, _dot, tail = complaint.key.removeprefix(self.own_path).rpartition(".")
            own = self.own_path and complaint.key.startswith(f"{self.own_path}.")
            name = self.paths.get(f"{head}.{tail}".strip(".")) if own else None
            if name in self._fields:
                self._fields[name].errors = [*self._fields[name].errors, _sentence(say(complaint.message))]
            else:
                self.form_errors.append(f"{complaint.key} : {say(complaint.message)}")
        if hasattr(error, "complaints"):
            return
        message = say(error.text)
        field = self._fields.get(error.field or "")
        if field is None:
            self.form_errors.append(message)
        else:
            field.errors = [*field.errors, message]


class VersionedForm(Form):
    """A form on a row that other people may change at the same time."""

    version = VersionField()


def submit(form: Form, act: Callable[[], Any], *, stored: Callable[[], Form] | None = None) -> bool:
    """Validate a submitted form, act and commit; otherwise leave everything as it was.

    Parameters
    ----------
    act : callable
        Does the work in the session; may raise the errors of the domain.
    stored : callable, optional
        Returns the form as it would open now, to show what somebody else changed.

    Returns
    -------
    bool
        Whether the act was done. If not, the form carries what to say and the status to answer with.
    """
    if request.method != "POST":
        return False
    form.answer_status = 422
    if not form.validate():
        db.session.rollback()
        return False
    try:
        act()
        db.session.commit()
    except InvalidInputError as error:
        db.session.rollback()
        form.complain(error)
        return False
    except (StaleError, StaleDataError):
        db.session.rollback()
        form.answer_status = 409
        if stored is not None:
            _note_changes(form, stored())
        return False
    except IntegrityError:
        db.session.rollback()
        form.form_errors.append(_("Quelqu'un vient d'enregistrer la même chose. Rien n'a été modifié."))
        form.answer_status = 409
        return False
    return True


def _plain(field: Any) -> Any:
    if field.data is None and field.type in _TEXTS and not field.filters:
        return ""
    return field.data.replace("\r\n", "\n").strip() if isinstance(field.data, str) else field.data


def _note_changes(form: Form, stored: Form) -> None:
    for name, field in form._fields.items():
        other = stored._fields.get(name)
        if other is None or name == "csrf_token":
            continue
        if name == "version":
            field.data, field.raw_data = other.data, None
        elif other.data != field.data:
            form.changed_meanwhile.append((field.label.text, _shown(other)))


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _shown(field: Any) -> str:
    if hasattr(field, "iter_choices"):
        return ", ".join(str(choice.label) for choice in field.iter_choices() if choice.selected) or "–"
    if isinstance(field.data, bool):
        return _("oui") if field.data else _("non")
    if hasattr(field, "rows"):
        return _("voir la page")
    return str(field._value()) or "–"
