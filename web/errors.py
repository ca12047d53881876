"""One place that turns errors into HTTP answers: what happened, what was kept, what to do."""

from __future__ import annotations

from flask import Flask, Response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from scheduler.errors import ForeignCentreError, InvalidInputError, NotFoundError, SchedulerError, StaleError
from solver.errors import SolverError
from web.extensions import db

STATUS_BY_ERROR: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, 404),
    (ForeignCentreError, 404),
    (StaleError, 409),
    (StaleDataError, 409),
    (InvalidInputError, 422),
    (DataError, 422),
    (SchedulerError, 400),
    (SolverError, 422),
)


def _texts(status: int) -> tuple[str, str]:
    texts = {
        400: (_("Demande incomprise"), _("Rien n'a été modifié. Revenez en arrière et recommencez.")),
        403: (_("Accès réservé"), _("Votre rôle ne permet pas cette action. Rien n'a été modifié.")),
        404: (_("Page introuvable"), _("Cette page n'existe pas, ou pas dans ce centre.")),
        405: (_("Action impossible ici"), _("Rien n'a été modifié. Revenez en arrière et recommencez.")),
        409: (
            _("Quelqu'un d'autre vient de modifier ceci"),
            _("Votre modification n'a pas été enregistrée. Rechargez la page et refaites-la."),
        ),
        413: (_("Fichier trop grand"), _("Le fichier n'a pas été lu et rien n'a été modifié.")),
        422: (_("Ces données ne peuvent pas être utilisées"), _("Rien n'a été modifié.")),
        429: (
            _("Trop d'essais"),
            _("Par sécurité, attendez une minute avant de recommencer. Rien n'a été modifié."),
        ),
    }
    return texts.get(
        status,
        (
            _("Une erreur est survenue"),
            _("Rien n'a été modifié. Si cela continue, prévenez l'administration."),
        ),
    )


def _answer(status: int, detail: str | None = None) -> Response:
    title, advice = _texts(status)
    template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
    body = render_template(template, status=status, title=title, detail=detail, advice=advice)
    return Response(body, status=status, mimetype="text/html")


def init_app(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response | HTTPException:
        db.session.rollback()
        if error.code is None or error.code < 400:
            return error
        response = _answer(error.code)
        for name, value in error.get_headers(request.environ):
            if name.lower() in {"allow", "retry-after"}:
                response.headers[name] = value
        return response

    @app.errorhandler(CSRFError)
    def csrf_error(_error: CSRFError) -> Response:
        db.session.rollback()
        return _answer(400, _("La page était ouverte depuis trop longtemps. Rechargez-la."))

    for kind, status in STATUS_BY_ERROR:

        def domain_error(error: Exception, status: int = status) -> Response:
            db.session.rollback()
            return _answer(status, getattr(error, "message", None))

        app.register_error_handler(kind, domain_error)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        db.session.rollback()
        app.logger.exception("Unexpected error on %s", request.endpoint)
        if app.testing:
            raise error
        return _answer(500)
