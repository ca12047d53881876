"""Suivi: hours and obligations, tasks, reports and paper."""

from __future__ import annotations

from web.followup import counted, hours, outside, paper, reports, rules, tasks  # noqa: F401
from web.followup.area import blueprint

__all__ = ["blueprint"]
