"""A centre's own texts: what is refused, and how long a review holds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from notifications.models import CentreWording, ChannelKind, MessageKind
from notifications.wording import SPECS, Wordings, shipped
from notifications.wording.fill import fill, variables_in
from notifications.wording.own import (
    change_message_settings,
    check_text,
    find_own,
    keep_own,
    restore_shipped,
    review_language,
)
from notifications.wording.texts import BY_KEY
from scheduler import settings
from scheduler.errors import InvalidInputError, StaleError
from scheduler.models import Centre
from tests.factories import Make

SMS = ChannelKind.SMS
REMINDER = BY_KEY["reminder.one"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Écrivez un texte."),
        (" \n ", "Écrivez un texte."),
        ("{hello} {prenom} {sessions}", "Ce texte ne connaît pas {prenom}."),
        ("{hello} {choices} {sessions}", "Ce texte ne connaît pas {choices}."),
        ("{hello} venez !", "Il manque {sessions} / {day}"),
        ("{sessions} {Name}", "Une accolade est seule."),
        ("{sessions} }", "Une accolade est seule."),
        ("{sessions} {link}.", "après {link}"),
        ("{sessions} {link}{name}", "après {link}"),
        ("{sessions}" + "x" * 1600, "1600 signes au plus"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_text(REMINDER, SMS, text)
    assert reason in caught.value.message
    assert caught.value.field == "text"


@pytest.mark.parametrize("text", ["{sessions}", "{day}, {start}", "{sessions}\n{link}", "{link} {sessions}"])
def test_what_can_be_read_is_taken(text: str) -> None:
    check_text(REMINDER, SMS, text)


@given(st.text(st.sampled_from("ab{}_\n {}") | st.characters(exclude_categories=["Cs"]), max_size=60))
def test_whatever_passes_the_check_can_be_filled(text: str) -> None:
    spec = BY_KEY["answer.thanks"]
    try:
        check_text(spec, SMS, text)
    except InvalidInputError:
        return
    filled = fill(text, dict.fromkeys(spec.variables, "x"))
    assert "{" not in filled
    assert set(variables_in(text)) <= spec.variables


def test_keys_of_texts_are_short_enough_for_their_columns() -> None:
    assert max(len(spec.name) for spec in SPECS) <= 20
    assert max(len(kind) for kind in MessageKind) <= 14


def test_a_review_holds_for_the_words_that_were_read(session: Session, centre: Centre, now: datetime) -> None:
    def keep(text: str, reviewed_by: str, version: int) -> CentreWording:
        return keep_own(
            session, centre, REMINDER, SMS, "ar", text=text, reviewed_by=reviewed_by, version=version, now=now
        )

    row = keep("{name} {sessions}", "Selam", 0)
    assert (row.reviewed_by, row.reviewed_at) == ("Selam", now)
    row = keep("{name}, {sessions}", "Selam", row.version)
    assert (row.reviewed_by, row.reviewed_at) == ("", None)
    row = keep("{name}, {sessions}", "Selam", row.version)
    assert row.reviewed_by == "Selam"
    row = keep("{name} : {sessions}", "Yonas", row.version)
    assert row.reviewed_by == "Yonas"
    with pytest.raises(StaleError):
        keep("{sessions}", "", row.version - 1)
    assert restore_shipped(session, centre, REMINDER, SMS, "ar")
    assert not restore_shipped(session, centre, REMINDER, SMS, "ar")
    with pytest.raises(StaleError):
        keep("{sessions}", "", 1)
    assert find_own(session, centre, REMINDER, SMS, "ar") is None


def test_own_texts_are_of_one_centre(session: Session, centre: Centre, make: Make, now: datetime) -> None:
    other = make(Centre)
    keep_own(session, other, REMINDER, SMS, "fr", text="{sessions}", version=0, now=now)
    assert find_own(session, centre, REMINDER, SMS, "fr") is None
    assert Wordings(session, centre).own(REMINDER, SMS, "fr") is None


def test_a_whole_language_can_be_reviewed(session: Session, centre: Centre, now: datetime) -> None:
    review_language(session, centre, "so", " Hodan ", now)
    row = review_language(session, centre, "so", "Hodan", now + timedelta(days=1))
    assert row is not None
    assert (row.reviewed_by, row.digest) == ("Hodan", shipped("so").digest)
    assert Wordings(session, centre).reviewed_by(REMINDER, SMS, "so") == "Hodan"
    row.digest = "0" * 64  # an update has changed the words
    session.flush()
    assert Wordings(session, centre).reviewed_by(REMINDER, SMS, "so") == ""
    assert review_language(session, centre, "so", "", now) is None
    assert Wordings(session, centre).review("so") is None


def test_settings_of_messages(session: Session, centre: Centre) -> None:
    assert not settings.send_unreviewed(centre)
    centre.settings = {"horizon_weeks": 3}
    session.flush()
    change_message_settings(
        session,
        centre,
        name=" CRI ",
        phone="+3281123456",
        send_unreviewed=True,
        plain_quotes=False,
        plain_letters=True,
        version=centre.version,
    )
    session.refresh(centre)
    assert settings.message_name(centre) == "CRI"
    assert settings.send_unreviewed(centre)
    assert settings.horizon_weeks(centre) == 3
    with pytest.raises(StaleError):
        change_message_settings(
            session,
            centre,
            name="",
            phone="",
            send_unreviewed=True,
            plain_quotes=True,
            plain_letters=True,
            version=centre.version - 1,
        )
