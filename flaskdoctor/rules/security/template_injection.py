"""FD715: what the client sent becomes the source of a template."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.requestflow.datachecks import data_in_texts
from flaskdoctor.project.requestflow.requestdata import RequestData
from flaskdoctor.project.routing.views import keyword
from flaskdoctor.rules.rule import Bad, Files, Good, Hit, RouterAssumed, Rule

_FUNCTIONS = (
    "flask.render_template_string", "flask.stream_template_string", "flask.templating.render_template_string",
    "flask.templating.stream_template_string", "quart.render_template_string", "quart.stream_template_string",
    "jinja2.Template", "jinja2.environment.Template",
)  # fmt: skip
_ENVIRONMENTS = (".jinja_env", "jinja2.Environment", "jinja2.environment.Environment")


class TemplateInjection(Rule):
    """What the client sent is part of the template itself, so Jinja runs it: code on the server, not just markup.

    ## What it finds

    `render_template_string(..)`, `stream_template_string(..)`, `jinja2.Template(..)` and
    `app.jinja_env.from_string(..)` whose *source* is put together with data of the request: an f-string, `%`, `+`,
    `.format`, `replace`, also with `request.url` or `request.path`, as error pages like to do, and with what a URL
    variable holds.

    It says nothing about values that are given to the template (`render_template_string(PAGE, name=name)`): those are
    values, and Jinja escapes them. Nor about numbers, about `escape()`d text (braces survive that, so it is no
    protection, but it is not proven either), and templates that users store on purpose.

    ## Why it matters

    A template is a program. `{{ 7 * 7 }}` in the query answers 49, `{{ config }}` prints `SECRET_KEY` and with it the
    right to sign any session, and from any object in the template it is a few attributes to `os.popen`:

    ```text
    /hello?name={{ cycler.__init__.__globals__.os.popen("id").read() }}
    ```

    That is a shell for everybody who can send a request, and no autoescaping is in the way: the template is parsed
    before anything is escaped.

    ## What to do instead

    Keep the template constant and give the data to it:

    ```python
    return render_template_string("<h1>Hello {{ name }}</h1>", name=request.args["name"])
    ```

    Better still, a file and `render_template("hello.html", name=..)`: autoescaping is on there by the file's ending.
    Where users do write templates, use `jinja2.sandbox.SandboxedEnvironment` and give it plain values only.

    ## References

    - [Flask: templates](https://flask.palletsprojects.com/en/stable/templating/)
    - [Jinja: sandbox](https://jinja.palletsprojects.com/en/stable/sandbox/)
    - [PortSwigger: server-side template injection](https://portswigger.net/web-security/server-side-template-injection)
    - [CWE-1336](https://cwe.mitre.org/data/definitions/1336.html)
    """

    code = "FD715"
    name = "template-injection"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    needs = (b"template_string", b"jinja")
    pattern = re.compile(
        rb"template_string|jinja_env\.from_string\(|jinja2\b[^\n]*\b(?:Template|Environment)\b|jinja2\."
    )
    about_routes = True

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from flask import Flask, render_template_string, request

app = Flask(__name__)


@app.get("/hello")
def hello():
    name = request.args.get("name", "you")
    return render_template_string(f"<h1>Hello {name}</h1>")
"""
        ),
        # The page that is not found, a template that is filled first, a URL variable, a parameter of a helper.
        Bad(
            """\
import flask as f

app = f.Flask(__name__)
PAGE = "<html><h1>%s</h1></html>"


@app.errorhandler(404)
def not_found(error):
    template = '''{%% extends "layout.html" %%}
<p>No page %s</p>''' % (f.request.url)
    return f.render_template_string(template), 404


@app.route("/topic/<topic>")
async def topic(topic: str):
    page = PAGE.replace("%s", topic)
    html = "<html>"
    html += "<h1>{}</h1>".format(topic.title())
    return f.render_template_string(html + "</html>")


@app.route("/card", methods=["POST"])
def card():
    return show(f.request.get_json()["text"])


def show(text):
    return f.render_template_string(source=PAGE % text)
""",
            hits=3,
        ),
        # Jinja itself, a class-based view in a blueprint that another file registers, and a template as it came.
        Bad(
            {
                "app.py": "from flask import Flask\nfrom pages import bp\n\napp = Flask(__name__)\n"
                "app.register_blueprint(bp)\n",
                "pages.py": """\
from flask import Blueprint, current_app, request
from flask.views import MethodView
from jinja2 import Environment, Template

bp = Blueprint("pages", __name__)


class Preview(MethodView):
    def post(self):
        return Template(request.form["template"]).render()

    def get(self):
        if (greeting := request.cookies.get("greeting")):
            return current_app.jinja_env.from_string("<b>" + greeting + "</b>").render()
        environment = Environment(autoescape=True)
        return environment.from_string("{} {{{{ name }}}}".format(request.headers["X-Title"])).render(name="a")


bp.add_url_rule("/preview", view_func=Preview.as_view("preview"))
""",
            },
            hits=3,
        ),
        Bad(
            """\
from flask import Flask, render_template_string, request

app = Flask(__name__)


@app.post("/notes/<int:number>")
def note(number):
    text = request.form.get("text")
    if not text:
        return "Nothing written", 400
    body: str = "".join(["<p>", text, "</p>"])
    return render_template_string("<h1>%d</h1>" % number + body)
"""
        ),
        # escape() leaves ``{{`` as it is; a place in the template that is replaced.
        Bad(
            "from flask import Flask, render_template_string as render\nfrom markupsafe import escape\n\n"
            "app = Flask(__name__)\n\n\n@app.get('/<name>')\ndef hello(name):\n    page = '<h1>Hello NAME</h1>'\n"
            "    return render('Hello ' + escape(name)) + render(page.replace('NAME', name))\n",
            hits=2,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # Values of a constant template.
        """\
from flask import Flask, render_template, render_template_string, request

app = Flask(__name__)
PAGE = "<h1>{{ name }}</h1>"
LAYOUT = f"<html>{PAGE}</html>"


@app.get("/hello/<name>")
def hello(name):
    return render_template_string(PAGE, name=request.args.get("name", name))


@app.get("/page")
def page():
    return render_template_string(LAYOUT + render_template("foot.html", path=request.path), **request.args)


@app.get("/number/<int:number>")
def number(number):
    size = request.args.get("size", 3, type=int)
    count = int(request.args["count"])
    return render_template_string(f"<h{size}>{number} {count}</h{size}>" + "%d" % count)


@app.get("/theme")
def theme():
    theme = request.args.get("theme")
    if theme not in ("dark", "light"):
        theme = "light"
    return render_template_string(f"<body class={theme}>{{{{ name }}}}</body>", name=request.args["name"])
""",
        # A sandbox; a template of the database; other things called Template.
        """\
from string import Template

from flask import Flask, request
from jinja2.sandbox import SandboxedEnvironment
from mail import Template as Mail
from models import Snippet

app = Flask(__name__)
sandbox = SandboxedEnvironment()


@app.post("/preview")
def preview():
    return sandbox.from_string(request.form["template"]).render(name="Ada")


@app.post("/mail")
def mail():
    return Template(request.form["text"]).substitute(name="Ada") + Mail(request.form["text"]).html


@app.get("/snippet/<int:number>")
def snippet(number):
    from flask import render_template_string

    return render_template_string(Snippet.query.get(number).source)
""",
        # Somebody else's request, a helper that nothing calls with data.
        """\
from flask import Flask, render_template_string

app = Flask(__name__)


def error_page(request, text):
    return render_template_string("<p>" + text + request.args["name"] + "</p>")


@app.errorhandler(404)
def not_found(error):
    return error_page(Fixed(), "No such page"), 404


class Fixed:
    args = {"name": "Ada"}
""",
        # A test.
        {
            "tests/test_filters.py": """\
from flask import Flask, render_template_string, request

app = Flask(__name__)


def test_filter():
    with app.test_request_context("/?name=a"):
        assert render_template_string(request.args["name"])
""",
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Templates that are made of data of the request."""
        if module.role in ("test", "migration"):
            return
        data = RequestData(module, escaped=True)  # ``{{`` has no character that escape() changes
        for call, source in _templates(module):
            several = data_in_texts(data, source)
            found = next((one for one in several if not one.checked and one.source.kind != "field"), None)
            if found is not None:
                yield Hit(
                    call,
                    f"{found.source.words} becomes part of the template itself: Jinja runs what it says",
                    assumes=tuple(RouterAssumed(owner) for owner in found.source.owners),
                    severity=Severity.INFO if module.role in ("example", "docs") else None,
                    advice="Keep the template constant and give the value to it: `{{ name }}` and `name=..`.",
                )


def _templates(module: Module) -> Iterator[tuple[ast.Call, ast.expr | None]]:
    """The calls that compile a template, with its source."""
    for call in module.calls(*_FUNCTIONS):
        yield call, call.args[0] if call.args else keyword(call, "source")
    if b".from_string(" not in module.source:
        return
    for node in module.nodes(ast.Call):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "from_string":
            made = module.value(node.func.value)
            callee = module.resolve(made.func if isinstance(made, ast.Call) else made) or ""
            if callee.endswith(_ENVIRONMENTS):
                yield node, node.args[0] if node.args else keyword(node, "source")
