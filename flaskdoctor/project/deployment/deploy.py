"""How a project is put into production, as its own files say: plain values, read by ``project.deployment``.

Procfile, Dockerfiles, compose files, gunicorn's command line and configuration, the configuration of proxies. The
words of a command and the values of variables may hold secrets: no message shows them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.project.secrecy.secret import Secret


class Setting(NamedTuple):
    """One setting of gunicorn, under the name that its configuration file uses: ``worker_class``, ``preload_app``.

    ``value`` is a text, a number, a bool or a tuple of texts; None: computed.
    """

    name: str
    value: str | int | float | bool | tuple[str, ...] | None
    location: Location


class Variable(NamedTuple):
    """An environment variable that a file sets. ``value`` is None where it comes from outside (``${KEY}``, ``KEY``)."""

    name: str
    value: Secret[str] | None
    location: Location
    development: bool = False


class Port(NamedTuple):
    """A port: ``kind`` is "published" (compose: ``number`` is the host's side, 0: any), "exposed" (Dockerfile) or
    "bound" (a server's command line or configuration). ``host`` is the address it is bound to, where it is said."""

    number: int
    kind: str
    location: Location
    host: str = ""
    development: bool = False


class Command(NamedTuple):
    """A command that a deployment starts.

    ``words`` are those of one simple command (``a && b`` is two), as the shell splits them. ``name`` is the process
    or service it belongs to ("web", "worker"), "" in a Dockerfile. ``source`` is "Procfile", "Dockerfile", "compose"
    or "platform". ``program`` is what runs in the end: ``sh -c "exec poetry run gunicorn app:app"`` is "gunicorn",
    ``python -m flask run`` "flask", ``python app.py`` "python". ``arguments`` are the words behind it.
    """

    words: tuple[str, ...]
    program: str
    arguments: tuple[str, ...]
    name: str
    source: str
    location: Location
    development: bool = False

    @property
    def is_web(self) -> bool:
        """Whether it serves the web, by its process's name or by what it starts."""
        if self.program in _SERVERS or (self.name == "web" and self.program == "python"):
            return True
        return self.program in ("flask", "quart") and "run" in self.arguments

    def option(self, *names: str) -> str | None:
        """The value of an option in its last spelling on the line (``-w 4``, ``-w4``, ``--workers=4``); else None."""
        found = None
        for index, word in enumerate(self.arguments):
            for name in names:
                if word == name and index + 1 < len(self.arguments):
                    found = self.arguments[index + 1]
                elif name.startswith("--") and word.startswith(name + "="):
                    found = word[len(name) + 1 :]
                elif len(name) == 2 and word.startswith(name) and len(word) > 2 and not word.startswith("--"):
                    found = word[2:].removeprefix("=")
        return found

    def has(self, *names: str) -> bool:
        """Whether one of these words stands among the arguments."""
        return any(name in self.arguments for name in names)


_SERVERS = frozenset({
    "gunicorn", "uwsgi", "waitress-serve", "hypercorn", "uvicorn", "daphne", "mod_wsgi-express", "granian",
    "gunicorn3", "bjoern", "cheroot",
})  # fmt: skip


class Gunicorn(NamedTuple):
    """One gunicorn, as it would run: what its command line says, then its configuration file.

    ``app`` is ``shop:create_app()`` where a command names it, "" for a configuration file that no command uses.
    """

    app: str
    settings: tuple[Setting, ...]
    location: Location
    development: bool = False

    def get(self, name: str) -> Setting | None:
        """The setting that counts; the command line wins over the file. None where it is not set."""
        return next((setting for setting in self.settings if setting.name == name), None)


class Copied(NamedTuple):
    """A ``COPY`` or ``ADD`` of a Dockerfile. ``stage`` is the number of the build stage it stands in, ``origin`` what
    ``--from=`` names ("": the build context)."""

    instruction: str
    sources: tuple[str, ...]
    target: str
    origin: str
    stage: int
    location: Location


class Image(NamedTuple):
    """A base image of a Dockerfile (``FROM name AS stage``), or a service's image."""

    name: str
    stage: str
    location: Location


class Dockerfile(NamedTuple):
    """One Dockerfile. ``contexts`` are the folders it is built in (relative to the project, "" is the project's own):
    those that compose files name, else its own folder. The last of ``images`` is the stage that ships."""

    path: str
    development: bool
    contexts: tuple[str, ...]
    images: tuple[Image, ...]
    copied: tuple[Copied, ...]
    environment: tuple[Variable, ...]
    ports: tuple[Port, ...]
    commands: tuple[Command, ...]  # CMD and ENTRYPOINT

    @property
    def shipped(self) -> tuple[Copied, ...]:
        """What is copied in the last stage."""
        return tuple(each for each in self.copied if each.stage == len(self.images) - 1)


class Service(NamedTuple):
    """One service of a compose file. ``build`` is the folder of its build context (relative to the project), None
    where it uses an image; ``dockerfile`` the path of its Dockerfile; ``env_files`` as written."""

    name: str
    image: str
    build: str | None
    dockerfile: str
    commands: tuple[Command, ...]
    ports: tuple[Port, ...]
    environment: tuple[Variable, ...]
    env_files: tuple[str, ...]
    labels: tuple[str, ...]
    location: Location


class Compose(NamedTuple):
    """One compose file."""

    path: str
    development: bool
    services: tuple[Service, ...]


class Proxy(NamedTuple):
    """A proxy in front of the app: nginx, caddy, traefik, apache, haproxy.

    ``headers`` are the security headers that it sets itself (lower case), ``secures_cookies`` whether it adds
    ``Secure`` to the app's cookies. ``protocol`` is what it speaks with the app: "http", "other" (uwsgi, FastCGI,
    mod_wsgi: the scheme and the client's address come along by themselves) or "" where the file hands nothing on.
    ``forwards`` are the parts of a request that it tells the app in ``X-Forwarded-..`` headers ("for", "proto",
    "host", "port", "prefix"), None where that is not to be seen; ``local`` whether the app runs on the same machine.
    """

    kind: str
    location: Location
    headers: frozenset[str] = frozenset()
    secures_cookies: bool = False
    development: bool = False
    protocol: str = "http"
    forwards: frozenset[str] | None = None
    local: bool = False


class Deploy:
    """All that the project's files say of its deployment, in the order of their paths. Each value says where it stands.

    ``development`` marks what is for development (``Dockerfile.dev``, ``docker-compose.override.yml``) or tests.
    """

    def __init__(
        self,
        *,
        files: tuple[str, ...] = (),
        dockerfiles: tuple[Dockerfile, ...] = (),
        composes: tuple[Compose, ...] = (),
        processes: tuple[Command, ...] = (),
        gunicorns: tuple[Gunicorn, ...] = (),
        variables: tuple[Variable, ...] = (),
        bound: tuple[Port, ...] = (),
        proxies: tuple[Proxy, ...] = (),
    ) -> None:
        self.files = files  # what was read, relative to the project (POSIX)
        self.dockerfiles = dockerfiles
        self.composes = composes
        self.processes = processes  # of Procfiles and platform files
        self.gunicorns = gunicorns
        self.proxies = proxies
        self._variables = variables
        self._bound = bound

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """The services of all compose files."""
        return tuple(service for compose in self.composes for service in compose.services)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every command: of Procfiles, Dockerfiles, compose files and platform files."""
        return tuple(self._commands())

    def _commands(self) -> Iterator[Command]:
        yield from self.processes
        for dockerfile in self.dockerfiles:
            yield from dockerfile.commands
        for service in self.services:
            yield from service.commands

    @cached_property
    def environment(self) -> tuple[Variable, ...]:
        """Every environment variable that a file sets."""
        found = list(self._variables)
        for dockerfile in self.dockerfiles:
            found += dockerfile.environment
        for service in self.services:
            found += service.environment
        return tuple(found)

    @cached_property
    def ports(self) -> tuple[Port, ...]:
        """Every port: published ones first, then those that servers are bound to, then exposed ones."""
        found = [port for service in self.services for port in service.ports]
        found += self._bound
        for dockerfile in self.dockerfiles:
            found += dockerfile.ports
        return tuple(found)
