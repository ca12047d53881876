"""Rules of the drop-out watch, in sentences and in a form."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField
from wtforms.validators import InputRequired

from scheduler.models import WatchRule
from scheduler.records import find
from scheduler.watch import change_rule, install_rules, list_rules
from web.acts import done, note
from web.extensions import db
from web.followup.area import blueprint
from web.forms import form_page
from web.formwork import VersionedForm, submit
from web.permissions import Permission, requires


class RuleForm(VersionedForm):
    """When to look after somebody."""

    missed = IntegerField(
        _l("Séances manquées de suite"), validators=[InputRequired(_l("Donnez un nombre."))]
    )
    percent = IntegerField(
        _l("Part des séances manquées, en %"), validators=[InputRequired(_l("Donnez un nombre."))]
    )
    days = IntegerField(_l("En combien de jours"), validators=[InputRequired(_l("Donnez un nombre."))])
    active = BooleanField(_l("Cette règle est suivie"))


@blueprint.get("/regles/")
@requires(Permission.VIEW_SETTINGS)
def rules() -> str:
    """Show the rules of this centre."""
    return render_template("followup/rules.html", rules=list_rules(db.session(), g.centre.id))


@blueprint.post("/regles/habituelles")
@requires(Permission.EDIT_SETTINGS)
def usual_rules() -> Any:
    """Take over the usual rules."""
    install_rules(db.session(), g.centre.id)
    note("watch_rule.install", f"centre:{g.centre.id}")
    return done(url_for("followup.rules"), _("Les règles habituelles sont en place."))


@blueprint.route("/regles/<int:rule_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_rule(rule_id: int) -> Any:
    """Change a rule."""
    session = db.session()
    rule = find(session, WatchRule, rule_id)
    form = _form(rule)

    def act() -> None:
        changed = change_rule(session, rule, form.values(), form.version.data)
        if changed:
            note("watch_rule.change", f"watch_rule:{rule_id}", fields=changed)

    if submit(form, act, stored=lambda: _form(find(session, WatchRule, rule_id), typed=False)):
        flash(_("La règle est à jour."), "success")
        return redirect(url_for("followup.rules"))
    return form_page(form, title=_("Modifier la règle"), back=url_for("followup.rules"))


def _form(rule: WatchRule, *, typed: bool = True) -> RuleForm:
    form = RuleForm(obj=rule) if typed else RuleForm(formdata=None, obj=rule)
    for name in ("percent", "days") if rule.kind == "in_a_row" else ("missed",):
        del form[name]
    return form
