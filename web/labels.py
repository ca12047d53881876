"""Words for the values of the domain, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from itertools import groupby
from typing import Any

import phonenumbers
from flask import Flask
from flask_babel import format_decimal, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from scheduler.message import Message
from scheduler.models import Availability, CourseMeeting, EnrolmentStatus, Programme, Role, StaffKind
from scheduler.programmes.vocabulary import PROJECTS, ROOM_FEATURES, SKILLS, THEMES
from web.assets import icon
from web.templating import language_name

ENROLMENT_STATUS: Mapping[EnrolmentStatus, Any] = {
    EnrolmentStatus.ACTIVE: _l("En parcours"),
    EnrolmentStatus.TRIAL: _l("À l'essai"),
    EnrolmentStatus.WAITING: _l("En attente"),
    EnrolmentStatus.PAUSED: _l("En pause"),
    EnrolmentStatus.ENDED: _l("Terminé"),
}

_STATUS_ICONS = {
    EnrolmentStatus.ACTIVE: "play-circle",
    EnrolmentStatus.TRIAL: "question-circle",
    EnrolmentStatus.WAITING: "hourglass-split",
    EnrolmentStatus.PAUSED: "pause-circle",
    EnrolmentStatus.ENDED: "check-circle",
}

STAFF_KINDS: Mapping[StaffKind, Any] = {
    StaffKind.STAFF: _l("Équipe"),
    StaffKind.VOLUNTEER: _l("Volontaire"),
    StaffKind.INTERPRETER: _l("Interprète"),
    StaffKind.HOST: _l("Structure d'accueil"),
}

ROLES: Mapping[Role, Any] = {
    Role.COORDINATOR: _l("Coordination"),
    Role.ANIMATEUR: _l("Animation"),
    Role.SOCIAL_WORKER: _l("Service social"),
    Role.DIRECTOR: _l("Direction"),
    Role.VOLUNTEER: _l("Bénévolat"),
    Role.ADMINISTRATOR: _l("Administration"),
}


def say(message: Message | str) -> str:
    """Return a sentence of the domain in the reader's language."""
    if isinstance(message, Message):
        params = {
            key: say(part) if isinstance(part, Message) else part for key, part in message.params.items()
        }
        return _(message.msgid, **params)
    return message


def status_badge(status: EnrolmentStatus | str | None, *, active: bool = True) -> Markup:
    """Return a word with its icon for where somebody stands."""
    if not active:
        return Markup('<span class="state state-archived">{} {}</span>').format(icon("archive"), _("Archivé"))
    if status is None:
        return Markup('<span class="state">{} {}</span>').format(icon("dash-circle"), _("Sans programme"))
    status = EnrolmentStatus(status)
    return Markup('<span class="state state-{}">{} {}</span>').format(
        status.value, icon(_STATUS_ICONS[status]), ENROLMENT_STATUS[status]
    )


def weekdays(form: str = "wide") -> list[str]:
    """Return the names of the days, Monday first; ``form`` is ``wide`` or ``abbreviated``."""
    # Not Babel's "stand-alone" names: in some languages they are those of the language loaded before.
    names = get_locale().days["format"][form]
    return [names[day] for day in range(7)]


def short_days(days: Iterable[int]) -> str:
    """Return ``lun. mer.`` for 0 and 2, ``lun.–mer.`` for three days or more in a row."""
    names = weekdays("abbreviated")
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return " ".join(
        f"{names[run[0]]}–{names[run[-1]]}" if len(run) > 2 else " ".join(names[day] for day in run)
        for run in runs
    )


def language_names(codes: Iterable[str]) -> str:
    """Return languages by name, in the order given."""
    return ", ".join(language_name(code) for code in codes)


def duration(minutes: int | None) -> str:
    """Return ``3 h 30`` for 210 minutes, on one line, ``45 min`` below an hour, nothing for ``None``."""
    if minutes is None:
        return ""
    hours, rest = divmod(minutes, 60)
    if not hours:
        said = _("%(minutes)s min", minutes=rest)
    else:
        said = _("%(hours)s h", hours=format_decimal(hours)) + (f" {rest:02d}" if rest else "")
    return said.replace(" ", "\N{NO-BREAK SPACE}")


def link(address: str, text: Any) -> Markup:
    """Return a link, its text escaped."""
    return Markup('<a href="{}">{}</a>').format(address, text)


def lines(parts: Iterable[Any]) -> Markup:
    """Return each part on a line of its own."""
    return Markup("<br>").join(escape(part) for part in parts)


def phone(number: str) -> str:
    """Return a number in E.164 with its groups apart, as it is if it cannot be read."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def weekly(rows: Iterable[Availability | CourseMeeting | tuple[int, time, time]]) -> str:
    """Return ``lun. mer. 9:00–12:00`` for weekly hours, days with the same hours together."""
    spans: dict[int, list[tuple[time, time]]] = {}
    for row in rows:
        weekday, starts, ends = row if isinstance(row, tuple) else (row.weekday, row.starts, row.ends)
        spans.setdefault(weekday, []).append((starts, ends))
    ordered = sorted((tuple(sorted(hours)), day) for day, hours in spans.items())
    parts = []
    for hours, group in groupby(ordered, key=lambda pair: pair[0]):
        days = [day for _hours, day in group]
        times = ", ".join(f"{a.hour}:{a.minute:02d}–{b.hour}:{b.minute:02d}" for a, b in hours)
        parts.append((days[0], f"{short_days(days)} {times}"))
    return " · ".join(text for _day, text in sorted(parts))


def theme_names(keys: Sequence[str]) -> str:
    """Return themes by name; what is no theme stays as it is."""
    return ", ".join(_(THEMES[key]) if key in THEMES else key for key in keys)


def skill_names(keys: Sequence[str]) -> str:
    """Return skills by name; a centre's own words stay as they are."""
    return ", ".join(_(SKILLS[key]) if key in SKILLS else key for key in keys)


def feature_names(keys: Sequence[str]) -> str:
    """Return features of rooms by name; a centre's own words stay as they are."""
    return ", ".join(_(ROOM_FEATURES[key]) if key in ROOM_FEATURES else key for key in keys)


def programme_place(key: str, programme: Programme) -> str:
    """Return what a complaint's key points at, by the names a coordinator knows."""
    table, _dot, rest = key.partition(".")
    own, _dot, tail = rest.partition(".")
    parts: dict[str, Sequence[Any]] = {
        "activities": programme.activities,
        "phases": programme.phases,
        "demands": programme.demand_rules,
    }
    for part in parts.get(table, ()):
        if part.key == own:
            name = getattr(part, "name", None) or getattr(part, "label", own)
            role = tail.removeprefix("roles.") if tail.startswith("roles.") else ""
            return f"« {name} », {role}" if role else f"« {name} »"
    return rest or key or programme.name


def init_app(app: Flask) -> None:
    """Give templates the words."""
    app.jinja_env.filters.update(
        phone=phone,
        languages=language_names,
        weekly=weekly,
        duration=duration,
        translated=lambda text: _(text) if text else "",
        theme_names=theme_names,
        skill_names=skill_names,
        feature_names=feature_names,
        said=say,
        programme_place=programme_place,
    )
    app.jinja_env.globals.update(
        status_badge=status_badge, PROJECTS=PROJECTS, ROLES=ROLES, STAFF_KINDS=STAFF_KINDS
    )
