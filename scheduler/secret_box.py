"""Keeping passwords of outside services unreadable for whoever reads only the database."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from scheduler.errors import InvalidInputError
from scheduler.message import N_


def seal(text: str, secret_key: str) -> str:
    """Return a text as only ``unseal`` with the same key reads it."""
    return _box(secret_key).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str, secret_key: str) -> str:
    """Return the text that was sealed.

    Raises
    ------
    InvalidInputError
        If it was sealed with another key, or changed since.
    """
    try:
        return _box(secret_key).decrypt(sealed.encode("ascii")).decode()
    except (InvalidToken, UnicodeError):
        raise InvalidInputError(
            N_("L'accès enregistré n'est plus lisible : donnez-le de nouveau."), "secret"
        ) from None


def _box(secret_key: str) -> Fernet:
    # A key of its own, so that what signs cookies never encrypts (RFC 5869).
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"semainier outside services").derive(
        secret_key.encode()
    )
    return Fernet(base64.urlsafe_b64encode(key))
