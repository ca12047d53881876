"""Groups (cohorts): who stays together in a programme between two dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, joinedload

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Cohort, CohortMember, Enrolment, EnrolmentStatus, Participant, Programme
from scheduler.records import change, check_unique, check_version, find

#: Somebody in one of these states may be in a group of the programme.
_CAN_JOIN = (EnrolmentStatus.WAITING, EnrolmentStatus.TRIAL, EnrolmentStatus.ACTIVE, EnrolmentStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A line of the list of groups."""

    id: int
    name: str
    programme_id: int
    programme: str
    starts_on: date | None
    ends_on: date | None
    seats_max: int | None
    members: int

    def is_running(self, today: date) -> bool:
        """Whether the group has not ended."""
        return self.ends_on is None or self.ends_on >= today


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a group, or somebody who could be."""

    id: int
    name: str
    level_spoken: int
    level_written: int
    languages: tuple[str, ...]
    status: EnrolmentStatus | None
    active: bool


def list_groups(session: Session) -> list[GroupRow]:
    """Return every group with its number of members, in one query."""
    rows = session.execute(
        select(Cohort, Programme.name, func.count(CohortMember.id))
        .join(Programme, Programme.id == Cohort.programme_id)
        .outerjoin(CohortMember, CohortMember.cohort_id == Cohort.id)
        .group_by(Cohort.id, Programme.name)
    )
    return [
        GroupRow(
            id=cohort.id,
            name=cohort.name,
            programme_id=cohort.programme_id,
            programme=programme,
            starts_on=cohort.starts_on,
            ends_on=cohort.ends_on,
            seats_max=cohort.seats_max,
            members=count,
        )
        for cohort, programme, count in rows
    ]


def cohort_choices(session: Session) -> list[tuple[str, str]]:
    """Return id and name of every group, the programme's name in front."""
    rows = session.execute(
        select(Cohort.id, Programme.name, Cohort.name)
        .join(Programme, Programme.id == Cohort.programme_id)
        .order_by(Programme.name, Cohort.name)
    )
    return [(str(cohort_id), f"{programme} – {name}") for cohort_id, programme, name in rows]


def find_group(session: Session, cohort_id: int) -> Cohort:
    """Return a group with its programme."""
    return find(session, Cohort, cohort_id, joinedload(Cohort.programme).selectinload(Programme.activities))


def list_members(session: Session, cohort: Cohort) -> list[Member]:
    """Return the members of a group by name."""
    return _members(session, cohort, inside=True)


def list_candidates(session: Session, cohort: Cohort) -> list[Member]:
    """Return who follows the group's programme without being in the group, by name."""
    return _members(session, cohort, inside=False)


def _members(session: Session, cohort: Cohort, *, inside: bool) -> list[Member]:
    in_group = select(CohortMember.participant_id).where(CohortMember.cohort_id == cohort.id)
    query = (
        select(Participant, Enrolment.status)
        .outerjoin(
            Enrolment,
            (Enrolment.participant_id == Participant.id) & (Enrolment.programme_id == cohort.programme_id),
        )
        .order_by(Participant.last_name, Participant.first_name)
    )
    if inside:
        query = query.where(Participant.id.in_(in_group))
    else:
        query = query.where(
            Participant.id.not_in(in_group), Participant.active, Enrolment.status.in_(_CAN_JOIN)
        )
    return [
        Member(
            id=person.id,
            name=person.name,
            level_spoken=person.level_spoken,
            level_written=person.level_written,
            languages=tuple(person.languages),
            status=None if status is None else EnrolmentStatus(status),
            active=person.active,
        )
        for person, status in session.execute(query)
    ]


def create_group(session: Session, values: Mapping[str, Any]) -> Cohort:
    """Add a group; ``values`` are columns of ``Cohort``."""
    find(session, Programme, values["programme_id"])
    _check(session, None, values["programme_id"], values)
    cohort = Cohort(**values)
    session.add(cohort)
    session.flush()
    return cohort


def change_group(
    session: Session, cohort: Cohort, values: Mapping[str, Any], version: int | None
) -> list[str]:
    """Change a group; its seats cannot go below the number of its members."""
    check_version(cohort, version)
    _check(session, cohort, cohort.programme_id, values)
    seats = values.get("seats_max", cohort.seats_max)
    count = count_members(session, cohort)
    if seats is not None and seats < count:
        raise InvalidInputError(
            N_("Le groupe compte déjà %(count)s personnes.", count=count),
            "seats_max",
        )
    changed = change(cohort, values)
    session.flush()
    return changed


def delete_group(session: Session, cohort: Cohort) -> int:
    """Delete a group and return how many people were in it; the people themselves stay."""
    count = count_members(session, cohort)
    session.execute(delete(CohortMember).where(CohortMember.cohort_id == cohort.id))
    session.delete(cohort)
    session.flush()
    return count


def count_members(session: Session, cohort: Cohort) -> int:
    """Return the number of members."""
    query = select(func.count(CohortMember.id)).where(CohortMember.cohort_id == cohort.id)
    return session.scalar(query) or 0


def seats_of(cohort: Cohort) -> int | None:
    """Return how many people a group can hold: its own seats, and those of what it does as a group.

    An activity that is held once for each group, and a rule on the size of groups, bound it too.
    """
    programme = cohort.programme
    limits = [each.seats_max for each in programme.activities if each.per_cohort and each.active]
    limits += [rule["params"]["seats"] for rule in programme.rules if rule["kind"] == "cohort"]
    if cohort.seats_max is not None:
        limits.append(cohort.seats_max)
    return min(limits, default=None)


def add_members(session: Session, cohort: Cohort, person_ids: list[int]) -> list[Member]:
    """Put people into a group, all or nobody, and return them.

    Raises
    ------
    InvalidInputError
        If nobody was chosen, if somebody does not follow the programme, or if there are more people
        than seats.
    """
    session.execute(select(Cohort.id).where(Cohort.id == cohort.id).with_for_update())
    candidates = {each.id: each for each in list_candidates(session, cohort)}
    chosen = [candidates[each] for each in dict.fromkeys(person_ids) if each in candidates]
    if not chosen:
        raise InvalidInputError(N_("Choisissez au moins une personne qui suit ce programme."), "people")
    count, seats = count_members(session, cohort), seats_of(cohort)
    if seats is not None and count + len(chosen) > seats:
        raise InvalidInputError(
            N_(
                "Le groupe « %(name)s » a %(seats)s places, dont %(count)s occupées : "
                "%(wanted)s personnes de plus n'y tiennent pas. Personne n'a été ajouté.",
                name=cohort.name,
                seats=seats,
                count=count,
                wanted=len(chosen),
            ),
            "people",
        )
    session.add_all(CohortMember(cohort_id=cohort.id, participant_id=each.id) for each in chosen)
    session.flush()
    return chosen


def remove_member(session: Session, cohort: Cohort, person_id: int) -> None:
    """Take somebody out of a group; nothing happens if they are not in it."""
    session.execute(
        delete(CohortMember).where(
            CohortMember.cohort_id == cohort.id, CohortMember.participant_id == person_id
        )
    )


def _check(session: Session, cohort: Cohort | None, programme_id: int, values: Mapping[str, Any]) -> None:
    if "name" in values:
        check_unique(session, Cohort, cohort, "name", programme_id=programme_id, name=values["name"])
    starts, ends = values.get("starts_on"), values.get("ends_on")
    if starts and ends and ends < starts:
        raise InvalidInputError(N_("Le groupe finirait avant de commencer."), "ends_on")
