"""Debug mode, proxies, cookies, CSRF, CORS and limits: what is left open when an app goes live."""

from __future__ import annotations

from tests.recall.app import Defect, Healthy

_FORM = '<form method="post"><input name="title"><button>Save</button></form>\n'
_PAGE = "<!doctype html>\n<title>Shop</title>\n<h1>{{ title }}</h1>\n"
_NGINX = """\
server {
    listen 443 ssl;
    server_name shop.example.org;
    location / {
        proxy_pass http://127.0.0.1:8000;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
    }
}
"""
_LINKS_OUT = """\
from flask import Flask, url_for

app = Flask(__name__)


@app.get("/invite/<token>")
def invite(token):
    return {"link": url_for("invite", token=token, _external=True)}
"""
_HELLO = """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "hello"
"""

DEFECTS: list[Defect] = [
    # FD701: the debugger in production.
    Defect(
        "FD701",
        "module alias, in the main guard",
        {
            "app.py": """\
import flask as f

web = f.Flask(__name__)


@web.route("/ping")
def ping():
    return {"pong": True}


if __name__ == "__main__":
    web.run(port=8080, debug=True)
"""
        },
    ),
    Defect(
        "FD701",
        "third positional argument of what a factory gives",
        {
            "shop/__init__.py": """\
from flask import Flask


def create_app() -> Flask:
    app: Flask = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "hello", endpoint="index")
    return app
""",
            "serve.py": """\
from shop import create_app

if __name__ == "__main__":
    create_app().run("127.0.0.1", 5000, True)
""",
        },
        place="serve.py",
    ),
    Defect(
        "FD701",
        "update in a factory",
        {
            "app.py": """\
from flask import Flask


def create_app():
    application = Flask("shop")
    application.config.update(MAX_CONTENT_LENGTH=1 << 20, DEBUG=True)

    @application.get("/")
    def index():
        return "hello"

    return application
"""
        },
    ),
    Defect(
        "FD701",
        "attribute of an annotated app",
        {
            "app.py": """\
from flask import Flask

app: Flask = Flask(__name__)
app.debug = True


@app.get("/")
async def index() -> str:
    return "hello"
""",
            "requirements.txt": "flask[async]==3.1.0\n",
        },
    ),
    Defect(
        "FD701",
        "production class of settings",
        {
            "shop/settings.py": """\
class Config:
    TESTING = False


class ProductionConfig(Config):
    DEBUG = True
""",
            "shop/__init__.py": """\
from flask import Flask


def create_app():
    app = Flask(__name__)
    app.config.from_object("shop.settings.ProductionConfig")
    return app
""",
        },
        place="shop/settings.py",
    ),
    Defect(
        "FD701",
        "environment of the image",
        {
            "app.py": _HELLO,
            "requirements.txt": "flask==3.1.0\nwaitress==3.0.2\n",
            "Dockerfile": """\
FROM python:3.13-slim
WORKDIR /srv
COPY requirements.txt app.py ./
RUN pip install --no-cache-dir -r requirements.txt
ENV FLASK_APP=app FLASK_DEBUG=1
CMD ["waitress-serve", "--port=8000", "app:app"]
""",
        },
        place="Dockerfile",
    ),
    Defect(
        "FD701",
        "environment of a compose service",
        {
            "app.py": _HELLO,
            "requirements.txt": "flask==3.1.0\nwaitress==3.0.2\n",
            "docker-compose.yml": """\
services:
  web:
    build: .
    command: waitress-serve --port=8000 app:app
    environment:
      FLASK_DEBUG: "1"
    ports: ["8000:8000"]
""",
        },
        place="docker-compose.yml",
    ),
    Defect(
        "FD701",
        "command of the Procfile",
        {"app.py": _HELLO, "Procfile": "web: flask --app app run --debug --host 0.0.0.0 --port $PORT\n"},
        place="Procfile",
    ),
    # FD702: a string of the environment decides, and every string is true.
    Defect(
        "FD702",
        "get with a default, in the call",
        {
            "app.py": """\
import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "hello"


if __name__ == "__main__":
    app.run(debug=os.environ.get("FLASK_DEBUG", False))
"""
        },
    ),
    Defect(
        "FD702",
        "constant of the module, environ under another name",
        {
            "run.py": """\
from os import environ as env

from flask import Flask

DEBUG = env.get("APP_DEBUG")
application = Flask(__name__)

if __name__ == "__main__":
    application.run(port=5001, debug=DEBUG)
"""
        },
    ),
    Defect(
        "FD702",
        "third positional argument, a factory of a package",
        {
            "shop/__init__.py": "from flask import Flask\n\n\ndef create_app() -> Flask:\n    return Flask(__name__)\n",
            "serve.py": """\
from os import getenv

from shop import create_app


def main() -> None:
    app = create_app()
    app.run("127.0.0.1", 8000, getenv("SHOP_DEBUG", "0"))


if __name__ == "__main__":
    main()
""",
        },
        place="serve.py",
    ),
    Defect(
        "FD702",
        "bool() of the string",
        {
            "app.py": """\
import os

import flask

app = flask.Flask(__name__)

if __name__ == "__main__":
    app.run(use_reloader=False, debug=bool(os.getenv("DEBUG", "False")))
"""
        },
        # What bool() does to a string is told where it is called too.
        also=("FD307",),
    ),
    # FD703: the server starts as the module is imported.
    Defect(
        "FD703",
        "last statement of a module",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return "hello"


app.run(port=8080)
"""
        },
    ),
    Defect(
        "FD703",
        "app of a factory, under a condition that holds everywhere",
        {
            "shop/__init__.py": """\
import flask


def create_app():
    return flask.Flask(__name__)
""",
            "wsgi.py": """\
import os

from shop import create_app

application = create_app()
if "PORT" in os.environ:
    application.run(port=int(os.environ["PORT"]))
else:
    application.run()
""",
        },
        place="wsgi.py",
    ),
    Defect(
        "FD703",
        "inside an application context",
        {
            "main.py": """\
import flask as f

site = f.Flask("site")
with site.app_context():
    site.logger.info("starting")
    site.run(host="127.0.0.1")
"""
        },
    ),
    # FD704: the debugger, to the whole network.
    Defect(
        "FD704",
        "both as keywords",
        {
            "app.py": """\
from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "hello"


if __name__ == "__main__":
    app.run(debug=True, host="0.0.0.0", port=8000)
"""
        },
    ),
    Defect(
        "FD704",
        "all positional, imported app",
        {
            "shop/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "run.py": """\
from shop import app as application


def main():
    application.run("0.0.0.0", 8000, True)


if __name__ == "__main__":
    main()
""",
        },
        place="run.py",
    ),
    Defect(
        "FD704",
        "names of constants, IPv6",
        {
            "app.py": """\
import flask

HOST = "::"
DEBUG: bool = True

web = flask.Flask(__name__)

if __name__ == "__main__":
    web.run(host=HOST, debug=DEBUG)
"""
        },
    ),
    # FD705: the session's cookie goes over plain HTTP.
    Defect(
        "FD705",
        "session in a view, nothing set",
        {
            "app.py": """\
import os

from flask import Flask, render_template, session

app = Flask(__name__)
app.config.from_prefixed_env()


@app.get("/")
def index():
    session["visits"] = session.get("visits", 0) + 1
    return render_template("index.html", title=session["visits"])
""",
            "templates/index.html": _PAGE,
        },
    ),
    Defect(
        "FD705",
        "class of settings with SameSite alone, nested package",
        {
            "shop/config.py": """\
import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY")
    SESSION_COOKIE_SAMESITE = "Lax"
    SESSION_COOKIE_HTTPONLY = True
""",
            "shop/__init__.py": """\
from flask import Flask

from .config import Config


def create_app():
    app = Flask(__name__)
    app.config.from_object(Config)
    from .views import pages

    app.register_blueprint(pages)
    return app
""",
            "shop/views.py": """\
from flask import Blueprint, flash, redirect, render_template, url_for

pages = Blueprint("pages", __name__)


@pages.get("/")
def index():
    return render_template("index.html", title="Shop")


@pages.get("/again")
def again():
    flash("Welcome back")
    return redirect(url_for(".index"))
""",
            "shop/templates/index.html": _PAGE,
        },
    ),
    Defect(
        "FD705",
        "Flask-Login without a secure remember cookie",
        {
            "app.py": """\
import os

from flask import Flask, redirect, render_template
from flask_login import LoginManager, UserMixin, login_user

app = Flask(__name__)
app.config.from_mapping(
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_SAMESITE="Lax",
)
manager = LoginManager(app)


class Member(UserMixin):
    def __init__(self, number):
        self.id = number


@manager.user_loader
def load(number):
    return Member(number)


@app.get("/enter/<int:number>")
def enter(number):
    login_user(Member(number), remember=True)
    return redirect("/")


@app.get("/")
def index():
    return render_template("index.html", title="Members")
""",
            "templates/index.html": _PAGE,
            "requirements.txt": "flask==3.1.0\nflask-login==0.6.3\n",
        },
    ),
    # FD706: behind a proxy, unaware of it.
    Defect(
        "FD706",
        "nginx",
        {"app.py": _LINKS_OUT, "deploy/nginx.conf": _NGINX},
    ),
    Defect(
        "FD706",
        "Caddy in compose",
        {
            "app.py": _LINKS_OUT,
            "requirements.txt": "flask==3.1.0\nwaitress==3.0.2\n",
            "compose.yaml": """\
services:
  app:
    build: .
    command: waitress-serve --port=8000 app:app
  caddy:
    image: caddy:2
    ports: ["80:80", "443:443"]
    volumes: ["./Caddyfile:/etc/caddy/Caddyfile"]
""",
            "Caddyfile": "shop.example.org {\n\treverse_proxy app:8000\n}\n",
        },
    ),
    Defect(
        "FD706",
        "Traefik's labels, address of the client in a package",
        {
            "shop/__init__.py": """\
from flask import Flask


def create_app():
    app = Flask(__name__)
    from .api import api

    app.register_blueprint(api, url_prefix="/api")
    return app
""",
            "shop/api.py": """\
from flask import Blueprint, request, url_for

api = Blueprint("api", __name__)


@api.get("/me")
def me():
    return {"address": request.remote_addr, "self": url_for("api.me", _external=True)}
""",
            "requirements.txt": "flask==3.1.0\nwaitress==3.0.2\n",
            "docker-compose.yml": """\
services:
  proxy:
    image: traefik:v3.1
    ports: ["443:443"]
  shop:
    build: .
    command: waitress-serve --port=8000 --call shop:create_app
    labels:
      - traefik.http.routers.shop.rule=Host(`shop.example.org`)
""",
        },
    ),
    # FD707: plain HTTP on purpose.
    Defect(
        "FD707",
        "scheme of a link in a mail",
        {
            "app.py": """\
from flask import Flask
from flask import url_for as link_to

app = Flask(__name__)


@app.get("/confirm/<token>")
def confirm(token):
    return {"link": link_to("confirm", token=token, _external=True, _scheme="http")}
"""
        },
    ),
    Defect(
        "FD707",
        "Talisman with the redirect off",
        {
            "app.py": """\
from flask import Flask, render_template
from flask_talisman import Talisman

app = Flask(__name__)
Talisman(app, force_https=False, content_security_policy={"default-src": "'self'"})


@app.get("/")
def index():
    return render_template("index.html", title="Shop")
""",
            "templates/index.html": _PAGE,
            "requirements.txt": "flask==3.1.0\nflask-talisman==1.1.0\n",
        },
    ),
    Defect(
        "FD707",
        "init_app in a factory, the extension from another module",
        {
            "shop/extensions.py": "from flask_talisman import Talisman\n\ntalisman = Talisman()\n",
            "shop/__init__.py": """\
import flask

from .extensions import talisman


def create_app():
    app = flask.Flask(__name__)
    talisman.init_app(app, force_https=False)
    return app
""",
            "requirements.txt": "flask==3.1.0\nflask-talisman==1.1.0\n",
        },
        place="shop/__init__.py",
    ),
    # FD708: a guard that nobody passes.
    Defect(
        "FD708",
        "login_required over a shortcut, blueprint",
        {
            "shop/__init__.py": """\
import os

from flask import Flask
from flask_login import LoginManager, UserMixin

manager = LoginManager()


class Member(UserMixin):
    def __init__(self, number):
        self.id = number


@manager.user_loader
def load(number):
    return Member(number)


def create_app():
    app = Flask(__name__)
    app.config.update(
            SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=True,
    )
    manager.init_app(app)
    from .account import account

    app.register_blueprint(account)
    return app
""",
            "shop/account.py": """\
from flask import Blueprint
from flask_login import current_user, login_required as members_only

account = Blueprint("account", __name__)


@members_only
@account.get("/orders")
def orders():
    return {"of": current_user.id}
""",
            "requirements.txt": "flask==3.1.0\nflask-login==0.6.3\n",
        },
        place="shop/account.py",
    ),
    Defect(
        "FD708",
        "limit between two routes, async",
        {
            "app.py": """\
from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

app = Flask(__name__)
limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")


@app.route("/search")
@limiter.limit("5/minute")
@app.route("/find")
async def search():
    return {"found": []}
""",
            "requirements.txt": "flask[async]==3.1.0\nflask-limiter==3.8.0\n",
        },
    ),
    Defect(
        "FD708",
        "HTTP authentication over the route",
        {
            "api.py": """\
import flask as f
from flask_httpauth import HTTPTokenAuth

app = f.Flask(__name__)
auth = HTTPTokenAuth("Bearer")


@auth.verify_token
def verify(token):
    return token or None


@auth.login_required(role="admin")
@app.route("/report")
def report():
    return f.jsonify([1, 2, 3], auth.current_user())
""",
            "requirements.txt": "flask==3.1.0\nflask-httpauth==4.8.0\n",
        },
    ),
    Defect(
        "FD708",
        "cached view",
        {
            "app.py": """\
from flask import Flask
from flask_caching import Cache

app = Flask(__name__)
cache = Cache(app, config={"CACHE_TYPE": "SimpleCache"})


@cache.cached(timeout=60)
@app.route("/prices")
def prices():
    return {"apple": 3}
""",
            "requirements.txt": "flask==3.1.0\nflask-caching==2.3.0\n",
        },
    ),
    Defect(
        "FD708",
        "guard of the project itself, JWT in a nested blueprint",
        {
            "shop/guards.py": """\
import functools

from flask import abort, request


def admin_required(view):
    @functools.wraps(view)
    def guarded(*args, **kwargs):
        if request.headers.get("X-Admin") != "yes":
            abort(403)
        return view(*args, **kwargs)

    return guarded
""",
            "shop/admin.py": """\
from flask import Blueprint

from .guards import admin_required

admin = Blueprint("admin", __name__)
stock = Blueprint("stock", __name__)
admin.register_blueprint(stock, url_prefix="/stock")


@admin_required
@stock.delete("/<int:number>")
def remove(number: int):
    return "", 204
""",
            "shop/__init__.py": """\
from flask import Flask

from .admin import admin


def create_app():
    app = Flask(__name__)
    app.register_blueprint(admin, url_prefix="/admin")
    return app
""",
        },
        place="shop/admin.py",
    ),
    # FD709: no headers at all.
    Defect(
        "FD709",
        "pages of one file",
        {
            "app.py": """\
from flask import Flask, render_template

app = Flask(__name__)


@app.get("/")
def index():
    return render_template("index.html", title="Shop")
""",
            "templates/index.html": _PAGE,
        },
    ),
    Defect(
        "FD709",
        "factory, an after_request that sets another header",
        {
            "shop/__init__.py": """\
import flask as f


def create_app():
    app = f.Flask(__name__)

    @app.after_request
    def version(response):
        response.headers["X-Shop-Version"] = "3"
        return response

    app.add_url_rule("/", "index", lambda: f.render_template("index.html", title="Shop"))
    return app
""",
            "shop/templates/index.html": _PAGE,
        },
    ),
    # FD710: secure 0.3's calls with a newer secure.
    Defect(
        "FD710",
        "framework.flask in after_request",
        {
            "app.py": """\
import secure
from flask import Flask

app = Flask(__name__)
secure_headers = secure.Secure()


@app.after_request
def set_secure_headers(response):
    secure_headers.framework.flask(response)
    return response
""",
            "requirements.txt": "flask==3.1.0\nsecure==1.0.1\n",
        },
    ),
    Defect(
        "FD710",
        "imported class, factory, handler added by a call",
        {
            "shop/__init__.py": """\
from flask import Flask
from secure import Secure as Headers


def create_app():
    app = Flask(__name__)
    headers = Headers()

    def protect(response):
        headers.framework.flask(response)
        return response

    app.after_request(protect)
    return app
""",
            "requirements.txt": "flask==3.1.0\nsecure>=1.0\n",
        },
    ),
    Defect(
        "FD710",
        "SecureHeaders of the first releases",
        {
            "app.py": """\
from flask import Flask
from secure import SecureHeaders

app = Flask(__name__)
policies = SecureHeaders(csp=True)


@app.after_request
def protect(response):
    policies.flask(response)
    return response
""",
            "requirements.txt": "flask==3.1.0\nsecure==2.0.1\n",
        },
    ),
    # FD711: a cookie without its flags.
    Defect(
        "FD711",
        "response of a template",
        {
            "app.py": """\
from flask import Flask, make_response, render_template

app = Flask(__name__)


@app.get("/")
def index():
    answer = make_response(render_template("index.html", title="Shop"))
    answer.set_cookie("theme", "dark", max_age=86400)
    return answer
""",
            "templates/index.html": _PAGE,
        },
    ),
    Defect(
        "FD711",
        "walrus around a redirect, blueprint",
        {
            "shop/__init__.py": """\
from flask import Flask

from .pages import pages

app = Flask(__name__)
app.register_blueprint(pages)
""",
            "shop/pages.py": """\
from flask import Blueprint, redirect, url_for

pages = Blueprint("pages", __name__)


@pages.get("/")
def index():
    return "hello"


@pages.get("/language/<code>")
def language(code: str):
    (answer := redirect(url_for("pages.index"))).set_cookie("language", code, httponly=True)
    return answer
""",
        },
        place="shop/pages.py",
    ),
    Defect(
        "FD711",
        "token that scripts can read, method of a view class",
        {
            "app.py": """\
import flask as f
from flask.views import MethodView

app = f.Flask(__name__)


class Token(MethodView):
    def get(self):
        response = f.jsonify(ok=True)
        response.set_cookie("auth_token", f.request.headers["Authorization"], secure=True, samesite="Lax")
        return response


app.add_url_rule("/token", view_func=Token.as_view("token"))
"""
        },
    ),
    Defect(
        "FD711",
        "annotated parameter of after_this_request",
        {
            "app.py": """\
from flask import Flask, Response, after_this_request

app = Flask(__name__)


@app.get("/")
def index() -> str:
    @after_this_request
    def remember(response: Response) -> Response:
        response.set_cookie(key="seen", value="yes", samesite="Strict")
        return response

    return "hello"
"""
        },
    ),
    # FD712: any site may call with the visitor's cookies.
    Defect(
        "FD712",
        "no origins",
        {
            "app.py": """\
from flask import Flask
from flask_cors import CORS

app = Flask(__name__)
CORS(app, supports_credentials=True)


@app.get("/me")
def me():
    return {"name": "Ada"}
""",
            "requirements.txt": "flask==3.1.0\nflask-cors==5.0.0\n",
        },
    ),
    Defect(
        "FD712",
        "resources with a star, init_app in a factory",
        {
            "shop/__init__.py": """\
from flask import Flask
from flask_cors import CORS as Sharing

sharing = Sharing()


def create_app() -> Flask:
    app = Flask(__name__)
    sharing.init_app(app, resources={r"/api/*": {"origins": "*", "supports_credentials": True}})
    return app
""",
            "requirements.txt": "flask==3.1.0\nflask-cors==5.0.0\n",
        },
    ),
    Defect(
        "FD712",
        "decorator of one view",
        {
            "app.py": """\
import flask_cors
from flask import Blueprint, Flask

api = Blueprint("api", __name__)


@api.route("/me")
@flask_cors.cross_origin(origins=["*"], supports_credentials=True)
def me():
    return {"name": "Ada"}


app = Flask(__name__)
app.register_blueprint(api)
""",
            "requirements.txt": "flask==3.1.0\nflask-cors==5.0.0\n",
        },
    ),
    Defect(
        "FD712",
        "settings of the app",
        {
            "app.py": """\
from flask import Flask
from flask_cors import CORS

app = Flask(__name__)
app.config["CORS_ORIGINS"] = "*"
app.config["CORS_SUPPORTS_CREDENTIALS"] = True
CORS(app)
""",
            "requirements.txt": "flask==3.1.0\nflask-cors==5.0.0\n",
        },
    ),
    # FD713: forms that any page can send.
    Defect(
        "FD713",
        "form of a template, match on the method",
        {
            "app.py": """\
from flask import Flask, redirect, render_template, request

app = Flask(__name__)


@app.route("/", methods=["GET", "POST"])
def index():
    match request.method:
        case "POST":
            app.logger.info("new: %s", request.form["title"])
            return redirect("/")
        case _:
            return render_template("new.html")
""",
            "templates/new.html": _FORM,
        },
    ),
    Defect(
        "FD713",
        "single quotes and capitals, view class in a package",
        {
            "shop/__init__.py": """\
from flask import Flask

from .views import Basket


def create_app():
    app = Flask(__name__)
    app.add_url_rule("/basket", view_func=Basket.as_view("basket"))
    return app
""",
            "shop/views.py": """\
from flask import redirect, render_template, request, url_for
from flask.views import MethodView


class Basket(MethodView):
    def get(self):
        return render_template("basket.html")

    def post(self):
        if (item := request.form.get("item")) is not None:
            print(item)
        return redirect(url_for("basket"))
""",
            "shop/templates/basket.html": "<FORM action='/basket' METHOD='POST'><input name='item'></FORM>\n",
        },
    ),
    Defect(
        "FD713",
        "switched off in the settings",
        {
            "app.py": """\
import os

from flask import Flask, redirect, render_template
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import StringField

app = Flask(__name__)
app.config.from_mapping(
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_SAMESITE="Lax",
    WTF_CSRF_ENABLED=False,
)
CSRFProtect(app)


class NewForm(FlaskForm):
    title = StringField()


@app.route("/", methods=["GET", "POST"])
def index():
    form = NewForm()
    if form.validate_on_submit():
        return redirect("/")
    return render_template("new.html", form=form)
""",
            "templates/new.html": '<form method="post">{{ form.hidden_tag() }}{{ form.title() }}</form>\n',
            "requirements.txt": "flask==3.1.0\nflask-wtf==1.2.2\n",
        },
    ),
    Defect(
        "FD713",
        "off in the settings of production, a package",
        {
            "shop/config.py": """\
class Config:
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_SAMESITE = "Lax"


class ProductionConfig(Config):
    WTF_CSRF_ENABLED: bool = False
""",
            "shop/__init__.py": """\
import flask as f
from flask_wtf import FlaskForm
from wtforms import StringField

from .config import ProductionConfig


class NewForm(FlaskForm):
    title = StringField()


def new():
    if (form := NewForm()).validate_on_submit():
        return f.redirect("/")
    return f.render_template("new.html", form=form)


def create_app():
    app = f.Flask(__name__)
    app.config.from_object(ProductionConfig)
    app.config.from_prefixed_env()
    app.add_url_rule("/", view_func=new, methods=["GET", "POST"])
    return app
""",
            "shop/templates/new.html": '<form method="post">{{ form.hidden_tag() }}{{ form.title() }}</form>\n',
            "requirements.txt": "flask==3.1.0\nflask-wtf==1.2.2\n",
        },
        place="shop/config.py",
    ),
    # FD720: uploads without an end.
    Defect(
        "FD720",
        "file of the request, saved under a name of its own",
        {
            "app.py": """\
import uuid
from pathlib import Path

from flask import Flask, request

app = Flask(__name__)
UPLOADS = Path(app.instance_path) / "uploads"


@app.put("/pictures")
def add():
    picture = request.files["picture"]
    picture.save(UPLOADS / f"{uuid.uuid4()}.png")
    return "", 201
"""
        },
    ),
    Defect(
        "FD720",
        "walrus and async, factory",
        {
            "shop/__init__.py": """\
import flask as f


def create_app():
    app = f.Flask(__name__)

    @app.post("/import")
    async def take():
        if (sheet := f.request.files.get("sheet")) is None:
            f.abort(400)
        return {"lines": len(sheet.stream.readlines())}

    return app
""",
            "requirements.txt": "flask[async]==3.1.0\n",
        },
    ),
]

HEALTHY: list[Healthy] = [
    Healthy(
        "a shop with a factory, forms, sessions and a proxy",
        {
            "shop/config.py": '''\
"""Settings: what the environment says, and what holds everywhere."""

import os


def flag(name: str) -> bool:
    """Whether a switch of the environment is on."""
    return os.environ.get(name, "").lower() in {"1", "true", "yes"}


class Config:
    SECRET_KEY = os.environ["SECRET_KEY"]
    MAX_CONTENT_LENGTH = 8 * 1024 * 1024
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_SAMESITE = "Lax"
    REMEMBER_COOKIE_SECURE = True
    REMEMBER_COOKIE_SAMESITE = "Lax"


class DevelopmentConfig(Config):
    DEBUG = True
    SESSION_COOKIE_SECURE = False
    REMEMBER_COOKIE_SECURE = False


class TestingConfig(Config):
    TESTING = True
    WTF_CSRF_ENABLED = False
''',
            "shop/extensions.py": """\
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFProtect

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri="memory://")
login = LoginManager()
talisman = Talisman()
""",
            "shop/members.py": """\
from flask_login import UserMixin

from .extensions import login


class Member(UserMixin):
    def __init__(self, number: str) -> None:
        self.id = number


@login.user_loader
def load(number: str) -> Member:
    return Member(number)
""",
            "shop/__init__.py": """\
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from . import members
from .config import Config
from .extensions import csrf, limiter, login, talisman


def create_app(config: object = Config) -> Flask:
    app = Flask(__name__)
    app.config.from_object(config)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)
    csrf.init_app(app)
    limiter.init_app(app)
    login.init_app(app)
    talisman.init_app(app, content_security_policy={"default-src": "'self'"}, force_https=not app.debug)

    from .account import account
    from .hooks import hooks

    app.register_blueprint(account, url_prefix="/account")
    csrf.exempt(hooks)
    app.register_blueprint(hooks, url_prefix="/hooks")
    return app


__all__ = ["create_app", "members"]
""",
            "shop/account.py": """\
import uuid
from pathlib import Path

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_required

from .extensions import limiter

account = Blueprint("account", __name__)


@account.route("/")
@login_required
def index():
    return render_template("account.html", title=current_user.id)


@account.route("/picture", methods=["GET", "POST"])
@limiter.limit("5 per minute")
@login_required
def picture():
    if request.method == "POST":
        upload = request.files["picture"]
        upload.save(Path(current_app.instance_path) / f"{uuid.uuid4()}.png")
        session["has_picture"] = True
        flash("Saved")
        return redirect(url_for(".index"))
    return render_template("picture.html")


@account.post("/theme")
def theme():
    answer = redirect(url_for(".index", _external=True))
    answer.set_cookie("theme", request.form["theme"], secure=True, samesite="Lax", httponly=True)
    return answer
""",
            "shop/hooks.py": """\
from flask import Blueprint, request

hooks = Blueprint("hooks", __name__)


@hooks.post("/paid")
def paid():
    return {"order": request.get_json()["order"]}
""",
            "shop/templates/account.html": _PAGE,
            "shop/templates/picture.html": """\
<form method="post" enctype="multipart/form-data">
  <input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
  <input type="file" name="picture"><button>Send</button>
</form>
""",
            "wsgi.py": "from shop import create_app\n\napp = create_app()\n",
            "dev.py": """\
from shop import create_app
from shop.config import DevelopmentConfig, flag

if __name__ == "__main__":
    create_app(DevelopmentConfig).run(debug=flag("FLASK_DEBUG"))
""",
            "deploy/nginx.conf": _NGINX,
            ".flaskenv": "FLASK_APP=wsgi\nFLASK_DEBUG=1\n",
            ".env.example": "SECRET_KEY=\n",
            ".env": "SECRET_KEY=JyZ4hYvcPf0rXQ2t8mWn5sKdLb1uGe7a\n",
            ".gitignore": ".env\n",
            "requirements.txt": (
                "flask==3.1.0\nflask-login==0.6.3\nflask-limiter==3.8.0\nflask-talisman==1.1.0\n"
                "flask-wtf==1.2.2\npython-dotenv==1.0.1\n"
            ),
        },
    ),
    Healthy(
        "an interface for tokens behind Caddy, CORS for one origin",
        {
            "api/__init__.py": """\
import os

import flask as f
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from .items import items


class Behind(ProxyFix):
    \"\"\"The one proxy in front of us.\"\"\"

    def __init__(self, application):
        super().__init__(application, x_for=1, x_proto=1)


def create_app():
    app = f.Flask(__name__)
    app.config.update(
        CORS_ORIGINS=os.environ.get("FRONTEND", "https://shop.example.org").split(","),
        CORS_SUPPORTS_CREDENTIALS=True,
        MAX_CONTENT_LENGTH=1_000_000,
    )
    app.wsgi_app = Behind(app.wsgi_app)
    CORS(app)
    app.register_blueprint(items, url_prefix="/items")

    @app.errorhandler(413)
    def too_large(error):
        return {"error": "too large"}, 413

    return app
""",
            "api/security.py": """\
import functools
import os

from flask import abort, request
from flask_httpauth import HTTPTokenAuth

auth = HTTPTokenAuth("Bearer")


@auth.verify_token
def verify(token):
    return token if token in os.environ.get("TOKENS", "").split(",") else None


def json_only(view):
    @functools.wraps(view)
    def guarded(*args, **kwargs):
        if request.method != "GET" and not request.is_json:
            abort(415)
        return view(*args, **kwargs)

    return guarded
""",
            "api/items.py": """\
from flask import Blueprint, request, url_for
from flask.views import MethodView

from .security import auth, json_only

items = Blueprint("items", __name__)


class Items(MethodView):
    decorators = [json_only, auth.login_required]

    def get(self):
        return [{"number": 1, "self": url_for("items.item", number=1, _external=True)}]

    def post(self):
        return {"name": request.get_json()["name"]}, 201


items.add_url_rule("/", view_func=Items.as_view("items"))


@items.get("/<int:number>")
@auth.login_required
def item(number: int):
    match number:
        case 1:
            return {"number": 1}
        case _:
            return {"error": "no such item"}, 404
""",
            "main.py": """\
import os

from api import create_app

app = create_app()


def main() -> None:
    app.run(host="0.0.0.0", port=int(os.environ.get("PORT", "8000")))


if __name__ == "__main__":
    main()
""",
            "Caddyfile": "api.example.org {\n\treverse_proxy api:8000\n}\n",
            "compose.yaml": """\
services:
  api:
    build: .
    command: waitress-serve --port=8000 main:app
    environment:
      FLASK_DEBUG: "0"
      FRONTEND: https://shop.example.org
      TOKENS: ${TOKENS}
  caddy:
    image: caddy:2
    ports: ["443:443"]
""",
            "compose.override.yml": """\
services:
  api:
    command: flask --app main run --debug --host 0.0.0.0
    environment:
      FLASK_DEBUG: "1"
""",
            "requirements.txt": "flask==3.1.0\nflask-cors==5.0.0\nflask-httpauth==4.8.0\nwaitress==3.0.2\n",
        },
    ),
    Healthy(
        "one file for pages, with headers and a token of its own in each form",
        {
            "app.py": '''\
"""A guest book in one file."""

import hmac
import os
import secrets

from flask import Flask, abort, redirect, render_template, request, session, url_for

app = Flask(__name__)
app.config.from_mapping(
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_SAMESITE="Strict",
    MAX_CONTENT_LENGTH=64 * 1024,
)
app.config["DEBUG"] = os.environ.get("GUESTBOOK_DEBUG", "no") == "yes"
entries: tuple[str, ...] = ("First!",)


def csrf_token() -> str:
    """The token of this visitor's forms, made with the first of them."""
    if "csrf_token" not in session:
        session["csrf_token"] = secrets.token_urlsafe(32)
    return session["csrf_token"]


app.jinja_env.globals["csrf_token"] = csrf_token


@app.before_request
def check_token():
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    sent = request.form.get("csrf_token", "")
    if not hmac.compare_digest(sent.encode(), csrf_token().encode()):
        abort(400)


@app.after_request
def protect(response):
    response.headers.setdefault("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


@app.get("/")
def index():
    return render_template("book.html", entries=entries)


@app.post("/")
def write():
    app.logger.info("entry of %d letters", len(request.form["text"]))
    answer = redirect(url_for("index"))
    flags = {"secure": True, "samesite": "Lax", "httponly": True}
    answer.set_cookie("name", request.form["name"], max_age=3600, **flags)
    return answer


@app.get("/forget")
def forget():
    answer = redirect(url_for("index"))
    answer.delete_cookie("name", secure=True, samesite="Lax")
    return answer


if __name__ == "__main__":
    app.run()
''',
            "templates/book.html": """\
<!doctype html>
<title>Guest book</title>
<ul>{% for entry in entries %}<li>{{ entry }}</li>{% endfor %}</ul>
<form method="post">
  <input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
  <input name="name"><textarea name="text"></textarea><button>Write</button>
</form>
<form action="/search" method="get"><input name="q"></form>
""",
            "tests/conftest.py": """\
import os

import pytest

os.environ.setdefault("SECRET_KEY", "only for tests")


@pytest.fixture
def client():
    from app import app

    app.config.update(TESTING=True, SESSION_COOKIE_SECURE=False)
    app.debug = True
    return app.test_client()
""",
        },
    ),
]
