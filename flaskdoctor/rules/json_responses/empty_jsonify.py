"""FD102: ``jsonify()`` without anything to turn into JSON."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.snapshot import Project
    from flaskdoctor.rules.rule import Site

_JSONIFY = ("flask.jsonify", "flask.json.jsonify")
_NULL_SINCE = (2, 2)
_NO_BODY = frozenset({204, 304})
_NO_BODY_NAMES = ("HTTPStatus.NO_CONTENT", "HTTPStatus.NOT_MODIFIED")


class EmptyJsonify(Rule):
    """`jsonify()` answers `null` since Flask 2.2, where it answered `{}` before.

    ## What it finds

    `jsonify()` without any argument, wherever it stands. Nothing is said where no body is sent at all: with the
    status 204 or 304, or where the response's data are set afterwards.

    On a project whose Flask is older than 2.2 it is a note about the upgrade.

    ## Why it matters

    The same line means two things. Up to Flask 2.1 `jsonify()` was `dict()` turned into JSON; since 2.2 it is
    `None`, and the body that goes out is four letters:

    ```console
    $ flask --version | head -2 | tail -1 && curl -s localhost:5000/ping
    Flask 2.1.3
    {}
    Flask 3.1.0
    null
    ```

    JavaScript tells them apart at the first look into the answer: `(await response.json()).error` is `undefined` for
    `{}` and a `TypeError` for `null`. Typed clients (Kotlin, Swift, Pydantic) refuse a `null` where their model is an
    object. Nothing in the upgrade warns of it, and a test that only asks for the status stays green.

    ## What to do instead

    Say which of the two is meant: `return {}` in a view, `jsonify(None)` for a `null` that is meant. Where there is
    nothing to say, the status 204 says that, with an empty body:

    ```python
    @app.delete("/items/<int:item_id>")
    def drop(item_id):
        Item.drop(item_id)
        return "", 204
    ```

    ## References

    - [Flask 2.2: changes](https://flask.palletsprojects.com/en/stable/changes/#version-2-2-0)
    - [Flask: jsonify](https://flask.palletsprojects.com/en/stable/api/#flask.json.jsonify)
    """

    code = "FD102"
    name = "empty-jsonify"
    tip = Tip.JSON
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Answer {}"
    fix_risk = "On Flask 2.2 and newer the body changes from `null` to `{}`: a client that asks for `null` will notice."
    successors = ("FD101",)
    needs = (b"jsonify(",)
    pattern = re.compile(rb"jsonify\(\s*\)")

    bad = [
        Bad(
            """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.post("/seen")
def seen():
    return jsonify()
""",
            fixed="""\
from flask import Flask, jsonify

app = Flask(__name__)


@app.post("/seen")
def seen():
    return jsonify({})
""",
        ),
        # Another name, a factory, a status, both arms, a function beside the views.
        Bad(
            """\
import flask as f
from flask import jsonify as as_json


def create_app():
    app = f.Flask(__name__)

    @app.route("/a")
    def a():
        return f.jsonify(), 202

    @app.route("/b")
    async def b():
        return as_json() if f.request.args else as_json({"ok": True})

    return app


def nothing():
    # Said to whoever asks.
    response = f.json.jsonify()
    response.status_code = 404
    return response
""",
            fixed="""\
import flask as f
from flask import jsonify as as_json


def create_app():
    app = f.Flask(__name__)

    @app.route("/a")
    def a():
        return f.jsonify({}), 202

    @app.route("/b")
    async def b():
        return as_json({}) if f.request.args else as_json({"ok": True})

    return app


def nothing():
    # Said to whoever asks.
    response = f.json.jsonify({})
    response.status_code = 404
    return response
""",
            hits=3,
        ),
        # A class, make_response, a lambda, a walrus.
        Bad(
            """\
from flask import Blueprint, jsonify, make_response
from flask.views import MethodView

bp = Blueprint("shop", __name__)


class Items(MethodView):
    def put(self):
        return make_response(jsonify(), 201)

    def delete(self):
        if (answer := jsonify()).is_json:
            return answer
        return "gone"


bp.add_url_rule("/items", view_func=Items.as_view("items"))
bp.add_url_rule("/x", "x", lambda: (jsonify(), 404))
""",
            hits=3,
        ),
        # A note while the Flask in use still answers {}.
        Bad(
            """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/")
def index():
    return jsonify()
""",
            flask="2.1.3",
        ),
    ]

    good = [
        # Something to say, or something that may be nothing.
        """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/a")
def a(*args, **kwargs):
    if args:
        return jsonify(*args)
    if kwargs:
        return jsonify(**kwargs)
    return jsonify({}) if app.debug else jsonify(None)
""",
        # No body is sent: 204, 304.
        """\
from http import HTTPStatus

from flask import Flask, jsonify, make_response

app = Flask(__name__)


@app.delete("/a")
def a():
    return jsonify(), 204


@app.delete("/b")
def b():
    return jsonify(), HTTPStatus.NO_CONTENT


@app.delete("/c")
def c():
    return make_response(jsonify(), 204)


@app.delete("/d")
def d():
    response = jsonify()
    response.status_code = 304
    return response
""",
        # The body is set afterwards.
        """\
from flask import Flask, jsonify, json

app = Flask(__name__)


@app.route("/a")
def a():
    response = jsonify()
    response.data = json.dumps({"a": 1}, sort_keys=True)
    return response


@app.route("/b")
def b():
    response = jsonify()
    response.set_data("[]")
    return response
""",
        # A provider of the app's own.
        """\
from flask import Flask, jsonify
from flask.json.provider import DefaultJSONProvider


class Provider(DefaultJSONProvider):
    def response(self, *args, **kwargs):
        return super().response(*args, **kwargs) if args else super().response(kwargs)


app = Flask(__name__)
app.json = Provider(app)


@app.route("/")
def index():
    return jsonify()
""",
        # Another jsonify.
        """\
from answers import jsonify
from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return jsonify()
""",
        # What a test compares with; and words.
        Good({"tests/test_json.py": "from flask import jsonify\n\n\ndef test():\n    assert jsonify().json is None\n"}),
        '''\
"""jsonify() is Flask's."""

from flask import jsonify

# jsonify() makes a response
TEXT = "jsonify()"
''',
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The calls without an argument whose body is sent."""
        if module.role in ("test", "migration"):
            return
        for call in module.calls(*_JSONIFY):
            if not call.args and not call.keywords and not _without_body(module, call):
                yield Hit(call, "jsonify() answers null from Flask 2.2 on, not {}: say which one is meant")

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """A note where the Flask in use still answers ``{}``, or is not known; nothing under a provider of its own."""
        if _own_provider(project):
            return None
        return candidate.severity if project.dependencies.flask_may_be(_NULL_SINCE) else Severity.INFO

    def fix(self, site: Site, edit: FileEdit) -> None:
        """``jsonify()`` becomes ``jsonify({})``, which is a response in every place where it was one."""
        call = site.node
        assert isinstance(call, ast.Call)
        edit.replace(call, "{function}({{}})", function=call.func)


def _own_provider(project: Project) -> bool:
    """Whether the project decides itself what ``jsonify`` makes of its arguments."""
    return any(
        f"{name}.{method}" in facts.functions
        for facts in project.modules.values()
        for name, bases in facts.classes.items()
        if any(base.endswith("JSONProvider") for base in bases)
        for method in ("response", "_prepare_response_obj")
    )


def _without_body(module: Module, call: ast.Call) -> bool:
    """Whether the response is sent without a body, or gets another one."""
    parent = module.parent(call)
    if isinstance(parent, ast.Tuple):
        return len(parent.elts) > 1 and _says_no_body(module, parent.elts[1])
    if isinstance(parent, ast.Call):
        return len(parent.args) > 1 and _says_no_body(module, parent.args[1])
    if not isinstance(parent, ast.Assign) or not isinstance(parent.targets[0], ast.Name):
        return False
    return any(_takes_body_away(module, use) for use in module.uses(parent.targets[0]))


def _takes_body_away(module: Module, use: ast.Name) -> bool:
    """``response.data = ..``, ``response.set_data(..)``, ``response.status_code = 204``, ``return response, 204``."""
    match module.parent(use):
        case ast.Tuple(elts=[_, status, *_]):
            return _says_no_body(module, status)
        case ast.Attribute(attr="set_data"):
            return True
        case ast.Attribute(attr="data" | "response", ctx=ast.Store()):
            return True
        case ast.Attribute(attr="status_code", ctx=ast.Store()) as attribute:
            statement = module.parent(attribute)
            return isinstance(statement, ast.Assign) and _says_no_body(module, statement.value)
    return False


def _says_no_body(module: Module, status: ast.expr) -> bool:
    if isinstance(status, ast.Constant):
        return status.value in _NO_BODY
    return (module.resolve(status) or "").endswith(_NO_BODY_NAMES)
