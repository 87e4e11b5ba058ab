"""FD312: a key of .env that the template does not name."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.env.envuse import own_uses
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "import flask\n"


class KeyMissingFromTemplate(ProjectRule):
    """A key stands in .env and no template names it.

    ## What it finds

    Each key of `.env` that is missing from the template. A commented `# KEY=` in the template counts: that
    is how an optional key is written there. So does a key that the committed `.flaskenv` sets. Keys that
    are yours alone are passed over: `COMPOSE_*`, and those marked

    ```ini
    MY_TUNNEL=1   # flaskdoctor: local
    ```

    Where a line of `.env` cannot be read, the names behind it are not compared: they could be pieces of a
    secret.

    ## Why it matters

    It works on your machine. The next clone has no such key and nobody knows that it is needed: the app there
    starts with a fallback or stops, and the reason stands in a file that only you have.

    ## What to do instead

    Add the name, without a value, to the template and commit it. The fix adds `KEY=`, beside the
    keys that it stands with in .env or else at the end; `# KEY=` where the code has a default: an empty
    `PORT=` that is copied into a .env would override that default.

    ## References

    - [The twelve-factor app: config](https://12factor.net/config)
    """

    code = "FD312"
    name = "key-missing-from-template"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_title = "Add the name to the template"
    successors = ("FD327",)
    bad = [
        Bad(
            {"app.py": APP, ".env": "A_KEY=1\nB_KEY=hunter2\n", ".env.example": "A_KEY=\n"},
            fixed={".env.example": "A_KEY=\nB_KEY=\n"},
        ),
        Bad(
            {
                "app.py": "import os\nSIZE = int(os.environ.get('SHOP_SIZE', 20))\n",
                ".env": "SHOP_SIZE=50\n",
                ".env.example": "# Names\r\nA_KEY= # optional",
            },
            fixed={".env.example": "# Names\r\nA_KEY= # optional\r\n# SHOP_SIZE="},
        ),
        # Beside the one that it stands with in .env.
        Bad(
            {
                "app.py": APP,
                ".env": "A_KEY=1\nB_KEY=2\n\n# Mail\nMAIL_SERVER=a\nMAIL_PORT=1\n",
                ".env.example": "A_KEY=\n\n# Mail\nMAIL_SERVER=\n\n# Optional\nTHEME=\n",
            },
            fixed={".env.example": "A_KEY=\nB_KEY=\n\n# Mail\nMAIL_SERVER=\nMAIL_PORT=\n\n# Optional\nTHEME=\n"},
            hits=2,
        ),
        # Reported, but nothing of a file with a broken line is written anywhere.
        Bad({"app.py": APP, ".env": 'A_KEY=1\nB_KEY="open\nMIIEvQ=\n', ".env.example": ""}),
        Bad({"app.py": APP, ".env": "my-key=1\n", ".env.example": ""}),
    ]
    good = [
        {"app.py": APP, ".env": "A_KEY=1\n", ".env.example": "A_KEY=\n"},
        {"app.py": APP, ".env": "A_KEY=1\n", ".env.example": "# A_KEY=\n"},
        # No .env: a fresh clone, which is as it should be.
        {"app.py": APP, ".env.example": "A_KEY=\n"},
        # No template: that is FD311.
        {"app.py": APP, ".env": "A_KEY=1\n"},
        # This machine's own.
        {"app.py": APP, ".env": "COMPOSE_FILE=a.yml\n# flaskdoctor: local\nTUNNEL=1\n", ".env.example": ""},
        # Several templates: one of them names it.
        {"app.py": APP, ".env": "A=1\nB=2\n", ".env.example": "A=\n", ".env.docker.example": "B=\n"},
        # The lines of a key that was pasted without quotes are no names.
        {"app.py": APP, ".env": "A=-----BEGIN KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0=\n", ".env.example": "A=\n"},
        # .flaskenv is committed and has it.
        {"app.py": APP, ".env": "FLASK_APP=shop\n", ".flaskenv": "FLASK_APP=shop\n", ".env.example": ""},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The keys that no template names."""
        from flaskdoctor.fixes.envtemplate import is_local

        files = project.env
        env, template = files.env, files.template
        if template is None or not env.readable or not all(item.readable for item in files.templates):
            return
        seen: set[str] = set()
        for binding in env.bindings:
            name = binding.name.reveal()
            if env.doubt and binding.line >= env.doubt:
                break
            if name in seen or binding.value is None or binding.local or is_local(name):
                continue
            seen.add(name)
            if not files.documents(name):
                what = binding.shown if binding.named else f"The name on {binding.shown}"
                yield Issue(
                    f"{what} is in .env, but not in {template.path}",
                    Location(env.path, binding.line),
                    binding.shown,
                    fixable=binding.named and not env.doubt,
                    advice=f"Mend .env first: {env.trouble}." if env.doubt else "",
                )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The name in the template, beside those that it stands with in .env."""
        from flaskdoctor.fixes.envfile import add_key

        template = project.env.template
        if template is None:
            raise Refuse("There is no template any more")
        if project.env.env.doubt:
            raise Refuse("Nothing is taken from a .env that cannot be read to its end", project.env.env.trouble)
        use = own_uses(project).get(issue.anchor)
        before = template.raw.reveal()
        optional = use is not None and use.kind == "optional"
        after = add_key(before, issue.anchor, commented=optional, like=project.env.env.raw.reveal())
        return [Edit(template.path, before, after, summary=f"Add {issue.anchor} to {template.path}")]
