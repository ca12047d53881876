"""Names of languages and countries, in three languages and their own, as ISO codes."""

from __future__ import annotations

from functools import cache

from babel import Locale

from scheduler.message import N_
from scheduler.roster_import.cells import CellError
from scheduler.roster_import.folding import fold, listed

_NAMED_IN = ("fr", "nl", "en", "de")

#: Languages that people also name in their own script.
_OWN_NAMES = listed(
    "ar,fa,ps,ti,am,so,tr,ru,uk,sq,ro,es,pt,it,pl,bg,sr,ur,bn,hi,zh,vi,th,ka,hy,az,uz,ckb,ku,rw,sw,ln"
)

#: Names that lists use and that locale data do not have.
_ALSO = {
    name: code
    for code, names in {
        "am": "amharique",
        "ary": "darija,arabe marocain",
        "ber": "berbere,tamazight,amazigh",
        "bn": "bengali,bangla",
        "bs": "bosniaque",
        "ce": "tchetchene",
        "ckb": "sorani,kurde sorani",
        "dyu": "dioula",
        "emk": "malinke",
        "fa": "farsi,persan",
        "ff": "peul,peulh,poular,pular,fula",
        "fil": "filipino",
        "kmr": "kurmandji,kurmanji,kurde kurmandji",
        "ln": "lingala",
        "nl": "flamand,vlaams",
        "om": "oromo",
        "prs": "dari",
        "ps": "pachto,pachtou,pashto,pasjtoe",
        "rif": "rifain",
        "rn": "kirundi",
        "ro": "moldave",
        "rom": "romani,rom",
        "rw": "kinyarwanda",
        "sh": "serbo croate",
        "so": "somali",
        "sus": "soussou",
        "sw": "swahili",
        "ti": "tigrigna,tigrinia",
        "tl": "tagalog",
        "uk": "ukrainien",
        "ur": "ourdou,urdu",
        "uz": "oezbeeks",
        "zh": "mandarin",
    }.items()
    for name in names.split(",")
}

#: French names of languages that locale data do not name.
_UNNAMED = {"prs": "dari", "kmr": "kurmandji", "emk": "malinké", "ber": "berbère", "rif": "rifain"}

EU_COUNTRIES = frozenset(
    listed("AT,BE,BG,CY,CZ,DE,DK,EE,ES,FI,FR,GR,HR,HU,IE,IT,LT,LU,LV,MT,NL,PL,PT,RO,SE,SI,SK")
)


@cache
def _language_codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for place in _NAMED_IN:
        for code, name in Locale.parse(place).languages.items():
            if "_" not in code and len(code) <= 3:
                codes.setdefault(fold(name), code)
                codes.setdefault(code, code)
    for code in _OWN_NAMES:
        codes.setdefault(fold(str(Locale.parse(code).get_display_name(code))), code)
    return codes | _ALSO


@cache
def _country_codes() -> dict[str, str]:
    return {
        fold(name): code
        for place in _NAMED_IN
        for code, name in Locale.parse(place).territories.items()
        if len(code) == 2 and code.isalpha()
    }


def parse_language(text: str) -> str:
    """ISO 639 code of a language named in French, Dutch, English, German or itself."""
    folded = fold(text)
    codes = _language_codes()
    for attempt in (folded, folded.split(" ")[0] if folded else ""):
        if attempt in codes:
            return codes[attempt]
    raise CellError(N_("« %(text)s » n'est pas une langue connue", text=text))


def language_name(code: str, locale: str = "fr") -> str:
    """Name of a language for a reader, or its code when it has none."""
    return str(Locale.parse(locale).languages.get(code) or _UNNAMED.get(code, code))


_EU = {"ue", "eu", "union europeenne", "citoyen ue", "europese unie", "eer", "eee"}
_NOT_EU = frozenset(
    listed(
        "hors ue,non ue,non eu,niet eu,buiten eu,tiers,pays tiers,hors union europeenne,"
        "ressortissant de pays tiers,derdelander,rpt"
    )
)


def parse_eu(text: str) -> bool:
    """Whether a nationality, a country or ``UE`` / ``hors UE`` means the European Union."""
    folded = fold(text)
    if folded in _EU or folded in {"oui", "ja", "yes"}:
        return True
    if folded in _NOT_EU or folded in {"non", "nee", "no"}:
        return False
    code = text.strip().upper() if len(text.strip()) == 2 else _country_codes().get(folded)
    if code in _country_codes().values():
        return code in EU_COUNTRIES
    raise CellError(N_("« %(text)s » ne dit pas si la personne vient de l'Union européenne", text=text))
