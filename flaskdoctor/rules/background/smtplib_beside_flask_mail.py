"""FD602: mail that goes around Flask-Mail, though the project has it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.names import FUNCTIONS
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.contexts.background import SMTP
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_MAIL = frozenset({"flask_mail.Mail", "flask_mailman.Mail", "flask_mailing.Mail"})
# What is there to try, relay or watch a mail server, not to send the app's own mail.
_ABOUT_SERVERS = ("test", "check", "ping", "health", "verif", "valid", "prob", "diagnos", "debug", "backup", "monitor")


class SmtplibBesideFlaskMail(Rule):
    """`smtplib` sends mail in a project that has Flask-Mail.

    ## What it finds

    `smtplib.SMTP(..)` and `SMTP_SSL(..)` in the app's code of a project that makes Flask-Mail's `Mail` (or
    Flask-Mailman's), where the server's address is written down or comes from the configuration or the environment.

    Not in scripts, tests and migrations, in code that checks a mail server, in a subclass or a copy of the extension,
    or where the server is one that is looked up for a customer.

    ## Why it matters

    The settings (`MAIL_SERVER`, `MAIL_USE_TLS`, `MAIL_PASSWORD` ..) and the precautions belong to the extension, and
    what goes around it has none of them:

    - tests send *real* mail: `TESTING` sets `MAIL_SUPPRESS_SEND`, and `mail.record_messages()` sees only what
      Flask-Mail sends;
    - `smtplib.SMTP()` waits for a server that does not answer without end, unless `timeout=` is given;
    - a header that is put together by hand takes line breaks from a form (`Subject: hi\\nBcc: everybody`), which
      Flask-Mail refuses with `BadHeaderError`;
    - the day the provider changes, one half of the mails still goes to the old one.

    ## What to do instead

    ```python
    message = Message("Your report", recipients=[user.email], body=text)
    message.attach("report.pdf", "application/pdf", pdf)
    mail.send(message)
    ```

    Several mails over one connection: `with mail.connect() as connection: connection.send(message)`. A second server
    is a second `Mail` object on an app-like object with its own settings.

    ## References

    - https://flask-mail.readthedocs.io/en/latest/#sending-messages
    - https://flask-mail.readthedocs.io/en/latest/#unit-tests-and-suppressing-emails
    - https://docs.python.org/3/library/smtplib.html#smtplib.SMTP
    """

    code = "FD602"
    name = "smtplib-beside-flask-mail"
    tip = Tip.BACKGROUND
    severity = Severity.WARNING
    needs = (b"smtplib",)

    bad: ClassVar[list[Bad]] = [
        Bad(
            """\
import smtplib
from email.message import EmailMessage

from flask import Flask
from flask_mail import Mail

app = Flask(__name__)
mail = Mail(app)


def send_report(address, text):
    message = EmailMessage()
    message["Subject"] = "Report"
    message["To"] = address
    message.set_content(text)
    with smtplib.SMTP("smtp.example.com", 587) as server:
        server.starttls()
        server.send_message(message)
"""
        ),
        # The extension is made elsewhere; several spellings of the address.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\nfrom flask_mail import Mail\n\nmail = Mail()\n\n\n"
                "def create_app():\n    app = Flask(__name__)\n    mail.init_app(app)\n"
                "    from shop import post\n    app.post_office = post\n    return app\n",
                "shop/post.py": """\
import os
import smtplib as smtp
from smtplib import SMTP_SSL

from flask import current_app

HOST = os.environ["MAIL_SERVER"]


def send(text):
    server = smtp.SMTP(current_app.config["MAIL_SERVER"], current_app.config["MAIL_PORT"])
    server.sendmail("a@example.com", "b@example.com", text)


class Letters:
    async def send(self, text):
        SMTP_SSL(host=HOST).sendmail("a@example.com", "b@example.com", text)


def broadcast(texts):
    if (server := smtp.SMTP(os.getenv("SMTP_HOST", "localhost"))) is not None:
        for text in texts:
            server.sendmail("a@example.com", "b@example.com", text)


def remind(text):
    server = smtp.SMTP(timeout=10)
    server.connect("smtp.example.com", 25)
    server.sendmail("a@example.com", "b@example.com", text)
""",
            },
            hits=4,
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # The extension itself, its errors, a log handler, a customer's server, a check, a fake for tests.
        """\
import smtplib
from logging.handlers import SMTPHandler
from smtplib import SMTPException

from flask import Flask
from flask_mail import Mail, Message

app = Flask(__name__)
mail = Mail(app)
handler = SMTPHandler("localhost", "a@example.com", ["b@example.com"], "Oops")


def send(address):
    try:
        mail.send(Message("Hello", recipients=[address]))
    except (SMTPException, smtplib.SMTPServerDisconnected):
        app.logger.exception("no mail")


def send_for(customer, text):
    with smtplib.SMTP(customer.mail_host, customer.mail_port) as server:
        server.sendmail(customer.address, "b@example.com", text)


def check_mail_server():
    smtplib.SMTP("smtp.example.com", timeout=3).noop()
""",
        # Without Flask-Mail nothing stands beside it.
        """\
import smtplib

from flask import Flask

app = Flask(__name__)


def send(text):
    smtplib.SMTP("localhost").sendmail("a@example.com", "b@example.com", text)
""",
        # A copy of the extension; a script; a test.
        {
            "app.py": "from flask import Flask\n\nfrom flask_mail import Mail\n\napp = Flask(__name__)\n"
            "mail = Mail(app)\n",
            "flask_mail.py": "import smtplib\n\n\nclass Mail:\n    def __init__(self, app):\n"
            "        self.server = app.config['MAIL_SERVER']\n\n    def connect(self):\n"
            "        return smtplib.SMTP('localhost')\n",
            "demos/mail.py": "import smtplib\n\n\ndef show():\n    smtplib.SMTP('localhost').noop()\n",
            "scripts/backup.py": "import smtplib\n\nfrom app import app\n\nsmtplib.SMTP('localhost').noop()\n"
            "if __name__ == '__main__':\n    print(app)\n",
            "tests/test_mail.py": "import smtplib\n\nsmtplib.SMTP('localhost')\n",
        },
        # Its own connection, for what the extension cannot do.
        """\
import smtplib

from flask import Flask
from flask_mail import Connection, Mail

app = Flask(__name__)


class OwnConnection(Connection):
    def configure_host(self):
        return smtplib.SMTP("localhost", local_hostname="shop")


mail = Mail(app)
""",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The connections to the app's own mail server."""
        if module.role != "app":
            return
        for call in module.calls(*sorted(SMTP)):
            host = _host(call) or _connected(module, call)
            if host is None or not _is_the_apps(module, host) or _about_servers(module, call):
                continue
            yield Hit(
                call,
                "smtplib sends around Flask-Mail: its settings and its silence in tests do not count",
                advice="Send it with `mail.send(Message(..))`; several in a row inside `with mail.connect() as "
                "connection:`.",
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep it where the app that loads the file makes a Flask-Mail."""
        links, path = project.links, candidate.location.path
        makers = [
            facts.path
            for facts in project.modules.values()
            if facts.role in ("app", "script")
            and any(
                links.resolve(item.callee, facts.path) in _MAIL and links.is_foreign(item.callee, facts.path)
                for item in facts.constructed.values()
                if item.callee.endswith("Mail")
            )
        ]
        if not makers:
            return None
        from flaskdoctor.project.routing.together import Together

        together = Together(links)
        return candidate.severity if any(together.loaded(path, maker) for maker in makers) else None


def _host(call: ast.Call) -> ast.expr | None:
    return call.args[0] if call.args else next((item.value for item in call.keywords if item.arg == "host"), None)


def _connected(module: Module, made: ast.Call) -> ast.expr | None:
    """The address that ``server.connect(..)`` is given, where ``server = smtplib.SMTP()``."""
    for call in module.calls_of("connect"):
        if isinstance(call.func, ast.Attribute) and module.value(call.func.value) is made:
            return _host(call)
    return None


def _is_the_apps(module: Module, host: ast.expr) -> bool:
    """Whether a server's address is written down, or comes from the configuration or the environment."""
    value = module.value(host)
    if module.string(value) is not None:
        return True
    for node in ast.walk(value):
        if isinstance(node, ast.Attribute | ast.Name):
            name = module.resolve(node) or ""
            if name.startswith("os.") or name.endswith(".config") or name.rpartition(".")[2].isupper():
                return True
            if isinstance(node, ast.Attribute) and node.attr == "config":
                return True
    return False


def _about_servers(module: Module, call: ast.Call) -> bool:
    """Whether the code around tries a server, or is the extension's own."""
    if purpose_of(module, call) == "test":
        return True
    for parent in module.ancestors(call):
        if isinstance(parent, (ast.ClassDef, *FUNCTIONS)) and any(
            word in parent.name.lower() for word in _ABOUT_SERVERS
        ):
            return True
        if isinstance(parent, ast.ClassDef):
            bases = [module.resolve(base) or "" for base in parent.bases]
            if any(base.startswith(("flask_mail.", "flask_mailman.", "smtplib.")) for base in bases):
                return True
    return False
