"""What the rules about routes claim, held against Flask itself: their own examples are run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.rules.routing.malformed_route import MalformedRoute
from flaskdoctor.rules.routing.unregistered_blueprint import UnregisteredBlueprint
from flaskdoctor.rules.routing.view_argument_mismatch import ViewArgumentMismatch
from flaskdoctor.rules.rule import Files, Good
from flaskdoctor.scan import Options
from tests.project.real_routes import printed
from tests.projects import as_mapping, build

# Ask every URL of the app for every method that it has, and say which views did not take their arguments.
_ASK = """\
import json, sys
from flask import Flask
from flask.cli import ScriptInfo
from werkzeug.routing import BaseConverter


class Regex(BaseConverter):
    def __init__(self, url_map, pattern):
        super().__init__(url_map)
        self.regex = pattern


Flask.url_map_class.default_converters = {**Flask.url_map_class.default_converters, "regex": Regex}
app = ScriptInfo(app_import_path=sys.argv[1]).load_app()
app.testing = True
wrong = []
for rule in app.url_map.iter_rules():
    values = {name: 1 if "Number" in type(c).__mro__[1].__name__ else "en" for name, c in rule._converters.items()}
    values = {name: "x" if name == "kind" else value for name, value in values.items()}
    values = {name: value for name, value in values.items() if name not in (rule.defaults or {})}
    url = app.url_map.bind("localhost").build(rule.endpoint, values, append_unknown=False)
    for method in rule.methods - {"OPTIONS", "HEAD"}:
        try:
            app.test_client().open(url, method=method)
        except TypeError as error:
            wrong.append(str(error))
print(json.dumps(wrong))
"""


# What the libraries of the examples do to a view, as far as its arguments go.
_STUBS = {
    "somewhere.py": (
        "from functools import wraps\n\n"
        "def with_item(view):\n    return wraps(view)(lambda **v: view(stock='1', **v))\n\n"
        "def inject(view):\n    return wraps(view)(lambda **v: view(connection='1', **v))\n"
    ),
    "webargs/flaskparser.py": (
        "from functools import wraps\n\ndef use_kwargs(fields):\n"
        "    return lambda view: wraps(view)(lambda **v: view(words='1', **v))\n"
    ),
}


def _name(files: Files) -> str:
    return "shop" if "shop/__init__.py" in as_mapping(files) else "app"


def _mismatches(folder: Path, files: Files) -> list[str]:
    build(folder, {**_STUBS, **as_mapping(files)})
    done = subprocess.run(
        [sys.executable, "-c", _ASK, _name(files)], cwd=folder, capture_output=True, text=True, check=False
    )
    if any(f"No module named '{name}'" in done.stderr for name in ("sanic", "flask_openapi3", "identity")):
        pytest.skip("it is about another library")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return [str(item) for item in found]


@pytest.mark.parametrize("number", range(4))
def test_requests_to_a_reported_view_fail(number: int, tmp_path: Path) -> None:
    assert _mismatches(tmp_path, ViewArgumentMismatch.bad[number].files)


@pytest.mark.parametrize("number", range(len(ViewArgumentMismatch.good)))
def test_requests_to_a_view_left_alone_do_not(number: int, tmp_path: Path) -> None:
    example = ViewArgumentMismatch.good[number]
    files = example.files if isinstance(example, Good) else example
    if "os.environ" in str(files):
        pytest.skip("its URL depends on the environment")
    assert not _mismatches(tmp_path, files)


@pytest.mark.parametrize("number", range(len(MalformedRoute.bad)))
def test_a_malformed_route_stops_the_app_and_its_fix_lets_it_start(number: int, tmp_path: Path) -> None:
    example = MalformedRoute.bad[number]
    build(tmp_path, example.files, example.flask)
    app = _name(example.files)
    with pytest.raises(
        AssertionError, match=r"must be a list|unexpected keyword|Use the 'route'|must start with a slash"
    ):
        printed(tmp_path, app)
    if example.fixed is not None:
        fix_to_the_end(str(tmp_path), Options(select=("FD1104",), cache=False), (), unsafe=False)
        assert len(printed(tmp_path, app)) >= 2


@pytest.mark.parametrize("number", range(len(UnregisteredBlueprint.bad)))
def test_flask_does_not_know_the_routes_of_an_unregistered_blueprint(number: int, tmp_path: Path) -> None:
    example = UnregisteredBlueprint.bad[number]
    build(tmp_path, example.files, example.flask)
    endpoints = {row.endpoint for row in printed(tmp_path, _name(example.files))}
    assert not endpoints & {"wishlist.show", "api.y", "api.v1.x", "team.members"}


@pytest.mark.parametrize("name", ["send_file", "send_from_directory"])
def test_flask_refuses_the_old_arguments_and_takes_the_new_ones(name: str, tmp_path: Path) -> None:
    from flask import Flask, send_file, send_from_directory

    (tmp_path / "report.txt").write_text("figures")
    where = (str(tmp_path / "report.txt"),) if name == "send_file" else (str(tmp_path), "report.txt")
    function = {"send_file": send_file, "send_from_directory": send_from_directory}[name]
    with Flask(__name__).test_request_context():
        for old in ("attachment_filename", "cache_timeout", "add_etags"):
            with pytest.raises(TypeError, match="unexpected keyword argument"):
                function(*where, **{old: None})  # type: ignore[arg-type]
        function(*where, download_name="r.txt", max_age=1, etag=True).close()
        with pytest.raises(TypeError, match="missing 1 required positional argument"):
            send_from_directory(str(tmp_path), filename="report.txt")  # type: ignore[call-arg]
