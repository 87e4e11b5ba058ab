"""Files that should stay out of a repository: found by their names, known for certain by their first bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator

from flaskdoctor.patterns import lazy
from flaskdoctor.project.discover import Discovered
from flaskdoctor.project.env.envfile import is_template_name
from flaskdoctor.project.plainfile import decode, read_bytes, read_head
from flaskdoctor.project.secrecy.secretnames import PRIVATE_KEY, is_placeholder, is_secret_setting
from flaskdoctor.project.vcs.gitquestions import SecretFile

# Endings of files that are meant to be committed: encrypted ones, sources, documents.
_OTHER_FILES = frozenset((
    "vault", "enc", "encrypted", "gpg", "age", "asc", "sops", "j2", "jinja", "tpl", "tmpl", "erb", "md", "rst", "txt",
    "py", "js", "ts", "sh", "yml", "yaml", "json", "toml", "pub",
))  # fmt: skip
_TEST_FOLDERS = frozenset(("test", "tests", "testing", "fixtures", "testdata", "test_data"))
_SHOWN_FOLDERS = frozenset(("example", "examples", "sample", "samples", "doc", "docs", "demo", "demos"))
_SHARED_KINDS = frozenset(("test", "testing", "tests", "ci"))
_KEYS = (".pem", ".key")
_DATABASES = (".sqlite", ".sqlite3", ".db")
_SPECIAL = lazy(r"([\\*?\[\]])")
_EXPORT = lazy(r"^\s*export\s+([A-Za-z_]\w*)=(\S+)", re.MULTILINE)
# What the names of all of these have in common: most files of a project are told apart by that alone.
_HINT = lazy(r"(?:^|/)\.env|\.env$|\.(?:pem|key|sqlite3?|db)$|(?:^|/)instance/", re.IGNORECASE)
_MOST = 1000  # files of one kind that git is asked about


def secret_files(files: Discovered) -> tuple[SecretFile, ...]:
    """The files and folders that git should ignore, by name; the root's .env is asked about anyway."""
    found: dict[str, list[SecretFile]] = {}
    for file in (*_by_name(files), *_virtualenvs(files)):
        found.setdefault(file.kind, []).append(file)
    return tuple(file for several in found.values() for file in several[:_MOST])


def _by_name(files: Discovered) -> Iterator[SecretFile]:
    known = frozenset(files.files)
    for path in filter(_HINT.search, files.files):
        name = path.rpartition("/")[2]
        lower = name.lower()
        if "{{" in path:
            continue
        if (inside := _instance_folder(path, known)) and not is_template_name(name):
            yield SecretFile(inside, path, "instance", ignore_line(inside) + "/")
        elif path != ".env" and is_env_path(path, known):
            yield SecretFile(path, path, "env", ignore_line(path))
        elif lower == ".envrc":
            yield SecretFile(path, path, "envrc", ignore_line(path))
        elif not _TEST_FOLDERS.isdisjoint(path.lower().split("/")[:-1]):
            continue  # made for tests
        elif lower.endswith(_KEYS):
            yield SecretFile(path, path, "key", ignore_line(path))
        elif lower.endswith(_DATABASES):
            yield SecretFile(path, path, "database", ignore_line(path))


def _virtualenvs(files: Discovered) -> Iterator[SecretFile]:
    for skipped in files.skipped:
        if skipped.reason == "a virtual environment" and "/" not in skipped.path:
            yield SecretFile(skipped.path, f"{skipped.path}/pyvenv.cfg", "virtualenv", ignore_line(skipped.path) + "/")


def is_env_path(path: str, files: Collection[str]) -> bool:
    """Whether a path is that of an env file with values of its own: not a template, an encrypted file, test data, or
    the settings of a JavaScript front end, whose tools want them committed."""
    folder, _, name = path.rpartition("/")
    if not (name.startswith(".env") or name.endswith(".env")) or is_template_name(name):
        return False
    words = re.split(r"[._~-]+", name.lower().strip("._~-"))
    if "env" not in (words[0], words[-1]) or words[-1] in _OTHER_FILES:
        return False
    if not _TEST_FOLDERS.isdisjoint(folder.lower().split("/")):
        return False
    front_end = bool(folder) and f"{folder}/package.json" in files
    return not front_end or "local" in words


def is_for_show(path: str) -> bool:
    """Whether an env file lies among examples and docs, or is one for tests by its name."""
    folder, _, name = path.rpartition("/")
    return (
        not _SHOWN_FOLDERS.isdisjoint(folder.lower().split("/"))
        or re.split(r"[._-]", name.lower())[-1] in _SHARED_KINDS
    )


def _instance_folder(path: str, files: Collection[str]) -> str:
    """The instance folder that a file lies in: ``instance/`` at the top or beside a package; empty if none."""
    folders = path.split("/")[:-1]
    if "instance" not in folders[:2]:
        return ""
    folder = "/".join(folders[: folders.index("instance") + 1])
    if f"{folder}/__init__.py" in files or path.rpartition("/")[2] in (".gitkeep", ".gitignore", ".keep", "README.md"):
        return ""
    return folder


def is_really_secret(root: str, file: SecretFile) -> bool:
    """Whether a file is what its name says: a private key, a database, a script with a secret in it."""
    path = os.path.join(root, file.path)
    if file.kind == "key":
        return PRIVATE_KEY.search(read_head(path, 20_000).decode("latin-1")) is not None
    if file.kind == "database":
        return read_head(path, 16) == b"SQLite format 3\0"
    if file.kind == "envrc":
        text = decode(read_bytes(path).data)
        return any(
            is_secret_setting(name) and value[:1] not in "$`" and "$" not in value[:2] and not is_placeholder(value)
            for name, value in _EXPORT.findall(text)
        )
    return True


def ignore_line(path: str) -> str:
    """The line of an ignore file in the root that covers this path and no other; in a name alone, at every depth."""
    line = _SPECIAL.sub(r"\\\1", path)
    if line[:1] in ("#", "!"):
        line = "\\" + line
    return re.sub(r" +\Z", lambda found: "\\ " * len(found.group()), line)
