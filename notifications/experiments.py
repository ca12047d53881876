"""Comparing two ways of reminding by lot, person by person, and ending when it is known which is better.

Everybody falls into one of two variants by lot (``notifications.lot``): the same person always into the same
one, a household together, and nobody can choose. The second variant does without some reminders, gets them
at another hour, or in other words. What is compared is the share of the marked sessions that people came
to, counted for everybody by the variant they fell into, whatever messages reached them. Sessions of one
household are alike, so that households, not sessions, make the error.

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

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from math import sqrt
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.lot import Arm, draw, place_people, unit_of, variants
from notifications.models import Experiment, ExperimentState
from notifications.policy import Policy, Step, load_policies
from notifications.risk.measure import wilson
from notifications.wording.own import has_second_texts
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


@dataclass(frozen=True, slots=True)
class Shares:
    """What came of one variant: people, marked sessions, sessions attended, and the share with its bounds.

    ``error`` is the standard error of the share, households being drawn and not sessions.
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
    """What was seen at one look; ``difference`` is the other way minus the usual."""

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
    OTHER_BETTER = "other_better"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """How the second variant differs: reminders left out, at another hour, or in the second texts."""

    skipped: Sequence[str] = ()
    moved: Mapping[str, time] = field(default_factory=dict)
    second_texts: bool = False


def start(
    session: Session, centre: Centre, name: str, other: Other, most_per_arm: int, now: datetime
) -> Experiment:
    """Begin a comparison of the centre's reminders with another way.

    Raises
    ------
    InvalidInputError
        If one is under way, the other way is the same, cannot be followed, or leaves nothing.
    """
    if running(session, centre) is not None:
        raise InvalidInputError(N_("Une comparaison est déjà en cours : arrêtez-la d'abord."))
    if not name.strip():
        raise InvalidInputError(N_("Donnez un nom à la comparaison."), "name")
    if not LEAST_PER_ARM <= most_per_arm <= MOST_PER_ARM:
        raise InvalidInputError(
            N_("Choisissez un nombre de %(low)s à %(high)s.", low=LEAST_PER_ARM, high=MOST_PER_ARM),
            "most_per_arm",
        )
    policy = load_policies(session, centre).centre
    moved = {key: f"{hour:%H:%M}" for key, hour in other.moved.items()}
    row = Experiment(
        centre_id=centre.id,
        name=name.strip()[:120],
        plan={
            "skipped": [step.key for step in policy.steps if step.key in set(other.skipped)],
            "moved": moved,
            "second_texts": other.second_texts,
        },
        most_per_arm=most_per_arm,
        state=ExperimentState.RUNNING,
        started_at=now,
    )
    _check_other(session, centre, policy, other, variants(row)[Arm.OTHER].steps(policy.steps))
    session.add(row)
    session.flush()
    place_people(session, row)
    return row


def _check_other(
    session: Session, centre: Centre, policy: Policy, other: Other, steps: Sequence[Step]
) -> None:
    known = {step.key for step in policy.steps}
    if not known.issuperset({*other.skipped, *other.moved}):
        raise InvalidInputError(N_("Choisissez parmi les rappels du centre."), "skipped")
    if not steps:
        raise InvalidInputError(N_("Chacun doit garder au moins un rappel."), "skipped")
    if steps == policy.steps and not other.second_texts:
        raise InvalidInputError(N_("Choisissez au moins une chose qui change."), "skipped")
    for step in steps:
        if policy.is_quiet(step.at, step):
            raise InvalidInputError(N_("Cette heure tombe dans les heures calmes."), "moved_at")
    if other.second_texts and not has_second_texts(session, centre):
        raise InvalidInputError(
            N_("Écrivez d'abord un second texte de rappel, à la page des textes."), "second_texts"
        )


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
    place_people(session, experiment)
    arms = shares_of(session, experiment, now)
    number = len(experiment.looks) + 1
    fewest = min(each.sessions for each in arms.values())
    if number > LOOKS or fewest < experiment.most_per_arm * number / LOOKS:
        return None
    # A centre that marks many lists at once may pass several looks: only the last one counts then.
    number = min(LOOKS, int(fewest * LOOKS / experiment.most_per_arm))
    usual, other = arms[Arm.USUAL], arms[Arm.OTHER]
    error = sqrt(usual.error**2 + other.error**2)
    difference = other.share - usual.share
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
    usual, other = arms[Arm.USUAL], arms[Arm.OTHER]
    difference = other.share - usual.share
    low, high = newcombe(other, usual)
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
    counted: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    people: dict[Arm, set[int]] = {arm: set() for arm in Arm}
    for person, state in session.execute(query):
        unit = unit_of(experiment, person)
        people[draw(experiment.salt, unit)].add(person)
        counted[unit][0] += 1
        counted[unit][1] += state in THERE
    households: dict[Arm, list[tuple[int, int]]] = {arm: [] for arm in Arm}
    for unit, (sessions, attended) in counted.items():
        households[draw(experiment.salt, unit)].append((sessions, attended))
    return {arm: shares(households[arm], len(people[arm])) for arm in Arm}


def shares(households: Sequence[tuple[int, int]], people: int | None = None) -> Shares:
    """Return the share attended of households' (sessions, attended), its error and its bounds.

    The bounds are Wilson's for as many independent sessions as would give the same error.

    Parameters
    ----------
    people : int, optional
        Where households are of several.
    """
    people = len(households) if people is None else people
    sessions, attended = sum(each[0] for each in households), sum(each[1] for each in households)
    if not sessions:
        return Shares(people, 0, 0, 0.0, 0.0, 0.0, 1.0)
    share = attended / sessions
    apart = sum((came - share * of) ** 2 for of, came in households)
    own = apart / sessions**2 * len(households) / max(1, len(households) - 1)
    # Never surer than if all sessions were independent: few households may be alike by luck.
    variance = max(own, share * (1 - share) / sessions)
    worth = share * (1 - share) / variance if variance > 0 else float(sessions)
    low, high = wilson(share * worth, worth)
    return Shares(people, sessions, attended, share, sqrt(variance), low, high)


def _verdict(experiment: Experiment, arms: Mapping[Arm, Shares], looks: Sequence[Look]) -> Verdict:
    if looks and looks[-1].decides:
        return Verdict.OTHER_BETTER if looks[-1].difference > 0 else Verdict.USUAL_BETTER
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
