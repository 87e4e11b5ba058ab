"""FD1001: the standard library is patched for greenlets after other modules have taken hold of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.routing.together import Together
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.fixes.edit import Edit
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.deployment.deploy import Setting
    from flaskdoctor.project.deployment.patchfacts import MonkeyPatch
    from flaskdoctor.project.snapshot import Project

# They take nothing of what is patched, or are made to be loaded first.
_HARMLESS = frozenset({
    "__future__", "gevent", "eventlet", "greenlet", "psycogreen", "gunicorn", "dotenv", "decouple", "environs", "six",
    "typing_extensions", "colorama", "click", "yaml", "toml", "tomli", "newrelic", "ddtrace", "coverage", "packaging",
    "pkg_resources", "setuptools", "prometheus_client", "elasticapm",
})  # fmt: skip

# Names that keep the unpatched function or class when they are imported by themselves.
_HELD = {
    "time": frozenset({"sleep"}),
    "socket": frozenset({"socket", "create_connection", "getaddrinfo", "gethostbyname", "socketpair", "fromfd"}),
    "select": frozenset({"select", "poll", "epoll"}),
    "ssl": frozenset({"SSLContext", "SSLSocket", "wrap_socket", "create_default_context"}),
    "threading": frozenset(
        {"Lock", "RLock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "local", "get_ident"}
    ),
    "queue": frozenset({"SimpleQueue"}),
    "subprocess": frozenset({"Popen", "call", "check_call", "check_output", "run"}),
    "os": frozenset({"fork", "waitpid"}),
}

# They derive from ``ssl``'s classes when they are loaded: with gevent, HTTPS then ends in a RecursionError.
_HOLD_SSL = frozenset({
    "requests", "urllib3", "aiohttp", "boto3", "botocore", "pymongo", "flask_pymongo", "mongoengine", "elasticsearch",
    "stripe", "twilio", "sentry_sdk", "raven", "googleapiclient", "tweepy", "telegram", "requests_oauthlib", "sendgrid",
    "flask_dance", "slack_sdk", "kubernetes", "docker", "minio", "pusher",
})  # fmt: skip
_FLASK = frozenset({"flask", "werkzeug", "flask_login", "flask_sqlalchemy", "flask_socketio", "flask_wtf"})


class LateMonkeyPatch(ProjectRule):
    """`patch_all()` runs after other modules were imported, and what these hold on to stays unpatched.

    ## What it finds

    `gevent.monkey.patch_all()` and `eventlet.monkey_patch()` at the top level of a file (or under
    `if __name__ == "__main__":`) below imports of other packages, directly or through modules of the project. It is an
    error where something is known to break: `requests` and other clients of `ssl` under gevent, `from time import
    sleep`, `from threading import Lock` and the like, Flask under eventlet; a warning for any other package.

    It is a warning, too, where gunicorn has gevent or eventlet workers *and* `--preload`: the workers patch when they
    start, and by then the app is loaded. Without `--preload` gunicorn's own patch comes first, and nothing is said.

    ## Why it matters

    Patching replaces what the modules `socket`, `ssl`, `time`, `threading` .. contain. Whoever has imported a name
    from them before keeps the old one:

    ```text
    MonkeyPatchWarning: Monkey-patching ssl after ssl has already been imported may lead to errors
    RecursionError: maximum recursion depth exceeded        # at the first HTTPS request
    ```

    Less loud, and worse: a `sleep`, a lock or a database driver that was not patched stops *all* greenlets of the
    worker while it waits. Eventlet prints an error for each of Flask's proxies when it comes after Flask.

    ## What to do instead

    The very first lines of the file that starts the server:

    ```python
    from gevent import monkey

    monkey.patch_all()

    import requests
    from flask import Flask
    ```

    With gunicorn, `-k gevent` is enough, without `--preload`; with it, patch at the top of `gunicorn.conf.py`.

    ## References

    - https://www.gevent.org/api/gevent.monkey.html
    - https://eventlet.readthedocs.io/en/latest/patching.html
    - https://flask.palletsprojects.com/en/stable/gevent/
    - https://docs.gunicorn.org/en/stable/settings.html#preload-app
    """

    code = "FD1001"
    name = "late-monkey-patch"
    tip = Tip.GREENLETS
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Patch before anything else is imported"
    fix_risk = "From then on everything that is imported runs on greenlets, also what was not patched until now."

    bad = [
        Bad(
            "import requests\nfrom flask import Flask\nfrom gevent import monkey\n\nmonkey.patch_all()\n\n"
            'app = Flask(__name__)\n\n\n@app.get("/")\ndef index():\n'
            '    return requests.get("https://example.org").text\n',
            fixed="from gevent import monkey\n\nmonkey.patch_all()\n\nimport requests\nfrom flask import Flask\n\n"
            'app = Flask(__name__)\n\n\n@app.get("/")\ndef index():\n'
            '    return requests.get("https://example.org").text\n',
        ),
        Bad(
            '"""The shop."""\n\nfrom __future__ import annotations\n\nimport os\nfrom time import sleep\n\n'
            "import gevent.monkey as patches\n\npatches.patch_all()\n\nfrom flask import Flask\n\n"
            "app = Flask(__name__)\nsleep(float(os.environ['WAIT']))\n",
            fixed='"""The shop."""\n\nfrom __future__ import annotations\n\nimport gevent.monkey as patches\n\n'
            "patches.patch_all()\n\nimport os\nfrom time import sleep\n\nfrom flask import Flask\n\n"
            "app = Flask(__name__)\nsleep(float(os.environ['WAIT']))\n",
        ),
        Bad(
            "import eventlet\nfrom flask import Flask\n\neventlet.monkey_patch()\napp = Flask(__name__)\n",
            fixed="import eventlet\n\neventlet.monkey_patch()\n\nfrom flask import Flask\n\napp = Flask(__name__)\n",
        ),
        # What a module of the project imports counts.
        Bad(
            {
                "run.py": (
                    "from shop import create_app\n\nif __name__ == '__main__':\n"
                    "    from gevent.monkey import patch_all\n\n    patch_all()\n    create_app().run()\n"
                ),
                "shop/__init__.py": (
                    "from flask import Flask\nfrom shop.rates import fetch\n\n\ndef create_app():\n"
                    "    app = Flask(__name__)\n    app.rates = fetch()\n    return app\n"
                ),
                "shop/rates.py": "import requests\n\n\ndef fetch():\n    return requests.get('https://example.org')\n",
            }
        ),
        # The workers patch, but only after the app is loaded.
        Bad(
            {
                "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
                "Procfile": "web: gunicorn --preload -k gevent app:app\n",
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        "from gevent import monkey\n\nmonkey.patch_all()\n\nimport requests\nfrom flask import Flask\n\n"
        "app = Flask(__name__)\nprint(requests)\n",
        # Harmless company: the standard library's modules as such, settings, a driver's own patch.
        '"""The shop."""\n\nfrom __future__ import annotations\n\nimport os\nimport socket\nimport threading\n'
        "from typing import TYPE_CHECKING\n\nfrom dotenv import load_dotenv\nfrom gevent import monkey\n"
        "from psycogreen.gevent import patch_psycopg\n\nif TYPE_CHECKING:\n    import requests\n\nload_dotenv()\n"
        "monkey.patch_all()\npatch_psycopg()\n\nfrom flask import Flask\n\napp = Flask(__name__)\n",
        # Gunicorn's workers patch before they load the app.
        {
            "app.py": (
                "import requests\nfrom flask import Flask\nfrom gevent import monkey\n\nmonkey.patch_all()\n"
                "app = Flask(__name__)\nprint(requests)\n"
            ),
            "Procfile": "web: gunicorn -k gevent app:app\n",
        },
        {
            "app.py": "import requests\nfrom flask import Flask\n\napp = Flask(__name__)\nprint(requests)\n",
            "Procfile": "web: gunicorn --worker-class=gevent -w 4 app:app\n",
        },
        # Preloaded, but patched at the top of gunicorn's configuration.
        {
            "app.py": "import requests\nfrom flask import Flask\n\napp = Flask(__name__)\nprint(requests)\n",
            "gunicorn.conf.py": (
                "from gevent import monkey\n\nmonkey.patch_all()\n\nworker_class = 'gevent'\npreload_app = True\n"
            ),
            "Procfile": "web: gunicorn app:app\n",
        },
        # Preloaded with threads; a module of the project that imports nothing of note; a check first.
        {
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "Procfile": "web: gunicorn --preload -k gthread app:app\n",
        },
        {
            "run.py": (
                "import settings\nfrom gevent import monkey\n\nmonkey.patch_all()\n\nfrom flask import Flask\n\n"
                "app = Flask(__name__)\napp.config.from_object(settings)\n"
            ),
            "settings.py": "import os\n\nSIZE = int(os.environ.get('SIZE', 20))\n",
        },
        "from flask import Flask\nimport requests\nfrom gevent import monkey\n\n"
        "if not monkey.is_module_patched('socket'):\n    monkey.patch_all()\n\n"
        "app = Flask(__name__)\nprint(requests)\n",
        # Patched once more, by a module that is loaded after the first patch.
        {
            "run.py": "from gevent import monkey\n\nmonkey.patch_all()\n\nfrom shop import app\n\napp.run()\n",
            "shop.py": (
                "import requests\nfrom flask import Flask\nfrom gevent import monkey\n\nmonkey.patch_all()\n"
                "app = Flask(__name__)\nprint(requests)\n"
            ),
        },
        # The patch stands in a module that is imported first.
        {
            "run.py": "import patched\nimport requests\nfrom flask import Flask\n\napp = Flask(__name__)\n",
            "patched.py": "import eventlet\n\neventlet.monkey_patch()\n",
        },
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        from flaskdoctor.fixes.patchfirst import patch_first

        patches = [
            (facts, facts.patch)
            for facts in project.modules.values()
            if facts.patch is not None and facts.role in ("app", "script", "settings")
        ]
        judged = [(facts, patch, *_worst(project, facts, patch)) for facts, patch in patches]
        early = [facts.path for facts, _, severity, _, _ in judged if severity is None]
        together = Together(project.links)
        for facts, patch, severity, line, what in judged:
            if severity is None or _worker_patches(project, patch.library):
                continue
            if any(together.loads(path, facts.path) for path in early):
                continue  # by then it is patched
            call = "monkey.patch_all()" if patch.library == "gevent" else "eventlet.monkey_patch()"
            message = f"{call} comes after the import of {what} (line {line})"
            fixable = patch_first(_read(project, facts.path)) is not None
            yield Issue(message, patch.location, patch.library, severity, fixable=fixable, advice=_ADVICE)
        if not patches:
            yield from _preloaded(project)

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        from flaskdoctor.fixes.edit import Edit
        from flaskdoctor.fixes.patchfirst import patch_first

        before = _read(project, issue.location.path)
        after = patch_first(before)
        if after is None:
            raise Refuse("The patch is part of something else, so it stays as it is.")
        return [Edit(issue.location.path, before, after, summary="Patch before other imports")]


_ADVICE = "Make the patch the first lines of the file that starts the server, above every other import."


def _worst(project: Project, facts: ModuleFacts, patch: MonkeyPatch) -> tuple[Severity | None, int, str]:
    """The most harmful import above a patch: its severity, line and name; None where there is none."""
    found: tuple[Severity | None, int, str] = (None, 0, "")
    for name, line in patch.before:
        severity = None
        for external in _externals(project, name, facts.path):
            if external == "":  # a module of the project that patches
                return None, 0, ""
            severity = _later(severity, _harm(external, patch.library))
        if severity is not None and (found[0] is None or severity > found[0]):
            found = (severity, line, name if _external(project, name, facts.path) else name.partition(".")[0])
    return found


def _external(project: Project, name: str, path: str) -> bool:
    return project.links.find_module(name, path) is None


def _externals(project: Project, name: str, path: str) -> Iterator[str]:
    """The library names that an import loads: itself, or what the modules of the project that it reaches import."""
    links = project.links
    place = links.find_module(name, path)
    if place is None:
        yield name
        return
    seen: set[str] = {path}
    queue = [place[0], *links.packages_around(place[0])]
    while queue:
        facts = queue.pop()
        if facts.path in seen:
            continue
        seen.add(facts.path)
        if facts.patch is not None:
            yield ""
        for item in facts.imports:
            if not item.at_import:
                continue
            inner = links.find_module(item.target, facts.path)
            if inner is None:
                yield item.target
            else:
                queue += [inner[0], *links.packages_around(inner[0])]


def _harm(name: str, library: str) -> Severity | None:
    """What it does that a library was imported before the patch."""
    top, _, rest = name.partition(".")
    if top in _HELD and rest in _HELD[top]:
        return Severity.ERROR
    if top in _HARMLESS or top in sys.stdlib_module_names:
        return None
    if library == "gevent":
        return Severity.ERROR if top in _HOLD_SSL else Severity.WARNING
    return Severity.ERROR if top in _FLASK else Severity.WARNING


def _later(one: Severity | None, other: Severity | None) -> Severity | None:
    return other if one is None else one if other is None else max(one, other)


def _worker_patches(project: Project, library: str) -> bool:
    """Whether gunicorn's workers have patched by the time they load the app."""
    return any(
        _greenlets(gunicorn.get("worker_class")) == library and not _is_on(gunicorn.get("preload_app"))
        for gunicorn in project.deploy.gunicorns
        if not gunicorn.development
    )


def _preloaded(project: Project) -> Iterator[Issue]:
    for gunicorn in project.deploy.gunicorns:
        preload = gunicorn.get("preload_app")
        library = _greenlets(gunicorn.get("worker_class"))
        if library and preload is not None and _is_on(preload) and not gunicorn.development:
            yield Issue(
                f"gunicorn loads the app before its {library} workers patch the standard library",
                preload.location,
                f"preload {library}",
                Severity.WARNING,
                fixable=False,
                advice="Leave `--preload` out, or patch in the first lines of gunicorn.conf.py.",
            )
            return


def _greenlets(setting: Setting | None) -> str:
    """Which library a worker class is made of; empty for any other."""
    value = setting.value if setting is not None else None
    text = value if isinstance(value, str) else ""
    if "gevent" in text and "eventlet" not in text:
        return "gevent"
    return "eventlet" if "eventlet" in text else ""


def _is_on(setting: Setting | None) -> bool:
    return setting is not None and setting.value is True


def _read(project: Project, path: str) -> bytes:
    from flaskdoctor.fixes.workspace import read_file

    return read_file(project.root, path) or b""
