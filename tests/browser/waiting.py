"""Waiting for what only a script can see."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Page

LONGEST_S = 30
BETWEEN_MS = 50


def wait_until(page: Page, script: str, arg: Any = None) -> None:
    """Ask again and again until a script says yes.

    Playwright's own way asks from within the page, whose policy forbids to evaluate texts.
    """
    give_up = time.monotonic() + LONGEST_S
    while not page.evaluate(script, arg):
        assert time.monotonic() < give_up, f"never true: {script}"
        page.wait_for_timeout(BETWEEN_MS)
