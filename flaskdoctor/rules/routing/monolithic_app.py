"""FD1110: one module holds most of the app's views."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.routing.routers import ANY_APP
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts, RouteFact
    from flaskdoctor.project.snapshot import Project

_MANY = 20  # routes of one module on the app itself; 1 in 60 real projects has as many that can be divided
_GROUP = 3  # routes that make a blueprint worth its file
_SHOWN = 6
_FLASKS = ("flask", "quart", "apiflask")


class MonolithicApp(ProjectRule):
    """One module holds the views of the whole app: blueprints by URL prefix would divide it.

    ## What it finds

    A module with 20 or more routes on the app itself, of which at least two groups of three or more begin with the same
    part of a URL (`/admin/..`, `/api/..`). There is one finding a project, for the largest module, and it names the
    blueprints that the URLs propose.

    Routes of blueprints are not counted, however many they are: those can be moved as they are.

    ## Why it matters

    Such a file works as well as any other. What it costs is people's time: every change meets every other one in the
    same file, all models, forms and helpers are imported at its top, tests need the whole app, and the `login_required`
    that all of `/admin` needs is written above each view, where one is forgotten sooner or later. A blueprint gives a
    group of views its own file, URL prefix, templates, error handlers and `before_request`.

    ## What to do instead

    Take the group that is most on its own first; nothing else has to change:

    ```python
    # admin.py
    admin = Blueprint("admin", __name__, url_prefix="/admin")

    @admin.before_request
    @login_required
    def only_for_members(): ...

    @admin.get("/users")           # was @app.get("/admin/users")
    def users(): ...

    # app.py
    app.register_blueprint(admin)
    ```

    Endpoints get the blueprint's name: `url_for("users")` becomes `url_for("admin.users")`. FD1108 finds those that
    are left.

    ## References

    - https://flask.palletsprojects.com/en/stable/blueprints/
    - https://flask.palletsprojects.com/en/stable/patterns/packages/#working-with-blueprints
    """

    code = "FD1110"
    name = "monolithic-app"
    tip = Tip.ROUTING
    severity = Severity.INFO

    bad: ClassVar[list[Bad]] = [
        Bad(
            "from flask import Flask\n\napp = Flask(__name__)\n\n"
            + "".join(
                f"\n@app.route('/{area}/{number}')\ndef {area}_{number}():\n    return 'x'\n\n"
                for area in ("shop", "admin", "api")
                for number in range(9)
            )
        ),
        # In a factory, by the shortcuts, with variables.
        Bad(
            "import flask as f\n\n\ndef create_app() -> f.Flask:\n    app = f.Flask(__name__)\n"
            + "".join(
                f"\n    @app.get('/{area}/<int:key>/{number}')\n    async def {area}_{number}(key):\n"
                f"        return 'x'\n"
                for area in ("orders", "items")
                for number in range(14)
            )
            + "\n    return app\n"
        ),
        # An app of another file; the view functions stand elsewhere.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\n\nfrom shop import urls\n",
                "shop/urls.py": (
                    "from shop import app, views\n\n"
                    + "".join(
                        f"app.add_url_rule('/{area}/{number}', '{area}{number}', views.page)\n"
                        for area in ("a", "b", "c", "d")
                        for number in range(7)
                    )
                ),
                "shop/views.py": "def page():\n    return 'x'\n",
            }
        ),
        # Class-based views, and one version of an API before all URLs.
        Bad(
            "from flask import Flask\nfrom flask.views import MethodView\n\napp = Flask(__name__)\n\n\n"
            "class Thing(MethodView):\n    def get(self):\n        return {}\n\n\n"
            + "".join(
                f"app.add_url_rule('/api/v1/{area}/{number}', view_func=Thing.as_view('{area}{number}'))\n"
                for area in ("users", "teams", "files")
                for number in range(9)
            )
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # Few routes.
        "from flask import Flask\n\napp = Flask(__name__)\n\n"
        + "".join(f"\n@app.route('/a/{number}')\ndef a_{number}():\n    return 'x'\n\n" for number in range(19)),
        # Many, and nothing to divide them by.
        "from flask import Flask\n\napp = Flask(__name__)\n\n"
        + "".join(f"\n@app.route('/page{number}')\ndef page_{number}():\n    return 'x'\n\n" for number in range(40)),
        # A blueprint's.
        "from flask import Blueprint, Flask\n\nbp = Blueprint('b', __name__)\n\n"
        + "".join(
            f"\n@bp.route('/{area}/{number}')\ndef {area}_{number}():\n    return 'x'\n\n"
            for area in ("a", "b", "c")
            for number in range(12)
        )
        + "\napp = Flask(__name__)\napp.register_blueprint(bp)\n",
        # Another framework's app.
        "from fastapi import FastAPI\n\n\ndef create_app(app: FastAPI):\n    keeper = Keeper()\n    keeper.app = app\n"
        + "".join(
            f"    @app.get('/{area}/{number}')\n    def {area}_{number}():\n        return 'x'\n\n"
            for area in ("a", "b", "c")
            for number in range(12)
        ),
        # A test's app.
        {
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "tests/test_routes.py": (
                "from flask import Flask\n\napp = Flask(__name__)\n\n"
                + "".join(
                    f"\n@app.route('/{area}/{number}')\ndef {area}_{number}():\n    return 'x'\n\n"
                    for area in ("a", "b", "c")
                    for number in range(12)
                )
            ),
        },
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        found: list[tuple[int, ModuleFacts, list[RouteFact]]] = []
        for facts in project.modules.values():
            if facts.role == "app" and len(facts.routes) >= _MANY:
                routes = [route for route in facts.routes if _is_the_apps(project, route, facts)]
                if len(routes) >= _MANY:
                    found.append((len(routes), facts, routes))
        for count, facts, routes in sorted(found, key=lambda one: (-one[0], one[1].path)):
            groups = _groups(routes)
            if len(groups) > 1:
                names = ", ".join(f"{prefix} ({number})" for prefix, number in groups[:3])
                yield Issue(
                    f"{facts.path} has {count} routes of the app: blueprints could take {names}",
                    min(route.location for route in routes),
                    facts.name,
                    advice=_advice(groups),
                )
                return


def _is_the_apps(project: Project, route: RouteFact, facts: ModuleFacts) -> bool:
    links = project.links
    owners = links.routers(route.owner, facts.path)
    if ANY_APP in owners and not any(item.target.partition(".")[0] in _FLASKS for item in facts.imports):
        return False  # a parameter called ``app`` may be another framework's
    return bool(owners) and all((made := links.router(name)) is None or made.kind == "app" for name in owners)


def _groups(routes: list[RouteFact]) -> list[tuple[str, int]]:
    """The URL prefixes that enough routes share, the largest group first; what all of them share is left out."""
    rules = [[part for part in (route.rule or "").split("/") if part] for route in routes]
    shared: list[str] = []
    longer = [rule for rule in rules if len(rule) > 1]
    while longer and all(
        len(rule) > len(shared) + 1 and rule[: len(shared) + 1] == longer[0][: len(shared) + 1] for rule in longer
    ):
        shared.append(longer[0][len(shared)])
    depth = len(shared)
    counts: Counter[str] = Counter()
    for rule in rules:
        if len(rule) > depth and rule[:depth] == shared and "<" not in rule[depth]:
            counts["/" + "/".join(rule[: depth + 1])] += 1
    return [(prefix, count) for prefix, count in counts.most_common() if count >= _GROUP]


def _advice(groups: list[tuple[str, int]]) -> str:
    lines = []
    for prefix, count in groups[:_SHOWN]:
        name = "".join(char if char.isalnum() else "_" for char in prefix.rpartition("/")[2])
        lines.append(f'{name} = Blueprint("{name}", __name__, url_prefix="{prefix}")  # {count} routes')
    return (
        "Their URLs propose these blueprints, each with a file of its own:\n\n```python\n"
        + "\n".join(lines)
        + "\n```\n"
    )
