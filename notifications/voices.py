"""What is said in a telephone call, as TwiML: by a machine voice, by somebody's recordings, or by both.

References
----------
https://www.twilio.com/docs/voice/twiml
https://www.twilio.com/docs/voice/twiml/say/text-speech : the voices there are. The types of Twilio's own
    library (npm package ``twilio`` 5.13, ``lib/twiml/VoiceResponse.d.ts``) list the same ones; a test holds
    ``MACHINES`` against them. There is none for Persian, Dari, Pashto, Tigrinya, Somali and Albanian.
    Amharic has Google's voices only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Xml

from scheduler import settings
from scheduler.models import Centre

#: Languages that machines speak, and their voices, as (locale, voice); the first is the usual one.
MACHINES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "fr": (("fr-BE", "Polly.Isabelle-Neural"), ("fr-BE", "Polly.Liam-Neural"), ("fr-FR", "Polly.Lea-Neural")),
    "nl": (("nl-BE", "Polly.Lisa-Neural"), ("nl-BE", "Google.nl-BE-Wavenet-B")),
    "de": (("de-DE", "Polly.Vicki-Neural"), ("de-DE", "Polly.Daniel-Neural")),
    "en": (("en-GB", "Polly.Amy-Neural"), ("en-GB", "Polly.Brian-Neural")),
    "es": (("es-ES", "Polly.Lucia-Neural"), ("es-ES", "Polly.Sergio-Neural")),
    "pt": (("pt-PT", "Polly.Ines-Neural"), ("pt-PT", "Google.pt-PT-Wavenet-B")),
    "ar": (
        ("ar-XA", "Google.ar-XA-Wavenet-A"),
        ("ar-XA", "Google.ar-XA-Wavenet-B"),
        ("arb", "Polly.Zeina"),
        ("ar-AE", "Polly.Hala-Neural"),
    ),
    "uk": (("uk-UA", "Google.uk-UA-Wavenet-A"), ("uk-UA", "Google.uk-UA-Standard-A")),
    "tr": (("tr-TR", "Google.tr-TR-Wavenet-A"), ("tr-TR", "Polly.Burcu-Neural"), ("tr-TR", "Polly.Filiz")),
    "ru": (("ru-RU", "Polly.Tatyana"), ("ru-RU", "Polly.Maxim"), ("ru-RU", "Google.ru-RU-Wavenet-A")),
    "am": (("am-ET", "Google.am-ET-Wavenet-A"), ("am-ET", "Google.am-ET-Wavenet-B")),
}

#: Seconds to wait for a key after the words, and between two times of saying them.
WAIT_S: Final = 6

#: How often the words are said when no key is pressed.
TIMES: Final = 2


@dataclass(frozen=True, slots=True)
class Part:
    """Something to be heard: a recording where there is its address, otherwise a text said by a machine."""

    text: str
    language: str
    recording: str = ""


@dataclass(frozen=True, slots=True)
class Speech:
    """What is heard, part by part. ``voices`` are locale and voice by language."""

    parts: tuple[Part, ...]
    voices: dict[str, tuple[str, str]]

    @property
    def text(self) -> str:
        """All words."""
        return " ".join(part.text for part in self.parts)

    @property
    def language(self) -> str:
        """The language of the first part."""
        return self.parts[0].language if self.parts else ""


def voices_of(centre: Centre) -> dict[str, tuple[str, str]]:
    """Return locale and voice of the machine by language; the centre's own language always has one."""
    chosen, home = settings.voices(centre), settings.message_language(centre)
    found = {}
    for code, offered in MACHINES.items():
        known = {voice: (locale, voice) for locale, voice in offered}
        wanted = chosen.get(code, offered[0][1])
        if wanted in known or code == home:
            found[code] = known.get(wanted, offered[0])
    return found


def ask(speech: Speech, action_url: str, *, times: int = TIMES) -> str:
    """Return the TwiML that says something, takes one key, and says it once more when none comes."""
    response = Xml.Element("Response")
    for _time in range(times):
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
    for part in speech.parts:
        if part.recording:
            Xml.SubElement(parent, "Play").text = part.recording
        else:
            language, voice = speech.voices[part.language]
            Xml.SubElement(parent, "Say", language=language, voice=voice).text = part.text


def _text(root: Xml.Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + Xml.tostring(root, encoding="unicode")
