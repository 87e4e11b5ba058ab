"""A template from a .env, and a .env from a template: bytes in, bytes out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.fixes.envfile import add_key, text_of
from flaskdoctor.fixes.envplace import originals
from flaskdoctor.fixes.lines import line_ending
from flaskdoctor.project.env.envfile import NAME, parse_env
from flaskdoctor.project.env.envuse import own_uses

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

_EXPORT = re.compile(r"\s*(export[^\S\r\n]+)")


def new_env(template: bytes, spared: Collection[str] = ()) -> bytes:
    """The first .env, made from a template: the same lines. Raises ``Refuse`` for one that is no UTF-8.

    ``KEY=`` with nothing behind it is a comment where the code does without the key (``spared``): the app would get
    an empty text in the place of its default.
    """
    text = text_of(template)
    empty = {binding.shown for binding in parse_env(template).bindings if binding.empty}
    lines = []
    for string, key in originals(text):
        if key in spared and key in empty:
            body = string.lstrip()
            string = f"{string[: len(string) - len(body)]}# {body}"
        lines.append(string)
    return "".join(lines).encode("utf-8")


def first_template(project: Project, env: bytes) -> bytes:
    """The template of a project whose .env has the bytes ``env``: its names and those that the code reads. Raises
    ``Refuse`` where a name in it could be a piece of a secret."""
    uses = {name: use for name, use in own_uses(project).items() if NAME.match(name)}
    missing = unset_names(project, uses)
    return new_template(
        env,
        optional=[name for name, use in uses.items() if use.kind == "optional"],
        more=[name for name in missing if uses[name].kind == "required"],
        more_optional=[name for name in missing if uses[name].kind != "required"],
    )


def unset_names(project: Project, names: Iterable[str]) -> list[str]:
    """Those of ``names`` that no env file speaks of."""
    return [name for name in names if not project.env.env.mentions(name) and not project.env.flaskenv.sets(name)]


def new_template(
    env: bytes, *, optional: Collection[str] = (), more: Iterable[str] = (), more_optional: Iterable[str] = ()
) -> bytes:
    """A template with the names in ``env`` and none of its values.

    Blank lines, ``export`` and harmless whole-line comments stay; each name comes once; keys in
    ``optional`` are written as ``# KEY=``, so that a copy does not override a default with nothing.
    ``more`` and ``more_optional`` are names that the code reads beside these. Raises ``Refuse`` for a file
    in which a name could be a piece of a secret.
    """
    known = parse_env(env)
    if not known.readable:
        raise Refuse("No template is made from this .env", known.trouble)
    if known.doubt or any(not binding.named for binding in known.bindings):
        line = known.trouble or next(f"the name on {b.shown} is unusual" for b in known.bindings if not b.named)
        raise Refuse("No template is made from this .env", f"{line}: what follows could be a secret, not a name.")
    values = [binding.value.reveal() for binding in known.bindings if binding.value is not None]
    pieces = {piece.lower() for value in values for piece in (value, *re.findall(r"\w{4,}", value)) if len(piece) > 3}
    pieces -= _COMMON_WORDS
    local = {binding.shown for binding in known.bindings if binding.local or is_local(binding.shown)}
    ending = line_ending(env).decode("ascii")
    written: set[str] = set()
    lines: list[str] = []
    for string, key in originals(text_of(env)):
        body = string.lstrip()
        blank = [""] * (len(re.findall(r"\r\n|\n|\r", string[: len(string) - len(body)])) if lines else 0)
        if key is None:
            if body.strip() and harmless(body, pieces):
                lines += [*blank, body.rstrip()]
        elif key not in written and key not in local:
            written.add(key)
            export = match.group(1) if (match := _EXPORT.match(string)) else ""
            lines += [*blank, f"{'# ' if key in optional else ''}{export}{key}="]
    template = "".join(line + ending for line in lines).encode("utf-8")
    for key in more:
        template = template if key in written else add_key(template, key)
    for key in more_optional:
        template = template if key in written else add_key(template, key, commented=True)
    return template


def made_required(template: bytes, key: str) -> bytes:
    """``template`` with its line ``# KEY=``, the mark of a key that may be missing, as ``KEY=``."""
    name = re.escape(key.encode("utf-8"))
    return re.sub(rb"^# ?((?:export )?%b=)(?=\r?$)" % name, rb"\1", template, count=1, flags=re.MULTILINE)


def is_local(key: str) -> bool:
    """Whether a key belongs to one machine by its name alone: docker compose's own settings."""
    return key.startswith("COMPOSE_")


_COMMON_WORDS = frozenset((
    "true", "false", "none", "null", "localhost", "development", "production", "testing", "debug", "http", "https",
    "flask", "redis", "sqlite", "postgresql", "mysql", "smtp", "mail",
))  # fmt: skip
_ASSIGNMENT = re.compile(
    r"=|\b(?:pass(?:word|wd|phrase)?|pwd|secret|token|key|pin|user|login)\b\W*(?:is|was|:|->)", re.IGNORECASE
)
_CREDENTIALS = re.compile(r"://[^\s/]*@|@\S*:|:\S*@|BEGIN|END ")
_MIXED = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[^\s.,()]{6,}|\S*[a-z][A-Z]\S*[a-z][A-Z]\S*|[A-Za-z0-9+/_-]{20,}")


def harmless(comment: str, pieces: Collection[str] = ()) -> bool:
    """Whether a comment may stand in a template: no assignment, no credentials, nothing that looks like
    a token, and none of ``pieces`` (parts of the file's values, in lower case)."""
    lower = comment.lower()
    return not (
        _ASSIGNMENT.search(comment)
        or _CREDENTIALS.search(comment)
        or _MIXED.search(comment)
        or any(piece in lower for piece in pieces)
    )
