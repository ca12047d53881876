"""Comparing two ways of reminding by lot, person by person, and ending when it is known which is better.

Everybody falls into one of two variants by a hash of their number and the comparison's own salt: the same
person always into the same one, and nobody can choose. What is compared is the share of the marked
sessions that people came to, counted for everybody by the variant they fell into, whatever messages
reached them. Sessions of one person are alike, so that persons, not sessions, make the error.

Looking often finds a difference sooner or later where there is none. There are therefore four looks, at a
quarter, a half, three quarters and all of the sessions agreed on, with the bounds of O'Brien and Fleming,
which together go wrong once in twenty times.

References
----------
O'Brien and Fleming (1979), A multiple testing procedure for clinical trials, Biometrics 35.
Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics in
Medicine 17. Donner and Klar (2000), Design and Analysis of Cluster Randomization Trials.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import sqrt
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import Experiment, ExperimentState
from notifications.policy import load_policies
from notifications.risk.measure import wilson
from scheduler.attendance import THERE
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import AttendanceRecord, AttendanceState, Centre

#: Looks, and the constant of O'Brien and Fleming for so many (two-sided 5 %; Jennison and Turnbull 2000,
#: table 2.3): look k of K stops at a normal deviate of BOUND * sqrt(K / k).
LOOKS: Final = 4
BOUND: Final = 2.024

#: Fewest people and sessions in each variant before anything is said of a difference.
FEWEST_PEOPLE: Final = 10
FEWEST_SESSIONS: Final = 40

LEAST_PER_ARM: Final = 100
MOST_PER_ARM: Final = 20_000
DEFAULT_PER_ARM: Final = 400


class Arm(StrEnum):
    """The two variants: as the policy says, and without some of its reminders."""

    USUAL = "usual"
    FEWER = "fewer"


@dataclass(frozen=True, slots=True)
class Variant:
    """How one person is reminded while a comparison runs.

    ``key`` is what messages remember it by (``Message.variant``); ``skipped`` are keys of steps that are
    not sent.
    """

    key: str
    arm: Arm
    skipped: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shares:
    """What came of one variant: people, marked sessions, sessions attended, and the share with its bounds.

    ``error`` is the standard error of the share, persons being drawn and not sessions.
    """

    people: int
    sessions: int
    attended: int
    share: float
    error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at one look; ``difference`` is fewer reminders minus usual."""

    number: int
    at: datetime
    sessions: int
    difference: float
    deviate: float
    bound: float

    @property
    def decides(self) -> bool:
        """Whether the difference is beyond the bound."""
        return abs(self.deviate) >= self.bound


class Verdict(StrEnum):
    """What may honestly be said."""

    TOO_FEW = "too_few"
    OPEN = "open"
    NO_DIFFERENCE = "no_difference"
    USUAL_BETTER = "usual_better"
    FEWER_BETTER = "fewer_better"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A comparison and what it shows so far; ``low`` and ``high`` bound the difference (95 %)."""

    experiment: Experiment
    arms: Mapping[Arm, Shares]
    difference: float
    low: float
    high: float
    verdict: Verdict
    looks: Sequence[Look] = field(default_factory=tuple)

    @property
    def progress(self) -> float:
        """Share of the sessions agreed on that the smaller variant has."""
        return min(1.0, min(each.sessions for each in self.arms.values()) / self.experiment.most_per_arm)


def running(session: Session, centre: Centre) -> Experiment | None:
    """Return the comparison under way, if any."""
    query = select(Experiment).where(
        Experiment.centre_id == centre.id, Experiment.state == ExperimentState.RUNNING
    )
    return session.scalars(query.order_by(Experiment.id.desc()).limit(1)).first()


def list_experiments(session: Session, centre: Centre) -> list[Experiment]:
    """Return a centre's comparisons, the newest first."""
    query = select(Experiment).where(Experiment.centre_id == centre.id)
    return list(session.scalars(query.order_by(Experiment.started_at.desc(), Experiment.id.desc())))


def variant_of(session: Session, centre: Centre, participant_id: int) -> Variant | None:
    """Return how one person is reminded now; ``None`` without a comparison: as the policy says.

    For many people, ask ``running`` once and ``variant_in`` for each.
    """
    experiment = running(session, centre)
    return variant_in(experiment, participant_id) if experiment is not None else None


def variant_in(experiment: Experiment, participant_id: int) -> Variant:
    """Return the variant of a person in a comparison."""
    arm = arm_of(experiment.salt, participant_id)
    skipped = frozenset(experiment.skipped) if arm is Arm.FEWER else frozenset()
    return Variant(f"{experiment.id}:{arm.value}", arm, skipped)


def arm_of(salt: str, participant_id: int) -> Arm:
    """Return the variant of a person by lot: the last bit of a hash."""
    digest = hashlib.sha256(f"{salt}:{participant_id}".encode()).digest()
    return Arm.FEWER if digest[-1] & 1 else Arm.USUAL


def start(
    session: Session, centre: Centre, name: str, skipped: Sequence[str], most_per_arm: int, now: datetime
) -> Experiment:
    """Begin a comparison of the centre's reminders with fewer of them.

    Raises
    ------
    InvalidInputError
        If one is under way, a step is not one of the centre's, or all or none would be left out.
    """
    if running(session, centre) is not None:
        raise InvalidInputError(N_("Une comparaison est déjà en cours : arrêtez-la d'abord."))
    steps = [step.key for step in load_policies(session, centre).centre.steps]
    left_out = [key for key in steps if key in set(skipped)]
    if len(left_out) != len(set(skipped)) or not left_out:
        raise InvalidInputError(N_("Choisissez au moins un des rappels du centre."), "skipped")
    if len(left_out) == len(steps):
        raise InvalidInputError(N_("Chacun doit garder au moins un rappel."), "skipped")
    if not LEAST_PER_ARM <= most_per_arm <= MOST_PER_ARM:
        raise InvalidInputError(
            N_("Choisissez un nombre de %(low)s à %(high)s.", low=LEAST_PER_ARM, high=MOST_PER_ARM),
            "most_per_arm",
        )
    if not name.strip():
        raise InvalidInputError(N_("Donnez un nom à la comparaison."), "name")
    row = Experiment(
        centre_id=centre.id,
        name=name.strip()[:120],
        skipped=left_out,
        most_per_arm=most_per_arm,
        state=ExperimentState.RUNNING,
        started_at=now,
    )
    session.add(row)
    session.flush()
    return row


def stop(session: Session, experiment: Experiment, now: datetime) -> None:
    """End a comparison by hand; everybody is reminded as the policy says again.

    Raises
    ------
    InvalidInputError
        If it has ended already.
    """
    if experiment.state != ExperimentState.RUNNING:
        raise InvalidInputError(N_("Cette comparaison est déjà terminée."))
    experiment.state, experiment.ended_at = ExperimentState.STOPPED, now
    session.flush()


def look(session: Session, centre: Centre, now: datetime) -> Look | None:
    """Take the next look at the comparison under way if it is due, and end it if that decides."""
    experiment = running(session, centre)
    if experiment is None:
        return None
    arms = shares_of(session, experiment, now)
    number = len(experiment.looks) + 1
    fewest = min(each.sessions for each in arms.values())
    if number > LOOKS or fewest < experiment.most_per_arm * number / LOOKS:
        return None
    # A centre that marks many lists at once may pass several looks: only the last one counts then.
    number = min(LOOKS, int(fewest * LOOKS / experiment.most_per_arm))
    usual, fewer = arms[Arm.USUAL], arms[Arm.FEWER]
    error = sqrt(usual.error**2 + fewer.error**2)
    difference = fewer.share - usual.share
    taken = Look(
        number=number,
        at=now,
        sessions=fewest,
        difference=difference,
        deviate=difference / error if error else 0.0,
        bound=BOUND * sqrt(LOOKS / number),
    )
    passed = [each for each in experiment.looks if each["number"] < number]
    missing = [{"number": each} for each in range(len(passed) + 1, number)]
    experiment.looks = [*passed, *missing, _as_json(taken)]
    if taken.decides or number == LOOKS:
        experiment.state, experiment.ended_at = ExperimentState.ENDED, now
    session.flush()
    return taken


def outcome_of(session: Session, experiment: Experiment, now: datetime) -> Outcome:
    """Return what a comparison shows."""
    arms = shares_of(session, experiment, now)
    usual, fewer = arms[Arm.USUAL], arms[Arm.FEWER]
    difference = fewer.share - usual.share
    low, high = newcombe(fewer, usual)
    looks = [_from_json(each) for each in experiment.looks if "at" in each]
    return Outcome(experiment, arms, difference, low, high, _verdict(experiment, arms, looks), looks)


def newcombe(one: Shares, other: Shares) -> tuple[float, float]:
    """Return bounds of ``one.share - other.share`` from the bounds of each (Newcombe 1998, method 10)."""
    difference = one.share - other.share
    below = sqrt((one.share - one.low) ** 2 + (other.high - other.share) ** 2)
    above = sqrt((one.high - one.share) ** 2 + (other.share - other.low) ** 2)
    return max(-1.0, difference - below), min(1.0, difference + above)


def shares_of(session: Session, experiment: Experiment, now: datetime) -> dict[Arm, Shares]:
    """Count what came of each variant; one query."""
    until = min(now, experiment.ended_at or now)
    query = select(AttendanceRecord.participant_id, AttendanceRecord.state).where(
        AttendanceRecord.centre_id == experiment.centre_id,
        AttendanceRecord.starts_at >= experiment.started_at,
        AttendanceRecord.starts_at < until,
        AttendanceRecord.state != AttendanceState.UNMARKED,
        AttendanceRecord.walk_in.is_(False),
    )
    people: dict[Arm, dict[int, list[int]]] = {arm: defaultdict(lambda: [0, 0]) for arm in Arm}
    for person, state in session.execute(query):
        counted = people[arm_of(experiment.salt, person)][person]
        counted[0] += 1
        counted[1] += state in THERE
    return {arm: shares([(each[0], each[1]) for each in own.values()]) for arm, own in people.items()}


def shares(people: Sequence[tuple[int, int]]) -> Shares:
    """Return the share attended of people's (sessions, attended), its error and its bounds.

    The bounds are Wilson's for as many independent sessions as would give the same error.
    """
    sessions, attended = sum(each[0] for each in people), sum(each[1] for each in people)
    if not sessions:
        return Shares(len(people), 0, 0, 0.0, 0.0, 0.0, 1.0)
    share = attended / sessions
    apart = sum((came - share * of) ** 2 for of, came in people)
    own = apart / sessions**2 * len(people) / max(1, len(people) - 1)
    # Never surer than if all sessions were independent: few people may be alike by luck.
    variance = max(own, share * (1 - share) / sessions)
    worth = share * (1 - share) / variance if variance > 0 else float(sessions)
    low, high = wilson(share * worth, worth)
    return Shares(len(people), sessions, attended, share, sqrt(variance), low, high)


def _verdict(experiment: Experiment, arms: Mapping[Arm, Shares], looks: Sequence[Look]) -> Verdict:
    if looks and looks[-1].decides:
        return Verdict.FEWER_BETTER if looks[-1].difference > 0 else Verdict.USUAL_BETTER
    if any(each.people < FEWEST_PEOPLE or each.sessions < FEWEST_SESSIONS for each in arms.values()):
        return Verdict.TOO_FEW
    return Verdict.NO_DIFFERENCE if experiment.state == ExperimentState.ENDED else Verdict.OPEN


def _as_json(taken: Look) -> dict[str, object]:
    return {
        "number": taken.number,
        "at": taken.at.isoformat(),
        "sessions": taken.sessions,
        "difference": taken.difference,
        "deviate": taken.deviate,
        "bound": taken.bound,
    }


def _from_json(stored: Mapping[str, Any]) -> Look:
    return Look(**{**stored, "at": datetime.fromisoformat(stored["at"])})
