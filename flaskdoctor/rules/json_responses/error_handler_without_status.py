"""FD105: an error handler whose answer goes out as 200."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.names import FunctionNode
from flaskdoctor.rules.rule import Bad, Hit, RouterAssumed, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit

_JSONIFY = frozenset({"flask.jsonify", "flask.json.jsonify"})
_TEXT = frozenset(
    {
        "flask.render_template",
        "flask.render_template_string",
        "flask.templating.render_template",
        "flask.templating.render_template_string",
        "json.dumps",
        "flask.json.dumps",
        "builtins.str",
        "builtins.dict",
    }
)

# What Flask-WTF and Flask-Limiter raise: errors of werkzeug's, 400 and 429.
_OF_EXTENSIONS = frozenset(
    {
        "flask_limiter.RateLimitExceeded",
        "flask_limiter.errors.RateLimitExceeded",
        "flask_wtf.CSRFError",
        "flask_wtf.csrf.CSRFError",
    }
)

_EXPECTED = frozenset({"CSRFError", "RateLimitExceeded"})

# A single-page app's shell, served for every unknown URL: there 200 is the point.
_SHELLS = ("index.html", "app.html")


class _Status(NamedTuple):
    """What an error handler is for: ``number`` is 0 unless one integer literal says it."""

    words: str
    number: int


class ErrorHandlerWithoutStatus(Rule):
    """An error handler returns a body and no status, so the client sees 200.

    ## What it finds

    A function registered with `errorhandler(404)`, `app_errorhandler(404)` or `register_error_handler(404, ..)` (or
    for `HTTPStatus.NOT_FOUND`, an exception of `werkzeug.exceptions`, Flask-WTF's `CSRFError`) that returns a bare
    string, a dict, `jsonify(..)`, `json.dumps(..)` or `render_template(..)`.

    For the errors of extensions it is a note: their handlers often talk to a script of the same project.

    Nothing is said where the handler returns a tuple, a redirect, `make_response(..)` or the exception itself, where
    it sets `response.status_code`, and where the same function is also a view or serves a single-page app's
    `index.html`: there the answer 200 is meant.

    ## Why it matters

    Flask does not add the status of the error that it handles: a handler's return value is an answer like any
    other, and an answer without a status is 200. The page reads "not found" and everything else believes that it was
    found: search engines index it, caches keep it, `fetch()` reports `ok`, monitoring stays green, and a test that
    asks for 404 fails.

    ```python
    @app.errorhandler(404)
    def not_found(error):
        return render_template("404.html"), 404
    ```

    ## What to do instead

    Return the status with the body, as a tuple. A handler for several errors takes it from the exception:
    `return {"error": error.description}, error.code`.

    ## References

    - [Flask: custom error pages](https://flask.palletsprojects.com/en/stable/errorhandling/#custom-error-pages)
    - [Flask: returning API errors as JSON](https://flask.palletsprojects.com/en/stable/errorhandling/#returning-api-errors-as-json)
    """

    code = "FD105"
    name = "error-handler-without-status"
    tip = Tip.JSON
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Return the status with the body"
    fix_risk = (
        "Clients see the error's status where they saw 200 until now. A client or a load balancer that took 200 "
        "for granted will notice."
    )
    needs = (b"errorhandler", b"register_error_handler")

    bad = [
        Bad(
            """\
from flask import Flask, render_template

app = Flask(__name__)


@app.errorhandler(404)
def not_found(error):
    return render_template("404.html")
""",
            fixed="""\
from flask import Flask, render_template

app = Flask(__name__)


@app.errorhandler(404)
def not_found(error):
    return render_template("404.html"), 404
""",
        ),
        # A factory; every return of its own; JSON here, a page there.
        Bad(
            """\
import flask


def create_app():
    app = flask.Flask(__name__)

    @app.errorhandler(500)
    def broken(error):
        if flask.request.path.startswith("/api/"):
            return flask.jsonify(error="internal error")
        return "<h1>Sorry</h1>"

    @app.errorhandler(403)
    def forbidden(error):
        return flask.jsonify({"e": 1}) if flask.request.is_json else flask.render_template("403.html", e=error)

    @app.errorhandler(429)
    def slow_down(error):
        return {"error": "too many"} if flask.request.is_json else ("too many", 429)

    return app
""",
            fixed="""\
import flask


def create_app():
    app = flask.Flask(__name__)

    @app.errorhandler(500)
    def broken(error):
        if flask.request.path.startswith("/api/"):
            return flask.jsonify(error="internal error"), 500
        return "<h1>Sorry</h1>", 500

    @app.errorhandler(403)
    def forbidden(error):
        return flask.jsonify({"e": 1}) if flask.request.is_json else flask.render_template("403.html", e=error), 403

    @app.errorhandler(429)
    def slow_down(error):
        return ({"error": "too many"}, 429) if flask.request.is_json else ("too many", 429)

    return app
""",
            hits=4,
        ),
        # A blueprint of another file, registered by a call, a local.
        Bad(
            {
                "shop/__init__.py": """\
from flask import Blueprint, Flask

bp = Blueprint("shop", __name__)
app = Flask(__name__)
from shop import errors

app.register_blueprint(bp)
""",
                "shop/errors.py": """\
from flask import jsonify
from shop import app, bp


@bp.app_errorhandler(404)
def not_found(error):
    answer = {"error": "not found"}
    return answer


def not_allowed(error):
    answer = jsonify(error="not allowed")
    return answer


app.register_error_handler(405, not_allowed)
""",
            },
            fixed={
                "shop/errors.py": """\
from flask import jsonify
from shop import app, bp


@bp.app_errorhandler(404)
def not_found(error):
    answer = {"error": "not found"}
    return answer, 404


def not_allowed(error):
    answer = jsonify(error="not allowed")
    return answer, 405


app.register_error_handler(405, not_allowed)
""",
            },
            hits=2,
        ),
        # The status is not written as one number: advice.
        Bad(
            """\
from http import HTTPStatus

from flask import Flask
from flask_wtf.csrf import CSRFError
from werkzeug import exceptions
from werkzeug.exceptions import NotFound

app = Flask(__name__)


@app.errorhandler(CSRFError)
def no_token(error):
    return {"error": error.description}


@app.errorhandler(NotFound)
def not_found(error):
    return {"error": "not found"}


@app.errorhandler(exceptions.BadRequest)
def bad_request(error):
    return f"bad request: {error.description}"


@app.errorhandler(HTTPStatus.CONFLICT)
def conflict(error):
    return "conflict"


@app.errorhandler(401)
@app.errorhandler(403)
def not_you(error):
    return "not you"
""",
            hits=5,
        ),
    ]

    good = [
        # A status comes along, or an answer that has one of its own.
        """\
from flask import Flask, jsonify, make_response, redirect, render_template, url_for

app = Flask(__name__)


@app.errorhandler(404)
def not_found(error):
    return render_template("404.html"), 404


@app.errorhandler(401)
def unauthorized(error):
    return redirect(url_for("login"))


@app.errorhandler(403)
def forbidden(error):
    return make_response(jsonify(error="no"), 403)


@app.errorhandler(500)
def broken(error):
    return error


@app.errorhandler(405)
def not_allowed(error):
    return error.get_response()


@app.errorhandler(400)
def bad_request(error):
    return answer_for(error)


def answer_for(error):
    return "bad", 400
""",
        # The status is set on the response.
        """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.errorhandler(404)
def not_found(error):
    response = jsonify(error="not found")
    response.status_code = 404
    return response


@app.errorhandler(500)
def broken(error):
    response = jsonify(error="broken")
    mark(response, 500)
    return response


def mark(response, status):
    response.status_code = status
""",
        # A single-page app: every unknown URL is its shell, and the view itself may be the handler.
        """\
from flask import Flask, render_template

app = Flask(__name__)


@app.errorhandler(404)
def shell(error):
    return render_template("index.html")


@app.route("/about")
@app.errorhandler(405)
def about(error=None):
    return render_template("about.html")


def home(error=None):
    return render_template("home.html")


app.add_url_rule("/home", view_func=home)
app.register_error_handler(410, home)
""",
        # A decorator that may add the status.
        """\
from flask import Flask
from answers import with_status

app = Flask(__name__)


@app.errorhandler(404)
@with_status(404)
def not_found(error):
    return {"error": "not found"}
""",
        # Exceptions of the project's own: what they answer is its own business.
        """\
from flask import Flask

app = Flask(__name__)


class SoftError(Exception):
    pass


@app.errorhandler(SoftError)
def soft(error):
    return {"ok": False, "error": str(error)}


@app.errorhandler(Exception)
def anything(error):
    return "sorry"
""",
        # Something else with the same method.
        """\
from flask import Flask
from flask_restx import Api

app = Flask(__name__)
api = Api(app)


@api.errorhandler(404)
def not_found(error):
    return {"message": "not found"}
""",
        # Part of a handler is another function.
        """\
from flask import Flask

app = Flask(__name__)


@app.errorhandler(404)
def not_found(error):
    def text():
        return "not found"

    return text(), 404
""",
        # An application of its own in the tests.
        {
            "tests/test_errors.py": """\
from flask import Flask


def test_handler():
    app = Flask(__name__)

    @app.errorhandler(404)
    def not_found(error):
        return "gone"

    assert app.test_client().get("/x").data == b"gone"
""",
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The return values of error handlers that carry no status."""
        if module.role in ("test", "migration"):
            return
        views = {view.node for view in module.views}
        for function, owners in _handlers(module).items():
            status = _status(module, function)
            if status is None or function in views or _decorated(module, function):
                continue
            called = bool(module.calls(module.qualname(function)))
            unproven = tuple(RouterAssumed(name) for name, proven in owners.items() if not proven)
            for item in module.returns(function):
                for node in _bare(module, item.value):
                    yield Hit(
                        node,
                        f"The handler for {status.words} answers 200: return the status as well",
                        # A script that asks whether the token has expired may well want its 200.
                        severity=Severity.INFO if status.words in _EXPECTED else None,
                        assumes=unproven,
                        fixable=bool(status.number) and not called,
                        advice="" if status.number and not called else _ADVICE,
                        parts={"whole": node is item.value, "status": status.number},
                    )

    def fix(self, site: Site, edit: FileEdit) -> None:
        """``return body`` becomes ``return body, 404``."""
        function = site.module.function_of(site.node)
        assert function is not None
        if site.project.called_elsewhere(site.module.qualname(function), site.module.path):
            raise Refuse("Other code calls this handler and would get a tuple, so it stays as it is.")
        status = site.hit.parts["status"]
        template = f"{{value}}, {status}" if site.hit.parts["whole"] else f"({{value}}, {status})"
        edit.replace(site.node, template, value=site.node)


_ADVICE = (
    "Return the status with the body: `return body, 404`. A handler for several errors takes it from the exception: "
    "`return body, error.code`."
)


def _handlers(module: Module) -> dict[FunctionNode, dict[str, bool]]:
    found: dict[FunctionNode, dict[str, bool]] = {}
    for handler in module.handlers:
        if handler.kind == "errorhandler":
            owners = found.setdefault(handler.node, {})
            owners[handler.owner] = owners.get(handler.owner, False) or handler.proven
    return found


def _decorated(module: Module, function: FunctionNode) -> bool:
    """Whether something beside error handler registrations stands around the function."""
    registrations = {handler.call for handler in module.handlers if handler.kind == "errorhandler"}
    return any(item not in registrations for item in function.decorator_list)


def _status(module: Module, function: FunctionNode) -> _Status | None:
    """The HTTP errors that a function handles; None where it handles anything else."""
    words: list[str] = []
    numbers: list[int] = []
    for handler in module.handlers:
        if handler.node is not function:
            continue
        if len(handler.codes) != 1 or handler.kind != "errorhandler":
            return None
        code = handler.codes[0]
        name = module.resolve(code) or ""
        if isinstance(code, ast.Constant) and isinstance(code.value, int) and code.value >= 400:
            numbers.append(code.value)
            words.append(str(code.value))
        elif name in _OF_EXTENSIONS or (
            name.startswith(("http.HTTPStatus.", "werkzeug.exceptions.")) and not name.endswith(".HTTPException")
        ):
            words.append(name.rpartition(".")[2])
        else:
            return None
    if not words:
        return None
    return _Status(" and ".join(words[:2]), numbers[0] if len(words) == len(numbers) == 1 else 0)


def _bare(module: Module, node: ast.expr | None) -> Iterator[ast.expr]:
    """The expressions of a return value that are surely a body and nothing else; the outermost ones."""
    if node is None:
        return
    if _is_bare(module, node):
        yield node
    elif isinstance(node, ast.IfExp):
        yield from _bare(module, node.body)
        yield from _bare(module, node.orelse)


def _is_bare(module: Module, node: ast.expr) -> bool:
    match node:
        case ast.Constant():
            return isinstance(node.value, str)
        case ast.JoinedStr() | ast.Dict() | ast.DictComp():
            return True
        case ast.IfExp():
            return _is_bare(module, node.body) and _is_bare(module, node.orelse)
        case ast.Call():
            callee = module.resolve(node.func) or ""
            shell = module.string(node.args[0]) if node.args else None
            if callee in _TEXT:
                return shell is None or not shell.endswith(_SHELLS)
            return callee in _JSONIFY
        case ast.Name():
            binding = module.names.binding(node)
            if binding is None or binding.value is None or isinstance(binding.value, ast.Name):
                return False
            # A response in a variable may have its status set; a text or a dict has none to set.
            response = isinstance(binding.value, ast.Call) and module.resolve(binding.value.func) in _JSONIFY
            return _is_bare(module, binding.value) and not (response and module.uses(node))
        case _:
            return False
