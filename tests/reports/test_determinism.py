"""The same tree, git state, environment names and Python give the same bytes, however they are asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from flaskdoctor.reports import FORMATS
from tests.projects import build, run_git

APP = """\
from flask import Flask, jsonify

app = Flask(__name__)
app.config["SECRET_KEY"] = "Zq7canary9Xw"


@app.route("/größe")
def index():
    return jsonify({"ok": True})
"""
VIEWS = """\
from flask import Blueprint, jsonify, redirect, request, session

bp = Blueprint("{name}", __name__)


@bp.route("/{name}")
def show():
    session["things"].append(1)
    return redirect(request.args["next"])


@bp.route("/{name}/data")
def data():
    return jsonify([1])
"""
# Every format in one process; ``wrap`` is code that runs before.
PROGRAM = """\
import sys
{wrap}
from flaskdoctor.cli import main
from flaskdoctor.reports import FORMATS
path, out, *options = sys.argv[1:]
for name in FORMATS:
    assert main(["--check", "--format", name, "--output", f"{{out}}/{{name}}", *options, path]) == 1
"""
SHUFFLED = """\
import os, random
random.seed(7)
real_scandir, real_listdir = os.scandir, os.listdir
class Shuffled(list):
    def __enter__(self): return self
    def __exit__(self, *error): pass
    def close(self): pass
def mixed(items):
    items = list(items)
    random.shuffle(items)
    return items
os.scandir = lambda *path: Shuffled(mixed(real_scandir(*path)))
os.listdir = lambda *path: mixed(real_listdir(*path))
"""
ONE_PROCESSOR = (
    "import os; os.sched_getaffinity = lambda _: {0}; os.cpu_count = lambda: 1; os.process_cpu_count = lambda: 1"
)
SEVERAL = "import os; os.sched_getaffinity = lambda _: {0, 1, 2}; os.cpu_count = lambda: 3"

Report = Callable[..., dict[str, bytes]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Large enough for several processes."""
    views = {f"pages/p{number}.py": VIEWS.replace("{name}", f"p{number}") for number in range(61)}
    files = {
        "app.py": APP,
        ".env": "A=1\nB=\n",
        ".env-template": "B=\nC=\nA=\n",
        "Zoë.py": VIEWS.replace("{name}", "z"),
    }
    root = build(tmp_path_factory.mktemp("one") / "shop", {**files, **views}, "3.1.0")
    run_git(root, "init", "-q", "-b", "main")
    for path in [*root.rglob("*"), root]:
        os.utime(path, (1_600_000_000, 1_600_000_000))  # what was just written is not kept in the cache
    return root


@pytest.fixture
def report(tmp_path: Path) -> Report:
    def run(path: str, *options: str, cwd: Path, wrap: str = "", cache: str = "", **environ: str) -> dict[str, bytes]:
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(wrap=wrap), path, str(out), *options],
            cwd=cwd,
            env={
                **os.environ,
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "FLASKDOCTOR_CACHE_DIR": str(tmp_path / (cache or f"cache {uuid4()}")),
                **environ,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        found = {each.name: each.read_bytes() for each in out.iterdir()}
        assert sorted(found) == sorted(FORMATS)
        return found

    return run


def test_it_hangs_on_nothing_else(shop: Path, report: Report, tmp_path: Path) -> None:
    first = report(str(shop), cwd=tmp_path, wrap=ONE_PROCESSOR, PYTHONHASHSEED="0")
    assert b"FD202" in first["text"]
    elsewhere = tmp_path / "another" / "place" / "shop"
    shutil.copytree(shop, elsewhere)
    others = {
        "several processes": report(str(shop), cwd=tmp_path, wrap=SEVERAL, cache="kept", PYTHONHASHSEED="4711"),
        "warm, from inside": report(".", cwd=shop, cache="kept"),
        "any order of the folder": report("shop", cwd=shop.parent, wrap=SHUFFLED),
        "another place": report(str(elsewhere / "pages/.."), cwd=tmp_path),
    }
    for name, found in others.items():
        for each in FORMATS:
            assert found[each] == first[each], f"{name}: {each}"


@pytest.mark.parametrize(
    "environ",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "C.UTF-8"},
        {"PYTHONIOENCODING": "latin-1", "LC_ALL": "C.UTF-8"},
    ],
    ids=["C", "UTF-8", "Latin-1"],
)
def test_a_pipe_gets_the_same_bytes_in_every_locale(shop: Path, environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "flaskdoctor", "--check", "--select", "FD202", str(shop)]
    done = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, timeout=120, check=False)
    assert "Zoë.py:8:5: warning: FD202".encode() in done.stdout
