"""A secret of the project is in nothing that flaskdoctor prints, shows, logs or keeps where others may read it."""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import build

CANARY = "Zq7canary9Xw"

APP = f"""\
import os
import smtplib

import jwt
from flask import Flask, jsonify, session
from itsdangerous import URLSafeTimedSerializer

# SECRET_KEY = "{CANARY}old"
SECRET_KEY = "{CANARY}module"
API_TOKEN: str = "{CANARY}annotated"
PASSWORDS = {{"admin_password": "{CANARY}dict"}}
DATABASE_URL = "postgresql://shop:{CANARY}url@localhost/shop"
BROKER_URL = "amqp://kiln:{CANARY}amqp@mq.pottery.shop//"
CACHE_URL = os.environ.get("CACHE_URL", "redis://:{CANARY}redis@cache.pottery.shop:6379/0")
STOCK_URL = os.getenv("STOCK_URL") or 'https://kiln:{CANARY}@sign@stock.pottery.shop/api/@ada'
FEED = f"https://kiln:{CANARY}feed@{{os.environ['FEED_HOST']}}/feed"
PROXY = "http://kiln:{CANARY}proxy@" + os.environ.get("PROXY_HOST", "")
MIRROR = ("mysql://kiln:" "{CANARY}joined"
          "@mirror.pottery.shop/kiln")
FILES = [b"ftp://kiln:{CANARY}bytes@files.pottery.shop/", "ftp://kiln:{CANARY}/slash@files.pottery.shop/"]
HELP = '''Give a URL, as in mysql://kiln:{CANARY}help@db.pottery.shop/kiln'''  # mysql://kiln:{CANARY}comment@db/kiln


class Config:
    SECRET_KEY = "{CANARY}class"
    MAIL_PASSWORD = b"{CANARY}bytes"
    JWT_SECRET_KEY = os.environ.get("JWT_SECRET_KEY", "{CANARY}default")
    SQLALCHEMY_DATABASE_URI = f"mysql://root:{CANARY}fstring@localhost/shop"
    WTF_CSRF_SECRET_KEY = os.environ.get("WTF_CSRF_SECRET_KEY") or "{CANARY}or"


app = Flask(__name__)
app.secret_key = "{CANARY}attribute"
app.config["SECRET_KEY"] = "{CANARY}item"
app.config.update(SECRET_KEY="{CANARY}update", MAIL_PASSWORD=("{CANARY}" "joined"))
app.config.from_mapping({{"SECRET_KEY": '''{CANARY}
mapping'''}})
app.config.setdefault("SECRET_KEY", "{CANARY}setdefault")
app.config["SECRET_KEY_FALLBACKS"] = ["{CANARY}fallback"]
os.environ["SECRET_KEY"] = "{CANARY}environ"
signer = URLSafeTimedSerializer("{CANARY}signer")


@app.route("/")
def index():
    session["password"] = "{CANARY}session"
    jwt.encode({{}}, "{CANARY}encode")
    smtplib.SMTP("localhost").login("shop", password="{CANARY}keyword")
    return jsonify({{"ok": True, "token": os.environ["API_TOKEN"], "mail": os.environ["MAIL_PASSWORD"]}})


app.run(debug=True)
"""
BROKEN = f'SECRET_KEY = "{CANARY}broken\ndef f(:\n'
ENV = f"""\
# the old one: {CANARY}comment
SECRET_KEY={CANARY}plain
export API_TOKEN='{CANARY}single' # {CANARY}inline
EXTRA_KEY="{CANARY}double
{CANARY}second-line"
{CANARY}lone
SPAN="{CANARY}opened
{CANARY}_swallowed=1
NEXT="{CANARY}closed"
{CANARY}: colon
MY {CANARY}=blank
PEM='-----BEGIN PRIVATE KEY-----
{CANARY}=pem
"""
TEMPLATE = f"""\
SECRET_KEY={CANARY}template
# API_TOKEN={CANARY}commented
export MAIL_PASSWORD='{CANARY}quoted'  # {CANARY}inline
DATABASE_URL=postgresql://kiln:{CANARY}url@db.pottery.shop/kiln
SHOP_TOKEN="{CANARY}
{CANARY}"
"""
FILES = {
    "app.py": APP,
    "pages/broken.py": BROKEN,
    ".env": ENV,
    ".env.local": f"LOCAL_PASSWORD={CANARY}local\n",
    ".env.example": TEMPLATE,
    ".env.dev.example": f"A_TOKEN={CANARY}dev\nB_KEY: {CANARY}broken\nC_KEY='{CANARY}open\n{CANARY}=1\n",
    ".envrc": f"export API_TOKEN={CANARY}direnv\n",
    ".gitignore": f"./.env.local # API_TOKEN={CANARY}ignored\n",
    "certs/shop.key": f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n",
    ".flaskenv": f"FLASK_APP=app\nFLASK_SECRET_KEY={CANARY}flaskenv\nBROKEN '{CANARY}name'=1\n",
    "compose.yml": f"services:\n  web:\n    environment:\n      SECRET_KEY: {CANARY}compose\n",
    "Dockerfile": f"FROM python\nENV SECRET_KEY={CANARY}docker\nCOPY . .\n",
    "#git": "track:.env,app.py",
}


# A project whose .env can be read, so that fixes move secrets into it and empty the template.
TIDY = {
    "app.py": f"""\
import os

from flask import Flask

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "postgresql://kiln:{CANARY}url@db.pottery.shop/kiln"
app.config["CACHE_URL"] = os.environ.get("CACHE_URL", "redis://:{CANARY}redis@cache.pottery.shop:6379/0")
app.secret_key = "{CANARY}key"
STOCK_URL = os.getenv("STOCK_URL") or "https://kiln:{CANARY}@sign@stock.pottery.shop/api"
MIRROR_URL = "mysql://kiln:{CANARY}/slash@mirror.pottery.shop/kiln"  # was mysql://kiln:{CANARY}old@mirror/kiln
""",
    ".env": f"MAIL_PASSWORD='{CANARY}mail'\n",
    ".env.example": f"MAIL_PASSWORD='{CANARY}quoted'  # from Ada\nFEED_URL=https://kiln:{CANARY}@feed.pottery.shop/\n",
    "requirements.txt": "flask\n",
    "Dockerfile": "FROM python\nCOPY . .\n",
    "#git": "init",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return build(tmp_path / "shop", FILES, "3.1.0")


def printed(*arguments: str) -> Callable[[Path], str]:
    """What a command line prints, on both streams."""

    def run(shop: Path) -> str:
        command = [sys.executable, "-m", "flaskdoctor", *arguments]
        done = subprocess.run(
            command, cwd=shop, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False
        )
        assert done.returncode in (0, 1, 2), done.stderr
        assert done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


def crashed(shop: Path) -> str:
    """What is printed when flaskdoctor itself has a bug and the exception quotes the file it was at."""
    program = (
        "import sys, flaskdoctor.scan\n"
        "def scan(*_): raise KeyError(open('app.py').read())\n"
        "flaskdoctor.scan.scan = scan\n"
        "from flaskdoctor.cli import main\n"
        "sys.exit(main(['--check']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=shop, capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert "KeyError" in done.stderr
    return done.stdout + done.stderr


def kept_in_the_cache(shop: Path) -> str:
    """The cache files and the history of the score."""
    old = 1_600_000_000
    for path in [*shop.rglob("*"), shop]:
        os.utime(path, (old, old), follow_symlinks=False)
    printed("--check")(shop)
    folder = Path(os.environ["FLASKDOCTOR_CACHE_DIR"])
    files = [path.read_bytes() for path in folder.iterdir()]
    kinds = {".facts", ".facts-recent", ".scan", ".history", ".git-history"}
    assert {path.suffix for path in folder.iterdir()} == kinds
    return b"\n".join(files).decode("latin-1")


def shown_in_the_dashboard(shop: Path) -> str:
    """All that crosses the pipe to the dashboard: the scan, every excerpt, page and preview, what a fix and taking it
    back answer, the history."""
    from flaskdoctor.scan import Options
    from flaskdoctor.tui.child import Answers

    answers, root, options = Answers(), str(shop), Options(cache=False)
    scanned = answers.on_scan(root, options)
    found: list[object] = [scanned]
    findings = scanned.scan.report.findings
    assert len(findings) > 12
    for finding in findings:
        found.append(answers.on_look(root, options, finding))
        if finding.fix is not None:
            found.append(answers.on_preview(root, options, (finding,)))
    places = [route.location for route in scanned.scan.routes.rows]
    places += [read for row in scanned.scan.env.rows for read in row.reads]
    found += [answers.on_excerpt(root, options, place) for place in places]
    assert len(places) > 3
    batch = answers.on_preview(root, options, [finding for finding in findings if finding.fix is not None])
    assert batch.fixed
    outcome = answers.on_apply(root, options, batch.plan)
    found += [batch, outcome, answers.on_scan(root, options)]
    assert answers._records(root)
    found += [answers.on_undo(root, options, outcome.record), answers.on_scan(root, options)]
    return "\n".join((repr(found), pickle.dumps(found, 0).decode("latin-1")))


def logged(shop: Path) -> str:
    """What the dashboard's child process writes to its log when a request fails with a message that quotes."""
    from flaskdoctor.tui import logbook

    try:
        raise KeyError((shop / "app.py").read_text())
    except KeyError as error:
        return logbook.describe(error)


def fixed(shop: Path) -> str:
    """What ``--fix`` says, and where it keeps what was there before."""
    text = printed("--fix", "--unsafe-fixes")(shop)
    state = Path(os.environ["FLASKDOCTOR_STATE_DIR"])
    kept = [path for path in state.rglob("*") if path.is_file()]
    assert kept
    for path in state.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert ".env" not in subprocess.run(["git", "ls-files"], cwd=shop, capture_output=True, text=True).stdout.split()
    return text


OUTPUTS = {
    "text": printed("--check"),
    "json": printed("--check", "--format", "json"),
    "sarif": printed("--check", "--format", "sarif", "--with-fixes"),
    "diff": printed("--diff"),
    "unsafe diff": printed("--diff", "--unsafe-fixes"),
    "page": printed("--explain", "FD301"),
    "files": printed("--show-files"),
    "no terminal": printed(),
    "unknown rule": printed("--check", "--select", "FD999"),
    "crash": crashed,
    "cache": kept_in_the_cache,
    "dashboard": shown_in_the_dashboard,
    "log": logged,
    "fix": fixed,
}


@pytest.mark.parametrize("kind", ["text", "json", "sarif", "diff", "unsafe diff", "cache", "fix"])
def test_no_output_holds_a_secret_that_a_fix_moves_or_takes_out(kind: str, tmp_path: Path) -> None:
    folder = build(tmp_path / "tidy", TIDY)
    text = OUTPUTS[kind](folder)
    place = text.find(CANARY)
    assert place < 0, text[max(place - 200, 0) : place + 60]
    if kind == "fix":
        assert [text.count(code) > 0 for code in ("FD301", "FD304", "FD322", "FD328", "FD337")] == [True] * 5
        source, env = (folder / "app.py").read_text(), (folder / ".env").read_text()
        assert source.count(CANARY) == 1  # the comment
        assert env.count(CANARY) == 6
        assert CANARY not in (folder / ".env.example").read_text()


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS.keys())
def test_no_output_holds_a_secret_of_the_project(shop: Path, output: Callable[[Path], str]) -> None:
    text = output(shop)
    place = text.find(CANARY)
    assert place < 0, text[max(place - 200, 0) : place + 60]
