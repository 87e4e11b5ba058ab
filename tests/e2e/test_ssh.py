"""The dashboard over a real SSH connection: an sshd of the test's own on a loopback port."""

import contextlib
import fcntl
import getpass
import os
import pty
import select
import shlex
import shutil
import socket
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.surroundings import command, environment, small_project
from tests.e2e.tmux import PATIENCE

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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
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


def read_until(terminal: int, text: bytes) -> bytes:
    """What is written to the terminal, up to and including ``text``."""
    deadline = time.monotonic() + PATIENCE
    seen = b""
    while text not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"never saw {text!r} in {seen!r}"
        try:
            seen += os.read(terminal, 65536)
        except OSError:
            raise AssertionError(f"ended before {text!r} in {seen!r}") from None
    return seen


def test_the_dashboard_opens_over_ssh_and_q_ends_it(server: list[str], tmp_path: Path) -> None:
    root = small_project(tmp_path)
    assignments = [f"{name}={value}" for name, value in environment(tmp_path).items()]
    remote = shlex.join(["env", *assignments, *command(str(root))])
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    client = subprocess.Popen(
        [*server, remote],
        stdin=child,
        stdout=child,
        stderr=child,
        env={**os.environ, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(child)
    try:
        read_until(parent, b"Overview")
        os.write(parent, b"q")
        read_until(parent, b"\x1b[?1049l")  # the terminal's own screen is back
        assert client.wait(PATIENCE) == 0
    finally:
        if client.poll() is None:
            client.kill()
            client.wait()
        os.close(parent)
