"""FD314: a key that the code requires, and that .env leaves empty."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.env.envfile import Binding, inline_comment
from flaskdoctor.project.env.envreaders import read_files
from flaskdoctor.project.env.envuse import KeyUse, own_uses
from flaskdoctor.project.secrecy.secretnames import is_signing_key, words
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.versions.dotenvversion import EMPTY_BEFORE_COMMENT, dotenv_range
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule

READ = "import os\nKEY = os.environ['SHOP_KEY']\n"
SIGNED = "import os\nfrom flask import Flask\napp = Flask(__name__)\napp.secret_key = os.environ.get('SECRET_KEY')\n"
# A local database, a mail server of one's own: logins that are empty at home.
_LOGINS = frozenset(("password", "passwd", "pass", "pwd", "user", "username", "login", "prefix", "suffix"))


class RequiredKeyEmpty(ProjectRule):
    """A key that the code requires stands in .env without a value.

    ## What it finds

    `KEY=` in `.env` where the code reads `os.environ["KEY"]`, decouple's `config("KEY")` or the like, with no default;
    and an empty key that signs (`SECRET_KEY=`), however it is read.

    It is information for passwords and user names: a database on your own machine often has none.

    It is silent where the key is set in the environment or in another env file that is loaded, where `.env` or the
    template marks it as optional, and where quotes say that nothing is what is meant: `KEY=""`.

    ## Why it matters

    With `KEY=` the variable is there, so `os.environ["KEY"]` does not raise: it gives "". What fails is something
    later, that does not name the key: `int("")`, a request without a token, a URL without a host. With an empty
    `SECRET_KEY` Flask refuses each session: "The session is unavailable because no secret key was set."

    ## What to do instead

    Fill in the value. A new `SECRET_KEY` is made by

    ```console
    $ python -c 'import secrets; print(secrets.token_hex())'
    ```

    If the app does without the key, let the code say so (`os.environ.get("KEY", "")`), or the line:
    `KEY="" # optional`.

    ## References

    - [Flask: SECRET_KEY](https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY)
    - [python-dotenv: file format](https://saurabh-kumar.com/python-dotenv/#file-format)
    """

    code = "FD314"
    name = "required-key-empty"
    tip = Tip.SECRETS
    severity = Severity.WARNING
    bad = [
        Bad({"app.py": READ, ".env": "A=1\nSHOP_KEY=\n"}),
        Bad({"app.py": READ, ".env": "export SHOP_KEY = # ask Ada\n"}),
        Bad({"app.py": "from decouple import config\nKEY = config('SHOP_KEY')\n", ".env": "SHOP_KEY=\n"}),
        # The last line counts.
        Bad({"app.py": READ, ".env": "SHOP_KEY=1\nSHOP_KEY=\n"}),
        # What signs the session; the folder of the module that loads it.
        Bad({"app.py": SIGNED, ".env": "SECRET_KEY=\n"}),
        Bad({"web/__init__.py": f"from dotenv import load_dotenv\nload_dotenv()\n{READ}", "web/.env": "SHOP_KEY=\n"}),
        # Information: a login.
        Bad({"app.py": "import os\nPW = os.environ['DB_PASSWORD']\n", ".env": "DB_PASSWORD=\n"}),
    ]
    good = [
        {"app.py": READ, ".env": "SHOP_KEY=1\n"},
        {"app.py": READ, ".env": "SHOP_KEY=\nSHOP_KEY=1\n"},
        # Said to be meant.
        {"app.py": READ, ".env": 'SHOP_KEY=""\n'},
        {"app.py": READ, ".env": "SHOP_KEY='' # nothing\n"},
        {"app.py": READ, ".env": "# optional\nSHOP_KEY=\n"},
        {"app.py": READ, ".env": "SHOP_KEY=\n", ".env.example": "SHOP_KEY= # optional\n"},
        # The code does without.
        {"app.py": "import os\nKEY = os.environ.get('SHOP_KEY')\nB = os.getenv('SHOP_B', '')\n", ".env": "SHOP_KEY=\n"},
        {"app.py": "import os\nKEY = os.environ.get('SECRET_KEY') or os.urandom(16)\n", ".env": "SECRET_KEY=\n"},
        {"app.py": "import os\nif 'SHOP_KEY' in os.environ:\n    K = os.environ['SHOP_KEY']\n", ".env": "SHOP_KEY=\n"},
        # No .env; a template is to be filled in; it is not there at all (FD313); nobody reads it.
        {"app.py": READ, ".env.example": "SHOP_KEY=\n"},
        {"app.py": READ, ".env": "A=\n"},
        # Another file that is loaded has it.
        {
            "app.py": f"from dotenv import load_dotenv\nload_dotenv('.env.local')\nload_dotenv()\n{READ}",
            ".env": "SHOP_KEY=\n",
            ".env.local": "SHOP_KEY=1\n",
        },
        # Behind a line that cannot be read nothing is certain.
        {"app.py": READ, ".env": "SHOP_KEY=\nB: 1\nSHOP_KEY=1\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The empty keys of .env."""
        env = project.env
        uses = own_uses(project)
        files = [env.env, *(file for file in env.further if file.path in env.nested)]
        loaded = [read.file for read in read_files(project) if read.by_dotenv]
        for file in files:
            for name, binding in file.keys.items():
                use = uses.get(name)
                if use is None or not _is_needed(use) or not binding.empty or file.last(name) is not binding:
                    continue
                if name in project.environ or binding.optional or _is_quoted(binding):
                    continue
                if any(other is not file and _has_value(other.last(name)) for other in loaded):
                    continue
                if any(name in template.keys and template.keys[name].optional for template in env.templates):
                    continue
                if _is_a_comment_to_old_releases(binding, project):
                    continue  # FD318 says it
                soft = not _LOGINS.isdisjoint(words(name)[-1:]) and not is_signing_key(name)
                yield Issue(
                    f"{name} in {file.path} is empty, and {use.places[0].path} "
                    f"{'requires it' if use.kind == 'required' else 'takes it as its key'}",
                    Location(file.path, binding.line),
                    name,
                    severity=Severity.INFO if soft else None,
                    advice='Fill in the value; where nothing is what is meant, write `""` behind the `=`.',
                )


def _is_needed(use: KeyUse) -> bool:
    return use.kind == "required" or (use.kind == "soft" and is_signing_key(use.name))


def _is_quoted(binding: Binding) -> bool:
    return binding.written.reveal().partition("=")[2].lstrip()[:1] in ("'", '"')


def _has_value(binding: Binding | None) -> bool:
    return binding is not None and binding.value is not None and not binding.empty


def _is_a_comment_to_old_releases(binding: Binding, project: Project) -> bool:
    if not inline_comment(binding.written.reveal()):
        return False
    version = dotenv_range(project)
    return version is not None and version.surely_before(EMPTY_BEFORE_COMMENT)
