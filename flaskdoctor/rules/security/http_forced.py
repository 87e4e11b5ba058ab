"""FD707: code that insists on plain http."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.purpose import conditional, purpose_of
from flaskdoctor.project.requestflow.serving import FORWARDED
from flaskdoctor.project.routing.views import keyword
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_TALISMAN = ("flask_talisman.Talisman", "flask_talisman.talisman.Talisman", "talisman.Talisman")
# Words of a comment that says who redirects instead.
_ELSEWHERE = re.compile(
    r"#.*(?:prox|terminat|cloud|nginx|balancer|caddy|traefik|ingress|gateway|cdn|heroku|render|platform|upstream|edge)",
    re.IGNORECASE,
)
_SCHEME_ADVICE = (
    "Leave `_scheme` out: an external URL then has the scheme of the request. Where that is http behind a proxy, "
    "`ProxyFix` is missing; outside of a request (a mail from a worker) `PREFERRED_URL_SCHEME` says it."
)
_TALISMAN_ADVICE = (
    "Leave `force_https` out for production: Talisman redirects http to https, understands the `X-Forwarded-Proto` of "
    "a proxy, and does nothing in debug mode and on localhost. A single view that has to answer over http, for a load "
    "balancer's health check, gets `@talisman(force_https=False)`."
)


class HttpForced(Rule):
    """The code asks for `http://` itself, so the site leaves https although it could have it.

    ## What it finds

    `url_for(.., _scheme="http")`, which writes an `http://` link whatever the request came by, and
    `Talisman(app, force_https=False)`, which takes the redirect to https out of the extension that is there for it.

    Settings for development and tests, code behind a condition, URLs of localhost and a single view's
    `@talisman(force_https=False)` are left alone. Where something of the project speaks of a proxy, a platform or a
    container, or a comment beside the call does, the redirect may happen there, and the second one is information.

    ## Why it matters

    A visitor who follows an `http://` link sends the first request in the clear: its address with all the tokens in it
    (a password reset, a confirmation), and every cookie without `Secure`. Whoever sits in the same network can read it
    and answer in the site's place. A redirect to https that comes then is too late for that request, and without one
    the whole visit stays readable. OAuth providers refuse such a callback altogether.

    ## What to do instead

    ```python
    url_for("account.reset", token=token, _external=True)
    Talisman(app)
    ```

    `url_for` takes the scheme of the request, and outside of one `PREFERRED_URL_SCHEME`:

    ```python
    PREFERRED_URL_SCHEME = "https"
    ```

    ## References

    - [Flask: url_for](https://flask.palletsprojects.com/en/stable/api/#flask.Flask.url_for)
    - [Flask: PREFERRED_URL_SCHEME](https://flask.palletsprojects.com/en/stable/config/#PREFERRED_URL_SCHEME)
    - [Flask-Talisman: options](https://github.com/wntrblm/flask-talisman#options)
    """

    code = "FD707"
    name = "http-forced"
    tip = Tip.SECURITY
    severity = Severity.WARNING
    needs = (b"_scheme", b"force_https")
    pattern = re.compile(rb"_scheme[\"']?\s*[=:]|force_https")

    bad = [
        Bad(
            "from flask import Flask, url_for\n\napp = Flask(__name__)\n\n\n@app.get('/link')\ndef link():\n"
            '    return {"link": url_for("link", _external=True, _scheme="http")}\n'
        ),
        Bad(
            "import flask as f\n\nbp = f.Blueprint('shop', __name__)\nSCHEME = 'http'\n\n\n@bp.get('/')\n"
            "async def index():\n    return f.redirect(f.url_for('.index', _external=True, _scheme=SCHEME))\n"
        ),
        Bad(
            "from flask import current_app\n\n\nclass Mails:\n    def reset(self, token):\n"
            '        return current_app.url_for("reset", token=token, _external=True, _scheme="http")\n'
        ),
        Bad(
            "from flask import Flask\nfrom flask_talisman import Talisman\n\n\ndef create_app():\n"
            "    app = Flask(__name__)\n    Talisman(app, force_https=False, content_security_policy=None)\n"
            "    return app\n"
        ),
        Bad(
            {
                "shop/extensions.py": "import flask_talisman as ft\n\ntalisman = ft.Talisman()\n",
                "shop/__init__.py": "from flask import Flask\n\nfrom shop.extensions import talisman\n\n\n"
                "def create_app():\n    app = Flask(__name__)\n    talisman.init_app(app, force_https=False)\n"
                "    return app\n",
            }
        ),
        # The proxy or the platform may see to it: information.
        Bad(
            "from flask import Flask\nfrom flask_talisman import Talisman as Headers\n\napp = Flask(__name__)\n"
            "Headers(\n    app,\n    force_https=False,  # the load balancer does\n)\n"
        ),
        Bad(
            "from flask import Flask\nfrom flask_talisman import Talisman\n"
            "from werkzeug.middleware.proxy_fix import ProxyFix\n\napp = Flask(__name__)\n"
            "app.wsgi_app = ProxyFix(app.wsgi_app)\nTalisman(app, force_https=False)\n"
        ),
    ]
    good = [
        # https, the request's own, or what the configuration says.
        "from flask import current_app, request, url_for\n\n\ndef links():\n"
        '    yield url_for("index", _external=True, _scheme="https")\n    yield url_for("index", _external=True)\n'
        '    yield url_for("index", _external=True, _scheme=request.scheme)\n'
        '    yield url_for("index", _external=True, _scheme=current_app.config["PREFERRED_URL_SCHEME"])\n',
        # Decided by a condition, or for development.
        "from flask import Flask, current_app, url_for\nfrom flask_talisman import Talisman\n\n\ndef link():\n"
        '    scheme = "http" if current_app.debug else "https"\n'
        '    return url_for("index", _external=True, _scheme=scheme)\n\n\ndef create_app(settings):\n'
        "    app = Flask(__name__)\n    if settings.local:\n        Talisman(app, force_https=False)\n"
        "    else:\n        Talisman(app)\n    Talisman(app, force_https=settings.https)\n    return app\n",
        Good(
            {
                "run_dev.py": "from flask_talisman import Talisman\n\nfrom shop import app\n\n"
                "Talisman(app, force_https=False)\n"
            }
        ),
        # One view, for a load balancer.
        "from flask import Flask\nfrom flask_talisman import Talisman\n\napp = Flask(__name__)\n"
        'talisman = Talisman(app)\n\n\n@app.get("/health")\n@talisman(force_https=False)\ndef health():\n'
        '    return "ok"\n',
        # localhost.
        "from flask import url_for\n\n\ndef local_link():\n"
        '    return url_for("index", _external=True, _scheme="http").replace("shop.example", "localhost:5000")\n',
        # Another function's argument.
        'import flask\nfrom trino.dbapi import connect\n\nconnect(http_scheme="http", _scheme="http")\n'
        "api.url_for('index', _scheme='http')\nProxy(force_https=False)\n",
        Good({"tests/test_links.py": 'from flask import url_for\n\nLINK = url_for("index", _scheme="http")\n'}),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Links with a scheme of their own, and Talismans without the redirect."""
        if module.role in ("test", "migration", "docs"):
            return
        for hit in (*_links(module), *_talismans(module)):
            if purpose_of(module, hit.node) or conditional(module, hit.node):
                continue
            yield hit._replace(severity=Severity.INFO) if module.role == "example" else hit

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Information where a proxy may do the redirect."""
        kind, name = (str(item) for item in candidate.data)
        if kind == "link":
            return candidate.severity
        if name and not _is_talisman(project, name, candidate.location.path):
            return None
        if any(FORWARDED in facts.serving for facts in project.modules.values()):
            return Severity.INFO
        deploy = project.deploy
        hosted = any(command.is_web and not command.development for command in deploy.commands)
        proxied = any(not proxy.development for proxy in deploy.proxies)
        return Severity.INFO if hosted or proxied or deploy.dockerfiles else candidate.severity


def _links(module: Module) -> Iterator[Hit]:
    for name, calls in module.calls_by_name().items():
        if name not in ("flask.url_for", "flask.helpers.url_for", "flask.current_app.url_for", "quart.url_for"):
            continue
        for call in calls:
            scheme = keyword(call, "_scheme")
            if scheme is not None and module.string(scheme) == "http" and not _is_local(module, call):
                yield Hit(
                    call,
                    "This link is http:// whatever the request came by: it leads out of https",
                    advice=_SCHEME_ADVICE,
                    data=("link", ""),
                )


def _talismans(module: Module) -> Iterator[Hit]:
    for name, calls in module.calls_by_name().items():
        if name not in _TALISMAN and not name.endswith(".init_app"):
            continue
        for call in calls:
            forced = keyword(call, "force_https")
            value = module.value(forced) if forced is not None else None
            if isinstance(value, ast.Constant) and value.value is False:
                told = _ELSEWHERE.search(module.lines_of(module.statement_of(call))) is not None
                yield Hit(
                    call,
                    "Talisman is told not to redirect http to https: pages are served in the clear",
                    severity=Severity.INFO if told else None,
                    advice=_TALISMAN_ADVICE,
                    data=("talisman", "" if name in _TALISMAN else name.removesuffix(".init_app")),
                )


def _is_local(module: Module, call: ast.Call) -> bool:
    """Whether the statement speaks of localhost."""
    text = module.lines_of(module.statement_of(call)).lower()
    return "localhost" in text or "127.0.0.1" in text


def _is_talisman(project: Project, name: str, path: str) -> bool:
    """Whether an object of this name is a Talisman, in whichever file it is made."""
    links = project.links
    wanted = links.resolve(name, path)
    return any(
        wanted in facts.constructed and links.resolve(facts.constructed[wanted].callee, facts.path) in _TALISMAN
        for facts in project.modules.values()
    )
