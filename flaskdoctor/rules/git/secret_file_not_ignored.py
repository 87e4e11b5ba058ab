"""FD335: a file with secrets that git would take in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.vcs.git import Ignore
from flaskdoctor.project.vcs.gitquestions import SecretFile
from flaskdoctor.project.vcs.secretfiles import is_really_secret
from flaskdoctor.rules.git.env_not_ignored import EnvNotIgnored
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule

APP = "import flask\n"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY-----\n"
_WHAT = {
    "env": "which holds settings of this machine",
    "envrc": "which exports a secret",
    "key": "which holds a private key",
    "database": "which is a database",
    "instance": "Flask's folder for what belongs to one installation",
    "virtualenv": "which is a virtual environment",
}


class SecretFileNotIgnored(ProjectRule):
    """A file with secrets lies in the project, untracked, and git does not ignore it.

    ## What it finds

    Files that are there now and that the next `git add .` takes in:

    - `.env.local`, `.env.production`, `web.env`, a `.env` in a folder further down, copies such as `.env.bak`,
    - an `.envrc` that exports a secret,
    - a `.pem` or `.key` with a private key in it,
    - SQLite databases (told by their first bytes, not by their names),
    - `instance/`, the folder that Flask made for what must not be in a repository,
    - the virtual environment.

    Git itself is asked, with all ignore files, its own excludes and yours. Templates, encrypted files, test data
    and whatever git tracks already are left alone (a tracked `.env` is FD331's). The `.env` of the project's root is
    FD330's. Where there is no repository yet it is information.

    ## Why it matters

    A development database holds real people's addresses and password hashes more often than one thinks, `.env.bak`
    the values that were changed after a leak, and a key file opens a server. Once pushed they are in the history,
    in each clone and fork; taking them out means rewriting it and changing every secret.

    ## What to do instead

    One line each in `.gitignore`. The fix appends exactly those that are missing:

    ```
    .env.local
    instance/
    ```

    ## References

    - [Flask: instance folders](https://flask.palletsprojects.com/en/stable/config/#instance-folders)
    - [git: gitignore](https://git-scm.com/docs/gitignore)
    - [GitHub's .gitignore for Python](https://github.com/github/gitignore/blob/main/Python.gitignore)
    """

    code = "FD335"
    name = "secret-file-not-ignored"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_title = "Add the file to .gitignore"
    bad = [
        Bad(
            {"#git": "init", "app.py": APP, ".env.local": "A=1\n", ".env.bak": "A=1\n", ".gitignore": ".env\n"},
            fixed={".gitignore": ".env\n.env.bak\n.env.local\n"},
            hits=2,
        ),
        Bad(
            {
                "#git": "init",
                "app.py": APP,
                "instance/config.py": "SECRET_KEY = 'kiln'\n",
                "instance/shop.txt": "kiln\n",
                ".gitignore": "*.pyc\r\n",
            },
            fixed={".gitignore": "*.pyc\r\ninstance/\r\n"},
        ),
        Bad(
            {"#git": "init", "app.py": APP, "shop.db": "SQLite format 3\0 and so on", "certs/shop.key": PEM},
            fixed={".gitignore": "certs/shop.key\nshop.db\n"},
            hits=2,
        ),
        Bad(
            {
                "#git": "init",
                "app.py": APP,
                "api/.env": "A=1\n",
                "deploy/web.env": "A=1\n",
                ".envrc": "export A_TOKEN=kiln\n",
            },
            fixed={".gitignore": ".envrc\napi/.env\ndeploy/web.env\n"},
            hits=3,
        ),
        Bad(
            {
                "#git": "init",
                "app.py": APP,
                "venv/pyvenv.cfg": "home = /usr/bin\n",
                "venv/bin/activate": "",
                ".env #1": "A=1\n",
            },
            fixed={".gitignore": "venv/\n"},
        ),
        # A name alone covers the files further down too: one line.
        Bad(
            {
                "#git": "init",
                "app.py": APP,
                ".env": "A=1\n",
                "api/.env": "A=1\n",
                ".env.local": "A=1\n",
                "api/.env.local": "A=1\n",
                "instance/shop.txt": "",
                "api/instance/shop.txt": "",
                ".gitignore": "# Python\n*.pyc\n\n# Editors\n.idea/\n",
            },
            fixed={
                ".gitignore": "# Python\n*.pyc\n\n# Editors\n.idea/\n\n.env.local\n.env\ninstance/\n",
            },
            hits=5,
        ),
        # No repository yet, but what shall be one: information.
        Bad({"app.py": APP, ".env.local": "A=1\n", ".gitignore": ".env\n"}),
    ]
    good = [
        {"#git": "init", "app.py": APP, ".env.local": "A=1\n", ".env.bak": "", ".gitignore": ".env*\n"},
        {
            "#git": "init",
            "app.py": APP,
            "instance/config.py": "",
            "shop.db": "SQLite format 3\0",
            ".gitignore": "instance\n*.db\n",
        },
        # Tracked: ignoring it would change nothing.
        {
            "#git": "track:.env.ci,certs/test.pem,seed.db",
            "app.py": APP,
            ".env.ci": "",
            "certs/test.pem": PEM,
            "seed.db": "SQLite format 3\0",
        },
        # Templates, encrypted files, test data, the settings of a front end; a package that is called instance.
        {
            "#git": "init",
            "app.py": APP,
            ".env.local.example": "",
            ".env.vault": "",
            "tests/.env.ci": "A=1\n",
            "testdata/a.key": PEM,
        },
        {
            "#git": "init",
            "app.py": APP,
            "web/.env": "VITE_API=/api\n",
            "web/.env.production": "",
            "web/package.json": "{}\n",
        },
        {
            "#git": "init",
            "app.py": APP,
            "instance/__init__.py": "",
            "instance/models.py": "",
            "cloud/aws/instance/a.py": "",
        },
        {
            "#git": "init",
            "app.py": APP,
            "instance/.gitkeep": "",
            "instance/config.example.ini": "[shop]\n",
            "instance/.gitignore": "*\n",
        },
        # No private key, no database, no secret.
        {
            "#git": "init",
            "app.py": APP,
            "ca.pem": "-----BEGIN CERTIFICATE-----\n",
            "a.db": "text",
            ".envrc": "layout python\n",
            "i18n.key": "greeting\n",
        },
        {"#git": "init", "app.py": APP, ".envrc": "export API_TOKEN=$(pass shop/token)\nexport A_KEY=$B_KEY\n"},
        # The virtualenv's own .gitignore, as Python 3.13 and virtualenv make it.
        {"#git": "init", "app.py": APP, ".venv/pyvenv.cfg": "home = /usr/bin\n", ".venv/.gitignore": "*\n"},
        # Nobody speaks of git.
        Good({"app.py": APP, ".env.local": "A=1\n"}),
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The files that are neither ignored nor tracked, each folder once."""
        git = project.git
        severity = None
        if not git.repository:
            if ".gitignore" not in project.files.files:
                return
            severity = Severity.INFO
        seen: set[str] = set()
        for file in git.questions.files:
            answer = git.ignore(file.asked)
            if file.path in seen or answer is None or not _unguarded(project, file, answer):
                continue
            if not is_really_secret(project.root, file):
                continue
            seen.add(file.path)
            shown = file.path + ("/" if file.asked != file.path else "")
            yield Issue(
                f"Git does not ignore {shown}, {_WHAT[file.kind]}",
                Location(file.path if file.kind != "virtualenv" else ".gitignore"),
                file.line,
                severity=severity,
            )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The file's own line in the root's .gitignore, or that of another one of its name which covers it as well."""
        from flaskdoctor.fixes.ignorefile import ignore

        if not issue.anchor.isprintable():
            raise Refuse("The file's name holds characters that no ignore file can")
        others = {each.anchor for each in (*self.check(project), *EnvNotIgnored().check(project))}
        folder, name, slash = re.fullmatch(r"(.*?)([^/]*)(/?)", issue.anchor).groups()  # type: ignore[union-attr]
        return ignore(project.root, [name + slash if folder and name + slash in others else issue.anchor])


def _unguarded(project: Project, file: SecretFile, answer: Ignore) -> bool:
    """Whether nothing keeps a file out of the repository. A line that takes it back in is FD336's to report."""
    return not answer.ignored and not answer.pattern.startswith("!") and project.git.tracks(file.asked) is False
