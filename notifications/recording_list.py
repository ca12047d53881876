"""What is to be recorded in a language: the pieces that calls are put together from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.visits import place_words
from notifications.wording import Told, Wordings
from notifications.wording.facts import BRUSSELS, CHANGES
from notifications.wording.pieces import Heard, Piece, Reader, phrase, pieces_of, proper_name
from notifications.wording.shipped import shipped
from notifications.wording.texts import BY_KEY
from scheduler.models import Activity, Centre, GroupSession, Room, Site

#: Texts of calls by section; what is in an earlier section is not asked for again.
TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "usual": (
        "reminder.one",
        "reminder.day",
        "answer.thanks_coming",
        "answer.thanks_cannot",
        "answer.thanks",
        "answer.we_will_call",
    ),
    "changes": ("change.changes", "cancellation.cancelled"),
    "choices": (
        "invitation.places",
        "freed_seat.seat",
        "answer.place_chosen",
        "answer.place_gone",
        "answer.too_late",
    ),
    "afterwards": ("missed_you.missed", "satisfaction.rating"),
}

#: Sections in the order in which they are recorded; those after ``MUST`` make calls nicer, not clearer.
SECTIONS: Final = ("usual", "days", "hours", "places", "changes", "choices", "dates", "titles", "afterwards")
MUST: Final = 6

#: Minutes that every centre may begin or end at, and hours until a plan tells which.
MINUTES: Final = (15, 30, 45)
HOURS: Final = tuple(range(9, 18))

#: In French, what languages say that count hours from the morning.
CLOCK: Final = "l'heure comme en Europe"

#: How far back and ahead sessions tell at which hours a centre works.
REACH: Final = timedelta(weeks=8)

#: Kinds of pieces that are no sentences, which are listed by themselves.
_LISTED: Final = ("weekday", "date", "month", "hour", "minute", "part", "name")


@dataclass(frozen=True, slots=True)
class ToRecord:
    """A piece to be recorded, and what it means in French."""

    piece: Piece
    french: str
    section: str

    @property
    def must(self) -> bool:
        """Whether calls are not clear without it."""
        return self.section in SECTIONS[:MUST]


def to_record(session: Session, centre: Centre, code: str, now: datetime) -> list[ToRecord]:
    """Return every piece of a language, in the order in which it is best recorded."""
    wordings = Wordings(session, centre)
    reader, french = wordings.spoken.reader(code), wordings.spoken.reader("fr")
    sections: dict[str, Iterable[tuple[Piece, str]]] = {
        "days": ((reader.weekday(day), french.weekday(day).words) for day in range(7)),
        "hours": _hours(session, centre, reader, now),
        "places": ((proper_name(place), place) for place in _places(session, centre)),
        "dates": [
            *((reader.date(day), str(day)) for day in range(1, 32)),
            *((reader.month(month), french.month(month).words) for month in range(1, 13)),
        ],
        "titles": ((proper_name(title), title) for title in _titles(session, centre)),
    }
    found: dict[str, ToRecord] = {}
    for section in SECTIONS:
        pieces = sections[section] if section in sections else _sentences(wordings, code, section)
        for piece, meaning in pieces:
            found.setdefault(piece.name, ToRecord(piece, meaning, section))
    return list(found.values())


def sample_call(session: Session, centre: Centre, code: str, at: datetime) -> tuple[Heard, ...]:
    """Return what a call about a session of that day would say by now; nothing if it cannot be played yet."""
    starts_at = at.astimezone(BRUSSELS).replace(hour=9, minute=30, second=0, microsecond=0)
    told = Told(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        title=next(iter(_titles(session, centre)), ""),
        place=next(iter(_places(session, centre)), ""),
    )
    given = {"name": "…", "sessions": [told]}
    spoken = Wordings(session, centre).spoken
    return spoken.played(BY_KEY["reminder.one"], code, given, today=starts_at.date()) or ()


def _sentences(wordings: Wordings, code: str, section: str) -> Iterable[tuple[Piece, str]]:
    own, french = shipped(code).recorded, shipped("fr").recorded
    clock = phrase(own["clock"])
    for key in TEXTS[section]:
        meanings = iter(sentences_of(wordings, "fr", key))
        for piece in sentences_of(wordings, code, key):
            if piece.name == clock.name:
                yield piece, CLOCK
            else:
                yield piece, next(meanings, piece).words
    if section == "usual":
        yield phrase(own["unsaid"]), french["unsaid"]


def sentences_of(wordings: Wordings, code: str, key: str) -> list[Piece]:
    """Return the sentences of a text, with everything it can tell of."""
    spec, said = BY_KEY[key], list[Piece]()
    for given in samples_of(key):
        said += pieces_of(wordings.spoken.said(spec, code, given))
    kept = {piece.name: piece for piece in said if piece.name.partition(".")[0] not in _LISTED}
    return list(kept.values())


def samples_of(key: str) -> Iterable[dict[str, Any]]:
    """Yield values with which a text says all that it ever does."""
    starts_at = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    told = [
        Told(
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2),
            title="…",
            place=f"… {number}",
            change=change,
            was=starts_at - timedelta(days=1),
        )
        for number, change in enumerate(CHANGES)
    ]
    told = told if key == "change.changes" else told[:1]
    yield {"name": "…", "sessions": told, "choices": told[:1] * 3, "deadline": starts_at}
    if key == "change.changes":
        yield {"name": "…", "sessions": [each for each in told if each.change == "cancelled"]}


def _hours(session: Session, centre: Centre, reader: Reader, now: datetime) -> Iterable[tuple[Piece, str]]:
    """Yield the hours and minutes at which sessions begin and end, and the parts of the day."""
    query = select(GroupSession.starts_at, GroupSession.ends_at).where(
        GroupSession.centre_id == centre.id,
        GroupSession.starts_at > now - REACH,
        GroupSession.starts_at < now + REACH,
    )
    walls = {each.astimezone(BRUSSELS) for row in session.execute(query.distinct()) for each in row}
    for hour in sorted({wall.hour for wall in walls} | set(HOURS)):
        piece = reader.hour(hour)
        yield piece, f"{piece.name.partition('.')[2]} h"
    for minute in sorted({wall.minute for wall in walls} - {0} | set(MINUTES)):
        yield reader.minute(minute), f"{minute} minutes"
    for piece, meaning in zip(reader.parts_of_day, ("le matin", "l'après-midi", "le soir"), strict=False):
        yield piece, meaning


def _places(session: Session, centre: Centre) -> list[str]:
    """Return the places as messages name them: rooms, and sites that have none."""
    query = (
        select(Room.name, Site.name)
        .select_from(Site)
        .outerjoin(Room, (Room.site_id == Site.id) & Room.active)
        .where(Site.centre_id == centre.id, Site.active)
        .order_by(Site.name, Room.name)
    )
    return [place_words(room, site) for room, site in session.execute(query)]


def _titles(session: Session, centre: Centre) -> list[str]:
    query = (
        select(Activity.neutral_name)
        .where(Activity.centre_id == centre.id, Activity.active, Activity.neutral_name != "")
        .distinct()
        .order_by(Activity.neutral_name)
    )
    return list(session.scalars(query))
