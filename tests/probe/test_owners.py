"""Who listens where, read from a /proc that is made for the test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flaskdoctor.probe.owners import holders, inode_of, listeners, owners, started

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def row(address: str, inode: int, state: str = "0A") -> str:
    return f"   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1 0\n"


class Proc:
    """A /proc with a few processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "net").mkdir(parents=True)
        self.listening("", "")

    def listening(self, tcp: str, tcp6: str = "") -> None:
        (self.folder / "net" / "tcp").write_text(HEAD + tcp)
        (self.folder / "net" / "tcp6").write_text(HEAD + tcp6)

    def process(self, pid: int, command: str, cwd: Path, *inodes: int, start: int = 7) -> None:
        folder = self.folder / str(pid)
        (folder / "fd").mkdir(parents=True)
        (folder / "cmdline").write_bytes(command.replace(" ", "\0").encode() + b"\0")
        (folder / "cwd").symlink_to(cwd)
        (folder / "stat").write_text(f"{pid} (a) b) S " + "0 " * 18 + f"{start} 0 0")
        for number, inode in enumerate(inodes):
            (folder / "fd" / str(number)).symlink_to(f"socket:[{inode}]")

    def __str__(self) -> str:
        return str(self.folder)


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path / "proc")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


def test_addresses_are_those_to_connect_to(proc: Proc) -> None:
    everywhere6, loopback6 = "0" * 32, "0" * 24 + "01000000"
    mapped = "0000000000000000FFFF00000100007F"
    proc.listening(
        row("0100007F:1388", 1) + row("00000000:1389", 2) + row("0500A8C0:138A", 3) + row("0100007F:9999", 9, "01"),
        row(f"{everywhere6}:138B", 4) + row(f"{loopback6}:138C", 5) + row(f"{mapped}:138D", 6),
    )
    assert [(item.host, item.port) for item in listeners(str(proc))] == [
        ("127.0.0.1", 5000),
        ("127.0.0.1", 5001),
        ("192.168.0.5", 5002),
        ("127.0.0.1", 5003),
        ("::1", 5004),
        ("127.0.0.1", 5005),
    ]
    assert inode_of("localhost", 5000, str(proc)) == 1
    assert inode_of("::1", 5004, str(proc)) == 5
    assert inode_of("127.0.0.1", 4999, str(proc)) is None


def test_where_there_is_no_proc_nobody_is_seen(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "none")
    assert listeners(nowhere) == ()
    assert owners(str(tmp_path), nowhere) == ()
    assert holders(1, proc=nowhere) == ()
    assert started(1, nowhere) == 0


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/venv/bin/python3 /venv/bin/flask run --debug", "flask run"),
        ("/venv/bin/python -m flask --app shop run -p 1", "flask run"),
        ("/venv/bin/python /x/flaskdoctor/devserver/timed.py --app shop run --debug", "flask run"),
        ("/venv/bin/python -m quart run --debug", "quart run"),
        ("python3.12 run.py", "python run.py"),
        ("python -m shop", "python"),
        ("gunicorn: master [shop:app]", "gunicorn"),
        ("/venv/bin/python /venv/bin/gunicorn -b :5000 shop:app", "gunicorn"),
        ("/usr/bin/uwsgi --http :5000", "uwsgi"),
        ("/venv/bin/python /venv/bin/waitress-serve shop:app", "waitress-serve"),
        ("node vite", None),
        ("/usr/bin/postgres -D data", None),
        ("python -m http.server 5000", None),
        ("python /venv/lib/debugpy/adapter --port 5000", None),
        ("python -m celery -A shop flower", None),
        ("python -m flaskdoctor --demo", None),
        ("", None),
    ],
)
def test_programs_that_serve_flask_are_known(proc: Proc, shop: Path, command: str, words: str | None) -> None:
    proc.listening(row("0100007F:1388", 1))
    proc.process(50, command, shop, 1)
    found = owners(str(shop), str(proc))
    assert [owner.words for owner in found] == ([] if words is None else [f"{words}, pid 50"])


def test_nothing_of_a_command_line_is_repeated_but_the_program(proc: Proc, shop: Path) -> None:
    proc.listening(row("0100007F:1388", 1))
    proc.process(50, "python run.py --token canary SECRET_KEY=canary", shop, 1)
    assert "canary" not in repr(owners(str(shop), str(proc)))


def test_parent_and_child_hold_one_socket(proc: Proc, shop: Path) -> None:
    (shop / "src").mkdir()
    proc.listening(row("0100007F:1388", 1) + row("0100007F:1389", 2))
    proc.process(50, "python /venv/bin/flask run --cert adhoc", shop, 1, start=11)
    proc.process(60, "python /venv/bin/flask run --cert adhoc", shop / "src", 1, start=12)
    proc.process(70, "python /venv/bin/flask run", shop.parent, 2)
    (owner,) = owners(str(shop), str(proc))
    assert owner.processes == ((50, 11), (60, 12))
    assert (owner.words, owner.scheme) == ("flask run, pid 50", "https")
    assert holders(1, proc=str(proc)) == ((50, 11), (60, 12))


def test_a_folder_of_a_similar_name_is_another(proc: Proc, shop: Path) -> None:
    other = shop.parent / "shop-old"
    other.mkdir()
    proc.listening(row("0100007F:1388", 1))
    proc.process(50, "python /venv/bin/flask run", other, 1)
    assert owners(str(shop), str(proc)) == ()


def test_a_process_that_ended_is_not_there_any_more(proc: Proc, shop: Path) -> None:
    proc.process(50, "python run.py", shop, start=99)
    assert started(50, str(proc)) == 99
    (proc.folder / "50" / "stat").write_text("50 (python) Z " + "0 " * 18 + "99 0")
    assert started(50, str(proc)) == 0
    assert started(os.getpid() + 10_000_000, str(proc)) == 0
