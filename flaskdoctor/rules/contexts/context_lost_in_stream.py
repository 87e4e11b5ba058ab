"""FD504: a streamed response whose generator needs the context of the request that is over by then."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.module import Module
from flaskdoctor.project.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.views import keyword
from flaskdoctor.rules.rule import Assumption, Bad, Files, Good, Hit, RouterAssumed, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit

# What asks for a context when it is used: its name in the message, and which context that is.
_NEEDS = {
    "flask.request": ("request", "request"),
    "flask.globals.request": ("request", "request"),
    "flask.session": ("session", "request"),
    "flask.globals.session": ("session", "request"),
    "flask.g": ("g", "app"),
    "flask.globals.g": ("g", "app"),
    "flask.current_app": ("current_app", "app"),
    "flask.globals.current_app": ("current_app", "app"),
    "flask.url_for": ("url_for()", "app"),
    "flask.helpers.url_for": ("url_for()", "app"),
    "flask.render_template": ("render_template()", "app"),
    "flask.render_template_string": ("render_template_string()", "app"),
    "flask.templating.render_template": ("render_template()", "app"),
    "flask.templating.render_template_string": ("render_template_string()", "app"),
}
_RESPONSES = frozenset(
    {
        "flask.Response",
        "flask.wrappers.Response",
        "flask.make_response",
        "flask.helpers.make_response",
        "werkzeug.Response",
        "werkzeug.wrappers.Response",
        "werkzeug.wrappers.response.Response",
    }
)
_MANUAL = ("request_context", "app_context", "RuntimeError")


class _Stream(NamedTuple):
    """A generator that becomes a response's body: the expression that makes it, and the module it may be called
    through (``flask`` in ``flask.Response``)."""

    node: ast.expr
    flask: ast.expr | None = None
    assumes: tuple[Assumption, ...] = ()


class ContextLostInStream(Rule):
    """A streamed response reads `request` or another proxy in its generator, which runs after the context is gone.

    ## What it finds

    A generator that is given to `Response(..)`, `make_response(..)` or returned by a view, and that reads `request`,
    `session`, `g` or `current_app`, or calls `url_for` or `render_template`: in the generator function itself, in
    a generator expression, or in a plain function of the same file that it calls. Whatever is read before (in the
    view, in the arguments of the generator, in the outermost `for` of a generator expression) is fine.

    ## Why it matters

    Flask pops the contexts as soon as the view has returned the response object. The WSGI server asks for the
    body only then, so the generator starts when there is no request any more:

    ```text
    RuntimeError: Working outside of request context.
    ```

    If that happens before the first piece is sent, the client sees a 500. Later, it sees a response with status 200
    that breaks off in the middle, which no error handler can mend and which tests that only look at the status
    never notice. It fails every time, on Flask 3.1 as on 2.3.

    ## What to do instead

    Keep the context for as long as the body is made:

    ```python
    from flask import stream_with_context

    return Response(stream_with_context(generate()), mimetype="text/csv")
    ```

    It also works as a decorator of the generator function. Or read what is needed in the view and hand it over:
    `generate(request.args["q"])`. For templates there is `stream_template`.

    ## References

    - https://flask.palletsprojects.com/en/stable/patterns/streaming/#streaming-with-context
    - https://flask.palletsprojects.com/en/stable/api/#flask.stream_with_context
    """

    code = "FD504"
    name = "context-lost-in-stream"
    tip = Tip.CONTEXTS
    severity = Severity.ERROR
    fix_title = "Stream with the context kept"
    needs = (b"yield", b"Response(", b"make_response(", b"response_class(")

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/export")
def export():
    def generate():
        yield "id,name\\n"
        for row in rows(request.args["q"]):
            yield f"{row}\\n"

    return Response(generate(), mimetype="text/csv")


def rows(query):
    return [query]
""",
            """\
from flask import Flask, Response, request, stream_with_context

app = Flask(__name__)


@app.get("/export")
def export():
    def generate():
        yield "id,name\\n"
        for row in rows(request.args["q"]):
            yield f"{row}\\n"

    return Response(stream_with_context(generate()), mimetype="text/csv")


def rows(query):
    return [query]
""",
        ),
        # A generator expression, a module-level generator, a local name, a bare return, ``response=``.
        Bad(
            """\
import flask as f

app = f.Flask(__name__)


def lines(count):
    for number in range(count):
        yield f.render_template("line.txt", number=number)


@app.get("/a")
def a():
    return f.Response(f.session["name"] + str(i) for i in range(3))


@app.get("/b")
def b():
    return f.Response(response=lines(3), status=200)


@app.get("/c")
def c():
    body = lines(4)
    return f.make_response(body, 200)


@app.get("/d")
def d():
    return app.response_class((f.g.user for _ in "ab"), mimetype="text/plain")
""",
            """\
import flask as f

app = f.Flask(__name__)


def lines(count):
    for number in range(count):
        yield f.render_template("line.txt", number=number)


@app.get("/a")
def a():
    return f.Response(f.stream_with_context((f.session["name"] + str(i) for i in range(3))))


@app.get("/b")
def b():
    return f.Response(response=f.stream_with_context(lines(3)), status=200)


@app.get("/c")
def c():
    body = lines(4)
    return f.make_response(f.stream_with_context(body), 200)


@app.get("/d")
def d():
    return app.response_class(f.stream_with_context((f.g.user for _ in "ab")), mimetype="text/plain")
""",
            hits=4,
        ),
        # Returned bare, by a blueprint from another file; the view is the generator; one call away.
        Bad(
            {
                "shop/__init__.py": "from flask import Blueprint, Flask\n\nbp = Blueprint('feed', __name__)\n"
                "from shop import feed\n\napp = Flask(__name__)\napp.register_blueprint(bp)\n",
                "shop/feed.py": """\
from flask import current_app, url_for

from shop import bp


def line(number):
    return url_for("feed.show", number=number)


def lines():
    for number in range(3):
        yield line(number)


@bp.get("/<int:number>")
def show(number):
    return lines(), 200, {"Content-Type": "text/plain"}


@bp.get("/names")
def names():
    yield current_app.name
""",
            },
            {
                "shop/feed.py": """\
from flask import current_app, stream_with_context, url_for

from shop import bp


def line(number):
    return url_for("feed.show", number=number)


def lines():
    for number in range(3):
        yield line(number)


@bp.get("/<int:number>")
def show(number):
    return stream_with_context(lines()), 200, {"Content-Type": "text/plain"}


@bp.get("/names")
def names():
    yield current_app.name
""",
            },
            hits=2,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # The context is kept, by a call or a decorator; what is needed is read before.
        """\
from flask import Flask, Response, request, stream_with_context

app = Flask(__name__)


def lines(query, limit=10):
    for number in range(limit):
        yield f"{query} {number}\\n"


@app.get("/a")
def a():
    def generate():
        yield request.path

    return Response(stream_with_context(generate()))


@app.get("/b")
def b():
    @stream_with_context
    def generate():
        yield request.path

    return Response(generate())


@app.get("/c")
def c():
    query = request.args["q"]

    def generate(path=request.path):
        yield query
        yield path

    return Response(generate())


@app.get("/d")
def d():
    return Response(lines(request.args["q"]), mimetype="text/plain")


@app.get("/e")
def e():
    return Response(str(line) for line in request.args.getlist("line"))


@app.get("/f")
def f():
    generate = stream_with_context(request.path for _ in "ab")
    return Response(generate)
""",
        # Used up inside the view, or not a generator at all.
        """\
from flask import Flask, Response, current_app, jsonify, make_response, render_template, request

app = Flask(__name__)


@app.get("/a")
def a():
    def parts():
        yield request.path

    return Response("".join(parts()))


@app.get("/b")
def b():
    def parts():
        yield request.path

    return Response(list(parts()))


@app.get("/c")
def c():
    def page():
        return render_template("page.html", path=request.path)

    return make_response(page(), 200)


@app.get("/d")
def d():
    def parts():
        yield request.path

    return jsonify([part for part in parts()])


@app.get("/e")
def e():
    return Response([current_app.name for _ in "ab"])
""",
        # A context of its own, a question, another framework's names, names that mean something else.
        """\
from flask import Flask, Response, has_request_context, request as flask_request
from sqlalchemy.orm import Session as session

app = Flask(__name__)


@app.get("/a")
def a():
    def parts():
        with app.app_context():
            yield app.url_for("a")

    return Response(parts())


@app.get("/b")
def b():
    def parts():
        yield flask_request.path if has_request_context() else "-"

    return Response(parts())


@app.get("/c")
def c():
    def parts(request, g):
        with session() as opened:
            yield str(opened) + request.path + g.name

    return Response(parts(flask_request._get_current_object(), a))
""",
        """\
from quart import Quart, Response, request

app = Quart(__name__)


@app.get("/a")
async def a():
    async def parts():
        yield request.path

    return Response(parts())
""",
        # A test that keeps the context itself.
        {
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "tests/test_app.py": "from flask import Response, request\nfrom app import app\n\n\ndef test_stream():\n"
            "    def parts():\n        yield request.path\n\n    with app.test_request_context():\n"
            "        assert Response(parts()).data == b'/'\n",
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The generators of responses that need a context, and the views that are such a generator."""
        if module.role in ("test", "migration"):
            return
        severity = Severity.INFO if module.role in ("example", "docs") else None
        asked: dict[ast.AST | None, list[str]] | None = None
        for stream in _streams(module):
            if asked is None:
                asked = _asked(module)
            what = _needed(module, stream.node, asked)
            if what is not None:
                yield Hit(
                    stream.node,
                    f"{what} is used while the response is streamed, when its context is gone",
                    assumes=stream.assumes,
                    severity=severity,
                    parts={"flask": stream.flask},
                )
        if b"yield" not in module.source:
            return
        for view in module.views:
            node = view.node
            if isinstance(node, ast.FunctionDef) and not view.decorators and _is_generator(module, node):
                what = _needed_in(module, node, _asked(module) if asked is None else asked)
                if what is not None:
                    yield Hit(
                        node,
                        f"{node.name}() is a generator: {what} is used when its context is gone",
                        assumes=_assumed(view.routes[0].owner, proven=view.routes[0].proven),
                        severity=severity,
                        fixable=False,
                        advice=_ADVICE,
                    )

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put ``stream_with_context`` around the generator."""
        node = cast("ast.expr", site.node)
        flask = site.hit.parts["flask"]
        if isinstance(flask, ast.AST):
            edit.replace(node, "{flask}.stream_with_context({body})", flask=flask, body=node)
        else:
            local = edit.add_import("flask", "stream_with_context")
            edit.replace(node, f"{local}({{body}})", body=node)


_ADVICE = (
    "Put `@stream_with_context` right above the function, below the route: it is imported from flask and keeps the "
    "context until the last piece is sent."
)


def _streams(module: Module) -> Iterator[_Stream]:
    """The expressions that may be a response's body, made by a generator."""
    calls = module.calls(*_RESPONSES)
    if b"response_class(" in module.source:
        for node in module.nodes(ast.Call):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "response_class"
            ):
                calls.append(node)
    for call in calls:
        body = call.args[0] if call.args else keyword(call, "response")
        if body is not None:
            yield _Stream(body, _flask_of(module, call.func))
    for view in module.views:
        if not isinstance(view.node, FUNCTIONS):
            continue
        for statement in module.returns(view.node):
            value = statement.value
            if isinstance(value, ast.Tuple) and value.elts:
                value = value.elts[0]
            if isinstance(value, ast.Call | ast.GeneratorExp | ast.Name):
                yield _Stream(value, None, _assumed(view.routes[0].owner, proven=view.routes[0].proven))


def _assumed(owner: str, *, proven: bool) -> tuple[Assumption, ...]:
    return () if proven else (RouterAssumed(owner),)


def _flask_of(module: Module, function: ast.expr) -> ast.expr | None:
    """``flask`` where the file says ``flask.Response``, or imports the package and nothing from it."""
    if isinstance(function, ast.Attribute) and module.resolve(function.value) == "flask":
        return function.value
    names = module.names.module_scope.bindings.values()
    if any(item.target.startswith("flask.") for several in names for item in several):
        return None
    for node in module.nodes(ast.Attribute):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and module.resolve(node.value) == "flask"
        ):
            return node.value
    return None


def _asked(module: Module) -> dict[ast.AST | None, list[str]]:
    """What needs a context, by the function or generator expression in which it is used."""
    found: dict[ast.AST | None, list[str]] = {}
    for node in module.nodes(ast.Name, ast.Attribute):
        if isinstance(getattr(node, "ctx", None), ast.Load) and module.resolve(node) in _NEEDS:
            found.setdefault(_runner(module, node), []).append(cast("str", module.resolve(node)))
    return found


def _runner(module: Module, node: ast.AST) -> ast.AST | None:
    """The function, lambda or generator expression that has to run for a node to be evaluated."""
    scope = module.names.scope_of(node)
    while isinstance(scope.node, ast.ListComp | ast.SetComp | ast.DictComp) and scope.parent is not None:
        scope = scope.parent
    return scope.node


def _needed(module: Module, node: ast.expr, asked: dict[ast.AST | None, list[str]]) -> str | None:
    """What the generator that an expression makes needs a context for; None where it is none, or needs none."""
    if isinstance(node, ast.Name):
        binding = module.names.binding(node)
        same = binding is not None and module.function_of(binding.node) is module.function_of(node)
        if binding is None or binding.value is None or not same:
            return None
        node = binding.value
    if isinstance(node, ast.GeneratorExp):
        return _first(asked.get(node, []))
    if isinstance(node, ast.Call):
        function = _function(module, node)
        if function is not None and _is_generator(module, function):
            return _needed_in(module, function, asked)
    return None


def _needed_in(module: Module, function: ast.FunctionDef, asked: dict[ast.AST | None, list[str]]) -> str | None:
    """What a generator function uses itself, or through a plain function of this file that it calls."""
    if _has_own_context(module, function):
        return None
    found = _first(asked.get(function, []))
    if found is not None:
        return found
    for call in module.nodes(ast.Call):
        if isinstance(call, ast.Call) and _runner(module, call) is function:
            called = _function(module, call)
            if called is not None and called is not function and not _has_own_context(module, called):
                found = _first(asked.get(called, []))
                if found is not None:
                    return f"{found} (in {called.name}())"
    return None


def _first(names: list[str]) -> str | None:
    """What to name in the message: the request rather than the app."""
    if not names:
        return None
    name = min(names, key=lambda each: _NEEDS[each][1] != "request")
    return _NEEDS[name][0]


def _function(module: Module, call: ast.Call) -> ast.FunctionDef | None:
    """The undecorated function of this file that is called."""
    binding = module.names.binding(call.func) if isinstance(call.func, ast.Name) else None
    node = binding.node if binding is not None else None
    return node if isinstance(node, ast.FunctionDef) and not node.decorator_list else None


def _is_generator(module: Module, function: FunctionNode) -> bool:
    return any(module.function_of(node) is function for node in module.nodes(ast.Yield, ast.YieldFrom))


def _has_own_context(module: Module, function: FunctionNode) -> bool:
    """Whether it asks for a context or makes one: then it knows what it does."""
    text = module.lines_of(function)
    return any(word in text for word in _MANUAL)
