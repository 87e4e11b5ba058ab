"""Whether a path is ignored: whatever stands in the ignore files, the answer is that of git."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from flaskdoctor.project.vcs.git import read_git
from flaskdoctor.project.vcs.gitcommand import locate
from flaskdoctor.project.vcs.gitignore import answers_without_git
from tests.examples import examples
from tests.projects import build

PATHS = (
    ".env", "api/.env", "api/v1/.env", ".env.local", ".env.example", "api/.env-template", "web.env", "env/a.txt",
    "instance/shop.db", "a b.env", "é.env", "[x].env", "#env", "!env", "api/logs/x.log", "build/x",
)  # fmt: skip
WORDS = st.sampled_from(
    ["*", "**", ".env", ".env*", "*.env", "env", "api", "v1", "logs", "x", "*.log", "[.]env", ".e?v", "é*", "[!a]*",
     "a b.env", "a\\ b.env", "\\#env", "\\!env", "\\[x].env", "[[]x].env", "instance", "build", "shop.db", "."]
)  # fmt: skip
LINES = st.builds(
    lambda negated, rooted, words, folder, behind: negated + rooted + "/".join(words) + folder + behind,
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(WORDS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
    st.sampled_from(["", "", " ", "\t", " # why", "\\ "]),
) | st.sampled_from(["", "# a comment", "!", "/", "**", "\\", " .env", "*/", "!*/", "/*", "[", "[a"])
FILES = st.fixed_dictionaries(
    {name: st.lists(LINES, max_size=5) for name in (".gitignore", "api/.gitignore", ".git/info/exclude")}
)


def ignored(folder: Path) -> dict[str, bool]:
    """What git itself says."""
    asked = "".join(f"./{path}\0" for path in PATHS).encode()
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin", "-z"], cwd=folder, input=asked, capture_output=True
    )
    found = {path.decode().removeprefix("./") for path in done.stdout.split(b"\0")}
    return {path: path in found for path in PATHS}


@settings(max_examples=examples(40), deadline=None)
@given(FILES, st.sampled_from(["\n", "\r\n"]))
def test_the_answer_is_that_of_git(lines: Mapping[str, list[str]], end: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        build(folder, {"#git": "init", **dict.fromkeys(PATHS, "")})
        build(folder, {path: end.join((*texts, "")) for path, texts in lines.items()})
        expected = ignored(folder)
        state = read_git(str(folder), PATHS)
        assert {path: answer.ignored for path, answer in state.answers.items()} == expected
        without = answers_without_git(locate(str(folder)), PATHS)
        if not any(line.startswith("!") for texts in lines.values() for line in texts):  # the second-best answer
            assert {path: answer.ignored for path, answer in without.items()} == expected
