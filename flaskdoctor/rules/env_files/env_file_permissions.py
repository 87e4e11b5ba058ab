"""FD321: an env file with secrets that other users of the machine can read."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.deployment.windowsmount import windows_mount
from flaskdoctor.project.env.envfile import EnvFile
from flaskdoctor.project.env.envreaders import read_files
from flaskdoctor.project.secrecy.secretnames import PRIVATE_KEY, is_secret_setting
from flaskdoctor.project.secrecy.urllogin import logins
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "import flask\n"
OPEN = {"#mode": "644"}
_OTHERS, _GROUP = 0o007, 0o070


class EnvFilePermissions(ProjectRule):
    """An env file that holds secrets can be read by every user of the machine.

    ## What it finds

    A `.env`, `.env.local` or another env file that is not committed, holds something secret (by its name, or a login in
    a URL) and whose permissions let others read it: 0644 is what an editor makes. It is information where only the
    group can read it, since that is often how the server gets at it.

    Silent on Windows and on Windows drives within WSL, where these permissions mean nothing, for links, for templates
    and for files that git tracks (FD331 has more to say about those).

    ## Why it matters

    On a server with several users, a shared computer at a university, a NAS or a CI runner, everybody with an account
    can read the database password, and so can each program that runs under another name, such as a hacked web site of
    somebody else.

    ## What to do instead

    ```console
    $ chmod 600 .env
    ```

    The fix does that. Where the server runs under a user of its own, make that user the file's owner, or let the
    service manager read the file (`EnvironmentFile=` is read as root).

    ## References

    - [systemd: EnvironmentFile](https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=)
    - [OWASP: secrets
    management](https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html)
    """

    code = "FD321"
    name = "env-file-permissions"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_title = "Let only the owner read it (0600)"
    bad = [
        Bad({**OPEN, "app.py": APP, ".env": "A=1\nSECRET_KEY=kiln\n"}, fixed={".env": "A=1\nSECRET_KEY=kiln\n"}),
        Bad({**OPEN, "app.py": APP, ".env": "A=1\nA_URL='db://ada:kiln@db/shop'\n"}, fixed={}),
        Bad({**OPEN, "app.py": APP, ".env.local": "A_TOKEN=kiln\n", "web/.env": "A_PASSWORD=kiln\n"}, fixed={}, hits=2),
        # What cannot be read to its end may hold one; a private key.
        Bad({**OPEN, "app.py": APP, ".env": "B: 1\n"}, fixed={}),
        Bad({**OPEN, "app.py": APP, ".env": "A='-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n'\n"}, fixed={}),
    ]
    good = [
        {"app.py": APP, ".env": "SECRET_KEY=kiln\n"},  # 0600
        # Nothing secret in it.
        {**OPEN, "app.py": APP, ".env": "FLASK_APP=shop\nPORT=5000\nDATABASE_URL=sqlite:///shop.db\nSECRET_KEY=\n"},
        # Meant for everybody.
        {**OPEN, "app.py": APP, ".flaskenv": "SECRET_KEY=dev\n", ".env.example": "SECRET_KEY=dev\n"},
        {**OPEN, "#git": "track:.env", "app.py": APP, ".env": "SECRET_KEY=kiln\n"},
        # A copy that is kept, an encrypted file: not read here.
        {**OPEN, "app.py": APP, ".env.vault": "SECRET_KEY=kiln\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The files that are too open."""
        found = [read.file for read in read_files(project) if _is_open(read.file)]
        found = [file for file in found if not project.git.tracks(file.path) and _holds_secrets(file)]
        if not found or windows_mount(project.root, project.environ):
            return
        for file in found:
            mode = file.mode or 0
            others = bool(mode & _OTHERS)
            yield Issue(
                f"{file.path} holds secrets, and {'everybody on this machine' if others else 'its group'} can "
                f"{'read' if mode & 0o044 else 'use'} it (mode {mode:04o})",
                Location(file.path),
                file.path,
                severity=None if others else Severity.INFO,
                fixable=others,
                advice="" if others else f"If nobody else of the group needs it: `chmod 600 {file.path}`.",
            )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The file as it is, with permissions for its owner alone."""
        path = issue.location.path
        raw = project.env.file(path).raw.reveal()
        return [Edit(path, raw, raw, mode=0o600, secret=True, summary=f"Let only the owner read {path} (0600)")]


def _is_open(file: EnvFile) -> bool:
    return file.mode is not None and bool(file.mode & (_OTHERS | _GROUP)) and not file.path.endswith(".flaskenv")


def _holds_secrets(file: EnvFile) -> bool:
    """Whether a file has a value that is secret by its name or by what it is, or cannot be read to its end."""
    if file.doubt or file.state == "encoding":
        return True
    for binding in file.bindings:
        value = binding.value.reveal() if binding.value is not None else ""
        if value and (is_secret_setting(binding.name.reveal()) or PRIVATE_KEY.search(value) or any(logins(value))):
            return True
    return False
