"""The child process that scans, previews and fixes: ``python -m flaskdoctor.tui.child``.

Requests come on standard input, answers go to standard output, each a pickle after its length in eight bytes.
Both ends are the same program, so pickles are as good as any format here. The process ends when its input
does: at once while it only reads, after the write it is in otherwise.
"""

from __future__ import annotations

import os
import pickle
import queue
import re
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from flaskdoctor.errors import Conflict, UserError
from flaskdoctor.finding import Finding, Location, Tip
from flaskdoctor.project.vcs.gitcommand import Running
from flaskdoctor.tui import logbook
from flaskdoctor.tui.backend import FileChange, Look, Outcome, Preview, Record, RulePage, Scanned
from flaskdoctor.tui.watch import Signature, signature

if TYPE_CHECKING:
    from flaskdoctor.analysis import Analysis
    from flaskdoctor.fixes.edit import Edit, Plan
    from flaskdoctor.project.snapshot import Project
    from flaskdoctor.scan import Options

PATIENCE = 0.5  # seconds for git's history in a scan; what takes longer is read behind it
LONG = 600.0
CONTEXT = 3  # lines of code above and below a finding
BELOW = 12  # below a place that no finding is about
KEPT_PLANS = 64


class Answers:
    """Answers requests, one after the other. The plans of the last previews are kept: what is applied is what was
    shown, and the writer refuses where a file has changed since."""

    def __init__(self) -> None:
        self._plans: dict[int, Plan] = {}
        self._planned = 0
        self._project: Project | None = None
        self._changes: dict[str, tuple[FileChange, ...]] = {}
        self._reading: Analysis | None = None
        self.writing = threading.Lock()  # held while files are written: nobody may end the process then

    def answer(self, kind: str, root: str, options: Options, arguments: tuple[Any, ...]) -> object:
        """The value that a request is answered with."""
        handler: Callable[..., object] = getattr(self, f"on_{kind}")
        return handler(root, options, *arguments)

    def on_scan(self, root: str, options: Options) -> Scanned:
        """A look at the whole project."""
        from flaskdoctor.scan import scan

        started = time.time_ns()
        found = scan(root, options._replace(patience=PATIENCE))
        self._project = None
        self._remember(root, found.inputs)
        return Scanned(found, _since(found.inputs, started), self._records(root))

    def on_look(self, root: str, options: Options, finding: Finding) -> Look:
        """The code around a finding, masked, and its rule."""
        from flaskdoctor.project.secrecy.excerpt import excerpt

        return Look(tuple(excerpt(root, finding.location, CONTEXT)), self.on_page(root, options, finding.code))

    def on_excerpt(self, root: str, options: Options, location: Location) -> Look:
        """The code at a place and some lines more, masked."""
        from flaskdoctor.project.secrecy.excerpt import excerpt

        del options
        return Look(tuple(excerpt(root, location, BELOW)))

    def on_page(self, root: str, options: Options, code: str) -> RulePage:
        """A rule's documentation."""
        del root, options
        return tip_page(int(code.removeprefix("tip:"))) if code.startswith("tip:") else rule_page(code)

    def on_preview(self, root: str, options: Options, findings: Sequence[Finding]) -> Preview:
        """What fixing ``findings`` would change."""
        from flaskdoctor.fixes.session import look_at, plan

        del options
        if self._project is None:
            self._project = look_at(root)
        made = plan(root, findings, self._project)
        self._planned += 1
        self._plans[self._planned] = made
        self._plans.pop(self._planned - KEPT_PLANS, None)
        return Preview(
            tuple(change(edit, root) for edit in made.edits),
            made.fixed,
            tuple((refused.finding, refused.reason) for refused in made.refused),
            self._planned,
            made.notes,
        )

    def on_apply(self, root: str, options: Options, number: int) -> Outcome:
        """Make the changes of the plan ``number``; a result that is not what the fixes promise is taken back."""
        from flaskdoctor.fixing import apply_checked

        plan = self._plans.pop(number, None)
        if plan is None:
            raise Conflict("This preview is too old", "Look at it again, then fix it.")
        with self._changing():
            done = apply_checked(root, plan, use_cache=options.cache)
        refused = tuple((each.finding, each.reason) for each in plan.refused)
        return Outcome(done.record, plan.fixed if done.record else (), refused, _relative(root, done.paths))

    def on_ignore(self, root: str, options: Options, finding: Finding) -> Outcome:
        """Write the comment that switches a finding off."""
        from flaskdoctor.fixing import ignore_finding

        with self._changing():
            done = ignore_finding(root, finding, use_cache=options.cache)
        return Outcome(done.record, (finding,), paths=_relative(root, done.paths))

    def on_undo(self, root: str, options: Options, record: str) -> Outcome:
        """Take a fix back."""
        from flaskdoctor.fixes.journal import Journal

        del options
        with self._changing():
            done = Journal().undo(root, record)
        return Outcome(done.record, paths=_relative(root, done.paths))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Files are written meanwhile; the project that was looked at before is out of date then."""
        try:
            with self.writing:
                yield
        finally:
            self._project = None

    def _remember(self, root: str, inputs: Sequence[str]) -> None:
        """Read a long history of git's to its end, beside all else. The file that the answer is kept in is one of the
        scan's inputs: the watch sees it come, and the next scan has the answer."""
        from flaskdoctor.project.vcs.githistory import history_path

        if history_path(root) not in inputs or self._reading is not None:
            return  # once a run: a branch that moves meanwhile is for the next one
        from flaskdoctor.analysis import Analysis
        from flaskdoctor.config import read_settings
        from flaskdoctor.project.cache import tool_key

        self._reading = Analysis(root, read_settings(root), tool_key(), LONG)
        threading.Thread(target=self._reading.remember, daemon=True).start()

    def end(self) -> NoReturn:
        """End this process, and git's part of what it is at; after the write it is in."""
        with self.writing:
            Running.stop_all()
            os._exit(0)

    def _records(self, root: str) -> tuple[Record, ...]:
        """The journal with its diffs; those that were made before are not made again."""
        from flaskdoctor.fixes.journal import Journal

        known, self._changes = self._changes, {}
        records = []
        for record in Journal().records(root):
            changes = known.get(record.id) or tuple(change(edit, root) for edit in record.edits)
            self._changes[record.id] = changes
            titles = tuple(f"{code} {title}" for code, title in zip(record.codes, record.titles, strict=True))
            records.append(Record(record.id, record.when, titles, changes, record.state, record.problem))
        return tuple(records)


def _relative(root: str, paths: Sequence[str]) -> tuple[str, ...]:
    """Paths as they are shown: git's index is an absolute one in the edits."""
    return tuple(os.path.relpath(path, root) if os.path.isabs(path) else path for path in paths)


def _since(paths: Sequence[str], started: int) -> Signature:
    """What ``stat`` says of ``paths``; None for what changed while the scan ran: the watch will see a change."""
    return tuple(item if item is None or item[0] < started else None for item in signature(paths))


def change(edit: Edit, root: str) -> FileChange:
    """An edit as the dashboard may see it: secrets are masked, and the text of an env file stays here."""
    from flaskdoctor.fixes.shown import shown_diff

    (path,) = _relative(root, (edit.path,))
    return FileChange(path, shown_diff(edit), edit.summary)


def rule_page(code: str) -> RulePage:
    """A rule's documentation, as a page and in the parts that the panels show."""
    from inspect import cleandoc

    from flaskdoctor.rules.registry import find_rule

    rule = find_rule(code)
    text = cleandoc(rule.__doc__ or "")
    sections = _sections(text)
    return RulePage(
        rule.code,
        rule.name,
        text,
        sections.get("why it matters", ""),
        sections.get("what to do instead", ""),
        rule.fix_title,
        rule.fix_risk,
    )


def tip_page(number: int) -> RulePage:
    """A tip's lesson."""
    from flaskdoctor.lessons import lesson_page

    tip = Tip(number)
    return RulePage(f"Tip {number}" if Tip.TOOL < tip < Tip.UPGRADES else "", tip.title, lesson_page(tip))


def _sections(text: str) -> dict[str, str]:
    """The parts of a rule's docstring under its headings, by heading in lower case."""
    parts = re.split(r"(?m)^#+ +(.+?) *$", text)
    return {title.lower(): body.strip() for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Answer what comes from ``source`` until it ends."""
    answers = Answers()
    inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        while (body := _frame(source)) is not None:
            inbox.put(body)
        answers.end()

    threading.Thread(target=read, daemon=True).start()
    while True:
        body = inbox.get()
        kind, root, options, arguments = pickle.loads(body)
        try:
            reply: tuple[bool, object] = (True, answers.answer(kind, root, options, arguments))
        except UserError as error:
            reply = (False, (error.title, error.hint, type(error).__name__))
        except Exception as error:  # noqa: BLE001  (a bug must not end the child: the dashboard says so)
            reply = (False, (*logbook.bug(kind.capitalize(), error), ""))
        answer = pickle.dumps(reply, pickle.HIGHEST_PROTOCOL)
        try:
            target.write(len(answer).to_bytes(8, "big") + answer)
            target.flush()
        except OSError:  # the dashboard is gone
            os._exit(0)
        if kind == "scan" and inbox.empty():
            _warm()


def _warm() -> None:
    """Load what the first preview needs while nobody waits."""
    with suppress(ImportError):
        import flaskdoctor.fixes.pythonfile
        import flaskdoctor.fixes.session  # noqa: F401


def _frame(source: BinaryIO) -> bytes | None:
    head = source.read(8)
    if len(head) < 8:
        return None
    size = int.from_bytes(head, "big")
    body = source.read(size)
    return body if len(body) == size else None


def main() -> None:
    """Serve the pipe. What anything prints does not get into the answers, and no text of the project into the log.

    A process that is told to end takes back the fix it is in.
    """
    for name in ("SIGHUP", "SIGTERM"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, _frame: sys.exit(128 + number))
    warnings.simplefilter("ignore")  # of Python, about the project's code
    logbook.take_over()
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, target)


if __name__ == "__main__":
    main()
