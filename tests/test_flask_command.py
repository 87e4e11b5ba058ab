"""``flask doctor``: what a Flask developer gets who has flaskdoctor installed beside Flask."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.projects import write

APP = """\
import os
from pathlib import Path

from flask import Flask

Path("was-imported").touch()
app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SHOP_SECRET_KEY"]
"""
FILES = {
    "app.py": APP,
    "requirements.txt": "flask==3.1.0\npython-dotenv==1.2.4\n",
    ".env": "SHOP_SECRET_KEY=c0ffee-and-more\nGREETING=hello\n",
    ".env.example": "SHOP_SECRET_KEY=\nGREETING=\nMAIL_SERVER=\n",
    ".flaskenv": "FLASK_APP=app\n",
    ".gitignore": ".env\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path / "shop", FILES)
    return tmp_path / "shop"


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=cwd,
        env={**os.environ, "XDG_CACHE_HOME": str(cwd.parent / "cache")},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def test_flask_finds_the_command() -> None:
    (found,) = entry_points(group="flask.commands", name="doctor")
    assert found.load().name == "doctor"


def test_it_says_what_check_says_and_gives_its_exit_code(project: Path) -> None:
    words = ("--select=tip:3", "--format=json", ".")
    checked = run("flaskdoctor", "--check", *words, cwd=project)
    asked = run("flask", "doctor", *words, cwd=project)
    assert asked.stdout == checked.stdout
    assert "FD313" in asked.stdout
    assert asked.returncode == checked.returncode == 1


def test_the_app_is_not_imported(project: Path) -> None:
    run("flask", "doctor", cwd=project)
    assert not (project / "was-imported").exists()


def test_what_flask_has_loaded_from_an_env_file_does_not_count_as_the_environment(project: Path) -> None:
    """``flask`` loads .env before any command runs, an empty value of it too."""
    (project / ".env").write_text("SHOP_SECRET_KEY=\n")
    assert "FD314" in run("flask", "doctor", cwd=project).stdout


def test_no_value_of_an_env_file_is_left_for_what_the_check_starts(project: Path) -> None:
    """A value made of itself is another one when it is worked out again; it came from the file all the same."""
    ours = {"FLASKDOCTOR_STATE_DIR": "/nowhere", "ONE": "1"}
    lines = ("LD_PRELOAD=${LD_PRELOAD}./evil.so", "A_B=${B_A}x", "B_A=${A_B}y", "ONE=1", "TWO=two", "SET=here")
    (project / ".env").write_text("".join(f"{line}\n" for line in lines))
    code = (
        "import os, click\nfrom flask.cli import load_dotenv\nfrom flaskdoctor import cli, flaskcommand\n"
        "load_dotenv()\nassert os.environ['LD_PRELOAD']\n"
        "names = {'LD_PRELOAD', 'A_B', 'B_A', 'TWO', 'SET'}\n"
        "cli.main = lambda words: print('left', sorted(names & os.environ.keys())) or 0\n"
        "flaskcommand.doctor.main([], standalone_mode=False)\n"
    )
    environment = {**{k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}, **ours, "SET": "elsewhere"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, env=environment, capture_output=True, text=True, timeout=60
    )
    assert "left ['SET']" in done.stdout, done.stderr


def test_its_help_is_that_of_flaskdoctor_and_the_list_names_it(project: Path) -> None:
    assert "--unsafe-fixes" in run("flask", "doctor", "--help", cwd=project).stdout
    assert "doctor" in run("flask", "--help", cwd=project).stdout


def test_a_folder_that_is_not_there_is_said_with_exit_code_2(project: Path) -> None:
    asked = run("flask", "doctor", "nowhere", cwd=project)
    assert asked.returncode == 2
    assert "nowhere" in asked.stderr
    assert "Traceback" not in asked.stderr


def test_listing_the_commands_of_flask_imports_nothing_of_the_check(project: Path) -> None:
    code = "import sys, flaskdoctor.flaskcommand; print([m for m in sys.modules if m.startswith('flaskdoctor.')])"
    asked = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, timeout=120)
    assert asked.stdout.strip() == "['flaskdoctor.flaskcommand']"
