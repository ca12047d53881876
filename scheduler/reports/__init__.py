"""Reports of a period: the figures, and the rows that each of them counts."""

from __future__ import annotations

from scheduler.reports.figures import Report, make_report
from scheduler.reports.rows import AttendanceRow, attendance_rows
from scheduler.reports.selection import Absence, Nationality, Period, Selection

__all__ = [
    "Absence",
    "AttendanceRow",
    "Nationality",
    "Period",
    "Report",
    "Selection",
    "attendance_rows",
    "make_report",
]
