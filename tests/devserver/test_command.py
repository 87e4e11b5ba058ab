"""With which Python, app and port the project's server is started."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from flaskdoctor.devserver import timed
from flaskdoctor.devserver.command import Project, find_python, start_command
from flaskdoctor.errors import UserError
from flaskdoctor.scan import Options, scan
from tests.ports import free_port
from tests.projects import write

BARE = {"PATH": os.defpath}


def virtualenv(folder: Path, *, flask: bool = True) -> Path:
    """What a virtualenv looks like from outside."""
    write(folder, {"pyvenv.cfg": "home = /usr/bin\n", "bin/python": ""})
    packages = folder / "lib" / "python3.12" / "site-packages"
    (packages / "flask" if flask else packages).mkdir(parents=True)
    return folder / "bin" / "python"


def test_the_virtualenv_in_the_project_comes_first(tmp_path: Path) -> None:
    active = virtualenv(tmp_path / "active")
    own = virtualenv(tmp_path / "shop" / ".venv")
    found = start_command(str(tmp_path / "shop"), Project(), {**BARE, "VIRTUAL_ENV": str(active.parents[1])})
    assert found.words[:2] == (str(own), timed.__file__)
    assert found.shown.startswith(".venv/bin/python -m flask run --debug")


def test_then_the_active_one_then_what_the_path_has(tmp_path: Path) -> None:
    active = virtualenv(tmp_path / "active")
    root = tmp_path / "shop"
    root.mkdir()
    assert start_command(str(root), Project(), {**BARE, "VIRTUAL_ENV": str(active.parents[1])}).words[0] == str(active)
    path = str(Path(sys.executable).parent)
    assert start_command(str(root), Project(), {"PATH": path}).words[0] == shutil.which("python3", path=path)


def test_a_virtualenv_of_the_project_without_flask_is_said(tmp_path: Path) -> None:
    virtualenv(tmp_path / "venv", flask=False)
    with pytest.raises(UserError, match="Flask is not installed in the project's virtualenv venv"):
        start_command(str(tmp_path), Project(), BARE)


def test_a_virtualenv_whose_python_went_away_is_said(tmp_path: Path) -> None:
    python = virtualenv(tmp_path / ".venv")
    python.unlink()
    python.symlink_to(tmp_path / "python3.9")
    with pytest.raises(UserError, match=r"The Python of the project's virtualenv \.venv is not there"):
        start_command(str(tmp_path), Project(), BARE)


@pytest.mark.parametrize(
    ("files", "project", "environ"),
    [
        ({"app.py": ""}, Project(), {}),
        ({"wsgi.py": ""}, Project(), {}),
        ({}, Project(named=True), {}),
        ({}, Project(), {"FLASK_APP": "elsewhere"}),
    ],
    ids=["app.py", "wsgi.py", "in an env file", "in the environment"],
)
def test_flask_is_told_no_app_where_it_finds_it(
    tmp_path: Path, files: dict[str, str], project: Project, environ: dict[str, str]
) -> None:
    write(tmp_path, files)
    found = start_command(str(tmp_path), project._replace(apps=("shop/__init__.py",)), {**BARE, **environ})
    assert "--app" not in found.words


def test_else_it_is_told_the_file_that_makes_it(tmp_path: Path) -> None:
    apps = ("shop/__init__.py", "tools/other.py")
    found = start_command(str(tmp_path), Project("3.1.0", apps), BARE)
    assert found.words[2:4] == ("--app", "shop/__init__.py")
    assert any("tools/other.py" in note for note in found.notes)


def test_an_old_flask_is_told_by_the_environment(tmp_path: Path) -> None:
    found = start_command(str(tmp_path), Project("1.1.4", ("shop/__init__.py",)), BARE)
    assert found.words[2] == "run"
    assert "--debug" not in found.words
    assert found.environment["FLASK_APP"] == "shop/__init__.py"
    assert found.environment["FLASK_DEBUG"] == "1"
    assert found.shown.startswith("FLASK_APP=shop/__init__.py FLASK_DEBUG=1 ")


@pytest.mark.parametrize(("flask", "modern"), [("2.2.2", False), ("2.2.3", True), ("3.1.0", True), ("", True)])
def test_run_has_debug_from_flask_2_2_3_on(tmp_path: Path, flask: str, modern: bool) -> None:
    assert ("--debug" in start_command(str(tmp_path), Project(flask), BARE).words) is modern


def test_an_env_file_names_the_app_only_where_flask_reads_it(tmp_path: Path) -> None:
    virtualenv(tmp_path / ".venv")
    project = Project("3.1.0", ("shop/__init__.py",), named=True)
    found = start_command(str(tmp_path), project, BARE)
    assert found.words[2:4] == ("--app", "shop/__init__.py")
    assert any("only with python-dotenv" in note for note in found.notes)
    (tmp_path / ".venv" / "lib" / "python3.12" / "site-packages" / "dotenv").mkdir()
    assert "--app" not in start_command(str(tmp_path), project, BARE).words


def test_a_port_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    free = free_port()
    assert start_command(str(tmp_path), Project(port=free), BARE).url == f"http://127.0.0.1:{free}"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = start_command(str(tmp_path), Project(port=port), BARE)
    assert found.url != f"http://127.0.0.1:{port}"
    assert any(f"{port} is taken" in note or f"{port} and those" in note for note in found.notes)


def test_a_scan_tells_which_files_make_the_app_the_nearest_first(tmp_path: Path) -> None:
    package = "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n    return app\n"
    write(
        tmp_path,
        {
            "shop/__init__.py": package,
            "serve.py": "from shop import create_app\n\napp = create_app()\n",
            "tests/test_x.py": "from flask import Flask\n\napp = Flask(__name__)\n",
        },
    )
    assert scan(str(tmp_path), Options(cache=False)).apps == ("serve.py", "shop/__init__.py")


def test_the_script_adds_times_and_hides_no_module_of_the_project(tmp_path: Path) -> None:
    """``log``, ``command`` and ``process`` stand beside it, and may be names in the project too."""
    write(
        tmp_path,
        {
            "app.py": "import log\nfrom flask import Flask\n\napp = Flask(__name__)\nprint(log.OWN)\n",
            "log.py": "OWN = 42\n",
        },
    )
    done = subprocess.run(
        [sys.executable, timed.__file__, "routes"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "42" in done.stdout, done.stderr


def test_a_python_of_the_project_is_not_found_by_a_relative_entry_of_the_path(tmp_path: Path) -> None:
    """Where it is looked for and where it would run are two folders, and its name alone would be shown."""
    write(tmp_path, {"bin/python3": "#!/bin/sh\n", "python": "#!/bin/sh\n"})
    for name in ("bin/python3", "python"):
        (tmp_path / name).chmod(0o755)
    before = os.getcwd()
    os.chdir(tmp_path)
    try:
        assert find_python(str(tmp_path), {"PATH": os.pathsep.join(("bin", ".", ""))}).program == sys.executable
    finally:
        os.chdir(before)


def test_a_quart_app_is_started_by_quart(tmp_path: Path) -> None:
    write(tmp_path, {"shop/__init__.py": "import os\nfrom quart import Quart\n\napp = Quart(__name__)\n"})
    found = start_command(str(tmp_path), Project("", ("shop/__init__.py",)), BARE)
    assert found.words[1:7] == ("-m", "quart", "--app", "shop/__init__.py", "run", "--debug")
    assert "-m quart --app" in found.shown
