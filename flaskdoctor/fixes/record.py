"""One record of the journal: what is in its file, and what is shown of it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from flaskdoctor.errors import UserError
from flaskdoctor.fixes.edit import Edit, Plan
from flaskdoctor.fixes.folder import opened
from flaskdoctor.fixes.steps import Step, current, place_of
from flaskdoctor.fixes.takeback import taken_back

FORMAT = 1


class Record(NamedTuple):
    """One applied fix. ``state`` is "applied", "undone", "interrupted" (the writer was killed: some files may be
    changed) or "conflict" (its lines have changed since, so that it cannot be undone). ``when`` is seconds since
    the epoch; ``titles`` and ``codes`` are those of the findings it mends; ``problem`` says what a conflict is."""

    id: str
    when: float
    titles: tuple[str, ...]
    codes: tuple[str, ...]
    state: str
    edits: tuple[Edit, ...]
    problem: str = ""

    @property
    def undone(self) -> bool:
        """Whether it was taken back."""
        return self.state == "undone"

    @property
    def paths(self) -> tuple[str, ...]:
        """The files it changed."""
        return tuple(edit.path for edit in self.edits)


class Listing(NamedTuple):
    """The records of a project, newest first, and the files among them that cannot be read."""

    records: tuple[Record, ...]
    unreadable: tuple[str, ...] = ()


class Files:
    """Files as they are now, each read once."""

    def __init__(self) -> None:
        self._known: dict[str, bytes | None] = {}

    def can_go_back(self, step: Step) -> bool:
        """Whether what the step changed can be taken out of the file as it is now."""
        try:
            if step.target not in self._known:
                self._known[step.target] = current(step)[0]
            taken_back(step, self._known[step.target])
        except UserError:
            return False
        return True


def new_record(record: str, now: float, root: str, plan: Plan, steps: Sequence[Step]) -> dict[str, Any]:
    """The record of a plan that is about to be written."""
    return {
        "format": FORMAT,
        "id": record,
        "time": float(now),
        "root": root,
        "state": "writing",
        "process": os.getpid(),
        "findings": [{"code": each.code, "title": each.message, "path": each.location.path} for each in plan.fixed],
        "edits": [
            {
                "path": step.path,
                "before": _encoded(step.before),
                "after": _encoded(step.after),
                "mode_before": step.mode_before,
                "mode_after": step.mode_after,
                "secret": edit.secret,
                "summary": edit.summary,
            }
            for edit, step in zip(plan.edits, steps, strict=True)
        ],
    }


def shown(stored: Mapping[str, Any], steps: Sequence[Step], files: Files) -> Record:
    """The record as History shows it."""
    edits = tuple(
        Edit(step.path, step.before, step.after, step.mode_after, bool(edit["secret"]), str(edit["summary"]))
        for step, edit in zip(steps, stored["edits"], strict=True)
    )
    state, problem = "interrupted", ""
    if stored["state"] == "undone":
        state = "undone"
    else:
        if stored["state"] == "applied":
            state = "applied"
        stuck = [step.path for step in steps if not files.can_go_back(step)]
        if stuck:
            state, problem = "conflict", f"{', '.join(stuck)} changed since"
    findings = stored["findings"]
    return Record(
        stored["id"],
        float(stored["time"]),
        tuple(str(each["title"]) for each in findings),
        tuple(str(each["code"]) for each in findings),
        state,
        edits,
        problem,
    )


def steps_of(root: str, stored: Mapping[str, Any]) -> list[Step]:
    """What was written. Raises ``ValueError``, ``KeyError`` or ``UserError`` where the record is no such thing."""
    return [
        Step(
            _text(edit["path"]),
            place_of(root, _text(edit["path"])),
            _decoded(edit["before"]),
            _decoded(edit["after"]),
            _mode(edit["mode_before"]),
            _mode(edit["mode_after"]),
        )
        for edit in stored["edits"]
    ]


def load(path: str) -> dict[str, Any]:
    """The content of a record's file. Raises ``OSError`` or ``ValueError`` where it is none."""
    with open(path, "rb") as file:
        stored = json.load(file)
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise ValueError("not a record")
    kinds = {"id": str, "time": float, "state": str, "process": int, "findings": list, "edits": list}
    if not all(isinstance(stored.get(key), kind) for key, kind in kinds.items()):
        raise ValueError("not a record")
    if stored["state"] not in ("writing", "applied", "undoing", "undone"):
        raise ValueError("not a record")
    return stored


def store(path: str, stored: Mapping[str, Any]) -> None:
    """Replace a record in one step, on disk before this returns."""
    temporary = f"{path}.{os.getpid()}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(stored, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    with opened(os.path.dirname(path)) as folder:
        folder.sync()


def holds_secret(plan: Plan) -> bool:
    """Whether the files of a plan, as a whole, hold what must not be kept for long."""
    return any(edit.secret or _shows(edit.path, edit.before) or _shows(edit.path, edit.after) for edit in plan.edits)


def _shows(path: str, data: bytes | None) -> bool:
    from flaskdoctor.project.env.envfile import DOTS, is_template_name
    from flaskdoctor.project.secrecy.excerpt import masked

    if not data or os.path.isabs(path) or is_template_name(path.rpartition("/")[2]):
        return False
    return masked(path, data).count(DOTS) > data.count(DOTS.encode())


def _encoded(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")


def _decoded(text: object) -> bytes | None:
    return None if text is None else base64.b64decode(_text(text), validate=True)


def _mode(value: object) -> int | None:
    if value is None or (isinstance(value, int) and 0 <= value <= 0o7777):
        return value
    raise ValueError("not a mode")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("not a text")
