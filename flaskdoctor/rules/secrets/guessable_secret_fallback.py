"""FD302: a secret that is read from outside, and has a literal to fall back on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.configuration import is_django_settings
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.env.envnames import ENVIRON
from flaskdoctor.project.routing.views import keyword
from flaskdoctor.project.secrecy.providertokens import is_provider_token
from flaskdoctor.project.secrecy.secretnames import (
    is_placeholder,
    is_secret_setting,
    is_signing_key,
    is_templated,
    word_set,
    words,
)
from flaskdoctor.project.secrecy.secretsettings import is_default, literal_in, refuses_default, secret_settings, text_of
from flaskdoctor.rules.rule import Bad, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module

_GETENV = frozenset({"os.getenv", "os.getenvb"})
_GET = frozenset(f"{environ}.get" for environ in ENVIRON)
_SETDEFAULT = frozenset(f"{environ}.setdefault" for environ in ENVIRON)
_READS = _GETENV | _GET | {"decouple.config"}
_ENVIRONMENT_WORDS = word_set("env environ environment getenv")  # ``get_env("SECRET_KEY", "dev")``

_SWITCHES = frozenset({"0", "1", "true", "false", "yes", "no", "on", "off", "none"})


class _Fallback(NamedTuple):
    """``node`` is the expression that falls back on ``literal``; ``kind`` names its spelling."""

    node: ast.expr
    literal: ast.Constant
    key: str
    kind: str  # default, or, conditional, setdefault, branch
    kept: ast.expr | None = None  # of a conditional: the arm that stays


class GuessableSecretFallback(Rule):
    """A secret comes from the environment, and where it is missing a literal from the code takes its place.

    ## What it finds

    A literal behind the reading of a secret: `os.environ.get("SECRET_KEY", "dev")`, `os.getenv("SECRET_KEY") or
    "hard to guess"`, `config("SECRET_KEY", default="..")` of decouple and environs, `"dev"` as the other arm of
    `.. if "SECRET_KEY" in os.environ else ..`, `app.config.setdefault("SECRET_KEY", "dev")`,
    `os.environ.setdefault(..)`, and the literal in `except KeyError:` or below `if not SECRET_KEY:`.

    For keys that sign (`SECRET_KEY`, `JWT_SECRET_KEY` ..) it is an error, for passwords and tokens a warning, in
    development settings and examples information. Where a function of the same file looks at the key and raises, the
    default may be refused before it does harm: a warning. Tests are left alone.

    ## Why it matters

    This is the spelling that looks safe in review. It fails silently: a typing error in the unit file, a variable
    that was not copied to the second server, an `.env` that gunicorn does not load, and the app runs on with a key
    that is in the repository. Nothing is logged, sessions work, and everyone who reads the code can sign a cookie
    that makes them any user.

    ## What to do instead

    Let the app refuse to start:

    ```python
    SECRET_KEY = os.environ["SECRET_KEY"]   # KeyError: 'SECRET_KEY'
    ```

    For development put a key into `.env` (ignored by git; `flask run` loads it). Tests set their own:
    `create_app({"SECRET_KEY": "testing"})`.

    ## References

    - [Flask: SECRET_KEY](https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY)
    - [Flask tutorial: configure the secret key](https://flask.palletsprojects.com/en/stable/tutorial/deploy/#configure-the-secret-key)
    - [CWE-1188: insecure default](https://cwe.mitre.org/data/definitions/1188.html)
    """

    code = "FD302"
    name = "guessable-secret-fallback"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Remove the fallback"
    fix_risk = (
        "Where the variable is not set, the app then fails when it starts: that is the point. Set it in .env, in CI "
        "and on every server first."
    )
    needs = (b"KEY", b"SECRET", b"secret_key", b"PASS", b"TOKEN", b"PWD")
    # The key is then required: what was optional may be missing from .env or the template.
    successors = ("FD310", "FD311", "FD313", "FD314", "FD326")

    bad = [
        Bad(
            'import os\n\n\nclass Config:\n    SECRET_KEY = os.environ.get("SECRET_KEY") or "you-will-never-guess"\n',
            'import os\n\n\nclass Config:\n    SECRET_KEY = os.environ["SECRET_KEY"]\n',
        ),
        Bad(
            "import os\n\nfrom flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
            '    app.config.from_mapping(SECRET_KEY=os.environ.get("SECRET_KEY", "dev"))\n    return app\n',
            "import os\n\nfrom flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
            '    app.config.from_mapping(SECRET_KEY=os.environ["SECRET_KEY"])\n    return app\n',
        ),
        Bad(
            "from os import environ, getenv\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.secret_key = environ.get("APP_KEY", "kiln")\n'
            'app.config["MAIL_PASSWORD"] = getenv("MAIL_PASSWORD", "clay")\n',
            "from os import environ\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.secret_key = environ["APP_KEY"]\napp.config["MAIL_PASSWORD"] = environ["MAIL_PASSWORD"]\n',
            hits=2,
        ),
        Bad(
            "import os\n\n\nclass Config:\n"
            '    SECRET_KEY = os.environ.get("SHOP_KEY") or os.environ.get("SECRET_KEY") or "kiln"\n',
            'import os\n\n\nclass Config:\n    SECRET_KEY = os.environ.get("SHOP_KEY") or os.environ["SECRET_KEY"]\n',
        ),
        Bad(
            'from decouple import config\n\nSECRET_KEY = config("SECRET_KEY", default="kiln")\n',
            'from decouple import config\n\nSECRET_KEY = config("SECRET_KEY")\n',
        ),
        Bad(
            "from environs import Env\nfrom flask import Flask\n\nenv = Env()\napp = Flask(__name__)\n"
            'app.config["JWT_SECRET_KEY"] = env.str("JWT_SECRET_KEY", "kiln")\n',
            "from environs import Env\nfrom flask import Flask\n\nenv = Env()\napp = Flask(__name__)\n"
            'app.config["JWT_SECRET_KEY"] = env.str("JWT_SECRET_KEY")\n',
        ),
        Bad(
            "import os\n\nDEFAULT_KEY = 'kiln'\n\n\nclass Settings:\n"
            "    SECRET_KEY = os.environ['KEY'] if 'KEY' in os.environ else DEFAULT_KEY\n",
            "import os\n\nDEFAULT_KEY = 'kiln'\n\n\nclass Settings:\n    SECRET_KEY = os.environ['KEY']\n",
        ),
        Bad(
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'os.environ.setdefault("SECRET_KEY", "kiln")\napp.config.setdefault("MAIL_PASSWORD", "clay")\n',
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n",
            hits=2,
        ),
        Bad(
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\ntry:\n"
            '    app.secret_key = os.environ["SECRET_KEY"]\nexcept KeyError:\n    app.secret_key = "kiln"\n'
            'if not app.config["MAIL_PASSWORD"]:\n    app.config["MAIL_PASSWORD"] = "clay"\n',
            hits=2,
        ),
        Bad(
            'import os\n\n\nclass DevelopmentConfig:\n    SECRET_KEY = os.environ.get("SECRET_KEY", "kiln")\n',
        ),
        Bad(
            "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n"
            '    SECRET_KEY: str = "kiln"\n    MAIL_SERVER: str = "localhost"\n',
        ),
        Bad(
            'import os\n\n\nclass Config:\n    if os.environ.get("SECRET_KEY"):\n'
            '        SECRET_KEY = os.environ["SECRET_KEY"]\n    else:\n        SECRET_KEY = "kiln"\n',
        ),
    ]
    good = [
        # Bare readings; the empty text is no key at all, Flask refuses to sign with it.
        "import os\n\n\nclass Config:\n"
        '    SECRET_KEY = os.environ["SECRET_KEY"]\n    MAIL_PASSWORD = os.environ.get("MAIL_PASSWORD")\n'
        '    API_TOKEN = os.getenv("API_TOKEN", "")\n    JWT_SECRET_KEY = os.environ.get("JWT_SECRET_KEY", None)\n',
        # Made anew or read from elsewhere: not guessable.
        "import os\nimport secrets\n\n\nclass Config:\n"
        '    SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_hex()\n'
        '    MAIL_PASSWORD = os.environ.get("MAIL_PASSWORD", vault.read("mail"))\n',
        # Fallbacks of settings that hold no secret.
        "import os\n\n\nclass Config:\n"
        '    DATABASE = os.environ.get("DATABASE") or "shop.sqlite3"\n'
        '    MAIL_USERNAME = os.getenv("MAIL_USERNAME", "shop")\n'
        '    TOKEN_URL = os.getenv("TOKEN_URL", "/oauth/token")\n'
        '    PASSWORD_SCHEMES = os.getenv("SCHEMES", "argon2")\n',
        # A dictionary, a form, a request: no environment and no setting.
        "from flask import request, session\n\n\ndef login():\n"
        '    password = request.form.get("password", "none")\n    token = session.get("token") or "guest"\n'
        "    return password, token\n",
        # Tests set their own.
        Good({"tests/conftest.py": 'import os\n\nos.environ.setdefault("SECRET_KEY", "testing")\n'}),
        'import os\n\n\nclass TestingConfig:\n    SECRET_KEY = os.environ.get("SECRET_KEY", "testing")\n',
        # The settings of a Django project in the same repository.
        Good(
            {
                "admin/settings.py": 'import os\n\nSECRET_KEY = os.environ.get("SECRET_KEY", "kiln")\n'
                'ROOT_URLCONF = "admin.urls"\n'
            }
        ),
        # A section and an option of an .ini file; a switch that has "token" in its name.
        "from configparser import ConfigParser\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        "app.ini = ConfigParser()\napp.secret_key = app.ini.get('shop', 'secret_key')\n"
        "app.config['MAIL_PASSWORD'] = app.ini.get('mail', 'password')\n",
        "import os\n\nREQUIRE_TOKEN = os.environ.get('SHOP_REQUIRE_TOKEN', '0') == '1'\n",
        # The name of another variable, not a key.
        'import os\n\n\nclass Config:\n    SECRET_KEY = os.environ[os.environ.get("KEY_VARIABLE", "SECRET_KEY")]\n',
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Literals that stand in for a missing secret, each once."""
        if module.role in ("test", "migration", "docs") or is_django_settings(module):
            return
        seen: set[tuple[ast.AST, ast.AST]] = set()
        for found in _fallbacks(module):
            if (found.node, found.literal) in seen:
                continue
            seen.add((found.node, found.literal))
            severity = _severity(module, found)
            if severity is not None:
                # Development settings must not need a variable: what the file makes of them is imported in production.
                special = module.role == "example" or purpose_of(module, found.node) == "development"
                fixable = found.kind != "branch" and not special and not _nested(module, found.node)
                yield Hit(
                    found.node,
                    f"{found.key} falls back on a literal: unset, the app runs on with a value anyone can read",
                    severity=severity,
                    fixable=fixable,
                    advice=""
                    if fixable
                    else "Take the fallback out, so that a server without the secret does not start.",
                    parts={"found": found},
                )

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Leave the reading alone, or make it the one that raises."""
        found = site.hit.parts["found"]
        assert isinstance(found, _Fallback)
        node = found.node
        if found.kind == "setdefault":
            statement = site.module.statement_of(node)
            if not isinstance(statement, ast.Expr):
                raise Refuse("The result of setdefault() is used here, so it stays as it is.")
            edit.remove_statement(statement)
        elif isinstance(node, ast.BoolOp):
            *others, last = node.values[:-1]
            template, parts = _required(site.module, last, edit)
            for number, other in enumerate(reversed(others)):
                template = f"{{other{number}}} or {template}"
                parts[f"other{number}"] = other
            edit.replace(node, template, **parts)
        elif isinstance(node, ast.IfExp) and found.kept is not None:
            template, parts = _required(site.module, found.kept, edit)
            edit.replace(node, template, **parts)
        elif isinstance(node, ast.Call):
            _drop_default(site.module, node, edit)


def _fallbacks(module: Module) -> Iterator[_Fallback]:
    # Settings first: the key that an environment variable ends up as says more than the variable's name.
    for setting in secret_settings(module):
        value = module.value(setting.value)
        if is_default(module, setting):
            literal = literal_in(module, value)
            if literal is not None:
                kind = "setdefault" if setting.form == "setdefault" else "branch"
                place = setting.node if isinstance(setting.node, ast.expr) else literal
                yield _Fallback(place, literal, setting.key, kind)
        elif isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or):
            yield from _in_or(module, value, setting.key)
        elif isinstance(value, ast.Call):
            yield from _in_call(module, value, setting.key)
        elif isinstance(value, ast.IfExp):
            yield from _in_conditional(module, value, setting.key)
    for name, calls in module.calls_by_name().items():
        for call in calls:
            if (key := _environment_key(module, name, call)) is not None and is_secret_setting(key):
                yield from _in_call(module, call, key)
    for node in module.nodes(ast.BoolOp, ast.IfExp):
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            keys = [key for value in node.values if (key := _read_key(module, value)) and is_secret_setting(key)]
            if keys:
                yield from _in_or(module, node, keys[0])
        elif isinstance(node, ast.IfExp):
            yield from _in_conditional(module, node, None)


def _in_call(module: Module, call: ast.Call, key: str) -> Iterator[_Fallback]:
    """The default of ``get(..)``, also of one that is the default of another."""
    if not _reads(module, call):
        return
    default = call.args[1] if len(call.args) == 2 else keyword(call, "default")
    if default is None:
        return
    literal = literal_in(module, default)
    if literal is not None and _names_option(module, call, text_of(literal), key):
        return
    if literal is not None:
        name = module.resolve(call.func) or ""
        yield _Fallback(call, literal, key, "setdefault" if name in _SETDEFAULT else "default")
    elif isinstance(default, ast.Call):
        yield from _in_call(module, default, key)


def _names_option(module: Module, call: ast.Call, text: str, key: str) -> bool:
    """Whether ``get("app", "secret_key")`` asks a configparser for an option: the second text is a name, no value."""
    first = module.string(call.args[0]) if call.args else None
    if first is None or is_secret_setting(first) or _environment_key(module, module.resolve(call.func) or "", call):
        return False
    option = words(text)
    return bool(option) and words(key)[-len(option) :] == option


def _in_or(module: Module, node: ast.BoolOp, key: str) -> Iterator[_Fallback]:
    literal = literal_in(module, node.values[-1])
    if literal is not None:
        yield _Fallback(node, literal, key, "or")


def _in_conditional(module: Module, node: ast.IfExp, key: str | None) -> Iterator[_Fallback]:
    """One arm is a literal, and the condition asks whether the variable is set that the other arm reads."""
    asked = next((found for part in ast.walk(node.test) if (found := _presence_key(module, part))), None)
    if asked is None:
        return
    for arm, other in ((node.body, node.orelse), (node.orelse, node.body)):
        literal = literal_in(module, arm)
        if literal is not None and (is_secret_setting(asked) or (key and asked == _read_key(module, other))):
            yield _Fallback(node, literal, key or asked, "conditional", other)


def _environment_key(module: Module, name: str, call: ast.Call) -> str | None:
    """The variable that a call reads, where the callee surely reads the environment."""
    if not (name in _READS or name in _SETDEFAULT or _is_env_object(module, call.func)):
        return None
    first = call.args[0] if call.args else keyword(call, "key")
    if isinstance(first, ast.Constant) and isinstance(first.value, bytes):
        return first.value.decode("ascii", "replace")
    return module.string(first)


def _is_env_object(module: Module, node: ast.expr) -> bool:
    """``env(..)`` and ``env.str(..)`` of environs and django-environ."""
    if isinstance(node, ast.Attribute) and node.attr == "str":
        node = node.value
    if module.resolve(node) == "environs.env":
        return True
    made = module.value(node)
    return isinstance(made, ast.Call) and module.resolve(made.func) in ("environs.Env", "environ.Env")


def _reads(module: Module, call: ast.Call) -> bool:
    """Whether a call can be a reading with a default: it is known to be one, or its name says so."""
    name = module.resolve(call.func) or ""
    if name in _READS or name in _SETDEFAULT or _is_env_object(module, call.func):
        return True
    last = call.func.attr if isinstance(call.func, ast.Attribute) else name.rpartition(".")[2]
    return last == "get" or not _ENVIRONMENT_WORDS.isdisjoint(words(last))


def _read_key(module: Module, node: ast.expr) -> str | None:
    """The environment variable that an expression is."""
    if isinstance(node, ast.Call):
        return _environment_key(module, module.resolve(node.func) or "", node)
    if isinstance(node, ast.Subscript) and module.resolve(node.value) in ENVIRON:
        return module.string(node.slice)
    return None


def _presence_key(module: Module, node: ast.AST) -> str | None:
    """The variable whose presence an expression asks for: ``"K" in os.environ``, ``os.environ.get("K")``."""
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
        return module.string(node.left) if module.resolve(node.comparators[0]) in ENVIRON else None
    return _read_key(module, node) if isinstance(node, ast.expr) else None


def _severity(module: Module, found: _Fallback) -> Severity | None:
    text = text_of(found.literal)
    purpose = purpose_of(module, found.node)
    if purpose == "test" or is_templated(text) or is_provider_token(text):
        return None  # a provider's token is FD305's to tell
    signing = is_signing_key(found.key)
    if not signing and text.lower() in _SWITCHES:
        return None
    if purpose == "development" or module.role == "example" or (not signing and is_placeholder(text)):
        return Severity.INFO
    return Severity.ERROR if signing and not refuses_default(module, found.key) else Severity.WARNING


def _nested(module: Module, node: ast.AST) -> bool:
    """Whether a node is itself a default: evaluated always, so that making it raise would break the outer reading."""
    parent = module.parent(node)
    if isinstance(parent, ast.keyword):
        return parent.arg == "default"
    return isinstance(parent, ast.Call) and node in parent.args[1:]


def _required(module: Module, node: ast.expr, edit: FileEdit) -> tuple[str, dict[str, ast.AST]]:
    """A template for the reading ``node`` that raises where the variable is missing."""
    if isinstance(node, ast.Call) and node.args and not node.keywords:
        bare = len(node.args) == 1 or (isinstance(node.args[1], ast.Constant) and node.args[1].value is None)
        name = module.resolve(node.func) or ""
        if bare and name in _GETENV:
            return _subscript(module, node, edit)
        if bare and name in _GET and isinstance(node.func, ast.Attribute):
            return "{base}[{key}]", {"base": node.func.value, "key": node.args[0]}
    return "{value}", {"value": node}


def _subscript(module: Module, call: ast.Call, edit: FileEdit) -> tuple[str, dict[str, ast.AST]]:
    from flaskdoctor.fixes.environment import environ_name

    if isinstance(call.func, ast.Name):
        edit.drop_import_if_unused("os.getenv")
    return f"{environ_name(module, edit)}[{{key}}]", {"key": call.args[0]}


def _drop_default(module: Module, call: ast.Call, edit: FileEdit) -> None:
    name = module.resolve(call.func) or ""
    if name in _GETENV and call.args:
        template, parts = _subscript(module, call, edit)
        edit.replace(call, template, **parts)
    elif isinstance(call.func, ast.Attribute) and call.func.attr == "get" and call.args:
        edit.replace(call, "{base}[{key}]", base=call.func.value, key=call.args[0])
    else:
        edit.remove_argument(call, 1 if len(call.args) == 2 else "default")
