"""FD706: a proxy in front of an app that takes the proxy for its client."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.appmaking import APP_WORDS, app_calls, bound_app, made_at
from flaskdoctor.project.requestflow.serving import ADDRESS, FORWARDED, SCHEME, read_serving
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_PLATFORM = frozenset({"for", "proto"})  # what the routers of Heroku and its like tell
_ADVICE = (
    "Werkzeug's `ProxyFix` reads the headers: `app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)`. Each number "
    "is how many proxies set that header, one behind the other (a CDN counts too). Name only those that your proxy "
    "sets: one that it hands on from the client can be forged. Where the server in front of the app already sees to it "
    "(gunicorn's `forwarded_allow_ips`), nothing is missing."
)

_APP = "from flask import Flask, redirect, request, url_for\n\napp = Flask(__name__)\n"
_VIEWS = (
    '\n\n@app.get("/")\ndef index():\n'
    '    return {"you": request.remote_addr, "here": url_for("index", _external=True)}\n'
)
_NGINX = (
    "server {\n  listen 443 ssl;\n  location / {\n    proxy_pass http://shop:8000;\n"
    "    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"
    "    proxy_set_header X-Forwarded-Proto $scheme;\n  }\n}\n"
)


class _Evidence(NamedTuple):
    """What says that there is a proxy. ``forwards`` are the parts of a request that it tells, None where that is not
    to be seen; ``trusted`` whether gunicorn takes the scheme from it; ``certain`` whether it surely hands them on."""

    forwards: frozenset[str] | None
    trusted: bool
    certain: bool


class MissingProxyfix(Rule):
    """A proxy stands in front of the app, and the app does not know: to it every visitor is the proxy, over http.

    ## What it finds

    A project with the configuration of a proxy (nginx, Caddy, Traefik, Apache, haproxy, also as a service of a compose
    file), a `Procfile`, or `https = "proxy"` in flaskdoctor's settings, in which nothing reads what the proxy tells: no
    `ProxyFix`, no `X-Forwarded-..` header, no other middleware for it. It is a warning where the app asks for the
    client's address (`request.remote_addr`, Flask-Limiter's `get_remote_address`) or for the scheme
    (`url_for(.., _external=True)`, `request.url`, `request.is_secure`), and information otherwise. There is one finding
    a project, where its app is made.

    uWSGI, FastCGI and mod_wsgi hand both on by themselves. Behind gunicorn the scheme is right where it trusts the
    proxy: on the same machine, with `forwarded_allow_ips`, and on Heroku.

    ## Why it matters

    The proxy takes the https request and makes one of its own to the app: over http, from its own address. So
    `url_for(.., _external=True)` writes `http://` into mails, OAuth callbacks ("redirect_uri mismatch") and `canonical`
    links; the redirect from `/orders` to `/orders/` leads out of https; `request.is_secure` is False. And
    `request.remote_addr` is the proxy's address for everyone: a rate limit of ten requests a minute then counts all
    visitors together and locks out the whole site, and the log shows one visitor.

    ## What to do instead

    ```python
    from werkzeug.middleware.proxy_fix import ProxyFix

    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)
    ```

    The numbers count the proxies that set the header, from the app outwards; two for nginx behind a CDN. Without a
    proxy leave it out, and name no header that the proxy does not set itself: clients could write it.

    ## References

    - [Flask: tell Flask it is behind a proxy](https://flask.palletsprojects.com/en/stable/deploying/proxy_fix/)
    - [Werkzeug: X-Forwarded-For Proxy Fix](https://werkzeug.palletsprojects.com/en/stable/middleware/proxy_fix/)
    - [gunicorn: forwarded_allow_ips](https://docs.gunicorn.org/en/stable/settings.html#forwarded-allow-ips)
    """

    code = "FD706"
    name = "missing-proxyfix"
    tip = Tip.SECURITY
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Put ProxyFix around the app, for one proxy"
    fix_risk = (
        "It takes one proxy for granted. With two the numbers have to be 2; reached without a proxy, the app believes "
        "whatever address and scheme a client claims."
    )
    needs = APP_WORDS

    bad = [
        Bad(
            {"app.py": _APP + _VIEWS, "nginx/shop.conf": _NGINX},
            {
                "app.py": "from flask import Flask, redirect, request, url_for\n"
                "from werkzeug.middleware.proxy_fix import ProxyFix\n\napp = Flask(__name__)\n\n"
                "# One proxy; where there are more, each number counts those that set the header.\n"
                "app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)\n" + _VIEWS
            },
        ),
        # A factory, the address asked for in another file, Heroku's router.
        Bad(
            {
                "shop/__init__.py": "import flask as f\n\n\ndef create_app():\n    app = f.Flask(__name__)\n"
                "    from shop import limits\n\n    limits.limiter.init_app(app)\n    return app\n",
                "shop/limits.py": "from flask_limiter import Limiter\n"
                "from flask_limiter.util import get_remote_address\n\n"
                "limiter = Limiter(get_remote_address)\n",
                "Procfile": "web: gunicorn 'shop:create_app()'\n",
            },
            {
                "shop/__init__.py": "import flask as f\nfrom werkzeug.middleware.proxy_fix import ProxyFix\n\n\n"
                "def create_app():\n    app = f.Flask(__name__)\n"
                "    # One proxy; where there are more, each number counts those that set the header.\n"
                "    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)\n"
                "    from shop import limits\n\n    limits.limiter.init_app(app)\n    return app\n",
            },
        ),
        # Traefik's labels; the host's name comes by a header too.
        Bad(
            {
                "app.py": _APP + _VIEWS,
                "compose.yml": "services:\n  shop:\n    build: .\n    labels:\n"
                "      - traefik.http.routers.shop.rule=Host(`shop.example`)\n",
            },
        ),
        Bad(
            {
                "shop/app.py": "from flask import Flask, request\n\n\nclass Server:\n    def __init__(self):\n"
                "        self.app: Flask = Flask('shop')\n        self.app.add_url_rule('/', view_func=self.index)\n\n"
                "    def index(self):\n        return {'secure': request.is_secure}\n",
                "deploy/apache.conf": "<VirtualHost *:443>\n  ProxyPass / http://shop:8000/\n"
                "  RequestHeader set X-Forwarded-Proto https\n</VirtualHost>\n",
            },
            {
                "shop/app.py": "from flask import Flask, request\n"
                "from werkzeug.middleware.proxy_fix import ProxyFix\n\n\nclass Server:\n    def __init__(self):\n"
                "        self.app: Flask = Flask('shop')\n"
                "        # One proxy; where there are more, each number counts those that set the header.\n"
                "        self.app.wsgi_app = ProxyFix(self.app.wsgi_app, x_for=1, x_proto=1, x_host=1)\n"
                "        self.app.add_url_rule('/', view_func=self.index)\n\n"
                "    def index(self):\n        return {'secure': request.is_secure}\n",
            },
        ),
        # The settings of flaskdoctor say so.
        Bad({"app.py": _APP + _VIEWS, "flaskdoctor.toml": 'https = "proxy"\n'}),
        # Nothing asks, so far: information. What the proxy tells is not to be seen.
        Bad(
            {
                "app.py": _APP,
                "compose.yml": "services:\n  shop:\n    build: .\n  web:\n    image: nginx:1.27\n",
            },
        ),
    ]
    good = [
        # Read: by ProxyFix, by hand, by middleware of one's own or of another package.
        {
            "app.py": _APP + "\nfrom werkzeug.middleware.proxy_fix import ProxyFix\n\n"
            "app.wsgi_app = ProxyFix(app.wsgi_app)\n" + _VIEWS,
            "nginx/shop.conf": _NGINX,
        },
        {
            "app.py": _APP + _VIEWS,
            "wsgi.py": "from werkzeug.contrib import fixers\n\nfrom app import app as flask_app\n\n"
            "app = fixers.ProxyFix(flask_app)\n",
            "nginx/shop.conf": _NGINX,
        },
        {
            "app.py": _APP
            + '\n\ndef address():\n    return request.headers.get("X-Forwarded-For") or request.remote_addr\n',
            "nginx/shop.conf": _NGINX,
        },
        {
            "app.py": _APP + "\nfrom shop.middleware import ReverseProxied\n\n"
            "app.wsgi_app = ReverseProxied(app.wsgi_app)\n",
            "nginx/shop.conf": _NGINX,
        },
        # uWSGI and mod_wsgi hand both on.
        {
            "app.py": _APP + _VIEWS,
            "nginx.conf": "server {\n  location / {\n    include uwsgi_params;\n"
            "    uwsgi_pass unix:/run/shop.sock;\n  }\n}\n",
            "compose.yml": "services:\n  web:\n    image: nginx:1.27\n",
        },
        {
            "app.py": _APP + _VIEWS,
            "apache.conf": "<VirtualHost *:443>\n  WSGIScriptAlias / /srv/shop.wsgi\n</VirtualHost>\n",
        },
        # gunicorn takes the scheme from a proxy on its own machine, and from those that it is told to trust.
        {
            "app.py": "from flask import Flask, url_for\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef index():\n"
            "    return url_for('index', _external=True)\n",
            "deploy/nginx.conf": _NGINX.replace("http://shop:8000", "http://unix:/run/shop.sock"),
            "Procfile": "web: gunicorn -b unix:/run/shop.sock app:app\n",
        },
        {
            "app.py": "from flask import Flask, url_for\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef index():\n"
            "    return url_for('index', _external=True)\n",
            "compose.yml": "services:\n  shop:\n    build: .\n    command: gunicorn --forwarded-allow-ips='*' app:app\n"
            "    labels: [traefik.http.routers.shop.rule=Host(`shop.example`)]\n",
        },
        {
            "app.py": "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef index():\n"
            "    return request.url\n",
            "Procfile": "web: gunicorn app:app\n",
        },
        # For development; that of another app of the repository; only security headers.
        {"app.py": _APP + _VIEWS, "docker/dev/nginx.conf": _NGINX, "Procfile.dev": "web: flask run\n"},
        {
            "api/app.py": _APP + _VIEWS,
            "portal/app.py": "from flask import Flask\nfrom werkzeug.middleware.proxy_fix import ProxyFix\n\n"
            "app = Flask(__name__)\napp.wsgi_app = ProxyFix(app.wsgi_app)\n",
            "portal/nginx.conf": _NGINX,
        },
        {
            "app.py": _APP + _VIEWS,
            "nginx/headers.conf": "add_header Strict-Transport-Security max-age=31536000;\n",
        },
        # An app that stands in for the real one; a word that only looks like url_for's argument.
        {"mocks/app.py": _APP + _VIEWS, "nginx/shop.conf": _NGINX},
        {
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n\n\ndef fetch(no_external=True):\n"
            "    return no_external\n",
            "Procfile": "web: gunicorn app:app\n",
        },
        # No proxy is to be seen.
        _APP + _VIEWS,
        Good({"tests/app.py": _APP + _VIEWS, "nginx/shop.conf": _NGINX}),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Every call that may make an app."""
        if module.role not in ("app", "script") or FORWARDED in read_serving(module):
            return
        for call in app_calls(module):
            yield Hit(
                call,
                "A proxy is in front of the app, and nothing reads its X-Forwarded headers (no ProxyFix)",
                fixable=bound_app(module, call) is not None,
                advice=_ADVICE,
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Once a project, where files speak of a proxy; a warning where the app asks what only the proxy knows."""
        app = project.browsers.main_app
        if app is None or candidate.location[:3] != app[:3]:
            return None
        asked = frozenset().union(*(facts.serving for facts in project.modules.values()))
        if FORWARDED in asked or _is_stand_in(app.path):
            return None
        found = _evidence(project, app.path)
        if not found:
            return None
        if ADDRESS in asked:
            return candidate.severity if any(each.certain for each in found) else Severity.INFO
        untrusted = [each for each in found if not each.trusted]
        if SCHEME in asked and untrusted:
            return candidate.severity if any(each.certain for each in untrusted) else Severity.INFO
        return Severity.INFO if untrusted else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put ``ProxyFix`` around the app, for what every proxy of the project tells."""
        call = site.node
        assert isinstance(call, ast.Call)
        target = bound_app(site.module, call)
        assert target is not None
        told = [each.forwards for each in _evidence(site.project, site.module.path) if each.forwards is not None]
        if not told:
            raise Refuse(
                "Which headers the proxy sets is not to be seen, so the app stays as it is.",
                "Have it set X-Forwarded-For and X-Forwarded-Proto, and wrap the app in ProxyFix for those.",
            )
        parts = frozenset.intersection(*told)
        given = ", ".join(f"x_{part}=1" for part in ("for", "proto", "host", "prefix") if part in parts)
        if not given or "proto" not in parts:
            raise Refuse(
                "The proxy does not say whether a request came by https, so the app stays as it is.",
                "Have it set X-Forwarded-Proto first (nginx: `proxy_set_header X-Forwarded-Proto $scheme;`).",
            )
        fixer = edit.add_import("werkzeug.middleware.proxy_fix", "ProxyFix")
        edit.insert_after(
            made_at(site.module, call),
            "# One proxy; where there are more, each number counts those that set the header.\n"
            f"{{app}}.wsgi_app = {fixer}({{app}}.wsgi_app, {given})",
            app=target,
        )


def _evidence(project: Project, app: str) -> list[_Evidence]:
    """What says that a proxy is in front of the app in the file ``app``."""
    deploy = project.deploy
    trusts = any(each.get("forwarded_allow_ips") is not None for each in deploy.gunicorns) or any(
        variable.name == "FORWARDED_ALLOW_IPS" for variable in deploy.environment
    )
    gunicorn = bool(deploy.gunicorns)
    composes = {compose.path for compose in deploy.composes}
    apps = [router.path for router in project.links.all_routers("app")]
    proxies = [each for each in deploy.proxies if not each.development and each.protocol]
    read = [each for each in proxies if each.location.path not in composes]
    found = []
    for proxy in proxies:
        if proxy.protocol != "http" or not _concerns(proxy.location.path, app, apps):
            continue
        unseen = proxy.forwards is None and proxy.location.path in composes
        if unseen and read:
            continue  # its configuration says more
        tells_scheme = proxy.forwards is None or "proto" in proxy.forwards
        forwards = proxy.forwards
        if forwards is not None and proxy.kind in ("caddy", "traefik"):
            forwards &= _PLATFORM  # the host's name they hand on as it came
        found.append(_Evidence(forwards, gunicorn and (trusts or (proxy.local and tells_scheme)), not unseen))
    for command in deploy.processes if not proxies else ():
        folder = command.location.path.rpartition("/")[0]
        served = command.source == "Procfile" and command.name == "web" and not command.development
        if served and app.startswith(f"{folder}/" if folder else ""):
            found.append(_Evidence(_PLATFORM, command.program != "waitress-serve", certain=True))
    if project.tls_at_proxy and not found:
        found.append(_Evidence(None, gunicorn and trusts, certain=True))
    return found


def _is_stand_in(path: str) -> bool:
    """Whether an app stands in for another one: in a folder for mocks, tests or development."""
    from flaskdoctor.project.deployment.filenames import for_development

    return for_development(path) or not {"mock", "mocks", "stubs"}.isdisjoint(path.split("/"))


def _concerns(place: str, app: str, apps: list[str]) -> bool:
    """Whether a file is about this app, and not another one in whose folder it stands."""
    top = f"{place.partition('/')[0]}/" if "/" in place else ""
    return app.startswith(top) or not any(path.startswith(top) for path in apps)
