"""FD316: a line of an env file that python-dotenv cannot read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.env.envfile import BrokenLine
from flaskdoctor.project.env.envreaders import read_files
from flaskdoctor.project.env.envuse import loaders
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule

APP = "from dotenv import load_dotenv\nload_dotenv()\n"
_MOST = 6  # findings of one file; a file with more broken lines is another kind of file
_FILLED_IN = re.compile(rb"\{%|\{\{")

_ADVICE = {
    "marker": "Decide between the two sides of the merge, and take the lines with `<<<<<<<`, `=======`, `>>>>>>>` out.",
    "shell": "python-dotenv reads `NAME=value` and runs nothing. Put commands into a script of their own.",
    "name": "Write it as `NAME=value`, the name of letters, digits and `_` only.",
    "equals": "Write it as `NAME=value`. What is meant as a comment begins with `#`.",
    "behind": "Put the whole value into one pair of quotes, and a backslash before a quote inside: "
    '`GREETING="say \\"hello\\""`. A comment behind a value begins with ` #`.',
    "open": "Close the quote at the end of the value. A quote that belongs to it needs the other kind around it: "
    '`MOTTO="don\'t panic"`.',
    "span": "Close the quote at the end of its own line; or, where the value really has several lines, take away what "
    "stands behind the closing one.",
    "swallowed": "Close the quote at the end of its own line. Check with `dotenv list` which keys there are now.",
}


class UnparsableEnvLine(ProjectRule):
    """A line of an env file cannot be read, and python-dotenv skips it.

    ## What it finds

    Lines of `.env`, `.flaskenv`, the env files that the code loads, and the templates of them:

    - text behind a closing quote (`GREETING="say "hello""`), a quote that is never closed,
    - a quote that is closed lines later, so that the keys between are lost or become part of a value,
    - a name with a blank in it, no name before the `=`, `NAME: value`, a sentence without `#`,
    - the marks of a merge.

    The lines are named by their numbers: after a broken quote the lines of a private key look like names. In a
    template, and where nothing says that python-dotenv reads the file, it is a warning.

    ## Why it matters

    python-dotenv prints one warning to a logger that most apps never configure, and goes on. The key of that line
    is not set; and with a quote that stays open, nor are those of the lines up to the next quote. The app then runs
    on its fallbacks, or fails at a key that stands in the file for everyone to see.

    ## What to do instead

    ```ini
    # Quotes around the whole value; a backslash before a quote inside of double quotes
    GREETING="say \\"hello\\""
    # Several lines need quotes, and nothing behind the closing one
    PRIVATE_KEY="-----BEGIN PRIVATE KEY-----
    ...
    -----END PRIVATE KEY-----"
    ```

    `dotenv list` shows what is read. No fix is offered: only you know where the value was meant to end.

    ## References

    - [python-dotenv: file format](https://saurabh-kumar.com/python-dotenv/#file-format)
    - [Flask: environment variables from
    dotenv](https://flask.palletsprojects.com/en/stable/cli/#environment-variables-from-dotenv)
    """

    code = "FD316"
    name = "unparsable-env-line"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    bad = [
        Bad({"app.py": APP, ".env": 'GREETING="say "hello""\nOTHER=1\n'}),
        # Never closed; closed by the quote of another key; an apostrophe in a comment.
        Bad({"app.py": APP, ".env": "A='open\nB=1\n"}),
        Bad({"app.py": APP, ".env": 'A="open\nB=1\nC="x"\nD=1\n'}),
        Bad({"app.py": APP, ".env": "A='one\nB=1\nC='\nD=1 # don't\n"}),
        # No NAME=value.
        Bad({"app.py": APP, ".env": "A: 1\n=1\nMY KEY=1\nCopy this file to .env\n"}, hits=4),
        Bad({"app.py": APP, ".env": "A=1\n<<<<<<< HEAD\nB=1\n=======\nB=2\n>>>>>>> main\n"}, hits=3),
        # Prose from top to bottom: one finding.
        Bad({"app.py": APP, ".env": "Put your keys here\n" * 9}),
        # The committed file of Flask's own settings, a template, the folder of the module that loads one.
        Bad({"app.py": "import flask\n", ".flaskenv": "FLASK_APP=shop\nFLASK_DEBUG: 1\n"}),
        Bad({"app.py": APP, ".env.example": "# Names\nA_KEY: <your key>\n"}),
        Bad({"web/__init__.py": APP, "web/.env": "A KEY=1\n"}),
        Bad({"app.py": "from dotenv import load_dotenv\nload_dotenv('.env.shop')\n", ".env.shop": "A: 1\n"}),
    ]
    good = [
        {"app.py": APP, ".env": 'A=1\nexport B = 2\nC=\'it is\'  # fine\nD="a\\"b"\nE=\nF=a b c\nG=it\'s\nH=a"b\n'},
        # Comments, blank lines, CRLF, a name alone, no newline at the end.
        {"app.py": APP, ".env": "# don't\r\n\r\n  # B=\"\r\nA=1\r\nB\r\nC=1 # it's"},
        # A value of several lines: a key, JSON, a text with an assignment in it.
        {"app.py": APP, ".env": 'PEM="-----BEGIN PRIVATE KEY-----\nMIIEvQ==\n-----END PRIVATE KEY-----"\nB=1\n'},
        {"app.py": APP, ".env": 'A=\'{\n  "a": "b"\n}\'\nB="[shop]\nname=kiln\n"\n'},
        # JSON and arrows without quotes; a base64 value with = at its end.
        {"app.py": APP, ".env": 'A={"a": "b"}\nB=["a", "b"]\nC=<your key here>\nD=Zm9vCg==\nE=a=b\n'},
        # Nothing there; a file that is not read at all.
        {"app.py": APP},
        Good({"app.py": APP, "notes.env.md": "No env file: here\n"}),
        # A script that autoenv or the shell reads, and python-dotenv does not.
        {"app.py": "import flask\n", ".env": "source venv/bin/activate\nexport SHOP_KEY=1\n"},
        # Filled in when the project is made.
        {"app.py": APP, ".env.template": "{% if mail %}\nMAIL_SERVER={{ mail }}\n{% endif %}\n"},
        # Other tools' files have other rules.
        {"app.py": APP, "docker/web.env": 'A="a"b\n', ".env.production": "A: 1\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The broken lines of each file."""
        env = project.env
        known = bool(loaders(project)) or project.dependencies.has("python-dotenv")
        loaded = [read.file for read in read_files(project) if read.by_dotenv]
        for file in dict.fromkeys((env.env, env.flaskenv, *loaded, *env.templates)):
            if not known and any(broken.kind == "shell" for broken in file.broken):
                continue  # a script that the shell or autoenv reads
            if file in env.templates and _FILLED_IN.search(file.raw.reveal()):
                continue  # a template of a template: cookiecutter, Jinja, Ansible
            soft = file in env.templates or not (known or file is env.flaskenv)
            for broken in file.broken if len(file.broken) <= _MOST else file.broken[:1]:
                more = f" (and {len(file.broken) - 1} more lines)" if len(file.broken) > _MOST else ""
                yield Issue(
                    _message(file.path, broken) + more,
                    Location(file.path, broken.line, 0, broken.end),
                    f"line {broken.line}",
                    severity=Severity.WARNING if soft else None,
                    advice=_ADVICE[broken.kind],
                )


def _message(path: str, broken: BrokenLine) -> str:
    if broken.kind == "swallowed":
        return f"Lines {broken.line} to {broken.end} of {path} are read as one value: {broken.why}"
    if broken.end > broken.line:
        return f"Lines {broken.line} to {broken.end} of {path} are skipped: {broken.why}"
    return f"Line {broken.line} of {path} is skipped: {broken.why}"
