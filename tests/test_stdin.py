"""An editor's unsaved text, checked in its place in the project, with nothing written anywhere."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import build, tree, write
from tests.running import SECRET, Ran, run

INIT = """\
from flask import Flask

from shop.views import pages


def create_app():
    app = Flask(__name__)
    app.register_blueprint(pages)
    return app
"""
PAGES = 'from flask import Blueprint\n\npages = Blueprint("pages", __name__)\n'
VIEWS = "from flask import jsonify\n\nfrom shop.pages import pages\n\n\n"
VIEWS += '@pages.get("/")\ndef index():\n    return jsonify({"ok": True})\n'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    init = INIT.replace("shop.views", "shop.pages")
    files = {"shop/__init__.py": init, "shop/pages.py": PAGES, "shop/views.py": "", ".gitignore": ".env\nbuild/\n"}
    folder = build(tmp_path / "project", files, "3.1.0")
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (1_600_000_000, 1_600_000_000))  # so old that nothing keeps a scan from being remembered
    return folder


def feed(monkeypatch: pytest.MonkeyPatch, text: str | bytes, *arguments: str | Path, cwd: Path | None = None) -> Ran:
    data = text.encode() if isinstance(text, str) else text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    return run(*arguments, cwd=cwd)


def test_the_unsaved_text_is_judged_with_what_the_project_says(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blueprint is made in another file; the file on the disk is empty."""
    before = tree(shop)
    for cwd, name in ((shop, "shop/views.py"), (shop / "shop", "views.py"), (shop.parent, str(shop / "shop/views.py"))):
        done = feed(monkeypatch, VIEWS, "--check", "--fail-on", "info", "--stdin-filename", name, "-", cwd=cwd)
        assert done.status == 1
        assert done.lines[0].startswith("shop/views.py:8:12: info: FD101 needless-jsonify: ")
        assert done.lines[1].startswith("1 finding (1 info), 1 fixable, 1 file")
    assert tree(shop) == before


def test_what_other_files_have_is_not_reported(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(shop, {"shop/other.py": f'{PAGES}\nSECRET_KEY = "{SECRET}"\n'})
    done = feed(monkeypatch, "", "--check", "--stdin-filename", shop / "shop/views.py", "-")
    assert (done.status, done.lines) == (0, ["No findings, 1 file, score 100"])


def test_it_leaves_no_trace_in_the_cache(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Path(os.environ["FLASKDOCTOR_CACHE_DIR"])
    feed(monkeypatch, VIEWS, "--check", "--stdin-filename", shop / "shop/views.py", "-")
    assert not cache.exists()
    run("--check", shop)
    kept = {path: path.read_bytes() for path in cache.iterdir()}
    feed(monkeypatch, VIEWS, "--check", "--stdin-filename", shop / "shop/views.py", "-")
    assert {path: path.read_bytes() for path in cache.iterdir()} == kept
    assert "FD101" not in run("--check", shop).out


def test_a_file_that_is_not_there_yet(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = feed(monkeypatch, VIEWS, "--check", "--stdin-filename", "shop/deep/new.py", "-", cwd=shop)
    assert done.lines[0].startswith("shop/deep/new.py:8:12: info: FD101")
    assert not (shop / "shop/deep").exists()


def test_a_syntax_error_on_the_way_is_a_finding(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = feed(monkeypatch, VIEWS + "def (\n", "--check", "--stdin-filename", shop / "shop/views.py", "-")
    assert "shop/views.py:9:5: error: FD001 syntax-error" in done.out


def test_what_does_not_count_in_the_project_is_told(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(shop, {"flaskdoctor.toml": 'exclude = ["shop/views.py"]\n', "build/x.py": ""})
    for name in ("shop/views.py", "build/x.py"):
        done = feed(monkeypatch, VIEWS, "--check", "--stdin-filename", name, "-", cwd=shop)
        assert (done.status, done.out) == (0, "")
        assert f"{name} is not looked at" in done.err


def test_fix_prints_the_fixed_text_byte_by_byte_and_what_remains_beside_it(shop: Path) -> None:
    before = tree(shop)
    text = VIEWS.replace("\n", "\r\n").encode() + b'SECRET_KEY = "' + SECRET.encode() + b'"\r\n'
    done = subprocess.run(
        [sys.executable, "-m", "flaskdoctor", "--fix", "--fail-on", "info", "--stdin-filename", "shop/views.py", "-"],
        cwd=shop,
        input=text,
        capture_output=True,
        timeout=120,
    )
    fixed = text.replace(b'jsonify({"ok": True})', b'{"ok": True}').replace(b"from flask import jsonify\r\n\r\n", b"")
    assert done.stdout == fixed
    assert [line.split(b": ")[:2] for line in done.stderr.splitlines()] == [[b"shop/views.py:7:1", b"info"]]
    assert done.returncode == 1
    assert tree(shop) == before


def test_a_file_in_another_encoding_is_fixed_byte_by_byte_and_shown_in_no_patch(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    latin = ("# coding: latin-1\n" + VIEWS.replace("True", '"Zo\xeb"')).encode("latin-1")
    target = tmp_path / "fixed.py"
    asked = ("--stdin-filename", shop / "shop/views.py", "-")
    assert feed(monkeypatch, latin, "--fix", "--output", target, *asked, cwd=shop).status == 0
    assert target.read_bytes() == latin.replace(b"from flask import jsonify\n", b"").replace(
        b'jsonify({"ok": "Zo\xeb"})', b'{"ok": "Zo\xeb"}'
    )
    done = feed(monkeypatch, latin, "--diff", *asked, cwd=shop)
    assert (done.status, done.out) == (1, "")
    assert done.err == "not shown: shop/views.py: the file is not in UTF-8\n"


def test_diff_shows_what_fix_would_change(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = feed(monkeypatch, VIEWS, "--diff", "--stdin-filename", shop / "shop/views.py", "-")
    assert done.status == 1
    assert '-    return jsonify({"ok": True})\n+    return {"ok": True}\n' in done.out
    assert feed(monkeypatch, "", "--diff", "--stdin-filename", shop / "shop/views.py", "-") == (0, "", "")


def test_a_fix_that_needs_another_file_is_not_made_there(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moving a secret out of the code writes .env."""
    text = f'from flask import Flask\n\napp = Flask(__name__)\napp.secret_key = "{SECRET}"\n'
    done = feed(monkeypatch, text, "--diff", "--unsafe-fixes", "--select", "FD301", "--stdin-filename", shop / "x.py")
    assert (done.status, done.out) == (0, "")


def test_the_baseline_counts_for_the_unsaved_text(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop / "shop/views.py").write_text(VIEWS)
    run("--check", shop, "--write-baseline", shop / "known.json")
    arguments = ("--check", "--fail-on", "info", "--baseline", "known.json", "--stdin-filename", "shop/views.py", "-")
    assert feed(monkeypatch, "# moved\n" + VIEWS, *arguments, cwd=shop).status == 0
    more = VIEWS + '\n\n@pages.get("/more")\ndef more():\n    return jsonify({"ok": 2})\n'
    assert feed(monkeypatch, more, *arguments, cwd=shop).lines[0].startswith("shop/views.py:13:12: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--check", "-"], "Which file is it that comes by standard input?"),
        (["--check", "--stdin-filename", "a.py", "b.py"], "the only path is -"),
        (["--check", "--stdin-filename", "notes.txt", "-"], "notes.txt is no Python file"),
        (["--check", "--stdin-filename", "a.py", "--write-baseline", "b", "-"], "one file that is not saved yet"),
    ],
)
def test_what_makes_no_sense_is_told(
    shop: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    done = feed(monkeypatch, "", *arguments, cwd=shop)
    assert (done.status, done.out) == (2, "")
    assert said in done.err


def test_more_than_a_file_can_be_is_refused(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = feed(monkeypatch, b"#" * 3_000_000, "--check", "--stdin-filename", shop / "a.py", "-")
    assert done.status == 2
    assert "larger than the 2 MB" in done.err


def _vim_has(feature: str) -> bool:
    vim = shutil.which("vim")
    if vim is None:
        return False
    return (
        f"+{feature}" in subprocess.run([vim, "--version"], capture_output=True, text=True, timeout=120).stdout.split()
    )


@pytest.mark.skipif(not (_vim_has("quickfix") and _vim_has("eval")), reason="no vim with +quickfix and +eval")
def test_the_commands_of_the_readme_work_in_vim(shop: Path, tmp_path: Path) -> None:
    """On a buffer that is not saved: the file on the disk is empty."""
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    recipe = re.search(r"```vim\n(let g:doctor.*?)```", readme, re.DOTALL)
    assert recipe
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin/flaskdoctor"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flaskdoctor "$@"\n')
    command.chmod(0o755)
    write(tmp_path, {"vimrc": recipe[1] + "set errorformat=%f:%l:%v:\\ %t%*[a-z]:\\ %m\n", "unsaved": VIEWS})
    script = f"""
        call setline(1, readfile('{tmp_path}/unsaved'))
        Doctor
        call writefile(map(getqflist(), {{_, item -> item.lnum . ' ' . item.text}}), '{tmp_path}/list')
        DoctorFix
        write {tmp_path}/fixed
        call writefile(['nonsense = 1'], 'flaskdoctor.toml')
        let &undolevels = &undolevels " a script is one change, where keys would be several
        DoctorFix
        write {tmp_path}/refused
        qall!
    """
    write(tmp_path, {"script.vim": script})
    subprocess.run(
        ["vim", "-Nes", "-u", tmp_path / "vimrc", "-S", tmp_path / "script.vim", "shop/views.py"],
        cwd=shop,
        env={**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert (tmp_path / "list").read_text().startswith("8 FD101 needless-jsonify: ")
    assert (tmp_path / "fixed").read_text() == VIEWS.replace("from flask import jsonify\n\n", "").replace(
        'jsonify({"ok": True})', '{"ok": True}'
    )
    assert (tmp_path / "refused").read_text() == (tmp_path / "fixed").read_text(), "a wrong setting emptied the buffer"
    assert (shop / "shop/views.py").read_text() == ""
