"""The sentence that matters most in a call, in the language of the person called."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from notifications.call import Call
from notifications.models import ChannelKind, MessageKind
from notifications.segments import plain_quotes
from notifications.wording import MissingVariableError, UnknownTextError, Wordings, shipped
from scheduler.models import Centre
from scheduler.wording import RIGHT_TO_LEFT


@dataclass(frozen=True, slots=True)
class KeySentence:
    """A few words with their language and writing direction (``ltr`` or ``rtl``)."""

    text: str
    language: str
    direction: str


class KeySentences:
    """Words for calls of one centre; reads its texts once."""

    def __init__(self, session: Session, centre: Centre) -> None:
        self._wordings = Wordings(session, centre)

    def of(self, call: Call) -> KeySentence | None:
        """Return the sentence for a call; ``None`` where there is none but in the centre's own language."""
        language = call.participant.message_language
        if not call.sessions or language == self._wordings.home:
            return None
        first = call.sessions[0]
        kind = MessageKind.CANCELLATION if first.cancelled else MessageKind.REMINDER
        if first.told.change and not first.cancelled:
            kind = MessageKind.CHANGE
        told = [each.told for each in call.sessions if each.cancelled == first.cancelled]
        try:
            words = self._wordings.render(
                kind, ChannelKind.SMS, language, {"name": call.participant.first_name, "sessions": told}
            )
        except (MissingVariableError, UnknownTextError):
            return None
        if words.language == self._wordings.home:
            return None
        # A voice on the telephone asks by itself: how to answer a text is left out.
        asked = {plain_quotes(line) for line in shipped(words.language).reply.values()}
        lines = [line for line in words.body.splitlines() if line.strip() and plain_quotes(line) not in asked]
        direction = "rtl" if words.language in RIGHT_TO_LEFT else "ltr"
        return KeySentence("\n".join(lines), words.language, direction)
