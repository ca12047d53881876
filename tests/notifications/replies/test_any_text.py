"""Whatever somebody writes is kept, read without a fault, and acted upon only where every word is known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import models as n
from notifications.callbacks import Incoming, record_incoming
from notifications.mailbox.letter import read_headers, read_words
from notifications.mailbox.quoting import own_words
from notifications.models import Meaning
from notifications.replies.attached import is_unreadable, split_attached, with_attached
from notifications.replies.letters import PICTURES, read
from notifications.replies.phrases import languages, offered, phrases
from notifications.replies.times import is_number_of_time
from notifications.replies.understand import Question, understand
from notifications.wording import REPLIES
from scheduler import models as m

MOMENTS = (datetime(2026, 11, 24, 9), datetime(2026, 11, 24, 14), datetime(2026, 11, 26, 9))  # noqa: DTZ001

#: A loaded machine is no fault.
anything = settings(max_examples=60, deadline=None)

questions = st.builds(
    Question,
    way=st.sampled_from(["", *REPLIES]),
    places=st.integers(0, 3),
    pending=st.booleans(),
    moments=st.sampled_from([(), MOMENTS[:1], MOMENTS[:2], MOMENTS]),
    today=st.sampled_from([None, date(2026, 11, 23)]),
)
people = st.sampled_from([None, "xx", "prs", *languages()])


@cache
def known_words() -> frozenset[str]:
    """Every word of every phrase, with the words that messages offer."""
    said = {word for code in languages() for words in phrases(code).groups for word in words}
    shown = {
        word for code in languages() for way in REPLIES for words in offered(code, way) for word in words
    }
    return frozenset(said | shown | set("123456789"))


words = st.sampled_from(sorted(known_words()) + list(PICTURES) + ["14h", "9:00", "24/11", "24"])
sentences = st.lists(words, max_size=8).map(" ".join)
mixed = st.lists(st.one_of(words, st.text(max_size=6)), max_size=8).map(" ".join)


@anything
@given(st.one_of(st.text(max_size=400), sentences, mixed), questions, people)
def test_nothing_is_done_without_a_known_word(text: str, question: Question, language: str | None) -> None:
    found = understand(text, question, language=language)
    assert found.coming | found.absent <= set(range(len(question.moments)))
    assert not found.coming & found.absent
    assert found.choice is None or 1 <= found.choice <= max(3, question.places)
    if found.meaning is Meaning.UNKNOWN:
        assert not found.coming | found.absent
        assert not found.reason
        return
    clauses = read(text).clauses
    assert clauses
    for clause in clauses:
        assert clause.picture in {"", *PICTURES}
        for word in clause.words:
            assert word in known_words() or is_number_of_time(word), word


@anything
@given(st.text(), st.text())
def test_any_mail_is_cut_without_a_fault(text: str, told: str) -> None:
    own = own_words(text, told)
    assert len(own) <= len(text)


@anything
@given(
    st.binary(max_size=300), st.sampled_from([b"text/plain", b"text/html", b"multipart/report; boundary=x"])
)
def test_any_mail_is_read_without_a_fault(raw: bytes, kind: bytes) -> None:
    for whole in (raw, b"Content-Type: " + kind + b"\r\nSubject: x\r\n\r\n" + raw):
        read_headers(whole)
        read_words(whole, "")


@anything
@given(st.text(), st.lists(st.text(max_size=20), max_size=3), st.booleans())
def test_what_is_attached_is_told_apart_from_words(text: str, types: list[str], location: bool) -> None:
    whole = with_attached(text, types, location=location)
    _words, kinds = split_attached(whole)
    assert bool(kinds) >= bool(types or location)
    assert is_unreadable(with_attached("", ["audio/ogg"]))


def test_any_text_is_kept(session: Session, centre: m.Centre) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    texts = ("", "\x00", "oui\x00 merci", "\ud83d", "👍" * 5000, "\u202e\u2066لا", "\r\n\t", "a" * 20000)
    for number, text in enumerate(texts):
        sms = Incoming(sid=f"SM{number}", sender="+32470000001", to="+32470999999", body=text, button=text)
        assert record_incoming(session, sms, now)
    assert len(session.scalars(select(n.InboundMessage)).all()) == len(texts)


def test_each_kind_is_named_once() -> None:
    types = ["audio/ogg; codecs=opus", "image/webp", "image/jpeg", "text/vcard", "application/pdf", ""]
    whole = with_attached("Voici", types, location=True)
    assert whole == "Voici [audio] [image] [contact] [file] [location]"
    assert split_attached(whole) == ("Voici", ["audio", "image", "contact", "file", "location"])
    assert not is_unreadable(whole)
