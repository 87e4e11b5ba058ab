"""Building small projects for tests, from the files that an example names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from flaskdoctor.project.env.envfilenames import is_env_name
from flaskdoctor.rules.rule import Files

# In an example's files: "init", "track:.env,app.py", "forget:.env" (committed, and taken out again), or "exclude:.env"
# (a line of .git/info/exclude).
GIT = "#git"
MODE = "#mode"  # the permissions of an example's env files, which otherwise are for their owner only: "644"
PROJECT = "#project"  # the folder, among an example's files, that is the project: what lies above is around it
WSL = "#wsl"  # the line of /proc/mounts, within WSL, for the folder above the project: "{}" stands for that folder

_REQUIREMENTS = ("requirements.txt", "pyproject.toml", "Pipfile", "setup.py")
# Git as a machine without any configuration has it.
_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "PATH": os.environ["PATH"],
}


def as_mapping(files: Files) -> dict[str, str]:
    """The files of an example; a single text is ``app.py``."""
    return {"app.py": files} if isinstance(files, str) else dict(files)


def build(folder: Path, files: Files, flask: str = "") -> Path:
    """Write a project; ``flask`` pins the version in requirements.txt where the files do not say. Its folder."""
    mapping = as_mapping(files)
    inside = mapping.pop(PROJECT, "")
    mode = mapping.pop(MODE, "")
    git = mapping.pop(GIT, "")
    mapping.pop(WSL, "")
    above = f"{inside}/" if inside else ""
    if flask and not any(above + name in mapping for name in _REQUIREMENTS):
        mapping[f"{above}requirements.txt"] = f"flask=={flask}\n"
    write(folder, mapping)
    for path in mapping if mode else ():
        if is_env_name(Path(path).name):
            (folder / path).chmod(int(mode, 8))
    if git:
        run_git(folder, "init", "-q", "-b", "main")
        kind, _, paths = git.partition(":")
        if kind in ("track", "forget"):
            run_git(folder, "add", "-f", "--", *paths.split(","))
            run_git(folder, "commit", "-q", "-m", "start")
        if kind == "exclude":
            write(folder, {".git/info/exclude": f"{paths}\n"})
        if kind == "forget":
            run_git(folder, "rm", "-q", "--cached", "--", *paths.split(","))
            run_git(folder, "commit", "-q", "-m", "take it out")
    return folder / inside


def mounts(folder: Path, files: Files) -> str:
    """What /proc/mounts says where an example's project lies; empty for one that is not about WSL."""
    line = as_mapping(files).get(WSL, "")
    return f"none / ext4 rw 0 0\n{line.replace('{}', str(folder.parent))}\n" if line else ""


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, making their folders."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        path.chmod(0o600 if is_env_name(path.name) and path.name != ".flaskenv" else 0o644)  # whatever the umask is


def run_git(folder: Path, *arguments: str) -> str:
    """What a git command prints."""
    done = subprocess.run(["git", *arguments], cwd=folder, env=_ENVIRONMENT, check=True, capture_output=True, text=True)
    return done.stdout


def tree(folder: Path) -> dict[str, bytes]:
    """The bytes of all files of a project, git's own aside."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
