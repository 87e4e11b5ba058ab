"""FD408: the name of a template or a static file is put together with the separator of the operating system."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.platformguards import guarded
from flaskdoctor.rules.rule import Bad, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit

# The argument that is a name with "/" in it, on every system: by position and by keyword.
_NAMES = {
    "flask.render_template": (0, "template_name_or_list"),
    "flask.stream_template": (0, "template_name_or_list"),
    "flask.url_for": (None, "filename"),
    "quart.render_template": (0, "template_name_or_list"),
    "quart.url_for": (None, "filename"),
}
_SEPARATORS = frozenset({"os.sep", "os.path.sep", "os.altsep"})
_PATHS = frozenset({"pathlib.Path", "pathlib.PurePath"})
_IMPORTS = "import os\n\nfrom flask import Flask, render_template, url_for\n\napp = Flask(__name__)\n"
_VIEW = "\n\n@app.get('/<name>')\ndef show(name):\n"


class TemplatePathJoin(Rule):
    """The name of a template is built with os.path.join: on Windows it has backslashes, and no template is called so.

    ## What it finds

    `render_template(os.path.join("shop", "cart.html"))`, also `stream_template`, and
    `url_for("static", filename=os.path.join("img", name))`: built with `os.path.join`, with `os.sep`, or as
    `str(Path(..) / ..)`, there or in a variable that is assigned once.

    Paths on the disk (`send_from_directory`'s folder, `open`, `template_folder`) are meant to be joined so.

    ## Why it matters

    Templates have names, not paths. Jinja splits a name at `/` and refuses one with the system's own separator in it,
    so that nobody gets out of the folder: on Windows `shop\\cart.html` is a `TemplateNotFound` though the file is
    there. For static files the URL becomes `/static/img%5Clogo.png`, and Werkzeug answers 404.

    ## What to do instead

    Write the name with slashes, everywhere: `render_template("shop/cart.html")`,
    `render_template(f"mail/{kind}.html")`. The fix does, and takes `posixpath.join` where a part is only known when it
    runs: it is what `os.path.join` is on Linux and macOS, so nothing changes there.

    ## References

    - [Jinja: loaders](https://jinja.palletsprojects.com/en/stable/api/#loaders) - [jinja2.loaders.split_template_path
      refuses os.sep](https://github.com/pallets/jinja/blob/main/src/jinja2/loaders.py)
    - [Flask: rendering templates](https://flask.palletsprojects.com/en/stable/quickstart/#rendering-templates)
    - [Werkzeug: safe_join](https://werkzeug.palletsprojects.com/en/stable/utils/#werkzeug.security.safe_join)
    """

    code = "FD408"
    name = "template-path-join"
    tip = Tip.PORTABILITY
    severity = Severity.WARNING
    fix_title = "Join the name with slashes"
    needs = (b"_template(", b"url_for(")
    # What is given as a name and is no plain literal. It begins with a bracket since that is found fast.
    pattern = re.compile(
        rb"\((?:(?<=_template\()\s*(?:(?![\s\"'])|[\"'][^\"'\n]*[\"']\s*\+)|(?<=url_for\()[^()]*filename\s*=\s*(?![\s\"']))"
    )

    bad = [
        Bad(
            f"{_IMPORTS}{_VIEW}    return render_template(os.path.join('shop', 'cart.html'), name=name)\n",
            f"{_IMPORTS.replace('import os' + chr(10) * 2, '')}{_VIEW}"
            "    return render_template('shop/cart.html', name=name)\n",
        ),
        Bad(
            "import os.path as path\n\nimport flask as f\n\nbp = f.Blueprint('shop', __name__)\n\n\n"
            "@bp.route('/<name>')\n"
            "async def show(name):\n    page = path.join('shop', name, 'index.html')  # a folder each\n"
            "    return f.render_template(page)\n",
            "import posixpath\n\nimport flask as f\n\nbp = f.Blueprint('shop', __name__)\n\n\n@bp.route('/<name>')\n"
            "async def show(name):\n    page = posixpath.join('shop', name, 'index.html')  # a folder each\n"
            "    return f.render_template(page)\n",
        ),
        Bad(
            "from os.path import join\n\nfrom flask import Flask, url_for\nfrom flask.views import MethodView\n\n\n"
            "class Logo(MethodView):\n    def get(self, name: str) -> str:\n"
            "        return url_for('static', filename=join('img', 'logo', 'big.png'))\n",
            "from flask import Flask, url_for\nfrom flask.views import MethodView\n\n\n"
            "class Logo(MethodView):\n    def get(self, name: str) -> str:\n"
            "        return url_for('static', filename='img/logo/big.png')\n",
        ),
        Bad(
            f"from pathlib import Path\n\n"
            f"{_IMPORTS}{_VIEW}    return render_template(str(Path('shop') / f'{{name}}.html'))\n",
            f"from pathlib import Path\n\n{_IMPORTS}{_VIEW}"
            "    return render_template((Path('shop') / f'{name}.html').as_posix())\n",
        ),
        Bad(f"{_IMPORTS}{_VIEW}    return render_template('shop' + os.sep + 'cart.html')\n"),
        Bad(f"{_IMPORTS}{_VIEW}    return render_template(f'shop{{os.sep}}cart.html')\n"),
        Bad(f"{_IMPORTS}{_VIEW}    if (page := os.path.join('shop', name)):\n        return render_template(page)\n",
            "import posixpath\n\nfrom flask import Flask, render_template, url_for\n\napp = Flask(__name__)\n"
            f"{_VIEW}    if (page := posixpath.join('shop', name)):\n        return render_template(page)\n"),
        # One of several names.
        Bad(
            f"{_IMPORTS}{_VIEW}    return render_template([os.path.join('shop', name), 'shop/default.html'])\n",
            "import posixpath\n\nfrom flask import Flask, render_template, url_for\n\napp = Flask(__name__)\n"
            f"{_VIEW}    return render_template([posixpath.join('shop', name), 'shop/default.html'])\n",
        ),
    ]  # fmt: skip
    good = [
        f"{_IMPORTS}{_VIEW}    return render_template('/'.join(['shop', name]))\n",
        f"import posixpath\n\n{_IMPORTS}{_VIEW}    return render_template(posixpath.join('shop', name))\n",
        f"from pathlib import Path, PurePosixPath\n\n{_IMPORTS}{_VIEW}"
        "    page = (Path('shop') / name).as_posix()\n    return render_template(str(PurePosixPath('shop') / page))\n",
        # Paths on the disk.
        "import os\n\nfrom flask import Flask, render_template_string, send_file, send_from_directory\n\n"
        "app = Flask(__name__, template_folder=os.path.join('a', 'b'))\n\n\n@app.get('/')\ndef show():\n"
        "    with open(os.path.join(app.root_path, 'a.html')) as file:\n        text = file.read()\n"
        "    send_from_directory(os.path.join('a', 'b'), 'c')\n    send_file(os.path.join('a', 'b'))\n"
        "    return render_template_string(text, folder=os.path.join('a', 'b'))\n",
        # Mended behind, or where it is known to work.
        f"{_IMPORTS}{_VIEW}    return render_template(os.path.join('shop', name).replace('\\\\', '/'))\n",
        f"{_IMPORTS}{_VIEW}    page = os.path.join('shop', name) if os.sep == '/' else 'shop/' + name\n"
        "    return render_template(page)\n",
        # The parts bring their slashes.
        f"{_IMPORTS}{_VIEW}    return url_for('static', filename=os.path.join('uploads/', name))\n",
        # One part alone; a value for the template, another argument of the URL, another function of that name.
        f"{_IMPORTS}{_VIEW}    return render_template(os.path.join(name))\n",
        f"{_IMPORTS}{_VIEW}    render_template(name, path=os.path.join('shop', name))\n"
        "    return url_for('show', name=os.path.join('shop', name))\n",
        "import os\n\nfrom mails import render_template\n\n\ndef mail(name):\n"
        "    return render_template(os.path.join('mails', name))\n",
        # Assigned more than once.
        f"{_IMPORTS}{_VIEW}    page = os.path.join('shop', name)\n    page = page.replace(os.sep, '/')\n"
        "    return render_template(page)\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """What is given as a name, and is a path."""
        seen: set[ast.expr] = set()
        for call, name in _given(module):
            value = module.value(name)
            if value in seen or module.role == "test" or guarded(module, value):
                continue
            seen.add(value)
            how = _how(module, value)
            if how:
                what = (
                    "A static file's URL"
                    if any(item.arg == "filename" for item in call.keywords)
                    else "A template's name"
                )
                yield Hit(value, f"{what} is built with {how}: on Windows it has backslashes", fixable=how != "os.sep")

    def fix(self, site: Site, edit: FileEdit) -> None:
        """The name itself where all of its parts are known, else ``posixpath.join``, or ``as_posix`` for a ``Path``."""
        node = site.node
        if not isinstance(node, ast.Call):
            raise Refuse("It is put together with os.sep, so it stays as it is.")
        if site.module.resolve(node.func) == "builtins.str":
            edit.replace(node, "{path}.as_posix()", path=node.args[0])
            return
        parts = [part.value if isinstance(part, ast.Constant) else None for part in node.args]
        if all(isinstance(part, str) and re.fullmatch(r"[\w.-]+(?:/[\w.-]+)*", part) for part in parts):
            quote = "'" if site.module.segment(node.args[0]).endswith("'") else '"'
            edit.replace(node, f"{quote}{'/'.join(str(part) for part in parts)}{quote}")
        else:
            edit.replace(node.func, f"{edit.add_import('posixpath')}.join")
        edit.drop_import_if_unused(_import_of(node.func))


def _given(module: Module) -> Iterator[tuple[ast.Call, ast.expr]]:
    """What stands where a name with slashes is expected; of a list of names each."""
    for function, (position, keyword) in _NAMES.items():
        for call in module.calls(function):
            found = [item.value for item in call.keywords if item.arg == keyword]
            if not found and position is not None:
                found = call.args[position : position + 1]
            for value in found:
                names = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
                for name in names:
                    yield call, name


def _how(module: Module, value: ast.expr) -> str:
    """What joins the parts of a path: ``os.path.join``, ``Path``, ``os.sep``; empty where it is no path."""
    if isinstance(value, ast.Call):
        callee = module.resolve(value.func)
        if callee == "os.path.join" and len(value.args) > 1 and not value.keywords:
            joined = all(_ends_with_slash(module, part) for part in value.args[:-1])
            return "" if joined else "os.path.join"
        if callee == "builtins.str" and len(value.args) == 1 and _is_path(module, value.args[0]):
            return "Path"
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        if any(_how(module, side) == "os.sep" for side in (value.left, value.right)):
            return "os.sep"
    elif isinstance(value, ast.JoinedStr):
        parts = [part.value for part in value.values if isinstance(part, ast.FormattedValue)]
        return "os.sep" if any(_how(module, part) == "os.sep" for part in parts) else ""
    elif isinstance(value, ast.Name | ast.Attribute) and module.resolve(value) in _SEPARATORS:
        return "os.sep"
    return ""


def _ends_with_slash(module: Module, part: ast.expr) -> bool:
    """Whether a part brings its own slash: ``os.path.join`` adds nothing behind it, on Windows neither."""
    return (module.string(part) or "").endswith("/")


def _is_path(module: Module, node: ast.expr) -> bool:
    """``Path("a", "b")``, ``Path("a") / "b"``: of two parts at least."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        left = module.value(node.left)
        return _is_path(module, left) or (isinstance(left, ast.Call) and module.resolve(left.func) in _PATHS)
    return isinstance(node, ast.Call) and module.resolve(node.func) in _PATHS and len(node.args) > 1


def _import_of(function: ast.expr) -> str:
    """The dotted name that was imported for a call of ``os.path.join``: ``os``, ``os.path`` or the function."""
    dotted = "os.path.join"
    while isinstance(function, ast.Attribute):
        function, dotted = function.value, dotted.rpartition(".")[0]
    return dotted
