"""A centre's own texts: checked when they are kept, and reviewed as the very words they are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import CentreWording, ChannelKind, WordingReview
from notifications.wording.fill import VARIABLE, variables_in
from notifications.wording.shipped import shipped
from notifications.wording.texts import SECOND_SPECS, TextSpec
from scheduler.errors import InvalidInputError, StaleError
from scheduler.message import N_
from scheduler.models import Centre
from scheduler.records import check_version

#: Most characters that a provider takes in one text.
LONGEST = {
    ChannelKind.SMS: 1600,
    ChannelKind.WHATSAPP: 1600,
    ChannelKind.VOICE: 3000,
    ChannelKind.EMAIL: 5000,
}


def check_text(spec: TextSpec, channel: ChannelKind, text: str, *, field: str = "text") -> None:
    """Make sure that a text can be filled and read.

    Raises
    ------
    InvalidInputError
        On ``field``: nothing there, too long, a variable that this text has no value for, one missing
        that it needs, a brace that is no variable, or a sign that would become part of the address.
    """
    if not text.strip():
        raise InvalidInputError(N_("Écrivez un texte."), field)
    if len(text) > LONGEST[channel]:
        raise InvalidInputError(
            N_("Le texte est trop long : %(most)s signes au plus.", most=LONGEST[channel]), field
        )
    for name in variables_in(text):
        if name not in spec.variables:
            raise InvalidInputError(
                N_("Ce texte ne connaît pas {%(name)s}. Voyez la liste des variables.", name=name), field
            )
    for group in spec.needed:
        if not group.intersection(variables_in(text)):
            names = " / ".join(f"{{{name}}}" for name in sorted(group, reverse=True))
            raise InvalidInputError(
                N_("Il manque %(names)s : sans cela, on ne comprend pas.", names=names), field
            )
    if any(brace in VARIABLE.sub("", text) for brace in "{}"):
        raise InvalidInputError(N_("Une accolade est seule. Une variable s'écrit ainsi : {name}."), field)
    for place in text.split("{link}")[1:]:
        if place[:1].strip():
            raise InvalidInputError(
                N_("Laissez une espace ou passez à la ligne après {link}, sinon l'adresse ne s'ouvre pas."),
                field,
            )


def keep_own(
    session: Session,
    centre: Centre,
    spec: TextSpec,
    channel: ChannelKind,
    language: str,
    *,
    text: str,
    subject: str = "",
    content_sid: str = "",
    reviewed_by: str = "",
    version: int | None,
    now: datetime,
) -> CentreWording:
    """Keep a centre's own text.

    A review holds for the words that were read: where the text changes and nobody else is named, the
    review is gone.

    Raises
    ------
    InvalidInputError
        If the text cannot be used; see ``check_text``.
    StaleError
        If somebody else changed it since the form was opened.
    """
    check_text(spec, channel, text)
    for name in variables_in(subject):
        if name not in spec.variables | {"headline"}:
            raise InvalidInputError(N_("L'objet ne connaît pas {%(name)s}.", name=name), "subject")
    row = find_own(session, centre, spec, channel, language)
    reviewed_by = reviewed_by.strip()
    if row is None:
        check_new(version)
        row = CentreWording(
            centre_id=centre.id, language=language, channel=channel, kind=spec.kind, name=spec.name
        )
        session.add(row)
    else:
        check_version(row, version)
        if row.text != text and row.reviewed_by == reviewed_by:
            reviewed_by = ""
    if reviewed_by != (row.reviewed_by or ""):
        row.reviewed_at = now if reviewed_by else None
    row.text, row.subject = text, subject
    row.content_sid, row.reviewed_by, row.changed_at = content_sid or None, reviewed_by, now
    session.flush()
    return row


def check_new(version: int | None) -> None:
    """Make sure that a form was not filled in from a row that is gone meanwhile.

    Raises
    ------
    StaleError
        If it was.
    """
    if version:
        raise StaleError("the text is the shipped one again")


def restore_shipped(
    session: Session, centre: Centre, spec: TextSpec, channel: ChannelKind, language: str
) -> bool:
    """Take a centre's own text away, so that the shipped one is sent; return whether there was one."""
    row = find_own(session, centre, spec, channel, language)
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None


def find_own(
    session: Session, centre: Centre, spec: TextSpec, channel: ChannelKind, language: str
) -> CentreWording | None:
    """Return a centre's own text, if it has one."""
    query = select(CentreWording).where(
        CentreWording.centre_id == centre.id,
        CentreWording.language == language,
        CentreWording.channel == channel,
        CentreWording.kind == spec.kind,
        CentreWording.name == spec.name,
    )
    return session.scalars(query).one_or_none()


def has_second_texts(session: Session, centre: Centre) -> bool:
    """Whether a centre has written a second text to compare the first with."""
    names = {spec.name for spec in SECOND_SPECS}
    query = select(CentreWording.id).where(
        CentreWording.centre_id == centre.id, CentreWording.name.in_(names)
    )
    return session.scalars(query.limit(1)).first() is not None


def review_language(
    session: Session, centre: Centre, language: str, reviewed_by: str, now: datetime
) -> WordingReview | None:
    """Write down who has read every shipped text of a language; nobody takes the review back.

    The review ends by itself when an update of the application changes the words.
    """
    query = select(WordingReview).where(
        WordingReview.centre_id == centre.id, WordingReview.language == language
    )
    row, name = session.scalars(query).one_or_none(), reviewed_by.strip()
    if not name:
        if row is not None:
            session.delete(row)
            session.flush()
        return None
    if row is None:
        row = WordingReview(centre_id=centre.id, language=language)
        session.add(row)
    row.digest, row.reviewed_by, row.reviewed_at = shipped(language).digest, name, now
    session.flush()
    return row


def change_message_settings(
    session: Session,
    centre: Centre,
    *,
    name: str,
    phone: str | None,
    send_unreviewed: bool,
    plain_quotes: bool,
    plain_letters: bool,
    version: int | None,
) -> None:
    """Change how the centre's messages are written; see ``scheduler.settings``.

    Raises
    ------
    StaleError
        If somebody else changed the centre's settings since the form was opened.
    """
    check_version(centre, version)
    chosen = {
        **centre.settings,
        "message_name": name.strip(),
        "message_phone": (phone or "").strip(),
        "send_unreviewed": send_unreviewed,
        "sms_plain_quotes": plain_quotes,
        "sms_plain_letters": plain_letters,
    }
    if chosen != centre.settings:
        centre.settings = chosen
    session.flush()
