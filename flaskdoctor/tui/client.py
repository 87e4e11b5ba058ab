"""The dashboard's end of the pipe to the child process that scans and fixes (``child.py``).

The child starts with the first request and again after it died. It leads a session of its own, so that Ctrl-C
in an editor does not reach it, and ends when its standard input does: nothing is left when the dashboard is
killed.
"""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

import flaskdoctor
from flaskdoctor.errors import Conflict, UserError
from flaskdoctor.finding import Finding, Location
from flaskdoctor.tui import logbook
from flaskdoctor.tui.backend import Look, Outcome, Preview, RulePage, Scanned

T = TypeVar("T")

# -P keeps the current folder, which may be the scanned project, off the import path.
_BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from flaskdoctor.tui.child import main; main()"

# A child that has said nothing for so long (seconds) hangs; one that announces more bytes than this talks rubbish.
PATIENCE = 600.0
_MOST = 1 << 31
_GRACE = 5.0


def _load(answer: bytes) -> tuple[bool, Any]:
    """What the child answers. The collector would walk through the whole dashboard several times meanwhile, and the
    keys would wait: nothing in an answer is garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        value: tuple[bool, Any] = pickle.loads(answer)
    finally:
        if was_on:
            gc.enable()
    return value


class ChildBackend:
    """``Backend`` by way of a child process; requests are answered one after the other."""

    def __init__(self, root: str, options: object, *, patience: float = PATIENCE) -> None:
        self._root = root
        self._options = options
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()

    async def scan(self) -> Scanned:
        """Look at the whole project."""
        return await self._ask(Scanned, "scan")

    async def look(self, finding: Finding) -> Look:
        """The code around ``finding`` and the page of its rule."""
        return await self._ask(Look, "look", finding)

    async def excerpt(self, location: Location) -> Look:
        """The code at a place that no finding is about."""
        return await self._ask(Look, "excerpt", location)

    async def preview(self, findings: Sequence[Finding]) -> Preview:
        """What fixing ``findings`` would change; writes nothing."""
        return await self._ask(Preview, "preview", tuple(findings))

    async def apply(self, preview: Preview) -> Outcome:
        """Make the changes that ``preview`` shows; ``Conflict`` where a file has changed since."""
        return await self._ask(Outcome, "apply", preview.plan)

    async def ignore(self, finding: Finding) -> Outcome:
        """Write the comment that switches ``finding`` off; ``UserError`` where none can."""
        return await self._ask(Outcome, "ignore", finding)

    async def undo(self, record: str) -> Outcome:
        """Take a fix back."""
        return await self._ask(Outcome, "undo", record)

    async def page(self, code: str) -> RulePage:
        """The documentation of a rule."""
        return await self._ask(RulePage, "page", code)

    async def close(self) -> None:
        """End the child: it finishes a write it is in, and nothing else."""
        process, self._process = self._process, None
        if process is not None:
            await _ended(process)

    async def _ask(self, answer: type[T], kind: str, *arguments: object) -> T:
        # A caller may be cancelled (the selection moved on) while it waits for its turn: then nothing is sent.
        # Once sent, the answer is waited for in a task of its own, or the next caller would read it.
        await self._turn.acquire()
        task = asyncio.create_task(self._exchange(answer, kind, arguments))
        self._running.add(task)
        task.add_done_callback(self._exchanged)
        return await asyncio.shield(task)

    def _exchanged(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        self._turn.release()
        if not task.cancelled():
            task.exception()  # seen, also when nobody waits any more

    async def _exchange(self, answer: type[T], kind: str, arguments: tuple[object, ...]) -> T:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._start()
        body = pickle.dumps((kind, self._root, self._options, arguments), pickle.HIGHEST_PROTOCOL)
        try:
            async with asyncio.timeout(self._patience):
                good, value = await _spoken(process, body)
        except (EOFError, ConnectionError):
            await self._lost(process, "stopped")
        except TimeoutError:
            await self._lost(process, f"did not answer for {self._patience:g} s")
        except Exception as error:  # noqa: BLE001  (what a pickle of rubbish raises can be anything)
            logbook.write(f"The answer to {kind} could not be read", error)
            await self._lost(process, "answered with something that is no answer")
        if not good:
            title, hint, error_kind = value
            raise (Conflict if error_kind == "Conflict" else UserError)(title, hint)
        if not isinstance(value, answer):
            await self._lost(process, "answered with something that is no answer")
        return value

    async def _lost(self, process: asyncio.subprocess.Process, how: str) -> NoReturn:
        """End what is left of the child, and say so; the next request starts another one."""
        if self._process is None:
            raise UserError("flaskdoctor is closing")
        self._process = None
        stopped = how == "stopped"
        code = await _ended(process, at_once=not stopped)
        ended = f" (signal {-code})" if code < 0 else f" (exit code {code})"
        title = f"The process that scans {how}{ended if stopped else ''}"
        logbook.write(title)
        raise UserError(title, f"A rescan starts it again; the log is {logbook.path()}")

    async def _start(self) -> asyncio.subprocess.Process:
        package = os.path.dirname(os.path.dirname(os.path.abspath(flaskdoctor.__file__)))
        log = logbook.open_log()
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-c",
                _BOOT,
                package,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise UserError("The process that scans could not be started", error.strerror or "") from error
        finally:
            os.close(log)


async def _spoken(process: asyncio.subprocess.Process, body: bytes) -> tuple[bool, Any]:
    """Send a request; whether it went well, and the value or the error (title, hint, kind)."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(len(body).to_bytes(8, "big") + body)
    await process.stdin.drain()
    size = int.from_bytes(await process.stdout.readexactly(8), "big")
    if size > _MOST:
        raise ValueError(size)
    good, value = _load(await process.stdout.readexactly(size))
    if not good:
        title, hint, kind = map(str, value if isinstance(value, tuple) else ())
        value = title, hint, kind
    return bool(good), value


async def _ended(process: asyncio.subprocess.Process, *, at_once: bool = False) -> int:
    """The exit code of a child whose input ends, which is then told to end, ``at_once`` or after a while, and killed
    at last. Told to end, it takes back the fix it is in."""
    if process.stdin is not None:
        process.stdin.close()
    if at_once and process.returncode is None:
        process.terminate()
    for end in (process.terminate, process.kill):
        try:
            async with asyncio.timeout(_GRACE):
                return await process.wait()
        except TimeoutError:
            end()
    return await process.wait()
