"""FD303: a signing key that is made anew at every start."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.configuration import is_django_settings
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.env.environment import Reading, reading_of
from flaskdoctor.project.secrecy.secretnames import is_signing_key
from flaskdoctor.project.secrecy.secretsettings import SecretSetting, is_default, secret_settings
from flaskdoctor.rules.rule import Bad, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module

_RANDOM = frozenset({
    "os.urandom", "secrets.token_hex", "secrets.token_bytes", "secrets.token_urlsafe", "secrets.randbits",
    "secrets.choice", "secrets.SystemRandom", "uuid.uuid1", "uuid.uuid4", "random.random", "random.randint",
    "random.choice", "random.choices", "random.sample", "random.randbytes", "random.getrandbits", "random.randrange",
    "random.SystemRandom", "numpy.random.bytes", "cryptography.fernet.Fernet.generate_key", "time.time",
    "Crypto.Random.get_random_bytes",
})  # fmt: skip
# A key that only this file's own tests, scripts and demonstrations use lives as long as it has to.
_SHORT_LIVED = ("test", "migration", "docs", "script")
_ADVICE = (
    "Make one key (`python -c 'import secrets; print(secrets.token_hex())'`), put it into `.env` or the server's "
    'environment, and read it with `os.environ["SECRET_KEY"]`.'
)


class _Found(NamedTuple):
    """A setting with a key that is made anew. ``kept`` is the reading of the environment in front of it, ``whole`` the
    expression that the fix replaces; None where there is only advice."""

    setting: SecretSetting
    made: ast.expr
    kept: Reading | None
    whole: ast.expr | None
    fallback: bool = False


class ThrowawaySecretKey(Rule):
    """The key that signs sessions is made anew whenever the app starts.

    ## What it finds

    `os.urandom(..)`, `secrets.token_hex()`, `uuid.uuid4()`, `random` and the like as the value of `SECRET_KEY`,
    `JWT_SECRET_KEY`, `WTF_CSRF_SECRET_KEY` or `SECURITY_PASSWORD_SALT`, in a module, a settings class or a
    factory; also encoded, joined to a text, and as the fallback of an environment variable:
    `os.environ.get("SECRET_KEY") or os.urandom(24)`.

    It leaves alone tests, scripts and development settings, and a key that the same file also stores, writes to a
    file or hands on.

    ## Why it matters

    The key is made when Python imports the line, once in every process. With gunicorn's four workers there are four
    keys: a session that worker 1 signed is thrown away by worker 2, users are logged in and out again from click to
    click, and a form's CSRF token fails on three of four tries. With one worker it shows later: each deployment, each
    restart, each reload of the development server ends all sessions, and every link to reset a password or to
    confirm an address, made with `itsdangerous` or Flask-JWT-Extended, is dead.

    As a fallback it is harder to see: on your machine the variable is set, on the server it was forgotten, and nothing
    says so.

    ## What to do instead

    Make the key once, and keep it where the code is not:

    ```console
    $ echo "SECRET_KEY=$(python -c 'import secrets; print(secrets.token_hex())')" >> .env
    ```

    ```python
    app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
    ```

    `[..]` stops a start without it, which is far easier to find than sessions that vanish. To renew a key without
    ending sessions, list the old one in `SECRET_KEY_FALLBACKS` (Flask 3.1).

    ## References

    - [Flask: SECRET_KEY](https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY)
    - [Flask: sessions, how to generate good secret
    keys](https://flask.palletsprojects.com/en/stable/quickstart/#sessions)
    - [Flask: SECRET_KEY_FALLBACKS](https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY_FALLBACKS)
    """

    code = "FD303"
    name = "throwaway-secret-key"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Read the key from the environment"
    fix_risk = (
        "Where the variable is not set, and .env is not loaded, the app no longer starts. Make a key and put it there "
        "first."
    )
    needs = (b"SECRET", b"secret_key", b"PASS")
    pattern = re.compile(rb"random|token_(?:hex|bytes|urlsafe)|uuid[14]|generate_key|getrandbits|secrets\.|time\(\)")
    successors = ("FD306", "FD310", "FD311", "FD312", "FD321", "FD326", "FD327", "FD328")

    bad = [
        Bad(
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\napp.secret_key = os.urandom(24)\n",
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.secret_key = os.environ["SECRET_KEY"]\n',
        ),
        Bad(
            "import os\nimport secrets\n\n\nclass Config:\n"
            '    SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_hex(32)\n'
            '    JWT_SECRET_KEY = os.environ.get("JWT_KEY", secrets.token_urlsafe())  # for the shop\n',
            'import os\n\n\nclass Config:\n    SECRET_KEY = os.environ["SECRET_KEY"]\n'
            '    JWT_SECRET_KEY = os.environ["JWT_KEY"]  # for the shop\n',
            hits=2,
        ),
        Bad(
            "import flask as f\nfrom os import urandom as bytes_of\n\n\ndef create_app():\n"
            "    app = f.Flask(__name__)\n"
            '    app.config.from_mapping(SECRET_KEY=bytes_of(16).hex(), DATABASE="shop.sqlite3")\n    return app\n',
            "import flask as f\nimport os\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
            '    app.config.from_mapping(SECRET_KEY=os.environ["SECRET_KEY"], DATABASE="shop.sqlite3")\n'
            "    return app\n",
        ),
        Bad(
            "import os\nfrom uuid import uuid4\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            "key = str(uuid4())\n"
            'app.config.update({"SECRET_KEY": key, "WTF_CSRF_SECRET_KEY": os.getenv("CSRF_KEY", str(uuid4()))})\n',
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'key = os.environ["SECRET_KEY"]\n'
            'app.config.update({"SECRET_KEY": key, "WTF_CSRF_SECRET_KEY": os.environ["CSRF_KEY"]})\n',
            hits=2,
        ),
        Bad(
            "import random\nimport string\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config["SECRET_KEY"] = "".join(random.choice(string.ascii_letters) for _ in range(32))\n',
            "import os\nimport string\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]\n',
        ),
        # The import that the new code needs stays where it is.
        Bad(
            "from flask import Flask\nimport os\n\napp = Flask(__name__)\napp.secret_key = os.urandom(24)\n",
            'from flask import Flask\nimport os\n\napp = Flask(__name__)\napp.secret_key = os.environ["SECRET_KEY"]\n',
        ),
        # Where nothing else was given.
        Bad(
            "import os\nimport secrets\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config.from_prefixed_env()\nif not app.config.get("SECRET_KEY"):\n'
            '    app.config["SECRET_KEY"] = secrets.token_hex()\n',
        ),
        Bad(
            "import os\nfrom typing import Final\n\n\nclass ProductionConfig:\n"
            "    SECRET_KEY: Final[bytes] = os.urandom(32)\n"
            "    SECURITY_PASSWORD_SALT = f'salt-{os.urandom(8).hex()}'\n",
            "import os\nfrom typing import Final\n\n\nclass ProductionConfig:\n"
            "    SECRET_KEY: Final[bytes] = os.environ['SECRET_KEY']\n"
            "    SECURITY_PASSWORD_SALT = os.environ['SECURITY_PASSWORD_SALT']\n",
            hits=2,
        ),
    ]
    good = [
        # From the environment, a literal (FD301), a fallback that is none of chance (FD302).
        'import os\n\n\nclass Config:\n    SECRET_KEY = os.environ["SECRET_KEY"]\n'
        "    SALT_LENGTH = len(os.urandom(4))\n",
        "import os\n\n\nclass Config:\n    SECRET_KEY = os.environ.get('SECRET_KEY') or 'kiln'\n"
        "    NONCE = os.urandom(4)\n",
        # A key for one message, a form's token, a file's name.
        "import os\nimport secrets\nimport uuid\n\nfrom flask import Flask, session\n\napp = Flask(__name__)\n\n\n"
        "@app.route('/')\ndef index():\n    session['state'] = secrets.token_urlsafe()\n    name = uuid.uuid4().hex\n"
        "    api_secret_key = os.urandom(8)\n    return {'name': name, 'n': len(api_secret_key)}\n",
        # Made once and kept.
        "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\nkey = os.urandom(32)\n"
        "with open('instance/key', 'wb') as file:\n    file.write(key)\napp.secret_key = key\n",
        "import os\nfrom pathlib import Path\n\nfrom flask import Flask\n\n\ndef load_key(path):\n"
        "    if not path.exists():\n        path.write_bytes(os.urandom(32))\n    return path.read_bytes()\n\n\n"
        "app = Flask(__name__)\napp.secret_key = load_key(Path('instance/key'))\n",
        "import os\n\nfrom flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    try:\n"
        "        key = open('key', 'rb').read()\n    except OSError:\n        key = os.urandom(24)\n"
        "        open('key', 'wb').write(key)\n    app.secret_key = key\n    return app\n",
        # Tests, scripts, development.
        Good({"tests/conftest.py": "import os\n\nfrom shop import app\n\napp.secret_key = os.urandom(8)\n"}),
        Good(
            {
                "scripts/render.py": "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
                "app.secret_key = os.urandom(8)\n"
            }
        ),
        "import os\n\n\nclass DevelopmentConfig:\n    SECRET_KEY = os.urandom(24)\n\n\nclass TestConfig:\n"
        "    SECRET_KEY = os.urandom(24)\n",
        "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\nif app.debug:\n"
        "    app.secret_key = os.urandom(24)\n",
        # Derived from what is kept.
        "import hashlib\nimport random\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        "COLOUR = random.choice('abc')\n"
        "app.secret_key = hashlib.sha256(open('/etc/machine-id', 'rb').read()).digest()\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Signing keys whose value comes from a source of chance."""
        if module.role in _SHORT_LIVED or is_django_settings(module):
            return
        seen: set[ast.AST] = set()
        for setting in secret_settings(module):
            if not is_signing_key(setting.key):
                continue
            found = _found(module, setting)
            if found is None or found.made in seen or _is_kept(module, setting) or purpose_of(module, setting.node):
                continue
            seen.add(found.made)
            fallback = found.fallback or is_default(module, setting)
            message = f"{setting.key} is made anew at every start: sessions end with it, and each worker has its own"
            if fallback:
                message = f"{setting.key} falls back on one made at start: unset, each worker has a key of its own"
            yield Hit(
                _shown(module, setting, found),
                message,
                severity=Severity.INFO if module.role == "example" else None,
                fixable=found.whole is not None,
                advice=_ADVICE,
                parts={"found": found},
            )

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put the environment variable in the place of the expression."""
        found = site.hit.parts["found"]
        assert isinstance(found, _Found)
        if found.whole is None:
            raise Refuse("Which of several values counts is not certain, so it stays as it is.")
        name = found.kept.name if found.kept is not None else found.setting.key
        local = edit.add_import("os")
        edit.replace(found.whole, f'{local}.environ["{name}"]')
        for part in ast.walk(found.made):
            if isinstance(part, ast.Call) and (called := site.module.resolve(part.func)) in _RANDOM:
                edit.drop_import_if_unused(called)
                if not called.startswith("os."):  # which the new code needs
                    edit.drop_import_if_unused(called.partition(".")[0])


def _found(module: Module, setting: SecretSetting) -> _Found | None:
    """What makes a setting's value anew, directly or where the environment has none."""
    value = module.value(setting.value)
    advice_only = is_default(module, setting)
    if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or):
        made = value.values[-1]
        kept = reading_of(module, module.value(value.values[0]))
        if not _is_random(module, module.value(made)):
            return None
        certain = kept is not None and kept.node is value.values[0] and len(value.values) == 2
        return _Found(setting, made, kept, value if certain and not advice_only else None, fallback=True)
    reading = reading_of(module, value)
    if reading is not None:
        if reading.default is None or not _is_random(module, module.value(reading.default)):
            return None
        return _Found(setting, reading.default, reading, None if advice_only else value, fallback=True)
    if isinstance(value, ast.IfExp):
        arms = [arm for arm in (value.body, value.orelse) if _is_random(module, module.value(arm))]
        return _Found(setting, arms[0], None, None, fallback=True) if len(arms) == 1 else None
    if isinstance(value, ast.Call):
        for given in (*value.args[1:2], *(item.value for item in value.keywords if item.arg == "default")):
            if _is_random(module, module.value(given)) and module.string(value.args[0] if value.args else None):
                return _Found(setting, given, None, None, fallback=True)  # decouple, environs, a helper of one's own
    if not _is_random(module, value):
        return None
    return _Found(setting, value, None, None if advice_only else value)


def _is_random(module: Module, node: ast.expr) -> bool:
    """Whether an expression is made of chance, and of nothing that is read from somewhere."""
    chance = False
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            name = module.resolve(part.func) or ""
            chance = chance or name in _RANDOM
            if name in ("builtins.open", "builtins.input") or reading_of(module, part) is not None:
                return False
            if isinstance(part.func, ast.Attribute) and part.func.attr in ("read", "read_text", "read_bytes"):
                return False
        elif isinstance(part, ast.Lambda):
            return False
    return chance


def _is_kept(module: Module, setting: SecretSetting) -> bool:
    """Whether the key goes somewhere else too: written to a file, say, from which the next start reads it."""
    node = setting.value
    if not isinstance(node, ast.Name):
        return False
    return any(not isinstance(module.parent(use), ast.keyword | ast.Dict | ast.Assign) for use in module.uses(node))


def _shown(module: Module, setting: SecretSetting, found: _Found) -> ast.AST:
    """The node that is reported: the one with the name, where that is short."""
    if isinstance(setting.node, ast.keyword):
        return setting.node
    statement = module.statement_of(found.made)
    return statement if isinstance(statement, ast.Assign | ast.AnnAssign) and setting.form != "update" else found.made
