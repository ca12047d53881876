"""Rows of a centre for the tests of pages: each call adds one thing with everything around it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from scheduler.models import (
    Activity,
    Availability,
    Centre,
    Closure,
    Cohort,
    CohortMember,
    Course,
    CourseEnrolment,
    CourseMeeting,
    DemandRule,
    Enrolment,
    EquipmentPool,
    Participant,
    Phase,
    Programme,
    Room,
    Site,
    StaffMember,
)
from scheduler.models.calendar import ClosureKind

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
_numbers = count(1)


def look(rows: Session) -> Session:
    """End the transaction of the test's session, so that it sees what requests wrote since."""
    rows.commit()
    return rows


def person(rows: Session, centre: Centre, **values: Any) -> Participant:
    """Add a participant."""
    number = next(_numbers)
    row = Participant(
        **{
            "centre_id": centre.id,
            "first_name": f"Prénom{number}",
            "last_name": f"Nom{number}",
            "languages": ["ar"],
            "created_at": NOW,
        }
        | values
    )
    rows.add(row)
    rows.commit()
    return row


def staff(rows: Session, centre: Centre, **values: Any) -> StaffMember:
    """Add a staff member with hours on Mondays."""
    row = StaffMember(**{"centre_id": centre.id, "first_name": f"Équipe{next(_numbers)}"} | values)
    rows.add(row)
    rows.flush()
    rows.add(Availability(centre_id=centre.id, staff_id=row.id, weekday=0, starts=time(9), ends=time(12)))
    rows.commit()
    return row


def programme(rows: Session, centre: Centre, **values: Any) -> Programme:
    """Add a programme with a phase, an activity and a demand."""
    number = next(_numbers)
    row = Programme(
        **{"centre_id": centre.id, "key": f"programme_{number}", "name": f"Programme {number}"} | values
    )
    row.phases = [Phase(centre_id=centre.id, key="launch", name="Démarrage", weeks=4)]
    row.activities = [
        Activity(
            centre_id=centre.id,
            key="group",
            name="Séance de groupe",
            kind="workshop",
            duration_minutes=180,
            times=[{"weekdays": [2], "starts": ["13:30"]}],
            roles=[{"id": "leader", "skills": ["group_work"]}],
        )
    ]
    row.demand_rules = [
        DemandRule(centre_id=centre.id, key="weekly", label="Une séance par semaine", activity_keys=["group"])
    ]
    rows.add(row)
    rows.commit()
    return row


def enrol(rows: Session, someone: Participant, path: Programme, status: str = "active") -> Enrolment:
    """Put a participant into a programme."""
    row = Enrolment(
        centre_id=someone.centre_id,
        programme_id=path.id,
        participant_id=someone.id,
        phase_id=path.phases[0].id,
        status=status,
        starts_on=date(2026, 9, 1),
    )
    rows.add(row)
    rows.commit()
    return row


def course(rows: Session, centre: Centre, *people: Participant, **values: Any) -> Course:
    """Add a course on Mondays and Wednesdays and the people in it."""
    row = Course(
        **{
            "centre_id": centre.id,
            "school": "École du soir",
            "name": f"FLE {next(_numbers)}",
            "starts_on": date(2026, 9, 1),
            "ends_on": date(2099, 6, 30),
        }
        | values
    )
    row.meetings = [
        CourseMeeting(centre_id=centre.id, weekday=day, starts=time(9), ends=time(12)) for day in (0, 2)
    ]
    row.enrolments = [CourseEnrolment(centre_id=centre.id, participant_id=each.id) for each in people]
    rows.add(row)
    rows.commit()
    return row


def cohort(rows: Session, path: Programme, *people: Participant, **values: Any) -> Cohort:
    """Add a group and its members."""
    row = Cohort(
        **{"centre_id": path.centre_id, "programme_id": path.id, "name": f"Groupe {next(_numbers)}"} | values
    )
    row.members = [CohortMember(centre_id=path.centre_id, participant_id=each.id) for each in people]
    rows.add(row)
    rows.commit()
    return row


def site(rows: Session, centre: Centre, **values: Any) -> Site:
    """Add a site with a room."""
    number = next(_numbers)
    row = Site(**{"centre_id": centre.id, "name": f"Site {number}"} | values)
    row.rooms = [Room(centre_id=centre.id, name=f"Salle {number}", seats=12)]
    rows.add(row)
    rows.commit()
    return row


def equipment(rows: Session, centre: Centre, **values: Any) -> EquipmentPool:
    """Add a pool of equipment."""
    number = next(_numbers)
    row = EquipmentPool(
        **{"centre_id": centre.id, "key": f"pool_{number}", "name": f"Matériel {number}", "units": 5} | values
    )
    rows.add(row)
    rows.commit()
    return row


def closure(rows: Session, centre: Centre, **values: Any) -> Closure:
    """Add a closure."""
    row = Closure(
        **{
            "centre_id": centre.id,
            "kind": ClosureKind.CLOSURE,
            "name": f"Fermeture {next(_numbers)}",
            "starts_on": date(2099, 7, 1),
            "ends_on": date(2099, 7, 2),
        }
        | values
    )
    rows.add(row)
    rows.commit()
    return row


def other_centre(rows: Session) -> Centre:
    """Add another centre."""
    row = Centre(name="Autre centre", slug=f"autre-{next(_numbers)}", created_at=NOW)
    rows.add(row)
    rows.commit()
    return row
