"""FD406: a requirement that Windows cannot use, without a marker that says so."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.plainfile import decode, read_bytes
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.versions.requirements import requirement
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule

# Those that do not even install there; gunicorn does, and then cannot be imported (no ``fcntl``).
_DOES_NOT_INSTALL = frozenset({"uwsgi", "pyuwsgi", "uvloop", "bjoern", "meinheld"})
_DOES_NOT_RUN = frozenset({"gunicorn", "sh"})
_NAMES = _DOES_NOT_INSTALL | _DOES_NOT_RUN
_MARKER = 'sys_platform != "win32"'
# Files for machines that are no Windows in any case.
_SERVER = frozenset((
    "pro", "prod", "production", "deploy", "deployment", "docker", "container", "heroku", "server", "live", "staging",
    "linux", "unix", "posix", "lock", "locked", "freeze",
))  # fmt: skip
_POSIX_ONLY = re.compile(r"Operating System :: (?:POSIX|MacOS|Unix)")


class _Found(NamedTuple):
    path: str
    line: int
    name: str


class PosixOnlyRequirement(ProjectRule):
    """A requirement for Linux and macOS alone stands in the list that people on Windows install too.

    ## What it finds

    uWSGI, pyuwsgi, uvloop, bjoern or meinheld in a requirements file or in the `dependencies` of `pyproject.toml`
    (Poetry's as well), with no environment marker: on Windows `pip install -r requirements.txt` ends with an error
    there. gunicorn and sh are information: they install, and fail when they are imported.

    Files for servers (`requirements/prod.txt`, `requirements-docker.txt`), generated ones, lock files, lines with a
    marker, and projects whose classifiers name POSIX only are left alone.

    ## Why it matters

    pip installs all or nothing: one package that does not build, and whoever has just cloned the project has no Flask
    either, but a page of a C compiler's errors about `pwd.h` or `uv_loop`. Under WSL or in a container it works, which
    somebody who wanted to try the project for an hour first has to find out.

    ## What to do instead

    Say where it is for; pip, uv, Poetry and pip-tools all read the marker:

    ```text
    uwsgi==2.0.28; sys_platform != "win32"
    gunicorn>=23; sys_platform != "win32"
    waitress>=3; sys_platform == "win32"
    ```

    With Poetry's own table it is `uwsgi = { version = "^2.0", markers = "sys_platform != 'win32'" }`. Where a lock file
    lies beside `pyproject.toml` it has to be made anew after the fix, which says so (`poetry lock`, `uv lock`).

    Or keep the server in a list of its own, `requirements/prod.txt` with `-r base.txt` at its top. The development
    server and waitress run on Windows.

    ## References

    - [Dependency specifiers: environment markers](https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers)
    - [Flask: deploying to production, waitress](https://flask.palletsprojects.com/en/stable/deploying/waitress/)
    - [gunicorn: does it run on Windows?](https://docs.gunicorn.org/en/stable/install.html)
    """

    code = "FD406"
    name = "posix-only-requirement"
    tip = Tip.PORTABILITY
    severity = Severity.WARNING
    fix_title = f"Add the marker {_MARKER}"

    bad = [
        Bad(
            {"app.py": "import flask\n", "requirements.txt": "flask==3.1.0\nuWSGI==2.0.28  # the server\nredis\n"},
            {"requirements.txt": 'flask==3.1.0\nuWSGI==2.0.28; sys_platform != "win32"  # the server\nredis\n'},
        ),
        Bad(
            {
                "app.py": "import flask\n",
                "requirements/base.txt": "flask\r\ngunicorn [gevent] >= 23\r\nuvloop\r\n",
                "requirements/dev.txt": "-r base.txt\r\npytest\r\n",
            },
            {
                "requirements/base.txt": 'flask\r\ngunicorn [gevent] >= 23; sys_platform != "win32"\r\n'
                'uvloop; sys_platform != "win32"\r\n',
            },
            hits=2,
        ),
        Bad(
            {
                "app.py": "import flask\n",
                "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'
                'dependencies = ["flask", "uwsgi>=2",  # serves it\n  \'gunicorn\']\n',
            },
            {
                "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'
                'dependencies = ["flask", "uwsgi>=2; sys_platform != \'win32\'",  # serves it\n'
                "  'gunicorn; sys_platform != \"win32\"']\n",
            },
            hits=2,
        ),
        # Poetry's own table.
        Bad(
            {
                "app.py": "import flask\n",
                "pyproject.toml": "[tool.poetry.dependencies]\nflask = '^3.1'\nUWSGI = '^2.0'\n"
                "gunicorn = { version = '^23', extras = ['gevent'] }  # serves it\n",
            },
            {
                "pyproject.toml": "[tool.poetry.dependencies]\nflask = '^3.1'\n"
                "UWSGI = { version = '^2.0', markers = \"sys_platform != 'win32'\" }\n"
                "gunicorn = { version = '^23', extras = ['gevent'], markers = \"sys_platform != 'win32'\" }"
                "  # serves it\n",
            },
            hits=2,
        ),
        # A lock file that is made of the line stays as it is; a list with the same line that is another one, too.
        Bad(
            {
                "app.py": "import flask\n",
                "pyproject.toml": '[dependency-groups]\nserver = ["uwsgi"]\n\n[project]\nname = "shop"\nversion = "1"\n'
                '# "uwsgi" serves it\ndependencies = ["flask", "uwsgi"]\n',
                "uv.lock": "version = 1\n",
            },
            {
                "pyproject.toml": '[dependency-groups]\nserver = ["uwsgi"]\n\n[project]\nname = "shop"\nversion = "1"\n'
                '# "uwsgi" serves it\ndependencies = ["flask", "uwsgi; sys_platform != \'win32\'"]\n',
                "uv.lock": "version = 1\n",
            },
        ),
    ]
    good = [
        # Poetry's table: with a marker, for one platform, in another group, as an extra.
        Good(
            {
                "app.py": "import flask\n",
                "pyproject.toml": "[tool.poetry.dependencies]\nflask = '^3.1'\n"
                "gunicorn = { version = '^23', markers = 'sys_platform != \"win32\"' }\n"
                "uvloop = { version = '*', platform = 'linux' }\nmeinheld = { version = '*', optional = true }\n"
                "\n[tool.poetry.group.server.dependencies]\nuwsgi = '^2.0'\n",
            }
        ),
        # With a marker.
        Good({"app.py": "import flask\n", "requirements.txt": "flask\ngunicorn; sys_platform != 'win32'\n"}),
        Good({"app.py": "import flask\n", "requirements.txt": 'flask\nuwsgi>=2 ; platform_system != "Windows"\n'}),
        # A list for servers.
        Good(
            {
                "app.py": "import flask\n",
                "requirements/prod.txt": "-r base.txt\nuwsgi\n",
                "requirements/base.txt": "flask\n",
            }
        ),
        Good({"app.py": "import flask\n", "requirements.txt": "flask\n", "requirements-docker.txt": "gunicorn\n"}),
        # Generated: the line belongs into what it is made from.
        Good(
            {
                "app.py": "import flask\n",
                "requirements.txt": "# This file is autogenerated by pip-compile\nflask==3.1.0\ngunicorn==23.0.0\n",
            }
        ),
        Good(
            {
                "app.py": "import flask\n",
                "requirements.in": 'flask\ngunicorn; sys_platform != "win32"\n',
                "requirements.txt": "flask==3.1.0\n    # via -r requirements.in\ngunicorn==23.0.0\n",
            }
        ),
        # For POSIX in any case.
        Good(
            {
                "app.py": "import flask\n",
                "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask", "uwsgi"]\n'
                'classifiers = ["Operating System :: POSIX :: Linux"]\n',
            }
        ),
        # An optional group, which nobody on Windows has to ask for.
        Good(
            {
                "app.py": "import flask\n",
                "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n\n'
                '[project.optional-dependencies]\nserver = ["uwsgi>=2"]\n',
            }
        ),
        # Other packages whose names begin alike, and a line that is none.
        Good(
            {
                "app.py": "import flask\n",
                "requirements.txt": "flask\ngunicorn-color\nuwsgidecorators\n# uwsgi==2.0.28\n",
            }
        ),
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """Every such line, once a file and name."""
        for found in _lines(project):
            fails = found.name in _DOES_NOT_INSTALL
            yield Issue(
                f"{found.name} does not {'install' if fails else 'run'} on Windows, and no marker says so",
                Location(found.path, found.line),
                found.name,
                severity=None if fails else Severity.INFO,
            )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The line with the marker."""
        from flaskdoctor.fixes.requirements import marker_edit

        return [marker_edit(issue.location.path, issue.anchor, "sys_platform", "win32", project)]


def _lines(project: Project) -> Iterator[_Found]:
    if not any(project.dependencies.has(name) for name in _NAMES):
        return
    from flaskdoctor.fixes.requirements.textfile import is_written_by_hand

    texts = {
        path: text
        for path in project.dependencies.inputs
        if path.endswith((".txt", ".in", ".pip")) or path in ("pyproject.toml", "setup.cfg", "setup.py")
        if (text := _text(project, path))
    }
    if any(_POSIX_ONLY.search(texts.get(path, "")) for path in ("pyproject.toml", "setup.cfg", "setup.py")):
        return
    for path, text in texts.items():
        if path == "pyproject.toml":
            yield from _toml_lines(path, text)
        elif (
            path.endswith((".txt", ".in", ".pip"))
            and not _for_servers(path)
            and is_written_by_hand(path, text.encode())
        ):
            yield from _requirement_lines(path, text)


def _text(project: Project, path: str) -> str:
    return decode(read_bytes(os.path.join(project.root, path)).data)


def _for_servers(path: str) -> bool:
    return not _SERVER.isdisjoint(re.findall(r"[a-z]+", path.lower().rpartition(".")[0]))


def _requirement_lines(path: str, text: str) -> Iterator[_Found]:
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        found = requirement(re.sub(r"(?:^|\s)#.*", "", line))
        if found is not None and found[0] in _NAMES and not found[2] and found[0] not in seen:
            seen.add(found[0])
            yield _Found(path, number, found[0])


def _toml_lines(path: str, text: str) -> Iterator[_Found]:
    """The main dependencies of a ``pyproject.toml`` (PEP 621, or Poetry's own table) that stand in it as written."""
    if not any(name in text.lower() for name in _NAMES):
        return
    from flaskdoctor.fixes.requirements.tomlchange import MARKED
    from flaskdoctor.fixes.requirements.tomldocument import Document

    try:
        document = Document(text.encode())
        spots = [(name, spot) for name in sorted(_NAMES) for spot in document.spots(name)]
    except Refuse:
        return
    for name, spot in sorted(spots, key=lambda item: item[1].start):
        value = document.value(spot.path)
        if spot.number >= 0:
            marked = ";" in value[spot.number]
        else:
            marked = isinstance(value, list) or (isinstance(value, dict) and not value.keys().isdisjoint(MARKED))
        if not marked:
            yield _Found(path, document.line(spot), name)
