"""What flaskdoctor has to say: findings and the report that holds them. Plain values without behaviour.

They are ``NamedTuple`` because a warm ``--check`` loads little else, and importing ``dataclasses`` costs more
than that check does.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import NamedTuple


class Severity(IntEnum):
    """How bad a finding is; ordered, so ``max()`` and ``>=`` mean what they say."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """The lower-case word that reports print."""
        return self.name.lower()


class Fix(Enum):
    """What applying a fix can do to the project."""

    SAFE = "safe"  # no working request is answered differently
    UNSAFE = "unsafe"  # behaviour or data can change, also where that is the point: asks first


class Tip(IntEnum):
    """The eleven tips of Talk Python 264, upgrading Flask (12) and the tool itself (0)."""

    TOOL = 0
    JSON = 1
    SESSION = 2
    SECRETS = 3
    PORTABILITY = 4
    CONTEXTS = 5
    BACKGROUND = 6
    SECURITY = 7
    LIVE = 8
    ASYNC = 9
    GREENLETS = 10
    ROUTING = 11
    UPGRADES = 12

    @property
    def title(self) -> str:
        """The name that the dashboard and the reports show."""
        return TIP_TITLES[self]


TIP_TITLES: dict[Tip, str] = {
    Tip.TOOL: "The tool",
    Tip.JSON: "JSON responses",
    Tip.SESSION: "Session cookie",
    Tip.SECRETS: "Secrets, .env, git",
    Tip.PORTABILITY: "Windows, WSL, Chromebook",
    Tip.CONTEXTS: "App and request contexts",
    Tip.BACKGROUND: "Background work",
    Tip.SECURITY: "HTTPS, headers, cookies",
    Tip.LIVE: "Live HTTP probe",
    Tip.ASYNC: "Async views and Quart",
    Tip.GREENLETS: "gevent and eventlet",
    Tip.ROUTING: "Blueprints and routing",
    Tip.UPGRADES: "Upgrading Flask",
}


class Location(NamedTuple):
    """A place in the project. ``path`` is POSIX and relative to the root; lines and columns count from 1 in
    characters; 0 means there is none (a whole file, or a file that does not exist yet)."""

    path: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0


class Finding(NamedTuple):
    """One thing that is wrong at one place.

    ``message`` is one line and never holds a secret value. ``advice`` is what to do where no edit can
    (Markdown, may be empty). ``fix`` is None where there is only advice. ``anchor`` and ``ordinal`` name the
    place in a way that survives moved lines: the normalised text of the node (secrets blanked) and its number
    among equal ones in that file; with ``code`` and the path they identify the finding across scans. ``url`` is
    set where the running server is at fault, not a file.
    """

    code: str
    name: str
    tip: Tip
    severity: Severity
    message: str
    location: Location
    fix: Fix | None = None
    anchor: str = ""
    ordinal: int = 0
    advice: str = ""
    url: str = ""  # what the live probe asked; such a finding has no line

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What stays the same of this finding from scan to scan."""
        return (self.code, self.location.path, self.anchor, self.ordinal)


class Skipped(NamedTuple):
    """A file or folder that was not looked at, and why."""

    path: str
    reason: str


class Report(NamedTuple):
    """The outcome of one scan; findings are sorted by place, then code."""

    root: str
    findings: tuple[Finding, ...]
    files: int
    skipped: tuple[Skipped, ...]
    score: int
    flask: str = ""  # the Flask version and where it was read, in words; empty: unknown
    python: str = ""
    branch: str = ""  # the git branch; empty: no repository
    seconds: float = 0.0
