"""FD1201: names, decorators and attributes that newer Flask releases no longer have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.configuration import config_owner
from flaskdoctor.project.code.versionguards import guarded
from flaskdoctor.project.routing.routers import ANY_APP
from flaskdoctor.project.routing.views import router_of
from flaskdoctor.project.versions.removedflask import (
    APP_METHODS,
    ATTRIBUTES,
    BLUEPRINT_ATTRIBUTES,
    BLUEPRINT_METHODS,
    CONFIG_METHODS,
    EXTENSIONS,
    OLD_PACKAGE,
    REMOVED_NAMES,
)
from flaskdoctor.project.versions.werkzeugnames import Gone
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, RouterAssumed, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project


_LAST_NAMES = frozenset(name.rpartition(".")[2] for name in REMOVED_NAMES)
_ON_ROUTERS = APP_METHODS | BLUEPRINT_METHODS | ATTRIBUTES

_JOIN_MODULE = "werkzeug.utils"
_NEW, _OLD = "new", "old"  # which Flask a fix needs
_HAS_SAFE_JOIN = (2, 0)  # with its Werkzeug came ``werkzeug.utils.safe_join``
_SETTINGS = re.compile(r"(?i)(?:conf|setting|default|env)\w*\.(?:py|cfg|json|toml|ini)$")
_BESIDE = ("example", "docs")  # the app itself starts without them

_NAME, _READ, _WRITE, _METHOD, _CLASS, _KEY = "name", "read", "write", "method", "class", "key"


class RemovedFlaskApi(Rule):
    """A name, decorator or attribute is used that newer Flask releases no longer have.

    ## What it finds

    | gone | since | instead |
    |---|---|---|
    | `flask.Markup`, `flask.escape` | 3.0 | `markupsafe` has both |
    | `_request_ctx_stack`, `_app_ctx_stack` | 3.0 | `flask.globals.request_ctx`, `app_ctx`; for data of your own `g` |
    | `app.got_first_request`, `signals_available`, `locked_cached_property` | 3.0 | |
    | `@app.before_first_request`, `@bp.before_app_first_request` | 2.3 | code in the factory |
    | `app.json_encoder`, `app.json_decoder`, `flask.json.JSONEncoder` | 2.3 | a `JSONProvider` in `app.json` |
    | `app.env`, `app.config["ENV"]`, `flask.helpers.get_env` | 2.3 | a setting of your own |
    | `app.session_cookie_name`, `propagate_exceptions`, `use_x_sendfile`, `send_file_max_age_default`, `templates_auto_reload` | 2.3 | `app.config[..]` |
    | `flask.safe_join`, `app.config.from_json` | 2.1 | `werkzeug.utils.safe_join`, `from_file` |
    | `flask.ext.login` and friends | 1.0 | `flask_login` |

    It is an error where the project's requirements (or its virtualenv, or its lock file) allow a Flask without it, and
    a warning that names the release where they do not yet. An import that a `try: .. except ImportError:` guards, and
    code that asks for the version first, is left alone.

    ## Why it matters

    Most of these stop the app while it is imported: `ImportError: cannot import name 'Markup' from 'flask'`,
    `AttributeError: 'Flask' object has no attribute 'before_first_request'`. A requirement that says only `flask`
    installs a Flask without them today.

    *Setting* one of the old attributes raises nothing, which is worse: `app.json_encoder = Encoder` and
    `app.session_cookie_name = "shop"` have no effect any more. Those are warnings.

    ## What to do instead

    ```python
    from markupsafe import Markup, escape

    class Provider(DefaultJSONProvider):          # flask.json.provider
        @staticmethod
        def default(value):
            return float(value) if isinstance(value, Decimal) else DefaultJSONProvider.default(value)

    def create_app():
        app = Flask(__name__)
        app.json = Provider(app)
        with app.app_context():
            warm_up()                             # what before_first_request did
        return app
    ```

    `Markup` and `escape` are mended safely: they are the very same objects. `werkzeug.utils.safe_join` answers None
    where Flask's raised a 404, so that one asks first.

    ## References

    - https://flask.palletsprojects.com/en/stable/changes/#version-3-0-0
    - https://flask.palletsprojects.com/en/stable/changes/#version-2-3-0
    - https://flask.palletsprojects.com/en/stable/api/#flask.json.provider.JSONProvider
    """  # noqa: E501  # a table's rows cannot be broken

    code = "FD1201"
    name = "removed-flask-api"
    tip = Tip.UPGRADES
    severity = Severity.ERROR
    fix_title = "Import it from where it lives now"
    fix_risk = "werkzeug.utils.safe_join returns None for a path outside of the folder, where Flask's raised a 404."
    needs = (
        b"_first_request", b"json_encoder", b"json_decoder", b"JSONEncoder", b"JSONDecoder", b"Markup", b"escape",
        b"_ctx_stack", b"safe_join", b"from_json", b"app.env", b"propagate_exceptions", b"session_cookie_name",
        b"use_x_sendfile", b"send_file_max_age_default", b"templates_auto_reload", b"flask.ext", b"signals_available",
        b"locked_cached_property", b"htmlsafe_dumps", b"get_env", b"json_available", b'"ENV"', b"'ENV'",
    )  # fmt: skip

    bad = [
        Bad(
            "from flask import Flask, Markup, escape\n\napp = Flask(__name__)\n\n\n@app.route('/<name>')\n"
            "def hello(name):\n    return Markup('<b>%s</b>') % escape(name)\n",
            fixed="from flask import Flask\nfrom markupsafe import Markup, escape\n\napp = Flask(__name__)\n\n\n"
            "@app.route('/<name>')\ndef hello(name):\n    return Markup('<b>%s</b>') % escape(name)\n",
            hits=2,
        ),
        Bad(
            "import flask\n\napp = flask.Flask(__name__)\n\n\n@app.template_filter()\ndef bold(text):\n"
            "    return flask.Markup('<b>') + flask.escape(text) + flask.Markup('</b>')\n",
            fixed="import flask\nfrom markupsafe import Markup, escape\n\napp = flask.Flask(__name__)\n\n\n"
            "@app.template_filter()\ndef bold(text):\n    return Markup('<b>') + escape(text) + Markup('</b>')\n",
            hits=3,
        ),
        Bad(
            "from flask import Markup as HTML\n\n\ndef bold(text):\n    return HTML('<b>') + text\n",
            fixed="from markupsafe import Markup\n\n\ndef bold(text):\n    return Markup('<b>') + text\n",
        ),
        Bad(
            "from flask import Flask, _request_ctx_stack as stack\nfrom flask.json import JSONEncoder\n\n"
            "app = Flask(__name__)\n\n\nclass Encoder(JSONEncoder):\n    pass\n\n\napp.json_encoder = Encoder\n\n\n"
            "@app.before_first_request\ndef warm_up():\n    stack.top.user = None\n\n\n"
            "def name():\n    return app.session_cookie_name\n",
            hits=5,
        ),
        # A blueprint and an app that are made elsewhere.
        Bad(
            {
                "shop/__init__.py": (
                    "from flask import Flask\n\nfrom shop.views import bp\n\n\ndef create_app():\n"
                    "    app = Flask(__name__)\n    app.config.from_json('settings.json')\n"
                    "    app.register_blueprint(bp)\n    return app\n"
                ),
                "shop/views.py": (
                    "from flask import Blueprint, current_app, json\n\nbp = Blueprint('shop', __name__)\n\n\n"
                    "class Encoder(json.JSONEncoder):\n    pass\n\n\n"
                    "@bp.before_app_first_request\ndef warm_up():\n    print(current_app.env)\n"
                ),
            },
            hits=4,
        ),
        # Said once, whichever files import so.
        Bad(
            {
                "shop/forms.py": "from flask.ext import wtf\nfrom flask.ext.wtf import Form\n",
                "shop/users.py": "import flask.ext.login\nfrom flask.ext.login import LoginManager\n",
                "tests/a_test.py": "from flask.ext.testing import TestCase\n",
            },
        ),
        # Files that import the app or a blueprint, and nothing of Flask.
        Bad(
            {
                "shop/__init__.py": "import flask as f\n\napp = f.Flask(__name__)\n",
                "shop/start.py": "from . import app\n\n\n@app.before_first_request\ndef warm_up():\n"
                "    print('warm')\n\n\napp.json_encoder = print\n",
            },
            hits=2,
        ),
        Bad(
            "from flask import Blueprint, current_app\n\nbp = Blueprint('shop', __name__)\n\n\n"
            "@bp.app_context_processor\ndef stage():\n    return {'stage': current_app.config['ENV']}\n",
        ),
        # Not gone yet: a warning that names the release.
        Bad(
            "from flask import Flask, Markup\n\napp = Flask(__name__)\n\n\n@app.before_first_request\n"
            "def warm_up():\n    print(Markup('x'))\n",
            fixed="from flask import Flask\nfrom markupsafe import Markup\n\napp = Flask(__name__)\n\n\n"
            "@app.before_first_request\ndef warm_up():\n    print(Markup('x'))\n",
            hits=2,
            flask="2.2.5",
        ),
        # Other files import the name from here, and one of them is a package.
        Bad(
            {
                "app.py": "from flask import Flask\nfrom shop import Markup\n\napp = Flask(__name__)\nprint(Markup)\n",
                "shop/__init__.py": "from flask import Markup, url_for\n",
            },
            fixed={"shop/__init__.py": "from flask import url_for\nfrom markupsafe import Markup\n"},
        ),
        Bad(
            "import os\n\nfrom flask import safe_join, send_file\n\n\ndef upload(name):\n"
            "    return send_file(safe_join(os.environ['UPLOADS'], name))\n",
            fixed="import os\n\nfrom flask import send_file\nfrom werkzeug.utils import safe_join\n\n\n"
            "def upload(name):\n    return send_file(safe_join(os.environ['UPLOADS'], name))\n",
        ),
        # Its Werkzeug has no safe_join in werkzeug.utils yet.
        Bad(
            "from flask import safe_join\n\n\ndef path(name):\n    return safe_join('uploads', name)\n",
            flask="1.1.4",
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # The same names from where they live, and other things of these names.
        "import re\nfrom html import escape\nfrom json import JSONEncoder\n\nfrom flask import Flask\n"
        "from markupsafe import Markup\nfrom werkzeug.utils import safe_join\n\napp = Flask(__name__)\n\n\n"
        "class Encoder(JSONEncoder):\n    pass\n\n\ndef show(text, model):\n    model.from_json(text)\n"
        "    return re.escape(Markup(text)) + escape(text) + safe_join(text, text)\n",
        # Both spellings, the new one first or the old one.
        "try:\n    from flask import Markup\nexcept ImportError:\n    from markupsafe import Markup\n\n"
        "try:\n    from flask.globals import app_ctx\nexcept ImportError:\n"
        "    from flask import _app_ctx_stack as app_ctx\n\n\ndef show():\n    return Markup('x'), app_ctx\n",
        "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
        "    if hasattr(app, 'before_first_request'):\n        app.before_first_request(print)\n    else:\n"
        "        with app.app_context():\n            print()\n    return app\n",
        "import flask\nfrom importlib.metadata import version\n\n"
        "if int(version('flask').split('.')[0]) < 3:\n    Markup = flask.Markup\nelse:\n"
        "    from markupsafe import Markup\n",
        # An attribute that the project sets itself works like any other.
        "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\napp.env = os.environ['STAGE']\n\n\n"
        "@app.get('/stage')\ndef stage():\n    return app.env\n",
        {
            "web.py": (
                "from flask import Flask\n\n\nclass Shop(Flask):\n    def before_first_request(self, function):\n"
                "        self.early.append(function)\n        return function\n"
            ),
            "app.py": (
                "from web import Shop\n\napp = Shop(__name__)\n\n\n@app.before_first_request\n"
                "def warm_up():\n    print('now')\n"
            ),
        },
        {
            "config.py": "class Config:\n    ENV = 'prod'\n",
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_object('config.Config')\n"
            "print(app.config['ENV'])\n",
        },
        # Other objects: Quart's app, a client's environment, a settings object.
        "from quart import Quart\n\napp = Quart(__name__)\n\n\n@app.before_first_request\nasync def warm_up():\n"
        "    print(app.env)\n",
        "from flask import Flask\nfrom settings import settings\nfrom jinja2 import Environment\n\n"
        "app = Flask(__name__)\nenv = Environment()\nsettings.app.env = 'x'\n\n\n@app.get('/')\ndef index():\n"
        "    return settings.app.env + settings.session_cookie_name\n",
        # The app of another framework, handed to a function.
        "from sphinx.application import Sphinx\n\nproject = 'A Flask shop'\n\n\ndef setup(app):\n"
        "    def read(app, name):\n        print(app.env.found_docs)\n\n    app.connect('source-read', read)\n",
        # Only for the type checker.
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from flask import Markup\n\n\n"
        "def show(text: 'Markup') -> 'Markup':\n    return text\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        if not any(word in module.source for word in (b"lask", b"_first_request", b"json_encoder")):
            return  # these two are names of Flask's alone, whatever file the app comes from
        extension = next((hit for hit, place in _extensions(module) if not guarded(module, place, "flask", ())), None)
        if extension is not None:
            yield extension
        for hit, place in (*_imported(module), *_attributes(module), *_class_bodies(module), *_keys(module)):
            if not guarded(module, place, "flask", REMOVED_NAMES):
                yield hit

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        since, kind, name, needed = candidate.data
        if name == OLD_PACKAGE and candidate.location.path != _first_of_the_old_package(project):
            return None
        if kind == _NAME and needed and (needed == _NEW) != project.dependencies.flask_at_least(_HAS_SAFE_JOIN):
            return None  # of the two candidates the other one speaks
        if kind != _NAME:
            if not project.holds(candidate) or not _flask_has_it(project, candidate):
                return None
            if kind in (_READ, _METHOD) and _made_by_the_project(project, str(name)):
                return None
            if kind == _KEY and _sets_key(project, str(name)):
                return None
        if project.dependencies.flask is None:
            return Severity.INFO
        assert isinstance(since, tuple)
        stops = kind not in (_WRITE, _CLASS, _KEY) and project.modules[candidate.location.path].role not in _BESIDE
        return Severity.ERROR if stops and project.dependencies.flask_may_be(since) else Severity.WARNING

    def fix(self, site: Site, edit: FileEdit) -> None:
        dotted = str(site.hit.data[2])
        gone = REMOVED_NAMES[dotted]
        last = dotted.rpartition(".")[2]
        local = edit.add_import(gone.moved, last)
        if isinstance(site.node, ast.alias):
            bound = site.node.asname or site.node.name
            for use in site.module.readings(bound) if bound != local else ():
                if site.module.resolve(use) == dotted:
                    edit.replace(use, local)
            edit.drop_import_if_unused(dotted)
        else:
            edit.replace(site.node, local)
            edit.drop_import_if_unused("flask")


def _imported(module: Module) -> Iterator[tuple[Hit, ast.AST]]:
    """``from flask import Markup``; each with the statement that it stands in."""
    for node in module.nodes(ast.ImportFrom):
        assert isinstance(node, ast.ImportFrom)
        if not node.level and (node.module or "").startswith("flask"):
            for item in node.names:
                dotted = f"{node.module}.{item.name}"
                if dotted in REMOVED_NAMES:
                    yield from ((hit, node) for hit in _name_hits(item, dotted))


def _extensions(module: Module) -> Iterator[tuple[Hit, ast.AST]]:
    """``from flask.ext.login import ..``, ``from flask.ext import wtf``, ``import flask.ext.login``."""
    for node in module.nodes(ast.ImportFrom, ast.Import) if b"flask.ext" in module.source else ():
        if isinstance(node, ast.Import):
            names = [item.name for item in node.names if item.name.startswith("flask.ext.")]
        else:
            assert isinstance(node, ast.ImportFrom)
            old = not node.level and f"{node.module}.".startswith("flask.ext.")
            names = [f"{node.module}.{node.names[0].name}"] if old else []
        for dotted in names[:1]:
            own = "flask_" + dotted.removeprefix("flask.ext.").partition(".")[0]
            hit = Hit(
                node,
                f"flask.ext is gone from Flask 1.0 on: import {own} itself, and the others likewise",
                fixable=False,
                data=(EXTENSIONS.since, _NAME, OLD_PACKAGE, ""),
            )
            yield hit, node


def _first_of_the_old_package(project: Project) -> str:
    """The file that speaks for all that import from ``flask.ext``: each of them would say the same."""
    found = [
        (facts.role in (*_BESIDE, "test"), not item.certain, facts.path)
        for facts in project.modules.values()
        for item in facts.imports
        if item.target.startswith(f"{OLD_PACKAGE}.")
    ]
    return min(found)[2] if found else ""


def _name_hits(node: ast.AST, dotted: str) -> Iterator[Hit]:
    """The finding; twice where its fix needs a newer Flask, once with the fix and once without."""
    gone = REMOVED_NAMES[dotted]
    for needed in (_NEW, _OLD) if gone.moved == _JOIN_MODULE else ("",):
        yield Hit(
            node,
            f"{dotted} is gone from Flask {_release(gone)} on: {gone.instead}",
            fix=Fix.UNSAFE if gone.moved == _JOIN_MODULE else None,
            fixable=bool(gone.moved) and needed != _OLD,
            data=(gone.since, _NAME, dotted, needed),
        )


def _attributes(module: Module) -> Iterator[tuple[Hit, ast.AST]]:
    for node in module.nodes(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if node.attr in _LAST_NAMES:
            dotted = module.resolve(node)
            if dotted in REMOVED_NAMES:
                yield from ((hit, node) for hit in _name_hits(node, dotted))
        elif node.attr in CONFIG_METHODS:
            holder = node.value
            if isinstance(holder, ast.Attribute) and holder.attr == "config":
                yield from _on_router(module, node, holder.value, _METHOD)
        elif node.attr in _ON_ROUTERS:
            kind = _METHOD if node.attr not in ATTRIBUTES else _READ if isinstance(node.ctx, ast.Load) else _WRITE
            if (kind, node.attr) != (_WRITE, "env"):  # it only chose what ``FLASK_DEBUG`` defaults to
                yield from _on_router(module, node, node.value, kind)


def _on_router(module: Module, node: ast.Attribute, router: ast.expr, kind: str) -> Iterator[tuple[Hit, ast.AST]]:
    owner = router_of(module, router)
    if owner is None:
        return
    gone = (_ON_ROUTERS | CONFIG_METHODS)[node.attr]
    said = f"is ignored from Flask {_release(gone)} on" if kind == _WRITE else f"is gone from Flask {_release(gone)} on"
    hit = Hit(
        node,
        f"{node.attr} {said}: {gone.instead}",
        assumes=() if owner[1] else (RouterAssumed(owner[0]),),
        fixable=False,
        data=(gone.since, kind, node.attr, owner[0]),
    )
    yield hit, node


def _class_bodies(module: Module) -> Iterator[tuple[Hit, ast.AST]]:
    """``class Shop(Flask): json_encoder = Encoder``."""
    for node in module.nodes(ast.Assign):
        assert isinstance(node, ast.Assign)
        around, target = module.parent(node), node.targets[0]
        if isinstance(around, ast.ClassDef) and isinstance(target, ast.Name) and target.id in ATTRIBUTES:
            gone = ATTRIBUTES[target.id]
            if around.bases and target.id != "env":
                hit = Hit(
                    target,
                    f"{target.id} is ignored from Flask {_release(gone)} on: {gone.instead}",
                    fixable=False,
                    data=(gone.since, _CLASS, target.id, module.qualname(around)),
                )
                yield hit, target


def _keys(module: Module) -> Iterator[tuple[Hit, ast.AST]]:
    """``app.config["ENV"]``: Flask itself set it, from ``FLASK_ENV``."""
    for node in module.nodes(ast.Subscript) if b"ENV" in module.source else ():
        assert isinstance(node, ast.Subscript)
        if isinstance(node.slice, ast.Constant) and node.slice.value == "ENV" and isinstance(node.ctx, ast.Load):
            owner = config_owner(module, node.value)
            if owner is not None:
                hit = Hit(
                    node,
                    'config["ENV"] is not set by Flask from 2.3 on: reading it raises a KeyError',
                    fixable=False,
                    data=((2, 3), _KEY, "ENV", owner),
                    advice="Read a setting of your own, or `app.debug`.",
                )
                yield hit, node


def _release(gone: Gone) -> str:
    return ".".join(str(part) for part in gone.since)


def _flask_has_it(project: Project, candidate: Candidate) -> bool:
    """Whether the owner is an app (or, for what these have, a blueprint) of Flask's own kind."""
    _, kind, name, owner = candidate.data
    links, path = project.links, candidate.location.path
    if kind == _CLASS:
        made = links.class_kind(str(owner), path)
        return made is not None and made[0] == "app" and not made[1].startswith("quart.")
    found = links.routers(str(owner), path)
    if found == {ANY_APP} and not _imports_flask(project.modules[path]):
        return False  # a parameter called ``app`` of Sphinx, Celery, ..
    routers = [links.router(item) for item in found]
    if any(router is not None and router.library.startswith("quart.") for router in routers):
        return False
    kinds = {router.kind if router is not None else "app" for router in routers}
    if name in BLUEPRINT_METHODS:
        return "blueprint" in kinds or not routers
    return "app" in kinds or (name in BLUEPRINT_ATTRIBUTES and bool(kinds)) or not routers


def _sets_key(project: Project, key: str) -> bool:
    """Whether some file sets a configuration key, or may do so: ``from_prefixed_env()``, a file of plain settings."""
    modules = [facts for facts in project.modules.values() if facts.role != "test"]
    if any(name == key for facts in modules for name, _ in facts.config_keys):
        return True
    if any(read.kind == "prefix" for facts in modules for read in facts.env_reads):
        return True
    sets = re.compile(rf"(?m)^[ \t]*[\"']?{key}[\"']?[ \t]*[:=]")
    settings = (path for path in project.files.files if _SETTINGS.search(path.rpartition("/")[2]))
    return any(sets.search(project.texts.read(path)) for path in settings)


def _imports_flask(facts: ModuleFacts) -> bool:
    return any(item.target.replace("_", ".").startswith("flask.") for item in facts.imports)


def _made_by_the_project(project: Project, name: str) -> bool:
    """Whether a class of the project has a method of this name, or some file sets the attribute itself."""
    return any(
        name in facts.attributes_set or any(function.endswith(f".{name}") for function in facts.functions)
        for facts in project.modules.values()
        if facts.role != "test"
    )
