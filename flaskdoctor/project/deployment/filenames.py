"""Which files speak of deployment, by their names, and which of those are for development."""

from __future__ import annotations

import re

from flaskdoctor.patterns import lazy
from flaskdoctor.project.discover import role_of

_DEVELOPMENT = frozenset((
    "dev", "devel", "develop", "development", "local", "localhost", "override", "test", "tests", "testing", "ci",
    "debug", "cypress", "e2e", "devcontainer", "gitpod", "github", "example", "sample", "demo", "docs", "playground",
))  # fmt: skip
_WORD = lazy(r"[a-z0-9]+")
_KINDS = (
    ("procfile", re.compile(r"procfile(?:[._-](?!md|rst)[\w.-]+)?")),
    ("dockerfile", re.compile(r"(?:[\w.-]*[._-])?(?:docker|container)file(?:[._-](?!md|rst|dockerignore)[\w.-]+)?"
                              r"|\w*dockerfile")),
    ("compose", re.compile(r"(?:docker[-_.]?)?compose(?:[._-][\w.-]+)?\.ya?ml|docker-stack[\w.-]*\.ya?ml")),
    ("gunicorn", re.compile(r"gunicorn(?:[._-]?(?:conf|config|cfg|settings?))?(?:\.py|\.conf)(?:\.j2|\.template)?")),
    ("proxy", re.compile(r"[\w.-]*nginx[\w.-]*\.conf[\w.-]*|nginx[\w.-]*|caddyfile[\w.-]*|[\w.-]+\.caddy"
                         r"|[\w.-]*traefik[\w.-]*\.(?:ya?ml|toml)|[\w.-]*haproxy[\w.-]*\.cfg"
                         r"|[\w.-]+\.conf(?:\.(?:j2|template|tmpl|erb|tpl))?")),
    ("platform", re.compile(r"(?:app|render)\.ya?ml|fly\.toml")),
    ("makefile", re.compile(r"(?:gnu)?makefile")),
)  # fmt: skip
_TEXTS = (".md", ".rst", ".html", ".sh", ".png", ".svg", ".txt")
# A name holds one of these or it is none of them: most files of a project are told apart by that alone.
_HINTS = lazy(
    r"procfile|dockerfile|containerfile|compose|gunicorn|nginx|caddy|traefik|haproxy|\.conf|makefile|^app\.ya?ml$"
    r"|^render\.ya?ml$|^fly\.toml$|docker-stack"
)
_MOST_FILES = 300


def kind_of(path: str) -> str:
    """What a file speaks of: procfile, dockerfile, compose, gunicorn, proxy, platform, makefile; else ""."""
    name = path.rpartition("/")[2].lower()
    if _HINTS.search(name) is None or (name.endswith(_TEXTS) and not name.startswith("procfile")):
        return ""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(name)), "")


def deployment_files(files: tuple[str, ...]) -> list[tuple[str, str]]:
    """The files that speak of deployment, each with its kind; those nearest to the project's root come first."""
    found = [(path, kind) for path in files if (kind := kind_of(path))]
    if len(found) > _MOST_FILES:
        found = sorted(found, key=lambda each: (each[0].count("/"), each[0]))[:_MOST_FILES]
    return found


def for_development(path: str) -> bool:
    """Whether a file is for development or tests, by its name and its folders."""
    folders, _, name = path.lower().rpartition("/")
    if role_of(f"{folders}/x.py" if folders else "x.py") in ("test", "example", "docs"):
        return True
    return is_development_name(name) or any(is_development_name(folder) for folder in folders.split("/"))


def is_development_name(name: str) -> bool:
    """Whether a name speaks of development or tests: ``Dockerfile.dev``, ``web-test``, ``development``."""
    return not _DEVELOPMENT.isdisjoint(_WORD.findall(name.lower()))
