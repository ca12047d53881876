"""Programmes as data: files that describe a path, and what is made of them."""

from scheduler.programmes.check import check_programme
from scheduler.programmes.install import (
    ProgrammeChangedError,
    export_programme,
    install_programme,
    is_changed_by_hand,
)
from scheduler.programmes.loader import (
    AvailableProgramme,
    available_programmes,
    dump_programme,
    load_programme_file,
    load_programme_text,
)
from scheduler.programmes.rows import spec_of
from scheduler.programmes.spec import ProgrammeSpec
from scheduler.programmes.yaml_nodes import Complaint, ProgrammeFileError

__all__ = [
    "AvailableProgramme",
    "Complaint",
    "ProgrammeChangedError",
    "ProgrammeFileError",
    "ProgrammeSpec",
    "available_programmes",
    "check_programme",
    "dump_programme",
    "export_programme",
    "install_programme",
    "is_changed_by_hand",
    "load_programme_file",
    "load_programme_text",
    "spec_of",
]
