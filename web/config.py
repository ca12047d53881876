"""Configuration: the environment first, safe embedded defaults behind it.

``docs/operations.md`` lists every variable.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, current_app

from notifications.channels.choose import providers

#: Read as they are; see ``notifications.channels.choose``.
CHANNEL_SETTINGS = (
    "CHANNEL_SMS",
    "CHANNEL_WHATSAPP",
    "CHANNEL_VOICE",
    "CHANNEL_EMAIL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_SMS_SENDER",
    "TWILIO_WHATSAPP_SENDER",
    "TWILIO_VOICE_SENDER",
    "TWILIO_API_BASE",
    "TWILIO_ANSWERING_MACHINES",
)

MAX_UPLOAD_BYTES = 12 * 1024 * 1024
ROOT = Path(__file__).resolve().parent.parent


def instance_path(overrides: Mapping[str, Any] | None = None) -> str:
    """Return the folder for the database, uploads and the secret key."""
    chosen = (overrides or {}).get("INSTANCE_PATH") or os.environ.get("SEMAINIER_INSTANCE")
    return str(Path(chosen).resolve() if chosen else ROOT / "instance")


def load(app: Flask, overrides: Mapping[str, Any] | None = None) -> None:
    """Fill ``app.config``."""
    instance = Path(app.instance_path)
    instance.mkdir(parents=True, exist_ok=True)
    secure = _flag("SEMAINIER_HTTPS", default=False)
    app.config.from_mapping(
        SECRET_KEY=os.environ.get("SECRET_KEY"),
        SQLALCHEMY_DATABASE_URI=database_url(os.environ.get("DATABASE_URL"), instance),
        # What people wrote, and their numbers, would stand in the log with every fault of the database.
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True},
        MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES,
        CERTIFICATE_FOLDER=str(instance / "certificates"),
        RECORDING_FOLDER=str(instance / "recordings"),
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="semainier",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=secure,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=10),
        HTTPS=secure,
        PUBLIC_URL=os.environ.get("SEMAINIER_URL", "http://127.0.0.1:8000").rstrip("/"),
        PROXY_HOPS=int(os.environ.get("SEMAINIER_PROXY_HOPS", "0")),
        RATELIMIT_STORAGE_URI=os.environ.get("RATELIMIT_STORAGE_URI", "memory://"),
        RATELIMIT_HEADERS_ENABLED=True,
        LOGIN_RATE_LIMIT="10 per minute; 60 per hour",
        BABEL_DEFAULT_LOCALE="fr",
        BABEL_DEFAULT_TIMEZONE="Europe/Brussels",
        WTF_CSRF_TIME_LIMIT=None,
        SMTP_URL=os.environ.get("SMTP_URL", ""),
        MAIL_FROM=os.environ.get("MAIL_FROM", ""),
        IMAP_URL=os.environ.get("IMAP_URL", ""),
        ALLOW_PRIVATE_NETWORKS=_flag("SEMAINIER_ALLOW_PRIVATE_NETWORKS", default=False),
        **{name: os.environ.get(name, "") for name in CHANNEL_SETTINGS},
    )
    app.config.from_mapping(overrides or {})
    providers(app.config)
    if not app.config["SECRET_KEY"]:
        app.config["SECRET_KEY"] = _kept_secret(instance / "secret_key")


def organizer() -> str | None:
    """Return the address that invitations come from, or ``None`` where no mail can be sent."""
    ready = current_app.config["SMTP_URL"] and current_app.config["MAIL_FROM"]
    return str(current_app.config["MAIL_FROM"]) if ready else None


def database_url(given: str | None, instance: Path) -> str:
    """Return the SQLAlchemy address: PostgreSQL when one is given, SQLite in ``instance`` otherwise."""
    if not given:
        return f"sqlite:///{instance / 'semainier.db'}"
    for scheme in ("postgres://", "postgresql://"):
        if given.startswith(scheme):
            return "postgresql+psycopg://" + given.removeprefix(scheme)
    return given


def _kept_secret(path: Path) -> str:
    """Return the secret kept in a file; the first process to come makes it, whole or not at all."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


def _flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    return default if value is None else value.strip().lower() in {"1", "true", "yes", "on"}
