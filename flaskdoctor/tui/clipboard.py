"""Copying where there may be no clipboard: tmux's buffer, OSC 52, or a file; it says which one it was."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from flaskdoctor.visible import visible

_TIMEOUT = 3.0
# Letters of any script too, which shlex would quote.
_PLAIN = re.compile(r"[\w%+=:,./@-]+")


def pasteable(path: str) -> str:
    """A path as one word of a shell, that is no option and runs nothing: plain where it is plain. What cannot be seen
    or would end the line becomes an escape in the quotes that bash, zsh and ksh (and POSIX since 2024) read."""
    if path.startswith("-"):
        path = f"./{path}"
    if path == visible(path):
        return path if _PLAIN.fullmatch(path) else shlex.quote(path)
    written = []
    for character in path:
        if character in "\\'":
            written.append(f"\\{character}")
        elif character == visible(f"a{character}")[1:]:
            written.append(character)
        else:
            # Bytes, as they are in the file system: a \\u is another character in another locale.
            written += [f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape")]
    return f"$'{''.join(written)}'"


async def copy(text: str, environ: Mapping[str, str], write_osc52: Callable[[str], None]) -> str:
    """Copy ``text`` and say, in words, where it went. Raises ``OSError`` when even the file fails."""
    missed = ""
    if environ.get("TMUX"):
        if (arguments := await _tmux(text)) is not None:
            return "the tmux buffer and the clipboard" if "-w" in arguments else "the tmux buffer"
        missed = ", for tmux did not take it"
    term = environ.get("TERM", "")
    # GNU screen and the Linux console swallow OSC 52; so does tmux, if it is not told otherwise.
    if not environ.get("STY") and term not in ("", "dumb", "linux") and not term.startswith("screen"):
        write_osc52(text)
        if term.startswith("tmux"):
            return f"the terminal's clipboard (OSC 52, if tmux has set-clipboard on){missed}"
        return f"the terminal's clipboard (OSC 52){missed}"
    return _file(text) + missed


async def _tmux(text: str) -> tuple[str, ...] | None:
    """The tmux arguments that worked; ``-w`` (also to the outer clipboard) needs tmux 3.2."""
    for arguments in (("load-buffer", "-w", "-"), ("load-buffer", "-")):
        try:
            process = await asyncio.create_subprocess_exec(
                "tmux",
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            return None
        try:
            async with asyncio.timeout(_TIMEOUT):
                await process.communicate(text.encode("utf-8", "surrogateescape"))
        except TimeoutError:
            process.kill()
            await process.wait()
            return None
        if process.returncode == 0:
            return arguments
    return None


def _file(text: str) -> str:
    from platformdirs import user_cache_path

    try:
        folder = user_cache_path("flaskdoctor", appauthor=False)
    except RuntimeError:
        folder = Path("~")
    if not folder.is_absolute():
        raise FileNotFoundError(errno.ENOENT, "there is no home folder to keep it in")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "copied.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text + "\n")
    return f"the file {path}"
