"""FD504: a streamed response whose generator needs the context of the request that is over by then."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.contexts.inrequest import runs_in_request
from flaskdoctor.project.contexts.streams import context_reads, is_generator, needed, needed_in, streams, unproven_owner
from flaskdoctor.rules.rule import Assumption, Bad, Files, FlaskAtLeast, Good, Hit, RouterAssumed, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit

_ASYNC_SINCE = (3, 1, 2)  # before, it failed with another error: the view runs in a context of its own
_BARE_SINCE = (2, 2)  # before, a view that returned a generator was an error in itself
_ASYNC = """\
from flask import Flask, {names}

app = Flask(__name__)


@app.get("/")
async def index():
    return {body}
"""


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
    fix_risk = (
        "This function is no view: where it is called outside of a request (in a script, with an app context alone), "
        "stream_with_context refuses at once."
    )
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
                "shop/feed.py": (
                    "from flask import current_app, url_for\n\nfrom shop import bp\n\n\ndef line(number):\n"
                    '    return url_for("feed.show", number=number)\n\n\ndef lines():\n    for number in range(3):\n'
                    '        yield line(number)\n\n\n@bp.get("/<int:number>")\ndef show(number):\n'
                    '    return lines(), 200, {"Content-Type": "text/plain"}\n\n\n@bp.get("/names")\ndef names():\n'
                    "    yield current_app.name\n"
                ),
            },
            {
                "shop/feed.py": (
                    "from flask import current_app, stream_with_context, url_for\n\nfrom shop import bp\n\n\n"
                    'def line(number):\n    return url_for("feed.show", number=number)\n\n\ndef lines():\n'
                    '    for number in range(3):\n        yield line(number)\n\n\n@bp.get("/<int:number>")\n'
                    "def show(number):\n"
                    '    return stream_with_context(lines()), 200, {"Content-Type": "text/plain"}\n\n\n'
                    '@bp.get("/names")\ndef names():\n    yield current_app.name\n'
                ),
            },
            hits=2,
        ),
        # A helper may be called with an app context alone: it asks first.
        Bad(
            """\
from flask import Flask, Response, current_app

app = Flask(__name__)


def names():
    def generate():
        yield current_app.name

    return Response(generate())
""",
            """\
from flask import Flask, Response, current_app, stream_with_context

app = Flask(__name__)


def names():
    def generate():
        yield current_app.name

    return Response(stream_with_context(generate()))
""",
        ),
        # In an async view the context can be kept since Flask 3.1.2.
        Bad(
            _ASYNC.format(names="Response, request", body='Response((request.path for _ in "ab"))'),
            _ASYNC.format(
                names="Response, request, stream_with_context",
                body='Response(stream_with_context((request.path for _ in "ab")))',
            ),
            flask="3.1.2",
        ),
        Bad(
            _ASYNC.format(names="Response, request", body='Response((request.path for _ in "ab"))'),
            _ASYNC.format(names="Response, request", body='Response((request.path for _ in "ab"))'),
            flask="3.1.1",
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # Flask 2.1 refuses a generator, whatever it reads: that is another error, and a context kept would never end.
        Good(
            """\
from flask import Flask, request

app = Flask(__name__)


@app.route("/")
def index():
    return (request.path for _ in range(3)), 200


@app.route("/names")
def names():
    yield request.path
""",
            flask="2.1.3",
        ),
        # It asks whether there is a context, and does without.
        """\
from flask import Flask, Response, current_app, request

app = Flask(__name__)


@app.get("/a")
def a():
    def generate():
        yield request.path if request else "nobody asked"

    return Response(generate())


@app.get("/b")
def b():
    def generate():
        if current_app and current_app.debug:
            yield "debugging\\n"
        yield str(bool(request))

    return Response(generate())
""",
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
            yield app.name

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

    return Response(parts(flask_request._get_current_object(), app))
""",
        # Quart's contexts are lost in the same way, and kept in the same way.
        "from quart import Quart, Response, request, stream_with_context\n\napp = Quart(__name__)\n\n\n"
        '@app.get("/a")\nasync def a():\n    @stream_with_context\n    async def parts():\n'
        "        yield request.path\n\n    return Response(parts())\n",
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
        for stream in streams(module):
            if asked is None:
                asked = context_reads(module)
            what = needed(module, stream.node, asked)
            if what is not None:
                yield Hit(
                    stream.node,
                    f"{what} is used while the response is streamed, when its context is gone",
                    assumes=_assumed(stream.owner, bare=stream.bare),
                    severity=severity,
                    fix=None if runs_in_request(module, stream.node) else Fix.UNSAFE,
                    parts={"flask": stream.flask},
                )
        if b"yield" not in module.source:
            return
        for view in module.views:
            node = view.node
            if isinstance(node, ast.FunctionDef) and not view.decorators and is_generator(module, node):
                what = needed_in(module, node, context_reads(module) if asked is None else asked)
                if what is not None:
                    yield Hit(
                        node,
                        f"{node.name}() is a generator: {what} is used when its context is gone",
                        assumes=_assumed(unproven_owner(view), bare=True),
                        severity=severity,
                        fixable=False,
                        advice=_ADVICE,
                    )

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put ``stream_with_context`` around the generator."""
        function = site.module.function_of(site.node)
        if isinstance(function, ast.AsyncFunctionDef) and not site.project.dependencies.flask_at_least(_ASYNC_SINCE):
            raise Refuse("In an async view stream_with_context works from Flask 3.1.2 on: read what it needs before.")
        node = cast("ast.expr", site.node)
        flask = site.hit.parts["flask"]
        if isinstance(flask, ast.AST):
            edit.replace(node, "{flask}.stream_with_context({body})", flask=flask, body=node)
        else:
            local = edit.add_import("flask", "stream_with_context")
            edit.replace(node, f"{local}({{body}})", body=node)


def _assumed(owner: str, *, bare: bool) -> tuple[Assumption, ...]:
    routers = (RouterAssumed(owner),) if owner else ()
    return (*routers, FlaskAtLeast(_BARE_SINCE)) if bare else routers


_ADVICE = (
    "Put `@stream_with_context` right above the function, below the route: it is imported from flask and keeps the "
    "context until the last piece is sent."
)
