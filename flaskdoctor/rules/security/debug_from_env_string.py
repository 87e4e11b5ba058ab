"""FD702: debug mode decided by a text of the environment, of which every one but the empty one counts as yes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.deployment.appruns import app_runs, starts_flask
from flaskdoctor.project.env.envnames import ENVIRON
from flaskdoctor.project.routing.views import keyword, router_of
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_DEBUG = 2  # the place of ``debug`` in ``Flask.run(host, port, debug, load_dotenv)``
_GETTERS = frozenset({"os.getenv", *(f"{environ}.get" for environ in ENVIRON)})
_YES = '("1", "true", "yes", "on")'
_ADVICE = (
    "Leave `debug` out and set `FLASK_DEBUG=1` where you want it: Flask reads that one itself and takes `0`, `false` "
    'and `no` for off. A variable of your own has to be compared: `.lower() in ("1", "true", "yes", "on")`.'
)


class _Read(NamedTuple):
    """A reading of the environment whose text is used as it is. ``reader`` is "get", "subscript" or "decouple";
    ``name`` the variable, "" where it is computed; ``default`` what a missing one gives."""

    node: ast.expr
    reader: str
    name: str
    default: ast.expr | None = None


class DebugFromEnvString(Rule):
    """`run(debug=..)` is given the text of an environment variable, and `"False"` is a text like any other: it is on.

    ## What it finds

    `app.run(debug=os.environ.get("DEBUG"))`, `os.getenv(..)`, `os.environ[..]`, decouple's `config("DEBUG")` without
    `cast`, the same inside `bool(..)`, with `or False` behind it, or through a variable that is assigned once. What is
    compared or parsed before (`== "1"`, `.lower() in (..)`, `int(..)`, `cast=bool`) is right, and the settings of a
    configuration (`DEBUG = os.environ.get(..)`) are another rule's.

    ## Why it matters

    `Flask.run` does `bool(debug)`, and only the empty text is false. `DEBUG=False` in `.env`, in a compose file or in
    the settings of a host, written there by somebody who wanted to be sure, switches debug mode *on*: `DEBUG=0` and
    `DEBUG=off` too. Every error then shows the debugger, with a console that runs Python on the server. Nothing hints
    at it, for a machine on which the variable is missing behaves well.

    ## What to do instead

    Leave it out, for Flask reads `FLASK_DEBUG` itself and understands `0`, `false` and `no`:

    ```python
    app.run()
    ```

    and start with `flask run --debug`, or with `FLASK_DEBUG=1` in `.flaskenv`. A name of your own is compared:

    ```python
    app.run(debug=os.environ.get("SHOP_DEBUG", "").lower() in ("1", "true", "yes", "on"))
    ```

    ## References

    - [Flask: debug mode](https://flask.palletsprojects.com/en/stable/config/#DEBUG)
    - [Flask: Flask.run](https://flask.palletsprojects.com/en/stable/api/#flask.Flask.run)
    - [Python: truth value testing](https://docs.python.org/3/library/stdtypes.html#truth-value-testing)
    """

    code = "FD702"
    name = "debug-from-env-string"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Compare the text, or leave it to FLASK_DEBUG"
    fix_risk = "Only 1, true, yes and on switch it on from then on (FLASK_DEBUG: all but 0, false and no)."
    needs = (b".run(",)
    pattern = re.compile(rb"environ|getenv|decouple")

    bad = [
        Bad(
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n"
            'if __name__ == "__main__":\n    app.run(port=8000, debug=os.environ.get("SHOP_DEBUG"))\n',
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n"
            'if __name__ == "__main__":\n    app.run(port=8000, '
            'debug=os.environ.get("SHOP_DEBUG", "").lower() in ("1", "true", "yes", "on"))\n',
        ),
        # Flask reads this one itself, and better.
        Bad(
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n"
            'if __name__ == "__main__":\n    app.run(debug=os.getenv("FLASK_DEBUG", False))\n',
            "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n"
            'if __name__ == "__main__":\n    app.run()\n',
        ),
        Bad(
            {
                "shop/__init__.py": "import flask as f\n\n\ndef create_app():\n    return f.Flask(__name__)\n",
                "run.py": "from os import environ as env, getenv\n\nfrom shop import create_app\n\n"
                'application = create_app()\nif __name__ == "__main__":\n'
                '    application.run("127.0.0.1", 8000, bool(env["SHOP_DEBUG"]))\n'
                '    create_app().run(debug=getenv("SHOP_DEBUG", "False"))\n',
            },
            {
                "run.py": "from os import environ as env, getenv\n\nfrom shop import create_app\n\n"
                'application = create_app()\nif __name__ == "__main__":\n'
                '    application.run("127.0.0.1", 8000, env["SHOP_DEBUG"].lower() in ("1", "true", "yes", "on"))\n'
                '    create_app().run(debug=getenv("SHOP_DEBUG", "False").lower() in ("1", "true", "yes", "on"))\n'
            },
            hits=2,
        ),
        # Through a variable; on unless the text is empty.
        Bad(
            "import os\n\nfrom flask import Flask\nfrom flask_socketio import SocketIO\n\napp = Flask(__name__)\n"
            'socketio = SocketIO(app)\nDEBUG: bool = os.getenv("SHOP_DEBUG", True)\n\n\ndef main():\n'
            "    socketio.run(app, debug=DEBUG)\n",
            "import os\n\nfrom flask import Flask\nfrom flask_socketio import SocketIO\n\napp = Flask(__name__)\n"
            'socketio = SocketIO(app)\nDEBUG: bool = os.getenv("SHOP_DEBUG", "1").lower() in '
            '("1", "true", "yes", "on")\n\n\ndef main():\n    socketio.run(app, debug=DEBUG)\n',
        ),
        Bad(
            "from decouple import config\nfrom flask import Flask\n\napp = Flask(__name__)\n\n"
            'print(wanted := config("SHOP_DEBUG", default="False"))\napp.run(debug=wanted)\n'
            'app.run(debug=config("SHOP_DEBUG", default="False"))\n',
            hits=2,
        ),
        Bad(
            "import os\n\nfrom flask import Flask\n\n\nclass Server:\n    def start(self):\n"
            '        self.app = Flask("shop")\n        self.app.run(debug=os.environ.get("SHOP_DEBUG") or False)\n',
        ),
    ]
    good = [
        # Parsed.
        "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        'app.run(debug=os.environ.get("SHOP_DEBUG") == "1")\n'
        'app.run(debug=os.environ.get("SHOP_DEBUG", "").lower() in ("1", "true"))\n'
        'app.run(debug=bool(int(os.environ.get("SHOP_DEBUG", "0"))))\n'
        'app.run(debug="SHOP_DEBUG" in os.environ)\n',
        "import json\nimport os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\ndef flag(name):\n"
        '    return os.environ.get(name, "") == "on"\n\n\nDEBUG = json.loads(os.environ.get("SHOP_DEBUG", "false"))\n'
        'app.run(debug=flag("SHOP_DEBUG"))\napp.run(debug=DEBUG)\n',
        "from decouple import config\nfrom environs import Env\nfrom flask import Flask\n\nenv = Env()\n"
        'app = Flask(__name__)\napp.run(debug=config("SHOP_DEBUG", default=False, cast=bool))\n'
        'app.run(debug=env.bool("SHOP_DEBUG", False))\n',
        # Another variable in the end: it is parsed on the way.
        'import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\ndebug = os.environ.get("SHOP_DEBUG")\n'
        'debug = debug == "1"\napp.run(debug=debug)\n',
        # Other texts of the environment, and what asks for a name that says it all.
        'import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\napp.run(host=os.environ.get("HOST"), '
        'port=os.environ.get("PORT"), debug=False)\n',
        'import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\nos.environ["FLASK_DEBUG"] = "0"\napp.run()\n',
        # Somebody else's run().
        "import os\nimport subprocess\n\nimport uvicorn\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        'uvicorn.run("shop:app", debug=os.environ.get("SHOP_DEBUG"))\nRunner().run(debug=os.getenv("SHOP_DEBUG"))\n',
        Good({"tests/serve.py": 'import os\n\nfrom shop import app\n\napp.run(debug=os.getenv("SHOP_DEBUG"))\n'}),
        Good({"run_dev.py": 'import os\n\nfrom shop import app\n\napp.run(debug=os.getenv("SHOP_DEBUG"))\n'}),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Calls of ``run`` whose ``debug`` is the text of a variable."""
        if module.role in ("test", "migration", "docs"):
            return
        for call, owner in app_runs(module):
            given = keyword(call, "debug")
            if given is None and len(call.args) > _DEBUG and not any(isinstance(arg, ast.Starred) for arg in call.args):
                given = call.args[_DEBUG]
            read = _read(module, given) if given is not None else None
            if given is None or read is None or purpose_of(module, call):
                continue
            named = f"{read.name}=False" if read.name else '"False"'
            yield Hit(
                call,
                f"run() takes any text of the environment for yes: {named} switches debug mode on",
                severity=Severity.INFO if module.role == "example" else None,
                fixable=read.reader in ("get", "subscript") and _place(module, read, given) is not None,
                advice=_ADVICE,
                data=(owner,),
                parts={"read": read, "given": given},
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Only where what runs is a Flask app."""
        if not starts_flask(project.links, str(candidate.data[0]), candidate.location.path):
            return None
        return super().judge(candidate, project)

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Leave it to Flask, or compare the text with what means yes."""
        read, given, call = site.hit.parts["read"], site.hit.parts["given"], site.node
        assert isinstance(read, _Read)
        assert isinstance(given, ast.expr)
        assert isinstance(call, ast.Call)
        asked = read.name == "FLASK_DEBUG" and _falsy(read.default) and keyword(call, "debug") is given
        if asked and _is_app(site.module, call) and not isinstance(given, ast.Name):
            edit.remove_argument(call, "debug")
            return
        place = _place(site.module, read, given)
        if place is None:
            raise Refuse("The variable is used in other places too, so it stays as it is.")
        if read.reader == "subscript":
            edit.replace(place, f"{{read}}.lower() in {_YES}", read=read.node)
            return
        assert isinstance(read.node, ast.Call)
        text = site.module.string(read.default)
        if text is not None:
            edit.replace(place, f"{{read}}.lower() in {_YES}", read=read.node)
            return
        if not isinstance(read.default, ast.Constant | None):
            raise Refuse("What a missing variable gives is computed, so it stays as it is.")
        default = '""' if _falsy(read.default) else '"1"'
        template = f"{{getter}}({{name}}, {default}).lower() in {_YES}"
        edit.replace(place, template, getter=read.node.func, name=read.node.args[0])


def _read(module: Module, given: ast.expr) -> _Read | None:
    """The reading whose text decides, seen through variables, ``bool(..)`` and ``or False``."""
    node = module.value(given)
    if isinstance(node, ast.Call) and module.resolve(node.func) == "builtins.bool" and len(node.args) == 1:
        node = module.value(node.args[0])
    if isinstance(node, ast.NamedExpr):
        node = node.value
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and isinstance(node.values[-1], ast.Constant):
        read = _read(module, node.values[0])
        return read._replace(reader="or") if read is not None else None
    if isinstance(node, ast.Subscript) and module.resolve(node.value) in ENVIRON:
        return _Read(node, "subscript", module.string(node.slice) or "")
    if not isinstance(node, ast.Call) or not node.args or isinstance(node.args[0], ast.Starred):
        return None
    name, default = module.string(node.args[0]) or "", node.args[1] if len(node.args) > 1 else keyword(node, "default")
    callee = module.resolve(node.func)
    if callee in _GETTERS:
        return _Read(node, "get", name, default)
    if callee == "decouple.config" and keyword(node, "cast") is None and len(node.args) < 3:
        return _Read(node, "decouple", name, default)
    return None


def _place(module: Module, read: _Read, given: ast.expr) -> ast.expr | None:
    """The expression that a comparison takes the place of: what ``debug`` is given, or the value of a variable that
    nothing else uses."""
    if not isinstance(given, ast.Name):
        inner = given.args[0] if isinstance(given, ast.Call) and given.args and given is not read.node else read.node
        return given if inner is read.node else None
    value = module.value(given)
    made_once = value is read.node or (isinstance(value, ast.Call) and read.node in value.args)
    return value if made_once and not module.uses(given) else None


def _falsy(default: ast.expr | None) -> bool:
    return default is None or (isinstance(default, ast.Constant) and not default.value)


def _is_app(module: Module, call: ast.Call) -> bool:
    """Whether it is surely an app of Flask's own that runs: others do not ask ``FLASK_DEBUG``."""
    owner = router_of(module, call.func.value) if isinstance(call.func, ast.Attribute) else None
    return owner is not None and owner[1]
