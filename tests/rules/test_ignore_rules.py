"""FD330, FD335, FD336: whatever stands in the ignore files, git has the last word, and the fixes convince it."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flaskdoctor.finding import Finding
from flaskdoctor.fixes.session import look_at, plan
from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.project.vcs import gitcommand
from flaskdoctor.project.vcs.git import read_git
from flaskdoctor.project.vcs.gitquestions import DoubtfulLine, Questions, SecretFile
from flaskdoctor.project.vcs.ignorelines import meaning
from flaskdoctor.rules.git.ineffective_ignore_line import IneffectiveIgnoreLine, _taken_back
from flaskdoctor.rules.git.secret_file_not_ignored import SecretFileNotIgnored
from flaskdoctor.scan import Options, scan
from tests.projects import build, run_git

BASE = {"#git": "track:app.py", "app.py": "import flask\n", ".env": "A=1\n", "api/.env": "A=1\n", ".env.local": "A=1\n"}
LINES = st.sampled_from(
    [
        ".env", "./.env", ".env/", ".env # keys", '".env"', " .env", "/.env", "**/.env", "*.env", ".env*", ".env.*",
        "!.env", "!.env*", "!/api/.env", "!.env.local", "./api/.env", "api\\.env", "api/.env # ours", "./.env.local",
        "\\.env", ".env\\", "\\#.env", "# .env", "", "  ", "*", "!*/", "api/", "./api/", "api", "**/.env #x", ".env\t",
        ".env#keys", ".e[n]v", "'.env.local'", ".\\.env", "*.local # mine",
    ]
)  # fmt: skip
FILES = st.lists(LINES, max_size=6)


def ignored(folder: Path, path: str) -> bool:
    """What git itself says."""
    done = subprocess.run(["git", "check-ignore", "-q", "--no-index", path], cwd=folder, check=False)
    return done.returncode == 0


def findings(folder: Path, *codes: str) -> list[Finding]:
    found = scan(str(folder), Options(cache=False)).report.findings
    assert "FD004" not in {finding.code for finding in found}
    return [finding for finding in found if finding.code in codes]


@settings(max_examples=80, deadline=None)
@given(FILES, FILES, st.sampled_from(["\n", "\r\n"]))
def test_a_file_is_reported_exactly_where_git_would_take_it_in(top: list[str], api: list[str], end: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        texts = {".gitignore": end.join((*top, "")), "api/.gitignore": end.join((*api, ""))}
        build(folder, {**BASE, **texts})
        project = look_at(str(folder), use_cache=False)
        lines = list(IneffectiveIgnoreLine().check(project))
        files = {issue.location.path for issue in SecretFileNotIgnored().check(project)}
        taken_in = {path for path in (".env", "api/.env", ".env.local") if not ignored(folder, path)}
        assert files <= taken_in
        back = _taken_back(project)
        for path in taken_in - {".env"}:  # the root's .env is FD330's
            assert path in files or any(path in paths for paths in back.values())
        assert {path for paths in back.values() for path in paths} <= taken_in
        for issue in lines:
            assert any(f" {path}" in issue.message for path in (*taken_in, "api/.gitignore"))


@settings(max_examples=25, deadline=None)
@given(FILES, FILES)
def test_after_the_fixes_git_ignores_every_file(top: list[str], api: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        texts = {".gitignore": "\n".join((*top, "")), "api/.gitignore": "\n".join((*api, ""))}
        build(folder, {**BASE, **texts})
        codes = ("FD330", "FD335", "FD336")
        for _ in range(3):
            if not findings(folder, *codes):
                break
            fix_to_the_end(str(folder), Options(select=codes, cache=False), (), unsafe=False)
        assert findings(folder, *codes) == []
        assert [path for path in (".env", "api/.env", ".env.local") if not ignored(folder, path)] == []


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        (".env # keys", ".env"),
        ("./.env", ".env"),
        (".\\config\\keys.pem", "config/keys.pem"),
        ("config\\keys.pem", "config/keys.pem"),
        ('"instance"', "instance"),
        ("  .env", ".env"),
        (".env/", ".env"),
        ("./.env/ # both", ".env"),
    ],
)
def test_what_a_doubtful_line_was_meant_to_be(line: str, meant: str) -> None:
    assert meaning(line)[0] == meant
    assert meaning(line)[1]


@pytest.mark.parametrize(
    "line", ["", "# .env", "!.env/", ".env", "/.env", "**/.env", "\\#x#", "\\.env", "a\\ ", ".env#x"]
)
def test_what_is_no_doubtful_line(line: str) -> None:
    assert meaning(line)[1] == ""


def test_utf_16_is_read_by_nobody_and_saved_as_utf_8(tmp_path: Path) -> None:
    build(tmp_path, BASE)
    (tmp_path / ".gitignore").write_bytes(".env*\r\n".encode("utf-16"))
    assert not ignored(tmp_path, ".env")
    assert [finding.location.path for finding in findings(tmp_path, "FD336")] == [".gitignore"]
    fix_to_the_end(str(tmp_path), Options(select=("FD336",), cache=False), (), unsafe=False)
    assert (tmp_path / ".gitignore").read_bytes() == b".env*\r\n"
    assert ignored(tmp_path, ".env")
    assert findings(tmp_path, "FD330", "FD335", "FD336") == []


def test_a_link_is_followed_by_nobody(tmp_path: Path) -> None:
    build(tmp_path, {**BASE, "ignore.txt": ".env*\n"})
    (tmp_path / ".gitignore").symlink_to("ignore.txt")
    assert not ignored(tmp_path, ".env")
    (finding,) = findings(tmp_path, "FD336")
    assert "symbolic link" in finding.message
    assert finding.fix is None


def test_a_tracked_file_is_no_longer_to_be_kept_out(tmp_path: Path) -> None:
    build(tmp_path, {**BASE, "#git": "track:.env.local,api/.env", ".gitignore": "./.env.local\n"})
    assert findings(tmp_path, "FD335", "FD336") == []
    run_git(tmp_path, "rm", "-q", "--cached", ".env.local", "api/.env")
    assert {finding.code for finding in findings(tmp_path, "FD335", "FD336")} == {"FD335", "FD336"}


def test_unknown_is_no_finding(tmp_path: Path) -> None:
    build(tmp_path, {**BASE, ".gitignore": "./.env\n"})
    (tmp_path / ".git/config").write_text("[core\n")
    assert findings(tmp_path, "FD330", "FD335", "FD336") == []


@pytest.mark.parametrize(
    "name", ["a b.db", "[x].key", "#1.env", "!2.env", "é.env", "a*b.pem", "back\\slash.key", "end .db"]
)
def test_a_line_ignores_the_file_it_was_made_for_and_no_other(name: str, tmp_path: Path) -> None:
    text = "SQLite format 3\0" if name.endswith(".db") else "-----BEGIN PRIVATE KEY-----\nMIIE\n"
    other = f"other{name[-4:]}"
    build(tmp_path, {"#git": "init", "app.py": "import flask\n", name: text, "sub/x.txt": "", "axxb.pem": ""})
    (found,) = findings(tmp_path, "FD335")
    made = plan(str(tmp_path), [found])
    assert made.edits
    (tmp_path / ".gitignore").write_bytes(made.edits[0].after or b"")
    assert ignored(tmp_path, f"./{name}")
    assert not ignored(tmp_path, other)
    assert not ignored(tmp_path, "axxb.pem")


def test_however_much_there_is_to_ask_git_is_called_as_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, BASE)
    calls: list[int] = []
    started = gitcommand.run

    def counted(binary: str, place: gitcommand.Place, each: list[object], **more: object) -> object:
        calls.append(len(each))
        return started(binary, place, each, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("flaskdoctor.project.vcs.git.run", counted)
    read_git(str(tmp_path), [".env"])
    names = [f"f{number}.env" for number in range(150)]
    lines = tuple(DoubtfulLine(".gitignore", 1, "", "", "", (f"l{number}",)) for number in range(50))
    questions = Questions(tuple(SecretFile(name, name, "env", name) for name in names), lines)
    state = read_git(str(tmp_path), [".env"], questions)
    assert calls == [2, 2]
    assert all(state.ignore(name) is not None for name in names)
