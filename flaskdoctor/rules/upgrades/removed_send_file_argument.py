"""FD1203: arguments of send_file and send_from_directory that Flask 2.2 no longer takes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Severity, Tip
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_SEND_FILE = ("flask.send_file", "flask.helpers.send_file")
_FROM_DIRECTORY = ("flask.send_from_directory", "flask.helpers.send_from_directory")

_RENAMED_IN = (2, 0)  # the new names exist from here on


class _Argument(NamedTuple):
    new: str
    gone: tuple[int, int]  # the first release without the old name


_ARGUMENTS = {
    "attachment_filename": _Argument("download_name", (2, 2)),
    "cache_timeout": _Argument("max_age", (2, 2)),
    "add_etags": _Argument("etag", (2, 2)),
}
# 2.0 made ``path`` a required parameter: ``filename=`` alone raises since then (verified with 2.0.0 to 2.2.0).
_FILENAME = _Argument("path", (2, 0))

_ANY, _NEW, _OLD = "any", "new", "old"  # which Flask a fix needs: none, one with the new names, or there is none


class RemovedSendFileArgument(Rule):
    """`send_file` and `send_from_directory` are called with arguments that newer Flask releases refuse.

    ## What it finds

    | old | new | refused since |
    |---|---|---|
    | `send_file(attachment_filename=..)` | `download_name=` | 2.2 |
    | `send_file(cache_timeout=..)` | `max_age=` | 2.2 |
    | `send_file(add_etags=..)` | `etag=` | 2.2 |
    | `send_from_directory(folder, filename=..)` | the second positional argument, `path=` | 2.0 |

    It is an error where the project's requirements (or its virtualenv, or its lock file) allow a Flask that refuses
    the argument, and a warning that names the release where they do not yet.

    ## Why it matters

    The call raises `TypeError: send_file() got an unexpected keyword argument 'attachment_filename'`, and only when
    somebody downloads the file: the app starts, and tests that do not fetch it pass. A requirement like `flask>=1.1`
    installs a Flask that refuses it today.

    ## What to do instead

    ```python
    return send_file(report, as_attachment=True, download_name="report.pdf", max_age=60)
    return send_from_directory(current_app.config["UPLOADS"], name)
    ```

    The new names exist since Flask 2.0. The second positional argument of `send_from_directory` works with every
    Flask, so that one is mended whatever the requirements say; the others only where they demand 2.0 or newer.

    ## References

    - https://flask.palletsprojects.com/en/stable/changes/#version-2-2-0
    - https://flask.palletsprojects.com/en/stable/changes/#version-2-0-0
    - https://flask.palletsprojects.com/en/stable/api/#flask.send_file
    """

    code = "FD1203"
    name = "removed-send-file-argument"
    tip = Tip.UPGRADES
    severity = Severity.ERROR
    fix_title = "Use the argument's new name"
    needs = (b"send_file", b"send_from_directory")

    bad = [
        Bad(
            'from flask import Flask, send_file\n\napp = Flask(__name__)\n\n\n@app.route("/report")\ndef report():\n'
            '    return send_file("report.pdf", as_attachment=True, attachment_filename="26.pdf", cache_timeout=60)\n',
            fixed='from flask import Flask, send_file\n\napp = Flask(__name__)\n\n\n@app.route("/report")\n'
            "def report():\n"
            '    return send_file("report.pdf", as_attachment=True, download_name="26.pdf", max_age=60)\n',
            hits=2,
        ),
        Bad(
            "import flask\n\napp = flask.Flask(__name__)\n\n\n@app.route('/uploads/<path:name>')\ndef upload(name):\n"
            "    return flask.send_from_directory(app.config['UPLOADS'], filename=name, as_attachment=True)\n",
            fixed="import flask\n\napp = flask.Flask(__name__)\n\n\n@app.route('/uploads/<path:name>')\n"
            "def upload(name):\n"
            "    return flask.send_from_directory(app.config['UPLOADS'], name, as_attachment=True)\n",
        ),
        Bad(
            "from flask import send_from_directory as send\n\n\ndef icon(folder):\n"
            "    return send(directory=folder, filename='icon.png', cache_timeout=-1)\n",
            fixed="from flask import send_from_directory as send\n\n\ndef icon(folder):\n"
            "    return send(directory=folder, path='icon.png', max_age=-1)\n",
            hits=2,
            flask="2.1.3",
        ),
        # Half of the file is done.
        Bad(
            "from flask import Flask, send_file\n\napp = Flask(__name__)\n\n\n@app.route('/<kind>')\n"
            "def report(kind):\n"
            "    if kind == 'csv':\n        return send_file('r.csv', download_name='r.csv')\n"
            "    return send_file('r.zip', attachment_filename='r.zip')\n",
            fixed="from flask import Flask, send_file\n\napp = Flask(__name__)\n\n\n@app.route('/<kind>')\n"
            "def report(kind):\n"
            "    if kind == 'csv':\n        return send_file('r.csv', download_name='r.csv')\n"
            "    return send_file('r.zip', download_name='r.zip')\n",
        ),
        # Flask 1.1 only knows the old name: a warning, and nothing to mend yet.
        Bad(
            "from flask import send_file\n\n\ndef report(stream):\n"
            "    return send_file(stream, attachment_filename='report.pdf')\n",
            flask="1.1.4",
        ),
        # The second positional argument works with every Flask.
        Bad(
            "from flask import send_from_directory\n\n\ndef icon(folder):\n"
            "    return send_from_directory(folder, filename='icon.png')\n",
            fixed="from flask import send_from_directory\n\n\ndef icon(folder):\n"
            "    return send_from_directory(folder, 'icon.png')\n",
            flask="1.1.4",
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        "from flask import send_file\n\n\ndef report():\n"
        '    return send_file("r.pdf", download_name="r.pdf", max_age=1)\n',
        "from flask import send_from_directory\n\n\ndef icon(folder, name):\n"
        "    return send_from_directory(folder, name, as_attachment=True)\n",
        # Other functions of the same name, and the arguments of other functions.
        "from quart import send_file\n\n\nasync def report():\n"
        '    return await send_file("r.pdf", attachment_filename="r.pdf")\n',
        "from flask import Flask\nfrom shop.files import send_file\n\napp = Flask(__name__)\n\n\n"
        'def report():\n    return send_file("r.pdf", attachment_filename="r.pdf", cache_timeout=1)\n',
        "from flask import send_file, url_for\nfrom flask_mail import Message\n\n\ndef report(message, name):\n"
        '    message.attach(filename=name)\n    url_for("static", filename=name)\n    return send_file(name)\n',
        # Both spellings, by the version that is installed, or by what it answers.
        "from importlib.metadata import version\nfrom flask import send_file\n\n\ndef report(stream):\n"
        "    if int(version('flask').split('.')[0]) < 2:\n"
        "        return send_file(stream, as_attachment=True, attachment_filename='report.pdf')\n"
        "    return send_file(stream, as_attachment=True, download_name='report.pdf')\n",
        "from flask import send_file\n\n\ndef report(stream):\n    try:\n"
        "        return send_file(stream, download_name='report.pdf')\n    except TypeError:\n"
        "        return send_file(stream, attachment_filename='report.pdf')\n",
        # The options are made elsewhere, by somebody who looks at the version.
        "import flask\nfrom flask import send_file\n\n"
        "NAME = 'download_name' if hasattr(flask, 'x') else 'attachment_filename'\n\n\n"
        "def report(stream):\n    return send_file(stream, **{NAME: 'report.pdf'})\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        for call in module.calls(*_SEND_FILE, *_FROM_DIRECTORY):
            for argument in call.keywords:
                if argument.arg in _ARGUMENTS and not _asks_for_the_version(module, call):
                    yield from _renamed(call, argument, _ARGUMENTS[argument.arg])
        for call in module.calls(*_FROM_DIRECTORY):
            filename = next((item for item in call.keywords if item.arg == "filename"), None)
            if filename is not None and len(call.args) < 2:
                if len(call.args) == 1 and filename is call.keywords[0]:
                    yield _hit(call, filename, _FILENAME, _ANY)
                else:
                    yield from _renamed(call, filename, _FILENAME)

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        needed, name = candidate.data
        new = project.dependencies.flask_at_least(_RENAMED_IN)
        if needed != _ANY and (needed == _NEW) != new:
            return None  # of each pair of candidates, one with and one without a fix, the other one speaks
        if project.dependencies.flask is None:
            return Severity.INFO
        return Severity.ERROR if project.dependencies.flask_may_be(_meaning(str(name)).gone) else Severity.WARNING

    def fix(self, site: Site, edit: FileEdit) -> None:
        call, name = site.hit.parts["call"], site.hit.parts["name"]
        assert isinstance(call, ast.Call)
        assert isinstance(name, str)
        if site.hit.data[0] == _ANY:
            edit.rename_argument(call, name, None)
            return
        new = _meaning(name).new
        if any(item.arg == new for item in call.keywords):
            raise Refuse(f"{new}= is given too: decide which one counts.")
        edit.rename_argument(call, name, new)


def _meaning(name: str) -> _Argument:
    """What became of an old argument."""
    return _FILENAME if name == "filename" else _ARGUMENTS[name]


def _asks_for_the_version(module: Module, call: ast.Call) -> bool:
    """``if flask_version < 2: send_file(old=..)`` and ``try: send_file(new=..) except TypeError: ..`` know what
    they do."""
    function = module.function_of(call)
    if function is None:
        return False
    for node in module.nodes(ast.If, ast.IfExp, ast.ExceptHandler):
        if module.function_of(node) is not function:
            continue
        if isinstance(node, ast.ExceptHandler):
            if "TypeError" in module.segment(node.type or node):
                return True
        elif "version" in module.segment(node.test).lower():  # type: ignore[attr-defined]
            return True
    return False


def _renamed(call: ast.Call, argument: ast.keyword, to: _Argument) -> Iterator[Hit]:
    """The finding twice: with a fix where the project demands a Flask that has the new name, and without."""
    yield _hit(call, argument, to, _NEW)
    yield _hit(call, argument, to, _OLD)


def _hit(call: ast.Call, argument: ast.keyword, to: _Argument, needed: str) -> Hit:
    release = ".".join(str(part) for part in to.gone)
    function = call.func.attr if isinstance(call.func, ast.Attribute) else "send_file"
    if argument.arg == "filename" or function not in ("send_file", "send_from_directory"):
        function = "send_from_directory" if argument.arg == "filename" else "send_file"
    instead = "a positional argument" if needed == _ANY else f"{to.new}="
    return Hit(
        argument,
        f"{function}({argument.arg}=) is refused from Flask {release} on: it is {instead} now",
        fixable=needed != _OLD,
        advice="" if needed != _OLD else f"`{to.new}=` exists since Flask 2.0: use it once the project demands that.",
        data=(needed, argument.arg),
        parts={"call": call, "name": argument.arg},
    )
