"""My pairs: propose the next meeting, record it, cancel it."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField, TimeField
from wtforms.validators import InputRequired, Length

from scheduler import mentoring as domain
from scheduler.errors import InvalidInputError, NotFoundError
from web.acts import done, note, refused
from web.clock import now, today
from web.extensions import db
from web.fields import DURATION_HINT, DurationField
from web.forms import form_page
from web.formwork import Form, submit
from web.mine.area import blueprint, me
from web.permissions import Permission, requires

USUAL_MINUTES = 120


class MeetingForm(Form):
    """When and where a pair meets next."""

    day = DateField(_l("Jour"), validators=[InputRequired(_l("Donnez le jour."))])
    starts = TimeField(_l("Heure"), validators=[InputRequired(_l("Donnez l'heure."))])
    minutes = DurationField(
        _l("Durée"), description=DURATION_HINT, validators=[InputRequired(_l("Donnez la durée."))]
    )
    place = StringField(_l("Où"), validators=[Length(max=120)])


@blueprint.get("/tandems")
@requires(Permission.VIEW_OWN_WORK)
def pairs() -> str:
    """Show one's pairs and their meetings."""
    member = me()
    return render_template(
        "mine/pairs.html", pairs=domain.own_pairs(db.session(), g.centre, member.id, today()), now=now()
    )


@blueprint.route("/tandems/<int:pair_id>/proposer", methods=["GET", "POST"])
@requires(Permission.VIEW_OWN_WORK)
def propose_meeting(pair_id: int) -> Any:
    """Propose the next meeting of a pair."""
    member, session = me(), db.session()
    pair = next((x for x in domain.own_pairs(session, g.centre, member.id, today()) if x.id == pair_id), None)
    if pair is None:
        raise NotFoundError(f"pair {pair_id}")
    last = next((x for x in pair.meetings if x.state != "cancelled"), None)
    form = MeetingForm(minutes=USUAL_MINUTES, place=last.place if last else "")

    def act() -> None:
        meeting = domain.propose(
            session,
            g.centre,
            member.id,
            pair_id,
            day=form.day.data,
            starts=form.starts.data,
            minutes=form.minutes.data,
            place=form.place.data or "",
            now=now(),
        )
        note("mentoring.propose", f"mentoring_meeting:{meeting.id}")

    if submit(form, act):
        return done(url_for("mine.pairs"), _("Le rendez-vous est noté."))
    return form_page(
        form,
        title=_("Prochain rendez-vous avec %(name)s", name=pair.first_name),
        back=url_for("mine.pairs"),
    )


@blueprint.post("/tandems/rendez-vous/<int:meeting_id>/tenu")
@requires(Permission.VIEW_OWN_WORK)
def record_meeting(meeting_id: int) -> Any:
    """Record that a meeting was held."""
    meeting = domain.find_meeting(db.session(), g.centre, me().id, meeting_id)
    given = request.form.get("minutes", "")
    minutes = int(given) if given.isascii() and given.isdecimal() and len(given) < 5 else 0
    try:
        domain.record_held(meeting, minutes, now())
    except InvalidInputError as error:
        return refused(url_for("mine.pairs"), error)
    note("mentoring.held", f"mentoring_meeting:{meeting_id}", minutes=minutes)
    return done(url_for("mine.pairs"), _("C'est noté, merci."))


@blueprint.post("/tandems/rendez-vous/<int:meeting_id>/annuler")
@requires(Permission.VIEW_OWN_WORK)
def cancel_meeting(meeting_id: int) -> Any:
    """Record that a meeting is not held."""
    meeting = domain.find_meeting(db.session(), g.centre, me().id, meeting_id)
    domain.cancel_meeting(meeting, now())
    note("mentoring.cancel", f"mentoring_meeting:{meeting_id}")
    return done(url_for("mine.pairs"), _("Le rendez-vous est annulé."))
