"""Vim jumps to what the text report names, and tmux shows the segment: with the README's own recipes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flaskdoctor.reports import Context, Part, render
from tests.e2e.surroundings import environment
from tests.e2e.tmux import Tmux
from tests.projects import build
from tests.reports.sample import part_of, sample

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def _vim_reads_error_lists() -> bool:
    vim = shutil.which("vim")
    if vim is None:
        return False
    version = subprocess.run([vim, "--version"], capture_output=True, text=True, timeout=120, check=False).stdout
    return "+quickfix" in version and "+eval" in version


@pytest.mark.skipif(not _vim_reads_error_lists(), reason="no vim with +quickfix (vim-tiny has none)")
def test_vim_jumps_to_every_line_that_a_report_names(tmp_path: Path) -> None:
    part = part_of(sample(tmp_path))
    root = Path(part.report.root)
    (root / "with space.py").write_bytes((root / "app.py").read_bytes())
    moved = [item._replace(location=item.location._replace(path="with space.py")) for item in part.report.findings[4:5]]
    part = part._replace(report=part.report._replace(findings=(*part.report.findings, *moved)))
    (tmp_path / "report").write_text(render("text", [part], Context()), "utf-8")
    recipe = re.search(r"^set errorformat=.*$", README, re.MULTILINE)
    assert recipe
    # For each entry: where Vim stands after :cc, and what it took for the kind and the message.
    (tmp_path / "jump.vim").write_text(f"""\
set encoding=utf-8
{recipe[0]}
cfile {tmp_path}/report
let seen = []
let number = 0
for entry in getqflist()
  let number += 1
  if entry.valid && entry.lnum
    execute 'cc' number
    call add(seen, [expand('%:t'), line('.'), charcol('.'), entry.type, entry.text])
  endif
endfor
call writefile([json_encode(seen)], '{tmp_path}/seen')
qall!
""")
    command = ["vim", "-es", "-u", "NONE", "-i", "NONE", "-N", "-n", "-S", str(tmp_path / "jump.vim")]
    subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, timeout=120, check=False)
    seen = json.loads((tmp_path / "seen").read_text("utf-8"))
    expected = [
        [item.location.path, item.location.line, max(item.location.column, 1), item.severity.word[0], item.code]
        for item in part.report.findings
        if item.location.line
    ]
    assert [[*entry[:4], entry[4].split(" ")[0]] for entry in seen] == expected
    assert len(seen) == 6


def test_each_line_is_for_one_matcher_of_vs_code(tmp_path: Path) -> None:
    part = part_of(sample(tmp_path))
    recipe = re.search(r"```json\n(.*?problemMatcher.*?)```", README, re.DOTALL)
    assert recipe
    patterns = [matcher["pattern"] for matcher in json.loads(recipe[1])["tasks"][0]["problemMatcher"]]
    lines = render("text", [part], Context()).splitlines()
    for finding, line in zip(part.report.findings, lines, strict=False):
        # VS Code passes over a match without a line, where the pattern is not about files.
        read = [
            (match[pattern["file"]], match[pattern["line"]] if "line" in pattern else "0", match[pattern["severity"]])
            for pattern in patterns
            if (match := re.match(pattern["regexp"], line)) and ("line" in pattern or pattern["kind"] == "file")
        ]
        place = finding.location
        if not line.startswith("http"):  # what a server answers stands in no file
            assert read == [(place.path or ".", str(place.line), finding.severity.word)], line


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_tmux_shows_the_segment_in_its_status_line(tmp_path: Path) -> None:
    app = "from flask import Flask\n\napp = Flask(__name__)\napp.config['SECRET_KEY'] = 'Zq7canary9Xw'\n"
    root = build(tmp_path / "shop", {"app.py": app}, "3.1.0")
    recipe = re.search(r"^set -g status-right .*$", README, re.MULTILINE)
    assert recipe
    line = recipe[0].replace("flaskdoctor ", f"{sys.executable} -m flaskdoctor ", 1).replace("~/shop", str(root))
    settings = ["set -g status-interval 1", "set -g status-left ''", "set -g status-right-length 70", line]
    (tmp_path / "tmux.conf").write_text("\n".join(settings) + "\n")
    inner = ["tmux", "-u", "-S", str(tmp_path / "socket"), "-f", str(tmp_path / "tmux.conf")]
    environ = {**environment(tmp_path), "TERM": "tmux-256color"}
    try:
        with Tmux(["env", "-u", "TMUX", *inner, "new-session", "sleep 600"], root, environ) as terminal:
            screen = terminal.wait("✖1")
            assert re.search(r"\s✖1 (▲\d )?\d+\s*$", screen)
            assert "#[" not in screen
            coloured = terminal.screen(colours=True)
            assert re.search("\x1b\\[31m[^\x1b]*✖1", coloured)
    finally:
        subprocess.run([*inner, "kill-server"], env=environ, capture_output=True, timeout=120, check=False)


def test_the_segment_of_what_is_no_flask_project_is_empty(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text("print()\n")
    command = [sys.executable, "-m", "flaskdoctor", "--check", "--format", "tmux", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")


def test_parts_are_told_apart(tmp_path: Path) -> None:
    part = part_of(sample(tmp_path))._replace(probed=None)
    text = render("text", [part._replace(prefix="a/"), part._replace(prefix="b/")], Context())
    lines = text.splitlines()
    assert lines[0].startswith("a/: error: FD004")
    assert [line.split(" ")[0] for line in lines if " findings (" in line] == ["a/:", "b/:", "2"]
    assert isinstance(part, Part)
