"""Hiding what can be told from text alone: tokens, keys, logins in URLs, values behind a secret's name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flaskdoctor.patterns import lazy
from flaskdoctor.project.env.envfile import DOTS
from flaskdoctor.project.masking.pieces import NEWLINE
from flaskdoctor.project.secrecy.secretnames import PRIVATE_KEY, PROVIDER_TOKENS, URL_CREDENTIALS, is_secret_name

Span = tuple[int, int]

SECRET_WORD = lazy(
    r"secret|passw|passphrase|pwd|pass\b|token|key|salt|pepper|dsn|credential|auth|bearer", re.IGNORECASE
)
# What comes before it in the word (the search begins at words, or a long one would be gone through from each of its
# letters), a secret's name, what may close around it (``["KEY"]``), a separator and the value, quoted or not.
_ASSIGNED = lazy(
    r"(?<![\w.-])(?:[.-]|[^\WA-Za-z_])*+(?P<name>[A-Za-z_][\w.-]*+)(?P<close>[\"'\])}]*[^\S\r\n]*(?::[^\S\r\n]*[A-Za-z_][\w.\[\]]*[^\S\r\n]*(?==))?)"
    r"(?P<sep>:=|==|!=|=>|[=:,])(?P<gap>[^\S\r\n]*)(?:(?P<quote>[rbuRBU]{0,2}\"\"\"|[rbuRBU]{0,2}'''|[rbuRBU]{0,2}[\"'])(?P<quoted>[^\r\n]*)|(?P<bare>[^\s\"'][^\r\n]*))?"
)
_HEADER = lazy(
    r"\b(?P<kind>Bearer|Basic|Token)(?P<gap>[ \t]+)(?=[A-Za-z._~+/=-]*\d|[A-Za-z._~+/=-]{20})"
    r"(?P<value>[A-Za-z0-9._~+/=-]{8,})"
)
_REFERENCE = lazy(
    r"(?:\{\{?[^{}]*\}?\}|\$\{[^{}:]*\}|\$[A-Z_]+|%\(\w+\)s|%s|<[^<>]*>|\*+|None|null|True|true|False|false|•+)(?![\w!#$*.-])"
)
_FILLED_IN = lazy(r"\{[^{}]*\}|\$\{[^{}:]*\}|%\(\w+\)s|%s|•+")
# ``get_token()``, ``os.environ["TOKEN"]``: where a value comes from, and no value.
_CODE = lazy(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\([\w., ]*\)|\[\w*\]|[\[(]\s*[\"'][A-Z_][A-Z0-9_]*[\"']\s*[\])])[\s,;)]*\Z"
)
_CALL = lazy(r"[A-Za-z_][\w.]*[\[(]")
_RANDOM = lazy(r"(?<![\w/+.-])(?=[A-Za-z0-9_+/=-]*\d)(?=[A-Za-z0-9_+/=-]*[A-Za-z])[A-Za-z0-9_+/=-]{24,}(?![\w/+-])")
_KEY_END = lazy(r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_KEY_LINE = lazy(r"[\s#\"'(b]*(?:[A-Za-z0-9+/=]*|Proc-Type:.*|DEK-Info:.*)[\\nr\"'),\s]*\Z")
_DOCKER = lazy(r"^(\s*(?:ENV|ARG|export|set|SetEnv)\s+(\w+)\s+)(\S.*)$")


def mask_plain(text: str) -> str:
    """Any other text (YAML, TOML, Dockerfile ..) with its secrets hidden, line by line."""
    keys = list(private_keys(text))
    ends = NEWLINE.findall(text)
    out = []
    for number, (start, line) in enumerate(lines_of(text)):
        inside = any(first <= start < last or start <= first < start + len(line) for first, last in keys)
        out.append(indent_of(line) + DOTS if inside else hide_known(hide_assigned(_DOCKER.sub(_docker, line), "file")))
        out.append(ends[number] if number < len(ends) else "")
    return "".join(out)


def _docker(found: re.Match[str]) -> str:
    return f"{found[1]}{DOTS}" if is_secret_name(found[2]) else found.group()


def hide_known(text: str) -> str:
    """Text without provider tokens, logins in URLs and authorisation headers."""
    text = PROVIDER_TOKENS.sub(DOTS, text)
    if "://" in text:
        text = URL_CREDENTIALS.sub(_login, text)
    return _HEADER.sub(rf"\g<kind>\g<gap>{DOTS}", text) if "er " in text or "ic " in text or "en " in text else text


def _login(found: re.Match[str]) -> str:
    parts = found["login"].split(":")
    if all(not part or _FILLED_IN.fullmatch(part) for part in parts):
        return found.group()
    return f"{found['scheme']}{DOTS}@"


def hide_assigned(text: str, kind: str) -> str:
    """Text with the values hidden that stand behind a secret's name. ``kind``: string, comment or file."""
    if SECRET_WORD.search(text) is None:
        return text
    out: list[str] = []
    place = 0
    while found := _ASSIGNED.search(text, place):
        name = found["name"]
        if not is_secret_name(name.rpartition(".")[2] or name) or (value := _value_span(found, kind)) is None:
            step = found.end("name")
            out.append(text[place:step])
            place = step
            continue
        out += (text[place : value[0]], DOTS)
        place = value[1]
    return "".join((*out, text[place:]))


def _value_span(found: re.Match[str], kind: str) -> Span | None:
    """The part of a match that is to be hidden; None where it is no value."""
    if found["quote"] is not None:
        quote = found["quote"].lstrip("rbuRBU")
        inside = found["quoted"]
        end = inside.find(quote)
        inside = inside if end < 0 else inside[:end]
        if not inside or _FILLED_IN.fullmatch(inside):
            return None
        return found.start("quoted"), found.start("quoted") + len(inside)
    bare = found["bare"]
    if bare is None or found["sep"] == "," or _REFERENCE.match(bare):
        return None
    start = found.start("bare")
    if kind == "file":
        comment = re.search(r"\s#", bare)
        return start, start + (comment.start() if comment else len(bare.rstrip()))
    if _CODE.match(bare):
        return None
    words = bare.split()
    if found["sep"] == ":" and len(words) > 1 and not found["name"].isupper():
        return None  # prose: "the token: it is made by .."
    if kind == "comment":
        return start, start + len(bare.rstrip())
    run = re.match(r"[^\s&;\"'<>)\\]+", bare)
    return (start, start + run.end()) if run else None


def hide_unquoted(text: str) -> str:
    """What stands between the strings of source that does not parse, without bare values of secrets."""
    if SECRET_WORD.search(text) is None:
        return text
    out: list[str] = []
    place = 0
    for found in _ASSIGNED.finditer(text):
        name, bare = found["name"], found["bare"]
        if not bare or found["sep"] not in ("=", ":") or not is_secret_name(name.rpartition(".")[2] or name):
            continue
        # A call, a bracket or a plain name is code; what holds a digit or stands alone is not.
        if _CALL.match(bare) or _REFERENCE.match(bare) or re.match(r"[({\[]|[A-Za-z_.]+[\s)\]}:,]*\Z", bare):
            continue
        out += (text[place : found.start("bare")], DOTS)
        place = found.end("bare")
    return "".join((*out, text[place:]))


def hide_random(text: str) -> str:
    """Text without long runs of letters and digits that look like keys."""
    return _RANDOM.sub(_random, text)


def _random(found: re.Match[str]) -> str:
    """Dots for a long run of letters and digits in no order that a word, a path or an identifier has."""
    run = found.group()
    if len(set(run)) < 8 or sum(char.isdigit() for char in run) < 3:
        return run
    if re.fullmatch(r"[0-9a-f]{32,}|[0-9A-F]{32,}", run):
        return DOTS
    mixed = any(char.isupper() for char in run) and any(char.islower() for char in run)
    return DOTS if mixed and not re.search(r"[a-z]{6}|[A-Z]{6}|/.*/", run) else run


def private_keys(text: str) -> Iterator[Span]:
    """From a BEGIN line over all that looks like a key, to its END where there is one."""
    for begin in PRIVATE_KEY.finditer(text):
        last = begin.end()
        for start, line in lines_of(text[begin.end() : begin.end() + 20_000]):
            end = _KEY_END.search(line)
            if end is not None:
                last = begin.end() + start + end.end()
                break
            if start and not _KEY_LINE.match(line):
                break
            last = begin.end() + start + len(line)
        yield begin.start(), last


def dots_for(content: str) -> str:
    """Dots for a string's content, one for each of its lines; a line's continuation stays what it is."""
    parts = NEWLINE.split(content)
    ends = [*NEWLINE.findall(content), ""]
    return "".join(
        DOTS + ("\\" if part.endswith("\\") and end else "") + end for part, end in zip(parts, ends, strict=True)
    )


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a text without their ends, each with where it starts."""
    start = 0
    for end in NEWLINE.finditer(text):
        yield start, text[start : end.start()]
        start = end.end()
    yield start, text[start:]


def indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
