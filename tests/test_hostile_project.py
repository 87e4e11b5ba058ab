"""A project that was made to harm: flaskdoctor runs nothing of it, reads and writes nothing outside, and ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import build, run_git, write

APP = "from flask import Flask\n\napp = Flask(__name__)\n"
SECRET_IN_CODE = f"{APP}app.config['SECRET_KEY'] = 'hunter2-and-then-some-more'\n"
VIEW = f"from flask import jsonify\n{APP}\n\n@app.route('/')\ndef index():\n    return jsonify({{'a': 1}})\n"
SETUP = (
    "a = ['x']\n" + "".join(f"{b} = [{f'{a}, ' * 1000}]\n" for a, b in ("ab", "bc", "cd")) + "setup(install_requires=d)"
)
BLUEPRINTS = (
    "from flask import Blueprint, Flask\n\napp = Flask(__name__)\n"
    + "".join(f"b{n} = Blueprint('b{n}', __name__)\n" for n in range(12))
    + "".join(
        f"b{n}.register_blueprint(b{n + 1}, name='x{k}', url_prefix='/{k}')\n" for n in range(11) for k in range(8)
    )
    + "app.register_blueprint(b0)\n\n\n@b11.route('/')\ndef index():\n    return ''\n"
)
WIDE = (
    "from flask import Flask\n\napp = Flask(__name__)\nA = 'aaaaaaaaaa'\n"
    + "".join(f"{new} = f'{('{' + old + '}') * 1000}'\n" for old, new in (("A", "B"), ("B", "C"), ("C", "PREFIX")))
    + "\n\n@app.route('/' + PREFIX)\ndef index():\n    return ''\n"
)


def padded(value: str) -> str:
    return f"{APP}PREFIX = {value}\n\n\n@app.route('/' + PREFIX)\ndef index():\n    return ''\n"


def check(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The real program in the project's folder; one that hangs fails the test."""
    return subprocess.run(
        [sys.executable, "-m", "flaskdoctor", *(arguments or ("--check", "--no-cache"))],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "flask==1.0||==2.0\n" * 40},
        {"requirements.txt": "flask~=99999999999\n"},
        {"requirements.txt": "flask\n-r a\0b\n"},
        {"requirements.txt": "-r r0.txt\n", **{f"r{n}.txt": f"-r r{n + 1}.txt\n" for n in range(1500)}},
        {"pyproject.toml": f"x = {'1' * 6000}\n"},
        {"setup.py": SETUP},
        {"broken.py": "x = f'' " + "(" * 5000 + "\n"},
        {"broken.py": "{{" + "a" * 1_000_000},
        {"broken.py": "{%a" * 300_000},
        {"app.py": padded("'{:>4000000000}'.format('a')")},
        {"app.py": padded("'%4000000000s' % 'a'")},
        {"app.py": WIDE},
        {"app.py": BLUEPRINTS},
        {"app.py": f"import os\n{APP}os.environ['\\ud800']\n"},
    ],
    ids=[
        "alternatives", "long number", "null byte", "includes", "long TOML number", "names of names", "deep brackets",
        "open braces", "open tags", "padding", "percent padding", "wide text", "nested blueprints", "surrogate",
    ],
)  # fmt: skip
def test_what_is_in_the_files_neither_hangs_nor_crashes_it(tmp_path: Path, files: dict[str, str]) -> None:
    done = check(build(tmp_path / "shop", {"app.py": APP, **files}, "3.1.0"))
    assert done.returncode in (0, 1), done.stderr[-500:]
    assert "score" in done.stdout


# They parse, and do not compile: a file of notes and snippets is full of them.
NOWHERE = (
    "return jsonify({'a': 1})", "yield request.args", "await jsonify()", "break", "continue", "nonlocal app",
    "return redirect(request.args['to'])", "x = yield", "async with app: pass", "async for a in app: pass",
    "return render_template_string(request.args['x'])", "return json.dumps(a)", "return session.get('a')", "del f()",
    "from __future__ import nothing", "global app\napp = 1", "return", "return send_file(request.args['f'])",
)  # fmt: skip


def test_code_outside_of_any_function_is_read_as_it_stands(tmp_path: Path) -> None:
    head = f"import json\nfrom flask import redirect, render_template_string, request, send_file, session\n{VIEW}"
    files = {f"notes_{number}.py": f"{head}\n\n{line}\n" for number, line in enumerate(NOWHERE)}
    plain = [line for line in NOWHERE if "\n" not in line]
    files |= {f"kept_{number}.py": f"{head}\n\nclass A:\n    {line}\n" for number, line in enumerate(plain)}
    done = check(build(tmp_path / "shop", {"app.py": APP, **files}, "3.1.0"))
    assert done.returncode in (0, 1), done.stderr[-500:]
    assert "FD004" not in done.stdout


def test_what_python_itself_warns_of_in_the_code_is_not_said(tmp_path: Path) -> None:
    """From 3.12 on it says ``<unknown>:4: SyntaxWarning`` of each file, whatever it is run with."""
    (tmp_path / "app.py").write_text(APP + 'import re\n\nDIGITS = re.compile("\\d+")\nONE = 1 is 1\n')
    (tmp_path / "gunicorn.conf.py").write_text('bind = "\\8"\n')
    assert check(tmp_path, PYTHONWARNINGS="default").stderr == ""
    assert "No findings" in check(tmp_path, PYTHONWARNINGS="error").stdout  # not FD001 either


def test_many_names_in_the_env_files_take_no_time_of_their_product(tmp_path: Path) -> None:
    files = {
        ".env": "".join(f"K{n}=\n" for n in range(15_000)),
        ".env-template": "".join(f"T{n}=\n" for n in range(15_000)),
    }
    assert "score" in check(build(tmp_path / "shop", {"app.py": APP, **files}, "3.1.0")).stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs")
@pytest.mark.parametrize("name", ["pyproject.toml", "flaskdoctor.toml", ".env", "requirements-dev.txt", "x.py"])
def test_a_fifo_is_not_waited_for(tmp_path: Path, name: str) -> None:
    shop = build(tmp_path / "shop", {"app.py": APP}, "3.1.0")
    os.mkfifo(shop / name)
    assert "score" in check(shop).stdout


def test_modules_and_programs_of_the_project_do_not_run(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'a').write(__name__)\n"
    names = ("ast", "argparse", "json", "tomli", "dotenv", "pickle", "fnmatch", "sitecustomize")
    shop = build(tmp_path / "shop", {"app.py": VIEW, **{f"{name}.py": trap for name in names}}, "3.1.0")
    write(shop, {"git": f"#!/bin/sh\necho git >> {tmp_path}/ran\n"})
    (shop / "git").chmod(0o755)
    for arguments in (("--check", "--no-cache"), ("--diff",)):
        done = check(shop, *arguments, PATH=f"{shop}:.:{os.environ['PATH']}")
        assert "FD101" in done.stdout or "jsonify" in done.stdout
    assert not (tmp_path / "ran").exists()


def test_a_link_out_of_the_project_shows_nothing_in_a_diff_and_is_not_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("first private line\n")
    shop = build(tmp_path / "shop", {"app.py": SECRET_IN_CODE, "#git": "init"}, "3.1.0")
    (shop / ".gitignore").symlink_to(outside)
    done = check(shop, "--diff", "--unsafe-fixes")
    assert "private line" not in done.stdout + done.stderr
    assert ".gitignore leads out of the project" in done.stderr
    check(shop, "--fix", "--unsafe-fixes")
    assert outside.read_text() == "first private line\n"


def test_a_link_into_gits_own_folder_is_not_written(tmp_path: Path) -> None:
    shop = build(tmp_path / "shop", {"app.py": SECRET_IN_CODE, "#git": "init"}, "3.1.0")
    before = (shop / ".git/config").read_bytes()
    (shop / ".gitignore").symlink_to(".git/config")
    assert "leads into git's own folder" in check(shop, "--fix", "--unsafe-fixes").stderr
    assert (shop / ".git/config").read_bytes() == before


def test_a_name_fakes_no_line_of_the_patch_and_git_takes_it(tmp_path: Path) -> None:
    evil = 'a b\n--- a/x\n+++ b/"stolen\\\x1b[31m.py'
    shop = build(tmp_path / "shop", {evil: VIEW, "plain.py": VIEW}, "3.1.0")
    done = check(shop, "--diff")
    assert "\x1b" not in done.stdout + done.stderr
    assert sum(line.startswith("+++ ") for line in done.stdout.splitlines()) == 2
    run_git(shop, "init", "-q")
    (tmp_path / "patch").write_text(done.stdout)
    run_git(shop, "apply", str(tmp_path / "patch"))
    assert "jsonify" not in (shop / evil).read_text()
