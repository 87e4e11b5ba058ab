"""What ``action.yml`` and ``.pre-commit-hooks.yaml`` run, run here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.projects import write

REPOSITORY = Path(__file__).resolve().parents[1]
FILES = {
    "a shop/app.py": "from flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef index():\n"
    "    return jsonify({'a': 1})\n\n\n@app.get('/n')\ndef nothing():\n    return None\n",
    "a shop/requirements.txt": "flask==3.1.0\n",
}


def step(name: str) -> str:
    """The script of a step of the action."""
    action = yaml.safe_load((REPOSITORY / "action.yml").read_text())
    return str(next(step["run"] for step in action["runs"]["steps"] if step.get("name") == name))


def run_check(
    folder: Path, options: str, environment: dict[str, str] | None = None, paths: str = "a shop"
) -> subprocess.CompletedProcess[str]:
    """Run the step that checks, in ``work``, with a Python that has this flaskdoctor."""
    write(folder / "own", {"bin/python": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'})
    (folder / "own" / "bin" / "python").chmod(0o755)
    (folder / "summary.md").touch()
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step("Check")],
        cwd=folder / "work",
        env={
            **os.environ,
            "FOLDER": str(folder / "own"),
            "OPTIONS": f"{options}\n",
            "PATHS": f"{paths}\n",
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "GITHUB_WORKSPACE": str(folder / "work"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(("options", "code"), [("", 1), ("--select=FD101\n--fail-on=error", 0), ("--select=FD999", 2)])
def test_the_action_annotates_writes_a_summary_and_ends_as_the_check_does(
    tmp_path: Path, options: str, code: int
) -> None:
    write(tmp_path / "work", FILES)
    done = run_check(tmp_path, options)
    assert done.returncode == code, done.stderr
    assert ("::error file=a shop/app.py,line=12" in done.stdout) is (code == 1)
    assert ("FD104" in (tmp_path / "summary.md").read_text()) is (code == 1)
    assert bool((tmp_path / "summary.md").read_text()) is (code < 2)


SHADOWS = ("venv", "pip", "argparse", "json", "flaskdoctor")


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_nothing_of_the_checked_repository_runs_in_the_action(tmp_path: Path) -> None:
    """A pull request may bring a ``pip.py`` or a ``flaskdoctor/``, and its workflow may have ``PYTHONPATH: .``."""
    ran = f"open({str(tmp_path / 'ran')!r}, 'a').write(__name__ + ' ')\n"
    traps = {f"{name}.py": ran for name in SHADOWS[:-1]}
    traps |= {"flaskdoctor/__init__.py": ran, "flaskdoctor/__main__.py": ran}
    write(tmp_path / "work", {**FILES, **traps})
    # What is to be installed is another thing: pip has to come as far as to say that there is none.
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step("Install flaskdoctor")],
        cwd=tmp_path / "work",
        env={
            **os.environ,
            "PYTHON": sys.executable,
            "SOURCE": str(tmp_path / "nothing"),
            "FOLDER": str(tmp_path / "made"),
            "PYTHONPATH": ".",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "nothing" in done.stderr
    done = run_check(tmp_path, "--fail-on=error", {"PYTHONPATH": "."})
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()
    assert "::error file=a shop/app.py,line=12" in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_path_is_never_an_option(tmp_path: Path) -> None:
    """Paths may be the names of changed files, which a pull request chooses."""
    write(tmp_path / "work", FILES)
    done = run_check(tmp_path, "", paths=f"a shop\n--output={tmp_path / 'written'}")
    assert not (tmp_path / "written").exists()
    assert done.returncode == 2
    assert "--output=" in done.stderr, "it is told as a path that is not there"


def test_the_hook_runs_what_there_is() -> None:
    (hook,) = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    program, *options = hook["entry"].split()
    done = subprocess.run(
        [sys.executable, "-m", program, *options, "--help"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0
    assert hook["pass_filenames"] is False
