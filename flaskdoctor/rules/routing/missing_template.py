"""FD1109: ``render_template`` names a template that the project does not have."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.rules.rule import Bad, Files, Good, Issue, ProjectRule

if TYPE_CHECKING:
    from flaskdoctor.project.routing.pagefacts import RenderCall
    from flaskdoctor.project.snapshot import Project

_ROLES = ("app", "settings", "script")
# Folders of templates that extensions bring along.
_EXTENSIONS = frozenset({
    "admin", "security", "bootstrap", "bootstrap3", "bootstrap4", "bootstrap5", "appbuilder", "flask_user",
    "debugtoolbar", "debug_toolbar", "ckeditor", "moment", "flasgger", "swagger-ui", "restx", "rq_dashboard",
    "flaskbb", "indico", "invenio_theme", "superset", "airflow", "dropzone", "nav", "flask_appbuilder",
    "flask_profiler", "dashboard",
})  # fmt: skip
_MOST = 200
_ALIKE = 0.8  # "template", "tempaltes", "Templates"; not "tmpl", which is built from


class MissingTemplate(ProjectRule):
    """`render_template` names a template that is in none of the project's template folders.

    ## What it finds

    `render_template("..")` and `stream_template("..")` with a literal name (or a list of them, where none is there) for
    which there is no file in a `templates` folder, nor in one that an app or a blueprint names by `template_folder=`.
    Upper and lower case count, as they do on the server. The nearest name is told, and where a file of this name stands
    outside of the template folders, that.

    It says nothing where a loader of the project's own or a computed `template_folder` may know more, where a template
    folder is built or ignored by git, and of the templates of extensions.

    ## Why it matters

    Jinja looks for the file when the line runs:

    ```text
    jinja2.exceptions.TemplateNotFound: shop/cart.html
    ```

    The visitor sees 500 Internal Server Error. The usual reasons are a renamed file, a name that works on Windows and
    macOS because these do not tell `Cart.html` from `cart.html`, backslashes, `../` (Jinja never leaves its folders),
    and templates that stand beside the app instead of in `templates`.

    ## What to do instead

    Name the path below the template folder, with slashes:

    ```python
    return render_template("shop/cart.html")     # templates/shop/cart.html
    ```

    A blueprint's own templates stand in the folder that it names (`Blueprint("shop", __name__,
    template_folder="templates")`), best in a folder of its name below it: all folders are searched, the app's first.

    ## References

    - https://flask.palletsprojects.com/en/stable/quickstart/#rendering-templates
    - https://flask.palletsprojects.com/en/stable/blueprints/#templates
    - https://jinja.palletsprojects.com/en/stable/api/#loaders
    """

    code = "FD1109"
    name = "missing-template"
    tip = Tip.ROUTING
    severity = Severity.WARNING

    bad: ClassVar[list[Bad]] = [
        Bad(
            {
                "app.py": (
                    "from flask import Flask, render_template\n\napp = Flask(__name__)\n\n\n@app.route('/cart')\n"
                    "def cart():\n    return render_template('shop/cart.html')\n"
                ),
                "templates/shop/Cart.html": "<h1>Cart</h1>\n",
            }
        ),
        # A blueprint's folder, an alias, a list, a name put together, backslashes, a leading "..".
        Bad(
            {
                "shop/__init__.py": (
                    "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
                    "    from shop.views import bp\n\n    app.register_blueprint(bp)\n    return app\n"
                ),
                "shop/views.py": (
                    "import flask as f\nfrom flask import render_template as render\n\n"
                    "bp = f.Blueprint('shop', __name__, template_folder='pages')\nFOLDER = 'shop/'\n\n\n"
                    "@bp.route('/')\ndef index():\n    return render(FOLDER + 'indx.html')\n\n\n@bp.route('/a')\n"
                    "async def a():\n    return f.render_template(['shop/a.html', 'shop/b.html'])\n\n\n"
                    "@bp.route('/b')\n"
                    "def b():\n    return render(template_name_or_list='shop\\\\index.html')\n\n\n@bp.route('/c')\n"
                    "def c():\n    if page := render('../pages/shop/index.html'):\n        return page\n"
                    "    return f.stream_template('shop/index.html')\n"
                ),
                "shop/pages/shop/index.html": "<h1>Shop</h1>\n",
            },
            hits=4,
        ),
        # The folder is called "template".
        Bad(
            {
                "app.py": (
                    "from flask import Flask, render_template\n\napp = Flask(__name__)\n\n\n@app.route('/')\n"
                    "def index():\n    return render_template('index.html')\n"
                ),
                "template/index.html": "<h1>Hello</h1>\n",
            }
        ),
        # Class-based, in a factory's module, beside a mail that is there.
        Bad(
            {
                "web/app.py": (
                    "from flask import Flask, render_template\nfrom flask.views import View\n\n\nclass Page(View):\n"
                    "    def dispatch_request(self):\n        render_template('mail/hello.txt')\n"
                    "        return render_template('page.htm')\n\n\ndef create_app():\n    app = Flask(__name__)\n"
                    "    app.add_url_rule('/', view_func=Page.as_view('page'))\n    return app\n"
                ),
                "web/templates/page.html": "<h1>Page</h1>\n",
                "web/templates/mail/hello.txt": "Hello\n",
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # In the app's folder, a blueprint's, one below another; one of several; a slash too many.
        {
            "app.py": (
                "from flask import Blueprint, Flask, render_template\n\napp = Flask(__name__)\n"
                "bp = Blueprint('a', __name__, template_folder='parts/pages')\n\n\n@app.route('/')\ndef index():\n"
                "    name = 'x' + str(1)\n    return (\n        render_template('index.html')\n"
                "        + render_template('/mail/a.txt')\n        + render_template('b.html')\n"
                "        + render_template(['none.html', './b.html'])\n        + render_template(f'{name}.html')\n"
                "        + render_template('security/login_user.html')\n    )\n"
            ),
            "templates/index.html": "x\n",
            "templates/mail/a.txt": "x\n",
            "parts/pages/b.html": "x\n",
        },
        # A loader of its own; a computed folder; a folder that a build fills; no templates at all.
        {
            "app.py": (
                "from flask import Flask, render_template\nfrom jinja2 import ChoiceLoader, FileSystemLoader\n\n"
                "app = Flask(__name__)\n"
                "app.jinja_loader = ChoiceLoader([app.jinja_loader, FileSystemLoader('/srv/theme')])"
                "\n\n\n@app.route('/')\ndef index():\n    return render_template('theme.html')\n"
            ),
            "templates/index.html": "x\n",
        },
        {
            "app.py": (
                "import os\n\nfrom flask import Flask, render_template\n\n"
                "app = Flask(__name__, template_folder=os.environ['PAGES'])\n\n\n@app.route('/')\ndef index():\n"
                "    return render_template('theme.html')\n"
            ),
            "templates/index.html": "x\n",
        },
        {
            "server/app.py": (
                "from flask import Flask, render_template\n\n"
                "app = Flask(__name__, static_folder='../web/dist', template_folder='../web/dist')\n\n\n"
                "@app.route('/')\ndef index():\n    return render_template('index.html')\n"
            ),
            "web/package.json": "{}\n",
            "templates/other.html": "x\n",
        },
        "from flask import Flask, render_template\n\napp = Flask(__name__)\n\n\n@app.route('/')\ndef index():\n"
        "    return render_template('index.html')\n",
        # A build makes the templates of these.
        {
            "app.py": (
                "from flask import Flask, render_template\n\napp = Flask(__name__)\n\n\n@app.route('/')\n"
                "def index():\n    return render_template('index.html')\n"
            ),
            "tmpl/index.html": "x\n",
        },
        # A part whose app is somewhere else.
        {
            "views.py": (
                "from flask import Blueprint, render_template\n\nbp = Blueprint('a', __name__)\n\n\n@bp.route('/')\n"
                "def index():\n    return render_template('index.html')\n"
            ),
            "tmpl/index.html": "x\n",
        },
        # The error is expected; a test's templates; another function of that name.
        {
            "app.py": (
                "from flask import Flask, render_template\nfrom jinja2 import TemplateNotFound\n"
                "from themes import render_template as themed\n\napp = Flask(__name__)\n\n\n@app.route('/')\n"
                "def index():\n    try:\n        return render_template('local.html')\n    except TemplateNotFound:\n"
                "        return render_template('index.html') + themed('blue.html')\n"
            ),
            "templates/index.html": "x\n",
            "tests/test_app.py": (
                "from flask import Flask, render_template\n\napp = Flask('tests')\n\n\n@app.route('/')\n"
                "def index():\n    return render_template('nowhere.html')\n"
            ),
        },
    ]

    def check(self, project: Project) -> Iterable[Issue]:
        calls = [
            call
            for facts in project.modules.values()
            if facts.role in _ROLES
            for call in facts.pages.renders
            if not _is_extension(call)
        ]
        if not calls or any(facts.pages.loads_otherwise for facts in project.modules.values() if facts.role in _ROLES):
            return ()
        if not any(project.modules[app.path].role in _ROLES for app in project.links.all_routers("app")):
            return ()  # a part without its app: what is around it has templates too
        folders = _Folders(project)
        missing = [call for call in calls if not any(map(folders.has, call.names))]
        return _issues(folders, missing) if not folders.incomplete and len(missing) <= _MOST else ()


def _is_extension(call: RenderCall) -> bool:
    return any(name.lstrip("/").partition("/")[0] in _EXTENSIONS for name in call.names)


class _Folders:
    """The folders that Flask looks for templates in, all of the project's together."""

    def __init__(self, project: Project) -> None:
        self._root = project.root
        self._files = project.files.files
        given = {
            folder.strip("/") + "/" for facts in project.modules.values() for folder in facts.browser.template_folders
        }
        self.found = set(given)
        self.names: set[str] = set()
        filled: set[str] = set()
        for path in self._files:
            at = f"/{path}".find("/templates/")
            while at >= 0:
                end = at + len("templates/")
                self.found.add(path[:end])
                self.names.add(path[end:])
                at = f"/{path}".find("/templates/", at + 1)
            for folder in given:
                if path.startswith(folder):
                    filled.add(folder)
                    self.names.add(path[len(folder) :])
        # A folder that is named and holds nothing: something fills it later.
        self.incomplete = bool(given - filled)

    def has(self, name: str) -> bool:
        """Whether Jinja finds a template: empty parts and "." of a name are passed over, ".." is refused."""
        parts = [part for part in name.split("/") if part and part != "."]
        if ".." in parts:
            return False
        name = "/".join(parts)
        # What git ignores was not discovered, and may well be there.
        return name in self.names or any(
            os.path.lexists(os.path.join(self._root, folder, name)) for folder in self.found
        )

    def elsewhere(self, name: str) -> str:
        """A file of this name that stands in no template folder."""
        ending = "/" + name.lstrip("./")
        return next((path for path in self._files if f"/{path}".endswith(ending)), "")


def _is_mistaken(place: str, call: RenderCall) -> bool:
    """Whether a file stands where somebody took it for a template: in ``template``, or beside the code."""
    from difflib import SequenceMatcher

    if not place:
        return False
    folder, own = place.rpartition("/")[0], call.location.path.rpartition("/")[0]
    last = folder.rpartition("/")[2].lower()
    return folder == own or SequenceMatcher(None, last, "templates").ratio() > _ALIKE


def _issues(folders: _Folders, missing: list[RenderCall]) -> Iterator[Issue]:
    from difflib import get_close_matches

    names = sorted(folders.names)
    plain = {name.lower(): name for name in names}
    for call in missing:
        name = call.names[0]
        tidy = "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))
        same = plain.get(tidy.lower())
        close = [same] if same else get_close_matches(name, names, n=1, cutoff=0.75)
        place = "" if close else folders.elsewhere(tidy)
        if not names and not _is_mistaken(place, call):
            continue  # no templates at all: they are kept somewhere else, or built
        hint = f": did you mean {close[0]!r}?" if close else f": {place} is in no template folder" if place else ""
        what = "these names" if len(call.names) > 1 else f"{name!r}"
        yield Issue(
            f"There is no template {what}{hint}" if len(call.names) == 1 else f"There is no template of {what}{hint}",
            call.location,
            name,
        )
