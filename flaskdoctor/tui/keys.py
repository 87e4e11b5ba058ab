"""Every key of the dashboard in one table: bindings, footer, help and the docs are made from it.

None of ctrl+b, ctrl+a, ctrl+h/i/j/m and no function keys with modifiers: tmux, screen and SSH eat them.
"""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """One key. ``id`` is its name in a user's keymap and the action it runs; ``keys`` are Textual's names.

    ``footer`` orders the footer: 0 is not there, 1 is the last to go where room is short.
    """

    id: str
    keys: str
    shown: str
    label: str
    tooltip: str
    group: str
    footer: int = 0


FIX, LOOK, MOVE, APP = "Fix", "Look closer", "Move", "Dashboard"

KEYS: tuple[Key, ...] = (
    Key("fix", "f", "f", "fix", "Fix the selected finding; an unsafe fix asks first", FIX, 1),
    Key("fix_all", "F", "F", "fix all safe", "List all safe fixes, apply them after y", FIX, 5),
    Key("undo", "z", "z", "undo", "Take back the last fix; in History, the selected one", FIX, 3),
    Key("explain", "x", "x", "explain", "The page of the selected finding's rule", LOOK, 4),
    Key("edit", "e", "e", "edit", "Open $VISUAL or $EDITOR at the line", LOOK, 6),
    Key("copy", "c", "c", "copy place", "Copy the place (path:line); in Live and Routes the HTTPie command", LOOK, 10),
    Key("filter", "slash", "/", "filter", "Show only rows that contain these words; Esc shows all", LOOK, 7),
    Key("sort", "s", "s", "sort", "Sort by severity, or group by file, rule or tip", LOOK, 9),
    Key("rescan", "r", "r", "rescan", "Look at the whole project again", APP, 8),
    Key("probe", "p", "p", "probe", "Ask the running server now, everything", APP, 11),
    Key("serve", "S", "S", "server", "Start the project's development server, after y; or stop it", APP, 12),
    Key("theme", "t", "t", "theme", "The next theme", APP, 0),
    Key("help", "question_mark", "?", "help", "These keys", APP, 2),
    Key("quit", "q", "q", "quit", "Leave; nothing keeps running", APP, 2),
    Key("palette", "ctrl+p", "ctrl+p", "palette", "Every command, found by typing", APP, 0),
)

# Keys that a list or page handles itself; here for the help screen.
MOVES: tuple[tuple[str, str], ...] = (
    ("{digits}", "Tabs"),
    ("left right", "Previous, next tab"),
    ("tab shift+tab", "Next, previous panel"),
    ("j k up down", "Next, previous row"),
    ("g G", "First, last row"),
    ("ctrl+d ctrl+u", "A page down, up"),
    ("enter", "Open: the finding, its details, a tip's lesson; in Routes send the request"),
    ("esc", "Back; ends a filter"),
    ("ctrl+z", "To the shell; fg comes back"),
)

BY_ID: dict[str, Key] = {key.id: key for key in KEYS}
FOOTER: tuple[Key, ...] = tuple(key for key in KEYS if key.footer)
