"""Which processes listen on which ports, where the system tells (Linux): read from /proc, nothing is asked.

Only the processes of the same user can be seen, and of those no environment and no more of the command line than
the names of programs that serve Flask.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from typing import NamedTuple

_LISTENING = "0A"
_MAX_PROCESSES = 4000
# What stands in the folder of a Python project.
_PROJECT = ("app.py", "wsgi.py", ".flaskenv", "pyproject.toml", "requirements.txt", "setup.py")


class Listener(NamedTuple):
    """A listening TCP socket."""

    host: str
    port: int
    inode: int


class Owner(NamedTuple):
    """The processes that hold a socket: a reloader's parent and child, or a master and its workers. ``started`` tells
    a process from a later one of the same number."""

    listener: Listener
    processes: tuple[tuple[int, int], ...]  # pid, start time in clock ticks
    words: str  # "flask run, pid 4711"
    rank: int
    scheme: str


def listeners(proc: str = "/proc") -> tuple[Listener, ...]:
    """The sockets that listen; empty where the system does not tell."""
    found = []
    for name in ("tcp", "tcp6"):
        try:
            with open(f"{proc}/net/{name}", encoding="ascii", errors="replace") as file:
                lines = file.read(4 * 1024 * 1024).splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > 9 and fields[3] == _LISTENING:
                address, _, port = fields[1].partition(":")
                found.append(Listener(_host(address), int(port, 16), int(fields[9])))
    return tuple(found)


def _host(address: str) -> str:
    """The address to connect to, from /proc's hexadecimal words; loopback where a server listens everywhere."""
    words = [bytes.fromhex(address[start : start + 8])[::-1] for start in range(0, len(address), 8)]
    raw = b"".join(words)
    if len(raw) == 4:
        return "127.0.0.1" if raw == bytes(4) else ".".join(str(byte) for byte in raw)
    if raw == bytes(16):
        return "127.0.0.1"  # it takes IPv4 too, unless told otherwise
    if raw[:12] == bytes(10) + b"\xff\xff":
        return ".".join(str(byte) for byte in raw[12:])
    if raw == bytes(15) + b"\x01":
        return "::1"
    return ":".join(f"{int.from_bytes(raw[index : index + 2], 'big'):x}" for index in range(0, 16, 2))


def owners(root: str, proc: str = "/proc") -> tuple[Owner, ...]:
    """The servers whose process works in the folder ``root`` or below, the likeliest first."""
    open_sockets = {listener.inode: listener for listener in listeners(proc)}
    if not open_sockets:
        return ()
    base = os.path.realpath(root)
    held: dict[int, list[int]] = {}
    for pid in _processes(proc):
        if not _below(_folder(proc, pid), base):
            continue
        for inode in _sockets(proc, pid):
            if inode in open_sockets:
                held.setdefault(inode, []).append(pid)
    found = []
    for inode, pids in held.items():
        known = [(_program(_command(proc, pid)), pid) for pid in pids]
        (words, rank), pid = max(known, key=lambda item: (item[0][1], -item[1]))
        if rank:
            processes = tuple((each, started(each, proc)) for each in sorted(pids))
            scheme = "https" if _speaks_tls(_command(proc, pid)) else "http"
            found.append(Owner(open_sockets[inode], processes, f"{words}, pid {pid}", rank, scheme))
    found.sort(key=lambda owner: (-owner.rank, owner.listener.port, owner.listener.host))
    return tuple(found)


def strangers(root: str, ports: Collection[int], proc: str = "/proc") -> dict[int, str]:
    """Those of ``ports`` on which a process listens that works in another Python project, each with that folder."""
    inodes = {listener.inode: listener.port for listener in listeners(proc) if listener.port in ports}
    if not inodes:
        return {}
    base = os.path.realpath(root)
    found: dict[int, str] = {}
    for pid in _processes(proc):
        folder = _folder(proc, pid)
        if not folder or _below(folder, base) or _below(base, folder):
            continue
        # A container's folder is none of this machine's; and a folder without a project proves nothing.
        if any(os.path.exists(os.path.join(folder, name)) for name in _PROJECT):
            found |= {inodes[inode]: folder for inode in _sockets(proc, pid) if inode in inodes}
    return found


def holders(inode: int, proc: str = "/proc") -> tuple[tuple[int, int], ...]:
    """The processes that hold a socket, each with its start time."""
    found = [pid for pid in _processes(proc) if inode in _sockets(proc, pid)]
    return tuple((pid, started(pid, proc)) for pid in sorted(found))


def inode_of(host: str, port: int, proc: str = "/proc") -> int | None:
    """The socket that answers at this address of this machine; None where that cannot be seen."""
    for listener in listeners(proc):
        if listener.port == port and (listener.host == host or {listener.host, host} <= {"127.0.0.1", "localhost"}):
            return listener.inode
    return None


def started(pid: int, proc: str = "/proc") -> int:
    """When a process began, in clock ticks since the system did; 0 where there is none (any more)."""
    try:
        with open(f"{proc}/{pid}/stat", "rb") as file:
            fields = file.read(4096).rpartition(b")")[2].split()
        return 0 if fields[0] in (b"Z", b"X") else int(fields[19])
    except (OSError, IndexError, ValueError):
        return 0


def _processes(proc: str) -> list[int]:
    try:
        names = os.listdir(proc)
    except OSError:
        return []
    pids = sorted((int(name) for name in names if name.isdigit()), reverse=True)
    own = os.getpid()
    return [pid for pid in pids[:_MAX_PROCESSES] if pid != own]


def _folder(proc: str, pid: int) -> str:
    """Where a process works; empty where that cannot be seen."""
    try:
        return os.readlink(f"{proc}/{pid}/cwd")
    except OSError:
        return ""


def _below(folder: str, base: str) -> bool:
    return folder == base or folder.startswith(base.rstrip("/") + "/")


def _sockets(proc: str, pid: int) -> set[int]:
    found: set[int] = set()
    folder = f"{proc}/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return found
    for name in names:
        try:
            link = os.readlink(f"{folder}/{name}")
        except OSError:
            continue
        if link.startswith("socket:["):
            found.add(int(link[8:-1]))
    return found


def _command(proc: str, pid: int) -> list[str]:
    try:
        with open(f"{proc}/{pid}/cmdline", "rb") as file:
            data = file.read(16 * 1024)
    except OSError:
        return []
    return [word.decode("utf-8", errors="replace") for word in data.split(b"\0") if word]


_SERVERS = ("gunicorn", "waitress-serve", "uwsgi", "hypercorn", "uvicorn", "granian", "daphne")
_STARTED_FROM_HERE = "/flaskdoctor/devserver/timed.py"
_OTHERS = re.compile(r"debugpy|pydevd|jupyter|ipykernel|http\.server|pytest|flaskdoctor|celery|flower|mkdocs|sphinx")
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*(?:\.exe)?\Z")


def _program(command: list[str]) -> tuple[str, int]:
    """The words for a process and how likely it serves a Flask app: 0 for one that does not."""
    names = [os.path.basename(word) for word in command[:8]]
    if any(word.endswith(_STARTED_FROM_HERE) for word in command[1:3]) and "run" in command:
        return "flask run", 3
    if not names or any(_OTHERS.search(word) for word in command[:6]):
        return "", 0
    for position, name in enumerate(names[:4]):
        plain = name.removesuffix(".py")
        if plain in ("flask", "quart") and "run" in command[position + 1 :]:
            return f"{plain} run", 3
        for server in _SERVERS:
            if plain.startswith(server) or name.startswith(f"{server}:"):
                return server, 3
    if "run" in names[1:4] and "flask" in names[1:6]:
        return "flask run", 3
    if _PYTHON.match(names[0]):
        script = next((name for name in names[1:4] if name.endswith(".py")), "")
        return (f"python {script}", 2) if script and script.isprintable() else ("python", 1)
    return "", 0


def _speaks_tls(command: list[str]) -> bool:
    return any(word.split("=")[0] in ("--cert", "--certfile", "--ssl-certfile") for word in command)
