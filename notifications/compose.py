"""Putting one message together: words, price, and the row it becomes in the outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from notifications.bundles import names_of
from notifications.contacts import Route
from notifications.links import message_link
from notifications.models import ChannelKind, MessageKind
from notifications.outbox import Draft, Topic
from notifications.policy import Policy
from notifications.wording import Told, Wordings, as_facts
from scheduler.models import Centre, Participant

#: Returns the address of a person's page, to be written in a message.
PageAddress = Callable[[int], str]

#: Fact of a message that is said in the centre's second text.
SECOND_TEXT: Final = "second_text"

#: Fact of a message that does not take the person's first way: the rule for which it does not.
BECAUSE: Final = "because"

#: A message that did not leave by then is of no use.
EXPIRY: Final = timedelta(minutes=15)


def page_addresses(secret_key: str, public_url: str, now: datetime) -> PageAddress | None:
    """Return what makes the addresses of pages in messages; ``None`` where there is no key to sign them."""
    if not secret_key or not public_url:
        return None
    return lambda participant_id: message_link(secret_key, public_url, participant_id, now)


class Composer:
    """Words messages of one centre; reads its texts once.

    Parameters
    ----------
    policy : Policy
        Of the centre, for the prices.
    page_address : callable, optional
        Without it messages name no page.
    """

    def __init__(
        self, session: Session, centre: Centre, policy: Policy, page_address: PageAddress | None = None
    ) -> None:
        self.centre = centre
        self._wordings = Wordings(session, centre)
        self._policy = policy
        self._page_address = page_address

    def draft(
        self,
        kind: MessageKind,
        *,
        key: str,
        people: Sequence[Participant],
        told: Sequence[Told],
        route: Route | None,
        topics: Sequence[Topic],
        expires_at: datetime,
        step: str = "",
        variant: str = "",
        next_at: datetime | None = None,
        withheld: str | None = None,
        more_facts: dict[str, Any] | None = None,
        more_variables: dict[str, Any] | None = None,
        name: str | None = None,
        second: bool = False,
        because: str = "",
    ) -> Draft:
        """Return the row of a message to some people of one address, the first of whom is addressed.

        Parameters
        ----------
        more_variables : dict, optional
            Values of the text beside names, sessions and link; see ``notifications.wording``.
        name : str, optional
            Which text of the kind; see ``notifications.wording.render``.
        second : bool
            In the centre's second text, where it has one.
        because : str
            The rule for which it does not take the person's first way, if so.
        """
        first = people[0]
        variables: dict[str, Any] = {"name": names_of(people), "sessions": list(told)} | (
            more_variables or {}
        )
        if self._page_address is not None:
            variables["link"] = self._page_address(first.id)
        facts = as_facts(variables) | (more_facts or {})
        if second:
            facts[SECOND_TEXT] = True
        if because:
            facts[BECAUSE] = because
        channel = route.channel if route is not None else ChannelKind.SMS
        words = self._wordings.render(
            kind,
            channel,
            first.message_language,
            variables,
            name=name,
            reads_little=first.reads_little,
            second=second,
        )
        return Draft(
            centre_id=self.centre.id,
            key=key,
            kind=kind,
            channel=channel,
            address=route.address if route is not None else "",
            participant_id=first.id,
            language=words.language,
            subject=words.subject,
            body=words.body,
            facts=facts,
            content_sid=words.content_sid,
            content_variables=words.content_variables,
            media_url=words.media_url,
            recording_id=words.recording_id,
            segments=words.segments,
            price_eur_millicents=self._policy.price(channel, words.segments) if route else 0,
            step=step,
            variant=variant,
            next_at=next_at,
            expires_at=expires_at,
            withheld=withheld,
            topics=tuple(topics),
        )
