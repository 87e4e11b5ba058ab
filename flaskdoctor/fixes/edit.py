"""A change to one file: the bytes before and after. The diff is computed from them, never stored."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Finding

# A newline in a name would fake a line of the patch; a space would end the name; a surrogate is an undecodable byte.
_TELLING = re.compile('[\x00-\x20\x7f-\xa0"\\\\\u2028\u2029\ud800-\udfff]')


class Overlap(Refuse):
    """Another fix changes the same place; this one can be made once that one is."""


class Edit(NamedTuple):
    """One file's change. ``path`` is relative to the root (POSIX), except git's index, which is absolute.

    ``before`` None: the file is created; ``after`` None: it is deleted. ``mode`` is the permission bits to
    set (None: keep, or 0644 less the umask for a new file). ``secret`` marks a change whose text may hold
    secret values: it is told in ``summary`` (names only) and never shown as a diff. ``then`` is what is left for the
    user to do ("run `uv lock`").
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int | None = None
    secret: bool = False
    summary: str = ""
    then: str = ""

    def __repr__(self) -> str:
        """Never the bytes: a traceback, a log or a crash screen may show this."""
        what = "create" if self.before is None else "delete" if self.after is None else "change"
        return f"Edit({what} {self.path!r}{', secret' if self.secret else ''})"

    def __str__(self) -> str:
        return repr(self)

    def diff(self, context: int = 3) -> str:
        """The change as a unified diff that ``git apply`` takes, with ``context`` lines around each change (at least
        one); empty for a secret or a binary change."""
        if self.secret or self.path.startswith("/") or ":" in self.path[:2]:
            return ""  # git's index is no text
        try:
            before = (self.before or b"").decode("utf-8")
            after = (self.after or b"").decode("utf-8")
        except UnicodeDecodeError:
            return ""
        source = "/dev/null" if self.before is None else _quoted(f"a/{self.path}")
        target = "/dev/null" if self.after is None else _quoted(f"b/{self.path}")
        import difflib  # only who shows or writes a change needs it

        lines: list[str] = []
        for line in difflib.unified_diff(_lines(before), _lines(after), source, target, n=context):
            lines.append(line)
            if not line.endswith("\n"):
                lines.append("\n\\ No newline at end of file\n")
        return "".join(lines)


def _quoted(path: str) -> str:
    """A path as git writes it in a patch: quoted where a character of it could be taken for more than a name."""
    if not _TELLING.search(path):
        return path
    return f'"{"".join(_octal(byte) for byte in os.fsencode(path))}"'


def _octal(byte: int) -> str:
    return chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\' else f"\\{byte:03o}"


def _lines(text: str) -> list[str]:
    """Lines as diff and git count them: only a newline ends one, a form feed or a lone CR does not."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


class Refused(NamedTuple):
    """A finding whose fix was not made, and why."""

    finding: Finding
    reason: str


class Plan(NamedTuple):
    """What fixing some findings would do: at most one edit a file, the findings it mends, those it cannot.

    ``notes`` say what is left for a human to do, one sentence each: a secret to rotate, a package to install.
    """

    edits: tuple[Edit, ...]
    fixed: tuple[Finding, ...]
    refused: tuple[Refused, ...] = ()
    notes: tuple[str, ...] = ()
