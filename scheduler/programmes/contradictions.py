"""What in a programme contradicts itself or points at nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from scheduler.message import N_, Message
from scheduler.programmes.codecs import minutes_of_clock
from scheduler.programmes.rule_kinds import references
from scheduler.programmes.spec import ActivitySpec, DemandSpec, ProgrammeSpec
from scheduler.programmes.vocabulary import SENSITIVE_THEMES
from scheduler.programmes.yaml_nodes import Complaint, unknown
from scheduler.timegrid import MINUTES_PER_DAY
from solver.problem import DAYS_PER_WEEK


def contradictions(spec: ProgrammeSpec) -> list[Complaint]:
    """Check a programme in itself.

    Returns
    -------
    list of Complaint
        In the order of the programme; empty when it is sound.
    """
    return [
        *_twice("phases", (p.key for p in spec.phases)),
        *_twice("counters", (c.key for c in spec.counters)),
        *_twice("activities", (a.key for a in spec.activities)),
        *_twice("demands", (d.key for d in spec.demands)),
        *_twice("rules", (r.key for r in spec.rules)),
        *(c for activity in spec.activities for c in _activity(spec, activity)),
        *(c for counter in spec.counters for c in _counter(spec, counter.key)),
        *(c for position in range(len(spec.orders)) for c in _order(spec, position)),
        *_cycles(spec),
        *(c for demand in spec.demands for c in _demand(spec, demand)),
        *(c for rule in spec.rules for c in _rule(spec, rule.key)),
    ]


def _twice(table: str, keys: Iterable[str]) -> Iterator[Complaint]:
    for key, count in Counter(keys).items():
        if count > 1:
            yield Complaint(f"{table}.{key}", N_("la clé « %(key)s » est donnée deux fois", key=key))


def _activity(spec: ProgrammeSpec, activity: ActivitySpec) -> Iterator[Complaint]:
    here = f"activities.{activity.key}"

    def at(field: str, message: Message) -> Complaint:
        return Complaint(f"{here}.{field}", message)

    if not activity.starts:
        yield at("times", N_("aucune heure de début: l'activité ne peut jamais avoir lieu"))
    for start in sorted({start for _, start in activity.starts}):
        if minutes_of_clock(start) + activity.duration >= MINUTES_PER_DAY:
            yield at("times", N_("commencée à %(start)s, la séance finit après minuit", start=start))
            break
    if activity.pause >= activity.duration:
        yield at("pause", N_("la pause dure autant que la séance"))
    if not activity.drop_in and activity.seats.max == 0 and not activity.individual:
        yield at("seats.max", N_("personne ne peut venir: il n'y a aucune place"))
    if activity.seats.min > activity.seats.max:
        yield at("seats", N_("le minimum de places dépasse le maximum"))
    if activity.individual and activity.drop_in:
        yield at("drop_in", N_("une permanence n'est pas un rendez-vous individuel"))
    if activity.individual and (activity.language_groups or activity.subgroups or activity.block):
        yield at(
            "individual", N_("un rendez-vous individuel n'a ni groupes de langue, ni sous-groupes, ni bloc")
        )
    if activity.drop_in and any(d for d in spec.demands if activity.key in d.activities):
        yield at("drop_in", N_("on y vient sans liste: aucun besoin ne peut la demander"))
    yield from _pattern(activity)
    if activity.subgroups:
        low, high = activity.subgroups.min, activity.subgroups.max
        if low < 1 or low > high:
            yield at(
                "subgroups",
                N_("un sous-groupe a au moins une personne, et le minimum ne dépasse pas le maximum"),
            )
        elif not any(
            _splits(n, low, high) for n in range(max(activity.seats.min, 1), activity.seats.max + 1)
        ):
            yield at("subgroups", N_("aucun nombre de places ne se partage en sous-groupes de cette taille"))
    if not activity.places and not activity.sites:
        yield at("places", N_("aucun lieu: l'activité ne peut jamais avoir lieu"))
    if activity.sensitive and not activity.themes:
        yield at("themes", N_("une activité délicate dit quels thèmes elle touche"))
    if not activity.sensitive and SENSITIVE_THEMES.intersection(activity.themes):
        yield at("sensitive", N_("ces thèmes sont délicats: l'activité doit être marquée « sensitive »"))
    yield from _roles(activity)
    pools = {pool.key: pool.units for pool in spec.equipment}
    for need in activity.equipment:
        if need.units > pools.get(need.equipment, need.units):
            yield at("equipment", N_("une séance demande plus d'unités que le parc n'en a"))


def _pattern(activity: ActivitySpec) -> Iterator[Complaint]:
    here = f"activities.{activity.key}"
    weekdays = {day for day, _ in activity.starts}
    frequency = activity.frequency
    if frequency.min > frequency.max:
        yield Complaint(f"{here}.frequency", N_("le minimum de séances dépasse le maximum"))
    if activity.pattern == "consecutive":
        if activity.run_length < 2:
            yield Complaint(f"{here}.run_length", N_("des jours consécutifs sont au moins deux"))
        elif frequency.max < activity.run_length and frequency.every == 0:
            yield Complaint(
                f"{here}.frequency.max", N_("le maximum est plus petit que le nombre de jours consécutifs")
            )
        if not set(range(5)) <= weekdays:
            yield Complaint(
                f"{here}.times", N_("des jours consécutifs demandent une heure du lundi au vendredi")
            )
    elif activity.run_length:
        yield Complaint(f"{here}.run_length", N_("seul le rythme « consecutive » a un nombre de jours"))
    if activity.pattern == "alternating" and len(weekdays) < 2:
        yield Complaint(f"{here}.pattern", N_("l'alternance demande au moins deux jours de la semaine"))
    if activity.pattern != "free" and activity.individual:
        yield Complaint(f"{here}.pattern", N_("un rendez-vous individuel n'a pas de rythme"))


def _roles(activity: ActivitySpec) -> Iterator[Complaint]:
    yield from _twice(f"activities.{activity.key}.roles", (role.key for role in activity.roles))
    for role in activity.roles:
        here = f"activities.{activity.key}.roles.{role.key}"
        if role.only_if_needed and not activity.individual:
            yield Complaint(f"{here}.only_if_needed", N_("seulement pour un rendez-vous individuel"))
        if role.language == "participant" and not activity.individual:
            yield Complaint(
                f"{here}.language", N_("« participant » ne vaut que pour un rendez-vous individuel")
            )
        if role.language == "group" and not activity.language_groups:
            yield Complaint(
                f"{here}.language", N_("« group » demande des groupes de langue (language_groups)")
            )


def _splits(people: int, low: int, high: int) -> bool:
    return any(groups * low <= people <= groups * high for groups in range(1, people + 1))


def _missing(field: str, key: str, known: Iterable[str]) -> Complaint:
    known = list(known)
    return Complaint(field, unknown(key, known, N_("« %(key)s » n'existe pas dans ce programme", key=key)))


def _counter(spec: ProgrammeSpec, key: str) -> Iterator[Complaint]:
    counter = spec.counter(key)
    known = [activity.key for activity in spec.activities]
    for activity in counter.activities:
        if activity not in known:
            yield _missing(f"counters.{key}.activities", activity, known)
    if not counter.activities and not counter.outside:
        yield Complaint(f"counters.{key}", N_("rien n'alimente ce compteur: activités, ou « outside: true »"))


def _order(spec: ProgrammeSpec, position: int) -> Iterator[Complaint]:
    order = spec.orders[position]
    known = [activity.key for activity in spec.activities]
    for field, key in (("first", order.first), ("second", order.second)):
        if key not in known:
            yield _missing(f"orders.{position}.{field}", key, known)
    if order.first == order.second:
        yield Complaint(f"orders.{position}.second", N_("une activité n'a pas d'ordre avec elle-même"))


def _cycles(spec: ProgrammeSpec) -> Iterator[Complaint]:
    after: dict[str, set[str]] = {}
    for order in spec.orders:
        if order.kind == "before" and order.first != order.second:
            after.setdefault(order.first, set()).add(order.second)
    for position, order in enumerate(spec.orders):
        if order.kind != "before":
            continue
        reached, ahead = set(), [order.second]
        while ahead:
            key = ahead.pop()
            if key not in reached:
                reached.add(key)
                ahead += after.get(key, ())
        if order.first in reached and order.first != order.second:
            yield Complaint(f"orders.{position}", N_("ces activités devraient chacune venir avant l'autre"))


def _demand(spec: ProgrammeSpec, demand: DemandSpec) -> Iterator[Complaint]:
    here = f"demands.{demand.key}"

    def at(field: str, message: Message) -> Complaint:
        return Complaint(f"{here}.{field}", message)

    activities = {activity.key: activity for activity in spec.activities}
    phases = [phase.key for phase in spec.phases]
    yield from (
        _missing(f"{here}.activities", k, activities) for k in demand.activities if k not in activities
    )
    yield from (_missing(f"{here}.phases", k, phases) for k in demand.phases if k not in phases)
    if demand.counter is not None and demand.counter not in [counter.key for counter in spec.counters]:
        yield _missing(f"{here}.counter", demand.counter, [counter.key for counter in spec.counters])
    if demand.min > demand.wanted:
        yield at("target", N_("l'objectif est plus petit que le minimum"))
    if demand.max is not None and demand.max < demand.wanted:
        yield at("max", N_("le maximum est plus petit que l'objectif ou le minimum"))
    weeks = demand.every
    if demand.max_per_week is not None and weeks and demand.max_per_week * weeks < demand.min:
        yield at("max_per_week", N_("le maximum par semaine ne permet pas d'atteindre le minimum"))
    if demand.unit == "days" and weeks and demand.wanted > DAYS_PER_WEEK * weeks:
        yield at("target", N_("il n'y a pas autant de jours dans cette période"))
    if demand.unit != "minutes" and weeks and (demand.min - 1) * demand.gap_days >= DAYS_PER_WEEK * weeks:
        yield at("gap_days", N_("l'écart demandé ne permet pas d'atteindre le minimum"))
    if (
        demand.after_weeks is not None
        and demand.until_weeks is not None
        and demand.until_weeks <= demand.after_weeks
    ):
        yield at("until_weeks", N_("la fin vient avant le début"))
    for key in demand.activities:
        yield from _supply(demand, activities, key)
    wanted = [activities[key] for key in demand.activities if key in activities]
    if demand.staff_from and not any(a.individual and a.roles for a in wanted):
        yield at("staff_from", N_("seulement pour des rendez-vous individuels qui ont un rôle"))
    if any(a.sensitive for a in wanted) and not demand.when.interested:
        yield at("when", N_("un thème délicat n'est jamais imposé: ajouter « interested: true »"))
    band = demand.when.level_spoken
    if (
        band
        and wanted
        and not any(a.level.spoken[0] <= band[1] and band[0] <= a.level.spoken[1] for a in wanted)
    ):
        yield at("when.level_spoken", N_("aucune de ces activités n'accepte ces niveaux"))


def _supply(demand: DemandSpec, activities: dict[str, ActivitySpec], key: str) -> Iterator[Complaint]:
    """A single group activity must be held often enough for the least that is asked of it."""
    activity = activities.get(key)
    if activity is None or activity.individual or len(set(demand.activities)) > 1:
        return
    frequency = activity.frequency
    if not demand.every or not frequency.every:
        return
    held = frequency.max * -(-demand.every // frequency.every)
    most = {"sessions": held, "days": held, "minutes": held * activity.duration}[demand.unit]
    if demand.min > most:
        yield Complaint(
            f"demands.{demand.key}.min",
            N_("l'activité « %(key)s » n'a pas lieu assez souvent pour ce minimum", key=key),
        )


def _rule(spec: ProgrammeSpec, key: str) -> Iterator[Complaint]:
    rule = spec.rule(key)
    known = {
        "activities": [activity.key for activity in spec.activities],
        "phases": [phase.key for phase in spec.phases],
        "counters": [counter.key for counter in spec.counters],
    }
    for field, table, target in references(rule.kind, rule.params):
        if target not in known[table]:
            yield _missing(f"rules.{key}.params.{field}", target, known[table])
    low, high = rule.params.get("min"), rule.params.get("max")
    if low is not None and high is not None and low > high:
        yield Complaint(f"rules.{key}.params.max", N_("le maximum est plus petit que le minimum"))
    if rule.kind == "cohort":
        for name in rule.params.get("activities", ()):
            activity = next((a for a in spec.activities if a.key == name), None)
            if activity and activity.seats.max < rule.params["seats"]:
                yield Complaint(
                    f"rules.{key}.params.seats", N_("le groupe dépasse les places de « %(key)s »", key=name)
                )
