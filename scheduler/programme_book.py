"""The programmes of a centre as a list, and what hangs on each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session, selectinload

from scheduler.models import Activity, Cohort, DemandRule, Enrolment, EnrolmentStatus, Phase, Programme
from scheduler.records import find

#: Only these people are planned for.
PLANNED = (EnrolmentStatus.ACTIVE, EnrolmentStatus.TRIAL)


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """A line of the list of programmes; ``people`` are those in it now."""

    id: int
    key: str
    name: str
    summary: str
    active: bool
    phases: int
    activities: int
    demands: int
    people: int
    cohorts: int


def list_programmes(session: Session) -> list[ProgrammeRow]:
    """Return every programme with its counts, in one query."""

    def count_of(kind: type[Phase] | type[Activity] | type[DemandRule] | type[Cohort]) -> ScalarSelect[int]:
        return select(func.count(kind.id)).where(kind.programme_id == Programme.id).scalar_subquery()

    people = (
        select(func.count(Enrolment.id))
        .where(Enrolment.programme_id == Programme.id, Enrolment.status.in_(PLANNED))
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Programme.id,
            Programme.key,
            Programme.name,
            Programme.summary,
            Programme.active,
            count_of(Phase),
            count_of(Activity),
            count_of(DemandRule),
            people,
            count_of(Cohort),
        ).order_by(Programme.name)
    )
    return [ProgrammeRow(*row) for row in rows]


def programme_choices(session: Session) -> list[tuple[str, str]]:
    """Return id and name of every active programme."""
    query = select(Programme.id, Programme.name).where(Programme.active).order_by(Programme.name)
    return [(str(programme_id), name) for programme_id, name in session.execute(query)]


def find_programme(session: Session, programme_id: int) -> Programme:
    """Return a programme with its phases, activities, demands, orders and groups."""
    return find(
        session,
        Programme,
        programme_id,
        selectinload(Programme.phases),
        selectinload(Programme.activities),
        selectinload(Programme.demand_rules),
        selectinload(Programme.orders),
        selectinload(Programme.cohorts),
    )
