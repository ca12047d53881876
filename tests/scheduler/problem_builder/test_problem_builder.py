"""From rows to a planning problem."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.errors import InvalidInputError
from scheduler.models.calendar import ClosureKind
from scheduler.planner_ids import activity_rows, demand_rows, row_id
from scheduler.problem_builder import BuiltProblem, build_problem
from scheduler.publish import preview
from solver import codec
from solver.check import check_problem
from solver.conflicts import find_conflicts
from solver.problem import Activity, Demand, Participant, Problem
from tests.factories import MONDAY, Make
from tests.planning import World, hold, make_world, publish_days

SLOT = 4  # slots an hour


def at(day: int, hour: float) -> int:
    return day * 96 + int(hour * SLOT)


@pytest.fixture
def build(session: Session, centre: m.Centre, now: datetime) -> Any:
    def run(first_day: date = MONDAY, weeks: int = 4, **options: Any) -> BuiltProblem:
        session.flush()
        session.expire_all()
        built = build_problem(session, centre, first_day, weeks, options.pop("now", now), **options)
        check_problem(built.problem)
        return built

    return run


@pytest.fixture
def world(make: Make) -> World:
    return make_world(make)


def one(problem: Problem) -> tuple[Participant, Activity]:
    return problem.participants[0], problem.activities[0]


def test_ids_come_back_as_rows() -> None:
    assert row_id("p12") == 12
    assert activity_rows("a5") == (5, None)
    assert activity_rows("a5c2") == (5, 2)
    assert demand_rows("d3p12") == demand_rows("d3p12h") == (3, 12)
    with pytest.raises(ValueError):
        activity_rows("p5")
    with pytest.raises(ValueError):
        demand_rows("a5")


def test_an_empty_centre_is_a_problem_too(build: Any) -> None:
    problem = build().problem
    assert problem.participants == problem.activities == problem.demands == ()
    assert problem.days == 28
    assert problem.previous is None


@pytest.mark.parametrize(("first_day", "weeks"), [(MONDAY, 0), (MONDAY, 14), (MONDAY + timedelta(1), 4)])
def test_impossible_horizons_are_refused(build: Any, first_day: date, weeks: int) -> None:
    with pytest.raises(InvalidInputError):
        build(first_day, weeks)


def test_a_small_centre(build: Any, world: World) -> None:
    problem = build().problem
    person, activity = one(problem)
    assert person.id == f"p{world['person'].id}"
    assert person.name == ""
    assert activity.starts == tuple(sorted((d, s) for d in range(5) for s in (36, 54)))
    assert activity.duration_slots == 12
    assert activity.sites == (f"l{world['site'].id}",)
    assert activity.roles[0].id == "leader"
    (demand,) = problem.demands
    assert (demand.period_weeks, demand.min, demand.target, demand.max) == (1, 1, 1, 2)
    assert (demand.from_day, demand.to_day) == (0, 28)
    assert demand.activities == (activity.id,)
    assert codec.loads(Problem, codec.dumps(problem)) == problem


def test_courses_make_people_busy_but_not_in_holidays(make: Make, build: Any, world: World) -> None:
    course = make(m.Course, travel_minutes=20)
    make(m.CourseMeeting, course=course, weekday=0, starts=time(9), ends=time(12))
    make(m.CourseMeeting, course=course, weekday=2, starts=time(13, 10), ends=time(15, 50))
    make(m.CourseEnrolment, course=course, participant=world["person"])
    make(m.CourseException, course=course, on=MONDAY + timedelta(2))
    make(m.CourseException, course=course, on=MONDAY + timedelta(3), starts=time(10), ends=time(11))
    make(
        m.Closure,
        kind=ClosureKind.SCHOOL_HOLIDAY,
        community="fr",
        starts_on=MONDAY + timedelta(7),
        ends_on=MONDAY + timedelta(13),
    )
    make(
        m.Closure,
        kind=ClosureKind.SCHOOL_HOLIDAY,
        community="nl",
        starts_on=MONDAY + timedelta(14),
        ends_on=MONDAY + timedelta(20),
    )
    make(
        m.Closure,
        kind=ClosureKind.PUBLIC_HOLIDAY,
        starts_on=MONDAY + timedelta(21),
        ends_on=MONDAY + timedelta(21),
    )
    problem = build().problem
    assert one(problem)[0].busy == (
        (at(0, 8.5), at(0, 12.5)),
        (at(3, 9.5), at(3, 11.5)),
        (at(14, 8.5), at(14, 12.5)),
        (at(16, 12.5), at(16, 16.5)),
        (at(23, 12.5), at(23, 16.5)),
    )
    assert problem.closed_days == (21,)


def test_a_course_follows_the_community_of_its_language(make: Make, build: Any, world: World) -> None:
    course = make(m.Course, language="nl")
    make(m.CourseMeeting, course=course, weekday=1)
    make(m.CourseEnrolment, course=course, participant=world["person"], ends_on=MONDAY + timedelta(14))
    make(
        m.Closure,
        kind=ClosureKind.SCHOOL_HOLIDAY,
        community="nl",
        starts_on=MONDAY,
        ends_on=MONDAY + timedelta(6),
    )
    assert one(build().problem)[0].busy == ((at(8, 9), at(8, 12)),)


def test_weekly_and_single_times_of_everybody(make: Make, build: Any, world: World) -> None:
    person, staff, room = world["person"], world["staff"], world["room"]
    person.earliest, person.latest = time(8, 50), time(15, 20)
    make(m.Availability, participant=person, weekday=4, starts=time(15, 5), ends=time(16))
    make(m.Availability, participant=person, weekday=4, starts=time(9), ends=time(10), valid_until=MONDAY)
    day = datetime(2026, 12, 1, tzinfo=UTC)
    make(
        m.BusyPeriod, participant=person, starts_at=day + timedelta(hours=8), ends_at=day + timedelta(hours=9)
    )
    make(m.Availability, staff=staff, weekday=0, starts=time(8, 10), ends=time(17))
    make(
        m.Availability,
        staff=staff,
        weekday=2,
        starts=time(9),
        ends=time(12),
        valid_from=MONDAY + timedelta(8),
    )
    monday = datetime(2026, 11, 30, tzinfo=UTC)
    make(
        m.BusyPeriod,
        staff=staff,
        starts_at=monday + timedelta(hours=9),
        ends_at=monday + timedelta(hours=10),
    )
    make(m.Availability, room=room, weekday=1, starts=time(9), ends=time(17))
    problem = build(weeks=2).problem
    assert one(problem)[0].busy == (
        (at(1, 9), at(1, 10)),
        (at(4, 15), at(4, 16)),
        (at(11, 15), at(11, 16)),
    )
    assert one(problem)[0].day_hours == ((36, 61),) * 7
    assert problem.staff[0].available == (
        (at(0, 8.25), at(0, 10)),
        (at(0, 11), at(0, 17)),
        (at(7, 8.25), at(7, 17)),
        (at(9, 9), at(9, 12)),
    )
    assert problem.rooms[0].available == ((at(1, 9), at(1, 17)), (at(8, 9), at(8, 17)))


def test_what_a_pair_settled_by_itself_makes_both_busy(make: Make, build: Any, world: World) -> None:
    pair = make(m.MentoringPair, participant=world["person"], mentor=world["staff"])
    make(m.MentoringMeeting, pair=pair)
    make(
        m.MentoringMeeting,
        pair=pair,
        state=m.MeetingState.CANCELLED,
        starts_at=datetime(2026, 12, 1, 8, tzinfo=UTC),
    )
    problem = build(weeks=1).problem
    assert one(problem)[0].busy == ((at(1, 14), at(1, 16)),)
    assert not any(start < at(1, 16) and at(1, 14) < end for start, end in problem.staff[0].available)
    assert any(end == at(1, 14) for _start, end in problem.staff[0].available)


@pytest.fixture
def mentored(make: Make, world: World) -> m.MentoringPair:
    """The person's one activity is to meet their mentor, once a week."""
    world["activity"].individual = world["activity"].with_mentor = True
    world["activity"].seats_max = 1
    world["rule"].max = 1
    pair: m.MentoringPair = make(m.MentoringPair, participant=world["person"], mentor=world["staff"])
    return pair


def asked(problem: Problem) -> list[tuple[int, int | None, int, int, int | None, int]]:
    return [(d.from_day, d.to_day, d.min, d.target, d.max, d.period_weeks) for d in problem.demands]


def meeting_on(make: Make, pair: m.MentoringPair, day: int, **columns: Any) -> m.MentoringMeeting:
    starts_at = datetime(2026, 11, 30, 13, tzinfo=UTC) + timedelta(day)
    made: m.MentoringMeeting = make(
        m.MentoringMeeting, pair=pair, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2), **columns
    )
    return made


def test_a_meeting_of_their_own_is_not_planned_again_that_week(
    make: Make, build: Any, world: World, mentored: m.MentoringPair
) -> None:
    assert asked(build().problem) == [(0, 28, 1, 1, 1, 1)]
    meeting_on(make, mentored, 8)
    made = meeting_on(make, mentored, 15, state=m.MeetingState.CANCELLED)
    problem = build().problem
    assert asked(problem) == [(0, 7, 1, 1, 1, 1), (14, 28, 1, 1, 1, 1)]
    assert {demand_rows(d.id) for d in problem.demands} == {(world["rule"].id, world["person"].id)}
    assert asked(build(judging=True).problem)[1] == (7, 14, 0, 0, 1, 0), "a person may hold one all the same"
    made.state = m.MeetingState.PROPOSED
    assert asked(build().problem) == [(0, 7, 1, 1, 1, 1), (21, 28, 1, 1, 1, 1)]
    world["rule"].target = world["rule"].max = 3
    assert asked(build().problem)[1:3] == [(7, 14, 0, 2, 2, 0), (14, 21, 0, 2, 2, 0)]
    world["activity"].with_mentor = False
    assert asked(build().problem) == [(0, 28, 1, 3, 3, 1)], "with somebody else it is another matter"


def test_meetings_of_their_own_before_the_horizon_count_as_well(
    make: Make, build: Any, world: World, mentored: m.MentoringPair
) -> None:
    world["rule"].period_weeks = 2
    publish_days(make, world, MONDAY - timedelta(7), MONDAY - timedelta(1))
    assert asked(build(weeks=3).problem) == [(0, 7, 1, 1, 1, 0), (7, 21, 1, 1, 1, 2)]
    meeting_on(make, mentored, -4, state=m.MeetingState.HELD, minutes=90)
    assert asked(build(weeks=3).problem) == [(7, 21, 1, 1, 1, 2)]


def test_a_meeting_planned_beside_their_own_is_no_breach(
    session: Session, centre: m.Centre, make: Make, world: World, mentored: m.MentoringPair, now: datetime
) -> None:
    plan = publish_days(make, world, MONDAY, MONDAY + timedelta(6))
    world["activity"].roles, world["staff"].kind = [], m.StaffKind.VOLUNTEER
    row = make(
        m.Appointment,
        plan=plan,
        activity=world["activity"],
        site=world["site"],
        room=world["room"],
        locked=True,
    )
    make(m.Attendance, session=row, participant=world["person"])
    meeting_on(make, mentored, 3)
    session.flush()
    assert preview(session, centre, plan, now).conflicts == ()
    problem = build_problem(session, centre, MONDAY, 1, now).problem
    assert asked(problem) == [(0, 7, 0, 0, 1, 0)]
    assert [fixed.session.id for fixed in problem.fixed] == [row.uid]


def test_a_closed_site_closes_its_rooms_only(make: Make, build: Any, world: World) -> None:
    make(m.Closure, site_id=world["site"].id, starts_on=MONDAY, ends_on=MONDAY)
    problem = build(weeks=1).problem
    assert problem.closed_days == ()
    assert problem.rooms[0].available == ((96, 7 * 96),)


def test_who_left_and_what_is_out_of_use_is_never_available(build: Any, world: World) -> None:
    world["staff"].active = world["room"].active = False
    problem = build().problem
    assert problem.staff[0].available == problem.rooms[0].available == ()


def test_travel_equipment_and_pairs(make: Make, build: Any, world: World) -> None:
    other = make(m.Site, name="Antenne")
    make(m.TravelTime, site_a=world["site"], site_b=other, minutes=20)
    make(m.TravelTime, site_a=other, site_b=world["site"], minutes=40)
    pool = make(m.EquipmentPool, key="laptops", units=6)
    world["activity"].equipment = [{"equipment": "laptops", "units": 4}, {"equipment": "minibus", "units": 1}]
    second = make(m.Participant)
    make(m.Enrolment, programme=world["programme"], participant=second)
    make(m.PairRule, a=world["person"], b=second, kind="together")
    make(m.PairRule, a=world["person"], kind="apart")
    problem = build().problem
    assert [(t.a, t.b, t.slots) for t in problem.travel] == [(f"l{world['site'].id}", f"l{other.id}", 3)]
    assert [(e.id, e.units) for e in problem.equipment] == [(f"e{pool.id}", 6), ("minibus", 0)]
    assert [n.equipment for n in problem.activities[0].equipment] == [f"e{pool.id}", "minibus"]
    assert [p.kind for p in problem.pair_rules] == ["together"]


def test_opt_outs_and_wishes_name_activities_by_their_key(build: Any, world: World) -> None:
    world["person"].opt_outs = ["sexuality", "atelier"]
    world["person"].preferred_activities = ["atelier", "inconnue"]
    person, activity = one(build().problem)
    assert set(person.opt_outs) == {"sexuality", "atelier", activity.id}
    assert person.preferred_activities == (activity.id,)


def test_lead_time_and_today_close_the_first_days(build: Any, world: World) -> None:
    assert build().problem.activities[0].earliest_day == 0
    world["activity"].lead_days = 14
    assert build().problem.activities[0].earliest_day == 7
    world["activity"].lead_days = 0
    wednesday = datetime(2026, 12, 2, 9, tzinfo=UTC)
    assert build(now=wednesday).problem.activities[0].earliest_day == 3
    assert build(now=wednesday, judging=True).problem.activities[0].earliest_day == 0


def test_cohorts_get_their_own_copies(make: Make, build: Any, world: World) -> None:
    world["activity"].per_cohort = True
    programme, person = world["programme"], world["person"]
    mine = make(m.Cohort, programme=programme, seats_max=8, ends_on=MONDAY + timedelta(13))
    make(m.Cohort, programme=programme, ends_on=MONDAY - timedelta(1))
    later = make(m.Cohort, programme=programme, starts_on=MONDAY + timedelta(10))
    make(m.CohortMember, cohort=mine, participant=person)
    make(m.CohortMember, cohort=mine)
    problem = build().problem
    assert [a.id for a in problem.activities] == [
        f"a{world['activity'].id}c{mine.id}",
        f"a{world['activity'].id}c{later.id}",
    ]
    first, second = problem.activities
    assert (first.seats_max, first.earliest_day, first.latest_day) == (8, 0, 13)
    assert (second.earliest_day, second.latest_day) == (10, 27)
    assert first.members == (f"p{person.id}",)
    assert problem.demands[0].activities == (first.id,)


def test_orders_join_copies_of_one_cohort(make: Make, build: Any, world: World) -> None:
    programme = world["programme"]
    world["activity"].per_cohort = True
    make(m.Activity, programme=programme, key="suite", per_cohort=True)
    make(m.ActivityOrder, programme=programme, kind="before", first_key="atelier", second_key="suite")
    cohorts = [make(m.Cohort, programme=programme) for _ in range(2)]
    orders = build().problem.orders
    assert {(o.first.partition("c")[2], o.second.partition("c")[2]) for o in orders} == {
        (str(c.id), str(c.id)) for c in cohorts
    }


@pytest.mark.parametrize(
    ("status", "before", "planned"),
    [
        ("active", False, 1),
        ("trial", False, 1),
        ("waiting", True, 1),
        ("waiting", False, 0),
        ("paused", True, 0),
    ],
)
def test_who_is_planned(
    make: Make, build: Any, world: World, status: str, before: bool, planned: int
) -> None:
    phase = make(m.Phase, programme=world["programme"], before_enrolment=before)
    world["enrolment"].status = m.EnrolmentStatus(status)
    world["enrolment"].phase = phase
    assert len(build().problem.demands) == planned


def test_rules_follow_phase_conditions_and_weeks(make: Make, build: Any, world: World) -> None:
    programme, rule = world["programme"], world["rule"]
    phase = make(m.Phase, programme=programme, key="milieu")
    rule.phase_keys = ["milieu"]
    assert build().problem.demands == ()
    world["enrolment"].phase = phase
    assert len(build().problem.demands) == 1
    rule.conditions = {"level_spoken": [2, 4]}
    assert build().problem.demands == ()
    rule.conditions = {"mentored": True}
    assert build().problem.demands == ()
    pair = make(m.MentoringPair, participant=world["person"])
    problem = build().problem
    assert len(problem.demands) == 1
    assert problem.participants[0].mentor == f"s{pair.mentor_id}"
    rule.conditions = {}
    world["enrolment"].starts_on = MONDAY - timedelta(weeks=4)
    rule.after_weeks, rule.until_weeks = 5, 7
    (demand,) = build().problem.demands
    assert (demand.from_day, demand.to_day) == (7, 21)


def amounts(demands: tuple[Demand, ...]) -> list[tuple[int, int | None, int, int, int, int | None]]:
    return [(d.from_day, d.to_day, d.period_weeks, d.min, d.target, d.max) for d in demands]


def test_somebody_who_starts_in_mid_week_is_asked_for_the_rest_of_it(build: Any, world: World) -> None:
    world["enrolment"].starts_on = MONDAY + timedelta(9)
    assert amounts(build().problem.demands) == [(9, 14, 0, 0, 1, 2), (14, 28, 1, 1, 1, 2)]


def test_fortnights_are_the_same_when_planned_again(make: Make, build: Any, world: World) -> None:
    rule, person = world["rule"], world["person"]
    rule.period_weeks = 2
    assert amounts(build().problem.demands) == [(0, 28, 2, 1, 1, 2)]
    plan = publish_days(make, world, MONDAY, MONDAY + timedelta(27))
    later = MONDAY + timedelta(7)
    after = datetime(2026, 12, 6, 12, tzinfo=UTC)
    assert amounts(build(later, now=after).problem.demands) == [(0, 7, 0, 1, 1, 2), (7, 28, 2, 1, 1, 2)]
    hold(make, world, plan, MONDAY + timedelta(2), person)
    assert amounts(build(later, now=after).problem.demands) == [(0, 7, 0, 0, 0, 1), (7, 28, 2, 1, 1, 2)]


def test_a_long_period_is_due_by_its_end(make: Make, build: Any, world: World) -> None:
    world["rule"].period_weeks = 8
    publish_days(make, world, MONDAY, MONDAY + timedelta(27))
    later = MONDAY + timedelta(28)
    assert amounts(build(later, weeks=4).problem.demands) == [(0, 28, 0, 1, 1, 2)]
    assert amounts(build(later, weeks=2).problem.demands) == [(0, 14, 0, 0, 0, 2)]


def test_long_windows_of_appointments_are_each_person_s_own(make: Make, build: Any, world: World) -> None:
    world["activity"].individual = True
    rule, enrolment = world["rule"], world["enrolment"]
    rule.period_weeks, rule.max, rule.legal = 17, 1, True
    enrolment.starts_on = MONDAY - timedelta(weeks=15) + timedelta(2)
    assert amounts(build().problem.demands) == [(0, 14, 0, 1, 1, 1)]
    rule.legal = False
    assert amounts(build().problem.demands) == [(0, 14, 0, 0, 1, 1)]
    enrolment.starts_on = MONDAY - timedelta(weeks=5)
    assert build().problem.demands == ()
    plan = publish_days(make, world, MONDAY - timedelta(weeks=15), MONDAY - timedelta(1))
    enrolment.starts_on = MONDAY - timedelta(weeks=15)
    assert amounts(build().problem.demands) == [(0, 14, 0, 1, 1, 1)]
    hold(make, world, plan, MONDAY - timedelta(weeks=9), world["person"], model=m.Appointment)
    assert build().problem.demands == ()


def test_needed_once_means_once(make: Make, build: Any, world: World) -> None:
    rule = world["rule"]
    rule.period_weeks, rule.max = 0, 1
    assert amounts(build().problem.demands) == [(0, 28, 0, 1, 1, 1)]
    plan = publish_days(make, world, MONDAY, MONDAY + timedelta(6))
    row = hold(make, world, plan, MONDAY, world["person"])
    assert build(MONDAY + timedelta(7)).problem.demands == ()
    make(m.AttendanceRecord, session=row, participant=world["person"], state=m.AttendanceState.ABSENT)
    assert amounts(build(MONDAY + timedelta(7)).problem.demands) == [(0, 28, 0, 1, 1, 1)]


def test_needed_once_within_weeks_is_due_by_and_by(build: Any, world: World) -> None:
    rule = world["rule"]
    rule.period_weeks, rule.until_weeks, rule.min, rule.target, rule.max = 0, 8, 6, 6, 6
    rule.max_per_week = 1
    world["enrolment"].starts_on = MONDAY
    assert amounts(build().problem.demands) == [(0, 28, 0, 3, 4, 6)]


def test_a_gap_is_kept_across_the_edge_of_the_horizon(make: Make, build: Any, world: World) -> None:
    world["rule"].gap_days = 5
    plan = publish_days(make, world, MONDAY, MONDAY + timedelta(6))
    hold(make, world, plan, MONDAY + timedelta(4), world["person"])
    demands = build(MONDAY + timedelta(7)).problem.demands
    assert [(d.from_day, d.to_day) for d in demands] == [(2, 7), (7, 28)]


def test_a_full_counter_ends_its_demand(make: Make, build: Any, world: World) -> None:
    world["programme"].counters = [
        {"key": "citizenship", "name": "Citoyenneté", "target_minutes": 3600, "activities": ["atelier"]}
    ]
    rule = world["rule"]
    rule.unit, rule.min, rule.target, rule.max, rule.legal = "minutes", 180, 360, 720, True
    rule.counter_key = "citizenship"
    assert amounts(build().problem.demands) == [(0, 28, 1, 180, 360, 720)]
    make(m.PathCounter, programme=world["programme"], participant=world["person"], prior_minutes=2700)
    make(
        m.OutsideAttendance,
        participant=world["person"],
        counter="citizenship",
        on=MONDAY - timedelta(20),
        minutes=240,
    )
    assert amounts(build().problem.demands) == [(0, 14, 1, 180, 360, 720)]
    plan = publish_days(make, world, MONDAY - timedelta(7), MONDAY - timedelta(1))
    for day in (7, 6, 5, 4):
        hold(make, world, plan, MONDAY - timedelta(day), world["person"])
    assert build().problem.demands == ()


def test_staff_from_territory_or_referent(make: Make, build: Any, world: World) -> None:
    rule, person = world["rule"], world["person"]
    world["activity"].individual = True
    world["staff"].municipalities = ["Gembloux"]
    mine = make(m.StaffMember, municipalities=["namur", "Andenne"])
    everywhere = make(m.StaffMember)
    make(m.StaffMember, kind=m.StaffKind.VOLUNTEER)
    rule.staff_from, person.municipality = "territory", "Namur"
    assert build().problem.demands[0].staff == (f"s{mine.id}", f"s{everywhere.id}")
    person.municipality = ""
    assert build().problem.demands[0].staff is None
    rule.staff_from, person.referent = "referent", mine
    problem = build().problem
    assert problem.demands[0].staff == problem.participants[0].referents == (f"s{mine.id}",)


def test_what_was_attended_before(make: Make, build: Any, world: World) -> None:
    world["activity"].mix, world["activity"].pattern = True, "alternating"
    second = make(m.Participant)
    make(m.Enrolment, programme=world["programme"], participant=second)
    plan = publish_days(make, world, MONDAY - timedelta(14), MONDAY - timedelta(1))
    hold(make, world, plan, MONDAY - timedelta(12), world["person"], second)
    hold(make, world, plan, MONDAY - timedelta(3), world["person"], second)
    cancelled = hold(make, world, plan, MONDAY - timedelta(2), world["person"], second)
    cancelled.cancelled_at = plan.created_at
    problem = build().problem
    (met,) = problem.met
    assert met.times == 2
    assert problem.activities[0].previous_weekday == 4
    assert [p.completed for p in problem.participants] == [(problem.activities[0].id,)] * 2


def test_newcomers_by_the_centre_s_own_measure(build: Any, world: World, centre: m.Centre) -> None:
    assert build().problem.participants[0].newcomer
    centre.settings = {"newcomer_weeks": 2}
    assert not build().problem.participants[0].newcomer


def test_past_and_frozen_sessions_stay_and_later_ones_do_not(make: Make, build: Any, world: World) -> None:
    plan = publish_days(make, world, MONDAY, MONDAY + timedelta(27))
    person = world["person"]
    rows = [hold(make, world, plan, MONDAY + timedelta(d), person) for d in (0, 2, 3, 4)]
    rows[3].locked = True
    tuesday = datetime(2026, 12, 1, 9, tzinfo=UTC)
    built = build(now=tuesday)
    fixed = {f.session.id: f for f in built.problem.fixed}
    assert set(fixed) == {rows[0].uid, rows[1].uid, rows[3].uid}
    assert fixed[rows[0].uid].closed
    assert fixed[rows[1].uid].closed
    assert not fixed[rows[3].uid].closed
    assert "start" in fixed[rows[0].uid].overrides
    assert built.problem.activities[0].earliest_day == 3
    assert built.problem.previous is not None
    assert [s.id for s in built.problem.previous] == [r.uid for r in rows]
    assert built.planned[0].start == at(0, 9)


def test_what_stands_breaks_no_rule_but_what_is_locked_may(make: Make, build: Any, world: World) -> None:
    world["activity"].sessions_max = 2
    plan = publish_days(make, world, MONDAY, MONDAY + timedelta(27))
    rows = [hold(make, world, plan, MONDAY + timedelta(d), world["person"], locked=True) for d in (0, 2, 10)]
    course = make(m.Course)
    for weekday in (0, 2, 3):
        make(m.CourseMeeting, course=course, weekday=weekday)
    make(m.CourseEnrolment, course=course, participant=world["person"])
    fixed = build(now=datetime(2026, 12, 1, 9, tzinfo=UTC)).problem.fixed
    assert {f.session.id: f.overrides for f in fixed} == {
        rows[0].uid: ("busy", "start"),
        rows[1].uid: ("busy", "start"),
        rows[2].uid: (),
    }


def test_a_draft_is_planned_from_its_own_sessions(make: Make, build: Any, world: World) -> None:
    person = world["person"]
    published = publish_days(make, world, MONDAY, MONDAY + timedelta(27))
    hold(make, world, published, MONDAY + timedelta(8), person)
    draft = make(m.Plan, number=2)
    row = hold(make, world, draft, MONDAY + timedelta(9), person)
    make(m.Attendance, session=row, excluded=True)
    built = build(base_plan=draft)
    assert [s.id for s in built.planned] == [row.uid]
    (fixed,) = built.problem.fixed
    assert len(fixed.excluded) == 1
    assert built.problem.previous is not None
    assert len(built.problem.previous) == 1
    assert built.problem.previous[0].id != row.uid


def test_a_cancelled_session_is_not_planned_from(make: Make, build: Any, world: World) -> None:
    plan = publish_days(make, world, MONDAY, MONDAY + timedelta(27))
    row = hold(make, world, plan, MONDAY + timedelta(1), world["person"], locked=True)
    row.cancelled_at = plan.created_at
    built = build()
    assert built.problem.fixed == built.planned == ()
    assert [state.uid for state in built.base] == [row.uid]
    assert built.problem.activities[0].closed_starts == (at(1, 9),)
    row.withdrawn = True
    assert build().problem.activities[0].closed_starts == ()
    row.withdrawn = False
    hold(make, world, plan, MONDAY + timedelta(1), world["person"])
    assert build().problem.activities[0].closed_starts == ()


def test_a_run_of_days_goes_on_over_the_edge_of_the_horizon(make: Make, build: Any, world: World) -> None:
    activity = world["activity"]
    activity.pattern, activity.run_length, activity.sessions_max, activity.period_weeks = (
        "consecutive",
        4,
        4,
        0,
    )
    plan = publish_days(make, world, MONDAY - timedelta(7), MONDAY + timedelta(20))
    days = [-4, -3, 0, 1]
    rows = [hold(make, world, plan, MONDAY + timedelta(d), world["person"]) for d in days]
    problem = build(now=datetime(2026, 11, 27, 7, tzinfo=UTC)).problem
    assert [f.session.id for f in problem.fixed] == [r.uid for r in rows[2:]]
    assert all(f.closed and "pattern" in f.overrides for f in problem.fixed)
    assert problem.activities[0].starts == ()
    assert find_conflicts(problem) == ()


def test_retired_activities_and_lost_roles_do_not_break_old_sessions(
    make: Make, build: Any, world: World
) -> None:
    plan = publish_days(make, world, MONDAY, MONDAY + timedelta(27))
    hold(make, world, plan, MONDAY, world["person"])
    world["activity"].active = False
    world["activity"].roles = [{"id": "host", "count": 1}]
    (fixed,) = build(now=datetime(2026, 12, 3, 9, tzinfo=UTC)).problem.fixed
    assert fixed.session.leaders == ()
    assert {"role", "start"} <= set(fixed.overrides)


def test_people_beside_programmes_only_when_asked_for(make: Make, build: Any, world: World) -> None:
    guest = make(m.Participant)
    assert len(build().problem.participants) == 1
    assert {p.id for p in build(also=[guest.id]).problem.participants} == {
        f"p{guest.id}",
        f"p{world['person'].id}",
    }


def test_a_fixed_number_of_queries(
    make: Make, session: Session, centre: m.Centre, now: datetime, world: World
) -> None:
    def fill() -> None:
        person = make(m.Participant)
        make(m.Enrolment, programme=world["programme"], participant=person)
        make(m.CourseEnrolment, participant=person)
        make(m.Availability, participant=person)
        make(m.BusyPeriod, participant=person)
        make(m.Availability, staff=make(m.StaffMember))
        plan = make(
            m.Plan,
            number=session.query(m.Plan).count() + 1,
            publication=session.query(m.Plan).count() + 1,
            first_day=MONDAY - timedelta(7),
        )
        for day in (MONDAY, MONDAY - timedelta(2)):
            hold(make, world, plan, day, person, world["person"])
        hold(make, world, plan, MONDAY, person, activity=make(m.Activity, programme=make(m.Programme)))

    def count() -> int:
        session.flush()
        session.expire_all()
        _ = centre.id, centre.settings
        seen = []

        def note(*_args: Any) -> None:
            seen.append(1)

        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note)
        try:
            build_problem(session, centre, MONDAY, 4, now)
        finally:
            event.remove(connection, "before_cursor_execute", note)
        return len(seen)

    fill()
    first = count()
    for _ in range(2):
        fill()
    assert count() == first
