"""Ids of a problem: short, stable words made from the ids of rows, and back."""

from __future__ import annotations

import re

_ACTIVITY = re.compile(r"a(\d+)(?:c(\d+))?")
_DEMAND = re.compile(r"d(\d+)p(\d+)(?:h|d\d+)?")
_RAISED = re.compile(r"t(\d+)p(\d+)")


def participant_key(row_id: int) -> str:
    """Return the planner's id of a participant."""
    return f"p{row_id}"


def staff_key(row_id: int) -> str:
    """Return the planner's id of a staff member."""
    return f"s{row_id}"


def room_key(row_id: int) -> str:
    """Return the planner's id of a room."""
    return f"r{row_id}"


def site_key(row_id: int) -> str:
    """Return the planner's id of a site (lieu)."""
    return f"l{row_id}"


def equipment_key(row_id: int) -> str:
    """Return the planner's id of an equipment pool."""
    return f"e{row_id}"


def activity_key(row_id: int, cohort_id: int | None = None) -> str:
    """Return the planner's id of an activity, or of its copy for one cohort."""
    return f"a{row_id}" if cohort_id is None else f"a{row_id}c{cohort_id}"


def demand_key(rule_id: int, participant_id: int, *, head: bool = False, day: int | None = None) -> str:
    """Return the planner's id of what a rule asks for one person.

    ``head`` marks the end of a window that began before the horizon, ``day`` the part of a demand
    that begins on that day of the horizon.
    """
    part = "h" if head else "" if day is None else f"d{day}"
    return f"d{rule_id}p{participant_id}{part}"


def raised_key(task_id: int, participant_id: int) -> str:
    """Return the planner's id of what a worker asked to plan for one person."""
    return f"t{task_id}p{participant_id}"


def row_id(key: str) -> int:
    """Return the id of the row behind a participant, staff member, room, site or pool."""
    return int(key[1:])


def activity_rows(key: str) -> tuple[int, int | None]:
    """Return the ids of the activity and the cohort behind a planner's id."""
    match = _ACTIVITY.fullmatch(key)
    if match is None:
        raise ValueError(f"{key!r} is not the id of an activity")
    return int(match[1]), None if match[2] is None else int(match[2])


def raised_task(key: str) -> int | None:
    """Return the id of the task behind a demand that a worker raised, ``None`` behind a rule's."""
    match = _RAISED.fullmatch(key)
    return None if match is None else int(match[1])


def demand_rows(key: str) -> tuple[int, int]:
    """Return the ids of the rule and the participant behind a rule's demand."""
    match = _DEMAND.fullmatch(key)
    if match is None:
        raise ValueError(f"{key!r} is not the id of a demand")
    return int(match[1]), int(match[2])
