"""The choices a centre makes, kept in ``Centre.settings``, with their defaults.

===========================  ===============================================================================
key                          meaning
===========================  ===============================================================================
``freeze_days``              announced sessions of today and so many days after stay as they are (1)
``newcomer_weeks``           how long somebody counts as new (13)
``horizon_weeks``            how many weeks are planned unless asked otherwise (4)
``path_months``              months that somebody has to fill the legal counters (18)
``allocation_percent``       share of the hours that goes to non-EU nationals, where a programme says none
``certificate_months``       months that a certificate of absence is kept (12)
``message_months``           months that the text and address of a message are kept (6)
``choice_kinds``             kinds of activity whose places people may choose (``CHOICE_KINDS``)
``choice_tolerance_points``  how much less the plan may be worth with a place that is offered (30)
``choice_hold_hours``        how long places are kept for somebody who is to choose (48)
``choice_notice_hours``      how long before a place begins it must be settled (24)
``feed_alarm_minutes``       how long before a session participants' calendars ring (0: never)
``freed_seat_minutes``       how long, by day, a freed seat is kept for one person in line (180)
``absence_risk``             whether absences are foreseen, to offer help in time (yes); see docs/risk.md
``weights``                  points of ``solver.problem.Weights`` that differ from the default (none)
``send_unreviewed``          send texts that no mediator has reviewed in that language (False)
``message_channels``         channels of everybody who chose none, in order (sms, voice, email)
``sms_sender``               number or messaging service that the centre's SMS come from (the installation's)
``whatsapp_sender``          the same for WhatsApp
``voice_sender``             number that the centre's calls come from (the installation's)
``voices``                   voice of the machine by language that differs; empty: recordings instead (none)
``message_name``             how the centre calls itself in messages (its name)
``message_phone``            telephone number that messages give (none)
``sms_plain_quotes``         replace typographic quotes and dashes in SMS by plain ones (True)
``sms_plain_letters``        leave out accents in SMS where that saves a segment (False)
===========================  ===============================================================================
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from scheduler.models import Centre
from solver.problem import Weights

FREEZE_DAYS = 1
NEWCOMER_WEEKS = 13
HORIZON_WEEKS = 4
PATH_MONTHS = 18
CERTIFICATE_MONTHS = 12
CHOICE_KINDS = ("interview", "level_group", "excursion", "volunteering")
CHOICE_TOLERANCE_POINTS = 30
CHOICE_HOLD_HOURS = 48
CHOICE_NOTICE_HOURS = 24
FREED_SEAT_MINUTES = 180
MESSAGE_MONTHS = 6
MOST_WEEKS = 13
MOST_ALARM_MINUTES = 24 * 60

#: Languages of administration: the team answers for its own words there.
TEAM_LANGUAGES = frozenset({"fr", "nl", "de"})


def freeze_days(centre: Centre) -> int:
    """Return how many days after today announced sessions stay as they are."""
    return _number(centre, "freeze_days", FREEZE_DAYS)


def newcomer_weeks(centre: Centre) -> int:
    """Return how many weeks somebody counts as new."""
    return _number(centre, "newcomer_weeks", NEWCOMER_WEEKS)


def horizon_weeks(centre: Centre) -> int:
    """Return how many weeks are planned unless asked otherwise."""
    return min(max(_number(centre, "horizon_weeks", HORIZON_WEEKS), 1), MOST_WEEKS)


def path_months(centre: Centre) -> int:
    """Return how many months somebody has to fill the legal counters, unless the enrolment ends before."""
    return max(1, _number(centre, "path_months", PATH_MONTHS))


def certificate_months(centre: Centre) -> int:
    """Return how many months a certificate of absence is kept, at most ten years."""
    return min(_number(centre, "certificate_months", CERTIFICATE_MONTHS), 120)


def message_months(centre: Centre) -> int:
    """Return how many months the text and address of a message are kept: one to 120."""
    return min(max(_number(centre, "message_months", MESSAGE_MONTHS), 1), 120)


def allocation_percent(centre: Centre) -> int | None:
    """Return the share of hours, in percent, that goes to non-EU nationals; ``None`` without a key."""
    value = _number(centre, "allocation_percent", -1)
    return value if 0 <= value <= 100 else None


def choice_kinds(centre: Centre) -> tuple[str, ...]:
    """Return the kinds of activity whose places people may choose."""
    given = centre.settings.get("choice_kinds")
    return tuple(str(kind) for kind in given) if isinstance(given, list) else CHOICE_KINDS


def choice_tolerance_points(centre: Centre) -> int:
    """Return how many points a place that is offered may cost the plan."""
    return _number(centre, "choice_tolerance_points", CHOICE_TOLERANCE_POINTS)


def choice_hold_hours(centre: Centre) -> int:
    """Return how many hours places are kept for somebody who is to choose, a month at most."""
    return min(max(_number(centre, "choice_hold_hours", CHOICE_HOLD_HOURS), 1), 720)


def choice_notice_hours(centre: Centre) -> int:
    """Return how many hours before a place begins it must be settled."""
    return min(_number(centre, "choice_notice_hours", CHOICE_NOTICE_HOURS), 336)


def freed_seat_minutes(centre: Centre) -> int:
    """Return how many minutes of the day a freed seat is kept for one person in line."""
    return min(max(_number(centre, "freed_seat_minutes", FREED_SEAT_MINUTES), 15), 1440)


def absence_risk(centre: Centre) -> bool:
    """Return whether absences are foreseen, so that help can be offered in time."""
    return centre.settings.get("absence_risk") is not False


def not_estimated(centre: Centre) -> frozenset[int]:
    """Return the ids of participants who asked that their absences not be foreseen."""
    return frozenset(centre.settings.get("not_estimated") or ())


def leave_out_of_estimates(centre: Centre, participant_id: int, *, left_out: bool) -> None:
    """Keep whether a participant asked that their absences not be foreseen."""
    known = not_estimated(centre)
    wanted = known | {participant_id} if left_out else known - {participant_id}
    if wanted != known:
        centre.settings = centre.settings | {"not_estimated": sorted(wanted)}


def weights(centre: Centre) -> Weights:
    """Return the weights of the soft terms."""
    known = {spec.name for spec in fields(Weights)}
    given: Any = centre.settings.get("weights") or {}
    return Weights(**{name: int(value) for name, value in given.items() if name in known})


def send_unreviewed(centre: Centre) -> bool:
    """Return whether texts are sent that no mediator has reviewed."""
    return centre.settings.get("send_unreviewed") is True


def voices(centre: Centre) -> dict[str, str]:
    """Return the voices of machines that the centre chose, by language; an empty one stands for none."""
    given = centre.settings.get("voices")
    return {str(code): str(voice) for code, voice in given.items()} if isinstance(given, dict) else {}


def message_name(centre: Centre) -> str:
    """Return how the centre calls itself in messages."""
    return str(centre.settings.get("message_name") or centre.name)


def message_phone(centre: Centre) -> str:
    """Return the telephone number that messages give, or nothing."""
    return str(centre.settings.get("message_phone") or "")


def message_language(centre: Centre) -> str:
    """Return the language that the team writes itself, which stands in for those not reviewed."""
    return centre.locale if centre.locale in TEAM_LANGUAGES else "fr"


def sms_plain_quotes(centre: Centre) -> bool:
    """Return whether typographic signs in SMS become plain ones."""
    return centre.settings.get("sms_plain_quotes") is not False


def sms_plain_letters(centre: Centre) -> bool:
    """Return whether accents are left out of SMS where that saves a segment."""
    return centre.settings.get("sms_plain_letters") is True


def feed_alarm_minutes(centre: Centre) -> int:
    """Return how many minutes before a session participants' calendars ring; 0 for never."""
    return min(_number(centre, "feed_alarm_minutes", 0), MOST_ALARM_MINUTES)


def _number(centre: Centre, key: str, default: int) -> int:
    value = centre.settings.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default
