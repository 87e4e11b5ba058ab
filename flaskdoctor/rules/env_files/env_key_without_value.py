"""FD317: a line of an env file that is a name and no more."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.env.envfile import Binding, EnvFile
from flaskdoctor.project.env.envreaders import given_to_containers, read_files
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "from dotenv import load_dotenv\nload_dotenv()\n"
_MOST = 6  # findings of one file


class EnvKeyWithoutValue(ProjectRule):
    """A line of an env file has a name without `=`, and python-dotenv sets nothing for it.

    ## What it finds

    Lines such as `SECRET_KEY`, without `=` and value, in the env files that python-dotenv reads. `export NAME` alone
    is information, as the shell's way to hand a variable on; but where a line above sets the same name, that line is
    lost: python-dotenv takes the last one.

    Several such lines in a row are one finding: they are most often the rest of a value that needs quotes.

    The name itself is not shown, here and in the lines below, since it could be a piece of a secret. It is silent about
    a file that docker compose hands to a container (`env_file:`), where `NAME` alone means "as it is outside".

    ## Why it matters

    `os.environ["SECRET_KEY"]` raises although the key stands in the file for everyone to see. And a private key that
    was pasted without quotes ends after its first line: `-----BEGIN PRIVATE KEY-----` is all that the app gets.

    ## What to do instead

    ```ini
    # A value, or at least the =
    SECRET_KEY=
    # Quotes around a value of several lines
    PRIVATE_KEY="-----BEGIN PRIVATE KEY-----
    ...
    -----END PRIVATE KEY-----"
    ```

    ## References

    - [python-dotenv: file format](https://saurabh-kumar.com/python-dotenv/#file-format)
    - [Docker compose: env_file](https://docs.docker.com/reference/compose-file/services/#env_file)
    """

    code = "FD317"
    name = "env-key-without-value"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    bad = [
        Bad({"app.py": APP, ".env": "A=1\nSECRET_KEY\nB=1\n"}),
        Bad({"app.py": APP, ".env": "A=1\n\nSECRET_KEY # ask Ada\r\n"}),
        # Set above, and taken back.
        Bad({"app.py": APP, ".env": "A=1\nB=1\nexport A\n"}),
        # The rest of a key without quotes: one finding.
        Bad({"app.py": APP, ".env": "KEY=BEGIN\nMIIEvQIBADANBgkqhkiG9w\nBAQEFAASCBKcwggSj\nAgEAAoIBAQC7\nB=1\n"}),
        # Information: the shell's way; a template.
        Bad({"app.py": APP, ".env": "export A\n"}),
        Bad({"app.py": APP, ".env.example": "SECRET_KEY\nDATABASE_URL\n"}),
        Bad({"shop/__init__.py": "import flask\n", ".flaskenv": "FLASK_APP=shop\nFLASK_DEBUG\n"}),
    ]
    good = [
        {"app.py": APP, ".env": "A=\nB=''\nexport C=1\n# D\n  # E\n\n"},
        # It is set below.
        {"app.py": APP, ".env": "export A\nA=1\n"},
        # The lines of a value in quotes.
        {"app.py": APP, ".env": 'KEY="BEGIN\nMIIEvQIBADANBgkqhkiG9w\nBAQEFAASCBKcwggSj\n"\nB=1\n'},
        # Docker compose hands it on; a file of which nothing says that python-dotenv reads it.
        {
            "app.py": APP,
            ".env": "AWS_PROFILE\n",
            "compose.yml": "services:\n  web:\n    build: .\n    env_file:\n      - .env\n",
        },
        {"app.py": "import flask\n", "deploy/web.env": "AWS_PROFILE\n"},
        # Behind a line that cannot be read: FD316 says it.
        {"app.py": APP, ".env": "KEY='BEGIN\nMIIEvQIBADAN\nBgkqhkiG9w\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The lines without ``=``, those in a row together."""
        handed = given_to_containers(project)
        for read in read_files(project):
            if read.by_dotenv and read.file.path not in handed:
                yield from _of_file(read.file)
        for template in project.env.templates:
            yield from list(_of_file(template, soft=True))[:1]


def _of_file(file: EnvFile, *, soft: bool = False) -> Iterator[Issue]:
    runs = [run for run in _runs(file) if not _is_set_below(file, run)]
    for run in runs if len(runs) <= _MOST else runs[:1]:
        more = f" (and {len(runs) - 1} more places)" if len(runs) > _MOST else ""
        first, last = run[0], run[-1]
        above = _set_above(file, first) if first is last else 0
        exported = first is last and first.written.reveal().startswith("export") and not above
        yield Issue(
            _message(file.path, first.line, last.line, above) + more,
            Location(file.path, first.line, 0, last.line),
            f"line {first.line}",
            severity=Severity.INFO if soft or exported else None,
            advice=_advice(run, above=above),
        )


def _runs(file: EnvFile) -> Iterator[list[Binding]]:
    """The bindings without value up to a line that cannot be read, those in neighbouring lines together."""
    run: list[Binding] = []
    for binding in file.certain:
        if binding.value is None and (not run or binding.line == run[-1].line + 1):
            run.append(binding)
            continue
        if run:
            yield run
        run = [binding] if binding.value is None else []
    if run:
        yield run


def _is_set_below(file: EnvFile, run: list[Binding]) -> bool:
    """Whether a later line sets the one name of a run: nothing is lost."""
    last = file.last(run[0].name.reveal())
    return len(run) == 1 and last is not None and last.value is not None


def _set_above(file: EnvFile, binding: Binding) -> int:
    """The line above that sets the same name; 0 for none."""
    name = binding.name.reveal()
    above = [each.line for each in file.bindings if each.line < binding.line and each.name.reveal() == name]
    return above[-1] if above else 0


def _message(path: str, first: int, last: int, above: int) -> str:
    if above:
        return f"Line {first} of {path} takes back what line {above} sets: a name without = sets nothing"
    if last > first:
        return f"Lines {first} to {last} of {path} have no =, so nothing is set: a value of several lines needs quotes"
    return f"Line {first} of {path} has no =, so nothing is set"


def _advice(run: list[Binding], *, above: int) -> str:
    if above:
        return f"Take the line out, or write `export` in front of line {above}."
    if len(run) > 1:
        return (
            "Put quotes around a value that goes on in the next lines. Behind a name of its own write at least the `=`."
        )
    return "Write `NAME=value`; what is meant as a comment begins with `#`."
