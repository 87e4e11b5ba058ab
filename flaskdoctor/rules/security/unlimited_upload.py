"""FD720: uploads of any size."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.appmaking import APP_WORDS, app_calls, app_near, bound_app, made_at
from flaskdoctor.project.requestflow.serving import LIMITS, UPLOADS, read_serving
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_KEY = "MAX_CONTENT_LENGTH"
_ADVICE = (
    '`app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024` limits every request to 16 MB; a larger one gets a '
    "413 before the view runs. A view that takes more sets `request.max_content_length` itself (Flask 3.1)."
)
_APP = "from flask import Flask, request\n\napp = Flask(__name__)\n"
_VIEW = '\n\n@app.post("/pictures")\ndef add():\n    request.files["picture"].save("picture")\n    return {}, 201\n'


class UnlimitedUpload(Rule):
    """The app takes files, and no request is too large for it.

    ## What it finds

    A project that reads `request.files` or has a `FileField` in a form, while nothing sets `MAX_CONTENT_LENGTH`, sets
    `request.max_content_length` or looks at `Content-Length`. There is one finding a project, where its app is made.
    Quart (16 MB by default) and projects with an nginx of their own (1 MB by default, `client_max_body_size`) are left
    alone.

    ## Why it matters

    Flask sets no limit by itself. To make `request.files`, Werkzeug reads the whole body first: a file above 500 KB
    goes to a temporary file, so a single request of 100 GB fills the disk that the database may live on, and keeps a
    worker busy for as long as it runs. It happens *before* the view can look at the size, and also to whoever is not
    logged in: the first look at `request.form` anywhere is enough.

    ## What to do instead

    ```python
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024  # 16 MB
    ```

    A larger request gets a 413. One view may allow more, from Flask 3.1 on:

    ```python
    @app.post("/videos")
    def add_video():
        request.max_content_length = 512 * 1024 * 1024
        video = request.files["video"]
    ```

    The development server may close the connection before the browser has read the answer; a production server shows
    it. Fields that are no files have a limit of their own since Flask 3.1 (`MAX_FORM_MEMORY_SIZE`, 500 KB).

    ## References

    - [Flask: MAX_CONTENT_LENGTH](https://flask.palletsprojects.com/en/stable/config/#MAX_CONTENT_LENGTH)
    - [Flask: resource use](https://flask.palletsprojects.com/en/stable/web-security/#resource-use)
    - [Flask: uploading files](https://flask.palletsprojects.com/en/stable/patterns/fileuploads/#improving-uploads)
    """

    code = "FD720"
    name = "unlimited-upload"
    tip = Tip.SECURITY
    severity = Severity.INFO
    fix_class = Fix.UNSAFE
    fix_title = "Limit requests to 16 MB"
    fix_risk = "Larger uploads, which the app has taken so far, are answered with 413."
    needs = APP_WORDS

    bad = [
        Bad(
            _APP + _VIEW,
            "from flask import Flask, request\n\napp = Flask(__name__)\n"
            'app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024  # 16 MB\n' + _VIEW,
        ),
        Bad(
            {
                "shop/__init__.py": "import flask as f\n\n\ndef create_app():\n    app: f.Flask = f.Flask(__name__)\n"
                '    app.config["DEBUG"] = False\n    return app\n',
                "shop/forms.py": "from flask_wtf import FlaskForm\nfrom wtforms import MultipleFileField\n\n\n"
                "class PictureForm(FlaskForm):\n    pictures = MultipleFileField()\n",
            },
            {
                "shop/__init__.py": "import flask as f\n\n\ndef create_app():\n    app: f.Flask = f.Flask(__name__)\n"
                '    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024  # 16 MB\n'
                '    app.config["DEBUG"] = False\n    return app\n',
            },
        ),
        # Made in either of two ways: it counts for both.
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\n\ndef create_app(pages=None):\n    if pages:\n"
                "        app = Flask(__name__, static_folder=pages)\n    else:\n        app = Flask(__name__)\n"
                "        print('no pages')\n\n    return app\n",
                "shop/views.py": "from flask import Blueprint, request\n\nbp = Blueprint('shop', __name__)\n\n\n"
                "@bp.post('/')\ndef add():\n    return {'size': len(request.files['picture'].read())}\n",
            },
            {
                "shop/__init__.py": "from flask import Flask\n\n\ndef create_app(pages=None):\n    if pages:\n"
                "        app = Flask(__name__, static_folder=pages)\n    else:\n        app = Flask(__name__)\n"
                "        print('no pages')\n"
                "    app.config['MAX_CONTENT_LENGTH'] = 16 * 1024 * 1024  # 16 MB\n\n    return app\n",
            },
        ),
        Bad(
            "from flask import Flask, request\nfrom flask.views import MethodView\n\n\nclass Pictures(MethodView):\n"
            "    def post(self):\n        for name, file in request.files.items():\n            file.save(name)\n"
            '        return {}\n\n\nclass Shop(Flask):\n    pass\n\n\nif (app := Shop("shop")):\n'
            '    app.add_url_rule("/", view_func=Pictures.as_view("pictures"))\n',
        ),
        Bad(
            {
                "app.py": "from flask import Flask\n\nfrom pictures import bp\n\nserver = Flask(__name__)\n"
                "server.register_blueprint(bp)\n",
                "pictures.py": "import flask\n\nbp = flask.Blueprint('pictures', __name__)\n\n\n@bp.post('/')\n"
                "async def add():\n    return {'size': len(flask.request.files['picture'].read())}\n",
            },
            {
                "app.py": "from flask import Flask\n\nfrom pictures import bp\n\nserver = Flask(__name__)\n"
                'server.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024  # 16 MB\nserver.register_blueprint(bp)\n',
            },
        ),
    ]
    good = [
        # Limited: by the configuration, in a settings class or file, in the view, by an extension, by hand.
        _APP + 'app.config["MAX_CONTENT_LENGTH"] = 1024\n' + _VIEW,
        {"app.py": _APP + _VIEW, "config.py": "class Config:\n    MAX_CONTENT_LENGTH = 16 * 1000 * 1000\n"},
        {"app.py": _APP + _VIEW, "config.toml": "MAX_CONTENT_LENGTH = 1000\n"},
        {"app.py": _APP + "app.config.from_prefixed_env()\n" + _VIEW, ".env": "FLASK_MAX_CONTENT_LENGTH=1000\n"},
        _APP + _VIEW.replace("    request.files", "    request.max_content_length = 1000\n    request.files"),
        _APP
        + "\n\n@app.before_request\ndef limit():\n    if request.content_length > 1000:\n        return {}, 413\n"
        + _VIEW,
        _APP + "\nfrom flask_uploads import patch_request_class\n\npatch_request_class(app, 1000)\n" + _VIEW,
        # By nginx, and by Quart.
        {
            "app.py": _APP + _VIEW,
            "nginx/shop.conf": "server {\n  location / {\n    proxy_pass http://shop:8000;\n  }\n}\n",
        },
        "from quart import Quart, request\n\napp = Quart(__name__)\n\n\n@app.post('/')\nasync def add():\n"
        "    return {'names': list((await request.files).keys())}\n",
        # No uploads: files that the app sends, and those of other libraries.
        "import requests\nfrom flask import Flask, send_file\n\napp = Flask(__name__)\n\n\n@app.get('/')\n"
        "def picture():\n    requests.post('https://shop.example', files={'picture': open('picture', 'rb')})\n"
        "    return send_file('picture')\n",
        Good({"tests/app.py": _APP + _VIEW}),
        Good({"examples/app.py": _APP + _VIEW}),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Every call that may make an app."""
        if module.role not in ("app", "script") or LIMITS in read_serving(module):
            return
        for call in app_calls(module):
            yield Hit(
                call,
                "The app takes uploads of any size: nothing sets MAX_CONTENT_LENGTH",
                fixable=bound_app(module, call) is not None,
                advice=_ADVICE,
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Once a project, where files come in and nothing limits them."""
        takers = [path for path, facts in project.modules.items() if UPLOADS in facts.serving]
        app = app_near(project, takers)
        if app is None or candidate.location[:3] != app[:3]:
            return None
        found = frozenset().union(*(facts.serving for facts in project.modules.values()))
        if not takers or LIMITS in found:
            return None
        if any(key == _KEY for facts in project.modules.values() for key, _ in facts.config_keys):
            return None
        if any(proxy.kind == "nginx" and not proxy.development for proxy in project.deploy.proxies):
            return None
        return None if project.browsers.names_setting(_KEY) else candidate.severity

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Set it where the app is made."""
        call = site.node
        assert isinstance(call, ast.Call)
        target = bound_app(site.module, call)
        assert target is not None
        edit.insert_after(
            made_at(site.module, call),
            f'{{app}}.config["{_KEY}"] = 16 * 1024 * 1024  # 16 MB',
            app=target,
        )
