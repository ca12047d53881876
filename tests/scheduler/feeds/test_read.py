"""What a feed holds: published versions only, what was dropped as cancelled, nothing about others."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event as sa_event
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.feeds import Feed, read_feed, version_of
from scheduler.links import find_link, find_subject, renew_link, revoke_links
from scheduler.mentoring import cancel_meeting
from tests.factories import Make
from web.feeds import wording_in

MONDAY = date(2026, 11, 30)


@pytest.fixture
def person(make: Make) -> m.Participant:
    return make(m.Participant, first_name="Amina", last_name="K.", message_language="nl")


def publish(make: Make, number: int, at: datetime) -> m.Plan:
    state = m.PlanState.PUBLISHED
    return make(m.Plan, number=number, publication=number, state=state, published_at=at)


def hold(make: Make, plan: m.Plan, *people: m.Participant, **columns: object) -> m.GroupSession:
    held = make(m.GroupSession, plan=plan, **columns)
    for person in people:
        make(m.Attendance, session=held, participant=person)
    return held


def feed_of(session: Session, kind: m.LinkKind, subject_id: int, now: datetime, language: str = "nl") -> Feed:
    link = find_link(session, renew_link(session, kind, subject_id, now))
    assert link is not None
    subject = find_subject(session, kind, subject_id)
    assert subject is not None
    return read_feed(session, link, subject, wording_in(language), now)


def test_drafts_and_other_people_never_appear(
    session: Session, make: Make, person: m.Participant, now: datetime
) -> None:
    published = publish(make, 1, now)
    other = make(m.Participant, first_name="Bilal", last_name="Secret")
    mine = hold(make, published, person, other)
    hold(make, published, other)
    hold(make, make(m.Plan, number=2), person, day=MONDAY + timedelta(1))
    feed = feed_of(session, m.LinkKind.PARTICIPANT, person.id, now)
    assert [event.uid for event in feed.events] == [mine.uid]
    assert "Bilal" not in str(feed)
    assert "Secret" not in str(feed)


def test_a_participants_titles_are_neutral_unless_the_centre_says_otherwise(
    session: Session, make: Make, person: m.Participant, centre: m.Centre, now: datetime
) -> None:
    activity = make(m.Activity, name="Stress et sommeil", neutral_name="")
    held = hold(make, publish(make, 1, now), person, activity=activity)
    make(m.SessionLeader, session=held, staff=make(m.StaffMember, first_name="Nadia", last_name="X"))
    (event,) = feed_of(session, m.LinkKind.PARTICIPANT, person.id, now).events
    assert (event.summary, event.description) == ("Activiteit", "Met Nadia")
    centre.settings = {"feed_titles": "full"}
    session.flush()
    (event,) = feed_of(session, m.LinkKind.PARTICIPANT, person.id, now).events
    assert event.summary == "Stress et sommeil"


def test_a_session_the_new_version_does_without_stays_as_cancelled_for_thirty_days(
    session: Session, make: Make, person: m.Participant, now: datetime
) -> None:
    held = hold(make, publish(make, 1, now - timedelta(days=2)), person, sequence=3)
    later = publish(make, 2, now)
    (event,) = feed_of(session, m.LinkKind.PARTICIPANT, person.id, now).events
    assert (event.uid, event.cancelled, event.sequence, event.stamp) == (
        held.uid,
        True,
        4,
        later.published_at,
    )
    assert not feed_of(session, m.LinkKind.PARTICIPANT, person.id, now + timedelta(days=31)).events


def test_a_person_taken_out_of_a_session_sees_it_cancelled_and_the_others_do_not(
    session: Session, make: Make, person: m.Participant, now: datetime
) -> None:
    other = make(m.Participant)
    old = hold(make, publish(make, 1, now - timedelta(days=2)), person, other)
    hold(make, publish(make, 2, now), other, uid=old.uid)
    (mine,) = feed_of(session, m.LinkKind.PARTICIPANT, person.id, now).events
    (theirs,) = feed_of(session, m.LinkKind.PARTICIPANT, other.id, now).events
    assert (mine.cancelled, theirs.cancelled) == (True, False)


def test_a_moved_session_keeps_its_uid_and_shows_its_new_time(
    session: Session, make: Make, person: m.Participant, now: datetime
) -> None:
    old = hold(make, publish(make, 1, now - timedelta(days=2)), person)
    new = hold(
        make,
        publish(make, 2, now),
        person,
        uid=old.uid,
        day=MONDAY + timedelta(2),
        sequence=1,
        changed_at=now,
    )
    (event,) = feed_of(session, m.LinkKind.PARTICIPANT, person.id, now).events
    assert (event.uid, event.starts_at, event.sequence) == (old.uid, new.starts_at, 1)
    assert not event.cancelled


def test_a_restored_session_is_confirmed_again(
    session: Session, make: Make, person: m.Participant, now: datetime
) -> None:
    old = hold(make, publish(make, 1, now - timedelta(days=3)), person)
    publish(make, 2, now - timedelta(days=2))
    hold(make, publish(make, 3, now), person, uid=old.uid, sequence=2, changed_at=now)
    (event,) = feed_of(session, m.LinkKind.PARTICIPANT, person.id, now).events
    assert (event.cancelled, event.sequence) == (False, 2)


@pytest.mark.parametrize("kind", [kind for kind in m.LinkKind if kind is not m.LinkKind.PAGE])
def test_every_kind_of_subject_has_its_sessions_in_a_constant_number_of_queries(
    session: Session, make: Make, person: m.Participant, now: datetime, kind: m.LinkKind
) -> None:
    plan = publish(make, 1, now)
    programme = make(m.Programme)
    activity = make(m.Activity, programme=programme)
    room, staff, cohort = make(m.Room), make(m.StaffMember), make(m.Cohort, programme=programme)
    subjects = {
        m.LinkKind.PARTICIPANT: person,
        m.LinkKind.STAFF: staff,
        m.LinkKind.GROUP: cohort,
        m.LinkKind.ROOM: room,
        m.LinkKind.PROGRAMME: programme,
    }
    hold(make, plan, day=MONDAY + timedelta(4))

    def add(day: int) -> None:
        held = hold(
            make, plan, person, day=MONDAY + timedelta(day), activity=activity, room=room, cohort_id=cohort.id
        )
        make(m.SessionLeader, session=held, staff=staff)

    counts = []
    for days in ([0], [1, 2]):
        for day in days:
            add(day)
        session.flush()
        session.expire_all()
        counts.append(0)

        def count(*_args: object) -> None:
            counts[-1] += 1

        bind = session.get_bind()
        sa_event.listen(bind, "before_cursor_execute", count)
        try:
            feed = feed_of(session, kind, subjects[kind].id, now)
        finally:
            sa_event.remove(bind, "before_cursor_execute", count)
    assert len(feed.events) == 3
    assert counts[0] == counts[1]


def test_the_version_changes_with_what_a_feed_shows_and_only_then(
    session: Session, make: Make, person: m.Participant, now: datetime
) -> None:
    held = hold(make, publish(make, 1, now), person)
    link = find_link(session, renew_link(session, m.LinkKind.PARTICIPANT, person.id, now))
    assert link is not None
    versions = [version_of(session, link, now)]
    assert version_of(session, link, now + timedelta(hours=1)) == versions[0]
    held.activity.name = "Autre nom"
    session.flush()
    versions.append(version_of(session, link, now))
    person.message_language = "ar"
    session.flush()
    versions.append(version_of(session, link, now))
    publish(make, 2, now)
    session.flush()
    versions.append(version_of(session, link, now))
    assert len(set(versions)) == 4


def test_renewing_revokes_and_tokens_are_not_stored(
    session: Session, make: Make, person: m.Participant, now: datetime
) -> None:
    first = renew_link(session, m.LinkKind.PARTICIPANT, person.id, now)
    second = renew_link(session, m.LinkKind.PARTICIPANT, person.id, now)
    session.expire_all()
    old, new = find_link(session, first), find_link(session, second)
    assert old is not None
    assert new is not None
    assert old.revoked_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert new.revoked_at is None
    assert first not in (old.token_hash, new.token_hash)
    assert revoke_links(session, m.LinkKind.PARTICIPANT, person.id, now) == 1


def test_meetings_with_a_mentor_are_in_the_calendars_of_both_and_nobody_elses(
    session: Session, make: Make, person: m.Participant, now: datetime
) -> None:
    mentor = make(m.StaffMember, first_name="Greet")
    meeting = make(m.MentoringMeeting, pair=make(m.MentoringPair, mentor=mentor, participant=person))
    make(m.MentoringMeeting)
    mine = feed_of(session, m.LinkKind.PARTICIPANT, person.id, now)
    assert [(event.uid, event.cancelled) for event in mine.events] == [(meeting.uid, False)]
    assert "Greet" in mine.events[0].description
    link = find_link(session, renew_link(session, m.LinkKind.STAFF, mentor.id, now))
    assert link is not None
    before = version_of(session, link, now)
    cancel_meeting(meeting, now)
    session.flush()
    assert version_of(session, link, now) != before
    (theirs,) = feed_of(session, m.LinkKind.STAFF, mentor.id, now).events
    assert (theirs.cancelled, theirs.sequence) == (True, mine.events[0].sequence + 1)
    assert "Amina" not in str(theirs)
    assert feed_of(session, m.LinkKind.STAFF, make(m.StaffMember).id, now).events == []
