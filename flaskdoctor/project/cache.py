"""What is kept between scans, in the user's cache folder: facts, candidates and the last picture of a project.

A cache file is a pickle that is read with an unpickler that makes plain values of flaskdoctor's own and nothing
else, from a folder that only the user can write. Anything that does not fit is ignored and written anew.
"""

from __future__ import annotations

import io
import os
import sys
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from flaskdoctor.folders import NOWHERE

if TYPE_CHECKING:
    from enum import Enum

Signature = tuple[int, int, int, int]
# A file changed this shortly before a scan may change again without its time stamp showing it (2 s on FAT).
RACY_NS = 2_000_000_000
MAX_CACHE_BYTES = 200 * 1024 * 1024


class Stored(NamedTuple):
    """A cache file's content: the key says for which tool, Python and settings it holds."""

    key: str
    value: Any


def cache_folder() -> str:
    """The folder of the cache files: ``FLASKDOCTOR_CACHE_DIR``, or the user's cache folder."""
    chosen = os.environ.get("FLASKDOCTOR_CACHE_DIR")
    if chosen:
        return chosen
    if sys.platform.startswith("linux"):
        # What platformdirs answers there, without the 19 ms its import costs a warm check.
        base = os.environ.get("XDG_CACHE_HOME", "")
        folder = os.path.join(base if os.path.isabs(base) else os.path.expanduser("~/.cache"), "flaskdoctor")
    else:
        from platformdirs import user_cache_dir

        folder = user_cache_dir("flaskdoctor", appauthor=False)
    # Who has no home gets "~/.cache" back as it is: that would be a folder of the project.
    return folder if os.path.isabs(folder) else NOWHERE


def cache_path(root: str, kind: str) -> str:
    """The cache file of one project."""
    from zlib import crc32

    real = os.path.realpath(root)
    name = f"{os.path.basename(real) or 'root'}-{crc32(os.fsencode(real)):08x}"
    return os.path.join(cache_folder(), f"{name}.{kind}")


def load(path: str, key: str) -> Any:
    """The value stored under ``key``; None where there is none, or it is not to be trusted or read."""
    import pickle

    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
                return None
            if status.st_size > MAX_CACHE_BYTES:
                return None
            checksum, content = file.read(_CHECKSUM), file.read()
        if checksum != _checksum(content):
            return None
        stored = _unpickler(io.BytesIO(content)).load()
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError, IndexError, ImportError):
        return None
    except (pickle.UnpicklingError, RecursionError, MemoryError, OverflowError):
        return None
    if type(stored) is not Stored or stored.key != key:
        return None
    return stored.value


def store(path: str, key: str, value: object) -> None:
    """Write a cache file as one step; a folder that cannot be written leaves the next scan cold, no more."""
    import pickle

    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        temporary = f"{path}.{os.getpid()}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        content = pickle.dumps(Stored(key, value), protocol=pickle.HIGHEST_PROTOCOL)
        try:
            with open(descriptor, "wb") as file:
                file.write(_checksum(content) + content)
            os.replace(temporary, path)
        except OSError:  # a full disk: what got onto it would only keep it full
            os.unlink(temporary)
    except OSError:
        return


_CHECKSUM = 4  # bytes


def _checksum(content: bytes) -> bytes:
    """What tells a file that a full disk or a bad sector left half right."""
    from zlib import crc32

    return crc32(content).to_bytes(_CHECKSUM, "big")


def _unpickler(file: IO[bytes]) -> Any:
    import pickle
    from enum import Enum

    class Values(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) == ("builtins", "getattr"):
                return _member
            if module.startswith("flaskdoctor."):
                __import__(module)
                found = getattr(sys.modules[module], name)
                if isinstance(found, type) and issubclass(found, (tuple, Enum)):
                    return found
            raise pickle.UnpicklingError(f"{module}.{name} is no plain value of flaskdoctor")

    return Values(file)


def _member(owner: object, name: str) -> Enum:
    """Stands in for ``getattr``, by which Python 3.11.0 to 3.11.3 pickle the member of an enumeration."""
    from enum import EnumType

    if not isinstance(owner, EnumType):
        raise TypeError("no enumeration")
    member: Enum = owner[name]
    return member


def signature(status: os.stat_result) -> Signature:
    """What changes when a file's content does (the change time also where a tool sets the other times back)."""
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


def signatures(paths: tuple[str, ...]) -> tuple[Signature | None, ...]:
    """The signatures of files and folders; None for what is not there."""
    found: list[Signature | None] = []
    stat = os.stat
    for path in paths:
        try:
            status = stat(path)
        except (OSError, ValueError):
            found.append(None)
        else:
            found.append((status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino))
    return tuple(found)


def tool_key() -> str:
    """What cached results depend on beside the project: Python's version and flaskdoctor's own sources."""
    from zlib import crc32

    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parts = []
    for folder in ("", "project", "rules"):
        parts.extend(_stamps(os.path.join(package, folder), deep=folder != ""))
    return f"1 {sys.version_info[0]}.{sys.version_info[1]} {crc32(repr(parts).encode()):08x}"


def _stamps(folder: str, *, deep: bool) -> list[tuple[str, int, int]]:
    found = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda item: item.name):
            if entry.name.endswith(".py"):
                status = entry.stat()
                found.append((entry.name, status.st_mtime_ns, status.st_size))
            elif deep and not entry.name.startswith("_") and entry.is_dir():
                found.extend(_stamps(entry.path, deep=False))
    return found
