"""An HTTP answer as a page: status line, the command that asks for it again, headers, and the formatted body."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from textual.content import Content

from flaskdoctor.probe.observation import Answer, Ask
from flaskdoctor.tui import safe
from flaskdoctor.tui.panes import words
from flaskdoctor.tui.panes.page import heading, pairs
from flaskdoctor.tui.paper import BLANK, Block, Code, Prose

BODY_LINES = 300
LINE_LENGTH = 600
HEADERS = 200
_PRETTY = 128 * 1024  # characters of JSON that are worth formatting while a user waits

_JSON = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<number>-?\b\d[\d.eE+-]*)
    |(?P<word>\b(?:true|false|null)\b)""",
    re.VERBOSE,
)
_TAG = re.compile(r"</?[A-Za-z!][^<>\s]{0,40}|/?>")
_STYLES = {"key": ".info", "string": ".ok", "number": ".warning", "word": ".accent"}


def answer_page(answer: Answer, base: str, *, dense: bool = False, body_first: bool = False) -> list[Block]:
    """The page of ``answer``; ``base`` is the server's URL (``http://127.0.0.1:5000``). ``body_first`` puts the body
    before the headers."""
    air: list[Block] = [] if dense else [BLANK]
    blocks: list[Block] = [Prose(status_line(answer))]
    asked = (
        command(answer.ask, base),
        *(() if dense else (curl_command(answer.ask, base),)),
    )
    blocks += [Code(Content.styled("$ ", ".faint"), safe.line(line, ".muted")) for line in asked]
    if answer.failure:
        return blocks
    broke = answer.breakage
    if broke is not None and broke.traceback:
        place = words.place(broke.location) if broke.location is not None else ""
        blocks.append(Prose(safe.joined((broke.error, ".error"), (f"  {place}" if place else "", ".muted")), 2))
    if 300 <= answer.status < 400 and (target := answer.header("Location")):
        blocks.append(Prose(safe.joined(("→ ", ".info"), target, ("  not followed", ".faint")), 2))
    headers: list[Block] = [*air, heading("Headers", safe.line("" if answer.headers else "none", ".muted"))]
    headers += pairs((name, safe.line(value)) for name, value in answer.headers[:HEADERS])
    if (more := len(answer.headers) - HEADERS) > 0:
        headers.append(Prose(safe.line(f"  ⋯ and {more} more", ".faint")))
    if not body_first:
        blocks += headers
    content_type = (answer.header("Content-Type") or "").partition(";")[0].strip().lower()
    facts = ", ".join(part for part in (content_type, words.size(answer.size), answer.note) if part)
    blocks += [*air, heading("Body", safe.line(facts, ".muted"))]
    if answer.body:
        blocks += body(content_type, answer.body)
    elif answer.size:
        blocks.append(Prose(safe.line("not shown", ".muted")))
    return [*blocks, *headers] if body_first else blocks


def status_line(answer: Answer) -> Content:
    """``GET /about  HTTP/1.1 200 OK  12 ms``, or why there is none."""
    asked = safe.joined((f"{answer.method} {answer.path}", ".strong"), "  ")
    if answer.failure:
        why = answer.failure if answer.failure.startswith("no answer") else f"no answer: {answer.failure}"
        return Content.assemble(asked, safe.line(why, ".error"))
    return Content.assemble(
        asked,
        safe.line(f"{answer.version} ", ".muted"),
        status(answer),
        safe.line(f"  {words.milliseconds(answer.seconds)}", ".muted"),
    )


def status(answer: Answer) -> Content:
    """``200 OK`` in the colour of its class."""
    if answer.failure:
        return safe.line("no answer", ".error")
    style = {2: ".ok", 3: ".info", 4: ".warning", 5: ".error"}.get(answer.status // 100, "")
    return safe.line(f"{answer.status} {answer.reason}".strip(), style)


def command(asked: Ask, base: str) -> str:
    """The request as HTTPie sends it, to the server at ``base``."""
    from flaskdoctor.probe.httpie import httpie

    return httpie(asked.method, base + asked.path, _headers(asked), asked.body)


def curl_command(asked: Ask, base: str) -> str:
    """The request as curl sends it."""
    from flaskdoctor.probe.httpie import curl

    return curl(asked.method, base + asked.path, _headers(asked), asked.body)


def _headers(asked: Ask) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", asked.content_type),) if asked.body else ()


@lru_cache(maxsize=8)
def body(content_type: str, text: str) -> Sequence[Block]:
    """The lines of a body, JSON formatted, bounded: what is left out is said."""
    lines = text.split("\n", BODY_LINES * 8)
    paint: Callable[[str], Content] = safe.line
    if content_type.endswith("json") or text[:1] in "{[":
        if (pretty := _pretty(text)) is not None:
            lines, paint = pretty, _json
    elif content_type.endswith(("html", "xml")):
        paint = _markup
    blocks: list[Block] = []
    for raw in lines[:BODY_LINES]:
        line = raw.rstrip("\r")
        shown = paint(line[:LINE_LENGTH])
        if len(line) > LINE_LENGTH:
            shown = safe.joined(shown, (f" … {len(line) - LINE_LENGTH} more characters", ".faint"))
        blocks.append(Code(Content("  "), shown))
    if len(lines) > BODY_LINES:
        blocks.append(Prose(safe.line(f"  ⋯ the first {BODY_LINES} lines are shown", ".faint")))
    return tuple(blocks)


def _pretty(text: str) -> list[str] | None:
    """The first lines of formatted JSON, one more than is shown; None for what is none or too long to format now.

    No more is formatted: behind a thousand brackets each of sixty thousand numbers begins with two thousand spaces.
    """
    if len(text) > _PRETTY:
        return None
    pieces = []
    left = BODY_LINES
    try:
        for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(json.loads(text)):
            pieces.append(piece)
            left -= piece.count("\n")
            if left < 0:
                break
    except (ValueError, RecursionError):
        return None
    return "".join(pieces).split("\n")


def _json(text: str) -> Content:
    """One line of formatted JSON, coloured."""
    shown = safe.visible(text)
    content = Content(shown)
    for match in _JSON.finditer(shown):
        content = content.stylize(_STYLES[match.lastgroup or ""], match.start(), match.end())
    return content


def _markup(text: str) -> Content:
    """One line of HTML, its tags' names coloured."""
    shown = safe.visible(text)
    content = Content(shown)
    for match in _TAG.finditer(shown):
        content = content.stylize(".info", match.start(), match.end())
    return content
