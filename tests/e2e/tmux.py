"""A real terminal to drive the program in: a tmux server of the test's own."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PATIENCE = 120.0  # seconds; a limit for what has gone wrong, on the slowest machine


class Tmux:
    """One program in one tmux pane, on a private socket; the server ends with the ``with`` block."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        columns: int = 80,
        lines: int = 24,
    ) -> None:
        self._socket = f"flaskdoctor-{uuid.uuid4().hex[:12]}"
        self._scratch = tempfile.TemporaryDirectory(prefix="flaskdoctor-tmux-")
        self._status = Path(self._scratch.name) / "status"
        self._written = Path(self._scratch.name) / "written"
        self._start = (command, folder, dict(environment), columns, lines)

    def __enter__(self) -> Tmux:
        command, folder, environment, columns, lines = self._start
        settings = {"status": "off", "default-terminal": "tmux-256color", "default-shell": "/bin/sh"}
        setting = [word for name, value in settings.items() for word in ("set", "-g", name, value, ";")]
        session = ["new-session", "-d", "-s", "test", "-x", str(columns), "-y", str(lines), "-c", str(folder)]
        # The shell writes the exit code down: tmux 3.3 sometimes misses the end of a pane's process.
        run = shlex.join(["env", *(f"{name}={value}" for name, value in environment.items()), *command])
        program = f"{run}; echo $? >{shlex.quote(str(self._status))}; exec sleep 600"
        record = ["pipe-pane", "-t", "test", f"cat >{shlex.quote(str(self._written))}"]
        self._tmux("start-server", ";", *setting, *session, program, ";", *record, environment=environment)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(subprocess.SubprocessError):  # when it is gone already, all the better
            self._tmux("kill-server")
        self._scratch.cleanup()

    def _tmux(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-L", self._socket, "-f", "/dev/null", *arguments],
            env={**(os.environ if environment is None else environment), "TMUX_TMPDIR": self._scratch.name},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names (``f``, ``Down``, ``Enter``, ``C-p``)."""
        self._tmux("send-keys", "-t", "test", *keys)

    def screen(self, *, colours: bool = False) -> str:
        """What stands on the screen now, with its colours as escape sequences where these are asked for."""
        return self._tmux("capture-pane", "-p", *(["-e"] if colours else []), "-t", "test")

    def ask(self, what: str) -> str:
        """A value of tmux's own about the pane, such as ``#{cursor_flag}``."""
        return self._tmux("display-message", "-p", "-t", "test", what).rstrip("\n")

    def buffer(self) -> str:
        """What was copied last."""
        return self._tmux("show-buffer")

    def resize(self, columns: int, lines: int) -> None:
        """Another size."""
        self._tmux("resize-window", "-t", "test", "-x", str(columns), "-y", str(lines))

    def attach(self) -> tuple[list[str], dict[str, str]]:
        """The command that attaches a client, and its environment. The window then has the client's size."""
        self._tmux("set-option", "-w", "-t", "test", "window-size", "latest")
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "TMUX_TMPDIR": self._scratch.name}
        return ["tmux", "-u", "-L", self._socket, "attach-session", "-t", "test"], environment

    def detach(self) -> None:
        """Send all clients away."""
        self._tmux("detach-client", "-s", "test")

    def kill(self) -> None:
        """End the server, and with it the pane."""
        self._tmux("kill-server")

    def written(self) -> bytes:
        """All that the program wrote to the terminal."""
        return self._written.read_bytes() if self._written.exists() else b""

    def ended(self) -> int | None:
        """The program's exit code, or None while it runs."""
        status = self._status.read_text() if self._status.exists() else ""
        return int(status) if status.endswith("\n") else None

    def wait(self, *texts: str, without: Sequence[str] = ()) -> str:
        """The screen as soon as it holds all ``texts`` and none of ``without``."""
        return self.until(
            lambda screen: all(t in screen for t in texts) and not any(t in screen for t in without),
            f"{texts!r} and not {without!r}" if without else repr(texts),
        )

    def until(self, holds: Callable[[str], bool], wish: str) -> str:
        """The screen as soon as ``holds(screen)``."""
        deadline = time.monotonic() + PATIENCE
        while True:
            screen = self.screen()
            if holds(screen):
                return screen
            if time.monotonic() > deadline:
                raise AssertionError(f"never saw {wish}; the screen is\n{screen}")
            time.sleep(0.05)

    def wait_for_end(self) -> int:
        """The exit code, once the program has ended."""
        self.until(lambda _: self.ended() is not None, "the end of the program")
        status = self.ended()
        assert status is not None
        return status
