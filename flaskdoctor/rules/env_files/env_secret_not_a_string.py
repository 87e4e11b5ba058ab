"""FD324: a secret that ``from_prefixed_env()`` turns into a number, a list or nothing."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.env.envfile import EnvFile
from flaskdoctor.project.env.envuse import counts
from flaskdoctor.project.secrecy.secretnames import is_secret_setting
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

APP = "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_prefixed_env()\n"
SHOP = "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_prefixed_env('SHOP')\n"


class EnvSecretNotAString(ProjectRule):
    """A secret in an env file is read as JSON by `from_prefixed_env()`, and is no text any more.

    ## What it finds

    In `.env` and `.flaskenv` of a project that calls `app.config.from_prefixed_env()`: a secret with that prefix
    (`FLASK_SECRET_KEY`, `FLASK_MAIL_PASSWORD`, with the prefix that the call names) whose value JSON understands as
    something else than a text: digits, `true`, `null`, a list.

    ## Why it matters

    Flask reads each of these values with `json.loads`, and takes it as text only where that fails. So
    `FLASK_SECRET_KEY=4711` is the number 4711, and the first session ends in "TypeError: key: expected bytes or
    bytearray, but got 'int'". Quotes do not help: python-dotenv takes them away before Flask sees the value. A digit in
    a row like `12e400` is enough (a number in JSON), so a key made of hex digits can fail too, some day, with another
    value.

    ## What to do instead

    For a key that signs, make a long one:

    ```console
    $ python -c 'import secrets; print(secrets.token_urlsafe())'
    ```

    Where the value is given (a password of digits), write it as JSON text, in quotes within quotes:

    ```ini
    FLASK_MAIL_PASSWORD='"4711"'
    ```

    ## References

    - [Flask: Config.from_prefixed_env](https://flask.palletsprojects.com/en/stable/api/#flask.Config.from_prefixed_env)
    - [Flask: configuring from environment
    variables](https://flask.palletsprojects.com/en/stable/config/#configuring-from-environment-variables)
    """

    code = "FD324"
    name = "env-secret-not-a-string"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    bad = [
        Bad({"app.py": APP, ".env": "A=1\nFLASK_SECRET_KEY=4711\n"}),
        # Quotes are gone before it is read; a number by its e; a part of a setting that is a dict.
        Bad({"app.py": APP, ".env": 'FLASK_SECRET_KEY="471147114711"\n'}),
        Bad({"app.py": APP, ".env": "FLASK_SECRET_KEY=12e400\nFLASK_MAIL__PASSWORD=null\n"}, hits=2),
        Bad({"app.py": SHOP, ".env": "SHOP_API_TOKEN=true\n", ".flaskenv": 'SHOP_SECRET_KEY=["a"]\n'}, hits=2),
    ]
    good = [
        # Texts: no JSON, or JSON text.
        {
            "app.py": APP,
            ".env": "FLASK_SECRET_KEY=4711a\nFLASK_A_TOKEN='\"4711\"'\nFLASK_B_TOKEN=0815\nFLASK_C_TOKEN=\n",
        },
        # Numbers that are meant to be numbers; about secrets; of other prefixes.
        {"app.py": APP, ".env": "FLASK_MAX_CONTENT_LENGTH=4711\nFLASK_TOKEN_LIFETIME=30\nSECRET_KEY=4711\n"},
        {"app.py": SHOP, ".env": "FLASK_SECRET_KEY=4711\n"},
        # Read as text, or not at all.
        {"app.py": "import os\nKEY = os.environ['FLASK_SECRET_KEY']\n", ".env": "FLASK_SECRET_KEY=4711\n"},
        # Another function reads the values.
        {"app.py": APP.replace("env()", "env(loads=str)"), ".env": "FLASK_SECRET_KEY=4711\n"},
        # Not the line that counts.
        {"app.py": APP, ".env": "FLASK_SECRET_KEY=4711\nFLASK_SECRET_KEY=kiln-4711\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The secrets that are no texts."""
        prefixes = {
            read.name
            for facts in project.modules.values()
            if counts(facts)
            for read in facts.env_reads
            if read.kind == "prefix" and not read.loads
        }
        env = project.env
        nested = [file for file in env.further if file.path in env.nested]
        for file in (env.env, env.flaskenv, *nested) if prefixes else ():
            yield from _of_file(file, prefixes)


def _of_file(file: EnvFile, prefixes: set[str]) -> Iterator[Issue]:
    for name, binding in file.keys.items():
        prefix = next((each for each in prefixes if name.startswith(each)), None)
        if prefix is None or file.last(name) is not binding or binding.value is None:
            continue
        setting = name.removeprefix(prefix)
        kind = _kind_in_json(binding.value.reveal()) if is_secret_setting(setting.rpartition("__")[2]) else ""
        if kind:
            yield Issue(
                f"{name} in {file.path} becomes {kind}: from_prefixed_env() reads values as JSON",
                Location(file.path, binding.line),
                name,
                advice="Make a long random key; or write the value as JSON text: `NAME='\"..\"'`.",
            )


def _kind_in_json(value: str) -> str:
    """What JSON makes of a value; empty for a text, or where it is no JSON at all."""
    import json

    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return ""
    if isinstance(found, bool):
        return "true or false"
    if found is None:
        return "None"
    kinds = {int: "a number", float: "a number", list: "a list", dict: "a dict"}
    return kinds.get(type(found), "")
