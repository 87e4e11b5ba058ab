"""FD709: an app whose responses carry none of the security headers."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.appmaking import bound_app
from flaskdoctor.project.code.flask_names import APP_CLASSES
from flaskdoctor.project.pages.browserfacts import header_names
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.code.names import FunctionNode
    from flaskdoctor.project.snapshot import Project

_HEADERS, _HOOK = "secure_headers", "set_secure_headers"
_LIBRARY, _SPECIFIER = "secure", ">=2.0.1"
_NEEDS_PYTHON = (3, 10)
_NAMES = (
    "ContentSecurityPolicy",
    "CrossOriginOpenerPolicy",
    "PermissionsPolicy",
    "ReferrerPolicy",
    "Secure",
    "StrictTransportSecurity",
    "XContentTypeOptions",
    "XFrameOptions",
)
_VALUES = """\
# The Content-Security-Policy only reports for now: the browser's console names what
# it would block. Once that is nothing which the pages need, take .report_only() away
# to enforce it.
secure_headers = {secure}Secure(
    csp={secure}ContentSecurityPolicy()
    .default_src("'self'")
    .object_src("'none'")
    .base_uri("'self'")
    .form_action("'self'")
    .frame_ancestors("'self'")
    .report_only(),
    coop={secure}CrossOriginOpenerPolicy().same_origin_allow_popups(),
    hsts={secure}StrictTransportSecurity().max_age(31536000),
    permissions={secure}PermissionsPolicy().camera().geolocation().microphone(),
    referrer={secure}ReferrerPolicy().strict_origin_when_cross_origin(),
    xcto={secure}XContentTypeOptions().nosniff(),
    xfo={secure}XFrameOptions().sameorigin(),
)


{decorator}def set_secure_headers({parameter}){result}:
    for name, value in secure_headers.header_items():
        if name != "Strict-Transport-Security" or not {current_app}.debug:
            response.headers.setdefault(name, value)
    return response
"""
_ADVICE = (
    "`secure` (2.0.1 or newer) has the values; an `after_request` function that sets each of them with "
    "`response.headers.setdefault(name, value)` leaves alone what a view sets itself. Start with a "
    "Content-Security-Policy that only reports, and leave `Strict-Transport-Security` out while you develop. Where a "
    "proxy in front of the app already sets these headers, nothing is missing: `flaskdoctor --check --url` looks at a "
    "real answer."
)

_APP = "from flask import Flask, render_template\n\napp = Flask(__name__)\n"
_INDEX = '\n\n@app.get("/")\ndef index():\n    return render_template("index.html")\n'


class NoSecurityHeaders(Rule):
    """No response of the app tells the browser what it must not do with the page.

    ## What it finds

    A project that serves pages or keeps logins in a cookie, and in which nothing sets a security header: no
    Flask-Talisman, no `secure`, no `after_request` function or view that names `Content-Security-Policy`,
    `Strict-Transport-Security`, `X-Frame-Options`, `X-Content-Type-Options`, `Referrer-Policy` or
    `Permissions-Policy`, and no configuration of nginx, Caddy, Traefik or Apache that adds one. There is one finding a
    project, where its app is made. An API without pages and without a session is left alone.

    It is information: the headers may come from a load balancer or a CDN that no file of the project speaks of. The
    Live tab and `--check --url` look at what really arrives.

    ## Why it matters

    Each header switches off something that browsers allow by default: scripts from anywhere once somebody has smuggled
    one in (`Content-Security-Policy`), the page inside a frame of somebody else's site, where clicks are stolen
    (`frame-ancestors`, `X-Frame-Options`), the first request over plain http (`Strict-Transport-Security`), an upload
    run as a script because its content looks like one (`nosniff`), the address with its tokens handed on to the next
    site (`Referrer-Policy`). The app itself stays as it is.

    ## What to do instead

    Set them in one place, and let a view that needs another value have it:

    ```python
    import secure
    from flask import Flask, current_app

    app = Flask(__name__)
    secure_headers = secure.Secure(
        csp=secure.ContentSecurityPolicy().default_src("'self'").report_only(),
        hsts=secure.StrictTransportSecurity().max_age(31536000),
        xfo=secure.XFrameOptions().sameorigin(),
    )


    @app.after_request
    def set_secure_headers(response):
        for name, value in secure_headers.header_items():
            if name != "Strict-Transport-Security" or not current_app.debug:
                response.headers.setdefault(name, value)
        return response
    ```

    `secure.Secure.with_default_headers()` and its `set_headers(response)` would give a second `Server` header and
    overwrite what a view has set; plain `Talisman(app)` redirects every request to https and enforces a policy at
    once, which breaks pages with inline scripts. Begin with a policy that reports: the MDN Observatory grades that B,
    and A+ once it is enforced.

    ## References

    - [Flask: security considerations](https://flask.palletsprojects.com/en/stable/web-security/#security-headers)
    - [secure.py: Flask](https://github.com/TypeError/secure/blob/main/docs/frameworks.md#flask)
    - [MDN: HTTP Observatory](https://developer.mozilla.org/en-US/observatory)
    - [OWASP: HTTP headers cheat sheet](https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html)
    """

    code = "FD709"
    name = "no-security-headers"
    tip = Tip.SECURITY
    severity = Severity.INFO
    fix_class = Fix.UNSAFE
    fix_title = "Set them after each request with secure"
    fix_risk = (
        "Until `secure` is installed (`pip install -r requirements.txt`) the app does not start. Browsers keep HSTS "
        "for a year: from then on this host has to answer over https. Other sites can no longer show the pages in a "
        "frame."
    )
    needs = (b"Flask(", b"Quart(")

    bad = [
        Bad(
            {"app.py": _APP + _INDEX, "requirements.txt": "flask==3.1.0\n"},
            {
                "app.py": "import secure\nfrom flask import Flask, current_app, render_template\n\n"
                "app = Flask(__name__)\n"
                + _VALUES.format(
                    secure="secure.",
                    decorator="@app.after_request\n",
                    parameter="response",
                    result="",
                    current_app="current_app",
                )
                + _INDEX,
                "requirements.txt": "flask==3.1.0\nsecure>=2.0.1\n",
            },
        ),
        Bad(
            {
                "shop/__init__.py": "import flask as f\nfrom flask.wrappers import Response\n\n\n"
                "def create_app() -> f.Flask:\n    app = f.Flask(__name__)\n"
                '    app.add_url_rule("/", view_func=index)\n    return app\n\n\n'
                'def index() -> str:\n    return f.render_template("index.html")\n',
                "requirements.in": "# what we use\nflask\ngunicorn",
                "requirements.txt": "#\n# This file is autogenerated by pip-compile\n#\nflask==3.1.0\n",
            },
            {
                "shop/__init__.py": "import flask as f\nimport secure\nfrom flask import current_app\n"
                "from flask.wrappers import Response\n\n\n"
                + _VALUES.format(
                    secure="secure.",
                    decorator="",
                    parameter="response: Response",
                    result=" -> Response",
                    current_app="current_app",
                )
                + "\n\ndef create_app() -> f.Flask:\n    app = f.Flask(__name__)\n"
                '    app.add_url_rule("/", view_func=index)\n    app.after_request(set_secure_headers)\n'
                "    return app\n\n\n"
                'def index() -> str:\n    return f.render_template("index.html")\n',
                "requirements.in": "# what we use\nflask\ngunicorn\nsecure>=2.0.1",
            },
        ),
        # A proxy that sets none of them, and a configuration of one for development.
        Bad(
            {
                "app.py": _APP + _INDEX,
                "nginx/shop.conf": "server {\n  location / {\n    proxy_pass http://shop:5000;\n  }\n}\n",
                "docker/dev/nginx.conf": "server {\n  add_header X-Frame-Options DENY;\n  location / {\n"
                "    proxy_pass http://shop:5000;\n  }\n}\n",
            },
        ),
        # A Flask that is older than every Python which the library runs on.
        Bad({"app.py": _APP + _INDEX, "requirements.txt": "Flask==0.10.1\n"}),
        # A subclass of Flask from another file; logins in the session.
        Bad(
            {
                "shop/base.py": "from flask import Flask\n\n\nclass ShopFlask(Flask):\n    pass\n",
                "shop/app.py": "from flask import session\nfrom shop.base import ShopFlask\n\n"
                "app = ShopFlask(__name__)\n",
            },
        ),
    ]
    good = [
        # Set: by extensions, by hand, from a mapping of a module's own, by one view.
        _APP + "\nfrom flask_talisman import Talisman\n\nTalisman(app, force_https=False)\n" + _INDEX,
        _APP + "\nfrom secure import Secure\n\nheaders = Secure.with_default_headers()\n" + _INDEX,
        # Flask-SSLify sends Strict-Transport-Security; once as flask.ext.sslify, where the settings say so.
        _APP + "\nfrom flask_sslify import SSLify\n\nSSLify(app)\n" + _INDEX,
        "from flask import Flask, render_template\n\n\ndef create_app():\n    app = Flask(__name__)\n"
        '    if app.config["SSL"]:\n        from flask.ext.sslify import SSLify\n\n        SSLify(app)\n'
        '\n    @app.route("/")\n    def index():\n        return render_template("index.html")\n\n    return app\n',
        _APP
        + "\n\n@app.after_request\ndef harden(response):\n"
        + '    response.headers["X-Frame-Options"] = "DENY"\n    return response\n'
        + _INDEX,
        {
            "shop/headers.py": "HEADERS = {\n    'x-content-type-options': 'nosniff',\n"
            "    'Content-Security-Policy': \"default-src 'self'\",\n}\n",
            "app.py": _APP + "app.after_request(lambda response: harden(response))\n" + _INDEX,
        },
        # By a proxy: nginx, Caddy, Traefik's labels, Apache.
        {
            "app.py": _APP + _INDEX,
            "nginx/shop.conf": "server {\n  add_header X-Frame-Options SAMEORIGIN always;\n  location / {\n"
            "    proxy_pass http://shop:5000;\n  }\n}\n",
        },
        {
            "app.py": _APP + _INDEX,
            "compose.yml": "services:\n  shop:\n    build: .\n    labels:\n"
            "      - traefik.http.routers.shop.rule=Host(`shop.example`)\n"
            "      - traefik.http.middlewares.safe.headers.stsSeconds=31536000\n",
        },
        {
            "app.py": _APP + _INDEX,
            "deploy/Caddyfile": "shop.example {\n  header Referrer-Policy no-referrer\n  reverse_proxy shop:5000\n}\n",
        },
        # By a part of nginx's configuration that another one includes; the tests say that something does.
        {"app.py": _APP + _INDEX, "nginx/headers.conf": "add_header Strict-Transport-Security max-age=31536000;\n"},
        {
            "app.py": _APP + _INDEX,
            "tests/test_headers.py": "def test_framing(client):\n"
            '    assert client.get("/").headers["X-Frame-Options"] == "DENY"\n',
        },
        # From a settings file that the app reads.
        {
            "app.py": _APP + 'app.after_request(lambda answer: add(answer, load("shop/settings.yml")))\n' + _INDEX,
            "shop/settings.yml": "server:\n  headers:\n    # the least\n    X-Content-Type-Options: nosniff\n",
        },
        # An API without pages and without a session; its templates are mails.
        "from flask import Flask, render_template\nfrom flask_mail import Mail, Message\n\napp = Flask(__name__)\n"
        'mail = Mail(app)\n\n\n@app.post("/orders")\ndef order():\n    text = render_template("mail.html")\n'
        '    mail.send(Message("Thank you", html=text, body=render_template("mail.txt")))\n    return {}, 201\n',
        'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get("/stock")\ndef stock():\n    return {}\n',
        # An app of the tests, and one of the documentation.
        Good({"tests/test_shop.py": _APP + _INDEX}),
        Good({"examples/shop/app.py": _APP + _INDEX}),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Every call that may make an app, in a file that names no security header itself."""
        if module.role not in ("app", "script") or header_names(module.source):
            return
        for call in module.nodes(ast.Call):
            assert isinstance(call, ast.Call)
            callee = module.resolve(call.func)
            if callee in APP_CLASSES or (callee is not None and callee.endswith("Flask") and call.args):
                yield Hit(
                    call,
                    "Responses carry no security header: no CSP, no HSTS, no protection against framing",
                    fixable=bound_app(module, call) is not None,
                    advice=_ADVICE,
                    data=(callee,),
                )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Once a project, where nothing else sets headers and browsers are what it serves."""
        browsers = project.browsers
        app = browsers.main_app
        if app is None or candidate.location[:3] != app[:3] or browsers.sets_headers:
            return None
        return candidate.severity if browsers.serves_pages or browsers.uses_session else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put the values and the hook into the file that makes the app, and ``secure`` into the requirements."""
        from flaskdoctor.project.versions.pythonversion import oldest_python

        module, call = site.module, site.node
        assert isinstance(call, ast.Call)
        target = bound_app(module, call)
        assert target is not None
        own = {other.name for other in site.project.modules.values()}
        if _LIBRARY in own or f"{module.name.rpartition('.')[0]}.{_LIBRARY}" in own:
            raise Refuse(f"A module of the project is called {_LIBRARY}, like the library that the fix imports.")
        python = oldest_python(site.project)
        if python is not None and python[:2] < _NEEDS_PYTHON:
            raise Refuse(
                f"{_LIBRARY} needs Python 3.10, and {python.path} names Python {python.major}.{python.minor}.",
                "Move to a newer Python first, or set the headers in a hook of your own.",
            )
        flask = site.project.dependencies.flask
        if flask is not None and flask.newest < (1, 0):
            raise Refuse(
                f"{_LIBRARY} needs Python 3.10, and Flask {flask.exact or flask.words} is of the days of Python 2.",
                "Move to a newer Flask first, or set the headers in a hook of your own.",
            )
        if {_HEADERS, _HOOK} & module.names.module_scope.bindings.keys():
            raise Refuse(f"{_HEADERS} or {_HOOK} is something else in this file, so it stays as it is.")
        framework = "quart" if "quart" in str(site.hit.data[0]) else "flask"
        bound = module.names.module_scope.bindings.get("Response", ())
        known = all(item.target.startswith(("flask.", "quart.", "werkzeug.")) for item in bound)
        typed = known and any(function.returns is not None for function in _functions(module))
        response = "Response" if bound else edit.add_import(framework, "Response") if typed else ""
        function = module.function_of(call)
        text = _VALUES.format(
            secure=_import(edit),
            decorator="" if function is not None else "@{app}.after_request\n",
            parameter=f"response: {response}" if typed else "response",
            result=f" -> {response}" if typed else "",
            current_app=edit.add_import(framework, "current_app"),
        )
        statement = module.statement_of(call)
        if function is None:
            edit.insert_after(statement, text, app=target)
        else:
            top = next(each for each in (function, *module.ancestors(function)) if each in module.ast.body)
            assert isinstance(top, ast.stmt)
            edit.insert_before(top, text)
            end = _only_return(module, function, target)
            register = f"{{app}}.after_request({_HOOK})"
            if end is not None:
                edit.insert_before(end, register, app=target)
            else:
                edit.insert_after(statement, register, app=target)
        edit.require(_LIBRARY, _SPECIFIER)


def _import(edit: FileEdit) -> str:
    """Import the library; gives what stands in front of its names. A file may use its name for something else."""
    try:
        return f"{edit.add_import(_LIBRARY)}."
    except Refuse:
        for name in _NAMES:
            if edit.add_import(_LIBRARY, name) != name:
                raise
        return ""


def _functions(module: Module) -> Iterator[FunctionNode]:
    for node in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        yield node


def _only_return(module: Module, function: FunctionNode, target: ast.expr) -> ast.Return | None:
    """The ``return app`` at the end of a factory that has no other one, and in which ``app`` stays what it is."""
    found = module.returns(function)
    if len(found) != 1 or found[0] is not function.body[-1] or not isinstance(target, ast.Name):
        return None
    value = found[0].value
    if not isinstance(value, ast.Name) or value.id != target.id:
        return None
    return found[0] if len(module.names.scope_bindings(function, target.id)) == 1 else None
