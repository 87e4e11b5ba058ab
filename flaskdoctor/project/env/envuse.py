"""Which environment names the project as a whole reads, where, and how much it needs them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Location

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.env.envnames import EnvRead
    from flaskdoctor.project.snapshot import Project

KINDS = ("optional", "soft", "required")  # weakest first

# Names that the system, a platform or a tool sets. Nobody writes these into a .env of his own.
PLATFORM = {
    "the operating system": (
        "PATH", "HOME", "USER", "USERNAME", "USERPROFILE", "LOGNAME", "SHELL", "PWD", "OLDPWD", "_", "LANG",
        "LANGUAGE",
        "TZ", "TMPDIR", "TEMP", "TMP", "TERM", "COLUMNS", "LINES", "DISPLAY", "EDITOR", "VISUAL", "PAGER", "HOSTNAME",
        "COMPUTERNAME", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMFILES", "PROGRAMDATA",
        "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "OS", "NO_COLOR", "FORCE_COLOR", "COLORTERM",
        "CommonProgramFiles", "ProgramFiles", "ProgramFiles(x86)", "ProgramData", "SystemRoot", "SystemDrive",
        "PROCESSOR_ARCHITECTURE", "PROCESSOR_ARCHITEW6432", "NUMBER_OF_PROCESSORS",
        "LD_LIBRARY_PATH", "INVOCATION_ID", "NOTIFY_SOCKET", "JOURNAL_STREAM", "SSH_AUTH_SOCK", "SSH_CLIENT",
        "SSH_CONNECTION", "SSH_TTY", "XDG_*", "LC_*", "SUDO_*", "WSL_*", "DBUS_*", "SYSTEMD_*", "LISTEN_*",
    ),
    "Python and its tools": (
        "VIRTUAL_ENV", "PYTHON*", "CONDA_*", "PIP_*", "UV_*", "POETRY_*", "PIPENV_*", "PYTEST_*", "TOX_*", "NOX_*",
        "COVERAGE_*", "READTHEDOCS", "SPHINX_*", "IPYTHON*",
    ),
    "Flask and the server that runs it": (
        "FLASK_APP", "FLASK_ENV", "FLASK_DEBUG", "FLASK_RUN_*", "FLASK_SKIP_DOTENV", "WERKZEUG_*",
        "SERVER_SOFTWARE", "GUNICORN_CMD_ARGS", "WEB_CONCURRENCY", "UWSGI_*", "SCRIPT_NAME", "PORT",
    ),
    "the CI service": (
        "CI", "CI_*", "GITHUB_ACTIONS", "GITHUB_SHA", "GITHUB_REF", "GITHUB_REF_NAME", "GITHUB_REPOSITORY",
        "GITHUB_RUN_ID", "GITHUB_WORKSPACE", "GITHUB_EVENT_NAME", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITLAB_CI",
        "TRAVIS", "TRAVIS_*", "CIRCLECI", "CIRCLE_*", "JENKINS_HOME", "JENKINS_URL", "BUILD_ID", "BUILD_NUMBER",
        "TEAMCITY_VERSION", "APPVEYOR", "APPVEYOR_*", "TF_BUILD", "DRONE", "CODESPACES",
    ),
    "the hosting platform": (
        "DYNO", "HEROKU_APP_*", "HEROKU_SLUG_*", "HEROKU_RELEASE_*", "RENDER", "RENDER_EXTERNAL_*", "RENDER_SERVICE_*",
        "RENDER_GIT_*", "RENDER_INSTANCE_ID", "FLY_APP_NAME", "FLY_REGION", "FLY_ALLOC_ID", "FLY_MACHINE_*",
        "RAILWAY_ENVIRONMENT", "RAILWAY_PUBLIC_DOMAIN", "VERCEL", "VERCEL_ENV", "VERCEL_URL", "NETLIFY", "GAE_*",
        "K_SERVICE", "K_REVISION", "K_CONFIGURATION", "GOOGLE_CLOUD_PROJECT", "AWS_LAMBDA_*", "AWS_EXECUTION_ENV",
        "LAMBDA_TASK_ROOT", "ECS_CONTAINER_*", "WEBSITE_SITE_NAME", "WEBSITE_HOSTNAME", "WEBSITE_INSTANCE_ID",
        "KUBERNETES_*", "PYTHONANYWHERE_*", "REPL_ID", "REPL_SLUG", "SPACE_ID",
    ),
    "the network set-up": (
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy",
    ),
}  # fmt: skip
_EXACT = {name: reason for reason, names in PLATFORM.items() for name in names if not name.endswith("*")}
_PREFIXES = {name[:-1]: reason for reason, names in PLATFORM.items() for name in names if name.endswith("*")}

# Files whose reads describe a build or a check, not the app: a stem at any place.
_TOOL_FILES = frozenset(("setup", "noxfile", "fabfile", "conftest"))


class KeyUse(NamedTuple):
    """How the app uses one name: the strongest ``kind`` (required, soft, optional) and the places, that
    kind first."""

    name: str
    kind: str
    places: tuple[Location, ...]


def platform(name: str) -> str:
    """Who sets a name that nobody has to document; empty for the project's own names."""
    return _EXACT.get(name) or next((why for prefix, why in _PREFIXES.items() if name.startswith(prefix)), "")


def counts(facts: ModuleFacts) -> bool:
    """Whether what a module reads is the app's business: not that of tests, examples, docs and build
    scripts, nor of a project that is yet to be made from a template (``{{cookiecutter.name}}/``)."""
    if "{{" in facts.path:
        return False
    if facts.role in ("app", "migration", "settings"):
        return not facts.name.endswith(("flask.cli", "quart.cli"))  # the framework's own checkout
    stem = facts.path.rpartition("/")[2].removesuffix(".py")
    return facts.role == "script" and "/" not in facts.path and stem not in _TOOL_FILES


def key_uses(modules: Iterable[ModuleFacts]) -> dict[str, KeyUse]:
    """All names that the app reads, platform names too, by name; prefixes are left out.

    What the app itself sets (``os.environ["X"] = ..``) nobody has to give it: optional, wherever it is read.
    """
    found: dict[str, list[tuple[str, Location]]] = {}
    own: set[str] = set()
    for facts in modules:
        if (facts.env_reads or facts.env_written) and counts(facts):
            own |= facts.env_written
            for read in facts.env_reads:
                if read.kind in KINDS:
                    place = Location(facts.path, read.line, read.column)
                    found.setdefault(read.name, []).append((_kind(read, facts.env_reads), place))
    uses = {}
    for name in sorted(found):
        reads = sorted(found[name], key=lambda read: (-KINDS.index(read[0]), read[1]))
        kind = "optional" if name in own else reads[0][0]
        uses[name] = KeyUse(name, kind, tuple(place for _, place in reads))
    return uses


def own_uses(project: Project) -> dict[str, KeyUse]:
    """The names that the app reads and that the project has to provide for: no platform names, none of
    its tests'."""
    uses = key_uses(project.modules.values())
    return {
        name: use
        for name, use in uses.items()
        if not platform(name) and name != "TESTING" and not name.startswith(("TEST_", "TESTING_"))
    }


def loaders(project: Project) -> list[str]:
    """The paths of the app's modules that load a .env themselves."""
    return sorted(facts.path for facts in project.modules.values() if facts.imports_dotenv and counts(facts))


def _kind(read: EnvRead, others: Iterable[EnvRead]) -> str:
    """How much a read needs its name: ``os.environ["X"]`` right behind ``if os.environ.get("X")``, or
    anywhere behind ``setdefault``, cannot fail."""
    if read.kind != "required":
        return read.kind
    same = [other for other in others if other.name == read.name and other.line <= read.line]
    if any(other.kind == "optional" for other in same):
        return "optional"
    return "soft" if any(other.kind == "soft" and read.line - other.line <= 1 for other in same) else "required"
