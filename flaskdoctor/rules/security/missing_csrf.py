"""FD713: forms that change something, and that any other site can send."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.appmaking import APP_WORDS, app_calls, app_near, bound_app
from flaskdoctor.project.code.purpose import conditional, purpose_of
from flaskdoctor.project.pages.browserfacts import SESSION_SAMESITE
from flaskdoctor.project.requestflow.serving import CSRF, POST_FORM, PROGRAMS, read_serving
from flaskdoctor.project.secrecy.secretnames import word_set, words
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.finding import Location
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.configuration import ConfigWrite
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_KEY = "WTF_CSRF_ENABLED"
_PRODUCTION = word_set("prod production live deploy")
_OUTSIDE = frozenset({"from_envvar", "from_prefixed_env", "from_file", "from_json", "from_pyfile"})
# What sends requests from a page's script, whose requests would be refused without a header.
_SCRIPTED = (b"fetch(", b"XMLHttpRequest", b"$.post", b"$.ajax", b"axios", b"hx-post", b"hx-put", b"hx-delete")
_ADVICE = (
    "Flask-WTF checks a token on every POST: `CSRFProtect(app)`, and in each form "
    '`<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">`. Scripts send it as `X-CSRFToken`. '
    'Until then `SESSION_COOKIE_SAMESITE = "Lax"` keeps the session out of what other sites post.'
)
_OFF_ADVICE = (
    "Leave it out, and set it to False in the configuration of the tests alone. For a view that is called by other "
    "programs with a token of their own, there is `@csrf.exempt`."
)

_APP = "from flask import Flask, render_template, request, session\n\napp = Flask(__name__)\n"
_VIEWS = (
    '\n\n@app.route("/order", methods=["GET", "POST"])\ndef order():\n    if request.method == "POST":\n'
    '        session["cart"] = []\n    return render_template("order.html")\n'
)
_FORM = '<form method="post">\n  <button>Order</button>\n</form>\n'
_SAFE_FORM = (
    '<form method="post">\n  <input type="hidden" name="csrf_token" value="{{ csrf_token() }}">\n'
    "  <button>Order</button>\n</form>\n"
)


class MissingCsrf(Rule):
    """A page of any other site can send the app's forms in the name of whoever is logged in.

    ## What it finds

    A project whose templates have forms with `method="post"` and no token, while nothing in it checks one: no
    Flask-WTF (`CSRFProtect`, `FlaskForm`), no Flask-SeaSurf, nothing of its own that speaks of CSRF. There is one
    finding a project, where its app is made. It is information where nothing is kept in the session, and where
    `SESSION_COOKIE_SAMESITE` is set, which stops most of it.

    Also `WTF_CSRF_ENABLED = False` outside the settings for tests and development: it takes the check out of every
    `FlaskForm` and of `CSRFProtect` at once.

    An API whose clients bring a token in a header is left alone: a browser adds no such header by itself.

    ## Why it matters

    A browser sends the session cookie along with every request to a site, whoever's page starts it. A page elsewhere
    that holds `<form action="https://shop.example/account/email" method="post">` and two lines of script changes the
    address of every visitor who is logged in at the shop, and the reset link goes to somebody else. Nothing in the
    request tells it from a real one, unless the form holds a secret that only the shop's own pages know.

    ## What to do instead

    ```python
    from flask_wtf.csrf import CSRFProtect

    csrf = CSRFProtect(app)
    ```

    ```html
    <form method="post">
      <input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
    ```

    A `FlaskForm` has the token in `{{ form.hidden_tag() }}` and checks it in `validate_on_submit()`, without
    `CSRFProtect` too.

    ## References

    - [Flask-WTF: CSRF protection](https://flask-wtf.readthedocs.io/en/stable/csrf/)
    - [Flask: cross-site request forgery](https://flask.palletsprojects.com/en/stable/web-security/#cross-site-request-forgery-csrf)
    - [OWASP: CSRF prevention](https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html)
    """

    code = "FD713"
    name = "missing-csrf"
    tip = Tip.SECURITY
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Check a token on every POST"
    successors = ("FD705",)  # the token is kept in the session
    fix_risk = (
        "Until Flask-WTF is installed (`pip install -r requirements.txt`) the app does not start. Every POST without "
        "a token is answered with 400 from then on: also those of scripts, of other programs, and of the project's own "
        "tests, whose configuration needs WTF_CSRF_ENABLED = False."
    )
    needs = (*APP_WORDS, _KEY.encode())

    bad = [
        Bad(
            {
                "app.py": _APP + _VIEWS,
                "config.py": "SECRET_KEY = load()\n",
                "templates/order.html": _FORM,
                "requirements.txt": "flask==3.1.0\n",
            },
            {
                "app.py": "from flask import Flask, render_template, request, session\n"
                "from flask_wtf.csrf import CSRFProtect\n\napp = Flask(__name__)\nCSRFProtect(app)\n" + _VIEWS,
                "templates/order.html": _SAFE_FORM,
                "requirements.txt": "flask==3.1.0\nFlask-WTF>=1.0\n",
            },
        ),
        # A factory, a blueprint, forms in several templates.
        Bad(
            {
                "shop/__init__.py": "import flask as f\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
                "    app.config.from_prefixed_env()\n"
                "    from shop.views import bp\n\n    app.register_blueprint(bp)\n    return app\n",
                "shop/views.py": "from flask import Blueprint, render_template\nfrom flask_login import login_user\n\n"
                'bp = Blueprint("shop", __name__)\n\n\n@bp.post("/login")\ndef login():\n    login_user(find())\n'
                '    return render_template("shop/login.html")\n',
                "shop/templates/shop/login.html": "<FORM action=\"{{ url_for('shop.login') }}\"\n"
                "      method='POST'>\n\n"
                '    <input name="name">\n</FORM>\n<form action="/find"><input name="q"></form>\n',
                "shop/templates/shop/news.html": '<form method="post"><input name="mail"></form>\n',
                "requirements.txt": "flask==3.1.0\nflask-login\n",
            },
            {
                "shop/__init__.py": "import flask as f\nfrom flask_wtf.csrf import CSRFProtect\n\n\ndef create_app():\n"
                "    app = f.Flask(__name__)\n    CSRFProtect(app)\n    app.config.from_prefixed_env()\n"
                "    from shop.views import bp\n\n    app.register_blueprint(bp)\n    return app\n",
                "shop/templates/shop/login.html": "<FORM action=\"{{ url_for('shop.login') }}\"\n      method='POST'>\n"
                '    <input type="hidden" name="csrf_token" value="{{ csrf_token() }}">\n\n'
                '    <input name="name">\n</FORM>\n<form action="/find"><input name="q"></form>\n',
                "shop/templates/shop/news.html": '<form method="post">'
                '<input type="hidden" name="csrf_token" value="{{ csrf_token() }}"><input name="mail"></form>\n',
                "requirements.txt": "flask==3.1.0\nflask-login\nFlask-WTF>=1.0\n",
            },
        ),
        # Several apps: the forms of the others are sent to apps that know no csrf_token().
        Bad(
            {
                "one/app.py": _APP + _VIEWS,
                "one/config.py": "SECRET_KEY = load()\n",
                "one/templates/order.html": _FORM,
                "two/app.py": _APP + _VIEWS,
                "two/templates/order.html": _FORM,
                "requirements.txt": "flask==3.1.0\n",
            },
            {
                "one/app.py": "from flask import Flask, render_template, request, session\n"
                "from flask_wtf.csrf import CSRFProtect\n\napp = Flask(__name__)\nCSRFProtect(app)\n" + _VIEWS,
                "one/templates/order.html": _SAFE_FORM,
                "requirements.txt": "flask==3.1.0\nFlask-WTF>=1.0\n",
            },
        ),
        # Switched off: in a class, on the app, in a mapping, in a settings module.
        Bad(
            {
                "config.py": "class Config:\n    WTF_CSRF_ENABLED = False\n\n\nclass ProductionConfig(Config):\n"
                "    pass\n",
                "shop.py": "from flask import Flask, render_template, session\nfrom flask_wtf import FlaskForm\n\n"
                "app = Flask(__name__)\napp.config['WTF_CSRF_ENABLED'] = False\n"
                "app.config.update(WTF_CSRF_ENABLED=False)\napp.config.from_mapping({'WTF_CSRF_ENABLED': False})\n\n\n"
                "class OrderForm(FlaskForm):\n    pass\n\n\n@app.get('/')\ndef index():\n"
                "    return render_template('index.html', form=OrderForm())\n",
                "settings/production.py": "SECRET_KEY = load()\nWTF_CSRF_ENABLED = False\n",
            },
            {
                "config.py": "class Config:\n    WTF_CSRF_ENABLED = True\n\n\nclass ProductionConfig(Config):\n"
                "    pass\n",
                "shop.py": "from flask import Flask, render_template, session\nfrom flask_wtf import FlaskForm\n\n"
                "app = Flask(__name__)\napp.config['WTF_CSRF_ENABLED'] = True\n"
                "app.config.update(WTF_CSRF_ENABLED=True)\napp.config.from_mapping({'WTF_CSRF_ENABLED': True})\n\n\n"
                "class OrderForm(FlaskForm):\n    pass\n\n\n@app.get('/')\ndef index():\n"
                "    return render_template('index.html', form=OrderForm())\n",
                "settings/production.py": "SECRET_KEY = load()\nWTF_CSRF_ENABLED = True\n",
            },
            hits=5,
        ),
        # A page in the code itself; scripts that post would have to send the token.
        Bad(
            "from flask import Flask, render_template_string, session\n\n\nclass Shop(Flask):\n    pass\n\n\n"
            'PAGE = \'<form action="/" method="post"><button>Order</button></form>\'\n'
            'app: Shop = Shop("shop")\n\n\n@app.route("/", methods=["GET", "POST"])\nasync def index():\n'
            '    session["seen"] = True\n    return render_template_string(PAGE)\n',
        ),
    ]
    good = [
        # Checked: by CSRFProtect, by FlaskForm, by another extension, by hand.
        {
            "app.py": _APP + "\nfrom flask_wtf import CSRFProtect\n\nCSRFProtect(app)\n" + _VIEWS,
            "templates/order.html": _SAFE_FORM,
        },
        {
            "app.py": _APP + _VIEWS,
            "forms.py": "from flask_wtf import FlaskForm\n\n\nclass OrderForm(FlaskForm):\n    pass\n",
            "templates/order.html": _FORM,
        },
        {
            "app.py": _APP + "\nfrom flask_seasurf import SeaSurf\n\nSeaSurf(app)\n" + _VIEWS,
            "templates/order.html": _FORM,
        },
        {
            "app.py": _APP + _VIEWS,
            "guards.py": "from flask import abort, request, session\n\n\ndef check():\n"
            "    if request.form['_csrf'] != session['_csrf']:\n        abort(400)\n",
            "templates/order.html": _FORM,
        },
        # A token from somewhere that no file of Python speaks of.
        {
            "app.py": _APP + _VIEWS,
            "templates/order.html": _FORM,
            "templates/login.html": '<form method="post">{{ form.hidden_tag() }}</form>\n',
        },
        # The forms of another app, which is made where it cannot be seen.
        {
            "new/app.py": "from flask import Flask\n\napp = Flask(__name__)\n",
            "old/views.py": "from flask import render_template, session\nfrom framework import app\n\n\n"
            '@app.get("/")\ndef index():\n    return render_template("order.html", seen=session["seen"])\n',
            "old/templates/order.html": _FORM,
        },
        # Nothing is posted to the app.
        {
            "app.py": _APP + _VIEWS,
            "templates/find.html": '<form action="/find"><input name="q"></form>\n',
            "templates/pay.html": '<form method="post" action="https://pay.example/start"></form>\n',
        },
        # An API: its clients bring a token.
        "from flask import Flask, request\n\napp = Flask(__name__)\napp.config['WTF_CSRF_ENABLED'] = False\n\n\n"
        "@app.post('/orders')\ndef order():\n    return {'token': request.headers['Authorization']}\n",
        # Off for tests and development.
        {
            "config.py": "class Config:\n    WTF_CSRF_ENABLED = False\n\n\nclass ProductionConfig(Config):\n"
            "    WTF_CSRF_ENABLED = True\n",
            "app.py": _APP + _VIEWS,
            "forms.py": "from flask_wtf import FlaskForm\n",
        },
        {
            "config.py": "class Config:\n    WTF_CSRF_ENABLED = True\n\n\nclass TestingConfig(Config):\n"
            "    WTF_CSRF_ENABLED = False\n\n\nclass Unit(TestingConfig):\n    WTF_CSRF_ENABLED = False\n",
            "app.py": _APP + "\n\ndef create_app(testing=False):\n    if testing:\n"
            "        app.config['WTF_CSRF_ENABLED'] = False\n    return app\n" + _VIEWS,
            "forms.py": "from flask_wtf import FlaskForm\n",
        },
        Good({"tests/conftest.py": "from shop import app\n\napp.config['WTF_CSRF_ENABLED'] = False\n"}),
        # A script of checks, which says that it tests.
        {
            "shop.py": _APP + "app.secret_key = load()\n" + _VIEWS,
            "smoke.py": "from shop import create_app\n\n\ndef run():\n    app = create_app()\n"
            "    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)\n",
            "forms.py": "from flask_wtf import CSRFProtect\n\ncsrf = CSRFProtect()\n",
        },
        Good({"examples/app.py": _APP + _VIEWS, "examples/templates/order.html": _FORM}),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Settings that switch the check off, and every call that may make an app without one."""
        if module.role not in ("app", "script"):
            return
        if _KEY.encode() in module.source:
            yield from _switched_off(module)
        if CSRF in read_serving(module):
            return
        for call in app_calls(module):
            yield Hit(
                call,
                "Forms are posted without a CSRF token, and nothing checks one",
                fixable=bound_app(module, call) is not None,
                advice=_ADVICE,
                data=("app",),
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Once a project, where browsers post forms; of a setting only that."""
        browsers = project.browsers
        if candidate.data[0] == "off":
            return candidate.severity if browsers.serves_pages else None
        if browsers.main_app is None or any(CSRF in facts.serving for facts in project.modules.values()):
            return None
        app = app_near(project, posting) if (posting := _posting(project)) else None
        if app is None or candidate.location[:3] != app[:3]:
            return None
        if not browsers.uses_session or SESSION_SAMESITE not in browsers.missing_cookie_settings:
            return Severity.INFO
        return candidate.severity

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Switch it on; or put ``CSRFProtect`` around the app and a token into every form."""
        value = site.hit.parts.get("value")
        if isinstance(value, ast.expr):
            edit.replace(value, "True")
            return
        call = site.node
        assert isinstance(call, ast.Call)
        target = bound_app(site.module, call)
        assert target is not None
        _refuse_what_would_break(site.project)
        from flaskdoctor.fixes.csrftokens import add_tokens

        for path in _pages_of(site.project, site.module.location(call)):
            edit.accompany(path, add_tokens, "Add the token to its forms")
        protect = edit.add_import("flask_wtf.csrf", "CSRFProtect")
        edit.insert_after(site.module.statement_of(call), f"{protect}({{app}})", app=target)
        edit.require("Flask-WTF", ">=1.0")


def _switched_off(module: Module) -> Iterator[Hit]:
    writes = [write for write in module.config_writes if write.key == _KEY]
    on = [write for write in writes if not _is_off(module, write)]
    if any(not _PRODUCTION.isdisjoint(words(write.owner.rpartition(".")[2])) for write in on):
        return  # what is off elsewhere is for development and tests
    testing = [write for write in module.config_writes if write.key == "TESTING" and not _is_off(module, write)]
    for write in writes:
        if write in on:
            continue
        if purpose_of(module, write.node) or any("test" in name.lower() for name in write.classes):
            continue
        if any(
            other.owner == write.owner and module.function_of(other.node) is module.function_of(write.node)
            for other in testing
        ):
            continue
        yield Hit(
            write.value,
            "WTF_CSRF_ENABLED is False: no form and no POST is checked for a CSRF token",
            severity=Severity.INFO if conditional(module, write.node) else None,
            advice=_OFF_ADVICE,
            data=("off",),
            parts={"value": write.value},
        )


def _is_off(module: Module, write: ConfigWrite) -> bool:
    value = module.value(write.value)
    return isinstance(value, ast.Constant) and value.value in (False, 0)


def _posting(project: Project) -> list[str]:
    """The files whose forms are posted to the app without a token; none where some form of the project holds one."""
    found = [path for path, facts in project.modules.items() if POST_FORM in facts.serving]
    if project.browsers.serves_pages:
        for template in project.templates:
            if any(form.protected for form in template.forms):
                return []
            if any(form.method == "POST" and not form.elsewhere for form in template.forms):
                found.append(template.path)
    return found


def _pages_of(project: Project, app: Location) -> list[str]:
    """The templates of one app whose forms lack a token. Those of another app of the project are left alone: without
    ``CSRFProtect`` there is no ``csrf_token()``, and each of its pages would be a 500."""
    found = []
    for template in project.templates:
        if any(form.method == "POST" and not form.protected and not form.elsewhere for form in template.forms):
            near = app_near(project, [template.path])
            if near is None:
                raise Refuse(
                    f"{template.path} belongs to an app that cannot be seen, so its forms stay as they are.",
                    "Add CSRFProtect and the tokens by hand.",
                )
            if near[:3] == app[:3]:
                found.append(template.path)
    return found


def _has_secret(project: Project) -> bool:
    """Whether something sets ``SECRET_KEY``, or loads settings from where it may stand."""
    for facts in project.modules.values():
        if facts.role not in ("test", "docs") and any(key == "SECRET_KEY" for key, _ in facts.config_keys):
            return True
        if any(name.rpartition(".")[2] in _OUTSIDE for name in facts.called):
            return True
    return project.browsers.names_setting("SECRET_KEY")


def _refuse_what_would_break(project: Project) -> None:
    """Raises ``Refuse`` where nothing signs the token, and where requests come in that no form sends."""
    from flaskdoctor.project.plainfile import read_bytes

    if not _has_secret(project):
        raise Refuse(
            "The token is signed with SECRET_KEY, which nothing sets, so the app stays as it is.",
            "Set SECRET_KEY, from the environment, then add CSRFProtect.",
        )
    reason = "sends requests by itself, which would be refused without a token, so the app stays as it is."
    hint = "Have it send the header X-CSRFToken (see the advice), then add CSRFProtect."
    for facts in project.modules.values():
        if PROGRAMS in facts.serving:
            raise Refuse(
                f"A script or program {reason}",
                f"{facts.path} takes what is no form. {hint} What other programs call is exempted by `@csrf.exempt`.",
            )
        if POST_FORM in facts.serving:
            raise Refuse("The form stands in a text of the code, so it stays as it is.", "Add the token there first.")
    for path in project.templates.pages:
        data = read_bytes(os.path.join(project.root, path), 500_000).data
        if any(word in data for word in _SCRIPTED):
            raise Refuse(f"A script in {path} {reason}", hint)
