"""What a roster may say about a person, and under which headers."""

from __future__ import annotations

from scheduler.message import N_
from scheduler.roster_import.columns import Field, field_of

_SEVERAL = N_("Plusieurs valeurs : séparez-les par un point-virgule.")

ROSTER_FIELDS: tuple[Field, ...] = (
    field_of(
        "reference",
        N_("Référence"),
        (
            "ref,dossier,n dossier,no dossier,numero dossier,numero de dossier,matricule,id,"
            "dossiernummer,dossiernr,referentie,reference,file number,case number,client id"
        ),
    ),
    field_of(
        "last_name",
        N_("Nom"),
        "nom de famille,naam,achternaam,familienaam,last name,surname,family name,noms",
    ),
    field_of("first_name", N_("Prénom"), "prenoms,voornaam,voornamen,first name,given name,forename"),
    field_of(
        "full_name",
        N_("Nom et prénom"),
        (
            "nom prenom,nom prenoms,nom complet,naam en voornaam,naam voornaam,volledige naam,"
            "full name,name,beneficiaire,participant,deelnemer"
        ),
    ),
    field_of(
        "given_full_name",
        N_("Prénom et nom"),
        "prenom nom,voornaam en naam,voornaam naam,first and last name",
    ),
    field_of(
        "birth_date",
        N_("Date de naissance"),
        (
            "naissance,ne le,nee le,ddn,date naissance,geboortedatum,geboren op,birth date,"
            "date of birth,dob,birthday"
        ),
    ),
    field_of(
        "phone",
        N_("Téléphone"),
        (
            "tel,gsm,tel portable,telephone portable,portable,mobile,n gsm,numero de telephone,"
            "n de telephone,"
            "telefoon,telefoonnummer,gsm nummer,phone,phone number,tel gsm,contact"
        ),
    ),
    field_of(
        "email",
        N_("E-mail"),
        "email,mail,courriel,adresse mail,adresse email,e mailadres,mailadres,email address",
    ),
    field_of(
        "municipality",
        N_("Commune"),
        ("localite,ville,commune de residence,domicile,gemeente,woonplaats,stad,city,town,municipality"),
    ),
    field_of(
        "mother_tongue",
        N_("Langue maternelle"),
        ("langue,langue principale,moedertaal,taal,mother tongue,native language,first language,language"),
    ),
    field_of(
        "languages",
        N_("Autres langues"),
        (
            "langues,langues parlees,autres langues parlees,talen,andere talen,gesproken talen,"
            "languages,other languages,spoken languages"
        ),
        _SEVERAL,
    ),
    field_of(
        "message_language",
        N_("Langue des messages"),
        (
            "langue de contact,langue sms,langue de communication,contacttaal,taal berichten,"
            "taal van de berichten,contact language,message language"
        ),
    ),
    field_of(
        "level",
        N_("Niveau (oral et écrit)"),
        (
            "niveau,niveau de francais,niveau fle,niveau linguistique,taalniveau,"
            "niveau nederlands,level,language level,niveau fr"
        ),
    ),
    field_of(
        "level_spoken",
        N_("Niveau oral"),
        (
            "oral,niveau parle,niveau a l oral,expression orale,mondeling,niveau mondeling,spoken,"
            "spoken level,level spoken,speaking"
        ),
    ),
    field_of(
        "level_written",
        N_("Niveau écrit"),
        (
            "ecrit,niveau a l ecrit,expression ecrite,schriftelijk,niveau schriftelijk,written,"
            "written level,level written,writing"
        ),
    ),
    field_of(
        "reads_little",
        N_("Lit peu"),
        "alphabetisation,alpha,lecture difficile,analphabete,leest weinig,alfa,reads little",
    ),
    field_of(
        "brings_children",
        N_("Vient avec ses enfants"),
        ("enfants,enfants a charge,avec enfants,kinderen,brengt kinderen mee,children,brings children"),
    ),
    field_of(
        "needs_interpreter",
        N_("Interprète nécessaire"),
        ("interprete,besoin d interprete,besoin interprete,tolk,tolk nodig,interpreter,needs interpreter"),
    ),
    field_of(
        "eu_national",
        N_("UE / hors UE"),
        (
            "ue,nationalite,pays d origine,pays,ressortissant ue,nationaliteit,land,"
            "land van herkomst,eu,nationality,country,country of origin,eu national"
        ),
    ),
    field_of(
        "started_on",
        N_("Date d'entrée"),
        (
            "entree,debut,debut d accompagnement,inscription,date d inscription,date de debut,"
            "startdatum,start,instroomdatum,start date,started on"
        ),
    ),
    field_of(
        "programme",
        N_("Programme"),
        ("programmes,parcours,dispositif,projet d activation,programma,traject,programme,program"),
    ),
    field_of("phase", N_("Phase"), "etape,phase du programme,fase,stage"),
    field_of("programme_status", N_("Statut dans le programme"), "statut,etat,situation,status,toestand"),
    field_of(
        "programme_starts_on",
        N_("Début du programme"),
        (
            "debut programme,date debut programme,debut du parcours,start programma,"
            "startdatum programma,programme start"
        ),
    ),
    field_of(
        "course",
        N_("Cours de langue"),
        (
            "cours,cours de francais,cours fle,classe,cours suivi,les,nederlandse les,taalles,"
            "cursus,course,class,french course"
        ),
        _SEVERAL,
    ),
    field_of(
        "referent",
        N_("Référent"),
        (
            "referente,referent social,assistant social,assistante sociale,as,travailleur social,"
            "accompagnateur,trajectbegeleider,begeleider,maatschappelijk werker,social worker,"
            "referent,case worker"
        ),
    ),
    field_of(
        "childcare",
        N_("Horaires de garde d'enfants"),
        (
            "garde,garde d enfants,horaire creche,creche,ecole des enfants,trajets ecole,"
            "kinderopvang,schooluren,child care,childcare hours,school run"
        ),
        N_("Par exemple : lun 8:30-9:00; mer 12:00-16:00"),
    ),
    field_of(
        "busy",
        N_("Autres occupations"),
        (
            "indisponibilites,indisponible,occupe,travail,horaire de travail,niet beschikbaar,"
            "bezet,werkuren,busy,unavailable,busy times,work hours"
        ),
        N_("Par exemple : lun 8:30-9:00; mer 12:00-16:00"),
    ),
    field_of(
        "sites",
        N_("Lieux accessibles"),
        ("sites,lieux,antennes,locaties,bereikbare locaties,sites reachable,reachable sites,places"),
        _SEVERAL,
    ),
    field_of(
        "preferred_sites",
        N_("Lieux préférés"),
        "site prefere,lieu prefere,voorkeurlocatie,preferred site,preferred sites",
        _SEVERAL,
    ),
    field_of(
        "preferred_activities",
        N_("Activités préférées"),
        (
            "preferences,activite preferee,souhaits,centres d interet,voorkeuren,"
            "voorkeuractiviteiten,preferred activities,interests"
        ),
        _SEVERAL,
    ),
    field_of(
        "opt_outs",
        N_("Thèmes à éviter"),
        ("refus,themes refuses,a eviter,te vermijden,te vermijden themas,opt out,opt outs,avoid"),
        _SEVERAL,
    ),
    field_of("project", N_("Projet personnel"), "projet,objectif,persoonlijk project,project,goal"),
    field_of(
        "note",
        N_("Remarque"),
        (
            "remarques,note,notes,commentaire,commentaires,observations,opmerking,opmerkingen,"
            "nota,remark,remarks,comment,comments"
        ),
    ),
)

BY_KEY = {each.key: each for each in ROSTER_FIELDS}
