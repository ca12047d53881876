"""What each enrolled person owes, how far they are, and whether they will be done in time."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler import settings
from scheduler.hours.ledger import PACE_WEEKS, Ledger, Minutes, Visit, read_ledger
from scheduler.models import (
    Activity,
    Centre,
    DemandRule,
    Enrolment,
    EnrolmentStatus,
    Participant,
    Programme,
)
from scheduler.people import Reach
from scheduler.timegrid import monday_of

#: A pace is told only after so many weeks in a programme.
FEWEST_WEEKS = 4

#: Whole weeks that a weekly amount is averaged over.
WEEKS_COUNTED = 4

#: Days before an evaluation is due from which it is announced.
EVALUATION_NOTICE_DAYS = 30

_DAYS_PER_YEAR = 365
_FAR_AWAY_DAYS = 3660


class ObligationKind(StrEnum):
    """What is counted: minutes of a legal counter, minutes a week, evaluations a year."""

    COUNTER = "counter"
    WEEKLY = "weekly"
    EVALUATIONS = "evaluations"


class Standing(StrEnum):
    """Whether an obligation will be met; ``EARLY`` is too early to tell."""

    LATE = "late"
    AT_RISK = "at_risk"
    EARLY = "early"
    ON_TRACK = "on_track"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One obligation of one person.

    Parameters
    ----------
    done, target : int
        Minutes, minutes a week, or evaluations, by ``kind``.
    here, outside, prior : int
        What ``done`` of a counter consists of, in minutes.
    pace_minutes : int
        Minutes a week of a counter, over the last weeks.
    individual, individual_target : int
        Evaluations in an interview of one person.
    projected_on : date, optional
        When a counter will be full at this pace; ``None`` without a pace, or when it is full.
    due_on : date, optional
        When it has to be met.
    activity_keys : tuple of str
        What feeds it here; empty when it is only fed from elsewhere.
    """

    participant_id: int
    person: str
    last_name: str
    programme_id: int
    programme: str
    kind: ObligationKind
    key: str
    name: str
    done: int
    target: int
    here: int = 0
    outside: int = 0
    prior: int = 0
    pace_minutes: int = 0
    individual: int = 0
    individual_target: int = 0
    projected_on: date | None = None
    due_on: date | None = None
    standing: Standing
    activity_keys: tuple[str, ...] = ()

    @property
    def remaining(self) -> int:
        """What is still missing, in the unit of ``target``."""
        return max(0, self.target - self.done)

    @property
    def percent(self) -> int:
        """How far the person is, at most 100, rounded down so that 100 means done."""
        return 100 if not self.target else min(100, 100 * self.done // self.target)


def obligations(
    session: Session,
    centre: Centre,
    today: date,
    *,
    reach: Reach | None = None,
    person_id: int | None = None,
) -> list[Obligation]:
    """Return the obligations of people under way, by person and programme.

    Parameters
    ----------
    reach : Reach, optional
        Whose files the reader may see.
    person_id : int, optional
        Only those of one person.
    """
    query = (
        select(Enrolment)
        .join(Participant, Participant.id == Enrolment.participant_id)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(
            Enrolment.centre_id == centre.id,
            Enrolment.status.in_([EnrolmentStatus.TRIAL, EnrolmentStatus.ACTIVE, EnrolmentStatus.PAUSED]),
            Participant.active,
            (reach or Reach()).condition(),
        )
        .options(
            joinedload(Enrolment.programme).selectinload(Programme.demand_rules),
            joinedload(Enrolment.participant),
            joinedload(Enrolment.phase),
        )
        .order_by(Participant.last_name, Participant.first_name, Programme.name)
    )
    if person_id is not None:
        query = query.where(Enrolment.participant_id == person_id)
    enrolments = list(session.scalars(query))
    people: Collection[int] | None = None
    if person_id is not None or (reach is not None and not reach.everybody):
        people = {row.participant_id for row in enrolments}
    ledger = read_ledger(session, centre, today, person_ids=people)
    activities = _activities(session, centre.id)
    months = settings.path_months(centre)
    return [found for row in enrolments for found in _of_enrolment(row, ledger, activities, months)]


def attention(found: Sequence[Obligation]) -> list[Obligation]:
    """Return those that will be missed or already are, the most pressing first."""
    pressing = [each for each in found if each.standing in (Standing.LATE, Standing.AT_RISK)]
    return sorted(pressing, key=lambda each: (each.standing != Standing.LATE, each.due_on or date.max))


_ActivityTable = dict[tuple[int, str], Activity]


def _activities(session: Session, centre_id: int) -> _ActivityTable:
    query = select(Activity).where(Activity.centre_id == centre_id)
    return {(row.programme_id, row.key): row for row in session.scalars(query)}


def _of_enrolment(
    row: Enrolment, ledger: Ledger, activities: _ActivityTable, months: int
) -> Iterator[Obligation]:
    for counter in row.programme.counters:
        if counter.get("target_minutes"):
            yield _counter(row, counter, ledger, activities, months)
    for rule in row.programme.demand_rules:
        if _is_weekly(rule, row):
            yield _weekly(row, rule, ledger, activities)
    for rule in row.programme.rules:
        if rule.get("kind") == "piis_evaluation":
            yield _evaluations(row, rule, ledger, activities)


def _who(row: Enrolment) -> dict[str, Any]:
    return {
        "participant_id": row.participant_id,
        "person": row.participant.name,
        "last_name": row.participant.last_name,
        "programme_id": row.programme_id,
        "programme": row.programme.name,
    }


def _counter(
    row: Enrolment, counter: dict[str, Any], ledger: Ledger, activities: _ActivityTable, months: int
) -> Obligation:
    """Return how far a legal counter is; its pace is that of the last weeks, here and elsewhere."""
    keys = tuple(key for key in counter.get("activities") or () if (row.programme_id, key) in activities)
    by_activity = ledger.attended.get(row.participant_id, {})
    here = sum((by_activity.get(activities[row.programme_id, key].id, Minutes()) for key in keys), Minutes())
    outside = ledger.outside.get(row.participant_id, {}).get(counter["key"], Minutes())
    prior = ledger.prior.get(row.participant_id, {}).get((row.programme_id, counter["key"]), 0)
    done, target = here.total + outside.total + prior, int(counter["target_minutes"])
    weeks_in = max(0, (ledger.today - row.starts_on).days) / 7
    pace = (here.recent + outside.recent) / min(PACE_WEEKS, max(weeks_in, 1.0))
    projected = None
    if done < target and pace > 0:
        days = math.ceil((target - done) / pace * 7)
        projected = ledger.today + timedelta(days=min(days, _FAR_AWAY_DAYS))
    due = row.ends_on or _months_after(row.starts_on, months)
    return Obligation(
        **_who(row),
        kind=ObligationKind.COUNTER,
        key=counter["key"],
        name=counter.get("name") or counter["key"],
        done=done,
        target=target,
        here=here.total,
        outside=outside.total,
        prior=prior,
        pace_minutes=round(pace),
        projected_on=projected,
        due_on=due,
        standing=_counter_standing(done >= target, ledger.today, projected, row.starts_on, due),
        activity_keys=keys,
    )


def _counter_standing(
    done: bool, today: date, projected: date | None, starts_on: date, due: date
) -> Standing:
    """Tell where a counter stands; somebody without any pace is left alone for half of the time."""
    if done:
        return Standing.DONE
    if due < today:
        return Standing.LATE
    if today - starts_on < timedelta(weeks=FEWEST_WEEKS):
        return Standing.EARLY
    if projected is not None:
        return Standing.ON_TRACK if projected <= due else Standing.AT_RISK
    return Standing.EARLY if today < starts_on + (due - starts_on) / 2 else Standing.AT_RISK


def _is_weekly(rule: DemandRule, row: Enrolment) -> bool:
    """Tell whether a rule asks for minutes every week of somebody in this phase."""
    if rule.unit != "minutes" or rule.period_weeks != 1 or not rule.min or rule.counter_key:
        return False
    return not rule.phase_keys or (row.phase is not None and row.phase.key in rule.phase_keys)


def _weekly(row: Enrolment, rule: DemandRule, ledger: Ledger, activities: _ActivityTable) -> Obligation:
    """Return the mean minutes a week over the last whole weeks of the enrolment, at most four."""
    fed = {
        activities[row.programme_id, key].id
        for key in rule.activity_keys
        if (row.programme_id, key) in activities
    }
    monday = monday_of(ledger.today)
    first = max(monday - timedelta(weeks=WEEKS_COUNTED), _first_monday(row.starts_on))
    weeks = (monday - first).days // 7
    visits = _visits(ledger, row, fed, first, monday)
    mean = sum(visit.minutes for visit in visits) // weeks if weeks > 0 else 0
    standing = Standing.ON_TRACK if mean >= rule.min else Standing.AT_RISK
    return Obligation(
        **_who(row),
        kind=ObligationKind.WEEKLY,
        key=rule.key,
        name=rule.label or rule.key,
        done=mean,
        target=rule.min,
        here=mean,
        standing=standing if weeks > 0 else Standing.EARLY,
        activity_keys=tuple(rule.activity_keys),
    )


def _evaluations(
    row: Enrolment, rule: dict[str, Any], ledger: Ledger, activities: _ActivityTable
) -> Obligation:
    """Return the evaluations held in the present year of the contract, which starts with the enrolment."""
    params = rule["params"]
    keys = tuple(key for key in params["activities"] if (row.programme_id, key) in activities)
    rows = {activities[row.programme_id, key].id: activities[row.programme_id, key] for key in keys}
    first = _year_under_way(row.starts_on, ledger.today)
    visits = _visits(ledger, row, set(rows), first, ledger.today + timedelta(days=1))
    done, individual = len(visits), sum(rows[visit.activity_id].individual for visit in visits)
    target, in_person = int(params["per_year"]), int(params["individual_min"])
    due = first + timedelta(days=_DAYS_PER_YEAR * min(done + 1, target) // target)
    if done >= target and individual >= in_person:
        standing = Standing.DONE
    elif done < target and due < ledger.today:
        standing = Standing.LATE
    elif due - ledger.today <= timedelta(days=EVALUATION_NOTICE_DAYS) or done >= target:
        standing = Standing.AT_RISK
    else:
        standing = Standing.ON_TRACK
    return Obligation(
        **_who(row),
        kind=ObligationKind.EVALUATIONS,
        key=rule["key"],
        name=rule.get("text") or rule["key"],
        done=done,
        target=target,
        individual=individual,
        individual_target=in_person,
        due_on=None if standing is Standing.DONE else due,
        standing=standing,
        activity_keys=keys,
    )


def _visits(ledger: Ledger, row: Enrolment, fed: Collection[int], first: date, end: date) -> list[Visit]:
    """Return the sessions of some activities that a person attended on days ``[first, end)``."""
    return [
        visit
        for visit in ledger.visits.get(row.participant_id, ())
        if visit.activity_id in fed and first <= visit.day < end
    ]


def _first_monday(day: date) -> date:
    monday = monday_of(day)
    return monday if monday == day else monday + timedelta(weeks=1)


def _year_under_way(starts_on: date, today: date) -> date:
    years = max(0, (today - starts_on).days // _DAYS_PER_YEAR)
    return starts_on + timedelta(days=years * _DAYS_PER_YEAR)


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))
