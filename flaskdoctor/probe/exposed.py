"""Files that a server hands out and should not: told by the shape of what comes, not by the status alone."""

from __future__ import annotations

import re

from flaskdoctor.probe.client import Reading
from flaskdoctor.probe.observation import Exposed
from flaskdoctor.project.secrecy.secretnames import is_secret_name

PATHS = ("/.env", "/.git/HEAD", "/app.py")
MOST_BYTES = 4096
_SETTING = re.compile(r"(?:export[ \t]{1,8})?([A-Za-z_]\w{0,80})[ \t]{0,8}=")
_BRANCH = re.compile(r"ref: refs/(?:heads/)?([\w./-]{1,100})\s*\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\s*\Z")
_FLASK = re.compile(r"^(?:from|import) (?:flask|quart)\b", re.MULTILINE)


def exposed(path: str, reading: Reading, control: Reading) -> Exposed | None:
    """What is handed out under ``path``; None where it is something else. ``control`` is the answer to a path that
    does not exist: a server that answers everything alike hands out nothing."""
    if reading.answer.status not in (200, 206) or not reading.data or reading.data == control.data:
        return None
    text = reading.data[:MOST_BYTES].decode("utf-8", errors="replace")
    if "\x00" in text or text.lstrip()[:1] == "<":
        return None
    what = {"/.env": _env, "/.git/HEAD": _git, "/app.py": _source}[path](text)
    return Exposed(path, what) if what else None


def _env(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    names = [found[1] for line in lines if (found := _SETTING.match(line.lstrip()))]
    # A value of several lines (a key) leaves lines without a name.
    if not names or not _SETTING.match(lines[0].lstrip()) or len(names) * 40 < len(lines):
        return ""
    secret = next((name for name in names if is_secret_name(name)), "")
    count = f"{len(names)} setting" + ("" if len(names) == 1 else "s")
    return (
        f"{count}, {secret} among them"
        if secret and len(names) > 1
        else f"{count}: {names[0]}"
        if len(names) == 1
        else count
    )


def _git(text: str) -> str:
    found = _BRANCH.match(text)
    if found:
        return f"the git repository, on branch {found[1]}"
    return "the git repository" if _COMMIT.match(text) else ""


def _source(text: str) -> str:
    return "the app's Python source" if _FLASK.search(text) else ""
