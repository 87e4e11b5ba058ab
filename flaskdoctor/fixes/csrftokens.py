"""The token of Flask-WTF in the forms of a template that post without one: bytes in, bytes out."""

from __future__ import annotations

import re

_FORM = re.compile(rb"<form\b[^>]{0,2000}>", re.IGNORECASE)
_POSTS = re.compile(rb"\bmethod\s*=\s*[\"']?\s*post", re.IGNORECASE)
_ELSEWHERE = re.compile(rb"\baction\s*=\s*[\"']?\s*(?:https?:)?//", re.IGNORECASE)
_TOKEN = re.compile(rb"csrf|hidden_tag\s*\(", re.IGNORECASE)
_INPUT = b'<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">'


def add_tokens(data: bytes) -> bytes:
    """A template in which every form that posts to the site itself has a token, below its first line, as far in as
    what follows. A form that has one already stays as it is."""
    out = []
    done = 0
    forms = list(_FORM.finditer(data))
    for index, form in enumerate(forms):
        limit = forms[index + 1].start() if index + 1 < len(forms) else len(data)
        closed = data.find(b"</form", form.end(), limit)
        body = data[form.end() : limit if closed < 0 else closed]
        if not _POSTS.search(form.group()) or _ELSEWHERE.search(form.group()) or _TOKEN.search(body):
            continue
        out += [data[done : form.end()], _before(body), _INPUT]
        done = form.end()
    return b"".join([*out, data[done:]])


def _before(body: bytes) -> bytes:
    """The line end and the blanks in front of what a form begins with; nothing where it begins on the same line."""
    match = re.match(rb"[ \t]*(\r?\n)(?:[ \t]*\r?\n)*([ \t]*)", body)
    return match.group(1) + match.group(2) if match else b""
