"""FD304: a URL in the code that holds a user and a password."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.names import FUNCTIONS
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.env.envfile import NAME
from flaskdoctor.project.secrecy.secretnames import word_set, words
from flaskdoctor.project.secrecy.secretsettings import literal_in, text_of
from flaskdoctor.project.secrecy.urllogin import UrlLogin, logins
from flaskdoctor.rules.rule import Bad, Good, Hit, Rule, Site
from flaskdoctor.rules.secrets import MOVED_INTO_ENV

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module

# A login, also where the host is put in from elsewhere (``"mysql://root:kiln@" + host``).
_LOGIN = re.compile(rb"://[^\s/:@]*:[^\s/@][^@]{0,200}@")
_GET = frozenset({"os.environ.get", "os.getenv"})
_TEXTS = word_set("example examples help placeholder description doc hint label")
_PROSE = re.compile(r"\be\.g\.|\bi\.e\.|\bfor example\b|\bsuch as\b|\bexample:|\bformat\b", re.IGNORECASE)
_ADVICE = (
    'Read the whole URL from the environment (`os.environ["DATABASE_URL"]`), put it into `.env`, and change the '
    "password: what was committed stays readable in the history, in every clone and fork."
)
_LOCAL_ADVICE = (
    "The server is one on your own machine or in your compose network, so little is lost. Read from the environment, "
    "the same code runs everywhere, and nobody takes this password along to production."
)


class CredentialsInUrl(Rule):
    """A URL with a user's name and a password is written in the code.

    ## What it finds

    `scheme://user:password@host` in a string or f-string, with any scheme: databases, brokers, caches, proxies,
    private package indexes. Most often it is `SQLALCHEMY_DATABASE_URI`, `MONGO_URI`, `CELERY_BROKER_URL`, or the
    fallback of `os.environ.get("DATABASE_URL", ..)`.

    A server on `localhost` or under a name without a dot (`db`, `postgres`: a service of docker compose) is
    information: such a login is of use on that machine only. A private network and a host that is put in from
    elsewhere are warnings. Parts that are put in (`{password}`, `%s`, `${DB_PASSWORD}`), placeholders
    (`user:password@host`, `example.com`), tests, docs and docstrings are left alone.

    ## Why it matters

    Whoever can read the repository can open the database: past and present colleagues, everyone with a backup, a
    Docker image or a fork. URLs travel further than other secrets, too: SQLAlchemy and Celery print them when a
    connection fails, error trackers record them as local variables, and `ps` shows them on a command line.

    ## What to do instead

    ```python
    import os

    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["SQLALCHEMY_DATABASE_URI"]
    ```

    Or put it together from parts, with `sqlalchemy.URL.create("postgresql", username=.., password=os.environ[..])`:
    it escapes what a URL cannot hold (`@`, `/`, `%`), which `%` and f-strings do not.

    Then change the password. Moving it keeps the app running; it does not make it secret again.

    ## References

    - [SQLAlchemy: database URLs](https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls)
    - [The twelve-factor app: backing services](https://12factor.net/backing-services)
    - [CWE-798: use of hard-coded credentials](https://cwe.mitre.org/data/definitions/798.html)
    """

    code = "FD304"
    name = "credentials-in-url"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Read the URL from the environment, move it to .env"
    fix_risk = (
        "Where the variable is not set, the app no longer starts: on a server, in a container, in CI. The `flask` "
        "command loads .env by itself, gunicorn, celery, pytest and `python app.py` do not."
    )
    needs = (b"://",)
    pattern = _LOGIN
    successors = MOVED_INTO_ENV

    bad = [
        Bad(
            "from flask import Flask\n\napp = Flask(__name__)\n"
            'app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql://kiln:clay-4711@db.pottery.shop/kiln"\n',
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["SQLALCHEMY_DATABASE_URI"]\n',
        ),
        Bad(
            "import os\n\n\nclass Config:\n"
            '    SQLALCHEMY_DATABASE_URI = os.environ.get("DATABASE_URL", "mysql://kiln:clay-4711@db.pottery.shop/kiln")\n'
            '    BROKER = os.getenv("BROKER_URL") or "amqp://kiln:clay-4711@mq.pottery.shop//"\n',
            "import os\n\n\nclass Config:\n"
            '    SQLALCHEMY_DATABASE_URI = os.environ["DATABASE_URL"]\n    BROKER = os.environ["BROKER_URL"]\n',
            hits=2,
        ),
        Bad(
            "from celery import Celery\nfrom flask import Flask\n\n"
            'BROKER_URL = "rediss://:p4711f32b9a3@mq.pottery.shop:17019"  # the free plan\n'
            "app = Flask(__name__)\ncelery = Celery(app.name, broker=BROKER_URL)\n",
            "import os\n\nfrom celery import Celery\nfrom flask import Flask\n\n"
            'BROKER_URL = os.environ["BROKER_URL"]  # the free plan\n'
            "app = Flask(__name__)\ncelery = Celery(app.name, broker=BROKER_URL)\n",
        ),
        Bad(
            "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
            '    uri = "mongodb+srv://shop:Clay4711@cluster0.k1ln.mongodb.net/shop"\n'
            "    app.config.from_mapping(MONGO_URI=uri)\n    return app\n",
            "import os\n\nfrom flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
            '    uri = os.environ["MONGO_URI"]\n'
            "    app.config.from_mapping(MONGO_URI=uri)\n    return app\n",
        ),
        # No name to move it under, a host from elsewhere, pieces: advice.
        Bad(
            "import requests\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n"
            'def stock(host):\n    proxies = {"https": "http://kiln:clay-4711@proxy.pottery.shop:3128"}\n'
            '    url = f"https://kiln:clay-4711@{host}/stock"\n'
            '    other = "https://kiln:clay-4711@" + host\n'
            "    return requests.get(url, proxies=proxies), other\n",
            hits=3,
        ),
        # A fallback: read from the environment it would stop the app that it is there for.
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\nif not app.config.get("MONGO_URI"):\n'
            '    app.config["MONGO_URI"] = "mongodb://shop:clay-4711@db.pottery.shop/shop"\n'
            'app.config.setdefault("CACHE_URL", "redis://:clay-4711@cache.pottery.shop")\n',
            hits=2,
        ),
        # Of use on this machine only: information.
        Bad(
            "import os\n\nDATABASE_URL = os.environ.get('DATABASE_URL', 'postgresql://shop:shop@localhost:5432/shop')\n"
            'CACHE_URL = "redis://:clay-4711@cache:6379/0"\n',
            hits=2,
        ),
    ]
    good = [
        # Put in from elsewhere.
        'import os\n\nDB_PASSWORD = os.environ["DB_PASSWORD"]\nURL = f"postgresql://shop:{DB_PASSWORD}@db.pottery.shop/shop"\n'
        'OTHER = "mysql://%s:%s@%s/%s" % (USER, DB_PASSWORD, HOST, NAME)\n'
        'THIRD = "mysql://{user}:{password}@{host}".format(**parts)\nFOURTH = "redis://:${REDIS_PASSWORD}@cache.shop.de"\n'
        'SHOWN = f"postgresql://{DB_USER}:***@db.pottery.shop/shop"\n',
        # GitHub's way: the token is the user, and the password always the same word.
        'def clone(token):\n    first = f"https://{token}:x-oauth-basic@github.com/kiln/shop"\n'
        '    second = "https://%s:x-oauth-basic@github.com/kiln/shop" % token\n'
        '    return first, second, "https://{}:x-oauth-basic@github.com/kiln/shop".format(token)\n',
        # No login: a user without a password, a port and a path with an @, an address of ssh.
        'URLS = ["http://localhost:8000/@ada", "https://mastodon.social:443/@kiln", "ssh://git@git.pottery.shop:22/kiln"]\n'
        'SOCKET = "postgresql:///shop"\nMAIL = "mailto:kiln@pottery.shop"\nREPOSITORY = "git+ssh://git@github.com/a/b"\n',
        # Placeholders and examples, also in a message.
        'HELP = "A database URL, e.g. postgresql://kiln:clay@db.pottery.shop/kiln"\n'
        'URL = "mysql://username:password@hostname:3306/database"\nPROXY = "http://user:pass@proxy.example.com:3128"\n'
        'MONGO = "mongodb+srv://<user>:<password>@cluster0.mongodb.net"\nTURSO = "libsql://you:your-token@db.turso.io"\n',
        'SCHEMA = {"type": "string", "x-example": "mysql://kiln:clay@db.pottery.shop/kiln"}\n'
        'SECOND = "mysql://user:pw@dns.of.database/kiln"\n',
        # A docstring, a regular expression.
        'def connect(url):\n    """Opens ``postgresql://kiln:clay@db.pottery.shop/kiln``."""\n',
        'import re\n\nLOGIN = re.compile(r"https?://[^:/]+:[^@/]+@[^/]+")\n'
        'MASKED = re.sub(r"://(.*):(.*)@", "://", URL)\n',
        # Tests connect to what they like.
        Good({"tests/conftest.py": 'URL = "postgresql://shop:clay-4711@db.pottery.shop/test"\n'}),
        'class TestingConfig:\n    SQLALCHEMY_DATABASE_URI = "postgresql://shop:clay-4711@db.pottery.shop/test"\n',
        # Asked for on the command line.
        "import click\n\n\n@click.command()\n@click.option('--url', default='postgresql://user:pass@host/shop')\n"
        "def setup(url):\n    pass\n",
        "# DATABASE_URL = 'mysql://kiln:clay-4711@db.pottery.shop/kiln'\nDATABASE_URL = 'sqlite:///shop.db'\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Literals that hold a login."""
        if module.role in ("test", "migration", "docs"):
            return
        keys: dict[ast.AST, str] | None = None
        for node in module.nodes(ast.Constant, ast.JoinedStr):
            text, open_ended = _text(module, node)
            login = next((login for login in logins(text) if not login.placeholder), None)
            if login is None or _PROSE.search(text) or _is_shown(module, node):
                continue
            severity = _severity(module, node, login, open_ended=open_ended)
            if severity is None:
                continue
            if keys is None:
                keys = _settings(module)
            target, key = _replaced(module, node, keys)
            yield Hit(
                _shown(module, node),
                _message(login),
                severity=severity,
                fixable=bool(key),
                advice=_LOCAL_ADVICE if login.reach == "here" and not open_ended else _ADVICE,
                parts={"literal": node, "target": target, "key": key},
            )

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put ``os.environ[..]`` in the literal's place; the plan moves the URL into .env."""
        from flaskdoctor.fixes.environment import move_to_environment

        parts = site.hit.parts
        literal, target, key = parts["literal"], parts["target"], parts["key"]
        assert isinstance(literal, ast.Constant)
        assert isinstance(target, ast.expr)
        assert isinstance(key, str)
        if text_of(literal) != text_of(literal).strip():
            raise Refuse(f"The value of {key} has space around it: write a new one into .env.")
        move_to_environment(site, edit, target, key, literal)
        if isinstance(target, ast.Call | ast.BoolOp) and any(
            isinstance(part, ast.Name) and site.module.resolve(part) == "os.getenv" for part in ast.walk(target)
        ):
            edit.drop_import_if_unused("os.getenv")


def _text(module: Module, node: ast.AST) -> tuple[str, bool]:
    """The text of a literal, what is put in as ``{}``, and whether something is put in or added behind it."""
    parent = module.parent(node)
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
        return "".join(str(part) for part in parts), "{}" in parts
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str | bytes):
        return "", False
    if isinstance(parent, ast.JoinedStr | ast.FormattedValue):
        return "", False
    return text_of(node), isinstance(parent, ast.BinOp)


def _is_shown(module: Module, node: ast.AST) -> bool:
    """Whether a text is there to be read: a docstring, the value of ``help=`` or ``"x-example":``."""
    parent = module.parent(node)
    name: object = ""
    if isinstance(parent, ast.Dict):
        index = next((place for place, value in enumerate(parent.values) if value is node), None)
        key = parent.keys[index] if index is not None else None
        name = key.value if isinstance(key, ast.Constant) else ""
    elif isinstance(parent, ast.keyword):
        name = parent.arg
    elif isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
        name = parent.targets[0].id
    return isinstance(parent, ast.Expr) or not _TEXTS.isdisjoint(words(str(name)))


def _severity(module: Module, node: ast.AST, login: UrlLogin, *, open_ended: bool) -> Severity | None:
    purpose = purpose_of(module, node)
    if purpose == "test" or _in_test_data(module, node):
        return None
    if purpose == "development" or module.role == "example" or (login.reach == "here" and login.host):
        return Severity.INFO
    if not login.host and not open_ended:
        return Severity.INFO  # ``postgresql://shop:shop@/shop``: a socket of this machine
    return Severity.ERROR if login.reach == "anywhere" else Severity.WARNING


def _in_test_data(module: Module, node: ast.AST) -> bool:
    """Whether a function of tests stands around a node."""
    return any(isinstance(parent, FUNCTIONS) and parent.name.startswith("test_") for parent in module.ancestors(node))


def _message(login: UrlLogin) -> str:
    if login.reach == "here" and login.host:
        return f"The login for {login.host if login.certain else 'a local server'} is written in a URL"
    host = login.host if login.certain and login.host and len(login.host) <= 50 else "a server"
    return f"The login for {host} is written in a URL: whoever reads the repository has it"


def _shown(module: Module, node: ast.AST) -> ast.AST:
    """The node that is reported: the keyword or the short statement around a literal, which has a name."""
    parent = module.parent(node)
    if isinstance(parent, ast.keyword) or (isinstance(parent, ast.Assign | ast.AnnAssign) and parent.value is node):
        return parent
    return node


def _settings(module: Module) -> dict[ast.AST, str]:
    """The literals that a configuration's keys are set to, each with its key."""
    return {
        literal: write.key
        for write in module.config_writes
        if write.form != "setdefault"
        and NAME.match(write.key)
        and not _is_fallback(module, write.node, write.key)
        and (literal := literal_in(module, write.value)) is not None
    }


def _is_fallback(module: Module, node: ast.AST, key: str) -> bool:
    """Whether a setting is made only where nothing else did it: it must not need the variable then."""
    child = node
    for parent in module.ancestors(node):
        if isinstance(parent, ast.ExceptHandler):
            return True
        if isinstance(parent, ast.If) and child is not parent.test:
            asked = {getattr(part, "value", None) for part in ast.walk(parent.test) if isinstance(part, ast.Constant)}
            if key in asked or any(isinstance(part, ast.Name) and part.id == key for part in ast.walk(parent.test)):
                return True
        child = parent
    return False


def _replaced(module: Module, node: ast.AST, keys: dict[ast.AST, str]) -> tuple[ast.AST, str]:
    """The expression that the fix replaces, and the variable that it reads; no name where there is none."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or module.role == "example":
        return node, ""
    if purpose_of(module, node) == "development":
        return node, ""  # another configuration than the one that runs: it must not need a variable
    parent = module.parent(node)
    if isinstance(parent, ast.Call) and len(parent.args) == 2 and parent.args[1] is node and not parent.keywords:
        return parent, "" if _is_default(module, parent) else _variable(module, parent)
    if isinstance(parent, ast.BoolOp) and isinstance(parent.op, ast.Or):
        values = parent.values
        bare = len(values) == 2 and values[1] is node and isinstance(values[0], ast.Call) and len(values[0].args) == 1
        return parent, _variable(module, values[0]) if bare and not _is_default(module, parent) else ""
    if node in keys:
        return node, keys[node]
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        target: ast.expr = parent.targets[0]
    elif isinstance(parent, ast.AnnAssign):
        target = parent.target
    else:
        return node, ""
    constant = isinstance(target, ast.Name) and target.id.isupper() and NAME.match(target.id) is not None
    return node, target.id if constant and isinstance(target, ast.Name) else ""


def _variable(module: Module, node: ast.expr) -> str:
    """The environment variable that a call reads; empty if none."""
    if not isinstance(node, ast.Call) or not node.args or module.resolve(node.func) not in _GET:
        return ""
    key = module.string(node.args[0])
    return key if key is not None and NAME.match(key) else ""


def _is_default(module: Module, node: ast.AST) -> bool:
    """Whether a reading is itself the default of another, which must not raise."""
    parent = module.parent(node)
    return isinstance(parent, ast.BoolOp) or (
        isinstance(parent, ast.Call) and node in parent.args and module.resolve(parent.func) in _GET
    )
