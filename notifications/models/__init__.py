"""Tables of messages, by noun."""

from notifications.models.contacts import AddressState, ContactAddress, ContactChoice
from notifications.models.inbox import InboundMessage, InboundState, Meaning
from notifications.models.mail_invitation import InvitationState, MailInvitation
from notifications.models.outbox import (
    ChannelKind,
    Message,
    MessageEvent,
    MessageKind,
    MessageState,
    MessageTopic,
)
from notifications.models.policy import ReminderPolicy
from notifications.models.recordings import Recording
from notifications.models.wording import CentreWording, WordingReview

__all__ = [
    "AddressState",
    "CentreWording",
    "ChannelKind",
    "ContactAddress",
    "ContactChoice",
    "InboundMessage",
    "InboundState",
    "InvitationState",
    "MailInvitation",
    "Meaning",
    "Message",
    "MessageEvent",
    "MessageKind",
    "MessageState",
    "MessageTopic",
    "Recording",
    "ReminderPolicy",
    "WordingReview",
]
