"""What the dashboard shows of a file: the lines around a finding, masked, and only of files in the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flaskdoctor.finding import Location
from flaskdoctor.project.secrecy.excerpt import ExcerptLine, excerpt, mask_diff, masked


def project(folder: Path, name: str, text: str | bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(folder)


def test_lines_around_a_finding_are_numbered_and_its_own_marked(tmp_path: Path) -> None:
    root = project(tmp_path, "app.py", "".join(f"x{number} = {number}\n" for number in range(1, 21)))
    assert excerpt(root, Location("app.py", 5, 1, 6, 3), context=1) == [
        ExcerptLine(4, "x4 = 4", False),
        ExcerptLine(5, "x5 = 5", True),
        ExcerptLine(6, "x6 = 6", True),
        ExcerptLine(7, "x7 = 7", False),
    ]
    assert [line.number for line in excerpt(root, Location("app.py", 1), context=2)] == [1, 2, 3]


def test_a_secret_far_above_its_lines_is_still_known(tmp_path: Path) -> None:
    root = project(tmp_path, "app.py", "SECRET_KEY = (\n" + '    "kiln"\n' * 30 + ")\n")
    assert {line.text for line in excerpt(root, Location("app.py", 20), context=3)} == {'    "••••"'}


def test_windows_line_ends_and_latin_1_are_read_as_python_reads_them(tmp_path: Path) -> None:
    source = '# coding: latin-1\r\nNAME = "café"\r\nSECRET_KEY = "clé"\r\n'.encode("latin-1")
    root = project(tmp_path, "app.py", source)
    assert [line.text for line in excerpt(root, Location("app.py", 2))] == [
        "# coding: latin-1",
        'NAME = "café"',
        'SECRET_KEY = "••••"',
        "",
    ]


def test_a_long_statement_and_a_long_line_are_cut(tmp_path: Path) -> None:
    root = project(tmp_path, "app.py", "x = [\n" + "    'shop',\n" * 500 + "]\ny = '" + "a " * 5000 + "'\n")
    assert len(excerpt(root, Location("app.py", 1, 1, 502, 2))) == 60
    (line,) = excerpt(root, Location("app.py", 503), context=0)
    assert len(line.text) == 400


@pytest.mark.parametrize(
    "path", ["missing.py", "folder", "../outside.py", "/etc/hostname", "link.py", "a/../../outside.py"]
)
def test_nothing_is_shown_of_what_is_no_file_of_the_project(tmp_path: Path, path: str) -> None:
    root = project(tmp_path, "shop/app.py", "x = 1\n")
    (tmp_path / "outside.py").write_text("y = 1\n")
    (tmp_path / "shop/folder").mkdir()
    os.symlink(tmp_path / "outside.py", tmp_path / "shop/link.py")
    assert excerpt(f"{root}/shop", Location(path, 1)) == []


def test_nothing_is_shown_without_a_line(tmp_path: Path) -> None:
    root = project(tmp_path, "app.py", "x = 1\n")
    assert excerpt(root, Location("app.py")) == []


def test_an_env_file_shows_names_and_nothing_else(tmp_path: Path) -> None:
    text = "# kiln\nexport SECRET_KEY=kiln # kiln\nEMPTY=\n\n#OLD_KEY=kiln\nLONG='kiln\nkiln'\n"
    root = project(tmp_path, ".env", text)
    assert [line.text for line in excerpt(root, Location(".env", 3), context=9)] == [
        "# ••••",
        "SECRET_KEY=••••",
        "EMPTY=",
        "",
        "# OLD_KEY=••••",
        "LONG=••••",
        "••••",
        "",
    ]


def test_a_broken_env_file_shows_no_names_behind_the_break(tmp_path: Path) -> None:
    text = 'A=1\nKEY="-----BEGIN\nMIIEkiln\nkiln=\n# kiln=kiln\n'
    assert "kiln" not in masked(".env", text.encode())


@pytest.mark.parametrize("name", [".env.example", "config/prod.env", ".flaskenv", ".envrc", "env.sample"])
def test_every_kind_of_env_file_is_told_by_its_name(name: str) -> None:
    assert masked(name, b"SECRET_KEY=kiln\n") == "SECRET_KEY=••••\n"


def test_a_line_of_a_template_that_is_a_name_alone_shows_as_it_is() -> None:
    text = "export A_KEY=\n# B_KEY=\n#export C_KEY=  \n# D_KEY=kiln\nexport E_KEY=kiln\n# F_KEY= kiln\n"
    assert masked(".env.example", text.encode()).split("\n")[:3] == text.split("\n")[:3]
    assert "kiln" not in masked(".env.example", text.encode())


def test_a_diff_of_an_env_template_shows_names() -> None:
    diff = "--- a/.env-template\n+++ b/.env-template\n@@ -1,2 +1,3 @@\n # kiln\n PORT=8000\n+SECRET_KEY=\n"
    assert mask_diff(diff) == (
        "--- a/.env-template\n+++ b/.env-template\n@@ -1,2 +1,3 @@\n # ••••\n PORT=••••\n+SECRET_KEY=\n"
    )
