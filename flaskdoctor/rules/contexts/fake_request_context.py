"""FD507: a request that is made up with ``test_request_context`` in code that is no test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.contexts.jobs import COMMAND, find_jobs
from flaskdoctor.project.routing.views import HTTP_METHODS
from flaskdoctor.rules.rule import Assumption, Bad, Candidate, Files, Good, Hit, RouterAssumed, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_METHOD = "test_request_context"
_URL_FOR = frozenset({"flask.url_for", "flask.helpers.url_for"})
# Commands, shells, development servers and documentation: nobody is on the other end of a request there.
_SCRIPT = re.compile(
    r"(?i)(?:^|[/_])(?:cli|commands?|shell|manage|scripts?|dev|debug\w*|bench\w*|seeds?|fixtures?)(?:[/_.]|$)"
)
_ASKS = re.compile(r"has_request_context|_request_ctx_stack|if (?:not )?request\b|contextmanager")
_BEFORE, _LINKS, _OTHER = "in a request", "links", "other"


class FakeRequestContext(Rule):
    """`test_request_context` makes up a request in code that is no test.

    ## What it finds

    `app.test_request_context(..)` and `current_app.test_request_context(..)` in the app's own code:

    - in a view or a request hook, where it hides the real request (a warning);
    - around `url_for(.., _external=True)`, with no `base_url` and no `SERVER_NAME` in the project's configuration
      (a warning): the links lead to `http://localhost/`;
    - in other functions (an info).

    Not in tests, scripts, commands and shells, nor in tasks and functions that pass a `base_url` or ask
    `has_request_context()` first: they know that the request is not real.

    ## Why it matters

    The made-up request is one for `http://localhost/` from nobody: no cookies, no session, no user, no headers, no
    address. `before_request` hooks do not run for it, so what they put into `g` is missing. Code under it works, and
    gives wrong results: mails with links to localhost, prices for the default currency, texts in the default language.

    Within a view it is worse. The inner request takes the place of the real one: `session` is an empty one, and what
    is written into it is thrown away; `request.remote_addr` and the headers are gone; `after_request` functions that
    the inner code registers never run. Where Flask-Login is first asked for `current_user` under it, the user is
    anonymous, and stays so for the rest of the real request.

    ## What to do instead

    Call the function that does the work, not the view that wraps it:

    ```python
    @app.post("/api/old")
    def old():
        return reschedule(request.get_json())  # a plain function that both views call
    ```

    Outside of requests, templates, the database and `url_for` need an *app* context only, and `SERVER_NAME` for links:

    ```python
    app.config["SERVER_NAME"] = "shop.example.com"
    app.config["PREFERRED_URL_SCHEME"] = "https"

    with app.app_context():
        send_mail(url_for("orders.show", id=order.id, _external=True))
    ```

    ## References

    - https://flask.palletsprojects.com/en/stable/testing/#tests-that-depend-on-an-active-context
    - https://flask.palletsprojects.com/en/stable/api/#flask.url_for
    - https://flask.palletsprojects.com/en/stable/config/#SERVER_NAME
    """

    code = "FD507"
    name = "fake-request-context"
    tip = Tip.CONTEXTS
    severity = Severity.WARNING
    needs = (b".test_request_context(",)

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from flask import Flask, current_app, request

app = Flask(__name__)


@app.post("/api/reschedule")
def reschedule():
    return request.get_json()


@app.post("/api/old")
def old():
    data = {"day": request.get_json()["date"]}
    with current_app.test_request_context("/api/reschedule", method="POST", json=data):
        return reschedule()
"""
        ),
        # A blueprint's view, a hook, a method view, a pushed one.
        Bad(
            """\
import flask as f
from flask.views import MethodView

bp = f.Blueprint("bp", __name__)
app = f.Flask(__name__)
app.register_blueprint(bp)


@bp.get("/a")
def a():
    with (context := app.test_request_context("/b")):
        context.session["a"] = 1
    return "a"


@app.before_request
def before():
    ctx = f.current_app.test_request_context()
    ctx.push()


class Items(MethodView):
    def get(self):
        with app.app_context(), app.test_request_context():
            return f.render_template("items.html")


app.add_url_rule("/items", view_func=Items.as_view("items"))
""",
            hits=3,
        ),
        # Links to localhost, in a task; in a helper.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\n",
                "shop/reminders.py": """\
from celery import shared_task
from flask import current_app, url_for

from shop import app


@shared_task
def remind(order):
    with current_app.test_request_context():
        print(url_for("orders.show", order=order, _external=True))


def links():
    with app.test_request_context("/"):
        return [url_for("orders.list", _external=True)]


def page():
    with app.test_request_context():
        return app.jinja_env.get_template("page.html").render()
""",
            },
            hits=3,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # Tests and scripts, commands, shells, the main guard.
        {
            "app.py": """\
from flask import Flask, url_for

app = Flask(__name__)


@app.cli.command()
def links():
    with app.test_request_context():
        print(url_for("index", _external=True))


def test_index():
    with app.test_request_context():
        assert url_for("index") == "/"


if __name__ == "__main__":
    with app.test_request_context("/"):
        print(url_for("index"))
""",
            "tests/test_app.py": "from app import app\n\n\ndef test_x():\n    with app.test_request_context():\n"
            "        pass\n",
            "scripts/links.py": "from app import app\n\n\ndef links():\n    with app.test_request_context():\n"
            "        pass\n",
            "shop/cli.py": "from app import app\n\n\ndef links():\n    with app.test_request_context():\n"
            "        pass\n",
        },
        # They know that it is not real: a base URL, a question, a task that needs a context for templates.
        """\
from contextlib import contextmanager

from celery import shared_task
from flask import Flask, current_app, has_request_context, render_template, url_for

app = Flask(__name__)


def link():
    with app.test_request_context(base_url=app.config["BASE_URL"]):
        return url_for("index", _external=True)


def maybe():
    if has_request_context():
        return url_for("index")
    with current_app.test_request_context():
        return url_for("index")


@contextmanager
def language(code):
    with app.test_request_context(headers={"Accept-Language": code}):
        yield


@shared_task
def digest():
    with current_app.test_request_context("/digest"):
        return render_template("digest.html")


def prepare():
    app.extensions["for_tests"] = app.test_request_context()


with app.test_request_context():
    HOME = url_for("static", filename="x")
""",
        # Where SERVER_NAME is set the made-up request has that host: nothing but the name is wrong in a task.
        """\
from celery import shared_task
from flask import Flask, url_for

app = Flask(__name__)
app.config["SERVER_NAME"] = "shop.example.com"


@shared_task
def remind():
    with app.test_request_context():
        return url_for("index", _external=True)


class Client:
    def test_request_context(self):
        return self
""",
        # The server's own request.
        """\
from flask import Flask

app = Flask(__name__)


def handle(environ):
    with app.request_context(environ):
        return app.full_dispatch_request()
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The requests that functions make up."""
        if module.role != "app" or _SCRIPT.search(module.path):
            return
        serving, found = _serving(module), list(find_jobs(module))
        jobs = {job.node for job in found}
        commands = {job.node for job in found if job.kind == COMMAND or job.method == "command"}
        for call in module.nodes(ast.Call):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            function = module.function_of(call) if call.func.attr == _METHOD else None
            if function is None or function in commands or function.name == _METHOD or purpose_of(module, call):
                continue
            if function in serving:
                yield Hit(
                    call,
                    f"{function.name}() makes up a request inside of a real one, which it hides",
                    assumes=serving[function],
                    data=(_BEFORE,),
                    advice="Move what both need into a plain function, and call that.",
                )
            elif not any(item.arg in ("base_url", "environ_base", None) for item in call.keywords):
                if _ASKS.search(module.lines_of(function)) or _asked_above(module, function):
                    continue
                if _makes_links(module, call):
                    message, kind = "The links made under this request lead to http://localhost/", _LINKS
                elif function in jobs or not _is_entered(module, call):
                    continue
                else:
                    message, kind = f"{function.name}() makes up a request: nobody's, for http://localhost/", _OTHER
                yield Hit(
                    call,
                    message,
                    severity=None if kind == _LINKS else Severity.INFO,
                    data=(kind, function in jobs),
                    advice="`app.app_context()` is enough for templates and the database; links need `SERVER_NAME`.",
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Links are right where the project sets SERVER_NAME."""
        if not project.holds(candidate):
            return None
        if candidate.data[0] == _LINKS and _names_server(project):
            return None if candidate.data[1] else Severity.INFO
        return candidate.severity


def _serving(module: Module) -> dict[FunctionNode, tuple[Assumption, ...]]:
    """The views and request hooks of a file."""
    found: dict[FunctionNode, tuple[Assumption, ...]] = {}
    for view in module.views:
        assumes = () if view.routes[0].proven else (RouterAssumed(view.routes[0].owner),)
        if isinstance(view.node, ast.ClassDef):
            for item in view.node.body:
                if isinstance(item, FUNCTIONS) and item.name in (*HTTP_METHODS, "dispatch_request"):
                    found[item] = assumes
        elif view.node is not None:
            found[view.node] = assumes
    for handler in module.handlers:
        found[handler.node] = () if handler.proven else (RouterAssumed(handler.owner),)
    return found


def _asked_above(module: Module, function: FunctionNode) -> bool:
    """Whether the function is nested in one that makes a context for others: a decorator."""
    return module.function_of(function) is not None or bool(
        _ASKS.search(" ".join(map(ast.dump, function.decorator_list)))
    )


def _is_entered(module: Module, call: ast.Call) -> bool:
    """``with app.test_request_context():``, ``app.test_request_context().push()``, and by a name that is pushed."""
    parent = module.parent(call)
    if isinstance(parent, ast.withitem):
        return True
    if isinstance(parent, ast.Attribute):
        return parent.attr == "push"
    targets = [ast.unparse(item) for item in parent.targets] if isinstance(parent, ast.Assign) else []
    return any(
        isinstance(node, ast.Attribute) and node.attr == "push" and ast.unparse(node.value) in targets
        for node in (module.nodes(ast.Attribute) if targets else ())
    )


def _makes_links(module: Module, call: ast.Call) -> bool:
    """Whether ``url_for(.., _external=True)`` stands in the ``with`` block of the made-up request."""
    item = module.parent(call)
    block = module.parent(item) if isinstance(item, ast.withitem) else None
    if not isinstance(block, ast.With):
        return False
    return any(
        block in module.ancestors(made)
        and any(
            word.arg == "_external" and isinstance(word.value, ast.Constant) and word.value.value is True
            for word in made.keywords
        )
        for made in module.calls(*_URL_FOR)
    )


def _names_server(project: Project) -> bool:
    """Whether some configuration of the project sets SERVER_NAME."""
    return any(key == "SERVER_NAME" for facts in project.modules.values() for key, _ in facts.config_keys)
