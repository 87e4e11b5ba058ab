"""The palette (ctrl+p): everything the dashboard can do, found by any words of its name and of what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from flaskdoctor.tui.keys import KEYS, TAB_IDS

if TYPE_CHECKING:
    from flaskdoctor.tui.app import DoctorApp


class Command(NamedTuple):
    """A name, what it does, and how; ``key`` is the key that does the same."""

    name: str
    help: str
    run: Callable[[], Any]
    key: str = ""


def commands(app: DoctorApp) -> Iterator[Command]:
    """All of them: the keys' first, then the tabs, the orders, the lessons, the dashboard's own files, the themes."""
    shown = app.session.keys.shown
    for key in KEYS:
        if key.id != "palette":
            name = app.pane.LABELS.get(key.id, key.label)
            help = key.tooltip
            if reason := app.why_not(key.id):
                help = f"{help}. Not now: {reason}"
            yield Command(_capital(name), help, partial(app.action_key, key.id), shown(key.id))
    for number, pane in enumerate(app.tab_kinds):
        yield Command(pane.TITLE, "The tab", partial(app.show_tab, pane.TAB), shown(TAB_IDS[number]))
    for order in app.pane.SORTS:
        yield Command(f"Sort by {order}", f"The order of the tab {app.pane.TITLE}", partial(app.sort_by, order))
    yield Command("All rows", "Drop the filter of this tab", app.action_all_rows)
    if app.session.read_only:
        help = "The dashboard was started with --read-only" if app.locked else "Let fixes be made again"
        yield Command("Read-only off", help, partial(app.switch_read_only, False))
    else:
        yield Command("Read-only on", "Switch every fix off, as --read-only does", partial(app.switch_read_only, True))
    yield from _lessons(app)
    yield Command("Open the log", "In your editor: what went wrong in the dashboard", app.open_log)
    yield Command("Copy the log's path", "Where it says what went wrong", app.copy_log_path)
    yield Command("Open your settings", "config.toml in your editor: keys and theme", app.open_config)
    for theme in sorted(app.available_themes):
        yield Command(f"Theme {theme}", "Use these colours", partial(app.use_theme, theme))


def _lessons(app: DoctorApp) -> Iterator[Command]:
    from flaskdoctor.finding import Tip

    for tip in Tip:
        if Tip.TOOL < tip < Tip.UPGRADES:
            yield Command(
                f"Lesson {int(tip)}: {tip.title}", "What this tip is about", partial(app.explain, f"tip:{int(tip)}")
            )


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def score(query: str, command: Command) -> float:
    """How well a command fits, from 0 (a word is missing) to 1: every word counts, in whatever order, and one of the
    name for more than one of its help."""
    name, help = command.name.lower(), command.help.lower()
    words = query.lower().split()
    total = 0.0
    for word in words:
        if f" {name}".find(f" {word}") >= 0:
            total += 1.0
        elif word in name:
            total += 0.7
        elif word in help or word == command.key.lower():
            total += 0.4
        else:
            return 0.0
    return total / len(words) if words else 0.0


class Palette(Provider):
    """What Textual's palette asks."""

    @property
    def _commands(self) -> Iterator[Command]:
        return commands(cast("DoctorApp", self.app))

    async def discover(self) -> Hits:
        """All, before anything is typed."""
        for command in self._commands:
            yield DiscoveryHit(Content(command.name), command.run, text=command.name, help=_help(command))

    async def search(self, query: str) -> Hits:
        """Those that have all the words."""
        for command in self._commands:
            if found := score(query, command):
                display = Content(command.name)
                for word in query.lower().split():
                    if (start := command.name.lower().find(word)) >= 0:
                        display = display.stylize("bold underline", start, start + len(word))
                yield Hit(found, display, command.run, text=command.name, help=_help(command))


def _help(command: Command) -> str:
    return f"{command.help} ({command.key})" if command.key else command.help
