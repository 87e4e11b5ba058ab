"""Reading certificates, and what a handshake is asked for."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from flaskdoctor.live import judge
from flaskdoctor.probe.certificate import read_certificate
from flaskdoctor.probe.observation import Answer, Certificate, Distrust, Observation, State, Target, Tls
from flaskdoctor.probe.observe import look
from flaskdoctor.probe.tls import tls_facts
from flaskdoctor.project.known import Known
from tests import certificates
from tests.certificates import trust_the_tests_authority
from tests.ports import free_port
from tests.probe.servers import answering, sockets

pytestmark = pytest.mark.usefixtures(trust_the_tests_authority.__name__)
DAY = 86_400


def der(kind: str) -> bytes:
    path, _ = certificates.files(kind)
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    "kind", ["trusted", "self-signed", "another host", "control characters", "a thousand names", "adhoc"]
)
def test_a_certificate_is_read_as_cryptography_reads_it(kind: str) -> None:
    read, true = read_certificate(der(kind)), x509.load_der_x509_certificate(der(kind))
    assert read.not_before == true.not_valid_before_utc.timestamp()
    assert read.not_after == true.not_valid_after_utc.timestamp()
    assert read.own_issuer is (true.subject == true.issuer)
    assert read.adhoc is (kind == "adhoc")
    names = true.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(read.names) == [str(name.value) for name in names][:100]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_is_sent_as_one_is_read_or_refused(data: st.DataObject) -> None:
    good = bytearray(der("trusted"))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(good) - 1))
        good[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
        if not good:
            break
    for sent in (bytes(good), data.draw(st.binary(max_size=200))):
        with suppress(ValueError):
            assert isinstance(read_certificate(sent), Certificate)


def test_nothing_is_sent_but_the_handshake() -> None:
    heard: list[bytes] = []

    def listen(connection: socket.socket, request: bytes) -> None:
        with certificates.server_context("self-signed").wrap_socket(connection, server_side=True) as secured:
            heard.append(secured.recv(65_536))

    with sockets(listen, reads=False) as port:
        told = asyncio.run(tls_facts(Target("https", "127.0.0.1", port, ""), time.monotonic() + 8))
    assert told is not None
    assert told.distrust is Distrust.SELF_SIGNED
    assert [data for data in heard if data] == []


def test_a_site_elsewhere_whose_certificate_is_not_trusted_is_sent_no_request() -> None:
    """127.0.0.1 stands for a site elsewhere: to the look it is none of this machine's names."""
    heard: list[bytes] = []

    def listen(connection: socket.socket, request: bytes) -> None:
        with certificates.server_context("expired").wrap_socket(connection, server_side=True) as secured:
            heard.append(secured.recv(65_536))

    class Elsewhere(Target):
        loopback = False  # type: ignore[assignment]

    with sockets(listen, reads=False) as port:
        seen = asyncio.run(look(Elsewhere("https", "127.0.0.1", port, "--url", given=True), full=True))
    assert (seen.state, seen.detail) == (State.UNKNOWN, "the certificate is not trusted: certificate has expired")
    assert [data for data in heard if data] == []
    found = {finding.code for finding in judge(seen, Known("")).findings}
    assert found == {"FD832"}  # and nobody says that it does not run


def test_no_answer_is_no_fact() -> None:
    assert asyncio.run(tls_facts(Target("https", "127.0.0.1", free_port(), ""), time.monotonic() + 8)) is None
    with sockets(answering("")) as port:
        assert asyncio.run(tls_facts(Target("https", "127.0.0.1", port, ""), time.monotonic() + 8)) is None
        assert asyncio.run(tls_facts(Target("https", "127.0.0.1", port, ""), time.monotonic() - 1)) is None


# -- a lifetime ---------------------------------------------------------------------------------------------

SHOP = Target("https", "shop.example", 443, "--url", given=True)


def after(share: float, lifetime: float = 90 * DAY, distrust: Distrust | None = None) -> str:
    """The severity in production when this share of a certificate's lifetime is over."""
    certificate = Certificate(
        "shop.example", "Kiln", ("shop.example",), 2e9 - share * lifetime, 2e9 + (1 - share) * lifetime
    )
    page = Answer("GET", "/", 200)
    seen = Observation(SHOP, 2e9, State.UP, page=page, tls=Tls("TLSv1.3", "h2", certificate, distrust))
    found = {item.code: item.production for item in judge(seen, Known("")).verdicts if item.code in ("FD831", "FD832")}
    assert len(found) < 2
    return "".join(f"{code} {severity.word}" for code, severity in found.items() if severity is not None)


def test_a_third_and_a_tenth_of_the_lifetime_count_whatever_it_is() -> None:
    for lifetime in (6 * DAY, 45 * DAY, 90 * DAY, 398 * DAY):
        assert after(0.66, lifetime) == ""
        assert after(0.67, lifetime) == "FD831 warning"
        assert after(0.89, lifetime) == "FD831 warning"
        assert after(0.91, lifetime) == "FD831 error"


def test_one_that_has_run_out_is_the_other_rules() -> None:
    assert after(1.01, distrust=Distrust.EXPIRED) == "FD832 error"


# -- plain HTTP beside it -----------------------------------------------------------------------------------


def test_plain_http_of_the_same_host_is_asked_where_the_usual_ports_are_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    secured = answering("Content-Type: text/html\r\n", b"<p>Kiln")

    def shake(connection: socket.socket, request: bytes) -> None:
        with certificates.server_context("trusted").wrap_socket(connection, server_side=True) as inner:
            secured(inner, inner.recv(65_536))

    with sockets(shake, reads=False) as https, sockets(secured) as http:
        target = Target("https", "127.0.0.1", https, "--url", given=True)
        other = asyncio.run(look(target, full=True))
        monkeypatch.setattr("flaskdoctor.probe.observe.HTTPS_PORT", https)
        monkeypatch.setattr("flaskdoctor.probe.observe.HTTP_PORT", http)
        usual = asyncio.run(look(target, full=True))
        guessed = asyncio.run(look(target._replace(given=False), full=True))
    assert (other.plain, guessed.plain) == (None, None)
    assert usual.plain is not None
    assert usual.plain.status == 200
    (told,) = [item for item in judge(usual, Known(""), "production").verdicts if item.code == "FD830"]
    assert told.message == "Plain HTTP is answered with 200, not with a redirect to https"


def test_the_context_of_requests_and_that_of_handshakes_are_two() -> None:
    """httpx sets on its own which protocols it offers."""
    from flaskdoctor.probe import client, tls

    async def both() -> tuple[ssl.SSLContext, ssl.SSLContext]:
        return await client.tls_context(verify=True), await tls._context(verify=True)

    one, other = asyncio.run(both())
    assert one is not other
