"""Whether a project lies on a Windows drive is read from Linux' own list of mounts, and asked for within WSL alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.project.deployment import windowsmount
from flaskdoctor.project.deployment.windowsmount import windows_mount

WSL = frozenset({"WSL_DISTRO_NAME", "HOME"})


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    proc = tmp_path / "proc"
    proc.mkdir()
    monkeypatch.setattr(windowsmount, "PROC", str(proc))
    return proc / "mounts"


def test_the_innermost_mount_decides(mounts: Path, tmp_path: Path) -> None:
    shop = tmp_path / "c" / "linux" / "shop"
    shop.mkdir(parents=True)
    drive = f"C:\\134 {tmp_path}/c 9p rw,aname=drvfs;path=C:\\;uid=0 0 0\n"
    mounts.write_text(drive)
    assert windows_mount(str(shop), WSL) == f"{tmp_path}/c"
    mounts.write_text(f"{drive}/dev/sdc {tmp_path}/c/linux ext4 rw 0 0\n")
    assert windows_mount(str(shop), WSL) == ""


def test_a_mount_point_with_a_blank_is_understood(mounts: Path, tmp_path: Path) -> None:
    shop = tmp_path / "my drive" / "shop"
    shop.mkdir(parents=True)
    mounts.write_text(f"D: {tmp_path}/my\\040drive drvfs rw 0 0\n")
    assert windows_mount(str(shop), WSL) == f"{tmp_path}/my drive"


def test_a_link_to_the_drive_lies_on_the_drive(mounts: Path, tmp_path: Path) -> None:
    (tmp_path / "c" / "shop").mkdir(parents=True)
    (tmp_path / "shop").symlink_to(tmp_path / "c" / "shop")
    mounts.write_text(f"C: {tmp_path}/c drvfs rw 0 0\n")
    assert windows_mount(str(tmp_path / "shop"), WSL) == f"{tmp_path}/c"


def test_outside_of_wsl_no_mounts_are_read(mounts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts.write_text(f"C: {tmp_path} drvfs rw 0 0\n")
    read = []
    monkeypatch.setattr(windowsmount, "read_bytes", lambda *given: read.append(given))
    assert windows_mount(str(tmp_path), frozenset({"HOME"})) == ""
    assert read == []


def test_the_usual_place_is_enough_where_sudo_dropped_the_variables(mounts: Path) -> None:
    mounts.write_text("C:\\134 /mnt/c 9p rw,aname=drvfs;path=C:\\ 0 0\n")
    assert windows_mount("/mnt/c/Users/ada/shop", frozenset()) == "/mnt/c"
    assert windows_mount("/mnt/cdrom/shop", frozenset()) == ""


def test_no_list_of_mounts_or_a_strange_one_is_no_drive(mounts: Path, tmp_path: Path) -> None:
    assert windows_mount(str(tmp_path), WSL) == ""
    mounts.write_bytes(b"\xff\n\n /\nC: / drvfs\n" + b"a " * 10)
    assert windows_mount(str(tmp_path), WSL) == ""
