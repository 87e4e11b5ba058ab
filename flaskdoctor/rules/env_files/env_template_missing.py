"""FD311: no template says which names a .env needs."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.env.envfile import NAME, NEW_TEMPLATE, is_template_name
from flaskdoctor.project.env.envuse import loaders, own_uses
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.git.env_not_ignored import ignore_env
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule


class EnvTemplateMissing(ProjectRule):
    """A .env is in use, or needed, and no template shows which names belong into it.

    ## What it finds

    A project with a `.env`, or with code that requires environment variables, but with no committed file
    that lists the names without their values. `.env-template`, `.env.example`, `.env.sample`,
    `.env.template`, `.env.dist`, `.env-example`, `.env.tmpl`, `.env.defaults`, `.env_example`, the same
    without the dot, and close relatives count, also in a folder of the project (`deploy/.env.example`).

    ## Why it matters

    `.env` must not be committed, so a fresh clone has no trace of it. Without a template the next
    developer, or the next server, learns the names one `KeyError` at a time, or never learns of those that
    have a silent fallback.

    ## What to do instead

    Commit a template with the names only:

    ```ini
    # .env-template
    SECRET_KEY=
    DATABASE_URL=
    # PAGE_SIZE=        optional, has a default
    ```

    The fix writes it from `.env` and from what the code reads: names, blank lines, `export` and harmless
    comments, never a value. It writes nothing at all where a line of `.env` cannot be read, has no `=`, or
    has an unusual name: behind a broken quote the lines of a private key look like names. A required name
    that is set nowhere is added to `.env` too, empty.

    ## References

    - [The twelve-factor app: config](https://12factor.net/config)
    - [python-dotenv: file format](https://saurabh-kumar.com/python-dotenv/#file-format)
    """

    code = "FD311"
    name = "env-template-missing"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    fix_title = "Create .env-template with the names"
    successors = ("FD310", "FD312", "FD313", "FD314", "FD326", "FD327", "FD330", "FD334", "FD336", "FD337")
    bad = [
        Bad(
            {
                "app.py": "import flask\n",
                ".env": "# Where the data is\nDATABASE_URL=db://shop:hunter2@db\n\nexport SECRET_KEY='x y' # old\n",
            },
            fixed={".env-template": "# Where the data is\nDATABASE_URL=\n\nexport SECRET_KEY=\n"},
        ),
        Bad(
            {"app.py": "import os\nKEY = os.environ['SHOP_KEY']\nSIZE = os.environ.get('SHOP_SIZE', '20')\n"},
            fixed={".env-template": "SHOP_KEY=\n# SHOP_SIZE=\n", ".gitignore": ".env\n"},
        ),
        # Behind the open quote the lines are no names: nothing is written.
        Bad({"app.py": "import flask\n", ".env": 'KEY="-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n'}),
    ]
    good = [
        {"app.py": "import flask\n", ".env": "SHOP_KEY=1\n", ".env.example": "SHOP_KEY=\n"},
        {"app.py": "import flask\n", ".env": "SHOP_KEY=1\n", "deploy/env.sample": "SHOP_KEY=\n"},
        {"app.py": "import flask\n", ".env": "SHOP_KEY=1\n", ".env.local.dist": "SHOP_KEY=\n"},
        # Everything that is read has a default: nobody has to know a name.
        "import os\nSIZE = os.environ.get('SHOP_SIZE', '20')\n",
        # An empty .env, or one with this machine's own settings only.
        {"app.py": "import flask\n", ".env": "# nothing yet\n"},
        {"app.py": "import flask\n", ".env": "COMPOSE_PROJECT_NAME=shop\nTUNNEL=1 # flaskdoctor: local\n"},
        # A virtualenv of that name is no env file.
        {"app.py": "import flask\n", ".env/pyvenv.cfg": "home = /usr/bin\n"},
        # Names of the platform and of tests.
        {"app.py": "import os\nPORT = os.environ['PORT']\n", "tests/test_a.py": "import os\nos.environ['SHOP_URL']\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The missing template, if there are names to put in."""
        env = project.env
        if env.templates or any(is_template_name(path.rpartition("/")[2]) for path in project.files.files):
            return
        from flaskdoctor.fixes.envtemplate import is_local

        present = [name for name, binding in env.env.keys.items() if not binding.local and not is_local(name)]
        required = [name for name, use in own_uses(project).items() if use.kind == "required"]
        unsure = env.env.exists and (not env.env.readable or bool(env.env.doubt))
        if not present and not required and not unsure:
            return
        why = f"{env.env.path} is in use" if env.env.exists else f"the code requires {required[0]}"
        if not env.env.exists and len(required) > 1:
            why += f" and {len(required) - 1} more"
        odd = unsure or not all(binding.named for binding in env.env.bindings)
        advice = (
            "Write the template by hand, from what you know: some lines of .env are not plain names." if odd else ""
        )
        yield Issue(
            f"There is no template of .env, and {why}",
            Location(NEW_TEMPLATE),
            NEW_TEMPLATE,
            fixable=not odd,
            advice=advice,
        )

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The template, and in .env the required names that are set nowhere."""
        del issue  # there is but one
        from flaskdoctor.fixes.envfile import add_key
        from flaskdoctor.fixes.envtemplate import first_template, unset_names

        env = project.env
        required = [name for name, use in own_uses(project).items() if NAME.match(name) and use.kind == "required"]
        raw = env.env.raw.reveal()
        after = first_template(project, raw)
        edits = [Edit(NEW_TEMPLATE, None, after, summary=f"Create {NEW_TEMPLATE}: names only")]
        unset = [name for name in unset_names(project, required) if name not in project.environ]
        if env.env.exists and unset:
            filled = raw
            for name in unset:
                filled = add_key(filled, name, like=after)
            edits.append(Edit(".env", raw, filled, secret=True, summary=f"Add {', '.join(unset)} to .env, empty"))
        answer = project.git.ignore(".env")
        if env.env.state == "missing" and not loaders(project) and answer is not None and not answer.ignored:
            edits += ignore_env(project)  # FD330 starts to ask for it with the template
        return edits
