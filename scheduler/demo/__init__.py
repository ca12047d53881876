"""Demonstration centres: synthetic, drawn from a seed, and marked as invented everywhere."""

from scheduler.demo.accounts import DEMO_PASSWORD
from scheduler.demo.build import DEMO_NAME, DEMO_SLUG, build_demo
from scheduler.demo.reset import find_centre, remove_demo
from scheduler.demo.sizes import DemoSize

__all__ = ["DEMO_NAME", "DEMO_PASSWORD", "DEMO_SLUG", "DemoSize", "build_demo", "find_centre", "remove_demo"]
