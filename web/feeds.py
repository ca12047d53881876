"""Calendar feeds over HTTP: no cookie, no page, one address per subject."""

from __future__ import annotations

import gzip
import re
from datetime import datetime, timedelta

from flask import Blueprint, Response, abort, request

from scheduler.db import enter_centre
from scheduler.feeds import Wording, read_feed, render_feed, render_tombstone, version_of
from scheduler.links import Subject, find_link, find_subject, hash_token
from scheduler.models import Centre, Link, LinkKind, Participant
from scheduler.wording import known_language, plain_words
from web.clock import now
from web.extensions import db, limiter
from web.permissions import public

blueprint = Blueprint("feeds", __name__, url_prefix="/agenda")

#: How long a revoked address still says that it is revoked, so that devices drop the old events.
TOMBSTONE_DAYS = 14

RATE_LIMIT = "120 per hour"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def wording_in(language: str | None) -> Wording:
    """Return the words of a feed in a language."""
    words = plain_words(language)
    return Wording(
        language=known_language(language),
        activity=words["activity"],
        appointment=words["appointment"],
        with_people=words["with_people"],
        calendar=words["calendar"],
        no_longer_shared=words["no_longer_shared"],
    )


@blueprint.get("/<token>.ics")
@limiter.limit(RATE_LIMIT, key_func=lambda: hash_token((request.view_args or {}).get("token", "")))
@public
def feed(token: str) -> Response:
    """Answer a calendar program: 200, 304, or the same 404 for everything that opens nothing."""
    instant = now()
    link = find_link(db.session(), token) if _TOKEN.fullmatch(token) else None
    if link is None or link.kind == LinkKind.PAGE:
        abort(404)
    enter_centre(db.session(), link.centre_id)
    if link.revoked_at is not None:
        if instant - link.revoked_at > timedelta(days=TOMBSTONE_DAYS):
            abort(404)
        body = render_tombstone(link.id, link.revoked_at, wording_in(None))
        return _answer(f"revoked-{link.id}", body, link.revoked_at)
    subject = find_subject(db.session(), LinkKind(link.kind), link.subject_id)
    if subject is None:
        abort(404)
    version = version_of(db.session(), link, instant)
    if request.if_none_match.contains(_etag(version)):
        return _headers(Response(status=304), version)
    return _answer(version, *_build(link, subject, instant))


@blueprint.errorhandler(404)
def not_found(_error: Exception) -> Response:
    """Answer the same few bytes for every address that opens nothing."""
    return Response("404\n", status=404, mimetype="text/plain")


def _build(link: Link, subject: Subject, instant: datetime) -> tuple[bytes, datetime]:
    """Return the feed's bytes and when the youngest of its events changed."""
    if isinstance(subject, Participant):
        language = subject.message_language
    else:
        language = db.session.get_one(Centre, link.centre_id).locale
    wording = wording_in(language)
    found = read_feed(db.session(), link, subject, wording, instant)
    changed_at = max([link.created_at, *(event.stamp for event in found.events)])
    return render_feed(found.name, found.events, wording), changed_at


def _answer(version: str, body: bytes, changed_at: datetime) -> Response:
    response = Response(mimetype="text/calendar")
    if "gzip" in request.accept_encodings:
        body = gzip.compress(body, compresslevel=5, mtime=0)
        response.content_encoding = "gzip"
    response.set_data(body)
    response.last_modified = changed_at
    response.headers["Content-Disposition"] = 'inline; filename="semainier.ics"'
    return _headers(response, version).make_conditional(request)


def _etag(version: str) -> str:
    """Return the strong validator of one version in the encoding that the client takes."""
    return f"{version}-gzip" if "gzip" in request.accept_encodings else version


def _headers(response: Response, version: str) -> Response:
    response.set_etag(_etag(version))
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = "private, max-age=900, must-revalidate"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
