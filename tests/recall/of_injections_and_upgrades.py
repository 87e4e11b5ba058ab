"""What a request may smuggle in (redirects, templates, HTML, SQL, paths), and what newer Flask releases took away."""

from __future__ import annotations

from tests.recall.app import Defect, Healthy

FACTORY = """\
from flask import Flask

def create_app():
    app = Flask(__name__)
    from .views import bp
    app.register_blueprint(bp)
    return app
"""

APP = 'from flask import Flask\n\napp = Flask(__name__)\n\n@app.get("/")\ndef index():\n    return "ok"\n'

ALCHEMY = "flask==3.1.0\nflask-sqlalchemy==3.1.1\nsqlalchemy==2.0.36\n"

DEFECTS = [
    # FD714 open-redirect
    Defect(
        "FD714",
        "the link to come back to, or the start page, in a blueprint's view",
        {
            "shop/__init__.py": FACTORY,
            "shop/views.py": """\
from flask import Blueprint, redirect, request, url_for

bp = Blueprint("auth", __name__, url_prefix="/auth")

@bp.get("/done")
def done():
    return redirect(request.args.get("next") or url_for("auth.done"))
""",
        },
        place="shop/views.py",
    ),
    Defect(
        "FD714",
        "a walrus",
        {
            "app.py": """\
import flask as f

app = f.Flask(__name__)

@app.route("/leave")
def leave():
    if target := f.request.args.get("to"):
        return f.redirect(target, 303)
    return f.redirect(f.url_for("leave"))
"""
        },
    ),
    Defect(
        "FD714",
        "a view class and a helper function that reads the request",
        {
            "app.py": """\
from flask import Flask, redirect, request
from flask.views import MethodView

app = Flask(__name__)

def wanted():
    return request.values.get("return_to", "/")

class Leave(MethodView):
    def get(self):
        return redirect(wanted())

app.add_url_rule("/leave", view_func=Leave.as_view("leave"))
"""
        },
    ),
    Defect(
        "FD714",
        "the whole address is a part of the URL",
        {
            "app.py": """\
from flask import Flask, redirect

app = Flask(__name__)

@app.route("/out/<path:url>")
def out(url: str):
    return redirect(url)
"""
        },
    ),
    Defect(
        "FD714",
        "a match on the parameter",
        {
            "app.py": """\
from flask import Flask, redirect, request

app = Flask(__name__)

@app.get("/switch")
def switch():
    match request.args.get("back"):
        case None:
            return redirect("/")
        case target:
            return redirect(target)
"""
        },
    ),
    Defect(
        "FD714",
        "only the host comes from the request",
        {
            "app.py": """\
from flask import Flask, redirect, request

app = Flask(__name__)

@app.get("/tenant")
def tenant():
    name = request.args["tenant"]
    return redirect(f"https://{name}/welcome")
"""
        },
    ),
    Defect(
        "FD714",
        "decoded, in a function that two views share",
        {
            "app.py": """\
from urllib.parse import unquote
from flask import Flask, redirect, request

app = Flask(__name__)

@app.get("/a")
@app.get("/b")
def go():
    target: str = unquote(request.args.get("u", ""))
    if not target:
        return "nothing to go to", 400
    return redirect(location=target, code=302)
"""
        },
    ),
    # FD715 template-injection
    Defect(
        "FD715",
        "the address that was not found",
        {
            "app.py": """\
from flask import Flask, render_template_string, request

app = Flask(__name__)

@app.errorhandler(404)
def missing(error):
    page = "<h1>Not found</h1><p>%s</p>" % request.url
    return render_template_string(page), 404
"""
        },
    ),
    Defect(
        "FD715",
        "replace in a template text",
        {
            "app.py": """\
import flask

app = flask.Flask(__name__)
PAGE = "<h1>Hello NAME</h1>"

@app.route("/hello/<name>")
def hello(name):
    return flask.render_template_string(PAGE.replace("NAME", name))
"""
        },
    ),
    Defect(
        "FD715",
        "a template object of jinja2",
        {
            "app.py": """\
from flask import Flask, request
from jinja2 import Template

app = Flask(__name__)

@app.post("/preview")
def preview():
    return Template(request.form["body"]).render(title="Preview")
"""
        },
    ),
    Defect(
        "FD715",
        "the application's own environment",
        {
            "site/__init__.py": FACTORY,
            "site/views.py": """\
from flask import Blueprint, current_app, request

bp = Blueprint("mail", __name__)

@bp.post("/mails/preview")
def preview():
    body = request.get_json()["body"]
    template = current_app.jinja_env.from_string(body)
    return {"html": template.render()}
""",
        },
        place="site/views.py",
    ),
    Defect(
        "FD715",
        "put together with +=",
        {
            "app.py": """\
from flask import Flask, render_template_string as render, request
from flask.views import View

class Search(View):
    def dispatch_request(self):
        page = "<ul>"
        for word in request.args.getlist("q"):
            page += "<li>" + word + "</li>"
        page += "</ul>"
        return render(page)

def create_app():
    app = Flask(__name__)
    app.add_url_rule("/search", view_func=Search.as_view("search"))
    return app
"""
        },
    ),
    # FD716 unescaped-html
    Defect(
        "FD716",
        "an f-string of the URL's variable",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)

@app.route("/hello/<name>")
def hello(name):
    return f"<h1>Hello {name}!</h1>"
"""
        },
    ),
    Defect(
        "FD716",
        "a response object and a status",
        {
            "app.py": """\
import flask as f

app = f.Flask(__name__)

@app.get("/search")
def search():
    words = f.request.args.get("q", "")
    answer = f.make_response("<p>Nothing found for <b>" + words + "</b></p>", 404)
    return answer
"""
        },
    ),
    Defect(
        "FD716",
        "an error page",
        {
            "app.py": """\
from flask import Flask, request

def missing(error):
    return "<p>There is no {}</p>".format(request.args.get("page")), 404

def create_app():
    app = Flask(__name__)
    app.register_error_handler(404, missing)
    return app
"""
        },
    ),
    Defect(
        "FD716",
        "marked as safe",
        {
            "app.py": """\
from flask import Flask, render_template_string, request
from markupsafe import Markup

app = Flask(__name__)

@app.get("/")
def index():
    note = Markup(f"<em>{request.args['note']}</em>")
    return render_template_string("<p>{{ note }}</p>", note=note)
"""
        },
    ),
    Defect(
        "FD716",
        "lines that are joined",
        {
            "app.py": """\
from flask import Blueprint, Flask, request

bp = Blueprint("names", __name__)

@bp.post("/names")
def names():
    parts = ["<ul>"]
    for name in request.form.getlist("name"):
        parts.append("<li>%s</li>" % name)
    parts.append("</ul>")
    return "".join(parts)

app = Flask(__name__)
app.register_blueprint(bp)
"""
        },
    ),
    # FD717 sql-from-string
    Defect(
        "FD717",
        "sqlite3, % in the same line",
        {
            "app.py": """\
import sqlite3
from flask import Flask, request

app = Flask(__name__)

@app.get("/users")
def users():
    db = sqlite3.connect("users.db")
    rows = db.execute("SELECT id FROM user WHERE name = '%s'" % request.args["name"]).fetchall()
    return {"ids": [row[0] for row in rows]}
"""
        },
    ),
    Defect(
        "FD717",
        "a statement that grows",
        {
            "app.py": """\
import sqlite3
from flask import Flask, g, request

app = Flask(__name__)

def connection():
    if "db" not in g:
        g.db = sqlite3.connect("shop.db")
    return g.db

@app.get("/products")
def products():
    sql = "SELECT name FROM product"
    if colour := request.args.get("colour"):
        sql += " WHERE colour = '" + colour + "'"
    cursor = connection().cursor()
    cursor.execute(sql)
    return {"names": [row[0] for row in cursor]}
"""
        },
    ),
    Defect(
        "FD717",
        "format, in a view class with a cursor from with",
        {
            "app.py": """\
import psycopg2
from contextlib import closing
from flask import Flask
from flask.views import MethodView

class User(MethodView):
    def get(self, name):
        with closing(psycopg2.connect(service="shop")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT id FROM users WHERE name = '{}'".format(name))
            return {"id": cursor.fetchone()[0]}

app = Flask(__name__)
app.add_url_rule("/users/<name>", view_func=User.as_view("user"))
"""
        },
    ),
    Defect(
        "FD717",
        "the order of the rows from the request",
        {
            "app.py": """\
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
import sqlalchemy as sa

app = Flask(__name__)
db = SQLAlchemy(app)

class Product(db.Model):
    id = sa.Column(sa.Integer, primary_key=True)

@app.get("/products")
def products():
    order = request.args.get("order", "id")
    found = db.session.scalars(db.select(Product).order_by(sa.text(f"{order} DESC")))
    return {"ids": [product.id for product in found]}
""",
            "requirements.txt": ALCHEMY,
        },
    ),
    Defect(
        "FD717",
        "a plain string on SQLAlchemy 2",
        {
            "app.py": """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()

def create_app():
    app = Flask(__name__)
    db.init_app(app)

    @app.get("/health")
    def health():
        db.session.execute("SELECT 1")
        return {"ok": True}

    return app
""",
            "requirements.txt": ALCHEMY,
        },
    ),
    # FD718 upload-path
    Defect(
        "FD718",
        "pathlib",
        {
            "app.py": """\
from pathlib import Path
from flask import Flask, request

app = Flask(__name__)
UPLOADS = Path(__file__).parent / "uploads"

@app.post("/files")
def upload():
    file = request.files["file"]
    file.save(UPLOADS / file.filename)
    return {"name": file.filename}, 201
"""
        },
    ),
    Defect(
        "FD718",
        "many files, the name in a variable",
        {
            "app.py": """\
import os
import flask as f

app = f.Flask(__name__)

@app.post("/photos")
def photos():
    for photo in f.request.files.getlist("photos"):
        name = photo.filename
        target = os.path.join(f.current_app.config["UPLOADS"], name)
        photo.save(target)
    return {"stored": True}
"""
        },
    ),
    Defect(
        "FD718",
        "written with open",
        {
            "store/__init__.py": FACTORY,
            "store/views.py": """\
from flask import Blueprint, request

bp = Blueprint("store", __name__)

@bp.put("/documents")
def put():
    if (document := request.files.get("document")) is None:
        return {"error": "no document"}, 400
    with open(f"/srv/documents/{document.filename}", "wb") as out:
        out.write(document.read())
    return {"stored": True}
""",
        },
        place="store/views.py",
    ),
    Defect(
        "FD718",
        "a form's file field",
        {
            "app.py": """\
import os
from flask import Flask, redirect, url_for
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired

app = Flask(__name__)
app.config.update(SECRET_KEY=os.environ.get("SECRET_KEY"), SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")

class PhotoForm(FlaskForm):
    photo = FileField(validators=[FileRequired()])

@app.route("/photo", methods=["GET", "POST"])
def photo():
    form = PhotoForm()
    if form.validate_on_submit():
        form.photo.data.save(os.path.join(app.instance_path, form.photo.data.filename))
        return redirect(url_for("photo"))
    return {"errors": form.errors}
"""
        },
    ),
    Defect(
        "FD718",
        "handed to a helper",
        {
            "app.py": """\
import os
from flask import Flask, request

app = Flask(__name__)

def keep(upload, folder):
    path = os.path.join(folder, upload.filename)
    upload.save(path)
    return path

@app.post("/files")
def files():
    return {"path": keep(request.files["file"], "uploads")}
"""
        },
    ),
    # FD719 send-file-from-url
    Defect(
        "FD719",
        "the path in the URL",
        {
            "app.py": """\
from flask import Flask, send_file

app = Flask(__name__)

@app.route("/files/<path:name>")
def files(name):
    return send_file("files/" + name)
"""
        },
    ),
    Defect(
        "FD719",
        "a parameter and os.path.join",
        {
            "app.py": """\
import os
import flask as f

app = f.Flask(__name__)
FOLDER = "/srv/reports"

@app.get("/report")
def report():
    name = f.request.args.get("name")
    return f.send_file(os.path.join(FOLDER, name), as_attachment=True)
"""
        },
    ),
    Defect(
        "FD719",
        "pathlib in a view class",
        {
            "app.py": """\
from pathlib import Path
from flask import Flask, abort, send_file
from flask.views import MethodView

FOLDER = Path("/srv/invoices")

class Invoice(MethodView):
    def get(self, name: str):
        path = FOLDER / name
        if not path.exists():
            abort(404)
        return send_file(path)

def create_app():
    app = Flask(__name__)
    app.add_url_rule("/invoices/<path:name>", view_func=Invoice.as_view("invoice"))
    return app
"""
        },
    ),
    Defect(
        "FD719",
        "the body of a request names the file",
        {
            "app.py": """\
from flask import Flask, request, send_file

app = Flask(__name__)

@app.post("/download")
def download():
    wanted = request.get_json()
    return send_file(wanted["path"], as_attachment=True)
"""
        },
    ),
    # FD1201 removed-flask-api
    Defect(
        "FD1201",
        "before_first_request on an app that the factory made",
        {
            "app.py": """\
import flask

def create_app():
    app = flask.Flask(__name__)

    @app.before_first_request
    def warm_up():
        app.logger.info("warm")

    return app
"""
        },
    ),
    Defect(
        "FD1201",
        "before_app_first_request of a blueprint in another file",
        {
            "shop/__init__.py": FACTORY,
            "shop/views.py": """\
from flask import Blueprint

bp = Blueprint("shop", __name__)

@bp.get("/")
def index():
    return "shop"
""",
            "shop/start.py": """\
from .views import bp

@bp.before_app_first_request
def start():
    print("started")
""",
        },
        place="shop/start.py",
    ),
    Defect("FD1201", "Markup of the module", {"app.py": "import flask as f\n\nBADGE = f.Markup('<b>new</b>')\n"}),
    Defect(
        "FD1201",
        "an encoder class",
        {
            "app.py": """\
from flask import Flask
from flask.json import JSONEncoder

class Encoder(JSONEncoder):
    def default(self, o):
        return str(o)

app = Flask(__name__)
"""
        },
    ),
    Defect(
        "FD1201",
        "a context stack, soon",
        {
            "extension.py": """\
from flask import _app_ctx_stack as stack

def connection():
    return getattr(stack.top, "connection", None)
"""
        },
        flask="2.2.5",
    ),
    Defect(
        "FD1201",
        "safe_join of the helpers",
        {
            "app.py": """\
from flask.helpers import safe_join

def path_of(name):
    return safe_join("files", name)
"""
        },
    ),
    Defect(
        "FD1201",
        "a setting read from JSON",
        {
            "app.py": """\
from flask import Flask

app: Flask = Flask(__name__)
app.config.from_json("settings.json")
"""
        },
    ),
    Defect(
        "FD1201",
        "the environment's name on the app",
        {
            "app.py": """\
from flask import Flask, current_app

app = Flask(__name__)

@app.get("/")
def index():
    return {"where": current_app.env}
"""
        },
    ),
    # FD1202 removed-flask-env
    Defect(
        "FD1202",
        "in the container's settings",
        {
            "app.py": APP,
            "Dockerfile": 'FROM python:3.12\nCOPY . .\nENV FLASK_ENV=production\nCMD ["gunicorn", "app:app"]\n',
        },
        place="Dockerfile",
    ),
    Defect(
        "FD1202",
        ".flaskenv",
        {
            "app.py": APP,
            ".flaskenv": "FLASK_APP=app\nFLASK_ENV=development\n",
            "requirements.txt": "flask==3.1.0\npython-dotenv==1.0.1\n",
        },
        place=".flaskenv",
    ),
    # FD1203 removed-send-file-argument
    Defect(
        "FD1203",
        "attachment_filename",
        {
            "app.py": """\
from flask import Flask, send_file

app = Flask(__name__)

@app.get("/report")
def report():
    return send_file("report.pdf", as_attachment=True, attachment_filename="report.pdf")
"""
        },
    ),
    Defect(
        "FD1203",
        "cache_timeout through the module, before it goes",
        {
            "app.py": """\
import flask as f

app = f.Flask(__name__)

@app.get("/logo")
def logo():
    return f.send_file("logo.svg", cache_timeout=3600)
"""
        },
        flask="2.1.3",
    ),
    Defect(
        "FD1203",
        "filename of send_from_directory, in a class",
        {
            "app.py": """\
from flask import Flask, send_from_directory as send
from flask.views import MethodView

class Media(MethodView):
    def get(self, name):
        return send("media", filename=name, as_attachment=True)

app = Flask(__name__)
app.add_url_rule("/media/<path:name>", view_func=Media.as_view("media"))
"""
        },
    ),
    # FD1204 removed-werkzeug-api
    Defect(
        "FD1204",
        "safe_str_cmp",
        {
            "app.py": """\
import os
from flask import Flask, request
from werkzeug.security import safe_str_cmp

app = Flask(__name__)

@app.post("/hook")
def hook():
    if not safe_str_cmp(request.headers.get("X-Token", ""), os.environ.get("HOOK_TOKEN", "")):
        return {"error": "no"}, 403
    return {"ok": True}
"""
        },
    ),
    Defect(
        "FD1204",
        "url_parse of the module",
        {
            "app.py": """\
from flask import Flask, request
from werkzeug import urls

app = Flask(__name__)

@app.get("/")
def index():
    return {"host": urls.url_parse(request.url).netloc}
"""
        },
    ),
    Defect(
        "FD1204",
        "a hash of plain sha256",
        {
            "models.py": """\
from flask import Flask
from werkzeug.security import generate_password_hash as hashed

app = Flask(__name__)

class User:
    def set_password(self, password: str) -> None:
        self.password_hash = hashed(password, method="sha256")
"""
        },
    ),
    Defect(
        "FD1204",
        "quoting, while the old one is still there",
        {
            "app.py": """\
from flask import Flask, redirect
from werkzeug.urls import url_quote

app = Flask(__name__)

@app.get("/tags/<tag>")
def tag(tag):
    return redirect("/search?tag=" + url_quote(tag))
""",
            "requirements.txt": "flask==2.3.3\nwerkzeug==2.3.8\n",
        },
    ),
    Defect(
        "FD714",
        "a Location header set by hand",
        {
            "app.py": """\
from flask import Flask, make_response, request

app = Flask(__name__)

@app.get("/out")
def out():
    response = make_response("", 302)
    response.headers["Location"] = request.args["url"]
    return response
"""
        },
    ),
    Defect(
        "FD714",
        "only the scheme is looked at",
        {
            "app.py": """\
from flask import Blueprint, Flask, redirect, request

bp = Blueprint("out", __name__)

@bp.get("/out")
def out():
    url = request.args.get("url", "")
    if url.startswith("https://"):
        return redirect(url)
    return "no", 400

app = Flask(__name__)
app.register_blueprint(bp)
"""
        },
    ),
    Defect(
        "FD715",
        "escaped, which is no help",
        {
            "app.py": """\
from flask import Flask, render_template_string
from markupsafe import escape

app = Flask(__name__)

@app.get("/hello/<name>")
def hello(name):
    return render_template_string("<h1>Hello " + escape(name) + "</h1>")
"""
        },
    ),
    Defect(
        "FD716",
        "the value that was refused",
        {
            "app.py": """\
from flask import Flask, request

app = Flask(__name__)
SIZES = ("s", "m", "l")

@app.get("/shirts")
def shirts():
    size = request.args.get("size", "m")
    if size not in SIZES:
        return f"There is no size {size}", 400
    return f"Shirts in {size}"
"""
        },
    ),
    Defect(
        "FD717",
        "conditions that are collected in a list",
        {
            "app.py": """\
import flask as f
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

app = f.Flask(__name__)
db = SQLAlchemy(app)

@app.get("/orders")
def orders():
    where = ["deleted = 0"]
    if town := f.request.args.get("town"):
        where.append(f"town = '{town}'")
    rows = db.session.execute(text("SELECT id FROM orders WHERE " + " AND ".join(where)))
    return {"ids": [row.id for row in rows]}
""",
            "requirements.txt": ALCHEMY,
        },
    ),
    Defect(
        "FD718",
        "the body under the name in the URL",
        {
            "app.py": """\
import os
from flask import Flask, request

app = Flask(__name__)

@app.put("/backups/<path:name>")
def put(name):
    with open(os.path.join("/srv/backups", name), "wb") as out:
        out.write(request.get_data())
    return {"stored": name}, 201
"""
        },
    ),
    Defect(
        "FD719",
        "an open file",
        {
            "app.py": """\
from flask import Flask, request, send_file

app = Flask(__name__)

@app.get("/log")
def log():
    stream = open("/var/log/" + request.args["name"], "rb")
    return send_file(stream, mimetype="text/plain")
"""
        },
    ),
    Defect(
        "FD1202",
        "a compose file",
        {
            "app.py": APP,
            "docker-compose.yml": "services:\n  web:\n    build: .\n    environment:\n      FLASK_ENV: development\n",
        },
        place="docker-compose.yml",
    ),
    Defect(
        "FD1203",
        "an old name beside new ones, in a blueprint of a package",
        {
            "shop/__init__.py": FACTORY,
            "shop/views.py": """\
import flask
from flask import Blueprint

bp = Blueprint("shop", __name__)

@bp.get("/list")
def price_list():
    return flask.send_from_directory(
        bp.root_path, "prices.pdf", as_attachment=True, attachment_filename="prices.pdf", max_age=0
    )
""",
        },
        place="shop/views.py",
    ),
]

HEALTHY = [
    Healthy(
        "a shop with a blueprint: redirects, search and uploads in their right ways",
        {
            "shop/__init__.py": FACTORY,
            "shop/urls.py": """\
from urllib.parse import urljoin, urlsplit
from flask import request, url_for

def is_local(target: str) -> bool:
    here = urlsplit(request.host_url)
    there = urlsplit(urljoin(request.host_url, target))
    return there.scheme in ("http", "https") and here.netloc == there.netloc

def way_back(default: str = "shop.index") -> str:
    for target in (request.args.get("next"), request.referrer):
        if target and is_local(target):
            return target
    return url_for(default)
""",
            "shop/views.py": """\
import sqlite3
import uuid
from pathlib import Path

from flask import Blueprint, abort, current_app, g, redirect, request, send_file, send_from_directory, url_for
from markupsafe import escape
from werkzeug.utils import secure_filename

from .urls import is_local, way_back

bp = Blueprint("shop", __name__)
COLUMNS = {"name": "name", "price": "price DESC"}
EXTENSIONS = {"png", "jpg"}

def connection() -> sqlite3.Connection:
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
    return g.db

@bp.get("/")
def index():
    return redirect(url_for("shop.products", order=request.args.get("order", "name")))

@bp.get("/products")
def products():
    order = COLUMNS.get(request.args.get("order", ""), "name")
    words = request.args.get("q", "")
    rows = connection().execute("SELECT name FROM product WHERE name LIKE ? ORDER BY " + order, (f"%{words}%",))
    items = "".join(f"<li>{escape(name)}</li>" for (name,) in rows)
    return f"<h1>Products with {escape(words)}</h1><ul>{items}</ul>"

@bp.get("/products/<int:number>")
def product(number):
    row = connection().execute("SELECT name FROM product WHERE id = ?", (number,)).fetchone()
    if row is None:
        abort(404)
    return f"<h1>Product {number}</h1>"

@bp.get("/several")
def several():
    numbers = request.args.getlist("id", type=int)
    marks = ", ".join("?" for _ in numbers)
    rows = connection().execute(f"SELECT name FROM product WHERE id IN ({marks})", numbers)
    return {"names": [row[0] for row in rows]}

@bp.post("/photos")
def upload():
    photo = request.files["photo"]
    extension = photo.filename.rsplit(".", 1)[-1].lower()
    if extension not in EXTENSIONS:
        abort(400)
    name = f"{uuid.uuid4().hex}.{extension}"
    photo.save(Path(current_app.config["PHOTOS"]) / name)
    return {"name": name, "original": photo.filename}, 201

@bp.post("/manuals")
def manual():
    file = request.files["manual"]
    name = secure_filename(file.filename)
    if not name:
        abort(400)
    file.save(Path(current_app.config["MANUALS"]) / name)
    return {"name": name}, 201

@bp.get("/photos/<path:name>")
def photo(name):
    return send_from_directory(current_app.config["PHOTOS"], name, max_age=3600)

@bp.get("/catalogue")
def catalogue():
    return send_file("catalogue.pdf", download_name="catalogue.pdf")

@bp.get("/language/<code>")
def language(code):
    if code not in ("de", "en"):
        abort(404)
    return redirect(way_back())

@bp.get("/basket/add")
def add():
    target = request.args.get("next", "")
    if not is_local(target):
        abort(400)
    return redirect(target)

@bp.get("/users/<name>/posts")
def posts(name):
    return redirect(f"/users/{name}")
""",
        },
    ),
    Healthy(
        "view classes, an own JSON provider, templates that are constants",
        {
            "app.py": """\
import hmac
import os
from datetime import date
from urllib.parse import quote, urlsplit

import flask as f
from flask.json.provider import DefaultJSONProvider
from flask.views import MethodView
from markupsafe import Markup, escape
from werkzeug.security import check_password_hash, generate_password_hash, safe_join

GREETING = "<h1>Hello {{ name }}</h1>"
ROOT = os.path.abspath("documents")
REPORTS = {"sales": "reports/sales.csv", "stock": "reports/stock.csv"}

class Provider(DefaultJSONProvider):
    sort_keys = False

    def default(self, o):
        return o.isoformat() if isinstance(o, date) else super().default(o)

class App(f.Flask):
    json_provider_class = Provider

class Greeting(MethodView):
    def get(self, name):
        return f.render_template_string(GREETING, name=name)

class Report(MethodView):
    def get(self, kind):
        try:
            path = REPORTS[kind]
        except KeyError:
            f.abort(404)
        return f.send_file(path, as_attachment=True, download_name=f"{kind}.csv")

class Document(MethodView):
    def get(self, name):
        path = os.path.realpath(os.path.join(ROOT, name))
        if not path.startswith(ROOT + os.sep) or not os.path.isfile(path):
            f.abort(404)
        return f.send_file(path)

class Letter(MethodView):
    def get(self, name):
        path = safe_join(ROOT, name)
        if path is None:
            f.abort(404)
        return f.send_file(path)

class Leave(MethodView):
    def get(self):
        target = f.request.args.get("to", "/")
        if urlsplit(target).netloc not in ("", "example.org") or target.startswith("//"):
            f.abort(400)
        return f.redirect(target)

class Tag(MethodView):
    def get(self, tag):
        return f.redirect(f"https://search.example.org/?q={quote(tag)}")

def stored(password):
    return generate_password_hash(password)

def same(one, other):
    return hmac.compare_digest(one, other) and check_password_hash(one, other)

def badge(text):
    return Markup("<b>%s</b>") % text

def missing(error):
    return f"<p>There is no {escape(f.request.path)}</p>", 404

def create_app():
    app = App(__name__)
    app.add_url_rule("/hello/<name>", view_func=Greeting.as_view("greeting"))
    app.add_url_rule("/reports/<kind>", view_func=Report.as_view("report"))
    app.add_url_rule("/documents/<path:name>", view_func=Document.as_view("document"))
    app.add_url_rule("/letters/<path:name>", view_func=Letter.as_view("letter"))
    app.add_url_rule("/leave", view_func=Leave.as_view("leave"))
    app.add_url_rule("/tags/<tag>", view_func=Tag.as_view("tag"))
    app.register_error_handler(404, missing)
    with app.app_context():
        app.logger.info("warm")
    return app
"""
        },
    ),
    Healthy(
        "an API on SQLAlchemy 2 in a package",
        {
            "requirements.txt": ALCHEMY,
            "api/__init__.py": """\
import os
from flask import Flask
from .models import db
from .views import bp

def create_app():
    app = Flask(__name__)
    app.config.from_mapping(SQLALCHEMY_DATABASE_URI=os.environ.get("DATABASE_URL", "sqlite://"))
    db.init_app(app)
    app.register_blueprint(bp, url_prefix="/api")
    return app
""",
            "api/models.py": """\
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()

class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), nullable=False)
    score = db.Column(db.Integer, default=0)
""",
            "api/queries.py": """\
from sqlalchemy import text

from .models import User, db

TABLE = User.__tablename__
RANKING = text(f"SELECT name, score FROM {TABLE} WHERE score > :floor ORDER BY score DESC")

def ranking(floor: int):
    return db.session.execute(RANKING, {"floor": floor}).all()

def named(name: str):
    return db.session.scalars(db.select(User).where(User.name.ilike(f"%{name}%"))).all()

def healthy() -> bool:
    return db.session.execute(text("SELECT 1")).scalar() == 1

def vacuum(connection):
    for table in ("users", "sessions"):
        connection.exec_driver_sql(f"VACUUM {table}")
""",
            "api/views.py": """\
from flask import Blueprint, Response, abort, jsonify, request, url_for

from . import queries

bp = Blueprint("api", __name__)
ORDERS = ("name", "score")

@bp.get("/ranking")
def ranking():
    rows = queries.ranking(request.args.get("floor", 0, type=int))
    return [{"name": row.name, "score": row.score} for row in rows]

@bp.get("/users")
def users():
    match request.args.get("order", "name"):
        case "name" | "score" as order:
            found = queries.named(request.args.get("q", ""))
            return [{"name": user.name} for user in sorted(found, key=lambda user: getattr(user, order))]
        case _:
            abort(400)

@bp.get("/echo")
def echo():
    return Response(f"<{request.args.get('q', '')}>", mimetype="text/plain")

@bp.get("/feed.json")
def feed():
    return jsonify(title=f"<b>{request.args.get('title', '')}</b>", link=url_for("api.users", _external=True))

@bp.get("/health")
def health():
    return {"ok": queries.healthy()}
""",
        },
    ),
]
