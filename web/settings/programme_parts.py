"""Forms on phases, activities, demands, orders, rules and counters of a programme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from scheduler import programme_edit as domain
from scheduler.errors import InvalidInputError
from scheduler.models import Activity, ActivityOrder, DemandRule, Phase, Programme
from scheduler.places import list_equipment, site_choices
from scheduler.programme_book import find_programme
from scheduler.programmes.vocabulary import PLACES, ROOM_FEATURES, SKILLS
from web.acts import done, note, refused
from web.extensions import db
from web.forms import form_page
from web.formwork import VersionedForm, submit
from web.permissions import Permission, requires
from web.settings.area import blueprint
from web.settings.programme_forms import (
    ACTIVITY_GROUPS,
    DEMAND_GROUPS,
    ActivityForm,
    CounterForm,
    DemandForm,
    OrderForm,
    PhaseForm,
    RuleForm,
    period_choices,
)

_BASE = "/programmes/<int:programme_id>"


def _back(programme_id: int) -> str:
    return url_for("settings.programme", programme_id=programme_id)


def _edit(
    programme: Programme,
    form: VersionedForm,
    act: Callable[[], None],
    title: str,
    *,
    stored: Callable[[], VersionedForm],
    delete: tuple[str, str] | None = None,
    **options: Any,
) -> Any:
    """Answer with the form on one part of a programme; the version is the whole programme's."""
    programme_id, name = programme.id, programme.name

    def save() -> None:
        act()
        note("programme.change", f"programme:{programme_id}", part=request.endpoint)

    if submit(form, save, stored=stored):
        return done(_back(programme_id), _("Le programme « %(name)s » est à jour.", name=name))
    return form_page(form, title=title, back=_back(programme_id), back_label=name, delete=delete, **options)


def _delete(programme_id: int, act: Callable[[Session, Programme], str]) -> Response:
    session = db.session()
    programme = find_programme(session, programme_id)
    try:
        name = act(session, programme)
    except InvalidInputError as error:
        return refused(_back(programme_id), error)
    note("programme.change", f"programme:{programme_id}", part=request.endpoint)
    return done(_back(programme_id), _("« %(name)s » est supprimé.", name=name))


# Phases


def _phase_form(programme: Programme, phase: Phase | None, **options: Any) -> PhaseForm:
    place = programme.phases.index(phase) + 1 if phase else len(programme.phases) + 1
    return PhaseForm(obj=phase, data={"place": place, "version": programme.version}, **options)


@blueprint.route(f"{_BASE}/phases/ajouter", methods=["GET", "POST"], defaults={"phase_id": None})
@blueprint.route(f"{_BASE}/phases/<int:phase_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_phase(programme_id: int, phase_id: int | None) -> Any:
    """Add a phase or change one."""
    session = db.session()
    programme = find_programme(session, programme_id)
    phase = domain.find_phase(programme, phase_id) if phase_id else None
    form = _phase_form(programme, phase)

    def act() -> None:
        domain.save_phase(session, programme, phase, form.values("place"), form.place.data, form.version.data)

    def stored() -> PhaseForm:
        fresh = find_programme(session, programme_id)
        return _phase_form(fresh, domain.find_phase(fresh, phase_id) if phase_id else None, formdata=None)

    title = _("Modifier la phase « %(name)s »", name=phase.name) if phase else _("Ajouter une phase")
    delete = phase and (
        url_for("settings.delete_phase", programme_id=programme_id, phase_id=phase_id),
        _("Supprimer la phase « %(name)s » du programme ?", name=phase.name),
    )
    return _edit(programme, form, act, title, stored=stored, delete=delete)


@blueprint.post(f"{_BASE}/phases/<int:phase_id>/supprimer")
@requires(Permission.EDIT_SETTINGS)
def delete_phase(programme_id: int, phase_id: int) -> Response:
    """Delete a phase in which nobody is."""

    def act(session: Session, programme: Programme) -> str:
        phase = domain.find_phase(programme, phase_id)
        name = phase.name
        domain.delete_phase(session, programme, phase)
        return name

    return _delete(programme_id, act)


# Activities


def _activity_form(programme: Programme, activity: Activity | None, **options: Any) -> ActivityForm:
    session = db.session()
    pools = [(row.key, row.name) for row in list_equipment(session)]
    data: dict[str, Any]
    if activity is None:
        columns = Activity.__table__.columns
        data = {
            column.name: column.default.arg
            for column in columns
            if column.default is not None and column.default.is_scalar
        }
        data |= {"seats_min": 4, "version": programme.version, "active": True, "kind": "workshop"}
    else:
        data = {column.name: getattr(activity, column.name) for column in Activity.__table__.columns}
        data |= {
            "version": programme.version,
            "other_features": [each for each in activity.room_features if each not in ROOM_FEATURES],
        }
    roles = [
        {**role, "other_skills": [each for each in role.get("skills", []) if each not in SKILLS]}
        for role in (activity.roles if activity else [])
    ]
    form = ActivityForm(
        data=data | {"roles": [*roles, {}], "equipment": [*(activity.equipment if activity else []), {}]},
        **options,
    )
    form.own_path = f"activities.{activity.key}" if activity else ""
    form.period_weeks.offer(period_choices(data.get("period_weeks")))
    places = [(place.token, _(place.label)) for place in PLACES.values()]
    tokens = {token for token, _label in places}
    form.site_names.offer(
        [
            *places,
            *((name, name) for _id, name in site_choices(session) if name not in tokens),
        ]
    )
    for need in form.equipment:
        need.form.equipment.offer([("", _("Aucun")), *pools])
    return form


@blueprint.route(f"{_BASE}/activites/ajouter", methods=["GET", "POST"], defaults={"activity_id": None})
@blueprint.route(f"{_BASE}/activites/<int:activity_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_activity(programme_id: int, activity_id: int | None) -> Any:
    """Add an activity or change one."""
    session = db.session()
    programme = find_programme(session, programme_id)
    activity = domain.find_activity(programme, activity_id) if activity_id else None
    form = _activity_form(programme, activity)
    if activity is None and form.name.data:
        form.own_path = f"activities.{domain.new_key(form.name.data, (a.key for a in programme.activities))}"

    def act() -> None:
        domain.save_activity(session, programme, activity, form.activity_values(activity), form.version.data)

    def stored() -> ActivityForm:
        fresh = find_programme(session, programme_id)
        found = domain.find_activity(fresh, activity_id) if activity_id else None
        return _activity_form(fresh, found, formdata=None)

    title = _("Modifier « %(name)s »", name=activity.name) if activity else _("Ajouter une activité")
    delete = activity and (
        url_for("settings.delete_activity", programme_id=programme_id, activity_id=activity_id),
        _("Supprimer l'activité « %(name)s » du programme ?", name=activity.name),
    )
    return _edit(
        programme,
        form,
        act,
        title,
        stored=stored,
        delete=delete,
        groups=ACTIVITY_GROUPS,
        template="settings/activity.html",
    )


@blueprint.post(f"{_BASE}/activites/<int:activity_id>/supprimer")
@requires(Permission.EDIT_SETTINGS)
def delete_activity(programme_id: int, activity_id: int) -> Response:
    """Delete an activity that never had a session."""

    def act(session: Session, programme: Programme) -> str:
        activity = domain.find_activity(programme, activity_id)
        name = activity.name
        domain.delete_activity(session, programme, activity)
        return name

    return _delete(programme_id, act)


# Demands


def _demand_form(programme: Programme, demand: DemandRule | None, **options: Any) -> DemandForm:
    data: dict[str, Any] = {"version": programme.version}
    if demand is None:
        data |= {"unit": "sessions", "period_weeks": 1, "min": 1, "target": 1, "gap_days": 0, "weight": 10}
    else:
        data |= {column.name: getattr(demand, column.name) for column in DemandRule.__table__.columns}
        data |= DemandForm.condition_data(demand)
    form = DemandForm(data=data, **options)
    form.own_path = f"demands.{demand.key}" if demand else ""
    form.period_weeks.offer(period_choices(data.get("period_weeks")))
    form.activity_keys.offer([(each.key, each.name) for each in programme.activities])
    form.phase_keys.offer([(each.key, each.name) for each in programme.phases])
    form.counter_key.offer(
        [
            ("", _("Aucun")),
            *((each["key"], each["name"]) for each in programme.counters),
        ]
    )
    return form


@blueprint.route(f"{_BASE}/besoins/ajouter", methods=["GET", "POST"], defaults={"demand_id": None})
@blueprint.route(f"{_BASE}/besoins/<int:demand_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_demand(programme_id: int, demand_id: int | None) -> Any:
    """Add a demand or change one."""
    session = db.session()
    programme = find_programme(session, programme_id)
    demand = domain.find_demand(programme, demand_id) if demand_id else None
    form = _demand_form(programme, demand)
    if demand is None and form.label.data:
        form.own_path = f"demands.{domain.new_key(form.label.data, (d.key for d in programme.demand_rules))}"

    def act() -> None:
        domain.save_demand(session, programme, demand, form.demand_values(), form.version.data)

    def stored() -> DemandForm:
        fresh = find_programme(session, programme_id)
        found = domain.find_demand(fresh, demand_id) if demand_id else None
        return _demand_form(fresh, found, formdata=None)

    title = _("Modifier le besoin « %(name)s »", name=demand.label) if demand else _("Ajouter un besoin")
    delete = demand and (
        url_for("settings.delete_demand", programme_id=programme_id, demand_id=demand_id),
        _("Supprimer le besoin « %(name)s » ? Plus personne ne sera planifié pour lui.", name=demand.label),
    )
    return _edit(programme, form, act, title, stored=stored, delete=delete, groups=DEMAND_GROUPS)


@blueprint.post(f"{_BASE}/besoins/<int:demand_id>/supprimer")
@requires(Permission.EDIT_SETTINGS)
def delete_demand(programme_id: int, demand_id: int) -> Response:
    """Delete a demand."""

    def act(session: Session, programme: Programme) -> str:
        demand = domain.find_demand(programme, demand_id)
        name = demand.label
        domain.delete_demand(session, programme, demand)
        return name

    return _delete(programme_id, act)


# Orders


def _order_form(programme: Programme, order: ActivityOrder | None, **options: Any) -> OrderForm:
    form = OrderForm(obj=order, data={"version": programme.version}, **options)
    names = [(each.key, each.name) for each in programme.activities]
    form.first_key.offer(names)
    form.second_key.offer(names)
    return form


@blueprint.route(f"{_BASE}/ordres/ajouter", methods=["GET", "POST"], defaults={"order_id": None})
@blueprint.route(f"{_BASE}/ordres/<int:order_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_order(programme_id: int, order_id: int | None) -> Any:
    """Add an order between two activities or change one."""
    session = db.session()
    programme = find_programme(session, programme_id)
    order = domain.find_order(programme, order_id) if order_id else None
    form = _order_form(programme, order)

    def act() -> None:
        domain.save_order(session, programme, order, form.values(), form.version.data)

    def stored() -> OrderForm:
        fresh = find_programme(session, programme_id)
        return _order_form(fresh, domain.find_order(fresh, order_id) if order_id else None, formdata=None)

    delete = order and (
        url_for("settings.delete_order", programme_id=programme_id, order_id=order_id),
        _("Supprimer cette règle entre deux activités ?"),
    )
    title = (
        _("Modifier l'ordre entre deux activités") if order else _("Ajouter un ordre entre deux activités")
    )
    return _edit(programme, form, act, title, stored=stored, delete=delete)


@blueprint.post(f"{_BASE}/ordres/<int:order_id>/supprimer")
@requires(Permission.EDIT_SETTINGS)
def delete_order(programme_id: int, order_id: int) -> Response:
    """Delete an order."""

    def act(session: Session, programme: Programme) -> str:
        domain.delete_order(session, programme, domain.find_order(programme, order_id))
        return _("La règle")

    return _delete(programme_id, act)


# Rules and counters


def _rule_form(programme: Programme, key: str | None, **options: Any) -> RuleForm:
    data = dict(domain.find_entry(programme.rules, key)) if key else {"kind": "note"}
    form = RuleForm(data=data | {"version": programme.version}, **options)
    form.own_path = f"rules.{key}" if key else ""
    return form


@blueprint.route(f"{_BASE}/regles/ajouter", methods=["GET", "POST"], defaults={"key": None})
@blueprint.route(f"{_BASE}/regles/<key>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_rule(programme_id: int, key: str | None) -> Any:
    """Add a rule that guides people or change one."""
    session = db.session()
    programme = find_programme(session, programme_id)
    form = _rule_form(programme, key)

    def act() -> None:
        domain.save_rule(session, programme, key, form.values(), form.version.data)

    delete = key and (
        url_for("settings.delete_rule", programme_id=programme_id, key=key),
        _("Supprimer cette règle du programme ?"),
    )
    return _edit(
        programme,
        form,
        act,
        _("Modifier une règle") if key else _("Ajouter une règle"),
        stored=lambda: _rule_form(find_programme(session, programme_id), key, formdata=None),
        delete=delete or None,
    )


@blueprint.post(f"{_BASE}/regles/<key>/supprimer")
@requires(Permission.EDIT_SETTINGS)
def delete_rule(programme_id: int, key: str) -> Response:
    """Delete a rule."""

    def act(session: Session, programme: Programme) -> str:
        text = str(domain.find_entry(programme.rules, key)["text"])
        domain.delete_rule(session, programme, key)
        return text

    return _delete(programme_id, act)


def _counter_form(programme: Programme, key: str | None, **options: Any) -> CounterForm:
    data = dict(domain.find_entry(programme.counters, key)) if key else {}
    form = CounterForm(data=data | {"version": programme.version}, **options)
    form.own_path = f"counters.{key}" if key else ""
    form.activities.offer([(each.key, each.name) for each in programme.activities])
    return form


@blueprint.route(f"{_BASE}/compteurs/ajouter", methods=["GET", "POST"], defaults={"key": None})
@blueprint.route(f"{_BASE}/compteurs/<key>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_counter(programme_id: int, key: str | None) -> Any:
    """Add a legal counter or change one."""
    session = db.session()
    programme = find_programme(session, programme_id)
    form = _counter_form(programme, key)

    def act() -> None:
        domain.save_counter(session, programme, key, form.values(), form.version.data)

    delete = key and (
        url_for("settings.delete_counter", programme_id=programme_id, key=key),
        _("Supprimer ce compteur du programme ?"),
    )
    return _edit(
        programme,
        form,
        act,
        _("Modifier un compteur") if key else _("Ajouter un compteur"),
        stored=lambda: _counter_form(find_programme(session, programme_id), key, formdata=None),
        delete=delete or None,
    )


@blueprint.post(f"{_BASE}/compteurs/<key>/supprimer")
@requires(Permission.EDIT_SETTINGS)
def delete_counter(programme_id: int, key: str) -> Response:
    """Delete a counter."""

    def act(session: Session, programme: Programme) -> str:
        name = str(domain.find_entry(programme.counters, key)["name"])
        domain.delete_counter(session, programme, key)
        return name

    return _delete(programme_id, act)
