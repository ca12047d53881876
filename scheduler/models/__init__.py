"""All tables, one module per noun; importing this package registers them on the metadata."""

from scheduler.models.audit import AuditEntry
from scheduler.models.calendar import Closure
from scheduler.models.centre import Centre, Membership, Role, User
from scheduler.models.course import Course, CourseEnrolment, CourseException, CourseMeeting, CourseSource
from scheduler.models.people import (
    Availability,
    BusyPeriod,
    PairRule,
    Participant,
    StaffKind,
    StaffMember,
)
from scheduler.models.places import EquipmentPool, Room, Site, TravelTime
from scheduler.models.plan import (
    Appointment,
    Attendance,
    GroupSession,
    Plan,
    PlanRun,
    PlanState,
    RunState,
    SessionLeader,
)
from scheduler.models.programme import (
    Activity,
    ActivityOrder,
    Cohort,
    CohortMember,
    DemandRule,
    Enrolment,
    EnrolmentStatus,
    MentoringPair,
    PathCounter,
    Phase,
    Programme,
)
from scheduler.models.roster import ImportBatch, ImportMapping

__all__ = [
    "Activity",
    "ActivityOrder",
    "Appointment",
    "Attendance",
    "AuditEntry",
    "Availability",
    "BusyPeriod",
    "Centre",
    "Closure",
    "Cohort",
    "CohortMember",
    "Course",
    "CourseEnrolment",
    "CourseException",
    "CourseMeeting",
    "CourseSource",
    "DemandRule",
    "Enrolment",
    "EnrolmentStatus",
    "EquipmentPool",
    "GroupSession",
    "ImportBatch",
    "ImportMapping",
    "Membership",
    "MentoringPair",
    "PairRule",
    "Participant",
    "PathCounter",
    "Phase",
    "Plan",
    "PlanRun",
    "PlanState",
    "Programme",
    "Role",
    "Room",
    "RunState",
    "SessionLeader",
    "Site",
    "StaffKind",
    "StaffMember",
    "TravelTime",
    "User",
]
