"""Demonstration centres: synthetic, drawn from a seed, and marked as invented everywhere."""

from scheduler.demo.accounts import DEMO_PASSWORD
from scheduler.demo.build import DEMO_NAME, DEMO_SLUG, build_demo
from scheduler.demo.reset import account_addresses, find_centre, remove_demo, slug_for
from scheduler.demo.sizes import DemoSize

__all__ = [
    "DEMO_NAME",
    "DEMO_PASSWORD",
    "DEMO_SLUG",
    "DemoSize",
    "account_addresses",
    "build_demo",
    "find_centre",
    "remove_demo",
    "slug_for",
]
