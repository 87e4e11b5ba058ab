"""FD331: git tracks a .env file."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Fix, Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.secrecy.harmlessenv import holds_no_secret
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.vcs.secretfiles import is_env_path, is_for_show
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "import flask\n"


class EnvTracked(ProjectRule):
    """A .env file is tracked by git.

    ## What it finds

    `.env`, `.env.production`, `.env-mysql` and the like in git's index, in whichever folder of the project.
    What `.gitignore` says does not matter for them: git follows a tracked file all the same.

    Passed over: templates (`.env.example` ..), encrypted files (`.env.vault`, `.env.gpg` ..), test data,
    and the `.env` of a JavaScript front end with its own `package.json`, where tools such as Vite want it
    committed. In folders of examples and docs, and for `.env.test` and `.env.ci`, it is an info; a warning
    where nothing in the project's `.env` looks like a secret. Flask's own `FLASK_*` settings belong into
    `.flaskenv`, which may be committed.

    ## Why it matters

    Whoever can read the repository, now or later, has every password and key in that file, for each value
    it ever had. Making a private repository public, a leaked laptop, a new colleague or a CI log is all it
    takes.

    ## What to do instead

    1. Replace ("rotate") every secret in it: what was committed counts as known. 2. Take the file out of
    the index and keep it on disk: `git rm --cached .env`. The fix does this. 3. Ignore it (FD330), commit
    both, and tell your team: **the next pull deletes their .env**, so they should copy it first. 4. To
    clear the history as well: `git filter-repo --invert-paths --path .env`, a forced push, and fresh
    clones.

    ## References

    - [git: git-rm](https://git-scm.com/docs/git-rm) - [GitHub: removing sensitive
    data](https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/removing-sensitive-data-from-a-repository)
    - [git-filter-repo](https://github.com/newren/git-filter-repo)
    """

    code = "FD331"
    name = "env-tracked"
    tip = Tip.SECRETS
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Take the file out of git's index (git rm --cached)"
    fix_risk = (
        "Your file stays on disk. When this is committed and pushed, your teammates' copy is deleted at their next "
        "pull. Its values stay in the history: replace every secret in it."
    )
    successors = ("FD321", "FD330", "FD332", "FD335", "FD336", "FD337")
    bad = [
        Bad(
            {"#git": "track:.env,app.py", "app.py": APP, ".env": "A_KEY=1\n", ".gitignore": ".env\n"},
            fixed={"#git": "track:app.py"},
        ),
        Bad(
            {"#git": "track:.env.production,deploy/.env", "app.py": APP, ".env.production": "", "deploy/.env": ""},
            hits=2,
        ),
        # Warnings: nothing but Flask's own settings, or other settings that are no secret.
        Bad({"#git": "track:.env", "app.py": APP, ".env": "BUILDPACK_URL=https://example.org/python.git\n"}),
        Bad({"#git": "track:.env", "app.py": APP, ".env": "FLASK_APP=app.py\nFLASK_DEBUG=1\n"}),
    ]
    good = [
        {"#git": "track:.env.example,app.py", "app.py": APP, ".env.example": "A_KEY=\n", ".env": "A_KEY=1\n"},
        {"#git": "track:.env.local.dist,env.sample", "app.py": APP, ".env.local.dist": "", "env.sample": ""},
        {"#git": "track:.env.vault,.env.prod.gpg", "app.py": APP, ".env.vault": "x\n", ".env.prod.gpg": "x\n"},
        {"#git": "track:tests/apps/.env", "app.py": APP, "tests/apps/.env": "FOO=env\n"},
        {"#git": "track:web/.env", "app.py": APP, "web/.env": "VITE_API=/api\n", "web/package.json": "{}\n"},
        {"#git": "track:.flaskenv", "app.py": APP, ".flaskenv": "FLASK_APP=shop\n"},
        {"#git": "track:{{app}}/.env,.env.d.ts", "app.py": APP, "{{app}}/.env": "A={{ a }}\n", ".env.d.ts": "\n"},
        {"app.py": APP, ".env": "A_KEY=1\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The env files in the index."""
        for path in project.git.tracked or ():
            if (
                not path.rpartition("/")[2].startswith(".env")
                or "{{" in path
                or not is_env_path(path, project.files.files)
            ):
                continue
            severity = None
            if is_for_show(path):
                severity = Severity.INFO
            elif path == ".env" and holds_no_secret(project.env.env):
                severity = Severity.WARNING
            yield Issue(f"{path} is tracked by git", Location(path), path, severity=severity)

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The index without the file."""
        from flaskdoctor.project.vcs.git import remove_from_index

        index, before, after = remove_from_index(project.root, issue.anchor)
        return [Edit(index, before, after, summary=f"git rm --cached {issue.anchor}")]
