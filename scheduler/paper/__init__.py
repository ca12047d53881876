"""Paper: sheets to sign, attestations, posters and cards, as tagged PDF."""

from __future__ import annotations

from scheduler.paper.attendance_sheet import attendance_sheet
from scheduler.paper.attestation import attestation
from scheduler.paper.card import participant_card
from scheduler.paper.poster import week_poster

__all__ = ["attendance_sheet", "attestation", "participant_card", "week_poster"]
