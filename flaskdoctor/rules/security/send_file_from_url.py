"""FD719: the client says which file it gets."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.requestflow.datachecks import Found, data_in_texts
from flaskdoctor.project.requestflow.requestdata import RequestData
from flaskdoctor.project.routing.views import keyword
from flaskdoctor.rules.rule import Bad, Files, Good, Hit, RouterAssumed, Rule

_SEND_FILE = ("flask.send_file", "flask.helpers.send_file", "quart.send_file", "quart.helpers.send_file")
_FROM_DIRECTORY = (
    "flask.send_from_directory", "flask.helpers.send_from_directory", "quart.send_from_directory",
    "quart.helpers.send_from_directory",
)  # fmt: skip
_KINDS = frozenset(
    {"args", "form", "values", "json", "data", "headers", "cookies", "query", "filename", "variable"}
)  # fmt: skip
# Whether the file is there, and what its name ends in, says nothing of where it lies.
_NO_CHECKS = re.compile(r"exists|is_?file|is_?dir|getsize|access|endswith|allow\w*(?:file|ext)|\Aext", re.IGNORECASE)


class SendFileFromUrl(Rule):
    """The path that `send_file()` opens is made of what the client sent: it may ask for any file of the server.

    ## What it finds

    - `send_file(path)` where `path` holds a `<path:..>` variable of the URL, or something of `request.args`, a form,
      JSON, a cookie or a header, also through `os.path.join`, `/` of `pathlib` and f-strings.
    - `send_from_directory(folder, name)` where the *folder* does. The name is safe there: that is what it is for.
    - A plain `<name>` (or `<string:name>`) holds no slash, encoded or not: werkzeug answers 404 to `..%2fapp.py`. So it
      is an error only where that is enough: `send_file(name)` alone takes its path from the app's own folder
      (`/download/config.py`), and a `<folder>` in the middle of a path may be `..`. Behind a folder, as in
      `send_file("files/" + name)`, it cannot get out on Linux and macOS. On Windows it can, with `..\\..\\app.py`:
      that is a note.

    Not where the value goes through `secure_filename`, `safe_join`, `os.path.basename` or a number, is looked up in a
    list, or is compared after `realpath`. That the file exists, or that its name ends in .pdf, is no such look.

    ## Why it matters

    `GET /download/../../../etc/passwd` is the oldest hole there is, and `..` is not the only way:
    `os.path.join("/srv/files", "/etc/passwd")` is `/etc/passwd`. What lies next to a Flask app is worth more than that:
    its `.env`, `config.py`, the SQLite database. With the `SECRET_KEY` of one of them anybody signs a session as admin.
    Browsers and some proxies tidy `..` away before it is sent; `curl --path-as-is` does not.

    ## What to do instead

    ```python
    from flask import send_from_directory

    @app.get("/download/<path:name>")
    def download(name):
        return send_from_directory(app.config["UPLOAD_FOLDER"], name)  # 404 for whatever lies outside of it
    ```

    For other functions that open files there is `werkzeug.security.safe_join(folder, name)`: None where it leads out.
    Better than any path is an id: look the file up in the database, and the name in it is your own.

    ## References

    - [Flask: send_from_directory](https://flask.palletsprojects.com/en/stable/api/#flask.send_from_directory)
    - [Werkzeug: safe_join](https://werkzeug.palletsprojects.com/en/stable/utils/#werkzeug.security.safe_join)
    - [OWASP: path traversal](https://owasp.org/www-community/attacks/Path_Traversal)
    - [CWE-22](https://cwe.mitre.org/data/definitions/22.html)
    """

    code = "FD719"
    name = "send-file-from-url"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    needs = (b"send_f",)  # send_file, send_from_directory
    about_routes = True

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from flask import Flask, send_file

app = Flask(__name__)


@app.get("/download/<path:name>")
def download(name):
    return send_file("files/" + name)
"""
        ),
        # The query, JSON, a path in pieces; that the file is there is no protection.
        Bad(
            """\
import os
from pathlib import Path

import flask as f

bp = f.Blueprint("files", __name__)
FOLDER = Path("files")


@bp.route("/report")
def report():
    path = os.path.join(f.current_app.root_path, "reports", f.request.args["name"])
    if not os.path.isfile(path):
        f.abort(404)
    return f.send_file(path, as_attachment=True)


@bp.route("/picture", methods=["POST"])
async def picture():
    picture: str = f.request.get_json().get("picture")
    return f.send_file(FOLDER / "pictures" / f"{picture}.png")


@bp.route("/page/<path:page>")
def page(page):
    return f.send_file(path_or_file=os.path.realpath("/srv/pages/%s" % page))


app = f.Flask(__name__)
app.register_blueprint(bp)
""",
            hits=3,
        ),
        # The app's own folder, a folder in the middle, the folder of send_from_directory, a class-based view.
        Bad(
            """\
import os

from flask import Flask, request, send_file, send_from_directory
from flask.views import MethodView


class Thumbnail(MethodView):
    def get(self, album, name):
        return send_file(f"/srv/albums/{album}/{name}")


def create_app():
    app = Flask(__name__)
    app.add_url_rule("/thumbnail/<album>/<name>", view_func=Thumbnail.as_view("thumbnail"))

    @app.route("/source/<name>")
    def source(name):
        return send_file(name)

    @app.route("/store/<string:folder>/<path:name>")
    def store(folder, name):
        return send_from_directory(os.path.join("/srv/store", folder), name)

    @app.route("/disk")
    def disk():
        if (folder := request.args.get("folder")):
            return send_from_directory(folder, "index.html")
        return "", 404

    return app
""",
            hits=4,
        ),
        # On Windows a backslash is enough.
        Bad(
            """\
from flask import Flask, send_file

app = Flask(__name__)


@app.get("/download/<name>")
def download(name):
    return send_file(f"files/{name}.pdf")
"""
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # The folder is the app's own, and the name may be the client's.
        """\
import os

from flask import Flask, current_app, request, send_file, send_from_directory
from werkzeug.utils import safe_join, secure_filename

app = Flask(__name__)
REPORTS = {"sales": "sales.pdf"}


@app.get("/download/<path:name>")
def download(name):
    return send_from_directory(current_app.config["UPLOAD_FOLDER"], name)


@app.get("/named")
def named():
    return send_from_directory("files", request.args["name"], download_name=request.args["as"])


@app.get("/joined/<path:name>")
def joined(name):
    return send_file(safe_join("/srv/files", name))


@app.get("/secure/<path:name>")
def secure(name):
    clean = secure_filename(name)
    return send_file(os.path.join("files", clean))


@app.get("/base/<path:name>")
def base(name):
    return send_file(os.path.join("files", os.path.basename(name)))


@app.get("/report/<name>")
def report(name):
    return send_file("reports/" + REPORTS[name])
""",
        # Numbers, UUIDs, things that were looked at.
        """\
import os
from io import BytesIO

from flask import Flask, abort, request, send_file, send_from_directory
from flask_login import current_user
from models import File, render

app = Flask(__name__)
FOLDER = "/srv/files"


@app.get("/file/<int:number>/<uuid:key>/<any(small, large):size>")
def file(number, key, size):
    return send_file(f"files/{number}/{key}/{size}.png")


@app.get("/found/<path:name>")
def found(name):
    path = os.path.realpath(os.path.join(FOLDER, name))
    if not path.startswith(FOLDER + os.sep):
        abort(403)
    return send_file(path)


@app.get("/listed/<path:name>")
def listed(name):
    if name not in os.listdir(FOLDER):
        abort(404)
    return send_file(os.path.join(FOLDER, name))


@app.get("/dots/<path:name>")
def dots(name):
    if ".." in name or name.startswith("/"):
        abort(400)
    return send_file(f"{FOLDER}/{name}")


@app.get("/own/<owner>/<path:name>")
def own(owner, name):
    if not (current_user.is_active and str(current_user.id) == owner):
        abort(403)
    return send_from_directory(f"{FOLDER}/{owner}", name)


@app.get("/stored/<name>")
def stored(name):
    record = File.query.filter_by(name=name).first_or_404()
    return send_file(record.path, download_name=request.args.get("as"))


@app.post("/echo")
def echo():
    send_file(request.files["photo"])
    return send_file(BytesIO(request.get_data()), mimetype="image/png")


@app.get("/drawn/<path:text>")
def drawn(text):
    return send_file(render(text), download_name=f"{text}.png")
""",
        # Another send_file, and a view of a test.
        {
            "app.py": "from flask import Flask, request\nfrom storage import send_file\n\napp = Flask(__name__)\n\n\n"
            "@app.get('/<path:name>')\ndef index(name):\n    return send_file(name)\n",
            "tests/test_files.py": "from flask import Flask, send_file\n\napp = Flask(__name__)\n\n\n"
            "@app.get('/<path:name>')\ndef index(name):\n    return send_file(name)\n",
        },
        # A converter of the project's own; a folder that may be .., where the file's name is the app's own.
        """\
from flask import Flask, send_file, send_from_directory
from werkzeug.routing import BaseConverter


class SlugConverter(BaseConverter):
    regex = "[a-z0-9-]+"


app = Flask(__name__)
app.url_map.converters["slug"] = SlugConverter


@app.get("/page/<slug:name>/<name2>")
def page(name, name2="a"):
    return send_file(f"pages/{name}/index.html")


@app.get("/watch/<string:folder>")
def watch(folder):
    name = "last.png" if folder else "error.png"
    return send_from_directory(app.instance_path, "watch.json", download_name=folder + name)
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Files whose path holds data of the request."""
        if module.role in ("test", "migration"):
            return
        data = RequestData(module)
        for sent in _sent(module, data):
            hits = [hit for found in data_in_texts(data, sent.path) if (hit := _judged(sent, found)) is not None]
            if hits:
                worst = max(hits, key=lambda hit: hit.severity or self.severity)
                yield worst._replace(severity=Severity.INFO) if module.role in ("example", "docs") else worst


class _Sent(NamedTuple):
    """A call that sends a file; ``within`` whether the client also names the file below ``path``."""

    call: ast.Call
    path: ast.expr | None
    function: str
    within: bool


def _sent(module: Module, data: RequestData) -> Iterator[_Sent]:
    for call in module.calls(*_SEND_FILE):
        path = keyword(call, "path_or_file") or keyword(call, "filename_or_fp")
        path = call.args[0] if call.args else path
        opened = module.value(path) if path is not None else None
        if isinstance(opened, ast.Call) and module.resolve(opened.func) == "builtins.open" and opened.args:
            path = opened.args[0]  # ``send_file(open(path, "rb"))``
        yield _Sent(call, path, "send_file", False)
    for call in module.calls(*_FROM_DIRECTORY):
        name = call.args[1] if len(call.args) > 1 else keyword(call, "path") or keyword(call, "filename")
        if name is not None:
            folder = call.args[0] if call.args else keyword(call, "directory")
            yield _Sent(call, folder, "send_from_directory", any(data_in_texts(data, name)))


def _judged(sent: _Sent, found: Found) -> Hit | None:
    """The finding for one piece of the path."""
    source = found.source
    if source.whole or source.kind not in _KINDS or any(not _NO_CHECKS.search(name) for name in found.checked):
        return None
    assumes = tuple(RouterAssumed(owner) for owner in source.owners)
    if source.kind != "variable" or source.converter == "path" or found.text == (found.piece,):
        message = f"{source.words} decides which file {sent.function}() opens: it may lead out of the folder"
        return Hit(sent.call, message, assumes, advice=_ADVICE)
    if _is_folder(sent, found):
        return Hit(sent.call, f"{source.words} may be .. and lead out of the folder", assumes, advice=_ADVICE)
    message = f"On Windows {source.words} may hold ..\\ and lead out of the folder"
    return Hit(sent.call, message, assumes, Severity.INFO, advice=_ADVICE)


def _is_folder(sent: _Sent, found: Found) -> bool:
    """Whether a piece is a whole part of the path, and the client names the file behind it too."""
    place = next(index for index, piece in enumerate(found.text) if piece is found.piece)
    front, behind = found.text[:place], found.text[place + 1 :]
    starts = not front or (front[-1].text or "").endswith("/")
    if not behind:
        return starts and sent.within
    return starts and (behind[0].text or "").startswith("/") and any(piece.source for piece in behind)


_ADVICE = (
    "Use `send_from_directory(folder, name)` with a folder of your own: it answers 404 to whatever lies outside of it. "
    "For a path that you open yourself there is `werkzeug.security.safe_join`."
)
