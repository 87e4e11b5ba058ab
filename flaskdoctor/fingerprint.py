"""What names a finding in files that outlive a scan (a baseline, SARIF): stable when lines move, and without a secret.

Such files are committed and uploaded. So nothing that could be a secret goes in, not even hashed: a short one is found
by trying.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flaskdoctor.patterns import lazy
from flaskdoctor.project.digest import digest

if TYPE_CHECKING:
    from flaskdoctor.finding import Finding

_NUMBER = lazy(r"(?<![^\W\d])\d[\d_]{3,}")  # a PIN, an account: not the 8 of ``utf8`` or the 12 of ``[:12]``
_SPACE = lazy(r"\s+")


def fingerprint(finding: Finding, prefix: str = "") -> str:
    """32 hexadecimal digits for one finding of a project: its rule, its file, and what the rule found there (the shape
    of the code without literals, or a name), with its number among equals. ``prefix`` goes before the path, where
    there are several projects in one report."""
    # What cannot be named, as a line that cannot be read, has its line for a name.
    anchor = "" if finding.anchor == f"line {finding.location.line}" else finding.anchor
    place = f"{prefix}{finding.location.path}" if finding.location.path else finding.url
    parts = (finding.code, place, anchor, str(finding.ordinal))
    return digest("\0".join(parts).encode("utf-8", "surrogatepass"), 16).hex()


def fingerprints(findings: Iterable[Finding], prefix: str = "") -> Iterator[str]:
    """The fingerprint of each finding of a project, no two of them equal: of equal ones each has its number."""
    seen: dict[str, int] = {}
    for finding in findings:
        name = fingerprint(finding, prefix)
        number = seen[name] = seen.get(name, 0) + 1
        yield name if number == 1 else digest(f"{name} {number}".encode()).hex()


def normalised_line(text: str) -> str:
    """One line of Python without the text of its strings, its comment, long numbers, and how it is spaced.

    The line is taken to begin outside of a string; ``normalised_lines`` knows where it does not.
    """
    lines = normalised_lines(text)
    return lines[0] if lines else ""


def normalised_lines(text: str) -> list[str]:
    """Every line of a Python file as ``normalised_line`` has it, also where a string goes over several of them. It need
    not parse. What is no Python has no such line: there a finding's anchor, which is a name, tells it from others."""
    from flaskdoctor.project.masking.pieces import NEWLINE, pieces  # it brings the parser along

    out: list[str] = []
    place = 0
    for piece in pieces(text):
        out.append(text[place : piece.start])
        # The prefix and the kind of quote are a matter of style; the line ends keep the lines in their places.
        out.append("" if piece.comment else '""' + "\n" * len(NEWLINE.findall(text[piece.start : piece.end])))
        place = piece.end
    out.append(text[place:])
    return [_SPACE.sub(" ", _NUMBER.sub("0", line)).strip() for line in NEWLINE.split("".join(out))]
