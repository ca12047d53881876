"""What an answer says, or that a person must read it.

A text is understood only if every word of it is known: "no problem" and "je ne peux pas ne pas venir"
hold a no and mean something else, so a known word in unknown company says nothing. Where days or hours
are named, ``divide`` finds out which of the sessions each yes and no is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from typing import Final

from notifications.models import Meaning
from notifications.replies.divide import BOTH, DENIES, DIGITS, Divided, divide, names_a_time
from notifications.replies.letters import MOST_LETTERS, PICTURES, Clause, Text, read
from notifications.replies.phrases import (
    HOST_LANGUAGES,
    NUMBERS,
    POLITE,
    Found,
    Language,
    find,
    language_of_phrases,
    languages,
    offered,
    phrases,
    spell_names,
)
from notifications.replies.times import is_number_of_time
from notifications.wording import REPLIES

#: Reasons for not coming, as ``scheduler.wording`` names them.
REASONS: Final = ("ill", "child", "course", "work", "other")

#: Groups that say nothing beside another.
_SILENT: Final = frozenset({POLITE, "small", "because", "and"})

#: Groups that mean something only beside a day or an hour.
_OF_TIMES: Final = DENIES | {"but", "at"}

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
    moments : tuple of datetime
        Local beginnings of what was asked about, each once: sessions, or places in the order of their
        numbers.
    today : date, optional
        Local day on which the answer was written.
    """

    way: str = ""
    places: int = 0
    pending: bool = True
    moments: tuple[datetime, ...] = ()
    today: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What an answer says.

    Parameters
    ----------
    choice : int, optional
        Number of the place, or the mark given.
    reason : str
        One of ``REASONS``, or empty.
    coming, absent : frozenset of int
        Which of the question's moments the person comes to, and which not, where the answer names some;
        otherwise empty, and ``meaning`` holds for all that was asked about.
    courtesy : bool
        Nothing but thanks or greetings: there is nothing to do.
    agreed : bool
        An "ok" to what asked nothing: there is nothing to do either, but for whoever asked by hand.
    """

    meaning: Meaning
    choice: int | None = None
    reason: str = ""
    coming: frozenset[int] = frozenset()
    absent: frozenset[int] = frozenset()
    courtesy: bool = False
    agreed: bool = False


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
    clauses: list[list[Found]] = []
    for clause in text.clauses:
        found = _phrases(clause, phrases(code), names)
        if found is None:
            return None
        said = [each for each in found if each.group not in _SILENT | {"sorry"}]
        if any(_is_denied(no, then) for no, then in pairwise(said)):
            return UNKNOWN
        clauses.append(found)
    groups = {each.group for clause in clauses for each in clause}
    if not groups:
        return None
    if BOTH in groups or any(map(names_a_time, groups)):
        return _of_some(clauses, groups, question, asks=text.asks)
    return UNKNOWN if groups & _OF_TIMES else _together(groups, question, asks=text.asks)


def _phrases(clause: Clause, language: Language, names: frozenset[str]) -> list[Found] | None:
    """Return the phrases, digits and times of a clause in their order."""
    if clause.picture:
        said = PICTURES.get(clause.picture)
        return None if said is None else [Found(said)]
    found: list[Found] = []
    run: list[str] = []
    for word in (*clause.words, ""):
        if word and word not in DIGITS and not is_number_of_time(word):
            run.append(word)
            continue
        before = find(tuple(run), language, names)
        if before is None:
            return None
        found += [*before, *([Found(word)] if word else ())]
        run = []
    return found


def _is_denied(no: Found, then: Found) -> bool:
    """Whether a bare no stands before something that is neither a no, a number nor a day."""
    return no.denies and then.group not in DIGITS | {"not_coming", BOTH} and not names_a_time(then.group)


def _together(groups: AbstractSet[str], question: Question, *, asks: bool = False) -> Understood:
    """Return what groups of phrases and numbers say beside one another."""
    numbers = {int(each) for each in groups & DIGITS} | {NUMBERS[each] for each in groups & NUMBERS.keys()}
    said = groups - _SILENT - DIGITS - NUMBERS.keys()
    if "crossed" in said:
        # Beside words of agreement it may be a slip of the finger.
        if "agreed" in said:
            return UNKNOWN
        said = said - {"crossed"} | {"not_coming"}
    if len(numbers) > 1 or (asks and said != {"call"}):
        return UNKNOWN
    if numbers:
        return _with_number(numbers.pop(), said, question)
    if not said:
        return Understood(meaning=Meaning.UNKNOWN, courtesy=groups == {POLITE})
    return _without_number(said, question)


def _of_some(
    clauses: Sequence[Sequence[Found]], groups: set[str], question: Question, *, asks: bool
) -> Understood:
    """Return what a text says that names days or hours."""
    said = {each for each in groups - _SILENT - {"at"} if not names_a_time(each)}
    if said == {"call"}:
        return Understood(meaning=Meaning.CALL_ME)
    times_in_doubt = groups & NUMBERS.keys() or ("at" in groups and groups & DIGITS)
    if asks or times_in_doubt or question.today is None:
        return UNKNOWN
    if question.way == "reason" and question.pending and len(said) == 1 and said <= set(REASONS):
        return _together(said, question)
    divided = divide(clauses, _SILENT - {"and"}, question.moments, question.today)
    if divided is None:
        return UNKNOWN
    return _chosen(divided, question) if question.way == "choice" else _divided(divided, question)


def _chosen(divided: Divided, question: Question) -> Understood:
    """Return the place whose day or hour is named, alone or with a yes."""
    places = frozenset[int]().union(*(part.moments for part in divided.parts))
    said = divided.beside.union(*(part.said for part in divided.parts))
    if len(places) != 1 or not said <= {"coming", "agreed"}:
        return UNKNOWN
    return Understood(meaning=Meaning.CHOICE, choice=min(places) + 1)


def _divided(divided: Divided, question: Question) -> Understood:
    """Return which sessions somebody comes to and which not, with the one reason that is given."""
    beside = divided.beside - {"sorry"}
    if not divided.parts[0].said:
        # "Sorry, ill on Tuesday" refuses without a no; a yes or no of its own clause may be for all.
        said = _together(divided.beside, question) if beside <= set(REASONS) else UNKNOWN
        if said.meaning is Meaning.NOT_COMING:
            return replace(said, absent=divided.parts[0].moments)
        return UNKNOWN
    of: dict[Meaning, frozenset[int]] = {Meaning.COMING: frozenset(), Meaning.NOT_COMING: frozenset()}
    for part in divided.parts:
        meaning = _together(part.said, question).meaning
        if meaning not in of:
            return UNKNOWN
        of[meaning] |= part.moments
    coming, absent = of[Meaning.COMING], of[Meaning.NOT_COMING]
    marks, reasons = beside - set(REASONS) - {"fit", "agreed"}, beside & set(REASONS)
    if coming & absent or len(reasons) > 1 or (reasons and not absent) or ("fit" in beside and absent):
        return UNKNOWN
    meaning = Meaning.MIXED if coming and absent else Meaning.COMING if coming else Meaning.NOT_COMING
    if marks and _together(marks, question).meaning is not meaning:
        return UNKNOWN
    return Understood(meaning=meaning, reason=next(iter(reasons), ""), coming=coming, absent=absent)


def _with_number(number: int, said: AbstractSet[str], question: Question) -> Understood:
    by_number = _number(number, question)
    if by_number.meaning is Meaning.UNKNOWN or not (rest := said - {"sorry"}):
        return by_number
    if by_number.meaning in (Meaning.CHOICE, Meaning.REASON):
        return by_number if rest <= {"coming", "agreed"} and by_number.meaning is Meaning.CHOICE else UNKNOWN
    by_words = _without_number(rest, question)
    return by_words if by_words.meaning is by_number.meaning else UNKNOWN


def _without_number(said: AbstractSet[str], question: Question) -> Understood:
    reasons = set(said) & set(REASONS)
    # "My child is ill" names both; which of two other reasons it is, nobody knows.
    reason = reasons.pop() if len(reasons) == 1 else ""
    if reasons:
        return UNKNOWN
    plain = set(said) - {reason, "sorry"}
    if plain in ({"stop"}, {"start"}, {"help"}) and not reason:
        return Understood(meaning=Meaning(plain.pop()))
    if plain - {"agreed", "coming"} == {"call"} and not reason:
        return Understood(meaning=Meaning.CALL_ME)
    if plain == {"agreed"} and not reason and "sorry" not in said:
        return _agreed(question)
    plain -= {"agreed"}
    if plain in ({"coming"}, {"coming", "fit"}) and not reason:
        return _coming(question)
    if plain == {"not_coming"}:
        return _not_coming(reason, question)
    if not plain and reason:
        if question.way == "reason" or "sorry" not in said:
            return Understood(meaning=Meaning.REASON, reason=reason)
        return _not_coming(reason, question)
    return UNKNOWN


def _agreed(question: Question) -> Understood:
    """Return what "ok" says: yes to a question that is open, nothing otherwise."""
    if not question.pending or question.way in ("", "reason", "rating", "call"):
        return Understood(meaning=Meaning.UNKNOWN, courtesy=True, agreed=True)
    return _coming(question)


def _coming(question: Question) -> Understood:
    if question.way == "choice":
        return Understood(meaning=Meaning.CHOICE, choice=1) if question.places == 1 else UNKNOWN
    if question.way in ("reason", "rating", "call") and question.pending:
        return UNKNOWN
    return Understood(meaning=Meaning.COMING)


def _not_coming(reason: str, question: Question) -> Understood:
    if question.way == "reason" and reason:
        return Understood(meaning=Meaning.REASON, reason=reason)
    if question.way in ("rating", "call", "understood") and question.pending:
        return UNKNOWN
    return Understood(meaning=Meaning.NOT_COMING, reason=reason)


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
