"""FD1201 names what the installed Flask really lacks, and nothing that it has."""

from __future__ import annotations

import importlib
from pathlib import Path

import flask
import pytest

from flaskdoctor.finding import Severity
from flaskdoctor.project.code.flask_names import REMOVED_ATTRIBUTES
from flaskdoctor.project.versions.removedflask import REMOVED_NAMES
from flaskdoctor.scan import Options, scan
from tests.projects import build


@pytest.mark.parametrize("dotted", REMOVED_NAMES)
def test_a_name_that_is_said_to_be_gone_is_gone(dotted: str) -> None:
    module, _, name = dotted.rpartition(".")
    assert not hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize("name", [*REMOVED_ATTRIBUTES, "before_first_request"])
def test_an_attribute_that_is_said_to_be_gone_is_gone(name: str) -> None:
    assert not hasattr(flask.Flask("shop"), name)
    assert not hasattr(flask.Blueprint("shop", "shop"), f"{name.replace('before_first', 'before_app_first')}")


@pytest.mark.parametrize("dotted", sorted(name for name, gone in REMOVED_NAMES.items() if gone.moved))
def test_what_has_moved_is_where_the_fix_takes_it_from(dotted: str) -> None:
    assert hasattr(importlib.import_module(REMOVED_NAMES[dotted].moved), dotted.rpartition(".")[2])


_APP = (
    "from flask import Flask, Markup\n\napp = Flask(__name__)\napp.session_cookie_name = 'shop'\n\n\n"
    "@app.before_first_request\ndef warm_up():\n    print(Markup(''))\n"
)


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("flask==2.2.5", [Severity.WARNING, Severity.WARNING, Severity.WARNING]),
        ("flask>=2.3,<3", [Severity.WARNING, Severity.WARNING, Severity.ERROR]),
        ("flask", [Severity.ERROR, Severity.WARNING, Severity.ERROR]),
        ("redis", [Severity.INFO, Severity.INFO, Severity.INFO]),
    ],
)
def test_severity_follows_the_flask_that_the_project_allows(
    requirement: str, expected: list[Severity], tmp_path: Path
) -> None:
    build(tmp_path, {"app.py": _APP, "requirements.txt": f"{requirement}\n"})
    found = scan(str(tmp_path), Options(select=("FD1201",), cache=False)).report.findings
    assert [finding.severity for finding in found] == expected


def test_an_import_without_its_fallback_is_reported_with_one_it_is_not(tmp_path: Path) -> None:
    guarded = (
        "try:\n    from flask import Markup\nexcept ImportError:\n    from markupsafe import Markup\nprint(Markup)\n"
    )
    build(tmp_path, {"app.py": "import flask\n" + guarded, "other.py": "from flask import Markup\nprint(Markup)\n"})
    found = scan(str(tmp_path), Options(select=("FD1201",), cache=False)).report.findings
    assert [finding.location.path for finding in found] == ["other.py"]
