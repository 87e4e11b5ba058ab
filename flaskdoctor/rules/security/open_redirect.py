"""FD714: the client says where it is redirected to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.requestflow.datachecks import Found, data_in_texts
from flaskdoctor.project.requestflow.requestdata import RequestData
from flaskdoctor.project.routing.views import keyword
from flaskdoctor.rules.rule import Bad, Files, Good, Hit, RouterAssumed, Rule

_REDIRECTS = frozenset({"flask.redirect", "flask.helpers.redirect", "quart.redirect", "werkzeug.utils.redirect"})
_APPS = ("app.redirect", "current_app.redirect")
# Behind these the data names the host. So it does behind "/": "/" and "/evil.example" are "//evil.example".
_OPEN_START = re.compile(r"\s*(?:https?:)?/{0,2}", re.IGNORECASE)
_KINDS = frozenset({"args", "form", "values", "query"})
# What says nothing of the host.
_WEAK = frozenset(f"startswith({start!r})" for start in ("/", "http", "http:", "https:", "http://", "https://"))


class OpenRedirect(Rule):
    """`redirect()` to an address that comes with the request: a link to your site can lead to any other.

    ## What it finds

    `redirect(request.args["next"])` and its relatives: `request.form` and `request.values`, through variables,
    `or url_for(..)`, `"/" + target`, `f"https://{host}/"`, and a `<path:..>` variable of the URL, where nothing looks
    at the value before it is used.

    Any look counts: a function that is asked (`is_safe_url(target)`, `urlsplit(target).netloc`), a list that the value
    is compared with. Only `target.startswith("/")` alone does not keep `//evil.example` out, which every browser
    takes for a host, and `startswith("http")` says nothing of the host at all: these are warnings. A `Location` header
    that is set by hand counts like `redirect()`. `redirect(request.referrer)` is a note: it leads back to another site
    only for who comes from there, but without the header Flask answers a 302 with no `Location` at all.

    ## Why it matters

    `https://shop.example/login?next=https://sh0p.example/login` shows your name, your certificate and your real login
    form. After it the user stands on a copy of that form which says "wrong password". The login view is where such a
    link works best, because `next` is expected there: `@login_required` of Flask-Login makes it, and only the view
    that follows it can check it. With OAuth the same hole hands the authorization code to the other site.

    ## What to do instead

    Follow only what stays on this host:

    ```python
    from urllib.parse import urlsplit

    def is_local(target):
        return target.startswith("/") and not target.startswith("//") and not urlsplit(target).netloc

    target = request.args.get("next", "")
    return redirect(target if is_local(target) else url_for("index"))
    ```

    The three of them together: `/` and a tab and `/evil.example` begins with a single slash, but werkzeug and browsers
    drop the tab, and `urlsplit` sees the host. `urljoin(request.host_url, target)` with a look at the host, which is
    often copied, lets `http:evil.example` through.

    Or keep the target on the server, in `session["next"]`, and put only what your own code computed into it.

    ## References

    - [OWASP: unvalidated redirects and forwards](https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html)
    - [Flask-Login: `next` has to be validated](https://flask-login.readthedocs.io/en/latest/#login-example)
    - [CWE-601](https://cwe.mitre.org/data/definitions/601.html)
    """

    code = "FD714"
    name = "open-redirect"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    needs = (b"redirect(", b'"Location"', b"'Location'")
    pattern = re.compile(rb"request\.(?:args|values|form|headers|referrer|query_string)|<path:")
    about_routes = True

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from flask import Flask, redirect, request, url_for

app = Flask(__name__)


@app.post("/login")
def login():
    return redirect(request.args.get("next") or url_for("index"))


@app.get("/")
def index():
    return "Hello"
"""
        ),
        # Through variables, with a default put in later, in a factory's blueprint, with ``import flask as f``.
        Bad(
            {
                "shop/__init__.py": "import flask as f\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
                "    from shop.auth import bp\n\n    app.register_blueprint(bp)\n    return app\n",
                "shop/auth.py": """\
import flask as f

bp = f.Blueprint("auth", __name__)


@bp.route("/login", methods=["GET", "POST"])
def login():
    next_page = f.request.args.get("next", None)
    if not next_page:
        next_page = f.url_for("index")
    f.flash("Welcome")
    return f.redirect(next_page)


@bp.route("/switch", methods=["POST"])
async def switch():
    if (target := f.request.form["return_url"].strip()) != "":
        return f.redirect(location=target, code=303)
    return f.redirect(f.url_for("index"))
""",
            },
            hits=2,
        ),
        # A class-based view, a host in the middle, a slash in front, a path of the URL, a function of this file.
        Bad(
            """\
from flask import Flask, redirect, request
from flask.views import MethodView

app = Flask(__name__)


class Leave(MethodView):
    def get(self, target):
        return redirect(target)

    def post(self, target: str):
        form = request.form.to_dict()
        return redirect("/" + form["next"])


app.add_url_rule("/leave/<path:target>", view_func=Leave.as_view("leave"))


@app.get("/shop")
def shop():
    return redirect(f"https://{request.values['host']}/shop")


@app.get("/away")
def away():
    return leave(request.args["to"])


def leave(target):
    return app.redirect("%s" % target)
""",
            hits=4,
        ),
        # What begins with one slash may begin with two; a referrer is noted.
        Bad(
            """\
from flask import Flask, redirect, request, url_for

app = Flask(__name__)


@app.get("/login")
def login():
    target = request.args.get("next")
    if target is None or not target.startswith("/"):
        target = url_for("login")
    return redirect(target)


@app.get("/back")
def back():
    return redirect(request.referrer or url_for("login"))
""",
            hits=2,
        ),
        # A Location written by hand, a function that reads the request, what a match leaves over.
        Bad(
            "from flask import Flask, redirect, request\n\napp = Flask(__name__)\n\n\ndef wanted():\n"
            "    return request.args.get('next')\n\n\n@app.get('/out')\ndef out():\n"
            "    match request.args.get('to'):\n        case 'shop':\n            return redirect('/shop')\n"
            "        case None:\n            return redirect(wanted() or '/')\n        case target:\n"
            "            return '', 302, {'Location': target}\n",
            hits=2,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # The host is looked at, in one way or another.
        """\
from urllib.parse import urljoin, urlparse, urlsplit

from flask import Flask, abort, redirect, request, url_for

app = Flask(__name__)
PAGES = {"home": "/", "cart": "/cart"}


def is_safe_url(target):
    here, there = urlparse(request.host_url), urlparse(urljoin(request.host_url, target))
    return there.scheme in ("http", "https") and here.netloc == there.netloc


@app.route("/a")
def asked():
    target = request.args.get("next")
    if not is_safe_url(target):
        return abort(400)
    return redirect(target or url_for("asked"))


@app.route("/b")
def parsed():
    next_page = request.args.get("next")
    if not next_page or urlsplit(next_page).netloc != "":
        next_page = url_for("asked")
    return redirect(next_page)


@app.route("/c")
def parsed_before():
    target = request.args["next"]
    parts = urlparse(target)
    if parts.scheme or parts.netloc:
        abort(400)
    return redirect(target)


@app.route("/d")
def listed():
    target = request.args.get("next", "/")
    return redirect(target if target in PAGES.values() else "/")


@app.route("/e")
def asked_elsewhere():
    if is_safe_url(request.args.get("next")):
        return redirect(request.args["next"])
    return redirect(PAGES[request.args["page"]])


@app.route("/f")
def begins():
    target = request.form["next"]
    if target.startswith("/") and not target.startswith("//"):
        return redirect(target)
    return redirect("/" + target.lstrip("/"))


@app.route("/g")
def computed():
    return redirect(safe_target(request.args.get("next")))


def safe_target(target):
    return target if is_safe_url(target) else "/"
""",
        # The host is the app's own: a path in front, ``url_for``, a variable without slashes, numbers.
        """\
import os

from flask import Flask, redirect, request, url_for

app = Flask(__name__)
SEARCH = os.environ.get("SEARCH_URL", "")


@app.route("/<name>")
def person(name):
    if request.args.get("edit"):
        return redirect(url_for("person", name=request.args["name"], next=request.args.get("next")))
    return redirect(f"/people/{request.args['name']}#{name}")


@app.route("/go/<name>")
def go(name):
    return redirect(name)


@app.route("/old/<path:rest>")
def old(rest):
    if SEARCH:
        return redirect(SEARCH + (request.args.get("q") or ""))
    return redirect("/" + rest)


@app.route("/again")
def again():
    if not request.args.get("seen"):
        return redirect(request.url + "?seen=1")
    return redirect(request.host_url + "again/" + str(request.args.get("page", 1, type=int)))
""",
        # Another thing that is called redirect, a request that is the client's own.
        """\
import requests
from flask import Flask, request
from responses import redirect

app = Flask(__name__)


@app.route("/")
def index():
    return redirect(request.args["next"])


def fetch(request):
    from flask import redirect

    return redirect(request.args["next"])
""",
        # A test's own view.
        {
            "tests/test_login.py": """\
from flask import Flask, redirect, request

app = Flask(__name__)


@app.route("/")
def index():
    return redirect(request.args["next"])
""",
        },
        # The function that reads the request also looks at the host.
        "from urllib.parse import urlsplit\n\nfrom flask import Flask, redirect, request\n\n"
        "app = Flask(__name__)\n\n\ndef wanted():\n    target = request.args.get('next', '/')\n"
        "    return '/' if urlsplit(target).netloc else target\n"
        "\n\n@app.get('/out')\ndef out():\n    return redirect(wanted())\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Redirects to where the request says, with no look at the host."""
        if module.role in ("test", "migration"):
            return
        data = RequestData(module)
        for node, target in _targets(module):
            hits = [hit for found in data_in_texts(data, target) if (hit := _judged(node, found)) is not None]
            if hits:
                worst = max(hits, key=lambda hit: hit.severity or self.severity)
                yield worst._replace(severity=Severity.INFO) if module.role in ("example", "docs") else worst


def _targets(module: Module) -> Iterator[tuple[ast.AST, ast.expr | None]]:
    """The calls of ``redirect``, and what is written into a ``Location`` by hand; each with where it leads."""
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if _is_redirect(module, call):
            yield call, call.args[0] if call.args else keyword(call, "location")
    for node in module.nodes(ast.Assign, ast.Dict) if b"Location" in module.source else ():
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None and module.string(key) == "Location":
                    yield node, value
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Subscript) and module.string(target.slice) == "Location":
            assert isinstance(node, ast.Assign)
            yield node, node.value


def _is_redirect(module: Module, call: ast.Call) -> bool:
    name = (module.resolve(call.func) or "") if isinstance(call.func, ast.Name | ast.Attribute) else ""
    return name in _REDIRECTS or name.endswith(_APPS)


def _judged(call: ast.AST, found: Found) -> Hit | None:
    """The finding for one thing that the target may be."""
    source = found.source
    if source.whole or found.before is None or not _OPEN_START.fullmatch(found.before):
        return None
    if source.kind == "referrer" and not found.checked:
        return Hit(
            call,
            "redirect(request.referrer) leads back to whichever site the client came from",
            severity=Severity.INFO,
            advice=_REFERRER,
        )
    if source.kind == "variable":
        if source.converter != "path" or found.before.strip() == "/":
            return None  # without a slash there is no host in it; werkzeug makes one slash of several
    elif source.kind not in _KINDS:
        return None
    assumes = tuple(RouterAssumed(owner) for owner in source.owners)
    if found.checked and found.checked <= _WEAK:
        message = f"{source.words} may begin with // and lead to another site: look at the host"
        return Hit(call, message, assumes, Severity.WARNING, advice=_ADVICE)
    if found.checked:
        return None
    return Hit(call, f"{source.words} decides which site the client is sent to", assumes, advice=_ADVICE)


_ADVICE = (
    "Follow it only where it begins with a single slash (`//evil.example` is a host), or where "
    "`urlsplit(target).netloc` is your own; otherwise go to `url_for(..)`."
)
_REFERRER = (
    "Without a Referer header (a bookmark, a privacy setting) it is a 302 with no Location: give `or url_for(..)`. "
    "Where it matters which page follows, send the page's name along and look it up."
)
