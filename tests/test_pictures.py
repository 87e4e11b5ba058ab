"""``screenshots/`` shows what the program shows: all pictures are taken again and compared, cell by cell."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
PICTURES = TOP / "screenshots"
CELL_WIDTH, LINE_HEIGHT, FIRST_LINE = 12.2, 24.4, 20
_STYLE = re.compile(r"\.terminal-(r\d+) \{ fill: (#[0-9a-f]{6})")
_TEXT = re.compile(r'<text class="terminal-(r\d+)" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>')
_NEAR = 6  # of 255: another Textual may round another way

Cells = dict[tuple[int, int], tuple[str, str]]


def cells(drawing: str) -> Cells:
    """What stands in each cell of a picture, by (line, column), and its colour; nothing where it is blank."""
    colors = dict(_STYLE.findall(drawing))
    found: Cells = {}
    for style, x, y, text in _TEXT.findall(drawing):
        line, start = round((float(y) - FIRST_LINE) / LINE_HEIGHT), round(float(x) / CELL_WIDTH)
        for column, character in enumerate(unescape(text).replace("\N{NO-BREAK SPACE}", " "), start):
            if not character.isspace():
                found[line, column] = (character, colors[style])
    return found


def lines(found: Cells) -> list[str]:
    """The picture's text."""
    width = max(column for _, column in found) + 1
    count = max(line for line, _ in found) + 1
    return ["".join(found.get((line, x), " ")[0] for x in range(width)).rstrip() for line in range(count)]


def near(one: str, other: str) -> bool:
    """Whether two colours look the same."""
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return all(abs(a - b) <= _NEAR for a, b in pairs)


@pytest.mark.skipif(shutil.which("git") is None, reason="the sample's history is made with git")
def test_the_pictures_show_what_the_program_shows(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "screenshots.make", str(tmp_path)], cwd=TOP, check=True, timeout=900)
    fresh = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.svg")}
    kept = {path.name: path.read_text(encoding="utf-8") for path in PICTURES.glob("*.svg")}
    anew = "python -m screenshots.make takes them anew"
    assert sorted(fresh) == sorted(kept), anew
    for name, drawing in fresh.items():
        shown, pictured = cells(drawing), cells(kept[name])
        assert lines(shown) == lines(pictured), f"{name}: {anew}"
        letters = [place for place, (character, _) in shown.items() if character.isalnum()]
        off = [place for place in letters if not near(shown[place][1], pictured[place][1])]
        assert not off, f"{name}: other colours at {off[:5]}: {anew}"


def test_the_readme_shows_pictures_that_there_are() -> None:
    shown = re.findall(r"\(screenshots/([^)]+\.svg)\)", (TOP / "README.md").read_text(encoding="utf-8"))
    assert shown
    assert not [name for name in shown if not (PICTURES / name).is_file()]
