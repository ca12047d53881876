"""Invitation instead of summons: places as good for the plan, held for a time, and chosen by the person."""

from __future__ import annotations

from scheduler.choices.answers import Choice, Outcome, choose, decline, expire
from scheduler.choices.apply import Applied, apply_choices
from scheduler.choices.freed import fill_freed_seats, keep_seat, offer_freed_seat
from scheduler.choices.offers import find_offer, open_offers, withdraw
from scheduler.choices.rounds import propose
from scheduler.choices.waiting_line import InLine, waiting_list

__all__ = [
    "Applied",
    "Choice",
    "InLine",
    "Outcome",
    "apply_choices",
    "choose",
    "decline",
    "expire",
    "fill_freed_seats",
    "find_offer",
    "keep_seat",
    "offer_freed_seat",
    "open_offers",
    "propose",
    "waiting_list",
    "withdraw",
]
