"""One row of a roster, understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from scheduler.message import N_, Message
from scheduler.models import EnrolmentStatus
from scheduler.roster_import import cells
from scheduler.roster_import.cells import CellError
from scheduler.roster_import.directory import Directory
from scheduler.roster_import.fields import BY_KEY
from scheduler.roster_import.folding import fold
from scheduler.roster_import.languages import parse_eu, parse_language
from scheduler.roster_import.weekly_hours import WeeklyTime, parse_weekly_hours

#: Labels of the weekly busy times that an import owns; times added by hand are left alone.
BUSY_LABELS = {"childcare": "Garde d'enfants", "busy": "Occupations"}

_MAX_LENGTH = {
    "reference": 40,
    "first_name": 80,
    "last_name": 80,
    "municipality": 80,
    "project": 60,
    "note": 1000,
}

_STATUSES = {
    EnrolmentStatus.WAITING: "en attente,attente,liste d attente,wachtlijst,waiting",
    EnrolmentStatus.TRIAL: "essai,a l essai,periode d essai,proef,trial",
    EnrolmentStatus.ACTIVE: "actif,active,en cours,inscrit,inscrite,actief,lopend,active",
    EnrolmentStatus.PAUSED: "pause,en pause,suspendu,suspendue,gepauzeerd,paused",
    EnrolmentStatus.ENDED: "termine,terminee,fini,sorti,sortie,cloture,beeindigd,gestopt,ended",
}
_STATUS_OF = {fold(word): status for status, words in _STATUSES.items() for word in words.split(",")}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EnrolmentDraft:
    """A programme that a row names; ``None`` leaves what is there, or the usual value."""

    programme_id: int
    phase_id: int | None = None
    status: EnrolmentStatus | None = None
    starts_on: date | None = None


@dataclass(slots=True)
class RosterDraft:
    """What a row says. Empty cells say nothing: they never erase what is known.

    ``values`` are attributes of ``Participant``; ``mother_tongue`` alone goes before the
    languages already known.
    """

    values: dict[str, Any] = field(default_factory=dict)
    mother_tongue: str | None = None
    enrolment: EnrolmentDraft | None = None
    course_ids: frozenset[int] = frozenset()
    busy: dict[str, frozenset[WeeklyTime]] = field(default_factory=dict)
    problems: list[Message] = field(default_factory=list)
    notices: list[Message] = field(default_factory=list)

    @property
    def name(self) -> str:
        """First and last name, as far as given."""
        return f"{self.values.get('first_name', '')} {self.values.get('last_name', '')}".strip()


def read_row(given: Mapping[str, str], directory: Directory, today: date, language: str) -> RosterDraft:
    """Understand the cells of one row.

    Parameters
    ----------
    given : mapping
        Filled cells by field key (``fields.ROSTER_FIELDS``).
    language : str
        The centre's language, which decides how ``ma`` and ``di`` are read.

    Returns
    -------
    RosterDraft
        ``problems`` has one message for every cell that could not be understood.
    """
    return _Reader(given, directory, today, language).read()


class _Reader:
    def __init__(self, given: Mapping[str, str], directory: Directory, today: date, language: str) -> None:
        self.given = given
        self.directory = directory
        self.today = today
        self.language = language
        self.draft = RosterDraft()

    def read(self) -> RosterDraft:
        self._names()
        self._contact()
        self._languages_and_levels()
        for key in ("brings_children", "needs_interpreter"):
            self._take(key, cells.parse_yes_no)
        self._take("eu_national", parse_eu)
        self._take("started_on", self._plan_date)
        self._take("referent", self.directory.staff_member, attribute="referent_id")
        self._take("sites", self._each(self.directory.site), attribute="site_ids")
        self._take("preferred_sites", self._each(self.directory.site), attribute="preferred_site_ids")
        self._take("preferred_activities", self._each(self.directory.activity))
        self._take("opt_outs", self._each(self._theme))
        self._enrolment()
        courses = self._parsed("course", self._each(self.directory.course, statements=True))
        self.draft.course_ids = frozenset(courses or ())
        for key, label in BUSY_LABELS.items():
            times = self._parsed(key, lambda text: parse_weekly_hours(text, self.language))
            if times is not None:
                self.draft.busy[label] = times
        return self.draft

    def _parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        text = self.given.get(key)
        if text is None:
            return None
        try:
            return parse(text)
        except CellError as error:
            self.draft.problems.append(N_("%(field)s : %(why)s", field=BY_KEY[key].label, why=error.text))
            return None

    def _take(self, key: str, parse: Callable[[str], Any], attribute: str | None = None) -> None:
        value = self._parsed(key, parse)
        if value is not None:
            self.draft.values[attribute or key] = value

    def _words(self, key: str) -> None:
        self._take(key, lambda text: self._fitting(key, text))

    @staticmethod
    def _fitting(key: str, text: str) -> str:
        text = text.strip() if key == "note" else " ".join(text.split())
        if len(text) > _MAX_LENGTH[key]:
            raise CellError(N_("le texte dépasse %(limit)s caractères", limit=_MAX_LENGTH[key]))
        return text

    @staticmethod
    def _each(find: Callable[[str], Any], *, statements: bool = False) -> Callable[[str], list[Any]]:
        split = cells.split_statements if statements else cells.split_list

        def parse(text: str) -> list[Any]:
            try:
                return [find(text)]
            except CellError:
                parts = split(text)
                if len(parts) < 2:
                    raise
                return list(dict.fromkeys(find(part) for part in parts))

        return parse

    def _plan_date(self, text: str) -> date:
        return cells.parse_plan_date(text, self.today)

    def _theme(self, text: str) -> str:
        try:
            return self.directory.activity(text)
        except CellError:
            return fold(text)

    def _names(self) -> None:
        for key in ("reference", "first_name", "last_name", "municipality", "project", "note"):
            self._words(key)
        whole = self.given.get("full_name") or self.given.get("given_full_name")
        if whole and not self.draft.name:
            first, last = split_name(whole, last_first="full_name" in self.given)
            for key, text in (("first_name", first), ("last_name", last)):
                if text and len(text) <= _MAX_LENGTH[key]:
                    self.draft.values[key] = text

    def _contact(self) -> None:
        self._take("birth_date", lambda text: cells.parse_birth_date(text, self.today))
        phone = self._parsed("phone", cells.parse_phone)
        if phone:
            self.draft.values["phone"], notices = phone
            self.draft.notices.extend(notices)
        self._take("email", cells.parse_email)

    def _languages_and_levels(self) -> None:
        draft = self.draft
        mother = self._parsed("mother_tongue", _languages)
        others = self._parsed("languages", _languages)
        if others is not None:
            draft.values["languages"] = list(dict.fromkeys([*(mother or []), *others]))
        elif mother:
            draft.mother_tongue, *rest = mother
            if rest:
                draft.values["languages"] = mother
        self._take("message_language", parse_language)
        level = self._parsed("level", cells.parse_level)
        for key in ("level_spoken", "level_written"):
            if key in self.given:
                self._take(key, cells.parse_level)
            elif level is not None:
                draft.values[key] = level
        self._take("reads_little", cells.parse_yes_no)
        written = self.given.get("level_written") or self.given.get("level", "")
        if "reads_little" not in draft.values and cells.is_alphabetisation(written):
            draft.values["reads_little"] = True

    def _enrolment(self) -> None:
        programme = self._parsed("programme", self.directory.programme)
        starts_on = self._parsed("programme_starts_on", self._plan_date)
        status = self._parsed("programme_status", _parse_status)
        if programme is None:
            if self.given.get("phase") and "programme" not in self.given:
                self.draft.problems.append(N_("une phase est donnée sans programme"))
            return
        phase = self._parsed("phase", lambda text: self.directory.phase(programme, text))
        self.draft.enrolment = EnrolmentDraft(programme.id, phase.id if phase else None, status, starts_on)


def _languages(text: str) -> list[str]:
    return list(dict.fromkeys(parse_language(part) for part in cells.split_list(text)))


def _parse_status(text: str) -> EnrolmentStatus:
    if fold(text) not in _STATUS_OF:
        raise CellError(
            N_(
                "« %(text)s » n'est pas un statut (attendu : en attente, essai, actif, pause ou terminé)",
                text=text,
            )
        )
    return _STATUS_OF[fold(text)]


def split_name(whole: str, *, last_first: bool) -> tuple[str, str]:
    """First and last name of a full one: a comma or capitals tell them apart, else the order."""
    whole = " ".join(whole.split())
    if "," in whole:
        last, _, first = whole.partition(",")
        return first.strip(), last.strip()
    words = whole.split(" ")
    shouted = [word for word in words if word.isupper() and len(word) > 1]
    if shouted and len(shouted) < len(words):
        return " ".join(word for word in words if word not in shouted), " ".join(shouted)
    if len(words) == 1:
        return whole, ""
    return (" ".join(words[1:]), words[0]) if last_first else (words[0], " ".join(words[1:]))
