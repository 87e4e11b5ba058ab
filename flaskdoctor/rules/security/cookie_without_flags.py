"""FD711: a cookie that the app sets itself, without the flags that keep it where it belongs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.names import FUNCTIONS
from flaskdoctor.project.code.purpose import purpose_of
from flaskdoctor.project.routing.views import keyword
from flaskdoctor.project.secrecy.secretnames import word_set, words
from flaskdoctor.rules.rule import Bad, Candidate, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

# ``Response.set_cookie(key, value, max_age, expires, path, domain, secure, httponly, samesite)``
_PLACES = {"key": 0, "value": 1, "max_age": 2, "expires": 3, "secure": 6, "httponly": 7, "samesite": 8}
_LOGINS = word_set(
    "auth authorization session sid sessionid token jwt access refresh login logged remember password passwd secret"
    " credential credentials apikey key user userid username uid account admin email identity signed otp id"
)
_VALUES = word_set("token jwt session")
_LESSER = ("csrf", "preference", "computed")
_CSRF = word_set("csrf xsrf csrftoken xsrftoken")
_PREFERENCES = word_set(
    "lang lng language locale theme mode color colour dark light style layout view show hide sort order page per tz"
    " timezone consent cookies seen dismissed banner font size filter tab sidebar units currency country notice intro"
    " visited visits count last welcome message"
)
_MAKERS = frozenset({
    "make_response", "redirect", "jsonify", "render_template", "send_file", "send_from_directory", "Response",
    "abort_response", "make_redirect", "finalize_request",
})  # fmt: skip
_NAMED = re.compile(r"(?i)(?:.*_)?(?:resp|response|res|rv|ret|reply|answer|redir|redirect|rsp)\d?|r|.*response")
_OTHERS = (b"fastapi", b"starlette", b"tornado", b"bottle", b"aiohttp", b"django", b"sanic", b"falcon")
_SECURE = 'config["SESSION_COOKIE_SECURE"]'
_ADVICE = (
    '`samesite="Lax"` keeps it out of requests that other sites start, `httponly=True` away from scripts, and '
    '`secure=current_app.config["SESSION_COOKIE_SECURE"]` off plain http wherever the session cookie is: that setting '
    "is True in production and False on a developer's machine without https."
)


class _Cookie(NamedTuple):
    """A call of ``set_cookie``: what it lacks, and the values that are there and mean "off"."""

    missing: tuple[str, ...]
    off: dict[str, ast.expr]
    name: str
    kind: str  # login, csrf, preference, "" (another one), "computed"


class CookieWithoutFlags(Rule):
    """A cookie is set without `secure` or `samesite`, or a login's cookie without `httponly`.

    ## What it finds

    `response.set_cookie(..)` in which `secure` or `samesite` is missing (or `False`, `None`). Of a cookie whose name or
    value speaks of a login (`session_id`, `access_token`, `remember`) also a missing `httponly`. Only `samesite`
    missing is information, and so are cookies that hold a mere preference (`theme`, `lang`) or the same for everybody
    (`"1"`), a CSRF token, or something that their name does not tell.

    Left alone are cookies that are deleted, calls with `**options`, a `set_cookie` of the project's own that adds the
    flags, and cookie jars, test clients and other frameworks. A CSRF token for scripts must be readable, so it needs no
    `httponly`; nor does one that says `httponly=False`.

    ## Why it matters

    `SESSION_COOKIE_SECURE` and its like are about Flask's own session; a cookie that a view sets has only the flags of
    that call, and Werkzeug's defaults are the weakest. Without `Secure` it travels with each plain `http://` request,
    can be read there, and be overwritten by whoever answers one. Without `HttpOnly` any script on the page, one that
    came in through a hole too, reads `document.cookie` and sends it away. Without `SameSite` Firefox and Safari send it
    with requests that other sites make.

    ## What to do instead

    ```python
    response.set_cookie(
        "session_id",
        value,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    ```

    Following the one setting keeps all cookies of a site alike: on in production, off where a developer has no https
    (a `Secure` cookie does not come back over http). Perhaps it need not be a cookie of its own: what stands in
    `flask.session` is signed and has all these flags.

    ## References

    - [Flask: Set-Cookie options](https://flask.palletsprojects.com/en/stable/web-security/#set-cookie-options)
    - [Werkzeug: Response.set_cookie](https://werkzeug.palletsprojects.com/en/stable/wrappers/#werkzeug.wrappers.Response.set_cookie)
    - [MDN: secure cookie configuration](https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/Cookies)
    """

    code = "FD711"
    name = "cookie-without-flags"
    tip = Tip.SECURITY
    severity = Severity.WARNING
    fix_class = Fix.UNSAFE
    fix_title = "Add the missing flags"
    fix_risk = (
        "Scripts of the page can no longer read a cookie with httponly, and other sites no longer send it along. "
        "Until the configuration sets SESSION_COOKIE_SECURE, it stays without Secure."
    )
    needs = (b".set_cookie(",)

    bad = [
        Bad(
            "from flask import Flask, make_response\n\napp = Flask(__name__)\n\n\n@app.post('/login')\ndef login():\n"
            "    response = make_response({})\n    response.set_cookie('session_id', new_session())\n"
            "    return response\n",
            "from flask import Flask, current_app, make_response\n\napp = Flask(__name__)\n\n\n@app.post('/login')\n"
            "def login():\n    response = make_response({})\n    response.set_cookie(\n        'session_id',\n"
            "        new_session(),\n        secure=current_app.config['SESSION_COOKIE_SECURE'],\n"
            "        httponly=True,\n        samesite='Lax',\n    )\n    return response\n",
        ),
        # On several lines, by position, switched off.
        Bad(
            "import flask as f\n\nbp = f.Blueprint('shop', __name__)\n\n\n@bp.after_request\ndef remember(reply):\n"
            "    reply.set_cookie(\n        key='access_token',\n        value=f.g.token,\n"
            "        secure=False,  # later\n"
            "        httponly=True,\n    )\n    return reply\n",
            "import flask as f\n\nbp = f.Blueprint('shop', __name__)\n\n\n"
            "@bp.after_request\ndef remember(reply):\n"
            "    reply.set_cookie(\n        key='access_token',\n        value=f.g.token,\n"
            "        secure=f.current_app.config['SESSION_COOKIE_SECURE'],  # later\n"
            "        httponly=True,\n        samesite='Lax',\n    )\n    return reply\n",
        ),
        Bad(
            "from flask import redirect, session\nfrom flask.views import MethodView\n\n\nclass Login(MethodView):\n"
            "    async def post(self):\n        if (answer := redirect('/')) is not None:\n"
            "            answer.set_cookie('cart', session['cart'], 3600, None, '/', None, False, False, None)\n"
            "        return answer\n",
            "from flask import current_app, redirect, session\nfrom flask.views import MethodView\n\n\n"
            "class Login(MethodView):\n"
            "    async def post(self):\n        if (answer := redirect('/')) is not None:\n"
            "            answer.set_cookie('cart', session['cart'], 3600, None, '/', None, "
            "current_app.config['SESSION_COOKIE_SECURE'], False, 'Lax')\n        return answer\n",
        ),
        # A token for scripts; a preference; one that lacks samesite alone.
        Bad(
            "from flask import Flask, Response, current_app\n\n\ndef create_app():\n    app = Flask(__name__)\n\n"
            "    @app.after_request\n    def cookies(resp: Response) -> Response:\n"
            "        resp.set_cookie('csrf_token', 'x')\n        resp.set_cookie('theme', 'dark')\n"
            "        resp.set_cookie('sid', 'x', secure=True, httponly=True)\n        return resp\n\n    return app\n",
            "from flask import Flask, Response, current_app\n\n\ndef create_app():\n    app = Flask(__name__)\n\n"
            "    @app.after_request\n    def cookies(resp: Response) -> Response:\n"
            "        resp.set_cookie(\n            'csrf_token',\n            'x',\n"
            "            secure=current_app.config['SESSION_COOKIE_SECURE'],\n            samesite='Lax',\n        )\n"
            "        resp.set_cookie(\n            'theme',\n            'dark',\n"
            "            secure=current_app.config['SESSION_COOKIE_SECURE'],\n            samesite='Lax',\n        )\n"
            "        resp.set_cookie('sid', 'x', secure=True, httponly=True, samesite='Lax')\n"
            "        return resp\n\n    return app\n",
            hits=3,
        ),
        # A token for scripts whose name stands elsewhere.
        Bad(
            "from flask import session\n\nfrom shop import settings\n\n\ndef set_token(resp):\n"
            "    name = settings.XSRF_COOKIE_NAME\n    resp.set_cookie(name, session[name])\n",
            "from flask import current_app, session\n\nfrom shop import settings\n\n\ndef set_token(resp):\n"
            "    name = settings.XSRF_COOKIE_NAME\n"
            "    resp.set_cookie(\n        name,\n        session[name],\n"
            '        secure=current_app.config["SESSION_COOKIE_SECURE"],\n        samesite="Lax",\n    )\n',
        ),
        # The answer goes out at once; a name that is computed.
        Bad(
            "from flask import current_app, make_response\n\n\ndef login(token):\n"
            "    make_response('x').set_cookie(current_app.config['LOGIN_COOKIE'], token)\n"
            "    (reply := make_response('x')).set_cookie('sid', token, samesite='Lax')\n    return reply\n",
            "from flask import current_app, make_response\n\n\ndef login(token):\n"
            "    make_response('x').set_cookie(\n        current_app.config['LOGIN_COOKIE'],\n        token,\n"
            "        secure=current_app.config['SESSION_COOKIE_SECURE'],\n        httponly=True,\n"
            "        samesite='Lax',\n    )\n"
            "    (reply := make_response('x')).set_cookie(\n        'sid',\n        token,\n        samesite='Lax',\n"
            "        secure=current_app.config['SESSION_COOKIE_SECURE'],\n        httponly=True,\n    )\n"
            "    return reply\n",
            hits=2,
        ),
    ]
    good = [
        # All flags, also computed and for other sites; readable on purpose.
        "from flask import current_app, make_response, request\n\n\ndef cookies():\n    response = make_response('x')\n"
        "    response.set_cookie('sid', 'x', secure=True, httponly=True, samesite='Strict')\n"
        "    response.set_cookie('sid', 'x', secure=request.is_secure, httponly=True, samesite='Lax')\n"
        "    response.set_cookie('token', 'x', secure=current_app.config['SESSION_COOKIE_SECURE'], httponly=False,\n"
        "                        samesite='None')\n"
        "    response.set_cookie('XSRF-TOKEN', 'x', secure=True, samesite='Lax')\n"
        "    response.set_cookie('theme', 'dark', 60, None, '/', None, True, False, 'Lax')\n    return response\n",
        # Options from elsewhere.
        "from flask import make_response\n\nFLAGS = {'secure': True, 'httponly': True, 'samesite': 'Lax'}\n\n\n"
        "def cookies(*given):\n    response = make_response('x')\n    response.set_cookie('sid', 'x', **FLAGS)\n"
        "    response.set_cookie(*given)\n    return response\n",
        # Deleted.
        "from flask import make_response\n\n\ndef logout():\n    response = make_response('x')\n"
        "    response.set_cookie('sid', '', expires=0)\n    response.set_cookie('sid', 'x', max_age=0)\n"
        "    response.set_cookie('sid', '')\n    response.delete_cookie('sid')\n    return response\n",
        # A script reads the token here and sends it back in a header: httponly would break that.
        "from flask import session\nfrom shop.forms import make_token\n\n\ndef after(response):\n"
        "    csrf_token = make_token()\n    session['token'] = csrf_token\n"
        "    response.set_cookie('token', session['token'], secure=True, samesite='Lax')\n    return response\n",
        # Jars, clients, other frameworks.
        "import flask\nimport requests\n\njar = requests.cookies.RequestsCookieJar()\n\n\nclass Plugin:\n"
        "    def login(self):\n        self.req.cj.set_cookie('shop.example', 'token', 'x')\n"
        "        jar.set_cookie('token')\n        client.set_cookie('token', 'x')\n"
        "        self.set_cookie('token', 'x')\n",
        "import flask\nfrom fastapi import Response\n\n\ndef login(response: Response):\n"
        "    response.set_cookie('token', 'x')\n",
        "from werkzeug.test import Client\n\n\ndef login(response):\n    response.set_cookie('token', 'x')\n",
        # Every cookie gets its flags in one place.
        "from flask import Flask, Response, make_response\n\n\nclass ShopResponse(Response):\n"
        "    def set_cookie(self, *args, **kwargs):\n"
        "        super().set_cookie(*args, **{**kwargs, 'secure': True, 'samesite': 'Lax'})\n\n\n"
        "app = Flask(__name__)\napp.response_class = ShopResponse\n\n\n@app.get('/')\ndef index():\n"
        "    response = make_response('x')\n    response.set_cookie('cart', '1')\n    return response\n",
        Good({"tests/app.py": "from flask import make_response\n\nmake_response('x').set_cookie('token', 'x')\n"}),
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Calls of ``set_cookie`` on a response that lack a flag."""
        if module.role in ("test", "migration", "docs") or (
            b"lask" not in module.source and b"uart" not in module.source
        ):
            return
        for call in module.nodes(ast.Call):
            assert isinstance(call, ast.Call)
            if not isinstance(call.func, ast.Attribute) or call.func.attr != "set_cookie":
                continue
            cookie = _cookie(module, call) if _is_response(module, call.func.value, call) else None
            if cookie is None or not cookie.missing or purpose_of(module, call) == "test":
                continue
            lesser = cookie.kind in _LESSER or cookie.missing == ("samesite",) or module.role == "example"
            named = f"The cookie {cookie.name!r}" if cookie.name else "This cookie"
            yield Hit(
                call,
                f"{named} is set without {', '.join(cookie.missing)}",
                severity=Severity.INFO if lesser else None,
                advice=_ADVICE,
                parts={"cookie": cookie},
            )

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Nothing where the project's own ``set_cookie`` adds the flags."""
        if any(facts.browser.makes_cookies == "all" for facts in project.modules.values()):
            return None
        if any(proxy.secures_cookies and not proxy.development for proxy in project.deploy.proxies):
            return Severity.INFO
        return candidate.severity

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Put the missing flags behind the other arguments, or in the place of what means "off"."""
        call, cookie = site.node, site.hit.parts["cookie"]
        assert isinstance(call, ast.Call)
        assert isinstance(cookie, _Cookie)
        for flag in cookie.missing:
            value = "True" if flag == "httponly" else '"Lax"'
            if flag == "secure":
                framework = "quart" if b"lask" not in site.module.source else "flask"
                value = f"{_current_app(site.module, framework, edit)}.{_SECURE}"
            if flag in cookie.off:
                edit.replace(cookie.off[flag], value)
            else:
                edit.add_argument(call, flag, value)


def _current_app(module: Module, framework: str, edit: FileEdit) -> str:
    """What ``current_app`` is called in this file: ``flask.current_app`` where that module is imported."""
    scope = module.names.module_scope.bindings
    if "current_app" not in scope:
        for name, found in scope.items():
            if len(found) == 1 and found[0].kind == "import" and found[0].target == framework:
                return f"{name}.current_app"
    return edit.add_import(framework, "current_app")


def _cookie(module: Module, call: ast.Call) -> _Cookie | None:
    """What a call says; None where it deletes the cookie, or its arguments cannot be seen."""
    if any(item.arg is None for item in call.keywords) or any(isinstance(item, ast.Starred) for item in call.args):
        return None
    given = {name: keyword(call, name) for name in _PLACES}
    for name, place in _PLACES.items():
        if given[name] is None and len(call.args) > place:
            given[name] = call.args[place]
    values = {name: module.value(node) for name, node in given.items() if node is not None}
    if "key" not in values or _deletes(values):
        return None
    kind = _kind(module, call, given["key"], given["value"])
    wanted = ["secure", *(["httponly"] if kind == "login" else []), "samesite"]
    off = {name: node for name in wanted if (node := given[name]) is not None and _is_off(values[name])}
    if "httponly" in off and values["httponly"] is off["httponly"]:
        del off["httponly"]  # somebody decided that
        wanted.remove("httponly")
    missing = tuple(name for name in wanted if name in off or name not in values)
    return _Cookie(missing, off, module.string(given["key"]) or "", kind)


def _deletes(values: dict[str, ast.expr]) -> bool:
    if any(isinstance(each := values.get(name), ast.Constant) and each.value == 0 for name in ("max_age", "expires")):
        return True
    value = values.get("value")
    empty = value is None or (isinstance(value, ast.Constant) and not value.value)
    return empty and "max_age" not in values


def _is_off(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and not value.value


def _kind(module: Module, call: ast.Call, key: ast.expr | None, value: ast.expr | None) -> str:
    """What a cookie holds, by the words of its name and of its value."""
    name = module.string(key)
    found = set(words(name)) if name is not None else _words(key)
    if name is None and isinstance(key, ast.Name):
        found |= _words(module.value(key))
    function = module.function_of(call)
    around = set(words(function.name)) if function is not None else set()
    if (found | around | _words(value) | _kept(module, value)) & _CSRF:
        return "csrf"
    if found & _LOGINS or _words(value) & _VALUES:
        return "login"
    if found & _PREFERENCES or (value is not None and isinstance(module.value(value), ast.Constant)):
        return "preference"  # what is the same for everybody is no secret
    return "" if name is not None else "computed"


def _kept(module: Module, value: ast.expr | None) -> set[str]:
    """The words of what this file puts into the session under the key that a value is read from."""
    if not isinstance(value, ast.Subscript) or module.resolve(value.value) not in ("flask.session", "quart.session"):
        return set()
    key = module.string(value.slice)
    found: set[str] = set()
    for node in module.nodes(ast.Assign):
        assert isinstance(node, ast.Assign)
        for target in node.targets:
            if isinstance(target, ast.Subscript) and module.resolve(target.value) == module.resolve(value.value):
                found |= _words(node.value) if key is not None and module.string(target.slice) == key else set()
    return found


def _words(node: ast.expr | None) -> set[str]:
    """The words of the names and texts in an expression, without those of the calls around them."""
    found: set[str] = set()
    for item in ast.walk(node) if node is not None else ():
        if isinstance(item, ast.Name):
            found.update(words(item.id))
        elif isinstance(item, ast.Attribute):
            found.update(words(item.attr))
        elif isinstance(item, ast.Constant) and isinstance(item.value, str):
            found.update(words(item.value))
    return found


def _is_response(module: Module, node: ast.expr, call: ast.Call) -> bool:
    """Whether ``set_cookie`` is that of a Flask response: by what made it, or by its name."""
    if isinstance(node, ast.NamedExpr):
        return _is_response(module, node.value, call)
    if isinstance(node, ast.Call):
        return _makes_response(module, node)
    if isinstance(node, ast.Name):
        for binding in module.names.bindings(node):
            if isinstance(binding.value, ast.Call) and _makes_response(module, binding.value):
                return True
        function = module.function_of(call)
        hooks = [item.node for item in module.handlers if item.kind.startswith("after")]
        if function in hooks and isinstance(function, FUNCTIONS):
            return node.id in {item.arg for item in function.args.args}
    if any(word in module.source for word in _OTHERS):
        return False
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return _NAMED.fullmatch(name) is not None


def _makes_response(module: Module, call: ast.Call) -> bool:
    callee = module.resolve(call.func) or ""
    last = callee.rpartition(".")[2] or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
    if last not in _MAKERS:
        return False
    return callee.startswith(("flask.", "quart.", "werkzeug.")) or last == "make_response"
