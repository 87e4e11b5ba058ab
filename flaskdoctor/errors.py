"""Errors that a user can act on: each says what happened and what to do about it."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend: shown as ``title`` and ``hint``, never as a traceback.

    Anything else that is raised is a bug in flaskdoctor and shows as one.
    """

    def __init__(self, title: str, hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.title}\n{self.hint}" if self.hint else self.title


class Refuse(UserError):
    """A fix that cannot prove its case: ``title`` says why, and the file stays as it is."""


class Conflict(UserError):
    """A file is no longer what it was when the edit was made; nothing was written."""
