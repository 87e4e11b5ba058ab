"""FD318: a comment behind nothing, which older releases of python-dotenv take for the value."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.patterns import lazy
from flaskdoctor.project.env.envfile import Binding, EnvFile, inline_comment
from flaskdoctor.project.env.envreaders import read_files
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.versions.dotenvversion import EMPTY_BEFORE_COMMENT, DotenvRange, dotenv_range
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "from dotenv import load_dotenv\nload_dotenv()\n"
OLD = {"app.py": APP, "requirements.txt": "flask\npython-dotenv==1.0.1\n"}
_BARE = lazy(r"(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+)[^\S\r\n]*=[^\S\r\n]+#")
_A_VALUE = lazy(r"#(?:[0-9A-Fa-f]{3,8}|\S+)\s*\Z")  # a colour, a channel: with an old release they work


class CommentTakenAsValue(ProjectRule):
    """`KEY= # a comment` gives the key the comment as its value, with python-dotenv before 1.2.4.

    ## What it finds

    In `.env`, `.flaskenv`, the env files that the code loads and the templates: a key with nothing but a comment behind
    the `=`, in a project whose python-dotenv (in its virtualenv, its lock file or its requirements) is older than
    1.2.4. It is information in a template, and where the requirements allow both an older release and a newer one.

    `COLOUR=#fff` and a single word such as `CHANNEL= #general` are left alone: there it is meant as the value.

    ## Why it matters

    `SENTRY_DSN= # only in production` sets SENTRY_DSN to "# only in production". The app finds a value where there
    should be none: it tries to report to that address, signs cookies with a sentence out of a committed file, or takes
    a port to be text. From 1.2.4 on the value is empty, so what it is changes with the next update.

    ## What to do instead

    ```ini
    # only in production
    SENTRY_DSN=
    ```

    The fix moves the comment to a line above. Where the key is marked `# optional`, which would speak of the keys below
    it as well there, the comment stays and the value gets quotes: `KEY="" # optional`.

    ## References

    - [python-dotenv: changelog](https://saurabh-kumar.com/python-dotenv/changelog/)
    - [python-dotenv: file format](https://saurabh-kumar.com/python-dotenv/#file-format)
    """

    code = "FD318"
    name = "comment-taken-as-value"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_title = "Move the comment to a line above"
    successors = ("FD314",)
    bad = [
        Bad(
            {**OLD, ".env": "A=1\nSENTRY_DSN= # only in production\nB=2 # two\n"},
            fixed={".env": "A=1\n# only in production\nSENTRY_DSN=\nB=2 # two\n"},
        ),
        Bad(
            {**OLD, ".env": "# Mail\r\n  export MAIL_USER =\t## not at home # nor on a train"},
            fixed={".env": "# Mail\r\n  ## not at home # nor on a train\r\n  export MAIL_USER ="},
        ),
        # The same key twice, and once with a value; a template; the mark of an optional key.
        Bad(
            {**OLD, ".env": "A=1\nA= # none yet\nB=1\n", ".env.example": "A= # the first\nB= # optional\nC=\n"},
            fixed={
                ".env": "A=1\n# none yet\nA=\nB=1\n",
                ".env.example": '# the first\nA=\nB="" # optional\nC=\n',
            },
            hits=3,
        ),
        # The lock file has it; a file that the code names.
        Bad(
            {
                "app.py": "from dotenv import load_dotenv\nload_dotenv('.env.shop')\n",
                "uv.lock": '[[package]]\nname = "python-dotenv"\nversion = "1.2.3"\n',
                ".env.shop": "A= # in a while\n",
            },
            fixed={".env.shop": "# in a while\nA=\n"},
        ),
        # Information: both are allowed.
        Bad(
            {"app.py": APP, "requirements.txt": "flask\npython-dotenv>=1.0\n", ".env": "A= # in a while\n"},
            fixed={".env": "# in a while\nA=\n"},
        ),
    ]
    good = [
        # Newer, by all that is known.
        {"app.py": APP, "requirements.txt": "flask\npython-dotenv\n", ".env": "A= # in a while\n"},
        {"app.py": APP, "requirements.txt": "flask\npython-dotenv==1.2.4\n", ".env": "A= # in a while\n"},
        {
            "app.py": APP,
            "requirements.txt": "flask\npython-dotenv>=1.0\n",
            "uv.lock": '[[package]]\nname = "python-dotenv"\nversion = "1.2.4"\n',
            ".env": "A= # in a while\n",
        },
        # No comment, or a value before it; in quotes; on a line of its own.
        {**OLD, ".env": "A=\nB=1 # one\nC='' # none\nD=\"\" # none\n# E= # none\nF=a#b c\nG=#fff is a colour\n"},
        # Meant as the value.
        {**OLD, ".env": "COLOUR= #2c3e50\nCHANNEL= #general\n"},
        # In a value of several lines.
        {**OLD, ".env": "A='one\nB= # two\n'\n"},
        # Another program reads it.
        {
            "app.py": "import flask\n",
            "requirements.txt": "flask\npython-dotenv==1.0.1\n",
            "frontend/package.json": "{}\n",
            "frontend/.env": "VITE_A= # in a while\n",
        },
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The keys with a comment for a value."""
        found = [(read.file, False) for read in read_files(project) if read.by_dotenv]
        found += [(template, True) for template in project.env.templates]
        found = [(file, soft) for file, soft in found if any(map(_is_bare, file.bindings))]
        version = dotenv_range(project) if found else None
        if version is None or not version.perhaps_before(EMPTY_BEFORE_COMMENT):
            return
        for file, soft in found:
            for binding in filter(_is_bare, file.bindings):
                yield _issue(file, binding, version, soft=soft)

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The comment above its key."""
        from flaskdoctor.fixes.envfile import lift_comment

        path, line = issue.location.path, issue.location.line
        file = project.env.file(path)
        before = file.raw.reveal()
        summary = f"Move the comment on line {line} of {path} above the key"
        secret = file not in project.env.templates
        return [Edit(path, before, lift_comment(before, line), secret=secret, summary=summary)]


def _is_bare(binding: Binding) -> bool:
    written = binding.written.reveal()
    return bool(binding.empty and _BARE.match(written)) and not _A_VALUE.fullmatch(inline_comment(written))


def _issue(file: EnvFile, binding: Binding, version: DotenvRange, *, soft: bool) -> Issue:
    what = binding.shown if binding.named else f"The key on line {binding.line}"
    certain = version.surely_before(EMPTY_BEFORE_COMMENT)
    which = f"python-dotenv {version.words}" if certain else "python-dotenv before 1.2.4"
    return Issue(
        f"{what} in {file.path} gets the comment behind it as its value: {which} reads it so",
        Location(file.path, binding.line),
        binding.shown,
        severity=Severity.INFO if soft or not certain else None,
        fixable=not file.doubt,
        advice=f"Mend the file first: {file.trouble}." if file.doubt else "",
    )
