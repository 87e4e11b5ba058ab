"""Servers that do what no server should: each gets a state in time, and takes no memory, no terminal and nobody else.

All are looked at at once, by a process of its own: it is the waits that take the time.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import certificates
from tests.probe.hostile import GREETING, PLAIN, SHAKING, TLS, UP, redirects
from tests.probe.looking import TWO_ADDRESSES
from tests.probe.servers import answering, linux, sockets

ROOT = Path(__file__).parents[2]
_TRIES = 4
SECONDS = 5  # until the state is known, without the time in which a busy machine did not run the process
REDIRECTS = redirects(0)
NAMES = (*PLAIN, *GREETING, *TLS, *SHAKING, *REDIRECTS, "a name with two addresses")
ALLOWED = {name: states for group in (PLAIN, GREETING, TLS, SHAKING) for name, (_, states) in group.items()}


class Looks(NamedTuple):
    """What was found, by name; how many bytes all of it took; who else was contacted."""

    found: dict[str, dict[str, Any]]
    grown: int
    elsewhere: list[bytes]


@pytest.fixture(scope="module")
def looks() -> Iterator[Looks]:
    """One look at each."""
    elsewhere: list[bytes] = []

    def recorded(connection: socket.socket, request: bytes) -> None:
        elsewhere.append(request)

    targets: list[tuple[str, str, str, int]] = []
    with ExitStack() as stack:
        good = stack.enter_context(sockets(answering("Content-Length: 2\r\n", b"ok")))
        targets.append(("warm", "http", "127.0.0.1", good))
        recorder = stack.enter_context(sockets(recorded, reads=False))
        for group, scheme, reads in ((PLAIN, "http", True), (GREETING, "http", False), (TLS, "https", True)):
            for name, (handle, _) in group.items():
                targets.append((name, scheme, "127.0.0.1", stack.enter_context(sockets(handle, reads=reads))))
        for name, (handle, _) in SHAKING.items():
            targets.append((name, "https", "127.0.0.1", stack.enter_context(sockets(handle, reads=False))))
        for name, handle in redirects(recorder).items():
            targets.append((name, "http", "127.0.0.1", stack.enter_context(sockets(handle))))
        targets.append(("a name with two addresses", "http", TWO_ADDRESSES, good))
        # What floods takes a process' whole time: it has one of its own.
        floods = [target for target in targets if target[0].startswith("endless")]
        others = [target for target in targets if target not in floods]
        with ThreadPoolExecutor(2) as pool:
            told = list(pool.map(_looked, (others, [targets[0], *floods])))
        found = {item["name"]: item for part in told for item in part["found"]}
        for _ in range(_TRIES):
            # On a machine with other things to do even a good server's answer comes too late now and then.
            late = [target for target in targets if target[0] in found and not _allowed(found[target[0]])]
            if not late:
                break
            found |= {item["name"]: item for item in _looked([targets[0], *late])["found"]}
        yield Looks(found, max(part["grown"] for part in told), elsewhere)


def _allowed(item: dict[str, Any]) -> bool:
    return item["state"] in ALLOWED.get(item["name"], {UP}) and item["known_after"] < SECONDS


def _looked(targets: list[tuple[str, str, str, int]]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.probe.looking"],
        cwd=ROOT,
        input=json.dumps(targets),
        env={"SSL_CERT_FILE": str(certificates.authority_file()), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_server_has_a_state_and_does_no_harm(looks: Looks, name: str) -> None:
    found = looks.found[name]
    assert _allowed(found), found
    assert found["crashed"] == []
    text = found["text"]
    assert text.replace("\n", "").isprintable(), text
    assert "\u202e" not in text
    assert len(text) < 20_000


@linux
def test_all_of_them_together_take_little_memory(looks: Looks) -> None:
    assert 0 < looks.grown < 60_000_000


def test_nobody_else_is_contacted(looks: Looks) -> None:
    assert set(REDIRECTS) <= set(looks.found)
    assert looks.elsewhere == []


def test_a_redirect_is_shown(looks: Looks) -> None:
    assert "FD830" in looks.found["redirect to another port"]["codes"]
    assert "FD830" not in looks.found["redirect to https"]["codes"]


def test_what_is_wrong_with_a_certificate_is_told(looks: Looks) -> None:
    told = {name: found["distrust"] for name, found in looks.found.items() if found["distrust"]}
    assert told["TLS: expired"] == "expired"
    assert told["TLS: another host"] == "for another host"
    assert told["TLS: self-signed"] == told["TLS: adhoc"] == "self-signed"
