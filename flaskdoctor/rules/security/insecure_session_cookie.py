"""FD705: cookies that hold a login and may travel over plain http."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.pages.browserfacts import (
    COOKIE_KEYS,
    PLACE_WORDS,
    REMEMBER_SECURE,
    SESSION_SAMESITE,
    SESSION_SECURE,
    cookie_places,
    cookie_settings,
)
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_VALUES = {SESSION_SECURE: "True", REMEMBER_SECURE: "True", SESSION_SAMESITE: '"Lax"'}
_MESSAGES = {
    SESSION_SECURE: "No configuration sets SESSION_COOKIE_SECURE: the session cookie also travels over http",
    REMEMBER_SECURE: 'No configuration sets REMEMBER_COOKIE_SECURE: the "remember me" login also travels over http',
    SESSION_SAMESITE: "No configuration sets SESSION_COOKIE_SAMESITE: each browser decides who may send the cookie",
}
_ADVICE = (
    "Set it where the app runs behind https, and nowhere else: a browser drops a `Secure` cookie that comes over plain "
    "http, so on `http://localhost` in Safari, or on a test server without TLS, nobody stays logged in. A class of its "
    "own for production, or the environment (`FLASK_SESSION_COOKIE_SECURE=true` with `from_prefixed_env()`), keeps the "
    "two apart. Not `= not app.debug`: when the configuration is read, nobody has decided about debug mode yet."
)


class InsecureSessionCookie(Rule):
    """The cookie that carries a login may be sent over unencrypted http, because no configuration forbids it.

    ## What it finds

    A project that uses the session (`flask.session`, `flash()`, Flask-Login, Flask-WTF and other extensions that keep
    something in it) in which no configuration for production sets `SESSION_COOKIE_SECURE`. With Flask-Login's "remember
    me" also `REMEMBER_COOKIE_SECURE`, which Flask-Talisman does not set. `SESSION_COOKIE_SAMESITE` alone is
    information. There is one finding a project, at the production settings where there are any.

    What comes from the environment, from a settings file, from Flask-Talisman or from a proxy (`proxy_cookie_flags`)
    counts as set. An API that knows its clients by a token in a header, and never touches the session, has no such
    cookie.

    ## Why it matters

    Whoever holds the session cookie is logged in. Without `Secure` the browser sends it with every request to that
    host, also with the one plain `http://` request that a typed address, an old bookmark or an image on somebody
    else's page makes, and everyone on the same network can read it there. A redirect to https comes too late: the
    cookie was in the request that is redirected. `SameSite=Lax` keeps it out of requests that other sites make in the
    background; Chrome and Edge do so by default, Firefox and Safari do not.

    ## What to do instead

    Set it in the configuration for production:

    ```python
    class ProductionConfig(Config):
        SESSION_COOKIE_SECURE = True
        SESSION_COOKIE_SAMESITE = "Lax"
        REMEMBER_COOKIE_SECURE = True  # Flask-Login
    ```

    or read it from the environment with `app.config.from_prefixed_env()` and `FLASK_SESSION_COOKIE_SECURE=true`.
    `SESSION_COOKIE_HTTPONLY` is on by default.

    ## References

    - [Flask: SESSION_COOKIE_SECURE](https://flask.palletsprojects.com/en/stable/config/#SESSION_COOKIE_SECURE)
    - [Flask: security considerations, Set-Cookie options](https://flask.palletsprojects.com/en/stable/web-security/#set-cookie-options)
    - [Flask-Login: cookie settings](https://flask-login.readthedocs.io/en/latest/#cookie-settings)
    - [MDN: Set-Cookie, SameSite](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#samesitesamesite-value)
    """

    code = "FD705"
    name = "insecure-session-cookie"
    tip = Tip.SECURITY
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Set it in the production settings"
    fix_risk = (
        "Where production is reached over plain http, browsers no longer send the cookie: nobody stays logged in."
    )
    needs = PLACE_WORDS

    bad = [
        Bad(
            {
                "config.py": "import os\n\n\nclass Config:\n"
                '    SECRET_KEY = os.environ["SECRET_KEY"]\n\n\n'
                "class DevelopmentConfig(Config):\n    DEBUG = True\n\n\n"
                'class ProductionConfig(Config):\n    PREFERRED_URL_SCHEME = "https"\n',
                "shop/__init__.py": "from flask import Flask, session\n\napp = Flask(__name__)\n\n\n"
                '@app.get("/")\ndef index():\n    return {"seen": session.get("seen")}\n',
            },
            {
                "config.py": "import os\n\n\nclass Config:\n"
                '    SECRET_KEY = os.environ["SECRET_KEY"]\n\n\n'
                "class DevelopmentConfig(Config):\n    DEBUG = True\n\n\n"
                'class ProductionConfig(Config):\n    PREFERRED_URL_SCHEME = "https"\n'
                '    SESSION_COOKIE_SECURE = True\n    SESSION_COOKIE_SAMESITE = "Lax"\n',
            },
        ),
        Bad(
            {
                "settings/production.py": 'DATABASE = "shop.sqlite3"\nSESSION_COOKIE_SECURE = False\n',
                "app.py": "import flask as f\nfrom flask_login import login_user\n\napp = f.Flask(__name__)\n\n\n"
                '@app.post("/login")\ndef login():\n    login_user(find(), remember=True)\n    return {}\n',
            },
            {
                "settings/production.py": 'DATABASE = "shop.sqlite3"\nSESSION_COOKIE_SECURE = True\n'
                'REMEMBER_COOKIE_SECURE = True\nSESSION_COOKIE_SAMESITE = "Lax"\n',
            },
        ),
        # Flask-Talisman sees to the session cookie, and knows nothing of the other one.
        Bad(
            {
                "config.py": "class BaseConfig:\n    DEBUG = False\n\n\nclass ProdConfig(BaseConfig):\n    pass\n",
                "app.py": "from flask import Flask\nfrom flask_login import login_user\n"
                "from flask_talisman import Talisman\n\napp = Flask(__name__)\nTalisman(app)\n\n\n"
                '@app.post("/login")\ndef login():\n    login_user(find(), remember=True)\n    return {}\n',
            },
            {
                "config.py": "class BaseConfig:\n    DEBUG = False\n\n\nclass ProdConfig(BaseConfig):\n"
                "    REMEMBER_COOKIE_SECURE = True\n",
            },
        ),
        # Beside the other settings, not below what the class does with them.
        Bad(
            {
                "config.py": "class Config:\n    DEBUG = False\n\n\nclass ProductionConfig(Config):\n"
                '    PREFERRED_URL_SCHEME = "https"\n\n    @classmethod\n    def init_app(cls, app):\n'
                "        Config.init_app(app)\n\n\nclass UnixConfig(ProductionConfig):\n    SYSLOG = True\n",
                "app.py": "from flask import Flask, session\n\napp = Flask(__name__)\n",
            },
            {
                "config.py": "class Config:\n    DEBUG = False\n\n\nclass ProductionConfig(Config):\n"
                '    PREFERRED_URL_SCHEME = "https"\n    SESSION_COOKIE_SECURE = True\n'
                '    SESSION_COOKIE_SAMESITE = "Lax"\n\n    @classmethod\n    def init_app(cls, app):\n'
                "        Config.init_app(app)\n\n\nclass UnixConfig(ProductionConfig):\n    SYSLOG = True\n",
            },
        ),
        # Off for all: switched on in production, which comes before one server. "Remember me" as a form says it.
        Bad(
            {
                "config.py": "class Config:\n    SESSION_COOKIE_SECURE = False\n\n\nclass HerokuConfig(Config):\n"
                '    PREFERRED_URL_SCHEME = "https"\n\n\nclass ProductionConfig(Config):\n    """On the server."""\n',
                "app.py": "from flask import Flask\nfrom flask_login import login_user\n\napp = Flask(__name__)\n\n\n"
                '@app.post("/login")\ndef login():\n    login_user(find(), form.remember_me.data)\n    return {}\n',
            },
            {
                "config.py": "class Config:\n    SESSION_COOKIE_SECURE = False\n\n\nclass HerokuConfig(Config):\n"
                '    PREFERRED_URL_SCHEME = "https"\n\n\nclass ProductionConfig(Config):\n    """On the server."""\n'
                "    SESSION_COOKIE_SECURE = True\n    REMEMBER_COOKIE_SECURE = True\n"
                '    SESSION_COOKIE_SAMESITE = "Lax"\n',
            },
        ),
        # No settings for production: where the app is made, and only advice.
        Bad(
            "import os\n\nfrom flask import Flask, flash\n\n\ndef create_app():\n    app = Flask(__name__)\n"
            '    app.secret_key = os.environ["SECRET_KEY"]\n    return app\n',
        ),
        # Switched on for development alone.
        Bad(
            "import os\n\nfrom flask import Flask, session\n\n\nclass DevConfig:\n"
            "    SESSION_COOKIE_SECURE = True\n\n\n"
            "app = Flask(__name__)\n",
        ),
    ]
    good = [
        # Set: in a class, on the app, from a mapping, from a settings module.
        "from flask import Flask, session\n\n\nclass Config:\n    SESSION_COOKIE_SECURE = True\n"
        '    SESSION_COOKIE_SAMESITE = "Strict"\n\n\napp = Flask(__name__)\n',
        "from flask import Flask, session\n\napp = Flask(__name__)\n"
        'app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")\n',
        "from flask import Flask, session\n\napp = Flask(__name__)\n\n"
        'COOKIES = {"SESSION_COOKIE_SECURE": True, "SESSION_COOKIE_SAMESITE": "Lax"}\n\n'
        "for key, value in COOKIES.items():\n    app.config[key] = value\n",
        # From the environment.
        "from environs import Env\nfrom flask import Flask, session\n\nenv = Env()\n\n\nclass Config:\n"
        '    SESSION_COOKIE_SECURE = env.bool("SESSION_COOKIE_SECURE", default=True)\n'
        '    SESSION_COOKIE_SAMESITE = env("SAMESITE")\n\n\napp = Flask(__name__)\n',
        {
            "app.py": "from flask import Flask, session\n\napp = Flask(__name__)\napp.config.from_prefixed_env()\n",
            "compose.yml": "services:\n  shop:\n    build: .\n    environment:\n"
            "      FLASK_SESSION_COOKIE_SECURE: 'true'\n      FLASK_SESSION_COOKIE_SAMESITE: Lax\n",
        },
        # From a settings file that is no Python.
        {
            "app.py": "import tomllib\n\nfrom flask import Flask, session\n\napp = Flask(__name__)\n"
            'app.config.from_file("settings.toml", load=tomllib.load, text=False)\n',
            "settings.toml": 'SESSION_COOKIE_SECURE = true\nSESSION_COOKIE_SAMESITE = "Lax"\n',
        },
        # By the scheme that the site is reached under.
        "from flask import Flask, session\n\n\ndef create_app(settings):\n    app = Flask(__name__)\n"
        '    app.config["SESSION_COOKIE_SECURE"] = settings.url.startswith("https")\n'
        '    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"\n    return app\n',
        # Flask-Talisman sets both.
        "from flask import Flask, session\nfrom flask_talisman import Talisman\n\napp = Flask(__name__)\n"
        "Talisman(app, content_security_policy=None)\n",
        "from flask import Flask, session\nfrom flask.sessions import SecureCookieSessionInterface\n\n\n"
        "class Sessions(SecureCookieSessionInterface):\n    def get_cookie_secure(self, app):\n"
        "        return not app.testing\n\n\napp = Flask(__name__)\napp.session_interface = Sessions()\n"
        'app.config["SESSION_COOKIE_SAMESITE"] = "Lax"\n',
        # Flask-Talisman told to leave it to the configuration, which sets it.
        "from flask import Flask, session\nfrom flask_talisman import Talisman\n\napp = Flask(__name__)\n"
        'app.config["SESSION_COOKIE_SECURE"] = True\nTalisman(app, session_cookie_secure=False)\n',
        # Names of its own, put into the configuration in capitals later.
        "from flask import Flask, session\n\nDEFAULTS = {'session_cookie_secure': True, "
        "'session_cookie_samesite': 'Lax'}\n\napp = Flask(__name__)\n"
        "app.config.update({key.upper(): value for key, value in DEFAULTS.items()})\n",
        # Every cookie gets its flags in one place.
        "from flask import Flask, Response, session\n\n\nclass ShopResponse(Response):\n"
        "    def set_cookie(self, *args, **kwargs):\n"
        "        super().set_cookie(*args, **{**kwargs, 'secure': True, 'samesite': 'Lax'})\n\n\n"
        "app = Flask(__name__)\napp.response_class = ShopResponse\n",
        # A proxy adds the flag.
        {
            "app.py": "from flask import Flask, session\n\napp = Flask(__name__)\n"
            'app.config["SESSION_COOKIE_SAMESITE"] = "Lax"\n',
            "nginx/shop.conf": "server {\n  location / {\n    proxy_pass http://shop:5000;\n"
            "    proxy_cookie_flags session secure;\n  }\n}\n",
        },
        # Nothing is ever put into the session: clients bring a token.
        "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/api/stock')\ndef stock():\n"
        '    return {"token": bool(request.headers.get("Authorization"))}\n',
        # Flask-Login for its mixin alone: who it is, a token says.
        "from flask import Flask\nfrom flask_login import LoginManager, UserMixin\n\napp = Flask(__name__)\n"
        "login = LoginManager(app)\n\n\nclass User(UserMixin):\n    pass\n\n\n"
        "@login.request_loader\ndef load(request):\n    return find(request.headers)\n",
        # Somebody else's session.
        "import requests\nfrom flask import Flask\n\napp = Flask(__name__)\nsession = requests.Session()\n",
        # Tests and examples.
        Good({"tests/test_shop.py": "from flask import Flask, session\n\napp = Flask(__name__)\n"}),
        Good({"examples/shop.py": "from flask import Flask, session\n\napp = Flask(__name__)\n"}),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Every place where the settings could stand, for each of them that this file does not make itself."""
        if module.role not in ("app", "script"):
            return
        made = {each.key for each, _ in cookie_settings(module) if each.state != "off" and not each.special}
        for kind, node in cookie_places(module):
            for key in COOKIE_KEYS:
                if key not in made and (not kind.startswith("off:") or kind == f"off:{key}"):
                    yield Hit(
                        node,
                        _MESSAGES[key],
                        severity=Severity.INFO if key == SESSION_SAMESITE else None,
                        fixable=_fixable(module, kind, node),
                        advice=_ADVICE,
                        data=(kind, key),
                        parts={"kind": kind},
                    )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """The gravest of what is missing, at the one place that the project has for it."""
        browsers = project.browsers
        missing = browsers.missing_cookie_settings
        if not missing or missing[0] != candidate.data[1]:
            return None
        place = browsers.cookie_place
        if place is None or (place[0], place[1][:3]) != (candidate.data[0], candidate.location[:3]):
            return None
        return Severity.INFO if browsers.set_outside else candidate.severity

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Set what is missing, behind the last setting for production."""
        missing = site.project.browsers.missing_cookie_settings
        node, kind = site.node, str(site.hit.parts["kind"])
        done: set[str] = set()
        if kind.startswith("off:"):
            for setting, write in cookie_settings(site.module):
                if setting.key in missing and setting.state == "off" and setting.key not in done:
                    edit.replace(write.value, _VALUES[setting.key])
                    done.add(setting.key)
        text = "\n".join(f"{key} = {_VALUES[key]}" for key in _VALUES if key in missing and key not in done)
        if not text:
            return
        last = _last_setting(node) if isinstance(node, ast.ClassDef) else node
        if not isinstance(last, ast.stmt):
            raise Refuse("There is no statement to set it behind, so it stays as it is.")
        if isinstance(last, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            edit.insert_before(last, text)
        elif isinstance(last, ast.Pass) and last.lineno == node.lineno:  # type: ignore[attr-defined]
            raise Refuse("The class is written on one line, so it stays as it is.", "Give it a body first.")
        elif isinstance(last, ast.Pass):
            edit.insert_before(last, text)
            edit.remove_statement(last)
        else:
            edit.insert_after(last, text)


def _last_setting(node: ast.ClassDef) -> ast.stmt:
    """What new settings of a class follow: its last one, not the methods below; its first method, if it has none."""
    methods = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return next((item for item in reversed(node.body) if not isinstance(item, methods)), node.body[0])


def _fixable(module: Module, kind: str, node: ast.AST) -> bool:
    """Whether the place is surely production's: a setting that is off there, its class or its file."""
    if kind == "production":
        return True
    if not kind.startswith("off:") or not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return False
    owner = module.class_of(node)
    return any(place == "production" and other in (owner, node) for place, other in cookie_places(module))
