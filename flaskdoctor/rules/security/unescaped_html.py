"""FD716: data of the request in a page, as it came."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.answers.responders import find_responders
from flaskdoctor.project.answers.response_decorators import reaches_flask
from flaskdoctor.project.answers.shownhtml import Shown, marked_html, returned_html
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.requestflow.requestdata import RequestData
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, RouterAssumed, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.requestflow.datachecks import Found
    from flaskdoctor.project.snapshot import Project
# The end of a text behind which a value is code, or begins a link.
_CODE = re.compile(
    r"<[^<>]*\s(?:on\w+\s*=\s*(?:\"[^\"]*|'[^']*)|(?:href|src|action|formaction)\s*=\s*[\"']?\s*|[\w-]+\s*=\s*)\Z"
)
_PERCENT_REPR = re.compile(r"(?<!%)(?:%%)*%(?:\(\w+\))?[#0\- +]*[\d*]*(?:\.\d+)?[ra]")
_BRACES_REPR = re.compile(r"\{[^{}]*![ra]")


class UnescapedHtml(Rule):
    """A view returns a text with what the client sent in it: the browser reads that as HTML, scripts included.

    ## What it finds

    A text that a view or error handler returns (also with a status, through `make_response()` or `Response()`) and
    that holds a query argument, a form field, an upload's name or a text variable of the URL: in an f-string, by `%`,
    `+`, `.format`, `join` or as it came. `request.path` and `request.url` count where they are free text: in error
    handlers and below a variable. So does `Markup(..)` of such a text, wherever it stands: no template escapes it.

    It says nothing where the answer is no HTML (`mimetype="text/plain"`, a `Content-Type` header, dicts and lists),
    about `escape()`d values, numbers (`<int:id>`, `int(..)`), values compared with a list first, JSON bodies, headers
    and cookies (no other site can make a browser send those), and a webhook's challenge that is sent back.

    ## Why it matters

    What a view returns as a string is `text/html` in Flask; only templates escape by themselves. So

    ```python
    @app.get("/hello/<name>")
    def hello(name):
        return f"Hello {name}"
    ```

    runs `/hello/<img src=x onerror=alert(document.domain)>`, and somebody who follows that link gives away what the
    page can do in their name: read it, send its forms, and change their password. That `<name>` holds no slash is no
    help, nor is it that the text is short and has no tag of its own.

    ## What to do instead

    ```python
    from markupsafe import escape

    return f"Hello {escape(name)}"
    ```

    `render_template()` does it for every `{{ name }}` in an .html file. `escape()` gives a `Markup`, and `"<b>" +
    Markup` escapes the `<b>` as well: inside of `+` it has to be `str(escape(name))`. Where no HTML is meant, say so:
    `return Response(text, mimetype="text/plain")`.

    ## References

    - [Flask: HTML escaping](https://flask.palletsprojects.com/en/stable/quickstart/#html-escaping)
    - [MarkupSafe](https://markupsafe.palletsprojects.com/)
    - [OWASP: cross-site scripting prevention](https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html)
    - [CWE-79](https://cwe.mitre.org/data/definitions/79.html)
    """

    code = "FD716"
    name = "unescaped-html"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Escape what the client sent"
    fix_risk = (
        "Markup in the value is shown as text from now on, also where it was meant to work; a value that comes in "
        "escaped already is escaped twice."
    )
    about_routes = True

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from flask import Flask

app = Flask(__name__)


@app.get("/hello/<name>")
def hello(name):
    return f"<h1>Hello {name}</h1>"
""",
            fixed="""\
from flask import Flask
from markupsafe import escape

app = Flask(__name__)


@app.get("/hello/<name>")
def hello(name):
    return f"<h1>Hello {escape(name)}</h1>"
""",
        ),
        # Where escape() is not enough: in a script, as a link, in a handler. Behind a script it is.
        Bad(
            """\
from flask import Flask, request

app = Flask(__name__)


@app.get("/pick")
def pick():
    back = request.args["back"]
    return f"<p>Pick one, {back}</p><script>opener.{back}(1)</script>"


@app.get("/link")
def link():
    return '<a class="b" href="%s">on</a>' % request.args["to"]


@app.get("/button")
def button():
    return "<button onclick=\\"send('" + request.args["to"] + "')\\">send</button>"
""",
            fixed="""\
from flask import Flask, request

app = Flask(__name__)


@app.get("/pick")
def pick():
    back = request.args["back"]
    return f"<p>Pick one, {back}</p><script>opener.{back}(1)</script>"


@app.get("/link")
def link():
    return '<a class="b" href="%s">on</a>' % request.args["to"]


@app.get("/button")
def button():
    return "<button onclick=\\"send('" + request.args["to"] + "')\\">send</button>"
""",
            hits=3,
        ),
        Bad(
            """\
from flask import Flask, request

app = Flask(__name__)


@app.get("/name")
def name():
    return f"<script>start()</script><i title='{request.args['a']}'>{request.args['b']}</i>"
""",
            fixed="""\
from flask import Flask, request
from markupsafe import escape

app = Flask(__name__)


@app.get("/name")
def name():
    return f"<script>start()</script><i title='{escape(request.args['a'])}'>{escape(request.args['b'])}</i>"
""",
        ),
        # Every way to put a text together, with a status, in a response; ``import flask as f``.
        Bad(
            """\
import flask as f
from markupsafe import escape as safe

bp = f.Blueprint("pages", __name__)
PAGE = "<h1>%s</h1>"


@bp.route("/search")
def search():
    words = f.request.args.get("q", "")
    html = "<p>Nothing found for " + words.strip() + "</p>"  # in bold?
    return html, 404


@bp.route("/greet", methods=["GET", "POST"])
async def greet():
    if (name := f.request.values["name"]):
        return f.make_response(PAGE % name, 200)
    return f.Response("Hello {}, {town}".format("you", town=f.request.form["town"]))


@bp.route("/raw/<path:text>/<int:number>")
def raw(text: str, number: int):
    return text if number else f"{text:>10}"


app = f.Flask(__name__)
app.register_blueprint(bp)
""",
            fixed="""\
import flask as f
from markupsafe import escape as safe

bp = f.Blueprint("pages", __name__)
PAGE = "<h1>%s</h1>"


@bp.route("/search")
def search():
    words = f.request.args.get("q", "")
    html = "<p>Nothing found for " + str(safe(words.strip())) + "</p>"  # in bold?
    return html, 404


@bp.route("/greet", methods=["GET", "POST"])
async def greet():
    if (name := f.request.values["name"]):
        return f.make_response(PAGE % safe(name), 200)
    return f.Response("Hello {}, {town}".format("you", town=safe(f.request.form["town"])))


@bp.route("/raw/<path:text>/<int:number>")
def raw(text: str, number: int):
    return safe(text) if number else f"{str(safe(text)):>10}"


app = f.Flask(__name__)
app.register_blueprint(bp)
""",
            hits=5,
        ),
        # The page that is not found, a class-based view, a factory, an upload's name, a blueprint of another file.
        Bad(
            {
                "shop/__init__.py": """\
from flask import Flask, request
from flask.views import MethodView

from shop.pages import bp


class Item(MethodView):
    def get(self, slug):
        return "<h1>" + "".join(["Item ", slug, "</h1>"])


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)
    app.add_url_rule("/item/<slug>", view_func=Item.as_view("item"))

    @app.errorhandler(404)
    def not_found(error):
        return f"There is no {request.path} here", 404

    return app
""",
                "shop/base.py": "from flask import Blueprint\n\nbp = Blueprint('pages', __name__)\n",
                "shop/pages.py": """\
from flask import request
from flask_login import login_required

from shop.base import bp


@bp.post("/upload")
@login_required
def upload():
    return "Stored " + request.files["photo"].filename, 201, {"X-Stored": "1"}


@bp.get("/words")
def words():
    query = request.args.to_dict()
    if query.get("one"):
        return query["one"]
    return "<br>".join(f"<i>{word}</i>" for word in request.args.getlist("word"))
""",
            },
            hits=5,
        ),
        # Put in by its repr(): of an escaped text that would be ``Markup('..')``.
        Bad(
            """\
from flask import Flask, request

app = Flask(__name__)
PAGE = "<p>%s is %r</p>"


@app.get("/one")
def one():
    return PAGE % ("it", request.args["q"])


@app.get("/two")
def two():
    return "<p>{word!r:>10}</p>".format(word=request.args["q"])


@app.get("/three")
def three():
    return "<p>100%%real %s</p>" % request.args["q"]
""",
            fixed="""\
from flask import Flask, request
from markupsafe import escape

app = Flask(__name__)
PAGE = "<p>%s is %r</p>"


@app.get("/one")
def one():
    return PAGE % ("it", request.args["q"])


@app.get("/two")
def two():
    return "<p>{word!r:>10}</p>".format(word=request.args["q"])


@app.get("/three")
def three():
    return "<p>100%%real %s</p>" % escape(request.args["q"])
""",
            hits=3,
        ),
        # Given to a template, but marked as safe; put into a page by replace.
        Bad(
            """\
from flask import Blueprint, flash, render_template, request
from markupsafe import Markup

bp = Blueprint("notes", __name__)
PAGE = "<h1>TITLE</h1>"


@bp.post("/notes")
def add():
    flash(Markup(f"Stored <b>{request.form['title']}</b>"))
    return render_template("notes.html", note=Markup(request.form["note"]))


@bp.get("/notes/<title>")
def show(title):
    return PAGE.replace("TITLE", title)
""",
            fixed="""\
from flask import Blueprint, flash, render_template, request
from markupsafe import Markup, escape

bp = Blueprint("notes", __name__)
PAGE = "<h1>TITLE</h1>"


@bp.post("/notes")
def add():
    flash(Markup(f"Stored <b>{escape(request.form['title'])}</b>"))
    return render_template("notes.html", note=Markup(escape(request.form["note"])))


@bp.get("/notes/<title>")
def show(title):
    return PAGE.replace("TITLE", escape(title))
""",
            hits=3,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # Escaped, a number, compared, given to a template, no part of the text.
        """\
import html

from flask import Flask, escape, render_template, render_template_string, request, url_for
from markupsafe import Markup

app = Flask(__name__)
SIZES = {"s": "small"}


@app.get("/hello/<name>/<int:number>/<uuid:key>")
def hello(name, number, key):
    if number == 1:
        return f"Hello {escape(name)}"
    if number == 2:
        return "<p>%s %d</p>" % (html.escape(name), int(request.args["n"]))
    if number == 3:
        return Markup("<p>{}</p>").format(name) + Markup(f"<b>{escape(name)}</b>") + Markup(cleaned(name))
    if number == 4:
        return render_template_string("{{ name }}", name=name) + render_template("foot.html", q=request.args["q"])
    if number == 5:
        return f"<a href={url_for('hello', name=name, number=1, key=key)}>{number} {key}</a>"
    if (size := request.args.get("size")) not in SIZES:
        return "There is no such size", 400
    return f"{size} {SIZES[request.args['size']]} {len(name)} {request.args.get('page', 1, type=int)}"


@app.get("/fixed")
def fixed():
    return f"This is {request.path} of {request.host} for {request.headers['User-Agent']}"
""",
        # No HTML: JSON, plain text, a header that says so, a response whose type is set later, a challenge.
        """\
from flask import Flask, Response, jsonify, make_response, request

app = Flask(__name__)
PLAIN = {"Content-Type": "text/csv"}


@app.route("/<name>/<int:number>", methods=["GET", "POST"])
def data(name, number):
    if number == 1:
        return {"name": name}
    if number == 2:
        return jsonify(f"Hello {name}")
    if number == 3:
        return Response(f"Hello {name}", mimetype="text/plain")
    if number == 5:
        response = make_response(f"Hello {name}")
        response.headers["Content-Type"] = "text/plain"
        return response
    if number == 6:
        return f"Hello {name}", 200, PLAIN
    if number == 7:
        return request.args or request.json["name"]
    return request.args.get("hub.challenge")
""",
        # Something stands between the view and Flask: a decorator, another framework's route, an app of its own kind.
        {
            "app.py": """\
from flask import Flask
from flask_restful import Api, Resource

from answers import as_json

app = Flask(__name__)
api = Api(app)


@app.get("/a/<name>")
@as_json
def a(name):
    return f"Hello {name}"


class Hello(Resource):
    def get(self, name):
        return f"Hello {name}"


api.add_resource(Hello, "/b/<string:name>")
""",
            "answers.py": "import functools\n\nfrom flask import jsonify\n\n\ndef as_json(view):\n"
            "    @functools.wraps(view)\n    def inner(*args, **kwargs):\n"
            "        return jsonify(view(*args, **kwargs))\n\n    return inner\n",
        },
        # A framework whose routes answer JSON; a test's view.
        {
            "app.py": "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/hello/{name}')\n"
            "def hello(name):\n    return f'Hello {name}'\n",
            "tests/test_app.py": "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get('/<name>')\n"
            "def index(name):\n    return f'Hello {name}'\n",
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Texts that views return with data of the request in them."""
        if module.role in ("test", "migration"):
            return
        data = RequestData(module)
        found = returned_html(module, data)
        for responder in find_responders(module) if found else []:
            for shown in found.get(responder.node, ()):
                hit = _hit(module, shown, "stands in the page", responder.unproven)
                yield hit._replace(data=(responder.owners, responder.decorators, responder.view_class))
        returned = {shown.body for several in found.values() for shown in several}
        for shown in marked_html(module, data):
            if shown.body not in returned:
                yield _hit(module, shown, "is marked as safe HTML", ())

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it only where nothing in the project comes between the view and Flask."""
        if not project.holds(candidate):
            return None
        if not candidate.data:
            return candidate.severity  # ``Markup(..)``, wherever it stands
        plain = reaches_flask(project.links, candidate.location.path, candidate.data)
        return candidate.severity if plain else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put ``escape()`` around each value that comes of the request."""
        values = site.hit.parts["values"]
        assert isinstance(values, list)
        if site.hit.parts["in_code"]:
            raise Refuse(
                "A value stands in a script, an event handler or at the start of a link, where escape() is not enough.",
                "Put it into a data- attribute or a template's `{{ value|tojson }}`, or compare it with what is known.",
            )
        escape = edit.add_import("markupsafe", "escape")
        for value in dict.fromkeys(values):
            if not isinstance(value, ast.expr):
                raise Refuse("The value is put in elsewhere, so it stays as it is.")
            around = site.module.parent(value)
            conversion = isinstance(around, ast.FormattedValue) and around.conversion != -1
            if conversion or _put_in_by_repr(site.module, value):
                raise Refuse("The value is put in by its repr(), so it stays as it is.")
            # ``text + escape(value)`` would escape the text as well, and an escaped value takes no format.
            plain = isinstance(around, ast.BinOp) and isinstance(around.op, ast.Add)
            plain = plain or (isinstance(around, ast.FormattedValue) and around.format_spec is not None)
            edit.replace(value, f"str({escape}({{value}}))" if plain else f"{escape}({{value}})", value=value)


def _put_in_by_repr(module: Module, value: ast.expr) -> bool:
    """Whether the template that a value is put into, by ``%`` or ``.format``, has a value by its repr(), be it another
    one: that of an escaped text is ``Markup('..')``."""
    around = module.parent(value)
    while isinstance(around, ast.keyword | ast.Tuple | ast.Dict):
        around = module.parent(around)
    if isinstance(around, ast.BinOp) and isinstance(around.op, ast.Mod):
        return _PERCENT_REPR.search(module.string(around.left) or "") is not None
    if isinstance(around, ast.Call) and isinstance(around.func, ast.Attribute) and around.func.attr == "format":
        return _BRACES_REPR.search(module.string(around.func.value) or "") is not None
    return False


def _hit(module: Module, shown: Shown, where: str, unproven: Iterable[str]) -> Hit:
    assumed = {*unproven, *(owner for one in shown.data for owner in one.source.owners)}
    return Hit(
        shown.body,
        f"{shown.data[0].source.words} {where} as it came: escape() it",
        assumes=tuple(RouterAssumed(owner) for owner in sorted(assumed)),
        severity=Severity.INFO if module.role in ("example", "docs") else None,
        parts={
            "values": [one.piece.node for one in shown.data],
            "in_code": any(_is_in_code(one) for one in shown.data),
        },
    )


def _is_in_code(found: Found) -> bool:
    """Whether the browser reads a value as more than text: in a script or a style, in ``onclick=".."``, at the start of
    a link, or as an attribute without quotes."""
    place = next(index for index, piece in enumerate(found.text) if piece is found.piece)
    before = "".join(piece.text or "x" for piece in found.text[:place]).lower()
    if any(before.rfind(f"<{name}") > before.rfind(f"</{name}") for name in ("script", "style")):
        return True
    return _CODE.search(before) is not None
