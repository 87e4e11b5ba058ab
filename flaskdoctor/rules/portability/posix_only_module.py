"""FD403: the app needs a module or a function that Python on Windows does not have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.platformguards import POSIX_MODULES, guarded
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.versions.platforms import made_for_posix
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule

# Line editing at a prompt and curses are for people at a terminal; who imports them does not serve the web.
_MODULES = POSIX_MODULES - {"curses", "readline"}
_FUNCTIONS = {
    "os": (
        "chown", "fork", "forkpty", "getegid", "geteuid", "getgid", "getloadavg", "getuid", "killpg", "setsid",
        "statvfs", "uname",
    ),
    "signal": (
        "SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP", "SIGTSTP", "SIGUSR1",
        "SIGUSR2", "SIGWINCH", "alarm", "setitimer",
    ),
}  # fmt: skip
_NAMES = {name: module for module, names in _FUNCTIONS.items() for name in names}
# Beginning with one letter it is found as fast as a word: in "import" and in "os." alike.
_IMPORTED = "|".join(sorted((*_MODULES, "signal")))
_FROM = "|".join(rf"(?<=from {name} import)" for name in sorted((*_MODULES, "signal")))
_OF_OS = "|".join(_FUNCTIONS["os"])
_SPEAKS_OF_IT = re.compile(
    rf"o(?:s(?:\.| import [^\n]*\b)(?:{_OF_OS})\b|s as |rt(?: +(?:[\w.]+, *){{0,9}}(?:{_IMPORTED})\b|{_FROM}))".encode()
)
_APP = "from flask import Flask\n\napp = Flask(__name__)\n"


class PosixOnlyModule(Rule):
    """The app uses a part of the standard library that is missing on Windows, with nothing that looks where it runs.

    ## What it finds

    In the modules that the app imports, at once or later:

    - `import fcntl`, `pwd`, `grp`, `resource`, `termios`, `tty`, `pty` or `syslog`
    - `os.fork()`, `os.getuid()`, `os.uname()`, `os.getloadavg()`, `os.chown()`, `os.killpg()`, `os.statvfs()` and
      others
    - `signal.SIGKILL`, `SIGHUP`, `SIGUSR1`, `signal.alarm()` and others

    Left alone: what stands under a question for the platform (`sys.platform`, `os.name`, `platform.system()`,
    `hasattr(os, "fork")`, also as an early `return`), in a `try` with `except ImportError` or `except AttributeError`,
    in a function or file named after a platform; configurations of gunicorn and uWSGI, workers, commands and scripts
    that no app imports; projects whose classifiers name POSIX only.

    ## Why it matters

    An import at the top is a `ModuleNotFoundError: No module named 'fcntl'` before Flask has served a page. An
    attribute such as `signal.SIGKILL` is an `AttributeError` when that line runs: at the start for a signal handler,
    in the middle of a request for a view. Whoever tries the project on Windows gives up there, even though mostly a
    lock or a log line is all that it is about.

    ## What to do instead

    Most of them have a sibling that works everywhere:

    | instead of | use |
    |---|---|
    | `fcntl.flock` | the `filelock` package |
    | `pwd.getpwuid(os.getuid()).pw_name` | `getpass.getuser()` |
    | `pwd`'s home folder | `pathlib.Path.home()` |
    | `os.uname().nodename` | `platform.node()` |
    | `os.getloadavg()`, `resource` | the `psutil` package |
    | `os.statvfs(path)` | `shutil.disk_usage(path)` |
    | `os.kill(pid, signal.SIGKILL)` | `process.kill()` of `subprocess` or `psutil` |
    | `os.fork()` | `subprocess.Popen` or `multiprocessing` |

    What really is for POSIX alone stands behind a question: `if hasattr(signal, "SIGHUP"):`.

    ## References

    - [Python: modules specific to Unix](https://docs.python.org/3/library/unix.html)
    - [Python: os, availability of each function](https://docs.python.org/3/library/os.html)
    - [Python: signal, on Windows](https://docs.python.org/3/library/signal.html#signal.signal)
    """

    code = "FD403"
    name = "posix-only-module"
    tip = Tip.PORTABILITY
    severity = Severity.WARNING
    needs = (b"import",)
    pattern = _SPEAKS_OF_IT

    bad = [
        Bad(f"import fcntl\n\n{_APP}"),
        Bad(f"import os, pwd\nfrom grp import getgrnam as group\n\n{_APP}", hits=2),
        Bad(f"import os, syslog\n\n{_APP}"),
        Bad(f"import os as system\n\n{_APP}\nif system.getuid() == 0:\n    app.logger.warning('root')\n"),
        # In a module that the app imports, and in a view.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
                "    from shop.status import bp\n\n    app.register_blueprint(bp)\n    return app\n",
                "shop/status.py": "import os\n\nfrom flask import Blueprint\n\nbp = Blueprint('status', __name__)\n\n\n"
                "@bp.get('/load')\ndef load():\n    return {'load': os.getloadavg(), 'host': os.uname()[1]}\n",
            },
            hits=2,
        ),
        Bad(
            f"import signal as s\nimport os as system\nfrom signal import SIGHUP\n\n{_APP}\n\n"
            "def stop(pid: int) -> None:\n    system.kill(pid, s.SIGKILL)\n",
            hits=2,
        ),
        # Imported from os, among others.
        Bad(f"from os import environ, fork as split\n\n{_APP}\nif environ.get('SPLIT'):\n    split()\n"),
        # Reported once a file, however often it is used.
        Bad(
            f"import signal\n\n{_APP}\n\n@app.get('/')\ndef index():\n    signal.signal(signal.SIGALRM, print)\n"
            "    signal.signal(signal.SIGALRM, None)\n    return ''\n"
        ),
        Bad(
            f"{_APP}\n\n@app.before_request\nasync def limit():\n    import resource\n\n"
            f"    print(resource.getrusage(0))\n"
        ),
        # A condition that is about something else.
        Bad(f"import os\n\n{_APP}\nif app.debug and (user := os.getuid()):\n    print(user)\n"),
        Bad(
            f"import os\n\n{_APP}\n\n@app.get('/')\ndef index():\n    try:\n        if app.debug:\n"
            "            return str(os.uname())\n        return ''\n    except Exception:\n"
            "        return 'error', 500\n"
        ),
        Bad(f"import os\n\n{_APP}\ntry:\n    os.chown('a', 1, 1)\nexcept FileNotFoundError:\n    pass\n"),
    ]
    good = [
        f"try:\n    import fcntl\nexcept ImportError:\n    fcntl = None\n\n{_APP}\n\ndef lock(file):\n    if fcntl:\n"
        "        fcntl.flock(file, fcntl.LOCK_EX)\n",
        f"try:\n    import msvcrt\nexcept ImportError:\n    import fcntl\n\n{_APP}",
        f"import os\n\n{_APP}\ntry:\n    user = os.getuid()\nexcept Exception:\n    user = 0\ntry:\n    import grp\n"
        "except:\n    grp = None\n",
        f"import contextlib\nimport os\n\nwith contextlib.suppress(ImportError):\n    import pwd\n\n{_APP}",
        f"import os\nimport sys\n\nif sys.platform != 'win32':\n    import fcntl\nelse:\n    import msvcrt\n\n{_APP}",
        f"import os\nimport platform\nimport signal\n\n{_APP}\nWINDOWS = platform.system() == 'Windows'\n\n\n"
        "@app.get('/')\ndef index():\n    if not WINDOWS:\n        signal.alarm(3)\n"
        "    return {'user': None if WINDOWS else os.getuid(), 'group': os.name == 'posix' and os.getgid()}\n",
        f"import os\nimport signal\n\n{_APP}\nif hasattr(signal, 'SIGHUP'):\n    signal.signal(signal.SIGHUP, print)\n"
        "host = os.uname() if hasattr(os, 'uname') else ()\nroot = 'geteuid' in dir(os) and os.geteuid() == 0\n"
        "kill = getattr(signal, 'SIGKILL', signal.SIGTERM)\n",
        # An early way out; a function that is only called where it can be; names that say so.
        f"import os\n\n{_APP}\n\ndef load():\n    if os.name == 'nt':\n        return None\n"
        f"    return os.getloadavg()\n",
        f"import os\nimport sys\n\n{_APP}\n\ndef daemon():\n    os.fork()\n\n\nif sys.platform.startswith('linux'):\n"
        "    daemon()\n",
        f"import os\n\n{_APP}\n\ndef _lock_posix(path):\n    import fcntl\n\n\ndef try_it():\n    try:\n"
        "        os.nice(5)\n    except AttributeError:\n        pass\n",
        f"import os\nimport sys\n\n{_APP}\nmatch sys.platform:\n    case 'linux' | 'darwin':\n"
        f"        import resource\n",
        # For the server, a worker, a script, a test: nobody has to run those on Windows.
        {
            "app.py": _APP,
            "gunicorn.conf.py": "import resource\n\nresource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))\n",
            "worker.py": "import os\nimport signal\n\nsignal.signal(signal.SIGALRM, print)\nos.fork()\n",
            "manage.py": "import pwd\n\nfrom app import app\n",
            "tests/test_lock.py": "import fcntl\n\nfrom app import app\n",
            "scripts/load.py": "import os\n\nfrom app import app\n\nos.getloadavg()\n",
        },
        {
            "app.py": f"import sys\n\n{_APP}\nif sys.platform != 'win32':\n    import locks\n",
            "locks.py": "import fcntl\n",
            "posix_files.py": "import fcntl\n",
        },
        # Modules of its own with such a name; other objects' attributes.
        Good({"app.py": f"import resource\nfrom tty import show\n\n{_APP}", "resource.py": "", "tty.py": "show = 1\n"}),
        f"import signal\n\n{_APP}\nsignal.signal(signal.SIGTERM, print)\nsignal.signal(signal.SIGINT, print)\n"
        "fork = repository.fork()\n",
        Good(
            {
                "app.py": f"import fcntl\n\n{_APP}",
                "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n'
                'classifiers = ["Operating System :: POSIX :: Linux"]\n',
            }
        ),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Imports and attributes, each once a file."""
        if module.role != "app":
            return
        seen: set[str] = set()
        for node, name in (*_imports(module), *_attributes(module)):
            if name in seen or guarded(module, node):
                continue
            seen.add(name)
            if "." in name:
                message = f"{name} does not exist on Windows: an AttributeError where it is used"
            else:
                place = "the app does not start there" if module.at_import(node) else "the import fails there"
                message = f"{name} does not exist on Windows: {place}"
            yield Hit(node, message, data=(name,))

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """What the app imports, of a project that may run on Windows."""
        path = candidate.location.path
        name = str(candidate.data[0])
        if path not in project.links.reached_by_app or made_for_posix(project):
            return None
        return None if "." not in name and project.links.find_module(name, path) else candidate.severity


def _imports(module: Module) -> Iterator[tuple[ast.AST, str]]:
    for node in module.nodes(ast.Import, ast.ImportFrom):
        if isinstance(node, ast.Import):
            found = [item.name for item in node.names if item.name in _MODULES]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found = [node.module] if node.module in _MODULES else []
            found += [f"{node.module}.{item.name}" for item in node.names if _NAMES.get(item.name) == node.module]
        else:
            continue
        for name in found[:1]:
            yield node, name


def _attributes(module: Module) -> Iterator[tuple[ast.AST, str]]:
    for node in module.nodes(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        home = _NAMES.get(node.attr)
        if home is not None and isinstance(node.ctx, ast.Load) and module.resolve(node) == f"{home}.{node.attr}":
            yield node, f"{home}.{node.attr}"
