"""A server as a process: started, read, and certainly ended."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import NamedTuple

from flaskdoctor.devserver import keeper
from flaskdoctor.devserver.log import ServerLog
from flaskdoctor.devserver.secrets import Secrets

_LONGEST = 8192  # bytes of a line that are looked at
_PATIENCE = 6.0  # seconds for the server and its children to end


class Command(NamedTuple):
    """How a server is started: ``words`` are run in ``folder`` with ``environment``, and it answers at ``url``.

    ``shown`` is the command as one would type it; ``notes`` say what was decided, and why.
    """

    words: tuple[str, ...]
    shown: str
    folder: str
    environment: Mapping[str, str]
    url: str
    notes: tuple[str, ...] = ()


class DevServer:
    """A server that runs until it is stopped, or this process ends, whatever ends it (``keeper.py``).

    Nothing waits for it to be up. ``log`` has what it prints; ``on_output`` is called after each line and at the end,
    in a thread of its own. ``doomed`` is a folder that is deleted where this process is killed.
    """

    def __init__(self, command: Command, on_output: Callable[[], object] = lambda: None, *, doomed: str = "") -> None:
        self.command = command
        self.on_output = on_output
        self.log = ServerLog(command.folder, self._hidden)
        self.began = 0.0
        self.ended: int | None = None  # its exit code, once it has ended by itself
        self.doomed = doomed
        self._keeper: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._secrets: Secrets | None = None

    @property
    def running(self) -> bool:
        """Whether it was started, and has not ended."""
        return self._keeper is not None

    def start(self) -> None:
        """Start it. Raises ``OSError`` where no process can be made."""
        self.began, self.ended = time.time(), None
        self._secrets = Secrets(self.command.folder, self.command.environment)
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", keeper.__file__, self.doomed or "-", *self.command.words],
            cwd=self.command.folder,
            env=dict(self.command.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C and a closed terminal are the dashboard's to answer
        )
        self._reader = threading.Thread(target=self._read, args=(self._keeper,), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Stop it and wait until it is gone."""
        process, self._keeper = self._keeper, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _hidden(self, text: str) -> str:
        return text if self._secrets is None else self._secrets.hidden(text)

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as output:
            within = False  # a line of which the beginning is all that counts
            while line := output.readline(_LONGEST):
                if not within:
                    self.log.feed(line.decode("utf-8", "replace"), time.time())
                    self.on_output()
                within = not line.endswith(b"\n")
        code = process.wait()
        if self._keeper is process:  # it was not stopped from here
            self._keeper = None
            self.ended = code
            if process.stdin is not None:
                process.stdin.close()
        self.on_output()

    def __enter__(self) -> DevServer:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()
