"""What the Observatory looks at: an answer, its cookies, and how one gets to it."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from flaskdoctor.probe.observation import Cookie


class Redirection(Enum):
    """What plain HTTP leads to; the values are the Observatory's words."""

    TO_HTTPS = "redirection-to-https"
    NO_HTTP = "redirection-not-needed-no-http"
    OFF_HOST = "redirection-off-host-from-http"
    NOT_TO_HTTPS = "redirection-not-to-https"
    MISSING = "redirection-missing"


class Site(NamedTuple):
    """``headers`` are those of the page, in order and as sent. ``https``: that is how it was asked; ``verified``: with
    a certificate that is trusted. ``reflects_origin`` tells that a foreign origin is allowed, with credentials."""

    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[Cookie, ...] = ()
    body: str = ""
    host: str = ""
    https: bool = True
    verified: bool = True
    redirection: Redirection = Redirection.TO_HTTPS
    reflects_origin: bool = False

    def header(self, name: str) -> str | None:
        """A header's value, several joined with ", "; None where it is not sent."""
        found = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(found) if found else None


class Result(NamedTuple):
    """What one of the Observatory's tests says, in its words, and what that adds to the score."""

    test: str
    result: str
    modifier: int
