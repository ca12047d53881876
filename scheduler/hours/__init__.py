"""Hours: what people attended, what they owe, and when they will be done; attended minutes only."""

from __future__ import annotations

from scheduler.hours.ledger import Ledger, read_ledger
from scheduler.hours.obligations import Obligation, ObligationKind, Standing, obligations

__all__ = ["Ledger", "Obligation", "ObligationKind", "Standing", "obligations", "read_ledger"]
