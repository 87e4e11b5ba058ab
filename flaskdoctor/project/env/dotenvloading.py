"""Who loads a project's .env: the modules that are started, or the program that starts them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from flaskdoctor.project.deployment.appruns import starts_flask
from flaskdoctor.project.env.envuse import counts, platform

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.snapshot import Project

SERVERS = frozenset({
    "gunicorn", "uwsgi", "waitress-serve", "hypercorn", "uvicorn", "daphne", "mod_wsgi-express", "granian", "cheroot",
})  # fmt: skip
# Distributions that are there to serve, and no development server.
_SERVING = ("gunicorn", "uwsgi", "waitress", "hypercorn", "mod-wsgi", "meinheld", "bjoern", "cheroot")
# Libraries that read a .env, or may, for their own callers alone; and those that put it into the environment.
OWN_READERS = ("decouple", "dynaconf", "prettyconf", "pydantic_settings", "starlette")
_READERS = frozenset((*OWN_READERS, "environs", "environ", "flask_dotenv"))
_WORDS_OF_LOADERS = ("--env-file", "honcho", "foreman", "dotenv", "doppler", "infisical", "direnv", "EnvironmentFile")


def wanted_keys(project: Project) -> frozenset[str]:
    """The keys of .env that the app's code reads; none where there is no .env, or it cannot be read."""
    env = project.env.env
    if not env.exists or not env.readable:
        return frozenset()
    names: set[str] = set()
    prefixes: list[str] = []
    for facts in project.modules.values():
        if facts.env_reads and counts(facts):
            names |= {read.name for read in facts.env_reads if read.kind != "prefix"}
            prefixes += [read.name for read in facts.env_reads if read.kind == "prefix"]
    return frozenset(
        key
        for key in env.keys
        if (key in names or (prefixes and key.startswith(tuple(prefixes)))) and not platform(key)
    )


def loaded_by_others(project: Project) -> bool:
    """Whether another program than Flask's own may load .env, or a platform sets what it holds.

    A Procfile's process gets its variables from the platform, and a container from whoever starts it.
    """
    deploy = project.deploy
    if deploy.dockerfiles or any(command.source in ("Procfile", "platform") for command in deploy.commands):
        return True
    return handed_over(project)


def handed_over(project: Project) -> bool:
    """Whether a program is there that loads .env before Python runs: a shell, docker compose, direnv, pipenv,
    systemd."""
    files = project.files.files
    if loaded_by_shell(project) or "ecosystem.config.js" in files:
        return True
    if any(path.endswith(".sh") and "env" in path.rpartition("/")[2] for path in files):
        return True
    if any(path.endswith((".service", ".nomad", "supervisord.conf")) for path in files):
        return True  # it has its own way to hand variables over
    deploy = project.deploy
    if any(service.env_files or service.environment for service in deploy.services):
        return True
    words = (word for command in deploy.commands for word in command.words)
    return any(mark in word for word in words for mark in _WORDS_OF_LOADERS)


def needs_loading(project: Project) -> bool:
    """Whether a .env with a new key needs code that loads it: something beside the ``flask`` command starts the app
    (a server, ``python app.py``, a test), and neither code nor anything around it loads a .env.

    A test that comes to the app in another way than by the module that loads .env counts too. Not where a .env is there
    that the code could read and nothing loads: its other values would come into force as well.
    """
    modules = [facts for facts in project.modules.values() if counts(facts)]
    known = project.env.env.keys
    if loaded_by_shell(project) or any(not known[key].empty for key in wanted_keys(project)):
        return False
    tests = [facts for facts in project.modules.values() if facts.role == "test"]
    if loads_dotenv(modules):
        reached = (reached_from(project, test) for test in tests)
        return any(not loads_dotenv(each) and any(facts.role == "app" for facts in each) for each in reached)
    if tests or (is_served(project) and not loaded_by_others(project)):
        return True
    return any(starts_flask(project.links, run.owner, facts.path) for facts in modules for run in facts.runs)


def loaded_by_shell(project: Project) -> bool:
    """Whether .env is in the environment of every program that a developer starts: by direnv, pipenv, ``source``."""
    if any(line.startswith("export ") for line in project.env.env.raw.reveal().decode("utf-8", "replace").split("\n")):
        return True  # written for ``source .env``
    return any(name in project.files.files for name in (".envrc", "Pipfile"))


def is_served(project: Project) -> bool:
    """Whether a server that loads no .env runs the app: a command or a requirement names one."""
    if any(command.program in SERVERS and not command.development for command in project.deploy.commands):
        return True
    return any(project.dependencies.has(name) for name in _SERVING)


def reached_from(project: Project, start: ModuleFacts, targets: Iterable[str] | None = None) -> list[ModuleFacts]:
    """The modules of the project that a module imports, also in functions, with itself and the packages around;
    of all its imports, or of ``targets`` alone (without itself)."""
    links = project.links
    seen: dict[str, ModuleFacts] = {}
    queue: list[ModuleFacts] = []
    if targets is None:
        queue.append(start)
    else:
        for target in targets:
            place = links.find_module(target, start.path)
            if place is not None:
                queue += [place[0], *links.packages_around(place[0])]
    while queue:
        facts = queue.pop()
        if facts.path in seen or (targets is not None and facts.path == start.path):
            continue
        seen[facts.path] = facts
        queue += links.packages_around(facts)
        for item in facts.imports:
            place = links.find_module(item.target, facts.path) if targets is None or item.at_import else None
            if place is not None:
                queue += [place[0], *links.packages_around(place[0])]
    return list(seen.values())


def loads_dotenv(modules: Iterable[ModuleFacts]) -> bool:
    """Whether one of these modules loads a .env, or uses a library that does."""
    return any(
        facts.imports_dotenv or any(item.target.partition(".")[0] in _READERS for item in facts.imports)
        for facts in modules
    )


def loaded_before(project: Project, start: ModuleFacts) -> bool:
    """Whether a module that imports ``start`` loads .env itself, and so may have done it by then."""
    return any(
        facts.imports_dotenv and facts.path != start.path and counts(facts) and start in reached_from(project, facts)
        for facts in project.modules.values()
    )


def read_too_early(project: Project, start: ModuleFacts, targets: Iterable[str], keys: Collection[str]) -> bool:
    """Whether one of the modules ``targets``, as ``start`` imports them, reads one of ``keys`` while it is loaded."""
    modules = reached_from(project, start, targets)
    if loads_dotenv(modules):
        return False
    return any(
        read.at_import and read.kind != "prefix" and read.name in keys for facts in modules for read in facts.env_reads
    )
