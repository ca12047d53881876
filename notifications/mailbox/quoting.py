"""What somebody wrote themselves in an e-mail: without what they quote, and what their telephone adds.

Mail programs word the line above a quotation in every language. It is known here by its form, and the
quotation by its words, since they are our own.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

#: Longer lines than this are looked at in their beginning only.
_LONGEST_LINE: Final = 1000
_MOST_LINES: Final = 400

#: Lines of a signature or a quotation that end a person's own words.
_ENDS: Final = re.compile(
    r"--\s?$"
    r"|_{8,}|-{3,}.*\w.*-{3,}\s*$|\*{3,}.*\w.*\*{3,}\s*$"
    r"|(envoyé (de|depuis|à partir)|sent (from|with|via)|verzonden (vanaf|met|via|vanuit|door)"
    r"|von meinem .{2,30} gesendet|gesendet (von|mit)|enviado (desde|do|de|a partir)|get outlook"
    r"|obtenir outlook|outlook (voor|für|pour|for)"
    r"|отправлено (с|из)|надіслано (з|із)|відправлено (з|із)|dërguar nga|.{2,30} (göndrildi|gönderildi)\.?$"
    r"|(تم الإرسال|أُرسلت|أرسلت|مرسل|مُرسَل) من|ارسال شده از|فرستاده شده از)",
    re.IGNORECASE,
)

#: The line above a quotation: it ends with a colon, and holds an address, or a date with an hour.
_ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+\.\w")
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
        if _ENDS.match(line.strip()) or _is_header(lines, at) or _quotes_us(line, ours):
            _drop_attribution(kept)
            break
        kept.append(line)
    _drop_attribution(kept)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


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


class _Reader(HTMLParser):
    """Collects the text of a page, line by line, without quotations and what is not shown."""

    _BREAKS: Final = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "hr", "table", "ul", "ol"})
    _HIDDEN: Final = frozenset({"style", "script", "head", "title", "blockquote", "template"})
    _VOID: Final = frozenset({"br", "hr", "img", "meta", "link", "input", "area", "base", "col", "wbr"})
    _QUOTED: Final = re.compile(
        r"gmail_quote|gmail_attr|gmail_signature|yahoo_quoted|moz-cite|moz-signature|divrplyfwdmsg"
        r"|appendonsend|protonmail_quote|tutanota_quote",
        re.IGNORECASE,
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        quoted = tag in self._HIDDEN or self._QUOTED.search(marks) is not None
        # Outlook writes the quotation behind this mark, not inside of it.
        self._over = self._over or "appendonsend" in marks.lower() or "divrplyfwdmsg" in marks.lower()
        if tag in self._BREAKS:
            self.parts.append("\n")
        if tag not in self._VOID:
            self._open.append((tag, quoted))

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _quoted in self._open):
            while self._open.pop()[0] != tag:
                pass
        if tag in self._BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._over and not any(quoted for _name, quoted in self._open):
            self.parts.append(re.sub(r"\s+", " ", data))


def html_to_text(page: str) -> str:
    """Return the words of a page in HTML, without quotations."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    lines = (line.strip() for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
