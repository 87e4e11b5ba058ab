"""FD101: ``jsonify`` around a dict or a list that a view could return as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.answers.later import outlives_its_block
from flaskdoctor.project.answers.plain_json import json_kind
from flaskdoctor.project.answers.responders import Responder, find_responders
from flaskdoctor.project.answers.response_decorators import reaches_flask
from flaskdoctor.project.code.module import Module
from flaskdoctor.rules.rule import (
    Assumption,
    Bad,
    Candidate,
    FlaskAtLeast,
    Good,
    Hit,
    NotCalled,
    RouterAssumed,
    Rule,
    Site,
)

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.snapshot import Project

_JSONIFY = ("flask.jsonify", "flask.json.jsonify")
_MAKE_RESPONSE = ("flask.make_response", "flask.helpers.make_response")
_SINCE = {"dict": (1, 1), "list": (2, 2)}

# Return annotations that a dict satisfies as well as a Response does.
_OPEN_ANNOTATIONS = frozenset(
    {"flask.typing.ResponseReturnValue", "flask.typing.ResponseValue", "typing.Any", "builtins.object"}
)


class NeedlessJsonify(Rule):
    """A view wraps a dict or a list in `jsonify()`, which Flask does by itself.

    ## What it finds

    `return jsonify(..)` in a view, a `MethodView` method, an error handler or a `before_request` function, where what
    is inside is *proven* to be a dict or a list: a literal, a comprehension, `dict(..)`, `list(..)`, `sorted(..)`,
    `jsonify(ok=True)`, or a local that is assigned one of these and nothing else. With a status or headers behind it,
    inside `make_response(..)` and in the arms of a conditional, too.

    It says nothing where `jsonify` earns its place: around a string, a number, `None`, a tuple, a dataclass or
    anything of unknown type; where the response is changed before it is returned; in a helper that others call; in an
    `after_request` function; below a decorator that may look at the response; where `-> Response` is promised.

    ## Why it matters

    Since Flask 1.1 a view may return a dict, since 2.2 also a list, and Flask calls the very same JSON provider that
    `jsonify` calls: same bytes, same headers, same `application/json`. Without the wrapper the view returns *data*,
    which is shorter to read and easier to test and to type.

    ```python
    @app.get("/users/<int:user_id>")
    def show(user_id: int):
        user = find_user(user_id)
        if user is None:
            return {"error": "no such user"}, 404
        return {"id": user.id, "name": user.name}
    ```

    ## What to do instead

    Return the dict or the list itself; a status and headers follow it in a tuple, as they followed `jsonify(..)`.
    Keep `jsonify` for values that are neither, and where you need a `Response` object in hand, say to set a cookie.

    Flask serialises what is returned after the view has ended. Inside `with lock:` or `try:` that can make a
    difference for anything but text and numbers, so there the fix asks first.

    ## References

    - [Flask: APIs with JSON](https://flask.palletsprojects.com/en/stable/quickstart/#apis-with-json)
    - [Flask changes, 1.1: a view may return a dict](https://flask.palletsprojects.com/en/stable/changes/#version-1-1-0)
    - [Flask changes, 2.2: a view may return a list](https://flask.palletsprojects.com/en/stable/changes/#version-2-2-0)
    """

    code = "FD101"
    name = "needless-jsonify"
    tip = Tip.JSON
    severity = Severity.INFO
    fix_title = "Return the dict or list itself"
    fix_risk = (
        "Here the dict becomes JSON only after the `with` or `try` around it has ended: a database session may be "
        "closed by then, a lock free, and an error of the serialising is no longer caught."
    )
    # Once the dict stands bare, an error handler that forgets its status is found at the dict.
    successors = ("FD105",)
    needs = (b"jsonify",)

    bad = [
        Bad(
            """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/health")
def health():
    return jsonify({"status": "ok"})
""",
            fixed="""\
from flask import Flask

app = Flask(__name__)


@app.get("/health")
def health():
    return {"status": "ok"}
""",
        ),
        # A text of several parts: inside the dict's braces it needs no parentheses.
        Bad(
            """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/")
def index():
    return (
        jsonify(
            error=True,
            message="Two factors are needed. "
            "Set up the second one first.",
        ),
        403,
    )
""",
            fixed="""\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return (
        {
            "error": True,
            "message": "Two factors are needed. "
            "Set up the second one first.",
        },
        403,
    )
""",
        ),
        # With a status, with headers; keyword arguments; `import flask as f`.
        Bad(
            """\
import flask as f

bp = f.Blueprint("api", __name__)


@bp.route("/items", methods=["POST"])
def create():
    item = dict(f.request.json)
    extra = {"saved": True}
    if "name" not in item:
        return f.jsonify(error="name is missing"), 400
    if "id" in item:
        return f.jsonify(error="id is given", **extra), 409, {"X-Reason": "id"}
    return f.jsonify(item), 201
""",
            fixed="""\
import flask as f

bp = f.Blueprint("api", __name__)


@bp.route("/items", methods=["POST"])
def create():
    item = dict(f.request.json)
    extra = {"saved": True}
    if "name" not in item:
        return {"error": "name is missing"}, 400
    if "id" in item:
        return {"error": "id is given", **extra}, 409, {"X-Reason": "id"}
    return item, 201
""",
            hits=3,
        ),
        # The layout of the arguments is kept.
        Bad(
            """\
from flask import Flask, jsonify as to_json

app = Flask(__name__)


@app.route("/me")
def me():
    return to_json(
        name="Ada",
        tags=[tag for tag in ("a", "b")],
        page=1,
    )


@app.route("/you")
def you():
    return to_json(name="Bob",
                   age=36)
""",
            fixed="""\
from flask import Flask

app = Flask(__name__)


@app.route("/me")
def me():
    return {
        "name": "Ada",
        "tags": [tag for tag in ("a", "b")],
        "page": 1,
    }


@app.route("/you")
def you():
    return {"name": "Bob",
            "age": 36}
""",
            hits=2,
        ),
        # Both arms of a conditional; a list.
        Bad(
            """\
from flask import Flask, jsonify

app = Flask(__name__)
names = {"ada", "bob"}


@app.route("/names/<name>")
def show(name):
    return jsonify({"name": name}) if name in names else (jsonify(sorted(names)), 404)
""",
            fixed="""\
from flask import Flask

app = Flask(__name__)
names = {"ada", "bob"}


@app.route("/names/<name>")
def show(name):
    return {"name": name} if name in names else (sorted(names), 404)
""",
            hits=2,
        ),
        # What make_response is given becomes a Response either way, so the cookie below it stays possible.
        Bad(
            """\
from flask import Flask, jsonify, make_response

app = Flask(__name__)


@app.post("/login")
def login():
    response = make_response(jsonify({"ok": True}), 200)
    response.set_cookie("seen", "1")
    return response


@app.post("/logout")
def logout():
    return make_response(jsonify([]), 200)
""",
            fixed="""\
from flask import Flask, make_response

app = Flask(__name__)


@app.post("/login")
def login():
    response = make_response({"ok": True}, 200)
    response.set_cookie("seen", "1")
    return response


@app.post("/logout")
def logout():
    return make_response([], 200)
""",
            hits=2,
        ),
        # The blueprint is made in another file; flask.jsonify stays imported for the view that needs it.
        Bad(
            {
                "shop/__init__.py": """\
from flask import Flask


def create_app():
    app = Flask(__name__)
    from shop.api import bp

    app.register_blueprint(bp)
    return app
""",
                "shop/api/__init__.py": """\
from flask import Blueprint

bp = Blueprint("api", __name__)

from shop.api import views
""",
                "shop/api/views.py": """\
from flask import jsonify
from shop.api import bp


@bp.route("/one")
def one():
    return jsonify({"n": 1})


@bp.route("/text")
def text():
    return jsonify("one")
""",
            },
            fixed={
                "shop/api/views.py": """\
from flask import jsonify
from shop.api import bp


@bp.route("/one")
def one():
    return {"n": 1}


@bp.route("/text")
def text():
    return jsonify("one")
""",
            },
        ),
        # A view class whose route stands in another file.
        Bad(
            {
                "app.py": """\
from flask import Flask
from views import Item

app = Flask(__name__)
app.add_url_rule("/items/<int:id>", view_func=Item.as_view("item"))
""",
                "views.py": """\
from flask import jsonify
from flask.views import MethodView
from flask_login import login_required


class Item(MethodView):
    decorators = [login_required]

    def get(self, id):
        return jsonify(id=id)

    def delete(self, id):
        return jsonify({"gone": id}), 202
""",
            },
            fixed={
                "views.py": """\
from flask.views import MethodView
from flask_login import login_required


class Item(MethodView):
    decorators = [login_required]

    def get(self, id):
        return {"id": id}

    def delete(self, id):
        return {"gone": id}, 202
""",
            },
            hits=2,
        ),
        # Decorators that hand the result on: the project's own, Flask-HTTPAuth's, Flask-Limiter's, a cache's.
        Bad(
            {
                "app.py": """\
from flask import Flask, jsonify
from flask_caching import Cache
from flask_limiter import Limiter
from guards import admin_required, auth, key_required

app = Flask(__name__)
cache = Cache(app)
limiter = Limiter(lambda: "", app=app)


@app.get("/a")
@auth.login_required
@limiter.limit("5/minute")
@cache.cached(timeout=60)
def a():
    return jsonify({"a": 1})


@app.get("/b")
@key_required
@admin_required
def b():
    return jsonify({"b": 1})


def c():
    return jsonify({"c": 1})


app.add_url_rule("/c", "c", key_required(c))
""",
                "guards.py": """\
from functools import wraps

from flask import abort, jsonify, request
from flask_httpauth import HTTPTokenAuth

auth = HTTPTokenAuth()


def key_required(view):
    @wraps(view)
    def guarded(*args, **kwargs):
        if "X-Key" not in request.headers:
            return jsonify({"error": "no key"}), 401
        return view(*args, **kwargs)

    return guarded


def role_required(role):
    def decorator(view):
        @wraps(view)
        def guarded(*args, **kwargs):
            if request.headers.get("X-Role") != role:
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return decorator


def admin_required(view):
    return role_required("admin")(view)
""",
            },
            hits=3,
        ),
        # Error handlers and before_request functions answer, too.
        Bad(
            """\
from flask import Flask, g, jsonify


def create_app():
    app = Flask(__name__)

    @app.errorhandler(404)
    def missing(error):
        return jsonify({"error": str(error)}), 404

    @app.before_request
    def closed():
        if getattr(g, "closed", False):
            return jsonify(error="closed"), 503

    return app
""",
            fixed="""\
from flask import Flask, g


def create_app():
    app = Flask(__name__)

    @app.errorhandler(404)
    def missing(error):
        return {"error": str(error)}, 404

    @app.before_request
    def closed():
        if getattr(g, "closed", False):
            return {"error": "closed"}, 503

    return app
""",
            hits=2,
        ),
        # Serialised inside of `with` or `try` and outside of it are two things: those fixes ask first.
        Bad(
            """\
from flask import Flask, jsonify
from models import Session, User

app = Flask(__name__)


@app.route("/users")
def users():
    with Session() as session:
        return jsonify({"users": session.query(User).all()})


@app.route("/count")
async def count():
    try:
        return jsonify({"count": len(User.names)}), 200
    except ValueError as error:
        return jsonify({"error": str(error)}), 400
""",
            fixed="""\
from flask import Flask
from models import Session, User

app = Flask(__name__)


@app.route("/users")
def users():
    with Session() as session:
        return {"users": session.query(User).all()}


@app.route("/count")
async def count():
    try:
        return {"count": len(User.names)}, 200
    except ValueError as error:
        return {"error": str(error)}, 400
""",
            hits=3,
        ),
        # Flask 2.1 takes a dict, but not yet a list.
        Bad(
            """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/dict")
def a_dict():
    return jsonify({"a": 1})


@app.route("/list")
def a_list():
    return jsonify([1, 2])
""",
            fixed="""\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/dict")
def a_dict():
    return {"a": 1}


@app.route("/list")
def a_list():
    return jsonify([1, 2])
""",
            flask="2.1.3",
        ),
    ]

    good = [
        # Not proven to be a dict or a list; what Flask refuses or answers as something else.
        """\
from dataclasses import dataclass

from flask import Flask, jsonify
from models import find

app = Flask(__name__)


@dataclass
class Point:
    x: int


@app.route("/a")
def a():
    return jsonify("text")


@app.route("/b")
def b():
    return jsonify(None)


@app.route("/c")
def c():
    return jsonify((1, 2))


@app.route("/d")
def d():
    return jsonify(1, 2)


@app.route("/e")
def e():
    return jsonify(Point(1))


@app.route("/f")
def f():
    return jsonify(n for n in range(3))


@app.route("/g")
def g():
    return jsonify(find())


@app.route("/h/<n>")
def h(n):
    return jsonify(*[n])


@app.route("/i/<n>")
def i(n):
    data = {"n": n}
    if n:
        data = find(n)
    return jsonify(data)


@app.route("/j")
def j():
    return jsonify(42)
""",
        # Without arguments, which `**options` can come to as well, it is null from Flask 2.2 on.
        """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/")
def index():
    return jsonify()


@app.route("/options")
def options():
    found = {}
    return jsonify(**found)
""",
        # The Response is needed: changed, asked for something, handed to abort.
        """\
from flask import Flask, abort, jsonify

app = Flask(__name__)


@app.route("/a")
def a():
    response = jsonify({"a": 1})
    response.status_code = 201
    return response


@app.route("/b")
def b():
    response = jsonify({"a": 1})
    response.set_cookie("seen", "1")
    return response


@app.route("/c")
def c():
    return jsonify({"a": 1}).get_data()


@app.route("/d")
def d():
    abort(jsonify({"a": 1}))
""",
        # An after_request function has to return a Response.
        """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.after_request
def envelope(response):
    return jsonify({"data": response.get_json()})
""",
        # A helper whose callers may do anything with the answer; an authentication library's callback.
        """\
from flask import Flask, jsonify
from flask_jwt_extended import JWTManager

app = Flask(__name__)
jwt = JWTManager(app)


def failed(message):
    return jsonify({"error": message})


@app.route("/")
def index():
    response = failed("no")
    response.status_code = 400
    return response


@jwt.unauthorized_loader
def unauthorized(reason):
    return jsonify({"error": reason})
""",
        # A view that other code calls, in this file and in another one.
        """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/one")
def one():
    return jsonify({"a": 1})


@app.route("/two")
def two():
    response = one()
    response.headers["X-Two"] = "2"
    return response
""",
        {
            "app.py": """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/one")
def one():
    return jsonify({"a": 1})
""",
            "tests/test_app.py": """\
from app import app, one


def test_one():
    with app.test_request_context():
        assert one().get_json() == {"a": 1}
""",
        },
        # A view that is handed to something that may call it.
        """\
from flask import Flask, jsonify
from jobs import nightly

app = Flask(__name__)


@app.route("/report")
def report():
    return jsonify({"rows": []})


nightly(report)
""",
        # Handed on, called or wrapped in another file, be it one that never mentions Flask.
        {
            "app.py": """\
from flask import Flask

import views
from caching import no_store

app = Flask(__name__)
app.register_blueprint(views.bp)
app.add_url_rule("/fresh", "fresh", no_store(views.index))
""",
            "views.py": """\
from flask import Blueprint, jsonify

bp = Blueprint("views", __name__)


@bp.route("/")
def index():
    return jsonify({"a": 1})


@bp.route("/report")
def report():
    return jsonify({"rows": []})
""",
            "caching.py": """\
def no_store(view):
    def inner(*args, **kwargs):
        response = view(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    return inner
""",
            "jobs.py": "from views import report\n\n\ndef rows():\n    return report().json['rows']\n",
        },
        # Called by its endpoint.
        """\
from flask import Flask, current_app, jsonify

app = Flask(__name__)


@app.route("/one")
def one():
    return jsonify({"a": 1})


@app.route("/many/<endpoint>")
def many(endpoint):
    view = current_app.view_functions.get(endpoint)
    return view().get_data()
""",
        # Resources and views of extensions that make responses in a way of their own.
        """\
from apiflask import APIFlask
from flask import jsonify

app = APIFlask(__name__)


@app.get("/")
def index():
    return jsonify({"a": 1})
""",
        """\
from flask import Flask, jsonify
from flask_restful import Api, Resource

app = Flask(__name__)
api = Api(app)


class Item(Resource):
    def get(self):
        return jsonify({"a": 1})


api.add_resource(Item, "/item")
""",
        """\
from flask import jsonify
from flask.views import MethodView
from flask_smorest import Blueprint

blp = Blueprint("pets", __name__)


@blp.route("/")
class Pets(MethodView):
    def get(self):
        return jsonify({"a": 1})
""",
        # A decorator that looks at the response, in whichever way it is put around the view.
        {
            "app.py": """\
from flask import Flask, jsonify
from flask.views import MethodView
from extras import measured, no_store, validate

app = Flask(__name__)


@app.route("/a")
@no_store
def a():
    return jsonify({"a": 1})


def b():
    return jsonify({"b": 1})


app.add_url_rule("/b", view_func=no_store(b))


class C(MethodView):
    decorators = [no_store]

    def get(self):
        return jsonify({"c": 1})


app.add_url_rule("/c", view_func=C.as_view("c"))


class D(MethodView):
    def get(self):
        return jsonify({"d": 1})


app.add_url_rule("/d", view_func=no_store(D.as_view("d")))


@app.route("/e")
@validate()
def e():
    return jsonify({"e": 1})


@app.route("/f")
@measured
def f():
    return jsonify({"f": 1})
""",
            "extras.py": """\
from functools import wraps

from flask import make_response
from some_library import validate


def no_store(view):
    @wraps(view)
    def inner(*args, **kwargs):
        response = view(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    return inner


def measured(view):
    @wraps(view)
    def inner(*args, **kwargs):
        return log(view(*args, **kwargs))

    return inner


def log(response):
    print(response.status_code)
    return response
""",
        },
        # A decorator that closes something once the view has returned.
        {
            "app.py": """\
from flask import Flask, jsonify
from extras import with_connection

app = Flask(__name__)


@app.route("/a")
@with_connection
def a():
    return jsonify({"a": load()})


def load():
    return 1
""",
            "extras.py": """\
from functools import wraps

from db import connection


def with_connection(view):
    @wraps(view)
    def inner(*args, **kwargs):
        try:
            return view(*args, **kwargs)
        finally:
            connection.close()

    return inner
""",
        },
        # A cache that looks at what it is about to keep.
        """\
from flask import Flask, jsonify
from flask_caching import Cache

app = Flask(__name__)
cache = Cache(app)


@app.route("/")
@cache.cached(timeout=5, response_filter=lambda response: response.status_code == 200)
def index():
    return jsonify({"a": 1})
""",
        # A promise to the type checker.
        """\
from flask import Flask, Response, jsonify

app = Flask(__name__)


@app.route("/a")
def a() -> Response:
    return jsonify({"a": 1})


@app.route("/b")
def b() -> "tuple[Response, int]":
    return jsonify({"b": 1}), 201
""",
        # An app that makes its responses in its own way.
        """\
from flask import Flask, jsonify


class Envelope(Flask):
    def make_response(self, rv):
        if isinstance(rv, dict):
            rv = {"data": rv}
        return super().make_response(rv)


app = Envelope(__name__)


@app.route("/")
def index():
    return jsonify({"a": 1})
""",
        # An app that does something with what a view has returned, in its class or by a method put in place of Flask's.
        """\
from flask import Flask, jsonify


class Marked(Flask):
    def dispatch_request(self, *arguments):
        response = super().dispatch_request(*arguments)
        response.headers["X-Marked"] = "yes"
        return response


app = Marked(__name__)


@app.route("/")
def index():
    return jsonify({"a": 1})
""",
        """\
from flask import Flask, jsonify

app = Flask(__name__)
plain = app.make_response


def enveloped(value):
    return plain({"data": value} if isinstance(value, dict) else value)


app.make_response = enveloped


@app.route("/")
def index():
    return jsonify({"a": 1})
""",
        # Views that are wrapped once they are all registered.
        {
            "app.py": """\
from flask import Flask, jsonify
from marks import mark_all

app = Flask(__name__)


@app.route("/")
def index():
    return jsonify({"a": 1})


mark_all(app)
""",
            "marks.py": """\
def mark_all(app):
    for name, view in app.view_functions.items():
        app.view_functions[name] = marked(view)


def marked(view):
    def inner(*args, **kwargs):
        response = view(*args, **kwargs)
        response.headers["X-Marked"] = "yes"
        return response

    return inner
""",
        },
        # Another jsonify; Quart's views.
        """\
from flask import Flask
from tools import jsonify

app = Flask(__name__)


@app.route("/")
def index():
    return jsonify({"a": 1})
""",
        """\
from quart import Quart, jsonify

app = Quart(__name__)


@app.route("/")
async def index():
    return jsonify({"a": 1})
""",
        # A decorator that is called like Flask's, on something else.
        """\
from bottle_like import router
from flask import jsonify


@router.get("/")
def index():
    return jsonify({"a": 1})
""",
        # A view class from which another one derives, with decorators of its own.
        {
            "views.py": """\
from flask import jsonify
from flask.views import MethodView


class Base(MethodView):
    def get(self):
        return jsonify({"a": 1})
""",
            "app.py": """\
from flask import Flask
from extras import no_store
from views import Base

app = Flask(__name__)


class Derived(Base):
    decorators = [no_store]

    def get(self):
        response = super().get()
        response.headers["X-A"] = "a"
        return response


app.add_url_rule("/base", view_func=Base.as_view("base"))
app.add_url_rule("/derived", view_func=Derived.as_view("derived"))
""",
        },
        # Before 1.1 a view could not return a dict.
        Good(
            """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/")
def index():
    return jsonify({"a": 1})
""",
            flask="1.0.4",
        ),
        # A generator's return value is no response.
        """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/")
def index():
    yield "x"
    return jsonify({"a": 1})
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Every ``jsonify`` call whose argument the responder could return itself."""
        if module.role in ("test", "migration") or not module.calls(*_JSONIFY):
            return
        generators = {module.function_of(node) for node in module.nodes(ast.Yield, ast.YieldFrom)}
        for responder in find_responders(module):
            if responder.node in generators or not _open_annotation(module, responder.node.returns):
                continue
            for call, at_once in _answers(module, responder):
                kind, value = _argument(module, call)
                if kind:
                    values = [value] if value is not None else [item.value for item in call.keywords]
                    later = not at_once and outlives_its_block(module, call, values)
                    yield Hit(
                        call,
                        f"jsonify() is not needed: return the {kind} itself",
                        assumes=_assumptions(responder, kind),
                        fix=Fix.UNSAFE if later else None,
                        data=(responder.owners, responder.decorators, responder.view_class),
                        parts={} if value is None else {"value": value},
                    )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it only where nothing in the project comes between the view and Flask."""
        links, path = project.links, candidate.location.path
        view_class = str(candidate.data[2])
        if not project.holds(candidate) or (view_class and links.resolve(view_class, path) in links.derived_from):
            return None
        return candidate.severity if reaches_flask(links, path, candidate.data) else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put the argument in the place of the call; keywords become the items of a dict."""
        call = site.node
        assert isinstance(call, ast.Call)
        value = site.hit.parts.get("value")
        if isinstance(value, ast.AST):
            edit.replace(call, "{value}", value=value)
        else:
            template, parts = _dict_of(site.module, call)
            edit.replace(call, template, **parts)
        edit.drop_import_if_unused(site.module.resolve(call.func) or "flask.jsonify")


def _open_annotation(module: Module, node: ast.expr | None) -> bool:
    return node is None or module.resolve(node) in _OPEN_ANNOTATIONS


def _assumptions(responder: Responder, kind: str) -> tuple[Assumption, ...]:
    routers = (RouterAssumed(name) for name in responder.unproven)
    return (*routers, FlaskAtLeast(_SINCE[kind]), NotCalled(responder.name))


def _answers(module: Module, responder: Responder) -> Iterator[tuple[ast.Call, bool]]:
    """The ``jsonify`` calls that a function returns, alone or in a tuple, and those it gives to make_response.

    With each comes whether what takes its place is serialised at once, as make_response does.
    """
    seen: set[ast.Call] = set()
    values = [item.value for item in module.returns(responder.node) if item.value is not None]
    values += [call for call in module.calls(*_MAKE_RESPONSE) if module.function_of(call) is responder.node]
    for value in values:
        for call, at_once in _bodies(module, value, at_once=False):
            if call not in seen:
                seen.add(call)
                yield call, at_once


def _bodies(module: Module, node: ast.expr, *, at_once: bool) -> Iterator[tuple[ast.Call, bool]]:
    match node:
        case ast.IfExp():
            yield from _bodies(module, node.body, at_once=at_once)
            yield from _bodies(module, node.orelse, at_once=at_once)
        case ast.Tuple(elts=[first, *rest]) if 1 <= len(rest) <= 2:
            if not any(isinstance(item, ast.Starred) for item in node.elts):
                yield from _bodies(module, first, at_once=at_once)
        case ast.Call(args=[first, *_]) if module.resolve(node.func) in _MAKE_RESPONSE:
            if not any(isinstance(item, ast.Starred) for item in node.args) and not node.keywords:
                yield from _bodies(module, first, at_once=True)
        case ast.Call() if module.resolve(node.func) in _JSONIFY:
            yield node, at_once


def _argument(module: Module, call: ast.Call) -> tuple[str, ast.expr | None]:
    """The kind of what ``jsonify`` is given, and its one positional argument (None: keywords make the dict)."""
    if len(call.args) == 1 and not call.keywords:
        return json_kind(module, call.args[0]), call.args[0]
    # With nothing but ``**options`` the answer of Flask >= 2.2 is null when they are empty.
    if not call.args and any(item.arg is not None for item in call.keywords):
        return "dict", None
    return "", None


def _dict_of(module: Module, call: ast.Call) -> tuple[str, dict[str, ast.AST]]:
    """``a=1, **rest`` as the text of a dict display with slots for the values, its line breaks kept."""
    statement = module.lines[module.statement_of(call).lineno - 1]
    block = _indent(statement)
    first = call.keywords[0]
    last = call.func.end_lineno or call.lineno
    hanging = first.lineno == last
    text = "{{"
    parts: dict[str, ast.AST] = {}
    for index, item in enumerate(call.keywords):
        if index:
            text += ","
        if item.lineno > last:
            indent = _indent(module.lines[item.lineno - 1])
            if hanging and item.col_offset == first.col_offset:
                indent = " " * (call.col_offset + 1)  # aligned with what stood behind the bracket
            # The text is put under the indentation of its statement.
            text += "\n" + indent.removeprefix(block)
        elif index:
            text += " "
        slot = f"v{index}"
        text += f"**{{{slot}}}" if item.arg is None else f'"{item.arg}": {{{slot}}}'
        parts[slot] = item.value
        last = item.end_lineno or item.lineno
    if (call.end_lineno or last) > last:
        text += ",\n" + _indent(module.lines[(call.end_lineno or last) - 1]).removeprefix(block)
    return text + "}}", parts


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
