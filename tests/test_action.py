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


def check_step() -> str:
    """The script of the action's step that checks."""
    action = yaml.safe_load((REPOSITORY / "action.yml").read_text())
    return str(next(step["run"] for step in action["runs"]["steps"] if step.get("name") == "Check"))


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(("options", "code"), [("", 1), ("--select=FD101\n--fail-on=error", 0), ("--select=FD999", 2)])
def test_the_action_annotates_writes_a_summary_and_ends_as_the_check_does(
    tmp_path: Path, options: str, code: int
) -> None:
    write(tmp_path / "work", FILES)
    write(tmp_path / "own", {"bin/python": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'})
    (tmp_path / "own" / "bin" / "python").chmod(0o755)
    summary = tmp_path / "summary.md"
    summary.touch()
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", check_step()],
        cwd=tmp_path / "work",
        env={
            **os.environ,
            "FOLDER": str(tmp_path / "own"),
            "WORDS": f"{options}\na shop\n",
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_WORKSPACE": str(tmp_path / "work"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert ("::error file=a shop/app.py,line=12" in done.stdout) is (code == 1)
    assert ("FD104" in summary.read_text()) is (code == 1)
    assert bool(summary.read_text()) is (code < 2)


def test_the_hook_runs_what_there_is() -> None:
    (hook,) = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    program, *options = hook["entry"].split()
    done = subprocess.run(
        [sys.executable, "-m", program, *options, "--help"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0
    assert hook["pass_filenames"] is False
