"""Recordings: only what every telephone plays is kept, and nothing of what was replaced."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from notifications.recordings import (
    MOST_BYTES,
    NAMES,
    SWEEP_AFTER,
    delete_recording,
    find_spoken,
    keep_recording,
    languages_to_record,
    list_recordings,
    read_duration_ms,
    recording_file,
    recording_url,
    script,
    sweep_recordings,
)
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.models import Centre
from tests.factories import Make
from tests.sounds import wav


def test_a_recording_lasts_as_long_as_its_samples() -> None:
    assert read_duration_ms(wav(1.5)) == 1500
    assert read_duration_ms(wav(2, rate_hz=16000)) == 2000


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (b"", "pas un enregistrement WAV"),
        (b"\x1aE\xdf\xa3" + b"\0" * 4000, "pas un enregistrement WAV"),  # WebM
        (b"ID3" + b"\0" * 4000, "pas un enregistrement WAV"),  # MP3
        (b"<svg onload=alert(1)>", "pas un enregistrement WAV"),
        (wav()[:30], "pas un enregistrement WAV"),
        (wav(channels=2), "une voie"),
        (wav(width=1), "une voie"),
        (wav(rate_hz=44100), "une voie"),
        (wav()[:-4000], "coupé"),
        (wav(0.2), "demi-seconde"),
        (wav(121), "demi-seconde"),
        (b"RIFF" + b"\0" * MOST_BYTES, "2 Mo"),
    ],
)
def test_what_no_telephone_plays_is_refused(sound: bytes, reason: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_duration_ms(sound)
    assert reason in caught.value.message


@pytest.mark.parametrize("code", languages_to_record())
def test_what_is_read_aloud_names_nobody_and_no_variable(code: str) -> None:
    centre = Centre(name="Centre Lien", settings={})
    for name in NAMES:
        words = script(centre, code, name)
        assert words
        assert "{" not in words
    assert len({script(centre, code, f"weekday.{day}") for day in range(7)}) == 7


def test_what_is_read_aloud_in_french() -> None:
    assert script(Centre(name="Centre Lien", settings={}), "fr", "answer.thanks_coming") == (
        "Merci. C'est noté : vous venez."
    )


def test_keeping_replacing_and_sweeping(
    session: Session, centre: Centre, make: Make, now: datetime, tmp_path: Path
) -> None:
    folder = tmp_path / "recordings"

    def keep(seconds: float) -> str:
        row = keep_recording(session, folder, centre, "ti", "reminder.one", wav(seconds), " Selam ", now)
        assert row.recorded_by == "Selam"
        return row.token

    first, second = keep(1), keep(2)
    assert find_spoken(session, first) is None
    row = find_spoken(session, second)
    assert row is not None
    assert row.duration_ms == 2000
    assert recording_url("https://x.example", second) == f"https://x.example/messages/recordings/{second}"
    assert recording_file(folder, row).read_bytes() == wav(2)
    assert recording_file(folder, row).stat().st_mode & 0o077 == 0
    assert list_recordings(session, centre, "ti") == {"reminder.one": row}
    assert list_recordings(session, make(Centre), "ti") == {}

    assert len(list(folder.iterdir())) == 2

    def made_at(instant: datetime) -> None:
        for path in folder.iterdir():
            os.utime(path, (instant.timestamp(), instant.timestamp()))

    made_at(now)
    assert sweep_recordings(session, folder, now) == 0  # too young: its row may not be committed yet
    made_at(now - SWEEP_AFTER - timedelta(hours=1))
    assert sweep_recordings(session, folder, now) == 1
    assert recording_file(folder, row).exists()

    delete_recording(session, centre, "ti", "reminder.one")
    assert sweep_recordings(session, folder, now) == 1
    with pytest.raises(NotFoundError):
        recording_file(folder, row)
    with pytest.raises(NotFoundError):
        delete_recording(session, centre, "ti", "reminder.one")
    assert sweep_recordings(session, tmp_path / "nowhere", now) == 0


def test_who_speaks_and_what_is_asked_for(
    session: Session, centre: Centre, now: datetime, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match="qui parle"):
        keep_recording(session, tmp_path, centre, "ti", "reminder.one", wav(), " ", now)
    with pytest.raises(NotFoundError):
        keep_recording(session, tmp_path, centre, "ti", "../evil", wav(), "Selam", now)
    assert list(tmp_path.iterdir()) == []
