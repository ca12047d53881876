"""What every page must be: no wider than the screen, and nothing that axe finds wrong, light or dark."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.waiting import wait_until

#: Width in pixels, colour scheme, and the rules that can turn out differently from the look before.
LOOKS: tuple[tuple[int, Any, list[str] | None], ...] = (
    (360, "light", None),
    (1280, "light", None),
    (1280, "dark", ["color-contrast"]),
)


#: A page that follows the colour scheme by script has done so, and nothing moves any more.
SETTLED = """scheme => {
    const chosen = document.documentElement.dataset.bsTheme;
    return (!chosen || chosen === scheme) && document.getAnimations().every((a) => a.playState !== "running");
}"""


@cache
def _axe() -> str:
    path = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
    return path.read_text(encoding="utf-8")


def complaints(page: Page, addresses: Iterable[str]) -> list[Any]:
    """Open each page once, look at it on a phone, on a desk and in the dark; return what is wrong."""
    found: list[Any] = []
    for address in addresses:
        answer = page.goto(address)
        if answer is None or answer.status != 200:
            found.append((address, answer and answer.status))
            continue
        page.evaluate(_axe())
        for width, scheme, rules in LOOKS:
            page.set_viewport_size({"width": width, "height": 800})
            # Without motion, so that no colour is looked at half way to another.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            wait_until(page, SETTLED, scheme)
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                found.append((address, width, "wider than the screen"))
            options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
            result = page.evaluate("options => axe.run(document, options)", options)
            found += [
                (address, width, scheme, each["id"], node["html"][:160], node["failureSummary"][:200])
                for each in result["violations"]
                for node in each["nodes"][:2]
            ]
    return found
