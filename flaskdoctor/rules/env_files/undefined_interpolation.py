"""FD320: a value of an env file that is built from a variable which nothing sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.patterns import lazy
from flaskdoctor.project.env.envfile import Binding, EnvFile
from flaskdoctor.project.env.envreaders import read_files
from flaskdoctor.project.env.envuse import counts, platform
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "from dotenv import load_dotenv\nload_dotenv()\n"
# As python-dotenv finds them: everything up to ``}`` or ``:`` is the name, and only ``:-`` gives a default.
_VARIABLE = lazy(r"\$\{(?P<name>[^}:]*)(?P<default>:-[^}]*)?\}")
_SHELL_DEFAULT = lazy(r"([A-Za-z_]\w*)[-+?=].*")
# Files for another machine: what is set there is not known here.
_ELSEWHERE = frozenset(("production", "prod", "staging", "stage", "uat", "docker", "ci", "deploy", "preview", "server"))


class _Use(NamedTuple):
    binding: Binding
    name: str


class UndefinedInterpolation(ProjectRule):
    """A value of an env file uses `${NAME}`, and nothing sets NAME.

    ## What it finds

    In `.env`, `.flaskenv` and the env files that the code loads: a `${NAME}` without a default, where NAME is set
    neither in a line above, nor in another env file, nor in the environment. Also

    - a NAME that is set further down only: python-dotenv reads from top to bottom,
    - `${NAME-default}`: python-dotenv knows `${NAME:-default}` alone, and takes `NAME-default` for the name.

    It expands them within single quotes too, so a password with `${` in it is found as well. The name is shown where it
    is one of the project's; otherwise it may be a piece of the value, and only the line is named.

    Left alone: names of the system (`${HOME}`), a key that repeats itself (`A=${A}`), `$NAME` without braces (plain
    text for python-dotenv), files for other machines (`.env.production`), and projects that load with
    `interpolate=False`.

    ## Why it matters

    python-dotenv puts nothing in its place and says nothing: `postgresql://${DB_USER}@localhost/shop` becomes
    `postgresql://@localhost/shop`, and what is seen is a login that fails.

    ## What to do instead

    ```ini
    DB_USER=ada
    DATABASE_URL=postgresql://${DB_USER}:${DB_PORT:-5432}@localhost/shop
    ```

    Set the name above its use, or give a default. A `${` that belongs to the value is written `${:-$}{`.

    ## References

    - [python-dotenv: variable expansion](https://saurabh-kumar.com/python-dotenv/#variable-expansion)
    """

    code = "FD320"
    name = "undefined-interpolation"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    bad = [
        Bad({"app.py": APP, ".env": "DATABASE_URL=db://${SHOP_USER}@localhost/shop\n"}),
        # Set below its use; within single quotes; a default as the shell writes it.
        Bad({"app.py": APP, ".env": "A_URL=db://${SHOP_USER}@localhost/shop\nSHOP_USER=ada\n"}),
        Bad({"app.py": APP, ".env": "A_PASSWORD='kiln${clay}4711'\n"}),
        Bad({"app.py": APP, ".env": "A_URL=http://localhost:${SHOP_PORT-5000}/\n"}),
        # One finding for each name, and but one for a value; taken back above.
        Bad({"app.py": APP, ".env": "A=${SHOP_A}${SHOP_B}\nB=${SHOP_A}\nC=${SHOP_C}\n"}, hits=2),
        Bad({"app.py": APP, ".env": "SHOP_A=1\nexport SHOP_A\nB=${SHOP_A}\n"}),
        # Files that the code loads; Flask's own.
        Bad({"app.py": "from dotenv import load_dotenv\nload_dotenv('.env.shop')\n", ".env.shop": "A=${SHOP_A}\n"}),
        Bad({"shop/__init__.py": "import flask\n", ".flaskenv": "FLASK_APP=${SHOP_APP}\n"}),
    ]
    good = [
        # Set above, also to nothing; a default, also an empty one; the system's.
        {"app.py": APP, ".env": "A=1\nexport E=\nB=${A}${E}\nC=${D:-x}${F:-}\nDATA=${HOME}/data\nU=${USER}\n"},
        # No braces, no expansion: text. Comments.
        {"app.py": APP, ".env": "A=$B\nC=pa$$word\n# D=${E}\nF=1 # ${G}\nH=${I:?is missing}\n"},
        # It hands on what is set outside.
        {"app.py": APP, ".env": "SHOP_A=${SHOP_A}\n"},
        # Another env file sets it; the code switches it off.
        {"app.py": APP, ".env": "A=${FLASK_RUN_PORT}\nB=${SHOP_THEME}\n", ".flaskenv": "SHOP_THEME=dark\n"},
        {"app.py": "import dotenv\ndotenv.load_dotenv(interpolate=False)\n", ".env": "A=kiln${clay}\n"},
        # Another machine's, another program's.
        {"app.py": "import dotenv\ndotenv.load_dotenv('.env.production')\n", ".env.production": "A=${SHOP_A}\n"},
        {"app.py": "import flask\n", "frontend/package.json": "{}\n", "frontend/.env": "VITE_A=${SHOP_A}\n"},
        {"app.py": APP, "web.env": "A=${SHOP_A}\n"},
        # Behind a line that cannot be read nothing is certain.
        {"app.py": APP, ".env": "B: 1\nA=${SHOP_A}\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The values that use what is not set."""
        loads = [load for facts in project.modules.values() if counts(facts) for load in facts.env_loads]
        if any(load.literal for load in loads):
            return
        present = project.env.present
        for read in read_files(project):
            file = read.file
            if not read.by_dotenv or not _ELSEWHERE.isdisjoint(file.path.rpartition("/")[2].split(".")):
                continue
            uses: dict[str, list[Binding]] = {}
            for binding, name in _undefined(file, project):
                if not any(other.sets(name) for other in present if other is not file):
                    uses.setdefault(name, []).append(binding)
            for name, bindings in uses.items():
                yield _issue(file, _Use(bindings[0], name), len(bindings) - 1, project)


def _undefined(file: EnvFile, project: Project) -> Iterator[_Use]:
    """The first ``${NAME}`` of each value that nothing above sets, up to a line that cannot be read."""
    values: dict[str, bool] = {}
    for binding in file.certain:
        own = binding.name.reveal()
        text = binding.value.reveal() if binding.value is not None else ""
        for found in _VARIABLE.finditer(text) if "${" in text else ():
            name = found["name"]
            known = values.get(name) or name in project.environ or name == own or platform(name) or not name
            if not known and found["default"] is None:
                yield _Use(binding, name)
                break
        values[own] = binding.value is not None


def _issue(file: EnvFile, use: _Use, more: int, project: Project) -> Issue:
    binding, name = use
    again = f" (and {more} more {'value' if more == 1 else 'values'})" if more else ""
    what = f"{binding.shown} in {file.path}" if binding.named else f"The value on line {binding.line} of {file.path}"
    place = Location(file.path, binding.line)
    below = file.last(name)
    if below is not None and below.named and below.value is not None and below.line > binding.line:
        message = f"{what} uses {below.shown}, which is set below it, in line {below.line}: it is empty there{again}"
        return Issue(message, place, binding.shown, advice=f"Move line {below.line} above line {binding.line}.")
    shell = _SHELL_DEFAULT.fullmatch(name)
    if shell is not None:
        message = f"{what} has a default that python-dotenv does not know: only `${{NAME:-default}}` is one{again}"
        return Issue(message, place, binding.shown, advice="Write `:-` in front of the default.")
    shown = name if _is_own(name, project) else "a variable"
    advice = "Set it in a line above, or give a default: `${NAME:-default}`. For a `${` of the value write `${:-$}{`."
    message = f"{what} uses {shown} that nothing sets: it is left empty{again}"
    return Issue(message, place, binding.shown, advice=advice)


def _is_own(name: str, project: Project) -> bool:
    """Whether a name is known from elsewhere, so that it is no piece of a value."""
    if any(name in template.keys or name in template.commented for template in project.env.templates):
        return True
    return any(read.name == name for facts in project.modules.values() for read in facts.env_reads)
