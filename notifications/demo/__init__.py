"""The messages of a demonstration centre: how its people are reached, and its last days lived through."""

from notifications.demo.contacts import choose_channels
from notifications.demo.days import let_days_pass, refuse_real_centres

__all__ = ["choose_channels", "let_days_pass", "refuse_real_centres"]
