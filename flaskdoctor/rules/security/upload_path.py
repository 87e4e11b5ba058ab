"""FD718: the client says where an upload is stored."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.requestflow.datachecks import data_in_texts
from flaskdoctor.project.requestflow.requestdata import RequestData, data_in
from flaskdoctor.project.routing.views import keyword
from flaskdoctor.rules.rule import Bad, Files, Good, Hit, RouterAssumed, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit

_MOVES = frozenset({"shutil.move", "shutil.copy", "shutil.copy2", "shutil.copyfile", "os.rename", "os.replace"})
_KINDS = frozenset({"args", "form", "values", "json", "headers", "cookies"})
# ``allowed_file(name)`` looks at the ending, ``exists`` at the disk, and neither at the slashes.
_NO_CHECKS = re.compile(
    r"exists|is_?file|is_?dir|contains|endswith|split|allow\w*(?:file|ext)|ext|image|mime|media|type|\Aallowed\Z",
    re.IGNORECASE,
)


# What looks at a name, cuts it, cleans it or shows it: nothing that finds the stored file by it afterwards.
_LOOKS = frozenset({
    "split", "rsplit", "partition", "rpartition", "splitext", "endswith", "startswith", "suffix", "guess_type",
    "secure_filename", "print", "flash", "len", "bool",
})  # fmt: skip
_LOGS = re.compile(r"(?:\b|_)log(?:ger|ging)?\b", re.IGNORECASE)  # ``app.logger.info``, and no ``catalog.add``


class UploadPath(Rule):
    """An upload is stored under the name that came with it: `../../app/static/x.js` is a name, too.

    ## What it finds

    A path made of an upload's `filename` that is written to: `file.save(os.path.join(FOLDER, file.filename))`,
    `open(.., "wb")`, `Path(..) / file.filename`, `shutil.move`; for `request.files[..]`, `request.files.getlist(..)`
    and the `form.photo.data` of Flask-WTF, through variables, f-strings and the functions of the same file. So is an
    upload or a file that is written under a name sent beside it: `request.form["name"]`, a `<path:name>` of the URL.

    It ends at `secure_filename`, `os.path.basename`, an ending that is split off, a name of your own (`uuid4().hex`)
    and at checks of the whole name. `allowed_file(file.filename)`, as in Flask's documentation, is no such check: it
    looks at the ending, and `../../templates/login.html` has one.

    ## Why it matters

    The name is a line that the client writes. Flask and werkzeug hand it on as it came:

    ```console
    $ curl -F 'photo=@evil.html;filename=../../templates/login.html' https://shop.example/upload
    ```

    `os.path.join("uploads", "../../templates/login.html")` leads out of the folder, and with `/etc/cron.d/job` the
    folder is dropped altogether. Whatever the server's user may write can be replaced: templates (which Jinja then
    runs), the SQLite database, other people's uploads.

    ## What to do instead

    ```python
    from werkzeug.utils import secure_filename

    name = secure_filename(file.filename)          # "templates_login.html"; "" for what has nothing left
    file.save(os.path.join(app.config["UPLOAD_FOLDER"], name))
    ```

    `secure_filename` keeps ASCII letters, digits, `.`, `_` and `-`; two people may still send `photo.jpg`. A name of
    your own is better where nobody needs the old one: `f"{uuid4().hex}{splitext(file.filename)[1]}"`.

    ## References

    - [Flask: uploading files](https://flask.palletsprojects.com/en/stable/patterns/fileuploads/)
    - [Werkzeug: secure_filename](https://werkzeug.palletsprojects.com/en/stable/utils/#werkzeug.utils.secure_filename)
    - [OWASP: unrestricted file upload](https://owasp.org/www-community/vulnerabilities/Unrestricted_File_Upload)
    - [CWE-22](https://cwe.mitre.org/data/definitions/22.html)
    """

    code = "FD718"
    name = "upload-path"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Pass the name through secure_filename()"
    fix_risk = (
        "Files get other names than before: spaces become underscores, letters beyond ASCII and folders are dropped, "
        "and a name of nothing else comes out empty. What is looked up by the old name is not found."
    )
    needs = (b".filename", b".files", b'"wb"', b"'wb'", b".write_bytes(")
    pattern = re.compile(rb"\.save\(|open\(|\.write_(?:bytes|text)\(|shutil\.|os\.re(?:name|place)")
    about_routes = True

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
import os

from flask import Flask, request

app = Flask(__name__)


@app.post("/upload")
def upload():
    file = request.files["photo"]
    file.save(os.path.join("uploads", file.filename))
    return "Thank you"
""",
            fixed="""\
import os

from flask import Flask, request
from werkzeug.utils import secure_filename

app = Flask(__name__)


@app.post("/upload")
def upload():
    file = request.files["photo"]
    file.save(os.path.join("uploads", secure_filename(file.filename)))
    return "Thank you"
""",
        ),
        # The name goes on to a link, which would lead to nothing, or to a list; what is only logged is no such use.
        Bad(
            """\
from flask import Flask, request, url_for

app = Flask(__name__)
catalog = []


@app.post("/photo")
def photo():
    file = request.files["photo"]
    ending = file.filename.rpartition(".")[2]
    if ending != "png":
        return "png only"
    file.save("photos/" + file.filename)
    return url_for("static", filename=file.filename)


@app.post("/scan")
def scan():
    file = request.files["scan"]
    file.save("scans/" + file.filename)
    catalog.append(file.filename)
    return "ok"


@app.post("/text")
def text():
    file = request.files["text"]
    app.logger.info("got %s", file.filename)
    if file.filename:
        file.save("texts/" + file.filename)
    return "ok"
""",
            fixed="""\
from flask import Flask, request, url_for
from werkzeug.utils import secure_filename

app = Flask(__name__)
catalog = []


@app.post("/photo")
def photo():
    file = request.files["photo"]
    ending = file.filename.rpartition(".")[2]
    if ending != "png":
        return "png only"
    file.save("photos/" + file.filename)
    return url_for("static", filename=file.filename)


@app.post("/scan")
def scan():
    file = request.files["scan"]
    file.save("scans/" + file.filename)
    catalog.append(file.filename)
    return "ok"


@app.post("/text")
def text():
    file = request.files["text"]
    app.logger.info("got %s", file.filename)
    if file.filename:
        file.save("texts/" + secure_filename(file.filename))
    return "ok"
""",
            hits=3,
        ),
        # A look at the ending, a variable that is used again, several files, ``import flask as f``, pathlib.
        Bad(
            """\
import flask as f
from pathlib import Path
from werkzeug.utils import secure_filename as clean

bp = f.Blueprint("files", __name__)
FOLDER = Path("uploads")


def allowed_file(name):
    return "." in name and name.rsplit(".", 1)[1].lower() in {"png", "jpg"}


@bp.route("/photo", methods=["POST"])
def photo():
    photo = f.request.files.get("photo")
    if photo and allowed_file(photo.filename):
        name = photo.filename  # shown below
        photo.save(f"uploads/{name}")
        return {"name": name}
    return f.abort(400)


@bp.route("/photos", methods=["POST"])
async def photos():
    for photo in f.request.files.getlist("photos"):
        if photo.filename == "":
            continue
        (FOLDER / photo.filename.lower()).write_bytes(photo.read())
    return "ok"
""",
            fixed="""\
import flask as f
from pathlib import Path
from werkzeug.utils import secure_filename as clean

bp = f.Blueprint("files", __name__)
FOLDER = Path("uploads")


def allowed_file(name):
    return "." in name and name.rsplit(".", 1)[1].lower() in {"png", "jpg"}


@bp.route("/photo", methods=["POST"])
def photo():
    photo = f.request.files.get("photo")
    if photo and allowed_file(photo.filename):
        name = clean(photo.filename)  # shown below
        photo.save(f"uploads/{name}")
        return {"name": name}
    return f.abort(400)


@bp.route("/photos", methods=["POST"])
async def photos():
    for photo in f.request.files.getlist("photos"):
        if photo.filename == "":
            continue
        (FOLDER / clean(photo.filename).lower()).write_bytes(photo.read())
    return "ok"
""",
            hits=2,
        ),
        # Flask-WTF, a class-based view, a helper of this file, a walrus, an annotation.
        Bad(
            """\
import os
import shutil

from flask import Flask, current_app, request
from flask.views import MethodView
from forms import PhotoForm

app = Flask(__name__)


class Photos(MethodView):
    def post(self):
        form = PhotoForm()
        if form.validate_on_submit():
            picture = form.picture.data
            path: str = current_app.config["UPLOADS"] + "/" + form.picture.data.filename
            picture.save(path)
            store(picture)
        return "ok"


def store(upload):
    with open(os.path.join(app.root_path, "static", "%s" % upload.filename), mode="wb") as target:
        shutil.copyfileobj(upload.stream, target)


@app.post("/csv")
def csv():
    if (upload := request.files["csv"]):
        upload.save("/tmp/upload")
        shutil.move("/tmp/upload", "data/{}".format(upload.filename.strip()))
        keep(upload)
    return "ok"


def keep(csv):
    csv.save(dst=os.path.abspath("kept/" + csv.filename))


app.add_url_rule("/photos", view_func=Photos.as_view("photos"))
""",
            hits=4,
        ),
        Bad(
            {
                "app.py": "from flask import Flask\nfrom files import bp\n\n\ndef create_app():\n"
                "    app = Flask(__name__)\n    app.register_blueprint(bp)\n    return app\n",
                "files.py": "from flask import Blueprint, request\n\nbp = Blueprint('files', __name__)\n\n\n"
                "@bp.post('/upload')\ndef upload():\n    request.files['a'].save('up/' + request.files['a'].filename)\n"
                "    return 'ok'\n",
            }
        ),
        # A name that is sent beside the file, or in the URL.
        Bad(
            "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.put('/notes/<path:name>')\n"
            "def put(name):\n    with open('notes/' + name, 'wb') as out:\n        out.write(request.get_data())\n"
            "    request.files['photo'].save(f\"photos/{request.form['name']}\")\n    return 'stored'\n",
            hits=2,
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # Cleaned, cut to the ending, or a name of one's own.
        """\
import os
import secrets
from pathlib import Path
from uuid import uuid4

from flask import Flask, request
from werkzeug.utils import secure_filename

app = Flask(__name__)


@app.post("/upload")
def upload():
    file = request.files["photo"]
    filename = secure_filename(file.filename)
    file.save(os.path.join("uploads", filename))
    _, ending = os.path.splitext(file.filename)
    file.save("uploads/" + secrets.token_hex(8) + ending)
    file.save(f"uploads/{uuid4().hex}.{file.filename.rsplit('.', 1)[1].lower()}")
    file.save(os.path.join("uploads", os.path.basename(file.filename)))
    file.save(Path("uploads") / Path(file.filename).name)
    file.save(f"uploads/{uuid4()}{Path(file.filename).suffix}")
    print("saved", file.filename)
    return {"name": file.filename}
""",
        # The whole name is looked at; nothing is written; what is written comes from elsewhere.
        """\
import io

from flask import Flask, abort, request
from PIL import Image
from storage import bucket, photos

app = Flask(__name__)


@app.post("/upload")
def upload():
    file = request.files["photo"]
    if ".." in file.filename or file.filename.startswith("/"):
        abort(400)
    if not is_plain(file.filename):
        abort(400)
    file.save("uploads/" + file.filename)
    return "ok"


@app.post("/read")
def read():
    file = request.files["photo"]
    name = photos.save(file)
    bucket.put(file.filename, file.read())
    with open("log.txt", "a") as log:
        log.write(file.filename)
    with open("uploads/" + file.filename) as old:
        old.read()
    image = Image.open(io.BytesIO(file.read()))
    image.save("thumbnails/" + image.filename)
    return name


def is_plain(name):
    return "/" not in name
""",
        # A command-line tool's own files; a record's name; a test.
        {
            "app.py": "from flask import Flask\nfrom models import Record\n\napp = Flask(__name__)\n\n\n"
            "@app.get('/<int:n>')\ndef index(n):\n    record = Record.query.get(n)\n"
            "    with open('cache/' + record.filename, 'wb') as file:\n        file.write(record.data)\n"
            "    return 'ok'\n",
            "tool.py": "def store(attachment, folder):\n    attachment.save(folder + attachment.filename)\n",
            "tests/test_up.py": "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.post('/')\n"
            "def index():\n    request.files['a'].save('up/' + request.files['a'].filename)\n    return 'ok'\n",
        },
        # The names that are known are the only ones.
        """\
from flask import Flask, abort, request

app = Flask(__name__)
NAMES = ("stock.csv", "prices.csv")


@app.post("/import")
def take():
    file = request.files["csv"]
    if file.filename not in NAMES:
        abort(400)
    file.save("imports/" + file.filename)
    return "ok"
""",
        # The upload itself gets another name first.
        "from flask import Flask, request\nfrom werkzeug.utils import secure_filename\n\napp = Flask(__name__)\n\n\n"
        "@app.post('/files')\ndef files():\n    for file in request.files.getlist('files'):\n"
        "        file.filename = secure_filename(file.filename)\n        file.save('files/' + file.filename)\n"
        "    return 'stored'\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Files that are written under the name that the client gave."""
        if module.role in ("test", "migration"):
            return
        data = RequestData(module)
        for call, path in _writes(module):
            if (hit := _named(data, call, path)) is not None:
                yield hit if module.role not in ("example", "docs") else hit._replace(severity=Severity.INFO)
                continue
            names = [
                found
                for found in data_in_texts(data, path)
                if found.source.kind == "filename"
                and all(_NO_CHECKS.search(name) for name in found.checked)
                and not _is_replaced(module, found.source.node)
            ]
            if names:
                yield Hit(
                    call,
                    f"{names[0].source.words} decides where the upload is stored: it may hold ../",
                    severity=Severity.INFO if module.role in ("example", "docs") else None,
                    parts={"names": [found.source.node for found in names]},
                )

    def fix(self, site: Site, edit: FileEdit) -> None:
        """``file.filename`` becomes ``secure_filename(file.filename)``, where the path's own name comes from."""
        names = site.hit.parts["names"]
        assert isinstance(names, list)
        secure = edit.add_import("werkzeug.utils", "secure_filename")
        for name in dict.fromkeys(names):
            if not isinstance(name, ast.Attribute):
                raise Refuse("The name comes from elsewhere, so it stays as it is.")
            if (kept := _kept_elsewhere(site.module, name, names)) is not None:
                raise Refuse(
                    f"Line {kept.lineno} goes on with the old name, under which there would be no file.",
                    f"Bind secure_filename({ast.unparse(name)}) to a name of its own and use that in both places.",
                )
            edit.replace(name, f"{secure}({{name}})", name=name)


def _kept_elsewhere(module: Module, name: ast.Attribute, changed: list[ast.AST]) -> ast.Attribute | None:
    """Where the same function does something with the name that the client gave, beyond looking at it: a link to the
    stored file, say, which must not be made of another name than the file has."""
    said = ast.dump(name)
    for node in module.nodes(ast.Attribute):
        if (
            isinstance(node, ast.Attribute)
            and node not in changed
            and node.attr == "filename"
            and module.function_of(node) is module.function_of(name)
            and ast.dump(node) == said
            and not _is_looked_at(module, node)
        ):
            return node
    return None


def _is_looked_at(module: Module, name: ast.Attribute) -> bool:
    """Whether a name is only checked, cut to its ending, cleaned, or told to somebody."""
    child: ast.AST = name
    for parent in module.ancestors(name):
        if isinstance(parent, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Assert):
            return True
        if isinstance(parent, ast.If | ast.While | ast.IfExp):
            return child is parent.test
        if isinstance(parent, ast.Attribute) and parent.attr in _LOOKS:
            return True
        if isinstance(parent, ast.Call):
            called = ast.unparse(parent.func)
            if called.rpartition(".")[2] in _LOOKS or _LOGS.search(called):
                return True
        if isinstance(parent, ast.stmt):
            return False
        child = parent
    return False


def _named(data: RequestData, call: ast.Call, path: ast.expr) -> Hit | None:
    """The finding for an upload or a body that is stored under a name sent beside it: ``request.form["name"]``."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "save":
        stored = [source for text in data.texts(call.func.value) for _, source in data_in(text)]
        if not any(source.kind in ("files", "field") for source in stored):
            return None  # a figure, a model
    for found in data_in_texts(data, path):
        source = found.source
        free = source.kind in _KINDS or (source.kind == "variable" and source.converter == "path")
        if free and not source.whole and all(_NO_CHECKS.search(name) for name in found.checked):
            return Hit(
                call,
                f"{source.words} decides where the file is stored: it may hold ../",
                assumes=tuple(RouterAssumed(owner) for owner in source.owners),
                fixable=False,
                advice="Put `secure_filename()` around it, or let `werkzeug.security.safe_join` build the path.",
            )
    return None


def _is_replaced(module: Module, name: ast.AST) -> bool:
    """Whether the function puts another name into the upload: ``file.filename = secure_filename(file.filename)``."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "filename"
        and isinstance(node.ctx, ast.Store)
        and module.function_of(node) is module.function_of(name)
        for node in module.nodes(ast.Attribute)
    )


def _writes(module: Module) -> Iterator[tuple[ast.Call, ast.expr]]:
    """The calls that write a file, with its path."""
    for node in module.nodes(ast.Call):
        assert isinstance(node, ast.Call)
        if isinstance(node.func, ast.Attribute):
            path = node.args[0] if node.args else keyword(node, "dst")
            if node.func.attr == "save" and path is not None:
                yield node, path
                continue
            if node.func.attr in ("write_bytes", "write_text"):
                yield node, node.func.value
                continue
        name = module.resolve(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else None
        if name in ("builtins.open", "io.open") and node.args:
            mode = module.string(node.args[1] if len(node.args) > 1 else keyword(node, "mode"))
            if mode is not None and set(mode) & set("wax+"):
                yield node, node.args[0]
        elif name in _MOVES and len(node.args) > 1:
            yield node, node.args[1]
