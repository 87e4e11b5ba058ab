"""An import that a fix leaves unused stays where another file gets the name through this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.scan import Options
from tests.projects import build

_VIEWS = """\
from flask import Blueprint, jsonify

bp = Blueprint("shop", __name__)


@bp.route("/")
def index():
    return jsonify({"a": 1})
"""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop/more.py", "from shop import views\n\n\ndef more():\n    return views.jsonify(None)\n"),
        ("shop/more.py", "import shop.views as base\n\n\ndef more():\n    return base.jsonify(None)\n"),
        (
            "tests/test_a.py",
            "from unittest.mock import patch\n\n\n@patch('shop.views.jsonify')\ndef test_a(fake): ...\n",
        ),
        (
            "tests/test_a.py",
            "from shop import views\n\n\ndef test_a(monkeypatch):\n    monkeypatch.setattr(views, 'jsonify', dict)\n",
        ),
    ],
)
def test_name_that_another_file_asks_for_stays_imported(path: str, text: str, tmp_path: Path) -> None:
    assert "import Blueprint, jsonify\n" in _fixed(tmp_path, {path: text})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "shop/more.py",
            "import flask\n\nfrom shop import views\n\n\ndef more():\n    return flask.jsonify(views.bp.name)\n",
        ),
        ("tests/test_a.py", "from unittest.mock import patch\n\n\n@patch('flask.jsonify')\ndef test_a(fake): ...\n"),
    ],
)
def test_name_that_others_have_from_elsewhere_goes(path: str, text: str, tmp_path: Path) -> None:
    assert "import Blueprint\n" in _fixed(tmp_path, {path: text})


def _fixed(folder: Path, more: dict[str, str]) -> str:
    build(folder, {"shop/__init__.py": "", "shop/views.py": _VIEWS, **more}, "3.1.0")
    done = fix_to_the_end(str(folder), Options(select=("FD101",), cache=False), (), unsafe=False)
    assert [finding.location.path for finding in done.fixed] == ["shop/views.py"]
    return (folder / "shop/views.py").read_text()
