"""FD410: the project lies on a Windows drive, and Linux (WSL) works on it."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "import flask\n"


class ProjectOnWindowsMount(ProjectRule):
    """The project lies on a Windows drive under WSL: everything is slow there, and the reloader misses changes.

    ## What it finds

    A project below `/mnt/c` (or wherever else WSL has mounted a drive of Windows), when flaskdoctor runs within WSL.
    Linux' own list of mounts says so; outside of WSL nothing is asked. It is information about this machine, not about
    the project, and it never lowers the score.

    ## Why it matters

    Every file that is opened there goes through a server on the Windows side: starting Flask, `pip install`, `git
    status` and the tests take several times as long. And the drive sends no word of changes (inotify) to Linux: with
    watchdog installed, `flask run --debug` sees nothing when a file is saved in an editor on Windows, and does not
    restart. File modes (`chmod +x`, a private `.env`) do not stick either, unless the drive is mounted with
    `metadata`.

    ## What to do instead

    Keep the project in Linux' own file system and open it from Windows:

    ```console
    git clone /mnt/c/Users/ada/shop ~/shop
    cd ~/shop && code .
    ```

    The explorer has it at `\\\\wsl$\\Ubuntu\\home\\ada\\shop`. What cannot move is looked through again and again
    instead: the reloader does so where watchdog is not installed, or with `app.run(debug=True, reloader_type="stat")`.

    ## References

    - [Microsoft: working across file systems](https://learn.microsoft.com/en-us/windows/wsl/filesystems)
    - [WSL: inotify does not work on Windows' drives](https://github.com/microsoft/WSL/issues/4739)
    - [Werkzeug: the reloader](https://werkzeug.palletsprojects.com/en/stable/serving/#reloader)
    """

    code = "FD410"
    name = "project-on-windows-mount"
    tip = Tip.PORTABILITY
    severity = Severity.INFO

    # ``#wsl``: the line of ``/proc/mounts`` for the folder above the project, "{}" is that folder.
    bad = [
        Bad({"#wsl": "C:\\134 {} 9p rw,noatime,dirsync,aname=drvfs;path=C:\\;uid=1000;gid=1000 0 0", "app.py": APP}),
        Bad({"#wsl": "C: {} drvfs rw,noatime,uid=1000,gid=1000,case=off 0 0", "app.py": APP}),
        Bad({"#wsl": "drvfsa0 {} virtiofs rw,noatime 0 0", "app.py": APP}),
        Bad({"#wsl": "drvfs {} 9p rw,trans=virtio,aname=drvfs;path=D:\\;uid=0 0 0", "app.py": APP}),
    ]
    good = [
        {"app.py": APP},
        {"#wsl": "/dev/sdc {} ext4 rw,relatime,discard 0 0", "app.py": APP},
        # Another machine's folders, shared the same way.
        {"#wsl": "hostshare {} 9p rw,trans=virtio,version=9p2000.L 0 0", "app.py": APP},
        {"#wsl": "//server/share {} cifs rw 0 0", "app.py": APP},
        # The drive is mounted somewhere else.
        {"#wsl": "C:\\134 {}/other 9p rw,aname=drvfs;path=C:\\ 0 0", "app.py": APP},
        {"#wsl": "C:\\134 {}-of-windows 9p rw,aname=drvfs;path=C:\\ 0 0", "app.py": APP},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The project's folder as a whole."""
        from flaskdoctor.project.deployment.windowsmount import windows_mount

        mount = windows_mount(project.root, project.environ)
        if mount:
            yield Issue(
                f"The project lies on a Windows drive ({mount}): slow under WSL, and changes are not told",
                Location("."),
                "mount",
                advice="Clone it into Linux' own file system, as in `git clone . ~/shop`.",
            )
