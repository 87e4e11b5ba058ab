"""An open folder of the project: what is done in it is done there, wherever its name leads by then.

Between a look at a path and a write to it, somebody may put a link in the place of a folder. So a folder is opened
once, from the root downwards and through no link, and everything else is asked of the open folder.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
# Windows opens no folders: there the names are all there is.
_CAN_OPEN = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")


class Folder(NamedTuple):
    """A folder by its path and, where the system has such a thing, its descriptor."""

    path: str
    descriptor: int | None = None

    def status(self, name: str) -> os.stat_result:
        """What ``lstat`` says of a file in it."""
        return os.stat(self._at(name), dir_fd=self.descriptor, follow_symlinks=False)

    def own_status(self) -> os.stat_result:
        """What ``stat`` says of the folder itself."""
        return os.stat(self.path if self.descriptor is None else self.descriptor)

    def open(self, name: str, flags: int, mode: int = 0o600) -> int:
        """A descriptor of a file in it, of a link to one never; one of a FIFO is not waited for."""
        flags |= _NO_LINK | _BINARY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
        return os.open(self._at(name), flags, mode, dir_fd=self.descriptor)

    def replace(self, name: str, target: str) -> None:
        """Give a file of it the name of another one, which is gone then."""
        here = self.descriptor
        os.replace(self._at(name), self._at(target), src_dir_fd=here, dst_dir_fd=here)

    def link(self, name: str, target: str) -> None:
        """Give a file of it one more name, which nothing may have yet."""
        here = self.descriptor
        os.link(self._at(name), self._at(target), src_dir_fd=here, dst_dir_fd=here)

    def unlink(self, name: str) -> None:
        """Remove a file."""
        os.unlink(self._at(name), dir_fd=self.descriptor)

    def has(self, name: str) -> bool:
        """Whether there is anything of that name, a link that leads nowhere included."""
        try:
            self.status(name)
        except FileNotFoundError:
            return False
        return True

    def sync(self) -> None:
        """Have the names in it on the disk before this returns, where the file system can do that."""
        if self.descriptor is not None:
            with suppress(OSError):
                os.fsync(self.descriptor)

    def _at(self, name: str) -> str:
        return os.path.join(self.path, name) if self.descriptor is None else name


@contextmanager
def opened(base: str, parts: Sequence[str] = ()) -> Iterator[Folder]:
    """The folder ``parts`` below ``base``. Raises ``OSError`` where one of them is no folder, or a link to one."""
    path = os.path.join(base, *parts)
    if not _CAN_OPEN:
        folder = base
        for part in parts:
            folder = os.path.join(folder, part)
            if not stat.S_ISDIR(os.lstat(folder).st_mode):
                raise NotADirectoryError(20, "Not a directory", folder)
        yield Folder(path)
        return
    descriptor = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield Folder(path, descriptor)
    finally:
        os.close(descriptor)
