"""What ties a participant to programmes, courses, hours and other people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from scheduler import enrolments, mentors, pairs, portrait, weekly
from scheduler.audit import record
from scheduler.course_book import course_choices, join, leave
from scheduler.models import Enrolment, Participant, StaffKind
from scheduler.people import find_person, people_choices, record_consent
from scheduler.records import check_version
from scheduler.staff import staff_choices
from scheduler.timegrid import to_instant, to_wall
from web.clock import now, today
from web.extensions import db
from web.fields import DURATION_HINT, DurationField
from web.forms import form_page
from web.formwork import Form, submit
from web.people.area import blueprint
from web.people.forms import (
    AbsenceForm,
    BusyHoursForm,
    ConsentForm,
    CourseEnrolmentForm,
    EnrolForm,
    EnrolmentForm,
    MentorForm,
    PairForm,
)
from web.permissions import Permission, requires
from web.templating import BRUSSELS


def back_to(person_id: int) -> str:
    """Return the address of a participant's page."""
    return url_for("people.show", person_id=person_id)


def note(action: str, person_id: int, **detail: Any) -> None:
    """Write down an act on a participant."""
    record(db.session(), current_user.id, action, f"participant:{person_id}", detail, now=now())


def done(person_id: int, message: str) -> Response:
    """Commit, say so and go back to the participant's page."""
    db.session.commit()
    flash(message, "success")
    return redirect(back_to(person_id))


def _answer(
    form: Form, person: Participant, title: str, act: Callable[[], Any], message: str, **options: Any
) -> Any:
    person_id = person.id
    if submit(form, act, stored=options.pop("stored", None)):
        flash(message, "success")
        return redirect(back_to(person_id))
    return form_page(form, title=title, back=back_to(person_id), **options)


# Programmes


@blueprint.route("/<int:person_id>/inscrire", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def enrol(person_id: int) -> Any:
    """Put a participant into a programme."""
    session = db.session()
    person = find_person(session, person_id)
    form = EnrolForm(starts_on=today())
    form.phase_id.offer(
        {
            programme.name: [
                (f"{programme.id}:", _("%(programme)s, sans phase", programme=programme.name)),
                *(
                    (f"{programme.id}:{phase.id}", f"{programme.name} · {phase.name}")
                    for phase in programme.phases
                ),
            ]
            for programme in enrolments.open_programmes(session, person)
        }
    )

    def act() -> None:
        programme_id, _colon, phase_id = form.phase_id.data.partition(":")
        enrolments.enrol(
            session,
            person,
            int(programme_id),
            phase_id=int(phase_id) if phase_id else None,
            status=form.status.data,
            starts_on=form.starts_on.data,
        )
        note("enrolment.create", person_id, programme=int(programme_id))

    title = _("Inscrire %(name)s dans un programme", name=person.name)
    return _answer(form, person, title, act, _("L'inscription de %(name)s est notée.", name=person.name))


def _enrolment(person_id: int, enrolment_id: int) -> tuple[Participant, Enrolment]:
    person = find_person(db.session(), person_id)
    return person, enrolments.find_enrolment(db.session(), person, enrolment_id)


def _enrolment_form(enrolment: Enrolment, **options: Any) -> EnrolmentForm:
    form = EnrolmentForm(obj=enrolment, **options)
    form.phase_id.offer(
        [
            ("", _("Sans phase")),
            *((str(phase.id), phase.name) for phase in enrolment.programme.phases),
        ]
    )
    return form


@blueprint.route("/<int:person_id>/programmes/<int:enrolment_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def edit_enrolment(person_id: int, enrolment_id: int) -> Any:
    """Move a participant within a programme."""
    session = db.session()
    person, enrolment = _enrolment(person_id, enrolment_id)
    form = _enrolment_form(enrolment)

    def act() -> None:
        changed = enrolments.change_enrolment(session, enrolment, form.values(), form.version.data)
        note("enrolment.change", person_id, programme=enrolment.programme_id, fields=changed)

    return _answer(
        form,
        person,
        _("%(name)s dans %(programme)s", name=person.name, programme=enrolment.programme.name),
        act,
        _("L'inscription de %(name)s est à jour.", name=person.name),
        stored=lambda: _enrolment_form(_enrolment(person_id, enrolment_id)[1], formdata=None),
    )


@blueprint.post("/<int:person_id>/programmes/<int:enrolment_id>/pause")
@requires(Permission.EDIT_PEOPLE)
def pause_enrolment(person_id: int, enrolment_id: int) -> Response:
    """Pause a participant in a programme."""
    person, enrolment = _enrolment(person_id, enrolment_id)
    enrolments.pause(db.session(), enrolment)
    note("enrolment.pause", person_id, programme=enrolment.programme_id)
    return done(
        person_id, _("%(name)s est en pause dans %(p)s.", name=person.name, p=enrolment.programme.name)
    )


@blueprint.post("/<int:person_id>/programmes/<int:enrolment_id>/reprendre")
@requires(Permission.EDIT_PEOPLE)
def resume_enrolment(person_id: int, enrolment_id: int) -> Response:
    """Let a participant start or come back in a programme."""
    person, enrolment = _enrolment(person_id, enrolment_id)
    enrolments.resume(db.session(), enrolment)
    note("enrolment.resume", person_id, programme=enrolment.programme_id)
    return done(
        person_id, _("%(name)s est en parcours dans %(p)s.", name=person.name, p=enrolment.programme.name)
    )


@blueprint.post("/<int:person_id>/programmes/<int:enrolment_id>/terminer")
@requires(Permission.EDIT_PEOPLE)
def end_enrolment(person_id: int, enrolment_id: int) -> Response:
    """End a participant's way through a programme."""
    person, enrolment = _enrolment(person_id, enrolment_id)
    enrolments.end(db.session(), enrolment, today())
    note("enrolment.end", person_id, programme=enrolment.programme_id)
    return done(
        person_id,
        _("Le parcours de %(name)s dans %(p)s est terminé.", name=person.name, p=enrolment.programme.name),
    )


# Courses


@blueprint.route("/<int:person_id>/cours", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def join_course(person_id: int) -> Any:
    """Put a participant into a course."""
    session = db.session()
    person = find_person(session, person_id)
    form = CourseEnrolmentForm()
    form.course_id.offer([("", _("Choisir…")), *course_choices(session, today())])

    def act() -> None:
        join(session, person, form.course_id.data, form.starts_on.data, form.ends_on.data)
        note("course.join", person_id, course=form.course_id.data)

    return _answer(
        form,
        person,
        _("Ajouter un cours pour %(name)s", name=person.name),
        act,
        _("Le cours est ajouté : le planning ira autour."),
    )


@blueprint.post("/<int:person_id>/cours/<int:enrolment_id>/retirer")
@requires(Permission.EDIT_PEOPLE)
def leave_course(person_id: int, enrolment_id: int) -> Response:
    """Take a participant out of a course."""
    person = find_person(db.session(), person_id)
    course = leave(db.session(), person, enrolment_id)
    note("course.leave", person_id, course=course.id)
    return done(person_id, _("%(name)s ne suit plus « %(course)s ».", name=person.name, course=course.name))


# Hours


@blueprint.route("/<int:person_id>/horaires", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def add_busy_hours(person_id: int) -> Any:
    """Add times of every week at which a participant is busy."""
    session = db.session()
    person = find_person(session, person_id)
    form = BusyHoursForm()

    def act() -> None:
        weekly.add_weekly(
            session,
            "participant_id",
            person_id,
            form.hours.data,
            label=form.label.data or "",
            valid_from=form.valid_from.data,
            valid_until=form.valid_until.data,
        )
        note("participant.busy", person_id)

    title = _("Heures prises chaque semaine par %(name)s", name=person.name)
    return _answer(form, person, title, act, _("L'horaire est noté : le planning ira autour."))


@blueprint.post("/<int:person_id>/horaires/<int:row_id>/retirer")
@requires(Permission.EDIT_PEOPLE)
def remove_busy_hours(person_id: int, row_id: int) -> Response:
    """Remove one of a participant's weekly busy times."""
    find_person(db.session(), person_id)
    weekly.remove_weekly(db.session(), "participant_id", person_id, row_id)
    note("participant.free", person_id)
    return done(person_id, _("L'horaire est retiré."))


def absence_times(form: AbsenceForm) -> tuple[datetime, datetime]:
    """Return the instants of an absence; without hours it lasts from midnight to midnight."""
    starts_at = to_instant(form.starts_on.data, form.starts.data or time(), BRUSSELS)
    if form.ends.data:
        return starts_at, to_instant(form.ends_on.data, form.ends.data, BRUSSELS)
    return starts_at, to_instant(form.ends_on.data + timedelta(days=1), time(), BRUSSELS)


@blueprint.route("/<int:person_id>/absences", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def add_absence(person_id: int) -> Any:
    """Add a single time at which a participant is not there."""
    session = db.session()
    person = find_person(session, person_id)
    form = AbsenceForm(starts_on=today(), ends_on=today())

    def act() -> None:
        weekly.add_busy_period(
            session, "participant_id", person_id, *absence_times(form), form.label.data or ""
        )
        note("participant.absence", person_id)

    title = _("Absence prévue de %(name)s", name=person.name)
    return _answer(form, person, title, act, _("L'absence est notée."))


@blueprint.post("/<int:person_id>/absences/<int:row_id>/retirer")
@requires(Permission.EDIT_PEOPLE)
def remove_absence(person_id: int, row_id: int) -> Response:
    """Remove one of a participant's absences."""
    find_person(db.session(), person_id)
    weekly.remove_busy_period(db.session(), "participant_id", person_id, row_id)
    note("participant.absence_removed", person_id)
    return done(person_id, _("L'absence est retirée."))


# Other people


@blueprint.route("/<int:person_id>/regles", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def add_pair_rule(person_id: int) -> Any:
    """Bind a participant to another one, or keep them apart."""
    session = db.session()
    person = find_person(session, person_id)
    form = PairForm()
    form.other_id.offer(
        [
            ("", _("Choisir…")),
            *((str(other), name) for other, name in people_choices(session) if other != person_id),
        ]
    )

    def act() -> None:
        pairs.add_pair(session, person, form.other_id.data, form.kind.data)
        note("participant.pair", person_id, other=form.other_id.data, kind=form.kind.data)

    title = _("%(name)s et une autre personne", name=person.name)
    return _answer(form, person, title, act, _("La règle est notée."))


@blueprint.post("/<int:person_id>/regles/<int:rule_id>/retirer")
@requires(Permission.EDIT_PEOPLE)
def remove_pair_rule(person_id: int, rule_id: int) -> Response:
    """Remove a rule between two participants."""
    person = find_person(db.session(), person_id)
    pairs.remove_pair(db.session(), person, rule_id)
    note("participant.unpair", person_id)
    return done(person_id, _("La règle est retirée."))


@blueprint.route("/<int:person_id>/binome", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def match_mentor(person_id: int) -> Any:
    """Give a participant a volunteer mentor."""
    session = db.session()
    person = find_person(session, person_id)
    form = MentorForm()
    form.mentor_id.offer([("", _("Choisir…")), *staff_choices(session, StaffKind.VOLUNTEER)])

    def act() -> None:
        mentors.match_mentor(session, person, form.mentor_id.data, today())
        note("participant.mentor", person_id, mentor=form.mentor_id.data)

    title = _("Un parrain ou une marraine pour %(name)s", name=person.name)
    return _answer(form, person, title, act, _("Le binôme est formé."))


@blueprint.post("/<int:person_id>/binome/terminer")
@requires(Permission.EDIT_PEOPLE)
def end_mentoring(person_id: int) -> Response:
    """End a participant's mentoring."""
    person = find_person(db.session(), person_id)
    mentors.end_mentoring(db.session(), person, today())
    note("participant.mentor_end", person_id)
    return done(person_id, _("Le binôme est terminé."))


# Counters and consent


@blueprint.route("/<int:person_id>/compteurs", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def counters(person_id: int) -> Any:
    """Correct the hours that a participant brought along."""
    session = db.session()
    person = find_person(session, person_id)
    known = portrait.portrait(session, person, today(), now()).counters

    class CounterForm(Form):
        """A field for each counter."""

    for index, counter in enumerate(known):
        setattr(
            CounterForm,
            f"counter_{index}",
            DurationField(
                f"{counter.name} ({counter.programme})",
                default=counter.prior_minutes,
                description=DURATION_HINT,
            ),
        )
    form = CounterForm()

    def act() -> None:
        minutes = {
            (counter.programme_id, counter.key): form[f"counter_{index}"].data or 0
            for index, counter in enumerate(known)
        }
        portrait.set_counters(session, person, minutes)
        note("participant.counters", person_id)

    return _answer(
        form,
        person,
        _("Heures que %(name)s a déjà suivies ailleurs", name=person.name),
        act,
        _("Les heures sont à jour."),
    )


@blueprint.route("/<int:person_id>/accord", methods=["GET", "POST"])
@requires(Permission.EDIT_PEOPLE)
def consent(person_id: int) -> Any:
    """Write down that a participant agrees to sharing."""
    session = db.session()
    person = find_person(session, person_id)
    form = ConsentForm(obj=person, agreed_on=today())

    def act() -> None:
        check_version(person, form.version.data)
        record_consent(session, person, to_instant(form.agreed_on.data, time(12), BRUSSELS), now())
        note("participant.consent", person_id)

    return _answer(
        form,
        person,
        _("%(name)s accepte que les services partagent son dossier", name=person.name),
        act,
        _("L'accord est noté."),
        intro=_("Son service social verra son dossier, ses présences et ses prochaines séances."),
        stored=lambda: ConsentForm(
            formdata=None, obj=find_person(session, person_id), agreed_on=_agreed_on(person_id)
        ),
    )


def _agreed_on(person_id: int) -> Any:
    agreed_at = find_person(db.session(), person_id).consent_sharing_at
    return to_wall(agreed_at, BRUSSELS)[0] if agreed_at else None


@blueprint.post("/<int:person_id>/accord/retirer")
@requires(Permission.EDIT_PEOPLE)
def withdraw_consent(person_id: int) -> Response:
    """Write down that a participant takes their agreement back."""
    person = find_person(db.session(), person_id)
    record_consent(db.session(), person, None, now())
    note("participant.consent_withdrawn", person_id)
    return done(person_id, _("%(name)s a retiré son accord.", name=person.name))
