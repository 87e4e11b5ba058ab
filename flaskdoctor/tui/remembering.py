"""A project opens as it was left: tab, selected rows, filters, orders, theme (``view.py`` says where that is kept)."""

from __future__ import annotations

from typing import Any

from flaskdoctor.tui import logbook
from flaskdoctor.tui.hearing import Hearing
from flaskdoctor.tui.terminal import Terminal
from flaskdoctor.tui.view import View, mark, read_view, write_view


class Remembering(Hearing):
    """The app's part that keeps the view."""

    opened_with: str  # the theme at the start
    _view_path = ""
    _view = View()

    def view_from(self, path: str, device: Terminal) -> str:
        """Read the view ("": there is none, and none is kept); the theme in it, where the terminal can show that."""
        self._view_path = path
        if path:
            self._view = read_view(path)
        theme = self._view.theme
        return theme if device.colors > 16 or theme.startswith("ansi") else ""

    def open_as_it_was(self) -> None:
        """Keys and theme as the user wants them; tab, filters, orders as they were left."""
        session, view, tabs = self.session, self._view, {pane.TAB: pane for pane in self.tab_kinds}
        session.keys = self.user.keymap
        if session.keys.chosen:
            self.set_keymap({name: session.keys.textual(name) for name in session.keys.chosen})
        self._active = view.tab if view.tab in tabs else self.tab_kinds[0].TAB
        session.filters = {tab: words for tab, words in view.filters.items() if tab in tabs and tabs[tab].FILTERS}
        session.sorts = {tab: order for tab, order in view.sorts.items() if tab in tabs and order in tabs[tab].SORTS}
        session.selected = dict(view.selected)

    def remember(self) -> None:
        """Keep how the project is looked at; without a word where that is not possible."""
        if not self._view_path:
            return
        selected = dict(self.session.selected)
        for pane in self._panes.values():
            rows = pane.list_rows() if pane.is_mounted and pane.children else None
            if rows is not None and rows.selected is not None and pane.TAB not in self.session.selected:
                selected[pane.TAB] = mark(rows.selected.key)
        theme = self.theme if self.theme != self.opened_with else self._view.theme
        filters = {tab: words for tab, words in self.session.filters.items() if words}
        view = View(self._active, theme, selected, filters, dict(self.session.sorts))
        if view == self._view:
            return
        try:
            write_view(self._view_path, view)
        except OSError as error:
            logbook.write("The view could not be kept", error)
            self._view_path = ""
        else:
            self._view, self.opened_with = view, self.theme

    def exit(self, *arguments: Any, **named: Any) -> None:
        """Leave; the view is kept as it is now."""
        self.guarded("Keeping the view", self.remember)
        super().exit(*arguments, **named)
