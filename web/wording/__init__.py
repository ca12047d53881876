"""What the planner and the judge say, as sentences for a coordinator."""

from __future__ import annotations

from web.wording.breaches import breach_sentence, can_override, rule_name
from web.wording.facts import Speaker
from web.wording.needs import UnmetPerson, UnmetWords, unmet_by_person, unmet_words
from web.wording.reasons import reason_sentence
from web.wording.remedies import remedy_sentence
from web.wording.states import KIND_NAMES, PLAN_STATES, RUN_STATES
from web.wording.terms import TERM_WORDS, Term, terms_in_words

__all__ = [
    "KIND_NAMES",
    "PLAN_STATES",
    "RUN_STATES",
    "TERM_WORDS",
    "Speaker",
    "Term",
    "UnmetPerson",
    "UnmetWords",
    "breach_sentence",
    "can_override",
    "reason_sentence",
    "remedy_sentence",
    "rule_name",
    "terms_in_words",
    "unmet_by_person",
    "unmet_words",
]
