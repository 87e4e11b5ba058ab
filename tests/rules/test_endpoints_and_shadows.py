"""What FD1101 and FD1102 claim, held against Flask: their own examples are loaded, and their URLs matched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flaskdoctor.rules.routing.duplicate_endpoint import DuplicateEndpoint
from flaskdoctor.rules.routing.shadowed_route import ShadowedRoute
from flaskdoctor.rules.rule import Files, Good, RuleBase
from tests.projects import as_mapping, build

# Every rule's URL, matched with every method that the rule has: which ones end in another view?
_LOST = """\
import sys
from flask.cli import ScriptInfo

app = ScriptInfo(app_import_path=sys.argv[1]).load_app()
map = app.url_map.bind("localhost")
for rule in app.url_map.iter_rules():
    if rule.build_only or rule.subdomain:
        continue
    values = {name: 7 if "Integer" in type(c).__name__ else "word" for name, c in rule._converters.items()}
    if "length=2" in rule.rule:
        values = {name: "ab" for name in values}
    url = map.build(rule.endpoint, values, append_unknown=False)
    for method in rule.methods - {"OPTIONS", "HEAD"}:
        endpoint, _ = map.match(url, method)
        view = app.view_functions.get(rule.endpoint)  # a rule without a view is there for url_for() alone
        if view is not None and app.view_functions[endpoint] is not view:
            print(rule.endpoint, method)
"""


def _run(folder: Path, files: Files, code: str) -> subprocess.CompletedProcess[str]:
    build(folder, files)
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, _app(files)], cwd=folder, capture_output=True, text=True
    )


def _app(files: Files) -> str:
    names = as_mapping(files)
    order = ("shop/__init__.py", "run.py", "manage.py", "app.py", "public.py")
    first = next(name for name in order if name in names)
    if first == "run.py":
        return "run:app"
    return "shop:app" if first == "manage.py" else first.removesuffix("/__init__.py").removesuffix(".py")


def _good(rule: type[RuleBase]) -> list[Files]:
    return [item.files if isinstance(item, Good) else item for item in rule.good]


_ALL = "import sys\nfrom flask.cli import ScriptInfo\nScriptInfo(app_import_path=sys.argv[1]).load_app()\n"
_MAKE_BOTH = "import app\n[getattr(app, name)() for name in ('create_shop', 'create_admin') if hasattr(app, name)]\n"


@pytest.mark.parametrize("number", range(len(DuplicateEndpoint.bad)))
def test_an_app_with_a_duplicate_endpoint_cannot_be_loaded(number: int, tmp_path: Path) -> None:
    done = _run(tmp_path, DuplicateEndpoint.bad[number].files, _ALL)
    assert "AssertionError: View function mapping is overwriting an existing endpoint function" in done.stderr


@pytest.mark.parametrize("number", range(len(DuplicateEndpoint.good)))
def test_an_app_without_one_is_loaded(number: int, tmp_path: Path) -> None:
    files = _good(DuplicateEndpoint)[number]
    factories = "create_admin" in as_mapping(files).get("app.py", "")
    done = _run(tmp_path, files, _MAKE_BOTH if factories else _ALL)
    if "No module named 'markdown'" in done.stderr:
        pytest.skip("needs markdown")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", range(len(ShadowedRoute.bad)))
def test_a_shadowed_route_is_never_matched(number: int, tmp_path: Path) -> None:
    done = _run(tmp_path, ShadowedRoute.bad[number].files, _LOST)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split("\n")) - 1 == ShadowedRoute.bad[number].hits


@pytest.mark.parametrize("number", range(len(ShadowedRoute.good)))
def test_every_other_route_is_matched(number: int, tmp_path: Path) -> None:
    files = _good(ShadowedRoute)[number]
    done = _run(tmp_path, files, _LOST)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
