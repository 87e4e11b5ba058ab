"""FD307: a text of the environment taken for a switch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.configuration import ConfigWrite
from flaskdoctor.project.env.environment import Reading, reading_of
from flaskdoctor.project.env.flagsettings import FLAG_SETTINGS
from flaskdoctor.project.secrecy.secretnames import word_set, words
from flaskdoctor.rules.rule import Bad, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module

_ON = '("1", "true", "yes", "on")'
_FLAG_WORDS = word_set(
    "debug debugging enable enabled disable disabled use is has allow allowed require required verbose testing secure "
    "strict tls ssl force skip echo flag reload autoreload eager suppress should active"
)
_WRITTEN_OUT = word_set("true false yes no on off 0 1 t f y n")


class EnvStringAsBool(Rule):
    """A variable of the environment is taken for true or false as it is, and `"False"` is true.

    ## What it finds

    - `bool(os.environ.get("DEBUG"))`, where the variable is a switch by its name or by its default.
    - A variable given as it is to a setting that is a switch: `DEBUG`, `TESTING`, `SESSION_COOKIE_SECURE`,
      `MAIL_USE_TLS`, `WTF_CSRF_ENABLED`, `SQLALCHEMY_ECHO` and their like; in `app.config[..]`, `update`,
      `from_mapping`, a settings class or module, also with `or True` behind it.

    A value that is compared or converted (`== "1"`, `int(..)`, `strtobool(..)`, `.lower() in (..)`) is left alone,
    and so is a question for presence: `bool(os.environ.get("DATABASE_URL"))`.

    ## Why it matters

    The environment holds texts, and every text but the empty one is true. With

    ```python
    app.config["DEBUG"] = os.environ.get("DEBUG", False)
    ```

    `DEBUG=False`, `DEBUG=0` and `DEBUG=off` all switch debugging on, and whoever wrote that into `.env` believes the
    opposite. With `MAIL_USE_TLS=false` Flask-Mail starts TLS with a server that has none. It shows only where the
    variable is set to "no", which is mostly production.

    ## What to do instead

    ```python
    DEBUG = os.environ.get("DEBUG", "").lower() in ("1", "true", "yes", "on")
    ```

    or let something read it that knows: `app.config.from_prefixed_env()` takes `FLASK_MAIL_USE_TLS=false` as JSON
    (since Flask 2.2), `environs` has `env.bool("DEBUG")`, decouple `config("DEBUG", cast=bool)`. Debug mode itself is
    best left to `flask run --debug`.

    ## References

    - [Flask: configuring from environment
    variables](https://flask.palletsprojects.com/en/stable/config/#configuring-from-environment-variables)
    - [Python: truth value testing](https://docs.python.org/3/library/stdtypes.html#truth-value-testing)
    - [Flask: Config.from_prefixed_env](https://flask.palletsprojects.com/en/stable/api/#flask.Config.from_prefixed_env)
    """

    code = "FD307"
    name = "env-string-as-bool"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Compare the text with the words that mean yes"
    fix_risk = (
        "Any text counted as yes so far, also False and 0. From now on 1, true, yes and on do: look how the variable "
        "is written where the app runs."
    )
    needs = (b"environ", b"getenv")
    bad = [
        Bad(
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config["DEBUG"] = os.environ.get("DEBUG", False)\n',
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config["DEBUG"] = os.environ.get("DEBUG", "").lower() in ("1", "true", "yes", "on")\n',
        ),
        Bad(
            'import os\n\n\nclass Config:\n    MAIL_USE_TLS = os.environ.get("MAIL_USE_TLS", True)\n'
            '    SESSION_COOKIE_SECURE = bool(os.environ["COOKIE_SECURE"])\n'
            '    WTF_CSRF_ENABLED = os.getenv("CSRF", "yes")  # on by default\n',
            "import os\n\n\nclass Config:\n"
            '    MAIL_USE_TLS = os.environ.get("MAIL_USE_TLS", "true").lower() in ("1", "true", "yes", "on")\n'
            '    SESSION_COOKIE_SECURE = os.environ["COOKIE_SECURE"].lower() in ("1", "true", "yes", "on")\n'
            '    WTF_CSRF_ENABLED = os.getenv("CSRF", "yes").lower() in ("1", "true", "yes", "on")  # on by default\n',
            hits=3,
        ),
        Bad(
            'from os import environ, getenv as env\n\nVERBOSE = bool(env("SHOP_VERBOSE"))\n'
            'SHOW = not bool(environ.get("SHOW", "0"))\n',
            "from os import environ, getenv as env\n\n"
            'VERBOSE = env("SHOP_VERBOSE", "").lower() in ("1", "true", "yes", "on")\n'
            'SHOW = not (environ.get("SHOW", "0").lower() in ("1", "true", "yes", "on"))\n',
            hits=2,
        ),
        Bad(
            "import os\nimport flask as f\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
            '    echo = os.environ.get("SQL_ECHO")\n'
            '    app.config.from_mapping(SQLALCHEMY_ECHO=echo, TESTING=os.environ.get("TESTING"))\n    return app\n',
            "import os\nimport flask as f\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
            '    echo = os.environ.get("SQL_ECHO", "").lower() in ("1", "true", "yes", "on")\n'
            '    app.config.from_mapping(SQLALCHEMY_ECHO=echo, TESTING=os.environ.get("TESTING", "").lower() in '
            '("1", "true", "yes", "on"))\n    return app\n',
            hits=2,
        ),
        # Switched on by any text, and on or off by default.
        Bad(
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config.update({"MAIL_USE_SSL": os.environ.get("SSL") or False, "DEBUG": os.getenv("D") or True})\n',
            hits=2,
        ),
        Bad('import os\nfrom typing import Any\n\nfrom flask import Flask\n\napp: Flask = Flask(__name__)\n'
            'app.debug = os.getenv("SHOP_DEBUG")\nON: Any = bool(os.environ.get("FEATURE_BASKET", "False"))\n',
            'import os\nfrom typing import Any\n\nfrom flask import Flask\n\napp: Flask = Flask(__name__)\n'
            'app.debug = os.getenv("SHOP_DEBUG", "").lower() in ("1", "true", "yes", "on")\n'
            'ON: Any = os.environ.get("FEATURE_BASKET", "False").lower() in ("1", "true", "yes", "on")\n',
            hits=2,
        ),
    ]  # fmt: skip
    good = [
        # Compared and converted.
        "import os\n\n\nclass Config:\n"
        '    DEBUG = os.environ.get("DEBUG") == "1"\n'
        '    TESTING = os.environ.get("TESTING", "").lower() in ("1", "true")\n'
        '    MAIL_USE_TLS = int(os.environ.get("MAIL_USE_TLS", 1))\n'
        '    MAIL_USE_SSL = bool(int(os.environ.get("SSL", "0")))\n'
        '    SQLALCHEMY_ECHO = os.getenv("ECHO", "no") != "no"\n'
        '    MAIL_DEBUG = os.environ.get("MAIL_DEBUG") is not None\n'
        '    WTF_CSRF_ENABLED = strtobool(os.environ.get("CSRF", "on"))\n'
        '    SESSION_PERMANENT = "PERMANENT" in os.environ\n',
        # A question for presence.
        'import os\n\nHAS_DATABASE = bool(os.environ.get("DATABASE_URL"))\nIN_CI = bool(os.environ.get("CI"))\n'
        'ON_HEROKU = bool(os.getenv("DYNO"))\nWITH_MAPS = bool(os.environ.get("MAPS_API_KEY", ""))\n',
        # Converted later.
        "import os\n\n\nclass Config:\n"
        '    MAIL_USE_TLS = os.environ.get("MAIL_USE_TLS")\n    MAIL_USE_TLS = MAIL_USE_TLS == "true"\n',
        "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config['DEBUG'] = os.environ.get('DEBUG')\n"
        "app.config['DEBUG'] = app.config['DEBUG'] == 'on'\n",
        # Settings that are texts.
        'import os\n\n\nclass Config:\n    MAIL_SERVER = os.environ.get("MAIL_SERVER")\n'
        '    SESSION_COOKIE_SAMESITE = os.environ.get("SAMESITE", "Lax")\n'
        '    SESSION_COOKIE_DOMAIN = os.environ.get("DOMAIN")\n',
        # Read by something that knows; another ``bool``.
        'from environs import Env\n\nenv = Env()\n\n\nclass Config:\n    DEBUG = env.bool("DEBUG", False)\n',
        'import os\n\nfrom decouple import config\n\n\nclass Config:\n    DEBUG = config("DEBUG", cast=bool)\n'
        '    HOME = os.environ["HOME"]\n',
        'import os\n\nfrom shop.parsing import to_bool as bool\n\nDEBUG = bool(os.environ.get("DEBUG"))\n',
        # Given to run(): another rule's finding (FD702).
        "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        'app.run("127.0.0.1", 8000, bool(os.environ["SHOP_DEBUG"]))\n',
        # The empty text is the one that is false: here somebody knew.
        'import os\n\n\nclass Config:\n    DEBUG = None or os.environ.get("DEBUG", "") == "1"\n    TESTING = False\n',
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Readings that become switches as they are."""
        if module.role in ("test", "migration", "docs"):
            return
        seen: set[ast.AST] = set()
        writes = [write for write in module.config_writes if write.key in FLAG_SETTINGS]
        for write in writes:
            value = module.value(write.value)
            inner = _inside_bool(module, value)
            reading, fixable = _raw(module, inner if inner is not None else value)
            if reading is None or reading.node in seen or _set_again(write, writes):
                continue
            seen.add(reading.node)
            shown = write.node if isinstance(write.node, ast.keyword) else value
            yield _hit(shown, write.key, reading, value if fixable else None)
        for call in module.calls("builtins.bool"):
            inner = _inside_bool(module, call)
            reading = reading_of(module, inner) if inner is not None else None
            if reading is not None and reading.node not in seen and _is_switch(reading) and not _runs(module, call):
                seen.add(reading.node)
                yield _hit(call, "", reading, call)

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Compare what is read, in lower case, with the words for yes."""
        reading, target = site.hit.parts["reading"], site.hit.parts["target"]
        assert isinstance(reading, Reading)
        assert isinstance(target, ast.expr)
        node, default = reading.node, reading.default
        template = "{read}"
        parts: dict[str, ast.AST] = {"read": node}
        if isinstance(node, ast.Call) and not (isinstance(default, ast.Constant) and isinstance(default.value, str)):
            if default is not None and not isinstance(default, ast.Constant):
                raise Refuse("Its default is no literal: whether that means yes is for you to say.")
            word = "true" if default is not None and default.value else ""
            template, parts = f'{{get}}({{name}}, "{word}")', {"get": node.func, "name": node.args[0]}
        edit.replace(target, f"{template}.lower() in {_ON}", **parts)


def _hit(node: ast.AST, key: str, reading: Reading, target: ast.expr | None) -> Hit:
    shown = reading.name if reading.name.isidentifier() and len(reading.name) < 50 else "The variable"
    message = f'{shown} is a text, and "False" or "0" in it count as true'
    if key and key != reading.name:
        message = f'{key} is set to the text of {shown}: "False" and "0" count as true'
    return Hit(
        node,
        message,
        fixable=target is not None,
        advice="" if target is not None else f'Compare it: `.lower() in {_ON}`, with the default as a text.',
        parts={"reading": reading, "target": target},
    )  # fmt: skip


def _inside_bool(module: Module, node: ast.expr) -> ast.expr | None:
    """What ``bool(..)`` is called with."""
    if isinstance(node, ast.Call) and module.resolve(node.func) == "builtins.bool" and len(node.args) == 1:
        return module.value(node.args[0]) if not node.keywords else None
    return None


def _raw(module: Module, node: ast.expr) -> tuple[Reading | None, bool]:
    """The reading that a value is, also in front of ``or False``, and whether it alone is the value."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and isinstance(node.values[-1], ast.Constant):
        return reading_of(module, module.value(node.values[0])), False
    reading = reading_of(module, node)
    return reading, reading is not None and reading.node is node


def _set_again(write: ConfigWrite, writes: list[ConfigWrite]) -> bool:
    """Whether the same setting gets another value further down: the text is converted there."""
    return any(
        other.key == write.key and other.owner == write.owner and other.value.lineno > write.value.lineno
        for other in writes
    )


def _runs(module: Module, node: ast.expr) -> bool:
    """Whether a value is given to ``app.run(debug=..)``: FD702 says so."""
    parent = module.parent(node)
    call = module.parent(parent) if isinstance(parent, ast.keyword) else parent
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "run"


def _is_switch(reading: Reading) -> bool:
    """Whether a variable is a switch, by its name or by what stands in for it."""
    default = reading.default
    value = default.value if isinstance(default, ast.Constant) else None
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in _WRITTEN_OUT):
        return True
    found = words(reading.name)
    return reading.name in FLAG_SETTINGS or (not _FLAG_WORDS.isdisjoint(found) and found[-1] not in _VALUES)


_VALUES = word_set("url uri host port key token path file dir server name user email address id level password secret")
