"""Sites, their rooms, and travel between sites."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, FloatField, IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from scheduler import places as domain
from scheduler import weekly
from scheduler.models import Room, Site
from scheduler.pictures import MOST_BYTES
from scheduler.programmes.vocabulary import ROOM_FEATURES
from scheduler.records import find
from web.acts import done, note
from web.clock import today
from web.extensions import db
from web.fields import CheckboxesField, ChoiceField, WeekGridField, WordsField
from web.forms import form_page
from web.formwork import Form, VersionedForm, submit
from web.labels import feature_names, link, short_days
from web.listing import Column, Filter, Listing
from web.permissions import Permission, may, requires
from web.settings.area import blueprint, list_page

_USE = (("oui", _l("En service")), ("non", _l("Hors service")), ("", _l("Tous")))


class SiteForm(VersionedForm):
    """An address."""

    name = StringField(_l("Nom du site"), validators=[DataRequired(_l("Donnez un nom.")), Length(max=120)])
    is_outside = BooleanField(_l("Lieu extérieur : domicile, musée, structure d'accueil"))
    address = StringField(_l("Adresse"), validators=[Length(max=300)])
    municipality = StringField(_l("Commune"), validators=[Length(max=80)])
    transport = StringField(
        _l("Transports en commun"),
        validators=[Length(max=200)],
        description=_l("Par exemple : bus 1 et 4, arrêt Gare."),
    )
    latitude = FloatField(_l("Latitude"), validators=[Optional(), NumberRange(-90, 90)])
    longitude = FloatField(_l("Longitude"), validators=[Optional(), NumberRange(-180, 180)])
    active = BooleanField(_l("En service"), default=True)


class SitePhotoForm(Form):
    """What a site looks like from the street."""

    picture = FileField(
        _l("Photo de l'entrée"),
        validators=[FileRequired(_l("Prenez ou choisissez une photo."))],
        description=_l("JPEG, PNG ou WebP, 10 Mo au plus. Personne ne devrait y être reconnaissable."),
        render_kw={"accept": "image/jpeg,image/png,image/webp", "capture": "environment"},
    )


class RoomForm(VersionedForm):
    """A room of a site."""

    name = StringField(_l("Nom du local"), validators=[DataRequired(_l("Donnez un nom.")), Length(max=80)])
    site_id = ChoiceField(_l("Site"), validators=[InputRequired(_l("Choisissez un site."))])
    seats = IntegerField(
        _l("Places assises"),
        validators=[
            InputRequired(_l("Donnez le nombre de places.")),
            NumberRange(1, 2000, _l("Entre 1 et 2000.")),
        ],
    )
    features = CheckboxesField(
        _l("Ce qu'on y trouve"), choices=lambda: [(key, _(label)) for key, label in ROOM_FEATURES.items()]
    )
    other_features = WordsField(_l("Autre chose"), description=_l("Mots séparés par des virgules."))
    hours = WeekGridField(
        _l("Ouvert chaque semaine"),
        description=_l("Un jour vide : fermé ce jour-là. Tout vide : toujours ouvert."),
    )
    active = BooleanField(_l("En service"), default=True)

    def room_values(self) -> dict[str, Any]:
        """Return the columns of the room."""
        values = self.values("other_features", "hours")
        return values | {"features": [*values["features"], *(self.other_features.data or [])]}


@blueprint.get("/sites/")
@requires(Permission.VIEW_SETTINGS)
def sites() -> Any:
    """List the sites."""
    can_edit = may(Permission.EDIT_SETTINGS)
    return list_page(
        Listing(
            name="sites",
            rows=domain.list_sites(db.session()),
            columns=[
                Column(
                    key="nom",
                    label=_l("Site"),
                    value=lambda row: row.name,
                    cell=lambda row: (
                        link(url_for("settings.rooms", site=row.id), row.name)
                        if not can_edit
                        else link(url_for("settings.edit_site", site_id=row.id), row.name)
                    ),
                    heading=True,
                ),
                Column(key="adresse", label=_l("Adresse"), value=lambda row: row.address),
                Column(key="commune", label=_l("Commune"), value=lambda row: row.municipality),
                Column(key="transport", label=_l("Transports"), value=lambda row: row.transport),
                Column(
                    key="locaux",
                    label=_l("Locaux"),
                    value=lambda row: row.rooms,
                    cell=lambda row: (
                        link(url_for("settings.rooms", site=row.id), row.rooms) if row.rooms else ""
                    ),
                    numeric=True,
                ),
                Column(key="places", label=_l("Places"), value=lambda row: row.seats or None, numeric=True),
                Column(
                    key="lieu",
                    label=_l("Lieu"),
                    value=lambda row: _("extérieur") if row.is_outside else _("du centre"),
                ),
            ],
            filters=[
                Filter(
                    key="lieu",
                    label=_l("Lieu"),
                    choices=[("", _l("Tous")), ("centre", _l("Du centre")), ("dehors", _l("Extérieur"))],
                    test=lambda row, value: row.is_outside == (value == "dehors"),
                ),
                Filter(
                    key="actif",
                    label=_l("Usage"),
                    choices=_USE,
                    default="oui",
                    test=lambda row, value: row.active == (value == "oui"),
                ),
            ],
            search=lambda row: f"{row.name} {row.address} {row.municipality}",
            sort="nom",
        ),
        title=_("Sites"),
        add=url_for("settings.add_site") if can_edit else None,
        add_label=_("Ajouter un site"),
        more=[
            (url_for("settings.rooms"), _("Locaux"), "door-open"),
            *([(url_for("settings.travel"), _("Trajets"), "signpost-2")] if can_edit else []),
        ],
    )


@blueprint.get("/locaux/")
@requires(Permission.VIEW_SETTINGS)
def rooms() -> Any:
    """List the rooms."""
    can_edit = may(Permission.EDIT_SETTINGS)
    rows = domain.list_rooms(db.session())
    places = sorted({(row.site, row.site_id) for row in rows})
    return list_page(
        Listing(
            name="locaux",
            rows=rows,
            columns=[
                Column(
                    key="nom",
                    label=_l("Local"),
                    value=lambda row: row.name,
                    cell=lambda row: (
                        link(url_for("settings.edit_room", room_id=row.id), row.name)
                        if can_edit
                        else row.name
                    ),
                    heading=True,
                ),
                Column(key="site", label=_l("Site"), value=lambda row: row.site),
                Column(key="places", label=_l("Places"), value=lambda row: row.seats, numeric=True),
                Column(
                    key="equipement",
                    label=_l("Ce qu'on y trouve"),
                    value=lambda row: feature_names(row.features),
                ),
                Column(
                    key="jours",
                    label=_l("Jours"),
                    value=lambda row: short_days(row.weekdays) or _("toujours"),
                    sort=lambda row: row.weekdays,
                ),
            ],
            filters=[
                Filter(
                    key="site",
                    label=_l("Site"),
                    choices=[("", _l("Tous")), *((str(site_id), name) for name, site_id in places)],
                    test=lambda row, value: row.site_id == int(value),
                ),
                Filter(
                    key="actif",
                    label=_l("Usage"),
                    choices=_USE,
                    default="oui",
                    test=lambda row, value: row.active == (value == "oui"),
                ),
            ],
            search=lambda row: f"{row.name} {row.site} {feature_names(row.features)}",
            sort="nom",
        ),
        title=_("Locaux"),
        add=url_for("settings.add_room") if can_edit else None,
        add_label=_("Ajouter un local"),
        more=[(url_for("settings.sites"), _("Sites"), "geo-alt")],
    )


@blueprint.route("/sites/ajouter", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def add_site() -> Any:
    """Add a site."""
    form = SiteForm()

    def act() -> None:
        site = domain.save_site(db.session(), None, form.values(), None)
        note("site.create", f"site:{site.id}")

    if submit(form, act):
        return done(url_for("settings.sites"), _("Le site « %(name)s » est ajouté.", name=form.name.data))
    return form_page(form, title=_("Ajouter un site"), back=url_for("settings.sites"))


@blueprint.route("/sites/<int:site_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_site(site_id: int) -> Any:
    """Change a site."""
    session = db.session()
    site = find(session, Site, site_id)
    form = SiteForm(obj=site)

    def act() -> None:
        domain.save_site(session, site, form.values(), form.version.data)
        note("site.change", f"site:{site_id}")

    if submit(form, act, stored=lambda: SiteForm(formdata=None, obj=find(session, Site, site_id))):
        return done(url_for("settings.sites"), _("Le site « %(name)s » est à jour.", name=form.name.data))
    return form_page(
        form,
        template="settings/site.html",
        title=_("Modifier le site « %(name)s »", name=site.name),
        site=site,
        back=url_for("settings.sites"),
        intro=_coming(domain.count_coming(session, today(), site=site)),
    )


@blueprint.route("/sites/<int:site_id>/photo", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_site_photo(site_id: int) -> Any:
    """Take another photograph of a site's door."""
    session = db.session()
    site = find(session, Site, site_id)
    form = SitePhotoForm()
    back = url_for("settings.edit_site", site_id=site_id)

    def act() -> None:
        domain.set_site_photo(session, site, form.picture.data.read(MOST_BYTES + 1))
        note("site.photo", f"site:{site_id}")

    if submit(form, act):
        return done(url_for("settings.edit_site_photo", site_id=site_id), _("La photo est enregistrée."))
    photo = domain.site_photo(session, site_id)
    return form_page(
        form,
        template="settings/site_photo.html",
        title=_("L'entrée du site « %(name)s »", name=site.name),
        back=back,
        site=site,
        photo=photo,
        delete=(url_for("settings.drop_site_photo", site_id=site_id), _("Retirer cette photo ?"))
        if photo
        else None,
    )


@blueprint.get("/sites/<int:site_id>/photo.jpg")
@requires(Permission.EDIT_SETTINGS)
def show_site_photo(site_id: int) -> Response:
    """Show the photograph of a site's door."""
    photo = domain.site_photo(db.session(), site_id)
    if photo is None:
        abort(404)
    return Response(photo.jpeg, mimetype="image/jpeg", headers={"Cache-Control": "private, no-cache"})


@blueprint.post("/sites/<int:site_id>/photo/retirer")
@requires(Permission.EDIT_SETTINGS)
def drop_site_photo(site_id: int) -> Response:
    """Keep no photograph of a site's door."""
    site = find(db.session(), Site, site_id)
    domain.set_site_photo(db.session(), site, None)
    note("site.photo_dropped", f"site:{site_id}")
    return done(url_for("settings.edit_site", site_id=site_id), _("La photo est retirée."))


def _coming(count: int) -> str:
    if not count:
        return ""
    return _(
        "%(count)s séances à venir y sont prévues : "
        "elles restent au planning si vous le mettez hors service.",
        count=count,
    )


def _room_form(room: Room | None, **options: Any) -> RoomForm:
    session = db.session()
    if room is None:
        form = RoomForm(site_id=request.args.get("site", type=int), **options)
    else:
        form = RoomForm(
            obj=room,
            other_features=[each for each in room.features if each not in ROOM_FEATURES],
            hours=weekly.standing_hours(weekly.weekly_rows(session, "room_id", room.id)),
            **options,
        )
    form.site_id.offer(
        [
            ("", _("Choisir…")),
            *((str(i), name) for i, name in domain.site_choices(session)),
        ]
    )
    return form


@blueprint.route("/locaux/ajouter", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def add_room() -> Any:
    """Add a room."""
    form = _room_form(None)

    def act() -> None:
        room = domain.save_room(db.session(), None, form.room_values(), None)
        weekly.replace_standing_hours(db.session(), "room_id", room.id, form.hours.data)
        note("room.create", f"room:{room.id}")

    if submit(form, act):
        return done(url_for("settings.rooms"), _("Le local « %(name)s » est ajouté.", name=form.name.data))
    return form_page(form, title=_("Ajouter un local"), back=url_for("settings.rooms"))


@blueprint.route("/locaux/<int:room_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_room(room_id: int) -> Any:
    """Change a room."""
    session = db.session()
    room = find(session, Room, room_id)
    form = _room_form(room)

    def act() -> None:
        domain.save_room(session, room, form.room_values(), form.version.data)
        weekly.replace_standing_hours(session, "room_id", room_id, form.hours.data)
        note("room.change", f"room:{room_id}")

    if submit(form, act, stored=lambda: _room_form(find(session, Room, room_id), formdata=None)):
        return done(url_for("settings.rooms"), _("Le local « %(name)s » est à jour.", name=form.name.data))
    return form_page(
        form,
        title=_("Modifier le local « %(name)s »", name=room.name),
        back=url_for("settings.rooms"),
        intro=_coming(domain.count_coming(session, today(), room=room)),
    )


class TravelForm(Form):
    """Minutes between every two sites: the inputs are in the page."""


@blueprint.route("/trajets", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def travel() -> Any:
    """Say how long one travels between sites."""
    session = db.session()
    journeys = domain.list_journeys(session)
    form = TravelForm()
    typed: dict[tuple[int, int], str] = {}
    wrong: set[tuple[int, int]] = set()
    minutes: dict[tuple[int, int], int | None] = {}
    if request.method == "POST":
        for each in journeys:
            pair = (each.site_a_id, each.site_b_id)
            text = typed[pair] = request.form.get(f"minutes-{pair[0]}-{pair[1]}", "").strip()
            if text and (not re.fullmatch(r"\d{1,3}", text) or int(text) > 300):
                wrong.add(pair)
            else:
                minutes[pair] = int(text) if text else None

    def act() -> None:
        note("travel.change", "centre", changed=domain.set_travel(session, minutes))

    if wrong:
        form.answer_status = 422
        form.form_errors.append(_("Donnez des minutes entre 0 et 300."))
    elif submit(form, act):
        return done(url_for("settings.travel"), _("Les trajets sont à jour."))
    page = render_template("settings/travel.html", form=form, journeys=journeys, typed=typed, wrong=wrong)
    return page, form.answer_status
