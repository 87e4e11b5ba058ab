"""FD319: an env file in an encoding that python-dotenv cannot read."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.env.envfile import EnvFile
from flaskdoctor.project.env.envreaders import read_files
from flaskdoctor.project.env.envuse import counts
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.versions.dotenvversion import STRIPS_BOM, DotenvRange, dotenv_range
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "from dotenv import load_dotenv\nload_dotenv()\n"
OLD = {"app.py": APP, "requirements.txt": "flask\npython-dotenv==1.0.1\n"}
BOM = "\ufeff"
_ADVICE = (
    "Save the file as UTF-8 without a byte order mark. In PowerShell 5, `>` and `Out-File` write UTF-16: use "
    "`Set-Content -Encoding ascii`, or the editor."
)


class EnvFileEncoding(ProjectRule):
    """An env file is not plain UTF-8, so python-dotenv fails at it, or misses its first key.

    ## What it finds

    In `.env`, `.flaskenv`, the env files that the code loads and the templates:

    - UTF-16, as PowerShell's `>` and Notepad's "Unicode" write it, also without its mark,
    - bytes that are no UTF-8 (an umlaut that was saved as Latin-1), also in a comment,
    - a NUL character,
    - a byte order mark (BOM) in front, where the project's python-dotenv is older than 1.2.3. Newer releases strip it.

    In a template it is a warning. It is silent about an encoding where `load_dotenv(encoding=..)` names one.

    ## Why it matters

    `flask run` ends with `UnicodeDecodeError: 'utf-8' codec can't decode byte ..`, or with `ValueError: embedded null
    byte`: one letter in a comment is enough, and the message does not name the file.

    With a BOM it is worse, for nothing is said: the first key is called `\\ufeffSECRET_KEY` and the app gets None for
    `SECRET_KEY`; `export SECRET_KEY=..` in the first line is skipped. A comment or a blank line there does no harm, so
    then it is information.

    ## What to do instead

    Save the file as UTF-8. The fix takes a BOM away; other encodings are yours to convert, as only you know what the
    letters were.

    ## References

    - [python-dotenv: changelog](https://saurabh-kumar.com/python-dotenv/changelog/)
    - [PowerShell: about character
    encoding](https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.core/about/about_character_encoding)
    """

    code = "FD319"
    name = "env-file-encoding"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    fix_title = "Take the byte order mark away"
    bad = [
        Bad(
            {**OLD, ".env": f"{BOM}SECRET_KEY='kiln'\r\nA=1 # one"},
            fixed={".env": "SECRET_KEY='kiln'\r\nA=1 # one"},
        ),
        # Information: the line with the mark is a comment.
        Bad({**OLD, ".flaskenv": f"{BOM}# Flask\nA=1\n"}, fixed={".flaskenv": "# Flask\nA=1\n"}),
        # UTF-16 with and without a mark, Latin-1, a NUL; the files that the code loads, and a template.
        Bad({"app.py": APP, ".env": "\udcff\udcfeA\0=\x001\0\n\0"}),
        Bad({"app.py": APP, ".env": "A\0=\x001\0\n\0"}),
        Bad({"web/__init__.py": APP, "web/.env": "# caf\udce9\nA=1\n"}),
        Bad({"app.py": APP, ".env.example": "A=\0\n"}),
        Bad({"app.py": "from dotenv import load_dotenv\nload_dotenv('.env.shop')\n", ".env.shop": "A=caf\udce9\n"}),
    ]
    good = [
        {"app.py": APP, ".env": "# café, 咖啡\nA='é'\nB=\n"},
        # Newer releases strip the mark, and the newest is what an installer takes.
        {"app.py": APP, ".env": f"{BOM}A=1\n", "requirements.txt": "flask\npython-dotenv\n"},
        {"app.py": APP, ".env": f"{BOM}A=1\n", "requirements.txt": "flask\npython-dotenv==1.2.3\n"},
        {"app.py": APP, ".env": f"{BOM}A=1\n", "pyproject.toml": '[project]\ndependencies = ["environs"]\n'},
        {"app.py": APP, ".env": "", ".flaskenv": "\n", "requirements.txt": "flask\npython-dotenv==1.0.1\n"},
        # The code says which encoding it is; another program's file.
        {"app.py": "import dotenv\ndotenv.load_dotenv(encoding='latin-1')\n", ".env": "A=caf\udce9\n"},
        {"app.py": "import flask\n", "frontend/package.json": "{}\n", "frontend/.env": "VITE_A=caf\udce9\n"},
        {"app.py": "import flask\n", "db.env": "A=caf\udce9\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The files that are no plain UTF-8."""
        found = [(read.file, False) for read in read_files(project) if read.by_dotenv]
        found += [(template, True) for template in project.env.templates]
        marked = [file for file, soft in found if file.bom and not soft]
        version = dotenv_range(project) if marked else None
        named = any(load.encoded for facts in project.modules.values() if counts(facts) for load in facts.env_loads)
        for file, soft in found:
            if file.state == "encoding" and not (named and "NUL" not in file.trouble):
                message = f"{file.path} cannot be read: {file.trouble}" + ("" if soft else ", so Flask stops at it")
                severity = Severity.WARNING if soft else None
                yield Issue(message, _place(file), file.path, severity, fixable=False, advice=_ADVICE)
        for file in marked if version is not None and not named else ():
            if version is not None and file.readable and version.perhaps_before(STRIPS_BOM):
                yield _marked(file, version)

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The file without its mark."""
        from flaskdoctor.fixes.envfile import strip_bom

        path = issue.location.path
        before = project.env.file(path).raw.reveal()
        return [Edit(path, before, strip_bom(before), secret=True, summary=f"Take the byte order mark off {path}")]


def _place(file: EnvFile) -> Location:
    line = file.trouble.split()[1] if file.trouble.startswith("line ") else "1"
    return Location(file.path, int(line))


def _marked(file: EnvFile, version: DotenvRange) -> Issue:
    first = next((binding for binding in file.bindings if binding.line == 1), None)
    certain = version.surely_before(STRIPS_BOM)
    which = f"python-dotenv {version.words}" if certain else "python-dotenv before 1.2.3"
    if first is None:
        message = f"{file.path} begins with a byte order mark, which {which} takes for a name"
    else:
        what = first.shown if first.named else "the key on line 1"
        message = f"{file.path} begins with a byte order mark: {which} does not set {what}"
    severity = None if first is not None and certain else Severity.INFO
    return Issue(message, Location(file.path, 1), file.path, severity)
