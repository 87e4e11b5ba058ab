"""The user's editor: which command opens it at a line, and running it in this terminal."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence

from flaskdoctor.errors import UserError

_PLUS_LINE = {
    "vi", "vim", "nvim", "view", "gvim", "nano", "pico", "emacs", "emacsclient", "micro", "kak", "joe", "jed", "mg",
    "ne", "vis", "elvis", "mcedit", "gedit", "kate",
}  # fmt: skip
_COLON_LINE = {"hx", "helix", "subl", "sublime_text", "zed"}
_GOTO = {"code", "codium", "vscodium", "code-insiders", "cursor"}


def command(path: str, line: int, environ: Mapping[str, str]) -> list[str]:
    """The command line that opens ``path`` (absolute) at ``line`` (0: no line).

    Raises:
        UserError: no editor is set, or it cannot be read as a command.
    """
    if not os.path.isabs(path):
        raise ValueError("the editor gets an absolute path")
    setting = next((name for name in ("VISUAL", "EDITOR") if environ.get(name, "").strip()), None)
    if setting is None:
        raise UserError("No editor is set", "Set $VISUAL or $EDITOR, for example: export EDITOR=vim")
    try:
        words = shlex.split(environ[setting])
    except ValueError:
        words = []
    if not words:
        raise UserError(f"${setting} is no command that can be run", "Check its quotes")
    name = os.path.basename(words[0])
    name = name.removesuffix(".exe")
    if line and name in _PLUS_LINE:
        return [*words, f"+{line}", path]
    if line and name in _COLON_LINE:
        return [*words, f"{path}:{line}"]
    if line and name in _GOTO:
        return [*words, "--goto", f"{path}:{line}"]
    return [*words, path]


def run(command: Sequence[str]) -> tuple[int, str]:
    """Run the editor in this terminal until it ends: its exit code, or why there is none. Nothing may be raised here:
    Textual would not take the terminal back."""
    try:
        return subprocess.run(command, check=False).returncode, ""
    except OSError as error:
        return 0, error.strerror or type(error).__name__
