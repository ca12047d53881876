"""A person's way through programmes: enrol, move on, pause, come back, end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Enrolment, EnrolmentStatus, Participant, Phase, Programme
from scheduler.records import change, check_version, find


def find_enrolment(session: Session, person: Participant, enrolment_id: int) -> Enrolment:
    """Return one of a person's enrolments with its programme and phases."""
    enrolment = find(
        session,
        Enrolment,
        enrolment_id,
        joinedload(Enrolment.programme).selectinload(Programme.phases),
        joinedload(Enrolment.phase),
    )
    if enrolment.participant_id != person.id:
        raise InvalidInputError(N_("Cette inscription est celle d'une autre personne."))
    return enrolment


def open_programmes(session: Session, person: Participant) -> list[Programme]:
    """Return the active programmes that a person is not in, with their phases, by name."""
    taken = select(Enrolment.programme_id).where(
        Enrolment.participant_id == person.id, Enrolment.status != EnrolmentStatus.ENDED
    )
    return list(
        session.scalars(
            select(Programme)
            .where(Programme.active, Programme.id.not_in(taken))
            .options(selectinload(Programme.phases))
            .order_by(Programme.name)
        )
    )


def enrol(
    session: Session,
    person: Participant,
    programme_id: int,
    *,
    phase_id: int | None,
    status: EnrolmentStatus,
    starts_on: date,
) -> Enrolment:
    """Put a person into a programme; somebody whose enrolment had ended starts again in it.

    Raises
    ------
    InvalidInputError
        If the person is archived or already in the programme, or if the phase is another programme's.
    """
    programme = find(session, Programme, programme_id, selectinload(Programme.phases))
    if not person.active:
        raise InvalidInputError(
            N_("%(name)s est dans les archives : restaurez d'abord son dossier.", name=person.name)
        )
    _check_phase(programme, phase_id)
    enrolment = session.scalars(
        select(Enrolment).where(Enrolment.programme_id == programme_id, Enrolment.participant_id == person.id)
    ).one_or_none()
    if enrolment is not None and enrolment.status != EnrolmentStatus.ENDED:
        raise InvalidInputError(
            N_("%(name)s suit déjà %(programme)s.", name=person.name, programme=programme.name),
            "programme_id",
        )
    if enrolment is None:
        enrolment = Enrolment(programme_id=programme_id, participant_id=person.id)
        session.add(enrolment)
    enrolment.phase_id, enrolment.status = phase_id, status
    enrolment.starts_on, enrolment.ends_on = starts_on, None
    session.flush()
    return enrolment


def change_enrolment(
    session: Session, enrolment: Enrolment, values: Mapping[str, Any], version: int | None
) -> list[str]:
    """Change status, phase or dates; an ended enrolment has a last day.

    Raises
    ------
    StaleError
        If somebody else changed it since ``version``.
    InvalidInputError
        On the field that cannot be.
    """
    check_version(enrolment, version)
    if "phase_id" in values:
        _check_phase(enrolment.programme, values["phase_id"])
    merged = {
        "starts_on": enrolment.starts_on,
        "ends_on": enrolment.ends_on,
        "status": enrolment.status,
    } | dict(values)
    if merged["status"] == EnrolmentStatus.ENDED and merged["ends_on"] is None:
        raise InvalidInputError(N_("Donnez le dernier jour."), "ends_on")
    if merged["ends_on"] is not None and merged["ends_on"] < merged["starts_on"]:
        raise InvalidInputError(N_("Le dernier jour vient avant le premier."), "ends_on")
    changed = change(enrolment, values)
    session.flush()
    return changed


def pause(session: Session, enrolment: Enrolment) -> None:
    """Stop planning somebody in a programme until they come back."""
    _move(
        session,
        enrolment,
        (EnrolmentStatus.ACTIVE, EnrolmentStatus.TRIAL, EnrolmentStatus.WAITING),
        EnrolmentStatus.PAUSED,
    )


def resume(session: Session, enrolment: Enrolment) -> None:
    """Plan somebody again: after a pause, a trial or a wait."""
    _move(
        session,
        enrolment,
        (EnrolmentStatus.PAUSED, EnrolmentStatus.TRIAL, EnrolmentStatus.WAITING),
        EnrolmentStatus.ACTIVE,
    )


def end(session: Session, enrolment: Enrolment, today: date) -> None:
    """Close an enrolment today; the file and what was attended stay."""
    enrolment.status = EnrolmentStatus.ENDED
    enrolment.ends_on = max(enrolment.starts_on, min(enrolment.ends_on or today, today))
    session.flush()


def _move(
    session: Session, enrolment: Enrolment, allowed: tuple[EnrolmentStatus, ...], status: EnrolmentStatus
) -> None:
    if enrolment.status not in allowed:
        raise InvalidInputError(N_("Le statut de cette inscription a changé entre-temps. Rechargez la page."))
    enrolment.status = status
    session.flush()


def _check_phase(programme: Programme, phase_id: int | None) -> None:
    if phase_id is not None and phase_id not in {phase.id for phase in programme.phases}:
        raise InvalidInputError(N_("Cette phase n'est pas de ce programme."), "phase_id")


def list_phases(session: Session) -> list[tuple[int, str, Phase]]:
    """Return programme id, programme name and phase of every phase of the active programmes."""
    rows = session.execute(
        select(Programme.id, Programme.name, Phase)
        .join(Phase, Phase.programme_id == Programme.id)
        .where(Programme.active)
        .order_by(Programme.name, Phase.position)
    )
    return [(programme_id, name, phase) for programme_id, name, phase in rows]
