"""Several projects below one root: each is found, reported apart with its own settings, and counted together."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from flaskdoctor.projects import chosen
from tests.projects import build, run_git, write
from tests.running import APP, run

PIN = "flask==3.1.0\n"
QUART = "from quart import Quart\n\napp = Quart(__name__)\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two services and a library, with nothing of Flask's at the top."""
    folder = build(
        tmp_path / "repo",
        {
            "services/orders/app.py": APP,
            "services/orders/requirements.txt": PIN,
            "services/stock/app.py": APP,
            "services/stock/pyproject.toml": '[project]\nname = "stock"\ndependencies = ["flask==3.1.0"]\n',
            "lib/prices/pyproject.toml": '[project]\nname = "prices"\nversion = "1"\n',
            "lib/prices/prices.py": "PRICE = 1\n",
            "web/package.json": "{}\n",
            ".gitignore": ".env\n",
        },
    )
    run_git(folder, "init", "-q")
    return folder


def roots(*paths: Path | str, top: Path) -> list[str]:
    return [os.path.relpath(each.root, top) for each in chosen([os.fspath(path) for path in paths])]


# -- which they are -----------------------------------------------------------------------------------------


def test_the_top_of_a_repository_stands_for_the_projects_below_it(repository: Path) -> None:
    both = ["services/orders", "services/stock"]
    assert roots(repository, top=repository) == both
    assert roots(repository / "services", top=repository) == both
    assert roots(repository / "services/stock", top=repository) == ["services/stock"]
    assert roots(repository / "services/stock/app.py", top=repository) == ["services/stock"]
    assert roots(repository / "lib", top=repository) == ["."]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # One app in a folder, with its requirements; its env file may stand at the top, with all that runs it.
        ({"backend/app.py": APP, "backend/requirements.txt": PIN}, ["backend"]),
        ({"backend/app.py": APP, "backend/requirements.txt": PIN, ".env": "SECRET_KEY=x\n"}, ["."]),
        # The requirements, or an app, stand at the top.
        ({"backend/app.py": APP, "backend/setup.py": "flask", "requirements.txt": PIN}, ["."]),
        ({"app.py": APP, "plugins/one/requirements.txt": "Flask-Login\n", "plugins/one/x.py": ""}, ["."]),
        ({"shop/app.py": APP, "tools/requirements.txt": "flask\n", "tools/serve.py": APP}, ["."]),
        ({"shop/app.py": QUART, "tools/requirements.txt": "flask\n", "tools/serve.py": APP}, ["."]),
        # Beside several, an app without requirements is one more: its folder, or what holds its package.
        (
            {
                "a/requirements.txt": PIN,
                "b/c/d/e/requirements.txt": PIN,
                "f/app.py": QUART,
                "g/web/__init__.py": APP,
                "g/web/views.py": APP,
            },
            ["a", "b/c/d/e", "f", "g"],
        ),
        ({"a/requirements.txt": PIN, "b/requirements.txt": PIN, "shop/__init__.py": APP}, ["."]),
        ({"a/requirements.txt": PIN, "b/requirements.txt": PIN, "src/shop/__init__.py": APP}, ["."]),
        ({"a/requirements.txt": PIN, "b/plugin/requirements.txt": PIN, "b/app.py": APP}, ["."]),
        # Code that several services share makes no app.
        (
            {
                "a/app.py": APP,
                "a/requirements.txt": PIN,
                "b/app.py": APP,
                "b/Pipfile": '[packages]\nflask = "*"\n',
                "shared/auth.py": "from flask import g\n",
                "tests/test_all.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            },
            ["a", "b"],
        ),
        # Neither examples, tests and documentation nor what is installed or ignored is a project.
        (
            {
                "examples/one/requirements.txt": PIN,
                "docs/requirements.txt": PIN,
                "tests/apps/requirements.txt": PIN,
                "node_modules/x/requirements.txt": PIN,
                "venv/pyvenv.cfg": "",
                "venv/requirements.txt": PIN,
                "old/requirements.txt": PIN,
                "pyproject.toml": '[tool.flaskdoctor]\nexclude = ["old/"]\n',
            },
            ["."],
        ),
        # A project within a project belongs to it; settings of its own make a folder one.
        ({"a/requirements.txt": PIN, "a/plugin/requirements.txt": PIN, "b/flaskdoctor.toml": ""}, ["a", "b"]),
        ({"app.py": APP}, ["."]),
        ({"readme.txt": ""}, ["."]),
    ],
)
def test_what_is_a_project_and_what_is_a_part_of_one(
    tmp_path: Path, files: dict[str, str], expected: list[str]
) -> None:
    write(tmp_path, files)
    (tmp_path / ".git").mkdir()
    assert roots(tmp_path, top=tmp_path) == expected


def test_modules_called_setup_or_wsgi_make_no_project_of_a_package(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "requirements.txt": PIN,
            "shop/__init__.py": "",
            "shop/wsgi.py": APP,
            "shop/pages/__init__.py": "",
            "shop/pages/setup.py": "from flask import Blueprint\n",
        },
    )
    for path in (".", "shop", "shop/pages", "shop/pages/setup.py"):
        assert roots(tmp_path / path, top=tmp_path) == ["."]


def test_what_git_ignores_is_no_project(repository: Path) -> None:
    write(repository, {"build/app.py": APP, "build/requirements.txt": PIN, ".gitignore": ".env\nbuild/\n"})
    assert "build" not in roots(repository, top=repository)


def test_one_project_under_several_names_is_one(repository: Path) -> None:
    link = repository / "link"
    link.symlink_to("services/orders", target_is_directory=True)
    orders = repository / "services/orders"
    found = chosen([str(orders / "app.py"), str(orders / "app.py"), str(link / "app.py"), f"{orders}/../orders/app.py"])
    assert [(each.root, each.wanted) for each in found] == [(str(orders), ("app.py",))]


def test_a_project_within_another_one_that_is_asked_for_too_is_reported_once(tmp_path: Path) -> None:
    shop = build(tmp_path / "shop", {"app.py": APP, "admin/app.py": APP, "admin/requirements.txt": PIN}, "3.1.0")
    done = run("--check", "--select", "FD101", shop, shop / "admin")
    assert [line.split(":")[0] for line in done.lines[:-1]] == [
        "app.py",
        "1 finding (1 info), 1 fixable, 2 files, score 100",
        "admin/app.py",
        "admin/",
    ]
    assert done.out.count("FD101") == 2
    assert done.lines[-1].startswith("2 projects: 2 findings")


# -- the report ---------------------------------------------------------------------------------------------


def test_each_is_reported_apart_with_its_own_settings_and_all_are_counted(repository: Path) -> None:
    write(repository, {"services/stock/flaskdoctor.toml": 'ignore = ["FD301"]\n'})
    done = run("--check", repository)
    assert done.status == 1
    assert [line.split(": ")[0] for line in done.lines] == [
        "services/orders/app.py:4:1",
        "services/orders/app.py:9:12",
        "services/orders/",
        "services/stock/app.py:9:12",
        "services/stock/",
        "2 projects",
    ]
    assert done.lines[-1] == "2 projects: 3 findings (1 error, 2 info), 3 fixable"
    assert run("--check", repository, cwd=repository / "web").out == done.out


def test_one_exit_code_is_the_gravest(repository: Path) -> None:
    for name, settings in (("orders", 'ignore = ["FD301"]'), ("stock", 'fail-on = "info"\nignore = ["FD301"]')):
        write(repository, {f"services/{name}/flaskdoctor.toml": settings})
    assert run("--check", repository / "services/orders").status == 0
    assert run("--check", repository).status == 1
    write(repository, {"services/stock/flaskdoctor.toml": "fail = 1\n"})
    done = run("--check", repository)
    assert (done.status, done.out) == (2, "")


def test_json_has_one_document_for_all(repository: Path) -> None:
    document = json.loads(run("--check", "--format", "json", repository).out)
    assert {item["path"] for item in document["findings"]} == {"services/orders/app.py", "services/stock/app.py"}
    assert [each["path"] for each in document["projects"]] == ["services/orders", "services/stock"]


def test_one_project_below_the_top_has_its_paths_from_there(tmp_path: Path) -> None:
    write(tmp_path, {"backend/app.py": APP, "backend/requirements.txt": PIN, ".git/HEAD": "", ".gitignore": ".env\n"})
    assert run("--check", "--select", "FD101", tmp_path).lines[0].startswith("backend/app.py:9:12: ")
    assert "+++ b/backend/app.py" in run("--diff", tmp_path).out


def test_the_patch_of_several_projects_is_one_that_git_takes_at_the_top(repository: Path) -> None:
    run_git(repository, "add", ".")
    done = run("--diff", "--output", repository / "all.patch", repository)
    assert done.status == 1
    run_git(repository, "apply", "all.patch")
    assert "jsonify" not in (repository / "services/orders/app.py").read_text()
    assert "jsonify" not in (repository / "services/stock/app.py").read_text()


def test_fixes_are_made_in_all(repository: Path) -> None:
    done = run("--fix", "--select", "FD101", repository)
    assert done.status == 0
    assert done.err.splitlines() == [
        "In services/orders/",
        "fixed: app.py:9:12 FD101 needless-jsonify",
        "In services/stock/",
        "fixed: app.py:9:12 FD101 needless-jsonify",
    ]


def test_one_baseline_above_them_tells_them_apart(repository: Path, tmp_path: Path) -> None:
    known = repository / "known.json"
    assert run("--check", repository, "--write-baseline", known).status == 0
    paths = {each["path"] for each in json.loads(known.read_text())["findings"]}
    assert paths == {"services/orders/app.py", "services/stock/app.py"}
    for path in (repository, repository / "services/orders"):
        done = run("--check", "--fail-on", "info", path, "--baseline", known)
        assert (done.status, done.err) == (0, "")
    elsewhere = run("--check", repository, "--write-baseline", tmp_path / "elsewhere" / "known.json")
    assert elsewhere.status == 2
    assert "would mix up several projects" in elsewhere.err


def test_a_path_without_flask_among_others_is_left_out_and_told(repository: Path) -> None:
    done = run("--check", repository / "lib/prices/prices.py", repository / "services/orders")
    assert "lib/prices does not look like a Flask project and is left out" in done.err
    assert done.lines[-1].startswith("services/orders/: 2 findings")
    alone = run("--check", repository / "lib/prices")
    assert (alone.status, alone.out) == (2, "")


def test_a_path_that_is_not_there_is_named_and_nothing_is_printed(repository: Path) -> None:
    done = run("--check", repository, repository / "nowhere")
    assert (done.status, done.out) == (2, "")
    assert f"There is no such file or folder: {repository}/nowhere" in done.err


def test_a_server_belongs_to_one_project(repository: Path) -> None:
    done = run("--check", "--url", "http://127.0.0.1:9", repository)
    assert done.status == 2
    assert "--url names the server of one project" in done.err


def test_files_and_settings_are_shown_for_each(repository: Path) -> None:
    shown = run("--show-files", repository).out
    assert shown.count("Looked at (1):") == 2
    assert str(repository / "services/stock") in shown
    assert run("--show-settings", repository).out.count("fail-on") == 2


def test_statistics_count_what_is_found_in_all(repository: Path) -> None:
    done = run("--check", "--statistics", repository)
    assert done.status == 1
    assert [line.split() for line in done.lines] == [
        ["2", "FD101", "needless-jsonify", "2", "with", "a", "fix"],
        ["2", "FD301", "hardcoded-secret", "2", "with", "a", "fix"],
    ]
    document = json.loads(run("--check", "--statistics", "--format", "json", repository).out)
    assert document["rules"][0] == {"code": "FD101", "name": "needless-jsonify", "findings": 2, "fixable": 2}
