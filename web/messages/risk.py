"""Foreseeing absences: how well it goes here, what it rests on, and the switch."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import g, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from notifications.risk.features import DAY_PARTS, LEAD_KNOTS
from notifications.risk.history import choose, forget_fit, kept_fit, read_past, store_fit
from notifications.risk.model import Fit, Rule
from scheduler import settings
from web.acts import done, note
from web.clock import now
from web.extensions import db
from web.labels import weekdays
from web.messages import plots
from web.messages.area import blueprint
from web.messages.plots import reliability_plot
from web.permissions import Permission, requires

#: Effects on the odds nearer to none than this are not told.
LEAST_EFFECT = 0.05

PAST = {
    "new": _l("Première séance"),
    "visits": _l("Beaucoup de séances déjà"),
    "missed_last": _l("Dernière séance manquée"),
    "missed_last_two": _l("Deux dernières séances manquées"),
    "weeks_since_there": _l("Semaines depuis la dernière venue"),
    "never_there": _l("Jamais venu jusqu'ici"),
    "announced": _l("A prévenu d'une absence ces jours-ci"),
}


@blueprint.get("/risque/")
@requires(Permission.VIEW_MESSAGES)
def risk() -> str:
    """Show how well absences are foreseen."""
    kept = kept_fit(db.session(), g.centre)
    evaluation = kept.evaluation if kept else None
    return render_template(
        "messages/risk.html",
        switched_on=settings.absence_risk(g.centre),
        kept=kept,
        found=evaluation,
        plot=reliability_plot(evaluation.bins) if evaluation else None,
        size=plots,
        effects=_effects(kept.fit) if kept else [],
        Rule=Rule,
    )


@blueprint.post("/risque/estimer")
@requires(Permission.EDIT_SETTINGS)
def estimate_risk() -> Response:
    """Make the rule anew, without waiting for the night."""
    session, instant = db.session(), now()
    if settings.absence_risk(g.centre):
        made = choose(read_past(session, g.centre, instant), ZoneInfo(g.centre.timezone))
        store_fit(session, g.centre, *made, instant)
        note("risk.estimate", f"centre:{g.centre.id}")
    return done(url_for("messages.risk"), _("L'estimation est refaite avec tout ce qui est connu."))


@blueprint.post("/risque/couper")
@requires(Permission.EDIT_SETTINGS)
def switch_risk() -> Response:
    """Stop foreseeing absences, or begin again."""
    session, wanted = db.session(), not settings.absence_risk(g.centre)
    g.centre.settings = g.centre.settings | {"absence_risk": wanted}
    if not wanted:
        forget_fit(session, g.centre)
    note("risk.switch", f"centre:{g.centre.id}", on=wanted)
    if wanted:
        return done(url_for("messages.risk"), _("Les absences sont de nouveau estimées."))
    return done(url_for("messages.risk"), _("Les absences ne sont plus estimées ; l'estimation est effacée."))


def _effects(fit: Fit) -> list[tuple[str, float]]:
    """Return what raises or lowers the odds here, in words, the strongest first."""
    if fit.rule is not Rule.MODEL:
        return []
    days = weekdays()
    labels: dict[str, str] = {f"weekday_{number}": name for number, name in enumerate(days)}
    for hour, until in zip(DAY_PARTS, (*DAY_PARTS[1:], 24.0), strict=True):
        labels[f"from_{hour:.0f}_h"] = _("De %(start)s h à %(end)s h", start=int(hour), end=int(until))
    for lead in LEAD_KNOTS:
        labels[f"booked_{lead:.0f}_days"] = _("Prévu %(days)s jours avant", days=int(lead))
    labels["booking_unknown"] = _("Date de l'annonce inconnue")
    labels["others_that_day"] = _("D'autres séances le même jour")
    labels |= {key: str(label) for key, label in PAST.items()}
    found = [(labels[key], value) for key, value in (fit.moment | fit.past).items() if key in labels]
    found = [pair for pair in found if abs(pair[1]) >= LEAST_EFFECT]
    return sorted(found, key=lambda pair: -abs(pair[1]))[:12]
