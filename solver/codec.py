"""The JSON form of problems and solutions: strict reading, writing, and their JSON Schema.

The dataclasses are the only description; the reader and the schema follow their type hints.
"""

from __future__ import annotations

import json
import math
import types
import typing
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from solver.errors import FormatError

T = TypeVar("T")

_NUMBER_KINDS: dict[type, tuple[type, ...]] = {int: (int,), float: (int, float), str: (str,), bool: (bool,)}
_JSON_NAMES: dict[type, str] = {int: "integer", float: "number", str: "string", bool: "boolean"}


def loads(cls: type[T], text: str | bytes) -> T:
    """Read a dataclass from JSON text.

    Raises
    ------
    FormatError
        With the place and the reason: not JSON, an unknown key, a missing key, a wrong type.
    """
    try:
        data = json.loads(text, object_pairs_hook=_once_each)
    except FormatError:
        raise
    except (ValueError, RecursionError) as error:
        raise FormatError("", f"is not JSON: {error}") from error
    return typing.cast(T, _read(cls, data, ""))


def dumps(value: Any, *, indent: int | None = None) -> str:
    """Write a dataclass as JSON text with a stable order of keys."""
    return json.dumps(asdict(value), ensure_ascii=False, indent=indent)


def json_schema(cls: type, *, title: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a dataclass, its references under ``$defs``."""
    defs: dict[str, Any] = {}
    root = _schema(cls, defs)
    body = defs.pop(cls.__name__)
    assert root == {"$ref": f"#/$defs/{cls.__name__}"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **body,
        "$defs": dict(sorted(defs.items())),
    }


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; JSON readers disagree on which of two equal keys counts, so neither does."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _value in pairs]
        raise FormatError("", f"has the key {next(key for key in keys if keys.count(key) > 1)!r} twice")
    return found


def _read(hint: Any, value: Any, path: str) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        return _read(next(a for a in args if a is not type(None)), value, path)
    if origin is Literal:
        if value not in args or isinstance(value, bool):
            raise FormatError(path, f"must be one of {', '.join(map(str, args))}, not {repr(value)[:60]}")
        return value
    if origin is tuple:
        return _read_tuple(args, value, path)
    if origin is dict:
        if not isinstance(value, dict):
            raise FormatError(path, "must be an object")
        return {str(k): _read(args[1], v, f"{path}.{k}") for k, v in value.items()}
    if is_dataclass(hint):
        return _read_object(typing.cast(type, hint), value, path)
    if not isinstance(value, _NUMBER_KINDS[hint]) or (isinstance(value, bool) and hint is not bool):
        raise FormatError(path, f"must be {_JSON_NAMES[hint]}, not {json.dumps(value)[:60]}")
    if isinstance(value, str) and not value.isascii():
        _refuse_surrogates(value, path)
    return _finite(value, path) if hint is float else value


def _refuse_surrogates(value: str, path: str) -> None:
    """Refuse half a character, which JSON can escape and no file or database can hold."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise FormatError(path, "holds half a character (a lone surrogate)") from error


def _finite(value: Any, path: str) -> float:
    try:
        number = float(value)
    except OverflowError as error:
        raise FormatError(path, "is too large a number") from error
    if not math.isfinite(number):
        raise FormatError(path, f"must be a finite number, not {number}")
    return number


def _read_tuple(args: tuple[Any, ...], value: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise FormatError(path, "must be an array")
    if args[-1] is Ellipsis:
        return tuple(_read(args[0], v, f"{path}[{i}]") for i, v in enumerate(value))
    if len(value) != len(args):
        raise FormatError(path, f"must have {len(args)} items, not {len(value)}")
    return tuple(_read(a, v, f"{path}[{i}]") for i, (a, v) in enumerate(zip(args, value, strict=True)))


def _read_object(cls: type, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise FormatError(path, "must be an object")
    hints, known = _hints(cls), {f.name: f for f in fields(cls)}
    dot = f"{path}." if path else ""
    for key in value:
        if key not in known:
            raise FormatError(f"{dot}{key}", "is not a known key")
    for name, spec in known.items():
        if name not in value and _required(spec):
            raise FormatError(f"{dot}{name}", "is missing")
    return cls(**{k: _read(hints[k], v, f"{dot}{k}") for k, v in value.items()})


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _required(spec: Field[Any]) -> bool:
    return spec.default is MISSING and spec.default_factory is MISSING


def _schema(hint: Any, defs: dict[str, Any]) -> dict[str, Any]:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(a, defs) if a is not type(None) else {"type": "null"} for a in args]}
    if origin is Literal:
        return {"enum": list(args)}
    if origin is tuple and args[-1] is Ellipsis:
        return {"type": "array", "items": _schema(args[0], defs)}
    if origin is tuple:
        items = [_schema(a, defs) for a in args]
        return {"type": "array", "prefixItems": items, "minItems": len(args), "maxItems": len(args)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(args[1], defs)}
    if is_dataclass(hint):
        cls = typing.cast(type, hint)
        if cls.__name__ not in defs:
            defs[cls.__name__] = {}
            hints = _hints(cls)
            doc = (cls.__doc__ or "").strip().split("\n\n")[0]
            defs[cls.__name__] = {
                "type": "object",
                "description": " ".join(doc.split()),
                "properties": {f.name: _schema(hints[f.name], defs) for f in fields(cls)},
                "required": [f.name for f in fields(cls) if _required(f)],
                "additionalProperties": False,
            }
        return {"$ref": f"#/$defs/{cls.__name__}"}
    return {"type": _JSON_NAMES[hint]}
