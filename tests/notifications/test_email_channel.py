"""E-mail through a real mail server: in the clear, by STARTTLS, by SMTPS, and with a login."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifications.channels import DeliveryError, Outgoing, Verdict
from notifications.channels.email import EmailChannel
from notifications.models import ChannelKind

SENDER = "rdv@cpas.example"
MESSAGE = Outgoing(
    token="jeton",
    channel=ChannelKind.EMAIL,
    address="amina@example.org",
    subject="Rappel\r\n de rendez-vous",
    body="صباح الخير أمينة\n\nRendez-vous à 9 h.",
    language="ar",
    claimed_at=datetime(2026, 11, 23, 8, tzinfo=UTC),
)


class Mailbox:
    """Keeps what it is given and under which circumstances; answers DATA as told."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.circumstances: list[tuple[bool, bool]] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer == "gone":
            server.transport.abort()
            return "250 too late"
        if self.answer.startswith("250"):
            encrypted = server.transport.get_extra_info("sslcontext") is not None
            self.circumstances.append((encrypted, bool(session.authenticated)))
            self.got.append(message_from_bytes(envelope.content, policy=default))
        return self.answer


class RudeMailbox(Mailbox):
    """Takes the message and hangs up on the goodbye."""

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        return "421 go away"


def _check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"boite", b"mot de passe")
    return AuthResult(success=known, handled=known)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a new key with a certificate for 127.0.0.1 that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[Controller] = []

    def start(box: Mailbox, **options: Any) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        controller = Controller(box, hostname="127.0.0.1", port=port, **options)
        controller.start()
        running.append(controller)
        return f"127.0.0.1:{port}"

    yield start
    for controller in running:
        controller.stop()


def context(certificate: Path) -> ssl.SSLContext:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    return server


def failure(url: str, message: Outgoing = MESSAGE) -> tuple[str, Verdict]:
    with pytest.raises(DeliveryError) as error:
        EmailChannel(url, SENDER).send(message)
    return error.value.code, error.value.verdict


def test_a_message_arrives_as_written(serve: Serve) -> None:
    box = Mailbox()
    accepted = EmailChannel(f"smtp://{serve(box)}", SENDER).send(MESSAGE)
    assert (accepted.status, accepted.provider_sid) == ("accepted", "jeton")
    (mail,) = box.got
    assert mail.get_content().replace("\r\n", "\n").strip() == MESSAGE.body
    assert (mail["Subject"], mail["From"], mail["To"]) == (
        "Rappel de rendez-vous",
        SENDER,
        "amina@example.org",
    )
    assert (mail["Message-ID"], mail["Content-Language"]) == ("<jeton@cpas.example>", "ar")
    assert mail["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("way", ["starttls", "smtps"])
def test_passwords_and_texts_go_encrypted(
    way: str, serve: Serve, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Mailbox()
    login = {"authenticator": _check, "auth_required": True}
    if way == "smtps":
        host = serve(box, ssl_context=context(certificate), authenticator=_check, auth_require_tls=False)
    else:
        host = serve(box, tls_context=context(certificate), require_starttls=True, **login)
    scheme = "smtps" if way == "smtps" else "smtp"
    good = f"{scheme}://boite:mot%20de%20passe@{host}"
    assert failure(good) == ("not_connected", Verdict.RETRY), "an unknown certificate is not trusted"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    EmailChannel(good, SENDER).send(MESSAGE)
    assert box.circumstances == [(True, True)]
    assert failure(f"{scheme}://boite:autre@{host}") == ("not_connected", Verdict.RETRY)
    assert len(box.got) == 1


def test_a_password_never_goes_to_a_server_without_encryption(serve: Serve) -> None:
    heard: list[Any] = []

    def listen(*given: Any) -> AuthResult:
        heard.append(given)
        return AuthResult(success=True)

    host = serve(Mailbox(), authenticator=listen, auth_require_tls=False)
    assert failure(f"smtp://boite:mot@{host}") == ("not_connected", Verdict.RETRY)
    assert heard == []


def test_answers_of_the_server_are_followed(serve: Serve) -> None:
    box = Mailbox()
    url = f"smtp://{serve(box)}"
    for answer, expected in (
        ("451 later", ("smtp_451", Verdict.RETRY)),
        ("550 nobody here", ("smtp_550", Verdict.FALL_BACK)),
        ("gone", ("unconfirmed", Verdict.STOP)),
    ):
        box.answer = answer
        assert failure(url) == expected
    assert failure("smtp://127.0.0.1:9") == ("not_connected", Verdict.RETRY)
    assert box.got == []


def test_what_was_taken_counts_however_the_server_says_goodbye(serve: Serve) -> None:
    box = RudeMailbox()
    EmailChannel(f"smtp://{serve(box)}", SENDER).send(MESSAGE)
    assert len(box.got) == 1


def test_a_mail_server_cannot_be_asked() -> None:
    with pytest.raises(DeliveryError) as error:
        EmailChannel("smtp://127.0.0.1:9", SENDER).find(MESSAGE)
    assert (error.value.code, error.value.verdict) == ("unconfirmed", Verdict.STOP)
