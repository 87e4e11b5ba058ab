"""Lines of the project as they may be shown: around a finding, and in a diff. No secret is ever in them."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.env.envfile import DOTS, is_template_name, parse_env
from flaskdoctor.project.masking import mask, mask_plain, mask_slice
from flaskdoctor.project.masking.pieces import NEWLINE
from flaskdoctor.project.plainfile import decode, read_bytes
from flaskdoctor.visible import shortened

__all__ = ["ExcerptLine", "excerpt", "mask", "mask_diff", "masked"]

_LINES = 60  # of one excerpt
_WIDTH = 400  # characters of one line
_HUNK = lazy(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ENV_NAME = lazy(r"\.?(?:env|flaskenv|envrc)(?:[._-].*)?\Z|.*\.env\Z", re.IGNORECASE)


class ExcerptLine(NamedTuple):
    """One line of a file: its number, its masked text without its end, and whether the finding is about it."""

    number: int
    text: str
    marked: bool


def excerpt(root: str, location: Location, context: int = 4) -> list[ExcerptLine]:
    """The lines around a finding, its own marked; empty where there is no line, or no readable file in the project.

    At most sixty lines: of a long statement its beginning.
    """
    if location.line < 1:
        return []
    data = _read(root, location.path)
    if data is None:
        return []
    lines = NEWLINE.split(masked(location.path, data))
    last = max(location.line, location.end_line)
    begin = max(location.line - context, 1)
    end = min(last + context, begin + _LINES - 1, len(lines))
    return [
        ExcerptLine(number, shortened(lines[number - 1], _WIDTH), location.line <= number <= last)
        for number in range(begin, end + 1)
    ]


def masked(path: str, data: bytes) -> str:
    """The text of a file, with as many lines as it has, in the way that suits its name."""
    name = path.rpartition("/")[2]
    if name.endswith((".py", ".pyi")):
        from flaskdoctor.project.code.module import decode as decode_python

        return mask(decode_python(data))
    if _is_env_name(name):
        return _mask_env(data)
    return mask_plain(decode(data))


def mask_diff(diff: str, before: bytes | None = None, after: bytes | None = None) -> str:
    """A unified diff with the secrets in its lines hidden.

    With the bytes of the one file it is about, every line is shown as ``masked`` shows it in its place. Without
    them each hunk is all there is to go by: a line that may be the inside of a string or a bracket opened above
    the hunk is hidden as a whole.
    """
    out: list[str] = []
    lines = re.findall(r"[^\n]*\n|[^\n]+", diff)
    place = 0
    old_path = new_path = ""
    sides = None
    while place < len(lines):
        line = lines[place]
        if line.startswith("--- "):
            old_path = _path_of(line)
        elif line.startswith("+++ "):
            new_path = _path_of(line)
            if before is not None or after is not None:
                sides = (_all_lines(old_path or new_path, before), _all_lines(new_path or old_path, after))
        hunk = _HUNK.match(line)
        place += 1
        if hunk is None:
            out.append(line)
            continue
        out.append(line[: hunk.end()] + "\n")  # git puts a line of code behind the second @@
        counts = [int(hunk[2] or 1), int(hunk[4] or 1)]
        body = []
        while place < len(lines) and (counts[0] > 0 or counts[1] > 0 or lines[place].startswith("\\")):
            body.append(lines[place])
            counts[0] -= lines[place][:1] in (" ", "-", "\n")
            counts[1] -= lines[place][:1] in (" ", "+", "\n")
            place += 1
        if sides is None:
            out.extend(_mask_hunk(body, new_path or old_path))
        else:
            out.extend(_take_hunk(body, int(hunk[1]), int(hunk[3]), *sides))
    return "".join(out)


def _take_hunk(body: list[str], old: int, new: int, before: list[str], after: list[str]) -> list[str]:
    """The lines of a hunk as they stand in the masked files."""
    out = []
    for line in body:
        sign, end = line[:1], line[len(line.rstrip("\r\n")) :]
        if sign == "\\":
            out.append(line)
            continue
        side, number = (before, old) if sign == "-" else (after, new)
        out.append(sign.rstrip("\n") + (side[number - 1] if 0 < number <= len(side) else DOTS) + end)
        old += sign != "+"
        new += sign != "-"
    return out


def _mask_hunk(body: list[str], path: str) -> list[str]:
    """The lines of a hunk, each side of it masked as one piece of text."""
    shown: dict[int, str] = {}
    for signs in ("-", "+"):
        numbers = [number for number, line in enumerate(body) if line[:1] in (" ", "\n", signs)]
        text = "\n".join(body[number][1:].rstrip("\r\n") for number in numbers)
        for number, line in zip(numbers, NEWLINE.split(_mask_piece(path, text)), strict=True):
            plain = body[number][1:].rstrip("\r\n")
            if shown.get(number, plain) == plain:  # a line of both sides is hidden when one of them hides it
                shown[number] = line
    out = []
    for number, line in enumerate(body):
        if line.startswith("\\"):
            out.append(line)
        else:
            out.append(line[:1].rstrip("\n") + shown[number] + line[len(line.rstrip("\r\n")) :])
    return out


def _mask_piece(path: str, text: str) -> str:
    name = path.rpartition("/")[2]
    if name.endswith((".py", ".pyi")) or not name:
        return mask_slice(text)
    if _is_env_name(name):
        return _mask_env(text.encode("utf-8", "surrogatepass"))
    return mask_plain(text)


def _mask_env(data: bytes) -> str:
    """An env file or its template: names, and nothing of values and comments, which may hold secrets too."""
    env = parse_env(data)
    lines = NEWLINE.split(decode(data))
    shown: dict[int, str] = {}
    for binding in env.bindings:
        if binding.named and binding.value is not None:
            empty = f"{binding.shown}={'' if binding.empty else DOTS}"
            shown[binding.line] = _bare(lines[binding.line - 1], binding.shown) or empty
    for name, place in env.commented.items():
        shown.setdefault(place, _bare(lines[place - 1], name) or f"# {name}={DOTS}")
    out = []
    for number, line in enumerate(lines, 1):
        hidden = f"# {DOTS}" if line.lstrip().startswith("#") and not (env.doubt and number >= env.doubt) else DOTS
        out.append(shown.get(number, hidden if line.strip() else ""))
    return "\n".join(out)


def _bare(line: str, name: str) -> str:
    """The line, if it is a name that is known as one and nothing behind it: ``export KEY=``, ``# KEY=``."""
    return line if re.fullmatch(rf"(?:#[ \t]*)?(?:export[ \t]+)?{re.escape(name)}[ \t]*=[ \t]*", line) else ""


def _is_env_name(name: str) -> bool:
    return _ENV_NAME.match(name) is not None or is_template_name(name)


def _read(root: str, path: str) -> bytes | None:
    """The bytes of a file of the project; None for one outside, or one that cannot or should not be read."""
    if os.path.isabs(path) or ".." in path.split("/"):
        return None
    full = os.path.join(root, path)
    inside = os.path.realpath(root)
    if not os.path.realpath(full).startswith(inside.rstrip(os.sep) + os.sep):
        return None
    content = read_bytes(full)
    return content.data if content.state == "ok" else None


def _all_lines(path: str, data: bytes | None) -> list[str]:
    return NEWLINE.split(masked(path, data)) if data is not None else []


def _path_of(line: str) -> str:
    path = line[4:].split("\t")[0].strip()
    if path[:1] == '"':  # git quotes what is more than a plain name
        path = path[1:-1]
    return "" if path == "/dev/null" else path[2:] if path[:2] in ("a/", "b/") else path
