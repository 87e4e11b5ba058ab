"""Gunicorn's settings, from its command line and from its configuration file."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Mapping, Sequence

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.deployment.deploy import Command, Gunicorn, Port, Setting
from flaskdoctor.project.deployment.words import split_words

# Option of the command line -> name in a configuration file, of those that other parts of flaskdoctor ask for or that
# take a word (which is then not the app's name).
_NAMES = {
    "-b": "bind", "--bind": "bind", "-w": "workers", "--workers": "workers", "-k": "worker_class",
    "--worker-class": "worker_class", "-c": "config", "--config": "config", "--threads": "threads", "-t": "timeout",
    "--timeout": "timeout", "--worker-connections": "worker_connections", "--chdir": "chdir", "-e": "raw_env",
    "--env": "raw_env", "--forwarded-allow-ips": "forwarded_allow_ips", "--proxy-allow-from": "proxy_allow_ips",
    "-n": "proc_name", "--name": "proc_name", "--certfile": "certfile", "--keyfile": "keyfile",
    "--max-requests": "max_requests", "--graceful-timeout": "graceful_timeout", "--log-level": "loglevel",
}  # fmt: skip
_FLAGS = {
    "--preload": "preload_app", "--reload": "reload", "-D": "daemon", "--daemon": "daemon", "--spew": "spew",
    "--capture-output": "capture_output", "-R": "enable_stdio_inheritance", "--reuse-port": "reuse_port",
    "--proxy-protocol": "proxy_protocol", "--no-sendfile": "sendfile", "--initgroups": "initgroups",
    "--enable-stdio-inheritance": "enable_stdio_inheritance", "--log-syslog": "syslog",
    "--check-config": "check_config", "--print-config": "print_config",
}  # fmt: skip
_SETTINGS = frozenset((*_NAMES.values(), *_FLAGS.values(), "wsgi_app", "accesslog", "errorlog", "keepalive"))
_NUMBERS = frozenset(("workers", "threads", "timeout", "worker_connections", "max_requests", "graceful_timeout"))

_DEFAULTED = lazy(r"\$\{\w+:-([^}]*)\}")

ConfigFile = tuple[tuple[Setting, ...], bool]  # the settings, and whether it is for development


def read_config(path: str, text: str) -> tuple[Setting, ...]:
    """The settings of a configuration file, which is Python: what it assigns at its top, the last value of each."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found: dict[str, Setting] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name) and target.id in _SETTINGS:
                place = Location(path, node.lineno, node.col_offset + 1)
                found[target.id] = Setting(target.id, _plain(node.value), place)
    return tuple(found.values())


def _plain(node: ast.expr) -> str | int | float | bool | tuple[str, ...] | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        texts = [item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        return tuple(texts) if len(texts) == len(node.elts) else None
    return None


def read_command(command: Command) -> tuple[str, tuple[Setting, ...]]:
    """The app and the settings of gunicorn's command line; of an option given twice the last one is in front."""
    app = ""
    found: list[Setting] = []
    words = list(command.arguments)
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if not word.startswith("-"):
            app = app or word
        elif name in _FLAGS:
            found.insert(0, Setting(_FLAGS[name], not name.startswith("--no-"), command.location))
        elif equals:
            found.insert(0, _setting(name, value, command.location))
        elif len(word) > 2 and not word.startswith("--") and word[:2] in _NAMES:
            found.insert(0, _setting(word[:2], word[2:].removeprefix("="), command.location))
        elif index < len(words):
            found.insert(0, _setting(name, words[index], command.location))  # any other option takes a word
            index += 1
    return app, tuple(setting for setting in found if setting.name)


def _setting(option: str, value: str, location: Location) -> Setting:
    name = _NAMES.get(option, "")
    if name in _NUMBERS and value.isdecimal() and len(value) < 10:
        return Setting(name, int(value), location)
    return Setting(name, None if "$" in value and name != "bind" else value, location)


def gunicorns(
    commands: Sequence[Command], configs: Mapping[str, ConfigFile], arguments: Mapping[Location, str]
) -> tuple[Gunicorn, ...]:
    """Every gunicorn that a command starts, with the configuration file it reads, and the files that none reads.

    ``arguments`` is what ``GUNICORN_CMD_ARGS`` is at a command's place.
    """
    found: list[Gunicorn] = []
    used: set[str] = set()
    for command in commands:
        if command.program not in ("gunicorn", "gunicorn3"):
            continue
        app, settings = read_command(command)
        further = [word for word in command.words if word.startswith("GUNICORN_CMD_ARGS=")]
        for text in (*(word.partition("=")[2] for word in further), arguments.get(command.location, "")):
            settings += read_command(command._replace(arguments=tuple(split_words(text))))[1]
        named = next((str(each.value) for each in settings if each.name == "config" and each.value), "")
        path = _config_of(named, command.location.path, configs)
        if path is not None:
            used.add(path)
            settings += configs[path][0]
        found.append(Gunicorn(app, settings, command.location, command.development))
    for path, (settings, development) in configs.items():
        if path not in used and settings:
            found.append(Gunicorn("", settings, settings[0].location, development))
    return tuple(found)


def _config_of(named: str, asking: str, configs: Mapping[str, ConfigFile]) -> str | None:
    """The configuration file that a command reads: the one it names, else ``gunicorn.conf.py`` beside it."""
    if named.startswith("python:"):
        wanted = named[7:].replace(".", "/") + ".py"
    else:
        wanted = posixpath.normpath(named.removeprefix("file:") or "gunicorn.conf.py").lstrip("/")
    folder = posixpath.dirname(asking)
    for path in (posixpath.normpath(posixpath.join(folder, wanted)), wanted):
        if path in configs:
            return path
    if not named:
        return None
    # Inside of an image the path is another one: ``/app/deploy/gunicorn.conf.py``.
    parts = wanted.split("/")
    for start in range(1, len(parts)):
        ending = "/".join(parts[start:])
        matching = [path for path in configs if path == ending or path.endswith("/" + ending)]
        if len(matching) == 1:
            return matching[0]
    matching = [path for path in configs if path.endswith("/" + wanted)]
    return matching[0] if len(matching) == 1 else None


def bound_ports(gunicorn: Gunicorn) -> tuple[Port, ...]:
    """The ports that a gunicorn listens on; 0 where the number comes from the environment."""
    bind = gunicorn.get("bind")
    if bind is None:
        return ()
    values = bind.value if isinstance(bind.value, tuple) else (str(bind.value),) if bind.value else ()
    found = []
    for value in (_DEFAULTED.sub(r"\1", value) for value in values):
        host, colon, number = value.rpartition(":")
        if colon and not value.startswith("unix:"):
            port = int(number) if number.isdecimal() and len(number) < 6 else 0
            found.append(Port(port, "bound", bind.location, host.strip("[]"), gunicorn.development))
    return tuple(found)
