"""What runs beside the keys: scans, looks, previews, fixes, and the watch for saved files.

Workers only post messages; the app's handlers own the widgets. Whatever goes wrong in one becomes a message
and a line in the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

from textual.message import Message

from flaskdoctor.errors import Conflict, UserError
from flaskdoctor.finding import Finding, Location
from flaskdoctor.tui import logbook, messages
from flaskdoctor.tui.backend import Backend, Outcome, Preview, RulePage
from flaskdoctor.tui.watch import LEAST_PAUSE, Signature, watch

T = TypeVar("T")
Post = Callable[[Message], object]

# A selection that moves on within this time asks for nothing: holding j costs no previews.
_SETTLE = 0.06
_TOGETHER = 0.15  # how long the code around a finding waits for its change, so that both are drawn once


class Workers:
    """Starts the work; ``post`` takes the messages."""

    def __init__(self, backend: Backend, post: Post, *, pause: float = LEAST_PAUSE) -> None:
        self._backend = backend
        self._post = post
        self._pause = pause
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again = False

    @property
    def scanning(self) -> bool:
        """Whether a scan is under way."""
        return self._busy("scan")

    @property
    def writing(self) -> bool:
        """Whether a fix is being applied or taken back."""
        return self._busy("write")

    def scan(self) -> None:
        """Scan; once more afterwards when one is under way (a file may have changed behind it)."""
        if self.scanning:
            self._again = True
            return
        if self._busy("watch"):
            self._tasks["watch"].cancel()  # what it would see, this scan sees
        self._start("scan", self._scan())

    def look(self, finding: Finding, *, fixable: bool) -> None:
        """See ``finding`` close up, then what its fix would change; drops what was asked before."""
        self._start("look", self._look(finding, fixable))

    def show(self, location: Location) -> None:
        """See the code at ``location``; drops what was asked before."""
        self._start("look", self._show(location))

    def batch(self, findings: Sequence[Finding]) -> None:
        """What fixing all of ``findings`` would change."""
        wanted = tuple(findings)
        work = self._asked("The preview of all safe fixes", messages.BatchReady, lambda: self._backend.preview(wanted))
        self._start("batch", work)

    def apply(self, preview: Preview) -> None:
        """Make the changes that ``preview`` shows."""
        self._write("The fix", messages.Applied, lambda: self._backend.apply(preview))

    def ignore(self, finding: Finding) -> None:
        """Write the comment that switches ``finding`` off."""
        self._write("Ignoring the finding", messages.Ignored, lambda: self._backend.ignore(finding))

    def undo(self, record: str) -> None:
        """Take the fix ``record`` back."""
        self._write("Taking the fix back", messages.Undone, lambda: self._backend.undo(record))

    def _write(self, what: str, kind: Callable[[Outcome], Message], ask: Callable[[], Awaitable[Outcome]]) -> None:
        """One at a time: a second one would cut off the first one's answer."""
        if not self.writing:
            self._start("write", self._asked(what, kind, ask))

    def watch(self, paths: Sequence[str], since: Signature | None) -> None:
        """Say when one of ``paths`` is no longer as it was at ``since`` (None: as it is now)."""
        seen = watch(paths, lambda: self._send(messages.FilesChanged()), pause=self._pause, since=since)
        self._start("watch", self._guarded("Watching the files", seen))

    def run(self, name: str, work: Coroutine[Any, Any, None], what: str) -> None:
        """Any other work, told as ``what`` when it fails."""
        self._start(name, self._guarded(what, work))

    async def page(self, code: str) -> RulePage:
        """The documentation of a rule."""
        return await self._backend.page(code)

    async def close(self) -> None:
        """Stop everything; a write that is under way is finished by the child."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._backend.close()

    def _busy(self, name: str) -> bool:
        task = self._tasks.get(name)
        return task is not None and not task.done()

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        if self._busy(name):
            self._tasks[name].cancel()
        self._tasks[name] = asyncio.create_task(work)

    def _send(self, message: Message) -> None:
        self._post(message)

    async def _scan(self) -> None:
        self._send(messages.ScanStarted())
        while True:
            self._again = False
            try:
                scanned = await self._backend.scan()
            except UserError as error:
                self._send(messages.ScanFailed(error.title, error.hint))
            except Exception as error:  # noqa: BLE001  (a bug: the dashboard says so and stays)
                self._send(messages.ScanFailed(*logbook.bug("The scan", error)))
            else:
                self._send(messages.ScanDone(scanned))
            if not self._again:
                return

    async def _look(self, finding: Finding, fixable: bool) -> None:
        """The code, and its change with it unless that takes long: what comes together is drawn once."""
        await asyncio.sleep(_SETTLE)
        seen = await self._told("The code around the finding", self._seen(finding))
        if not fixable:
            self._send(seen)
            return
        planned = asyncio.create_task(self._planned(finding))
        try:
            await asyncio.wait({planned}, timeout=_TOGETHER)
            self._send(seen)
            self._send(await planned)
        finally:
            planned.cancel()

    async def _seen(self, finding: Finding) -> Message:
        return messages.LookReady(finding.key, await self._backend.look(finding))

    async def _planned(self, finding: Finding) -> Message:
        try:
            return messages.PreviewReady(finding.key, await self._backend.preview([finding]))
        except UserError as error:
            return messages.PreviewFailed(finding.key, error.title, error.hint)
        except Exception as error:  # noqa: BLE001
            return messages.PreviewFailed(finding.key, *logbook.bug("The preview", error))

    async def _show(self, location: Location) -> None:
        await asyncio.sleep(_SETTLE)
        seen = partial(messages.LookReady, location)
        await self._asked("The code", seen, lambda: self._backend.excerpt(location))

    async def _asked(self, what: str, kind: Callable[[T], Message], ask: Callable[[], Awaitable[T]]) -> None:
        """What ``ask`` gives, as a message of that ``kind``, or why there is nothing."""

        async def answer() -> Message:
            return kind(await ask())

        self._send(await self._told(what, answer()))

    async def _guarded(self, what: str, work: Awaitable[None]) -> None:
        if (trouble := await self._told(what, work)) is not None:
            self._send(trouble)

    async def _told(self, what: str, work: Awaitable[T]) -> T | messages.Trouble:
        """What ``work`` gives, or the message that says why there is none."""
        try:
            return await work
        except UserError as error:
            return messages.Trouble(error.title, error.hint, rescan=isinstance(error, Conflict))
        except Exception as error:  # noqa: BLE001
            return messages.Trouble(*logbook.bug(what, error))
