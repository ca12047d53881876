"""What is different for one person, whatever happened in between. Pure data, kept with the message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from scheduler.changes import PersonChange
from scheduler.session_state import SessionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """When and where a person was, or is, expected."""

    starts_at: datetime
    ends_at: datetime
    site_id: int
    room_id: int | None

    @classmethod
    def of(cls, state: SessionState | None, person_id: int) -> Place | None:
        """Return the place of a session that takes place with this person, else ``None``."""
        if state is None or not state.held or person_id not in state.attendees:
            return None
        return cls(
            starts_at=state.starts_at, ends_at=state.ends_at, site_id=state.site_id, room_id=state.room_id
        )

    def as_json(self) -> dict[str, Any]:
        """Return the place as JSON holds it."""
        return asdict(self) | {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Place | None:
        """Return the place that :meth:`as_json` gave."""
        if data is None:
            return None
        instants = {name: datetime.fromisoformat(data[name]) for name in ("starts_at", "ends_at")}
        return cls(site_id=data["site_id"], room_id=data["room_id"], **instants)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetChange:
    """One session of one person, as they last knew it and as it is; one of the two may be missing."""

    participant_id: int
    uid: str
    sequence: int
    activity_id: int
    before: Place | None
    after: Place | None

    @property
    def word(self) -> str:
        """What became of the session, in the words of ``notifications.wording.Told.change``."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "cancelled"
        same_time = (self.before.starts_at, self.before.ends_at) == (self.after.starts_at, self.after.ends_at)
        return "moved_place" if same_time else "moved"

    @property
    def place(self) -> Place:
        """Where the person is expected now, or was if they no longer are."""
        place = self.after or self.before
        assert place is not None
        return place

    @property
    def starts(self) -> tuple[datetime, ...]:
        """The instants at which somebody who has not heard of it might turn up, and those who have."""
        return tuple(each.starts_at for each in (self.before, self.after) if each is not None)

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON holds it."""
        return {
            "participant_id": self.participant_id,
            "uid": self.uid,
            "sequence": self.sequence,
            "activity_id": self.activity_id,
            "before": self.before.as_json() if self.before else None,
            "after": self.after.as_json() if self.after else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NetChange:
        """Return the change that :meth:`as_json` gave."""
        return cls(
            participant_id=data["participant_id"],
            uid=data["uid"],
            sequence=data["sequence"],
            activity_id=data["activity_id"],
            before=Place.from_json(data["before"]),
            after=Place.from_json(data["after"]),
        )


def net_change(change: PersonChange) -> NetChange | None:
    """Return what a change of the plan is to a person; ``None`` when it is nothing, as new leaders are."""
    state = change.after or change.before
    assert state is not None
    found = NetChange(
        participant_id=change.person_id,
        uid=change.uid,
        sequence=state.sequence,
        activity_id=state.activity_id,
        before=Place.of(change.before, change.person_id),
        after=Place.of(change.after, change.person_id),
    )
    return found if found.before != found.after else None


def merged(earlier: Iterable[NetChange], later: Iterable[NetChange]) -> list[NetChange]:
    """Return what is left to tell once both are known, in order of time.

    A session that is back where it was when the person last heard of it is not mentioned.
    """
    found: dict[tuple[int, str], NetChange] = {}
    for each in (*earlier, *later):
        key = each.participant_id, each.uid
        known = found.get(key)
        found[key] = (
            each
            if known is None
            else NetChange(
                participant_id=each.participant_id,
                uid=each.uid,
                sequence=each.sequence,
                activity_id=each.activity_id,
                before=known.before,
                after=each.after,
            )
        )
    left = [each for each in found.values() if each.before != each.after]
    return sorted(left, key=lambda each: (each.place.starts_at, each.uid, each.participant_id))
