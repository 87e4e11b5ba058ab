"""What is known of the project when its running server is judged: plain values of the last scan."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.project.routepicture import RouteRow
from flaskdoctor.project.secret import Secret


class SigningKey(NamedTuple):
    """A key literal of the project's code or templates that may sign its sessions; ``where`` says where it stands."""

    where: Location
    value: Secret[str]


class Known(NamedTuple):
    """``root`` is the project's folder. ``routes`` is the route map. ``keys`` reads the key literals from the
    source at the moment they are tried; nothing keeps them."""

    root: str
    routes: tuple[RouteRow, ...] = ()
    keys: Callable[[], tuple[SigningKey, ...]] = tuple
