"""``semainier serve``: everything that one machine needs, the web and the worker, in one command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Container
from contextlib import suppress

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from sqlalchemy import select

from scheduler.demo import DEMO_PASSWORD, account_addresses
from scheduler.models import Centre, Plan, PlanState
from web.clock import today
from web.config import ROOT
from web.extensions import db

#: Seconds that the demonstration centre's plan is improved before it is served.
DEMO_TIME_LIMIT_S = 20

POLL_S = 0.5
STOP_S = 10.0

#: Seconds before a worker that ended is started again.
AGAIN_S = 2.0


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes.")
@click.option("--demo", is_flag=True, help="In an empty database, build and plan a demonstration centre.")
@with_appcontext
def serve_command(host: str, port: int, workers: int, demo: bool) -> None:
    """Bring the database up to date, then run the web pages and the worker until Ctrl-C."""
    upgrade()
    url = f"http://{host}:{port}"
    env = os.environ | {"SEMAINIER_URL": os.environ.get("SEMAINIER_URL", url)}
    if demo:
        _prepare_demo(env)
    db.session.remove()
    db.engine.dispose()
    gunicorn = [sys.executable, "-m", "gunicorn", "--bind", f"{host}:{port}", "--workers", str(workers)]
    gunicorn += ["--threads", "8", "--worker-tmp-dir", _shared_memory(), "--log-level", "warning", "wsgi:app"]
    commands = {"web": gunicorn, "worker": [sys.executable, "-m", "web.cli", "worker"]}
    click.echo(f"Semainier: {url}  (Ctrl-C stops)")
    sys.exit(supervise(commands, env, again={"worker"}))


def _prepare_demo(env: dict[str, str]) -> None:
    """Build, plan and publish the demonstration centre, unless there is a centre already."""
    session = db.session()
    limit = str(DEMO_TIME_LIMIT_S)
    if session.scalar(select(Centre.id).limit(1)) is None:
        click.echo("Building the demonstration centre, planning its weeks, and letting some days go by...")
        _run("demo", "--plan", limit, env=env)
        session.rollback()  # to see what the command wrote
    centre = session.scalars(select(Centre).where(Centre.is_demo).order_by(Centre.id).limit(1)).first()
    if centre is None:
        return
    ahead = select(Plan.id).where(
        Plan.centre_id == centre.id, Plan.state == PlanState.PUBLISHED, Plan.last_day > today()
    )
    if session.scalar(ahead.limit(1)) is None:
        click.echo(f"Planning its next weeks, {DEMO_TIME_LIMIT_S} s...")
        _run("plan", "--centre", centre.slug, "--time-limit", limit, "--publish", env=env)
    click.echo(f"Demonstration accounts, with the password “{DEMO_PASSWORD}”:")
    for address, role in account_addresses(session, centre.slug):
        click.echo(f"  {address}  {role}")


def _run(*arguments: str, env: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-m", "web.cli", *arguments], cwd=ROOT, env=env, check=False)
    if done.returncode:
        raise click.ClickException(f"semainier {arguments[0]} failed; nothing is served.")


def _shared_memory() -> str:
    return "/dev/shm" if os.path.isdir("/dev/shm") else current_app.instance_path  # noqa: S108


def _start(command: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)


def supervise(commands: dict[str, list[str]], env: dict[str, str], again: Container[str] = ()) -> int:
    """Run the commands until one ends or a signal comes, then end them all; return the exit status.

    Those named in ``again`` are started anew when they end.
    """
    stopping = False

    def stop(*_args: object) -> None:
        nonlocal stopping
        stopping = True

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
    running = {name: _start(command, env) for name, command in commands.items()}
    ended: str | None = None
    while not stopping and ended is None:
        time.sleep(POLL_S)
        for name, process in running.items():
            if process.poll() is None:
                continue
            if name not in again:
                ended = name
                click.echo(f"The {name} process ended; stopping.", err=True)
            elif not stopping:
                click.echo(f"The {name} process ended; starting it again.", err=True)
                time.sleep(AGAIN_S)
                running[name] = _start(commands[name], env)
    for process in running.values():
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
    for process in running.values():
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
    return 1 if ended is not None else 0
