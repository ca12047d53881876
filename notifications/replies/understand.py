"""What an answer says, or that a person must read it.

A text is understood only if every word of it is known: "no problem" and "je ne peux pas ne pas venir"
hold a no and mean something else, so a known word in unknown company says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from notifications.models import Meaning
from notifications.replies.letters import MOST_LETTERS, PICTURES, Clause, Text, read
from notifications.replies.phrases import (
    HOST_LANGUAGES,
    NUMBERS,
    POLITE,
    Words,
    find,
    language_of_phrases,
    languages,
    offered,
    phrases,
    spell_names,
)
from notifications.wording import REPLIES

#: Reasons for not coming, as ``scheduler.wording`` names them.
REASONS: Final = ("ill", "child", "course", "work", "other")

#: Groups that say nothing beside another.
_SILENT: Final = frozenset({POLITE, "small", "because", "today", "tomorrow"})

#: Fewer Latin letters mean too much in too many languages to be taken for one that is not expected.
_FEWEST_LETTERS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the last message asked.

    Parameters
    ----------
    way : str
        A key of ``notifications.wording.REPLIES``; empty when nothing was asked.
    places : int
        How many places there were to choose from.
    pending : bool
        Whether the answer is still awaited: an "ok" to a thank-you says nothing.
    """

    way: str = ""
    places: int = 0
    pending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What an answer says.

    Parameters
    ----------
    choice : int, optional
        Number of the place, or the mark given.
    reason : str
        One of ``REASONS``, or empty.
    when : str
        ``today`` or ``tomorrow`` when the answer speaks of that day.
    courtesy : bool
        Nothing but thanks or greetings: there is nothing to do.
    """

    meaning: Meaning
    choice: int | None = None
    reason: str = ""
    when: str = ""
    courtesy: bool = False


UNKNOWN: Final = Understood(meaning=Meaning.UNKNOWN)


def understand(
    text: str,
    question: Question,
    *,
    button: str = "",
    digit: str = "",
    language: str | None = None,
    names: Iterable[str] = (),
) -> Understood:
    """Return what an answer says.

    Parameters
    ----------
    text : str
        As it came; with a button, what stands on it.
    button : str
        What a quick-reply button carries: ``coming``, ``not_coming``, ``call_me`` or a number.
    digit : str
        Key pressed in a call.
    language : str, optional
        The person's.
    names : iterable of str
        Names that may stand under the text and say nothing.
    """
    if digit:
        return _number(int(digit), question) if digit in "123456789" and len(digit) == 1 else UNKNOWN
    if button in set(Meaning) - {Meaning.UNKNOWN, Meaning.CHOICE, Meaning.REASON}:
        return Understood(meaning=Meaning(button))
    if button.isdecimal() and len(button) == 1:
        return _number(int(button), question)
    if len(text) > MOST_LETTERS:
        return UNKNOWN
    spelt, own_names = read(text), spell_names(names)
    own = language_of_phrases(language)
    known = [code for code in dict.fromkeys((own, *HOST_LANGUAGES)) if code is not None]
    for code in known if question.pending and len(spelt.clauses) == 1 and not spelt.asks else ():
        number = offered(code, question.way).get(spelt.clauses[0].words)
        if number is not None:
            return _number(number, question)
    for code in known:
        if (found := _in_language(spelt, code, question, own_names)) is not None:
            return found
    letters = "".join(word for clause in spelt.clauses for word in clause.words)
    if letters.isascii() and len(letters) < _FEWEST_LETTERS:
        return UNKNOWN
    others = [
        found for code in languages() if (found := _in_language(spelt, code, question, own_names)) is not None
    ]
    return others[0] if others and all(each == others[0] for each in others) else UNKNOWN


def _in_language(text: Text, code: str, question: Question, names: frozenset[str]) -> Understood | None:
    """Return what a text says in one language; ``None`` when it is not all of that language."""
    language = phrases(code)
    groups: set[str] = set()
    numbers: set[int] = set()
    for clause in text.clauses:
        if clause.picture:
            said = PICTURES.get(clause.picture)
            if said is None:
                return None
            groups.add(said)
            continue
        for run in _runs(clause, numbers):
            found = find(run, language, names)
            if found is None:
                return None
            said_here = [each for each in found if each.group not in _SILENT | {"sorry"}]
            if any(no.denies and then.group != "not_coming" for no, then in pairwise(said_here)):
                return UNKNOWN
            numbers.update(NUMBERS[each.group] for each in found if each.group in NUMBERS)
            groups.update(each.group for each in found if each.group not in NUMBERS)
    if not groups and not numbers:
        return None
    return _together(groups, numbers, question, asks=text.asks)


def _runs(clause: Clause, numbers: set[int]) -> list[Words]:
    """Cut a clause at its single digits, which are added to ``numbers``."""
    runs: list[Words] = [()]
    for word in clause.words:
        if word in _DIGITS:
            numbers.add(int(word))
            runs.append(())
        else:
            runs[-1] = (*runs[-1], word)
    return [run for run in runs if run]


_DIGITS: Final = frozenset("123456789")


def _together(groups: set[str], numbers: set[int], question: Question, *, asks: bool) -> Understood:
    """Return what groups of phrases and numbers say beside one another."""
    whens = groups & {"today", "tomorrow"}
    when = next(iter(whens)) if len(whens) == 1 else ""
    said = groups - _SILENT
    if len(whens) > 1 or len(numbers) > 1 or (asks and said != {"call"}):
        return UNKNOWN
    if numbers:
        return _with_number(numbers.pop(), said, when, question)
    if not said:
        silent = groups & _SILENT
        return Understood(meaning=Meaning.UNKNOWN, courtesy=silent == {POLITE})
    return _without_number(said, when, question)


def _with_number(number: int, said: set[str], when: str, question: Question) -> Understood:
    by_number = _number(number, question)
    if by_number.meaning is Meaning.UNKNOWN or not (rest := said - {"sorry"}):
        return by_number
    if by_number.meaning in (Meaning.CHOICE, Meaning.REASON):
        return by_number if rest <= {"coming", "agreed"} and by_number.meaning is Meaning.CHOICE else UNKNOWN
    by_words = _without_number(rest, when, question)
    return by_words if by_words.meaning is by_number.meaning else UNKNOWN


def _without_number(said: set[str], when: str, question: Question) -> Understood:
    reasons = said & set(REASONS)
    # "My child is ill" names both; which of two other reasons it is, nobody knows.
    reason = reasons.pop() if len(reasons) == 1 else ""
    if reasons:
        return UNKNOWN
    plain = said - {reason, "sorry"}
    if plain in ({"stop"}, {"start"}) and not reason:
        return Understood(meaning=Meaning(plain.pop()))
    if plain - {"agreed", "coming"} == {"call"} and not reason:
        return Understood(meaning=Meaning.CALL_ME, when=when)
    if plain == {"agreed"} and not reason and "sorry" not in said:
        return _agreed(when, question)
    plain -= {"agreed"}
    if plain == {"coming"} and not reason:
        return _coming(when, question)
    if plain == {"not_coming"}:
        return _not_coming(reason, when, question)
    if not plain and reason:
        if question.way == "reason" or "sorry" not in said:
            return Understood(meaning=Meaning.REASON, reason=reason, when=when)
        return _not_coming(reason, when, question)
    return UNKNOWN


def _agreed(when: str, question: Question) -> Understood:
    """Return what "ok" says: yes to a question that is open, nothing otherwise."""
    if not question.pending or question.way in ("", "reason", "rating", "call"):
        return Understood(meaning=Meaning.UNKNOWN, courtesy=True)
    return _coming(when, question)


def _coming(when: str, question: Question) -> Understood:
    if question.way == "choice":
        return Understood(meaning=Meaning.CHOICE, choice=1) if question.places == 1 else UNKNOWN
    if question.way in ("reason", "rating", "call") and question.pending:
        return UNKNOWN
    return Understood(meaning=Meaning.COMING, when=when)


def _not_coming(reason: str, when: str, question: Question) -> Understood:
    if question.way == "reason" and reason:
        return Understood(meaning=Meaning.REASON, reason=reason, when=when)
    if question.way in ("rating", "call", "understood") and question.pending:
        return UNKNOWN
    return Understood(meaning=Meaning.NOT_COMING, reason=reason, when=when)


def _number(number: int, question: Question) -> Understood:
    """Return what a number says to a question."""
    said = dict(REPLIES.get(question.way, ())).get(str(number))
    if number == _CALL and said is None:
        said = Meaning.CALL_ME.value
    if said is None:
        return UNKNOWN
    if said == Meaning.CHOICE:
        return Understood(meaning=Meaning.CHOICE, choice=number) if number <= question.places else UNKNOWN
    if said in REASONS:
        return Understood(meaning=Meaning.REASON, reason=said)
    if question.way == "rating":
        return Understood(meaning=Meaning.CHOICE, choice=number)
    return Understood(meaning=Meaning(said))


#: The number that always asks for a call.
_CALL: Final = 9
