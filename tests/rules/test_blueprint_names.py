"""What FD1107 and FD1111 claim, held against Flask: their own examples are loaded; and the words for other releases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flaskdoctor.finding import Finding, Severity
from flaskdoctor.rules.routing.blueprint_name import BlueprintName
from flaskdoctor.rules.routing.circular_app_import import CircularAppImport
from flaskdoctor.scan import Options, scan
from tests.projects import as_mapping, build, write

TWICE = (
    "from flask import Blueprint, Flask\n\nbp = Blueprint('a', __name__)\napp = Flask(__name__)\n"
    "app.register_blueprint(bp)\napp.register_blueprint(bp, url_prefix='/b')\n"
)


def _load(folder: Path, module: str) -> str:
    """What loading an app and running its factories prints when it fails; empty where it works."""
    code = (
        f"import {module} as module\n"
        "for name, value in list(vars(module).items()):\n    if name.startswith('create_'):\n        value()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def _found(folder: Path, code: str) -> list[Finding]:
    return list(scan(str(folder), Options(select=(code,), cache=False)).report.findings)


@pytest.mark.parametrize("number", [n for n, bad in enumerate(BlueprintName.bad) if bad.flask == "3.1.0"])
def test_flask_refuses_every_bad_example(number: int, tmp_path: Path) -> None:
    files = BlueprintName.bad[number].files
    build(tmp_path, files)
    error = _load(tmp_path, "app" if "app.py" in as_mapping(files) else "shop")
    assert "\nValueError: " in error or "\nAssertionError: " in error, error


@pytest.mark.parametrize("number", range(3))
def test_flask_loads_the_good_examples(number: int, tmp_path: Path) -> None:
    files = BlueprintName.good[number]
    assert isinstance(files, str | dict)
    build(tmp_path, files)
    for module in {"app", "first", "second"}:
        if f"{module}.py" in as_mapping(files):
            assert _load(tmp_path, module) == ""


@pytest.mark.parametrize(
    ("flask", "severity"), [("2.0.3", Severity.WARNING), ("2.1.0", Severity.ERROR), ("3.1.0", Severity.ERROR)]
)
def test_second_registration_is_an_error_where_flask_refuses_it(flask: str, severity: Severity, tmp_path: Path) -> None:
    build(tmp_path, TWICE, flask)
    assert [item.severity for item in _found(tmp_path, "FD1107")] == [severity]


def test_release_that_nobody_names_leaves_an_info(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": TWICE})
    assert [item.severity for item in _found(tmp_path, "FD1107")] == [Severity.INFO]


def test_circle_with_the_import_above_the_app_fails_and_the_one_below_works(tmp_path: Path) -> None:
    for number, fails in ((0, False), (1, True)):
        folder = tmp_path / str(number)
        folder.mkdir()
        build(folder, CircularAppImport.bad[number].files, "3.1.0")
        found = _found(folder, "FD1111")
        assert [item.severity is Severity.ERROR for item in found] == [fails]
        assert ("ImportError" in _load(folder, "shop")) is fails


def test_script_serves_a_second_copy_without_the_routes(tmp_path: Path) -> None:
    for number, rules in ((2, 1), (4, 2)):  # the star of the other example brings the copy with the routes along
        folder = tmp_path / str(number)
        folder.mkdir()
        build(folder, CircularAppImport.bad[number].files, "3.1.0")
        found = _found(folder, "FD1111")
        assert [item.severity for item in found] == [Severity.WARNING if rules == 1 else Severity.INFO]
        script = folder / "app.py"
        script.write_text(script.read_text().replace("app.run()", "raise SystemExit(len(app.url_map._rules))"))
        done = subprocess.run([sys.executable, "app.py"], cwd=folder, capture_output=True, check=False)
        assert done.returncode == rules
