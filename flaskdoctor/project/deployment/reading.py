"""From the files of a project to what they say of its deployment."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable

from flaskdoctor.finding import Location
from flaskdoctor.project.deployment.compose import read_compose
from flaskdoctor.project.deployment.deploy import Command, Compose, Deploy, Dockerfile, Port, Proxy, Variable
from flaskdoctor.project.deployment.dockerfile import read_dockerfile
from flaskdoctor.project.deployment.filenames import deployment_files, for_development
from flaskdoctor.project.deployment.gunicorn import ConfigFile, bound_ports, gunicorns, read_config
from flaskdoctor.project.deployment.procfile import processes_of_script, read_makefile, read_platform, read_procfile
from flaskdoctor.project.deployment.proxies import proxies_of, read_proxy
from flaskdoctor.project.plainfile import decode, read_bytes

_LIMIT = 300_000  # bytes; such files are far below
_MOST_SCRIPTS = 20


def read_deploy(root: str, files: Iterable[str]) -> Deploy:
    """What ``files`` (relative to ``root``, as discovery found them) say of the deployment."""
    return _Reader(root, tuple(files)).deploy()


class _Reader:
    def __init__(self, root: str, files: tuple[str, ...]) -> None:
        self.root = os.path.realpath(root)
        self.known = files
        self.files: list[str] = []
        self.dockerfiles: list[Dockerfile] = []
        self.composes: list[Compose] = []
        self.processes: list[Command] = []
        self.variables: list[Variable] = []
        self.configs: dict[str, ConfigFile] = {}
        self.proxies: list[Proxy] = []

    def deploy(self) -> Deploy:
        for path, kind in deployment_files(self.known):
            text = self._text(path)
            if text is not None:
                self._read(path, kind, text)
        self._contexts()
        self._scripts()
        commands = Deploy(
            dockerfiles=tuple(self.dockerfiles), composes=tuple(self.composes), processes=tuple(self.processes)
        ).commands
        self._named_configs(commands)
        found = gunicorns(commands, self.configs, self._arguments())
        return Deploy(
            files=tuple(dict.fromkeys(self.files)),
            dockerfiles=tuple(self.dockerfiles),
            composes=tuple(self.composes),
            processes=tuple(self.processes),
            gunicorns=found,
            variables=tuple(self.variables),
            bound=(*_served(commands), *(port for each in found for port in bound_ports(each))),
            proxies=tuple(self.proxies),
        )

    def _text(self, path: str) -> str | None:
        full = os.path.join(self.root, path)
        if os.path.islink(full) and not os.path.realpath(full).startswith(os.path.join(self.root, "")):
            return None
        content = read_bytes(full, _LIMIT)
        if content.state != "missing":
            self.files.append(path)
        return decode(content.data).replace("\r\n", "\n") if content.state == "ok" else None

    def _read(self, path: str, kind: str, text: str) -> None:
        development = for_development(path)
        match kind:
            case "procfile":
                self.processes += read_procfile(path, text, development=development)
            case "dockerfile":
                self.dockerfiles.append(read_dockerfile(path, text, development=development))
            case "compose":
                compose = read_compose(path, text, development=development)
                if compose is not None:
                    self.composes.append(compose)
                    self.proxies += proxies_of(compose)
            case "gunicorn":
                self.configs[path] = (read_config(path, text), development)
            case "proxy":
                proxy = read_proxy(path, text, development=development)
                if proxy is not None:
                    self.proxies.append(proxy)
            case "platform":
                platform = read_platform(path, text, development=development)
                self.processes += platform.commands
                self.variables += platform.variables
            case "makefile":
                self.processes += read_makefile(path, text)

    def _contexts(self) -> None:
        """Where compose files build a Dockerfile, that folder is its context."""
        for index, dockerfile in enumerate(self.dockerfiles):
            builds = [
                service.build
                for compose in self.composes
                for service in compose.services
                if service.build is not None and service.dockerfile == dockerfile.path
            ]
            if builds:
                self.dockerfiles[index] = dockerfile._replace(contexts=tuple(dict.fromkeys(builds)))
            elif dockerfile.contexts != ("",) and self._built_above(dockerfile):
                self.dockerfiles[index] = dockerfile._replace(contexts=("",))

    def _built_above(self, dockerfile: Dockerfile) -> bool:
        """Whether what a Dockerfile copies stands in the project's folder and not in its own."""
        sources = [
            source.removeprefix("./").lstrip("/")
            for each in dockerfile.copied
            if not each.origin
            for source in each.sources
            if re.fullmatch(r"[\w./-]*\w[\w./-]*", source) and ".." not in source
        ]
        own = os.path.join(self.root, dockerfile.contexts[0])
        if any(os.path.lexists(os.path.join(own, source)) for source in sources):
            return False
        return any(os.path.lexists(os.path.join(self.root, source)) for source in sources)

    def _scripts(self) -> None:
        """What the scripts start that commands name: ``CMD ["./boot.sh"]``."""
        commands = Deploy(
            dockerfiles=tuple(self.dockerfiles), composes=tuple(self.composes), processes=tuple(self.processes)
        ).commands
        scripts: dict[str, Command] = {}
        for command in commands:
            if command.program.endswith(".sh"):
                path = self._script(command)
                if path is not None and path not in scripts and len(scripts) < _MOST_SCRIPTS:
                    scripts[path] = command
        for path, command in scripts.items():
            text = self._text(path)
            if text is not None:
                self.processes += processes_of_script(path, text, command.name, development=command.development)

    def _script(self, command: Command) -> str | None:
        matching = [path for path in self.known if path.rpartition("/")[2] == command.program]
        folder = posixpath.dirname(command.location.path)
        beside = posixpath.join(folder, command.program)
        return beside if beside in matching else matching[0] if len(matching) == 1 else None

    def _named_configs(self, commands: Iterable[Command]) -> None:
        """Configuration files of gunicorn with a name of their own: ``gunicorn -c deploy/production.py``."""
        for command in commands:
            named = command.option("-c", "--config") if command.program == "gunicorn" else None
            if named is None or not named.endswith(".py"):
                continue
            wanted = named.removeprefix("file:").removeprefix("./").lstrip("/")
            folder = posixpath.dirname(command.location.path)
            for path in (posixpath.normpath(posixpath.join(folder, wanted)), wanted):
                if path in self.known and path not in self.configs:
                    text = self._text(path)
                    if text is not None:
                        self.configs[path] = (read_config(path, text), command.development)

    def _arguments(self) -> dict[Location, str]:
        """What ``GUNICORN_CMD_ARGS`` is for the commands of a Dockerfile or a service."""
        found: dict[Location, str] = {}
        groups = [(each.environment, each.commands) for each in self.dockerfiles]
        groups += [(each.environment, each.commands) for compose in self.composes for each in compose.services]
        for variables, commands in groups:
            for variable in variables:
                if variable.name == "GUNICORN_CMD_ARGS" and variable.value is not None:
                    found.update({command.location: variable.value.reveal() for command in commands})
        return found


def _served(commands: Iterable[Command]) -> list[Port]:
    """The ports of other servers' command lines: ``flask run -p 8000``, ``waitress-serve --port=8080``."""
    found = []
    for command in commands:
        if command.program in ("flask", "quart") and "run" in command.arguments:
            number, host = command.option("-p", "--port"), command.option("-h", "--host")
        elif command.program in ("waitress-serve", "uvicorn", "hypercorn"):
            number, host = command.option("--port"), command.option("--host")
        else:
            continue
        if number is not None:
            port = int(number) if number.isdecimal() and len(number) < 6 else 0
            found.append(Port(port, "bound", command.location, host or "", command.development))
    return found
