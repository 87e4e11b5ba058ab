"""A project in which everything that has a name has one made to harm, and what its server sends."""

from __future__ import annotations

from pathlib import Path

from tests.projects import run_git

# Each breaks something else: Textual's markup, the terminal's title, its clipboard, a link, the order of the text ..
MARKUP = "[bold][/x][@click=app.quit]"
ESCAPES = "\x1b]0;pwned\x07\x1b]52;c;cHduZWQ=\x07\x1b]8;;http://x\x1b\\\x1bPq\x1b\\\x9b31m\x9d0;x\x9c\x7f\r\b"
UNSEEN = "\u202e\u2066\u200b\u200d\ufeff\u2028"
WIDE = "漢字👩\u200d👧e" + "\u0301" * 9
EVIL = f"{MARKUP}{ESCAPES}{UNSEEN}{WIDE}"

LITERAL = EVIL.encode("unicode_escape").decode()
# A file name holds 255 bytes, no slash, and on Linux bytes that are no UTF-8.
NAME = "z[bold]\x1b]0;pwned\x07\x9b31m\u202e漢e" + "\u0301" * 5 + "\n\r\t\udcff"
VIEW = f"""\
import os
from flask import Blueprint, jsonify

bp = Blueprint("bp{LITERAL.replace(".", "")}", __name__, url_prefix="/{LITERAL.replace("/", "")}")
KEY = os.environ["{LITERAL}KEY"]


@bp.route("/{LITERAL.replace("/", "")}", endpoint="e{LITERAL.replace(".", "")}")
def products():
    # {MARKUP}{ESCAPES.replace(chr(13), "")}{UNSEEN.replace(chr(0x2028), "")}{WIDE}
    return jsonify({{"a": "{MARKUP}{UNSEEN.replace(chr(0x2028), "")}{WIDE}"}})
"""
APP = """\
from flask import Flask
from views import bp


def create_app():
    app = Flask(__name__)
    app.register_blueprint(bp)

    @app.errorhandler(404)
    def missing(error):
        return "[bold]\\x1b]0;pwned\\x07"  # [bold]\u202e\x9b31m

    return app
"""


def hostile_project(folder: Path) -> Path:
    """Its root."""
    root = folder / f"{NAME}-shop"
    package = root / NAME
    (root / "templates").mkdir(parents=True)
    package.mkdir()
    (root / "requirements.txt").write_text(f"flask==3.1.0\n# {EVIL}\n{MARKUP}==1\n", newline="")
    (root / f"{NAME}.py").write_text(APP)
    (root / "views.py").write_text(VIEW, newline="")
    (package / "__init__.py").write_text("")
    (package / f"{NAME}.py").write_text(VIEW, newline="")
    (root / "templates" / f"{NAME}.html").write_text(f"<form method=post>{MARKUP}</form>")
    keys = f"A{MARKUP}=1\n'B{ESCAPES.replace(chr(13), '')}'=1\nC{UNSEEN}{WIDE}=1\n{'D' * 10_000}=1\n"
    (root / ".env").write_text(f"{keys}# {EVIL}\n", newline="")
    (root / f".env{NAME}.example").write_text(keys, newline="")
    (root / ".env.example").write_text(f"E{MARKUP}=\n", newline="")
    (root / ".gitignore").write_text(f"{EVIL}\n", newline="")
    run_git(root, "init", "-q", "-b", "main")
    (root / ".git" / "HEAD").write_text(f"ref: refs/heads/b{MARKUP}{ESCAPES}{UNSEEN}{WIDE}\n", newline="")
    return root


HEADERS = (
    ("Server", f"{MARKUP}\x9b31m\x9d0;pwned\x9c"),
    (f"X-{'Long' * 500}", f"{MARKUP}\x9b31m"),
    ("Content-Security-Policy", f"{MARKUP}\x9b31m\x85"),
    ("Set-Cookie", f"evil=[bold]\x9b31m; Path=/{MARKUP}\x9b31m"),
    ("Set-Cookie", f"session={MARKUP}\x9b31m"),
    ("Location", f"http://127.0.0.1/{MARKUP}\x9b31m"),
)
BODY = f'{{"[bold]{ESCAPES}": "{UNSEEN}{WIDE}"}}\n<h1>{EVIL}</h1>\n' + "x" * 10_000
