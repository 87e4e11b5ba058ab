"""Secrets in code, env files and git: one defect a project, and projects that keep theirs well."""

from __future__ import annotations

from tests.recall.app import Defect, Healthy

# Nothing here is a real key; the tokens of providers are put together, so that no scanner takes this file for a leak.
KEY = "q8Zr1vXk0Wm3Lp9TsYbN4cHd"
GITHUB = "ghp_" + "R4nd0mLookingButMadeUpTokenValue1234"
STRIPE = "sk_live_" + "51HmadeUpForTheseTrials7xQz"
AWS = "AKIA" + "QY3XZ7WMTNPLKJ5B"
SLACK = "https://hooks.slack.com/services/" + "T0AB1CD2E/B0AB1CD2E/" + "aBcD1234eFgH5678iJkL9012"
PRIVATE_KEY = "-----BEGIN RSA " + "PRIVATE KEY-----"

REQUIREMENTS = "flask==3.1.0\n"
WITH_DOTENV = "flask==3.1.0\npython-dotenv==1.1.0\n"
GUNICORN = "gunicorn ; sys_platform != 'win32'\n"
IGNORE = ".env\n__pycache__/\n"

# An application that reads its key from the environment and has the files that this asks for.
READS = """import os

from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]


@app.get("/")
def index():
    return {"ok": True}
"""
KEPT = {
    "app.py": READS,
    "requirements.txt": WITH_DOTENV,
    ".env": f"SECRET_KEY={KEY}\n",
    ".env.example": "SECRET_KEY=\n",
    ".gitignore": IGNORE,
    "#git": "init",
}

DEFECTS: list[Defect] = [
    # FD003: a suppression without anything to suppress
    Defect(
        "FD003",
        "at the end of a line that has nothing wrong",
        {
            "app.py": """from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return {"ok": True}  # flaskdoctor: ignore[FD101]
"""
        },
    ),
    Defect(
        "FD003",
        "for a whole file, by the rule's name, with a reason",
        {
            "shop/__init__.py": """# flaskdoctor: ignore-file[debug-enabled] the development server only
from flask import Flask


def create_app():
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: {"ok": True})
    return app
"""
        },
    ),
    # FD301: a literal in a setting that is secret
    Defect(
        "FD301",
        "import flask as f, a subscript in a factory",
        {
            "wsgi.py": f"""import flask as f


def create_app():
    app = f.Flask(__name__)
    app.config["SECRET_KEY"] = "{KEY}"
    return app
"""
        },
    ),
    Defect(
        "FD301",
        "from_mapping in a package's factory",
        {
            "shop/__init__.py": f"""from flask import Flask

from .views import bp


def create_app() -> Flask:
    app = Flask(__name__, instance_relative_config=True)
    app.config.from_mapping(
        SECRET_KEY="{KEY}",
        JSON_PREFIX="/api",
    )
    app.register_blueprint(bp)
    return app
""",
            "shop/views.py": """from flask import Blueprint

bp = Blueprint("shop", __name__)


@bp.get("/")
def index():
    return {"ok": True}
""",
        },
        place="shop/__init__.py",
    ),
    Defect(
        "FD301",
        "update with a dict, MAIL_PASSWORD",
        {
            "app.py": f"""from flask import Flask

app = Flask(__name__)
app.config.update({{"MAIL_SERVER": "smtp.example.org", "MAIL_PASSWORD": "{KEY}"}})
"""
        },
    ),
    Defect(
        "FD301",
        "an annotated class attribute, from_object by name",
        {
            "shop/settings.py": f"""class Base:
    JSON_PREFIX: str = "/api"


class Production(Base):
    JWT_SECRET_KEY: str = "{KEY}"
""",
            "shop/__init__.py": """from flask import Flask


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_object("shop.settings.Production")
    return app
""",
        },
        place="shop/settings.py",
    ),
    Defect(
        "FD301",
        "app.secret_key, bytes",
        {
            "app.py": """from flask import Flask

app = Flask(__name__)
app.secret_key = b"_5#y2L-F4Q8z-n-xec"
"""
        },
    ),
    Defect(
        "FD301",
        "a module of settings given to from_pyfile",
        {
            "config.py": f"""DEBUG = False
SECURITY_PASSWORD_SALT = "{KEY}"
""",
            "app.py": """from flask import Flask

app = Flask(__name__)
app.config.from_pyfile("config.py")
""",
        },
        place="config.py",
    ),
    Defect(
        "FD301",
        "a walrus around the application, keyword update",
        {
            "app.py": f"""from flask import Flask

(app := Flask(__name__)).config.update(SECRET_KEY="{KEY}")


@app.get("/")
async def index():
    return {{"ok": True}}
""",
            "requirements.txt": "flask[async]==3.1.0\n",
        },
    ),
    Defect(
        "FD301",
        "current_app aliased, through setdefault's neighbour fallbacks",
        {
            "app.py": f"""import os

from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
app.config["SECRET_KEY_FALLBACKS"] = ["{KEY}"]
""",
            ".env.example": "SECRET_KEY=\n",
            ".env": f"SECRET_KEY={KEY}\n",
            "requirements.txt": WITH_DOTENV,
            ".gitignore": IGNORE,
        },
    ),
    Defect(
        "FD301",
        "a constant of the module, used further down",
        {
            "app.py": f"""from flask import Flask

SECRET = "{KEY}"


def create_app():
    app = Flask(__name__)
    app.config["SECRET_KEY"] = SECRET
    return app
"""
        },
    ),
    # FD302: a default that everybody can guess
    Defect(
        "FD302",
        "environ.get with a default",
        KEPT
        | {
            "app.py": READS.replace('os.environ["SECRET_KEY"]', 'os.environ.get("SECRET_KEY", "dev")'),
        },
    ),
    Defect(
        "FD302",
        "from os import getenv as env, or a literal, in a class",
        KEPT
        | {
            "config.py": """from os import getenv as env


class Config:
    SECRET_KEY = env("SECRET_KEY") or "you-will-never-guess"
""",
            "app.py": """from flask import Flask

from config import Config

app = Flask(__name__)
app.config.from_object(Config)
""",
        },
        place="config.py",
    ),
    Defect(
        "FD302",
        "setdefault on the configuration",
        {
            "app.py": """import flask

app = flask.Flask(__name__)
app.config.from_prefixed_env()
app.config.setdefault("SECRET_KEY", "change-me")
"""
        },
    ),
    Defect(
        "FD302",
        "from_mapping, from os import environ, default by keyword",
        KEPT
        | {
            "app.py": """from os import environ

from flask import Flask


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_mapping(SECRET_KEY=environ.get("SECRET_KEY", default="s3cr3t"))
    return app
"""
        },
        also=(),
    ),
    Defect(
        "FD302",
        "a conditional expression",
        KEPT
        | {
            "app.py": READS.replace(
                'os.environ["SECRET_KEY"]',
                'os.environ["SECRET_KEY"] if "SECRET_KEY" in os.environ else "not-so-secret"',
            ),
        },
    ),
    # FD303: a key that lives as long as the process
    Defect(
        "FD303",
        "os.urandom",
        {
            "app.py": """import os

from flask import Flask

app = Flask(__name__)
app.secret_key = os.urandom(24)
"""
        },
    ),
    Defect(
        "FD303",
        "token_hex under an alias, in a factory",
        {
            "shop/__init__.py": """from secrets import token_hex as new_key

import flask as f


def create_app(settings=None) -> f.Flask:
    app = f.Flask(__name__)
    app.config.update(SECRET_KEY=new_key(32))
    if settings:
        app.config.update(settings)
    return app
"""
        },
    ),
    Defect(
        "FD303",
        "the fallback of a lookup, in a class",
        KEPT
        | {
            "config.py": """import os
import secrets


class Config:
    SECRET_KEY: str = os.getenv("SECRET_KEY") or secrets.token_urlsafe(32)
""",
            "app.py": """from flask import Flask

from config import Config

app = Flask(__name__)
app.config.from_object(Config)
""",
        },
        place="config.py",
    ),
    Defect(
        "FD303",
        "uuid4().hex",
        {
            "app.py": """import uuid

from flask import Flask

app = Flask(__name__)
app.config |= {"TESTING": False}
app.config["SECRET_KEY"] = uuid.uuid4().hex
"""
        },
    ),
    # FD304: credentials inside an address
    Defect(
        "FD304",
        "a database of another machine, in a subscript",
        {
            "app.py": """from flask import Flask

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql://shop:b0nn3Nuit@db.pottery.shop/shop"
"""
        },
    ),
    Defect(
        "FD304",
        "a class of settings, implicit concatenation",
        {
            "config.py": """class Config:
    MONGO_URI: str = (
        "mongodb+srv://keeper:Tr0ub4dor9"
        "@cluster0.ab1cd.mongodb.net/shop"
    )
""",
            "app.py": """from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
""",
        },
        place="config.py",
    ),
    Defect(
        "FD304",
        "the default of an environment lookup",
        {
            "app.py": """import os

from flask import Flask

app = Flask(__name__)
app.config["BROKER"] = os.environ.get("BROKER", "amqp://worker:gr33nTea77@mq.pottery.shop:5672//")
""",
            ".env.example": "# BROKER=\n",
        },
    ),
    Defect(
        "FD304",
        "an argument of a client, in an async view",
        {
            "app.py": """import redis.asyncio as redis
from flask import Flask

app = Flask(__name__)


@app.get("/hits")
async def hits():
    client = redis.from_url(url="rediss://:p4pr1kaSalt@cache.pottery.shop:6380/0")
    return {"hits": await client.incr("hits")}
""",
            "requirements.txt": "flask[async]==3.1.0\nredis\n",
        },
    ),
    # FD305: a token that says itself whose it is
    Defect(
        "FD305",
        "GitHub, in the headers of a request",
        {
            "app.py": f"""import requests
from flask import Flask

app = Flask(__name__)


@app.get("/stars")
def stars():
    answer = requests.get(
        "https://api.github.com/user", headers={{"Authorization": "Bearer {GITHUB}"}}, timeout=5
    )
    return answer.json()
"""
        },
    ),
    Defect(
        "FD305",
        "Stripe, an attribute of the library",
        {
            "shop/pay.py": f"""import stripe
from flask import Blueprint

bp = Blueprint("pay", __name__)
stripe.api_key = "{STRIPE}"
""",
            "shop/__init__.py": """from flask import Flask

from .pay import bp


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)
    return app
""",
        },
        place="shop/pay.py",
    ),
    Defect(
        "FD305",
        "AWS, an argument of a client",
        {
            "storage.py": f"""import os

import boto3

client = boto3.client("s3", aws_access_key_id="{AWS}", aws_secret_access_key=os.environ["AWS_SECRET"])
""",
            "app.py": """from flask import Flask

import storage

app = Flask(__name__)


@app.get("/")
def index():
    return {"buckets": len(storage.client.list_buckets()["Buckets"])}
""",
            ".env": "AWS_SECRET=abc\n",
            ".env.example": "AWS_SECRET=\n",
            "requirements.txt": WITH_DOTENV + "boto3\n",
            ".gitignore": IGNORE,
        },
        place="storage.py",
    ),
    Defect(
        "FD305",
        "a Slack hook, the argument of a post",
        {
            "app.py": f"""import httpx
from flask import Flask

app = Flask(__name__)


@app.post("/orders")
def order():
    httpx.post("{SLACK}", json={{"text": "an order"}})
    return {{"ok": True}}, 201
"""
        },
    ),
    Defect(
        "FD305",
        "a private key in a module's text",
        {
            "keys.py": f'''PRIVATE = """{PRIVATE_KEY}
MIIEowIBAAKCAQEAx7madeUpForTheTestsmadeUpForTheTestsmadeUp
madeUpForTheTestsmadeUpForTheTestsmadeUpForTheTests0123456
-----END RSA PRIVATE KEY-----"""
''',
            "app.py": """from flask import Flask

from keys import PRIVATE

app = Flask(__name__)


@app.get("/")
def index():
    return {"length": len(PRIVATE)}
""",
        },
        place="keys.py",
    ),
    Defect(
        "FD305",
        "the value of a secret setting, told once",
        {
            "app.py": f"""from flask import Flask

app = Flask(__name__)
app.config.from_mapping(GITHUB_TOKEN="{GITHUB}")
"""
        },
    ),
    Defect(
        "FD305",
        "nothing beside it that speaks of a key",
        {
            "app.py": f"""from flask import Flask
from github import Github

app = Flask(__name__)
hub = Github("{GITHUB}")
"""
        },
    ),
    # FD306: nobody loads the .env where the application really runs
    Defect(
        "FD306",
        "gunicorn in a script",
        KEPT | {"start.sh": "exec gunicorn app:app\n", "requirements.txt": WITH_DOTENV + GUNICORN},
    ),
    Defect(
        "FD306",
        "load_dotenv after the import of the configuration",
        KEPT
        | {
            "config.py": """import os

SECRET_KEY = os.environ["SECRET_KEY"]
""",
            "app.py": """from dotenv import load_dotenv
from flask import Flask

import config

load_dotenv()
app = Flask(__name__)
app.config.from_object(config)
""",
            "requirements.txt": WITH_DOTENV + GUNICORN,
        },
    ),
    # FD307: a text is true
    Defect(
        "FD307",
        "bool() of a lookup",
        {
            "app.py": """import os

from flask import Flask

app = Flask(__name__)
app.config["MAIL_USE_TLS"] = bool(os.environ.get("MAIL_USE_TLS"))
""",
            ".env.example": "MAIL_USE_TLS=\n",
        },
    ),
    Defect(
        "FD307",
        "the bare text in a class, from os import getenv",
        {
            "config.py": """from os import getenv


class Config:
    TESTING: bool = getenv("TESTING", False)
""",
            "app.py": """from flask import Flask

app = Flask(__name__)
app.config.from_object("config.Config")
""",
            ".env.example": "# TESTING=\n",
        },
        place="config.py",
    ),
    Defect(
        "FD307",
        "from_mapping in a factory, environ aliased",
        {
            "app.py": """from os import environ as env

import flask as f


def create_app():
    app = f.Flask(__name__)
    app.config.from_mapping(SESSION_COOKIE_SECURE=env["COOKIES_ONLY_ON_HTTPS"])
    return app
""",
            ".env.example": "COOKIES_ONLY_ON_HTTPS=\n",
            ".env": "COOKIES_ONLY_ON_HTTPS=yes\n",
            "requirements.txt": WITH_DOTENV,
            ".gitignore": IGNORE,
        },
    ),
    Defect(
        "FD307",
        "bool with a default inside an f-string free condition",
        {
            "app.py": """import os

from flask import Flask

app = Flask(__name__)

if signup := bool(os.getenv("ALLOW_SIGNUP", "false")):
    app.add_url_rule("/signup", view_func=lambda: {"ok": True})
""",
            ".env.example": "# ALLOW_SIGNUP=\n",
        },
    ),
    # FD308: what Flask passes over
    Defect(
        "FD308",
        "a dict given to from_object",
        {
            "app.py": """from flask import Flask

app = Flask(__name__)
app.config.from_object({"TESTING": True, "JSON_PREFIX": "/api"})
"""
        },
    ),
    Defect(
        "FD308",
        "lower case in from_mapping",
        {
            "shop/__init__.py": """import flask


def create_app(**settings):
    app = flask.Flask(__name__)
    app.config.from_mapping(max_content_length=1_000_000)
    return app
"""
        },
    ),
    Defect(
        "FD308",
        "lower case in a class of settings",
        {
            "config.py": """class Config(object):
    server_name = "shop.pottery.org"
    PREFERRED_URL_SCHEME = "https"
""",
            "app.py": """from flask import Flask

from config import Config

app = Flask(__name__)
app.config.from_object(Config)
""",
        },
        place="config.py",
    ),
    # FD310: no .env
    Defect(
        "FD310",
        "required keys, a template, nothing filled in",
        {name: text for name, text in KEPT.items() if name != ".env"},
    ),
    Defect(
        "FD310",
        "load_dotenv in a package",
        {
            "shop/__init__.py": """from dotenv import load_dotenv
from flask import Flask

load_dotenv()


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.from_prefixed_env()
    return app
""",
            ".env.example": "FLASK_SECRET_KEY=\n",
            "requirements.txt": WITH_DOTENV,
            ".gitignore": IGNORE,
        },
    ),
    # FD311: no template
    Defect(
        "FD311",
        ".env alone",
        {name: text for name, text in KEPT.items() if name != ".env.example"},
    ),
    Defect(
        "FD311",
        "environs in a package",
        {
            "shop/__init__.py": """from environs import Env
from flask import Flask

env = Env()
env.read_env()


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["SECRET_KEY"] = env.str("SECRET_KEY")
    return app
""",
            ".env": f"SECRET_KEY={KEY}\n",
            "requirements.txt": WITH_DOTENV + "environs\n",
            ".gitignore": IGNORE,
        },
    ),
    # FD312, FD313: .env and template do not hold the same keys
    Defect(
        "FD312",
        "a key that only .env has",
        KEPT | {".env": f"SECRET_KEY={KEY}\nSMTP_HOST=mail.example.org\n"},
    ),
    Defect(
        "FD312",
        "with export, the template without the dot",
        {
            **{name: text for name, text in KEPT.items() if name != ".env.example"},
            "env.example": "SECRET_KEY=\n",
            ".env": f"export SECRET_KEY={KEY}\nexport SMTP_HOST=mail.example.org\n",
        },
    ),
    Defect(
        "FD313",
        "a key that only the template has",
        KEPT | {".env.example": "SECRET_KEY=\nSMTP_HOST=\n"},
    ),
    Defect(
        "FD313",
        "a key that the code demands, CRLF",
        KEPT
        | {
            "app.py": READS.replace("\n\n\n@app", '\napp.config["SMTP"] = os.environ["SMTP_HOST"]\n\n\n@app'),
            ".env": f"SECRET_KEY={KEY}\r\n",
            ".env.sample": "SECRET_KEY=\r\nSMTP_HOST=\r\n",
            ".env.example": "SECRET_KEY=\r\nSMTP_HOST=\r\n",
        },
    ),
    # FD316: a line that python-dotenv cannot read
    Defect("FD316", "a quote that is not closed", KEPT | {".env": f'SECRET_KEY="{KEY}\n'}, also=("FD313",)),
    Defect("FD316", "text after the closing quote", KEPT | {".env": f'SECRET_KEY={KEY}\nMOTTO="good"day\n'}),
    Defect("FD316", "a colon in place of the equals sign", KEPT | {".env": f"SECRET_KEY={KEY}\nMOTTO: good\n"}),
    # FD322: a template that has the value
    Defect("FD322", "the key itself", KEPT | {".env.example": f"SECRET_KEY={KEY}\n"}),
    Defect(
        "FD322",
        "a database's address",
        {
            "app.py": """import os

from flask import Flask

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
""",
            ".env": "DATABASE_URL=sqlite:///shop.db\n",
            ".env.template": "DATABASE_URL=postgresql://shop:b0nn3Nuit@db.pottery.shop/shop\n",
            "requirements.txt": WITH_DOTENV,
            ".gitignore": IGNORE,
        },
    ),
    Defect(
        "FD322",
        "a provider's token with a comment",
        KEPT
        | {
            "app.py": READS.replace("\n\n\n@app", '\napp.config["TOKEN"] = os.environ["GITHUB_TOKEN"]\n\n\n@app'),
            ".env": f"SECRET_KEY={KEY}\nGITHUB_TOKEN=abc\n",
            ".env.example": f"SECRET_KEY=\nGITHUB_TOKEN={GITHUB} # of the bot\n",
        },
    ),
    # FD326: read, and documented nowhere
    Defect(
        "FD326",
        "a soft read in a view",
        KEPT
        | {
            "app.py": READS.replace('return {"ok": True}', 'return {"ok": os.environ.get("GREETING")}'),
        },
    ),
    Defect(
        "FD326",
        "os as o, a constant as the name, in a package",
        {
            "shop/__init__.py": """import os as o

from flask import Flask

NAME = "SHOP_REGION"


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["REGION"] = o.getenv(NAME)
    app.config["SECRET_KEY"] = o.environ["SECRET_KEY"]
    return app
""",
            ".env": f"SECRET_KEY={KEY}\n",
            ".env.example": "SECRET_KEY=\n",
            "requirements.txt": WITH_DOTENV,
            ".gitignore": IGNORE,
        },
    ),
    # FD328: python-dotenv is missing
    Defect("FD328", "requirements without it", KEPT | {"requirements.txt": REQUIREMENTS}),
    Defect(
        "FD328",
        "a pyproject and a .flaskenv",
        {
            "app.py": """from flask import Flask

app = Flask(__name__)
""",
            ".flaskenv": "FLASK_APP=app\n",
            "pyproject.toml": """[project]
name = "shop"
version = "1"
dependencies = ["flask==3.1.0"]
""",
        },
    ),
    # FD330 and FD331: .env and git
    Defect("FD330", "a .gitignore without it", KEPT | {".gitignore": "__pycache__/\n"}),
    Defect("FD330", "no .gitignore at all", {name: text for name, text in KEPT.items() if name != ".gitignore"}),
    Defect("FD330", "taken back further down", KEPT | {".gitignore": ".env\n!.env\n"}, also=("FD336",)),
    Defect("FD331", "committed before it was ignored", KEPT | {"#git": "track:.env,app.py"}),
    Defect(
        "FD331",
        "the one of production",
        KEPT
        | {
            ".env.production": f"SECRET_KEY={KEY}\n",
            ".gitignore": ".env\n.env.production\n",
            "#git": "track:.env.production,app.py",
        },
    ),
    # FD335: other files that hold secrets
    Defect("FD335", ".env.local", KEPT | {".env.local": f"SECRET_KEY={KEY}\n"}),
    Defect("FD335", "a private key", KEPT | {"deploy.pem": f"{PRIVATE_KEY}\nMIIEow\n-----END RSA PRIVATE KEY-----\n"}),
    Defect("FD335", "the instance folder", KEPT | {"instance/config.py": f'SECRET_KEY = "{KEY}"\n'}),
    # FD336: a line of .gitignore that does nothing
    Defect("FD336", "a comment behind the pattern", KEPT | {".gitignore": ".env # secrets\n"}, also=("FD330",)),
    Defect("FD336", "a slash, which is a folder", KEPT | {".gitignore": ".env/\n"}, also=("FD330",)),
    Defect("FD336", "a path with a dot", KEPT | {".gitignore": "./.env\n"}, also=("FD330",)),
    # FD337: the image has it
    Defect(
        "FD337",
        "COPY . without .dockerignore",
        KEPT | {"Dockerfile": "FROM python:3.13\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"},
    ),
    Defect(
        "FD337",
        "ADD . with a .dockerignore of something else",
        KEPT
        | {
            "Dockerfile": 'FROM python:3.13\nADD . /app\nCMD ["waitress-serve", "--call", "app:app"]\n',
            ".dockerignore": ".git\n__pycache__\n",
        },
    ),
]

HEALTHY: list[Healthy] = [
    Healthy(
        "keeps its secrets in .env",
        {
            "shop/__init__.py": '''"""The shop: a factory, its settings from the environment."""

from __future__ import annotations

from dotenv import load_dotenv
from flask import Flask

load_dotenv()

from .settings import settings_for  # noqa: E402  the settings read what load_dotenv() has loaded
from .extensions import db  # noqa: E402
from .views import bp  # noqa: E402


def create_app(name: str = "production") -> Flask:
    app = Flask(__name__)
    app.config.from_object(settings_for(name))
    app.config.from_prefixed_env("SHOP")
    db.init_app(app)
    app.register_blueprint(bp, url_prefix="/api")
    return app
''',
            "shop/settings.py": '''"""One class an environment."""

import os
from datetime import timedelta

TRUE = {"1", "true", "yes", "on"}


def flag(name: str, default: str = "") -> bool:
    """A boolean from the environment."""
    return os.environ.get(name, default).strip().lower() in TRUE


class Base:
    SECRET_KEY = os.environ["SECRET_KEY"]
    SECRET_KEY_FALLBACKS = [key for key in os.environ.get("OLD_SECRET_KEYS", "").split(",") if key]
    SQLALCHEMY_DATABASE_URI = os.environ["DATABASE_URL"]
    MAIL_SERVER = os.environ.get("MAIL_SERVER", "localhost")
    MAIL_USE_TLS = flag("MAIL_USE_TLS", "yes")
    MAIL_PASSWORD = os.environ.get("MAIL_PASSWORD")
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_SAMESITE = "Lax"
    PERMANENT_SESSION_LIFETIME = timedelta(days=7)
    JWT_HEADER_NAME = "Authorization"
    JWT_SECRET_KEY = os.environ["JWT_SECRET_KEY"]
    SECURITY_PASSWORD_HASH = "argon2"
    RESET_PASSWORD_PATH = "/password/reset"


class Testing(Base):
    TESTING = True
    SECRET_KEY = "only for the tests"
    SQLALCHEMY_DATABASE_URI = "sqlite://"
    WTF_CSRF_ENABLED = False


def settings_for(name: str) -> type[Base]:
    return {"production": Base, "testing": Testing}[name]
''',
            "shop/extensions.py": """from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
""",
            "shop/views.py": """import os

from flask import Blueprint, current_app

bp = Blueprint("shop", __name__)


@bp.get("/health")
def health():
    return {"mail": bool(current_app.config["MAIL_SERVER"]), "sentry": bool(os.environ.get("SENTRY_DSN"))}
""",
            ".env": f"""# the machine of one developer
SECRET_KEY={KEY}
JWT_SECRET_KEY={KEY[::-1]}
DATABASE_URL=postgresql://shop:shop@localhost/shop
""",
            ".env.example": """# python -c 'import secrets; print(secrets.token_hex())'
SECRET_KEY=
JWT_SECRET_KEY=
DATABASE_URL=postgresql://shop:shop@localhost/shop

# OLD_SECRET_KEYS=
# MAIL_SERVER=
# MAIL_USE_TLS=yes
# MAIL_PASSWORD=
# SENTRY_DSN=
""",
            "Procfile": "web: gunicorn 'shop:create_app()'\n",
            "Dockerfile": "FROM python:3.13\nCOPY . .\nCMD gunicorn 'shop:create_app()'\n",
            ".dockerignore": ".git\n**/.env\n**/.env.*\n!**/.env.example\n",
            "requirements.txt": WITH_DOTENV + "flask-sqlalchemy\ngunicorn ; sys_platform != 'win32'\npsycopg\n",
            ".gitignore": IGNORE + "instance/\n.venv/\n",
            "#git": "track:shop/__init__.py,shop/settings.py,.env.example,.gitignore",
        },
    ),
    Healthy(
        "compose hands over the environment",
        {
            "app.py": '''"""An API with tokens, in one file; the environment comes from compose."""

import hashlib
import hmac
import os
import secrets

import requests
from flask import Flask, abort, g, request

STRIPE_PUBLIC_KEY = "pk_live_publicKeysAreNoSecretAtAll"
API = "https://api.example.org/v1"
DOCUMENTATION = "https://user:password@example.org is how a login stands in an address"
TOKEN_HEADER = "X-Api-Token"
SECRET_KEY_FIELD = "secret_key"

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SECRET_KEY"],
    API_TOKEN=os.environ["API_TOKEN"],
    TESTING=os.environ.get("TESTING") == "1",
    DATABASE=f"postgresql://{os.environ['DB_USER']}:{os.environ['DB_PASSWORD']}@db/shop",
)


def new_invitation() -> str:
    """A code that is sent to one customer."""
    return secrets.token_urlsafe(16)


@app.before_request
def check_token():
    given = request.headers.get(TOKEN_HEADER, "")
    if not hmac.compare_digest(given, app.config["API_TOKEN"]):
        abort(401)
    g.request_id = os.urandom(8).hex()


@app.get("/rates")
def rates():
    answer = requests.get(f"{API}/rates", headers={"Authorization": f"Bearer {app.config['API_TOKEN']}"}, timeout=5)
    return {"rates": answer.json(), "etag": hashlib.sha256(answer.content).hexdigest()}


@app.post("/invitations")
def invitation():
    return {"code": new_invitation()}, 201
''',
            "compose.yaml": """services:
  web:
    build: .
    command: waitress-serve app:app
    env_file: .env
  db:
    image: postgres:17
""",
            ".env": f"""SECRET_KEY={KEY}
API_TOKEN={KEY[::-1]}
DB_USER=shop
DB_PASSWORD={KEY[5:]}
""",
            ".env.example": """SECRET_KEY=
API_TOKEN=
DB_USER=shop
DB_PASSWORD=
# TESTING=
""",
            "requirements.txt": WITH_DOTENV + "requests\nwaitress\n",
            ".gitignore": ".env*\n!.env.example\n",
            "#git": "init",
        },
    ),
    Healthy(
        "a package with pydantic settings and commands",
        {
            "src/library/__init__.py": '''"""A library of books, run by waitress."""

from flask import Flask
from flask.views import MethodView

from .commands import new_key
from .settings import Settings


class Books(MethodView):
    def get(self, book_id: int | None = None):
        match book_id:
            case None:
                return [{"id": 1, "title": "Flask"}]
            case _:
                return {"id": book_id}


def create_app(settings: Settings | None = None) -> Flask:
    settings = settings or Settings()
    app = Flask(__name__)
    app.config.from_mapping(settings.model_dump(by_alias=True))
    app.secret_key = settings.secret_key.get_secret_value()
    view = Books.as_view("books")
    app.add_url_rule("/books/", view_func=view)
    app.add_url_rule("/books/<int:book_id>", view_func=view)
    app.cli.add_command(new_key)
    return app
''',
            "src/library/settings.py": '''"""What the environment says."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="LIBRARY_", env_file=".env")

    secret_key: SecretStr
    debug_sql: bool = False
    page_size: int = 20
''',
            "src/library/commands.py": '''"""Commands of the application."""

import secrets

import click


@click.command("new-key")
def new_key() -> None:
    """Print a key for LIBRARY_SECRET_KEY."""
    click.echo(secrets.token_hex(32))
''',
            "tests/conftest.py": """import pytest

from library import create_app
from library.settings import Settings


@pytest.fixture
def app():
    app = create_app(Settings(secret_key="test"))
    app.config.update(TESTING=True, SECRET_KEY="test", MAIL_PASSWORD="test")
    return app
""",
            ".env": f"LIBRARY_SECRET_KEY={KEY}\n",
            ".env-template": "LIBRARY_SECRET_KEY=\n# LIBRARY_DEBUG_SQL=\n# LIBRARY_PAGE_SIZE=\n",
            ".gitignore": ".env\n.venv/\n*.sqlite3\n",
            "pyproject.toml": """[project]
name = "library"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["flask==3.1.0", "python-dotenv>=1.1", "pydantic-settings", "waitress"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
""",
            "#git": "init",
        },
    ),
    Healthy(
        "development settings in the instance folder",
        {
            "flaskr/__init__.py": '''"""The tutorial's shape: defaults in code, secrets in the instance folder."""

import os

from flask import Flask


def create_app(test_config=None):
    app = Flask(__name__, instance_relative_config=True)
    app.config.from_mapping(DATABASE=os.path.join(app.instance_path, "flaskr.sqlite"), PAGE_SIZE=10)
    if test_config is None:
        app.config.from_pyfile("config.py")
    else:
        app.config.from_mapping(test_config)
    if not app.config.get("SECRET_KEY"):
        raise RuntimeError("SECRET_KEY is not set: write it into instance/config.py")

    from . import auth, blog

    app.register_blueprint(auth.bp)
    app.register_blueprint(blog.bp)
    return app
''',
            "flaskr/auth.py": """from flask import Blueprint, request
from werkzeug.security import check_password_hash

bp = Blueprint("auth", __name__, url_prefix="/auth")
PASSWORD_MIN_LENGTH = 12
password_hint = "at least twelve characters"


@bp.post("/login")
def login():
    data = request.get_json()
    error = "Incorrect password." if not check_password_hash(data["hash"], data["password"]) else None
    return {"error": error}
""",
            "flaskr/blog.py": """from flask import Blueprint

bp = Blueprint("blog", __name__)


@bp.get("/")
def index():
    return {"posts": []}
""",
            "instance/config.py": f'SECRET_KEY = "{KEY}"\n',
            ".gitignore": "instance/\n.env\n__pycache__/\n",
            "#git": "track:flaskr/__init__.py,.gitignore",
        },
    ),
]
