"""What the roll-call page of 30 people costs: time on the server, and bytes on a first and a second load."""

from __future__ import annotations

import shutil
import statistics
import time
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import sync_playwright

from benchmarks.roll_call_centre import PAGE_PEOPLE, Animateur

TIMES = 30
SETTLE_MS = 1500
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


def measure_page(app: Flask, person: Animateur, url: str, log: Path) -> dict[str, Any]:
    """Return milliseconds on the server, network left out, and the bytes that left it for a browser."""
    path = f"/c/{person.slug}/aujourdhui/"
    client = app.test_client()
    client.set_cookie("semainier", person.cookie)
    taken, processor = [], []
    for turn in range(TIMES + 1):
        begun, own = time.perf_counter(), time.process_time()
        answer = client.get(path)
        if turn:
            taken.append(1000 * (time.perf_counter() - begun))
            processor.append(1000 * (time.process_time() - own))
    assert answer.status_code == 200
    assert answer.text.count("roll-line") >= PAGE_PEOPLE
    return {
        "server_ms": {"median": round(statistics.median(taken), 1), "slowest": round(max(taken), 1)},
        "server_processor_ms": round(statistics.median(processor), 1),
        "page_bytes": len(answer.data),
        **_loads(person, url + path, log),
    }


def _loads(person: Animateur, address: str, log: Path) -> dict[str, Any]:
    """Open the page twice in Chromium and read in the server's log what it sent each time."""
    chromium = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    if chromium is None:
        return {"first_load": "no Chromium found", "second_load": "no Chromium found"}
    found = {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 360, "height": 740})
        context.add_cookies([{"name": "semainier", "value": person.cookie, "url": address}])
        for name in ("first_load", "second_load"):
            known = len(log.read_text().splitlines())
            page = context.new_page()
            page.goto(address, wait_until="networkidle")
            page.wait_for_timeout(SETTLE_MS)
            page.close()
            lines = [line.split() for line in log.read_text().splitlines()[known:]]
            found[name] = {"requests": len(lines), "bytes": sum(int(line[3]) for line in lines)}
        browser.close()
    return found
