"""Words for obligations, tasks and attendance, in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup

from notifications.allowance import BUDGET_TASK
from scheduler.attendance import CALL_BACK
from scheduler.choices.lost import CHOICE_REFUSED
from scheduler.hours import Obligation, ObligationKind, Standing
from scheduler.models import AttendanceState, Task, WatchRule
from scheduler.my_work import STAFF_SICK
from scheduler.offers import SLOT_RETURNED
from scheduler.programmes.vocabulary import ACTIVITY_KINDS
from scheduler.reports import Absence, Nationality
from scheduler.tasks import OPEN, RAISE_DEMAND, planned_until
from scheduler.watch import WATCH
from web.assets import icon
from web.labels import duration
from web.templating import day, hour

STANDINGS = {
    Standing.LATE: (_l("Délai dépassé"), "exclamation-octagon"),
    Standing.AT_RISK: (_l("À surveiller"), "exclamation-triangle"),
    Standing.EARLY: (_l("Trop tôt pour le dire"), "hourglass"),
    Standing.ON_TRACK: (_l("En bonne voie"), "check2"),
    Standing.DONE: (_l("Atteint"), "check-circle-fill"),
}

#: What somebody at risk is told by, for each kind of obligation.
AT_RISK_OF = {
    ObligationKind.COUNTER: _l("Ne sera pas atteint à temps"),
    ObligationKind.WEEKLY: _l("En dessous du minimum"),
    ObligationKind.EVALUATIONS: _l("À prévoir bientôt"),
}

TASK_KINDS = {
    WATCH: (_l("Absences à suivre"), "binoculars"),
    CALL_BACK: (_l("Rappeler"), "telephone"),
    RAISE_DEMAND: (_l("À planifier"), "calendar-plus"),
    STAFF_SICK: (_l("Collègue malade"), "thermometer-half"),
    SLOT_RETURNED: (_l("Place rendue"), "arrow-return-left"),
    BUDGET_TASK: (_l("Budget des messages"), "piggy-bank"),
    CHOICE_REFUSED: (_l("Place choisie perdue"), "hand-index-thumb"),
}

OUTCOMES = {
    "talked": _l("Nous nous sommes parlé"),
    "called": _l("Appel fait"),
    "no_answer": _l("Pas de réponse"),
    "adapted": _l("Parcours adapté"),
    "ended": _l("Parcours arrêté d'un commun accord"),
    "planned": _l("C'est planifié"),
    "not_possible": _l("Pas possible pour le moment"),
    "done": _l("C'est fait"),
    "no_need": _l("Rien à faire"),
}

STATES = {
    AttendanceState.PRESENT: (_l("présent"), "check-lg"),
    AttendanceState.LATE: (_l("en retard"), "clock"),
    AttendanceState.LEFT_EARLY: (_l("parti plus tôt"), "box-arrow-right"),
    AttendanceState.EXCUSED: (_l("excusé"), "envelope-check"),
    AttendanceState.ABSENT: (_l("absent"), "x-lg"),
    AttendanceState.UNMARKED: (_l("non marqué"), "question-lg"),
}


ABSENCES = {
    Absence.THERE: _l("Présent"),
    Absence.EXCUSED: _l("Excusé"),
    Absence.MISSED: _l("Absent sans excuse"),
}

NATIONALITIES = {
    Nationality.NON_EU: _l("Hors Union européenne"),
    Nationality.EU: _l("Union européenne"),
    Nationality.UNKNOWN: _l("Nationalité inconnue"),
}


def obligation_name(owed: Obligation) -> str:
    """Return what is owed, in a few words."""
    return _("Évaluations du PIIS") if owed.kind is ObligationKind.EVALUATIONS else owed.name


def kind_name(kind: str) -> str:
    """Return the name of a kind of activity."""
    return _(ACTIVITY_KINDS[kind]) if kind in ACTIVITY_KINDS else kind


def how_far(owed: Obligation) -> str:
    """Return how far a person is, in words that say the same as the bar."""
    if owed.kind is ObligationKind.EVALUATIONS:
        return _(
            "%(done)s sur %(target)s, dont %(own)s sur %(needed)s en entretien",
            done=owed.done,
            target=owed.target,
            own=owed.individual,
            needed=owed.individual_target,
        )
    done, target = hours(owed.done), hours(owed.target)
    if owed.kind is ObligationKind.WEEKLY:
        return _("%(done)s par semaine, sur %(target)s", done=done, target=target)
    return _("%(done)s sur %(target)s (%(percent)s %%)", done=done, target=target, percent=owed.percent)


def missing(owed: Obligation) -> str:
    """Return what is still owed."""
    if owed.kind is ObligationKind.EVALUATIONS:
        return ngettext("%(num)s évaluation", "%(num)s évaluations", owed.remaining)
    return hours(owed.remaining)


def hours(minutes: int) -> str:
    """Return ``3 h 30``, and ``0 h`` for none."""
    return duration(minutes) if minutes else _("0 h")


def bar(owed: Obligation) -> Markup:
    """Return a bar with its words."""
    return Markup(
        '<progress class="counter" max="{}" value="{}" aria-label="{}"></progress><span>{}</span>'
    ).format(owed.target, min(owed.done, owed.target), obligation_name(owed), how_far(owed))


def standing_badge(owed: Obligation) -> Markup:
    """Return words with their icon for where an obligation stands."""
    label, symbol = STANDINGS[owed.standing]
    if owed.standing is Standing.AT_RISK:
        label = AT_RISK_OF[owed.kind]
    return Markup('<span class="standing standing-{}">{} {}</span>').format(
        owed.standing.value, icon(symbol), label
    )


def state_badge(state: AttendanceState | str) -> Markup:
    """Return a word with its icon for how somebody attended."""
    label, symbol = STATES[AttendanceState(state)]
    return Markup('<span class="took took-{}">{} {}</span>').format(str(state), icon(symbol), label)


def task_reason(task: Task) -> str:
    """Return why a task is there, in one sentence."""
    facts = task.facts
    if task.kind == WATCH:
        since = day(date.fromisoformat(str(facts["since"])[:10]), "d MMMM")
        if facts["kind"] == "in_a_row":
            return _(
                "%(missed)s séances manquées de suite sans excuse, depuis le %(since)s.",
                missed=facts["missed"],
                since=since,
            )
        return _(
            "%(missed)s séances manquées sans excuse sur %(of)s, depuis le %(since)s.",
            missed=facts["missed"],
            of=facts["of"],
            since=since,
        )
    if task.kind == RAISE_DEMAND:
        if facts["unit"] == "sessions":
            amount = ngettext("%(num)s évaluation", "%(num)s évaluations", int(facts["missing"]))
            name = _("Évaluations du PIIS")
        else:
            amount, name = hours(int(facts["missing"])), facts["name"]
        due = facts.get("due_on")
        if due:
            why = _(
                "Il manque %(amount)s : %(name)s, %(programme)s, avant le %(due)s.",
                amount=amount,
                name=name,
                programme=facts["programme_name"],
                due=day(date.fromisoformat(due), "d MMMM yyyy"),
            )
        else:
            why = _(
                "Il manque %(amount)s : %(name)s, %(programme)s.",
                amount=amount,
                name=name,
                programme=facts["programme_name"],
            )
        return f"{why} {_planning(task)}".strip()
    if task.kind == CALL_BACK:
        return _("A demandé qu'on l'appelle.")
    if task.kind == STAFF_SICK:
        return _sick_reason(facts)
    if task.kind == SLOT_RETURNED:
        reason = f" « {facts['reason']} »" if facts.get("reason") else ""
        return (
            _("%(name)s ne peut pas venir : la place est proposée aux autres.", name=facts["name"]) + reason
        )
    if task.kind == BUDGET_TASK:
        return _(
            "Le budget des messages de %(month)s est épuisé : les rappels ne partent plus que par e-mail.",
            month=day(date.fromisoformat(f"{facts['month']}-01"), "MMMM yyyy"),
        )
    if task.kind == CHOICE_REFUSED:
        at = datetime.fromisoformat(facts["starts_at"])
        return _(
            "A choisi %(activity)s, %(day)s à %(hour)s, qui n'est plus possible. Trouvez une autre place.",
            activity=facts["activity"],
            day=day(at, "EEEE d MMMM"),
            hour=hour(at),
        )
    return str(facts.get("text", ""))


def _planning(task: Task) -> str:
    """Return what the planner does about a demand."""
    until = planned_until(task)
    if until is not None:
        amount = int(task.facts["planned"])
        return _(
            "Planifié : %(amount)s jusqu'au %(day)s.",
            amount=ngettext("%(num)s séance", "%(num)s séances", amount)
            if task.facts["unit"] == "sessions"
            else hours(amount),
            day=day(until, "d MMMM"),
        )
    if task.state != OPEN:
        return ""
    if task.facts["activities"]:
        return _("Le prochain planning en tient compte.")
    return _("Ces heures se suivent ailleurs : le planning n'y peut rien.")


def _sick_reason(facts: dict[str, Any]) -> str:
    if not facts["sessions"]:
        return _("%(name)s est malade aujourd'hui. Aucune séance n'est touchée.", name=facts["name"])
    held = ", ".join(
        f"{each['title']} {hour(datetime.fromisoformat(each['starts_at']))}" for each in facts["sessions"]
    )
    return _(
        "%(name)s est malade ce %(day)s. À reprendre ou à annuler : %(sessions)s.",
        name=facts["name"],
        day=day(date.fromisoformat(facts["day"]), "EEEE d MMMM"),
        sessions=held,
    )


def rule_sentence(rule: WatchRule) -> str:
    """Return a rule as a coordinator reads it."""
    if rule.kind == "in_a_row":
        return _("%(count)s séances manquées de suite sans excuse", count=rule.missed)
    return _(
        "%(percent)s %% des séances manquées sans excuse en %(days)s jours",
        percent=rule.percent,
        days=rule.days,
    )
