"""What comes from the terminal and is no key, what goes to something that is no terminal."""

import random
import shlex
from contextlib import ExitStack
from pathlib import Path

from tests.e2e.pseudoterminal import PseudoTerminal
from tests.e2e.surroundings import command, environment, small_project

# Answers to questions that the program before may have asked, or nobody.
ANSWERS = (
    b"\x1b[?62;22c\x1b[>0;276;0c\x1b[0n\x1b[?25u\x1b[?2026;2$y\x1b[?2048;1$y\x1b[8;24;80t\x1b[48;0;0;0;0t"
    b"\x1b[48;9999;9999;0;0t\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b]4;1;rgb:0000/0000/0000\x07\x1bP>|XTerm(390)\x1b\\"
    b"\x1b[24;80R\x1b[I\x1b[O\x1b[I"
)

RUBBISH = (
    b"\xff\xfe\xc3(", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x9b31m", b"\x00\x00",
    b"\x1b[99999999999u", b"\x1b[1114112u", b"\x1b[55296u", b"\x1b[97;;1114112u", b"\x1b[<0;99999;99999M",
    b"\x1b[<0;-5;-5M", b"\x1b[M\x00\x00\x00", b"\x1b[<99999999999999999999;1;1M", b"\x1b" * 20,
    b"\x1b[" + b"1;" * 60, "\u202e\u0301\u65e5".encode(),
)  # fmt: skip
LEAVES = b"q\x11\x1a"  # q, ctrl+q, ctrl+z

PASTE = "app.py \x1b[31m%s\x1b[0m f F y z q\r\n" % ("secret" * 3)


def test_answers_rubbish_and_pastes_are_no_keys_and_end_nothing(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    program = command("--read-only", str(root))
    noise = random.Random(7)
    with PseudoTerminal(program, environment(tmp_path, TERM="xterm-256color")) as terminal:
        terminal.wait("/100")
        terminal.press(ANSWERS)
        terminal.wait("Theme", since=terminal.press("t"))  # not typed into a filter that a / in an answer opened
        assert b"Copied" not in terminal.seen()
        terminal.wait("FD101", since=terminal.press("2"))

        before = terminal.press("\x1a")  # there is no shell that would bring it back
        terminal.wait("Overview", "Findings", since=before)

        terminal.wait("tip:3", since=terminal.press("/"))
        before = terminal.press(b"\x1b[200~" + PASTE.encode() * 4000)
        terminal.press("\x1b[201~")
        terminal.wait("app.py", since=before)
        assert terminal.process.poll() is None
        before = terminal.press("\x1b")
        terminal.wait("jsonify", since=before)

        for piece in RUBBISH:
            terminal.press(piece)
        for _ in range(40):
            data = noise.randbytes(12) + b"\x1b[" + bytes(noise.choices(b"0123456789;:?<>$ ~uMmRtcyhl", k=8))
            terminal.press(bytes(byte for byte in data if byte not in LEAVES))
        terminal.press("\x1b[201~")
        while terminal.process.poll() is None:
            for key in ("\x1b", "q"):  # out of whatever was opened
                terminal.press(key)
                terminal.settle()
        assert terminal.wait_for_end() == 0
        assert terminal.left_on() == []
    log = tmp_path / "home" / "state" / "flaskdoctor" / "log" / "dashboard.log"
    assert "secret" not in log.read_text()
    assert "The dashboard stopped" not in log.read_text()


def test_where_there_is_no_terminal_to_draw_on_the_report_is_printed(tmp_path: Path) -> None:
    note = b"no terminal for the dashboard, so here is the report"
    program = shlex.join(command(str(small_project(tmp_path))))
    with ExitStack() as stack:

        def run(redirected: str, **more: str) -> PseudoTerminal:
            line = ["sh", "-c", f"{program} {redirected}"]
            variables = environment(tmp_path, **{"TERM": "xterm-256color", **more})
            return stack.enter_context(PseudoTerminal(line, variables, tmp_path))

        reports = [run("</dev/null"), run("<&-"), run("| cat"), run("", TERM=""), run(">out")]
        elsewhere = run("2>err")
        for terminal in reports:
            assert terminal.wait_for_end() == 0
            written = terminal.drain()
            assert note in written
            assert b"\x1b[?" not in written
        for terminal in reports[2:4]:
            assert b"\x1b" not in terminal.seen()
        assert "app.py:9" in (tmp_path / "out").read_text()

        # Only the messages are led away, and they are not what is drawn.
        elsewhere.wait("\x1b[?1049h", "Overview", "/100")
        elsewhere.press("q")
        assert elsewhere.wait_for_end() == 0
        assert elsewhere.left_on() == []
        assert (tmp_path / "err").read_bytes() == b""
