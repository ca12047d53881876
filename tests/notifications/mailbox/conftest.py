"""A real IMAP server for the tests, with one empty folder."""

from __future__ import annotations

import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def imap_port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    program = Path(sys.executable).with_name("pymap")
    command = [program, "--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict"]
    command += ["--demo-data", "--demo-user", "centre", "--demo-password", "mot de passe"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
        server.terminate()


@pytest.fixture
def mailbox(imap_port: int) -> Iterator[imaplib.IMAP4]:
    with imaplib.IMAP4("127.0.0.1", imap_port) as client:
        client.login("centre", "mot de passe")
        client.select("INBOX")
        client.store("1:*", "+FLAGS", r"(\Deleted)")
        client.expunge()
        yield client


@pytest.fixture
def url(imap_port: int) -> str:
    return f"imap://centre:mot%20de%20passe@127.0.0.1:{imap_port}/INBOX"
