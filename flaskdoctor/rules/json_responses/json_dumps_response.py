"""FD103: a view that returns the text of ``json.dumps``, which goes out as HTML."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.answers.json_texts import DUMPS, STANDARD_DUMPS, JsonText, chooses_types, json_texts
from flaskdoctor.project.answers.plain_json import json_kind
from flaskdoctor.project.answers.responders import Responder, find_responders
from flaskdoctor.project.answers.response_decorators import reaches_flask
from flaskdoctor.project.code.module import Module
from flaskdoctor.rules.rule import Bad, Candidate, Hit, NotCalled, RouterAssumed, Rule

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.snapshot import Project
    from flaskdoctor.rules.rule import Site

_DICT_SINCE, _LIST_SINCE = (1, 1), (2, 2)
# What changes spaces and the order of keys alone; any other argument changes what is said.
_LOOKS = frozenset({"indent", "separators", "sort_keys", "ensure_ascii"})
# By its name a guard: it lets the view answer, or somebody else.
_GUARD = re.compile(r"\.(?:\w*(?:required|authorized|authenticated|permission|limit|exempt)\w*|requires?_\w+)$")


class JsonDumpsResponse(Rule):
    """A view returns `json.dumps(..)`: a text, which Flask sends as `text/html`.

    ## What it finds

    `return json.dumps(x)` in a view or an error handler, with a status behind it or in one arm of a conditional,
    through a variable, and inside `make_response(..)` or `Response(..)` without a `mimetype`. `simplejson` and
    `ujson` count as well.

    Nothing is said where a content type is set, in the response, its headers or later; where `default=` or `cls=` is
    given, for what plain JSON cannot hold; and where something stands around the view that may touch its answer.

    ## Why it matters

    Flask cannot know that a text is JSON. What it sends is a page:

    ```console
    $ curl -si localhost:5000/items | grep -i content-type
    Content-Type: text/html; charset=utf-8
    ```

    `response.json()` in a browser does not care; much else does. `requests`' callers that look at the content type,
    axios and jQuery without `dataType`, API gateways, compression and caching by type, OpenAPI validators: they see
    HTML. And it *is* HTML: when a value holds `<script>` and somebody opens the URL in a browser, the script runs.
    The same bytes with `application/json` are shown as text.

    ## What to do instead

    Return the dict itself (Flask 1.1 and newer) or the list (2.2 and newer); anything else through `jsonify`. Both
    know dates, `Decimal` and UUIDs, which `json.dumps` does not:

    ```python
    @app.get("/items")
    def items():
        return {"items": [item.name for item in Item.query]}
    ```

    Where the text is made elsewhere, say what it is: `Response(text, mimetype="application/json")`.

    ## References

    - [Flask: APIs with JSON](https://flask.palletsprojects.com/en/stable/quickstart/#apis-with-json)
    - [Flask: jsonify](https://flask.palletsprojects.com/en/stable/api/#flask.json.jsonify)
    """

    code = "FD103"
    name = "json-dumps-response"
    tip = Tip.JSON
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Answer JSON as JSON"
    fix_risk = (
        "The content type changes from text/html to application/json: jQuery then hands its callbacks an object where "
        "they got a text, and a second JSON.parse fails. Keys come sorted, and mixed with numbers they cannot be."
    )
    successors = ("FD101",)
    needs = (b"dumps(", b"dumps as")
    pattern = re.compile(rb"\b(?:json|simplejson|ujson)\b")
    about_routes = True

    bad = [
        Bad(
            """\
import json

from flask import Flask
from guards import requires_auth

app = Flask(__name__)


@app.get("/items")
def items():
    return json.dumps({"items": []})


@app.get("/names")
@requires_auth
def names():
    return json.dumps(read_names())


def read_names():
    return ["a"]
""",
            fixed="""\
from flask import Flask, jsonify
from guards import requires_auth

app = Flask(__name__)


@app.get("/items")
def items():
    return {"items": []}


@app.get("/names")
@requires_auth
def names():
    return jsonify(read_names())


def read_names():
    return ["a"]
""",
            hits=2,
        ),
        # A status, an arm, a variable, make_response, Response; aliases; a factory; an error handler.
        Bad(
            """\
import flask as f
from flask import Response, json, make_response
from json import dumps as to_json


def create_app():
    app = f.Flask(__name__)

    @app.route("/a")
    async def a():
        return to_json({"a": 1}, indent=2), 201

    @app.route("/b")
    def b():
        return json.dumps([1]) if f.request.args else "nothing"

    @app.route("/c")
    def c():
        text = to_json({"c": 1})  # for the shop
        return text

    @app.route("/d")
    def d():
        return make_response(json.dumps({"d": 1}), 404)

    @app.errorhandler(404)
    def e(error):
        return Response(json.dumps({"e": "gone"}), 404)

    @app.route("/g")
    def g():
        return f.Response(response=to_json({}), status=202)

    return app
""",
            fixed="""\
import flask as f
from flask import Response, json, jsonify, make_response
from json import dumps as to_json


def create_app():
    app = f.Flask(__name__)

    @app.route("/a")
    async def a():
        return {"a": 1}, 201

    @app.route("/b")
    def b():
        return [1] if f.request.args else "nothing"

    @app.route("/c")
    def c():
        text = jsonify({"c": 1})  # for the shop
        return text

    @app.route("/d")
    def d():
        return make_response({"d": 1}, 404)

    @app.errorhandler(404)
    def e(error):
        return Response(json.dumps({"e": "gone"}), 404, mimetype="application/json")

    @app.route("/g")
    def g():
        return f.Response(response=to_json({}), status=202, mimetype="application/json")

    return app
""",
            hits=6,
        ),
        # Before Flask 2.2 a list needs jsonify; a class; a blueprint of another file.
        Bad(
            {
                "shop/__init__.py": """\
from flask import Blueprint, Flask

bp = Blueprint("shop", __name__)
from shop import views

app = Flask(__name__)
app.register_blueprint(bp)
""",
                "shop/views.py": """\
import json

from flask.views import MethodView
from shop import bp


class Items(MethodView):
    def get(self):
        return json.dumps([1, 2])

    def post(self):
        return json.dumps({"made": True}), 201


bp.add_url_rule("/items", view_func=Items.as_view("items"))


@bp.route("/total")
def total():
    return json.dumps({"total": 1})
""",
            },
            fixed={
                "shop/views.py": """\
from flask import jsonify
from flask.views import MethodView
from shop import bp


class Items(MethodView):
    def get(self):
        return jsonify([1, 2])

    def post(self):
        return {"made": True}, 201


bp.add_url_rule("/items", view_func=Items.as_view("items"))


@bp.route("/total")
def total():
    return {"total": 1}
""",
            },
            hits=3,
            flask="2.0.3",
        ),
        # An annotation that would no longer hold, another library's numbers: advice.
        Bad(
            """\
import json
import simplejson
from flask import Flask

app = Flask(__name__)


@app.route("/a")
def a() -> str:
    return json.dumps({"a": 1})


@app.route("/b")
def b():
    return simplejson.dumps({"b": 1}, use_decimal=True)
""",
            hits=2,
        ),
    ]

    good = [
        # The content type is said: in the response, its headers, the tuple, later.
        """\
import json

from flask import Flask, Response, make_response

app = Flask(__name__)
HEADERS = {"Content-Type": "application/json"}


@app.route("/a")
def a():
    return Response(json.dumps({"a": 1}), mimetype="application/json")


@app.route("/b")
def b():
    return json.dumps({"b": 1}), 200, {"Content-Type": "application/json"}


@app.route("/c")
def c():
    return json.dumps({"c": 1}), HEADERS


@app.route("/d")
def d():
    response = make_response(json.dumps({"d": 1}))
    response.headers["Content-Type"] = "application/json"
    return response


@app.route("/e")
def e():
    return Response(json.dumps({"e": 1}), 200, HEADERS)


@app.route("/f")
def f():
    return app.response_class(json.dumps({"f": 1}), content_type="application/ld+json")
""",
        # What plain JSON cannot hold; arguments that cannot be seen.
        """\
import json

from flask import Flask
from encoding import Encoder, options

app = Flask(__name__)


@app.route("/a")
def a():
    return json.dumps({"a": app}, default=str)


@app.route("/b")
def b():
    return json.dumps({"b": app}, cls=Encoder)


@app.route("/c")
def c():
    return json.dumps({"c": app}, **options)
""",
        # Part of a page; a text that is used beside the answer; a function that others call.
        """\
import json

from flask import Flask, render_template

app = Flask(__name__)


@app.route("/a")
def a():
    return render_template("a.html", data=json.dumps({"a": 1}))


@app.route("/b")
def b():
    return "<script>var b = " + json.dumps({"b": 1}) + "</script>"


@app.route("/c")
def c():
    return json.dumps({"c": 1})


def cached():
    return c().upper()


def data():
    return json.dumps({"d": 1})
""",
        # What may touch the answer: a decorator that is no guard, an after_request hook, a response class.
        """\
import json

from answers import as_json
from flask import Flask

app = Flask(__name__)


@app.route("/a")
@as_json
def a():
    return json.dumps({"a": 1})
""",
        {
            "app.py": """\
import json

from flask import Flask

app = Flask(__name__)


@app.route("/a")
def a():
    return json.dumps({"a": 1})


@app.after_request
def say_json(response):
    response.mimetype = "application/json"
    return response
""",
        },
        {
            "app.py": """\
import json

from answers import JsonResponse
from flask import Flask

app = Flask(__name__)
app.response_class = JsonResponse


@app.route("/a")
def a():
    return json.dumps({"a": 1})
""",
        },
        # Not Flask's views: an API that encodes what it is given, a socket.
        """\
import json

from apiflask import APIFlask
from flask_restful import Resource
from flask_socketio import SocketIO

app = APIFlask(__name__)
socketio = SocketIO(app)


@app.get("/a")
def a():
    return json.dumps({"a": 1})


class Items(Resource):
    def get(self):
        return json.dumps([])


@socketio.on("x")
def x(data):
    return json.dumps(data)
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The texts of ``dumps`` that are the whole body of an answer."""
        if module.role in ("test", "migration") or not module.calls(*DUMPS) or chooses_types(module):
            return
        for responder in find_responders(module):
            for item in module.returns(responder.node):
                for found in json_texts(module, item.value):
                    yield _hit(module, responder, found)

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it only where nothing in the project comes between the view and Flask."""
        owners, decorators, view_class = candidate.data
        assert isinstance(decorators, tuple)
        around = tuple(name for name in decorators if not _GUARD.search(name))
        plain = reaches_flask(project.links, candidate.location.path, (owners, around, view_class))
        return candidate.severity if plain and project.holds(candidate) else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """The value takes the place of its text, inside ``jsonify`` where Flask would not know it."""
        found, value = site.hit.parts["found"], site.hit.parts["value"]
        assert isinstance(found, JsonText)
        assert isinstance(value, ast.expr)
        if found.wrapper is not None:
            edit.add_argument(found.wrapper, "mimetype", '"application/json"')
            return
        kind = json_kind(site.module, value) if found.at_once else ""
        since = {"dict": _DICT_SINCE, "list": _LIST_SINCE}.get(kind)
        if since is not None and site.project.dependencies.flask_at_least(since):
            edit.replace(found.call, "{value}", value=value)
        else:
            edit.replace(found.call, f"{edit.add_import('flask', 'jsonify')}({{value}})", value=value)
        name = site.module.resolve(found.call.func) or ""
        edit.drop_import_if_unused(name)
        edit.drop_import_if_unused(name.rpartition(".")[0])


_ADVICE = (
    "Return the dict itself (Flask 1.1 and newer) or `jsonify(..)`, or say what the text is: "
    '`Response(text, mimetype="application/json")`.'
)


def _hit(module: Module, responder: Responder, found: JsonText) -> Hit:
    plain = module.resolve(found.call.func) in STANDARD_DUMPS and {item.arg for item in found.call.keywords} <= _LOOKS
    value = found.call.args[0] if len(found.call.args) == 1 else None
    typed = responder.node.returns is not None
    fixable = found.wrapper is not None or (plain and not typed and isinstance(value, ast.expr))
    return Hit(
        found.call,
        "The text of json.dumps() goes out as text/html: return the value itself",
        assumes=(*(RouterAssumed(name) for name in responder.unproven), NotCalled(responder.name)),
        fixable=fixable and not isinstance(value, ast.Starred),
        advice="" if fixable else _ADVICE,
        data=(responder.owners, responder.decorators, responder.view_class),
        parts={"found": found, "value": value},
    )
