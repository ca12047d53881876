"""Past weeks of a demonstration centre: published sessions, who came, tasks; all of it invented."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.absence_reasons import install_reasons
from scheduler.demo.marks import TAKEN_AFTER, accepted_reasons, draw_mark
from scheduler.levels import note_levels
from scheduler.models import (
    AbsenceReason,
    Activity,
    Attendance,
    AttendanceMark,
    AttendanceRecord,
    Centre,
    Closure,
    Course,
    CourseEnrolment,
    Enrolment,
    EnrolmentStatus,
    GroupSession,
    OutsideAttendance,
    Plan,
    PlanState,
    Programme,
    Room,
    SessionLeader,
    Site,
    StaffKind,
    StaffMember,
)
from scheduler.models.calendar import ClosureKind
from scheduler.timegrid import monday_of, to_instant
from scheduler.watch import install_rules, look_after

WEEKS = 8

#: Share of people by how surely they come, and the chance that they do.
_RELIABILITY = ((0.72, 0.94), (0.20, 0.78), (0.08, 0.45))

#: Chance that somebody who follows a course of the school is there.
_AT_SCHOOL = 0.88

#: Chance that somebody's level has risen over the past weeks.
_RISEN = 0.09

_MAX_GROUPS = 2
_INTERVIEW_WEEKS = 3
_INTERVIEW_TIMES = (time(9), time(10, 15), time(11, 30), time(13, 30), time(14, 45), time(16))


@dataclass(slots=True)
class _Diary:
    """Hours taken, by owner and day, so that nobody and no room is in two places."""

    taken: dict[tuple[str, int, date], list[tuple[time, time]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def is_free(self, kind: str, row_id: int, day: date, starts: time, ends: time) -> bool:
        return all(b <= starts or a >= ends for a, b in self.taken.get((kind, row_id, day), ()))

    def take(self, kind: str, row_id: int, day: date, starts: time, ends: time) -> None:
        self.taken[kind, row_id, day].append((starts, ends))


def add_history(
    session: Session, centre: Centre, *, seed: int, now: datetime, weeks: int = WEEKS
) -> Plan | None:
    """Give a centre that has no plan yet past weeks of sessions, with their attendance.

    Parameters
    ----------
    centre : Centre
        With its people, programmes, staff and rooms flushed.
    seed : int
        For everything that is drawn; the same seed and day give the same history.
    now : datetime
        Aware; the history ends with the week before.
    weeks : int
        Whole weeks, from Monday to Sunday.

    Returns
    -------
    Plan or None
        The published version of these weeks; ``None`` when the centre has a plan already.
    """
    if session.scalar(select(func.count()).select_from(Plan).where(Plan.centre_id == centre.id)):
        return None
    writer = _Writer(session, centre, Random(f"history {seed}"), now, weeks)
    plan = writer.write()
    if session.scalar(select(AbsenceReason.id).where(AbsenceReason.centre_id == centre.id)) is None:
        install_reasons(session, centre.id)
        session.flush()
    writer.mark(plan)
    writer.write_school_hours()
    writer.raise_levels()
    install_rules(session, centre.id)
    session.flush()
    look_after(session, centre, now)
    return plan


class _Writer:
    """Draws the sessions, then who came; rows go to the database in bulk."""

    def __init__(self, session: Session, centre: Centre, rng: Random, now: datetime, weeks: int) -> None:
        self.session, self.centre, self.rng, self.now = session, centre, rng, now
        self.zone = ZoneInfo(centre.timezone)
        this_monday = monday_of(now.astimezone(self.zone).date())
        self.first_day = this_monday - timedelta(weeks=weeks)
        self.last_day = this_monday - timedelta(days=1)
        self.weeks = weeks
        self.diary = _Diary()
        self.sessions: list[tuple[dict[str, Any], Activity, list[int], list[int]]] = []
        self.enrolments = self._enrolments()
        self.closed = self._closed_days()
        own = Site.centre_id == centre.id
        self.sites = {
            row.id: row
            for row in session.scalars(
                select(Site).where(own).options(selectinload(Site.rooms)).order_by(Site.id)
            )
        }
        self.rooms: list[Room] = [
            room for row in self.sites.values() if not row.is_outside for room in row.rooms
        ]
        self.staff = list(
            session.scalars(
                select(StaffMember)
                .where(StaffMember.centre_id == centre.id, StaffMember.kind == StaffKind.STAFF)
                .order_by(StaffMember.id)
            )
        )
        self.courses = self._courses()

    def write(self) -> Plan:
        """Store a published plan with its sessions, leaders and people expected."""
        plan = Plan(
            centre_id=self.centre.id,
            number=1,
            publication=1,
            state=PlanState.PUBLISHED,
            first_day=self.first_day,
            last_day=self.last_day,
            created_at=to_instant(self.first_day - timedelta(days=7), time(9), self.zone),
            published_at=to_instant(self.first_day - timedelta(days=6), time(9), self.zone),
        )
        self.session.add(plan)
        self.session.flush()
        for week in range(self.weeks):
            self._draw_week(self.first_day + timedelta(weeks=week))
        common = {"centre_id": self.centre.id, "plan_id": plan.id, "changed_at": plan.published_at}
        stored = self.session.scalars(
            insert(GroupSession).returning(GroupSession.id, sort_by_parameter_order=True),
            [{**values, **common} for values, *_ in self.sessions],
        ).all()
        leaders, expected = [], []
        for session_id, (_values, activity, people, staff) in zip(stored, self.sessions, strict=True):
            role = str(activity.roles[0]["id"]) if activity.roles else "leader"
            leaders += [
                {"centre_id": self.centre.id, "session_id": session_id, "role": role, "staff_id": each}
                for each in staff
            ]
            expected += [
                {"centre_id": self.centre.id, "session_id": session_id, "participant_id": each}
                for each in people
            ]
        for table, rows in ((SessionLeader, leaders), (Attendance, expected)):
            if rows:
                self.session.execute(insert(table), rows)
        return plan

    def _draw_week(self, monday: date) -> None:
        by_programme: dict[int, list[Enrolment]] = defaultdict(list)
        for row in self.enrolments:
            if row.starts_on <= monday:
                by_programme[row.programme_id].append(row)
        for held in by_programme.values():
            programme = held[0].programme
            for number, activity in enumerate(programme.activities):
                if activity.kind == "professional" or not activity.active or not activity.times:
                    continue
                wanting = self._wanting(programme, activity, held)
                if not wanting:
                    continue
                if activity.individual:
                    self._draw_interviews(monday, activity, number, wanting)
                elif ((monday - self.first_day).days // 7 + number) % max(1, activity.period_weeks) == 0:
                    self._draw_groups(monday, activity, wanting)

    def _wanting(self, programme: Programme, activity: Activity, held: list[Enrolment]) -> list[int]:
        """Return people of a programme whose phase has a rule for an activity."""
        found = []
        for row in held:
            phase = row.phase.key if row.phase else None
            for rule in programme.demand_rules:
                if activity.key in rule.activity_keys and (not rule.phase_keys or phase in rule.phase_keys):
                    found.append(row.participant_id)
                    break
        return found

    def _draw_groups(self, monday: date, activity: Activity, wanting: Sequence[int]) -> None:
        left = list(wanting)
        self.rng.shuffle(left)
        for _group in range(_MAX_GROUPS):
            for day, starts in self._times(monday, activity):
                ends = _after(starts, activity.duration_minutes)
                people = [each for each in left if self._is_free(each, day, starts, ends)][
                    : activity.seats_max
                ]
                if ends <= starts or len(people) < max(2, activity.seats_min):
                    continue
                if self._hold(activity, day, starts, ends, people):
                    left = [each for each in left if each not in set(people)]
                    break
            if len(left) < 2:
                return

    def _draw_interviews(self, monday: date, activity: Activity, number: int, wanting: Sequence[int]) -> None:
        week = (monday - self.first_day).days // 7
        for turn, person in enumerate(wanting):
            if (week + turn + number) % max(_INTERVIEW_WEEKS, activity.period_weeks):
                continue
            day = monday + timedelta(days=self.rng.randrange(5))
            for starts in self.rng.sample(_INTERVIEW_TIMES, 3):
                ends = _after(starts, activity.duration_minutes)
                if starts < ends and self._is_free(person, day, starts, ends):
                    self._hold(activity, day, starts, ends, [person])
                    break

    def _times(self, monday: date, activity: Activity) -> list[tuple[date, time]]:
        choices = [
            (monday + timedelta(days=int(weekday)), time.fromisoformat(start))
            for each in activity.times
            for weekday in each["weekdays"]
            for start in each["starts"]
        ]
        self.rng.shuffle(choices)
        return choices[:6]

    def _is_free(self, person: int, day: date, starts: time, ends: time) -> bool:
        busy = self.courses.get((person, day.weekday()), ())
        return all(b <= starts or a >= ends for a, b in busy) and self.diary.is_free(
            "person", person, day, starts, ends
        )

    def _hold(self, activity: Activity, day: date, starts: time, ends: time, people: list[int]) -> bool:
        """Note a session if the centre is open and a room and somebody to lead it are free."""
        if day in self.closed or day.weekday() > 5:
            return False
        leader = next(
            (
                row
                for row in self.rng.sample(self.staff, len(self.staff))
                if self.diary.is_free("staff", row.id, day, starts, ends)
            ),
            None,
        )
        rooms = [room for room in self.rooms if room.seats >= len(people) + 1]
        room = next((room for room in rooms if self.diary.is_free("room", room.id, day, starts, ends)), None)
        if leader is None or room is None:
            return False
        self.diary.take("staff", leader.id, day, starts, ends)
        self.diary.take("room", room.id, day, starts, ends)
        for person in people:
            self.diary.take("person", person, day, starts, ends)
        values = {
            "kind": "appointment" if activity.individual else "group",
            "uid": str(UUID(int=self.rng.getrandbits(128), version=4)),
            "activity_id": activity.id,
            "day": day,
            "starts_at": to_instant(day, starts, self.zone),
            "ends_at": to_instant(day, ends, self.zone),
            "site_id": room.site_id,
            "room_id": room.id,
        }
        self.sessions.append((values, activity, people, [leader.id]))
        return True

    def mark(self, plan: Plan) -> None:
        """Mark who came, with the taps behind it."""
        accepted = accepted_reasons(self.session, self.centre)
        records, marks = [], []
        chance = self._chances()
        for values, activity, people, _staff in self.sessions:
            whole = int((values["ends_at"] - values["starts_at"]).total_seconds()) // 60
            for person in people:
                state, missed, reason = draw_mark(self.rng, chance[person](values["day"]), whole, accepted)
                minutes = whole - missed
                marked_at = values["starts_at"] + TAKEN_AFTER
                records.append(
                    {
                        "centre_id": self.centre.id,
                        "session_uid": values["uid"],
                        "participant_id": person,
                        "activity_id": activity.id,
                        "programme_id": activity.programme_id,
                        "site_id": values["site_id"],
                        "starts_at": values["starts_at"],
                        "ends_at": values["ends_at"],
                        "state": state,
                        "attended_minutes": minutes,
                        "reason_id": reason,
                        "marked_at": marked_at,
                    }
                )
                marks.append(
                    {
                        "centre_id": self.centre.id,
                        "key": str(UUID(int=self.rng.getrandbits(128), version=4)),
                        "state": state,
                        "attended_minutes": minutes,
                        "reason_id": reason,
                        "source": "roll_call",
                        "marked_at": marked_at,
                        "received_at": marked_at,
                    }
                )
        if not records:
            return
        ids = self.session.scalars(
            insert(AttendanceRecord).returning(AttendanceRecord.id, sort_by_parameter_order=True), records
        ).all()
        self.session.execute(
            insert(AttendanceMark),
            [{**mark, "record_id": record_id} for record_id, mark in zip(ids, marks, strict=True)],
        )

    def _chances(self) -> dict[int, Any]:
        """Return for every person how likely they come on a day; the least reliable come less and less."""

        def steady(chance: float) -> Any:
            return lambda _day: chance

        def fading(chance: float) -> Any:
            span = max(1, (self.last_day - self.first_day).days)
            return lambda day: chance * 2 * (1 - (day - self.first_day).days / span)

        found: dict[int, Any] = {}
        for person in sorted({row.participant_id for row in self.enrolments}):
            draw, chance = self.rng.random(), _RELIABILITY[0][1]
            for share, each in _RELIABILITY:
                chance = each
                if draw < share:
                    break
                draw -= share
            found[person] = fading(chance) if chance < 0.5 else steady(chance)
        return found

    def write_school_hours(self) -> None:
        """Write the minutes of the French courses, as the schools' lists would bring them."""
        counted = {
            row.participant_id
            for row in self.enrolments
            for counter in row.programme.counters
            if counter["key"] == "french"
        }
        rows = []
        for (person, weekday), spans in sorted(self.courses.items()):
            if person not in counted:
                continue
            minutes = sum(_minutes(b) - _minutes(a) for a, b in spans)
            for week in range(self.weeks):
                day = self.first_day + timedelta(weeks=week, days=weekday)
                if day not in self.closed and self.rng.random() < _AT_SCHOOL:
                    rows.append(
                        {
                            "centre_id": self.centre.id,
                            "participant_id": person,
                            "counter": "french",
                            "on": day,
                            "minutes": minutes,
                            "source": "Liste de l'école",
                        }
                    )
        if rows:
            self.session.execute(insert(OutsideAttendance), rows)

    def raise_levels(self) -> None:
        """Write that some people's spoken level was one lower before."""
        seen = set()
        for row in self.enrolments:
            person = row.participant
            if person.id in seen or not 1 <= person.level_spoken <= 5 or self.rng.random() > _RISEN:
                continue
            seen.add(person.id)
            day = self.first_day + timedelta(
                days=self.rng.randrange(min(7, 7 * self.weeks - 1), 7 * self.weeks)
            )
            note_levels(self.session, person, (person.level_spoken - 1, person.level_written), day)

    def _enrolments(self) -> list[Enrolment]:
        query = (
            select(Enrolment)
            .where(
                Enrolment.centre_id == self.centre.id,
                Enrolment.status.in_([EnrolmentStatus.ACTIVE, EnrolmentStatus.TRIAL]),
                Enrolment.starts_on <= self.last_day,
            )
            .options(
                joinedload(Enrolment.programme).selectinload(Programme.demand_rules),
                joinedload(Enrolment.programme).selectinload(Programme.activities),
                joinedload(Enrolment.phase),
                joinedload(Enrolment.participant),
            )
            .order_by(Enrolment.id)
        )
        return list(self.session.scalars(query))

    def _closed_days(self) -> set[date]:
        query = select(Closure).where(
            Closure.centre_id == self.centre.id, Closure.kind != ClosureKind.SCHOOL_HOLIDAY
        )
        return {day for row in self.session.scalars(query) for day in _days(row.starts_on, row.ends_on)}

    def _courses(self) -> dict[tuple[int, int], list[tuple[time, time]]]:
        query = (
            select(CourseEnrolment)
            .where(CourseEnrolment.centre_id == self.centre.id)
            .options(joinedload(CourseEnrolment.course).selectinload(Course.meetings))
        )
        found: dict[tuple[int, int], list[tuple[time, time]]] = defaultdict(list)
        for row in self.session.scalars(query).unique():
            for meeting in row.course.meetings:
                found[row.participant_id, meeting.weekday].append((meeting.starts, meeting.ends))
        return found


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _minutes(moment: time) -> int:
    return 60 * moment.hour + moment.minute


def _after(moment: time, minutes: int) -> time:
    ends = min(_minutes(moment) + minutes, 24 * 60 - 1)
    return time(ends // 60, ends % 60)
