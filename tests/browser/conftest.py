"""A live server on loopback and a real Chromium to look at it."""

from __future__ import annotations

import shutil
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from scheduler import models as m
from tests.factories import Make
from tests.web.conftest import PASSWORD, PASSWORD_HASH, app, app_centre, made_apps, make_row, rows, sign_in

__all__ = ["app", "app_centre", "made_apps", "make_row", "rows", "sign_in"]

#: Names under which a Chromium is looked for.
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

#: No sandbox, because tests often run as root; no calls home, because they often run without network.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    for name in CHROMIUMS:
        if path := shutil.which(name):
            return path
    message = "NO CHROMIUM FOUND: THE PAGES WERE NOT OPENED IN A BROWSER (install Debian's chromium)"
    warnings.warn(message, stacklevel=1)
    pytest.skip(message)


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    # A slow machine is not a fault of a page.
    expect.set_options(timeout=30_000)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright_driver: Playwright, chromium_path: str) -> Iterator[Browser]:
    browser = playwright_driver.chromium.launch(executable_path=chromium_path, args=list(ARGUMENTS))
    yield browser
    browser.close()


@pytest.fixture
def live_url(app: Flask) -> Iterator[str]:
    """The address of the application, served by threads of this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    app.config["PUBLIC_URL"] = url = f"http://127.0.0.1:{server.server_port}"
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


def is_complaint(line: ConsoleMessage) -> bool:
    """Tell whether a line of the console is the page's fault: not a cut network, nor a refused form."""
    expected = ("ERR_INTERNET_DISCONNECTED", "status of 409", "status of 422")
    return line.type == "error" and not any(text in line.text for text in expected)


@pytest.fixture
def open_page(
    browser: Browser, live_url: str, make_row: Make, rows: Session
) -> Iterator[Callable[..., Page]]:
    """Return a function that signs a new account in with a role and gives its page.

    Whatever the page's console or policy complains about fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(
        role: m.Role = m.Role.COORDINATOR, *, width: int = 1280, staff_id: int | None = None
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, locale="fr-BE", base_url=live_url
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if is_complaint(line) else None)
        user = make_row(m.User, password_hash=PASSWORD_HASH)
        make_row(m.Membership, user=user, role=role, staff_id=staff_id)
        rows.commit()
        page.goto("/login")
        page.get_by_label("Adresse e-mail").fill(user.email)
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Se connecter").click()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def profile_folder(tmp_path: Path) -> Path:
    """A folder for the profile of a browser that is killed and started again."""
    return tmp_path / "profile"
