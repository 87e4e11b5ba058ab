"""FD704: the debugger of a development server, offered to the whole network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.purpose import conditional, purpose_of
from flaskdoctor.project.deployment.appruns import app_runs, starts_flask
from flaskdoctor.project.deployment.openruns import open_host
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_ADVICE = (
    "The fix of FD701 takes debug mode out of this call. Or leave the host out: 127.0.0.1 is reached from your own "
    "machine alone. In a container, where it has to be 0.0.0.0, "
    'publish the port to your own machine alone (`ports: ["127.0.0.1:5000:5000"]`), or take debug mode out.'
)


class DebugOnAllInterfaces(Rule):
    """The development server listens on every network interface while debug mode is on.

    ## What it finds

    `run(host="0.0.0.0", debug=True)`, also `"::"`, by position, on Flask-SocketIO, with the address as what a missing
    variable falls back on, and with debug mode switched on by `app.debug = True` or `app.config["DEBUG"] = True` in the
    same file. `0.0.0.0` alone is no finding, nor is debug mode alone: that is `debug-enabled`, which stands beside this
    one as information, for its fix settles both. In scripts for development, behind a condition and in examples this
    one is information too.

    ## Why it matters

    Debug mode on 127.0.0.1 shows its tracebacks, and the console below each of them, to whoever sits at the machine.
    On 0.0.0.0 it shows them to everyone who can reach it: the other guests of a café's or conference's network, the
    office, and with a forwarded port or a rented server the internet, where such servers are found within hours. A
    PIN stands in front of the console, and is made of things that another hole may give away (the user's name, the
    path of Flask, the machine's id); the source code around every error, with the values of all variables, comes
    without any PIN.

    ## What to do instead

    ```python
    app.run(debug=True)  # 127.0.0.1
    ```

    To try the app on a telephone, leave debug mode out: `flask run --host 0.0.0.0`. A container has to listen on
    0.0.0.0, and there the published port decides:

    ```yaml
    ports:
      - "127.0.0.1:5000:5000"
    ```

    ## References

    - [Flask: externally visible server](https://flask.palletsprojects.com/en/stable/quickstart/#a-minimal-application)
    - [Werkzeug: debugger, the PIN](https://werkzeug.palletsprojects.com/en/stable/debug/#debugger-pin)
    - [Docker: published ports](https://docs.docker.com/engine/network/port-publishing/)
    """

    code = "FD704"
    name = "debug-on-all-interfaces"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    needs = (b"0.0.0.0", b'"::"', b"'::'")

    bad = [
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\n\nif __name__ == "__main__":\n'
            '    app.run(host="0.0.0.0", debug=True)\n'
        ),
        Bad(
            {
                "shop/__init__.py": "import flask as f\n\n\ndef create_app():\n    return f.Flask(__name__)\n",
                "run.py": "from shop import create_app\n\nHOST = '0.0.0.0'\n\n"
                "if (application := create_app()) is not None:\n    application.run(HOST, 8000, True)\n"
                "create_app().run('::', 8000, debug=1)\n",
            },
            hits=2,
        ),
        Bad(
            "import os\n\nfrom flask import Flask\nfrom flask_socketio import SocketIO\n\n\ndef main():\n"
            "    app = Flask(__name__)\n    socketio = SocketIO(app)\n"
            '    socketio.run(app, os.environ.get("HOST", "0.0.0.0"), debug=True)\n',
        ),
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\napp.config.update(DEBUG=True)\napp.run(host="0.0.0.0")\n'
            'other = Flask("other")\nother.debug = True\nother.run(host="0.0.0.0", port=8000)\n',
            hits=2,
        ),
        # For development: information.
        Bad({"run_dev.py": "from flask import Flask\n\nFlask(__name__).run(host='0.0.0.0', debug=True)\n"}),
    ]
    good = [
        # One of the two alone.
        'from flask import Flask\n\napp = Flask(__name__)\napp.run(host="0.0.0.0")\n',
        'from flask import Flask\n\napp = Flask(__name__)\napp.run(host="0.0.0.0", debug=False)\n',
        'from flask import Flask\n\napp = Flask(__name__)\napp.run(debug=True)\nprint("not on 0.0.0.0")\n',
        'from flask import Flask\n\napp = Flask(__name__)\napp.run(host="127.0.0.1", debug=True)\nANY = "0.0.0.0"\n',
        # Debug mode by the environment, or of another app.
        'import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\napp.run(host="0.0.0.0", '
        'debug=os.environ.get("SHOP_DEBUG") == "1")\n',
        'from flask import Flask\n\napp = Flask(__name__)\nother = Flask("other")\nother.debug = True\n'
        'app.run(host="0.0.0.0")\n',
        # The argument wins over what is set.
        'from flask import Flask\n\napp = Flask(__name__)\napp.debug = True\napp.run(host="0.0.0.0", debug=False)\n',
        # Reloading, and no debugger.
        'from flask import Flask\n\napp = Flask(__name__)\napp.run(host="0.0.0.0", debug=True, use_debugger=False)\n',
        # Somebody else's run().
        'import flask\nimport uvicorn\n\nuvicorn.run("shop:app", host="0.0.0.0", debug=True)\n'
        'Server().run(host="0.0.0.0", debug=True)\n',
        Good({"tests/serve.py": 'from shop import app\n\napp.run(host="0.0.0.0", debug=True)\n'}),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Runs on every interface with debug mode on; reported at the address."""
        if module.role in ("test", "migration", "docs"):
            return
        for call, owner in app_runs(module):
            host = open_host(module, call, owner)
            if host is None:
                continue
            purpose = purpose_of(module, call)
            if purpose == "test":
                continue
            lesser = purpose or module.role == "example" or conditional(module, call)
            yield Hit(
                host,
                "Debug mode on every network interface: whoever reaches this machine gets the debugger",
                severity=Severity.INFO if lesser else None,
                advice=_ADVICE,
                data=(owner,),
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Only where what runs is a Flask app."""
        if not starts_flask(project.links, str(candidate.data[0]), candidate.location.path):
            return None
        return super().judge(candidate, project)
