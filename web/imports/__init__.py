"""Bringing people and course times in: upload, match columns, try out, write, see what came of it."""

from web.imports import columns, result, sources, trial, upload  # noqa: F401  (each adds its views)
from web.imports.area import blueprint

__all__ = ["blueprint"]
