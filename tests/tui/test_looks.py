"""Colours that can be read (WCAG 2), from what is really drawn; severities by sign and word; nothing cut off."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.segment import Segment
from textual.content import Content

from flaskdoctor.errors import UserError
from flaskdoctor.tui import terminal
from flaskdoctor.tui.bars import FooterBar, TabBar, TabLabel
from flaskdoctor.tui.keys import KEYS
from flaskdoctor.tui.paint import PALETTE
from flaskdoctor.tui.paper import Code
from flaskdoctor.tui.screens.sheet import PaperSheet
from tests.tui.conftest import COLOR, TABS, Dashboard, dashboard

THEMES = [theme.name for theme in terminal.OWN_THEMES]
GROUNDS = (".cursor", ".hit", ".added-row", ".removed-row")


def luminance(color: tuple[int, int, int]) -> float:
    """WCAG's relative luminance."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(segment: Segment) -> float:
    """The contrast of a drawn text with its ground, 1 to 21."""
    style = segment.style
    assert style is not None
    assert style.color is not None
    assert style.bgcolor is not None
    light = sorted((luminance(style.color.get_truecolor()), luminance(style.bgcolor.get_truecolor())))
    return (light[1] + 0.05) / (light[0] + 0.05)


def drawn(board: Dashboard) -> Iterator[Segment]:
    """What is on the screen, blanks left out."""
    for strip in board.app.screen._compositor.render_strips():
        for segment in strip:
            if segment.text.strip() and segment.style is not None and segment.style.color is not None:
                yield segment


@pytest.mark.parametrize("theme", THEMES)
async def test_every_text_on_every_ground_can_be_read(project: Path, theme: str) -> None:
    least = 7.0 if theme == "flaskdoctor-contrast" else 4.5
    names = sorted(f".{name}" for name in PALETTE if f".{name}" not in GROUNDS)
    async with dashboard(project, (80, 60), wait=False) as board:
        board.app.theme = theme
        lines = [
            Code(Content(""), Content.styled(f"{name}{ground}", name), ground)
            for ground in ("", *GROUNDS)
            for name in names
        ]
        lines += [Code(Content(""), Content(f".plain{ground}"), ground) for ground in ("", *GROUNDS)]
        for part in (lines[:40], lines[40:]):
            board.app.push_screen(PaperSheet(Content("All"), part))
            await board.until(lambda: part[-1].text.plain in board.text(), "the palette")  # noqa: B023
            shown = {each.text.strip(): contrast(each) for each in drawn(board) if each.text.strip().startswith(".")}
            assert len(shown) == len(part)
            assert not {name: ratio for name, ratio in shown.items() if ratio < least}
            board.app.pop_screen()
        # As they are drawn in every tab, header, badges and footer included.
        await board.scanned()
        await board.press("2", "G")
        await board.until_shown("+     return {")
        for tab in TABS:
            await board.press(tab)
            texts = [segment for segment in drawn(board) if any(map(str.isalnum, segment.text))]
            assert not [(each.text, contrast(each)) for each in texts if contrast(each) < least]
            signs = [segment for segment in drawn(board) if set(segment.text) & set("✖▲●✔○?▌━")]
            assert not [(each.text, contrast(each)) for each in signs if contrast(each) < 3]


@pytest.mark.parametrize("theme", THEMES)
async def test_a_rules_page_can_be_read_its_code_included(project: Path, theme: str) -> None:
    least = 7.0 if theme == "flaskdoctor-contrast" else 4.5
    async with dashboard(project, (100, 80)) as board:
        board.app.theme = theme
        board.app.explain("FD202")
        await board.until_shown("What to do instead", "session.modified = True")
        region = board.app.screen.query_one(".sheet").region
        strips = board.app.screen._compositor.render_strips()[region.y : region.bottom]
        page = [each for strip in strips for each in strip.crop(region.x, region.right)]
        texts = [each for each in page if any(map(str.isalnum, each.text))]
        assert not [(each.text, contrast(each)) for each in texts if contrast(each) < least]
        code = next(strip for strip in strips if "session.modified = True" in strip.text)
        assert len({each.style.color for each in code if each.style and any(map(str.isalnum, each.text))}) > 1


async def test_the_grounds_of_rows_differ_in_every_theme(project: Path) -> None:
    async with dashboard(project, (80, 24), wait=False) as board:
        for theme in THEMES:
            board.app.theme = theme
            lines = [Code(Content(""), Content(f".plain{ground}"), ground) for ground in ("", *GROUNDS)]
            board.app.push_screen(PaperSheet(Content("All"), lines))
            await board.until(lambda: ".plain.removed-row" in board.text(), "the rows")
            grounds = {each.text.strip(): each.style.bgcolor for each in drawn(board) if each.text.startswith(".plain")}  # type: ignore[union-attr]
            assert len(set(grounds.values())) == len(GROUNDS) + 1, theme
            board.app.pop_screen()


async def test_a_high_contrast_theme_has_frames_that_show(project: Path) -> None:
    async with dashboard(project, wait=False) as board:
        board.app.theme = "flaskdoctor-contrast"
        await board.pilot.pause()
        frames = [segment for segment in drawn(board) if set(segment.text) <= set("╭╮╰╯─│")]
        assert frames
        assert all(contrast(segment) >= 3 for segment in frames)


async def test_sixteen_colours_stay_whichever_theme_is_chosen(project: Path) -> None:
    async with dashboard(project, device=COLOR._replace(colors=16)) as board:
        for theme in ("nord", "flaskdoctor-contrast", "flaskdoctor-light"):
            board.app.theme = theme
            await board.press("2")
            colors = {color for each in drawn(board) if each.style for color in (each.style.color, each.style.bgcolor)}
            assert not [color for color in colors if color is not None and color.triplet is not None]
        seen = set()
        for _ in terminal.ANSI_CYCLE:
            await board.press("t")
            seen.add(board.app.theme)
        assert seen == set(terminal.ANSI_CYCLE)


async def test_without_colour_there_is_no_theme_to_choose_and_the_tab_in_view_is_reversed(project: Path) -> None:
    async with dashboard(project, device=COLOR._replace(colors=0)) as board:
        await board.press("2", "t")
        assert "there is no colour here" in board.text()
        segments = [each for strip in board.app.screen._compositor.render_strips() for each in strip]
        assert any("2 Code" in each.text and each.style and each.style.reverse for each in segments)


def test_a_theme_goes_by_its_name_or_the_end_of_it() -> None:
    assert terminal.theme_called("contrast") == "flaskdoctor-contrast"
    assert terminal.theme_called("Nord") == "nord"
    for theme in (*terminal.CYCLE, *terminal.ANSI_CYCLE):
        assert terminal.theme_called(theme) == theme


def test_an_unknown_theme_is_told_with_the_nearest_one() -> None:
    with pytest.raises(UserError, match="no theme called 'nrod'") as caught:
        terminal.theme_called("nrod")
    assert "Did you mean nord?" in caught.value.hint
    assert "contrast" in caught.value.hint
    done = subprocess.run(
        [sys.executable, "-m", "flaskdoctor", "--theme", "contrst\x1b[2J"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "There is no theme called" in done.stderr
    assert "\x1b" not in done.stderr


# Severity by sign and word


async def test_badges_of_tabs_have_the_sign_of_the_worst(project: Path) -> None:
    (project / "shop" / "broken.py").write_text("from flask import Flask\nimport (\n")
    async with dashboard(project) as board:
        tabs = board.text().split("\n")[1]
        worst = max(finding.severity for finding in board.app.session.findings)
        sign = {"error": "✖", "warning": "▲", "info": "●"}[worst.word]
        assert f"2 Code {sign}{len(board.app.session.findings)}" in tabs


@pytest.mark.parametrize("width", [160, 80, 70, 60, 50, 40])
async def test_tabs_and_keys_fit_at_every_width(project: Path, width: int) -> None:
    """With more of everything than the sample has."""
    async with dashboard(project, (width, 24), wait=False) as board:
        bar = board.app.screen.query_one(TabBar)
        labels = [
            TabLabel("overview", "Overview"),
            TabLabel("code", "Code", "1234", ".error"),
            TabLabel("env", "Env", "123", ".warning"),
            TabLabel("git", "Git", "12", ".error"),
            TabLabel("live", "Live", "12", ".info"),
            TabLabel("routes", "Routes", "1234", ".muted"),
            TabLabel("history", "History", "123", ".muted"),
        ]
        bar._tabs, bar._active = tuple(labels), "code"
        text = bar.content(width)
        assert text.cell_length <= width
        assert "2 Code ✖1234" in text.plain
        assert all(str(number) in text.plain for number in range(1, 8))
        if width >= 80:
            assert "7 History" in text.plain
        assert "4 Git ✖" in text.plain or "4 ✖" in text.plain or "7 History" in text.plain
        footer = board.app.screen.query_one(FooterBar)
        keys = footer.content(width).plain
        assert len(keys) <= width
        assert "f fix" in keys
        assert "? help" in keys
        assert "q quit" in keys


async def test_a_filter_is_seen_where_there_is_no_frame_to_say_it(project: Path) -> None:
    async with dashboard(project, (40, 10)) as board:
        await board.press("2", "slash", *"jsonify", "enter")
        assert "/jsonify" in board.text().split("\n")[1]


async def test_a_tab_without_rows_is_one_panel_that_says_what_would_be_there(project: Path) -> None:
    async with dashboard(project, (80, 24)) as board:
        await board.press("7")
        for size in ((80, 24), (140, 40), (40, 10)):
            await board.pilot.resize_terminal(*size)
            await board.until_shown("None: no fix was applied", "z takes it")
            assert board.text().count("╭") <= 1
            await board.press("tab", "enter", "tab")
            assert "None: no fix was applied" in board.text()


async def test_a_wide_terminal_shows_the_files_with_the_most(project: Path) -> None:
    async with dashboard(project, (140, 40)) as board:
        await board.until_shown("Files with most findings", "shop/views.py")
        await board.press("tab", "tab")
        await board.until_shown("shop/__init__.py  1 finding", "FD105")
        await board.press("enter")
        await board.until_shown("/shop/__init__.py", "Findings 1 of")


async def test_the_footer_names_every_key_it_shows(project: Path) -> None:
    async with dashboard(project, (40, 10)) as board:
        line = board.text().split("\n")[-1]
        for cap, name in re.findall(r"(\S+) (\S+)", line):
            assert any(key.shown == cap and key.label.startswith(name) for key in KEYS), line
