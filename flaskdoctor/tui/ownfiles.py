"""What the palette alone can do: look into the dashboard's own files, and switch writing off."""

from __future__ import annotations

import os

from flaskdoctor.errors import UserError
from flaskdoctor.tui import logbook
from flaskdoctor.tui.commands import Commands
from flaskdoctor.tui.userconfig import config_path


class OwnFiles(Commands):
    """The commands without a key."""

    locked: bool  # started with --read-only

    def switch_read_only(self, on: bool) -> None:
        """Switch all writing off; and on again, where the dashboard was not started without it."""
        if not on and self.locked:
            self.say("Read-only stays: the dashboard was started with --read-only")
            return
        self.session.read_only = on
        self.say(f"Read-only {'on: no fix is made' if on else 'off'}")
        self.bars()

    async def open_log(self) -> None:
        """The log in the editor."""
        await self.open_file(logbook.path(), "there is no log yet: nothing went wrong")

    async def copy_log_path(self) -> None:
        """The log's path to the clipboard."""
        self.copy_text(logbook.path())

    async def open_config(self) -> None:
        """The user's config in the editor."""
        path = self.user.path or config_path()
        await self.open_file(path, "there is none yet: it may hold theme = .. and [keys], the README says how")

    async def open_file(self, path: str, missing: str) -> None:
        """A file that is none of the project's, in the editor."""
        if not os.path.exists(path):
            self.say(path, missing)
            return
        try:
            await self.in_editor(path, 0)
        except UserError as error:
            self.say(error.title, error.hint)
