"""The fixes of .env, its template, ignore files, scripts and requirements on one project, all at once or one by one."""

from __future__ import annotations

import random
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flaskdoctor.finding import Finding, Fix
from flaskdoctor.fixes.apply import apply
from flaskdoctor.fixes.journal import Journal
from flaskdoctor.fixes.session import plan
from flaskdoctor.fixing import fix_to_the_end, run_diff
from flaskdoctor.scan import Options, scan
from tests.projects import build, tree

OPTIONS = Options(cache=False)

APP = """\
import os

from flask import Flask

app = Flask(__name__)
KEY = os.environ["SHOP_KEY"]
PORT = os.environ.get("MAIL_PORT", 25)


@app.get("/")
async def index():
    return "hello"
"""

# Each of them is one that a fix of files mends, in forms that people write.
FILES: dict[str, list[str | None]] = {
    ".env": [None, "SHOP_KEY=1\n", "# Shop\nSHOP_NAME='a b' # why\n\n# Mail\nMAIL_SERVER=x\r\n", "export A=1\nB=2"],
    ".env.example": [None, "SHOP_NAME=\n", "# Mail\r\nMAIL_SERVER=\r\n\r\n# Data\r\nDATA_URL=\r\n", "SHOP_KEY="],
    ".gitignore": [None, "*.pyc\n", "# Python\n*.pyc\n\n# Editors\n.idea/", ".env # key\r\n", "./.env\n!*.py\n"],
    ".dockerignore": [None, ".git\n", "# git\n.git\n\n# more\n*.md", "*\n!.env\n!*.py\n"],
    "Dockerfile": [None, "FROM python:3.13\nCOPY . .\nCMD gunicorn app:app\n"],
    "start.sh": [None, "#!/bin/sh\r\nexec gunicorn app:app\r\n"],
    "requirements.txt": [
        "flask==3.1.0\n",
        "Flask>=3\r\ngunicorn\r\nuWSGI\r\n",
        "# web\nFlask[dotenv]>=3  # the web\n\n# serve\nuwsgi",
        None,
    ],
    "pyproject.toml": [
        None,
        '[project]\nname = "shop"\ndependencies = ["flask", "uwsgi>=2"]\n',
        "[project]\nname = 'shop'\ndependencies = [\n  # web\n  'flask>=3', # it\n  'uwsgi'\n]",
        '[tool.poetry.dependencies]\npython = "^3.11"\nflask = "^3"\nuwsgi = { version = "*" }\n',
    ],
    ".env.local": [None, "A=1\n"],
    "api/.env": [None, "A=1\n"],
    "instance/shop.txt": [None, "a\n"],
}
PROJECTS = st.fixed_dictionaries({path: st.sampled_from(texts) for path, texts in FILES.items()}).map(
    lambda files: {path: text for path, text in files.items() if text is not None}
)


def findings(root: Path, *, unsafe: bool = True) -> list[Finding]:
    classes = (Fix.SAFE, Fix.UNSAFE) if unsafe else (Fix.SAFE,)
    return [
        finding for finding in scan(str(root), OPTIONS).report.findings if finding.fix in classes and of_files(finding)
    ]


def of_files(finding: Finding) -> bool:
    return finding.code in ("FD328", "FD406", "FD407", "FD901") or "FD310" <= finding.code < "FD340"


def lines(root: Path, files: dict[str, str]) -> dict[str, list[bytes]]:
    """The lines of each file, for which of two keys comes first is as good as the other way round. A .env is made from
    the template as it is then: whether that has a comment more by now is the order's to say."""
    found = {path: sorted(data.splitlines()) for path, data in tree(root).items()}
    if ".env" not in files and ".env" in found:
        found[".env"] = [line for line in found[".env"] if not line.startswith(b"#")]
    return found


def modes(root: Path) -> dict[str, int]:
    return {path: stat.S_IMODE((root / path).stat().st_mode) for path in tree(root)}


@given(PROJECTS, st.integers(0, 2**32))
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_all_at_once_equal_one_by_one_in_any_order_and_undo_gives_everything_back(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("together")
    files = {"app.py": APP, **files, "#git": "init"}
    at_once, one_by_one = build(folder / "all", files), build(folder / "one", files)
    before, before_modes = tree(at_once), modes(at_once)
    journal = Journal(str(folder / "state"))
    for _ in range(6):
        made = plan(str(at_once), findings(at_once))
        if not made.edits:
            break
        apply(str(at_once), made, journal)
    order = random.Random(seed)
    for _ in range(60):
        left = findings(one_by_one)
        plans = (plan(str(one_by_one), [finding]) for finding in order.sample(left, len(left)))
        step = next((made for made in plans if made.edits), None)
        if step is None:
            break
        apply(str(one_by_one), step, journal)
    assert lines(at_once, files) == lines(one_by_one, files)
    # Nothing is left, or said why not; a second time changes nothing.
    assert not plan(str(at_once), findings(at_once)).edits
    # Git says so too.
    if (at_once / ".gitignore").exists() and "!" not in files.get(".gitignore", ""):
        for path in (".env", ".env.local", "api/.env"):
            if (at_once / path).exists():
                assert subprocess.run(["git", "check-ignore", "-q", path], cwd=at_once, check=False).returncode == 0
    if ".env" not in files and (at_once / ".env").exists():
        assert modes(at_once)[".env"] == 0o600
    for root in (at_once, one_by_one):
        for record in journal.records(str(root)):
            journal.undo(str(root), record.id)
        assert tree(root) == before
        assert modes(root) == before_modes


@given(PROJECTS)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_diff_is_one_that_git_applies_and_holds_no_line_of_an_env_file(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]
) -> None:
    root = build(tmp_path_factory.mktemp("diff"), {"app.py": APP, **files, "#git": "init"})
    _, told, patch = run_diff(str(root), OPTIONS, (), unsafe=False)
    assert "+++ b/.env\n" not in patch
    made = plan(str(root), findings(root, unsafe=False))
    if any(edit.path == ".env" for edit in made.edits):
        assert any(line.startswith("not shown: .env: ") for line in told)
    if patch:
        subprocess.run(["git", "apply", "-"], cwd=root, input=patch.encode(), check=True)
    for edit in made.edits:
        if edit.path != ".env" and f"+++ b/{edit.path}\n" in patch:
            assert (root / edit.path).read_bytes() == edit.after


def test_one_line_that_two_fixes_change_is_mended_in_one_run(tmp_path: Path) -> None:
    root = build(
        tmp_path,
        {"app.py": APP, ".env": "SHOP_KEY=1\n", "pyproject.toml": '[project]\nname = "a"\ndependencies = ["flask"]\n'},
    )
    done = fix_to_the_end(str(root), OPTIONS, (), unsafe=False)
    assert b'["flask[async]", "python-dotenv"]' in tree(root)["pyproject.toml"]
    assert not [note for note in done.notes if "FD901" in note or "FD328" in note]


def test_a_fix_that_another_one_makes_possible_is_made_in_the_same_run(tmp_path: Path) -> None:
    root = build(tmp_path, {"app.py": APP, ".env": "SHOP_KEY=1\n", "#git": "init"}, "3.1.0")
    (root / ".gitignore").write_bytes("*.pyc\n".encode("utf-16"))
    fix_to_the_end(str(root), OPTIONS, (), unsafe=False)
    assert (root / ".gitignore").read_bytes() == b"*.pyc\n.env\n"
    after = tree(root)
    fix_to_the_end(str(root), OPTIONS, (), unsafe=False)
    assert tree(root) == after


def test_what_is_left_to_do_is_said_by_fix_and_diff(tmp_path: Path) -> None:
    files = {
        "app.py": APP,
        "pyproject.toml": '[project]\nname = "a"\ndependencies = ["flask"]\n',
        "uv.lock": "version = 1\n",
    }
    root = build(tmp_path, files)
    assert "then to do: run `uv lock`" in run_diff(str(root), OPTIONS, (), unsafe=False)[1]
    assert "now to do: run `uv lock`" in fix_to_the_end(str(root), OPTIONS, (), unsafe=False).notes
    assert (root / "uv.lock").read_text() == "version = 1\n"
