"""Participants and groups: who sees whom, forms that refuse and forms that keep, and acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.models import (
    AuditEntry,
    Availability,
    BusyPeriod,
    Centre,
    Cohort,
    CohortMember,
    CourseEnrolment,
    Enrolment,
    Membership,
    PairRule,
    Participant,
    PathCounter,
    Role,
)
from tests.queries import recorded
from tests.web import centre_rows as make

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def base(app_centre: Centre) -> str:
    """Address of the list of participants."""
    return f"/c/{app_centre.slug}/personnes"


def filled(rows: Session, centre: Centre, count: int) -> None:
    """Add participants, each with everything a line of the list shows."""
    for _ in range(count):
        path = make.programme(rows, centre)
        someone = make.person(rows, centre, referent_id=make.staff(rows, centre).id)
        make.enrol(rows, someone, path)
        make.course(rows, centre, someone)
        make.cohort(rows, path, someone)


@pytest.mark.parametrize("page", ["/", "/groupes/"])
def test_a_list_costs_the_same_queries_for_one_and_for_three(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str, page: str
) -> None:
    client = sign_in()
    counts = []
    for more in (1, 2):
        filled(rows, app_centre, more)
        with recorded() as statements:
            answer = client.get(f"{base}{page}")
        assert answer.status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_a_persons_page_costs_the_same_queries_whatever_they_have(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    client = sign_in()
    someone = make.person(rows, app_centre)
    counts = []
    for more in (1, 2):
        for _ in range(more):
            make.enrol(rows, someone, make.programme(rows, app_centre))
            make.course(rows, app_centre, someone)
        with recorded() as statements:
            assert client.get(f"{base}/{someone.id}/").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_the_list_shows_what_matters(rows: Session, app_centre: Centre, sign_in: SignIn, base: str) -> None:
    referent = make.staff(rows, app_centre, first_name="Nadia")
    someone = make.person(
        rows,
        app_centre,
        first_name="Amina",
        last_name="Haddad",
        level_spoken=2,
        level_written=1,
        languages=["ar", "en"],
        referent_id=referent.id,
    )
    make.enrol(rows, someone, make.programme(rows, app_centre, name="AMIE"))
    make.course(rows, app_centre, someone)
    page = sign_in().get(f"{base}/").text
    for text in (
        "HADDAD Amina",
        "AMIE · Démarrage",
        "A2 / A1",
        "arabe, anglais",
        "lun. mer.",
        "Nadia",
        "En parcours",
    ):
        assert text in page


def test_archived_people_are_only_shown_when_asked_for(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    make.person(rows, app_centre, last_name="Partie", active=False)
    client = sign_in()
    assert "PARTIE" not in client.get(f"{base}/").text
    assert "PARTIE" in client.get(f"{base}/?statut=archives").text


class TestOwnPeople:
    """A social worker sees the people referred to them who agreed to it, and nobody else."""

    @pytest.fixture
    def client(self, rows: Session, app_centre: Centre, sign_in: SignIn) -> FlaskClient:
        """A social worker who is somebody of the staff."""
        client = sign_in(Role.SOCIAL_WORKER)
        membership = (
            make.look(rows).scalars(select(Membership).where(Membership.centre_id == app_centre.id)).one()
        )
        self.worker = make.staff(rows, app_centre)
        membership.staff_id = self.worker.id
        rows.commit()
        return client

    def test_only_with_consent(
        self, rows: Session, app_centre: Centre, client: FlaskClient, base: str
    ) -> None:
        agreed = datetime(2026, 1, 1, tzinfo=UTC)
        mine = make.person(
            rows, app_centre, last_name="Mienne", referent_id=self.worker.id, consent_sharing_at=agreed
        )
        silent = make.person(rows, app_centre, last_name="Muette", referent_id=self.worker.id)
        other = make.person(rows, app_centre, last_name="Autre", consent_sharing_at=agreed)
        page = client.get(f"{base}/").text
        assert "MIENNE" in page
        assert "MUETTE" not in page
        assert "AUTRE" not in page
        assert client.get(f"{base}/{mine.id}/").status_code == 200
        assert client.get(f"{base}/{silent.id}/").status_code == 404
        assert client.get(f"{base}/{other.id}/").status_code == 404
        found = client.get(f"/c/{app_centre.slug}/recherche/suggestions?q=m").text
        assert "Muette" not in found
        found = client.get(f"/c/{app_centre.slug}/recherche/?q=mu").text
        assert "Muette" not in found

    def test_nothing_without_a_place_in_the_staff(
        self, rows: Session, app_centre: Centre, sign_in: SignIn, base: str
    ) -> None:
        someone = make.person(rows, app_centre, consent_sharing_at=datetime(2026, 1, 1, tzinfo=UTC))
        client = sign_in(Role.SOCIAL_WORKER)
        assert "Nom" + str(someone.id) not in client.get(f"{base}/").text
        assert client.get(f"{base}/{someone.id}/").status_code == 404

    def test_the_other_of_a_pair_stays_unnamed(
        self, rows: Session, app_centre: Centre, client: FlaskClient, base: str
    ) -> None:
        agreed = datetime(2026, 1, 1, tzinfo=UTC)
        mine = make.person(rows, app_centre, referent_id=self.worker.id, consent_sharing_at=agreed)
        other = make.person(rows, app_centre, first_name="Secrète")
        rows.add(
            PairRule(
                centre_id=app_centre.id, kind="apart", participant_a_id=mine.id, participant_b_id=other.id
            )
        )
        rows.commit()
        assert "Secrète" not in client.get(f"{base}/{mine.id}/").text


def test_volunteers_see_nobody(rows: Session, app_centre: Centre, sign_in: SignIn, base: str) -> None:
    someone = make.person(rows, app_centre)
    client = sign_in(Role.VOLUNTEER)
    for page in (
        f"{base}/",
        f"{base}/{someone.id}/",
        f"{base}/groupes/",
        f"/c/{app_centre.slug}/recherche/?q=pr",
    ):
        assert client.get(page).status_code == 403


def form(**changes: str) -> dict[str, object]:
    """A complete form on a participant."""
    return {
        "first_name": "Amina",
        "last_name": "Haddad",
        "languages": "arabe, anglais",
        "message_language": "arabe",
        "level_spoken": "2",
        "level_written": "1",
        **changes,
    }


def test_a_person_is_added_with_what_was_typed(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    answer = sign_in().post(
        f"{base}/ajouter",
        data=form(
            phone="0470 12 34 56",
            max_minutes_day="6 h",
            eu_national="False",
            earliest="09:00",
            brings_children="y",
        ),
    )
    assert answer.status_code == 302
    someone = make.look(rows).scalars(select(Participant)).one()
    assert (someone.name, someone.phone, someone.languages) == ("Amina Haddad", "+32470123456", ["ar", "en"])
    assert (someone.max_minutes_day, someone.eu_national, someone.brings_children) == (360, False, True)
    assert someone.site_ids is None
    assert someone.centre_id == app_centre.id
    entry = make.look(rows).scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject) == ("participant.create", f"participant:{someone.id}")


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("first_name", " ", "Donnez au moins un prénom."),
        ("phone", "12", "pas un numéro de téléphone"),
        ("languages", "arabe, klingonais", "klingonais"),
        ("email", "pas une adresse", "adresse électronique"),
        ("level_spoken", "9", ""),
        ("max_minutes_day", "beaucoup", "Écrivez une durée"),
        ("latest", "08:00", "La journée finirait avant de commencer."),
        ("birth_date", "hier", ""),
        ("max_days_week", "9", ""),
        ("referent_id", "999", ""),
    ],
)
def test_bad_input_is_said_near_its_field_and_changes_nothing(
    rows: Session, sign_in: SignIn, base: str, field: str, typed: str, words: str
) -> None:
    data = form(earliest="09:00", note="À garder") | {field: typed}
    answer = sign_in().post(f"{base}/ajouter", data=data)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert words in answer.text
    assert "À garder" in answer.text
    if field not in ("level_spoken", "referent_id"):
        assert f'value="{typed.strip()}"' in answer.text
    assert make.look(rows).scalar(select(func.count()).select_from(Participant)) == 0
    assert make.look(rows).scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_a_reference_is_given_once(rows: Session, app_centre: Centre, sign_in: SignIn, base: str) -> None:
    make.person(rows, app_centre, reference="D1")
    answer = sign_in().post(f"{base}/ajouter", data=form(reference="D1"))
    assert answer.status_code == 422
    assert "Une autre personne a déjà ce numéro de dossier." in answer.text


def test_somebody_elses_change_is_not_overwritten_unseen(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    someone = make.person(rows, app_centre, first_name="Amina", municipality="Namur")
    client = sign_in()
    opened = str(someone.version)
    someone.municipality = "Dinant"
    rows.commit()
    data = form(municipality="Huy", note="Mon texte", version=opened)
    answer = client.post(f"{base}/{someone.id}/modifier", data=data)
    assert answer.status_code == 409
    assert "Mon texte" in answer.text
    assert "<strong>Dinant</strong>" in answer.text
    make.look(rows).refresh(someone)
    assert someone.municipality == "Dinant"
    assert f'name="version" type="hidden" value="{someone.version}"' in answer.text
    again = client.post(f"{base}/{someone.id}/modifier", data=data | {"version": str(someone.version)})
    assert again.status_code == 302
    make.look(rows).refresh(someone)
    assert (someone.municipality, someone.note) == ("Huy", "Mon texte")


def test_a_form_that_changes_nothing_writes_nothing(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    someone = make.person(rows, app_centre, first_name="Amina", last_name="Haddad", languages=["prs"])
    client = sign_in()
    data = form(languages="dari", message_language="français", level_spoken="0", level_written="0")
    assert client.post(f"{base}/{someone.id}/modifier", data=data | {"version": "1"}).status_code == 302
    make.look(rows).refresh(someone)
    assert someone.version == 1
    assert someone.languages == ["prs"]


def test_archiving_can_be_undone(rows: Session, app_centre: Centre, sign_in: SignIn, base: str) -> None:
    someone = make.person(rows, app_centre)
    client = sign_in()
    assert f"Archiver le dossier de {someone.name}" in client.get(f"{base}/{someone.id}/").text
    for act, active in (("archiver", False), ("restaurer", True)):
        assert client.post(f"{base}/{someone.id}/{act}").status_code == 302
        make.look(rows).refresh(someone)
        assert someone.active is active
    actions = make.look(rows).scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["participant.archive", "participant.restore"]


def test_the_way_through_a_programme(rows: Session, app_centre: Centre, sign_in: SignIn, base: str) -> None:
    someone, path = make.person(rows, app_centre), make.programme(rows, app_centre)
    client, here = sign_in(), f"{base}/{someone.id}"
    phase = path.phases[0]
    data = {"phase_id": f"{path.id}:{phase.id}", "status": "trial", "starts_on": "2026-09-01"}
    assert client.post(f"{here}/inscrire", data=data).status_code == 302
    enrolment = make.look(rows).scalars(select(Enrolment)).one()
    assert (enrolment.status, enrolment.phase_id) == ("trial", phase.id)
    assert client.post(f"{here}/inscrire", data=data).status_code == 422
    for act, status in (
        ("reprendre", "active"),
        ("pause", "paused"),
        ("reprendre", "active"),
        ("terminer", "ended"),
    ):
        assert client.post(f"{here}/programmes/{enrolment.id}/{act}").status_code == 302
        make.look(rows).refresh(enrolment)
        assert enrolment.status == status
    assert enrolment.ends_on is not None
    assert client.post(f"{here}/programmes/{enrolment.id}/pause").status_code == 422
    answer = client.post(
        f"{here}/programmes/{enrolment.id}",
        data={
            "status": "ended",
            "starts_on": "2026-09-01",
            "ends_on": "2026-08-01",
            "version": enrolment.version,
        },
    )
    assert answer.status_code == 422
    assert "Le dernier jour vient avant le premier." in answer.text
    assert client.post(f"{here}/inscrire", data=data).status_code == 302
    make.look(rows).refresh(enrolment)
    assert (enrolment.status, enrolment.ends_on) == ("trial", None)


def test_hours_courses_and_absences_come_and_go(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    someone, course = make.person(rows, app_centre), make.course(rows, app_centre)
    client, here = sign_in(), f"{base}/{someone.id}"
    assert (
        client.post(f"{here}/horaires", data={"hours": "lun 8:30-9:00; mer 12:00-16:00"}).status_code == 302
    )
    assert client.post(f"{here}/horaires", data={"hours": "mer 16:00-12:00"}).status_code == 422
    hours = make.look(rows).scalars(select(Availability).order_by(Availability.weekday)).all()
    assert [(h.weekday, h.starts.hour, h.participant_id) for h in hours] == [
        (0, 8, someone.id),
        (2, 12, someone.id),
    ]
    assert client.post(f"{here}/horaires/{hours[0].id}/retirer").status_code == 302
    assert make.look(rows).scalar(select(func.count()).select_from(Availability)) == 1

    assert client.post(f"{here}/cours", data={"course_id": course.id}).status_code == 302
    again = client.post(f"{here}/cours", data={"course_id": course.id})
    assert again.status_code == 422
    assert "suit déjà ce cours" in again.text
    enrolment = make.look(rows).scalars(select(CourseEnrolment)).one()
    assert client.post(f"{here}/cours/{enrolment.id}/retirer").status_code == 302
    assert make.look(rows).scalar(select(func.count()).select_from(CourseEnrolment)) == 0

    days = {"starts_on": "2026-12-01", "ends_on": "2026-12-03"}
    assert client.post(f"{here}/absences", data=days).status_code == 302
    away = make.look(rows).scalars(select(BusyPeriod)).one()
    assert away.starts_at == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert away.ends_at == datetime(2026, 12, 3, 23, tzinfo=UTC)
    backwards = {"starts_on": "2026-12-03", "ends_on": "2026-12-01"}
    assert client.post(f"{here}/absences", data=backwards).status_code == 422


def test_pairs_bind_or_part_two_people_once(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    a, b = make.person(rows, app_centre), make.person(rows, app_centre)
    client = sign_in()
    assert client.post(f"{base}/{b.id}/regles", data={"kind": "apart", "other_id": a.id}).status_code == 302
    rule = make.look(rows).scalars(select(PairRule)).one()
    assert {rule.participant_a_id, rule.participant_b_id} == {a.id, b.id}
    assert (
        client.post(f"{base}/{a.id}/regles", data={"kind": "together", "other_id": b.id}).status_code == 422
    )
    assert "Ne doit pas croiser" in client.get(f"{base}/{a.id}/").text
    assert client.post(f"{base}/{a.id}/regles/{rule.id}/retirer").status_code == 302
    assert make.look(rows).scalar(select(func.count()).select_from(PairRule)) == 0


def test_consent_has_a_date_and_can_be_taken_back(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    someone = make.person(rows, app_centre)
    client, here = sign_in(), f"{base}/{someone.id}"
    future = {"agreed_on": "2199-01-01", "version": "1"}
    assert client.post(f"{here}/accord", data=future).status_code == 422
    assert client.post(f"{here}/accord", data={"agreed_on": "2026-03-04", "version": "1"}).status_code == 302
    assert "4 mars 2026" in client.get(f"{here}/").text
    assert client.post(f"{here}/accord/retirer").status_code == 302
    make.look(rows).refresh(someone)
    assert someone.consent_sharing_at is None


def test_hours_brought_along_are_corrected(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    counters = [{"key": "french", "name": "Français", "target_minutes": 24_000, "activities": []}]
    someone = make.person(rows, app_centre)
    make.enrol(rows, someone, make.programme(rows, app_centre, counters=counters))
    client, here = sign_in(), f"{base}/{someone.id}"
    assert client.post(f"{here}/compteurs", data={"counter_0": "120 h"}).status_code == 302
    assert make.look(rows).scalars(select(PathCounter.prior_minutes)).one() == 7_200
    assert "120 h" in client.get(f"{here}/").text
    assert client.post(f"{here}/compteurs", data={"counter_0": "des heures"}).status_code == 422


class TestGroups:
    """Groups have seats, and only people of their programme."""

    def test_more_people_than_seats_are_refused_whole(
        self, rows: Session, app_centre: Centre, sign_in: SignIn, base: str
    ) -> None:
        path = make.programme(rows, app_centre)
        people = [make.person(rows, app_centre) for _ in range(3)]
        for someone in people:
            make.enrol(rows, someone, path)
        group = make.cohort(rows, path, seats_max=2)
        client, here = sign_in(), f"{base}/groupes/{group.id}"
        answer = client.post(f"{here}/membres", data={"people": [each.id for each in people]})
        assert answer.status_code == 422
        assert "a 2 places, dont 0 occupées" in answer.text
        assert answer.text.count("checked") == 3
        assert make.look(rows).scalar(select(func.count()).select_from(CohortMember)) == 0
        assert (
            client.post(f"{here}/membres", data={"people": [each.id for each in people[:2]]}).status_code
            == 302
        )
        assert make.look(rows).scalar(select(func.count()).select_from(CohortMember)) == 2
        assert client.post(f"{here}/membres", data={"people": [people[2].id]}).status_code == 422
        smaller = client.post(
            f"{here}/modifier", data={"name": group.name, "seats_max": "1", "version": group.version}
        )
        assert smaller.status_code == 422
        assert "compte déjà 2 personnes" in smaller.text

    def test_only_people_of_the_programme_join(
        self, rows: Session, app_centre: Centre, sign_in: SignIn, base: str
    ) -> None:
        group = make.cohort(rows, make.programme(rows, app_centre))
        stranger = make.person(rows, app_centre)
        answer = sign_in().post(f"{base}/groupes/{group.id}/membres", data={"people": [stranger.id]})
        assert answer.status_code == 422
        assert make.look(rows).scalar(select(func.count()).select_from(CohortMember)) == 0

    def test_a_group_is_made_changed_and_deleted(
        self, rows: Session, app_centre: Centre, sign_in: SignIn, base: str
    ) -> None:
        path = make.programme(rows, app_centre)
        client = sign_in()
        data = {
            "programme_id": path.id,
            "name": "Automne",
            "starts_on": "2026-10-01",
            "ends_on": "2026-09-01",
        }
        assert client.post(f"{base}/groupes/ajouter", data=data).status_code == 422
        data["ends_on"] = "2026-12-31"
        assert client.post(f"{base}/groupes/ajouter", data=data).status_code == 302
        assert client.post(f"{base}/groupes/ajouter", data=data).status_code == 422
        group = make.look(rows).scalars(select(Cohort)).one()
        assert group.ends_on == date(2026, 12, 31)
        assert client.post(f"{base}/groupes/{group.id}/supprimer").status_code == 302
        assert make.look(rows).scalar(select(func.count()).select_from(Cohort)) == 0


def test_ids_of_another_centre_lead_nowhere(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str
) -> None:
    other = make.other_centre(rows)
    someone, path = make.person(rows, other), make.programme(rows, other)
    enrolment, group, course = (
        make.enrol(rows, someone, path),
        make.cohort(rows, path),
        make.course(rows, other),
    )
    mine = make.person(rows, app_centre)
    client = sign_in()
    for page in (
        "/",
        "/modifier",
        "/inscrire",
        "/cours",
        "/horaires",
        "/accord",
        f"/programmes/{enrolment.id}",
    ):
        assert client.get(f"{base}/{someone.id}{page}").status_code == 404
    assert client.post(f"{base}/{someone.id}/archiver").status_code == 404
    assert client.get(f"{base}/{mine.id}/programmes/{enrolment.id}").status_code == 404
    assert client.get(f"{base}/groupes/{group.id}").status_code == 404
    assert client.post(f"{base}/groupes/{group.id}/supprimer").status_code == 404
    enrol = {"phase_id": f"{path.id}:", "status": "active", "starts_on": "2026-09-01"}
    assert client.post(f"{base}/{mine.id}/inscrire", data=enrol).status_code == 422
    assert client.post(f"{base}/{mine.id}/cours", data={"course_id": course.id}).status_code == 422
    assert (
        client.post(f"{base}/{mine.id}/regles", data={"kind": "apart", "other_id": someone.id}).status_code
        == 422
    )
    make.look(rows).refresh(someone)
    assert someone.active
