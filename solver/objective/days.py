"""``short_day``, ``idle`` and ``days``: what a participant's day looks like."""

from __future__ import annotations

from solver.candidates import Placement
from solver.literals import Lit, Sum
from solver.overlap import too_close
from solver.variables import Variables

#: A session of at most this many slots alone on a day makes the day a short one.
SHORT_SESSION_SLOTS = 4
#: A midday pause of this many slots is no idle time.
MIDDAY_PAUSE_SLOTS = 6

Item = tuple[Placement, Lit]


def days(variables: Variables) -> Sum:
    """1 for every (participant, day) with an attended session."""
    lost = Sum()
    for person in _seen(variables):
        for day in variables.days_of(person):
            lost.add(1, variables.day(person, day))
    return lost


def _seen(variables: Variables) -> list[str]:
    """Return the participants whose whole days are known here."""
    return [person for person in variables.people() if person not in variables.partly_seen]


def short_day(variables: Variables) -> Sum:
    """``short >= 2 day - sessions - long sessions``: 1 exactly when one short session is all."""
    lost = Sum()
    for person in _seen(variables):
        for day, items in variables.days_of(person).items():
            if all(p.end - p.start > SHORT_SESSION_SLOTS for p, _ in items):
                continue
            total = Sum()
            total.add(2, variables.day(person, day))
            for placement, lit in items:
                total.add(-1 if placement.end - placement.start <= SHORT_SESSION_SLOTS else -2, lit)
            if not total.vars:
                lost.constant += max(total.constant, 0)
                continue
            short = variables.new_bool()
            variables.model.add(short >= total.expr())
            lost.add(1, short)
    return lost


def idle(variables: Variables) -> Sum:
    """``(last end - first start - attended slots - 6)+`` for every (participant, day)."""
    lost = Sum()
    for person in _seen(variables):
        pause = variables.problem.participant_by_id[person].break_slots
        for items in variables.days_of(person).values():
            if _may_idle(variables, items, pause):
                _idle(variables, items, lost)
    return lost


def _may_idle(variables: Variables, items: list[Item], pause: int) -> bool:
    """Tell whether two of the sessions fit on the day with more than the pause between them."""
    first = min(items, key=lambda item: item[0].end)[0]
    last = max(items, key=lambda item: item[0].start)[0]
    return last.start - first.end > MIDDAY_PAUSE_SLOTS and not too_close(variables, first, last, pause)


def _idle(variables: Variables, items: list[Item], lost: Sum) -> None:
    earliest = min(p.start for p, _ in items)
    latest = max(p.end for p, _ in items)
    start = variables.model.new_int_var(earliest, latest, "")
    end = variables.model.new_int_var(earliest, latest, "")
    total = Sum(-MIDDAY_PAUSE_SLOTS)
    total.add(1, end)
    total.add(-1, start)
    for placement, lit in items:
        total.add(placement.start - placement.end, lit)
        if isinstance(lit, int):
            variables.model.add(start <= placement.start)
            variables.model.add(end >= placement.end)
        else:
            variables.model.add(start <= placement.start).only_enforce_if(lit)
            variables.model.add(end >= placement.end).only_enforce_if(lit)
    waste = variables.model.new_int_var(0, latest - earliest, "")
    variables.model.add(waste >= total.expr())
    lost.add(1, waste)
