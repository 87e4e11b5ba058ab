"""FD1201 to FD1204: what newer releases no longer have. Where both are there, both answer alike."""

from __future__ import annotations

from urllib.parse import quote

from tests.behaviour.case import Case, Change
from tests.behaviour.environments import NEWEST

_MARKUP = {
    "app.py": """\
import flask
from flask import Flask, Markup as HTML, escape, render_template_string

from texts import shout

app = Flask(__name__)


@app.template_filter()
def bold(text):
    return flask.Markup("<b>%s</b>") % text


@app.route("/<name>")
def hello(name):
    return HTML("<i>%s</i> %s %s") % (name, escape(name), shout(name))


@app.route("/page/<name>")
def page(name):
    return render_template_string("{{ name|bold }} {{ name }} {{ html }}", name=name, html=HTML("<&>"))


@app.route("/kind/<name>")
def kind(name):
    return f"{isinstance(HTML(name), flask.Markup)} {type(escape(name)).__name__} {escape(None)} {escape(HTML(name))}"
""",
    "texts.py": """\
from flask import Markup, escape


class Loud:
    def __html__(self):
        return "<big>LOUD</big>"


def shout(name):
    if (safe := escape(name)) != name:
        return Markup("<big>") + safe + Markup("</big>") + escape(Loud())
    return escape(Loud())
""",
}

_JOINED = """\
from flask import Flask, abort, safe_join

app = Flask(__name__)


@app.errorhandler(404)
def missing(error):
    return "gone", 404


@app.route("/<path:name>")
def show(name):
    path = safe_join("files", name)
    if path is None:
        abort(404)
    return path
"""

_FILES = {
    "app.py": """\
import io
import os

from flask import Blueprint, Flask, send_file, send_from_directory

app = Flask(__name__)
bp = Blueprint("bp", __name__, url_prefix="/bp")
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")


@bp.route("/report")
def report():
    return send_file(
        io.BytesIO("größe;1\\n".encode()),
        mimetype="text/csv",
        as_attachment=True,
        attachment_filename="größe.csv",  # what it is saved as
        cache_timeout=0,
    )


@bp.route("/notes")
def notes():
    return send_file(os.path.join(FOLDER, "notes.txt"), add_etags=False, cache_timeout=60)


@bp.route("/plain")
def plain():
    return send_file(os.path.join(FOLDER, "notes.txt"), attachment_filename="n.txt", conditional=True)


app.register_blueprint(bp)
""",
    "data/notes.txt": "Notizen über alles\n",
    "data/ä b.txt": "ä\n",
}

_FOLDER = """\
import os

from flask import Flask, send_from_directory

app = Flask(__name__)
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")


@app.route("/data/<path:name>")
def data(name):
    response = send_from_directory(FOLDER, filename=name, as_attachment=True)
    response.headers["X-Name"] = name.encode("unicode_escape").decode()
    return response
"""

_WERKZEUG = """\
from flask import Flask, Response, request
from werkzeug.urls import url_quote, url_quote_plus, url_unquote, url_unquote_plus

app = Flask(__name__)


def plain(text):
    response = Response(mimetype="text/plain")
    response.data = text
    return response


@app.route("/quote")
def quoted():
    text = request.args["q"]
    return plain(url_quote(f"{text}") + "\\n" + url_quote_plus(str(text)))


@app.route("/unquote")
def unquoted():
    text = request.args["q"]
    return plain(url_unquote(f"{text}") + "\\n" + url_unquote_plus(str(text)))
"""

_COMPARED = """\
from flask import Flask, Response, request
from werkzeug.security import safe_str_cmp

app = Flask(__name__)


@app.route("/", methods=["GET", "POST"])
def index():
    token = str(request.values.get("token"))
    return Response(str(safe_str_cmp(token, "größe")), 200 if safe_str_cmp("größe", token) else 403)
"""

_MOVED = """\
from flask import Flask, Response, request
from werkzeug import secure_filename as clean
from werkzeug.wrappers import Request

app = Flask(__name__)


@app.route("/<name>")
def show(name):
    return Response(clean(name) + Request.__name__, mimetype="text/plain")
"""

_ALL = quote("".join(map(chr, range(1, 127))) + "äé€😀\u2028", safe="")
_QUOTES = [f"GET /quote?q={_ALL}", "GET /quote?q="]
_UNQUOTES = [
    f"GET /unquote?q={quote(text)}" for text in (quote("aä€ +%"), "%41+%2B%zz%ff%C3%A4 %u0041%%20%2", "%F0%9F%98%80%80")
]

CASES = [
    Case(
        "FD1201",
        "Markup and escape come from markupsafe",
        _MARKUP,
        asks=["GET /Ada", "GET /%3Cb%3E&", "GET /page/%3Cb%3E", "GET /page/%C3%A4'%22", "GET /kind/%3C"],
        versions=("1.1", "2.0", "2.2"),
        fixes=6,
    ),
    Case(
        "FD1201",
        "an app that no longer started starts again",
        _MARKUP,
        asks=["GET /Ada"],
        changes={"import": Change(raises=("ImportError", ""))},
        then={"GET /Ada": (200, "<i>Ada</i> Ada <big>LOUD</big>")},
        fixes=6,
    ),
    Case(
        "FD1201",
        "safe_join answers None where it raised NotFound",
        _JOINED,
        asks=["GET /a/b", "GET /a//b", "GET /../x", "GET /a/../../x"],
        versions=("2.0",),
        unsafe=True,
    ),
    Case(
        "FD1203",
        "on Flask 2.0 both spellings send the same",
        _FILES,
        asks=[
            "GET /bp/report",
            "GET /bp/notes",
            "GET /bp/plain",
            ("GET /bp/plain", {"headers": {"Range": "bytes=0-3"}}),
        ],
        versions=("2.0",),
        fixes=5,
    ),
    Case(
        "FD1203",
        "on Flask 2.2 the files are sent again",
        _FILES,
        asks=["GET /bp/report", ("GET /bp/plain", {"headers": {"Range": "bytes=0-3"}})],
        then={"GET /bp/report": (200, "größe;1\n"), "GET /bp/plain": (206, "Noti")},
        versions=("2.2", NEWEST),
        fixes=5,
    ),
    Case(
        "FD1203",
        "a file's name as the second argument, on every Flask",
        {**_FILES, "app.py": _FOLDER},
        asks=[
            "GET /data/notes.txt",
            ("GET /data/notes.txt", {"headers": {"Range": "bytes=0-3"}}),
            "GET /data/%C3%A4%20b.txt",
            "GET /data/missing.txt",
            "GET /data/../app.py",
        ],
        versions=("1.1",),
    ),
    Case(
        "FD1204",
        "quoting on Werkzeug 2.2",
        _WERKZEUG,
        asks=[*_QUOTES, *_UNQUOTES],
        versions=("2.2",),
        fixes=4,
    ),
    Case(
        "FD1204",
        "unquoting on older ones",
        _WERKZEUG.replace("import url_quote, url_quote_plus, ", "import ")
        .replace("url_quote(f", "(f")
        .replace("url_quote_plus(str(", "(str("),
        asks=_UNQUOTES,
        versions=("1.1", "2.0"),
        fixes=2,
    ),
    Case(
        "FD1204",
        "texts are compared in the same way, whatever letters they have",
        _COMPARED,
        asks=["GET /?token=gr%C3%B6%C3%9Fe", "GET /?token=grosse", "GET /", ("POST /", {"data": {"token": "größe"}})],
        versions=("1.1", "2.0"),
    ),
    Case(
        "FD1204",
        "an app that took it from Werkzeug's top starts again",
        _MOVED,
        asks=["GET /a%20b"],
        changes={"import": Change(raises=("ImportError", ""))},
        then={"GET /a%20b": (200, "a_bRequest")},
    ),
]
