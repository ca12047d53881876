"""Two people who come together, or never to the same session."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import PairRule, Participant
from scheduler.records import find

KINDS = ("together", "apart")


@dataclass(frozen=True, slots=True)
class PairOf:
    """A pair rule as one of the two sees it."""

    id: int
    kind: str
    other_id: int
    other: str


def pairs_of(session: Session, person: Participant) -> list[PairOf]:
    """Return a person's pair rules with the other's name."""
    query = (
        select(PairRule, Participant)
        .join(
            Participant,
            or_(
                (PairRule.participant_a_id == person.id) & (Participant.id == PairRule.participant_b_id),
                (PairRule.participant_b_id == person.id) & (Participant.id == PairRule.participant_a_id),
            ),
        )
        .order_by(PairRule.kind, Participant.last_name, Participant.first_name)
    )
    return [PairOf(rule.id, rule.kind, other.id, other.name) for rule, other in session.execute(query)]


def add_pair(session: Session, person: Participant, other_id: int, kind: str) -> PairRule:
    """Bind two people, or keep them apart.

    Raises
    ------
    InvalidInputError
        If it is one person twice, or if there is a rule for the two already.
    """
    other = find(session, Participant, other_id)
    if other.id == person.id:
        raise InvalidInputError(N_("Choisissez une autre personne."), "other_id")
    if any(pair.other_id == other.id for pair in pairs_of(session, person)):
        raise InvalidInputError(
            N_("Il y a déjà une règle pour ces deux personnes : retirez-la d'abord."), "other_id"
        )
    first, second = sorted((person.id, other.id))
    rule = PairRule(kind=kind, participant_a_id=first, participant_b_id=second)
    session.add(rule)
    session.flush()
    return rule


def remove_pair(session: Session, person: Participant, rule_id: int) -> None:
    """Remove one of a person's pair rules."""
    rule = find(session, PairRule, rule_id)
    if person.id not in (rule.participant_a_id, rule.participant_b_id):
        raise InvalidInputError(N_("Cette règle concerne d'autres personnes."))
    session.delete(rule)
    session.flush()
