"""The packages that users get: what is in them, and that they install and run with nothing else around."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from flaskdoctor.demo import make_demo

REPOSITORY = Path(__file__).resolve().parents[1]
TOP = {"flaskdoctor", "README.md", "CHANGELOG.md", "LICENSE", "PKG-INFO", "pyproject.toml", ".gitignore"}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the sdist, built from a copy of the sources; the wheel is built from the sdist."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("packages")
    for name in ("flaskdoctor", "README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", ".gitignore", "tests"):
        path = REPOSITORY / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / name)
    (source / "flaskdoctor" / ".env").write_text("SECRET_KEY=left-behind-by-a-developer\n")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(made), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (wheel,), (sdist,) = made.glob("*.whl"), made.glob("*.tar.gz")
    return wheel, sdist


def test_the_wheel_holds_the_package_alone(packages: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(packages[0]) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"flaskdoctor"}
    assert "flaskdoctor/tui/flaskdoctor.tcss" in names
    assert "flaskdoctor/py.typed" in names
    assert not [name for name in names if Path(name).name.startswith(".env") or name.startswith("tests/")]


def test_the_sdist_holds_what_the_wheel_is_made_of(packages: tuple[Path, Path]) -> None:
    with tarfile.open(packages[1]) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {name.split("/")[0] for name in names} <= TOP
    assert not [name for name in names if Path(name).name.startswith(".env")]


def pythons() -> dict[str, str]:
    """Each Python from 3.11 to 3.14 of this machine that can make a virtualenv, by its version."""
    found = {}
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for version in ("3.11", "3.12", "3.13", "3.14"):
        candidates = [shutil.which(f"python{version}"), *map(str, pyenv.glob(f"{version}.*/bin/python3"))]
        for candidate in filter(None, candidates):
            asked = subprocess.run([candidate, "-c", "import ensurepip, ssl, venv"], capture_output=True, check=False)
            if asked.returncode == 0:
                found[version] = candidate
                break
    return found or {"this": sys.executable}


@pytest.mark.parametrize("version", pythons())
def test_the_wheel_installs_and_runs(packages: tuple[Path, Path], version: str, tmp_path: Path) -> None:
    """With each Python there is, in a new virtualenv, and in an environment that names nothing else."""
    project = make_demo(tmp_path)
    own = {"PATH": os.defpath, "HOME": str(tmp_path / "home"), "LANG": "C.UTF-8"}
    folder = tmp_path / "venv"
    subprocess.run([pythons()[version], "-m", "venv", str(folder)], check=True, env=own, timeout=120)
    for_pip = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    install = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", str(packages[0])]
    subprocess.run(install, check=True, capture_output=True, env=for_pip, timeout=300)
    program = str(folder / "bin/flaskdoctor")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *words],
            cwd=project,
            env=own,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )

    assert run("--version").stdout.startswith("flaskdoctor ")
    checked = run("--check")
    assert checked.returncode == 1
    assert "FD301" in checked.stdout
    assert checked.stderr == ""
    assert run("--fix").returncode == 1  # LibCST and the journal
    assert "FD101" not in run("--check").stdout


def test_flaskdoctor_keeps_its_own_rules_about_portability() -> None:
    """Windows, WSL and Chromebook users are first class for flaskdoctor itself."""
    command = [sys.executable, "-m", "flaskdoctor", "--check", "--select=tip:4", "--fail-on=info", str(REPOSITORY)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout + checked.stderr
