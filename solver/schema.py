"""Writes the JSON Schemas of the planner's files: ``python -m solver.schema docs/schema``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from solver.codec import json_schema
from solver.problem import FORMAT_VERSION, Problem
from solver.solution import Solution

_TITLES: dict[str, tuple[type, str]] = {
    "problem": (Problem, "Semainier planning problem"),
    "solution": (Solution, "Semainier plan"),
}


def schema_files() -> dict[str, str]:
    """Return the text of each schema file by its name."""
    return {
        f"{name}-{FORMAT_VERSION}.json": json.dumps(json_schema(cls, title=title), indent=2) + "\n"
        for name, (cls, title) in _TITLES.items()
    }


def write_schemas(folder: Path) -> None:
    """Write every schema file into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
