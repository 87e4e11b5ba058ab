"""Other files that rules read: bounded, never outside of the project, and a change of one shows in the next scan."""

from __future__ import annotations

import os
from pathlib import Path

from flaskdoctor.project.texts import Texts
from flaskdoctor.scan import Options, scan
from tests.projects import build, write

FILES = {"app.py": "import flask\n", "README.md": "    source venv/bin/activate\n", "run.sh": "#!/bin/sh\r\n"}


def codes(root: Path) -> set[str]:
    return {finding.code for finding in scan(str(root), Options(select=("FD407", "FD409"))).report.findings}


def age(root: Path) -> None:
    for path in [root, *root.rglob("*")]:
        os.utime(path, (1_600_000_000, 1_600_000_000))


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a\n")
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "README.md").symlink_to(tmp_path / "secret")
    (shop / "own.md").write_text("b\n")
    (shop / "inner.md").symlink_to("own.md")
    texts = Texts(str(shop))
    assert (texts.read("README.md"), texts.head("README.md"), texts.read("inner.md")) == ("", b"", "b\n")


def test_of_a_large_file_there_is_the_beginning_or_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_bytes(b"#!/bin/sh\r\n" * 1_000_000)
    texts = Texts(str(tmp_path))
    assert texts.read("a.sh", 1_000) == ""
    assert texts.head("a.sh", 11) == b"#!/bin/sh\r\n"
    assert set(texts.inputs) == {"a.sh"}


def test_a_change_shows_though_the_rest_comes_from_the_cache(tmp_path: Path) -> None:
    root = build(tmp_path / "shop", FILES)
    age(root)
    assert codes(root) == {"FD407", "FD409"}
    write(root, {"README.md": "    source venv/bin/activate\n    venv\\Scripts\\activate\n"})
    assert codes(root) == {"FD407"}
    age(root)
    assert codes(root) == {"FD407"}
    write(root, {"run.sh": "#!/bin/sh\n"})
    assert codes(root) == set()
