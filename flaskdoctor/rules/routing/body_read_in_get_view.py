"""FD1105: a view reads a request's body, and its routes accept no request that has one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.routing.views import Route, View, keyword
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, NotCalled, RouterAssumed, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_READ_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})
_REQUESTS = ("flask.request", "quart.request", "flask.globals.request", "quart.globals.request")
_BODY = ("form", "files")
_JSON = ("json", "get_json")
_READS = frozenset((*_BODY, *_JSON))
_ELSEWHERE = frozenset({"args", "values", "is_json", "content_type", "content_length", "mimetype", "data"})


class BodyReadInGetView(Rule):
    """A view reads the body of a request, and its routes accept only GET, which has none.

    ## What it finds

    Views whose routes allow nothing but GET (that is what a route without `methods=` does) and which read
    `request.form`, `request.files`, `request.get_json()` or `request.json`, ask `form.validate_on_submit()`, or ask
    whether the method is POST before they do so. Class-based views count for their `get` method.

    It says nothing where another route gives the same view a method with a body, where other code calls the view, and
    where the body is only one of several places to look (`request.args.get("q") or request.form.get("q")`).

    ## Why it matters

    Flask answers 405 Method Not Allowed to the POST of the form, before the view is called. And where the view is
    called, for a GET, it finds nothing: `request.form["name"]` ends in 400 Bad Request, `request.form.get("name")` is
    None, `validate_on_submit()` is False, and `request.get_json()` answers 415 (400 with Flask 2.1 and 2.2; before,
    it is None) because browsers send no JSON with a GET. A body that a client does send with a GET may be dropped by
    proxies and caches on the way; some APIs ask for one all the same, so JSON is an info.

    ## What to do instead

    Name the methods that the view is for:

    ```python
    @app.route("/profile", methods=["GET", "POST"])
    def profile():
        form = ProfileForm()
        if form.validate_on_submit():
            ...
        return render_template("profile.html", form=form)
    ```

    A search form that is meant to be a GET sends its fields in the URL: read `request.args`.

    ## References

    - https://flask.palletsprojects.com/en/stable/quickstart/#http-methods
    - https://flask.palletsprojects.com/en/stable/patterns/wtforms/
    - https://www.rfc-editor.org/rfc/rfc9110#section-9.3.1
    """

    code = "FD1105"
    name = "body-read-in-get-view"
    tip = Tip.ROUTING
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Let the route accept POST too"
    fix_risk = "The view is then called for POST requests, which Flask answers with 405 so far: it must expect them."
    needs = (b"validate_on_submit", b".form", b".files", b"json")
    pattern = re.compile(
        rb"validate_on_submit\(|\.form(?:\[|\.get|\.to_dict|\.items|\b)|\.files\b|\.get_json\(|t\.json\b"
    )
    about_routes = True

    bad: ClassVar[list[Bad]] = [
        Bad(
            "from flask import Flask, render_template, request\n\napp = Flask(__name__)\n\n\n"
            '@app.route("/contact")\ndef contact():\n    if request.method == "POST":\n'
            '        print(request.form["message"])\n    return render_template("contact.html")\n',
            fixed="from flask import Flask, render_template, request\n\napp = Flask(__name__)\n\n\n"
            '@app.route("/contact", methods=["GET", "POST"])\ndef contact():\n    if request.method == "POST":\n'
            '        print(request.form["message"])\n    return render_template("contact.html")\n',
        ),
        # WTForms on an imported blueprint, with the shortcut and two URLs.
        Bad(
            {
                "shop/__init__.py": (
                    "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
                    "    from shop.account import bp\n\n    app.register_blueprint(bp)\n    return app\n"
                ),
                "shop/account/__init__.py": (
                    "from flask import Blueprint\n\nbp = Blueprint('account', __name__)\n\n"
                    "from shop.account import views\n"
                ),
                "shop/account/views.py": (
                    "import flask as f\nfrom . import bp\nfrom .forms import LoginForm\n\n\n"
                    "@bp.route('/login', endpoint='login')\n@bp.get('/sign-in')\nasync def login():\n"
                    "    if (form := LoginForm()).validate_on_submit():\n        return 'in'\n"
                    "    return f.render_template('login.html', form=form)\n"
                ),
            },
            fixed={
                "shop/account/views.py": (
                    "import flask as f\nfrom . import bp\nfrom .forms import LoginForm\n\n\n"
                    "@bp.route('/login', endpoint='login', methods=['GET', 'POST'])\n"
                    "@bp.route('/sign-in', methods=['GET', 'POST'])\nasync def login():\n"
                    "    if (form := LoginForm()).validate_on_submit():\n        return 'in'\n"
                    "    return f.render_template('login.html', form=form)\n"
                ),
            },
        ),
        # In a factory, by add_url_rule, uploads; JSON is an info.
        Bad(
            "import flask as f\n\n\ndef upload():\n    picture = f.request.files['picture']\n"
            "    return picture.name\n\n\n"
            "def create_app():\n    app = f.Flask(__name__)\n    app.add_url_rule('/upload', view_func=upload)\n\n"
            "    @app.route('/orders', methods=['GET'])\n    def orders():\n        r = f.request\n"
            "        return {'n': r.get_json()['n']}\n\n    return app\n",
            fixed="import flask as f\n\n\ndef upload():\n    picture = f.request.files['picture']\n"
            "    return picture.name\n\n\n"
            "def create_app():\n    app = f.Flask(__name__)\n"
            "    app.add_url_rule('/upload', view_func=upload, methods=['GET', 'POST'])\n\n"
            "    @app.route('/orders', methods=['GET', 'POST'])\n    def orders():\n        r = f.request\n"
            "        return {'n': r.get_json()['n']}\n\n    return app\n",
            hits=2,
        ),
        # A class-based view: what the form sends has no method to go to.
        Bad(
            "from flask import Blueprint, Flask, render_template\nfrom flask.views import MethodView\n\n"
            "from forms import SignUp\n\nbp = Blueprint('members', __name__)\n\n\nclass Join(MethodView):\n"
            "    def get(self):\n        form = SignUp()\n        if form.validate_on_submit():\n"
            "            return 'welcome'\n        return render_template('join.html', form=form)\n\n\n"
            "bp.add_url_rule('/join', view_func=Join.as_view('join'))\napp = Flask(__name__)\n"
            "app.register_blueprint(bp)\n"
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # The methods are there: on the route, on another route of the same view, in a class.
        "from flask import Flask, request\nfrom flask.views import MethodView\n\napp = Flask(__name__)\n"
        "WRITE = ['POST']\n\n\n@app.route('/a', methods=['GET', 'POST'])\ndef a():\n"
        "    return request.form['a']\n\n\n"
        "@app.post('/b')\ndef b():\n    return request.get_json()\n\n\n@app.route('/c', methods=WRITE + ['PUT'])\n"
        "def c():\n    return request.json\n\n\n@app.get('/d')\n@app.post('/d')\ndef d():\n"
        "    return request.form['d']\n\n\n"
        "class E(MethodView):\n    def get(self):\n        return request.args\n\n    def post(self):\n"
        "        return request.form\n\n\napp.add_url_rule('/e', view_func=E.as_view('e'))\n",
        # Another file has the route for POST.
        {
            "app.py": (
                "from flask import Flask\n\nimport views\n\napp = Flask(__name__)\n"
                "app.add_url_rule('/a', view_func=views.save, methods=['POST'])\n"
                "views.bp.add_url_rule('/b', view_func=views.save)\napp.register_blueprint(views.bp)\n"
            ),
            "views.py": (
                "from flask import Blueprint, request\n\nbp = Blueprint('b', __name__)\n\n\n"
                "@bp.route('/')\ndef save():\n    return request.form['x']\n"
            ),
        },
        # One of several places to look; optional JSON; a view that another one calls for its POST.
        "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.route('/search')\ndef search():\n"
        "    q = request.args.get('q') or request.form.get('q')\n    more = request.get_json(silent=True) or {}\n"
        "    return {'q': q, **more}\n\n\n@app.route('/list')\ndef show():\n    name = request.form.get('name')\n"
        "    return {'name': name}\n\n\n@app.route('/list', methods=['POST'])\ndef add():\n    return show()\n",
        # Not Flask's request, not this view's code, not a form at all.
        "import requests\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.route('/a')\ndef a():\n"
        "    answer = requests.get('https://example.org')\n    return answer.json()\n\n\n@app.route('/b')\n"
        "def b(request):\n"
        "    return request.form\n\n\n@app.route('/c')\ndef c():\n    form = request.args\n"
        "    return {'form': form.get('x'), 'values': request.values.get('y'), 'json': request.is_json}\n",
        # A class that hands its POST to get; a route whose options are not known here.
        # An empty form that is given what was sent, as other views do it.
        "from flask import Flask, render_template, request\n\nfrom forms import ItemForm\n\n"
        "app = Flask(__name__)\n\n\n"
        "@app.route('/items')\ndef items():\n    form = ItemForm(request.form)\n"
        "    return render_template('items.html', form=form)\n",
        "from flask import Flask, request\nfrom flask.views import MethodView\n\napp = Flask(__name__)\n"
        "OPTIONS = {'methods': ['POST']}\n\n\nclass Page(MethodView):\n    def get(self):\n"
        "        return {'q': request.form.get('q')}\n\n    def post(self):\n        return self.get()\n\n\n"
        "app.add_url_rule('/page', view_func=Page.as_view('page'))\n\n\n@app.route('/b', **OPTIONS)\ndef b():\n"
        "    return request.form['b']\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        if module.role == "test":
            return
        views = [view for view in module.views if _is_read_only(view) and not module.calls(view.name)]
        if not views:
            return
        asked = _asked(module)
        reads = _reads(module, asked)
        for view in views:
            functions = _answering(view.node)
            found = [(node, word) for node, word in reads if module.function_of(node) in functions]
            if not found or _looks_elsewhere(module, functions, asked, found):
                continue
            node, word = min(found, key=lambda one: (_JSON.count(one[1]), one[0].lineno, one[0].col_offset))
            yield _hit(view, node, word)

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        if not project.holds(candidate):
            return None
        links, path = project.links, candidate.location.path
        view = links.resolve(str(candidate.data[0]), path)
        for route, place in links.view_routes.get(view, ()):
            methods = links.answers(route, place)[1] if route.methods is None else route.methods
            if not methods or not _READ_ONLY.issuperset(methods):
                return None
        return candidate.severity

    def fix(self, site: Site, edit: FileEdit) -> None:
        view = next(view for view in site.module.views if view.name == site.hit.data[0])
        for route in view.routes:
            _open(route, edit, site.module)


def _is_read_only(view: View) -> bool:
    """Whether this file's routes of a view allow nothing that has a body."""
    if view.node is None or view.name == "?":
        return False
    if isinstance(view.node, ast.ClassDef):
        own = {item.name for item in view.node.body if isinstance(item, FUNCTIONS)}
        if "get" not in own or own & {"post", "put", "patch", "delete", "dispatch_request"}:
            return False
    return all(
        not route.more and (route.methods is None or (bool(route.methods) and _READ_ONLY.issuperset(route.methods)))
        for route in view.routes
    )


def _answering(node: ast.AST | None) -> list[FunctionNode]:
    if isinstance(node, ast.ClassDef):
        return [item for item in node.body if isinstance(item, FUNCTIONS) and item.name == "get"]
    return [node] if isinstance(node, FUNCTIONS) else []


def _asked(module: Module) -> list[ast.Attribute]:
    """Everything that the file asks Flask's request for: ``request.form``, ``f.request.args``."""
    names = ["request"]
    for name, bindings in module.names.module_scope.bindings.items():
        if any(binding.target in (*_REQUESTS, "flask", "quart") for binding in bindings) and name != "request":
            names.append(name)
    found: list[ast.Attribute] = []
    queue = [node for name in names for node in module.readings(name)]
    seen: set[ast.Name] = set()
    while queue:
        name_node = queue.pop()
        if name_node in seen:
            continue
        seen.add(name_node)
        node: ast.expr = name_node
        parent = module.parent(node)
        if isinstance(parent, ast.Attribute) and parent.attr == "request":
            node, parent = parent, module.parent(parent)
        if module.resolve(node) not in _REQUESTS:
            continue
        if isinstance(parent, ast.Attribute):
            found.append(parent)
        elif isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
            queue.extend(module.readings(parent.targets[0].id))  # ``r = request``
    return found


def _reads(module: Module, asked: list[ast.Attribute]) -> list[tuple[ast.expr, str]]:
    """Every place where a body is read, with the word that reads it."""
    found: list[tuple[ast.expr, str]] = []
    for node in asked:
        if node.attr in _READS and isinstance(node.ctx, ast.Load) and not _is_optional(module, node):
            bare = node.attr in _BODY and not isinstance(module.parent(node), ast.Subscript | ast.Attribute)
            if not bare:  # ``ItemForm(request.form)`` of an empty form does no harm
                found.append((node, node.attr))
    if b"validate_on_submit" in module.source and b"is_submitted" not in module.source:
        for call in module.nodes(ast.Call):
            function = call.func if isinstance(call, ast.Call) else None
            if isinstance(function, ast.Attribute) and function.attr == "validate_on_submit":
                found.append((function, function.attr))
    return found


def _is_optional(module: Module, node: ast.Attribute) -> bool:
    """``request.get_json(silent=True)``: whoever writes that reckons with requests that have none."""
    call = module.parent(node)
    silent = keyword(call, "silent") if isinstance(call, ast.Call) else None
    if isinstance(silent, ast.Constant) and silent.value is True:
        return True
    return any(isinstance(parent, ast.BoolOp | ast.IfExp) for parent in _in_statement(module, node))


def _in_statement(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    for parent in module.ancestors(node):
        if isinstance(parent, ast.stmt):
            return
        yield parent


def _looks_elsewhere(
    module: Module, functions: list[FunctionNode], asked: list[ast.Attribute], found: list[tuple[ast.expr, str]]
) -> bool:
    """Whether a view asks for a JSON body or what the URL has, whichever there is."""
    if any(word not in _JSON and word != "form" for _, word in found):
        return False
    return any(node.attr in _ELSEWHERE and module.function_of(node) in functions for node in asked)


def _hit(view: View, node: ast.expr, word: str) -> Hit:
    name = view.name.rpartition(".")[2]
    what = {"validate_on_submit": "waits for a submitted form", "get_json": "reads request.get_json()"}.get(
        word, f"reads request.{word}"
    )
    routers = {route.owner for route in view.routes if not route.proven}
    return Hit(
        node,
        f"{name}() {what}, but its route accepts GET only",
        (*(RouterAssumed(owner) for owner in sorted(routers)), NotCalled(view.name)),
        severity=Severity.INFO if word in _JSON else None,
        fixable=isinstance(view.node, FUNCTIONS) and not any(route.wrapped for route in view.routes),
        data=(view.name,),
    )


def _open(route: Route, edit: FileEdit, module: Module) -> None:
    """Give a route the methods GET and POST, in the quotes of its rule."""
    call = route.node
    rule = call.args[0] if call.args else keyword(call, "rule")
    single = isinstance(rule, ast.Constant) and module.segment(rule).endswith("'")
    methods = "['GET', 'POST']" if single else '["GET", "POST"]'
    given = keyword(call, "methods")
    if given is not None:
        if not isinstance(given, ast.List | ast.Tuple | ast.Set):
            raise Refuse("The methods stand elsewhere, perhaps for other routes too.")
        edit.replace(given, methods)
        return
    if any(isinstance(item, ast.Starred) for item in call.args) or any(item.arg is None for item in call.keywords):
        raise Refuse("Some of the route's arguments cannot be seen here.")
    if not isinstance(call.func, ast.Attribute):
        raise Refuse("The route is made through another name of its method.")
    parts: dict[str, ast.AST] = {"owner": call.func.value}
    written: list[str] = []
    for index, item in enumerate(call.args):
        parts[f"a{index}"] = item
        written.append(f"{{a{index}}}")
    for index, argument in enumerate(call.keywords):
        parts[f"k{index}"] = argument.value
        written.append(f"{argument.arg}={{k{index}}}")
    method = "add_url_rule" if route.spelling == "add_url_rule" else "route"
    edit.replace(call, f"{{owner}}.{method}({', '.join([*written, f'methods={methods}'])})", **parts)
