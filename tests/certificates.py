"""Certificates of every kind, made while the tests run: nothing of them is kept, and none is ever valid elsewhere."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from werkzeug.serving import generate_adhoc_ssl_pair

from flaskdoctor.probe import client, tls

_HOSTS = ("127.0.0.1", "localhost")
# Days before and after now, of those that the tests' authority has issued.
_SPANS = {
    "trusted": (10, 80),
    "http/1.1 alone": (10, 80),
    "a quarter left": (75, 25),
    "a twentieth left": (95, 5),
    "expired": (90, -3),
    "not yet": (-3, 90),
    "another host": (10, 80),
}
_NAMES = {
    "another host": ("kiln.example", "www.kiln.example"),
    "control characters": ("\x1b]0;owned\x07\x1b[2J", "[red]kiln[/]\x08"),
    "a thousand names": tuple(f"kiln-{number}.example" for number in range(1000)),
}


@cache
def folder() -> Path:
    """Where they lie: a folder that goes with the process."""
    _kept.append(kept := tempfile.TemporaryDirectory(prefix="flaskdoctor-certificates-"))
    return Path(kept.name)


_making = threading.RLock()  # a second authority of the same name would be trusted by nobody
_kept: list[tempfile.TemporaryDirectory[str]] = []


def authority_file() -> Path:
    """The certificate of the authority that ``trust_the_tests_authority`` trusts."""
    with _making:
        return _authority_file()


@cache
def _authority_file() -> Path:
    path = folder() / "authority.pem"
    path.write_bytes(_authority("Kiln Test Authority")[0].public_bytes(Encoding.PEM))
    return path


def files(kind: str) -> tuple[Path, Path]:
    """A server's certificate and key: one of the kinds above, "self-signed", "unknown issuer" or "adhoc"."""
    with _making:
        return _files(kind)


@cache
def _files(kind: str) -> tuple[Path, Path]:
    certificate, key = _made(kind)
    name = kind.replace(" ", "-").replace("/", "-")
    paths = folder() / f"{name}.pem", folder() / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def server_context(kind: str) -> ssl.SSLContext:
    """A server's context with such a certificate; it chooses HTTP/2 where that is offered, unless ``kind`` says no."""
    with _making:
        return _server_context(kind)


@cache
def _server_context(kind: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files(kind))
    context.set_alpn_protocols(["http/1.1"] if kind == "http/1.1 alone" else ["h2", "http/1.1"])
    return context


@pytest.fixture
def trust_the_tests_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the tests' own authority, and no other."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file()))
    monkeypatch.setattr(client, "_checked", [])
    monkeypatch.setattr(tls, "_contexts", {})


@cache
def _authority(name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, name, key, (1000, 1000)).add_extension(x509.BasicConstraints(True, None), critical=True)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()), key


def _made(kind: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    if kind == "adhoc":
        return generate_adhoc_ssl_pair()  # type: ignore[return-value]
    key = ec.generate_private_key(ec.SECP256R1())
    hosts = _NAMES.get(kind, _HOSTS)
    if kind == "self-signed":
        return _named(_builder(hosts[0], hosts[0], key, (10, 80)), hosts).sign(key, hashes.SHA256()), key
    issuer = "Nobody's Authority" if kind == "unknown issuer" else "Kiln Test Authority"
    builder = _builder(hosts[0], issuer, key, _SPANS.get(kind, (10, 80)))
    return _named(builder, hosts).sign(_authority(issuer)[1], hashes.SHA256()), key


def _builder(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, span: tuple[int, int]
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=span[0]))
        .not_valid_after(now + timedelta(days=span[1]))
    )


def _named(builder: x509.CertificateBuilder, hosts: tuple[str, ...]) -> x509.CertificateBuilder:
    names: list[x509.GeneralName] = []
    for host in hosts:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
