"""One's own work: my week, my hours, when I am there, places to take, my pairs, my calendar."""

from __future__ import annotations

from web.mine import agenda, availability, hours, mentoring, places, week
from web.mine.area import blueprint

__all__ = ["agenda", "availability", "blueprint", "hours", "mentoring", "places", "week"]
