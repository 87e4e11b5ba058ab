"""FD106: an error handler for ``Exception`` that takes 404 and 405 with it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.answers.error_guards import FOREIGN_ERRORS, asked_classes, error_name
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.requestflow.settled import ALIKE, HTTP_ERRORS
from flaskdoctor.project.routing.views import router_of
from flaskdoctor.rules.rule import Bad, Candidate, Hit, RouterAssumed, Rule

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.routing.links import Links
    from flaskdoctor.project.routing.views import Handler
    from flaskdoctor.project.snapshot import Project
    from flaskdoctor.rules.rule import Site

_EVERYTHING = frozenset({"builtins.Exception", "builtins.BaseException"})


class CatchAllErrorHandler(Rule):
    """A handler for `Exception` also gets every 404, 405 and `abort(403)`, and turns them into its own answer.

    ## What it finds

    A function registered with `errorhandler(Exception)`, `app_errorhandler(Exception)` or
    `register_error_handler(Exception, ..)` that does not look at what it was given: no `isinstance(error,
    HTTPException)`, no `error.code`, no `raise`, no function of the project that is handed the error and makes the
    answer of it. A branch for errors of the project's own (`isinstance(error, ShopError)`) leaves 404 to what follows.

    Nothing is said where any file of the project has a handler for `HTTPException`: Flask prefers the handler of
    the nearer class.

    ## Why it matters

    `abort(404)`, an unknown URL, a wrong method, a form field that is missing: all of them are exceptions
    (`werkzeug.exceptions.HTTPException`), and since Flask 1.0 a handler for `Exception` is asked for them as well.

    ```python
    @app.errorhandler(Exception)
    def broken(error):
        app.logger.exception(error)
        return {"error": "internal error"}, 500
    ```

    With it a mistyped URL answers 500. Scanners and broken links fill the error log with tracebacks and wake whoever
    is on call; clients retry what will never work, as 500 allows them to; crawlers keep dead pages for weeks. On a
    blueprint it is the same for what its views `abort` with; URLs that match no view are not asked there.

    ## What to do instead

    Hand HTTP errors on, as Flask's documentation does:

    ```python
    from werkzeug.exceptions import HTTPException

    @app.errorhandler(Exception)
    def broken(error):
        if isinstance(error, HTTPException):
            return error
        ...
    ```

    An API that wants JSON for them as well gives `HTTPException` a handler of its own, which answers `{"error":
    error.description}, error.code`. And `errorhandler(500)` is asked for unhandled exceptions only: often that is the
    one that was meant.

    ## References

    - [Flask: generic exception handlers](https://flask.palletsprojects.com/en/stable/errorhandling/#generic-exception-handlers)
    - [Flask: unhandled exceptions](https://flask.palletsprojects.com/en/stable/errorhandling/#unhandled-exceptions)
    """

    code = "FD106"
    name = "catch-all-error-handler"
    tip = Tip.JSON
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Hand HTTP errors on"
    fix_risk = (
        "404, 405 and what the views abort with answer with their own status, and with werkzeug's short HTML page: an "
        "API that wants JSON there needs a handler for HTTPException as well."
    )
    needs = (b"handler(Exception", b"handler(BaseException")

    bad = [
        Bad(
            """\
from flask import Flask

app = Flask(__name__)


@app.errorhandler(Exception)
def broken(error):
    app.logger.exception(error)
    return {"error": "internal error"}, 500
""",
            fixed="""\
from flask import Flask
from werkzeug.exceptions import HTTPException

app = Flask(__name__)


@app.errorhandler(Exception)
def broken(error):
    if isinstance(error, HTTPException):
        return error
    app.logger.exception(error)
    return {"error": "internal error"}, 500
""",
        ),
        # A factory, a docstring, an annotation, one line, a blueprint, an alias, a handler for 404 beside it.
        Bad(
            """\
import flask as f
from flask import render_template
from werkzeug import exceptions

bp = f.Blueprint("shop", __name__)


def create_app():
    app = f.Flask(__name__)

    @app.errorhandler(404)
    def not_found(e):
        return render_template("404.html"), 404

    @app.errorhandler(500)
    @app.errorhandler(Exception)
    def broken(e: Exception) -> tuple[str, int]:
        \"\"\"Tell nobody anything.\"\"\"
        # Not even the type.
        return render_template("500.html", error=str(e)), 500

    return app


@bp.app_errorhandler(Exception)
async def failed(err): return f.jsonify(error=repr(err)), 500
""",
            fixed="""\
import flask as f
from flask import render_template
from werkzeug import exceptions
from werkzeug.exceptions import HTTPException

bp = f.Blueprint("shop", __name__)


def create_app():
    app = f.Flask(__name__)

    @app.errorhandler(404)
    def not_found(e):
        return render_template("404.html"), 404

    @app.errorhandler(500)
    @app.errorhandler(Exception)
    def broken(e: Exception) -> tuple[str, int]:
        \"\"\"Tell nobody anything.\"\"\"
        if isinstance(e, HTTPException):
            return e
        # Not even the type.
        return render_template("500.html", error=str(e)), 500

    return app


@bp.app_errorhandler(Exception)
async def failed(err):
    if isinstance(err, HTTPException):
        return err
    return f.jsonify(error=repr(err)), 500
""",
            hits=2,
        ),
        # Registered by a call, on an app of another file; the name that this file has for HTTPException.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\nfrom shop import errors\n",
                "shop/errors.py": """\
from shop import app
from werkzeug.exceptions import HTTPException as HTTPError


def broken(error, status=500):
    log = app.logger
    log.error("%s: %s", type(error), error)
    if isinstance(error, (ValueError, KeyError)):
        return "What?", 400
    return "Sorry", status


def is_http(error):
    return isinstance(error, HTTPError)


app.register_error_handler(Exception, broken)
""",
            },
            fixed={
                "shop/errors.py": """\
from shop import app
from werkzeug.exceptions import HTTPException as HTTPError


def broken(error, status=500):
    if isinstance(error, HTTPError):
        return error
    log = app.logger
    log.error("%s: %s", type(error), error)
    if isinstance(error, (ValueError, KeyError)):
        return "What?", 400
    return "Sorry", status


def is_http(error):
    return isinstance(error, HTTPError)


app.register_error_handler(Exception, broken)
""",
            },
        ),
        # The handler stands in another file than its registration.
        Bad(
            {
                "shop/__init__.py": """\
from flask import Flask

from . import errors


def create_app():
    app = Flask(__name__)
    app.register_error_handler(Exception, errors.handle_error)
    return app
""",
                "shop/errors.py": """\
from flask import jsonify


def handle_error(error):
    return jsonify(error=str(error)), 500
""",
            },
        ),
        # A branch for errors of the project's own, which are none of HTTP.
        Bad(
            {
                "app.py": """\
from flask import Flask
from shop.errors import ShopError

app = Flask(__name__)


@app.errorhandler(Exception)
def broken(error):
    if isinstance(error, ShopError):
        return {"error": error.description}, error.status
    elif isinstance(error, (LookupError, ValueError)):
        return {"error": "what?"}, 400
    return {"error": "internal error"}, 500
""",
                "shop/errors.py": """\
class BaseError(Exception):
    status = 400


class ShopError(BaseError):
    description = "out of stock"
""",
            },
        ),
        # What werkzeug's errors do not have: 404 becomes 500 here.
        Bad(
            """\
from flask import Flask

app = Flask(__name__)


@app.errorhandler(Exception)
def broken(error):
    return {"error": str(error)}, getattr(error, "status_code", 500)
""",
            fixed="""\
from flask import Flask
from werkzeug.exceptions import HTTPException

app = Flask(__name__)


@app.errorhandler(Exception)
def broken(error):
    if isinstance(error, HTTPException):
        return error
    return {"error": str(error)}, getattr(error, "status_code", 500)
""",
        ),
        # Nothing to look at, and a function that is the page of 404 as well: advice.
        Bad(
            """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.errorhandler(Exception)
def broken(*_):
    return jsonify(error="internal error"), 500


@app.errorhandler(Exception)
@app.errorhandler(404)
def sorry(error):
    return "Sorry", 404
""",
            hits=2,
        ),
    ]

    good = [
        # A guard, in the ways in which projects write one.
        """\
from flask import Flask, jsonify
from werkzeug import exceptions
from werkzeug.exceptions import HTTPException

app = Flask(__name__)


@app.errorhandler(Exception)
def a(error):
    if isinstance(error, HTTPException):
        return error
    return "Sorry", 500


@app.errorhandler(Exception)
def b(error):
    return jsonify(error=str(error)), getattr(error, "code", 500)


@app.errorhandler(Exception)
def c(error):
    try:
        status = error.code
    except AttributeError:
        status = 500
    return jsonify(error="Sorry"), status


@app.errorhandler(Exception)
def d(error):
    if hasattr(error, "get_response"):
        return error.get_response()
    return "Sorry", 500


@app.errorhandler(Exception)
def e(error):
    match error:
        case exceptions.HTTPException():
            return error
    return "Sorry", 500


@app.errorhandler(Exception)
def f(error):
    app.logger.error("broken")
    raise error


@app.errorhandler(Exception)
def g(error):
    status = 500
    if issubclass(type(error), exceptions.HTTPException):
        status = 404
    return "Sorry", status
""",
        # A handler for HTTPException, in this file or another one, or for each of them.
        {
            "app.py": """\
from flask import Flask
from errors import init_errors

app = Flask(__name__)
init_errors(app)


@app.errorhandler(Exception)
def broken(error):
    return "Sorry", 500
""",
            "errors.py": """\
from werkzeug.exceptions import HTTPException as HTTPError


def init_errors(app):
    app.register_error_handler(HTTPError, answer)


def answer(error):
    return {"error": error.description}, error.code
""",
        },
        """\
from flask import Flask
from werkzeug.exceptions import default_exceptions

app = Flask(__name__)


def answer(error):
    return {"error": error.description}, error.code


for code in default_exceptions:
    app.register_error_handler(code, answer)


@app.errorhandler(Exception)
def broken(error):
    return "Sorry", 500
""",
        # What makes the answer is handed the error.
        """\
from answers import answer_for, problem
from flask import Flask

app = Flask(__name__)


@app.errorhandler(Exception)
def broken(error):
    return answer_for(error)


@app.errorhandler(Exception)
def failed(error):
    told = problem(error, locale="en")
    app.logger.error(told)
    return told.body, told.status
""",
        # Classes of the project that are errors of HTTP, or may be.
        {
            "app.py": """\
from flask import Flask
from shop.errors import ApiError, ShopError
from somewhere import Problem

app = Flask(__name__)


@app.errorhandler(Exception)
def broken(error):
    if isinstance(error, ShopError):
        return error
    return "Sorry", 500


@app.errorhandler(Exception)
def failed(error):
    if isinstance(error, (ApiError, Problem)):
        return {"error": str(error)}, error.status
    return "Sorry", 500
""",
            "shop/errors.py": """\
from werkzeug.exceptions import Conflict


class ApiError(Exception):
    status = 400


class ShopError(Conflict):
    pass
""",
        },
        # The handler of another file looks at what it is given, or cannot be seen.
        {
            "app.py": """\
from errors import handle_error
from flask import Flask
from somewhere import on_error

app = Flask(__name__)
app.register_error_handler(Exception, handle_error)
app.register_error_handler(Exception, on_error)
""",
            "errors.py": """\
from flask import jsonify


def handle_error(error):
    return jsonify(error=str(error)), getattr(error, "code", 500)
""",
        },
        # Another class, another registry, a decorator that may look first.
        """\
from answers import http_errors_first
from flask import Flask
from flask_restx import Api

app = Flask(__name__)
api = Api(app)


class Exception_(Exception):
    pass


@app.errorhandler(Exception_)
@app.errorhandler(ValueError)
@app.errorhandler(500)
def broken(error):
    return "Sorry", 500


@api.errorhandler(Exception)
def failed(error):
    return {"message": "Sorry"}, 500


@app.errorhandler(Exception)
@http_errors_first
def other(error):
    return "Sorry", 500
""",
        {
            "tests/test_errors.py": """\
from flask import Flask


def test_handler():
    app = Flask(__name__)

    @app.errorhandler(Exception)
    def broken(error):
        return "Sorry", 500

    assert app.test_client().get("/x").status_code == 500
""",
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The handlers for everything that answer all errors alike."""
        if module.role in ("test", "migration"):
            return
        for handler in module.handlers:
            if handler.kind != "errorhandler" or not handler.codes:
                continue
            if module.resolve(handler.codes[0]) not in _EVERYTHING:
                continue
            asked = asked_classes(module, handler.node)
            if asked is None or _decorated(module, handler):
                continue
            fixable = error_name(handler.node) is not None and not module.calls(module.qualname(handler.node))
            fixable = fixable and not _answers_others(module, handler)
            yield Hit(
                handler.call if handler.call in handler.node.decorator_list else handler.codes[0],
                _MESSAGE,
                assumes=() if handler.proven else (RouterAssumed(handler.owner),),
                fixable=fixable,
                advice="" if fixable else _ADVICE,
                data=("", *asked),
                parts={"function": handler.node},
            )
        yield from _imported(module)

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Drop it where HTTP errors have a handler of their own."""
        if any(HTTP_ERRORS in facts.settled for facts in project.modules.values() if facts.role != "test"):
            return None
        links, path = project.links, candidate.location.path
        imported, *asked = (str(item) for item in candidate.data)
        if any(_may_be_http(links, name, path) for name in asked):
            return None
        if imported:
            alike = ALIKE + links.resolve(imported, path)
            if not any(alike in facts.settled for facts in project.modules.values()):
                return None
        return candidate.severity if project.holds(candidate) else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put the guard above the function's first statement."""
        function = site.hit.parts["function"]
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        error = error_name(function)
        if site.project.called_elsewhere(site.module.qualname(function), site.module.path):
            raise Refuse("Other code calls this handler and would get the exception back, so it stays as it is.")
        local = edit.add_import("werkzeug.exceptions", "HTTPException")
        guard = f"if isinstance({error}, {local}):\n    return {error}"
        if ast.get_docstring(function, clean=False) is None:
            edit.insert_before(function.body[0], guard)
        elif len(function.body) > 1:
            edit.insert_after(function.body[0], guard)
        else:
            raise Refuse("The handler does nothing, so it stays as it is.")


_MESSAGE = "errorhandler(Exception) also gets 404, 405 and every abort(): let HTTPException pass"
_ADVICE = (
    "Hand HTTP errors on (`if isinstance(error, HTTPException): return error`), or register the handler for 500: it is "
    "asked for unhandled exceptions only."
)


def _imported(module: Module) -> Iterator[Hit]:
    """``register_error_handler(Exception, handler)`` with a handler of another file, which is looked up there."""
    own = {handler.call for handler in module.handlers}
    for call in module.calls_of("register_error_handler"):
        if call in own or len(call.args) < 2 or module.resolve(call.args[0]) not in _EVERYTHING:
            continue
        assert isinstance(call.func, ast.Attribute)
        owner, handler = router_of(module, call.func.value), module.resolve(call.args[1])
        if owner is not None and handler is not None:
            yield Hit(
                call.args[0],
                _MESSAGE,
                assumes=() if owner[1] else (RouterAssumed(owner[0]),),
                fixable=False,
                advice=_ADVICE,
                data=(handler,),
            )


def _may_be_http(links: Links, name: str, path: str) -> bool:
    """Whether a class that the handler asks for may be an error of HTTP, or one above them."""
    for ancestor in links.ancestry(links.resolve(name, path)):
        if ancestor.startswith(FOREIGN_ERRORS) or links.bases(ancestor, path)[0]:
            continue
        found = links.find_module(ancestor, path)
        # Of a file that never mentions Flask only the imports are known.
        if found is None or any(
            item.target.partition(".")[0] not in sys.stdlib_module_names for item in found[0].imports
        ):
            return True
    return False


def _answers_others(module: Module, handler: Handler) -> bool:
    """Whether the function is the page of 404 or the like as well: handing that on would take the page away."""
    codes = [code for other in module.handlers if other.node is handler.node for code in other.codes]
    return any(
        module.resolve(code) not in _EVERYTHING and not (isinstance(code, ast.Constant) and code.value == 500)
        for code in codes
    )


def _decorated(module: Module, handler: Handler) -> bool:
    """Whether something beside error handler registrations stands around the function."""
    registrations = {other.call for other in module.handlers if other.kind == "errorhandler"}
    return any(item not in registrations for item in handler.node.decorator_list)
