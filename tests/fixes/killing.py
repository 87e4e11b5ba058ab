"""A process of its own that makes a fix of several files again and again, and is stopped at every moment of it.

It imports everything once and forks a child for each try, which costs milliseconds. What the children leave behind is
looked at here, as the next run of flaskdoctor would find it. The last line it prints is a JSON object that counts.
"""

from __future__ import annotations

import builtins
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from flaskdoctor.cli import run
from flaskdoctor.finding import Finding
from flaskdoctor.fixes.apply import apply
from flaskdoctor.fixes.edit import Edit, Plan
from flaskdoctor.fixes.journal import Journal
from flaskdoctor.fixes.session import plan as plan_fixes
from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.scan import Options, scan
from tests.projects import build, tree

SECRET = "canary-hunter2-and-some-more"
SHOP = {
    "config.py": f"import os\n\nSECRET_KEY = '{SECRET}'\nDATABASE = os.environ['DATABASE']\n",
    "app.py": "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_object('config')\n",
    ".env": "DATABASE=shop.db\n",
    ".env.local": "A=1\n",
    ".env-template": "DATABASE=\n",
    "requirements.txt": "flask==3.1.0\npython-dotenv==1.2.4\n",
    "other.py": "x = 1\n",
    "old.sh": "echo\n",
    "run.sh": "echo\n",
    "#git": "track:.env.local,app.py",
}
# What these fixes do not do, others do: a file that goes, and permissions alone.
MORE = (Edit("old.sh", b"echo\n", None), Edit("run.sh", b"echo\n", b"echo\n", mode=0o700))
# Where a process can be stopped: before each of these, and in the middle of a write.
CALLS = (
    "open",
    "replace",
    "rename",
    "link",
    "unlink",
    "fsync",
    "fchmod",
    "chmod",
    "close",
    "mkdir",
    "stat",
    "listxattr",
)


def shop(folder: Path) -> tuple[Path, Plan]:
    """A project, and the fix of FD301 (code, .env, template, .gitignore) and of FD331 (git's index) in one plan."""
    root = build(folder, SHOP)
    (root / ".env").chmod(0o600)
    found = scan(str(root), Options(cache=False)).report.findings
    wanted = [item for item in found if item.code in ("FD301", "FD331")]
    made = plan_fixes(str(root), wanted)
    paths = {os.path.basename(edit.path) for edit in made.edits}
    assert paths == {"config.py", ".env", ".env-template", ".gitignore", "index"}, (paths, made.refused)
    return root, made


def at_each_call(act: Callable[[], None]) -> None:
    """From now on ``act`` is called before each system call that counts, and half-way through a write."""

    def before(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            act()
            return call(*args, **kwargs)

        return wrapper

    for name in CALLS:
        original = getattr(os, name)
        replaced = before(original)
        setattr(os, name, replaced)
        for known in (os.supports_dir_fd, os.supports_effective_ids):
            if original in known:
                known.add(replaced)
    opened = builtins.open

    def halting(*args: Any, **kwargs: Any) -> Any:
        file = opened(*args, **kwargs)
        return _Halting(file, act) if isinstance(args[0], int) and "w" in file.mode else file

    builtins.open = halting  # type: ignore[assignment]


class _Halting:
    """A file whose first write stops in the middle, with one half on the disk."""

    def __init__(self, file: Any, act: Callable[[], None]) -> None:
        self._file = file
        self._act: Callable[[], None] | None = act

    def write(self, data: Any) -> None:
        half = len(data) // 2
        self._file.write(data[:half])
        if self._act is not None:
            self._file.flush()
            self._act()
            self._act = None
        self._file.write(data[half:])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _Halting:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def forked(work: Callable[[], object]) -> int:
    """A child that does ``work`` and ends with 0; gives its number."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def after(moment: int, act: Callable[[], None]) -> Callable[[], None]:
    """Does ``act`` when it is called for the ``moment``-th time (0 is the first)."""
    left = moment

    def count() -> None:
        nonlocal left
        if left == 0:
            act()
        left -= 1

    return count


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Shop:
    """The project as it was, what the fix makes of it, and what is found after somebody was stopped."""

    def __init__(self, folder: Path, *more: Edit) -> None:
        self.folder = folder
        self.root, plan = shop(folder / "shop")
        self.plan = plan._replace(edits=(*plan.edits, *more))
        self.index = self.root / ".git/index"
        self.old = self.look()
        state = self.state("first")
        apply(str(self.root), self.plan, state)
        self.new = self.look()
        self.undo(state)
        self.counts: dict[str, int] = {}

    def look(self) -> dict[str, bytes | None]:
        found: dict[str, bytes | None] = dict(tree(self.root))
        mode = str((self.root / "run.sh").stat().st_mode).encode()
        return {".gitignore": None, "old.sh": None, **found, "index": self.index.read_bytes(), "mode": mode}

    def state(self, name: object) -> Journal:
        return Journal(str(self.folder / f"state-{name}"))

    def undo(self, journal: Journal) -> None:
        """Take everything back, the last first, as the next run can."""
        for record in journal.records(str(self.root)):
            if record.state != "undone":
                journal.undo(str(self.root), record.id)

    def leftovers(self) -> list[str]:
        return [str(path) for path in self.root.rglob("*") if "flaskdoctor-" in path.name or path.name == "index.lock"]

    def check(self, journal: Journal) -> None:
        """Every file is the old or the new one; the journal tells; the next run cleans up, works and undoes."""
        found = {name: data for name, data in self.look().items() if "flaskdoctor-" not in name}
        for name, data in found.items():
            assert data in (self.old[name], self.new[name]), name
        records = journal.records(str(self.root))
        assert not journal.look(str(self.root)).unreadable
        states = [record.state for record in records]
        if found != self.old:
            assert states in (["interrupted"], ["applied"]), states
            assert {os.path.basename(path) for path in records[0].paths} >= {"config.py", ".env", "index"}
        self.count(states[0] if states else "no record")
        if found not in (self.old, self.new):
            self.count("some files changed")
        if self.leftovers():
            self.count("something left beside")
        other = Plan((Edit("other.py", b"x = 1\n", b"x = 2\n"),), ())
        apply(str(self.root), other, journal)  # what is left is in nobody's way
        assert not self.leftovers()
        self.undo(journal)
        assert self.look() == self.old
        assert {record.state for record in journal.records(str(self.root))} == {"undone"}
        assert not list(Path(journal.folder).rglob("*.new"))
        shutil.rmtree(journal.folder)

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1


def killed_at_every_call(folder: Path) -> dict[str, int]:
    """Killed before each system call of a fix and of its undoing."""
    place = Shop(folder, *MORE)
    for moment in range(1000):
        journal = place.state(moment)

        def work(moment: int = moment, journal: Journal = journal) -> None:
            at_each_call(after(moment, die))
            record = apply(str(place.root), place.plan, journal).record
            journal.undo(str(place.root), record)

        _, status = os.waitpid(forked(work), 0)
        if status == 0:
            return place.counts
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, status
        place.count("kills")
        place.check(journal)
    raise AssertionError("it never came to its end")


def killed_at_any_time(folder: Path, kills: int) -> dict[str, int]:
    """Killed from outside at a random time, while each system call is slow."""
    place = Shop(folder, *MORE)
    chance = random.Random(4711)
    needs = 0.0
    while place.counts.get("kills", 0) < kills:
        journal = place.state("random")

        def work(journal: Journal = journal) -> None:
            at_each_call(lambda: time.sleep(0.0002))
            record = apply(str(place.root), place.plan, journal, verify=tuple).record
            journal.undo(str(place.root), record)

        started = time.monotonic()
        process = forked(work)
        if needs:
            time.sleep(chance.uniform(0, needs))
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        needs = needs or time.monotonic() - started
        place.count("kills" if status else "ran to the end")
        place.check(journal)
    return place.counts


def told_to_end(folder: Path, name: str, every: int) -> dict[str, int]:
    """``--fix`` gets a signal before every so many system calls, in the whole of it."""
    place = Shop(folder)
    number = getattr(signal, name)
    os.environ["FLASKDOCTOR_STATE_DIR"] = place.state("told").folder
    expected = 128 + number
    for moment in range(0, 100_000, every):
        journal = place.state("told")
        said = folder / "said"

        def work(moment: int = moment, said: Path = said) -> None:
            descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            sys.argv = ["flaskdoctor", "--fix", "--unsafe-fixes", "--no-cache", "--select=FD301,FD331", str(place.root)]
            at_each_call(after(moment, lambda: os.kill(os.getpid(), number)))
            try:
                run()
            except SystemExit as end:
                sys.stderr.flush()
                os._exit(end.code if isinstance(end.code, int) else 1)

        _, status = os.waitpid(forked(work), 0)
        words = said.read_text()
        assert "Traceback" not in words, words
        assert "bug" not in words, words
        assert SECRET not in words, words
        code = os.waitstatus_to_exitcode(status)
        found = place.look()
        assert found in (place.old, place.new), words
        assert not place.leftovers()
        states = [record.state for record in journal.records(str(place.root))]
        assert states == ([] if found == place.old else ["applied"]), states
        if code in (0, 1):
            place.undo(journal)
            return place.counts
        # Before flaskdoctor has begun, SIGTERM ends it as any process.
        assert code == expected or (code == -number and found == place.old), (code, words)
        place.count("signals")
        if "stopped" in words:
            place.count("said so")
        place.count("before" if found == place.old else "after")
        place.undo(journal)
        shutil.rmtree(journal.folder, ignore_errors=True)
    raise AssertionError("it never came to its end")


def together(*works: Callable[[], object]) -> None:
    """Do all of this at once, each in a process of its own, and wait for the ends."""
    ready, go = os.pipe()

    def begin(work: Callable[[], object]) -> None:
        os.close(go)
        os.read(ready, 1)  # until the other end is closed
        work()

    children = [forked(partial(begin, work)) for work in works]
    os.close(ready)
    os.close(go)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)


def two_at_once(folder: Path, rounds: int) -> dict[str, int]:
    """Two ``--fix`` on one tree, and one ``--fix`` beside an undo: as one after the other."""
    files = {
        f"part{n}.py": "from flask import jsonify\n\nfrom app import app\n\n\n"
        f"@app.get('/{n}')\ndef part{n}():\n    return jsonify({{'a': {n}}})\n"
        for n in range(4)
    }
    root = build(folder / "shop", {"app.py": SHOP["app.py"], "requirements.txt": "flask==3.1.0\n", **files})
    options = Options(select=("FD101",), cache=False)
    before = tree(root)
    counts = {"rounds": 0, "both wrote": 0}

    def fix() -> None:
        fix_to_the_end(str(root), options, (), unsafe=False)

    def fixed() -> list[Finding]:
        return [item for item in scan(str(root), options).report.findings if item.code == "FD101"]

    for number in range(rounds):
        journal = Journal(str(folder / f"state-{number}"))
        os.environ["FLASKDOCTOR_STATE_DIR"] = journal.folder
        if number % 3 == 2:  # an undo beside it
            fix()
            (first,) = journal.records(str(root))
            (root / "part9.py").write_text(files["part3.py"].replace("part3", "part9").replace("/3", "/9"))
            together(fix, partial(journal.undo, str(root), first.id))
        else:
            together(fix, fix)
        if number % 3 != 2:
            assert not fixed()
        records = journal.records(str(root))
        assert {record.state for record in records} <= {"applied", "undone"}, records
        written = [path for record in records for path in record.paths if record.state == "applied"]
        assert len(written) == len(set(written)), "a change was made twice"
        counts["both wrote"] += len(records) > 1
        for record in records:
            if record.state == "applied":
                journal.undo(str(root), record.id)
        (root / "part9.py").unlink(missing_ok=True)
        assert tree(root) == before
        counts["rounds"] += 1
    return counts


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    works = {
        "every call": killed_at_every_call,
        "any time": lambda folder: killed_at_any_time(folder, int(rest[0])),
        "signal": lambda folder: told_to_end(folder, rest[0], int(rest[1])),
        "two": lambda folder: two_at_once(folder, int(rest[0])),
    }
    print(json.dumps(works[what](Path(where))))
