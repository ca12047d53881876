"""Recordings: only what every telephone plays is kept, and nothing of what was replaced."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from notifications.models import Recording
from notifications.recordings import (
    MOST_BYTES,
    SWEEP_AFTER,
    delete_recording,
    delete_unused,
    find_spoken,
    keep_recording,
    languages_to_record,
    list_recordings,
    read_duration_ms,
    recording_file,
    recording_url,
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
        (wav(0.1), "deux minutes"),
        (wav(121), "deux minutes"),
        (b"RIFF" + b"\0" * MOST_BYTES, "2 Mo"),
    ],
)
def test_what_no_telephone_plays_is_refused(sound: bytes, reason: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_duration_ms(sound)
    assert reason in caught.value.message


def test_keeping_replacing_and_sweeping(
    session: Session, centre: Centre, make: Make, now: datetime, tmp_path: Path
) -> None:
    folder = tmp_path / "recordings"

    def keep(seconds: float) -> str:
        row = keep_recording(session, folder, centre, "ti", "weekday.0", wav(seconds), " Selam ", now)
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
    assert list_recordings(session, centre, "ti") == {"weekday.0": row}
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

    delete_recording(session, centre, "ti", "weekday.0")
    assert sweep_recordings(session, folder, now) == 1
    with pytest.raises(NotFoundError):
        recording_file(folder, row)
    with pytest.raises(NotFoundError):
        delete_recording(session, centre, "ti", "weekday.0")
    assert sweep_recordings(session, tmp_path / "nowhere", now) == 0


def test_who_speaks_and_what_is_asked_for(
    session: Session, centre: Centre, now: datetime, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match="qui parle"):
        keep_recording(session, tmp_path, centre, "ti", "weekday.0", wav(), " ", now)
    with pytest.raises(NotFoundError):
        keep_recording(session, tmp_path, centre, "ti", "../evil", wav(), "Selam", now)
    assert list(tmp_path.iterdir()) == []


def test_what_no_longer_serves_is_forgotten(
    session: Session, centre: Centre, make: Make, now: datetime
) -> None:
    make(Recording, language="ti", name="weekday.1")
    make(Recording, language="ti", name="say.of-another-year")
    make(Recording, language="so", name="say.of-another-year")
    assert delete_unused(session, centre, "ti", now) == 1
    assert set(list_recordings(session, centre, "ti")) == {"weekday.1"}
    assert len(list_recordings(session, centre, "so")) == 1


def test_a_centre_without_the_machine_of_a_language_records_it() -> None:
    assert languages_to_record(Centre(settings={})) == ("fa", "ps", "so", "sq", "ti")
    without = Centre(
        locale="fr", settings={"voices": {"am": "", "fr": "", "ar": "Polly.Zeina", "tr": "Nobody"}}
    )
    assert languages_to_record(without) == ("am", "fa", "ps", "so", "sq", "ti", "tr")
