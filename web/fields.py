"""Form fields that read what people write: languages, hours, durations, phones, lists of words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

import phonenumbers
import yaml
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    Field,
    IntegerField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget, TextArea, TextInput, html_params

from scheduler.roster_import.cells import CellError, parse_email, parse_phone, parse_time
from scheduler.roster_import.languages import parse_language
from scheduler.roster_import.weekly_hours import parse_weekday, parse_weekly_hours
from solver.problem import LEVELS
from web.labels import duration, language_names, say, weekdays

_DURATION = re.compile(
    r"(?:(?P<hours>\d{1,3})\s*(?:h|u|heures?)\s*(?P<rest>\d{1,2})?\s*(?:min)?|(?P<minutes>\d{1,4})\s*(?:min(?:utes?)?|')?)",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[,;\n]+")


class Needed:
    """Ask for a value, leaving alone what the field itself found wrong with what was typed."""

    field_flags = {"required": True}

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, _form: Any, field: Field) -> None:
        """Stop with the message when there is nothing."""
        if field.process_errors:
            raise StopValidation
        if not field.data:
            raise StopValidation(self.message)


class VersionField(IntegerField):
    """The version of the row that a form was filled in from."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take a number, or nothing: then the newest row is meant to be overwritten by nobody."""
        self.data = int(valuelist[0]) if valuelist and valuelist[0].isdecimal() else 0


class _TextField(StringField):
    """Text with a meaning: shown by ``_show``, read by ``_read``; what was typed stays when it is wrong."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self._show(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        try:
            self.data = self._read(text)
        except CellError as error:
            raise ValueError(_sentence(say(error.text))) from None

    def _show(self, data: Any) -> str:
        return str(data)

    def _read(self, text: str) -> Any:
        return text


class WordsField(_TextField):
    """Free words between commas, as a list."""

    def _show(self, data: list[str]) -> str:
        return ", ".join(data)

    def _read(self, text: str) -> list[str]:
        return list(dict.fromkeys(part.strip() for part in _SEPARATORS.split(text) if part.strip()))


class LanguagesField(_TextField):
    """Languages by name, as a list of ISO 639 codes in the order given."""

    def _show(self, data: list[str]) -> str:
        return language_names(data)

    def _read(self, text: str) -> list[str]:
        shown = {language_names([code]): code for code in self.object_data or []}
        parts = (part.strip() for part in _SEPARATORS.split(text))
        return list(dict.fromkeys(shown.get(part) or parse_language(part) for part in parts if part))


class LanguageField(_TextField):
    """One language by name, as its ISO 639 code."""

    def _show(self, data: str) -> str:
        return language_names([data]) if data else ""

    def _read(self, text: str) -> str:
        if self.object_data and text == language_names([self.object_data]):
            return str(self.object_data)
        return parse_language(text) if text else ""


class PhoneField(_TextField):
    """A phone number, kept in E.164."""

    def _show(self, data: str) -> str:
        try:
            parsed = phonenumbers.parse(data)
        except phonenumbers.NumberParseException:
            return data
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    def _read(self, text: str) -> str | None:
        return parse_phone(text)[0] if text else None


class EmailField(_TextField):
    """An e-mail address, checked for its form only."""

    def _read(self, text: str) -> str | None:
        return parse_email(text) if text else None


class DurationField(_TextField):
    """A duration such as ``1 h 30``, ``90 min`` or ``90``, in minutes."""

    def _show(self, data: int) -> str:
        return duration(data)

    def _read(self, text: str) -> int | None:
        if not text:
            return None
        match = _DURATION.fullmatch(text)
        if match is None:
            raise ValueError(_("Écrivez une durée comme 1 h 30 ou 90 min."))
        if match["minutes"] is not None:
            return int(match["minutes"])
        return int(match["hours"]) * 60 + int(match["rest"] or 0)


class WeeklyHoursField(_TextField):
    """Weekly hours such as ``lun 9:00-12:00; mer 13:30-16:00``, as a sorted list of (weekday, start, end)."""

    def _show(self, data: list[tuple[int, time, time]]) -> str:
        names = weekdays("abbreviated")
        return "; ".join(f"{names[day]} {starts:%H:%M}-{ends:%H:%M}" for day, starts, ends in data)

    def _read(self, text: str) -> list[tuple[int, time, time]]:
        return sorted(tuple(each) for each in parse_weekly_hours(text)) if text else []  # type: ignore[type-var]


def as_choices(given: Any) -> Any:
    """Return choices as the form library wants them, from pairs or from pairs by heading."""
    if given is None:
        return None
    if callable(given):
        return lambda: as_choices(given())
    if isinstance(given, Mapping):
        return [
            SelectChoice(value, label, optgroup=heading)
            for heading, pairs in given.items()
            for value, label in pairs
        ]
    return [each if isinstance(each, SelectChoice) else SelectChoice(*each) for each in given]


class ChoiceField(SelectField):
    """A choice whose first entry may be nothing (``None``); values are coerced by ``coerce``.

    Choices are pairs of value and label, or such pairs by heading.
    """

    def __init__(self, *args: Any, coerce: Any = int, choices: Any = None, **kwargs: Any) -> None:
        def read(value: Any) -> Any:
            return None if value in ("", None, "None") else coerce(value)

        super().__init__(*args, coerce=read, choices=as_choices(choices), **kwargs)

    def offer(self, choices: Any) -> None:
        """Set what there is to choose from."""
        self.choices = as_choices(choices)

    def iter_choices(self) -> Any:
        """Mark the chosen entry, the empty one for ``None``."""
        chosen = "" if self.data is None else str(self.data)
        for choice in super().iter_choices():
            yield choice._replace(selected=str(choice.value) == chosen)


class CheckboxesField(SelectMultipleField):
    """Several of a set, as a list; each is a box with its label. Choices are pairs."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, *args: Any, choices: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, choices=as_choices(choices), **kwargs)

    def offer(self, choices: Any) -> None:
        """Set what there is to choose from."""
        self.choices = as_choices(choices)

    def pre_validate(self, form: Any) -> None:
        """Refuse what was not offered."""
        known = {choice.value for choice in self.iter_choices()}
        if any(value not in known for value in self.data or []):
            raise ValidationError(_("Ce choix n'existe pas."))


class WeekGridField(Field):
    """A week as rows of days with two or more spans each; a list of (weekday, start, end)."""

    def __init__(self, label: Any = None, spans: int = 2, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.spans = spans
        self.typed: dict[str, str] = {}

    def __call__(self, **kwargs: Any) -> Any:
        """Not rendered by itself: the macro ``week_grid`` does it."""
        return html_params(**kwargs)

    def process(self, formdata: Any, data: Any = None, **kwargs: Any) -> None:
        """Read the inputs ``<name>-<day>-<span>-from`` and ``-to`` of a submitted form."""
        self.process_errors = []
        self.data = list(data() if callable(data) else data or self.object_data_or_default(data))
        self.object_data = self.data
        counts = [sum(1 for each in self.data if each[0] == day) for day in range(7)]
        self.spans = max(self.spans, *counts)
        if formdata is None or not any(key.startswith(f"{self.name}-") for key in formdata):
            return
        self.typed = {key: formdata[key].strip() for key in formdata if key.startswith(f"{self.name}-")}
        self.spans = max(
            [self.spans, *(int(key.split("-")[2]) + 1 for key in self.typed if self._is_mine(key))]
        )
        self.data = self._read()

    @staticmethod
    def object_data_or_default(data: Any) -> list[Any]:
        """Return no hours where none are given."""
        return []

    def _is_mine(self, key: str) -> bool:
        return bool(re.fullmatch(rf"{re.escape(self.name)}-[0-6]-[0-9]-(from|to)", key))

    def _read(self) -> list[tuple[int, time, time]]:
        hours = []
        for day in range(7):
            for span in range(self.spans):
                ends = [self.typed.get(f"{self.name}-{day}-{span}-{end}", "") for end in ("from", "to")]
                if not any(ends):
                    continue
                try:
                    starts, finishes = (time.fromisoformat(end) for end in ends)
                except ValueError:
                    self.process_errors.append(
                        _("%(day)s : donnez une heure de début et une heure de fin.", day=weekdays()[day])
                    )
                    continue
                if starts >= finishes:
                    self.process_errors.append(
                        _("%(day)s : la plage finit avant de commencer.", day=weekdays()[day])
                    )
                    continue
                hours.append((day, starts.replace(second=0), finishes.replace(second=0)))
        return sorted(hours)

    def rows(self) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """Return each day's name with its spans: name of the inputs, start, end."""
        by_day: dict[int, list[tuple[time, time]]] = {day: [] for day in range(7)}
        for day, starts, ends in self.data or []:
            by_day[day].append((starts, ends))
        rows = []
        for day, name in enumerate(weekdays()):
            spans = []
            for span in range(self.spans):
                prefix = f"{self.name}-{day}-{span}"
                if self.typed:
                    pair = (self.typed.get(f"{prefix}-from", ""), self.typed.get(f"{prefix}-to", ""))
                elif span < len(by_day[day]):
                    pair = (f"{by_day[day][span][0]:%H:%M}", f"{by_day[day][span][1]:%H:%M}")
                else:
                    pair = ("", "")
                spans.append((prefix, *pair))
            rows.append((name, spans))
        return rows


class TimesField(_TextField):
    """Allowed starts, a line for each set of days: ``mer ven 13:30, 14:00``; as in ``Activity.times``."""

    widget = TextArea()

    def _show(self, data: list[dict[str, Any]]) -> str:
        names = weekdays("abbreviated")
        return "\n".join(
            f"{' '.join(names[day] for day in each['weekdays'])} {', '.join(each['starts'])}" for each in data
        )

    def _read(self, text: str) -> list[dict[str, Any]]:
        return [_times(line) for line in text.splitlines() if line.strip()]


def _times(line: str) -> dict[str, Any]:
    match = re.match(r"(?P<days>[^\d]+)(?P<starts>\d.*)", line.strip())
    if match is None:
        raise ValueError(_("« %(line)s » : écrivez des jours puis des heures.", line=line.strip()))
    language = str(get_locale())
    days = sorted({parse_weekday(word, language) for word in re.split(r"[\s,.:;]+", match["days"]) if word})
    starts = sorted({f"{parse_time(part):%H:%M}" for part in re.split(r"[,;\s]+", match["starts"]) if part})
    return {"weekdays": days, "starts": starts}


class LinesField(_TextField):
    """A list of texts, one a line."""

    widget = TextArea()

    def _show(self, data: list[str]) -> str:
        return "\n".join(data)

    def _read(self, text: str) -> list[str]:
        return [line.strip() for line in text.splitlines() if line.strip()]


class ParamsField(_TextField):
    """Named parameters of a rule in YAML, as a dictionary."""

    widget = TextArea()

    def _show(self, data: dict[str, Any]) -> str:
        return yaml.safe_dump(data, allow_unicode=True, sort_keys=False).strip() if data else ""

    def _read(self, text: str) -> dict[str, Any]:
        try:
            data = yaml.safe_load(text) if len(text) < 5000 else None
        except yaml.YAMLError:
            data = None
        if text and not isinstance(data, dict):
            raise ValueError(_("Écrivez une ligne « nom: valeur » par paramètre."))
        return data or {}


def level_choices() -> list[tuple[int, str]]:
    """Return the levels of the CEFR as choices."""
    return list(enumerate(LEVELS))


LANGUAGES_HINT = _l(
    "Noms séparés par des virgules, la langue maternelle d'abord. Par exemple : arabe, anglais."
)
DURATION_HINT = _l("Par exemple : 1 h 30 ou 90 min.")
WEEKLY_HINT = _l("Par exemple : lun 9:00-12:00; mer 13:30-16:00")


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
