"""Invitation instead of summons: places as good for the plan, held for a time, and chosen by the person."""

from __future__ import annotations

from scheduler.choices.answers import (
    Choice,
    Outcome,
    choose,
    decline,
    expire,
    find_offer,
    open_offers,
    withdraw,
)
from scheduler.choices.rounds import propose

__all__ = [
    "Choice",
    "Outcome",
    "choose",
    "decline",
    "expire",
    "find_offer",
    "open_offers",
    "propose",
    "withdraw",
]
