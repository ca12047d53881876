"""Forms on a participant."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, StringField, TextAreaField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from scheduler.models import EnrolmentStatus
from web.fields import (
    DURATION_HINT,
    LANGUAGES_HINT,
    WEEKLY_HINT,
    CheckboxesField,
    ChoiceField,
    DurationField,
    EmailField,
    LanguageField,
    LanguagesField,
    Needed,
    PhoneField,
    WeeklyHoursField,
    level_choices,
)
from web.formwork import Form, VersionedForm
from web.labels import ENROLMENT_STATUS


def yes_no_unknown(value: str) -> bool:
    """Read the value of a choice between yes and no."""
    return value == "True"


class PersonForm(VersionedForm):
    """Who a participant is and when they can come."""

    first_name = StringField(
        _l("Prénom"), validators=[DataRequired(_l("Donnez au moins un prénom.")), Length(max=80)]
    )
    last_name = StringField(_l("Nom de famille"), validators=[Length(max=80)])
    reference = StringField(
        _l("Numéro de dossier"),
        validators=[Length(max=40)],
        filters=[lambda text: (text or "").strip() or None],
    )
    birth_date = DateField(_l("Date de naissance"), validators=[Optional()])
    phone = PhoneField(_l("Téléphone"))
    email = EmailField(_l("E-mail"))
    municipality = StringField(_l("Commune"), validators=[Length(max=80)])
    eu_national = ChoiceField(
        _l("Citoyenneté"),
        coerce=yes_no_unknown,
        choices=[
            ("", _l("Non précisée")),
            (False, _l("Hors Union européenne")),
            (True, _l("Union européenne")),
        ],
        description=_l("Sert seulement au rapport du subsidiant."),
    )
    languages = LanguagesField(_l("Langues parlées"), description=LANGUAGES_HINT)
    message_language = LanguageField(
        _l("Langue des messages"), validators=[Needed(_l("Choisissez la langue des messages."))]
    )
    level_spoken = ChoiceField(_l("Français oral"), choices=level_choices, validators=[InputRequired()])
    level_written = ChoiceField(_l("Français écrit"), choices=level_choices, validators=[InputRequired()])
    reads_little = BooleanField(_l("Lit difficilement : messages en images et à voix haute"))
    needs_interpreter = BooleanField(_l("A besoin d'un interprète en entretien"))
    brings_children = BooleanField(_l("Vient avec ses enfants, faute de garde"))
    started_on = DateField(_l("Suivi depuis le"), validators=[Optional()])
    referent_id = ChoiceField(_l("Référent"))
    project = StringField(
        _l("Projet personnel"),
        validators=[Length(max=60)],
        filters=[lambda text: (text or "").strip() or None],
    )
    earliest = TimeField(
        _l("Pas avant"), validators=[Optional()], description=_l("Première heure possible, chaque jour.")
    )
    latest = TimeField(
        _l("Pas après"), validators=[Optional()], description=_l("Dernière heure possible, chaque jour.")
    )
    max_minutes_day = DurationField(_l("Au plus par jour"), description=DURATION_HINT)
    max_days_week = IntegerField(_l("Jours par semaine, au plus"), validators=[Optional(), NumberRange(1, 7)])
    site_ids = CheckboxesField(
        _l("Sites accessibles"), coerce=int, description=_l("Rien de coché : tous les sites.")
    )
    preferred_site_ids = CheckboxesField(_l("Sites préférés"), coerce=int)
    preferred_activities = CheckboxesField(_l("Activités préférées"))
    opt_outs = CheckboxesField(
        _l("À ne jamais proposer"), description=_l("Thèmes ou activités que la personne ne souhaite pas.")
    )
    note = TextAreaField(_l("Note"), validators=[Length(max=1000)], render_kw={"rows": 3})

    def person_values(self) -> dict[str, Any]:
        """Return the columns of the participant."""
        return self.values() | {"site_ids": self.site_ids.data or None}


PERSON_GROUPS = (
    (
        _l("Identité"),
        (
            "first_name",
            "last_name",
            "reference",
            "birth_date",
            "phone",
            "email",
            "municipality",
            "eu_national",
        ),
    ),
    (
        _l("Langues et niveaux"),
        (
            "languages",
            "message_language",
            "level_spoken",
            "level_written",
            "reads_little",
            "needs_interpreter",
        ),
    ),
    (_l("Accompagnement"), ("referent_id", "started_on", "project", "brings_children")),
    (
        _l("Disponibilité"),
        ("earliest", "latest", "max_minutes_day", "max_days_week", "site_ids", "preferred_site_ids"),
    ),
    (_l("Souhaits et refus"), ("preferred_activities", "opt_outs", "note")),
)


class EnrolForm(Form):
    """A person into a programme."""

    phase_id = ChoiceField(
        _l("Programme et phase"), coerce=str, validators=[DataRequired(_l("Choisissez un programme."))]
    )
    status = ChoiceField(
        _l("Statut"),
        coerce=EnrolmentStatus,
        choices=[
            (status.value, ENROLMENT_STATUS[status])
            for status in (EnrolmentStatus.ACTIVE, EnrolmentStatus.TRIAL, EnrolmentStatus.WAITING)
        ],
        description=_l("Seules les personnes en parcours ou à l'essai sont planifiées."),
        validators=[InputRequired()],
    )
    starts_on = DateField(_l("À partir du"), validators=[InputRequired(_l("Donnez le premier jour."))])


class EnrolmentForm(VersionedForm):
    """Where a person stands in a programme."""

    phase_id = ChoiceField(_l("Phase"))
    status = ChoiceField(
        _l("Statut"),
        coerce=EnrolmentStatus,
        choices=[(status.value, label) for status, label in ENROLMENT_STATUS.items()],
        validators=[InputRequired()],
    )
    starts_on = DateField(_l("Premier jour"), validators=[InputRequired(_l("Donnez le premier jour."))])
    ends_on = DateField(_l("Dernier jour"), validators=[Optional()])


class CourseEnrolmentForm(Form):
    """A person into a course of a school."""

    course_id = ChoiceField(_l("Cours"), validators=[InputRequired(_l("Choisissez un cours."))])
    starts_on = DateField(
        _l("À partir du"), validators=[Optional()], description=_l("Vide : dès le début du cours.")
    )
    ends_on = DateField(
        _l("Jusqu'au"), validators=[Optional()], description=_l("Vide : jusqu'à la fin du cours.")
    )


class BusyHoursForm(Form):
    """Times of every week at which a person is busy."""

    hours = WeeklyHoursField(
        _l("Chaque semaine"),
        validators=[Needed(_l("Donnez au moins un horaire."))],
        description=WEEKLY_HINT,
    )
    label = StringField(
        _l("Raison"), validators=[Length(max=80)], description=_l("Par exemple : garde des enfants.")
    )
    valid_from = DateField(_l("À partir du"), validators=[Optional()])
    valid_until = DateField(_l("Jusqu'au"), validators=[Optional()])


class AbsenceForm(Form):
    """One time at which somebody is not there."""

    starts_on = DateField(_l("Premier jour"), validators=[InputRequired(_l("Donnez le premier jour."))])
    starts = TimeField(_l("Heure de début"), validators=[Optional()], description=_l("Vide : dès le matin."))
    ends_on = DateField(_l("Dernier jour"), validators=[InputRequired(_l("Donnez le dernier jour."))])
    ends = TimeField(_l("Heure de fin"), validators=[Optional()], description=_l("Vide : jusqu'au soir."))
    label = StringField(_l("Raison"), validators=[Length(max=80)])


class PairForm(Form):
    """A rule between two people."""

    kind = ChoiceField(
        _l("Règle"),
        coerce=str,
        choices=[("together", _l("Venir ensemble")), ("apart", _l("Ne jamais se croiser en séance"))],
        validators=[InputRequired()],
    )
    other_id = ChoiceField(_l("Avec"), validators=[InputRequired(_l("Choisissez une autre personne."))])


class MentorForm(Form):
    """The volunteer who accompanies a person."""

    mentor_id = ChoiceField(
        _l("Parrain ou marraine"), validators=[InputRequired(_l("Choisissez une personne bénévole."))]
    )


class ConsentForm(VersionedForm):
    """The day on which a person agreed to sharing."""

    agreed_on = DateField(
        _l("Date de l'accord"), validators=[InputRequired(_l("Donnez la date de l'accord."))]
    )
