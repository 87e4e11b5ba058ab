"""The line ending that .gitattributes asks for is the one that git itself says."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.project.vcs.gitattributes import line_ending
from tests.projects import build, run_git

PATHS = ("run.sh", "bin/run.sh", "bin/deep/run.sh", "bin/run.bash", "other/run.sh", "run.bat")


@pytest.mark.parametrize(
    "texts",
    [
        {".gitattributes": "*.sh text eol=lf\n"},
        {".gitattributes": "* text=auto eol=crlf\r\n*.sh eol=lf\r\n"},
        {".gitattributes": "/run.sh eol=crlf\n# *.sh eol=lf\n"},
        {".gitattributes": "bin/*.sh eol=crlf\n"},
        {".gitattributes": "bin/** eol=crlf\n**/deep/*.sh eol=lf\n"},
        {".gitattributes": "*.sh eol=crlf\n", "bin/.gitattributes": "run.* eol=lf\n"},
        {".gitattributes": "*.sh eol=lf\n*.sh !eol\n"},
        {".gitattributes": "ru?.sh eol=lf\n"},
        {".gitattributes": "\n\n   \n*\n"},
    ],
)
def test_git_says_the_same(texts: dict[str, str], tmp_path: Path) -> None:
    build(tmp_path, {"#git": "init", **texts})
    for path in PATHS:
        said = run_git(tmp_path, "check-attr", "eol", "--", path).strip().rpartition(": ")[2]
        assert line_ending(path, texts) == ("" if said == "unspecified" else said), path


def test_what_git_keeps_its_hands_off_is_told_apart() -> None:
    assert line_ending("a.sh", {".gitattributes": "* -text\n"}) == "-text"
    assert line_ending("a.sh", {".gitattributes": "*.sh binary\n"}) == "-text"
    assert line_ending("a.sh", {".gitattributes": "* -text\n*.sh text\n"}) == ""
