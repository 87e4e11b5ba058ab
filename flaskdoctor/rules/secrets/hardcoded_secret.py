"""FD301: a secret setting whose value is written in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.configuration import is_django_settings
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.env.envuse import counts
from flaskdoctor.project.secrecy.providertokens import is_provider_token
from flaskdoctor.project.secrecy.secretnames import (
    is_password_hash,
    is_placeholder,
    is_signing_key,
    is_templated,
    word_set,
    words,
)
from flaskdoctor.project.secrecy.secretsettings import (
    SecretSetting,
    is_default,
    literal_in,
    secret_settings,
    text_of,
)
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site
from flaskdoctor.rules.secrets import MOVED_INTO_ENV

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_ADVICE = (
    "Rotate it: a secret that was ever committed stays readable in the history, in every clone and fork. Make a new "
    "one (`python -c 'import secrets; print(secrets.token_hex())'` for a key; a password or token at its provider), "
    "put the new one into `.env` or the server's environment, and let the old one expire."
)
_DEFAULT_ADVICE = (
    "It is a default, which the settings that are read after it can override. See to it that production's do "
    "(`python -c 'import secrets; print(secrets.token_hex())'` makes a key): where they are missing, the app runs with "
    "the key that everyone knows, and nothing says so."
)
# What reads settings from outside: a value set before it is a default that the deployment can override.
_OVERRIDES = frozenset({"from_pyfile", "from_envvar", "from_prefixed_env", "from_file", "from_json"})
_CALLS = word_set("use set put insert enter add a an the my our some")  # what a name of it may stand behind
_MAPPINGS = frozenset({"subscript", "update", "from_mapping", "attribute"})


class HardcodedSecret(Rule):
    """A secret setting is written in the code, where everyone who can read the repository can read it.

    ## What it finds

    A non-empty literal, text or bytes, as the value of a setting that holds a secret: `SECRET_KEY` and
    `SECRET_KEY_FALLBACKS`, `SECURITY_PASSWORD_SALT`, `JWT_SECRET_KEY`, `WTF_CSRF_SECRET_KEY`, `MAIL_PASSWORD`, and
    names that end in `_PASSWORD`, `_SECRET`, `_API_KEY`, `_TOKEN` and the like. In every spelling of a
    configuration: `app.config["SECRET_KEY"] = ..`, `app.secret_key = ..`, `config.update(..)`,
    `config.from_mapping(..)`, an attribute of a settings class, a constant of a settings module.

    A provider's token (GitHub, Stripe ..) is found by its form, wherever it stands: that is FD305.

    `dev` and `changeme` are findings too: a signing key that can be guessed is no better than one that was read.
    A value that `from_pyfile()` or `from_prefixed_env()` may override afterwards is a warning; in a
    `DevelopmentConfig` and in examples it is information. Tests are left alone, and so is Flask's instance folder,
    unless git tracks the file.

    ## Why it matters

    What stands in the code is known to everyone who ever had a clone, a backup, a Docker image or a stack trace, and
    git keeps it after it was deleted. A mail password sends mail in your name, a provider's key spends your money.

    Flask signs the session cookie with `SECRET_KEY`. Whoever knows it makes a cookie that says `user_id: 1` and is
    logged in as that user; Flask-Login's remember cookie, password-reset links made with itsdangerous and CSRF
    tokens hang on the same key. Lists of the usual keys (`dev`, `you-will-never-guess`) are part of the tools that
    try them on a cookie.

    ## What to do instead

    Read it from the environment, without a fallback, so that a server without the key does not start:

    ```python
    import os

    class Config:
        SECRET_KEY = os.environ["SECRET_KEY"]
    ```

    The value goes into `.env`, which git ignores, and its name into the template; `flask run` loads that file when
    python-dotenv is installed, gunicorn, pytest and `python app.py` do not. The fix has the code load it where one of
    those starts the app. Set the variable on every server and in CI before the change gets there.

    And rotate it: moving the old value keeps the app running, it does not make the value secret again, for git's
    history keeps it. Flask 3.1 takes the old key in `SECRET_KEY_FALLBACKS` for as long as old sessions shall still be
    read.

    A default that `from_pyfile()` or `from_prefixed_env()` overrides stays where it is, and so does the key of a
    `DevelopmentConfig`: neither should need a variable. See to it that production's own key is there.

    ## References

    - [Flask: SECRET_KEY](https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY)
    - [Flask: instance folders and deployment configuration](https://flask.palletsprojects.com/en/stable/config/#development-production)
    - [CWE-798: use of hard-coded credentials](https://cwe.mitre.org/data/definitions/798.html)
    """

    code = "FD301"
    name = "hardcoded-secret"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Read it from the environment, move the value to .env"
    fix_risk = (
        "Where the variable is not set, the app no longer starts: on a server, in a container, in CI. The `flask` "
        "command loads .env by itself, gunicorn, celery, pytest and `python app.py` do not."
    )
    needs = (b"KEY", b"SECRET", b"secret_key", b"PASS", b"TOKEN", b"PWD")
    successors = MOVED_INTO_ENV

    bad = [
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\napp.config["SECRET_KEY"] = "kiln-and-clay-4711"\n',
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]\n',
        ),
        Bad(
            {
                "shop/__init__.py": "",
                "shop/config.py": (
                    'import os\n\n\nclass Config:\n    DATABASE = os.environ.get("DATABASE")\n'
                    '    MAIL_PASSWORD = "teapot-lid-2019"  # the shop\'s mailbox\n'
                ),
            },
            {
                "shop/config.py": (
                    'import os\n\n\nclass Config:\n    DATABASE = os.environ.get("DATABASE")\n'
                    '    MAIL_PASSWORD = os.environ["MAIL_PASSWORD"]  # the shop\'s mailbox\n'
                )
            },
        ),
        Bad(
            "import os\nimport flask as f\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
            '    app.secret_key = b"kiln-and-clay"\n    return app\n',
            "import os\nimport flask as f\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
            '    app.secret_key = os.environ["SECRET_KEY"].encode()\n    return app\n',
        ),
        Bad(
            "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
            '    app.config.update(DEBUG=False, JWT_SECRET_KEY="kiln", STRIPE_API_KEY="clay-4711")\n    return app\n',
            "import os\n\nfrom flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
            '    app.config.update(DEBUG=False, JWT_SECRET_KEY=os.environ["JWT_SECRET_KEY"], '
            'STRIPE_API_KEY=os.environ["STRIPE_API_KEY"])\n    return app\n',
            hits=2,
        ),
        Bad(
            'from flask import Flask\n\nKEY = "kiln-and-clay"\n\napp = Flask(__name__)\napp.secret_key = KEY\n',
            'import os\n\nfrom flask import Flask\n\nKEY = os.environ["SECRET_KEY"]\n\napp = Flask(__name__)\n'
            "app.secret_key = KEY\n",
        ),
        Bad(
            'from flask import Flask\n\nSECRET_KEY = "kiln-and-clay"\nDATABASE = "shop.sqlite3"\n\n'
            "app = Flask(__name__)\napp.config.from_object(__name__)\n",
            'import os\n\nfrom flask import Flask\n\nSECRET_KEY = os.environ["SECRET_KEY"]\n'
            'DATABASE = "shop.sqlite3"\n\n'
            "app = Flask(__name__)\napp.config.from_object(__name__)\n",
        ),
        # In the file's own words: its import, its quotes; bytes that are no text go in hexadecimal.
        Bad(
            "from os import environ\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            "app.config['MAIL_SERVER'] = environ['MAIL_SERVER']\napp.secret_key = b'_5#y\\x9cL\\n]/'\n",
            "from os import environ\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            "app.config['MAIL_SERVER'] = environ['MAIL_SERVER']\n"
            "app.secret_key = bytes.fromhex(environ['SECRET_KEY'])\n",
        ),
        Bad(
            "from decouple import config\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config["DATABASE"] = config("DATABASE")\napp.secret_key = "kiln-and-clay"\n',
            "from decouple import config\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config["DATABASE"] = config("DATABASE")\napp.secret_key = config("SECRET_KEY")\n',
        ),
        # ``python app.py`` loads no .env, as a test does not: the file does it itself.
        Bad(
            {
                "app.py": "from flask import Flask\n\napp = Flask(__name__)\n"
                'app.secret_key = "kiln-and-clay"\n\nif __name__ == "__main__":\n    app.run()\n',
                "requirements.txt": "flask==3.1.0\n",
            },
            {
                "app.py": "import os\n\nfrom dotenv import load_dotenv\nfrom flask import Flask\n\nload_dotenv()\n\n"
                'app = Flask(__name__)\napp.secret_key = os.environ["SECRET_KEY"]\n\n'
                'if __name__ == "__main__":\n    app.run()\n',
                "requirements.txt": "flask==3.1.0\npython-dotenv\n",
            },
        ),
        # Not where git keeps it for everybody; and an application that gets its name on the way.
        Bad(
            {
                "#git": "track:instance/config.py",
                "app.py": "import flask\n",
                "instance/config.py": 'SECRET_KEY = "kiln-and-clay-4711"\n',
            }
        ),
        Bad('from flask import Flask\n\n(app := Flask(__name__)).config.update(SECRET_KEY="kiln-and-clay-4711")\n'),
        Bad(
            "from typing import Final\n\n\nclass BaseConfig:\n"
            '    SECRET_KEY: Final = "kiln-and-clay".encode("utf-8")\n    SECRET_KEY_FALLBACKS = ["kiln", "clay"]\n',
            hits=2,
        ),
        Bad(
            "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__, instance_relative_config=True)\n"
            '    app.config.from_mapping({"SECRET_KEY": "dev", "DATABASE": "shop.sqlite3"})\n'
            '    app.config.from_pyfile("config.py", silent=True)\n    return app\n',
        ),
        Bad('class Config:\n    MAIL_PASSWORD = f"teapot-lid-2019"\n    OTHER_PASSWORD = f"teapot-{LID}"\n'),
        Bad('class Config:\n    SHOP_ADMIN_PASSWORD = "admin"\n    POSTGRES_PASSWORD = "postgres"\n', hits=2),
        # Information: a value that only repeats the name of its setting opens nothing.
        Bad(
            'class Config:\n    OAUTH_CLIENT_SECRET = "CLIENT_SECRET"\n    SHOP_API_KEY = "USE_SHOP_API_KEY"\n',
            hits=2,
        ),
    ]
    good = [
        # Where it should come from, in the ways that projects read it.
        'import os\n\n\nclass Config:\n    SECRET_KEY = os.environ["SECRET_KEY"]\n'
        '    MAIL_PASSWORD = os.getenv("MAIL_PASSWORD")\n',
        "from decouple import config\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        'app.config["SECRET_KEY"] = config("SECRET_KEY")\napp.config["MAIL_PASSWORD"] = ""\n',
        # The instance folder is made for it: it stays on the machine.
        Good({"#git": "init", "instance/config.py": 'SECRET_KEY = "kiln-and-clay-4711"\n', "app.py": "import flask\n"}),
        # A fallback is another rule's finding (FD302).
        "import os\n\n\nclass Config:\n"
        '    SECRET_KEY = os.environ.get("SECRET_KEY") or "kiln"\n'
        '    JWT_SECRET_KEY = os.getenv("JWT_SECRET_KEY", "clay")\n',
        # Settings of tests.
        'class TestingConfig:\n    TESTING = True\n    SECRET_KEY = "testing"\n',
        Good({"tests/conftest.py": 'from shop import app\n\napp.config["SECRET_KEY"] = "testing"\n'}),
        # Names about a secret that hold none: where it is, what it is called, how long it lives.
        "class Config:\n"
        '    JWT_TOKEN_LOCATION = "headers"\n    SECURITY_PASSWORD_HASH = "argon2"\n    TOKEN_URL = "/oauth/token"\n'
        '    SECRET_KEY_FILE = "/run/secrets/key"\n    CSRF_TOKEN_NAME = "csrf"\n    RECAPTCHA_PUBLIC_KEY = "6Lc4711"\n'
        '    SECURITY_MSG_INVALID_PASSWORD = "That is not the password"\n',
        # The hash of a password may stand in a file.
        'class Config:\n    ADMIN_PASSWORD = "scrypt:32768:8:1$kiln$0a1b2c3d"\n',
        # Enumerations and constants of other things than settings.
        'import enum\n\n\nclass Purpose(enum.Enum):\n    RESET_PASSWORD = "reset_password"\n'
        '    API_TOKEN = "api_token"\n',
        "class Operations:\n    CONFIRM = 'confirm'\n    RESET_PASSWORD = 'reset-password'\n",
        # Read from a file or made by a vault.
        "from pathlib import Path\n\n\nclass Config:\n"
        '    SECRET_KEY = Path("/run/secrets/key").read_text()\n    MAIL_PASSWORD = vault.read("shop/mail")\n',
        # Filled in when the project is made or started.
        'class Config:\n    SECRET_KEY = "{{ cookiecutter.secret_key }}"\n    API_TOKEN = "${API_TOKEN}"\n'
        '    MAIL_PASSWORD = "vault:shop/mail#password"\n',
        # A Django project in the same repository: its settings are no Flask app's, and it loads no .env of ours.
        Good(
            {"admin/site/settings.py": 'SECRET_KEY = "kiln"\nINSTALLED_APPS = ["stock"]\nROOT_URLCONF = "site.urls"\n'}
        ),
        # A token that says whose it is: FD305 tells it, once.
        'class Config:\n    GITHUB_TOKEN = "ghp_' + '9aQx7LmT2vRkZ4bWcYpD81HsUe6NfJ3gKo5B"\n',
        # Another object's attribute of that name.
        "from stripe import StripeClient\n\nclient = StripeClient()\nclient.secret_key = load_key()\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Literals in secret settings, each literal once."""
        if module.role in ("test", "migration", "docs") or is_django_settings(module):
            return
        seen: set[ast.AST] = set()
        for setting in secret_settings(module):
            if is_default(module, setting):
                continue  # FD302
            for literal in _literals(module, setting):
                if literal not in seen and (severity := _severity(module, setting, literal)) is not None:
                    seen.add(literal)
                    yield _hit(module, setting, literal, severity)

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """What lies in the instance folder stays on the machine (FD335 looks after that), unless git tracks it."""
        path = candidate.location.path
        if "instance" in path.split("/")[:-1][:2] and not project.git.tracks(path):
            return None
        return super().judge(candidate, project)

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put ``os.environ[..]`` in the literal's place; the plan moves the value into .env."""
        from flaskdoctor.fixes.environment import move_to_environment

        literal, key = site.hit.parts["literal"], site.hit.parts["key"]
        assert isinstance(literal, ast.Constant)
        assert isinstance(key, str)
        if len(_values(site.module, key)) > 1:
            raise Refuse(f"{key} has several values in this file, and the environment holds one: decide which counts.")
        if site.hit.parts["stored"] and (loader := _overriding(site.project)):
            raise Refuse(
                f"It is a default that {loader} can override, so the app may well start without the variable.",
                "Give production a key of its own there.",
            )
        move_to_environment(site, edit, literal, key, literal)


def _literals(module: Module, setting: SecretSetting) -> list[ast.Constant]:
    """The literal that a setting is; of the list of old keys the first one."""
    value = module.value(setting.value)
    items = [value]
    if isinstance(value, ast.List | ast.Tuple | ast.Set) and setting.key.endswith("_FALLBACKS"):
        items = value.elts
    return [literal for item in items if (literal := literal_in(module, item)) is not None][:1]


def _severity(module: Module, setting: SecretSetting, literal: ast.Constant) -> Severity | None:
    text = text_of(literal)
    signing = is_signing_key(setting.key)
    if is_templated(text) or is_provider_token(text) or (not signing and is_password_hash(text)):
        return None  # a provider's token is FD305's to tell: it knows where to revoke it
    if not signing and (text.startswith(("/", "./")) or words(text) == words(setting.key)):
        return None  # a path to the secret, or a name of it: ``RESET_PASSWORD = "reset-password"``
    purpose = purpose_of(module, setting.node)
    if purpose == "test":
        return None
    if purpose == "development" or module.role == "example" or setting.form == "constant":
        return Severity.INFO
    if not signing and (is_placeholder(text) or _says_its_name(setting.key, text)):
        return Severity.INFO  # it opens nothing; it says that a value belongs here
    return Severity.WARNING if _overridden(module, setting) else Severity.ERROR


def _values(module: Module, key: str) -> set[str]:
    """The values that a file has for a secret, for development and tests left out."""
    return {
        text_of(literal)
        for setting in secret_settings(module)
        if setting.key == key and not is_default(module, setting) and not purpose_of(module, setting.node)
        for literal in _literals(module, setting)
    }


def _overriding(project: Project) -> str:
    """The file that reads settings from outside over those of a class or a settings module; empty where none does.

    ``from_pyfile`` alone may be what reads the settings module itself.
    """
    for facts in project.modules.values():
        called = {name.rpartition(".")[2] for name in facts.called}
        if counts(facts) and called & (_OVERRIDES if "from_object" in called else _OVERRIDES - {"from_pyfile"}):
            return facts.path
    return ""


def _says_its_name(key: str, text: str) -> bool:
    """Whether a value is made of its setting's name: ``OAUTH_CLIENT_SECRET = "CLIENT_SECRET"``, ``"USE_API_KEY"``."""
    said, name = set(words(text)) - _CALLS, words(key)
    return said <= set(name) and name[-1] in said  # not ``ADMIN_PASSWORD = "admin"``


def _overridden(module: Module, setting: SecretSetting) -> bool:
    """Whether the same function reads settings from outside after this one was set."""
    if setting.form not in _MAPPINGS:
        return False
    function = module.function_of(setting.node)
    line = setting.value.lineno
    return any(
        call.lineno > line and module.function_of(call) is function
        for name, calls in module.calls_by_name().items()
        if name.rpartition(".")[2] in _OVERRIDES
        for call in calls
    )


def _hit(module: Module, setting: SecretSetting, literal: ast.Constant, severity: Severity) -> Hit:
    statement = module.statement_of(literal)
    simple = isinstance(statement, ast.Assign | ast.AnnAssign) and setting.form not in ("update", "from_mapping")
    node: ast.AST = statement if simple else setting.node if isinstance(setting.node, ast.keyword) else literal
    fallbacks = setting.key.endswith("_FALLBACKS")
    overridden = _overridden(module, setting)
    if is_signing_key(setting.key):
        message = f"{setting.key} is written in the code: whoever reads it can forge what the app signs"
    else:
        message = f"{setting.key} is written in the code: whoever reads the repository has it"
    return Hit(
        literal if fallbacks else node,
        message,
        severity=severity,
        # A development setting must not need a variable, and a default that is overridden may go without one.
        fixable=not (fallbacks or overridden or module.role == "example" or purpose_of(module, setting.node)),
        advice=_DEFAULT_ADVICE if overridden else _ADVICE,
        parts={"literal": literal, "key": setting.key, "stored": setting.form in ("class", "settings")},
    )
