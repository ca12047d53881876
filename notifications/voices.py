"""What is said in a telephone call, as TwiML: by a machine voice, or by somebody's recording.

References
----------
https://www.twilio.com/docs/voice/twiml
https://www.twilio.com/docs/voice/twiml/say/text-speech
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Xml

#: Language and voice of the machine, by our language; the others need a recording.
VOICES: Final[dict[str, tuple[str, str]]] = {
    "fr": ("fr-BE", "Polly.Isabelle-Neural"),
    "nl": ("nl-BE", "Polly.Lisa-Neural"),
    "de": ("de-DE", "Polly.Vicki-Neural"),
    "en": ("en-GB", "Polly.Amy-Neural"),
    "es": ("es-ES", "Polly.Lucia-Neural"),
    "pt": ("pt-PT", "Polly.Ines-Neural"),
    "ar": ("ar-XA", "Google.ar-XA-Wavenet-A"),
    "uk": ("uk-UA", "Google.uk-UA-Wavenet-A"),
    "tr": ("tr-TR", "Google.tr-TR-Wavenet-A"),
    "ru": ("ru-RU", "Polly.Tatyana"),
    "am": ("am-ET", "Google.am-ET-Wavenet-A"),
}

#: Seconds to wait for a key after the words, and between two times of saying them.
WAIT_S: Final = 6

#: How often the words are said when no key is pressed.
TIMES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Something to be heard: recordings if there are any, otherwise text in a language of ``VOICES``."""

    text: str
    language: str
    recordings: tuple[str, ...] = ()


def ask(speech: Speech, action_url: str) -> str:
    """Return the TwiML that says something, takes one key, and says it once more when none comes."""
    response = Xml.Element("Response")
    for _time in range(TIMES):
        gather = Xml.SubElement(
            response,
            "Gather",
            input="dtmf",
            numDigits="1",
            timeout=str(WAIT_S),
            action=action_url,
            method="POST",
        )
        _speak(gather, speech)
    Xml.SubElement(response, "Hangup")
    return _text(response)


def tell(speeches: Sequence[Speech]) -> str:
    """Return the TwiML that says something and hangs up."""
    response = Xml.Element("Response")
    for speech in speeches:
        _speak(response, speech)
    Xml.SubElement(response, "Hangup")
    return _text(response)


def nothing() -> str:
    """Return the TwiML that does nothing, as an answer to a text."""
    return _text(Xml.Element("Response"))


def _speak(parent: Xml.Element, speech: Speech) -> None:
    if speech.recordings:
        for address in speech.recordings:
            Xml.SubElement(parent, "Play").text = address
        return
    language, voice = VOICES[speech.language]
    Xml.SubElement(parent, "Say", language=language, voice=voice).text = speech.text


def _text(root: Xml.Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + Xml.tostring(root, encoding="unicode")
