"""The web and the worker side by side: a worker that ends begins again, a web that ends stops all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WORKER = "import sys; open(sys.argv[1], 'a').write('started\\n')"
WEB = """
import pathlib, sys, time
for _ in range(1000):
    if pathlib.Path(sys.argv[1]).exists() and len(pathlib.Path(sys.argv[1]).read_text().split()) >= 2:
        break
    time.sleep(0.02)
"""
SUPERVISOR = """
import os, sys
from web.cli import serve
serve.POLL_S, serve.AGAIN_S = 0.02, 0.0
sys.exit(serve.supervise({commands!r}, dict(os.environ), again={again!r}))
"""


def supervise(starts: Path, again: set[str]) -> subprocess.CompletedProcess[str]:
    """Supervise in a process of its own, because it takes over the signals."""
    commands = {
        "web": [sys.executable, "-c", WEB, str(starts)],
        "worker": [sys.executable, "-c", WORKER, str(starts)],
    }
    program = SUPERVISOR.format(commands=commands, again=again)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_worker_that_ends_is_started_again_and_the_pages_stay(tmp_path: Path) -> None:
    done = supervise(tmp_path / "starts", again={"worker"})
    assert len((tmp_path / "starts").read_text().split()) >= 2
    assert "The worker process ended; starting it again." in done.stderr
    assert "The web process ended; stopping." in done.stderr
    assert done.returncode == 1


def test_without_that_the_first_that_ends_stops_all(tmp_path: Path) -> None:
    done = supervise(tmp_path / "starts", again=set())
    assert (tmp_path / "starts").read_text().split() == ["started"]
    assert "The worker process ended; stopping." in done.stderr
    assert done.returncode == 1
