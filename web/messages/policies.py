"""Reminders: when they go out, what they would cost, and what was spent this month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import format_currency, format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import BooleanField, DecimalField, IntegerField, TimeField
from wtforms.validators import InputRequired, Optional

from notifications import policy as domain
from notifications.allowance import MILLICENTS, NO_ROUTE, OFTEN_ENOUGH, OVER_BUDGET
from notifications.changes import EXEMPT
from notifications.forecast import Forecast, forecast, sent_since
from notifications.models import ChannelKind, ReminderPolicy
from notifications.policy import MOST_DAYS, MOST_STEPS, USUAL_PRICES, OnHolidays, Policies, Policy, Step
from notifications.unreached import unreached_people
from scheduler.errors import InvalidInputError
from scheduler.models import Programme
from scheduler.records import find
from web.acts import done, note
from web.clock import now, today
from web.extensions import db
from web.fields import ChoiceField
from web.forms import form_page
from web.formwork import VersionedForm, submit
from web.messages.area import blueprint
from web.messages.labels import CHANNELS
from web.permissions import Permission, requires
from web.telling import page_address

#: Channels that cost money.
PRICED = (ChannelKind.SMS, ChannelKind.WHATSAPP, ChannelKind.VOICE)

HOLIDAYS = {
    OnHolidays.SHIFT: _l("partent le dernier jour ouvert avant"),
    OnHolidays.SKIP: _l("ne partent pas"),
    OnHolidays.SEND: _l("partent quand même"),
}

#: Why a message was held back.
REASONS = {
    NO_ROUTE: _l("personnes sans numéro ni adresse utilisable"),
    OVER_BUDGET: _l("budget du mois épuisé"),
    OFTEN_ENOUGH: _l("maximum par personne et par jour atteint"),
    EXEMPT: _l("personnes qui ne reçoivent pas de rappels"),
}

#: Why somebody was not reminded.
UNTOLD = {
    NO_ROUTE: _l("pas de numéro ni d'adresse utilisable"),
    OVER_BUDGET: _l("budget du mois épuisé"),
    OFTEN_ENOUGH: _l("déjà assez de messages ce jour-là"),
}

#: Fields of the centre's form only.
FOR_THE_CENTRE = (
    "most_per_day",
    "household",
    "change_days",
    "budget_eur",
    *(f"price_{channel}" for channel in PRICED),
)


def days_before(days: int) -> str:
    """Return how long before a session a step is, in words."""
    if days == 0:
        return _("le jour même")
    return ngettext("%(num)s jour avant", "%(num)s jours avant", days)


def _time(label: Any, **options: Any) -> Any:
    return TimeField(label, validators=[InputRequired(_l("Donnez une heure."))], **options)


def _cents(label: Any, **options: Any) -> Any:
    return DecimalField(label, validators=[Optional()], places=None, **options)


class PolicyForm(VersionedForm):
    """The rules of a centre or of a programme."""

    active = BooleanField(
        _l("Envoyer des rappels et annoncer les changements"),
        description=_l("Sinon, plus aucun message ne part de lui-même."),
    )
    quiet_from = _time(_l("Heures calmes : de"), description=_l("Rien ne part la nuit."))
    quiet_until = _time(_l("Heures calmes : à"))
    holidays = ChoiceField(
        _l("Les rappels d'un jour de fermeture"), coerce=OnHolidays, choices=list(HOLIDAYS.items())
    )
    digest = BooleanField(_l("Un seul message pour toutes les séances à rappeler en même temps"))
    household = BooleanField(
        _l("Un seul message pour les personnes qui partagent un téléphone"),
        description=_l("Il nomme chacune par son prénom."),
    )
    most_per_day = IntegerField(
        _l("Messages par personne et par jour, au plus"),
        validators=[InputRequired(_l("Donnez un nombre."))],
    )
    change_days = IntegerField(
        _l("Annoncer les changements des … prochains jours"),
        validators=[InputRequired(_l("Donnez un nombre."))],
        description=_l("Ceux d'après sont dans les rappels. 0 : n'annoncer aucun changement."),
    )
    budget_eur = DecimalField(
        _l("Budget par mois, en euros"),
        validators=[Optional()],
        places=2,
        description=_l(
            "Tout ce qui coûte y compte, aussi les seconds essais. Quand il est épuisé, les rappels ne "
            "partent plus que par e-mail et la coordination reçoit une tâche ; les changements et les "
            "réponses partent toujours. Vide : pas de limite."
        ),
    )
    price_sms = _cents(_l("Prix d'un SMS (un segment), en centimes"))
    price_whatsapp = _cents(_l("Prix d'un message WhatsApp, en centimes"))
    price_voice = _cents(_l("Prix d'un appel, en centimes"))
    missed_you = BooleanField(
        _l("Prendre des nouvelles le soir d'une absence non annoncée"),
        description=_l("Un mot gentil, une fois par absence."),
    )
    satisfaction_weeks = IntegerField(
        _l("Demander l'avis des participants toutes les … semaines"),
        validators=[InputRequired(_l("Donnez un nombre."))],
        description=_l("0 : ne pas demander."),
    )

    def steps(self) -> list[tuple[int, Any, Any, Any, Any]]:
        """Return the number and the fields of each possible reminder."""
        names = ("days", "at", "channel", "quiet_until")
        return [
            (number, *(self[f"step{number}_{name}"] for name in names)) for number in range(1, MOST_STEPS + 1)
        ]

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Ask for an hour where there is a day."""
        valid = super().validate(*args, **kwargs)
        for _number, days, at, _channel, _until in self.steps():
            if days.data is not None and at.data is None and not at.errors:
                at.errors = [_("Donnez une heure.")]
                valid = False
        return valid


for _number in range(1, MOST_STEPS + 1):
    setattr(
        PolicyForm,
        f"step{_number}_days",
        ChoiceField(
            _l("Quand"),
            choices=lambda: [("", "–"), *((days, days_before(days)) for days in range(MOST_DAYS + 1))],
        ),
    )
    setattr(PolicyForm, f"step{_number}_at", TimeField(_l("Heure"), validators=[Optional()]))
    setattr(
        PolicyForm,
        f"step{_number}_channel",
        ChoiceField(
            _l("Canal"),
            coerce=ChannelKind,
            choices=lambda: [("", _("le canal de la personne")), *CHANNELS.items()],
        ),
    )
    setattr(PolicyForm, f"step{_number}_quiet_until", TimeField(_l("Possible dès"), validators=[Optional()]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRules:
    """A programme and whether it has rules of its own."""

    programme: Programme
    own: bool
    policy: Policy


@blueprint.get("/rappels/")
@requires(Permission.VIEW_MESSAGES)
def policies() -> str:
    """Show the rules and what was spent this month."""
    session, found = db.session(), domain.load_policies(db.session(), g.centre)
    month = today().replace(day=1)
    sent, budget = sent_since(session, g.centre, month), found.centre.budget_eur_cents
    programmes = session.scalars(
        select(Programme).where(Programme.centre_id == g.centre.id, Programme.active).order_by(Programme.name)
    )
    return render_template(
        "messages/policies.html",
        policy=found.centre,
        programmes=[
            ProgrammeRules(programme=row, own=row.id in found.programmes, policy=found.of(row.id))
            for row in programmes
        ],
        sent=sent,
        # Where the page cannot ask for it afterwards.
        told=_forecast(None) if "calcul" in request.args else None,
        over_budget=budget is not None
        and (
            sent.withheld[OVER_BUDGET] + sent.instead > 0 or sent.price_eur_millicents >= budget * MILLICENTS
        ),
        untold=unreached_people(session, g.centre, now()),
        why_untold=why_untold,
        month=month,
        budget=budget,
        step_words=step_words,
        holidays=HOLIDAYS,
        euros=euros,
        amounts=amounts,
        held_back=held_back,
        sent_free=sent_free,
    )


@blueprint.get("/rappels/apercu")
@requires(Permission.VIEW_MESSAGES)
def forecast_policies() -> str:
    """Show what the rules in force would send in the coming weeks."""
    return render_template(
        "messages/_forecast.html",
        told=_forecast(None),
        amounts=amounts,
        held_back=held_back,
        sent_free=sent_free,
    )


@blueprint.route("/rappels/centre", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_policy() -> Any:
    """Change the rules of the centre."""
    return _edit(None)


@blueprint.route("/rappels/programme/<int:programme_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_programme_policy(programme_id: int) -> Any:
    """Give a programme rules of its own, or change them."""
    return _edit(find(db.session(), Programme, programme_id))


@blueprint.post("/rappels/programme/<int:programme_id>/comme-le-centre")
@requires(Permission.EDIT_SETTINGS)
def drop_programme_policy(programme_id: int) -> Response:
    """Let a programme follow the centre again."""
    programme = find(db.session(), Programme, programme_id)
    domain.drop_policy(db.session(), g.centre, programme_id)
    note("reminder_policy.drop", f"programme:{programme_id}")
    return done(
        url_for("messages.policies"), _("« %(name)s » suit de nouveau le centre.", name=programme.name)
    )


def _edit(programme: Programme | None) -> Any:
    session, centre = db.session(), g.centre
    programme_id = None if programme is None else programme.id
    row = domain.find_policy(session, centre, programme_id)
    in_force = domain.load_policies(session, centre)
    start = in_force.centre if programme_id is None else in_force.of(programme_id)
    form = _form(start, row, programme)
    told = None

    def act() -> None:
        stored = _checked(
            form,
            lambda policy: domain.save_policy(
                session, centre, policy, programme_id=programme_id, version=form.version.data if row else None
            ),
            start,
        )
        note("reminder_policy.change", f"reminder_policy:{stored.id}")

    if request.form.get("preview") and form.validate():
        session.rollback()  # nobody has to wait while this counts
        try:
            told = _checked(form, lambda policy: _forecast(_tried(in_force, policy, programme_id)), start)
        except InvalidInputError as error:
            form.answer_status = 422
            form.complain(error)
    elif submit(form, act, stored=lambda: _form(start, row, programme, typed=False)):
        return done(url_for("messages.policies"), _("Les rappels sont à jour."))
    title = _("Rappels du centre") if programme is None else _("Rappels de « %(name)s »", name=programme.name)
    return form_page(
        form,
        title=title,
        back=url_for("messages.policies"),
        template="messages/policy.html",
        programme=programme,
        own=row is not None,
        told=told,
        usual={channel: format_decimal(Decimal(USUAL_PRICES[channel]) / MILLICENTS) for channel in PRICED},
        amounts=amounts,
        held_back=held_back,
        sent_free=sent_free,
    )


def _form(
    policy: Policy, row: ReminderPolicy | None, programme: Programme | None, *, typed: bool = True
) -> PolicyForm:
    values: dict[str, Any] = {name: getattr(policy, name) for name in domain.OWN_TO_PROGRAMMES}
    values |= {name: getattr(policy, name) for name in ("most_per_day", "household", "change_days")}
    values["version"] = row.version if row is not None else 0
    cents = policy.budget_eur_cents
    values["budget_eur"] = None if cents is None else Decimal(cents) / 100
    for channel in PRICED:
        price = policy.prices.get(channel)
        values[f"price_{channel}"] = None if price is None else Decimal(price) / MILLICENTS
    del values["steps"]
    for number, step in enumerate(policy.steps, 1):
        values[f"step{number}_days"], values[f"step{number}_at"] = step.days, step.at
        values[f"step{number}_channel"] = step.channels[0] if step.channels else None
        values[f"step{number}_quiet_until"] = step.quiet_until
    form = PolicyForm(data=values) if typed else PolicyForm(formdata=None, data=values)
    if programme is not None:
        for name in FOR_THE_CENTRE:
            del form[name]
    return form


def _checked(form: PolicyForm, use: Any, start: Policy) -> Any:
    """Use the policy that a form describes; complaints about a step are put near the fields it came from."""
    steps, rows = _steps(form)
    try:
        policy = _policy(form, steps, start)
        policy.check()
        return use(policy)
    except InvalidInputError as error:
        field = error.field or ""
        if field.startswith("step") and field[4:5].isdecimal():
            number = int(field[4]) - 1
            field = f"step{rows[number] if number < len(rows) else 1}{field[5:]}"
        if field == "budget_eur_cents":
            field = "budget_eur"
        raise InvalidInputError(error.text, field) from error


def _steps(form: PolicyForm) -> tuple[tuple[Step, ...], list[int]]:
    """Return the reminders of a form, and the row of each."""
    steps, rows = [], []
    for number, days, at, channel, until in form.steps():
        if days.data is not None:
            channels = (channel.data,) if channel.data else ()
            steps.append(
                Step(days=days.data, at=at.data or time(), channels=channels, quiet_until=until.data)
            )
            rows.append(number)
    return tuple(steps), rows


def _policy(form: PolicyForm, steps: Sequence[Step], start: Policy) -> Policy:
    values = form.values()
    own = {name: values[name] for name in domain.OWN_TO_PROGRAMMES if name in values}
    own["holidays"] = OnHolidays(own["holidays"])
    policy = replace(start, **own, steps=tuple(steps))
    if "most_per_day" not in values:
        return policy
    budget = values["budget_eur"]
    prices = {channel.value: values[f"price_{channel}"] for channel in PRICED}
    return replace(
        policy,
        **{name: values[name] for name in ("most_per_day", "household", "change_days")},
        budget_eur_cents=None if budget is None else round(budget * 100),
        prices={name: round(price * MILLICENTS) for name, price in prices.items() if price is not None},
    )


def _tried(in_force: Policies, policy: Policy, programme_id: int | None) -> Policies:
    if programme_id is not None:
        return Policies(in_force.centre, {**in_force.programmes, programme_id: policy})
    shared = {
        name: getattr(policy, name)
        for name in ("most_per_day", "household", "change_days", "budget_eur_cents", "prices")
    }
    return Policies(policy, {key: replace(each, **shared) for key, each in in_force.programmes.items()})


def _forecast(tried: Policies | None) -> Forecast:
    instant = now()
    return forecast(db.session(), g.centre, instant, policies=tried, page_address=page_address(instant))


def step_words(step: Step) -> str:
    """Return a reminder in words."""
    words = _("%(day)s à %(time)s", day=days_before(step.days), time=f"{step.at:%H:%M}")
    if step.channels:
        words += f" ({', '.join(str(CHANNELS[channel]) for channel in step.channels)})"
    return words


def euros(value: float) -> str:
    """Return an amount of money in the reader's language."""
    return format_currency(value, "EUR")


def _count(number: int) -> str:
    return str(format_decimal(number))


def held_back(count: int, reason: str, *, past: bool = False) -> str:
    """Return how many messages are held back, and why."""
    if past:
        words = ngettext(
            "%(count)s message n'est pas parti",
            "%(count)s messages ne sont pas partis",
            count,
            count=_count(count),
        )
    else:
        words = ngettext(
            "%(count)s message ne partirait pas",
            "%(count)s messages ne partiraient pas",
            count,
            count=_count(count),
        )
    return f"{words} : {REASONS[reason]}" if reason in REASONS else words


def sent_free(count: int) -> str:
    """Return how many messages take a way that costs nothing for want of money."""
    return ngettext(
        "%(count)s message par une voie gratuite : budget du mois épuisé",
        "%(count)s messages par une voie gratuite : budget du mois épuisé",
        count,
        count=_count(count),
    )


def why_untold(reason: str) -> str:
    """Return why somebody was not reminded."""
    return str(UNTOLD.get(reason, _("aucun message n'est arrivé")))


def amounts(told: Forecast) -> str:
    """Return messages, calls and money in one line."""
    return ", ".join(
        (
            ngettext("%(count)s message", "%(count)s messages", told.messages, count=_count(told.messages)),
            ngettext("%(count)s appel", "%(count)s appels", told.calls, count=_count(told.calls)),
            euros(told.price_eur),
        )
    )
