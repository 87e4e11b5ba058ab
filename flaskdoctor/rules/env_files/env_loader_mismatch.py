"""FD329: lines of an env file that its reader takes otherwise than python-dotenv does."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.env.envdialects import Mismatch, mismatches
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

DECOUPLE = "from decouple import config\nKEY = config('SHOP_KEY', default='')\n"
ENVIRON = "import environ\nenv = environ.Env()\nenviron.Env.read_env('.env')\nKEY = env('SHOP_KEY', default='')\n"
RUN = "build:\n\tdocker build -t shop .\nrun: build\n\tdocker run --rm \\\n\t  --env-file .env -p 80:80 shop\n"
_ADVICE = {
    "comment": "Put each comment on a line of its own.",
    "export": "Take `export` out; a shell reads the file with `set -a; . ./.env` all the same.",
    "lines": "Write the value in one line (a key as base64), or keep it in a file and name that: `KEY_FILE=`.",
    "blank": "Write `NAME=value` without blanks around the `=`.",
    "variable": "Write the value out.",
}


class EnvLoaderMismatch(ProjectRule):
    """The program that reads an env file understands some of its lines otherwise than python-dotenv.

    ## What it finds

    Lines that are fine for python-dotenv, in a file that something else reads:

    | | decouple | django-environ | `docker run --env-file` |
    |---|---|---|---|
    | `KEY=a # comment` | value `a # comment` | the same (not in 0.11) | the same |
    | `export KEY=a` | name `export KEY` | | refused |
    | a value of several lines | its first line | its first line | several variables |
    | `KEY = a` | | skipped | refused |
    | `KEY=${OTHER}` | left as it is | left as it is | left as it is |

    Silent where python-dotenv alone reads the file (also through environs and pydantic-settings), and about docker
    compose, which understands all of it. It is information where python-dotenv is a requirement as well: the `flask`
    command then loads the file first, but gunicorn does not.

    ## Why it matters

    `DEBUG=False # on my machine` is for decouple the text "False # on my machine", and `config("DEBUG", cast=bool)`
    raises; `PORT=5000 # local` is no number. With docker the same file that works at your desk gives the container
    another password, or `docker run` stops at it.

    ## What to do instead

    Keep to what all of them read: a name, `=`, the value, in one line, and comments on lines of their own.

    ```ini
    # on my machine
    DEBUG=False
    ```

    ## References

    - [python-decouple: env file](https://github.com/HBNetwork/python-decouple#env-file)
    - [Docker: --env-file](https://docs.docker.com/reference/cli/docker/container/run/#env)
    - [django-environ: env files](https://django-environ.readthedocs.io/en/latest/quickstart.html)
    """

    code = "FD329"
    name = "env-loader-mismatch"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    bad = [
        Bad({"app.py": DECOUPLE, ".env": "SHOP_DEBUG=False # on my machine\nA=1\n"}),
        # One finding for each kind, whatever the number of lines.
        Bad({"app.py": DECOUPLE, ".env": "export A=1\nexport B=1 # b\nC='one\ntwo'\nD=${A}\nE=1 # e\n"}, hits=4),
        Bad({"app.py": ENVIRON, ".env": "A = 1\nB=1 # b\n"}, hits=2),
        Bad({"app.py": "import flask\n", "Makefile": RUN, ".env": "A = 'one'\nB=1 # b\n"}, hits=2),
        Bad(
            {
                "app.py": "import flask\n",
                "deploy/run.sh": 'docker run -d --env-file="web.env" shop\n',
                "deploy/web.env": "export A=1\n",
            }
        ),
        # Information: the flask command loads it with python-dotenv, gunicorn does not.
        Bad({"app.py": DECOUPLE, ".env": "A=1 # a\n", "requirements.txt": "flask\npython-dotenv\npython-decouple\n"}),
    ]
    good = [
        # All of them read this.
        {
            "app.py": DECOUPLE,
            "Makefile": RUN,
            ".env": "# a comment\nA=1\nB='a b c'\n\nC=a#b\nD=https://a/#b\nE=a=b\nF=\n",
        },
        {"app.py": DECOUPLE, ".env": "A='x'\nB = 1\n"},
        {"app.py": ENVIRON, ".env": "export A=1\nB='x'\n"},
        # python-dotenv reads it, itself or through others; docker compose.
        {"app.py": f"from dotenv import load_dotenv\nload_dotenv()\n{DECOUPLE}", ".env": "export A='x' # x\n"},
        {"app.py": "from environs import Env\nenv = Env()\nenv.read_env()\n", ".env": "export A='x' # x\n"},
        {
            "app.py": "from dotenv import load_dotenv\nload_dotenv()\n",
            ".env": "export A='x' # x\n",
            "Makefile": "run:\n\tdocker compose --env-file .env up\n\tdocker run --rm shop\n",
        },
        # Handed another file; a template.
        {"app.py": "import flask\n", "Makefile": RUN.replace(".env", "web.env"), ".env": "A='x'\n"},
        {"app.py": DECOUPLE, ".env.example": "A=1 # a\n"},
        # Behind a line that cannot be read.
        {"app.py": DECOUPLE, ".env": "B: 1\nA=1 # a\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """Each kind of difference in each file."""
        for found in mismatches(project):
            yield Issue(
                f"{found.reader} {found.effect}: {_lines(found)} of {found.file.path}",
                Location(found.file.path, found.lines[0]),
                f"{found.reader} {found.kind}",
                severity=None if found.sure else Severity.INFO,
                advice=_ADVICE[found.kind],
            )


def _lines(found: Mismatch) -> str:
    numbers = [str(line) for line in found.lines]
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    if len(numbers) > 5:
        return f"{len(numbers)} lines from {numbers[0]} on"
    return f"lines {', '.join(numbers[:-1])} and {numbers[-1]}"
