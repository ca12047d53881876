"""When people are reminded: the rules of a centre, and of its programmes where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, ReminderPolicy
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Centre, Programme
from scheduler.records import change, check_version, find

#: Days before a session at which a reminder may go out, at most.
MOST_DAYS: Final = 14
MOST_STEPS: Final = 4
MOST_PER_DAY: Final = 10
MOST_BUDGET_EUR_CENTS: Final = 10_000_000
MOST_PRICE_MILLICENTS: Final = 500_000
MOST_SATISFACTION_WEEKS: Final = 26

#: Usual prices in Belgium, in thousandths of a euro cent: an SMS segment, a WhatsApp message, a short call.
USUAL_PRICES: Final[Mapping[ChannelKind, int]] = {
    ChannelKind.SMS: 9_300,
    ChannelKind.WHATSAPP: 5_000,
    ChannelKind.VOICE: 6_000,
    ChannelKind.EMAIL: 0,
}

#: Columns of a policy that a programme may set for itself; the others count for the whole centre.
OWN_TO_PROGRAMMES: Final = (
    "active",
    "steps",
    "quiet_from",
    "quiet_until",
    "digest",
    "holidays",
    "missed_you",
    "satisfaction_weeks",
)


class OnHolidays(StrEnum):
    """What becomes of a reminder that would go out on a day on which the centre is closed."""

    SEND = "send"
    SKIP = "skip"
    SHIFT = "shift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One reminder: so many days before a session, at a local wall time.

    ``channels`` come before those of the person; none: as the person wants. ``quiet_until`` is when
    the night ends for this step, where that is earlier than for others.
    """

    days: int
    at: time
    channels: tuple[ChannelKind, ...] = ()
    quiet_until: time | None = None

    @property
    def key(self) -> str:
        """What the step is remembered by in messages; it outlives a change of the hour."""
        return f"d{self.days}"

    def as_json(self) -> dict[str, Any]:
        """Return the step as the table keeps it."""
        return {
            "days": self.days,
            "at": f"{self.at:%H:%M}",
            "channels": [channel.value for channel in self.channels],
            "quiet_until": f"{self.quiet_until:%H:%M}" if self.quiet_until else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Step:
        """Return the step that :meth:`as_json` gave."""
        until = data.get("quiet_until")
        return cls(
            days=int(data["days"]),
            at=time.fromisoformat(data["at"]),
            channels=tuple(ChannelKind(each) for each in data.get("channels") or ()),
            quiet_until=time.fromisoformat(until) if until else None,
        )


#: Three days and one day before: better than either alone (see docs/messages.md).
DEFAULT_STEPS: Final = (Step(days=3, at=time(18)), Step(days=1, at=time(18)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules that hold for some sessions; see ``ReminderPolicy`` for what each field means."""

    active: bool = True
    steps: tuple[Step, ...] = DEFAULT_STEPS
    quiet_from: time = time(20)
    quiet_until: time = time(8)
    digest: bool = True
    holidays: OnHolidays = OnHolidays.SHIFT
    missed_you: bool = False
    satisfaction_weeks: int = 0
    most_per_day: int = 3
    household: bool = True
    change_days: int = 14
    budget_eur_cents: int | None = None
    prices: Mapping[str, int] = field(default_factory=dict)

    def price(self, channel: ChannelKind, segments: int) -> int:
        """Return what a message is expected to cost, in thousandths of a euro cent."""
        return self.prices.get(channel, USUAL_PRICES[channel]) * segments

    def is_quiet(self, moment: time, step: Step) -> bool:
        """Tell whether a wall time lies in the night of a step."""
        return in_quiet_hours(moment, self.quiet_from, step.quiet_until or self.quiet_until)

    def check(self) -> None:
        """Make sure that the rules can be followed.

        Raises
        ------
        InvalidInputError
            With the field that is wrong.
        """
        _check_range("most_per_day", self.most_per_day, 1, MOST_PER_DAY)
        _check_range("change_days", self.change_days, 0, 60)
        _check_range("satisfaction_weeks", self.satisfaction_weeks, 0, MOST_SATISFACTION_WEEKS)
        if self.budget_eur_cents is not None:
            _check_range("budget_eur_cents", self.budget_eur_cents, 0, MOST_BUDGET_EUR_CENTS)
        for channel, price in self.prices.items():
            if channel not in set(ChannelKind) or not 0 <= price <= MOST_PRICE_MILLICENTS:
                raise InvalidInputError(N_("Ce prix n'est pas possible."), f"price_{channel}")
        if len(self.steps) > MOST_STEPS:
            raise InvalidInputError(N_("Quatre rappels au plus pour une séance."), "steps")
        if self.active and not self.steps:
            raise InvalidInputError(
                N_("Prévoyez au moins un rappel, ou désactivez les rappels."), "step1_days"
            )
        seen: set[int] = set()
        for number, step in enumerate(self.steps, 1):
            self._check_step(number, step, seen)
            seen.add(step.days)

    def _check_step(self, number: int, step: Step, seen: set[int]) -> None:
        _check_range(f"step{number}_days", step.days, 0, MOST_DAYS)
        if step.days in seen:
            raise InvalidInputError(
                N_("Il y a déjà un rappel ce jour-là : un seul par jour suffit."), f"step{number}_days"
            )
        if self.is_quiet(step.at, step):
            raise InvalidInputError(
                N_(
                    "Cette heure tombe dans les heures calmes (%(start)s à %(end)s).",
                    start=f"{self.quiet_from:%H:%M}",
                    end=f"{step.quiet_until or self.quiet_until:%H:%M}",
                ),
                f"step{number}_at",
            )


def in_quiet_hours(moment: time, quiet_from: time, quiet_until: time) -> bool:
    """Tell whether a wall time lies in ``[quiet_from, quiet_until)``, over midnight if need be."""
    if quiet_from <= quiet_until:
        return quiet_from <= moment < quiet_until
    return moment >= quiet_from or moment < quiet_until


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidInputError(
            N_("Choisissez un nombre entre %(least)s et %(most)s.", least=least, most=most), name
        )


@dataclass(frozen=True, slots=True)
class Policies:
    """All rules of a centre: its own, and those of programmes that differ."""

    centre: Policy
    programmes: Mapping[int, Policy]

    def of(self, programme_id: int) -> Policy:
        """Return the rules for the sessions of a programme."""
        return self.programmes.get(programme_id, self.centre)

    def __iter__(self) -> Any:
        yield self.centre
        yield from self.programmes.values()

    @property
    def most_days(self) -> int:
        """How many days before a session the earliest reminder of all goes out."""
        return max((step.days for policy in self if policy.active for step in policy.steps), default=0)

    @property
    def any_active(self) -> bool:
        """Whether anybody is reminded at all."""
        return any(policy.active for policy in self)


def load_policies(session: Session, centre: Centre) -> Policies:
    """Return the rules of a centre; without a row of its own it has the default ones."""
    rows = session.scalars(select(ReminderPolicy).where(ReminderPolicy.centre_id == centre.id)).all()
    own = next((row for row in rows if row.programme_id is None), None)
    base = policy_of(own) if own is not None else Policy()
    return Policies(
        base,
        {row.programme_id: policy_of(row, base) for row in rows if row.programme_id is not None},
    )


def policy_of(row: ReminderPolicy, centre: Policy | None = None) -> Policy:
    """Return a stored policy; what a programme does not set for itself is the centre's."""
    own: dict[str, Any] = {name: getattr(row, name) for name in OWN_TO_PROGRAMMES}
    own["steps"] = tuple(Step.from_json(each) for each in row.steps)
    own["holidays"] = OnHolidays(row.holidays)
    if centre is not None:
        return replace(centre, **own)
    return Policy(
        **own,
        most_per_day=row.most_per_day,
        household=row.household,
        change_days=row.change_days,
        budget_eur_cents=row.budget_eur_cents,
        prices={channel: int(price) for channel, price in row.prices.items()},
    )


def find_policy(session: Session, centre: Centre, programme_id: int | None) -> ReminderPolicy | None:
    """Return the row of a centre, or of one of its programmes, if there is one."""
    query = select(ReminderPolicy).where(ReminderPolicy.centre_id == centre.id)
    if programme_id is None:
        query = query.where(ReminderPolicy.programme_id.is_(None))
    else:
        query = query.where(ReminderPolicy.programme_id == programme_id)
    return session.scalars(query).one_or_none()


def save_policy(
    session: Session,
    centre: Centre,
    policy: Policy,
    *,
    programme_id: int | None = None,
    version: int | None = None,
) -> ReminderPolicy:
    """Store the rules of a centre, or of one of its programmes.

    Raises
    ------
    InvalidInputError
        If they cannot be followed.
    StaleError
        If somebody else changed them since ``version``.
    """
    policy.check()
    if programme_id is not None:
        find(session, Programme, programme_id)
    row = find_policy(session, centre, programme_id)
    if row is None:
        row = ReminderPolicy(
            centre_id=centre.id,
            programme_id=programme_id,
            quiet_from=policy.quiet_from,
            quiet_until=policy.quiet_until,
        )
        session.add(row)
    else:
        check_version(row, version)
    values = {name: getattr(policy, name) for name in (*OWN_TO_PROGRAMMES, "most_per_day", "household")}
    values |= {"change_days": policy.change_days, "budget_eur_cents": policy.budget_eur_cents}
    values |= {"steps": _stored(policy.steps), "holidays": policy.holidays.value}
    change(row, values | {"prices": dict(policy.prices)})
    session.flush()
    return row


def _stored(steps: Iterable[Step]) -> list[dict[str, Any]]:
    return [step.as_json() for step in sorted(steps, key=lambda step: -step.days)]


def drop_policy(session: Session, centre: Centre, programme_id: int) -> None:
    """Let a programme follow the centre again."""
    row = find_policy(session, centre, programme_id)
    if row is not None:
        session.delete(row)
        session.flush()
