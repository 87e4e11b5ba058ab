"""FD401: two names that differ in their case alone are one file on Windows and macOS."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "import flask\n"


class CaseCollidingNames(ProjectRule):
    """Two files or folders whose names differ in upper and lower case alone: on Windows and macOS one of them is gone.

    ## What it finds

    Files, or folders, of one folder whose names are the same to a file system that does not tell case apart:
    `Models.py` beside `models.py`, `static/Logo.png` beside `static/logo.png`, a folder `Templates` beside `templates`,
    also with accents that are written in two ways (`café`). Two folders of which each holds other files are a
    warning: they are merged, and nothing is lost but the name of one. What git ignores is left out.

    It takes a file system that tells case apart, such as Linux' own, to have both; so this is found there.

    ## Why it matters

    Git writes both files to the same place. Which one survives depends on the order; `git clone` prints "the following
    paths have collided" and `git status` shows a change that nobody made and that no `git checkout` gets rid of.
    Where the lost one is a module, a template or a picture, the app breaks on just those machines. And Python
    tells case apart everywhere: after `Shop/` and `shop/` have become one folder, one of `import Shop` and
    `import shop` is a `ModuleNotFoundError`.

    ## What to do instead

    Rename one of them; lower case for modules, templates and static files avoids it for good:

    ```console
    $ git mv static/Logo.png static/logo-large.png
    ```

    On Windows or macOS a rename that changes the case alone needs git itself (`git mv Logo.png logo.png`), since to the
    file system nothing has changed. `git ls-files | sort -f | uniq -di` lists what collides.

    ## References

    - [git: core.ignoreCase](https://git-scm.com/docs/git-config#Documentation/git-config.txt-coreignoreCase)
    - [PEP 235: import on case-insensitive platforms](https://peps.python.org/pep-0235/)
    - [Microsoft: naming files](https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file)
    """

    code = "FD401"
    name = "case-colliding-names"
    tip = Tip.PORTABILITY
    severity = Severity.ERROR

    bad = [
        Bad({"app.py": APP, "shop/Models.py": "", "shop/models.py": ""}),
        Bad({"app.py": APP, "static/logo.PNG": "a", "static/Logo.png": "b", "static/logo.png": "c"}, hits=2),
        # Folders: of one that holds the same file twice, and one that does not.
        Bad({"app.py": APP, "Templates/index.html": "", "templates/index.html": ""}),
        Bad({"app.py": APP, "Static/site.css": "", "static/site.js": ""}),
        Bad({"app.py": APP, "Shop/__init__.py": "", "shop/cart.py": ""}),
        # A folder and a file.
        Bad({"app.py": APP, "Docs": "", "docs/index.md": ""}),
        # Not ASCII; an accent written as one character and as two.
        Bad({"app.py": APP, "templates/\u00c4pfel.html": "", "templates/\u00e4pfel.html": ""}),
        Bad({"app.py": APP, "static/caf\u00e9.png": "", "static/cafe\u0301.png": ""}),
        # A file that git tracks, and one that it would take in.
        Bad({"#git": "track:README.md", "app.py": APP, "README.md": "", "Readme.md": "", ".gitignore": "*.log\n"}),
    ]
    good = [
        {"app.py": APP, "shop/models.py": "", "blog/Models.py": ""},
        {"app.py": APP, "static/Logo.png": "", "static/logo.svg": "", "static/logo2.png": ""},
        {"app.py": APP, "README.md": "", "readme.rst": "", "docs/README.md": ""},
        # What is not committed.
        {"#git": "init", "app.py": APP, "Debug.log": "", "debug.log": "", ".gitignore": "*.log\n"},
        {"#git": "init", "app.py": APP, "Build/a.txt": "", "build/a.txt": "", ".gitignore": "/[Bb]uild/\n"},
        {"app.py": APP, "static/node_modules/a/Index.js": "", "static/node_modules/a/index.js": ""},
        # Two letters that only look alike, and a name whose upper case is longer.
        {"app.py": APP, "static/stra\u00dfe.png": "", "static/strasse.png": ""},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The topmost names that collide: what lies in two folders that do is told with them."""
        names = (*project.files.files, *filter(None, project.files.folders))
        if len(set(map(str.lower, names))) == len(names) and (all(map(str.isascii, names)) or _all_differ(names)):
            return
        names = _committed(project, names)
        folders = frozenset(project.files.folders)
        first: dict[str, str] = {}
        second: set[str] = set()  # the folders that are told of
        for path in sorted(names, key=lambda name: (name.count("/"), name)):
            folder = path.rpartition("/")[0]
            if any(f"{folder}/".startswith(f"{each}/") for each in second):
                continue
            other = first.setdefault(_key(path), path)
            if other == path or any(f"{other}/".startswith(f"{each}/") for each in second):
                continue
            if path in folders:
                second.add(path)
            merged = path in folders and other in folders
            harmless = merged and not _lose_something(names, other, path)
            yield Issue(
                f"{other.rpartition('/')[2]} and {path} are one {'folder' if merged else 'name'} on Windows and macOS",
                Location(path),
                path,
                severity=Severity.WARNING if harmless else None,
            )


def _key(path: str) -> str:
    """What a path is to a file system that does not tell case apart, letter by letter: ``ß`` is not ``ss`` there."""
    if path.isascii():
        return path.lower()
    import unicodedata

    folded = ((char, char.casefold()) for char in unicodedata.normalize("NFC", path))
    return "".join(low if len(low) == 1 else char for char, low in folded)


def _all_differ(names: tuple[str, ...]) -> bool:
    return len(set(map(_key, names))) == len(names)


def _committed(project: Project, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names without those that git ignores: discovery leaves out only folders and Python files."""
    from flaskdoctor.project.vcs.git import ignored_paths

    ignored, _ = ignored_paths(project.root)
    return tuple(name for name in names if name not in ignored)


def _lose_something(names: tuple[str, ...], one: str, other: str) -> bool:
    """Whether two folders that become one lose a file, or hold modules of which one name cannot be imported then."""
    inside = [name for name in names if name.startswith((f"{one}/", f"{other}/"))]
    if any(name.endswith(".py") for name in inside):
        return True
    keys = [_key(name) for name in inside]
    return len(set(keys)) < len(keys)
