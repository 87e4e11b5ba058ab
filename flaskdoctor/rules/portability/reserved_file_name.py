"""FD402: a name that no file can have on Windows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "import flask\n"

# The device, blanks behind it, and any extension: what Git for Windows refuses too (``is_valid_win32_path``).
_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|com[1-9\u00b9\u00b2\u00b3]|lpt[1-9\u00b9\u00b2\u00b3]|conin\$|conout\$) *(?:\..*)?", re.I
)
_DEVICES = re.compile(r"/(?:con(?:in\$|out\$)?|prn|aux|nul|com\S|lpt\S)[ ./]")
_CHARACTERS = '<>:"|?*\\'


class ReservedFileName(ProjectRule):
    """A file or folder whose name Windows does not allow: the repository cannot be checked out there.

    ## What it finds

    Names of files and folders

    - that are a device of old: `con`, `prn`, `aux`, `nul`, `com1` to `com9`, `lpt1` to `lpt9`, in any case and with any
      extension (`aux.py`, `Con.tar.gz`)
    - with one of `< > : " | ? * \\` or a control character in them (`backup_12:30.sql`)
    - that end with a dot or a blank.

    Several names of one folder with the same trouble are one finding. What git ignores is left out.

    ## Why it matters

    `git clone` on Windows stops with `error: invalid path 'shop/aux.py'` and checks out *nothing*: one such file in the
    corner of a repository keeps everybody with that system from working on it, also for every later commit from which
    the file has been removed again but which somebody wants to go back to. Zip archives lose the file or fail.

    ## What to do instead

    Rename it: `git mv shop/aux.py shop/auxiliary.py`. For what the app writes itself (uploads, backups, reports by
    time), `werkzeug.utils.secure_filename` knows these names, on Windows it puts a `_` before a device's, and
    `now.strftime("%Y-%m-%dT%H%M%S")` is a time without a colon.

    ## References

    - [Microsoft: naming files, paths, and
      namespaces](https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file)
    - [git: core.protectNTFS](https://git-scm.com/docs/git-config#Documentation/git-config.txt-coreprotectNTFS)
    - [Werkzeug: secure_filename](https://werkzeug.palletsprojects.com/en/stable/utils/#werkzeug.utils.secure_filename)
    """

    code = "FD402"
    name = "reserved-file-name"
    tip = Tip.PORTABILITY
    severity = Severity.ERROR

    bad = [
        Bad({"app.py": APP, "shop/aux.py": ""}),
        Bad({"app.py": APP, "templates/Con.html": "", "static/nul": "", "static/LPT1.tar.gz": ""}, hits=3),
        Bad({"app.py": APP, "prn/index.html": "", "prn/help.html": ""}),
        Bad({"app.py": APP, "backup_12:30.sql": "", "static/what?.png": "", "static/a|b.txt": ""}, hits=3),
        Bad({"app.py": APP, "notes.": "", "static/logo .": "", "docs /index.md": ""}, hits=3),
        Bad({"app.py": APP, "static\\logo.png": "", "com1 .txt": "", "a\tb.txt": ""}, hits=3),
        Bad({"#git": "track:app.py", "app.py": APP, "aux.py": "", ".gitignore": "*.log\n"}),
        # Once a folder, where a habit is behind it.
        Bad(
            {"app.py": APP, "log/10:00.txt": "", "log/10:30.txt": "", "log/11:00.txt": "", "bak/10:00.txt": ""}, hits=2
        ),
    ]
    good = [
        {"app.py": APP, "auxiliary.py": "", "console.py": "", "null.py": "", "printer.py": "", "common/com.py": ""},
        {"app.py": APP, "static/com10.png": "", "lpt.txt": "", "com0x.txt": "", "config/lpt/a.txt": "", "conf.d/a": ""},
        {"app.py": APP, "my.aux": "", "static/no.con": "", ".aux": "", "a.nul.txt": "", "aux_data.csv": ""},
        {"app.py": APP, "static/a b.png": "", "..data": "", "static/.keep": "", "a;b,c='d'.txt": "", "[id].html": ""},
        # What is not committed.
        {"#git": "init", "app.py": APP, "nul": "", "log/12:30.log": "", ".gitignore": "nul\n*.log\n"},
        {"#git": "init", "app.py": APP, "uploads/a?.png": "", ".gitignore": "uploads/\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """Once a folder and reason, and the folder rather than what lies in it."""
        text = "/" + "/".join((*project.files.files, *project.files.folders)) + "/"
        plain = text.isprintable() and not any(sign in text for sign in (*_CHARACTERS, "./", " /"))
        if plain and _DEVICES.search(text.lower()) is None:
            return
        from flaskdoctor.project.vcs.git import ignored_paths

        ignored, _ = ignored_paths(project.root)
        found: dict[tuple[str, str], list[str]] = {}
        seen: set[str] = set()
        for path in (*filter(None, project.files.folders), *project.files.files):
            if path in ignored:
                continue
            place, part, why = next(
                ((place, part, _why(part)) for place, part in _parts(path) if _why(part)), ("", "", "")
            )
            if why and place not in seen:
                seen.add(place)
                found.setdefault((place[: -len(part)], why), []).append(place)
        for (folder, why), places in found.items():
            more = f" (and {len(places) - 1} more in this folder)" if len(places) > 1 else ""
            name = _shown(places[0].rpartition("/")[2])
            yield Issue(f"{name} cannot be a name on Windows: {why}{more}", Location(places[0]), f"{folder}: {why}")


def _parts(path: str) -> Iterator[tuple[str, str]]:
    """The folders of a path from the top and the file, each with the path up to it."""
    end = 0
    for part in path.split("/"):
        end += len(part)
        yield path[:end], part
        end += 1


def _why(name: str) -> str:
    if _DEVICE.fullmatch(name):
        return f"{name.partition('.')[0].strip().upper()} is a device there"
    bad = next((char for char in name if char in _CHARACTERS or char < " "), "")
    if bad:
        return f"it has a {bad}" if bad.isprintable() else "it has a control character"
    if name.endswith((".", " ")):
        return "it ends with a dot" if name.endswith(".") else "it ends with a blank"
    return ""


def _shown(name: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in name)
