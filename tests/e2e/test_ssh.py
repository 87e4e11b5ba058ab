"""The dashboard over a real SSH connection: an sshd of the test's own on a loopback port."""

import contextlib
import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.pseudoterminal import PseudoTerminal, gone, processes
from tests.e2e.surroundings import PATIENCE, command, environment, small_project
from tests.ports import free_port

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/libexec")

pytestmark = pytest.mark.skipif(
    SSHD is None or shutil.which("ssh") is None or shutil.which("ssh-keygen") is None,
    reason="sshd is not installed",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[list[str]]:
    """The beginning of an ``ssh`` command line that reaches an sshd which only this test's key opens."""
    assert SSHD is not None
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(key, check=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
    port = free_port()
    (tmp_path / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {tmp_path / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {tmp_path / 'user.pub'}\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintMotd no\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # started by root, sshd insists on it
    with (tmp_path / "sshd.log").open("wb") as log:
        sshd = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(tmp_path / "sshd_config")], stdin=subprocess.DEVNULL, stderr=log
        )
        try:
            wait_for(port, sshd, tmp_path / "sshd.log")
            yield [
                "ssh", "-F", "/dev/null", "-tt", "-p", str(port), "-i", str(tmp_path / "user"),
                "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR",
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                f"{getpass.getuser()}@127.0.0.1",
            ]  # fmt: skip
        finally:
            sshd.terminate()
            sshd.wait(PATIENCE)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the port answers."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def over_ssh(server: list[str], folder: Path, **more: str) -> PseudoTerminal:
    """The dashboard at the other end of a connection; ``more`` is the client's environment."""
    root = small_project(folder)
    assignments = [f"{name}={value}" for name, value in environment(folder).items()]
    remote = shlex.join(["env", *assignments, *command(str(root))])
    return PseudoTerminal([*server, remote], {"PATH": os.environ["PATH"], "HOME": "/nowhere", **more})


def session_of(process: int) -> int:
    """The sshd process that serves the connection which ``process`` came by."""
    while True:
        name, _, rest = Path(f"/proc/{process}/stat").read_text().rpartition(")")
        if "(sshd" in name:
            return process
        process = int(rest.split()[1])
        assert process > 1


def test_colours_keys_and_sizes_come_through_ssh(server: list[str], tmp_path: Path) -> None:
    with over_ssh(server, tmp_path, TERM="xterm-256color", COLORTERM="truecolor") as terminal:
        terminal.wait("\x1b[?1049h", "Overview", "/100")
        assert b"38;5;" in terminal.seen()
        assert b"38;2;" not in terminal.seen()  # SSH passes TERM on, COLORTERM it does not
        terminal.wait("FD101", since=terminal.press("2"))
        before = terminal.count()
        terminal.resize(120, 40)
        terminal.wait("quit", since=before)  # the footer is there again
        terminal.press("q")
        assert terminal.wait_for_end() == 0
        assert terminal.left_on() == []
        assert gone(tmp_path)


def test_a_cut_connection_ends_the_dashboard(server: list[str], tmp_path: Path) -> None:
    with ExitStack() as stack:
        running = {}
        for name in ("client", "server"):
            (tmp_path / name).mkdir()
            running[name] = stack.enter_context(over_ssh(server, tmp_path / name, TERM="screen"))
        for name, terminal in running.items():
            terminal.wait("Overview", "/100")
            assert len(processes(tmp_path / name)) >= 2
        running["client"].process.kill()
        dashboard = min(processes(tmp_path / "server"))  # not one of git's, which come and go
        os.kill(session_of(dashboard), signal.SIGKILL)
        for name, terminal in running.items():
            assert terminal.wait_for_end() != 0
            assert gone(tmp_path / name), processes(tmp_path / name)
