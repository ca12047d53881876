"""What somebody wrote themselves in an e-mail: without what they quote, and what their telephone adds.

Mail programs word the line above a quotation in every language. It is known here by its form, and the
quotation by its words, since they are our own.
"""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from typing import Final

#: Longer lines than this are looked at in their beginning only.
_LONGEST_LINE: Final = 1000
_MOST_LINES: Final = 400

#: Lines of a signature or a quotation that end a person's own words.
_ENDS: Final = re.compile(
    r"--\s?$|_{8,}"
    r"|(envoyé (de|depuis|à partir)|sent (from|with|via)|verzonden (vanaf|met|via|vanuit|door)"
    r"|von meinem .{2,30} gesendet|gesendet (von|mit)|enviado (desde|do|de|a partir)|get outlook"
    r"|obtenir outlook|outlook (voor|für|pour|for)"
    r"|отправлено (с|из)|надіслано (з|із)|відправлено (з|із)|dërguar nga|.{2,30} (göndrildi|gönderildi)\.?$"
    r"|(تم الإرسال|أُرسلت|أرسلت|مرسل|مُرسَل) من|ارسال شده از|فرستاده شده از)",
    re.IGNORECASE,
)

#: What stands on both sides of the words that announce a quotation.
_RULES: Final = ("---", "***")

#: The line above a quotation: it ends with a colon, and holds an address, or a date with an hour.
_ADDRESS: Final = re.compile(r"[\w.+-]@[\w-]+\.\w")
_HOUR: Final = re.compile(r"\d{1,2}\s?[:.hu]\s?\d{2}")
_YEAR: Final = re.compile(r"\b20\d\d\b|[٠-٩۰-۹]{4}")

#: A header of a forwarded or quoted message, as Outlook shows it.
_FIELD: Final = re.compile(r"\s*\*?[^\W\d_]{1,14}( [^\W\d_]{1,10})?\*?\s?:\*?\s+\S")


def own_words(text: str, told: str = "") -> str:
    """Return a person's own words in an e-mail.

    Parameters
    ----------
    told : str
        The message that is answered, in whose quotation their own words end.
    """
    lines = [line.rstrip()[:_LONGEST_LINE] for line in text.replace("\r\n", "\n").split("\n")][:_MOST_LINES]
    ours = {_bare(line) for line in told.split("\n")} - {""}
    kept: list[str] = []
    for at, line in enumerate(lines):
        if line.lstrip().startswith(">"):
            # Words below a quotation are a person's own as well.
            _drop_attribution(kept)
            continue
        if _is_end(line.strip()) or _is_header(lines, at) or _quotes_us(line, ours):
            _drop_attribution(kept)
            break
        kept.append(line)
    _drop_attribution(kept)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _is_end(line: str) -> bool:
    ruled = line[:3] in _RULES and line.endswith(line[:3]) and re.search(r"\w", line) is not None
    return ruled or _ENDS.match(line) is not None


def _bare(line: str) -> str:
    return " ".join(line.lstrip("> ").split()).casefold()


def _quotes_us(line: str, ours: set[str]) -> bool:
    """Whether a line is one of ours; short ones may be anybody's."""
    bare = _bare(line)
    return len(bare) > 12 and bare in ours


def _is_header(lines: list[str], at: int) -> bool:
    """Whether the headers of a quoted message begin here: fields in a row, one of them an address."""
    block = [line for line in lines[at : at + 6] if line.strip()][:4]
    fields = [line for line in block if _FIELD.match(line)]
    return (
        len(fields) >= 3 and bool(_FIELD.match(lines[at])) and any(_ADDRESS.search(line) for line in fields)
    )


def _drop_attribution(kept: list[str]) -> None:
    """Take away the line above a quotation, which may be broken over up to three."""
    while kept and not kept[-1].strip():
        kept.pop()
    for count in (1, 2, 3):
        tail = " ".join(line.strip() for line in kept[-count:])
        if len(kept) >= count and _is_attribution(tail):
            # Where only the address is on the last line, the date is on the one above.
            broken = not _is_dated(tail) and len(kept) > count and _is_dated(kept[-count - 1])
            del kept[-count - broken :]
            return


def _is_attribution(line: str) -> bool:
    if not line.rstrip("\u200e\u200f\u202c\u2069 ").endswith((":", "：")):
        return False
    return _ADDRESS.search(line) is not None or _is_dated(line)


def _is_dated(line: str) -> bool:
    return _HOUR.search(line) is not None and _YEAR.search(line) is not None


_TAG: Final = re.compile(r"<(/?)([A-Za-z][\w:.-]*)([^<>]*)>")
_DECLARED: Final = re.compile(r"<[!?][^<>]*>")
_BREAKS: Final = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "hr", "table", "ul", "ol"})
_HIDDEN: Final = frozenset({"style", "script", "head", "title", "blockquote", "template"})
_VOID: Final = frozenset({"br", "hr", "img", "meta", "link", "input", "area", "base", "col", "wbr"})
_BEHIND: Final = re.compile(r"appendonsend|divrplyfwdmsg", re.IGNORECASE)
_QUOTED: Final = re.compile(
    r"gmail_quote|gmail_attr|gmail_signature|yahoo_quoted|moz-cite|moz-signature|protonmail_quote"
    r"|tutanota_quote",
    re.IGNORECASE,
)


def html_to_text(page: str) -> str:
    """Return the words of a page in HTML, line by line, without quotations and what is not shown.

    Takes as long as the page, however badly it is made.
    """
    first, *others = page.split("<!--")
    shown = first + "".join(each.partition("-->")[2] for each in others)
    found: list[str] = []
    inside: list[tuple[str, bool]] = []
    counts: Counter[str] = Counter()
    hidden = at = 0
    for tag in _TAG.finditer(shown):
        if not hidden:
            found.append(_shown(shown[at : tag.start()]))
        at, name, marks = tag.end(), tag[2].lower(), tag[3]
        # Outlook writes the quotation behind this mark, not inside of it.
        if _BEHIND.search(marks):
            break
        if name in _BREAKS:
            found.append("\n")
        if tag[1]:
            while counts[name]:
                last, hides = inside.pop()
                counts[last] -= 1
                hidden -= hides
                if last == name:
                    break
        elif name not in _VOID and not marks.endswith("/"):
            hides = name in _HIDDEN or _QUOTED.search(marks) is not None
            inside.append((name, hides))
            counts[name] += 1
            hidden += hides
    else:
        found.append(_shown(shown[at:]) if not hidden else "")
    lines = (line.strip() for line in "".join(found).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _shown(words: str) -> str:
    return re.sub(r"\s+", " ", unescape(_DECLARED.sub("", words)))
