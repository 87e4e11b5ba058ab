"""FD203: Flask-Session without a place to keep the sessions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.rules.rule import Bad, Candidate, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

_SESSION = ("flask_session.Session",)
_KEY = "SESSION_TYPE"
# What may bring settings that stand in no file of the project.
_FROM_OUTSIDE = (
    ".from_envvar", ".from_prefixed_env", ".from_json", ".from_file", ".from_pyfile", ".from_toml", ".from_yaml",
    ".from_mapping", "dynaconf.FlaskDynaconf", "flask_dynaconf.FlaskDynaconf",
)  # fmt: skip
_TEXTS = (
    ".py", ".cfg", ".ini", ".toml", ".yaml", ".yml", ".json", ".conf", ".config", ".env", ".properties", ".sh", ".tf",
    ".tpl", ".j2",
)  # fmt: skip


class SessionBackendMissing(Rule):
    """Flask-Session is set up and no `SESSION_TYPE` says where the sessions go.

    ## What it finds

    `Session(app)`, or `Session()` with a later `init_app`, of `flask_session`, in a project none of whose files sets
    `SESSION_TYPE`; and one that is set only below the call, in the same block.

    Nothing is said where the settings may come from outside of the project (`from_envvar`, `from_prefixed_env`,
    `from_pyfile` ..), where an env file, a compose file or the like names `SESSION_TYPE`, and where the app is given
    a `session_interface` by hand.

    ## Why it matters

    There is no default that works. Since Flask-Session 0.7 the app does not start:

    ```
    ValueError: Unrecognized value for SESSION_TYPE: null
    ```

    Before that it starts, and its sessions can be read (they are always empty). The first request that writes one
    fails, with a message that leads to the wrong place:

    ```
    RuntimeError: The session is unavailable because no secret key was set.
    ```

    `Session(app)` reads the configuration at once: a `SESSION_TYPE` that is set below it comes too late.

    ## What to do instead

    Choose one before the call: `redis`, `memcached`, `cachelib`, `mongodb`, `sqlalchemy` or `dynamodb`
    (`filesystem` is deprecated since 0.7).

    ```python
    app.config["SESSION_TYPE"] = "redis"
    app.config["SESSION_REDIS"] = redis.from_url(os.environ["REDIS_URL"])
    Session(app)
    ```

    Where nothing in the session is secret or large, Flask's own cookie needs no extension at all.

    ## References

    - [Flask-Session: configuration](https://flask-session.readthedocs.io/en/latest/config.html)
    - [Flask-Session: changes](https://flask-session.readthedocs.io/en/latest/changes.html)
    """

    code = "FD203"
    name = "session-backend-missing"
    tip = Tip.SESSION
    severity = Severity.ERROR
    needs = (b"flask_session",)

    bad = [
        Bad(
            """\
from flask import Flask
from flask_session import Session

app = Flask(__name__)
app.config["SESSION_PERMANENT"] = False
Session(app)
""",
        ),
        # A factory in another file than the extension; `import flask_session as fs`.
        Bad(
            {
                "shop/__init__.py": """\
from flask import Flask
from shop.extensions import server_session


def create_app():
    app = Flask(__name__)
    app.config.from_object("shop.config.Config")
    server_session.init_app(app)
    return app
""",
                "shop/extensions.py": "import flask_session as fs\n\nserver_session: fs.Session = fs.Session()\n",
                "shop/config.py": 'class Config:\n    SESSION_COOKIE_SECURE = True\n    # SESSION_TYPE = "redis"\n',
            },
        ),
        # Set too late.
        Bad(
            """\
from flask import Flask
from flask_session import Session as ServerSession

app = Flask(__name__)
sessions = ServerSession(app=app)
app.config["SESSION_TYPE"] = "redis"
""",
        ),
        # A class that makes the app; the README does not count.
        Bad(
            {
                "server.py": """\
from flask import Flask
from flask_session import Session


class Server:
    def __init__(self):
        self.app = Flask(__name__)
        self.app.config.update(SESSION_PERMANENT=True)
        if (session := Session()) is not None:
            session.init_app(self.app)
""",
                "README.md": "Set SESSION_TYPE.\n",
            },
        ),
    ]

    good = [
        # Set before, in every way.
        """\
from flask import Flask
from flask_session import Session

app = Flask(__name__)
app.config["SESSION_TYPE"] = "filesystem"
Session(app)
""",
        {
            "app.py": """\
from flask import Flask
from flask_session import Session
from settings import Values

app = Flask(__name__)
app.config.from_object(Values)
sess = Session()
sess.init_app(app)
""",
            "settings.py": 'class Values:\n    SESSION_TYPE = "redis"\n',
        },
        {
            "app.py": """\
from flask import Flask
from flask_session import Session

OPTIONS = dict(SESSION_TYPE="redis")


def create_app():
    app = Flask(__name__)
    app.config |= OPTIONS
    Session(app)
    return app
""",
        },
        # From outside: the environment, a file that is not here, an env file, a compose file.
        """\
from flask import Flask
from flask_session import Session

app = Flask(__name__)
app.config.from_prefixed_env()
Session(app)
""",
        """\
from flask import Flask
from flask_session import Session

app = Flask(__name__)
app.config.from_pyfile("/etc/shop.cfg")
Session(app)
""",
        {
            "app.py": """\
import os

from flask import Flask
from flask_session import Session

app = Flask(__name__)
app.config.update((key, value) for key, value in os.environ.items() if key.startswith("SESSION_"))
Session(app)
""",
            "docker-compose.yml": "services:\n  web:\n    environment:\n      SESSION_TYPE: redis\n",
        },
        # Never set up; another Session; an interface by hand; a test.
        {
            "app.py": """\
from flask import Flask
from flask_session import Session
from flask_session.sessions import SessionInterface
from sqlalchemy.orm import Session as DatabaseSession

app = Flask(__name__)
session = Session()
DatabaseSession(app)
""",
        },
        """\
from flask import Flask
from flask_session import Session
from flask_session.redis import RedisSessionInterface

app = Flask(__name__)
Session(app)
app.session_interface = RedisSessionInterface(app)
""",
        {
            "tests/test_session.py": """\
from flask import Flask
from flask_session import Session


def test_session():
    app = Flask(__name__)
    Session(app)
""",
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The first set-up of Flask-Session in the file."""
        if module.role not in ("app", "script") or b"session_interface" in module.source:
            return
        for call in module.calls(*_SESSION):
            below = any(write.key == _KEY and _follows(module, call, write.node) for write in module.config_writes)
            if below:
                message = "Session() reads SESSION_TYPE at once: set it above this call, not below"
            else:
                message = (
                    "Flask-Session has no SESSION_TYPE: it fails at start-up or at the first session that is written"
                )
            variable = _variable(module, call)
            given = bool(call.args or call.keywords) or (variable and bool(module.calls(f"{variable}.init_app")))
            yield Hit(call, message, advice=_ADVICE, data=(given, variable, below))
            return

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it where the app really is given to the extension and no file names a backend."""
        given, variable, below = candidate.data
        path = candidate.location.path
        if not given and not (variable and project.called_elsewhere(f"{variable}.init_app", path)):
            return None
        modules = [facts for facts in project.modules.values() if facts.role != "test"]
        if any(name.endswith(_FROM_OUTSIDE) for facts in modules for name in facts.called):
            return None
        if any(key == _KEY and (not below or facts.path != path) for facts in modules for key, _ in facts.config_keys):
            return None
        return None if _named_elsewhere(project, path if below else "") else candidate.severity


_ADVICE = (
    'Set `app.config["SESSION_TYPE"]` ("redis", "cachelib", "sqlalchemy" ..) before Flask-Session gets the app; where '
    "nothing needs a store on the server, drop Flask-Session: Flask's own session works as it is."
)


def _variable(module: Module, call: ast.Call) -> str:
    """The dotted name of what ``sess = Session()`` is bound to; empty where it is not."""
    parent = module.parent(call)
    if isinstance(parent, ast.Assign):
        return module.resolve(parent.targets[0]) or ""
    if isinstance(parent, ast.AnnAssign | ast.NamedExpr):
        return module.resolve(parent.target) or ""
    return ""


def _follows(module: Module, call: ast.Call, node: ast.AST) -> bool:
    """Whether a setting stands below the call in the very same block, and the call itself gets the app."""
    if not (call.args or call.keywords):
        return False
    statement, setting = module.statement_of(call), module.statement_of(node)
    return module.parent(statement) is module.parent(setting) and statement.lineno < setting.lineno


def _named_elsewhere(project: Project, but: str) -> bool:
    """Whether a file of the project says SESSION_TYPE outside of a comment; ``but`` is one that is known."""
    for path in project.files.files:
        name = path.rpartition("/")[2]
        if path == but or not (
            name.endswith(_TEXTS) or name.startswith((".env", ".flaskenv", "Dockerfile", "Procfile"))
        ):
            continue
        text = project.texts.read(path)
        if _KEY in text and any(_KEY in line.partition("#")[0] for line in text.splitlines()):
            return True
    return False
