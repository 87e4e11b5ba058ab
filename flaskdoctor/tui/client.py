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
from typing import Any

import flaskdoctor
from flaskdoctor.errors import Conflict, UserError
from flaskdoctor.finding import Finding, Location
from flaskdoctor.tui import logbook
from flaskdoctor.tui.backend import Look, Outcome, Preview, RulePage, Scanned

# -P keeps the current folder, which may be the scanned project, off the import path.
_BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from flaskdoctor.tui.child import main; main()"


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

    def __init__(self, root: str, options: object) -> None:
        self._root = root
        self._options = options
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()

    async def scan(self) -> Scanned:
        """Look at the whole project."""
        result: Scanned = await self._ask("scan")
        return result

    async def look(self, finding: Finding) -> Look:
        """The code around ``finding`` and the page of its rule."""
        result: Look = await self._ask("look", finding)
        return result

    async def excerpt(self, location: Location) -> Look:
        """The code at a place that no finding is about."""
        result: Look = await self._ask("excerpt", location)
        return result

    async def preview(self, findings: Sequence[Finding]) -> Preview:
        """What fixing ``findings`` would change; writes nothing."""
        result: Preview = await self._ask("preview", tuple(findings))
        return result

    async def apply(self, preview: Preview) -> Outcome:
        """Make the changes that ``preview`` shows; ``Conflict`` where a file has changed since."""
        result: Outcome = await self._ask("apply", preview.plan)
        return result

    async def undo(self, record: str) -> Outcome:
        """Take a fix back."""
        result: Outcome = await self._ask("undo", record)
        return result

    async def page(self, code: str) -> RulePage:
        """The documentation of a rule."""
        result: RulePage = await self._ask("page", code)
        return result

    async def close(self) -> None:
        """End the child: it finishes a write it is in, and nothing else."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        for end in (process.terminate, process.kill):  # told to end, it takes back the fix it is in
            try:
                async with asyncio.timeout(5):
                    await process.wait()
                return
            except TimeoutError:
                end()
        await process.wait()

    async def _ask(self, kind: str, *arguments: object) -> Any:
        # A caller may be cancelled (the selection moved on) while it waits for its turn: then nothing is sent.
        # Once sent, the answer is waited for in a task of its own, or the next caller would read it.
        await self._turn.acquire()
        task = asyncio.create_task(self._exchange(kind, arguments))
        self._running.add(task)
        task.add_done_callback(self._exchanged)
        return await asyncio.shield(task)

    def _exchanged(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        self._turn.release()
        if not task.cancelled():
            task.exception()  # seen, also when nobody waits any more

    async def _exchange(self, kind: str, arguments: tuple[object, ...]) -> Any:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        body = pickle.dumps((kind, self._root, self._options, arguments), pickle.HIGHEST_PROTOCOL)
        try:
            process.stdin.write(len(body).to_bytes(8, "big") + body)
            await process.stdin.drain()
            size = int.from_bytes(await process.stdout.readexactly(8), "big")
            answer = await process.stdout.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._lost(process)
        good, value = _load(answer)
        if good:
            return value
        title, hint, kind = value
        raise (Conflict if kind == "Conflict" else UserError)(title, hint)

    async def _lost(self, process: asyncio.subprocess.Process) -> None:
        if self._process is None:
            raise UserError("flaskdoctor is closing")
        self._process = None
        if process.returncode is None:
            process.kill()
        code = await process.wait()
        raise UserError(
            f"The process that scans stopped (exit code {code})",
            f"r starts it again; the log is {logbook.path()}",
        )

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
