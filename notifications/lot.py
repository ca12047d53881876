"""Drawing lots: which variant of a comparison a person falls into, the same for a household and for good.

People who share a telephone or an address of e-mail read each other's messages. They are drawn together: the
variant is that of the member with the lowest number, and what is settled once stays so whoever moves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.contacts import phone_number
from notifications.models import Experiment
from notifications.policy import Policy, Step
from scheduler.models import Participant


class Arm(StrEnum):
    """The two variants: as the policy says, and another way."""

    USUAL = "usual"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Variant:
    """How one person is reminded while a comparison runs.

    ``key`` is what messages remember it by (``Message.variant``); ``skipped`` are keys of steps that are
    not sent, ``moved`` those sent at another hour; ``second_texts``: in the second texts, where there are.
    """

    key: str
    arm: Arm
    skipped: frozenset[str] = frozenset()
    moved: tuple[tuple[str, time], ...] = ()
    second_texts: bool = False

    def steps(self, steps: Iterable[Step]) -> tuple[Step, ...]:
        """Return reminders without those left out, the others at their hours."""
        moved = dict(self.moved)
        return tuple(
            replace(step, at=moved.get(step.key, step.at)) for step in steps if step.key not in self.skipped
        )

    def of(self, policy: Policy) -> Policy:
        """Return rules as they hold for people of this variant.

        It differs from the centre's. A programme with rules of its own keeps its only reminder, and its hour
        where the other one is in its night.
        """
        usual = {step.key: step for step in policy.steps}
        steps = self.steps(policy.steps) or policy.steps
        heard = (usual[step.key] if policy.is_quiet(step.at, step) else step for step in steps)
        return replace(policy, steps=tuple(heard))


def variants(experiment: Experiment) -> dict[Arm, Variant]:
    """Return the two variants of a comparison."""
    plan = experiment.plan
    hours: dict[str, str] = plan.get("moved") or {}
    return {
        Arm.USUAL: Variant(f"{experiment.id}:{Arm.USUAL}", Arm.USUAL),
        Arm.OTHER: Variant(
            f"{experiment.id}:{Arm.OTHER}",
            Arm.OTHER,
            frozenset(plan.get("skipped") or ()),
            tuple((key, time.fromisoformat(hour)) for key, hour in sorted(hours.items())),
            bool(plan.get("second_texts")),
        ),
    }


def arm_of(experiment: Experiment, participant_id: int) -> Arm:
    """Return the variant of a person."""
    return draw(experiment.salt, unit_of(experiment, participant_id))


def unit_of(experiment: Experiment, participant_id: int) -> int:
    """Return the number of the person with whom somebody is drawn; mostly their own."""
    return int((experiment.plan.get("together") or {}).get(str(participant_id), participant_id))


def draw(salt: str, unit: int) -> Arm:
    """Return a variant by lot: the last bit of a hash."""
    digest = hashlib.sha256(f"{salt}:{unit}".encode()).digest()
    return Arm.OTHER if digest[-1] & 1 else Arm.USUAL


def place_people(session: Session, experiment: Experiment) -> None:
    """Settle with whom the people are drawn for whom it is not settled yet, mostly those who are new."""
    newest = session.scalar(
        select(func.max(Participant.id)).where(Participant.centre_id == experiment.centre_id)
    )
    placed = int(experiment.plan.get("placed") or 0)
    if newest is None or newest <= placed:
        return
    query = (
        select(Participant.id, Participant.phone, Participant.email)
        .where(Participant.centre_id == experiment.centre_id)
        .order_by(Participant.id)
    )
    together = dict(experiment.plan.get("together") or {})
    settled: dict[str, Any] = {"together": together, "placed": newest}
    first: dict[str, int] = {}
    for person, phone, email in session.execute(query):
        ways = list(_ways(phone, email))
        unit = int(together.get(str(person), person))
        if person > placed:
            unit = min((first[way] for way in ways if way in first), default=person)
            if unit != person:
                together[str(person)] = unit
        for way in ways:
            first.setdefault(way, unit)
    experiment.plan = experiment.plan | settled
    session.flush()


def _ways(phone: str | None, email: str | None) -> Iterable[str]:
    number = phone_number(phone)
    if number is not None:
        yield number
    if email and email.strip():
        yield email.strip().casefold()
