"""Tables of messages, by noun."""

from notifications.models.calls import REACHED, CallOutcome, CallReason, PhoneCall
from notifications.models.contacts import AddressState, ContactAddress, ContactChoice
from notifications.models.experiment import Experiment, ExperimentState
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
from notifications.models.risk import RiskFit
from notifications.models.wording import CentreWording, WordingReview

__all__ = [
    "REACHED",
    "AddressState",
    "CallOutcome",
    "CallReason",
    "CentreWording",
    "ChannelKind",
    "ContactAddress",
    "ContactChoice",
    "Experiment",
    "ExperimentState",
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
    "PhoneCall",
    "Recording",
    "ReminderPolicy",
    "RiskFit",
    "WordingReview",
]
