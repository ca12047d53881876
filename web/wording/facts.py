"""From the ids and slots of the planner to names, days and hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from scheduler.names import Names
from scheduler.programmes.vocabulary import ROOM_FEATURES, SKILLS
from scheduler.timegrid import SLOT_MINUTES
from web.labels import duration
from web.templating import language_name

SLOTS_PER_DAY = 24 * 60 // SLOT_MINUTES

_ROLES: Mapping[str, Any] = {
    "leader": _l("animation"),
    "teacher": _l("français"),
    "interpreter": _l("interprète"),
    "mediator": _l("médiation"),
    "worker": _l("accompagnement"),
    "coach": _l("coaching"),
    "host": _l("accueil"),
    "mentor": _l("mentorat"),
    "volunteer": _l("volontariat"),
    "trainer": _l("formation"),
    "counsellor": _l("conseil"),
    "social_worker": _l("travail social"),
    "neighbourhood_worker": _l("travail de quartier"),
}


class Facts(dict[str, str]):
    """Facts for a sentence; one that is not given is a dash rather than an error."""

    def __missing__(self, key: str) -> str:
        return "–"


class Speaker:
    """Puts facts into words for one horizon and one reader.

    Parameters
    ----------
    names : Names
    first_day : date
        Day 0 of the slots.
    people : bool
        Whether the reader may see participants' names.
    """

    def __init__(self, names: Names, first_day: date, *, people: bool = True) -> None:
        self.names = names
        self.first_day = first_day
        self.people = people

    def date_of(self, day: int) -> date:
        """Return the date of a day of the horizon."""
        return self.first_day + timedelta(day)

    def day(self, day: int, form: str = "EEE d MMM") -> str:
        """Return a day of the horizon in words."""
        return format_date(self.date_of(day), form)

    def hour(self, slot: int) -> str:
        """Return the hour of a slot as ``9:00``."""
        minutes = slot % SLOTS_PER_DAY * SLOT_MINUTES
        return f"{minutes // 60}:{minutes % 60:02d}"

    def moment(self, slot: int) -> str:
        """Return a slot as day and hour."""
        return _("%(day)s à %(hour)s", day=self.day(slot // SLOTS_PER_DAY), hour=self.hour(slot))

    def person(self, key: str) -> str:
        """Return the name of a participant, or a number to those who may not see names."""
        if self.people:
            return self.names.participant(key)
        return _("la personne n° %(n)s", n=key[1:])

    def facts(self, params: Mapping[str, str]) -> Facts:
        """Return the facts of a reason, a remedy or a breach with everything in words."""
        words = Facts({key: value for key, value in params.items() if value})
        one = {
            # Of a need that several would meet, all of them.
            "activity": lambda keys: listed([self.names.activity(key) for key in keys.split(", ")]),
            "other_activity": self.names.activity,
            "first": self.names.activity,
            "second": self.names.activity,
            "participant": self.person,
            "other": self.person,
            "a": self.person,
            "b": self.person,
            "room": self.names.room,
            "site": self.names.site,
            "equipment": self.names.pool,
            "role": role_name,
            "language": language_name,
        }
        for key, name in one.items():
            if words.get(key):
                words[key] = name(words[key])
        for key in ("start", "other_start", "busy_start"):
            if key in words:
                words[f"{key}_hour"] = self.hour(int(params[key]))
                words[key] = self.moment(int(params[key]))
        if "busy_end" in words:
            words["busy_end"] = self.hour(int(params["busy_end"]))
        for key in ("earliest", "latest"):
            if key in words:
                words[key] = self.hour(int(params[key]))
        for key in ("day", "first_day", "last_day"):
            if key in words:
                words[key] = self.day(int(params[key]))
        if "end_day" in words:
            words["end_day"] = self.day(int(params["end_day"]) - 1)
        if "week" in words:
            words["week"] = self.day(7 * int(params["week"]), "d MMMM")
        if "staff" in words:
            words["staff"] = listed([self.names.member(key) for key in params["staff"].split(", ")])
        if "rivals" in words:
            words["rivals"] = listed([self.person(key) for key in params["rivals"].split(", ")])
        if "skills" in words:
            words["skills"] = ", ".join(_word(SKILLS, key) for key in params["skills"].split(", "))
        if "features" in words:
            words["features"] = ", ".join(_word(ROOM_FEATURES, key) for key in params["features"].split(", "))
        if "slots" in words:
            words["length"] = duration(int(params["slots"]) * SLOT_MINUTES)
        return words

    def length(self, slots: str) -> str:
        """Return a number of slots as a duration."""
        return duration(int(slots) * SLOT_MINUTES)


def role_name(key: str) -> str:
    """Return the word for a role of a session."""
    return str(_ROLES.get(key, key.replace("_", " ")))


def listed(names: list[str], most: int = 4) -> str:
    """Return some names in a row; past ``most`` the others are counted."""
    if len(names) > most + 1:
        return _("%(names)s et %(count)s autres", names=", ".join(names[:most]), count=len(names) - most)
    return ", ".join(names)


def _word(table: Mapping[str, str], key: str) -> str:
    return _(table[key]).lower() if key in table else key
