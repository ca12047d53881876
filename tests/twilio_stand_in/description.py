"""Twilio's OpenAPI description, cut down to what is used, and the checks it makes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

FILE = (
    Path(__file__).resolve().parents[2]
    / "node_modules/@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json"
)
FORM = "application/x-www-form-urlencoded"
HOST = "https://api.twilio.com"
ACCOUNT = "/2010-04-01/Accounts/{AccountSid}"
PATHS = tuple(
    f"{ACCOUNT}/{end}" for end in ("Messages.json", "Messages/{Sid}.json", "Calls.json", "Calls/{Sid}.json")
)


class NotAsDescribedError(AssertionError):
    """A request or an answer is not what Twilio's description says."""


@dataclass
class _Request:
    """A request as ``openapi_core`` wants to see it."""

    method: str
    path: str
    query: ImmutableMultiDict[str, str]
    headers: Headers
    body: bytes
    content_type: str
    host_url: str = HOST
    path_pattern: str | None = None
    full_url_pattern: str | None = None
    parameters: RequestParameters = field(init=False)

    def __post_init__(self) -> None:
        self.parameters = RequestParameters(query=self.query, header=self.headers)


@dataclass
class _Response:
    data: bytes
    status_code: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, Any] = field(default_factory=dict)


def request_of(
    method: str, path: str, query: list[tuple[str, str]], headers: Mapping[str, str], body: bytes
) -> _Request:
    """Return a request to be checked."""
    return _Request(
        method=method.lower(),
        path=path,
        query=ImmutableMultiDict(query),
        headers=Headers(headers),
        body=body,
        content_type=headers.get("Content-Type", ""),
    )


def check_request(request: _Request) -> None:
    """Raise ``NotAsDescribedError`` unless the request is as described."""
    try:
        description().validate_request(request)
    except OpenAPIError as error:
        raise NotAsDescribedError(f"{request.method} {request.path}: {_story(error)}") from error
    # The description lets names through that it does not know, and so typing errors.
    if request.body:
        end = request.path.rpartition("/")[2]
        unknown = {name for name, _value in parse_qsl(request.body.decode())} - fields()[end]
        if unknown:
            raise NotAsDescribedError(f"{request.method} {request.path}: unknown {sorted(unknown)}")


def check_answer(request: _Request, status: int, body: bytes) -> None:
    """Raise ``NotAsDescribedError`` unless the answer to a request is as described."""
    try:
        description().validate_response(request, _Response(body, status))
    except OpenAPIError as error:
        raise NotAsDescribedError(f"answer to {request.method} {request.path}: {_story(error)}") from error


@cache
def fields() -> dict[str, set[str]]:
    """Return the names that a new message and a new call may have, by the end of their path."""
    found = {}
    for path in PATHS:
        if "{Sid}" not in path:
            body = _whole()["paths"][path]["post"]["requestBody"]["content"][FORM]["schema"]
            found[path.rpartition("/")[2]] = set(body["properties"])
    return found


@cache
def _whole() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(FILE.read_text())
    return whole


@cache
def description() -> OpenAPI:
    """Return the description of the paths used; read once per process."""
    whole = _whole()
    paths = {path: whole["paths"][path] for path in PATHS}
    components: dict[str, dict[str, Any]] = {"securitySchemes": whole["components"]["securitySchemes"]}
    wanted = list(_references(paths))
    while wanted:
        _, _, kind, name = wanted.pop().split("/")
        if name not in components.setdefault(kind, {}):
            components[kind][name] = whole["components"][kind][name]
            wanted += _references(components[kind][name])
    cut = {key: whole[key] for key in ("openapi", "info", "servers")}
    return OpenAPI.from_dict(
        {**cut, "paths": paths, "components": components}, config=Config(spec_validator_cls=None)
    )


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _story(error: BaseException) -> str:
    parts: list[str] = []
    at: BaseException | None = error
    while at is not None:
        details = "; ".join(each.message for each in getattr(at, "schema_errors", None) or ())
        parts.append(f"{at} {details}".strip())
        at = at.__cause__
    return " <- ".join(parts)
