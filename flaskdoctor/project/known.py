"""What is known of the project when its running server is judged: plain values of the last scan."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.project.routing.routepicture import RouteRow
from flaskdoctor.project.secrecy.secret import Secret


class SigningKey(NamedTuple):
    """A key that others know and that may sign this app's sessions; ``where`` says where it stands in the project,
    None for one that is known to everybody (``dev``, the keys of tutorials)."""

    where: Location | None
    value: Secret[bytes]


class Known(NamedTuple):
    """``root`` is the project's folder. ``routes`` is the route map. ``signing_keys`` reads the keys that stand in the
    project's committed files, and those that everybody knows, at the moment they are tried; nothing keeps them.
    ``tls_at_proxy`` is whether the settings say that a proxy in front of the app ends TLS."""

    root: str
    routes: tuple[RouteRow, ...] = ()
    signing_keys: Callable[[], tuple[SigningKey, ...]] = tuple
    tls_at_proxy: bool = False
