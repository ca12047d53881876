"""What real-looking answers say, in every language and spelling, and what must never be guessed."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest

from notifications.models import Meaning
from notifications.replies.letters import spell
from notifications.replies.phrases import _own, language_of_phrases, languages, spellings
from notifications.replies.understand import REASONS, Question, Understood, understand
from notifications.wording import REPLIES, shipped
from scheduler.wording import languages as page_languages
from scheduler.wording import plain_words

#: Asked on a Monday about this evening and tomorrow.
COME = Question(
    way="come",
    moments=(datetime(2026, 11, 23, 18), datetime(2026, 11, 24, 14)),  # noqa: DTZ001
    today=date(2026, 11, 23),
)

COMING, NOT_COMING, CALL = Meaning.COMING, Meaning.NOT_COMING, Meaning.CALL_ME

#: Language of the person, answer, what it says.
ANSWERS = {
    "fr": (
        ("Oui", COMING),
        ("OUI MERCI !", COMING),
        ("ouiii 😊", COMING),
        ("Bonjour, oui je viens. Bonne journée", COMING),
        ("ok", COMING),
        ("D’accord merci beaucoup madame", COMING),
        ("1️⃣", COMING),
        ("J’y serai, à demain", COMING),
        ("Oui inchallah", COMING),
        ("non", NOT_COMING),
        ("je peux pas venir désolée", NOT_COMING),
        ("Bonjour je ne pourrai pas venir demain, merci", NOT_COMING),
        ("malheureusement non", NOT_COMING),
        ("Je viens pas", NOT_COMING),
        ("2 merci", NOT_COMING),
        ("Pouvez-vous m'appeler svp ?", CALL),
        ("appelé moi", CALL),
        ("9", CALL),
        ("STOP", Meaning.STOP),
        ("ARRET", Meaning.STOP),
        ("Arrêt.", Meaning.STOP),
        ("start", Meaning.START),
    ),
    "nl": (
        ("Ja hoor, tot morgen!", COMING),
        ("Oké is goed", COMING),
        ("ik kom", COMING),
        ("neen", NOT_COMING),
        ("Sorry ik kan niet komen", NOT_COMING),
        ("Helaas niet, dank u", NOT_COMING),
        ("Kan u mij bellen aub?", CALL),
        ("bel mij", CALL),
        ("uitschrijven", Meaning.STOP),
    ),
    "en": (
        ("Yes I will come, thank you", COMING),
        ("yes please", COMING),
        ("See you tomorrow, yes", COMING),
        ("No sorry", NOT_COMING),
        ("No I can't come", NOT_COMING),
        ("I won’t be able to come today", NOT_COMING),
        ("please call me", CALL),
        ("unsubscribe", Meaning.STOP),
    ),
    "de": (
        ("Ja, ich komme gerne", COMING),
        ("Alles klar danke", COMING),
        ("Jo", COMING),
        ("nein danke", NOT_COMING),
        ("Leider kann ich nicht kommen, es tut mir leid", NOT_COMING),
        ("Können Sie mich bitte anrufen?", CALL),
        ("abbestellen", Meaning.STOP),
    ),
    "es": (
        ("Sí", COMING),
        ("si gracias", COMING),
        ("Claro que sí, hasta mañana", COMING),
        ("vale", COMING),
        ("no puedo ir, lo siento", NOT_COMING),
        ("No gracias", NOT_COMING),
        ("¿Me puede llamar?", CALL),
        ("no quiero más mensajes", Meaning.STOP),
    ),
    "pt": (
        ("Sim, obrigada", COMING),
        ("vou sim", COMING),
        ("Tá bom, até amanhã", COMING),
        ("Não posso ir amanhã", NOT_COMING),
        ("nao", NOT_COMING),
        ("pode me ligar?", CALL),
        ("parar", Meaning.STOP),
    ),
    "tr": (
        ("EVET", COMING),
        ("Evet geliyorum, teşekkürler", COMING),
        ("tamam", COMING),
        ("HAYIR", NOT_COMING),
        ("hayir gelemiyorum", NOT_COMING),
        ("Maalesef yarın gelemem", NOT_COMING),
        ("Lütfen beni arayın", CALL),
        ("mesaj istemiyorum", Meaning.STOP),
    ),
    "so": (
        ("Haa, waan imanayaa", COMING),
        ("haye mahadsanid", COMING),
        ("Maya", NOT_COMING),
        ("Maya ma imaan karo, waan ka xumahay", NOT_COMING),
        ("Fadlan i soo wac", CALL),
        ("jooji", Meaning.STOP),
    ),
    "sq": (
        ("Po", COMING),
        ("po vij, faleminderit", COMING),
        ("në rregull", COMING),
        ("Jo", NOT_COMING),
        ("nuk mundem te vij neser", NOT_COMING),
        ("S’mundem, më vjen keq", NOT_COMING),
        ("Ju lutem më telefononi", CALL),
        ("ndalo", Meaning.STOP),
    ),
    "ru": (
        ("Да", COMING),
        ("да, приду, спасибо!", COMING),
        ("Хорошо", COMING),
        ("da spasibo", COMING),
        ("Нет", NOT_COMING),
        ("К сожалению, не смогу прийти завтра", NOT_COMING),
        ("net ne mogu", NOT_COMING),
        ("Перезвоните мне, пожалуйста", CALL),
        ("стоп", Meaning.STOP),
    ),
    "uk": (
        ("Так", COMING),
        ("Так, обов’язково прийду. Дякую!", COMING),
        ("добре", COMING),
        ("Ні", NOT_COMING),
        ("На жаль, не зможу прийти", NOT_COMING),
        ("Зателефонуйте мені, будь ласка", CALL),
        ("відписатися", Meaning.STOP),
    ),
    "ar": (
        ("نعم", COMING),
        ("نَعَم، شُكرًا", COMING),
        ("إن شاء الله سأحضر", COMING),
        ("السلام عليكم، نعم انا قادم غدا", COMING),
        ("تمام 👍", COMING),
        ("na3am choukran", COMING),
        ("wakha nji inchallah", COMING),
        ("١", COMING),
        ("لا", NOT_COMING),
        ("لا أستطيع الحضور، آسف", NOT_COMING),
        ("للأسف لن أتمكن من الحضور غداً", NOT_COMING),
        ("ما بقدر اجي اليوم", NOT_COMING),
        ("man9derch nji", NOT_COMING),
        ("٢", NOT_COMING),
        ("اتصلوا بي من فضلكم", CALL),
        ("ممكن تتصلوا بي؟", CALL),
        ("إيقاف", Meaning.STOP),
    ),
    "fa": (
        ("بله", COMING),
        ("بله می‌آیم، ممنون", COMING),
        ("باشه", COMING),
        ("bale merci", COMING),
        ("۱", COMING),
        ("نه", NOT_COMING),
        ("متاسفانه نمی‌توانم بیایم", NOT_COMING),
        ("ببخشید، نمیتونم بیام", NOT_COMING),
        ("nemitonam biam", NOT_COMING),
        ("۲", NOT_COMING),
        ("لطفا به من زنگ بزنید", CALL),
        ("لغو پیام", Meaning.STOP),
    ),
    "ps": (
        ("هو", COMING),
        ("هو زه راځم، مننه", COMING),
        ("سمه ده", COMING),
        ("نه", NOT_COMING),
        ("نه، زه نشم راتلی", NOT_COMING),
        ("بښنه غواړم نه شم راتلی", NOT_COMING),
        ("ماته زنګ ووهئ", CALL),
        ("نور پیغامونه نه غواړم", Meaning.STOP),
    ),
    "ti": (
        ("እወ", COMING),
        ("እወ ክመጽእ እየ። የቐንየለይ", COMING),
        ("ሕራይ", COMING),
        ("ewe yekenyeley", COMING),
        ("፩", COMING),
        ("ኣይፋል", NOT_COMING),
        ("ይቕሬታ ክመጽእ ኣይክእልን እየ", NOT_COMING),
        ("aykielin", NOT_COMING),
        ("፪", NOT_COMING),
        ("በጃኹም ደውሉለይ", CALL),
        ("ኣቋርጽ", Meaning.STOP),
    ),
    "am": (
        ("አዎ", COMING),
        ("አዎ እመጣለሁ፣ አመሰግናለሁ", COMING),
        ("እሺ", COMING),
        ("eshi amesegnalehu", COMING),
        ("አይ", NOT_COMING),
        ("ይቅርታ፣ ነገ መምጣት አልችልም", NOT_COMING),
        ("alchilim", NOT_COMING),
        ("እባክዎ ይደውሉልኝ", CALL),
        ("አቁም", Meaning.STOP),
    ),
}

#: Language, reason given, why.
EXCUSES = (
    ("fr", "Je ne peux pas venir car mon fils est malade", "child"),
    ("fr", "désolé je suis malade", "ill"),
    ("fr", "non, j'ai cours", "course"),
    ("nl", "Ik kan niet komen want ik moet werken", "work"),
    ("en", "I can't come, I am sick", "ill"),
    ("de", "Ich kann nicht kommen, weil ich Kurs habe", None),
    ("de", "Ich kann leider nicht kommen, ich habe Kurs", "course"),
    ("es", "No puedo ir porque mi hijo está enfermo", "child"),
    ("pt", "Não posso ir, estou doente", "ill"),
    ("tr", "Gelemem, çocuğum hasta", "child"),
    ("so", "Ma imaan karo, waan xanuunsanahay", "ill"),
    ("sq", "Nuk mundem, kam punë", "work"),
    ("ru", "Не приду, я болею", "ill"),
    ("uk", "Не зможу прийти, бо дитина хвора", "child"),
    ("ar", "لا أستطيع الحضور لأن ابني مريض", "child"),
    ("ar", "آسف أنا مريض", "ill"),
    ("fa", "نمی‌توانم بیایم چون مریض هستم", "ill"),
    ("ps", "نه شم راتلی، ناروغ یم", "ill"),
    ("ti", "ክመጽእ ኣይክእልን፣ ስራሕ ኣለኒ", "work"),
    ("am", "አልችልም፣ ትምህርት አለኝ", "course"),
)

#: Words of answers in sentences that are none, or not the one they look like.
UNCERTAIN = (
    ("fr", "je ne peux pas ne pas venir"),
    ("fr", "je ne viens pas en retard"),
    ("fr", "pas de problème"),
    ("fr", "Oui mais je serai en retard"),
    ("fr", "oui mais"),
    ("fr", "oui et non"),
    ("fr", "oui ?"),
    ("fr", "je ne suis pas malade"),
    ("fr", "ce n'est pas impossible"),
    ("fr", "mon mari ne vient pas"),
    ("fr", "arrêt de bus"),
    ("fr", "arrêt maladie jusque lundi"),
    ("fr", "J'ai reçu un non de la commune"),
    ("fr", "je viens 2 pas"),
    ("fr", "1 ou 2"),
    ("fr", "1/2"),
    ("fr", "2 enfants malades"),
    ("fr", "oui à 16h"),
    ("fr", "désolé"),
    ("fr", "demain"),
    ("fr", "Je ne viens pas lundi mais mercredi oui"),
    ("fr", "non, appelez-moi"),
    ("fr", "ne m'appelez pas"),
    ("fr", "peut-être"),
    ("fr", "dur"),
    ("fr", "jo"),
    ("fr", "🐸"),
    ("fr", ""),
    ("fr", "   "),
    ("fr", "10"),
    ("fr", "3"),
    ("nl", "Geen probleem"),
    ("nl", "ik kan niet wachten!"),
    ("nl", "ik kan niet niet komen"),
    ("nl", "bel mij niet"),
    ("nl", "ik kom niet te laat"),
    ("en", "No problem"),
    ("en", "no problem!"),
    ("en", "No work today"),
    ("en", "I can't wait"),
    ("en", "I cannot miss it"),
    ("en", "don't call me"),
    ("en", "non-stop"),
    ("en", "bus stop"),
    ("en", "yes and no"),
    ("en", "are you coming?"),
    ("en", "not ill"),
    ("de", "kein Problem"),
    ("de", "ich kann nicht nicht kommen"),
    ("es", "no hay problema"),
    ("es", "no estoy enfermo"),
    ("es", "no puedo no ir"),
    ("es", "no voy a faltar"),
    ("es", "baja médica"),
    ("pt", "não tem problema"),
    ("pt", "não estou doente"),
    ("pt", "não trabalho"),
    ("tr", "sorun yok"),
    ("tr", "gelemem değil"),
    ("so", "dhib ma leh"),
    ("sq", "s'ka problem"),
    ("ru", "нет проблем"),
    ("ru", "не могу не прийти"),
    ("ru", "не опоздаю"),
    ("uk", "без проблем"),
    ("ar", "لا مشكلة"),
    ("ar", "ما في مشكلة"),
    ("ar", "لا أعمل"),
    ("ar", "هو"),
    ("fa", "مشکلی نیست"),
    ("ps", "ستونزه نشته"),
    ("ti", "ጸገም የለን"),
    ("am", "ችግር የለም"),
    ("fr", "خير"),
)


@pytest.mark.parametrize(
    ("language", "text", "meaning"), [(code, *row) for code, rows in ANSWERS.items() for row in rows]
)
def test_answers_are_understood_in_the_persons_language(language: str, text: str, meaning: Meaning) -> None:
    assert understand(text, COME, language=language).meaning is meaning


@pytest.mark.parametrize(
    ("language", "text", "meaning"),
    [
        (code, text, meaning)
        for code in ("ar", "fa", "ps", "ti", "am", "ru", "uk")
        for text, meaning in ANSWERS[code]
        if not text.isascii() and not text.isdecimal() and text not in ("هو",)
    ],
)
def test_other_scripts_are_understood_whatever_the_language_on_file(
    language: str, text: str, meaning: Meaning
) -> None:
    assert understand(text, COME, language="fr").meaning is meaning, language


@pytest.mark.parametrize(("language", "text", "reason"), EXCUSES)
def test_an_excuse_is_an_absence_with_its_reason(language: str, text: str, reason: str | None) -> None:
    found = understand(text, COME, language=language)
    expected = (Meaning.UNKNOWN, "") if reason is None else (NOT_COMING, reason)
    assert (found.meaning, found.reason) == expected


@pytest.mark.parametrize(("language", "text"), UNCERTAIN)
def test_nothing_is_guessed(language: str, text: str) -> None:
    found = understand(text, COME, language=language)
    assert found == Understood(meaning=Meaning.UNKNOWN)


def test_a_day_is_part_of_the_answer() -> None:
    assert understand("je ne viens pas demain", COME, language="fr").absent == {1}
    assert understand("اليوم لا أستطيع الحضور", COME, language="ar").absent == {0}
    both = understand("aujourd'hui oui, demain non", COME, language="fr")
    assert (both.meaning, both.coming, both.absent) == (Meaning.MIXED, {0}, {1})


def test_a_reason_alone_is_no_absence() -> None:
    assert understand("je suis malade", COME, language="fr") == Understood(
        meaning=Meaning.REASON, reason="ill"
    )


@pytest.mark.parametrize("language", languages())
def test_words_of_the_page_are_understood(language: str) -> None:
    """What the page of pictures offers as buttons may be typed as well."""
    words = plain_words(language)
    assert understand(words["come"], COME, language=language).meaning is COMING
    assert understand(words["cannot"], COME, language=language).meaning is NOT_COMING
    assert understand(words["call_me"], COME, language=language).meaning is CALL
    asked = Question(way="reason")
    for reason in REASONS:
        found = understand(words[reason], asked, language=language)
        assert (found.meaning, found.reason) == (Meaning.REASON, reason), words[reason]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("way", ["come", "understood", "seat", "reason", "rating"])
def test_what_a_message_says_that_numbers_stand_for_may_be_typed(language: str, way: str) -> None:
    pairs = re.findall(r"(\d) = ([^,،፣.።۔;]+)", shipped(language).reply[way])
    assert len(pairs) == sum(number != "9" for number, _said in REPLIES[way])
    for number, words in pairs:
        asked = Question(way=way)
        assert understand(f"{words} ", asked, language=language) == understand(number, asked), words


def test_every_language_of_the_pages_is_understood() -> None:
    assert set(page_languages()) == set(languages())
    assert language_of_phrases("prs") == "fa"
    assert language_of_phrases("xx") is None


@pytest.mark.parametrize("language", languages())
def test_no_phrase_says_two_things(language: str) -> None:
    said: dict[tuple[str, ...], set[str]] = {}
    for words, group in _own(language):
        if group != "negates":
            said.setdefault(words, set()).add(group)
    assert not {words: groups for words, groups in said.items() if len(groups) > 1}


def test_places_are_chosen_by_number_or_word() -> None:
    asked = Question(way="choice", places=3)
    assert understand("2", asked).choice == 2
    assert understand("la deuxième svp", asked, language="fr").choice == 2
    assert understand("ok 3 merci", asked, language="fr").choice == 3
    assert understand("الأول", asked, language="ar").choice == 1
    assert understand("", asked, digit="3").choice == 3
    for text in ("4", "oui", "1 et 2", "1 enfant"):
        assert understand(text, asked, language="fr").meaning is Meaning.UNKNOWN, text
    assert understand("oui", Question(way="choice", places=1), language="fr").choice == 1
    assert understand("non merci", asked, language="fr").meaning is NOT_COMING
    assert understand("9", asked).meaning is CALL


def test_numbers_follow_the_question() -> None:
    assert understand("2", Question(way="reason")).reason == "child"
    assert understand("3", Question(way="rating")) == Understood(meaning=Meaning.CHOICE, choice=3)
    assert understand("1", Question(way="understood")).meaning is COMING
    assert understand("2", Question(way="understood")).meaning is Meaning.UNKNOWN
    assert understand("1", Question()).meaning is Meaning.UNKNOWN


def test_keys_and_buttons() -> None:
    assert understand("", COME, digit="1").meaning is COMING
    assert understand("", COME, digit="2").meaning is NOT_COMING
    assert understand("", COME, digit="9").meaning is CALL
    assert understand("", COME, digit="*").meaning is Meaning.UNKNOWN
    assert understand("Je viens", COME, button="coming").meaning is COMING
    assert understand("Je ne peux pas", COME, button="not_coming").meaning is NOT_COMING
    assert understand("", Question(way="choice", places=2), button="2").choice == 2


def test_ok_to_a_thank_you_says_nothing() -> None:
    after = Question(way="come", pending=False)
    for text in ("ok merci", "👍", "merci", "d'accord"):
        found = understand(text, after, language="fr")
        assert (found.meaning, found.courtesy) == (Meaning.UNKNOWN, True), text
    assert understand("finalement non", after, language="fr").meaning is Meaning.UNKNOWN
    assert understand("non", after, language="fr").meaning is NOT_COMING


def test_a_name_under_the_text_says_nothing() -> None:
    assert understand("Oui. Fatima", COME, language="fr").meaning is Meaning.UNKNOWN
    assert understand("Oui. Fatima Z.", COME, language="fr", names=["Fatima", "Z"]).meaning is COMING


def test_spelling_and_patterns() -> None:
    assert spell("ÉTÉ ②٣፬۵") == "ete 2345"
    assert spellings("je (ne) viens/vient pas") == {
        ("je", "ne", "viens", "pas"),
        ("je", "ne", "vient", "pas"),
        ("je", "viens", "pas"),
        ("je", "vient", "pas"),
    }
    assert spellings("j'ai") == {("jai",), ("j", "ai")}


def test_long_texts_are_for_a_person() -> None:
    assert understand("oui " * 200, COME, language="fr").meaning is Meaning.UNKNOWN


@pytest.mark.parametrize("language", [None, *languages()])
def test_words_of_law_are_understood_whatever_the_language(language: str | None) -> None:
    said = {
        "STOP": "stop",
        "ARRET": "stop",
        "START": "start",
        "UNSTOP": "start",
        "HELP": "help",
        "AIDE": "help",
    }
    for word, meaning in said.items():
        assert understand(word, Question(), language=language).meaning == meaning, word
    for text in ("je stop pas", "stop de pleurer", "pas stop", "stop ?", "bus stop"):
        assert understand(text, Question(), language=language).meaning is Meaning.UNKNOWN, text
