"""Sounds for tests of recordings."""

from __future__ import annotations

import io
import wave


def wav(seconds: float = 1, *, rate_hz: int = 8000, channels: int = 1, width: int = 2) -> bytes:
    """Return a WAV file of a steady value."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(b"\x01" * int(seconds * rate_hz) * channels * width)
    return held.getvalue()
