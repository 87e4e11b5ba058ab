"""FD409: the README tells only those on Linux and macOS how to start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.versions.platforms import made_for_posix
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "import flask\n"

_README = re.compile(r"readme(?:\.(?:md|markdown|rst|txt|adoc))?", re.I)
_ACTIVATE = re.compile(r"(?:^|[\s`$;&(>])(?:source|\.)\s+[\w./~${}<>-]{0,80}\bbin/activate(?![\w.])", re.MULTILINE)
# Somebody has thought of Windows, or the virtualenv is only one way among those that work there.
_ELSEWHERE = re.compile(
    r"windows|win32|powershell|\bcmd(?:\.exe)?\b|\bwsl\b|git bash|scripts[\\/]+activate|activate\.(?:bat|ps1)|\.bat\b"
    r"|\.ps1\b|\bconda (?:create|activate|env)|\buv (?:sync|run|venv|pip)|poetry (?:install|shell|run)"
    r"|pipenv (?:install|shell|sync)"
    r"|\bpdm (?:install|sync|run)|hatch (?:shell|run|env)|vagrant up|devcontainer|docker[ -]compose (?:up|build)"
    r"|docker (?:build|run)|apt(?:-get)? install|\byum install|\bdnf install|raspberry|ubuntu|debian",
    re.I,
)
_LIMIT = 300_000


class UnixOnlyReadme(ProjectRule):
    """The README activates the virtualenv for Linux and macOS alone: on Windows the first step already fails.

    ## What it finds

    A README with `source venv/bin/activate` (or `. .venv/bin/activate`) and no word about Windows: no
    `Scripts\\activate`, no other way that works there (uv, Poetry, Pipenv, conda, Docker), and nothing that says that
    it is for a server with Linux, such as `apt install`. It is information.

    ## Why it matters

    A virtualenv of Windows has no folder `bin`: its scripts lie in `Scripts`. Who has just learnt to program and
    follows the lines one by one gets "source is not recognized" at the second, leaves it out, and installs everything
    into the system's Python. The same goes for `export FLASK_APP=shop` a line further down.

    ## What to do instead

    Name both forms:

    ```console
    python -m venv .venv
    source .venv/bin/activate          # Linux, macOS, WSL, Chromebook
    .venv\\Scripts\\activate             # Windows
    pip install -r requirements.txt
    flask --app shop run --debug
    ```

    `flask --app shop` is the same everywhere, and a `.flaskenv` file with `FLASK_APP=shop` is too.

    ## References

    - [Flask: installation, activate the
      environment](https://flask.palletsprojects.com/en/stable/installation/#activate-the-environment)
    - [Python: how venvs work](https://docs.python.org/3/library/venv.html#how-venvs-work)
    """

    code = "FD409"
    name = "unix-only-readme"
    tip = Tip.PORTABILITY
    severity = Severity.INFO

    bad = [
        Bad(
            {
                "app.py": APP,
                "README.md": "# Shop\n\n```\npython -m venv venv\nsource venv/bin/activate\nflask run\n```\n",
            }
        ),
        Bad({"app.py": APP, "readme.rst": "Shop\n====\n\n::\n\n    $ . .venv/bin/activate\n    $ flask run\n"}),
        Bad(
            {
                "app.py": APP,
                "README": "virtualenv env && source env/bin/activate && pip install -r requirements.txt\r\n",
            }
        ),
        Bad({"app.py": APP, "README.markdown": "Run `source ~/.venvs/shop/bin/activate`, then `flask run`.\n"}),
        # Said once, however often it stands there.
        Bad({"app.py": APP, "README.md": "    source env/bin/activate\n\n    source env/bin/activate\n"}),
    ]
    good = [
        {
            "app.py": APP,
            "README.md": "    source venv/bin/activate   # Linux\n    venv\\Scripts\\activate   # the others\n",
        },
        {"app.py": APP, "README.md": "    source venv/bin/activate\n\nOn Windows: `.\\venv\\Scripts\\Activate.ps1`\n"},
        {"app.py": APP, "README.rst": "For Linux and WSL::\n\n    . venv/bin/activate\n"},
        # Another way that works there.
        {"app.py": APP, "README.md": "    uv sync\n\nor\n\n    source .venv/bin/activate\n"},
        {"app.py": APP, "README.md": "    docker compose up\n\nor\n\n    source .venv/bin/activate\n"},
        {"app.py": APP, "README.md": "    conda activate shop\n    source .venv/bin/activate\n"},
        # A server with Linux.
        {"app.py": APP, "README.md": "    sudo apt-get install nginx\n    source venv/bin/activate\n"},
        # No virtualenv, another script of that name, another file, another folder.
        {
            "app.py": APP,
            "README.md": "    pip install -r requirements.txt\n    flask run\n    source bin/activate_this\n",
        },
        {"app.py": APP, "README.md": "# Shop\n", "docs/README.md": "    source venv/bin/activate\n"},
        {"app.py": APP, "INSTALL.md": "    source venv/bin/activate\n"},
        {
            "app.py": APP,
            "README.md": "    source venv/bin/activate\n",
            "setup.cfg": "[metadata]\nname = shop\nclassifiers =\n    Operating System :: POSIX\n",
            "requirements.txt": "flask==3.1.0\n",
        },
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The README in the project's folder, once."""
        path = next((path for path in project.files.files if "/" not in path and _README.fullmatch(path)), None)
        if path is None:
            return
        text = project.texts.read(path, _LIMIT)
        found = _ACTIVATE.search(text)
        if found is None or _ELSEWHERE.search(text) or made_for_posix(project):
            return
        line = text.count("\n", 0, found.end()) + 1
        yield Issue(
            f"{path} activates the virtualenv for Linux and macOS only",
            Location(path, line),
            "activate",
            advice="On Windows it is `venv\\Scripts\\activate`.",
        )
