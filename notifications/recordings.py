"""Voices: recordings checked, kept outside the web root, and played by telephone.

Only WAV as every telephone plays it (PCM, one channel, 16 bits) is kept: browsers make it from whatever
their microphone gives, so that nothing has to be converted here.
"""

from __future__ import annotations

import io
import os
import secrets
import wave
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import Recording
from notifications.recording_list import to_record
from notifications.voices import voices_of
from notifications.wording.shipped import shipped_languages
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.message import N_
from scheduler.models import Centre

MIME = "audio/wav"
MOST_BYTES = 2 * 1024 * 1024
SHORTEST_MS, LONGEST_MS = 200, 120_000
SAMPLE_RATES_HZ = frozenset({8000, 16000})

SWEEP_AFTER = timedelta(days=1)


def languages_to_record(centre: Centre) -> tuple[str, ...]:
    """Return the languages that no machine voice speaks in a centre."""
    voices = voices_of(centre)
    return tuple(code for code in shipped_languages() if code not in voices)


def read_duration_ms(sound: bytes) -> int:
    """Return how long a recording lasts, having made sure that it can be played.

    Raises
    ------
    InvalidInputError
        If it is too large, no such WAV, cut off, silent of samples, too short or too long.
    """
    if len(sound) > MOST_BYTES:
        raise InvalidInputError(N_("L'enregistrement est trop grand : 2 Mo au plus."), "sound")
    try:
        with wave.open(io.BytesIO(sound)) as opened:
            form = (opened.getnchannels(), opened.getsampwidth())
            rate_hz, frames = opened.getframerate(), opened.getnframes()
            held = len(opened.readframes(frames)) // 2
    except (wave.Error, EOFError, ValueError):
        raise InvalidInputError(N_("Ce fichier n'est pas un enregistrement WAV."), "sound") from None
    if form != (1, 2) or rate_hz not in SAMPLE_RATES_HZ:
        raise InvalidInputError(N_("Le téléphone demande un WAV à une voie, 16 bits, 8 ou 16 kHz."), "sound")
    if held < frames:
        raise InvalidInputError(N_("L'enregistrement est coupé. Recommencez."), "sound")
    duration_ms: int = frames * 1000 // rate_hz
    if not SHORTEST_MS <= duration_ms <= LONGEST_MS:
        raise InvalidInputError(N_("Un enregistrement dure entre 0,2 seconde et deux minutes."), "sound")
    return duration_ms


def keep_recording(
    session: Session,
    folder: Path,
    centre: Centre,
    language: str,
    name: str,
    sound: bytes,
    recorded_by: str,
    now: datetime,
) -> Recording:
    """Keep a recording in place of the one there was; its address changes, so that no old one is played.

    The new file is written before the row; the old one goes with ``sweep_recordings`` after the commit.

    Raises
    ------
    InvalidInputError
        If the recording cannot be used, or nobody is named.
    NotFoundError
        If nothing of that name is spoken.
    """
    if all(name != each.piece.name for each in to_record(session, centre, language, now)):
        raise NotFoundError(name)
    if not recorded_by.strip():
        raise InvalidInputError(N_("Dites qui parle."), "recorded_by")
    duration_ms = read_duration_ms(sound)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file_name = f"{secrets.token_hex(24)}.wav"
    with os.fdopen(os.open(folder / file_name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(sound)
    row = _find(session, centre.id, language, name)
    if row is None:
        row = Recording(centre_id=centre.id, language=language, name=name)
        session.add(row)
    row.token, row.file_name, row.mime = secrets.token_urlsafe(32), file_name, MIME
    row.size_bytes, row.duration_ms = len(sound), duration_ms
    row.recorded_by, row.recorded_at = recorded_by.strip(), now
    session.flush()
    return row


def delete_recording(session: Session, centre: Centre, language: str, name: str) -> None:
    """Forget a recording; its file goes with ``sweep_recordings``.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    row = _find(session, centre.id, language, name)
    if row is None:
        raise NotFoundError(name)
    session.delete(row)
    session.flush()


def list_recordings(session: Session, centre: Centre, language: str) -> dict[str, Recording]:
    """Return the recordings of a language by what they say."""
    query = select(Recording).where(Recording.centre_id == centre.id, Recording.language == language)
    return {row.name: row for row in session.scalars(query)}


def delete_unused(session: Session, centre: Centre, language: str, now: datetime) -> int:
    """Forget the recordings of texts and names that have changed since; return how many."""
    used = {each.piece.name for each in to_record(session, centre, language, now)}
    unused = [row for name, row in list_recordings(session, centre, language).items() if name not in used]
    for row in unused:
        session.delete(row)
    session.flush()
    return len(unused)


def find_spoken(session: Session, token: str) -> Recording | None:
    """Return the recording of an address."""
    return session.scalars(select(Recording).where(Recording.token == token)).one_or_none()


def recording_file(folder: Path, row: Recording) -> Path:
    """Return where a recording lies.

    Raises
    ------
    NotFoundError
        If its file is gone.
    """
    path = folder / row.file_name
    if not path.is_file():
        raise NotFoundError(f"recording {row.id}")
    return path


def recording_url(public_url: str, token: str) -> str:
    """Return the unguessable address at which the telephone provider fetches a recording."""
    return f"{public_url}/messages/recordings/{token}"


def sweep_recordings(session: Session, folder: Path, now: datetime) -> int:
    """Delete the files that no recording names any more; return how many there were.

    A young one is left: its row may not be committed yet.
    """
    named, swept = set(session.scalars(select(Recording.file_name))), 0
    for path in folder.glob("*.wav") if folder.is_dir() else ():
        if path.name not in named and path.stat().st_mtime < (now - SWEEP_AFTER).timestamp():
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def _find(session: Session, centre_id: int, language: str, name: str) -> Recording | None:
    query = select(Recording).where(
        Recording.centre_id == centre_id, Recording.language == language, Recording.name == name
    )
    return session.scalars(query).one_or_none()
