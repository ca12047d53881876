"""Times that are kept for people who may still choose: nobody else can have the room or the leaders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from scheduler.held_places import kept
from scheduler.models import Centre, ChoicePlace
from scheduler.planner_ids import participant_key, room_key, staff_key
from scheduler.session_state import SessionState
from scheduler.timegrid import Interval, TimeGrid, merged, without
from solver.problem import Problem


class KeptTimes:
    """The times kept by now on a horizon, to which a search adds those it finds."""

    def __init__(self, session: Session, centre: Centre, grid: TimeGrid, now: datetime) -> None:
        self._grid = grid
        self._rooms: dict[str, list[Interval]] = defaultdict(list)
        self._staff: dict[str, list[Interval]] = defaultdict(list)
        self._people: dict[str, list[Interval]] = defaultdict(list)
        query = (
            select(ChoicePlace)
            .where(ChoicePlace.centre_id == centre.id, ChoicePlace.ends_at > now, kept(now))
            .options(selectinload(ChoicePlace.offer))
        )
        for place in session.scalars(query):
            self._people[participant_key(place.offer.participant_id)].append(self._span(place))
            if place.session_uid is None:
                self.keep(place)

    def keep(self, place: ChoicePlace | SessionState) -> None:
        """Take the room and the leaders of a time that is free away from everybody else."""
        if place.room_id is not None:
            self._rooms[room_key(place.room_id)].append(self._span(place))
        for staff_id in {staff_id for _, staff_id in place.leaders}:
            self._staff[staff_key(staff_id)].append(self._span(place))

    def cut(self, problem: Problem, person: str) -> Problem:
        """Return a problem without the times that are kept for others, or for the person."""
        travel = max(problem.travel_slots.values(), default=0)
        breaks = {member.id: max(travel, member.break_slots) for member in problem.staff}
        own = tuple(span for span in self._people[person] if span[0] < span[1])
        return replace(
            problem,
            rooms=tuple(
                replace(room, available=self._less(room.available, self._rooms[room.id]))
                if room.id in self._rooms
                else room
                for room in problem.rooms
            ),
            staff=tuple(
                replace(
                    member,
                    available=self._less(
                        member.available,
                        (
                            (start - breaks[member.id], end + breaks[member.id])
                            for start, end in self._staff[member.id]
                        ),
                    ),
                )
                if member.id in self._staff
                else member
                for member in problem.staff
            ),
            participants=tuple(
                replace(each, busy=(*each.busy, *own)) if each.id == person and own else each
                for each in problem.participants
            ),
        )

    def _span(self, place: ChoicePlace | SessionState) -> Interval:
        return self._grid.slot_of(place.starts_at, up=True), self._grid.slot_of(place.ends_at, up=True)

    def _less(
        self, available: tuple[Interval, ...] | None, spans: Iterable[Interval]
    ) -> tuple[Interval, ...]:
        whole = ((0, self._grid.days * self._grid.slots_per_day),)
        return without(whole if available is None else merged([*available]), merged([*spans]))
