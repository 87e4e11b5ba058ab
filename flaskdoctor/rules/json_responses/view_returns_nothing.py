"""FD104: a view whose answer Flask refuses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.answers.invalid_answers import invalid_answers
from flaskdoctor.project.answers.responders import find_responders
from flaskdoctor.project.answers.response_decorators import reaches_flask
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.rules.rule import Bad, Candidate, Hit, RouterAssumed, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project


class ViewReturnsNothing(Rule):
    """A view that returns nothing, a number or a set: Flask answers 500.

    ## What it finds

    A view or an error handler that has no way to an answer: no `return` with a value, no `raise`, no `abort`, no
    `yield`. And a `return` of what can be no answer: a number, `True`, a set, a tuple of one, or of four.

    Nothing is said about a view that is empty on purpose (`pass`), about decorators that may make the answer
    themselves, and about apps whose `make_response` is their own.

    ## Why it matters

    Every request for that URL ends in a traceback:

    ```
    TypeError: The view function for 'ping' did not return a valid response.
    The function either returned None or ended without a return statement.
    ```

    The work before it is done all the same: the row is written, the mail is sent, and the client that sees 500 tries
    again. A webhook that returns `200`, the number, gets its event delivered for hours.

    Flask takes a text, bytes, a dict, a list (2.2 and newer), a generator, a response, another WSGI application, and
    a tuple of one of these with a status, with headers, or with both.

    ## What to do instead

    Return something. Where there is nothing to say, that is a status:

    ```python
    @app.post("/hook")
    def hook():
        store(request.json)
        return "", 204
    ```

    A status alone is no answer (`return 404`): `abort(404)`, or a body with it. Numbers go out as JSON
    (`jsonify(count)`) or as text (`str(count)`), sets as `jsonify(sorted(names))`.

    ## References

    - [Flask: about responses](https://flask.palletsprojects.com/en/stable/quickstart/#about-responses)
    - [Flask: make_response](https://flask.palletsprojects.com/en/stable/api/#flask.Flask.make_response)
    """

    code = "FD104"
    name = "view-returns-nothing"
    tip = Tip.JSON
    severity = Severity.ERROR
    about_routes = True
    needs = (b"route(", b"add_url_rule(", b".get(", b".post(", b".put(", b".patch(", b".delete(", b"handler(")

    bad = [
        Bad(
            """\
from flask import Flask, request

app = Flask(__name__)


@app.post("/hook")
def hook():
    print(request.json)
""",
        ),
        # What can be no answer, on one way or on every one.
        Bad(
            """\
import flask as f

NAMES = {"a", "b"}


def create_app():
    app = f.Flask(__name__)

    @app.route("/a")
    def a():
        return 200

    @app.route("/b")
    async def b():
        if f.request.args:
            return True
        return "b"

    @app.route("/c")
    def c():
        return {name for name in f.request.args}

    @app.route("/d")
    def d():
        return NAMES if f.request.args else "d"

    @app.route("/e")
    def e():
        return ("e",)

    @app.route("/g")
    def g():
        return len(NAMES), 200

    return app
""",
            hits=6,
        ),
        # A blueprint of another file, a class, a decorator that hands on, an error handler.
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
from flask import jsonify
from flask.views import MethodView
from flask_login import login_required
from shop import bp


class Items(MethodView):
    def post(self):
        jsonify(made=True)

    def get(self):
        return {"items": []}


bp.add_url_rule("/items", view_func=Items.as_view("items"))


@bp.route("/total")
@login_required
def total():
    total = 0
    for price in (1, 2):
        total += price
    if total:
        return


@bp.app_errorhandler(404)
def not_found(error):
    jsonify(error="not found")
""",
            },
            hits=3,
        ),
        # Handed to add_url_rule; a walrus; a function inside that does return.
        Bad(
            """\
from flask import Flask

app = Flask(__name__)


def count():
    if (total := len(app.url_map._rules)) > 3:
        app.logger.info(total)

    def inner():
        return "x"


app.add_url_rule("/count", view_func=count)
""",
        ),
    ]

    good = [
        # An answer on some way, an exception, a stream; and what ends a view without being a raise.
        """\
import sys

from api import api_abort, fail_with
from flask import Flask, Response, abort, request

app = Flask(__name__)


@app.route("/a")
def a():
    if request.args:
        return "a"


@app.route("/b")
def b():
    abort(404)


@app.route("/c")
def c():
    raise RuntimeError("c")


@app.route("/d")
def d():
    yield "d"


@app.route("/e")
def e():
    division_by_zero = 1 / 0


@app.route("/f")
def f():
    api_abort(404)


@app.route("/g")
def g():
    if request.args:
        fail_with("no")


@app.route("/h")
def h():
    sys.exit(1)


@app.route("/i")
def i():
    while True:
        pass
""",
        # Empty on purpose: nginx answers, the URL is all that is wanted; a before_request hook need not answer.
        """\
from flask import Flask, g

app = Flask(__name__)


@app.route("/media/<path:name>")
def media(name):
    \"\"\"Served by nginx; here for url_for().\"\"\"


@app.route("/login")
def login():
    pass


@app.before_request
def start():
    g.count = 0


@app.after_request
def end(response):
    return response


@app.teardown_request
def close(error):
    g.count = 0
""",
        # Somebody else makes the answer: a decorator, an app's own make_response, a base class.
        """\
from answers import templated
from flask import Flask

app = Flask(__name__)


@app.route("/a")
@templated("a.html")
def a():
    print("a")


@app.route("/b")
@templated("b.html")
def b():
    return 200
""",
        """\
from flask import Flask, jsonify


class Api(Flask):
    def make_response(self, rv):
        return super().make_response(jsonify(rv))


app = Api(__name__)


@app.route("/a")
def a():
    return 1


@app.route("/b")
def b():
    print("b")
""",
        {
            "base.py": """\
from flask.views import MethodView


class Base(MethodView):
    def get(self):
        self.prepare()

    def prepare(self):
        pass
""",
            "app.py": """\
from base import Base
from flask import Flask

app = Flask(__name__)


class Items(Base):
    def get(self):
        super().get()
        return "items"


app.add_url_rule("/items", view_func=Items.as_view("items"))
""",
        },
        # Not Flask's views: an API of an extension, sockets.
        """\
from apiflask import APIBlueprint, APIFlask
from flask import Blueprint, Flask
from flask_restful import Resource
from flask_sock import Sock
from flask_sockets import Sockets

app = APIFlask(__name__)
web = Flask(__name__)
sock = Sock(web)
sockets = Sockets(web)
chat = Blueprint("chat", __name__)


@app.delete("/a")
@app.output({}, status_code=204)
def a():
    print("a")


class Items(Resource):
    def delete(self):
        print("gone")


@sock.route("/echo")
def echo(connection):
    connection.send(connection.receive())


@chat.route("/chat")
def talk(ws):
    while not ws.closed:
        ws.send(ws.receive())


sockets.register_blueprint(chat)
""",
        # Numbers that are no answer of a view.
        """\
from flask import Flask, jsonify, make_response

app = Flask(__name__)
app.jinja_env.filters["double"] = lambda number: number * 2


@app.template_filter()
def triple(number):
    return 3


@app.route("/a")
def a():
    def count():
        return 3

    sizes = [1, 2]
    return jsonify(count()), 200


@app.route("/b")
def b():
    status = 201
    return make_response("b", status)


@app.route("/c")
def c():
    return "c", 200, {"X-C": "c"}


@app.route("/d")
def d():
    total = 0
    total = str(total)
    return total
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The views and error handlers that return nothing, or what Flask refuses."""
        if module.role in ("test", "migration"):
            return
        found = {node: answers for node in _functions(module) if (answers := list(invalid_answers(module, node)))}
        if not found:
            return
        errors = {handler.node for handler in module.handlers if handler.kind == "errorhandler"}
        hooks = {handler.node for handler in module.handlers} - errors
        for responder in find_responders(module):
            kind = "handler" if responder.node in errors else "view"
            for answer in found.get(responder.node, ()) if responder.node not in hooks else ():
                named = isinstance(answer.node, FUNCTIONS)
                yield Hit(
                    answer.node,
                    f"The {kind} {responder.node.name}() returns {answer.what}: Flask answers 500",
                    assumes=tuple(RouterAssumed(name) for name in responder.unproven),
                    advice=_NOTHING if named else _REFUSED,
                    data=(responder.owners, responder.decorators, responder.view_class),
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it only where nothing in the project comes between the view and Flask."""
        links, path = project.links, candidate.location.path
        view_class = str(candidate.data[2])
        if not project.holds(candidate) or _makes_responses(project):
            return None
        if view_class and links.resolve(view_class, path) in links.derived_from:
            return None
        return candidate.severity if reaches_flask(links, path, candidate.data) else None


_NOTHING = 'Return an answer on every way through the function; where there is nothing to say: `return "", 204`.'
_REFUSED = (
    "Return a text, a dict, a list (Flask 2.2 and newer) or a response; a status goes behind the body: "
    '`return "", 204`. Numbers and sets go through `jsonify(..)`.'
)


def _functions(module: Module) -> Iterator[FunctionNode]:
    """What may be a view or an error handler."""
    nodes: list[ast.AST | None] = [view.node for view in module.views]
    if b"handler(" in module.source:
        nodes += [handler.node for handler in module.handlers]
    if b"View)" in module.source:
        nodes += module.nodes(ast.ClassDef)
    for node in nodes:
        for item in node.body if isinstance(node, ast.ClassDef) else (node,):
            if isinstance(item, FUNCTIONS):
                yield item


def _makes_responses(project: Project) -> bool:
    """Whether a response class of the project turns other values into responses (``force_type``)."""
    return any(name.endswith(".force_type") for facts in project.modules.values() for name in facts.functions)
