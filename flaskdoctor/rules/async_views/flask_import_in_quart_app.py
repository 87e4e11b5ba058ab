"""FD905: something of Flask's that needs its context, used in an app of Quart's."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

# Each was called in a view of Quart 0.22 and raised RuntimeError; Quart has a name of its own for all of them.
# ``redirect``, ``abort``, ``Response`` and ``Blueprint`` of Flask's work there.
_NEED_FLASK = frozenset({
    "request", "session", "g", "current_app", "url_for", "render_template", "render_template_string", "flash",
    "get_flashed_messages", "jsonify", "make_response", "send_file", "send_from_directory", "stream_with_context",
    "after_this_request", "copy_current_request_context", "stream_template", "stream_template_string",
})  # fmt: skip
# What Quart gives as coroutines: an import alone does not mend a call that nobody awaits.
_AWAITED = frozenset({
    "render_template", "render_template_string", "make_response", "send_file", "send_from_directory", "stream_template",
    "stream_template_string",
})  # fmt: skip
_AWAITED_OF_REQUEST = frozenset({"form", "files", "values", "json", "get_json", "data", "get_data"})
_PATCH = ("quart_flask_patch", "quart.flask_patch")


class FlaskImportInQuartApp(Rule):
    """A view of a Quart app uses `request`, `session` or another name of Flask's: every call of it fails.

    ## What it finds

    `request`, `session`, `g`, `current_app`, `url_for`, `render_template`, `flash`, `jsonify`, `make_response`,
    `send_file` and the like, imported from `flask` and used in the views of a Quart app or blueprint, or in the
    functions of a project whose only apps are Quart's.

    Not in a project that imports `quart_flask_patch` (`quart.flask_patch` until Quart 0.18), which makes Flask's names
    work for the sake of extensions. `redirect`, `abort`, `Response` and `Blueprint` of Flask's work in Quart.

    ## Why it matters

    Quart has Flask's interface, but its own contexts. Flask's names look for a context of Flask's and find none:

    ```text
    RuntimeError: Working outside of request context.
    ```

    It is what an editor's automatic import leaves behind, or a view that came over from a Flask app. The app starts;
    each request to that view answers 500.

    ## What to do instead

    ```python
    from quart import Quart, render_template, request

    @app.post("/orders")
    async def add():
        order = await request.get_json()
        return await render_template("order.html", order=order)
    ```

    The fix changes the imports. In Quart `request.get_json()`, `request.form`, `render_template()` and
    `make_response()` have to be awaited: where they are not, the fix asks first, and writing `await` is left to you.

    ## References

    - https://quart.palletsprojects.com/en/latest/how_to_guides/flask_migration/
    - https://quart.palletsprojects.com/en/latest/how_to_guides/flask_extensions/
    - https://github.com/pgjones/quart-flask-patch
    """

    code = "FD905"
    name = "flask-import-in-quart-app"
    tip = Tip.ASYNC
    severity = Severity.ERROR
    fix_title = "Import it from quart"
    fix_risk = "What Quart gives as coroutines (templates, forms, JSON, files) has to be awaited: that is left to you."
    needs = (b"async def", b"quart", b"Quart")

    bad = [
        Bad(
            'from flask import request, session\nfrom quart import Quart\n\napp = Quart(__name__)\n\n\n@app.get("/")\n'
            'async def index():\n    return {"name": request.args.get("name"), "user": session.get("user")}\n',
            fixed='from quart import Quart, request, session\n\napp = Quart(__name__)\n\n\n@app.get("/")\n'
            'async def index():\n    return {"name": request.args.get("name"), "user": session.get("user")}\n',
        ),
        Bad(
            "import flask\nimport quart\n\napp = quart.Quart(__name__)\n\n\n@app.route('/')\nasync def index():\n"
            "    if not flask.g.get('user'):\n        return flask.redirect('/login')\n    return flask.request.path\n",
            fixed="import flask\nimport quart\n\napp = quart.Quart(__name__)\n\n\n@app.route('/')\n"
            "async def index():\n    if not quart.g.get('user'):\n        return flask.redirect('/login')\n"
            "    return quart.request.path\n",
        ),
        # Templates and forms have to be awaited in Quart.
        Bad(
            "from flask import render_template, request\nfrom quart import Quart\n\napp = Quart(__name__)\n\n\n"
            "@app.post('/')\nasync def index():\n    return render_template('x.html', name=request.form['name'])\n",
            fixed="from quart import Quart, render_template, request\n\napp = Quart(__name__)\n\n\n"
            "@app.post('/')\nasync def index():\n    return render_template('x.html', name=request.form['name'])\n",
            hits=1,
        ),
        # The view's blueprint and what it calls stand in other files.
        Bad(
            {
                "shop/__init__.py": (
                    "from quart import Quart\n\nfrom shop.orders import bp\n\n\ndef create_app():\n"
                    "    app = Quart(__name__)\n    app.register_blueprint(bp)\n    return app\n"
                ),
                "shop/orders.py": (
                    "from flask import abort, jsonify as answer\nfrom quart import Blueprint\n\n"
                    "from shop.rights import may_order\n\nbp = Blueprint('orders', __name__)\n\n\n"
                    "@bp.route('/orders')\nasync def orders():\n    if not await may_order():\n        abort(403)\n"
                    "    return answer([])\n"
                ),
                "shop/rights.py": (
                    "from flask import current_app, session\n\n\nasync def may_order():\n"
                    "    return session.get('user') in current_app.config['BUYERS']\n"
                ),
            },
            fixed={
                "shop/orders.py": (
                    "from flask import abort\nfrom quart import Blueprint, jsonify\n\n"
                    "from shop.rights import may_order\n\nbp = Blueprint('orders', __name__)\n\n\n"
                    "@bp.route('/orders')\nasync def orders():\n    if not await may_order():\n        abort(403)\n"
                    "    return jsonify([])\n"
                ),
                "shop/rights.py": (
                    "from quart import current_app, session\n\n\nasync def may_order():\n"
                    "    return session.get('user') in current_app.config['BUYERS']\n"
                ),
            },
            hits=2,
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        "from flask import Response, abort, redirect\nfrom quart import Quart, request\n\napp = Quart(__name__)\n\n\n"
        "@app.get('/')\nasync def index():\n    if not request.args:\n        abort(404)\n    return redirect('/x')\n",
        # The patch makes Flask's names work.
        "import quart_flask_patch\nfrom flask import request\nfrom quart import Quart\n\napp = Quart(__name__)\n\n\n"
        "@app.get('/')\nasync def index():\n    return request.path\n",
        {
            "run.py": "import quart.flask_patch\n\nfrom app import app\n",
            "app.py": (
                "from flask import session\nfrom quart import Quart\n\napp = Quart(__name__)\n\n\n"
                "@app.get('/')\nasync def index():\n    return session.get('x', '')\n"
            ),
        },
        # A Flask app with async views, and one beside a Quart app.
        "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/')\nasync def index():\n"
        "    return request.path\n",
        {
            "old.py": (
                "from flask import Flask, request\nfrom helpers import name\n\napp = Flask(__name__)\n\n\n"
                "@app.get('/')\ndef index():\n    return request.path\n"
            ),
            "helpers.py": (
                "import asyncio\n\nfrom flask import session\n\n\nasync def name():\n    return session['name']\n"
            ),
            "new.py": (
                "from quart import Quart, request\n\napp = Quart(__name__)\n\n\n@app.get('/')\n"
                "async def index():\n    return request.path\n"
            ),
        },
        # Only for annotations.
        "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING\n\nfrom quart import Quart\n\n"
        "if TYPE_CHECKING:\n    from flask import request\n\napp = Quart(__name__)\n\n\n@app.get('/')\n"
        "async def index() -> request:\n    return 'x'\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        if b"flask" not in module.source:
            return
        for node in module.nodes(ast.ImportFrom, ast.Import):
            uses = _uses(module, node) if module.at_import(node) else []
            if uses:
                names = sorted({name for name, _ in uses})
                shown = ", ".join(names[:3]) + (" .." if len(names) > 3 else "")
                owners = {owner for _, use in uses if (owner := _owner(module, use))}
                yield Hit(
                    node,
                    f"{shown} of flask in a Quart app: RuntimeError, its context is another one",
                    data=tuple(sorted(owners)),
                    fix=Fix.UNSAFE if any(_to_await(module, *item) for item in uses) else None,
                    parts={"uses": tuple(uses)},
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        if any(
            item.target in _PATCH or item.target.startswith(tuple(f"{name}." for name in _PATCH))
            for facts in project.modules.values()
            for item in facts.imports
        ):
            return None
        path = candidate.location.path
        if project.modules[path].role not in ("app", "script"):
            return None
        links = project.links
        libraries = {
            made.library.partition(".")[0]
            for owner in candidate.data
            for name in links.routers(str(owner), path)
            if (made := links.router(name)) is not None
        }
        if not libraries:  # a helper: what the project's apps are decides
            libraries = {made.library.partition(".")[0] for made in links.all_routers("app")}
        return candidate.severity if libraries == {"quart"} else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        uses = site.hit.parts["uses"]
        assert isinstance(uses, tuple)
        for name, use in uses:
            if isinstance(use, ast.Attribute):
                local = edit.add_import("quart")
                edit.replace(use, f"{local}.{name}")
            else:
                local = edit.add_import("quart", name)
                if use.id != local:
                    edit.replace(use, local)
            edit.drop_import_if_unused(f"flask.{name}" if isinstance(use, ast.Name) else "flask")


def _uses(module: Module, node: ast.AST) -> list[tuple[str, ast.Name | ast.Attribute]]:
    """Where functions use what an import of Flask brings, by the name in ``flask``."""
    found: list[tuple[str, ast.Name | ast.Attribute]] = []
    if isinstance(node, ast.ImportFrom) and node.module == "flask" and not node.level:
        for item in node.names:
            if item.name in _NEED_FLASK:
                found.extend(
                    (item.name, use)
                    for use in module.readings(item.asname or item.name)
                    if module.resolve(use) == f"flask.{item.name}" and _runs_later(module, use)
                )
    elif isinstance(node, ast.Import):
        bound = next((item.asname or item.name for item in node.names if item.name == "flask"), None)
        for use in module.readings(bound) if bound is not None else ():
            parent = module.parent(use)
            if (
                isinstance(parent, ast.Attribute)
                and parent.attr in _NEED_FLASK
                and module.resolve(parent) == f"flask.{parent.attr}"
                and _runs_later(module, use)
            ):
                found.append((parent.attr, parent))
    return found


def _to_await(module: Module, name: str, use: ast.Name | ast.Attribute) -> bool:
    """Whether Quart's counterpart has to be awaited, and is not yet."""
    parent = module.parent(use)
    if name == "request":
        if not isinstance(parent, ast.Attribute) or parent.attr not in _AWAITED_OF_REQUEST:
            return False
        use, parent = parent, module.parent(parent)
    elif name not in _AWAITED:
        return False
    if isinstance(parent, ast.Call) and parent.func is use:
        parent = module.parent(parent)
    return not isinstance(parent, ast.Await)


def _runs_later(module: Module, node: ast.AST) -> bool:
    """In a function's body, where a request is; annotations aside."""
    return module.function_of(node) is not None and not module.at_import(node) and not _annotates(module, node)


def _annotates(module: Module, node: ast.AST) -> bool:
    child = node
    for parent in module.ancestors(node):
        if isinstance(parent, ast.AnnAssign) and parent.annotation is child:
            return True
        if isinstance(parent, ast.arg):
            return True
        child = parent
    return False


def _owner(module: Module, use: ast.AST) -> str | None:
    """The app or blueprint of the view that a name is used in."""
    function = module.function_of(use)
    for view in module.views:
        if view.node is function and function is not None:
            return view.routes[0].owner
    return None
