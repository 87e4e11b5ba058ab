"""The servers that people run Flask apps on, for real: how they stand, their headers, cookies and certificates."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from flaskdoctor.finding import Severity
from flaskdoctor.live import judge
from flaskdoctor.probe.certificate import read_certificate
from flaskdoctor.probe.observation import Distrust, Foreign, Observation, State
from flaskdoctor.probe.observe import look
from flaskdoctor.probe.target import parse_url
from flaskdoctor.project.known import Known
from flaskdoctor.scan import Options, scan
from tests import certificates
from tests.certificates import trust_the_tests_authority
from tests.ports import free_port
from tests.probe.servers import accepts, process, wait_until

pytestmark = pytest.mark.usefixtures(trust_the_tests_authority.__name__)

APP = """\
import os

from {library} import {name}, session

app = {name}(__name__)
app.secret_key = "kiln-of-a-test"


@app.get("/")
{sync}def index():
    if os.path.exists("broken"):
        raise RuntimeError("kiln")
    session["basket"] = [1, 2]
    return "<h1>Shop</h1>"


@app.get("/kilns/")
{sync}def kilns():
    return {{"kilns": []}}
"""
FLASK = APP.format(library="flask", name="Flask", sync="")
QUART = APP.format(library="quart", name="Quart", sync="async ")
# One process, a certificate of another kind at each port.
GEVENT = """\
import ssl, sys

from gevent import joinall, spawn
from gevent.pywsgi import WSGIServer

from app import app

servers = []
for word in sys.argv[1:]:
    port, _, files = word.partition(",")
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files.split(","))
    options = {"ssl_context": context} if context else {}
    servers.append(WSGIServer(("127.0.0.1", int(port)), app, **options))
joinall([spawn(server.serve_forever) for server in servers])
"""
KINDS = ("expired", "self-signed", "another host", "unknown issuer")
NEEDED = {"gevent": ("gevent",), "hypercorn": ("hypercorn", "h2"), "quart": ("quart", "hypercorn")}


class Running(NamedTuple):
    """A server: its folder, its URL, its process."""

    folder: Path
    url: str
    pid: int

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def lacking(server: str) -> str:
    """The package that a server lacks here; empty where it can run."""
    return next((name for name in NEEDED.get(server, (server,)) if find_spec(name) is None), "")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    """All of them, started side by side: that is what takes the time."""
    cert, key = certificates.files("trusted")
    ports = {name: free_port() for name in ("gunicorn", "waitress", "hypercorn", "quart", "flask", "gevent", *KINDS)}
    secured = [f"{ports[kind]},{','.join(map(str, certificates.files(kind)))}" for kind in KINDS]
    here = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    words = {
        "gunicorn": ("gunicorn", "--bind", here["gunicorn"], "app:app"),
        "waitress": ("waitress", f"--listen={here['waitress']}", "app:app"),
        "hypercorn": (
            "hypercorn",
            "-b",
            here["hypercorn"],
            f"--certfile={cert}",
            f"--keyfile={key}",
            "app:app",
        ),
        "quart": ("hypercorn", "--bind", here["quart"], "app:app"),
        "flask": ("flask", "run", "--port", str(ports["flask"]), "--cert", "adhoc"),
        "gevent": ("serve", str(ports["gevent"]), *secured),
    }
    found: dict[str, Running] = {}
    with ExitStack() as stack:
        for name, command in words.items():
            if lacking(name):
                continue
            folder = tmp_path_factory.mktemp(name) / "shop"
            folder.mkdir()
            (folder / "app.py").write_text(QUART if name == "quart" else FLASK)
            (folder / "serve.py").write_text(GEVENT)
            started = stack.enter_context(process(folder, *command, port=ports[name], wait=False))
            scheme = "https" if name in ("hypercorn", "flask") else "http"
            found[name] = Running(folder, f"{scheme}://{here[name]}", started.pid)
            if name == "gevent":
                found |= {kind: Running(folder, f"https://{here[kind]}", started.pid) for kind in KINDS}
        for server in found.values():
            wait_until(lambda server=server: accepts(server.port), 60)  # type: ignore[misc]
        yield found


def served(running: dict[str, Running], name: str) -> Running:
    if name not in running:
        pytest.skip(f"{lacking('gevent' if name in KINDS else name)} is not installed here")
    return running[name]


def seen(server: Running) -> Observation:
    routes = scan(str(server.folder), Options(cache=False)).routes.rows
    return asyncio.run(look(parse_url(server.url), full=True, root=str(server.folder), routes=routes))


def verdicts(found: Observation) -> dict[str, tuple[Severity | None, Severity | None]]:
    return {verdict.code: (verdict.now, verdict.production) for verdict in judge(found, Known("")).verdicts}


@pytest.mark.parametrize(
    ("name", "banner"),
    [
        ("gunicorn", "gunicorn"),
        ("waitress", "waitress"),
        ("hypercorn", "hypercorn-h11"),
        ("quart", "hypercorn-h11"),
        ("flask", "Werkzeug/"),
        ("gevent", None),
    ],
)
def test_a_server_is_up_then_broken_then_up_again(running: dict[str, Running], name: str, banner: str | None) -> None:
    server = served(running, name)
    found = seen(server)
    assert found.state is State.UP
    # Hypercorn 0.18 answers OPTIONS with 500, as everything that a WSGI app answers without a body.
    assert found.identity is (None if name == "hypercorn" else True)
    assert found.page is not None
    assert (found.page.status, found.page.body) == (200, "<h1>Shop</h1>")
    assert (found.page.header("server") or "").startswith(banner or "")
    (cookie,) = {cookie.name: cookie for cookie in found.cookies}.values()
    assert (cookie.name, cookie.http_only, cookie.secure) == ("session", True, False)
    assert cookie.session is not None
    assert [(item.key, item.shown) for item in cookie.session.items] == [("basket", "[1, 2]")]
    # Whatever stands in front of it, the app believes every Host; X-Forwarded-Host it does not know.
    assert found.foreign == Foreign("/kilns", host=True, forwarded=False)
    assert (found.debugger, found.exposed) == (False, ())
    (server.folder / "broken").touch()
    try:
        broken = seen(server)
    finally:
        (server.folder / "broken").unlink()
    assert broken.state is State.BROKEN
    assert broken.breakage is not None
    assert not broken.breakage.traceback
    assert seen(server).state is State.UP


def test_http2_and_a_certificate_that_is_trusted(running: dict[str, Running]) -> None:
    found = seen(served(running, "hypercorn"))
    assert found.tls is not None
    assert (found.tls.version, found.tls.alpn, found.tls.distrust) == ("TLSv1.3", "h2", None)
    certificate = found.tls.certificate
    assert certificate is not None
    assert (certificate.subject, certificate.issuer) == ("127.0.0.1", "Kiln Test Authority")
    assert certificate.names == ("127.0.0.1", "localhost")
    assert round(certificate.lifetime / 86_400) == 90
    assert round((certificate.not_after - time.time()) / 86_400) == 80
    assert not {"FD831", "FD832", "FD833"} & set(verdicts(found))
    assert found.page is not None
    assert found.page.version == "HTTP/1.1"  # what is asked is asked over HTTP/1.1


@pytest.mark.parametrize(
    ("kind", "distrust", "words"),
    [
        ("expired", Distrust.EXPIRED, "it has expired on "),
        ("self-signed", Distrust.SELF_SIGNED, "it is self-signed"),
        ("another host", Distrust.OTHER_HOST, "it is for kiln.example, www.kiln.example, not for 127.0.0.1"),
        ("unknown issuer", Distrust.UNKNOWN_ISSUER, "nobody here knows its issuer Nobody's Authority"),
    ],
)
def test_a_certificate_that_is_not_trusted_is_told_with_its_reason(
    running: dict[str, Running], kind: str, distrust: Distrust, words: str
) -> None:
    found = seen(served(running, kind))
    # On this machine the look goes on all the same.
    assert (found.state, found.identity) == (State.UP, True)
    assert found.tls is not None
    assert found.tls.distrust is distrust
    assert found.tls.certificate is not None
    (told,) = [verdict for verdict in judge(found, Known("")).verdicts if verdict.code == "FD832"]
    assert words in told.message
    assert (told.now, told.production) == (Severity.INFO, Severity.ERROR)
    assert "FD831" not in verdicts(found)
    assert found.tls.alpn == ""


def test_adhoc_on_this_machine_is_information(running: dict[str, Running]) -> None:
    found = seen(served(running, "flask"))
    assert found.tls is not None
    assert found.tls.certificate is not None
    assert found.tls.certificate.adhoc
    assert verdicts(found)["FD832"] == (Severity.INFO, Severity.INFO)
    assert not {"FD831", "FD833"} & set(verdicts(found))


def test_plain_http_at_an_https_port_and_the_other_way_round(running: dict[str, Running]) -> None:
    plain = served(running, "gunicorn")
    wrong = asyncio.run(look(parse_url(plain.url.replace("http:", "https:")), full=True))
    assert (wrong.state, wrong.detail) == (State.UNKNOWN, "this port speaks plain HTTP, not https")
    assert wrong.tls is None
    secured = served(running, "hypercorn")
    other = asyncio.run(look(parse_url(secured.url.replace("https:", "http:")), full=True))
    assert other.state in (State.UNKNOWN, State.NOT_HTTP)


def test_what_is_read_of_a_certificate_is_what_openssl_reads(running: dict[str, Running]) -> None:
    import socket
    import ssl

    server = served(running, "hypercorn")
    context = ssl.create_default_context(cafile=str(certificates.authority_file()))
    with (
        socket.create_connection(("127.0.0.1", server.port), 10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        told, der = secured.getpeercert(), secured.getpeercert(binary_form=True)
    assert told is not None
    assert der is not None
    read = read_certificate(der)
    assert read.not_before == ssl.cert_time_to_seconds(str(told["notBefore"]))
    assert read.not_after == ssl.cert_time_to_seconds(str(told["notAfter"]))
    assert set(read.names) == {value for _, value in told["subjectAltName"]}  # type: ignore[misc]
    assert (("commonName", read.issuer),) in told["issuer"]


def test_a_server_that_ends_is_down(running: dict[str, Running]) -> None:
    """The last one: it ends gunicorn, whose process group nobody else is in."""
    server = served(running, "gunicorn")
    os.killpg(server.pid, signal.SIGKILL)
    wait_until(lambda: not accepts(server.port))
    found = seen(server)
    assert (found.state, found.detail) == (State.DOWN, "refused")
