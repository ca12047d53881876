"""Changing a programme by hand, part by part; what would make it unusable is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.message import N_, Message
from scheduler.models import (
    Activity,
    ActivityOrder,
    DemandRule,
    Enrolment,
    EnrolmentStatus,
    GroupSession,
    Phase,
    Programme,
)
from scheduler.programmes import Complaint, check_programme
from scheduler.records import check_version
from scheduler.roster_import.folding import fold

_KEY_LENGTH = 40

#: Texts that have translations, by column.
_TRANSLATED = frozenset({"name", "neutral_name", "summary", "description", "outline", "label"})


class ProgrammeRefusedError(InvalidInputError):
    """A change that would make a programme unusable; ``complaints`` say how."""

    def __init__(self, complaints: list[Complaint]) -> None:
        self.complaints = complaints
        super().__init__(complaints[0].message)


def _save(session: Session, programme: Programme, version: int | None, act: Callable[[], None]) -> None:
    """Do a change on a programme, and let it stand only if nothing new is wrong afterwards.

    The programme as a whole is what two people cannot change at the same time.
    """
    check_version(programme, version)
    before = {(each.key, str(each.message)) for each in check_programme(programme) if each.blocking}
    act()
    flag_modified(programme, "name")
    session.flush()
    session.expire(programme, ["phases", "activities", "demand_rules", "orders"])
    wrong = [
        each
        for each in check_programme(programme)
        if each.blocking and (each.key, str(each.message)) not in before
    ]
    if wrong:
        raise ProgrammeRefusedError(wrong)


def _assign(row: Any, values: Mapping[str, Any]) -> None:
    """Set what differs; a text that was changed loses its translations, which no longer say the same."""
    changed = {name for name, value in values.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, values[name])
    stale = changed & _TRANSLATED
    if stale and row.translations:
        row.translations = {
            language: {name: text for name, text in texts.items() if name not in stale}
            for language, texts in row.translations.items()
        }


def new_key(text: str, taken: Iterable[str]) -> str:
    """Return a key made from a name, unlike those that are taken."""
    words = re.sub(r"[^a-z0-9]+", "_", fold(text).encode("ascii", "ignore").decode()).strip("_")
    base = (words if words[:1].isalpha() else f"x_{words}".rstrip("_"))[: _KEY_LENGTH - 4]
    used = set(taken)
    key, number = base, 2
    while key in used:
        key, number = f"{base}_{number}", number + 1
    return key


def change_programme(
    session: Session, programme: Programme, values: Mapping[str, Any], version: int | None
) -> None:
    """Change name and summary of a programme."""
    _save(session, programme, version, lambda: _assign(programme, values))


def set_active(session: Session, programme: Programme, *, active: bool) -> None:
    """Take a programme out of planning, or bring it back; people keep their place in it."""
    programme.active = active
    session.flush()


def count_people(session: Session, programme: Programme) -> int:
    """Return how many people follow a programme now."""
    query = select(func.count(Enrolment.id)).where(
        Enrolment.programme_id == programme.id, Enrolment.status != EnrolmentStatus.ENDED
    )
    return session.scalar(query) or 0


def _part(parts: Iterable[Any], part_id: int) -> Any:
    for part in parts:
        if part.id == part_id:
            return part
    raise NotFoundError(f"part {part_id}")


def find_phase(programme: Programme, phase_id: int) -> Phase:
    """Return a phase of a programme."""
    found: Phase = _part(programme.phases, phase_id)
    return found


def find_activity(programme: Programme, activity_id: int) -> Activity:
    """Return an activity of a programme."""
    found: Activity = _part(programme.activities, activity_id)
    return found


def find_demand(programme: Programme, demand_id: int) -> DemandRule:
    """Return a demand of a programme."""
    found: DemandRule = _part(programme.demand_rules, demand_id)
    return found


def find_order(programme: Programme, order_id: int) -> ActivityOrder:
    """Return an order of a programme."""
    found: ActivityOrder = _part(programme.orders, order_id)
    return found


def find_entry(entries: list[Any], key: str) -> dict[str, Any]:
    """Return the rule or counter with a key."""
    for entry in entries:
        if entry["key"] == key:
            found: dict[str, Any] = entry
            return found
    raise NotFoundError(key)


def save_phase(
    session: Session,
    programme: Programme,
    phase: Phase | None,
    values: Mapping[str, Any],
    place: int,
    version: int | None,
) -> None:
    """Add a phase or change one; ``place`` is its rank among the phases, 1 the first."""

    def act() -> None:
        row = phase
        if row is None:
            key = new_key(values["name"], (each.key for each in programme.phases))
            row = Phase(key=key, **values)
            programme.phases.append(row)
        else:
            _assign(row, values)
        others = sorted(
            (each for each in programme.phases if each is not row), key=lambda each: each.position
        )
        others.insert(max(0, min(place - 1, len(others))), row)
        for position, each in enumerate(others):
            each.position = position

    _save(session, programme, version, act)


def delete_phase(session: Session, programme: Programme, phase: Phase) -> None:
    """Delete a phase in which nobody is.

    Raises
    ------
    InvalidInputError
        If people are in it, or if a demand or rule would lose its meaning.
    """
    count = session.scalar(select(func.count(Enrolment.id)).where(Enrolment.phase_id == phase.id)) or 0
    if count:
        raise InvalidInputError(
            N_("%(count)s personnes sont encore dans la phase « %(name)s ».", count=count, name=phase.name)
        )
    _save(session, programme, None, lambda: programme.phases.remove(phase))


def save_activity(
    session: Session,
    programme: Programme,
    activity: Activity | None,
    values: Mapping[str, Any],
    version: int | None,
) -> None:
    """Add an activity or change one.

    Raises
    ------
    InvalidInputError
        On the field that cannot be; ``ProgrammeRefusedError`` when the programme would be unusable.
    """
    if values["duration_minutes"] is None or values["duration_minutes"] <= 0:
        raise InvalidInputError(N_("Donnez une durée."), "duration_minutes")
    if values["seats_min"] > values["seats_max"]:
        raise InvalidInputError(N_("Le minimum dépasse le maximum."), "seats_max")
    if (values["subgroup_min"] is None) != (values["subgroup_max"] is None):
        raise InvalidInputError(N_("Donnez les deux nombres, ou aucun."), "subgroup_max")

    def act() -> None:
        if activity is None:
            key = new_key(values["name"], (each.key for each in programme.activities))
            position = max((each.position for each in programme.activities), default=-1) + 1
            programme.activities.append(Activity(key=key, position=position, **values))
        else:
            _assign(activity, values)

    _save(session, programme, version, act)


def delete_activity(session: Session, programme: Programme, activity: Activity) -> None:
    """Delete an activity that never had a session.

    Raises
    ------
    InvalidInputError
        If it had one (it can be put out of use instead), or if a demand or order needs it.
    """
    query = select(GroupSession.id).where(GroupSession.activity_id == activity.id).limit(1)
    if session.scalar(query) is not None:
        raise InvalidInputError(
            N_(
                "« %(name)s » a déjà eu des séances : mettez-la plutôt hors service, pour garder le passé.",
                name=activity.name,
            )
        )
    _save(session, programme, None, lambda: programme.activities.remove(activity))


def save_demand(
    session: Session,
    programme: Programme,
    demand: DemandRule | None,
    values: Mapping[str, Any],
    version: int | None,
) -> None:
    """Add a demand or change one."""

    def act() -> None:
        if demand is None:
            key = new_key(values["label"], (each.key for each in programme.demand_rules))
            position = max((each.position for each in programme.demand_rules), default=-1) + 1
            programme.demand_rules.append(DemandRule(key=key, position=position, **values))
        else:
            _assign(demand, values)

    _save(session, programme, version, act)


def delete_demand(session: Session, programme: Programme, demand: DemandRule) -> None:
    """Delete a demand: nobody is planned for it any more."""
    _save(session, programme, None, lambda: programme.demand_rules.remove(demand))


def save_order(
    session: Session,
    programme: Programme,
    order: ActivityOrder | None,
    values: Mapping[str, Any],
    version: int | None,
) -> None:
    """Add an order between two activities or change one."""

    def act() -> None:
        if order is None:
            programme.orders.append(ActivityOrder(**values))
        else:
            for name, value in values.items():
                setattr(order, name, value)

    _save(session, programme, version, act)


def delete_order(session: Session, programme: Programme, order: ActivityOrder) -> None:
    """Delete an order."""
    _save(session, programme, None, lambda: programme.orders.remove(order))


def save_rule(
    session: Session,
    programme: Programme,
    key: str | None,
    values: Mapping[str, Any],
    version: int | None,
) -> None:
    """Add a rule, or change one; ``values`` are ``kind``, ``params``, ``text`` and ``source``."""
    _save(session, programme, version, lambda: _put(programme, "rules", key, values, values["text"]))


def delete_rule(session: Session, programme: Programme, key: str) -> None:
    """Delete a rule."""
    _drop(session, programme, "rules", key)


def save_counter(
    session: Session,
    programme: Programme,
    key: str | None,
    values: Mapping[str, Any],
    version: int | None,
) -> None:
    """Add a counter, or change one; ``values`` are its name, target, activities and outside."""
    _save(session, programme, version, lambda: _put(programme, "counters", key, values, values["name"]))


def delete_counter(session: Session, programme: Programme, key: str) -> None:
    """Delete a counter."""
    _drop(session, programme, "counters", key)


def _put(programme: Programme, column: str, key: str | None, values: Mapping[str, Any], name: str) -> None:
    entries: list[Any] = list(getattr(programme, column))
    if key is None:
        entries.append(
            {"key": new_key(name, (each["key"] for each in entries)), "translations": {}, **values}
        )
    else:
        index = entries.index(find_entry(entries, key))
        kept = entries[index]
        same_words = all(kept.get(each) == values.get(each) for each in ("name", "text"))
        translations = kept.get("translations", {}) if same_words else {}
        entries[index] = {**kept, **values, "translations": translations}
    setattr(programme, column, entries)


def _drop(session: Session, programme: Programme, column: str, key: str) -> None:
    def act() -> None:
        entries = getattr(programme, column)
        setattr(programme, column, [each for each in entries if each is not find_entry(entries, key)])

    _save(session, programme, None, act)


def notices(programme: Programme) -> list[tuple[str, Message, bool]]:
    """Return what is wrong with a programme in this centre: where, why, and whether it blocks."""
    return [(each.key, each.message, each.blocking) for each in check_programme(programme)]
