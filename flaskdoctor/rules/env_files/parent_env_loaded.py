"""FD325: there is no .env here, and one in a folder above is loaded in its place."""

from __future__ import annotations

import os
from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.env.envreaders import has_dotenv
from flaskdoctor.project.env.envuse import loaders
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule

DOTENV = {"work/shop/requirements.txt": "flask\npython-dotenv\n"}
LOADING = "from dotenv import load_dotenv\nload_dotenv()\n"


class ParentEnvLoaded(ProjectRule):
    """The project has no .env, and python-dotenv takes one from a folder above it.

    ## What it finds

    A project without a `.env` that python-dotenv would load one for (a requirement names it, or a module calls
    `load_dotenv()`), where a folder above has one. Only that it is there is looked at; it is not read.

    Silent where the variable `FLASK_SKIP_DOTENV` is set.

    ## Why it matters

    Both the `flask` command and `load_dotenv()` go up from folder to folder, to the root of the disk, until they find a
    `.env`. In a repository with several services that is often what is wanted. It is not when the file belongs to
    another project, or to your home folder: the app then runs with its `DATABASE_URL`, and a test writes into the wrong
    database. It works on this machine alone, and nothing says why.

    ## What to do instead

    Give the project a `.env` of its own, which may be empty: the search ends there. Or name the file:

    ```python
    load_dotenv(Path(__file__).parent / ".env")
    ```

    The `flask` command takes `flask --env-file .env run`, and `FLASK_SKIP_DOTENV=1` switches its search off.

    ## References

    - [Flask: environment variables from
    dotenv](https://flask.palletsprojects.com/en/stable/cli/#environment-variables-from-dotenv)
    - [python-dotenv: getting started](https://saurabh-kumar.com/python-dotenv/)
    """

    code = "FD325"
    name = "parent-env-loaded"
    tip = Tip.SECRETS
    severity = Severity.INFO
    bad = [
        Bad({"#project": "shop", "shop/app.py": LOADING, ".env": "A=1\n"}),
        Bad({"#project": "work/shop", "work/shop/app.py": "import flask\n", **DOTENV, ".env": "A=1\n"}),
    ]
    good = [
        # Nothing above; a .env of its own, also beside the module; nothing loads one.
        {"app.py": LOADING},
        {"app.py": LOADING, ".env": ""},
        {"#project": "shop", "shop/app.py": LOADING, "shop/.env": "", ".env": "A=1\n"},
        {"#project": "shop", "shop/web/app.py": LOADING, "shop/web/.env": "", ".env": "A=1\n"},
        Good({"#project": "shop", "shop/app.py": "import flask\n", ".env": "A=1\n"}),
        # A virtualenv of that name is no env file.
        {"#project": "shop", "shop/app.py": LOADING, ".env/pyvenv.cfg": "home = /usr/bin\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The one issue there can be."""
        env = project.env
        if not env.above or env.env.state != "missing" or env.nested or "FLASK_SKIP_DOTENV" in project.environ:
            return
        if not has_dotenv(project):
            return
        way = os.path.relpath(env.above, os.path.realpath(project.root)).replace(os.sep, "/")
        loading = loaders(project)
        who = f"{loading[0]} and the `flask` command load" if loading else "the `flask` command loads"
        yield Issue(
            f"There is no .env here, so {who} {way}",
            Location(".env"),
            ".env",
            advice="If that one is not meant for this project, make a `.env` here: it may be empty.",
        )
