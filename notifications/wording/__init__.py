"""What messages say, in each language, on each channel.

``Wordings(session, centre)`` reads a centre's own texts once and renders any number of messages; ``render``
does it for one. The values that may be given:

============  ==============================================================================================
name          first name of the person, or a list of first names for a household (always needed)
sessions      sessions told of: mappings or objects with ``starts_at`` and, where known, ``ends_at``,
              ``title``, ``place``, ``individual``, ``person`` (household), ``change`` and ``was`` (see
              ``facts.Told``); a ``scheduler.personal_week.Card`` will do
choices       places to choose from, up to three, in the order of their numbers; same form as ``sessions``
link          address of the person's page (``notifications.links.message_link``)
absent        sessions the person does not come to, where ``sessions`` are those they do come to
deadline      day or instant until when to answer
centre, phone as the centre is called and reached; its settings where not given
reply         way of answering (a key of ``texts.REPLIES``) that ``answer.not_understood`` and its like repeat
picture       public address of a picture, sent along by WhatsApp to people who read little; where none is
              given, that of the moment a message about one session is for
============  ==============================================================================================

``as_facts`` makes them fit for JSON; ``render`` takes them back as they come from there.
"""

from __future__ import annotations

from notifications.wording.errors import MissingVariableError, UnknownTextError, WordingError
from notifications.wording.facts import Told, as_facts
from notifications.wording.render import Rendered, Wordings, render
from notifications.wording.shipped import shipped, shipped_languages
from notifications.wording.texts import REPLIES, SPECS, TextSpec, spec_of

__all__ = [
    "REPLIES",
    "SPECS",
    "MissingVariableError",
    "Rendered",
    "TextSpec",
    "Told",
    "UnknownTextError",
    "WordingError",
    "Wordings",
    "as_facts",
    "render",
    "shipped",
    "shipped_languages",
    "spec_of",
]
