"""FD603: a view that waits for the mail server."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.answers.responders import VIEW_CLASSES
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.names import FUNCTIONS, FunctionNode
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.contexts.background import mail_calls
from flaskdoctor.project.contexts.jobs import constructors
from flaskdoctor.project.routing.views import HTTP_METHODS, View
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, RouterAssumed, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.routing.links import Links
    from flaskdoctor.project.snapshot import Project

_MAIL = frozenset({"flask_mail.Mail", "flask_mailing.Mail", "flask_mail_sendgrid.MailSendGrid"})
# What a function that sends mail is called; others are not followed.
_NAMED = re.compile(r"(?i)mail|send|notif|invit|letter|smtp|confirm|reset|welcome|remind|alert")
_TRIES = re.compile(r"(?i)test|check|verify_(?:smtp|mail|connection)|ping")


class MailSentInView(Rule):
    """A view talks to the mail server itself: the visitor waits for it, and gets its errors.

    ## What it finds

    `mail.send(..)` of Flask-Mail and `smtplib.SMTP(..)` in a view, or in a function of the project that a view calls
    directly. Not where that function is a Celery or RQ task, is given to a thread, a pool, a queue or a scheduler,
    or has a decorator that may put it off. Views that exist to try the mail set-up are left out.

    ## Why it matters

    Sending takes a connection, a TLS handshake, a login and a reply: half a second when all is well. When the
    server is slow, the worker that runs the view is blocked for as long as the socket waits, which is for ever if
    nobody set a timeout; a few sign-ups then occupy every worker and the whole site stands still. When it is down,
    the exception turns into a 500 *after* the account was created, and the second try says that the name is taken.
    It also tells who is registered: "forgot my password" takes longer for an address that exists.

    ## What to do instead

    Answer first, send later, from a queue. With Celery:

    ```python
    @celery.task(autoretry_for=(OSError,), retry_backoff=True)
    def send_mail(recipient, subject, body):
        mail.send(Message(subject, recipients=[recipient], body=body))

    @app.post("/register")
    def register():
        ...
        send_mail.delay(user.email, "Welcome", text)
        return redirect(url_for("index"))
    ```

    A thread (with `app.app_context()` around the sending) is enough for a small site; what is in it is lost when
    the process ends.

    ## References

    - https://flask.palletsprojects.com/en/stable/patterns/celery/
    - https://flask-mail.readthedocs.io/en/latest/#sending-messages
    """

    code = "FD603"
    name = "mail-sent-in-view"
    tip = Tip.BACKGROUND
    severity = Severity.WARNING
    about_routes = True
    needs = (
        b"mail",
        b"Mail",
        b"smtplib",
        b"send_",
        b"notif",
        b"Notif",
        b"invit",
        b"letter",
        b"confirm",
        b"reset",
        b"welcome",
        b"remind",
        b"alert",
    )

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
from flask import Flask, redirect, request
from flask_mail import Mail, Message

app = Flask(__name__)
mail = Mail(app)


@app.post("/contact")
def contact():
    mail.send(Message("Hello", recipients=["me@example.com"], body=request.form["text"]))
    return redirect("/")
"""
        ),
        # One call away, in another file; smtplib in a method view; a connection for several messages.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\nfrom flask_mail import Mail\n\nmail = Mail()\n\n\n"
                "def create_app():\n    app = Flask(__name__)\n    mail.init_app(app)\n"
                "    from shop.views import bp\n    app.register_blueprint(bp)\n    return app\n",
                "shop/post.py": """\
from flask_mail import Message

from shop import mail


def send_welcome(address):
    mail.send(Message("Welcome", recipients=[address]))
""",
                "shop/views.py": """\
import smtplib
from email.message import EmailMessage

from flask import Blueprint, request
from flask.views import MethodView

from shop import mail, post

bp = Blueprint("shop", __name__)


@bp.route("/register", methods=["POST"])
def register():
    post.send_welcome(request.form["email"])
    return "ok"


class Report(MethodView):
    def post(self):
        message = EmailMessage()
        with smtplib.SMTP("mail.example.com") as server:
            server.send_message(message)
        return "ok"


@bp.post("/news")
def news():
    with mail.connect() as connection:
        connection.send("x")
    return "ok"


bp.add_url_rule("/report", view_func=Report.as_view("report"))
""",
            },
            hits=3,
        ),
        # A class that another file registers.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\nfrom .letters import mail\n"
                "from .views import Invite\n\n\ndef create_app():\n    app = Flask(__name__)\n    mail.init_app(app)\n"
                "    app.add_url_rule('/invite/<name>', view_func=Invite.as_view('invite'))\n    return app\n",
                "shop/letters.py": "from flask_mail import Mail, Message\n\nmail = Mail()\n\n\n"
                "def welcome(name):\n    mail.send(Message('Welcome', recipients=[name]))\n",
                "shop/views.py": "from flask import views\n\nfrom .letters import welcome\n\n\n"
                "class Invite(views.MethodView):\n    def post(self, name):\n        welcome(name)\n"
                "        return {}\n",
            }
        ),
    ]

    good: ClassVar[list[Good | Files]] = [
        # In a thread, in a task, in a pool, by a decorator that puts it off, in a command.
        {
            "app.py": """\
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from celery import Celery
from flask import Flask, request
from flask_mail import Mail, Message

from later import background

app = Flask(__name__)
mail = Mail(app)
celery = Celery(app.name)
pool = ThreadPoolExecutor(2)


def send_now(app, message):
    with app.app_context():
        mail.send(message)


def send_mail(address):
    message = Message("Hello", recipients=[address])
    Thread(target=send_now, args=(app, message)).start()


@celery.task
def send_later(address):
    mail.send(Message("Hello", recipients=[address]))


def send_in_pool(address):
    mail.send(Message("Hello", recipients=[address]))


@background
def send_some_time(address):
    mail.send(Message("Hello", recipients=[address]))


@app.post("/a")
def a():
    send_mail(request.form["address"])
    send_later.delay(request.form["address"])
    pool.submit(send_in_pool, request.form["address"])
    send_some_time(request.form["address"])
    return "ok"


@app.post("/b")
def b():
    def send():
        with app.app_context():
            mail.send(Message("Hello", recipients=["a@example.com"]))

    Thread(target=send).start()
    return "ok"


@app.cli.command()
def remind():
    mail.send(Message("Hello", recipients=["a@example.com"]))
""",
            "later.py": "def background(function):\n    return function\n",
        },
        # Other objects that send, and a view that tries the set-up.
        """\
from flask import Flask, request
from flask_mail import Mail, Message
from mailbox import Mailbox

app = Flask(__name__)
mail = Mail(app)
mailbox = Mailbox()


class Mailer:
    def send(self, text):
        return text


mailer = Mailer()


@app.post("/a")
def a():
    mailer.send(request.form["text"])
    mailbox.send("x")
    return Message("not sent", recipients=[]).as_string()


@app.post("/settings/test-mail")
def test_mail():
    mail.send(Message("It works", recipients=["me@example.com"]))
    return "sent"
""",
        # A function that tries what somebody has just entered.
        {
            "app.py": "from flask import Flask, request\n\nfrom post import test_mail_server\n\n"
            "app = Flask(__name__)\n\n\n@app.post('/settings')\ndef settings():\n"
            "    test_mail_server(request.form['host'])\n    return 'it works'\n",
            "post.py": "import smtplib\n\n\ndef test_mail_server(host):\n    smtplib.SMTP(host, timeout=3).noop()\n",
        },
        # The same name means another function here.
        {
            "app.py": "from flask import Flask\nfrom flask_mail import Mail\nfrom queue_client import send_mail\n\n"
            "app = Flask(__name__)\nmail = Mail(app)\n\n\n@app.post('/')\ndef index():\n    send_mail('x')\n"
            "    return 'ok'\n",
            "post.py": "from app import mail\n\n\ndef send_mail(text):\n    mail.send(text)\n",
            "queue_client.py": "def send_mail(text):\n    return text\n",
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The first call of each view that sends mail, or may do so."""
        if module.role in ("test", "migration", "docs"):
            return
        severity = Severity.INFO if module.role == "example" else None
        direct: dict[FunctionNode, tuple[ast.Call, str]] = {}
        for call, function, owner in mail_calls(module):
            direct.setdefault(function, (call, owner))
        views = [*module.views, *_classes(module)]
        if not views:
            return
        calls = _named_calls(module)
        for view in views:
            route = next(iter(view.routes), None)
            for function in _functions(view):
                if purpose_of(module, function) == "test" or "test" in function.name.lower():
                    continue
                found: list[tuple[ast.Call, tuple[str, str], str]] = []
                if function in direct:
                    call, owner = direct[function]
                    found.append((call, ("direct", owner), f"{function.name}() waits for the mail server"))
                else:
                    for call, name in calls.get(function, ()):
                        short = name.rpartition(".")[2]
                        text = f"{function.name}() waits for the mail server: {short}() sends the mail at once"
                        found.append((call, ("call", name), text))
                for call, data, text in found:
                    yield Hit(
                        call,
                        text,
                        assumes=() if route is None or route.proven else (RouterAssumed(route.owner),),
                        severity=severity,
                        data=data,
                        advice=_ADVICE,
                    )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it where what sends is Flask-Mail or smtplib, and sends there and then."""
        if not project.holds(candidate):
            return None
        path, links = candidate.location.path, project.links
        way, name = (str(item) for item in candidate.data)
        if way == "direct":
            return candidate.severity if _is_mail(links, name, path) else None
        function = links.resolve(name, path)
        for facts in project.modules.values():
            for sender in facts.background.senders:
                if sender.function == function and _is_mail(links, sender.owner, facts.path):
                    return None if _put_off(project, function) else candidate.severity
        return None


_ADVICE = (
    "Hand the sending to a queue (Celery, RQ) or at least to a thread, and answer at once. Give plain values to it, "
    "not `request` or a model."
)


def _classes(module: Module) -> Iterator[View]:
    """The class-based views that another file registers."""
    known = {view.node for view in module.views}
    for node in module.nodes(ast.ClassDef) if b"View" in module.source else ():
        assert isinstance(node, ast.ClassDef)
        if node not in known and any(module.resolve(base) in VIEW_CLASSES for base in node.bases):
            yield View(node.name, node, (), ())


def _functions(view: View) -> list[FunctionNode]:
    """The functions that answer a view's requests."""
    if isinstance(view.node, ast.ClassDef):
        wanted = (*HTTP_METHODS, "dispatch_request")
        return [item for item in view.node.body if isinstance(item, FUNCTIONS) and item.name in wanted]
    return [view.node] if view.node is not None else []


def _named_calls(module: Module) -> dict[FunctionNode, list[tuple[ast.Call, str]]]:
    """The calls whose name speaks of mail, by the function that makes them; each name once."""
    found: dict[FunctionNode, list[tuple[ast.Call, str]]] = {}
    for name, calls in module.calls_by_name().items():
        last = name.rpartition(".")[2]
        if name.startswith(("builtins.", "flask.")) or not _NAMED.search(last) or _TRIES.search(last):
            continue
        seen: set[FunctionNode] = set()
        for call in calls:
            function = module.function_of(call)
            if function is not None and function not in seen:
                seen.add(function)
                found.setdefault(function, []).append((call, name))
    return found


def _is_mail(links: Links, owner: str, path: str) -> bool:
    """Whether an object is a Flask-Mail; no object is smtplib itself."""
    return not owner or bool(constructors(links, owner, path) & _MAIL)


def _put_off(project: Project, function: str) -> bool:
    """Whether a function of the project is a job, or is given to a thread, a pool, a queue or a scheduler."""
    for facts in project.modules.values():
        background = facts.background
        if function in background.jobs:
            return True
        if any(project.links.resolve(name, facts.path) == function for name in background.handed):
            return True
    return False
