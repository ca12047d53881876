"""A person's own words in e-mails of many programs and languages."""

from __future__ import annotations

import pytest

from notifications.mailbox.quoting import html_to_text, own_words

TOLD = """CPAS de Marnes : bonjour Amira.
Nous vous attendons :
mardi 24 novembre, 14h00 - 16h00
Répondez 1 = je viens, 2 = je ne peux pas."""

QUOTED = "\n".join(f"> {line}" for line in TOLD.split("\n"))

ABOVE = (
    "Le lun. 23 nov. 2026 à 18:00, CPAS <rdv@cpas.example> a écrit :",
    "Le lun. 23 nov. 2026 à 18:00, CPAS de Marnes\n<rdv@cpas.example> a écrit :",
    "On Mon, Nov 23, 2026 at 6:00 PM CPAS <rdv@cpas.example> wrote:",
    "Op ma 23 nov. 2026 om 18:00 schreef CPAS <rdv@cpas.example>:",
    "Am Mo., 23. Nov. 2026 um 18:00 Uhr schrieb CPAS <rdv@cpas.example>:",
    "في الاثنين، ٢٣ نوفمبر ٢٠٢٦ في ٦:٠٠ م تمت كتابة ما يلي بواسطة CPAS <rdv@cpas.example>:",
    "пн, 23 нояб. 2026 г. в 18:00, CPAS <rdv@cpas.example>:",
    "CPAS <rdv@cpas.example>, 23 Kas 2026 Pzt, 18:00 tarihinde şunu yazdı:",
    "Em seg., 23 de nov. de 2026 às 18:00, CPAS escreveu:",
)


@pytest.mark.parametrize("above", ABOVE)
def test_what_stands_above_a_quotation_goes_with_it(above: str) -> None:
    assert own_words(f"Je ne peux pas venir.\n\n{above}\n\n{QUOTED}\n", TOLD) == "Je ne peux pas venir."
    # Some programs quote without any sign.
    assert own_words(f"Je ne peux pas venir.\n\n{above}\n\n{TOLD}\n", TOLD) == "Je ne peux pas venir."


@pytest.mark.parametrize(
    "below",
    [
        "-- \nAmira Benali\nRue Haute 1",
        "Envoyé de mon iPhone",
        "Sent from my Galaxy",
        "Verzonden vanaf mijn iPhone",
        "Von meinem iPhone gesendet",
        "أُرسلت من iPhone",
        "iPhone'umdan gönderildi",
        "Отправлено с iPhone",
        "________________________________\nDe : CPAS <rdv@cpas.example>\nEnvoyé : lundi\nÀ : Amira",
        "De : CPAS <rdv@cpas.example>\nEnvoyé : lundi 23 novembre 2026 18:00\nÀ : Amira\nObjet : Rappel",
        "Van: CPAS <rdv@cpas.example>\nVerzonden: maandag 23 november 2026 18:00\nAan: Amira",
        "-----Original Message-----\nFrom: CPAS",
        "-------- Message d'origine --------\nDe : CPAS",
    ],
)
def test_signatures_and_quoted_headers_end_ones_own_words(below: str) -> None:
    assert own_words(f"oui merci\r\n\r\n{below}\r\n{TOLD}", TOLD) == "oui merci"


def test_words_below_and_between_quotations_are_ones_own() -> None:
    assert own_words(f"{ABOVE[0]}\n{QUOTED}\n\nNon, désolée", TOLD) == "Non, désolée"
    assert own_words(f"{QUOTED}\n\nNon\n> autre chose\nmerci", TOLD) == "Non\nmerci"


def test_what_only_looks_like_a_quotation_stays() -> None:
    for text in (
        "Bonjour :\nje viens",
        "Je viens à 14:00",
        "Mon adresse : amira@example.org",
        "Bonjour\n\nJe ne peux pas : mon fils est malade.\n\nMerci",
        "oui",
    ):
        assert own_words(text, TOLD) == text
    assert own_words("") == ""
    assert own_words(QUOTED, TOLD) == ""


@pytest.mark.parametrize(
    "page",
    [
        '<div dir="ltr">Je viens &amp; merci</div><br><div class="gmail_quote"><div class="gmail_attr">'
        "Le lun. 23 nov., CPAS a écrit&nbsp;:<br></div><blockquote>Bonjour</blockquote></div>",
        "<html><head><title>x</title><style>p {color: red}</style></head><body><p>Je viens &amp; merci</p>"
        '<div id="appendonsend"></div><hr><div><b>De :</b> CPAS</div><div>Nous vous attendons</div></body>',
        '<p>Je viens &amp; merci<p><blockquote type="cite"><p>Bonjour</p></blockquote>',
        "<div>Je viens\n  &amp; merci</div><script>alert(1)</script></div></p>",
        '<p>Je viens &amp; merci</p><div id="divRplyFwdMsg">De : CPAS</div><p>Nous vous attendons</p>',
    ],
)
def test_pages_are_read_without_what_they_quote(page: str) -> None:
    assert html_to_text(page) == "Je viens & merci"


@pytest.mark.timeout(60)
def test_no_line_takes_longer_than_its_length() -> None:
    line = f"{'-' * 333}{'a' * 333}{'-' * 300}b"
    assert own_words(f"Je viens\n{line}\n{line}") == f"Je viens\n{line}\n{line}"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", ["<a ", "</b>"])
def test_no_page_takes_longer_than_its_length(piece: str) -> None:
    assert html_to_text(f"<p>Je viens<br>{'<u>' * 60_000}{piece * 60_000}").startswith("Je viens")


def test_what_only_one_mail_program_understands_is_passed_over() -> None:
    page = "<p>Je <![if !vml]>viens<![endif]><!-- <p>non</p> --> &lt;3<hr/><o:p></o:p>merci<![ x></p>"
    assert html_to_text(page) == "Je viens <3\nmerci"
