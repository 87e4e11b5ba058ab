"""FD708: what the rule says of Flask is what Flask does, before and after its fix."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.scan import Options, scan
from tests.projects import build

SHOP = """\
from flask import Flask
from flask_login import LoginManager, login_required

app = Flask(__name__)
app.secret_key = "testing"
manager = LoginManager(app)


@manager.request_loader
def nobody(request):
    return None


@login_required
@app.route("/orders")
def orders():
    return "orders"
"""


def status(source: str) -> int:
    names: dict[str, object] = {"__name__": "shop"}
    exec(compile(source, "shop.py", "exec"), names)
    app = names["app"]
    assert isinstance(app, Flask)
    return app.test_client().get("/orders").status_code


def test_the_guard_works_only_after_the_fix(tmp_path: Path) -> None:
    build(tmp_path, SHOP, "3.1.0")
    assert status(SHOP) == 200
    fix_to_the_end(str(tmp_path), Options(select=("FD708",), cache=False), (), unsafe=True)
    assert status((tmp_path / "app.py").read_text()) == 401


def test_a_decorator_that_would_rename_the_endpoint_stays(tmp_path: Path) -> None:
    source = (
        "from flask import Flask\n\napp = Flask(__name__)\n\n\ndef admin_required(view):\n    def wrapper(**kwargs):\n"
        "        return view(**kwargs)\n\n    return wrapper\n\n\n"
        '@admin_required\n@app.route("/")\ndef index():\n    return "shop"\n'
    )
    build(tmp_path, source, "3.1.0")
    done = fix_to_the_end(str(tmp_path), Options(select=("FD708",), cache=False), (), unsafe=True)
    assert (tmp_path / "app.py").read_text() == source
    assert any("functools.wraps" in note for note in done.notes)


def test_a_decorator_nobody_knows_is_information(tmp_path: Path) -> None:
    build(tmp_path, SHOP.replace("@login_required\n", "@timed\n"), "3.1.0")
    report = scan(str(tmp_path), Options(select=("FD708",), cache=False)).report
    assert [finding.severity.word for finding in report.findings] == ["info"]
