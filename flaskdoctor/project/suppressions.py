"""Comments that switch a rule off for a line or a file."""

from __future__ import annotations

import re
from typing import NamedTuple

_OWN = re.compile(r"#\s*flaskdoctor:\s*(ignore-file|ignore)\s*(?:\[([^\]]*)\])?", re.IGNORECASE)
# What bandit, ruff and detect-secrets understand; they count for the rules about secrets in code.
_SECRET = re.compile(
    r"#.*?(?:\bnosec\b|pragma:\s*allowlist secret|\bnoqa\b(?!\s*:)|\bnoqa:[^#]*\bS10[567]\b)", re.IGNORECASE
)
SECRET_RULES = frozenset({"FD301", "FD302", "FD303", "FD304", "FD305"})


class Suppressions(NamedTuple):
    """``lines``: line -> the selectors switched off there ("*" for all); ``file``: those of the whole file;
    ``secrets``: lines on which another tool's comment vouches for a literal."""

    lines: dict[int, frozenset[str]]
    file: frozenset[str]
    secrets: frozenset[int]

    def cover(self, code: str, name: str, first: int, last: int) -> bool:
        """Whether a finding on these lines is switched off."""
        words = {"*", code.lower(), name.lower()}
        if self.file & words:
            return True
        lines = range(first, max(first, last) + 1) if last - first < 200 else (first, last)
        if code in SECRET_RULES and any(line in self.secrets for line in lines):
            return True
        return any(self.lines.get(line, frozenset()) & words for line in lines)


NONE = Suppressions({}, frozenset(), frozenset())


def read_suppressions(source: bytes, *, secrets_found: bool) -> Suppressions:
    """The suppression comments of a Python file; only real comments count, not strings that look like one.

    Other tools' comments are looked for only where ``secrets_found``: tokenizing is slow and ``noqa`` common.
    """
    marks = (b"flaskdoctor:", b"nosec", b"noqa", b"allowlist secret") if secrets_found else (b"flaskdoctor:",)
    if not any(mark in source for mark in marks):
        return NONE
    import io
    import tokenize

    lines: dict[int, frozenset[str]] = {}
    whole: set[str] = set()
    secrets: set[int] = set()
    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.type != tokenize.COMMENT:
                continue
            for kind, words in _OWN.findall(token.string):
                selectors = {word.strip().lower() for word in words.split(",") if word.strip()} or {"*"}
                if kind.lower() == "ignore-file":
                    whole |= selectors
                else:
                    lines[token.start[0]] = lines.get(token.start[0], frozenset()) | selectors
            if _SECRET.search(token.string):
                secrets.add(token.start[0])
    except (tokenize.TokenError, SyntaxError):
        pass  # what was read before the error holds
    return Suppressions(lines, frozenset(whole), frozenset(secrets))
