"""Rows for tests, one factory per table; ask for ``make`` to use them in a session.

Every row belongs to the centre given, and what it needs beside is made with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import factory
from sqlalchemy.orm import Session

from notifications import models as n
from notifications.models import (
    ChannelKind,
    MailInvitation,
    Message,
    MessageEvent,
    MessageKind,
    MessageTopic,
)
from notifications.models.policy import ReminderPolicy
from notifications.risk.model import Fit, Rule
from scheduler import models as m
from scheduler.models.calendar import ClosureKind

EPOCH = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 30)


class _Base(factory.alchemy.SQLAlchemyModelFactory):
    class Meta:
        abstract = True
        sqlalchemy_session = None
        sqlalchemy_session_persistence = "flush"


class CentreFactory(_Base):
    class Meta:
        model = m.Centre

    name = factory.Sequence(lambda n: f"Centre {n}")
    slug = factory.LazyFunction(lambda: f"centre-{uuid4().hex[:10]}")
    created_at = EPOCH


class UserFactory(_Base):
    class Meta:
        model = m.User

    email = factory.LazyFunction(lambda: f"{uuid4().hex[:10]}@example.org")
    name = "Compte d'essai"
    password_hash = "!"
    created_at = EPOCH


class MembershipFactory(_Base):
    class Meta:
        model = m.Membership

    user = factory.SubFactory(UserFactory)
    centre = factory.SubFactory(CentreFactory)
    role = m.Role.COORDINATOR


class _Owned(_Base):
    """A row of a centre: give ``centre``; what the row needs beside is of the same one."""

    class Meta:
        abstract = True
        exclude = ("centre",)

    centre = factory.SubFactory(CentreFactory)
    centre_id = factory.LazyAttribute(lambda row: row.centre.id)


def _own(name: str, **kwargs: Any) -> factory.SubFactory:
    return factory.SubFactory(f"{__name__}.{name}", centre=factory.SelfAttribute("..centre"), **kwargs)


class SiteFactory(_Owned):
    class Meta:
        model = m.Site

    name = factory.Sequence(lambda n: f"Site {n}")
    municipality = "Namur"


class SitePhotoFactory(_Owned):
    class Meta:
        model = m.SitePhoto
        exclude = ("centre", "site")

    site = _own("SiteFactory")
    site_id = factory.LazyAttribute(lambda row: row.site.id)
    digest = "0" * 16
    jpeg = b"\xff\xd8\xff"


class RoomFactory(_Owned):
    class Meta:
        model = m.Room

    site = _own("SiteFactory")
    name = factory.Sequence(lambda n: f"Salle {n}")
    seats = 20


class TravelTimeFactory(_Owned):
    class Meta:
        model = m.TravelTime
        exclude = ("centre", "site_a", "site_b")

    site_a = _own("SiteFactory")
    site_b = _own("SiteFactory")
    site_a_id = factory.LazyAttribute(lambda row: row.site_a.id)
    site_b_id = factory.LazyAttribute(lambda row: row.site_b.id)
    minutes = 20


class EquipmentPoolFactory(_Owned):
    class Meta:
        model = m.EquipmentPool

    key = factory.Sequence(lambda n: f"laptops{n}")
    name = "Ordinateurs portables"
    units = 10


class StaffMemberFactory(_Owned):
    class Meta:
        model = m.StaffMember

    first_name = factory.Sequence(lambda n: f"Animateur {n}")
    last_name = "Essai"
    languages = ["fr"]


class ParticipantFactory(_Owned):
    class Meta:
        model = m.Participant

    first_name = factory.Sequence(lambda n: f"Personne {n}")
    last_name = "Essai"
    languages = ["ar", "fr"]
    level_spoken = 1
    level_written = 1
    created_at = EPOCH


class LevelChangeFactory(_Owned):
    class Meta:
        model = m.LevelChange
        exclude = ("centre", "participant")

    participant = _own("ParticipantFactory")
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)
    changed_on = MONDAY
    spoken_before = 1
    spoken_after = 2
    written_before = 1
    written_after = 1


class PairRuleFactory(_Owned):
    class Meta:
        model = m.PairRule
        exclude = ("centre", "a", "b")

    kind = "apart"
    a = _own("ParticipantFactory")
    b = _own("ParticipantFactory")
    participant_a_id = factory.LazyAttribute(lambda row: row.a.id)
    participant_b_id = factory.LazyAttribute(lambda row: row.b.id)


class AvailabilityFactory(_Owned):
    class Meta:
        model = m.Availability
        exclude = ("centre", "staff", "room", "participant")

    staff = None
    room = None
    participant = None
    staff_id = factory.LazyAttribute(lambda row: row.staff.id if row.staff else None)
    room_id = factory.LazyAttribute(lambda row: row.room.id if row.room else None)
    participant_id = factory.LazyAttribute(lambda row: row.participant.id if row.participant else None)
    weekday = 0
    starts = time(9)
    ends = time(17)


class BusyPeriodFactory(AvailabilityFactory):
    class Meta:
        model = m.BusyPeriod
        exclude = ("centre", "staff", "room", "participant", "weekday", "starts", "ends")

    starts_at = datetime(2026, 12, 1, 8, tzinfo=UTC)
    ends_at = datetime(2026, 12, 1, 11, tzinfo=UTC)
    label = "absence"


class CourseSourceFactory(_Owned):
    class Meta:
        model = m.CourseSource

    school = "École d'essai"
    url = "https://example.org/cours.ics"


class CourseFactory(_Owned):
    class Meta:
        model = m.Course

    school = "École d'essai"
    name = factory.Sequence(lambda n: f"FLE {n}")
    starts_on = date(2026, 9, 1)
    ends_on = date(2027, 6, 30)


class CourseMeetingFactory(_Owned):
    class Meta:
        model = m.CourseMeeting
        exclude = ("centre", "course")

    course = _own("CourseFactory")
    course_id = factory.LazyAttribute(lambda row: row.course.id)
    weekday = 0
    starts = time(9)
    ends = time(12)


class CourseExceptionFactory(_Owned):
    class Meta:
        model = m.CourseException
        exclude = ("centre", "course")

    course = _own("CourseFactory")
    course_id = factory.LazyAttribute(lambda row: row.course.id)
    on = MONDAY


class CourseEnrolmentFactory(_Owned):
    class Meta:
        model = m.CourseEnrolment
        exclude = ("centre", "participant")

    course = _own("CourseFactory")
    participant = _own("ParticipantFactory")
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)


class ClosureFactory(_Owned):
    class Meta:
        model = m.Closure

    kind = ClosureKind.CLOSURE
    name = "Fermeture"
    starts_on = date(2026, 12, 24)
    ends_on = date(2027, 1, 1)


class ProgrammeFactory(_Owned):
    class Meta:
        model = m.Programme

    key = factory.Sequence(lambda n: f"programme{n}")
    name = factory.Sequence(lambda n: f"Programme {n}")


class PhaseFactory(_Owned):
    class Meta:
        model = m.Phase

    programme = _own("ProgrammeFactory")
    key = factory.Sequence(lambda n: f"phase{n}")
    name = factory.Sequence(lambda n: f"Phase {n}")


class ActivityFactory(_Owned):
    """A workshop of three hours, any weekday at 9:00 or 13:30, led by one member of staff."""

    class Meta:
        model = m.Activity

    programme = _own("ProgrammeFactory")
    key = factory.Sequence(lambda n: f"activite{n}")
    name = factory.Sequence(lambda n: f"Activité {n}")
    kind = "workshop"
    duration_minutes = 180
    times = factory.LazyFunction(lambda: [{"weekdays": [0, 1, 2, 3, 4], "starts": ["09:00", "13:30"]}])
    seats_max = 12
    roles = factory.LazyFunction(lambda: [{"id": "leader", "count": 1}])


class ActivityOrderFactory(_Owned):
    class Meta:
        model = m.ActivityOrder
        exclude = ("centre", "programme")

    programme = _own("ProgrammeFactory")
    programme_id = factory.LazyAttribute(lambda row: row.programme.id)
    kind = "before"
    first_key = "premiere"
    second_key = "seconde"


class DemandRuleFactory(_Owned):
    class Meta:
        model = m.DemandRule

    programme = _own("ProgrammeFactory")
    key = factory.Sequence(lambda n: f"besoin{n}")
    label = "Une séance par semaine"
    min = 1


class CohortFactory(_Owned):
    class Meta:
        model = m.Cohort

    programme = _own("ProgrammeFactory")
    name = factory.Sequence(lambda n: f"Groupe {n}")


class CohortMemberFactory(_Owned):
    class Meta:
        model = m.CohortMember
        exclude = ("centre", "cohort", "participant")

    cohort = _own("CohortFactory")
    participant = _own("ParticipantFactory")
    cohort_id = factory.LazyAttribute(lambda row: row.cohort.id)
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)


class EnrolmentFactory(_Owned):
    class Meta:
        model = m.Enrolment

    programme = _own("ProgrammeFactory")
    participant = _own("ParticipantFactory")
    starts_on = date(2026, 9, 7)


class PathCounterFactory(_Owned):
    class Meta:
        model = m.PathCounter
        exclude = ("centre", "programme", "participant")

    programme = _own("ProgrammeFactory")
    participant = _own("ParticipantFactory")
    programme_id = factory.LazyAttribute(lambda row: row.programme.id)
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)
    key = "citizenship"
    prior_minutes = 60


class MentoringPairFactory(_Owned):
    class Meta:
        model = m.MentoringPair
        exclude = ("centre", "participant", "mentor")

    participant = _own("ParticipantFactory")
    mentor = _own("StaffMemberFactory", kind=m.StaffKind.VOLUNTEER)
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)
    mentor_id = factory.LazyAttribute(lambda row: row.mentor.id)
    starts_on = date(2026, 9, 1)


class MentoringMeetingFactory(_Owned):
    class Meta:
        model = m.MentoringMeeting

    pair = _own("MentoringPairFactory")
    changed_at = EPOCH
    starts_at = datetime(2026, 12, 1, 13, tzinfo=UTC)
    ends_at = datetime(2026, 12, 1, 15, tzinfo=UTC)
    place = "Bibliothèque"


class PlanFactory(_Owned):
    class Meta:
        model = m.Plan

    number = factory.Sequence(lambda n: n + 1)
    first_day = MONDAY
    last_day = MONDAY + timedelta(27)
    created_at = EPOCH


class GroupSessionFactory(_Owned):
    """Monday 30 November 2026, 9:00 to 12:00 in Brussels, unless ``day`` says otherwise."""

    class Meta:
        model = m.GroupSession

    plan = _own("PlanFactory")
    activity = _own("ActivityFactory")
    site = _own("SiteFactory")
    changed_at = EPOCH
    day = MONDAY
    starts_at = factory.LazyAttribute(lambda row: datetime.combine(row.day, time(8), UTC))
    ends_at = factory.LazyAttribute(lambda row: row.starts_at + timedelta(hours=3))


class AppointmentFactory(GroupSessionFactory):
    class Meta:
        model = m.Appointment


class SessionLeaderFactory(_Owned):
    class Meta:
        model = m.SessionLeader

    session = _own("GroupSessionFactory")
    staff = _own("StaffMemberFactory")
    role = "leader"


class SlotReturnFactory(_Owned):
    class Meta:
        model = m.SlotReturn
        exclude = ("centre", "session")

    session = _own("GroupSessionFactory")
    session_uid = factory.LazyAttribute(lambda row: row.session.uid)
    staff = _own("StaffMemberFactory")
    role = "leader"
    returned_at = EPOCH


class ChoiceRoundFactory(_Owned):
    class Meta:
        model = m.ChoiceRound

    activity = _own("ActivityFactory")
    first_day = MONDAY
    last_day = MONDAY + timedelta(27)
    tolerance_points = 30
    hold_hours = 48
    queued_at = EPOCH


class ChoiceOfferFactory(_Owned):
    class Meta:
        model = m.ChoiceOffer

    participant = _own("ParticipantFactory")
    activity = _own("ActivityFactory")
    created_at = EPOCH
    expires_at = EPOCH + timedelta(days=365)


class ChoicePlaceFactory(_Owned):
    class Meta:
        model = m.ChoicePlace

    offer = _own("ChoiceOfferFactory")
    activity = factory.SelfAttribute("offer.activity")
    site = _own("SiteFactory")
    number = 1
    starts_at = EPOCH + timedelta(days=365)
    ends_at = EPOCH + timedelta(days=365, hours=1)
    held_until = EPOCH + timedelta(days=365)


class FreedSeatFactory(_Owned):
    class Meta:
        model = m.FreedSeat

    participant = _own("ParticipantFactory")
    session_uid = factory.LazyFunction(lambda: str(uuid4()))
    freed_at = EPOCH


class AttendanceFactory(_Owned):
    class Meta:
        model = m.Attendance

    session = _own("GroupSessionFactory")
    participant = _own("ParticipantFactory")


class PlanRunFactory(_Owned):
    class Meta:
        model = m.PlanRun

    first_day = MONDAY
    weeks = 4
    time_limit_s = 20
    queued_at = EPOCH


class AbsenceReasonFactory(_Owned):
    class Meta:
        model = m.AbsenceReason

    key = factory.Sequence(lambda n: f"raison{n}")
    name = "Malade"


class AttendanceRecordFactory(_Owned):
    """Of a session given as ``session``; a new one otherwise."""

    class Meta:
        model = m.AttendanceRecord
        exclude = ("centre", "session")

    session = _own("GroupSessionFactory")
    participant = _own("ParticipantFactory")
    session_uid = factory.LazyAttribute(lambda row: row.session.uid)
    activity_id = factory.LazyAttribute(lambda row: row.session.activity_id)
    programme_id = factory.LazyAttribute(lambda row: row.session.activity.programme_id)
    site_id = factory.LazyAttribute(lambda row: row.session.site_id)
    starts_at = factory.LazyAttribute(lambda row: row.session.starts_at)
    ends_at = factory.LazyAttribute(lambda row: row.session.ends_at)


class AttendanceMarkFactory(_Owned):
    class Meta:
        model = m.AttendanceMark

    record = _own("AttendanceRecordFactory")
    key = factory.LazyFunction(lambda: uuid4().hex)
    state = m.AttendanceState.PRESENT
    attended_minutes = 180
    source = "roll_call"
    marked_at = EPOCH
    received_at = EPOCH


class OutsideAttendanceFactory(_Owned):
    class Meta:
        model = m.OutsideAttendance
        exclude = ("centre", "participant")

    participant = _own("ParticipantFactory")
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)
    counter = "french"
    on = factory.Sequence(lambda n: MONDAY - timedelta(n % 200))
    minutes = 180


class CertificateFactory(_Owned):
    class Meta:
        model = m.Certificate
        exclude = ("centre", "participant")

    participant = _own("ParticipantFactory")
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)
    first_day = MONDAY
    last_day = MONDAY
    file_name = factory.LazyFunction(lambda: f"{uuid4().hex}.pdf")
    media_type = "application/pdf"
    uploaded_at = EPOCH
    delete_after = MONDAY + timedelta(365)


class WatchRuleFactory(_Owned):
    class Meta:
        model = m.WatchRule

    kind = "in_a_row"


class TaskFactory(_Owned):
    class Meta:
        model = m.Task

    kind = "call"
    created_at = EPOCH


class LinkFactory(_Owned):
    class Meta:
        model = m.Link

    kind = m.LinkKind.PARTICIPANT
    subject_id = 1
    token_hash = factory.LazyFunction(lambda: uuid4().hex * 2)
    created_at = EPOCH


class StaffCalendarFactory(_Owned):
    class Meta:
        model = m.StaffCalendar
        exclude = ("centre", "staff_member")

    staff_member = _own("StaffMemberFactory")
    staff_id = factory.LazyAttribute(lambda row: row.staff_member.id)
    kind = m.CalendarKind.ICS
    url = "https://agenda.example/…"
    secret = "sealed"


class MailInvitationFactory(_Owned):
    class Meta:
        model = MailInvitation
        exclude = ("centre", "participant")

    participant = _own("ParticipantFactory")
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)
    uid = factory.LazyFunction(lambda: str(uuid4()))
    sequence = 0
    method = "REQUEST"
    address = "personne@example.org"
    digest = "0" * 64
    next_at = EPOCH
    queued_at = EPOCH


class MessageFactory(_Owned):
    class Meta:
        model = Message
        exclude = ("centre", "participant")

    participant = _own("ParticipantFactory")
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)
    key = factory.LazyFunction(lambda: f"test:{uuid4().hex}")
    kind = MessageKind.REMINDER
    channel = ChannelKind.SMS
    address = "+32470000001"
    body = "Bonjour"
    next_at = EPOCH
    created_at = EPOCH


class MessageTopicFactory(_Owned):
    class Meta:
        model = MessageTopic
        exclude = ("centre", "participant")

    message = _own("MessageFactory")
    participant = _own("ParticipantFactory")
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)
    session_uid = factory.LazyFunction(lambda: str(uuid4()))
    starts_at = EPOCH


class MessageEventFactory(_Owned):
    class Meta:
        model = MessageEvent

    message = _own("MessageFactory")
    key = factory.LazyFunction(lambda: uuid4().hex)
    source = "worker"
    status = "claimed"
    happened_at = EPOCH


class ContactAddressFactory(_Owned):
    class Meta:
        model = n.ContactAddress

    channel = ChannelKind.SMS
    address = factory.Sequence(lambda n: f"+3247{n:07d}")
    changed_at = EPOCH


class ContactChoiceFactory(_Owned):
    class Meta:
        model = n.ContactChoice
        exclude = ("centre", "participant")

    participant = _own("ParticipantFactory")
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)


class InboundMessageFactory(_Owned):
    class Meta:
        model = n.InboundMessage

    provider = "sandbox"
    provider_sid = factory.LazyFunction(lambda: uuid4().hex)
    channel = ChannelKind.SMS
    address = "+32470000001"
    body = "1"
    received_at = EPOCH


class ReminderPolicyFactory(_Owned):
    class Meta:
        model = ReminderPolicy

    quiet_from = time(20)
    quiet_until = time(8)


class AuditEntryFactory(_Owned):
    class Meta:
        model = m.AuditEntry

    at = EPOCH
    action = "test"


class ImportMappingFactory(_Owned):
    class Meta:
        model = m.ImportMapping

    kind = "roster"
    signature = factory.LazyFunction(lambda: uuid4().hex)


class ImportBatchFactory(_Owned):
    class Meta:
        model = m.ImportBatch

    kind = "roster"
    filename = "liste.csv"
    created_at = EPOCH


class CentreWordingFactory(_Owned):
    class Meta:
        model = n.CentreWording

    language = "fr"
    channel = n.ChannelKind.SMS
    kind = n.MessageKind.REMINDER
    name = "one"
    text = "{hello} {sessions}"
    changed_at = EPOCH


class WordingReviewFactory(_Owned):
    class Meta:
        model = n.WordingReview

    language = "ar"
    digest = "0" * 64
    reviewed_by = "Médiatrice d'essai"
    reviewed_at = EPOCH


class RiskFitFactory(_Owned):
    class Meta:
        model = n.RiskFit

    fit = factory.LazyFunction(lambda: Fit(rule=Rule.BASE_RATE, base_rate=0.2, visits=0).as_json())
    fitted_at = EPOCH


class PhoneCallFactory(_Owned):
    class Meta:
        model = n.PhoneCall
        exclude = ("centre", "participant")

    participant = _own("ParticipantFactory")
    participant_id = factory.LazyAttribute(lambda row: row.participant.id)
    session_uid = factory.LazyFunction(lambda: str(uuid4()))
    reason = n.CallReason.RISK
    outcome = n.CallOutcome.NO_ANSWER
    called_at = EPOCH


class ExperimentFactory(_Owned):
    class Meta:
        model = n.Experiment

    name = "Sans le rappel du matin"
    plan = factory.LazyFunction(lambda: {"skipped": ["d0"]})
    most_per_arm = 400
    started_at = EPOCH


class RecordingFactory(_Owned):
    class Meta:
        model = n.Recording

    language = "ti"
    name = "reminder.one"
    file_name = factory.LazyFunction(lambda: f"{uuid4().hex}.wav")
    mime = "audio/wav"
    size_bytes = 16_044
    duration_ms = 1000
    recorded_by = "Médiatrice d'essai"
    recorded_at = EPOCH


def factories() -> dict[type, type[_Base]]:
    """Return every factory by the model it makes."""
    return {
        cls._meta.model: cls
        for cls in list(globals().values())
        if isinstance(cls, type) and issubclass(cls, _Base) and not cls._meta.abstract
    }


Make = Callable[..., Any]


@contextmanager
def making_in(session: Session, centre: m.Centre) -> Iterator[Make]:
    """Give a function ``make(Model, **columns)`` that stores rows of a centre in a session."""
    known = factories()
    for cls in known.values():
        cls._meta.sqlalchemy_session = session

    def make(model: type, **columns: Any) -> Any:
        cls = known[model]
        if issubclass(cls, _Owned) or model is m.Membership:
            columns.setdefault("centre", centre)
        return cls(**columns)

    try:
        yield make
    finally:
        for cls in known.values():
            cls._meta.sqlalchemy_session = None
