"""Where the files of a deployment switch Flask's debug mode on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Location

if TYPE_CHECKING:
    from flaskdoctor.project.deployment.deploy import Command, Deploy, Dockerfile, Service, Variable

_ON = ("1", "true", "yes", "on", "t", "y")
_WORDS = ("--debug", "--debugger")
_RELOADS = (*_WORDS, "--reload")


class DeployedDebug(NamedTuple):
    """One place; ``intended`` is set where what stands around it may well be for development."""

    location: Location
    how: str  # "FLASK_DEBUG=1", "flask run --debug"
    intended: bool = False


def deployed_debug(deploy: Deploy) -> list[DeployedDebug]:
    """The first such place of each file that is not for development itself."""
    found = [*_processes(deploy), *_variables(deploy), *_images(deploy), *_services(deploy)]
    first: dict[str, DeployedDebug] = {}
    for each in found:
        first.setdefault(each.location.path, each)
    return [first[path] for path in sorted(first)]


def _processes(deploy: Deploy) -> Iterator[DeployedDebug]:
    """What a platform starts for visitors."""
    for command in deploy.processes:
        if command.development or command.source not in ("Procfile", "platform"):
            continue
        if command.source == "Procfile" and not (command.name == "web" and command.location.path.endswith("Procfile")):
            continue
        before = command.words[: -len(command.arguments) or None]
        if any(word.partition("=")[0] == "FLASK_DEBUG" and _is_on(word.partition("=")[2]) for word in before):
            yield DeployedDebug(command.location, "FLASK_DEBUG=1")
        elif command.program == "flask" and command.has(*_WORDS):
            yield DeployedDebug(command.location, "flask run --debug")


def _variables(deploy: Deploy) -> Iterator[DeployedDebug]:
    """What a platform's file sets."""
    others = {each.path for each in deploy.dockerfiles} | {each.path for each in deploy.composes}
    for variable in deploy.environment:
        if not variable.development and variable.location.path not in others and _switches_on(variable):
            yield DeployedDebug(variable.location, "FLASK_DEBUG=1")


def _images(deploy: Deploy) -> Iterator[DeployedDebug]:
    """What the stage sets that ships; what it inherits within the file too."""
    from flaskdoctor.project.deployment.filenames import is_development_name

    for dockerfile in deploy.dockerfiles:
        last = dockerfile.images[-1] if dockerfile.images else None
        if dockerfile.development or last is None or is_development_name(last.stage):
            continue
        shipped = [each for each in dockerfile.environment if _ships(dockerfile, each)]
        given = [each for each in shipped if each.name == "FLASK_DEBUG"]
        if not given or not _switches_on(given[-1]):
            continue
        built = [service for service in deploy.services if service.dockerfile == dockerfile.path]
        folder = dockerfile.path.rpartition("/")[0]
        intended = (
            _speaks_of_development(shipped, dockerfile.commands)
            or any(_speaks_of_development(service.environment, service.commands) for service in built)
            or any(
                other is not dockerfile and other.path.rpartition("/")[0] == folder and not other.development
                for other in deploy.dockerfiles
            )
        )
        yield DeployedDebug(given[-1].location, "FLASK_DEBUG=1", intended)


def _ships(dockerfile: Dockerfile, variable: Variable) -> bool:
    line = variable.location.line
    stages = [image for image in dockerfile.images if image.location.line <= line]
    last = dockerfile.images[-1]
    return bool(stages) and (stages[-1] is last or (bool(stages[-1].stage) and stages[-1].stage == last.name))


def _services(deploy: Deploy) -> Iterator[DeployedDebug]:
    """What a compose file sets: for visitors where a real server gets it, or the file's name says so."""
    from flaskdoctor.project.deployment.filenames import is_development_name

    for compose in deploy.composes:
        if compose.development:
            continue
        for service in compose.services:
            if is_development_name(service.name):
                continue
            for variable in service.environment:
                if _switches_on(variable):
                    intended = not _is_production(compose.path, service) or _speaks_of_development(
                        service.environment, service.commands
                    )
                    yield DeployedDebug(variable.location, "FLASK_DEBUG=1", intended)


def _is_production(path: str, service: Service) -> bool:
    name = path.rpartition("/")[2].lower()
    served = any(command.is_web and command.program not in ("flask", "quart", "python") for command in service.commands)
    return served or any(word in name for word in ("prod", "live", "deploy", "stag"))


def _speaks_of_development(variables: Iterable[Variable], commands: Iterable[Command]) -> bool:
    """Whether a stage or a service reloads, or says that it is for development."""
    if any(command.has(*_RELOADS) for command in commands):
        return True
    return any(
        each.name.endswith(("ENV", "CONFIG"))
        and each.value is not None
        and each.value.reveal().lower().startswith("dev")
        for each in variables
    )


def _switches_on(variable: Variable) -> bool:
    return variable.name == "FLASK_DEBUG" and variable.value is not None and _is_on(variable.value.reveal())


def _is_on(value: str) -> bool:
    return value.strip("\"'").lower() in _ON
