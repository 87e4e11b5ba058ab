"""FD328: there is a .env, and python-dotenv is no dependency."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.errors import UserError
from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.env.envuse import counts, loaders
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule

READ = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\nKEY = os.environ['SHOP_KEY']\n"
ENV = {".env": "SHOP_KEY=1\n"}

# Distributions that bring python-dotenv, and those that read a .env on their own.
_BRING_IT = ("environs", "pydantic-settings", "flask-dotenv", "dotenv", "python-dotenv-vault")
_READ_IT_THEMSELVES = (
    "python-decouple",
    "django-environ",
    "dynaconf",
    "prettyconf",
    "environ-config",
    "starlette-config",
)
# What is imported of them.
_READERS = frozenset({
    "environs", "pydantic_settings", "flask_dotenv", "decouple", "environ", "dynaconf", "prettyconf",
})  # fmt: skip
_COMPOSE = ("compose.yml", "compose.yaml", "docker-compose.yml", "docker-compose.yaml")
# Files by which another program loads a .env.
_OTHER_LOADERS = {
    "Pipfile": "`pipenv run` loads it",
    "Procfile": "honcho and `heroku local` load it",
    ".envrc": "direnv may load it",
    **dict.fromkeys(_COMPOSE, "docker compose reads it"),
}


class DotenvNotInstalled(ProjectRule):
    """There is a .env or a .flaskenv, and python-dotenv, which reads it, is no dependency.

    ## What it finds

    A project with a `.env` whose keys the code reads, or with a `.flaskenv`, while none of its requirement files,
    `pyproject.toml`, `Pipfile` or lock files has python-dotenv, nor something that brings it (`flask[dotenv]`,
    environs, pydantic-settings) or reads a `.env` by itself (decouple, django-environ, dynaconf).

    Where it is installed in the project's virtualenv all the same, it is a warning: the next machine will lack it.
    Where another program may load the file (docker compose, pipenv, direnv, honcho), it is information.

    ## Why it matters

    The `flask` command loads `.env` and `.flaskenv` with python-dotenv if it can import it. If not, it prints one
    line ("Tip: There are .env files present. Install python-dotenv to use them.") and goes on: `FLASK_APP` and
    `FLASK_DEBUG` are not set, every `os.environ.get()` gives its fallback, and `os.environ[..]` raises. A module
    that calls `load_dotenv()` fails at its import.

    ## What to do instead

    ```console
    $ pip install python-dotenv
    ```

    and name it where the project's requirements are written. The fix does that in each file that is kept by hand and
    names Flask: a requirements file, the `dependencies` of `pyproject.toml`, Poetry's table, a `Pipfile`, `setup.cfg`;
    in its place where the list is sorted. What a tool writes (a lock file, what pip-compile made) is left alone: the
    fix says what has to be run (`uv lock`). `uv add python-dotenv`, `poetry add python-dotenv` or `pipenv install
    python-dotenv` does both at once.

    ## References

    - [Flask: environment variables from
    dotenv](https://flask.palletsprojects.com/en/stable/cli/#environment-variables-from-dotenv)
    - [Flask: optional dependencies](https://flask.palletsprojects.com/en/stable/installation/#optional-dependencies)
    - [python-dotenv](https://saurabh-kumar.com/python-dotenv/)
    """

    code = "FD328"
    name = "dotenv-not-installed"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    fix_title = "Add python-dotenv to the requirements"
    successors = ("FD316", "FD317", "FD319", "FD320", "FD325")
    bad = [
        Bad(
            {"app.py": READ, **ENV, "requirements.txt": "flask==3.1.0\n"},
            fixed={"requirements.txt": "flask==3.1.0\npython-dotenv\n"},
        ),
        Bad(
            {
                "app.py": READ,
                **ENV,
                "requirements.txt": "blinker==1.8\r\nFlask==3.1.0\r\nSQLAlchemy==2.0\r\nredis==5.0",
            },
            fixed={
                "requirements.txt": "blinker==1.8\r\nFlask==3.1.0\r\nSQLAlchemy==2.0\r\nredis==5.0\r\npython-dotenv"
            },
        ),
        Bad(
            {"app.py": READ, **ENV, "requirements.txt": "celery\nFlask\nredis\nSQLAlchemy\n"},
            fixed={"requirements.txt": "celery\nFlask\npython-dotenv\nredis\nSQLAlchemy\n"},
        ),
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n",
                ".flaskenv": "FLASK_APP=shop\n",
                "requirements.txt": "flask\n",
            },
            fixed={"requirements.txt": "flask\npython-dotenv\n"},
        ),
        # A module imports it; the settings are read by their prefix.
        Bad(
            {
                "app.py": f"from dotenv import load_dotenv\n\nload_dotenv()\n{READ}",
                **ENV,
                "requirements.txt": "-r requirements/base.txt\n",
                "requirements/base.txt": "flask\n",
            },
            fixed={"requirements/base.txt": "flask\npython-dotenv\n"},
        ),
        Bad(
            {
                "app.py": "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_prefixed_env('SHOP')\n",
                **ENV,
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["flask"]\n',
            },
            fixed={"pyproject.toml": '[project]\nname = "shop"\ndependencies = ["flask", "python-dotenv"]\n'},
        ),
        # In its place, as the file has it; what a tool writes is left to the tool.
        Bad(
            {
                "app.py": READ,
                **ENV,
                "pyproject.toml": "[project]\nname = 'shop'\ndependencies = [\n    # the web\n"
                "    'flask>=3',  # and its CLI\n"
                "    'gunicorn',\n\n    # data\n    'sqlalchemy',\n]\n",
                "uv.lock": '[[package]]\nname = "flask"\nversion = "3.1.0"\n',
            },
            fixed={
                "pyproject.toml": "[project]\nname = 'shop'\ndependencies = [\n    # the web\n"
                "    'flask>=3',  # and its CLI\n"
                "    'gunicorn',\n    'python-dotenv',\n\n    # data\n    'sqlalchemy',\n]\n",
                "uv.lock": '[[package]]\nname = "flask"\nversion = "3.1.0"\n',
            },
        ),
        Bad(
            {
                "app.py": READ,
                **ENV,
                "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.11"\nflask = "^3.1"\nredis = "*"\n\n'
                '[tool.poetry.group.dev.dependencies]\npytest = "^8"\n',
            },
            fixed={
                "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.11"\nflask = "^3.1"\nredis = "*"\n'
                'python-dotenv = "*"\n\n[tool.poetry.group.dev.dependencies]\npytest = "^8"\n',
            },
        ),
        Bad(
            {
                "app.py": READ,
                **ENV,
                "setup.cfg": "[metadata]\nname = shop\n\n[options]\ninstall_requires =\n    flask>=3\n    redis\n",
            },
            fixed={
                "setup.cfg": "[metadata]\nname = shop\n\n[options]\ninstall_requires =\n    flask>=3\n    redis\n"
                "    python-dotenv\n"
            },
        ),
        Bad(
            {
                "app.py": READ,
                **ENV,
                "requirements.in": "flask\n",
                "requirements.txt": "# This file is autogenerated by pip-compile\nflask==3.1.0\n    # via blinker\n",
            },
            fixed={"requirements.in": "flask\npython-dotenv\n"},
        ),
        Bad(
            {
                "app.py": READ,
                **ENV,
                "requirements.txt": "# This file is autogenerated by pip-compile\nflask==3.1.0\n    # via blinker\n",
            }
        ),
        # Information: pipenv loads it.
        Bad(
            {"app.py": READ, **ENV, "Pipfile": '[packages]\nflask = "*"\n'},
            fixed={"Pipfile": '[packages]\nflask = "*"\npython-dotenv = "*"\n'},
        ),
    ]
    good = [
        {"app.py": READ, **ENV, "requirements.txt": "flask\nPython_Dotenv>=1\n"},
        {"app.py": READ, **ENV, "requirements.txt": "Flask[async,dotenv]==3.1.0\n"},
        {"app.py": READ, **ENV, "requirements.txt": "flask\n", "requirements-dev.txt": "python-dotenv\n"},
        {"app.py": READ, **ENV, "requirements.txt": "flask\nenvirons\n"},
        {"app.py": READ, **ENV, "requirements.txt": "flask\nuvicorn[standard]\n"},
        {
            "app.py": READ,
            **ENV,
            "pyproject.toml": '[tool.poetry.dependencies]\nflask = {version = "^3", extras = ["dotenv"]}\n',
        },
        {
            "app.py": READ,
            **ENV,
            "requirements.txt": "flask\n",
            "uv.lock": '[[package]]\nname = "python-dotenv"\nversion = "1.2"\n',
        },
        # It reads the file by itself.
        {
            "app.py": "from decouple import config\n\nKEY = config('SHOP_KEY')\n",
            **ENV,
            "requirements.txt": "flask\npython-decouple\n",
        },
        # What reads it is imported and itself not declared: another one would not help.
        {
            "app.py": "from decouple import config\nfrom flask import Flask\n\nKEY = config('SHOP_KEY')\n",
            **ENV,
            "requirements.txt": "flask\n",
        },
        # No .env; one with keys of others, here of docker compose alone.
        {"app.py": READ, "requirements.txt": "flask\n"},
        {
            "app.py": READ,
            ".env": "POSTGRES_PORT=5432\n",
            "requirements.txt": "flask\n",
            "compose.yml": "services: {}\n",
        },
        # A Flask that would not load it, with python-dotenv or without.
        {"app.py": READ, **ENV, "requirements.txt": "flask==0.12.5\n"},
        # Nothing is declared anywhere that is understood here: it may well be.
        Good({"app.py": READ, **ENV, "environment.yml": "dependencies:\n  - flask\n  - python-dotenv\n"}, flask=""),
        Good({"app.py": READ, **ENV}, flask=""),
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The one issue there can be."""
        dependencies, env = project.dependencies, project.env
        if not dependencies.distributions or dependencies.distributions == dependencies.installed:
            return  # nothing is declared
        if any(dependencies.has(name) for name in ("python-dotenv", *_BRING_IT, *_READ_IT_THEMSELVES)):
            return
        modules = (facts for facts in project.modules.values() if counts(facts))
        if any(item.target.partition(".")[0] in _READERS for facts in modules for item in facts.imports):
            return
        if any(path in project.files.files for path in ("environment.yml", "environment.yaml")):
            return  # conda's: not read
        settings = env.flaskenv.readable and bool(env.flaskenv.keys)
        file = ".flaskenv" if settings else ".env"
        if not settings and not _is_for_the_code(project):
            return
        others = () if settings else [_OTHER_LOADERS[name] for name in _OTHER_LOADERS if name in project.files.files]
        loading = loaders(project)
        if not loading and dependencies.flask is not None and dependencies.flask.newest < (1, 0):
            return  # the `flask` command loads these files since 1.0
        if loading:
            message = f"{loading[0]} imports dotenv, and no requirement names python-dotenv"
        else:
            message = f"No requirement names python-dotenv, so `flask run` does not load {file}"
        severity = None
        if "python-dotenv" in dependencies.installed:
            severity = Severity.WARNING
            message = f"python-dotenv is installed here and no requirement names it: elsewhere {file} is not loaded"
        elif others and not loading:
            severity = Severity.INFO
            message += f"; {others[0]}"
        advice = _refused(project)
        yield Issue(message, Location(file), file, severity=severity, fixable=not advice, advice=advice)

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """python-dotenv where Flask is required."""
        del issue  # there is but one
        from flaskdoctor.fixes.requirements import Requirement, requirement_edits

        return requirement_edits(Requirement("python-dotenv"), project)


def _refused(project: Project) -> str:
    """Why the requirement cannot be added; empty where it can."""
    from flaskdoctor.fixes.requirements import Requirement, requirement_edits

    try:
        requirement_edits(Requirement("python-dotenv"), project)
    except UserError as error:
        return f"{error.title.rstrip('.')}."
    return ""


def _is_for_the_code(project: Project) -> bool:
    """Whether .env has keys that the code reads, or that Flask does."""
    env = project.env.env
    if not env.readable:
        return False
    names: set[str] = set()
    prefixes = ["FLASK_"]
    for facts in project.modules.values():
        if counts(facts):
            names |= {read.name for read in facts.env_reads if read.kind != "prefix"}
            prefixes += [read.name for read in facts.env_reads if read.kind == "prefix"]
    return any(key in names or key.startswith(tuple(prefixes)) for key in env.keys)
