"""What a table of course times or of enrolments may say, and under which headers."""

from __future__ import annotations

from scheduler.message import N_
from scheduler.roster_import.columns import Field, field_of

_DATES = N_("Par exemple : 24/12/2026; 21/12/2026-03/01/2027")

TIMETABLE_FIELDS: tuple[Field, ...] = (
    field_of(
        "school",
        N_("École"),
        "etablissement,operateur,organisme,centre,school,instelling,organisatie,provider",
    ),
    field_of(
        "name",
        N_("Classe"),
        ("cours,groupe,nom du cours,intitule,classe,code,klas,groep,cursus,class,course,group,class name"),
    ),
    field_of("level", N_("Niveau"), "niveau fle,level,niveau cours,taalniveau"),
    field_of("language", N_("Langue enseignée"), "langue,taal,language"),
    field_of("weekday", N_("Jour"), "jours,jour de cours,dag,dagen,lesdag,day,days,weekday"),
    field_of(
        "starts",
        N_("Heure de début"),
        "debut,de,heure debut,beginuur,startuur,van uur,start time,starts,from time,start",
    ),
    field_of("ends", N_("Heure de fin"), "fin,a,heure fin,einduur,tot uur,end time,ends,until time,end"),
    field_of(
        "hours",
        N_("Horaire"),
        "horaires,heures,jours et heures,uren,lesuren,uurrooster,hours,timetable,schedule",
        N_("Par exemple : lu, je 9h-12h"),
    ),
    field_of(
        "starts_on",
        N_("Premier jour"),
        (
            "du,date debut,date de debut,debut du cours,a partir du,startdatum,begindatum,from,"
            "start date,first day"
        ),
    ),
    field_of(
        "ends_on",
        N_("Dernier jour"),
        "au,date fin,date de fin,fin du cours,jusqu au,einddatum,until,end date,last day",
    ),
    field_of(
        "exceptions",
        N_("Jours sans cours"),
        (
            "exceptions,conges,vacances,jours de conge,pas de cours,uitzonderingen,vakantie,"
            "geen les,holidays,no class"
        ),
        _DATES,
    ),
    field_of(
        "travel_minutes", N_("Trajet (minutes)"), "trajet,temps de trajet,reistijd,travel,travel minutes"
    ),
)

ENROLMENT_FIELDS: tuple[Field, ...] = (
    field_of(
        "reference",
        N_("Référence"),
        ("ref,dossier,numero de dossier,n dossier,matricule,dossiernummer,referentie,reference,case number"),
    ),
    field_of("last_name", N_("Nom"), "nom de famille,naam,achternaam,familienaam,last name,surname"),
    field_of("first_name", N_("Prénom"), "prenoms,voornaam,first name"),
    field_of(
        "full_name",
        N_("Nom et prénom"),
        (
            "nom prenom,nom complet,apprenant,eleve,participant,stagiaire,cursist,deelnemer,"
            "naam voornaam,full name,name,student"
        ),
    ),
    field_of("birth_date", N_("Date de naissance"), "naissance,ddn,geboortedatum,birth date,date of birth"),
    field_of("course", N_("Classe"), "cours,groupe,classe,klas,groep,cursus,course,class,group"),
    field_of("school", N_("École"), "etablissement,operateur,school,instelling,provider"),
    field_of(
        "starts_on",
        N_("Premier jour"),
        "du,date debut,date de debut,date d entree,a partir du,startdatum,from,start date",
    ),
    field_of(
        "ends_on",
        N_("Dernier jour"),
        "au,date fin,date de fin,date de sortie,jusqu au,einddatum,until,end date",
    ),
)

BY_KEY = {each.key: each for each in TIMETABLE_FIELDS} | {
    each.key: each for each in ENROLMENT_FIELDS if each.key not in {field.key for field in TIMETABLE_FIELDS}
}
