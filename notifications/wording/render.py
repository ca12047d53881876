"""Wording one message: which text, in which language, filled with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, MessageKind
from notifications.models.wording import CentreWording, WordingReview
from notifications.pictures import picture_url
from notifications.segments import Segments, count_segments, plain_letters, plain_quotes
from notifications.wording.errors import MissingVariableError, UnknownTextError
from notifications.wording.facts import Speaker, Told, first_of_days
from notifications.wording.fill import fill, variables_in
from notifications.wording.pieces import Heard
from notifications.wording.shipped import language_of_texts, shipped
from notifications.wording.spoken import ONE, TO_COME, Spoken, told_of, way_of_reply
from notifications.wording.texts import BY_KEY, SECOND, TextSpec
from scheduler import settings
from scheduler.models import Centre

#: Days that the subject of an e-mail names, at most.
MOST_DAYS = 3

#: Words of a text for people who read little, or whose language nobody has reviewed: as few as can be.
LITTLE = "{hello}\n{headline}\n{lines}\n{look}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message in words.

    ``language`` is the one it is in, which may not be the one asked for. ``segments`` is how many SMS it
    takes (1 on other channels), ``costly`` the letters that make it dearer than GSM-7. ``recording_id`` is
    the first recording of a call that somebody's recordings say.
    """

    subject: str
    body: str
    language: str
    segments: int = 1
    costly: tuple[str, ...] = ()
    content_sid: str | None = None
    content_variables: dict[str, str] = field(default_factory=dict)
    recording_id: int | None = None
    media_url: str | None = None


class Wordings:
    """The texts of one centre, read once, for as many messages as needed."""

    def __init__(self, session: Session, centre: Centre) -> None:
        self.centre = centre
        self.send_unreviewed = settings.send_unreviewed(centre)
        self.home = settings.message_language(centre)
        own = select(CentreWording).where(CentreWording.centre_id == centre.id)
        self._own: dict[tuple[str, str, str, str], CentreWording] = {
            (row.language, row.channel, row.kind, row.name): row for row in session.scalars(own)
        }
        reviews = select(WordingReview).where(WordingReview.centre_id == centre.id)
        self._reviews = {row.language: row for row in session.scalars(reviews)}
        self.spoken = Spoken(session, centre, self.home, self._own)

    def render(
        self,
        kind: MessageKind | str,
        channel: ChannelKind | str,
        language: str | None,
        variables: Mapping[str, Any],
        *,
        name: str | None = None,
        reads_little: bool = False,
        second: bool = False,
    ) -> Rendered:
        """Put a message into words; see ``render``."""
        channel, spec = ChannelKind(channel), self.spec(MessageKind(kind), name, variables)
        code, reviewed, played = self._language(spec, channel, language, variables)
        speaker = Speaker(code, channel)
        values = self._values(speaker, spec, variables)
        own = self._second(spec, channel, code) if second else None
        own = own or self._own.get((code, channel, spec.kind, spec.name))
        if own is not None and not values.keys() >= set(variables_in(own.text + own.subject)):
            own = None  # it names what an update has taken away: a message in plain words beats none
        pictures = (reads_little or not reviewed) and not speaker.spoken and bool(values["lines"])
        # Outside of a conversation WhatsApp takes nothing but an approved template, whoever reads it.
        template = own if own is not None and channel is ChannelKind.WHATSAPP and own.content_sid else None
        picture = _picture(spec, variables) if channel is ChannelKind.WHATSAPP else None
        if pictures and variables.get("link"):
            own, text = None, LITTLE
        else:
            text = own.text if own else shipped(code).texts[spec.key]
        body = self._finish(fill(text, values), speaker, values)
        counted = count_segments(body) if channel is ChannelKind.SMS else None
        first = next((each.token for each in played if each.token), "")
        return Rendered(
            subject=fill(own.subject if own and own.subject else _subject(values), values),
            body=body,
            language=code,
            segments=counted.count if counted else 1,
            costly=counted.costly if counted else (),
            content_sid=template.content_sid if template else None,
            content_variables=_numbered(template.text, values | {"picture": _path(picture)})
            if template
            else {},
            recording_id=self.spoken.recording_id(first),
            media_url=picture if pictures else None,
        )

    def preview(
        self, text: str, spec: TextSpec, channel: ChannelKind, code: str, given: Mapping[str, Any]
    ) -> str:
        """Return how words that are not stored would be read or heard.

        Raises
        ------
        MissingVariableError
            If they name something that this text has no value for.
        """
        speaker = Speaker(code, channel)
        values = self._values(speaker, spec, given)
        known = {key: value for key, value in values.items() if key in spec.variables}
        return self._finish(fill(text, known), speaker, values)

    def reviewed_by(self, spec: TextSpec, channel: ChannelKind, code: str) -> str:
        """Return who has reviewed the text in force, or nothing."""
        own = self._own.get((code, channel, spec.kind, spec.name))
        if own is not None:
            return own.reviewed_by
        words, review = shipped(code), self._reviews.get(code)
        if review is not None and review.digest == words.digest:
            return review.reviewed_by
        return words.reviewed_by

    def own(self, spec: TextSpec, channel: ChannelKind, code: str) -> CentreWording | None:
        """Return the centre's own text, if it has one."""
        return self._own.get((code, channel, spec.kind, spec.name))

    def _second(self, spec: TextSpec, channel: ChannelKind, code: str) -> CentreWording | None:
        """Return the centre's second text, if it has one that may be sent."""
        row = self._own.get((code, channel, spec.kind, spec.name + SECOND))
        may_go = row is not None and (code == self.home or self.send_unreviewed or row.reviewed_by)
        return row if may_go else None

    def review(self, code: str) -> WordingReview | None:
        """Return who has read the shipped texts of a language, unless they have changed since."""
        review = self._reviews.get(code)
        return review if review is not None and review.digest == shipped(code).digest else None

    def spec(self, kind: MessageKind, name: str | None, variables: Mapping[str, Any]) -> TextSpec:
        """Return which text of a kind is meant; see ``render``."""
        if name is None:
            several = len(variables.get("sessions") or ()) > 1
            of_kind = [spec for spec in BY_KEY.values() if spec.kind is kind]
            if kind is MessageKind.ANSWER:
                raise UnknownTextError(f"{kind}.?")
            name = of_kind[-1].name if several else of_kind[0].name
        spec = BY_KEY.get(f"{kind}.{name}")
        if spec is None:
            raise UnknownTextError(f"{kind}.{name}")
        for given in spec.given | ({"name"} if spec.named else set()):
            if not variables.get(given):
                raise MissingVariableError(given)
        return spec

    def _language(
        self, spec: TextSpec, channel: ChannelKind, language: str | None, given: Mapping[str, Any]
    ) -> tuple[str, bool, tuple[Heard, ...]]:
        """Return the language to write in, whether the person wants it so, and what a call plays."""
        code = language_of_texts(language)
        if code is None:
            return self.home, not language, ()
        if code == self.home:
            return code, True, ()
        if channel is ChannelKind.VOICE and code not in self.spoken.voices:
            # Who read the words aloud has reviewed them.
            played = self.spoken.played(spec, code, given)
            return (code, True, played) if played else (self.home, False, ())
        if self.send_unreviewed or self.reviewed_by(spec, channel, code):
            return code, True, ()
        return self.home, False, ()

    def _values(self, speaker: Speaker, spec: TextSpec, given: Mapping[str, Any]) -> dict[str, str]:
        words, centre = shipped(speaker.code), self.centre
        sessions, choices = told_of(given, "sessions"), told_of(given, "choices")
        link = "" if speaker.spoken else str(given.get("link") or "")
        values = {
            "name": speaker.names(given.get("name") or ""),
            "centre": speaker.value(given.get("centre") or settings.message_name(centre)),
            "phone": speaker.phone(given.get("phone") or settings.message_phone(centre)),
            "link": link,
            "picture": "",
            "headline": words.headlines[spec.kind],
            "deadline": speaker.moment(given["deadline"]) if given.get("deadline") else "",
        }
        first = (sessions or choices)[:1]
        values |= speaker.session(first[0]) if first else dict.fromkeys(ONE, "")
        if (days := len(first_of_days(sessions))) > 1:
            values["day"] = speaker.days(sessions)
            values["moment"] = values["day"] if days <= MOST_DAYS else ""
        if len({each.place for each in choices}) > 1:
            values["place"] = ""
        told = "session" if spec.kind in TO_COME else "session_short"
        values["sessions"] = self._lines(speaker, told, sessions)
        values["changes"] = "\n".join(
            self._lines(speaker, each.change or "moved", [each]) for each in sessions
        )
        values["absent"] = self._lines(speaker, told, told_of(given, "absent"))
        choice = "choice" if values["place"] else "choice_place"
        values["choices"] = self._lines(speaker, choice, choices)
        values["lines"] = values["choices"] or (
            values["changes"] if spec.kind is MessageKind.CHANGE else values["sessions"]
        )
        values["hello"] = fill(speaker.part("hello"), values) if values["name"] else ""
        values["look"] = fill(words.parts["look"], values)
        values["reply"] = self._reply(speaker, spec, given, sessions, values)
        answered_there = values["reply"] and speaker.channel is ChannelKind.EMAIL
        hidden = speaker.channel is ChannelKind.SMS or answered_there
        values["more"] = "" if hidden or not link else fill(words.parts["more"], values)
        return values

    def _lines(self, speaker: Speaker, part: str, told: Sequence[Told]) -> str:
        text, blocks = speaker.part(part), []
        for number, each in enumerate(told, 1):
            values = speaker.session(each) | {"number": str(number)}
            whose = fill(speaker.part("person"), values)
            if whose and part in _NUMBERED:
                values["day"] = f"{whose} {values['day']}"
            blocks.append(
                f"{whose} {fill(text, values)}" if whose and part not in _NUMBERED else fill(text, values)
            )
        return "\n".join(blocks)

    def _reply(
        self,
        speaker: Speaker,
        spec: TextSpec,
        given: Mapping[str, Any],
        sessions: Sequence[Told],
        values: Mapping[str, str],
    ) -> str:
        words = shipped(speaker.code)
        way = way_of_reply(spec, given, sessions, bool(values["choices"]))
        if not way:
            return ""
        if speaker.spoken:
            return f"{words.keys[way]}\n{words.parts['again']}"
        if speaker.channel is ChannelKind.EMAIL and values["link"]:
            return fill(words.parts["reply_email"], values)
        return words.reply[way]

    def _finish(self, body: str, speaker: Speaker, values: Mapping[str, str]) -> str:
        if speaker.spoken:
            return " ".join(line if line[-1] in _ENDS else f"{line}." for line in body.splitlines() if line)
        if speaker.channel is ChannelKind.EMAIL:
            return f"{body}\n\n{fill(shipped(speaker.code).parts['signature'], values)}"
        if speaker.channel is ChannelKind.SMS:
            return cheaper(body, self.centre)
        return body


#: Parts that begin with a number, after which a person is named.
_NUMBERED = ("choice", "choice_place")

_ENDS = frozenset(".!?:,;،؟۔።፧፣")


def render(
    session: Session,
    centre: Centre,
    kind: MessageKind | str,
    channel: ChannelKind | str,
    language: str | None,
    variables: Mapping[str, Any],
    *,
    name: str | None = None,
    reads_little: bool = False,
    second: bool = False,
) -> Rendered:
    """Put one message into words; for many, keep a ``Wordings``.

    Parameters
    ----------
    language : str or None
        The person's language. What no mediator has reviewed is not sent unless the centre says so: then
        the centre's language stands in, in few words with the address of the page of pictures.
    variables : mapping
        See ``notifications.wording``.
    name : str, optional
        Which text of the kind (see ``notifications.wording.texts``); by default the only one, or for
        reminders the one that fits the number of sessions. Needed for ``MessageKind.ANSWER``.
    reads_little : bool
        Few words and the address of the page of pictures, where a ``link`` is given.
    second : bool
        In the centre's second text, where it has one.

    Raises
    ------
    MissingVariableError
        If a value is missing that the text needs.
    UnknownTextError
        If there is no such text.
    """
    return Wordings(session, centre).render(
        kind, channel, language, variables, name=name, reads_little=reads_little, second=second
    )


def cheaper(text: str, centre: Centre) -> str:
    """Return an SMS with plain signs in place of dear ones, as far as the centre wants it."""
    if settings.sms_plain_letters(centre):
        plain: Segments = count_segments(plain_letters(text))
        if plain.count < count_segments(text).count and not plain.costly:
            return plain_letters(text)
    return plain_quotes(text) if settings.sms_plain_quotes(centre) else text


def _picture(spec: TextSpec, given: Mapping[str, Any]) -> str | None:
    """Return the picture sent along: the one given, or that of the one moment the message is about."""
    sessions, page = told_of(given, "sessions"), str(given.get("link") or "")
    if given.get("picture") or len(sessions) != 1 or "/moi/" not in page:
        return given.get("picture")
    told = sessions[0]
    gone = spec.kind is MessageKind.CANCELLATION or told.change == "cancelled"
    address, _moi, token = page.partition("/moi/")
    return picture_url(address, told.starts_at, told.ends_at, cancelled=gone, token=token)


def _path(url: str | None) -> str:
    """Return what follows the host in an address: templates hold the host themselves."""
    return url.split("/", 3)[-1] if url else ""


def _subject(values: Mapping[str, str]) -> str:
    return "{headline} - {moment}" if values["moment"] else "{headline}"


def _numbered(text: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an approved template, by their numbers: on one line each, as they must be."""
    return {
        str(number): " · ".join(values[name].split("\n")) or "-"
        for number, name in enumerate(variables_in(text), 1)
    }
