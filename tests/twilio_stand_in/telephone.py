"""A call as Twilio makes it: fetches the words, says them, and hands over the keys that are pressed.

References
----------
https://www.twilio.com/docs/voice/twiml
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

from tests.twilio_stand_in.callbacks import Callback, signed
from tests.twilio_stand_in.records import VERSION, Recorded

#: Verbs and their attributes, as far as they are used.
VERBS = {
    "Say": {"language", "voice", "loop"},
    "Play": {"loop"},
    "Pause": {"length"},
    "Hangup": set(),
    "Gather": {"input", "numDigits", "timeout", "action", "method"},
}
MOST_LETTERS_SAID = 4096

#: The voices that Twilio's own library knows, which comes with its command line.
_LIBRARY = Path(__file__).parents[2] / "node_modules/twilio/lib/twiml/VoiceResponse.d.ts"

Fetch = Callable[[Callback], str]


@dataclass(frozen=True)
class Heard:
    """One thing that was heard: words in a language, or the address of a recording."""

    text: str
    language: str = ""
    recording: str = ""


@cache
def voices() -> frozenset[tuple[str, str]]:
    """Return the pairs of language and voice that can be spoken."""
    types = _LIBRARY.read_text(encoding="utf-8")
    known = {
        name: re.findall(r'"([^"]+)"', re.search(rf"type {name} = ([^;]+);", types)[1])  # type: ignore[index]
        for name in ("SayLanguage", "SayVoice")
    }
    # Names of Google's voices begin with their language; those of Polly's do not tell theirs.
    return frozenset(
        (language, voice)
        for language in known["SayLanguage"]
        for voice in known["SayVoice"]
        if voice.startswith((f"Google.{language}-", "Polly."))
    )


def make_call(
    row: Recorded, auth_token: str, fetch: Fetch, keys: Sequence[str] = (), answered_by: str = ""
) -> list[Heard]:
    """Play a call to its end; return what was heard.

    Parameters
    ----------
    fetch : callable
        Posts a signed request to the application and returns the TwiML.
    keys : sequence of str
        Keys pressed, one for each time that the call listens; an empty one lets the time pass.
    answered_by : str
        Who took the call, where that was to be found out: ``human``, ``machine_end_beep``, ``fax``...
    """
    left, heard = list(keys), list[Heard]()
    common = {
        "CallSid": row.sid,
        "AccountSid": row.account_sid,
        "ApiVersion": VERSION,
        "CallStatus": "in-progress",
        "Direction": "outbound-api",
        "To": row.to,
        "From": row.form["From"][0],
    }
    url, more = row.form["Url"][0], {"AnsweredBy": answered_by} if answered_by else dict[str, str]()
    for _turn in range(10):
        document = fetch(signed(url, {**common, **more}, auth_token))
        pressed = _act(Xml.fromstring(document.encode()), left, heard)
        if pressed is None:
            return heard
        url, key = pressed
        more = {"Digits": key, "msg": "Gather End"}
    raise AssertionError("a call that never ends")


def _act(root: Xml.Element, keys: list[str], heard: list[Heard]) -> tuple[str, str] | None:
    """Do what a document says; return where a key goes, or nothing when the call is over."""
    assert root.tag == "Response"
    for verb in root:
        _check(verb)
        if verb.tag == "Hangup":
            return None
        if verb.tag == "Gather":
            for inner in verb:
                _check(inner)
                _hear(inner, heard)
            if keys and (key := keys.pop(0)):
                return verb.attrib["action"], key
        else:
            _hear(verb, heard)
    return None


def _hear(verb: Xml.Element, heard: list[Heard]) -> None:
    text = verb.text or ""
    if verb.tag == "Say":
        assert 0 < len(text) <= MOST_LETTERS_SAID
        assert (verb.attrib["language"], verb.attrib["voice"]) in voices()
        heard.append(Heard(text, language=verb.attrib["language"]))
    elif verb.tag == "Play":
        assert urlsplit(text).scheme in {"http", "https"}
        heard.append(Heard("", recording=text))


def _check(verb: Xml.Element) -> None:
    assert set(verb.attrib) <= VERBS[verb.tag], f"{verb.tag} with {sorted(verb.attrib)}"
