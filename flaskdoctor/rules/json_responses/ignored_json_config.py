"""FD107: settings of Flask's JSON that Flask no longer reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.configuration import ConfigWrite
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.requestflow.settled import JSON_ATTRIBUTES
from flaskdoctor.project.routing.views import router_of
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.snapshot import Project
    from flaskdoctor.rules.rule import Site

_GONE_SINCE = (2, 3)
_ATTRIBUTE_SINCE = (2, 2)
# What Flask does without the setting: asking for that is no loss.
_DEFAULTS: dict[str, object] = {
    "JSON_AS_ASCII": True,
    "JSON_SORT_KEYS": True,
    "JSONIFY_MIMETYPE": "application/json",
    "JSONIFY_PRETTYPRINT_REGULAR": False,
}
_NEW = "new"
_OLD = "old"


class IgnoredJsonConfig(Rule):
    """Flask 2.3 no longer reads `JSON_SORT_KEYS` and its three relatives: what they ask for does not happen.

    ## What it finds

    One of the settings `JSON_AS_ASCII`, `JSON_SORT_KEYS`, `JSONIFY_MIMETYPE` and `JSONIFY_PRETTYPRINT_REGULAR`, set
    in any of the ways in which a configuration is set. On a project that still runs an older Flask, and for a value
    that is Flask's own, it is a note.

    Nothing is said where the project itself reads the setting, or sets the attribute that took its place.

    ## Why it matters

    Flask 2.2 warned, 2.3 dropped them: the key stays in `app.config` and nobody looks at it. No error, no warning.
    After the upgrade the keys of every answer come sorted again, Chinese and Cyrillic texts come as `\\u4f60\\u597d`,
    and a client that compares bytes (a signature, a snapshot test, a cache) sees a different answer.

    | setting | attribute of `app.json` | without it |
    |---|---|---|
    | `JSON_AS_ASCII` | `ensure_ascii` | `True` |
    | `JSON_SORT_KEYS` | `sort_keys` | `True` |
    | `JSONIFY_MIMETYPE` | `mimetype` | `"application/json"` |
    | `JSONIFY_PRETTYPRINT_REGULAR` | `compact`, its opposite | indented in debug mode only |

    ## What to do instead

    Set the attribute, right after the app is made. It has been there since Flask 2.2:

    ```python
    app = Flask(__name__)
    app.json.sort_keys = False
    app.json.ensure_ascii = False
    ```

    Type checkers only know `JSONProvider` there, which has no such attributes: `# type: ignore[attr-defined]`, or a
    subclass of `DefaultJSONProvider` given to `app.json_provider_class`.

    ## References

    - [Flask 2.3: changes](https://flask.palletsprojects.com/en/stable/changes/#version-2-3-0)
    - [Flask: DefaultJSONProvider](https://flask.palletsprojects.com/en/stable/api/#flask.json.provider.DefaultJSONProvider)
    """

    code = "FD107"
    name = "ignored-json-config"
    tip = Tip.JSON
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Set the attribute of app.json"
    fix_risk = (
        "The setting takes effect again: the bytes of JSON answers change. A JSON provider of your own may not know "
        "the attribute."
    )
    needs = tuple(key.encode() for key in JSON_ATTRIBUTES)

    bad = [
        Bad(
            """\
from flask import Flask

app = Flask(__name__)
app.config["JSON_SORT_KEYS"] = False
app.config["JSON_AS_ASCII"] = False  # names in Cyrillic
""",
            fixed="""\
from flask import Flask

app = Flask(__name__)
app.json.sort_keys = False
app.json.ensure_ascii = False  # names in Cyrillic
""",
            hits=2,
        ),
        # A factory, `import flask as f`, an annotation, the setting that turned around.
        Bad(
            """\
import flask as f


def create_app(pretty):
    server: f.Flask = f.Flask(__name__)
    server.config["JSONIFY_PRETTYPRINT_REGULAR"] = True
    server.config["JSONIFY_MIMETYPE"] = "application/vnd.api+json"
    return server


def create_other(app: f.Flask, pretty):
    app.config["JSONIFY_PRETTYPRINT_REGULAR"] = pretty
    f.current_app.config["JSON_SORT_KEYS"] = pretty or app.debug
""",
            fixed="""\
import flask as f


def create_app(pretty):
    server: f.Flask = f.Flask(__name__)
    server.json.compact = False
    server.json.mimetype = "application/vnd.api+json"
    return server


def create_other(app: f.Flask, pretty):
    app.json.compact = not pretty
    f.current_app.json.sort_keys = pretty or app.debug
""",
            hits=4,
        ),
        # Where no app is in scope there is advice only.
        Bad(
            {
                "shop/__init__.py": """\
from flask import Flask

app = Flask(__name__)
app.config.from_object("shop.config.Config")
app.config.update(JSON_AS_ASCII=False)
app.config.from_mapping({"JSONIFY_MIMETYPE": "application/hal+json"})
""",
                "shop/config.py": """\
class Config:
    JSON_SORT_KEYS = False
""",
                "shop/settings.py": "JSONIFY_PRETTYPRINT_REGULAR = True\n",
            },
            hits=4,
        ),
        # A note on Flask 2.2, whose app.json is there already; on 2.1 there is none yet, and no fix.
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\napp.config["JSON_SORT_KEYS"] = False\n',
            fixed="from flask import Flask\n\napp = Flask(__name__)\napp.json.sort_keys = False\n",
            flask="2.2.5",
        ),
        Bad(
            'from flask import Flask\n\napp = Flask(__name__)\napp.config["JSON_SORT_KEYS"] = False\n',
            flask="2.1.3",
        ),
    ]

    good = [
        # The attributes.
        """\
from flask import Flask

app = Flask(__name__)
app.json.sort_keys = False
app.json.compact = False
app.config["JSON_FILE"] = "a.json"
""",
        # Both, for an old and a new Flask; in two files too.
        {
            "app.py": """\
from flask import Flask
from config import Config

app = Flask(__name__)
app.config.from_object(Config)
app.json.ensure_ascii = False
app.json.sort_keys = app.config.get("JSON_SORT_KEYS", True)
app.config["JSON_AS_ASCII"] = False
""",
            "config.py": "class Config:\n    JSON_SORT_KEYS = False\n    JSON_AS_ASCII = False\n",
        },
        # The project's own encoder reads it.
        {
            "app.py": """\
import json

from flask import Flask, current_app

app = Flask(__name__)
app.config["JSONIFY_PRETTYPRINT_REGULAR"] = True


def dump(data):
    return json.dumps(data, indent=2 if current_app.config["JSONIFY_PRETTYPRINT_REGULAR"] else None)
""",
        },
        # Eve has a setting of that name.
        {
            "requirements.txt": "eve==2.2.0\nflask==3.1.0\n",
            "settings.py": "JSON_SORT_KEYS = True\nDOMAIN = {}\n",
        },
        # No configuration of Flask's; a test's own app.
        {
            "schema.py": 'NOTES = {"JSON_AS_ASCII": "gone"}\nJSON_SORT_KEYS = "JSON_SORT_KEYS"\n',
            "tests/test_json.py": """\
from flask import Flask

app = Flask(__name__)
app.config["JSON_SORT_KEYS"] = False
""",
        },
        # Quart read them for longer.
        Good(
            {
                "requirements.txt": "quart==0.18\n",
                "app.py": 'from quart import Quart\n\napp = Quart(__name__)\napp.config["JSON_SORT_KEYS"] = False\n',
            }
        ),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """The places that set one of the four; twice where there is a fix, for a Flask with ``app.json`` or without."""
        if module.role in ("test", "migration"):
            return
        for write in module.config_writes:
            attribute = JSON_ATTRIBUTES.get(write.key)
            if attribute is None:
                continue
            found = _target(module, write)
            same = isinstance(write.value, ast.Constant) and write.value.value == _DEFAULTS[write.key]
            for needed in (_NEW, _OLD) if found is not None else ("",):
                yield Hit(
                    write.node,
                    f"{write.key} does nothing from Flask {_dotted(_GONE_SINCE)} on: set app.json.{attribute}",
                    severity=Severity.INFO if same else None,
                    fixable=needed == _NEW,
                    advice="" if needed == _NEW else _ADVICE,
                    data=(write.key, needed, write.owner if write.form not in ("class", "settings") else ""),
                    parts={} if found is None else {"target": found[0], "app": found[1], "write": write},
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Drop it where the project reads the setting itself or sets the attribute too."""
        key, needed, owner = candidate.data
        dependencies = project.dependencies
        if needed and (needed == _NEW) != dependencies.flask_at_least(_ATTRIBUTE_SINCE):
            return None  # of the two candidates the other one speaks
        if dependencies.has("eve") or any(key in facts.settled for facts in project.modules.values()):
            return None
        if dependencies.flask is None and dependencies.has("quart"):
            return None
        routers = (project.links.router(name) for name in project.links.routers(str(owner), candidate.location.path))
        if owner and any(router is not None and router.library.startswith("quart.") for router in routers):
            return None
        return candidate.severity if dependencies.flask_may_be(_GONE_SINCE) else Severity.INFO

    def fix(self, site: Site, edit: FileEdit) -> None:
        """``app.config["JSON_SORT_KEYS"] = x`` becomes ``app.json.sort_keys = x``."""
        write, target, app = (site.hit.parts[name] for name in ("write", "target", "app"))
        assert isinstance(write, ConfigWrite)
        assert isinstance(target, ast.AST)
        assert isinstance(app, ast.AST)
        edit.replace(target, f"{{app}}.json.{JSON_ATTRIBUTES[write.key]}", app=app)
        if write.key == "JSONIFY_PRETTYPRINT_REGULAR":
            if isinstance(write.value, ast.Constant):
                edit.replace(write.value, str(not write.value.value))
            else:
                edit.replace(write.value, "not {value}", value=write.value)


_ADVICE = "Where the app is made, set the attribute: `app.json.sort_keys = False` (Flask 2.2 and newer)."


def _target(module: Module, write: ConfigWrite) -> tuple[ast.Subscript, ast.expr] | None:
    """``app.config["KEY"]`` and ``app``, where the statement sets nothing else."""
    match write.node:
        case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(value=app)) as target]):
            return (target, app) if router_of(module, app) is not None else None
    return None


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(str(part) for part in version)
