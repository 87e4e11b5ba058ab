"""What an error page says: the exception and its place in the project.

Pages are looked at with bounded patterns, never with ``html.parser``: that is quadratic, and a broken debug
server's page grows with every request.
"""

from __future__ import annotations

import html
import os
import re

from flaskdoctor.finding import Location
from flaskdoctor.probe.content import is_debugger_page
from flaskdoctor.probe.observation import Breakage
from flaskdoctor.project.masking.text import hide_assigned, hide_known
from flaskdoctor.visible import shortened

_LOOKED_AT = 64 * 1024  # at the head and at the tail of a page
_MAX_ERROR = 300
_MAX_FRAMES = 400
_MAX_DEPTH = 16  # folders of a path in a container that are looked for in the project

_TITLE = re.compile(r"<title>([^<]{0,1000})", re.IGNORECASE)
_TYPE = re.compile(r"<h1>([\w.]{1,200})</h1>")
_MESSAGE = re.compile(r'<p class="errormsg">([^<]{0,8000})')
_FRAME = re.compile(r'File "([^"\r\n]{1,1000})", line (\d{1,7})')
_CITED = re.compile(r'<cite class="filename">"([^"<]{1,1000})"</cite>,\s{1,60}line <em class="line">(\d{1,7})</em>')
_LAST_LINE = re.compile(r"^([A-Za-z_][\w.]{0,200}(?:: [^\r\n]{0,500})?)[ \t]*$", re.MULTILINE)
_TRACEBACK = "Traceback (most recent call last)"


def shows_traceback(text: str) -> bool:
    """Whether a page shows a traceback, as the debugger's or as plain text."""
    return _TRACEBACK in text or is_debugger_page(text)


def read_breakage(text: str, status: int, reason: str, root: str) -> Breakage:
    """Why a server answered with an error. ``text`` is the page, ``root`` the project's folder (may be empty)."""
    head, tail = text[:_LOOKED_AT], text[-_LOOKED_AT:]
    if not shows_traceback(text):
        return Breakage(f"{status} {reason}".strip())
    error = _debugger_error(head) if is_debugger_page(head) else ""
    plain = html.unescape(tail)
    if not error:
        error = _plain_error(plain)
    frames = [(path, int(line)) for path, line in _FRAME.findall(plain)[-_MAX_FRAMES:]]
    place = _last_in_project(frames, root)
    if place is None:
        # The page was cut: its head has the message (a SyntaxError's own place), then the frames.
        frames = [(html.unescape(path), int(line)) for path, line in _CITED.findall(head)[:_MAX_FRAMES]]
        frames += [(path, int(line)) for path, line in _FRAME.findall(html.unescape(_message(head)))]
        place = _last_in_project(frames, root)
    return Breakage(_shown(error) or f"{status} {reason}".strip(), place, True)


def _message(head: str) -> str:
    found = _MESSAGE.search(head)
    return found[1] if found else ""


def _debugger_error(head: str) -> str:
    """The error of the debugger's page: its title, or for a SyntaxError, whose title is a place, the last line."""
    title = _TITLE.search(head)
    first = html.unescape(title[1]).partition("// Werkzeug Debugger")[0].strip() if title else ""
    kind = _TYPE.search(head)
    if kind is None or first.startswith(kind[1]):
        return first
    lines = html.unescape(_message(head)).splitlines()
    for line in reversed(lines):
        if line.startswith(kind[1]):
            return line
    return kind[1]


def _plain_error(text: str) -> str:
    """The last line of the last traceback: the first unindented line behind its frames."""
    found = _LAST_LINE.search(text, text.rfind(_TRACEBACK) + len(_TRACEBACK))
    return found[1] if found else ""


def _shown(error: str) -> str:
    return shortened(hide_assigned(hide_known(" ".join(error[:2000].split())), "string"), _MAX_ERROR)


def _last_in_project(frames: list[tuple[str, int]], root: str) -> Location | None:
    if not root:
        return None
    for path, line in reversed(frames):
        inside = _relative(path, root)
        if inside is not None and _shown_as_code(inside, root):
            return Location(inside, line)
    return None


def _shown_as_code(path: str, root: str) -> bool:
    """Whether a place that a page names may be shown and opened: the page is not trusted, and could name ``.env`` or a
    link that leads out of the project."""
    if any(part.startswith(".") for part in path.split("/")):
        return False
    base = os.path.realpath(root)
    return os.path.realpath(os.path.join(root, path)).startswith(base.rstrip(os.sep) + os.sep)


def _relative(path: str, root: str) -> str | None:
    """A traceback's path, relative to the project; None for a file of somebody else.

    A server in a container has its project somewhere else: there the longest tail of the path counts that is a
    file of the project.
    """
    shown = path.replace("\\", "/")
    parts = shown.split("/")
    if ".." in parts or "\x00" in shown or any(part in _FOREIGN for part in parts):
        return None
    for base in dict.fromkeys((os.path.abspath(root), os.path.realpath(root))):
        if os.path.normcase(shown).startswith(os.path.normcase(base).replace("\\", "/").rstrip("/") + "/"):
            return shown[len(base.rstrip("/\\")) + 1 :]
    if not os.path.isabs(path) and parts[0] and os.path.isfile(os.path.join(root, *parts)):
        return shown
    if re.search(r"/lib/python3|/lib64/python3|/Lib/", shown):
        return None
    for start in range(max(1, len(parts) - _MAX_DEPTH), len(parts)):
        if start > 1 or len(parts) == 2:
            tail = parts[start:]
            if os.path.isfile(os.path.join(root, *tail)):
                return "/".join(tail)
    return None


_FOREIGN = frozenset({"site-packages", "dist-packages", "<frozen importlib._bootstrap>"})
