"""Shapes of apps in which a fix that is safe elsewhere would change an answer."""

from __future__ import annotations

from tests.behaviour.case import Case, Kept

_JSON = """

@app.route("/")
def index():
    return jsonify({"a": 1})
"""
_FLASK = "from flask import Flask, jsonify\n\n\n"
_FORM = """\
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import AnyOf


class OrderForm(FlaskForm):
    name = StringField(lazy_gettext("Name"))
"""
_QUOTED = """\
from flask import Flask, request
from werkzeug.urls import url_quote

app = Flask(__name__)


@app.route("/")
def index():
    return "/search/" + url_quote(str(request.args["q"])), {"Content-Type": "text/plain"}
"""

CASES: list[Case] = []

KEPT = [
    *(
        Kept(
            "FD101",
            f"an app class with a {method} of its own",
            f"{_FLASK}class Own(Flask):\n    def {method}(self, *arguments, **options):\n"
            f"        return super().{method}(*arguments, **options)\n\n\napp = Own(__name__)\n{_JSON}",
        )
        for method in ("make_response", "dispatch_request", "finalize_request", "ensure_sync", "add_url_rule")
    ),
    Kept(
        "FD101",
        "make_response replaced",
        f"{_FLASK}app = Flask(__name__)\nplain = app.make_response\n"
        f"app.make_response=lambda value: plain(value if isinstance(value, str) else repr(value))\n{_JSON}",
    ),
    Kept(
        "FD101",
        "views wrapped when all are there",
        f"{_FLASK}app = Flask(__name__)\n{_JSON}\n\napp.view_functions.update(wrap_all(app.view_functions))\n",
    ),
    Kept(
        "FD101",
        "a view behind functools.lru_cache, which would hand out one dict for all",
        "from functools import lru_cache\n\nfrom flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n"
        '@app.route("/")\n@lru_cache\ndef index():\n    return jsonify({"a": 1})\n',
    ),
    Kept(
        "FD101",
        "a module whose import of jsonify failed over to another library's",
        "from flask import Flask\n\ntry:\n    from fast_json import jsonify\nexcept ImportError:\n"
        f"    from flask import jsonify\n\napp = Flask(__name__)\n{_JSON}",
    ),
    Kept(
        "FD502",
        "a helper that is called at import",
        "from threading import Thread\n\nfrom flask import Flask, current_app\n\napp = Flask(__name__)\n\n\n"
        "def work(app):\n    print(app)\n\n\ndef start():\n    Thread(target=work, args=(current_app,)).start()\n\n\n"
        "start()\n",
    ),
    Kept(
        "FD504",
        "a helper that is called with an app context alone",
        "from flask import Flask, Response, current_app\n\napp = Flask(__name__)\n\n\ndef names():\n"
        "    def generate():\n        yield current_app.name\n\n    return Response(generate())\n\n\n"
        "with app.app_context():\n    NAMES = names().get_data(as_text=True)\n",
    ),
    Kept(
        "FD504",
        "an async view on a Flask that cannot keep its context",
        "from flask import Flask, Response, request\n\napp = Flask(__name__)\n\n\n@app.route('/')\n"
        "async def index():\n    return Response(request.path for _ in range(3))\n",
        flask="3.0.3",
    ),
    Kept(
        "FD504",
        "a bare generator before Flask 2.2",
        "from flask import Flask, Response, request\n\napp = Flask(__name__)\n\n\n@app.route('/')\n"
        "def index():\n    return (request.path for _ in range(3)), 200\n",
        flask="2.1.3",
    ),
    Kept(
        "FD101",
        "a view that another file wraps anew",
        {
            "views.py": f"from flask import Blueprint, jsonify\n\napp = Blueprint('app', __name__)\n{_JSON}",
            "app.py": "from flask import Flask\n\nimport views\nfrom caching import no_store\n\napp = Flask(__name__)\n"
            "app.register_blueprint(views.app)\napp.add_url_rule('/two', 'two', no_store(views.index))\n",
        },
    ),
    Kept(
        "FD101",
        "a view that a file without a word of Flask calls",
        {
            "app.py": f"{_FLASK}app = Flask(__name__)\n{_JSON}",
            "jobs.py": "from app import index\n\n\ndef rows():\n    return index().json\n",
        },
    ),
    Kept(
        "FD101",
        "a view that is called by its endpoint",
        f"{_FLASK}app = Flask(__name__)\n{_JSON}\n\n@app.route('/all')\ndef all_of_them():\n"
        "    return app.view_functions['index']().get_data()\n",
    ),
    Kept(
        "FD1104",
        "an app class that makes its own of a route",
        "from flask import Flask\n\n\nclass Api(Flask):\n    def add_url_rule(self, rule, *arguments, **options):\n"
        "        super().add_url_rule(f'/api/{rule}', *arguments, **options)\n\n\napp = Api(__name__)\n\n\n"
        "@app.route('items')\ndef items():\n    return 'items'\n",
    ),
    Kept("FD508", "a text with what HTML escapes", f'{_FORM}    terms = StringField(gettext("Terms & conditions"))\n'),
    Kept("FD508", "a default, which is stored", f'{_FORM}    note = StringField("Note", default=gettext("none"))\n'),
    Kept("FD508", "the value of a choice", f'{_FORM}    size = SelectField(choices=[(gettext("s"), "Small")])\n'),
    Kept("FD508", "what is compared with", f'{_FORM}    size = StringField(validators=[AnyOf([gettext("s")])])\n'),
    Kept("FD508", "a text that is computed", f"{_FORM}    place = StringField(gettext(PLACE))\n"),
    Kept(
        "FD703",
        "another file imports it to start the server",
        {
            "start.py": "import shop.server\n",
            "shop/__init__.py": "",
            "shop/server.py": "from flask import Flask\n\napp = Flask(__name__)\napp.run()\n",
        },
    ),
    Kept(
        "FD703",
        "python -m shop loads the package to start the server",
        {
            "shop/__main__.py": 'print("bye")\n',
            "shop/__init__.py": "from flask import Flask\n\napp = Flask(__name__)\napp.run()\n",
        },
    ),
    Kept("FD1204", "url_quote of a Werkzeug that quotes more than urllib", _QUOTED, flask="2.0.3"),
]
