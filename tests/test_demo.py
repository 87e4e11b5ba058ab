"""The sample project is a real one: it is served, its tests pass, and its repository has a history."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from flaskdoctor.demo import make_demo
from flaskdoctor.errors import UserError
from flaskdoctor.finding import Tip
from flaskdoctor.scan import Options, scan
from tests.ports import free_port

SPECIMENS = {
    "FD101", "FD105", "FD201", "FD202", "FD301", "FD302", "FD304", "FD312", "FD313", "FD326", "FD330", "FD331",
    "FD406", "FD501", "FD504", "FD603", "FD605", "FD701", "FD703", "FD708", "FD709", "FD901", "FD1001", "FD1102",
    "FD1103", "FD1104", "FD1106", "FD1203",
}  # fmt: skip

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("demo"))


def environment() -> dict[str, str]:
    """The environment less what would change how Flask and git behave."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "FLASK_", "SHOP_", "MAIL_", "PYTEST_")) and name != "SECRET_KEY"
    }


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.strip()


def test_files_that_tools_act_on_get_their_names_back(demo: Path) -> None:
    names = {path.name for path in demo.iterdir()}
    assert {".env", ".env.example", ".flaskenv", ".gitignore", "shop", "tests"} <= names
    assert not [path for path in demo.rglob("*") if path.name.startswith("dot-") or path.name == "__pycache__"]


def test_an_existing_project_is_never_written_over(tmp_path: Path) -> None:
    root = make_demo(tmp_path)
    (root / "run.py").write_text("mine")
    with pytest.raises(UserError):
        make_demo(tmp_path)
    assert (root / "run.py").read_text() == "mine"


@needs_git
def test_every_file_is_committed_and_the_env_file_too(demo: Path) -> None:
    assert git(demo, "status", "--porcelain") == ""
    assert ".env" in git(demo, "ls-files").splitlines()
    assert git(demo, "log", "--format=%s").count("\n") == 4
    assert git(demo, "symbolic-ref", "--short", "HEAD") == "main"


@needs_git
def test_the_users_git_configuration_takes_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = git(make_demo(tmp_path / "plain"), "rev-parse", "HEAD")
    hook = tmp_path / "hooks" / "pre-commit"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {hook.parent}\n\tautocrlf = true\n[commit]\n\tgpgSign = true\n"
        "[user]\n\tname = Somebody\n\temail = somebody@example.org\n[init]\n\tdefaultBranch = trunk\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert git(make_demo(tmp_path / "configured"), "rev-parse", "HEAD") == plain


def test_it_is_complete_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    root = make_demo(tmp_path)
    assert (root / ".env").is_file()
    assert not (root / ".git").exists()


def test_a_git_that_fails_leaves_no_half_made_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bin" / "git"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nmkdir -p .git\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}{os.pathsep}{os.environ['PATH']}")
    root = make_demo(tmp_path)
    assert (root / "run.py").is_file()
    assert not (root / ".git").exists()


def run_its_tests(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=root,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout


def doctor(root: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    folders = {f"XDG_{name}_HOME": str(home / name) for name in ("CACHE", "STATE", "CONFIG")}
    repository = str(Path(__file__).resolve().parents[1])
    return subprocess.run(
        [sys.executable, "-m", "flaskdoctor", *arguments, str(root)],
        env=environment() | folders | {"PYTHONPATH": repository},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def codes(root: Path, home: Path) -> set[str]:
    """The codes of all that is found in the project."""
    report = json.loads(doctor(root, home, "--check", "--format", "json").stdout)
    return {finding["code"] for finding in report["findings"]}


def test_its_own_tests_pass(demo: Path) -> None:
    run_its_tests(demo)


def test_it_has_a_specimen_of_every_kind_of_finding(demo: Path, tmp_path: Path) -> None:
    assert codes(demo, tmp_path) >= SPECIMENS


def test_every_tip_has_something_to_show(demo: Path) -> None:
    found = {finding.tip for finding in scan(str(demo), Options(cache=False)).report.findings}
    assert found == {*Tip} - {Tip.TOOL, Tip.LIVE}


def test_safe_fixes_leave_it_working(tmp_path: Path) -> None:
    root = make_demo(tmp_path)
    done = doctor(root, tmp_path, "--fix")
    assert done.returncode == 1, done.stderr
    left = codes(root, tmp_path)
    mended = {"FD101", "FD312", "FD326", "FD330", "FD406", "FD501", "FD504", "FD703", "FD901", "FD1104", "FD1203"}
    assert not left & mended
    run_its_tests(root)


def test_unsafe_fixes_leave_it_working_too(tmp_path: Path) -> None:
    root = make_demo(tmp_path)
    done = doctor(root, tmp_path, "--fix", "--unsafe-fixes")
    assert done.returncode == 1, done.stderr
    left = codes(root, tmp_path)
    assert not left & {"FD105", "FD202", "FD301", "FD302", "FD304", "FD331", "FD701", "FD708", "FD709", "FD1001"}
    assert left >= {"FD201", "FD603", "FD605", "FD1102", "FD1103", "FD1106"}, "these have no fix"
    run_its_tests(root)


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_flask_run_serves_it(tmp_path: Path) -> None:
    root = make_demo(tmp_path)
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "flask", "run", "--port", str(port)],
            cwd=root,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 120
            while True:
                try:
                    status, page = get(f"{address}/")
                    break
                except OSError:
                    assert server.poll() is None, (tmp_path / "log").read_text()
                    assert time.monotonic() < deadline, (tmp_path / "log").read_text()
                    time.sleep(0.1)
            assert status == 200
            assert "Teapot" in page
            assert get(f"{address}/products/cup")[0] == 200
            assert get(f"{address}/account/login")[0] == 200
            assert get(f"{address}/api/products/")[0] == 200
            # Its faults show only to those who look: a missing page that answers 200, a broken view.
            assert get(f"{address}/products/ashtray") == (200, get(f"{address}/nowhere")[1])
            assert get(f"{address}/products/cup/reviews")[0] == 500
            assert get(f"{address}/sale")[0] == 200
            assert get(f"{address}/products.csv")[0] == 500
        finally:
            server.terminate()
            server.wait(10)
