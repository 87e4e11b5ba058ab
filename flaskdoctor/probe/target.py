"""Which URL is this project's server."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from flaskdoctor.errors import UserError
from flaskdoctor.probe.observation import Target
from flaskdoctor.probe.owners import owners, strangers
from flaskdoctor.project.deployment.loopback import LOOPBACK, is_loopback_number
from flaskdoctor.project.deployment.porthints import PortHint, port_number

DEFAULT_HOST = LOOPBACK  # not localhost: on macOS that may be AirPlay's side of port 5000
DEFAULT_PORT = 5000
_HINT = "Name the server like this: --url http://127.0.0.1:5000"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20})://")
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}\Z|(?=[^%]*:)[0-9A-Fa-f:.]{2,45}(?:%[\w.-]{1,20})?\Z")


def parse_url(text: str) -> Target:
    """The target that a user names: ``127.0.0.1:5000``, ``:8000``, ``http://[::1]:8000``, ``https://shop.example``.

    Without a scheme it is http. Raises ``UserError``, whose text repeats nothing of a URL that may hold a password.
    """
    rest = text.strip()
    found = _SCHEME.match(rest)
    scheme = found[1].lower() if found else "http"
    rest = rest[found.end() :] if found else rest
    place, slash, path = re.match(r"([^/?#\\]*)(.?)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    if "@" in place:
        raise UserError("The URL holds a name or password: that is not sent anywhere.", _HINT)
    if "@" in text:
        raise UserError("This is no URL that can be asked.", _HINT)
    if scheme not in ("http", "https"):
        raise UserError("Only servers that speak http or https can be asked.", _HINT)
    if (slash and slash != "/") or path:
        raise UserError("The URL of the server alone is needed, without a path.", _HINT)
    host, port = _host_and_port(place, scheme)
    return Target(scheme, host, port, "as named", given=True)


def _host_and_port(place: str, scheme: str) -> tuple[str, int]:
    if place.startswith("["):
        host, bracket, rest = place[1:].partition("]")
        if not bracket or ":" not in host:
            raise UserError("The address in brackets is no IPv6 address.", _HINT)
        number = rest.removeprefix(":") if rest.startswith(":") else rest
        if rest and not rest.startswith(":"):
            raise UserError("Behind the address in brackets only a port can follow.", _HINT)
    elif place.count(":") > 1:
        raise UserError("An IPv6 address is written in brackets: http://[::1]:5000", _HINT)
    else:
        host, _, number = place.partition(":")
        if not host and number:
            host = DEFAULT_HOST  # ``:8000``
    if not host:
        raise UserError("The URL names no host.", _HINT)
    host = host.lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise UserError("The host's name cannot be read.", _HINT) from None
    if not _HOST.match(host) or ".." in host:
        raise UserError("The host's name cannot be read.", _HINT)
    if not number:
        return host, 443 if scheme == "https" else 80
    port = port_number(number)
    if not port:
        raise UserError("The port is no number from 1 to 65535.", _HINT)
    return host, port


def candidates(
    root: str, hints: Sequence[PortHint] = (), environ: Mapping[str, str] | None = None
) -> tuple[Target, ...]:
    """Every server that may be the project's, the likeliest first; never empty: port 5000 is the last guess.

    It reads /proc (some milliseconds, more on a busy machine): call it in a thread from an event loop.
    """
    variables: Mapping[str, str] = os.environ if environ is None else environ
    found = [
        Target(
            owner.scheme,
            owner.listener.host,
            owner.listener.port,
            "a process of this folder listens there",
            proven=True,
            process=owner.words,
        )
        for owner in owners(root)
    ]
    # Of several servers in one folder the one whose port the project names comes first.
    named = {hint.port for hint in hints}
    found.sort(key=lambda target: target.port not in named)
    port = port_number(variables.get("FLASK_RUN_PORT", ""))
    if port:
        # Editors and direnv put a project's own .env into the environment: it leads to this machine only as well.
        host = variables.get("FLASK_RUN_HOST", "")
        usable = host if is_loopback_number(host) else DEFAULT_HOST
        found.append(Target("http", usable, port, "FLASK_RUN_PORT in the environment"))
    found += [Target(hint.scheme, hint.host, hint.port, hint.why) for hint in hints]
    found.append(Target("http", DEFAULT_HOST, DEFAULT_PORT, "Flask's usual port, a guess"))
    first: dict[tuple[str, int], Target] = {}
    for target in found:
        first.setdefault((target.host, target.port), target)
    others = strangers(root, {target.port for target in first.values() if target.loopback and not target.proven})
    return tuple(
        target if target.proven else target._replace(stranger=others.get(target.port, "")) for target in first.values()
    )


def choose(
    root: str, url: str = "", hints: Sequence[PortHint] = (), environ: Mapping[str, str] | None = None
) -> Target:
    """The server to ask: ``url`` where the user named one, else the first candidate. A named server whose process is
    seen to be the project's is proven. Raises ``UserError`` for a bad ``url``."""
    if not url:
        return candidates(root, hints, environ)[0]
    target = parse_url(url)
    if target.loopback:
        for owner in owners(root):
            if owner.listener.port == target.port and owner.listener.host in (target.host, DEFAULT_HOST):
                return target._replace(proven=True, process=owner.words)
    return target
