"""Settings: lists at constant cost, forms that refuse, and other centres out of reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.models import (
    Availability,
    BusyPeriod,
    Centre,
    Closure,
    Course,
    CourseException,
    EquipmentPool,
    Membership,
    Role,
    Room,
    Site,
    StaffMember,
    TravelTime,
    User,
)
from scheduler.models.calendar import ClosureKind
from tests.queries import recorded
from tests.web import centre_rows as make

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def base(app_centre: Centre) -> str:
    """Address of the settings."""
    return f"/c/{app_centre.slug}/reglages"


ADD = {
    "equipe": make.staff,
    "sites": make.site,
    "locaux": make.site,
    "materiel": make.equipment,
    "cours": make.course,
    "fermetures": make.closure,
    "programmes": make.programme,
}


@pytest.mark.parametrize("page", [*ADD, "comptes"])
def test_a_list_costs_the_same_queries_for_one_and_for_three(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str, page: str
) -> None:
    client = sign_in(Role.ADMINISTRATOR)
    counts = []
    for more in (1, 2):
        for _ in range(more):
            if page == "comptes":
                sign_in(Role.ANIMATEUR)
            else:
                ADD[page](rows, app_centre)
        with recorded() as statements:
            assert client.get(f"{base}/{page}/").status_code == 200
        counts.append(len(statements))
        assert client.get(f"{base}/{page}/?format=csv").status_code == 200
    assert counts[0] == counts[1]
    assert counts[0] <= 9


def test_directors_read_and_change_nothing(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    for add in ADD.values():
        add(rows, app_centre)
    client = sign_in(Role.DIRECTOR)
    for page in ADD:
        text = client.get(f"{base}/{page}/").text
        assert "btn-primary" not in text
        assert client.get(f"{base}/{page}/ajouter").status_code in (403, 404)


STAFF = {"first_name": "Nadia", "kind": "staff", "break_minutes": "0"}
SITE = {"name": "Annexe", "active": "y"}
ROOM = {"name": "Salle 1", "seats": "12", "active": "y"}
POOL = {"name": "Tablettes", "key": "tablets", "units": "8"}
COURSE = {
    "school": "École",
    "name": "FLE",
    "language": "français",
    "starts_on": "2026-09-01",
    "ends_on": "2027-06-30",
    "meetings": "lun 9:00-12:00",
    "travel_minutes": "0",
}
CLOSURE = {"kind": "closure", "name": "Pont", "starts_on": "2026-12-24", "ends_on": "2026-12-31"}


@pytest.mark.parametrize(
    ("page", "table", "good", "field", "typed", "words"),
    [
        ("equipe", StaffMember, STAFF, "first_name", "", "Donnez au moins un prénom."),
        ("equipe", StaffMember, STAFF, "contract_minutes_week", "trop", "Écrivez une durée"),
        ("equipe", StaffMember, STAFF, "phone", "1", "pas un numéro de téléphone"),
        (
            "equipe",
            StaffMember,
            STAFF,
            "hours-0-0-from",
            "17:00",
            "donnez une heure de début et une heure de fin",
        ),
        ("sites", Site, SITE, "name", "", "Donnez un nom."),
        ("sites", Site, SITE, "latitude", "200", ""),
        ("locaux", Room, ROOM, "seats", "0", "Entre 1 et 2000."),
        ("materiel", EquipmentPool, POOL, "key", "Mes tablettes", "Seulement des minuscules"),
        ("materiel", EquipmentPool, POOL, "units", "-1", "Entre 0 et 10000."),
        ("cours", Course, COURSE, "ends_on", "2026-01-01", "Le dernier jour vient avant le premier."),
        ("cours", Course, COURSE, "meetings", "lundi matin", "pas un horaire"),
        ("fermetures", Closure, CLOSURE, "ends_on", "2026-12-01", "Le dernier jour vient avant le premier."),
        ("fermetures", Closure, CLOSURE, "name", "", "Donnez un nom."),
    ],
)
def test_forms_add_what_is_good_and_refuse_what_is_not(
    rows: Session,
    app_centre: Centre,
    sign_in: SignIn,
    base: str,
    page: str,
    table: type,
    good: dict[str, str],
    field: str,
    typed: str,
    words: str,
) -> None:
    client = sign_in()
    if page == "locaux":
        good = good | {"site_id": str(make.site(rows, app_centre).id)}
    before = make.look(rows).scalar(select(func.count()).select_from(table))
    answer = client.post(f"{base}/{page}/ajouter", data=good | {field: typed})
    assert answer.status_code == 422
    assert words in answer.text
    assert "field-error" in answer.text
    assert make.look(rows).scalar(select(func.count()).select_from(table)) == before
    answer = client.post(f"{base}/{page}/ajouter", data=good)
    assert answer.status_code == 302, answer.text
    assert make.look(rows).scalar(select(func.count()).select_from(table)) == before + 1


@pytest.mark.parametrize(
    ("page", "make_row", "fields"),
    [
        ("sites/{0.id}", make.site, {"name": "Autre nom", "active": "y"}),
        ("materiel/{0.id}", make.equipment, {"name": "Autre nom", "units": "3"}),
        (
            "equipe/{0.id}/modifier",
            make.staff,
            {"first_name": "Autre", "kind": "staff", "break_minutes": "0"},
        ),
        ("cours/{0.id}/modifier", make.course, COURSE),
    ],
)
def test_a_form_filled_in_from_an_old_row_is_kept_and_not_saved(
    rows: Session,
    app_centre: Centre,
    sign_in: SignIn,
    base: str,
    page: str,
    make_row: Callable[..., object],
    fields: dict[str, str],
) -> None:
    row = make_row(rows, app_centre)
    address = f"{base}/{page.format(row)}"
    client = sign_in()
    answer = client.post(address, data=fields | {"version": "0"})
    assert answer.status_code == 409
    assert next(iter(fields.values())) in answer.text
    assert client.post(address, data=fields | {"version": str(row.version)}).status_code == 302


def test_the_week_of_a_staff_member_is_a_grid(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    member = make.staff(rows, app_centre)
    client = sign_in()
    page = client.get(f"{base}/equipe/{member.id}/modifier").text
    assert 'name="hours-0-0-from" value="09:00"' in page
    data = {
        "first_name": "Nadia",
        "kind": "staff",
        "break_minutes": "15",
        "version": str(member.version),
        "skills": ["group_work"],
        "other_skills": "couture",
        "hours-1-0-from": "08:30",
        "hours-1-0-to": "12:00",
        "hours-1-1-from": "13:00",
        "hours-1-1-to": "17:00",
    }
    assert client.post(f"{base}/equipe/{member.id}/modifier", data=data).status_code == 302
    hours = make.look(rows).scalars(select(Availability).order_by(Availability.starts)).all()
    assert [(each.weekday, each.starts.hour) for each in hours] == [(1, 8), (1, 13)]
    rows.refresh(member)
    assert member.skills == ["group_work", "couture"]
    overlapping = data | {"version": str(member.version), "hours-1-1-from": "11:00"}
    answer = client.post(f"{base}/equipe/{member.id}/modifier", data=overlapping)
    assert answer.status_code == 422
    assert "se chevauchent" in answer.text
    assert len(make.look(rows).scalars(select(Availability)).all()) == 2


def test_absences_and_leaving(rows: Session, app_centre: Centre, sign_in: SignIn, base: str) -> None:
    member = make.staff(rows, app_centre, first_name="Nadia")
    make.person(rows, app_centre, referent_id=member.id)
    client, here = sign_in(), f"{base}/equipe/{member.id}"
    days = {"starts_on": "2026-12-01", "ends_on": "2099-12-03", "label": "congé"}
    assert client.post(f"{here}/absence", data=days).status_code == 302
    away = make.look(rows).scalars(select(BusyPeriod)).one()
    page = client.get(here).text
    assert "congé" in page
    assert "Retirer Nadia du planning ? 1 personne" in page
    assert client.post(f"{here}/absence/{away.id}/retirer").status_code == 302
    assert client.post(f"{here}/service/non").status_code == 302
    make.look(rows).refresh(member)
    assert not member.active
    assert client.post(f"{here}/service/oui").status_code == 302


def test_travel_times_are_one_form(rows: Session, app_centre: Centre, sign_in: SignIn, base: str) -> None:
    a, b = make.site(rows, app_centre), make.site(rows, app_centre)
    client = sign_in()
    name = f"minutes-{min(a.id, b.id)}-{max(a.id, b.id)}"
    for typed in ("-5", "dix", "999"):
        answer = client.post(f"{base}/trajets", data={name: typed})
        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.text
    assert client.post(f"{base}/trajets", data={name: "25"}).status_code == 302
    assert make.look(rows).scalars(select(TravelTime.minutes)).one() == 25
    assert client.post(f"{base}/trajets", data={name: ""}).status_code == 302
    assert make.look(rows).scalars(select(TravelTime)).all() == []


def test_equipment_in_use_is_not_deleted(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    pool = make.equipment(rows, app_centre, key="laptops", name="Portables")
    path = make.programme(rows, app_centre)
    path.activities[0].equipment = [{"equipment": "laptops", "units": 3}]
    rows.commit()
    client = sign_in()
    page = client.post(f"{base}/materiel/{pool.id}/supprimer", follow_redirects=True).text
    assert "« Portables » sert à l'activité « Séance de groupe »" in page.replace("&#39;", "'")
    path.activities[0].equipment = []
    rows.commit()
    assert client.post(f"{base}/materiel/{pool.id}/supprimer").status_code == 302
    assert make.look(rows).scalars(select(EquipmentPool)).all() == []


def test_days_without_course_and_extra_ones(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    course = make.course(rows, app_centre)
    client, here = sign_in(), f"{base}/cours/{course.id}"
    assert client.post(f"{here}/exception", data={"on": "2020-01-01"}).status_code == 422
    assert client.post(f"{here}/exception", data={"on": "2026-11-30", "starts": "9:00"}).status_code == 422
    assert client.post(f"{here}/exception", data={"on": "2026-11-30"}).status_code == 302
    row = make.look(rows).scalars(select(CourseException)).one()
    assert (row.on, row.starts) == (date(2026, 11, 30), None)
    assert "pas de cours" in client.get(here).text
    assert client.post(f"{here}/exception/{row.id}/retirer").status_code == 302


def test_holidays_come_from_the_library_and_corrections_stay(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    client = sign_in()
    years = {"first_year": "2027", "last_year": "2027"}
    assert client.post(f"{base}/fermetures/reprendre", data=years).status_code == 302
    holiday = (
        make.look(rows)
        .scalars(
            select(Closure).where(
                Closure.kind == ClosureKind.PUBLIC_HOLIDAY, Closure.starts_on == date(2027, 7, 21)
            )
        )
        .one()
    )
    data = {"name": "Fête nationale et pont", "starts_on": "2027-07-21", "ends_on": "2027-07-23"}
    assert client.post(f"{base}/fermetures/{holiday.id}", data=data).status_code == 302
    assert client.post(f"{base}/fermetures/reprendre", data=years).status_code == 302
    make.look(rows).refresh(holiday)
    assert (holiday.name, holiday.ends_on) == ("Fête nationale et pont", date(2027, 7, 23))
    assert "corrigé à la main" in client.get(f"{base}/fermetures/?q=pont").text
    assert client.post(f"{base}/fermetures/{holiday.id}/retirer").status_code == 302
    assert client.post(f"{base}/fermetures/reprendre", data=years).status_code == 302
    make.look(rows).refresh(holiday)
    assert holiday.dropped


def test_ids_of_another_centre_lead_nowhere(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    other = make.other_centre(rows)
    site, pool, member = make.site(rows, other), make.equipment(rows, other), make.staff(rows, other)
    course, closure = make.course(rows, other), make.closure(rows, other)
    client = sign_in(Role.ADMINISTRATOR)
    for page in (
        f"sites/{site.id}",
        f"locaux/{site.rooms[0].id}",
        f"materiel/{pool.id}",
        f"equipe/{member.id}",
        f"equipe/{member.id}/modifier",
        f"cours/{course.id}",
        f"fermetures/{closure.id}",
        f"programmes/{make.programme(rows, other).id}",
    ):
        assert client.get(f"{base}/{page}").status_code == 404, page
    answer = client.post(f"{base}/locaux/ajouter", data=ROOM | {"site_id": str(site.id)})
    assert answer.status_code == 422
    sign_in(Role.ADMINISTRATOR, other)
    foreign = make.look(rows).scalars(select(Membership).where(Membership.centre_id == other.id)).one()
    assert client.get(f"{base}/comptes/{foreign.id}").status_code == 404
    assert client.post(f"{base}/comptes/{foreign.id}/retirer").status_code == 404
    assert client.post(f"{base}/comptes/{foreign.id}/mot-de-passe").status_code == 404


class TestAccounts:
    """Only the administration gives access; a password that was handed over must be changed."""

    def invite(self, client: FlaskClient, base: str, email: str, role: str = "animateur") -> str:
        data = {"email": email, "name": "Sam Neuf", "role": role}
        answer = client.post(f"{base}/comptes/inviter", data=data)
        assert answer.status_code == 200, answer.text
        return answer.text.split('class="one-time">')[1].split("<")[0]

    def test_a_new_account_chooses_its_own_password_first(
        self, rows: Session, app_centre: Centre, sign_in: SignIn, base: str
    ) -> None:
        client = sign_in(Role.ADMINISTRATOR)
        password = self.invite(client, base, "sam@example.org")
        assert password not in client.get(f"{base}/comptes/").text
        newcomer = client.application.test_client()
        assert (
            newcomer.post("/login", data={"email": "sam@example.org", "password": password}).status_code
            == 302
        )
        assert newcomer.get(f"/c/{app_centre.slug}/personnes/").location == "/compte"
        same = {"locale": "fr", "current": password, "password": password, "again": password}
        assert newcomer.post("/compte", data=same).status_code == 422
        assert newcomer.post("/compte", data={"locale": "fr"}).status_code == 422
        own = {"locale": "fr", "current": password, "password": "mon propre mot", "again": "mon propre mot"}
        assert newcomer.post("/compte", data=own).status_code == 302
        assert newcomer.get(f"/c/{app_centre.slug}/personnes/").status_code == 200

    def test_an_account_of_another_centre_keeps_its_password(
        self, rows: Session, app_centre: Centre, sign_in: SignIn, base: str
    ) -> None:
        sign_in(Role.COORDINATOR, make.other_centre(rows))
        user = make.look(rows).scalars(select(User)).one()
        before = user.password_hash
        client = sign_in(Role.ADMINISTRATOR)
        data = {"email": user.email.upper(), "name": "x", "role": "director"}
        assert client.post(f"{base}/comptes/inviter", data=data).status_code == 302
        make.look(rows).refresh(user)
        assert user.password_hash == before
        membership = rows.scalars(
            select(Membership).where(Membership.user_id == user.id, Membership.centre_id == app_centre.id)
        ).one()
        answer = client.post(f"{base}/comptes/{membership.id}/mot-de-passe", follow_redirects=True)
        assert "plusieurs centres" in answer.text
        make.look(rows).refresh(user)
        assert user.password_hash == before
        assert client.post(f"{base}/comptes/inviter", data=data).status_code == 422

    def test_the_last_administrator_stays(
        self, rows: Session, app_centre: Centre, sign_in: SignIn, base: str
    ) -> None:
        client = sign_in(Role.ADMINISTRATOR)
        own = make.look(rows).scalars(select(Membership)).one()
        answer = client.post(f"{base}/comptes/{own.id}", data={"role": "director"})
        assert answer.status_code == 422
        assert "au moins une personne à l" in answer.text
        answer = client.post(f"{base}/comptes/{own.id}/retirer", follow_redirects=True)
        assert "votre propre accès" in answer.text
        assert len(make.look(rows).scalars(select(Membership)).all()) == 1

    def test_taking_access_away_ends_the_session(
        self, rows: Session, app_centre: Centre, sign_in: SignIn, base: str
    ) -> None:
        client = sign_in(Role.ADMINISTRATOR)
        worker = sign_in(Role.ANIMATEUR)
        membership = (
            make.look(rows).scalars(select(Membership).where(Membership.role == Role.ANIMATEUR)).one()
        )
        assert client.post(f"{base}/comptes/{membership.id}/retirer").status_code == 302
        assert "/login" in worker.get("/").location
        user = make.look(rows).get_one(User, membership.user_id)
        rows.refresh(user)
        assert not user.active


def test_centre_settings_are_words_and_keep_only_what_differs(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    client = sign_in()
    page = client.get(f"{base}/centre").text
    assert page.count("selected") >= 18
    from web.settings.centre import TERMS

    data = {f"weight_{name}": "1" for name in TERMS} | {
        "name": "Nouveau nom",
        "locale": "nl",
        "community": "nl",
        "freeze_days": "3",
        "horizon_weeks": "6",
        "newcomer_weeks": "8",
        "path_months": "18",
        "certificate_months": "12",
        "message_months": "6",
        "feed_alarm_minutes": "60",
        "choice_hold_hours": "48",
        "choice_notice_hours": "24",
        "choice_tolerance_points": "30",
        "freed_seat_minutes": "180",
        "weight_stability": "4",
        "weight_day": "0",
        "version": str(app_centre.version),
    }
    bad = client.post(f"{base}/centre", data=data | {"horizon_weeks": "99"})
    assert bad.status_code == 422
    assert client.post(f"{base}/centre", data=data).status_code == 302
    make.look(rows).refresh(app_centre)
    assert app_centre.settings["weights"] == {"stability": 20, "day": 0}
    assert (app_centre.settings["freeze_days"], app_centre.community) == (3, "nl")
    assert client.post(f"{base}/centre", data=data).status_code == 409


def test_only_the_installations_manager_makes_centres(
    rows: Session, app_centre: Centre, sign_in: SignIn
) -> None:
    client = sign_in(Role.ADMINISTRATOR)
    assert client.get("/centres/").status_code == 403
    user = make.look(rows).scalars(select(User)).one()
    user.is_superuser = True
    rows.commit()
    data = {"name": "CPAS de Huy", "slug": "cpas huy", "community": "fr", "locale": "fr"}
    assert client.post("/centres/ajouter", data=data).status_code == 422
    assert client.post("/centres/ajouter", data=data | {"slug": app_centre.slug}).status_code == 422
    assert client.post("/centres/ajouter", data=data | {"slug": "cpas-huy"}).status_code == 302
    assert "CPAS de Huy" in client.get("/centres/").text
    assert client.get("/c/cpas-huy/reglages/comptes/").status_code == 200
