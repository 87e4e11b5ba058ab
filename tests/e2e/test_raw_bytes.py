"""What really reaches the terminal: of a hostile project, and of a crash."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from flaskdoctor.visible import visible
from tests.e2e.pseudoterminal import PseudoTerminal, gone
from tests.e2e.surroundings import command, environment, small_project
from tests.hostile import BODY, EVIL, HEADERS, hostile_project
from tests.tui.servers import http_server

# The dashboard's own: the pointer's shape, colours and places, modes, questions to the terminal, what it copies.
OWN = re.compile(
    r"\x1b\]22;[a-z]*\x07|\x1b\[[0-9;:?<>=$]*[A-Za-z]|\x1b\]52;c;[A-Za-z0-9+/=]*(?:\x07|\x1b\\)|\x1b[78=>]|[\r\n]"
)
SECRET = "canary-b1946ac9"


def test_nothing_of_a_hostile_project_or_server_drives_the_terminal(tmp_path: Path) -> None:
    root = hostile_project(tmp_path)
    with http_server(HEADERS, {"/": ("text/html", EVIL + BODY)}) as port:
        words = [*command(str(root)), "--url", f"http://127.0.0.1:{port}"]
        own = environment(tmp_path, TERM="xterm-256color")
        with PseudoTerminal(words, own, tmp_path, columns=120, lines=40) as terminal:
            terminal.wait("/100", "● up")
            for key in ("2", "G", "c", "x", "\x1b", "F", "\x1b", *"f76G", "\r", *"5jj43j"):
                terminal.press(key)
                terminal.settle()
            # A paste, as a terminal brackets it, into the filter's line and into the palette's.
            for opens in ("/", "\x10"):
                terminal.press(opens)
                terminal.settle()
                terminal.press(f"\x1b[200~{EVIL.replace(chr(27), '')}\x1b[201~")
                terminal.settle()
                terminal.press("\x1b")
                terminal.settle()
            for _ in range(60):
                for keys in ("\x1b", "q"):  # on a busy machine both may be read as one: alt+q
                    if terminal.process.poll() is None:
                        terminal.press(keys)
                        terminal.settle()
            assert terminal.wait_for_end() == 0
            text = terminal.drain().decode()  # UTF-8, all of it
    assert "[bold]" in text
    assert "\x1b]52;c;cHduZWQ=" not in text
    left = OWN.sub("", text)
    wrong = {
        match[0] for match in re.finditer(".{0,20}", left, re.S) if any(visible(f"a{c}")[1:] != c for c in match[0])
    }
    assert not wrong


CRASH = """
import sys
from flaskdoctor.tui.bars import FooterBar
own = FooterBar.get_content_height
def get_content_height(self, *arguments):
    secret = open(".env").read()
    if self._message is not None:
        raise KeyError(secret)
    return own(self, *arguments)
FooterBar.get_content_height = get_content_height
from flaskdoctor.cli import main
sys.exit(main(["."]))
"""


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc")
def test_a_crash_gives_the_terminal_back_and_tells_no_value(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    (root / ".env").write_text(f"SECRET_KEY={SECRET}\n")
    environ = environment(tmp_path, TERM="xterm-256color")
    with PseudoTerminal([sys.executable, "-c", CRASH], environ, root) as terminal:
        terminal.wait("/100")
        terminal.press("t")
        assert terminal.wait_for_end() == 70
        assert terminal.left_on() == []
        shown = terminal.drain().decode()
    _, left, said = shown.rpartition("\x1b[?1049l")
    assert left, shown[-2000:]
    log = tmp_path / "home" / "state" / "flaskdoctor" / "log" / "dashboard.log"
    words = " ".join(said.split())
    assert "flaskdoctor stopped: KeyError, a bug in flaskdoctor" in words
    assert "start it again" in words
    assert str(log) in said.replace("\r\n", "")
    assert "get_content_height" in log.read_text()
    assert "Traceback" not in said
    assert SECRET not in shown + log.read_text()
    assert gone(tmp_path)
