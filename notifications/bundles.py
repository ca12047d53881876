"""Which sessions go together in one message: what is due for a person at once, and who shares a phone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from notifications.contacts import Route
from notifications.lot import Variant
from notifications.models import ChannelKind
from notifications.policy import Policies, Policy, Step
from notifications.visits import ComingSession
from notifications.wording import Told
from scheduler.models import Participant

#: People named in one message, at most: a phone of a shelter may be shared by many.
MOST_PEOPLE = 4

#: Sessions in one message, at most, where they are of several days.
MOST_SESSIONS = 6


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
    """Occasions that go out in one message; ``people`` are those it names, by id.

    ``free`` holds, in their order, the first way to each of them that costs nothing.
    """

    at: datetime
    people: tuple[Participant, ...]
    occasions: tuple[Occasion, ...]
    route: Route | None
    free: tuple[Route | None, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        """Keys of the steps it is for, the nearest to its session first."""
        steps = {each.step for each in self.occasions}
        return tuple(dict.fromkeys(step.key for step in sorted(steps, key=lambda step: step.days)))

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

    def by_free_ways(self) -> Iterator[Bundle]:
        """Give the same by the free ways of the people named, and for those without one as it was."""
        groups: dict[Route | None, list[Participant]] = defaultdict(list)
        for person, route in zip(self.people, self.free, strict=True):
            groups[route].append(person)
        for route, people in groups.items():
            yield replace(self._of(people), route=route or self.route, free=(route,) * len(people))

    def _of(self, people: Sequence[Participant]) -> Bundle:
        """Return the part that is about some of the people."""
        ids = {person.id for person in people}
        own = tuple(each for each in self.occasions if each.participant_id in ids)
        return replace(self, people=tuple(people), occasions=own)


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


def free_way(routes: Sequence[Route], policy: Policy) -> Route | None:
    """Return the first way to a person that costs nothing."""
    return next((route for route in routes if not policy.price(route.channel, 1)), None)


def bundle(
    occasions: Iterable[Occasion],
    people: Mapping[int, Participant],
    routes: Mapping[int, Sequence[Route]],
    policies: Policies,
) -> list[Bundle]:
    """Put occasions together that may share a message, in order of time.

    What one person is to be told at one instant shares a message where the policy says so; people who are
    reached at the same address share one where the centre does, at most ``MOST_PEOPLE`` of them.
    """
    groups: dict[tuple[datetime, Route | None, object, object, Variant | None], list[Occasion]]
    groups = defaultdict(list)
    ways: dict[tuple[int, str], Route | None] = {}
    free = {person: free_way(theirs, policies.centre) for person, theirs in routes.items()}
    for each in occasions:
        policy = policies.of(each.coming.programme_id)
        way = each.participant_id, each.step.key
        if way not in ways:
            ways[way] = route_for(each.step, routes.get(each.participant_id, ()))
        route = ways[way]
        who = route if route is not None and policy.household else each.participant_id
        what = None if policy.digest else each.coming.uid
        groups[each.at, route, who, what, each.variant].append(each)
    found = []
    for (at, route, *_), members in groups.items():
        ids = sorted({each.participant_id for each in members})
        for start in range(0, len(ids), MOST_PEOPLE):
            some = ids[start : start + MOST_PEOPLE]
            own = [each for each in members if each.participant_id in set(some)]
            for together in _readable(own, people[some[0]], route):
                named = sorted({each.participant_id for each in together})
                found.append(
                    Bundle(
                        at=at,
                        people=tuple(people[each] for each in named),
                        occasions=tuple(together),
                        route=route,
                        free=tuple(free.get(each) for each in named),
                    )
                )
    found.sort(key=lambda each: (each.at, each.occasions[0].coming.starts_at, each.addressee.id))
    return found


def _readable(
    occasions: Sequence[Occasion], addressee: Participant, route: Route | None
) -> Iterator[list[Occasion]]:
    """Cut what is due at once between days, where it is too much for one message.

    Who reads little gets the picture of a moment along by WhatsApp, and so a message for each day.
    """
    days: dict[date, list[Occasion]] = defaultdict(list)
    for each in sorted(occasions, key=lambda x: x.coming.starts_at):
        days[each.coming.day].append(each)
    pictured = addressee.reads_little and route is not None and route.channel is ChannelKind.WHATSAPP
    together: list[Occasion] = []
    for of_day in days.values():
        if together and (pictured or len(together) + len(of_day) > MOST_SESSIONS):
            yield together
            together = []
        together = together + of_day
    yield together
