"""What one cell says: dates, hours, levels, phones and yes or no, as people write them."""

from __future__ import annotations

import re
from datetime import date, time

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from scheduler.message import N_, Message
from scheduler.roster_import.folding import fold, listed
from solver.problem import LEVELS

HOME_REGION = "BE"
SEPARATORS = re.compile(r"\s*[;\n|]+\s*")
LIST_SEPARATORS = re.compile(r"\s*(?:[;,\n|/+&]|\bet\b|\ben\b|\band\b)\s*")


class CellError(Exception):
    """A cell that cannot be understood; ``text`` says why."""

    def __init__(self, text: Message) -> None:
        super().__init__(str(text))
        self.text = text


_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "janvier janv jan januari january",
            "fevrier fev fevr feb februari february",
            "mars mar maart mrt march",
            "avril avr apr april",
            "mai mei may",
            "juin jun juni june",
            "juillet juil jul juli july",
            "aout aou aug augustus august",
            "septembre sept sep september",
            "octobre oct okt oktober october",
            "novembre nov november",
            "decembre dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]\d{1,2}:\d{2}.*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?: 0?0:00.*)?")
_IN_WORDS = re.compile(r"(\d{1,2})(?:er)? ([a-z]+) (\d{4})")


def parse_date(text: str, pivot_year: int) -> date:
    """A date written ``31/12/2026``, ``31-12-26``, ``2026-12-31`` or ``31 décembre 2026``.

    Parameters
    ----------
    pivot_year : int
        Years of two digits mean the last year not after this one.
    """
    text = text.strip()
    if match := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year = (int(part) for part in match.groups())
        if year < 100:
            year += pivot_year // 100 * 100
            year -= 100 if year > pivot_year else 0
    elif (match := _IN_WORDS.fullmatch(fold(text))) and match.group(2) in _MONTHS:
        day, month, year = int(match.group(1)), _MONTHS[match.group(2)], int(match.group(3))
    else:
        raise CellError(N_("« %(text)s » n'est pas une date (attendu : 31/12/2026)", text=text))
    try:
        return date(year, month, day)
    except ValueError:
        raise CellError(N_("la date « %(text)s » n'existe pas", text=text)) from None


def parse_birth_date(text: str, today: date) -> date:
    """A day in the past 120 years; a year alone stands for its first of January."""
    if re.fullmatch(r"(19|20)\d\d", text.strip()):
        text = f"1/1/{text.strip()}"
    day = parse_date(text, today.year)
    if not date(today.year - 120, 1, 1) <= day <= today:
        raise CellError(N_("« %(text)s » ne peut pas être une date de naissance", text=text))
    return day


def parse_plan_date(text: str, today: date) -> date:
    """A day near enough to be of use: not before 1990, at most ten years ahead."""
    day = parse_date(text, today.year + 10)
    if not date(1990, 1, 1) <= day <= date(today.year + 10, 12, 31):
        raise CellError(N_("la date « %(text)s » est trop éloignée", text=text))
    return day


_TIME = re.compile(
    r"(\d{1,2})(?:\s*[h:.u]\s*(\d{2})?(?::\d{2})?)?\s*(?:h|u|uur|heures?)?\s*(am|pm)?", re.IGNORECASE
)
_FOUR_DIGITS = re.compile(r"(\d{2})(\d{2})")


def parse_time(text: str) -> time:
    """An hour of the day written ``9h30``, ``9:30``, ``09.30``, ``9u30``, ``0930``, ``9h`` or ``9``."""
    text = text.strip()
    match = _FOUR_DIGITS.fullmatch(text) or _TIME.fullmatch(text)
    if not match:
        raise CellError(N_("« %(text)s » n'est pas une heure (attendu : 9h30)", text=text))
    hour, minute = int(match.group(1)), int(match.group(2) or 0)
    half = match.group(3) if match.re is _TIME else None
    if half:
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        raise CellError(N_("l'heure « %(text)s » n'existe pas", text=text)) from None


_YES = {"oui", "o", "ja", "j", "yes", "y", "x", "vrai", "true", "waar", "1", "✓", "v"}
_NO = {"non", "n", "nee", "neen", "no", "faux", "false", "onwaar", "0", "aucun", "aucune", "geen", "none"}


def parse_yes_no(text: str) -> bool:
    """Yes or no in three languages; a number above zero (of children, for one) is a yes."""
    folded = fold(text) or text.strip()
    if folded in _YES or (folded.isdigit() and int(folded) > 0) or text.strip() == "✓":
        return True
    if folded in _NO or folded.isdigit() or text.strip() == "-":
        return False
    raise CellError(N_("« %(text)s » ne se lit ni oui ni non", text=text))


_LEVEL = re.compile(r"(pre|infra|sous)? ?([abc]) ?([0-2])(?: ?[1-9])?(?: plus)?")
_NO_LEVEL = frozenset(
    listed(
        "alpha,alphabetisation,alfa,alfabetisering,analphabete,illettre,debutant,grand debutant,"
        "debutant complet,beginner,aucun,neant,geen,none,nul,0,non lecteur,anders alfabeet"
    )
)


def parse_level(text: str) -> int:
    """Index into ``LEVELS``: ``A1``, ``A1.1``, ``B1+``, ``alpha``; of a range, the lower end."""
    folded = re.sub(
        r"\b(niveau|niv|level|fle|nt2|fr|oral|ecrit)\b", "", fold(text.replace("+", " plus "))
    ).strip()
    if folded in _NO_LEVEL:
        return 0
    for part in (folded, *re.split(r"\b(?:a|vers|tot|to)\b(?= ?[abc] ?[0-2])", folded)[:1]):
        if match := _LEVEL.fullmatch(part.strip()):
            level = match.group(2).upper() + match.group(3)
            if level in LEVELS:
                return max(0, LEVELS.index(level) - (1 if match.group(1) else 0))
    ends = re.fullmatch(r"([abc] ?[0-2])(?: [1-9])? ([abc] ?[0-2])(?: [1-9])?", folded)
    if ends:
        found = [
            LEVELS.index(end.replace(" ", "").upper())
            for end in ends.groups()
            if end.replace(" ", "").upper() in LEVELS
        ]
        if len(found) == 2:
            return min(found)
    raise CellError(
        N_("« %(text)s » n'est pas un niveau (attendu : alpha, A1, A2, B1, B2, C1 ou C2)", text=text)
    )


def is_alphabetisation(text: str) -> bool:
    """Whether a level says that the person is only learning to read."""
    return bool(
        re.search(r"\b(alpha\w*|alfa\w*|analphabete|illettre|non lecteur|anders alfabeet)\b", fold(text))
    )


def parse_phone(text: str) -> tuple[str, list[Message]]:
    """E.164 form of a phone number, Belgian unless it says otherwise; of several, the first.

    Returns
    -------
    tuple of str and list of Message
        The number, and what to check about it.
    """
    notices: list[Message] = []
    parts = [part for part in re.split(r"\s*(?:;|,|\n|\bou\b|\bof\b|\s/\s)\s*", text) if part]
    if len(parts) > 1:
        notices.append(N_("plusieurs numéros : seul %(phone)s est repris", phone=parts[0]))
    raw = parts[0] if parts else text
    digits = re.sub(r"\D", "", raw)
    # Spreadsheets take numbers for amounts: they lose the plus or the leading zero.
    attempts = [raw]
    if not raw.lstrip().startswith(("+", "0", "(")):
        attempts = (
            [f"+{digits}"] if digits.startswith("32") and len(digits) >= 10 else [f"0{digits}", f"+{digits}"]
        )
    possible = None
    for attempt in attempts:
        try:
            number = phonenumbers.parse(attempt, HOME_REGION)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), notices
        if possible is None and phonenumbers.is_possible_number(number):
            possible = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if possible is None or re.search(r"[A-Za-z]{3}", raw):
        raise CellError(N_("« %(text)s » n'est pas un numéro de téléphone", text=text))
    return possible, [*notices, N_("le numéro %(phone)s n'est attribué à aucun opérateur", phone=possible)]


def parse_email(text: str) -> str:
    """A syntactically valid address, its domain in lower case; nothing is looked up."""
    try:
        return validate_email(text.strip(), check_deliverability=False, globally_deliverable=False).normalized
    except EmailNotValidError:
        raise CellError(N_("« %(text)s » n'est pas une adresse électronique", text=text)) from None


def split_list(text: str) -> list[str]:
    """The parts of a cell that lists several things."""
    return [part for part in LIST_SEPARATORS.split(text.strip()) if part]


def split_statements(text: str) -> list[str]:
    """The parts of a cell between semicolons or line breaks, commas left alone."""
    return [part for part in SEPARATORS.split(text.strip()) if part]
