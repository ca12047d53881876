"""Measure a participant's page in Chromium on a slow phone: ``python -m benchmarks.first_paint``.

Builds a small demonstration centre in a folder of its own, plans and publishes it, and opens the page of
its busiest person from their link, with an empty cache, on a throttled network (round trip, bandwidth)
and a processor slowed down. Prints the median first contentful paint in milliseconds and the bytes on
the wire; then one JSON line.

References
----------
Network and processor as Lighthouse's mobile profile has them: 150 ms, 1.6 Mbit/s down, 0.75 Mbit/s up,
processor four times slower (https://github.com/GoogleChrome/lighthouse/blob/main/docs/throttling.md).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
import threading
from datetime import UTC, datetime

from playwright.sync_api import sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from benchmarks.pages import prepare
from scheduler.links import find_link, renew_link
from scheduler.models import LinkKind
from web import create_app
from web.extensions import db

ROUND_TRIP_MS = 150
DOWN_BYTES_S = 1_600_000 / 8
UP_BYTES_S = 750_000 / 8
SLOWER = 4
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class KeptOpen(WSGIRequestHandler):
    """Keeps connections open, as the servers do behind which the application runs."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write no line a request."""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    chromium = next(path for name in CHROMIUMS if (path := shutil.which(name)))
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"INSTANCE_PATH": folder, "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/bench.db"})
        _slug, feed_token = prepare(app, "S", given.seed, 5)
        with app.app_context():
            link = find_link(db.session(), feed_token)
            assert link is not None
            token = renew_link(db.session(), LinkKind.PAGE, link.subject_id, datetime.now(UTC))
            db.session.commit()
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=KeptOpen)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        paints, sizes = [], []
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for _ in range(given.times):
                context = browser.new_context(viewport={"width": 360, "height": 740})
                page = context.new_page()
                control = context.new_cdp_session(page)
                control.send("Network.enable")
                control.send(
                    "Network.emulateNetworkConditions",
                    {
                        "offline": False,
                        "latency": ROUND_TRIP_MS,
                        "downloadThroughput": DOWN_BYTES_S,
                        "uploadThroughput": UP_BYTES_S,
                    },
                )
                control.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
                received: list[float] = []
                control.on(
                    "Network.loadingFinished", lambda e, into=received: into.append(e["encodedDataLength"])
                )
                page.goto(f"http://127.0.0.1:{server.server_port}/moi/{token}", wait_until="networkidle")
                paints.append(
                    page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
                )
                sizes.append(sum(received))
                context.close()
            browser.close()
        server.shutdown()
    figures = {
        "first_contentful_paint_ms": round(statistics.median(paints)),
        "slowest_ms": round(max(paints)),
        "wire_bytes": round(statistics.median(sizes)),
        "load": round(os.getloadavg()[0], 1),
        "seed": given.seed,
    }
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
