"""FD712: cross-origin requests with cookies allowed to every website."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.purpose import conditional, purpose_of
from flaskdoctor.project.routing.views import keyword
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_EXTENSION = ("flask_cors.CORS", "flask_cors.extension.CORS", "flask.ext.cors.CORS")
_DECORATOR = ("flask_cors.cross_origin", "flask_cors.decorator.cross_origin", "flask.ext.cors.cross_origin")
_SETTINGS = frozenset({"CORS_ORIGINS", "CORS_RESOURCES", "CORS_ORIGIN"})
# What flask-cors itself takes for "any": a star, and a pattern that matches whatever comes.
_ANY = frozenset({"*", ".*", ".+", "^.*$", "https?://.*", "http[s]?://.*", "(.*)", "*://*"})
_ADVICE = (
    'Name the websites that may: `CORS(app, origins=["https://shop.example"], supports_credentials=True)`, or '
    "`origins` inside `resources`, or `CORS_ORIGINS` in the configuration. Leave `supports_credentials` out where the "
    "other site sends a token in a header: that needs no cookie."
)
_PLAIN_ADVICE = (
    'Right for a public API. Otherwise name who may read the answers: `CORS(app, origins=["https://shop.example"])`, '
    'or the part of the app that is public: `CORS(app, resources={r"/api/*": {"origins": "*"}})`.'
)


class CorsWithCredentials(Rule):
    """Every website may call the app with the visitor's cookies and read what it answers.

    ## What it finds

    `supports_credentials=True` for Flask-CORS (`CORS(..)`, `init_app(..)`, `@cross_origin(..)`, also inside
    `resources={..}`, or as `CORS_SUPPORTS_CREDENTIALS` in the same function) with no `origins`, or with `"*"` or
    `".*"` among them, while no configuration sets `CORS_ORIGINS` or `CORS_RESOURCES`. For development only, and in
    examples, it is information, and so is plain `CORS(app)`, with which any website can read the answers, but as a
    stranger.

    ## Why it matters

    Browsers refuse `Access-Control-Allow-Origin: *` together with credentials, so Flask-CORS does not send it: it
    answers with whatever origin has asked. A page on any site that a logged-in user happens to open can then call
    `fetch("https://shop.example/account", {credentials: "include"})` and read the account. That is the very thing the
    same-origin policy is there to prevent, and the CSRF token can be read in the same way. Only where the session
    cookie is `SameSite=Lax` or stricter does a browser leave it out of these requests.

    ## What to do instead

    ```python
    CORS(app, origins=["https://shop.example"], supports_credentials=True)
    CORS(app, resources={r"/api/*": {"origins": ["https://shop.example"]}}, supports_credentials=True)
    ```

    or `CORS_ORIGINS` in the configuration, so that production and development differ. `supports_credentials` is
    about cookies and HTTP authentication: a token in the `Authorization` header needs none of it.

    ## References

    - [Flask-CORS: using CORS with cookies](https://flask-cors.readthedocs.io/en/latest/#using-cors-with-cookies)
    - [Flask-CORS: configuration](https://flask-cors.readthedocs.io/en/latest/configuration.html)
    - [MDN: requests with credentials](https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS#requests_with_credentials)
    """

    code = "FD712"
    name = "cors-with-credentials"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    needs = (b"flask_cors", b"flask.ext.cors")

    bad = [
        Bad(
            "from flask import Flask\nfrom flask_cors import CORS\n\napp = Flask(__name__)\n"
            "CORS(app, supports_credentials=True)\n",
        ),
        Bad(
            "import flask_cors as fc\nfrom flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
            '    fc.CORS(app, resources={r"/api/*": {"origins": "*"}, r"/own/*": {"origins": "https://shop.example"}},\n'
            "            supports_credentials=True)\n    return app\n",
        ),
        Bad(
            "from flask import Flask\nfrom flask_cors import CORS\n\nANY = '*'\n\napp = Flask(__name__)\n"
            'CORS(app, resources={r"/api/*": {"origins": [ANY], "supports_credentials": True}})\n',
        ),
        Bad(
            {
                "shop/extensions.py": "from flask_cors import CORS\n\ncors = CORS(supports_credentials=True)\n",
                "shop/__init__.py": "from flask import Flask\n\nfrom shop.extensions import cors\n\n\n"
                "def create_app():\n    app = Flask(__name__)\n    cors.init_app(app)\n    return app\n",
            },
        ),
        Bad(
            "from flask import Blueprint\nfrom flask_cors import CORS, cross_origin\n\n"
            'bp = Blueprint("api", __name__)\ncors = CORS()\n'
            'cors.init_app(bp, origins=".*", supports_credentials=True)\n\n\n'
            '@bp.get("/stock")\n@cross_origin(supports_credentials=True)\ndef stock():\n    return {}\n',
            hits=2,
        ),
        # In the configuration, before the extension reads it.
        Bad(
            "import flask\nfrom flask_cors import CORS\n\n\ndef create_app():\n    app = flask.Flask(__name__)\n"
            '    app.config["CORS_SUPPORTS_CREDENTIALS"] = True\n    app.config.update(CORS_ORIGINS="*")\n'
            "    CORS(app)\n    return app\n",
        ),
        # Without cookies it is information.
        Bad("from flask import Flask\nfrom flask_cors import CORS\n\napp = Flask(__name__)\nCORS(app)\n"),
    ]
    good = [
        # Origins given: by name, inside of resources, from the environment, in the configuration.
        "from flask import Flask\nfrom flask_cors import CORS\n\napp = Flask(__name__)\n"
        'CORS(app, origins=["https://shop.example"], supports_credentials=True)\n',
        "from flask import Flask\nfrom flask_cors import CORS\n\napp = Flask(__name__)\n"
        'CORS(app, resources={r"/api/*": {"origins": "https://shop.example"}}, supports_credentials=True)\n',
        'import os\n\nfrom flask import Flask\nfrom flask_cors import CORS\n\nORIGINS = os.environ["ORIGINS"].split()\n'
        "app = Flask(__name__)\nCORS(app, origins=ORIGINS, supports_credentials=True)\n",
        {
            "config.py": 'class Config:\n    CORS_ORIGINS = ["https://shop.example"]\n',
            "app.py": "from flask import Flask\nfrom flask_cors import CORS, cross_origin\n\napp = Flask(__name__)\n"
            'CORS(app, supports_credentials=True)\n\n\n@app.get("/stock")\n@cross_origin(supports_credentials=True)\n'
            "def stock():\n    return {}\n",
        },
        # In the configuration too; and set too late to be read.
        "from flask import Flask\nfrom flask_cors import CORS\n\napp = Flask(__name__)\n"
        'app.config.update(CORS_SUPPORTS_CREDENTIALS=True, CORS_ORIGINS=["https://shop.example"])\nCORS(app)\n',
        "from flask import Flask\nfrom flask_cors import CORS\n\napp = Flask(__name__)\n"
        'CORS(app, resources={r"/*": {"origins": "*"}})\napp.config["CORS_SUPPORTS_CREDENTIALS"] = True\n',
        # The options come from elsewhere.
        "from flask import Flask\nfrom flask_cors import CORS\n\napp = Flask(__name__)\n"
        "CORS(app, supports_credentials=True, **load_options())\n",
        # Made without an app, and given its origins where the app is.
        "from flask import Flask\nfrom flask_cors import CORS\n\ncors = CORS(supports_credentials=True)\n\n\n"
        "def create_app():\n    app = Flask(__name__)\n"
        '    cors.init_app(app, origins="https://shop.example")\n    return app\n',
        # No cookies, and only a part of the app.
        "from flask import Flask\nfrom flask_cors import CORS, cross_origin\n\napp = Flask(__name__)\n"
        'CORS(app, resources={r"/api/*": {"origins": "*"}})\n\n\n@app.get("/stock")\n@cross_origin()\n'
        "def stock():\n    return {}\n",
        "from flask import Flask\nfrom flask_cors import CORS\n\napp = Flask(__name__)\n"
        'CORS(app, origins="*", supports_credentials=False)\n',
        # Flask-CORS itself refuses this one.
        "from flask import Flask\nfrom flask_cors import CORS\n\napp = Flask(__name__)\n"
        "CORS(app, send_wildcard=True, supports_credentials=True)\n",
        Good(
            {
                "tests/conftest.py": "from flask_cors import CORS\nfrom shop import app\n\n"
                "CORS(app, supports_credentials=True)\n"
            }
        ),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Calls that allow credentials to any origin, and plain ``CORS(app)``."""
        if module.role in ("test", "migration", "docs"):
            return
        for hit in _hits(module):
            lesser = module.role == "example" or purpose_of(module, hit.node)
            yield hit._replace(severity=Severity.INFO) if lesser else hit

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Nothing where a configuration names origins."""
        for facts in project.modules.values():
            if facts.role == "test" or (candidate.data and facts.path == candidate.location.path):
                continue  # a setting was judged with the others of its file
            if any(key in _SETTINGS for key, _ in facts.config_keys):
                return None
        return candidate.severity


def _hits(module: Module) -> Iterator[Hit]:
    deferred = _init_calls(module)
    for call in module.calls(*_EXTENSION):
        later = deferred.get(_name_of(module, call), [])
        if not later:
            at_once = bool(call.args) or keyword(call, "app") is not None
            for hit in _judged(module, call, [call], plain=at_once):
                # Where another file gives it its app, that file may also give it the origins.
                yield hit if at_once else hit._replace(severity=Severity.WARNING)
        for each in later:
            yield from _judged(module, each, [each, call], plain=False)
    for call in module.calls(*_DECORATOR):
        yield from _judged(module, call, [call], plain=False)


def _judged(module: Module, node: ast.Call, calls: list[ast.Call], *, plain: bool) -> Iterator[Hit]:
    """The hit of a call whose options are those of ``calls``, the nearest first."""
    if any(item.arg is None for call in calls for item in call.keywords) or _given(calls, "send_wildcard") is not None:
        return
    settings = _settings(module, node)
    credentials = _given(calls, "supports_credentials") or settings.get("CORS_SUPPORTS_CREDENTIALS")
    given = _given(calls, "origins")
    origins = given or settings.get("CORS_ORIGINS")
    resources = _given(calls, "resources")
    if resources is None and len(node.args) > 1:
        return  # nobody calls it like that
    for own_origins, own_credentials in _resources(module, resources, origins, credentials):
        allowed = own_credentials is not None and _is_true(module, own_credentials)
        if allowed and (own_origins is None or _is_any(module, own_origins)):
            yield Hit(
                node,
                "CORS lets every website call this with the visitor's cookies and read the answer",
                advice=_ADVICE,
                data=("settings",) if given is None and origins is not None else (),
            )
            return
    if plain and not any(_given(calls, name) is not None for name in ("origins", "resources", "supports_credentials")):
        yield Hit(
            node,
            "CORS lets every website read the answers, as a stranger",
            severity=Severity.INFO,
            advice=_PLAIN_ADVICE,
        )


def _resources(
    module: Module, resources: ast.expr | None, origins: ast.expr | None, credentials: ast.expr | None
) -> Iterator[tuple[ast.expr | None, ast.expr | None]]:
    """The origins and the credentials of each resource; without resources those of the whole app."""
    value = module.value(resources) if resources is not None else None
    if not isinstance(value, ast.Dict):
        yield origins, credentials
        return
    for options in value.values:
        each = module.value(options)
        if isinstance(each, ast.Dict):
            own = {
                module.string(key): item for key, item in zip(each.keys, each.values, strict=True) if key is not None
            }
            if None not in own and len(own) == len(each.keys):
                yield own.get("origins", origins), own.get("supports_credentials", credentials)


def _settings(module: Module, call: ast.Call) -> dict[str, ast.expr]:
    """The settings of Flask-CORS that the same function makes before the call reads them."""
    if b"CORS_S" not in module.source and b"CORS_O" not in module.source:
        return {}
    function = module.function_of(call)
    return {
        write.key: write.value
        for write in module.config_writes
        if write.form not in ("class", "settings", "setdefault")
        and write.value.lineno < call.lineno
        and module.function_of(write.node) is function
        and not purpose_of(module, write.node)
        and not conditional(module, write.node)
    }


def _given(calls: list[ast.Call], name: str) -> ast.expr | None:
    return next((value for call in calls if (value := keyword(call, name)) is not None), None)


def _is_true(module: Module, node: ast.expr) -> bool:
    value = module.value(node)
    return isinstance(value, ast.Constant) and value.value is True


def _is_any(module: Module, node: ast.expr) -> bool:
    value = module.value(node)
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return any(_is_any(module, item) for item in value.elts)
    return module.string(value) in _ANY


def _name_of(module: Module, call: ast.Call) -> str:
    """The dotted name that ``cors = CORS()`` is bound to."""
    statement = module.statement_of(call)
    if isinstance(statement, ast.Assign) and statement.value is call:
        return module.resolve(statement.targets[0]) or ""
    return ""


def _init_calls(module: Module) -> dict[str, list[ast.Call]]:
    found: dict[str, list[ast.Call]] = {}
    for name, calls in module.calls_by_name().items():
        owner, _, method = name.rpartition(".")
        if method == "init_app":
            found.setdefault(owner, []).extend(calls)
    return found
