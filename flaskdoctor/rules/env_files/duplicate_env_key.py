"""FD315: an env file that sets a key more than once."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.env.envfile import Binding, EnvFile
from flaskdoctor.project.env.envreaders import read_files
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "from dotenv import load_dotenv\nload_dotenv()\n"


class DuplicateEnvKey(ProjectRule):
    """An env file sets the same key in several lines, and only the last of them counts.

    ## What it finds

    A key that stands twice or more in one env file: `.env`, `.flaskenv`, `.env.local` and the like, also in folders
    (`backend/.env`). It is information where all lines say the same, where only the last one has a value, and in a
    template or a file of which nothing says that Python reads it.

    A line that builds on the one above (`PATHS=${PATHS}:/more`) is no second setting. A key with another one in
    `.flaskenv` is none either: there `.env` wins, and that is what the two files are for.

    ## Why it matters

    python-dotenv takes the last line and says nothing. Whoever changes the first one, because it is found first,
    wonders why the app does not follow; and a key that was changed after a leak is still the old one.

    ## What to do instead

    Keep the one line that is meant. What is kept for another day belongs behind a `#`:

    ```ini
    # DATABASE_URL=sqlite:///shop.db
    DATABASE_URL=postgresql://localhost/shop
    ```

    No fix is offered: which of the values is the right one, only you know.

    ## References

    - [python-dotenv: file format](https://saurabh-kumar.com/python-dotenv/#file-format)
    """

    code = "FD315"
    name = "duplicate-env-key"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    bad = [
        Bad({"app.py": APP, ".env": "DATABASE_URL=sqlite:///shop.db\nA=1\nexport DATABASE_URL='db://shop'\n"}),
        # Three lines, one finding; the last one is empty.
        Bad({"app.py": APP, ".env": "A=1\n\n# B\nB=1\nA=2\r\nA=\n"}),
        # Information: the same twice; a value is filled in below; a template.
        Bad({"app.py": APP, ".env": 'A=1\nB=2\nA="1"\n', ".env.example": "A=\nB=\n"}),
        Bad({"app.py": APP, ".env": "A=\nB=2\nA=1\n", ".env.example": "A=\nB=\nA=\n"}, hits=2),
        # The folder of the module that loads it; a file that the code names.
        Bad({"web/__init__.py": APP, "web/.env": "A=1\nA=2\n"}),
        Bad({"app.py": "from dotenv import load_dotenv\nload_dotenv('.env.shop')\n", ".env.shop": "A=1\nA=2\n"}),
        Bad({"shop/__init__.py": "import flask\n", ".flaskenv": "FLASK_APP=shop\nFLASK_DEBUG=1\nFLASK_DEBUG=0\n"}),
        # No proper name: its line is named.
        Bad({"app.py": APP, ".env": "my.key=1\nmy.key=2\n"}),
    ]
    good = [
        {"app.py": APP, ".env": "A=1\n# A=2\nB=1\nAA=1\na=1\n"},
        # It builds on the line above; the two files of Flask.
        {"app.py": APP, ".env": "A=1\nA=${A}:2\n", ".flaskenv": "B=1\n"},
        {"app.py": APP, ".env": "FLASK_DEBUG=0\n", ".flaskenv": "FLASK_DEBUG=1\n"},
        # A name without = takes the key back: FD317. Text that looks like keys, in a value of several lines.
        {"app.py": APP, ".env": "A=1\nexport A\n"},
        {"app.py": APP, ".env": "A='[x]\nname=1\nname=2\n'\n"},
        # Behind a line that cannot be read nothing is certain (FD316 speaks); a copy that is kept.
        {"app.py": APP, ".env": "B: 1\nA=1\nA=2\n"},
        {"app.py": APP, ".env": "A=1\nB: 1\nA=2\n"},
        {"app.py": APP, ".env.bak": "A=1\nA=2\n"},
        # Alternatives in a template, of which all but one are commented out.
        {"app.py": APP, ".env.example": "# DATABASE_URL=sqlite://\nDATABASE_URL=\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The keys that are set again, file by file."""
        for read in read_files(project):
            yield from _of_file(read.file, soft=not read.by_dotenv)
        for template in project.env.templates:
            yield from _of_file(template, soft=True)


def _of_file(file: EnvFile, *, soft: bool) -> Iterator[Issue]:
    lines: dict[str, list[Binding]] = {}
    for binding in file.bindings:
        if not file.doubt or binding.line < file.doubt:
            lines.setdefault(binding.name.reveal(), []).append(binding)
    for name, several in lines.items():
        last = several[-1]
        if len(several) < 2 or file.last(name) is not last or any(each.value is None for each in several):
            continue
        values = [each.value.reveal() if each.value is not None else "" for each in several]
        if any(f"${{{name}}}" in value or f"${{{name}:-" in value for value in values[1:]):
            continue
        same = len(set(values)) == 1
        harmless = same or (not any(values[:-1]) and bool(values[-1]))
        yield Issue(
            _message(file.path, several, same=same),
            Location(file.path, last.line),
            last.shown if last.named else f"line {last.line}",
            severity=Severity.INFO if soft or harmless else None,
        )


def _message(path: str, several: list[Binding], *, same: bool) -> str:
    last = several[-1]
    what = last.shown if last.named else f"The name on line {several[0].line}"
    lines = [str(each.line) for each in several]
    where = f"lines {', '.join(lines[:-1])} and {lines[-1]}" if len(lines) < 6 else f"{len(lines)} lines"
    if same:
        return f"{what} stands in {where} of {path}, each time with the same value"
    how = "line {} counts, which is empty" if last.empty else "only line {} counts"
    return f"{what} stands in {where} of {path}: {how.format(last.line)}"
