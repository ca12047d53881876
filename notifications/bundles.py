"""Which sessions go together in one message: those of a person's day, and of people who share a phone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications.contacts import Route
from notifications.lot import Variant
from notifications.policy import Policies, Step
from notifications.visits import ComingSession
from notifications.wording import Told
from scheduler.models import Participant

#: People named in one message, at most: a phone of a shelter may be shared by many.
MOST_PEOPLE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One step of one person's session that is to be sent at an instant.

    ``replaced`` are the ids of messages of the same step that were taken back before they left;
    ``variant`` is the person's in a comparison under way.
    """

    participant_id: int
    coming: ComingSession
    step: Step
    at: datetime
    replaced: tuple[int, ...] = ()
    variant: Variant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Occasions of one step that go out in one message; ``people`` are those it names, by id."""

    step: Step
    at: datetime
    people: tuple[Participant, ...]
    occasions: tuple[Occasion, ...]
    route: Route | None

    @property
    def addressee(self) -> Participant:
        """The person whose language and reading decide how it is said."""
        return self.people[0]

    @property
    def names(self) -> str | list[str]:
        """First names of those spoken to."""
        return names_of(self.people)

    @property
    def told(self) -> list[Told]:
        """The sessions, with whose they are where there are several people."""
        several = len(self.people) > 1
        first = {person.id: person.first_name for person in self.people}
        return [
            each.coming.told(first[each.participant_id] if several else "")
            for each in sorted(self.occasions, key=lambda x: (x.coming.starts_at, x.participant_id))
        ]


def names_of(people: Sequence[Participant]) -> str | list[str]:
    """Return one first name, or several as a list, none twice."""
    names = list(dict.fromkeys(person.first_name for person in people))
    return names[0] if len(names) == 1 else names


def route_for(step: Step, routes: Sequence[Route]) -> Route | None:
    """Return the way a step takes: by its channels where the person has them, else as the person wants."""
    for channel in step.channels:
        for route in routes:
            if route.channel is channel:
                return route
    return routes[0] if routes else None


def bundle(
    occasions: Iterable[Occasion],
    people: Mapping[int, Participant],
    routes: Mapping[int, Sequence[Route]],
    policies: Policies,
) -> list[Bundle]:
    """Put occasions together that may share a message, in order of time.

    One person's sessions of one local day share a message where the policy says so; people who are
    reached at the same address share one where the centre does, at most ``MOST_PEOPLE`` of them.
    """
    groups: dict[tuple[object, ...], list[Occasion]] = defaultdict(list)
    ways: dict[tuple[int, str], Route | None] = {}
    for each in occasions:
        policy = policies.of(each.coming.programme_id)
        way = each.participant_id, each.step.key
        if way not in ways:
            ways[way] = route_for(each.step, routes.get(each.participant_id, ()))
        route = ways[way]
        who = route if route is not None and policy.household else each.participant_id
        what = each.coming.day if policy.digest else each.coming.uid
        groups[each.at, each.step.key, route, who, what].append(each)
    found = []
    for key, members in groups.items():
        ids = sorted({each.participant_id for each in members})
        for start in range(0, len(ids), MOST_PEOPLE):
            some = set(ids[start : start + MOST_PEOPLE])
            own = tuple(each for each in members if each.participant_id in some)
            found.append(
                Bundle(
                    step=own[0].step,
                    at=own[0].at,
                    people=tuple(people[each] for each in sorted(some)),
                    occasions=own,
                    route=key[2] if isinstance(key[2], Route) else None,
                )
            )
    found.sort(key=lambda each: (each.at, each.occasions[0].coming.starts_at, each.addressee.id))
    return found
