"""The dry run: every row with what would become of it, decisions, then the one write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from scheduler.errors import InvalidInputError, StaleError
from scheduler.models import ImportBatch
from scheduler.roster_import import batch as domain
from scheduler.roster_import.preview import Coded, Outcome, Preview, PreviewRow, Shown
from web import listing
from web.acts import done, refused
from web.assets import icon
from web.clock import now
from web.extensions import db
from web.imports.area import OUTCOMES, blueprint, find_batch, outcome_words, page_of
from web.labels import language_names, phone, say, weekly
from web.listing import Column, Filter, Listing
from web.permissions import Permission, requires

_CODED: dict[str, Callable[[Any], str]] = {"languages": language_names, "hours": weekly, "phone": phone}


@blueprint.get("/<int:batch_id>/apercu")
@requires(Permission.IMPORT_PEOPLE)
def show_trial(batch_id: int) -> Any:
    """Show what an import would do; nothing is written."""
    batch = find_batch(batch_id)
    if batch.content is None:
        return redirect(page_of(batch))
    try:
        preview = domain.preview_batch(db.session(), g.centre, batch, now())
    except InvalidInputError as error:
        if batch.kind == domain.CALENDAR:
            raise
        return refused(url_for("imports.match_columns", batch_id=batch_id), error)
    return listing.answer(
        _listing(batch, preview),
        "imports/trial.html",
        batch=batch,
        notices=preview.notices,
        counts=preview.counts,
        total=len(preview.rows),
        to_write=domain.written(preview.counts),
        left_out=domain.not_written(preview.counts),
        fingerprint=preview.fingerprint(),
        has_columns=batch.kind != domain.CALENDAR,
        OUTCOMES=OUTCOMES,
        outcome_words=outcome_words,
    )


def _listing(batch: ImportBatch, preview: Preview) -> Listing:
    order = {outcome: place for place, outcome in enumerate((Outcome.DECIDE, Outcome.REFUSE, *Outcome))}
    return Listing(
        name="apercu",
        rows=preview.rows,
        columns=[
            Column(
                key="qui",
                label=_l("Cours") if batch.kind in (domain.TIMETABLE, domain.CALENDAR) else _l("Personne"),
                value=lambda row: row.title,
                cell=lambda row: row.title or _("(sans nom)"),
                heading=True,
            ),
            Column(
                key="resultat",
                label=_l("Résultat"),
                value=lambda row: str(OUTCOMES[row.outcome][0]),
                cell=outcome_badge,
                sort=lambda row: order[row.outcome],
            ),
            Column(
                key="detail", label=_l("Détail"), value=_detail_text, cell=lambda row: _detail(batch, row)
            ),
            Column(key="ligne", label=_l("Ligne"), value=lambda row: row.number, numeric=True),
        ],
        filters=[
            Filter(
                key="resultat",
                label=_l("Résultat"),
                choices=[
                    ("", _l("Toutes les lignes")),
                    *(
                        (outcome.value, OUTCOMES[outcome][0])
                        for outcome in Outcome
                        if preview.counts[outcome]
                    ),
                ],
                test=lambda row, value: row.outcome == value,
            )
        ],
        search=lambda row: " ".join((row.title, *row.cells)),
        search_label=_l("Chercher une ligne"),
        sort="ligne",
    )


def outcome_badge(row: PreviewRow) -> Markup:
    """Return a word with its icon for what becomes of a row."""
    word, symbol = OUTCOMES[row.outcome]
    return Markup('<span class="state import-{}">{} {}</span>').format(row.outcome.value, icon(symbol), word)


@blueprint.app_template_filter("shown")
def shown(value: Shown) -> str:
    """Return a value of a dry run in the reader's language."""
    if isinstance(value, Coded):
        return _CODED[value.kind](value.value) if value.value else ""
    return say(value)


def _detail(batch: ImportBatch, row: PreviewRow) -> Markup:
    page = render_template("imports/detail.html", row=row, is_roster=batch.kind == domain.ROSTER)
    return Markup(page)  # noqa: S704 (a template of ours, which escapes)


def _detail_text(row: PreviewRow) -> str:
    changes = [f"{say(each.label)} : {shown(each.old)} → {shown(each.new)}" for each in row.changes]
    return " ; ".join([*(say(each) for each in (*row.reasons, *row.notices)), *changes])


@blueprint.post("/<int:batch_id>/choix")
@requires(Permission.IMPORT_PEOPLE)
def choose(batch_id: int) -> Any:
    """Keep who the doubtful rows are about."""
    batch = find_batch(batch_id)
    chosen = {name.removeprefix("row-"): who for name, who in request.form.items() if name.startswith("row-")}
    domain.choose(batch, chosen)
    return done(
        url_for("imports.show_trial", batch_id=batch_id), _("Vos choix sont gardés ; voici le nouvel aperçu.")
    )


@blueprint.post("/<int:batch_id>/enregistrer")
@requires(Permission.IMPORT_PEOPLE)
def apply(batch_id: int) -> Any:
    """Write what the dry run showed, all of it or nothing."""
    session = db.session()
    fingerprint = request.form.get("fingerprint", "")
    try:
        batch = domain.apply_batch(session, g.centre, batch_id, fingerprint, now(), current_user.id)
        session.commit()
    except StaleError:
        session.rollback()
        batch = find_batch(batch_id)
        if batch.content is None:
            flash(_("Cet import est déjà enregistré."), "info")
            return redirect(page_of(batch), 303)
        flash(
            _("Des données ont changé depuis l'aperçu : rien n'a été enregistré. En voici un nouveau."),
            "warning",
        )
        return redirect(url_for("imports.show_trial", batch_id=batch_id), 303)
    return redirect(url_for("imports.show_result", batch_id=batch.id), 303)


@blueprint.post("/<int:batch_id>/abandonner")
@requires(Permission.IMPORT_PEOPLE)
def discard(batch_id: int) -> Response:
    """Throw an upload away."""
    domain.discard_batch(db.session(), g.centre, batch_id, now(), current_user.id)
    return done(url_for("imports.index"), _("Le fichier est effacé ; rien n'a été enregistré."))
