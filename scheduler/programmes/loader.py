"""Read programme files and write programmes back to text."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scheduler.message import N_
from scheduler.programmes.contradictions import contradictions
from scheduler.programmes.schema import PROGRAMME
from scheduler.programmes.spec import ProgrammeSpec, Text
from scheduler.programmes.yaml_nodes import Complaint, ProgrammeFileError, RefusedError, compose

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class AvailableProgramme:
    """A programme that comes with the product."""

    key: str
    name: Text
    summary: Text
    path: Path


def available_programmes() -> list[AvailableProgramme]:
    """Give the programmes that come with the product, in alphabetical order of their keys."""
    return list(_shipped())


@cache
def _shipped() -> tuple[AvailableProgramme, ...]:
    specs = [(load_programme_file(path), path) for path in sorted(FOLDER.glob("*.yaml"))]
    return tuple(AvailableProgramme(spec.key, spec.name, spec.summary, path) for spec, path in specs)


def load_programme_file(path: str | Path) -> ProgrammeSpec:
    """Read and check a programme file.

    Parameters
    ----------
    path : path
        A YAML file in UTF-8, see ``docs/programme-format.md``.

    Raises
    ------
    ProgrammeFileError
        With every complaint found, each naming key and line.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProgrammeFileError(path.name, [Complaint("", N_("le fichier n'est pas en UTF-8"))]) from error
    except OSError as error:
        raise ProgrammeFileError(path.name, [Complaint("", N_("le fichier ne peut pas être lu"))]) from error
    return load_programme_text(text, path.name)


def load_programme_text(text: str, file: str = "programme.yaml") -> ProgrammeSpec:
    """Read and check a programme given as text; ``file`` is how complaints call it."""
    item, book = compose(text, file)
    try:
        spec = PROGRAMME.read(item)
    except RefusedError:
        raise ProgrammeFileError(file, book.complaints) from None
    found = book.complaints or [replace(c, line=book.line_of(c.key)) for c in contradictions(spec)]
    if found:
        raise ProgrammeFileError(file, found)
    return spec


def dump_programme(spec: ProgrammeSpec) -> str:
    """Write a programme as the text of a file; reading it gives an equal one."""
    return yaml.dump(PROGRAMME.write(spec), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def digest_of(spec: ProgrammeSpec) -> str:
    """Give a fingerprint that is the same exactly for equal programmes."""
    return hashlib.sha256(dump_programme(spec).encode()).hexdigest()


class _Dumper(yaml.SafeDumper):
    """Short groups on one line, and times in quotes as people write them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _is_short(value: Any) -> bool:
    plain = (str, int, float, bool)
    if isinstance(value, dict):
        return all(isinstance(v, plain) for v in value.values())
    return all(isinstance(v, plain) for v in value)


def _represent_dict(dumper: _Dumper, value: dict[str, Any]) -> yaml.Node:
    short = _is_short(value) and len(str(value)) < 90
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=short)


def _represent_list(dumper: _Dumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=_is_short(value))


_Dumper.add_representer(dict, _represent_dict)
_Dumper.add_representer(list, _represent_list)
