"""``flaskdoctor --check --url``: a look at a server that really runs, its findings, its exit codes, and no secret."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from flaskdoctor.rules.rule import Served
from flaskdoctor.rules.served import data, page, site
from tests.certificates import trust_the_tests_authority as trust_the_tests_authority
from tests.flaskserver import flask_run
from tests.patience import as_shipped, wait_long
from tests.ports import free_port
from tests.probe.servers import sockets
from tests.projects import build, write
from tests.reloading import Saved
from tests.rules.served import serve
from tests.running import run

PATIENCE = 120.0
KEY = "Zq7canary9Xw-in-the-code"
VALUE = "Zq7canary9Xw-in-the-session"
ENV = "Zq7canary9Xw-in-the-env-file"
APP = f"""\
import os

from flask import Flask, session

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY") or "{KEY}"


@app.route("/")
def index():
    session["api_token"] = "{VALUE}"
    return "<h1>Kilns</h1>"


@app.route("/kilns")
def kilns():
    return {{"kilns": []}}
"""
FILES = {"app.py": APP, ".gitignore": ".env\n__pycache__/\n"}


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_long(monkeypatch)


def flaskdoctor(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A run in this process, which is told to be patient with servers on a busy machine."""
    ran = run(*arguments)
    return subprocess.CompletedProcess(arguments, ran.status, ran.out, ran.err)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("project") / "shop", FILES, "3.1.0")


@pytest.fixture(scope="module")
def server(shop: Path) -> Iterator[str]:
    with flask_run(shop) as url:
        yield url


def checked(folder: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    done = flaskdoctor("--check", "--format", "json", *arguments, str(folder))
    return done, json.loads(done.stdout)


def by_code(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {finding["code"]: finding for finding in document["findings"]}


# -- what is found ----------------------------------------------------------------------------------------


def test_a_running_server_is_judged_for_development(shop: Path, server: str) -> None:
    done, document = checked(shop, "--url", server, "--select", "tip:8")
    found = by_code(document)
    assert {"FD810", "FD812", "FD813", "FD820", "FD821", "FD822"} <= set(found)
    assert found["FD810"]["severity"] == "info"
    assert found["FD810"]["message"].endswith("in production a warning")
    assert (found["FD810"]["url"], found["FD810"]["path"], found["FD810"]["line"]) == (f"{server}/", None, None)
    assert (found["FD822"]["path"], found["FD822"]["line"]) == ("app.py", 6)
    assert not set(found) & {"FD801", "FD802", "FD803", "FD804", "FD811", "FD817", "FD840", "FD841"}
    probe = document["probe"]
    assert (probe["url"], probe["state"], probe["profile"]) == (server, "up", "development")
    assert probe["latency_ms"] > 0
    assert done.returncode == 1  # the secret in the session, and the key


def test_for_production_more_counts(shop: Path, server: str) -> None:
    _, document = checked(shop, "--url", server, "--profile", "production", "--select", "tip:8")
    found = by_code(document)
    assert found["FD810"]["severity"] == "warning"
    assert found["FD811"]["severity"] == "warning"
    assert found["FD822"]["severity"] == "error"
    assert "FD817" in found
    assert document["probe"]["profile"] == "production"


def test_text_shows_the_url_in_place_of_the_path_behind_what_the_files_have(shop: Path, server: str) -> None:
    done = flaskdoctor("--check", "--url", server, str(shop))
    *lines, last = done.stdout.splitlines()
    live = [number for number, line in enumerate(lines) if line.startswith(f"{server}/: ")]
    assert lines[live[0]].startswith(f"{server}/: error: FD821 readable-session-secret: The session cookie holds ")
    assert any(re.match(r"app\.py:6: warning: FD822 ", line) for line in lines)
    assert all(re.search(r" FD8\d\d ", line) for line in lines[live[0] :])
    assert re.search(rf"score \d+, {re.escape(server)} up in \d+ ms, graded F -> B after the fixes", last)
    assert done.stderr == ""


def test_the_server_does_not_move_the_score(shop: Path, server: str) -> None:
    _, without = checked(shop)
    _, with_it = checked(shop, "--url", server, "--profile", "production")
    assert with_it["summary"]["score"] == without["summary"]["score"]
    assert with_it["summary"]["findings"] > without["summary"]["findings"]
    assert without["probe"] is None


def test_selection_works_for_the_server_too(shop: Path, server: str) -> None:
    def codes(*arguments: str) -> set[str]:
        return set(by_code(checked(shop, "--url", server, *arguments)[1]))

    assert codes("--select", "missing-csp") == {"FD810"}
    assert codes("--select", "tip:8", "--ignore", "FD821,missing-csp") & {"FD810", "FD821"} == set()
    assert codes("--select", "FD330") <= {"FD330"}


def test_fail_on_and_ignores_of_the_settings(shop: Path, server: str, tmp_path: Path) -> None:
    folder = build(tmp_path / "copy", FILES, "3.1.0")
    only = ("--url", server, "--select", "FD810", str(folder))
    assert flaskdoctor("--check", *only).returncode == 0
    assert flaskdoctor("--check", "--fail-on", "info", *only).returncode == 1
    assert flaskdoctor("--check", "--profile", "production", *only).returncode == 1
    write(folder, {"flaskdoctor.toml": 'profile = "production"\n'})
    assert flaskdoctor("--check", *only).returncode == 1
    write(folder, {"flaskdoctor.toml": '[per-file-ignores]\n"http://127.0.0.1:*" = ["FD810"]\n'})
    assert flaskdoctor("--check", "--fail-on", "info", *only).returncode == 0


def test_a_debug_server_that_broke_names_the_line_and_recovers(tmp_path: Path) -> None:
    folder = build(tmp_path / "shop", FILES, "3.1.0")
    with flask_run(folder, "--debug") as url:
        _, document = checked(folder, "--url", url, "--select", "tip:8")
        assert by_code(document)["FD804"]["severity"] == "info"
        _, document = checked(folder, "--url", url, "--select", "tip:8", "--profile", "production")
        assert by_code(document)["FD804"]["severity"] == "error"

        done, document = _until(folder, url, "broken", APP + "\n\ndef broken(:\n")
        found = by_code(document)
        assert found["FD803"]["path"] == "app.py"
        assert found["FD803"]["line"] == APP.count("\n") + 3
        assert "SyntaxError" in found["FD803"]["message"]
        assert set(found) <= {"FD803", "FD804"}
        assert done.returncode == 1

        _, document = _until(folder, url, "up", APP)
        assert "FD803" not in by_code(document)


def _until(folder: Path, url: str, state: str, app: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Save ``app``, and check until the reloader, which looks once a second, has seen it."""
    saved = Saved(folder / "app.py", app)
    end = time.monotonic() + PATIENCE
    while True:
        done, document = checked(folder, "--url", url, "--select", "tip:8")
        if document["probe"]["state"] == state:
            return done, document
        saved.again()
        assert time.monotonic() < end, document["probe"]
        time.sleep(0.3)


# -- a gate before production -----------------------------------------------------------------------------


GOOD = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=()"),
)
KILNS = {"/kilns": data(("Allow", "GET, HEAD, OPTIONS"))}
GATE = ("--profile", "production", "--select", "tip:8")


@pytest.mark.usefixtures("trust_the_tests_authority")
def test_a_site_that_is_ready_passes_the_gate(shop: Path) -> None:
    with serve(site(*GOOD, others=KILNS, tls="trusted")) as port:
        done, document = checked(shop, "--url", f"https://127.0.0.1:{port}", *GATE)
        text = flaskdoctor("--check", "--url", f"https://127.0.0.1:{port}", *GATE, str(shop)).stdout
    assert (done.returncode, document["findings"]) == (0, [])
    grade, tls = document["probe"]["grade"], document["probe"]["tls"]
    assert grade["algorithm"] == 6
    # The policy 10, the frames 5, the referrer 5.
    assert (grade["now"]["grade"], grade["now"]["score"]) == ("A+", 120)
    assert grade["now"]["tests"]["x-frame-options"] == {"result": "x-frame-options-implemented-via-csp", "modifier": 5}
    assert (tls["version"], tls["alpn"], tls["trusted"], tls["problem"]) == ("TLSv1.3", "h2", True, None)
    assert tls["names"] == ["127.0.0.1", "localhost"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", tls["not_after"])
    assert re.search(
        r"up in \d+ ms, TLSv1.3 h2 until \d{4}-\d\d-\d\d, graded A\+ \(MDN Observatory, algorithm 6\)$", text
    )


@pytest.mark.usefixtures("trust_the_tests_authority")
@pytest.mark.parametrize(
    ("tls", "code", "severity"),
    [("expired", "FD832", "error"), ("a quarter left", "FD831", "warning")],
)
def test_a_certificate_that_is_over_or_soon_will_be_fails_it(shop: Path, tls: str, code: str, severity: str) -> None:
    with serve(site(*GOOD, others=KILNS, tls=tls)) as port:
        done, document = checked(shop, "--url", f"https://127.0.0.1:{port}", *GATE)
    assert done.returncode == 1
    assert {found: item["severity"] for found, item in by_code(document).items()} == {code: severity}


def test_plain_http_fails_it_and_is_told_what_the_fixes_bring(shop: Path) -> None:
    with serve(site(others=KILNS)) as port:
        done, document = checked(shop, "--url", f"http://127.0.0.1:{port}", *GATE)
    assert done.returncode == 1
    assert {"FD810", "FD811", "FD812", "FD813", "FD830"} <= set(by_code(document))
    grade = document["probe"]["grade"]
    assert [grade[when]["grade"] for when in ("now", "fixed", "enforced")] == ["D", "B", "A+"]
    assert grade["assumed"] == ["https with a trusted certificate, and a redirect to it"]
    assert document["probe"]["tls"] is None


# -- a probe that fails -----------------------------------------------------------------------------------


def test_nobody_there_is_exit_code_3_also_when_nothing_is_selected(shop: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done, document = checked(shop, "--url", url)
    assert done.returncode == 3
    assert by_code(document)["FD801"]["severity"] == "error"
    assert (document["probe"]["state"], document["probe"]["latency_ms"]) == ("down", None)
    assert done.stderr.startswith(f"flaskdoctor: the server could not be looked at: {url}: down")
    done, document = checked(shop, "--url", url, "--select", "FD330")
    assert done.returncode == 3
    assert "FD801" not in by_code(document)
    text = flaskdoctor("--check", "--url", url, "--select", "tip:8", str(shop)).stdout
    assert text.startswith(f"{url}/: error: FD801 server-not-running: ")


def test_another_program_on_the_port_is_exit_code_3(shop: Path) -> None:
    with serve(site(("Server", "AirTunes/775.3.1"))) as port:
        done, document = checked(shop, "--url", f"http://127.0.0.1:{port}")
    assert done.returncode == 3
    assert document["probe"]["state"] == "wrong server"
    assert "FD802" in by_code(document)
    assert "FD810" not in by_code(document)


def test_another_apps_server_is_told_by_its_routes(shop: Path) -> None:
    with serve(Served({"/": page()})) as port:
        done, document = checked(shop, "--url", f"http://127.0.0.1:{port}")
    assert (done.returncode, document["probe"]["state"], document["probe"]["identity"]) == (3, "wrong server", False)


@pytest.mark.parametrize("words", [b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", b"\x00\x01\x02\x03 what?\n\n"])
def test_something_that_does_not_speak_http_is_exit_code_3(
    shop: Path, words: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_shipped(monkeypatch)
    with _talking(words) as port:
        done, document = checked(shop, "--url", f"http://127.0.0.1:{port}")
    assert done.returncode == 3
    assert document["probe"]["state"] in ("not HTTP", "unknown")
    assert {"FD801", "FD802"} & set(by_code(document))


def test_a_silent_port_is_exit_code_3_within_its_time(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_shipped(monkeypatch)
    with _talking(b"") as port:
        done, document = checked(shop, "--url", f"http://127.0.0.1:{port}")
    assert (done.returncode, document["probe"]["state"]) == (3, "unknown")


def test_a_server_that_drips_its_headers_is_asked_once(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_shipped(monkeypatch)
    asked: list[bytes] = []

    def drip(connection: socket.socket, request: bytes) -> None:
        asked.append(request)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            connection.sendall(b"a")
            time.sleep(0.1)

    with sockets(drip) as port:
        done, document = checked(shop, "--url", f"http://127.0.0.1:{port}")
    assert (done.returncode, document["probe"]["state"]) == (3, "unknown")
    assert len([request for request in asked if request]) == 1


@contextmanager
def _talking(words: bytes) -> Iterator[int]:
    """A port that greets whoever connects, and then only listens."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                held.append(connection)
                connection.sendall(words)

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


# -- the command line -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:port",
        "ftp://127.0.0.1",
        "http://exa mple",
        "http://[::1",
        "http://127.0.0.1:5000/admin?page=2",
        "javascript:alert(1)",
        "",
        " ",
    ],
)
def test_a_bad_url_is_a_mistake_that_is_explained(shop: Path, url: str) -> None:
    done = flaskdoctor("--check", "--url", url, str(shop))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "--url http://127.0.0.1:5000" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_password_in_a_url_is_refused_and_not_repeated(shop: Path) -> None:
    done = flaskdoctor("--check", "--url", f"http://ada:{VALUE}@127.0.0.1:5000", str(shop))
    assert done.returncode == 2
    assert VALUE not in done.stderr + done.stdout


def test_options_that_would_have_no_effect_are_refused(shop: Path) -> None:
    for arguments, word in (
        (("--check", "--profile", "production"), "--url"),
        (("--diff", "--url", "http://127.0.0.1:5000"), "--diff"),
        (("--show-files", "--url", "http://127.0.0.1:5000"), "--show-files"),
        (("--check", "--url", "http://127.0.0.1:5000", "--profile", "staging"), "staging"),
    ):
        done = flaskdoctor(*arguments, str(shop))
        assert done.returncode == 2
        assert word in done.stderr


def test_a_projects_settings_name_a_server_on_this_machine_only(shop: Path, tmp_path: Path) -> None:
    folder = build(tmp_path / "copy", FILES, "3.1.0")
    for text, wrong in (
        ('exclude = ["old"]\nurl = "https://kiln.example"\n', "flaskdoctor.toml:2: the url of a project's settings"),
        ('url = "http://127.0.0.1.kiln.example"\n', "flaskdoctor.toml:1: the url of a project's settings"),
        ('url = "http://127.0.0.1:99999"\n', "flaskdoctor.toml:1: The port is no number"),
        ("url = 5000\n", "flaskdoctor.toml:1: url must be a text"),
        ('\nprofile = "staging"\n', "flaskdoctor.toml:2: profile must be one of development, production"),
    ):
        write(folder, {"flaskdoctor.toml": text})
        done = flaskdoctor("--check", str(folder))
        assert done.returncode == 2
        assert wrong in done.stderr
    port = free_port()
    write(folder, {"flaskdoctor.toml": f'url = "http://127.0.0.1:{port}"\nprofile = "development"\n'})
    done = flaskdoctor("--check", "--format", "json", str(folder))
    assert done.returncode == 1
    assert json.loads(done.stdout)["probe"] is None  # the settings' server is the dashboard's: a bare check asks nobody


def test_a_bare_check_sends_nothing(tmp_path: Path) -> None:
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        folder = build(
            tmp_path / "shop",
            {
                **FILES,
                ".flaskenv": f"FLASK_RUN_PORT={port}\n",
                "flaskdoctor.toml": f'url = "http://127.0.0.1:{port}"\n',
            },
            "3.1.0",
        )
        listener.settimeout(0.2)
        flaskdoctor("--check", str(folder))
        flaskdoctor("--check", "--format", "json", str(folder))
        with suppress(TimeoutError):
            asked.append(listener.accept())
    assert asked == []


def test_fix_asks_the_server_too(shop: Path, tmp_path: Path) -> None:
    folder = build(tmp_path / "copy", FILES, "3.1.0")
    done = flaskdoctor("--fix", "--url", f"http://127.0.0.1:{free_port()}", "--select", "FD101,FD801", str(folder))
    assert done.returncode == 3
    assert "FD801" in done.stdout


def test_pages_and_lists_of_rules_know_the_server() -> None:
    assert flaskdoctor("--explain", "missing-csp").stdout.startswith("# FD810 missing-csp")
    listed = {rule["code"]: rule for rule in json.loads(flaskdoctor("--list-rules", "--format", "json").stdout)}
    assert {"FD801", "FD822", "FD841"} <= set(listed)
    assert listed["FD822"]["tip"] == 8
    assert listed["FD822"]["fix"] is None


# -- secrets ----------------------------------------------------------------------------------------------


def test_no_output_holds_a_secret_of_the_server(tmp_path: Path) -> None:
    """The key that signs, what the session holds, the cookie itself, and what an exposed .env is made of."""
    folder = build(tmp_path / "shop", {**FILES, ".env": f"SECRET_KEY={ENV}\n"}, "3.1.0")
    app = APP.replace("Flask(__name__)", 'Flask(__name__, static_folder=".", static_url_path="")')
    write(folder, {"app.py": app})
    with flask_run(folder, SECRET_KEY="") as url:
        import urllib.request

        with urllib.request.urlopen(url) as answer:
            cookie = answer.headers["Set-Cookie"].split(";")[0].partition("=")[2]
        for profile in ("development", "production"):
            for form in ("text", "json"):
                done = flaskdoctor("--check", "--url", url, "--profile", profile, "--format", form, str(folder))
                assert done.returncode == 1, done.stderr
                assert {"FD821", "FD822", "FD840"} <= set(re.findall(r"FD\d+", done.stdout))
                for secret in (KEY, VALUE, ENV, cookie, *cookie.split(".")):
                    assert secret not in done.stdout + done.stderr


def test_an_exception_that_quotes_a_secret_is_told_without_it(tmp_path: Path) -> None:
    app = f'raise ConnectionError("cannot reach postgresql://shop:{KEY}@db/shop")\n'
    folder = build(tmp_path / "shop", FILES, "3.1.0")
    with flask_run(folder, "--debug") as url:
        _until(folder, url, "broken", f"import flask\n\n{app}")
        for form in ("text", "json"):
            done = flaskdoctor("--check", "--url", url, "--format", form, str(folder))
            assert "cannot reach" in done.stdout
            assert KEY not in done.stdout + done.stderr


def test_an_api_is_not_asked_for_the_headers_of_pages(shop: Path) -> None:
    with serve(Served({"/": data(), "/kilns": data(("Allow", "GET, HEAD, OPTIONS"))})) as port:
        _, document = checked(shop, "--url", f"http://127.0.0.1:{port}", "--select", "tip:8")
    assert document["probe"]["state"] == "up"
    assert set(by_code(document)) == {"FD813"}
