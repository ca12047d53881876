"""What the ids of a planning problem are called, for sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.models import (
    Activity,
    Cohort,
    DemandRule,
    EquipmentPool,
    Participant,
    Programme,
    Room,
    Site,
    StaffMember,
    Task,
)
from scheduler.planner_ids import activity_rows, demand_rows, raised_task, row_id
from scheduler.tasks import RAISE_DEMAND


@dataclass(frozen=True, slots=True)
class Need:
    """What a rule of a programme, or a worker, asks for: its name, its unit, whether it is an obligation."""

    label: str
    programme: str
    unit: str
    legal: bool
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """Names by the ids that the planner uses (see ``scheduler.planner_ids``)."""

    activities: dict[int, str]
    cohorts: dict[int, str]
    participants: dict[int, str]
    staff: dict[int, str]
    rooms: dict[int, str]
    sites: dict[int, str]
    pools: dict[int, str]
    needs: dict[int, Need]
    raised: dict[int, Need]

    def activity(self, key: str) -> str:
        """Return the name of an activity, with its cohort where it has one."""
        number, cohort = activity_rows(key)
        name = self.activities.get(number, "–")
        return name if cohort is None else f"{name} ({self.cohorts.get(cohort, '–')})"

    def participant(self, key: str) -> str:
        """Return the name of a participant."""
        return self.participants.get(row_id(key), "–")

    def member(self, key: str) -> str:
        """Return the name of a staff member."""
        return self.staff.get(row_id(key), "–")

    def room(self, key: str) -> str:
        """Return the name of a room."""
        return self.rooms.get(row_id(key), "–")

    def site(self, key: str) -> str:
        """Return the name of a site."""
        return self.sites.get(row_id(key), "–")

    def pool(self, key: str) -> str:
        """Return the name of an equipment pool, or the word for one that the centre does not have."""
        return self.pools.get(row_id(key), "–") if key[1:].isdigit() else key

    def need(self, key: str) -> Need:
        """Return what a demand asks for."""
        task = raised_task(key)
        found = self.needs.get(demand_rows(key)[0]) if task is None else self.raised.get(task)
        return found or Need("–", "", "sessions", False)


def load_names(session: Session, participant_ids: Iterable[int] | None = ()) -> Names:
    """Return the names of the session's centre in a constant number of queries.

    Parameters
    ----------
    session : Session
        Confined to one centre.
    participant_ids : iterable of int, optional
        The participants to name; ``None`` stands for all of them.
    """
    people = select(Participant.id, Participant.first_name, Participant.last_name)
    if participant_ids is not None:
        people = people.where(Participant.id.in_(set(participant_ids)))
    activities = session.execute(select(Activity.id, Activity.name)).all()
    rules = session.execute(
        select(
            DemandRule.id, DemandRule.label, DemandRule.key, Programme.name, DemandRule.unit, DemandRule.legal
        ).join(DemandRule.programme)
    )
    asked = session.execute(select(Task.id, Task.facts).where(Task.kind == RAISE_DEMAND))
    return Names(
        activities={row[0]: row[1] for row in activities},
        cohorts={row[0]: row[1] for row in session.execute(select(Cohort.id, Cohort.name))},
        participants={row[0]: f"{row[1]} {row[2]}".strip() for row in session.execute(people)},
        staff={
            row[0]: f"{row[1]} {row[2]}".strip()
            for row in session.execute(select(StaffMember.id, StaffMember.first_name, StaffMember.last_name))
        },
        rooms={row[0]: row[1] for row in session.execute(select(Room.id, Room.name))},
        sites={row[0]: row[1] for row in session.execute(select(Site.id, Site.name))},
        pools={row[0]: row[1] for row in session.execute(select(EquipmentPool.id, EquipmentPool.name))},
        needs={row[0]: Need(row[1] or row[2], row[3], row[4], row[5]) for row in rules},
        raised={
            number: Need(facts["name"], facts["programme_name"], facts["unit"], legal=True, raised=True)
            for number, facts in asked
        },
    )
