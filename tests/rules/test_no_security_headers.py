"""FD709: what the headers do that its fix sets, seen in answers of the very app that it has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.observatory.grade import after_fixes
from flaskdoctor.observatory.site import Site
from flaskdoctor.scan import Options
from tests.projects import build, tree

MODULE = """\
from flask import Flask, make_response, render_template_string

app = Flask(__name__)


@app.get("/")
def index():
    return render_template_string("<p>Kiln</p>")


@app.get("/own")
def own():
    answer = make_response(render_template_string("<p>Clay</p>"))
    answer.headers.update(OWN)
    return answer


@app.get("/boom")
def boom():
    raise RuntimeError


OWN = {"-".join(("Content", "Security", "Policy")): "default-src *", "-".join(("X", "Frame", "Options")): "DENY"}
"""
FACTORY = MODULE.replace("app = Flask(__name__)\n", "").replace("@app.get", "@pages.get").replace(
    "from flask import Flask,", "from flask import Blueprint, Flask,"
).replace("\n\n\n@pages", '\n\npages = Blueprint("pages", __name__)\n\n\n@pages', 1) + (
    "\n\ndef create_app():\n    app = Flask(__name__)\n    app.register_blueprint(pages)\n    return app\n"
)
CLASS = FACTORY.replace(
    "def create_app():\n    app = Flask(__name__)\n    app.register_blueprint(pages)\n    return app\n",
    "class Shop:\n    def __init__(self):\n        self.app = Flask(__name__)\n"
    "        self.app.register_blueprint(pages)\n\n\n"
    "def create_app():\n    return Shop().app\n",
)
HEADERS = {
    "Content-Security-Policy-Report-Only",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
}

# A real server: the test client adds no Server header.
_ASK = """\
import http.client, json, sys, threading
from werkzeug.serving import make_server
import app as module

app = getattr(module, "app", None) or module.create_app()
app.debug = sys.argv[1] == "debug"
app.config["PROPAGATE_EXCEPTIONS"] = False
server = make_server("127.0.0.1", 0, app)
threading.Thread(target=server.serve_forever, daemon=True).start()
seen = {}
for path in ("/", "/own", "/boom", "/no/such/page", "/static/none.css"):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    seen[path] = [answer.status, answer.getheaders()]
    connection.close()
server.shutdown()
print(json.dumps(seen))
"""
Seen = Mapping[str, tuple[int, list[tuple[str, str]]]]


def fixed(folder: Path, source: str) -> None:
    build(folder, {"app.py": source, "requirements.txt": "flask\n"})
    done = fix_to_the_end(str(folder), Options(select=("FD709",), cache=False), (), unsafe=True)
    assert len(done.fixed) == 1, done.notes


def ask(folder: Path, mode: str = "production") -> Seen:
    done = subprocess.run(
        [sys.executable, "-c", _ASK, mode],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return {
        path: (status, [tuple(pair) for pair in pairs]) for path, (status, pairs) in json.loads(done.stdout).items()
    }


@pytest.fixture(scope="module", params=[MODULE, FACTORY, CLASS], ids=["module", "factory", "class"])
def answers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("shop")
    fixed(folder, request.param)
    return ask(folder)


def test_every_answer_has_every_header_once(answers: Seen) -> None:
    assert {path: status for path, (status, _) in answers.items()} == {
        "/": 200,
        "/own": 200,
        "/boom": 500,
        "/no/such/page": 404,
        "/static/none.css": 404,
    }
    for _, pairs in answers.values():
        names = [name for name, _ in pairs]
        assert set(names) >= HEADERS
        assert all(names.count(name) == 1 for name in (*HEADERS, "Server"))


def test_what_a_view_sets_is_kept(answers: Seen) -> None:
    own = dict(answers["/own"][1])
    assert own["Content-Security-Policy"] == "default-src *"
    assert own["X-Frame-Options"] == "DENY"
    assert dict(answers["/"][1])["X-Frame-Options"] == "SAMEORIGIN"


def test_policy_only_reports_and_hsts_holds_for_a_year(answers: Seen) -> None:
    headers = dict(answers["/"][1])
    assert "Content-Security-Policy" not in headers
    assert "default-src 'self'" in headers["Content-Security-Policy-Report-Only"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_the_grade_after_the_fixes_is_made_of_what_the_fix_sets(answers: Seen) -> None:
    sent = {name: value for name, value in answers["/"][1] if name in HEADERS}
    assert sent == dict(after_fixes(Site()).headers)


def test_debug_mode_goes_without_hsts(tmp_path: Path) -> None:
    fixed(tmp_path, MODULE)
    names = {name for name, _ in ask(tmp_path, "debug")["/"][1]}
    assert names & HEADERS == HEADERS - {"Strict-Transport-Security"}


def test_requirement_is_added_once_and_in_the_same_plan(tmp_path: Path) -> None:
    fixed(tmp_path, FACTORY)
    assert (tmp_path / "requirements.txt").read_text() == "flask\nsecure>=2.0.1\n"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"setup.py": "from setuptools import setup\nsetup(install_requires=['flask'])\n"}, "setup.py"),
        ({"requirements.txt": "# This file is autogenerated by pip-compile\nflask==3.1.0\n"}, "a tool writes"),
        ({"secure.py": "KEY = 1\n", "requirements.txt": "flask\n"}, "called secure"),
        ({"app.py": f"{MODULE}\nsecure_headers = None\n", "requirements.txt": "flask\n"}, "secure_headers"),
        ({"Dockerfile": "FROM python:3.9-slim AS base\nFROM base\n", "requirements.txt": "flask\n"}, "Dockerfile"),
        ({"Dockerfile": "FROM docker.io/python:3.7.2\n", "requirements.txt": "flask\n"}, "Python 3.7"),
        ({"runtime.txt": "python-3.8.12\n", "requirements.txt": "flask\n"}, "runtime.txt"),
        ({".python-version": "2.7.18\n", "requirements.txt": "flask\n"}, "Python 2.7"),
    ],
)
def test_app_stays_as_it_is_where_secure_would_not_come_with_it(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    build(tmp_path, {"app.py": MODULE, **files})
    before = tree(tmp_path)
    done = fix_to_the_end(str(tmp_path), Options(select=("FD709",), cache=False), (), unsafe=True)
    assert done.fixed == ()
    assert reason in "".join(done.notes)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("image", ["python:3.10", "python:3", "python:slim-bookworm", "python:${VERSION}", "nginx:1.9"])
def test_a_python_that_has_secure_or_may_have_it_is_no_hindrance(tmp_path: Path, image: str) -> None:
    files = {"app.py": MODULE, "requirements.txt": "flask\n", "Dockerfile": f"FROM {image}\n"}
    build(tmp_path, files)
    done = fix_to_the_end(str(tmp_path), Options(select=("FD709",), cache=False), (), unsafe=True)
    assert len(done.fixed) == 1, done.notes


def test_requirement_goes_into_pyproject_and_the_lock_is_left_to_its_tool(tmp_path: Path) -> None:
    project = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n'
    build(tmp_path, {"app.py": MODULE, "pyproject.toml": project, "uv.lock": "version = 1\n"})
    done = fix_to_the_end(str(tmp_path), Options(select=("FD709",), cache=False), (), unsafe=True)
    assert len(done.fixed) == 1, done.notes
    assert (tmp_path / "pyproject.toml").read_text() == project.replace('"flask"', '"flask", "secure>=2.0.1"')
    assert (tmp_path / "uv.lock").read_text() == "version = 1\n"
    assert "now to do: run `uv lock`" in done.notes


def test_requirement_goes_where_flask_is_written_by_hand(tmp_path: Path) -> None:
    files = {
        "app.py": MODULE,
        "requirements/base.in": "flask",
        "requirements/base.txt": "# autogenerated by pip-compile\nflask==3.1.0\n",
        "requirements.txt": "-r requirements/base.txt\n",
    }
    build(tmp_path, files)
    done = fix_to_the_end(str(tmp_path), Options(select=("FD709",), cache=False), (), unsafe=True)
    assert len(done.fixed) == 1, done.notes
    assert (tmp_path / "requirements/base.in").read_text() == "flask\nsecure>=2.0.1"
