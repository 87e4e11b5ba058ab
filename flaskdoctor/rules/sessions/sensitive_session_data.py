"""FD201: a secret in the session cookie, which its owner can read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.pages.sessions import in_socket_handler, kept_on_server
from flaskdoctor.project.pages.sessionwrites import SPEAKS_OF_WRITES, SessionWrite, items_of, session_writes
from flaskdoctor.rules.rule import Bad, Candidate, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project

# The last word (or words) of a key that names a secret: ``db_password``, ``client_secret``, ``accessToken``.
_SECRETS = frozenset({"password", "passwd", "passphrase", "pwd", "secret", "apikey", "cvv", "cvc", "ssn", "otp"})
_PAIRS = frozenset(
    {
        ("pass", "word"),
        ("api", "key"),
        ("secret", "key"),
        ("private", "key"),
        ("access", "token"),
        ("refresh", "token"),
        ("credit", "card"),
        ("debit", "card"),
        ("card", "number"),
        ("card", "no"),
        ("otp", "code"),
        ("cvv", "code"),
        ("security", "number"),
    }
)

# In front of a secret's name these make it a question or a step: ``reset_password``, ``needs_otp``.
_ABOUT = frozenset((
    "ask", "asked", "awaiting", "bad", "change", "changed", "check", "email", "expired", "force", "forced",
    "forgot", "forgotten", "has", "incorrect", "invalid", "is", "lost", "missing", "must", "need", "needs",
    "no", "pending", "recover", "remember", "request", "requested", "require", "required", "requires",
    "reset", "send", "sent", "set", "should", "show", "skip", "update", "use", "used", "valid", "verified",
    "verify", "wrong",
))  # fmt: skip
_PROTECTED = frozenset((
    "argon2", "bcrypt", "blake2b", "cipher", "digest", "encrypt", "encrypted", "fingerprint", "hash",
    "hashed", "hashpw", "hexdigest", "hmac", "mask", "masked", "pbkdf2", "redact", "scrypt", "sha1", "sha256",
    "sha512",
))  # fmt: skip
_REQUEST = ("flask.request.form", "flask.request.json", "flask.request.values", "flask.request.args")


class SensitiveSessionData(Rule):
    """A secret is put into the session, and Flask's session is a cookie that its owner can read.

    ## What it finds

    Writes to `flask.session` under a key that names a password, a secret, an API key, an access or refresh token, a
    card or its code, a social security number or a one-time password: `session["password"] = ..`,
    `session.update(access_token=..)`, `session.setdefault("otp", ..)`, and the same key in a dict that is stored.

    It says nothing about reads, `pop` and `del`; about flags (`session["password"] = True`, `"reset_password"`); about
    hashes and encrypted values; about `csrf_token` and `_user_id`; in handlers of
    Flask-SocketIO, whose session is never written to a cookie; and in projects that keep the session on the server,
    with Flask-Session or a session interface of their own.

    ## Why it matters

    The cookie is *signed, not encrypted*. The signature keeps it from being changed; reading it takes one line and
    no key:

    ```console
    $ python -c 'import base64; print(base64.urlsafe_b64decode("eyJwYXNzd29yZCI6ImgxIn0="))'
    b'{"password":"h1"}'
    ```

    So a password lies on every disk and in every proxy log where the cookie lies, and a one-time password that the
    server sends by mail or SMS can be read from the response that asks for it. A cookie that is stolen gives away
    the token, not just the session.

    ## What to do instead

    Keep secrets on the server and an id in the session: the user's id, the id of a row that holds the pending code
    (hashed, with an expiry). Where much has to be kept, [Flask-Session](https://flask-session.readthedocs.io/) stores
    the session in Redis, a database or files, and the cookie then holds only a random id.

    ```python
    session["login_id"] = PendingLogin.create(user, code_hash=generate_password_hash(code)).id
    ```

    ## References

    - [Flask: sessions](https://flask.palletsprojects.com/en/stable/quickstart/#sessions)
    - [Flask-Session](https://flask-session.readthedocs.io/)
    - [OWASP: session management](https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html)
    """

    code = "FD201"
    name = "sensitive-session-data"
    tip = Tip.SESSION
    severity = Severity.ERROR
    needs = (b"session",)
    pattern = SPEAKS_OF_WRITES

    bad = [
        Bad(
            """\
from flask import Flask, redirect, request, session

app = Flask(__name__)


@app.post("/login")
def login():
    session["user"] = request.form["user"]
    session["password"] = request.form["password"]
    return redirect("/")
"""
        ),
        # Every way of writing, and `import flask as f`.
        Bad(
            """\
import flask as f

bp = f.Blueprint("auth", __name__)
TOKEN = "access_token"


@bp.route("/callback")
def callback():
    answer = fetch()
    f.session[TOKEN] = answer["access_token"]
    f.session.update(refresh_token=answer["refresh_token"], user=answer["user"])
    f.session.update({"api_key": answer["key"], "theme": "dark"})
    f.session.setdefault("client_secret", answer["secret"])
    return f.redirect("/")


def fetch():
    return {}
""",
            hits=4,
        ),
        # Camel case, an alias, an annotated and an unpacked target, an entry of a dict that is stored.
        Bad(
            """\
from flask import Flask, request
from flask import session as cookie

app = Flask(__name__)


@app.post("/pay")
def pay():
    cookie["accessToken"]: str = request.json["token"]
    cookie["name"], cookie["card_number"] = request.form["name"], request.form["card"]
    cookie["payment"] = {"cvv": request.form["cvv"], "amount": 3}
    kept = cookie
    kept["smtp_password"] = request.form["smtp"]
    return "ok"
""",
            hits=4,
        ),
        # A one-time password in the cookie is answered by whoever reads the cookie.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\nfrom shop import two_factor\n",
                "shop/two_factor.py": """\
import random

from flask import session
from shop import app


@app.route("/otp")
def send_otp():
    code = random.randint(100000, 999999)
    session["otp"] = code
    session["card"] = None
    return "sent"
""",
            }
        ),
    ]

    good = [
        # Reading, dropping, flags, other keys, and words inside of words.
        """\
from flask import Flask, redirect, request, session

app = Flask(__name__)


@app.route("/")
def index():
    if session.get("password") == session["access_token"]:
        session.pop("password")
        del session["api_key"]
    session["password"] = True
    session["otp"] = None
    session["secret"] = ""
    session["ssn"] = request.form["ssn"] == "1"
    session["password_ok"] = bool(request.form)
    session["otp_attempts"] = 3
    session["reset_password"] = request.form["email"]
    session["needs_otp"] = request.form["user"]
    session["discarded"] = [1]
    session["footprint"] = "a"
    session["cards"] = ["ace"]
    session["card"] = draw()
    session["secretary"] = "Ada"
    session["access_token_expires"] = 60
    session["csrf_token"] = "x"
    session["_csrf_token"] = "x"
    session["_user_id"] = "1"
    session["token"] = "x"
    return redirect("/")


def draw():
    return "ace"
""",
        # Encrypted or hashed before it goes in.
        """\
import hashlib

from cryptography.fernet import Fernet
from flask import Flask, request, session
from werkzeug.security import generate_password_hash

app = Flask(__name__)
box = Fernet(Fernet.generate_key())


@app.post("/")
def index():
    session["otp"] = generate_password_hash(request.form["otp"])
    session["password"] = hashlib.sha256(request.form["password"].encode()).hexdigest()
    session["access_token"] = box.encrypt(request.form["token"].encode()).decode()
    session["password_hash"] = request.form["hash"]
    return "ok"
""",
        # Other things that are called session.
        """\
import requests
from flask import Flask, current_app
from models import db

app = Flask(__name__)


@app.post("/")
def index():
    session = requests.Session()
    session["password"] = "x"
    session.headers["api_key"] = current_app.config["KEY"]
    db.session["password"] = "x"
    return "ok"


def run(session, store):
    session["secret"] = store.secret
""",
        # The session lives on the server: Flask-Session, an interface of the project's own, an installed one.
        {
            "app.py": """\
from flask import Flask, request, session
from flask_session import Session

app = Flask(__name__)
Session(app)


@app.post("/")
def index():
    session["access_token"] = request.form["token"]
    return "ok"
""",
        },
        {
            "app.py": """\
from flask import Flask, request, session
from store import TableSessions

app = Flask(__name__)
app.session_interface = TableSessions()


@app.post("/")
def index():
    session["access_token"] = request.form["token"]
    return "ok"
""",
            "store.py": """\
from flask.sessions import SessionInterface


class TableSessions(SessionInterface):
    def open_session(self, app, request):
        return None
""",
        },
        {
            "requirements.txt": "flask==3.1.0\nFlask_Session[redis]>=0.8\n",
            "app.py": """\
from flask import Flask, request, session
from extensions import server_session

app = Flask(__name__)
server_session.init_app(app)


@app.post("/")
def index():
    session["access_token"] = request.form["token"]
    return "ok"
""",
        },
        # Handlers of Flask-SocketIO have a copy of the session, which stays on the server.
        """\
from flask import Flask, session
from flask_socketio import Namespace, SocketIO

app = Flask(__name__)
socketio = SocketIO(app)


@socketio.on("login")
def login(data):
    session["password"] = data["password"]


class Chat(Namespace):
    def on_login(self, data):
        session.update(access_token=data["token"])


def logout(data):
    session["otp"] = data


socketio.on_event("logout", logout)
""",
        # A test that puts the session into a state.
        {
            "tests/test_login.py": """\
from flask import Flask, session

app = Flask(__name__)


def test_login():
    with app.test_request_context():
        session["password"] = "x"
""",
        },
        # The working directory of a web shell.
        """\
import os

from flask import Flask, session

app = Flask(__name__)


@app.post("/cd")
def change():
    session["pwd"] = os.getcwd()
    return "ok"
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The writes of a secret into the session."""
        if module.role in ("test", "migration"):
            return
        severity = Severity.INFO if module.role in ("example", "docs") else None
        for write in session_writes(module):
            for key in _keys(module, write):
                if in_socket_handler(module, write.node):
                    continue
                yield Hit(
                    write.node,
                    f'session["{key}"] can be read in the browser: the cookie is signed, not encrypted',
                    severity=severity,
                    advice=_ADVICE,
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Drop it where the session is kept on the server."""
        return None if kept_on_server(project) else candidate.severity


_ADVICE = (
    "Keep the secret on the server and only an id in the session, or move the whole session to the server with "
    "Flask-Session (Redis, database or files). What is in the cookies already is known: replace it."
)


def _keys(module: Module, write: SessionWrite) -> Iterator[str]:
    """The key, or those of a dict that is stored under it, that name a secret."""
    if write.key is None:
        return
    if _sensitive(module, write.key, write.value):
        yield write.key
    elif write.value is not None:
        for inner in items_of(module, write.value):
            if inner.key is not None and _sensitive(module, inner.key, inner.value):
                yield inner.key
                return


def _sensitive(module: Module, key: str, value: ast.expr | None) -> bool:
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", key)]
    while words and words[-1].isdigit():
        words.pop()
    if not words:
        return False
    pair = tuple(words[-2:])
    length = 2 if pair in _PAIRS else 1
    if length == 1 and words[-1] not in _SECRETS and not _is_payment_card(module, words[-1], value):
        return False
    if any(word in _ABOUT for word in words[:-length]):
        return False
    return value is None or not (_is_flag(module, value) or _is_protected(module, value, words[-1]))


def _is_flag(module: Module, value: ast.expr) -> bool:
    value = module.value(value)
    if isinstance(value, ast.Constant):
        return value.value is None or isinstance(value.value, bool) or not value.value
    if isinstance(value, ast.Compare) or (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)):
        return True
    return isinstance(value, ast.Call) and module.resolve(value.func) == "builtins.bool"


def _is_protected(module: Module, value: ast.expr, word: str) -> bool:
    """Whether the value comes out of a call that hashes or encrypts it, or is a folder that is called pwd."""
    value = module.value(value)
    for call in [node for node in ast.walk(value) if isinstance(node, ast.Call)]:
        name = module.resolve(call.func) or ""
        if word == "pwd" and name.startswith(("os.", "pathlib.")):
            return True
        attribute = call.func.attr if isinstance(call.func, ast.Attribute) else name.rpartition(".")[2]
        if _PROTECTED & {part.lower() for part in re.findall(r"[A-Z]?[a-z]+\d*", attribute)}:
            return True
    return False


def _is_payment_card(module: Module, word: str, value: ast.expr | None) -> bool:
    """A card may be one of a game; what the customer types into a form is not."""
    if word != "card" or value is None:
        return False
    for node in ast.walk(module.value(value)):
        name = module.resolve(node) if isinstance(node, ast.Attribute) else None
        if name is not None and name.startswith(_REQUEST):
            return True
    return False
