"""Whether a folder lies on a Windows drive that WSL has mounted, as Linux itself says."""

from __future__ import annotations

import os
from collections.abc import Collection

from flaskdoctor.patterns import lazy
from flaskdoctor.project.plainfile import read_bytes

PROC = "/proc"
_DRIVE = lazy(r"/mnt/[a-z](?:/|$)")
_ESCAPED = lazy(r"\\([0-7]{3})")
_WSL = ("WSL_DISTRO_NAME", "WSL_INTEROP")  # ``sudo`` and services drop them


def windows_mount(root: str, environ: Collection[str]) -> str:
    """The mount point (``/mnt/c``) of the Windows drive that ``root`` lies on; empty where it lies on none.

    Outside of WSL this asks for two names among ``environ`` (those of the process's environment) and looks at the
    path. Within, ``/proc/mounts`` decides: ``drvfs`` is the file system of WSL 1, a ``9p`` or ``virtiofs`` whose
    line speaks of ``drvfs`` that of WSL 2. A container that shares a folder of such a drive is not within.
    """
    if not any(name in environ for name in _WSL) and not _DRIVE.match(root):
        return ""
    place = os.path.join(os.path.realpath(root), "")
    best = found = ""
    for line in read_bytes(os.path.join(PROC, "mounts"), 1_000_000).data.decode("utf-8", "surrogateescape").split("\n"):
        fields = line.split(" ")
        if len(fields) < 4:
            continue
        point = _ESCAPED.sub(lambda match: chr(int(match.group(1), 8)), fields[1])
        if place.startswith(os.path.join(point, "")) and len(point) >= len(best):
            best, found = point, point if _is_drive(point, fields[2], line) else ""
    return found


def _is_drive(point: str, kind: str, line: str) -> bool:
    if kind == "virtiofs" and _DRIVE.fullmatch(point):
        return True
    return kind == "drvfs" or (kind in ("9p", "virtiofs") and "drvfs" in line)
