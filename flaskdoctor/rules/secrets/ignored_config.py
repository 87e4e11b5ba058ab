"""FD308: settings that Flask passes over without a word."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.configuration import config_owner, is_django_settings, is_settings_class
from flaskdoctor.project.env.flagsettings import KNOWN_SETTINGS
from flaskdoctor.rules.rule import Bad, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module

_PLAIN = re.compile(r"[a-z][a-z0-9_]*")
# A lower-case attribute of such a class is read by its name, not by Flask.
_OTHER = frozenset({
    "BaseSettings", "BaseModel", "NamedTuple", "TypedDict", "Enum", "Form", "FlaskForm", "Schema", "Model",
})  # fmt: skip


class IgnoredConfig(Rule):
    """A setting is given to Flask in a form that it passes over.

    ## What it finds

    - `app.config.from_object({..})`: a dict has no upper-case attributes, so nothing at all is set.
    - Keys of `app.config.from_mapping(..)` that are not upper case: `from_mapping(secret_key="..")`.
    - In a settings class beside upper-case settings: the name of a setting of Flask or a common extension in lower
      case (`debug = True`, `secret_key = ..`), which `from_object()` does not look at.

    `config.update(..)` and `config["key"] = ..` keep every key as it is written, so they are left alone; and so are
    classes that are read by their attributes (pydantic, dataclasses), and a name that the class or module reads itself.

    ## Why it matters

    `Config` takes upper-case names only, to tell settings from the helpers and imports beside them, and says nothing
    about the others: no error, no warning, no log line. The app runs on the default. `secret_key` passed over means
    that the first login fails ("The session is unavailable because no secret key was set"); `session_cookie_secure`
    passed over means that nobody notices for years.

    ## What to do instead

    ```python
    app.config.from_mapping(SECRET_KEY=os.environ["SECRET_KEY"], SESSION_COOKIE_SECURE=True)
    ```

    A dict goes to `from_mapping`; `from_object` is for classes, modules and their import names
    (`"shop.config.ProductionConfig"`). Keys of your own are upper case too.

    ## References

    - [Flask: Config.from_object](https://flask.palletsprojects.com/en/stable/api/#flask.Config.from_object)
    - [Flask: Config.from_mapping](https://flask.palletsprojects.com/en/stable/api/#flask.Config.from_mapping)
    - [Flask: configuration basics](https://flask.palletsprojects.com/en/stable/config/#configuration-basics)
    """

    code = "FD308"
    name = "ignored-config"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Write it so that Flask takes it"
    fix_risk = "The setting was without effect until now: from then on it counts."
    needs = (b"from_object(", b"from_mapping(", b"class Config", b"Config):")
    pattern = re.compile(
        rb"from_(?:object|mapping)\(|\n[ \t]+(?:debug|testing|secret_key|mail_|sqlalchemy_|session_cookie_|wtf_csrf_"
        rb"|jwt_|server_name|max_content_length|permanent_session|upload_folder)\w*\s*(?::[^=\n]+)?=[^=]"
    )
    successors = ("FD301", "FD302", "FD303", "FD307", "FD701")

    bad = [
        Bad(
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config.from_object({"SECRET_KEY": os.environ["SECRET_KEY"], "TESTING": False})\n',
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            'app.config.from_mapping({"SECRET_KEY": os.environ["SECRET_KEY"], "TESTING": False})\n',
        ),
        Bad(
            "import os\n\nimport flask as f\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
            '    app.config.from_mapping(secret_key=os.environ["KEY"], DATABASE="shop.sqlite3", page_size=20)\n'
            "    app.config.from_mapping(dict(shelves=3))\n    return app\n",
            "import os\n\nimport flask as f\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
            '    app.config.from_mapping(SECRET_KEY=os.environ["KEY"], DATABASE="shop.sqlite3", PAGE_SIZE=20)\n'
            "    app.config.from_mapping(dict(SHELVES=3))\n    return app\n",
            hits=3,
        ),
        Bad(
            "from flask import Flask\n\nSETTINGS = dict(SHELVES=3)\napp = Flask(__name__)\nconfig = app.config\n"
            "config.from_object(SETTINGS)\n"
            'config.from_mapping({"shelves": 3, "Depth": 2, **SETTINGS})  # as built\n',
            "from flask import Flask\n\nSETTINGS = dict(SHELVES=3)\napp = Flask(__name__)\nconfig = app.config\n"
            "config.from_mapping(SETTINGS)\n"
            'config.from_mapping({"SHELVES": 3, "Depth": 2, **SETTINGS})  # as built\n',
            hits=3,
        ),
        Bad(
            "class Config:\n    SHELVES = 3\n    SQLALCHEMY_TRACK_MODIFICATIONS = False\n"
            "    session_cookie_secure = True\n"
            "    max_content_length: int = 16_000_000\n",
            "class Config:\n    SHELVES = 3\n    SQLALCHEMY_TRACK_MODIFICATIONS = False\n"
            "    SESSION_COOKIE_SECURE = True\n"
            "    MAX_CONTENT_LENGTH: int = 16_000_000\n",
            hits=2,
        ),
        Bad(
            "from flask import Flask\n\n\nclass Shop:\n    def __init__(self):\n        self.app = Flask(__name__)\n"
            "        self.app.config.from_object(obj={'TESTING': True})\n",
            "from flask import Flask\n\n\nclass Shop:\n    def __init__(self):\n        self.app = Flask(__name__)\n"
            "        self.app.config.from_mapping({'TESTING': True})\n",
        ),
    ]
    good = [
        # These keep every key.
        "from flask import Flask\n\napp = Flask(__name__)\napp.config.update(shelves=3)\napp.config['depth'] = 2\n"
        "app.config.from_mapping(SHELVES=3, X2='a')\n",
        # What from_object takes.
        'from flask import Flask\n\nfrom shop import config\n\napp = Flask(__name__)\n'
        'app.config.from_object("shop.config.Config")\n'
        "app.config.from_object(config)\napp.config.from_object(config.CONFIGS['dev'])\n"
        "app.config.from_object(__name__)\n",
        # Other objects with methods of these names.
        "from shop.models import Shelf\n\nshelf = Shelf.from_object({'depth': 2})\n"
        "other = Shelf.config.from_mapping(depth=3)\n",
        # Read by its own class, or set in upper case from it.
        "import os\n\n\nclass Config:\n    debug = os.environ.get('SHOP_DEBUG', '') == '1'\n    DEBUG = debug\n"
        "    mail_server = 'mail.pottery.shop'\n    MAIL_DEFAULT_SENDER = f'shop@{mail_server}'\n    TESTING = False\n",
        # Settings that are read as attributes.
        "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    debug: bool = False\n"
        "    secret_key: str\n    DATABASE: str = 'x'\n    TESTING: bool = False\n",
        "from dataclasses import dataclass\n\n\n@dataclass\nclass MailConfig:\n"
        "    mail_server: str = 'localhost'\n    MAIL_PORT: int = 25\n",
        # No settings of Flask's at all; helpers beside them.
        "import os\n\n\nclass Config:\n    basedir = os.path.dirname(__file__)\n"
        "    SECRET_KEY = os.environ['KEY']\n    shelves = 3\n",
        "class AppConfig:\n    name = 'shop'\n    debug = True\n    shelves = 3\n",
        # A method or a property of that name.
        "class Config:\n    TESTING = False\n    DATABASE = 'x'\n\n    @property\n    def debug(self):\n"
        "        return self.TESTING\n\n"
        "    @staticmethod\n    def init_app(app):\n        testing = app.testing\n        return testing\n",
        # Keys that come from elsewhere.
        "from flask import Flask\n\n\ndef create_app(settings=None, **more):\n    app = Flask(__name__)\n"
        "    app.config.from_mapping(settings or {})\n    app.config.from_mapping(more)\n    return app\n",
        # Tests may show what is ignored.
        Good({"tests/test_config.py": "from shop import app\n\n\ndef test_lower(app):\n"
        "    app.config.from_mapping(lower=1)\n"}),
    ]  # fmt: skip

    def check(self, module: Module) -> Iterator[Hit]:
        """Calls and classes whose settings do not arrive."""
        if module.role in ("test", "migration", "docs") or is_django_settings(module):
            return
        if b"from_object(" in module.source or b"from_mapping(" in module.source:
            yield from _calls(module)
        yield from _classes(module)

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Call the method that takes a dict, or write the key in upper case."""
        parts = site.hit.parts
        key, call = parts["key"], parts["call"]
        assert isinstance(key, str)
        if isinstance(call, ast.Name):
            edit.replace(call, key.upper())
            return
        assert isinstance(call, ast.Call)
        if not key:
            assert isinstance(call.func, ast.Attribute)
            argument = call.args[0] if call.args else call.keywords[0].value
            edit.replace(call, "{config}.from_mapping({given})", config=call.func.value, given=argument)
        elif isinstance(site.node, ast.keyword):
            if any(item.arg == key.upper() for item in call.keywords):
                raise Refuse(f"{key.upper()} is given too: which of them counts is for you to say.")
            edit.rename_argument(call, key, key.upper())
        else:
            edit.replace(site.node, f'"{key.upper()}"')


def _calls(module: Module) -> Iterator[Hit]:
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        function = call.func
        if not isinstance(function, ast.Attribute) or function.attr not in ("from_object", "from_mapping"):
            continue
        if config_owner(module, function.value) is None:
            continue
        if function.attr == "from_object":
            given = call.args[0] if call.args else call.keywords[0].value if call.keywords else None
            if given is not None and _is_dict(module, module.value(given)):
                message = "from_object() is given a dict, and sets nothing of it: from_mapping() takes one"
                yield Hit(call, message, parts={"call": call, "key": ""})
            continue
        made = [
            item for item in call.args if isinstance(item, ast.Call) and module.resolve(item.func) == "builtins.dict"
        ]
        for place in (call, *made):
            for item in place.keywords:
                if item.arg is not None and not item.arg.isupper():
                    yield _key_hit(item, item.arg, place)
        for argument in call.args:
            if isinstance(argument, ast.Dict):
                for node in argument.keys:
                    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not node.value.isupper():
                        yield _key_hit(node, node.value, call)


def _key_hit(node: ast.AST, key: str, call: ast.Call) -> Hit:
    shown = key if key.isidentifier() and len(key) <= 50 else "A key"
    fixable = _PLAIN.fullmatch(key) is not None
    return Hit(
        node,
        f"{shown} is not upper case: from_mapping() passes it over without a word",
        fixable=fixable,
        advice="" if fixable else "Write the key in upper case, here and where it is read.",
        parts={"call": call, "key": key},
    )


def _is_dict(module: Module, node: ast.expr) -> bool:
    if isinstance(node, ast.Dict | ast.DictComp):
        return True
    return isinstance(node, ast.Call) and module.resolve(node.func) == "builtins.dict"


def _classes(module: Module) -> Iterator[Hit]:
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        names = [node.name, *(module.resolve(base) or "" for base in node.bases)]
        last = tuple(name.rpartition(".")[2] for name in names)
        if not is_settings_class(last) or node.decorator_list or node.keywords or not _OTHER.isdisjoint(last):
            continue
        assigned = dict(_assigned(node))
        if not any(name in KNOWN_SETTINGS for name in assigned):
            continue  # nothing says that it is Flask's
        for name, target in assigned.items():
            upper = name.upper()
            if name != upper and upper in KNOWN_SETTINGS and upper not in assigned and not _is_read(module, name):
                yield Hit(
                    module.statement_of(target),
                    f"{name} is not upper case: from_object() passes it over, and {upper} keeps its default",
                    advice=f"Call it `{upper}`. If something reads it as an attribute of the class, mend that too.",
                    parts={"call": target, "key": name},
                )


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, ast.Name]]:
    for statement in node.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, target


def _is_read(module: Module, name: str) -> bool:
    """Whether something in this file reads the name, bare or as an attribute."""
    return bool(module.readings(name)) or any(
        isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load)
        for node in module.nodes(ast.Attribute)
    )
