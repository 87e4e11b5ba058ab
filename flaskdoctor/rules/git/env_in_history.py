"""FD332: a .env file is in git's history."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.vcs.secretfiles import is_env_path, is_for_show
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "import flask\n"


class EnvInHistory(ProjectRule):
    """A .env file was committed once, and git still has it.

    ## What it finds

    `.env`, `.env.production` and the like in the project's folder, and env files further down that are here now, which
    some commit of a branch, a tag or the newest stash holds although they are no longer tracked (those that are, are
    FD331's). The message names the newest commit that touched the file: usually the one that took it out. It is
    information where no version of the file held what looks like a secret, and in folders of examples. Templates are
    passed over, and so are the `.env` of a JavaScript front end and test data.

    The whole history is walked, within bounds: a check waits five seconds for it, the dashboard reads on in the
    background. Where it is not known - a shallow clone, a history that is too long - the Git tab says so, and nothing
    is reported.

    ## Why it matters

    Taking a file out of the index takes it out of the next commit, not out of the others. `git show <commit>:.env`
    prints it to everybody who has a clone, and whoever scans public repositories for keys reads every commit, not the
    newest.

    ## What to do instead

    1. **Rotate**: replace every secret that any version of the file held, at the database, the mail provider, the
    cloud. What was committed counts as known. When this is done, the rest is tidying up.
    2. Look at what it was: `git log --all --full-history -- .env`, then `git show <commit>:.env`.
    3. If the history has to be clean as well: `git filter-repo --invert-paths --path .env` in a fresh clone, then push
    all branches and tags with `--force`.
    4. Everybody clones again. A pull into an old clone brings the old commits back.
    5. Forks, pull requests and caches on the server keep it: ask the hoster to remove those.

    ## References

    - [GitHub: removing sensitive data](https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository)
    - [git-filter-repo](https://github.com/newren/git-filter-repo)
    """

    code = "FD332"
    name = "env-in-history"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    bad = [
        Bad({"#git": "forget:.env", "app.py": APP, ".env": "SECRET_KEY=kiln-and-clay\n", ".gitignore": ".env\n"}),
        Bad(
            {
                "#git": "forget:.env.production,deploy/.env",
                "app.py": APP,
                ".env.production": "MAIL_PASSWORD=kiln-and-clay\n",
                "deploy/.env": "DATABASE_URL=postgresql://shop:clay@db/shop\n",
            },
            hits=2,
        ),
        # Information: nothing in it was a secret.
        Bad({"#git": "forget:.env", "app.py": APP, ".env": "FLASK_APP=shop\nFLASK_DEBUG=1\n", ".gitignore": ".env\n"}),
    ]
    good = [
        {"#git": "track:app.py", "app.py": APP, ".env": "SECRET_KEY=kiln\n", ".gitignore": ".env\n"},
        # Still tracked: FD331 says all there is to say.
        {"#git": "track:.env,app.py", "app.py": APP, ".env": "SECRET_KEY=kiln\n"},
        {
            "#git": "forget:.env.example,env.sample",
            "app.py": APP,
            ".env.example": "SECRET_KEY=\n",
            "env.sample": "A=1\n",
        },
        {
            "#git": "forget:.env.vault,tests/.env",
            "app.py": APP,
            ".env.vault": "DOTENV_VAULT=x\n",
            "tests/.env": "A=1\n",
        },
        {"app.py": APP, ".env": "SECRET_KEY=kiln\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The env files that git remembers and does not track."""
        for file in project.git.history.files:
            if project.git.tracks(file.path) is not False or not is_env_path(file.path, project.files.files):
                continue
            message = f"{file.path} is in git's history (commit {file.commit}): every clone has what it held"
            quiet = file.harmless or is_for_show(file.path)
            yield Issue(message, Location(file.path), file.path, severity=Severity.INFO if quiet else None)
