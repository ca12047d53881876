"""What was sent: the list, and one message with all that happened to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from notifications.sent import SentRow, find_sent, list_sent
from notifications.telephone import MACHINE
from web import listing
from web.assets import icon
from web.clock import now
from web.extensions import db
from web.labels import link, phone
from web.listing import Column, Filter, Listing
from web.messages.area import blueprint
from web.messages.inbox import MEANINGS
from web.messages.labels import CHANNEL_ICONS, CHANNELS, KINDS
from web.messages.outcomes import GROUPS, SOURCES, STATES, error_text, state_badge
from web.permissions import Permission, may, requires
from web.templating import day, hour

#: Days that a list goes back, by what the address says.
PERIODS = {"7": _l("7 jours"), "31": _l("31 jours"), "92": _l("3 mois")}
USUAL_PERIOD = "7"

MILLICENTS_IN_EURO = 100_000


@blueprint.get("/envois/")
@requires(Permission.VIEW_MESSAGES)
def sent() -> Any:
    """List the messages of the last days."""
    period = request.args.get("periode", USUAL_PERIOD)
    days = int(period if period in PERIODS else USUAL_PERIOD)
    named = may(Permission.VIEW_PEOPLE)
    return listing.answer(
        Listing(
            name="envois",
            rows=list_sent(db.session(), g.centre.id, now() - timedelta(days=days)),
            columns=_columns(named=named),
            filters=_filters(),
            search=_searched if named else None,
            sort="-quand",
            may_export=may(Permission.EXPORT_PEOPLE),
            search_label=_("Nom, numéro ou adresse"),
            empty=_("Aucun message n'a été écrit ces derniers jours."),
        ),
        "messages/sent.html",
    )


@blueprint.get("/envois/<int:message_id>")
@requires(Permission.VIEW_MESSAGES)
def sent_message(message_id: int) -> str:
    """Show one message: what it says, to whom, and what happened to it."""
    return render_template(
        "messages/sent_message.html",
        sent=find_sent(db.session(), message_id),
        named=may(Permission.VIEW_PEOPLE),
        kinds=KINDS,
        channels=CHANNELS,
        channel_icons=CHANNEL_ICONS,
        sources=SOURCES,
        states=STATES,
        state_badge=state_badge,
        error_text=error_text,
        phone=phone,
        meanings=MEANINGS,
        machine=MACHINE,
    )


def _columns(*, named: bool) -> list[Column]:
    columns = [
        Column(
            key="quand",
            label=_l("Quand"),
            value=lambda row: row.at,
            cell=lambda row: link(
                url_for("messages.sent_message", message_id=row.id), f"{day(row.at)} · {hour(row.at)}"
            ),
            heading=not named,
        ),
        Column(key="type", label=_l("Type"), value=lambda row: str(KINDS[row.kind])),
        Column(key="canal", label=_l("Canal"), value=lambda row: str(CHANNELS[row.channel]), cell=_channel),
        Column(
            key="etat",
            label=_l("État"),
            value=lambda row: str(STATES[row.state][0]),
            cell=lambda row: state_badge(row.state),
        ),
        Column(key="raison", label=_l("Raison"), value=lambda row: error_text(row.error_code, row.because)),
        Column(key="code", label=_l("Code"), value=lambda row: row.error_code, exported_only=True),
        Column(key="langue", label=_l("Langue"), value=lambda row: row.language, exported_only=True),
        Column(key="essais", label=_l("Essais"), value=lambda row: row.attempts, exported_only=True),
        Column(
            key="prix",
            label=_l("Prix estimé (EUR)"),
            value=lambda row: row.price_eur_millicents / MILLICENTS_IN_EURO,
            exported_only=True,
        ),
    ]
    if named:
        columns[1:1] = [
            Column(
                key="personne",
                label=_l("Personne"),
                value=lambda row: f"{row.first_name} {row.last_name}".strip(),
                cell=_person,
                sort=lambda row: f"{row.last_name} {row.first_name}".strip(),
                heading=True,
            )
        ]
        columns.append(
            Column(key="adresse", label=_l("Adresse"), value=lambda row: row.address, exported_only=True)
        )
    return columns


def _filters() -> list[Filter]:
    return [
        Filter(
            key="periode",
            label=_l("Période"),
            choices=list(PERIODS.items()),
            test=lambda _row, _value: True,  # the query has seen to it
            default=USUAL_PERIOD,
        ),
        Filter(
            key="etat",
            label=_l("État"),
            choices=[("", _l("Tous")), *((key, label) for key, (label, _states) in GROUPS.items())],
            test=lambda row, value: row.state in GROUPS[value][1],
        ),
        Filter(
            key="type",
            label=_l("Type"),
            choices=[("", _l("Tous")), *KINDS.items()],
            test=lambda row, value: row.kind == value,
        ),
        Filter(
            key="canal",
            label=_l("Canal"),
            choices=[("", _l("Tous")), *CHANNELS.items()],
            test=lambda row, value: row.channel == value,
        ),
    ]


def _searched(row: SentRow) -> str:
    return f"{row.first_name} {row.last_name} {row.address}"


def _person(row: SentRow) -> Any:
    if row.participant_id is None:
        return _("Inconnu")
    name = link(
        url_for("people.show", person_id=row.participant_id), f"{row.first_name} {row.last_name}".strip()
    )
    if row.people > 1:
        return Markup("<span>{} {}</span>").format(
            name, _("et %(count)s de son ménage", count=row.people - 1)
        )
    return name


def _channel(row: SentRow) -> Markup:
    return Markup('<span class="took">{} {}</span>').format(
        icon(CHANNEL_ICONS[row.channel]), CHANNELS[row.channel]
    )
