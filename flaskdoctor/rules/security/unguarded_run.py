"""FD703: a module that starts the server when it is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.purpose import conditional, purpose_of
from flaskdoctor.project.deployment.appruns import app_runs, starts_flask
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_GUARD = 'if __name__ == "__main__":'


class UnguardedRun(Rule):
    """`app.run()` at module level, without `if __name__ == "__main__":`, starts a server on import.

    ## What it finds

    A call of an app's `run()` that is evaluated when the module is imported. Where it is the last statement of the
    file it is put under a guard with one key; statements that follow it only ever ran after the server had
    stopped, so there the choice is yours. In a script for development (`run_dev.py`) it is information.

    ## Why it matters

    An import of that module does not come back. `gunicorn run:app` sits there with the development server inside
    each worker until it times out; `celery -A run.celery worker`, pytest's collection and a Python shell hang in the
    same way. The `flask` command alone is not held up: Flask sees that it was started by it and ignores the call
    with a warning, which is why this goes unnoticed until the first deployment.

    ## What to do instead

    ```python
    if __name__ == "__main__":
        app.run()
    ```

    or leave the call out altogether and use `flask --app shop run`.

    ## References

    - [Flask: Flask.run](https://flask.palletsprojects.com/en/stable/api/#flask.Flask.run)
    - [Flask: development server, in code](https://flask.palletsprojects.com/en/stable/server/#in-code)
    """

    code = "FD703"
    name = "unguarded-run"
    tip = Tip.SECURITY
    severity = Severity.WARNING
    fix_class = Fix.SAFE
    fix_title = 'Put it under `if __name__ == "__main__":`'
    needs = (b".run(",)

    bad = [
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route("/")\ndef index():\n'
            '    return "shop"\n\n\n'
            "app.run(port=8000)  # the port that the proxy knows\n",
            'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route("/")\ndef index():\n'
            '    return "shop"\n\n\n'
            'if __name__ == "__main__":\n    app.run(port=8000)  # the port that the proxy knows\n',
        ),
        Bad(
            {
                "shop/__init__.py": "import flask as f\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
                "    return app\n",
                "run.py": "from shop import create_app\n\napplication = create_app()\napplication.run()\n",
            },
            {
                "run.py": "from shop import create_app\n\napplication = create_app()\n"
                'if __name__ == "__main__":\n    application.run()\n'
            },
        ),
        Bad(
            "from flask import Flask\nfrom flask_socketio import SocketIO\n\napp = Flask(__name__)\n"
            "socketio = SocketIO(app)\n\n"
            "socketio.run(\n    app,\n    port=8000,\n)\n",
            "from flask import Flask\nfrom flask_socketio import SocketIO\n\napp = Flask(__name__)\n"
            "socketio = SocketIO(app)\n\n"
            'if __name__ == "__main__":\n    socketio.run(\n        app,\n        port=8000,\n    )\n',
        ),
        Bad('from flask import Flask\n\napp = Flask(__name__)\napp.run()\nprint("bye")\n'),
        # Another file may import it to start the server.
        Bad(
            {
                "start.py": "import os\n\nos.environ['SHOP'] = 'test'\nimport shop\n",
                "shop.py": "from flask import Flask\n\napp = Flask(__name__)\napp.run()\n",
            },
            {"shop.py": "from flask import Flask\n\napp = Flask(__name__)\napp.run()\n"},
        ),
        Bad(
            "from flask import Flask\n\napp = Flask(__name__)\nwith app.app_context():\n    warm_up()\n    app.run()\n",
        ),
        # Whatever the condition says, it runs.
        Bad(
            'import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\nif "PORT" in os.environ:\n'
            '    app.run(port=int(os.environ["PORT"]))\nelse:\n    app.run()\n',
        ),
    ]
    good = [
        # Under a guard, however it is written.
        'from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == "__main__":\n    app.run()\n',
        'from flask import Flask\n\napp = Flask(__name__)\n\nif "__main__" == __name__ and True:\n    app.run()\n',
        'from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ != "__main__":\n    use_gunicorn_logger(app)\n'
        "else:\n    app.run()\n",
        # In a function, a command, a thread.
        "import threading\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\ndef main():\n    app.run()\n\n\n"
        "threading.Thread(target=lambda: app.run(use_reloader=False)).start()\n",
        # ``python -m shop`` runs this file and nobody imports it.
        Good(
            {
                "shop/__init__.py": "",
                "shop/__main__.py": "from flask import Flask\n\napp = Flask(__name__)\napp.run()\n",
            }
        ),
        # Somebody else's run(), with a Flask app nearby.
        "import subprocess\n\nfrom flask import Flask\nfrom flask_script import Manager\n\napp = Flask(__name__)\n"
        'manager = Manager(app)\nmanager.run()\nsubprocess.run(["ls"])\n',
        # Only when somebody asks for it.
        'import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\nif os.environ.get("SERVE"):\n    app.run()\n',
        Good({"tests/serve.py": "from shop import app\n\napp.run()\n"}),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The runs that an import comes to."""
        if module.role in ("test", "migration", "docs") or module.path.endswith("__main__.py"):
            return
        for call, owner in app_runs(module):
            if not module.at_import(call) or _guarded(module, call):
                continue
            if conditional(module, call) and not _either_way(module, call):
                continue
            last = module.ast.body[-1]
            yield Hit(
                call,
                "run() is called when this module is imported: gunicorn, celery and pytest hang there",
                severity=Severity.INFO if module.role == "example" or purpose_of(module, call) else None,
                fixable=isinstance(last, ast.Expr | ast.Assign) and module.statement_of(call) is last,
                advice=f"Put it under `{_GUARD}`, or leave it out and start the server with `flask run`.",
                data=(owner,),
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Only where what runs is a Flask app."""
        if not starts_flask(project.links, str(candidate.data[0]), candidate.location.path):
            return None
        return super().judge(candidate, project)

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put the statement under the guard, unless another file may import this one to start the server."""
        package = site.module.path.removesuffix("__init__.py")
        starters = site.project.links.loaded_by(site.module.path)
        if package != site.module.path:
            starters += [path for path in (f"{package}__main__.py",) if path in site.project.modules]
        if starters:
            raise Refuse(f"{starters[0]} imports this file, perhaps to start the server: decide where that happens.")
        edit.wrap_statements([site.module.statement_of(site.node)], _GUARD)


def _either_way(module: Module, node: ast.AST) -> bool:
    """Whether the only condition around a run chooses between two of them: ``if port: app.run(port=port)``, ``else:
    app.run()``. The first of the two stands for both."""
    choices = [parent for parent in module.ancestors(node) if isinstance(parent, ast.If)]
    if len(choices) != 1 or not choices[0].orelse or not _runs_in(choices[0].body, node):
        return False
    runs = [call for call, _ in app_runs(module)]
    return not conditional(module, choices[0]) and any(_runs_in(choices[0].orelse, run) for run in runs)


def _runs_in(branch: list[ast.stmt], call: ast.AST) -> bool:
    """Whether a call is a statement of a branch itself."""
    return any(isinstance(each, ast.Expr) and each.value is call for each in branch)


def _guarded(module: Module, node: ast.AST) -> bool:
    """In either branch of ``if __name__ ..``."""
    return any(
        isinstance(parent, ast.If)
        and any(isinstance(name, ast.Name) and name.id == "__name__" for name in ast.walk(parent.test))
        for parent in module.ancestors(node)
    )
