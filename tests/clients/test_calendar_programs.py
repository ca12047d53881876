"""What real calendar programs show after each thing that happens to a session, synchronised twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import recurring_ical_events
from flask import Flask
from icalendar import Calendar
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.links import renew_link, revoke_links
from tests.clients.conftest import Device
from tests.factories import Make

ARABIC = "نشاط المجموعة يوم الأربعاء في مركز المدينة مع المشرفة والرجاء إحضار الدفتر والقلم"


class World:
    """A centre with one person and the versions of its plan."""

    def __init__(self, rows: Session, make: Make, server_url: str) -> None:
        self.rows, self.make, self.server_url = rows, make, server_url
        self.person = make(m.Participant, first_name="Amina", message_language="fr")
        self.day = date(2027, 3, 22)
        self.published = 0

    def url(self) -> str:
        token = renew_link(self.rows, m.LinkKind.PARTICIPANT, self.person.id, datetime.now(UTC))
        self.rows.commit()
        return f"{self.server_url}/agenda/{token}.ics"

    def publish(self, *sessions: dict[str, object]) -> list[m.GroupSession]:
        """Publish a version with these sessions of the person."""
        self.published += 1
        plan = self.make(
            m.Plan,
            number=self.published,
            publication=self.published,
            state=m.PlanState.PUBLISHED,
            published_at=datetime.now(UTC),
            first_day=self.day,
            last_day=self.day + timedelta(27),
        )
        held = []
        for columns in sessions:
            values = {"day": self.day, "changed_at": datetime.now(UTC), **columns}
            row = self.make(m.GroupSession, plan=plan, **values)
            self.make(m.Attendance, session=row, participant=self.person)
            held.append(row)
        self.rows.commit()
        return held


@pytest.fixture
def world(rows: Session, make_row: Make, server_url: str) -> World:
    return World(rows, make_row, server_url)


def test_create_move_cancel_and_restore(world: World, device: Device) -> None:
    (held,) = world.publish({})
    device.subscribe(world.url())

    def shown() -> list[str]:
        device.sync()
        first = device.shows("2027-03-22", 28)
        device.sync()
        assert device.shows("2027-03-22", 28) == first
        return first

    assert shown() == ["2027-03-22 09:00-2027-03-22 12:00 Activité [CONFIRMED]"]
    world.publish({"uid": held.uid, "day": world.day + timedelta(1), "sequence": 1})
    assert shown() == ["2027-03-23 09:00-2027-03-23 12:00 Activité [CONFIRMED]"]
    world.publish({"day": world.day + timedelta(2)})
    assert shown() == [
        "2027-03-23 09:00-2027-03-23 12:00 Activité [CANCELLED]",
        "2027-03-24 09:00-2027-03-24 12:00 Activité [CONFIRMED]",
    ]
    world.publish({"uid": held.uid, "day": world.day + timedelta(1), "sequence": 3})
    assert "2027-03-23 09:00-2027-03-23 12:00 Activité [CONFIRMED]" in shown()


def test_a_revoked_calendar_loses_its_sessions(world: World, device: Device) -> None:
    world.publish({})
    device.subscribe(world.url())
    device.sync()
    assert len(device.shows("2027-03-22")) == 1
    revoke_links(world.rows, m.LinkKind.PARTICIPANT, world.person.id, datetime.now(UTC))
    world.rows.commit()
    device.sync()
    device.sync()
    assert device.shows("2027-03-22") == []


def test_changes_of_the_clock_midnight_and_long_texts(world: World, device: Device, app: Flask) -> None:
    summer, winter = date(2027, 3, 28), date(2027, 10, 31)
    activity = world.make(m.Activity, neutral_name=ARABIC)
    world.day = date(2027, 3, 22)
    world.publish(
        {"day": summer, "starts_at": datetime(2027, 3, 28, 7, 0, tzinfo=UTC), "activity": activity},
        {
            "day": world.day,
            "starts_at": datetime(2027, 3, 22, 21, 0, tzinfo=UTC),
            "ends_at": datetime(2027, 3, 23, 1, 0, tzinfo=UTC),
        },
    )
    world.day = date(2027, 10, 18)
    world.publish({"day": winter, "starts_at": datetime(2027, 10, 31, 8, 0, tzinfo=UTC)})
    url = world.url()
    device.subscribe(url)
    for _ in range(2):
        device.sync()
        assert device.shows("2027-03-22", 7) == [
            "2027-03-22 22:00-2027-03-23 02:00 Activité [CONFIRMED]",
            f"2027-03-28 09:00-2027-03-28 12:00 {ARABIC} [CONFIRMED]",
        ]
        assert device.shows("2027-10-31", 1) == ["2027-10-31 09:00-2027-10-31 12:00 Activité [CONFIRMED]"]


def test_other_parsers_read_the_same(world: World, app: Flask, run_node: Callable[[str, str], str]) -> None:
    world.publish(
        {}, {"day": world.day + timedelta(6), "activity": world.make(m.Activity, neutral_name=ARABIC)}
    )
    body = app.test_client().get(world.url().removeprefix(world.server_url)).data
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line

    script = """
    import ICAL from "ical.js";
    let text = ""; for await (const part of process.stdin) text += part;
    const calendar = new ICAL.Component(ICAL.parse(text));
    for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
    const events = calendar.getAllSubcomponents("vevent").map((c) => new ICAL.Event(c));
    console.log(JSON.stringify(events.map((e) => [e.startDate.toJSDate().toISOString(), e.summary])));
    """
    starts = [f"{world.day}T08:00:00", f"{world.day + timedelta(6)}T08:00:00"]
    assert json.loads(run_node(script, body.decode())) == [
        [f"{starts[0]}.000Z", "Activité"],
        [f"{starts[1]}.000Z", ARABIC],
    ]
    found = recurring_ical_events.of(Calendar.from_ical(body)).between(world.day, world.day + timedelta(20))
    assert sorted(event.start.astimezone(UTC).replace(tzinfo=None).isoformat() for event in found) == starts
