"""FD710: the interface of ``secure`` that its version 1 took away."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.rules.rule import Bad, Candidate, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_GONE_CLASSES = ("SecureHeaders", "SecureCookie", "SecurePolicies", "XXSSProtection", "ReportTo")
_GONE_KEYWORDS = frozenset({"content", "xxp", "report_to", "feature"})
_ADVICE = (
    "Since version 1 it is `secure_headers.set_headers(response)`, and `secure.Secure()` sends nothing by itself: "
    "`secure.Secure.with_default_headers()` does. What was `content=` is `xcto=`; X-XSS-Protection is gone, for "
    "browsers have dropped it. To stay with the old interface, pin `secure==0.3.0`."
)


class OutdatedSecureApi(Rule):
    """The code calls `secure` as it was before version 1: with the version that is installed today it raises.

    ## What it finds

    `secure_headers.framework.flask(response)` (0.3), `secure_headers.flask(response)` and `SecureHeaders()`,
    `SecureCookie()` (0.2), and the arguments `content=`, `xxp=` and `report_to=` of `Secure(..)`, where the
    requirements allow `secure` 1.0 or newer. Where they pin an older one (`secure==0.3.0`) nothing is wrong; where no
    file names `secure` at all it is a warning.

    ## Why it matters

    Version 1.0 (2024) is a rewrite. `framework` is an attribute that is not there any more, and since it is read in an
    `after_request` function, *every* request fails with `AttributeError: 'Secure' object has no attribute
    'framework'`, the static files and the error pages too. An unpinned `secure` in `requirements.txt` brings it with
    the next build of the image. Most tutorials, and most of what code assistants write, still show the old spelling.

    ## What to do instead

    ```python
    secure_headers = secure.Secure.with_default_headers()

    @app.after_request
    def set_secure_headers(response):
        secure_headers.set_headers(response)
        return response
    ```

    Look at what the new defaults are: a Content-Security-Policy is among them, and blocks scripts from elsewhere.
    `set_headers` overwrites what a view has set itself; to keep that, go through `header_items()` (2.0) and use
    `response.headers.setdefault(name, value)`.

    ## References

    - [secure.py: Flask](https://github.com/TypeError/secure/blob/main/docs/frameworks.md#flask)
    - [secure.py: migration to version 2](https://github.com/TypeError/secure/blob/main/docs/migration.md)
    - [MDN: X-XSS-Protection](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-XSS-Protection)
    """

    code = "FD710"
    name = "outdated-secure-api"
    tip = Tip.SECURITY
    severity = Severity.ERROR
    fix_class = Fix.UNSAFE
    fix_title = "Use the interface of secure 1 and 2"
    fix_risk = (
        "With `secure` 0.3 the new spelling raises. The new defaults contain a Content-Security-Policy that blocks "
        "scripts from other sites."
    )
    needs = (b"import secure", b"from secure ", b".framework.flask", b".framework.quart")
    pattern = re.compile(rb"\bframework\b|\.flask\(|\.quart\(|\bSecure(?:Headers|Cookie|Policies)\b|\bSecure\(")

    bad = [
        Bad(
            {
                "app.py": "import secure\nfrom flask import Flask\n\napp = Flask(__name__)\n"
                "secure_headers = secure.Secure()\n\n\n@app.after_request\ndef harden(response):\n"
                "    secure_headers.framework.flask(response)\n    return response\n",
                "requirements.txt": "flask==3.1.0\nsecure>=1.0\n",
            },
            {
                "app.py": "import secure\nfrom flask import Flask\n\napp = Flask(__name__)\n"
                "secure_headers = secure.Secure.with_default_headers()\n\n\n@app.after_request\ndef harden(response):\n"
                "    secure_headers.set_headers(response)\n    return response\n",
            },
        ),
        # An unpinned one is the newest; values of its own; in a factory.
        Bad(
            {
                "shop/__init__.py": "import flask as f\nfrom secure import ContentSecurityPolicy, Secure\n\n"
                "headers = Secure(csp=ContentSecurityPolicy().default_src(\"'self'\"))\n\n\ndef create_app():\n"
                "    app = f.Flask(__name__)\n\n    @app.after_request\n    def harden(response: f.Response):\n"
                "        headers.framework.flask(response)  # the last hook\n        return response\n\n"
                "    return app\n",
                "requirements.txt": "flask==3.1.0\nsecure\n",
            },
            {
                "shop/__init__.py": "import flask as f\nfrom secure import ContentSecurityPolicy, Secure\n\n"
                "headers = Secure(csp=ContentSecurityPolicy().default_src(\"'self'\"))\n\n\ndef create_app():\n"
                "    app = f.Flask(__name__)\n\n    @app.after_request\n    def harden(response: f.Response):\n"
                "        headers.set_headers(response)  # the last hook\n        return response\n\n    return app\n",
            },
        ),
        # The headers stand in another file.
        Bad(
            {
                "shop/headers.py": "import secure as sec\n\nvalues = sec.Secure(content=sec.XContentTypeOptions())\n",
                "shop/__init__.py": "from flask import Blueprint\n\nfrom shop.headers import values\n\n"
                "bp = Blueprint('shop', __name__)\n\n\n@bp.after_app_request\ndef harden(response):\n"
                "    values.framework.flask(response)\n    return response\n",
                "requirements.txt": "flask==3.1.0\nsecure==2.0.1\n",
            },
            {
                "shop/headers.py": "import secure as sec\n\nvalues = sec.Secure(xcto=sec.XContentTypeOptions())\n",
                "shop/__init__.py": "from flask import Blueprint\n\nfrom shop.headers import values\n\n"
                "bp = Blueprint('shop', __name__)\n\n\n@bp.after_app_request\ndef harden(response):\n"
                "    values.set_headers(response)\n    return response\n",
            },
            hits=2,
        ),
        # 0.2, and no file that names the library.
        Bad(
            "from flask import Flask\nfrom secure import SecureCookie, SecureHeaders\n\n"
            "secure_headers = SecureHeaders()\ncookie = SecureCookie()\n\n\nclass Shop(Flask):\n"
            "    def process_response(self, response):\n        secure_headers.flask(response)\n"
            '        cookie.flask(response, name="shop", value="1")\n'
            "        return super().process_response(response)\n",
            hits=4,
        ),
    ]
    good = [
        # The old interface with the old version, wherever that is said.
        {
            "app.py": "import secure\nfrom flask import Flask\n\napp = Flask(__name__)\nheaders = secure.Secure()\n\n\n"
            "@app.after_request\ndef harden(response):\n    headers.framework.flask(response)\n    return response\n",
            "requirements.txt": "flask==3.1.0\nsecure==0.3.0\n",
        },
        {
            "services/shop/shop/__init__.py": "import secure\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            "headers = secure.Secure()\n\n\n@app.after_request\ndef harden(response):\n"
            "    headers.framework.flask(response)\n    return response\n",
            "services/shop/requirements.txt": "flask==3.1.0\nsecure<1\n",
            "requirements.txt": "flask==3.1.0\n",
        },
        # The new one.
        {
            "app.py": "import secure\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            "headers = secure.Secure.with_default_headers()\n\n\n@app.after_request\ndef harden(response):\n"
            "    headers.set_headers(response)\n    return response\n",
            "requirements.txt": "flask==3.1.0\nsecure\n",
        },
        {
            "app.py": "import secure\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            "headers = secure.Secure(xfo=secure.XFrameOptions().deny())\n\n\n@app.after_request\n"
            "def harden(response):\n    for name, value in headers.header_items():\n"
            "        response.headers.setdefault(name, value)\n    return response\n",
            "requirements.txt": "flask==3.1.0\nsecure>=2\n",
        },
        # Modules and objects of one's own that go by such a name.
        {
            "secure.py": "class Secure:\n    framework = None\n",
            "app.py": "import secure\nfrom flask import Flask\n\napp = Flask(__name__)\n"
            "secure.Secure().framework.flask(app)\n",
            "requirements.txt": "flask==3.1.0\n",
        },
        "import secure\nfrom flask import Flask\n\nfrom plugins import adapters\n\napp = Flask(__name__)\n"
        "adapters.framework.flask(app)\nadapters.flask(app)\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Calls by the old names of an object that ``secure`` made, and those names themselves."""
        for node in module.nodes(ast.Call):
            assert isinstance(node, ast.Call)
            callee = module.resolve(node.func) or ""
            if callee.startswith("secure."):
                yield from _made(node, callee.removeprefix("secure."))
            elif isinstance(node.func, ast.Attribute) and node.func.attr in ("flask", "quart"):
                yield from _applied(module, node, node.func)

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Nothing where the requirements pin an old version; a warning where none of them speaks of it."""
        if any(facts.name == "secure" or facts.name.startswith("secure.") for facts in project.modules.values()):
            return None
        kind, owner = str(candidate.data[0]), str(candidate.data[1])
        if kind == "applied" and not _is_secure(project, owner, candidate.location.path):
            return None
        newest = _newest(project.root, candidate.location.path)
        if newest is None:
            return Severity.WARNING
        return candidate.severity if newest >= (1, 0, 0) else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Rename what has a new name; give a bare ``Secure()`` its defaults back."""
        call, module = site.node, site.module
        assert isinstance(call, ast.Call)
        if site.hit.data[0] == "made":
            for item in call.keywords:
                if item.arg == "content":
                    edit.rename_argument(call, "content", "xcto")
                elif item.arg in _GONE_KEYWORDS:
                    raise Refuse(f"Nothing takes the place of {item.arg}=, so it stays as it is.")
            return
        owner = site.hit.parts["owner"]
        assert isinstance(owner, ast.expr)
        edit.replace(call.func, "{owner}.set_headers", owner=owner)
        made = module.value(owner)
        if isinstance(made, ast.Call) and module.resolve(made.func) == "secure.Secure" and not made.keywords:
            edit.replace(made.func, "{made}.with_default_headers", made=made.func)


def _made(call: ast.Call, name: str) -> Iterator[Hit]:
    """What ``secure`` no longer has: a class, an argument."""
    if name in _GONE_CLASSES:
        yield Hit(
            call, f"secure 1.0 took {name} away: this raises AttributeError", fixable=False, advice=_ADVICE,
            data=("class", name),
        )  # fmt: skip
    elif name == "Secure":
        gone = [item.arg for item in call.keywords if item.arg in _GONE_KEYWORDS]
        if gone:
            yield Hit(
                call,
                f"Secure({gone[0]}=..) is gone since secure 1.0: this raises TypeError",
                fixable=gone == ["content"],
                advice=_ADVICE,
                data=("made", name),
            )


def _applied(module: Module, call: ast.Call, called: ast.Attribute) -> Iterator[Hit]:
    """``headers.framework.flask(response)``, and ``headers.flask(response)`` of an object that stands for headers."""
    value = called.value
    nested = isinstance(value, ast.Attribute) and value.attr == "framework"
    owner = value.value if nested and isinstance(value, ast.Attribute) else value
    made = module.value(owner)
    name = module.resolve(made.func) if isinstance(made, ast.Call) else None
    if name is not None and not name.startswith("secure."):
        return
    if name is None:
        name = module.resolve(owner)
    if name is None or (not nested and not name.startswith("secure.Secure")):
        return
    old = "framework.flask" if nested else called.attr
    yield Hit(
        call,
        f"secure 1.0 took {old}() away: every response raises AttributeError",
        fixable=nested,
        advice=_ADVICE,
        data=("applied", name),
        parts={"owner": owner},
    )


def _is_secure(project: Project, owner: str, path: str) -> bool:
    """Whether an object of this name was made by ``secure``, in whichever file."""
    name = project.links.resolve(owner, path)
    if name.startswith("secure."):
        return True
    return any(
        name in facts.constructed
        and project.links.resolve(facts.constructed[name].callee, facts.path).startswith("secure.")
        for facts in project.modules.values()
    )


def _newest(root: str, path: str) -> tuple[int, ...] | None:
    """The newest ``secure`` that the requirements nearest to a file allow; None where none names it."""
    from flaskdoctor.project.versions.requirements import declared
    from flaskdoctor.project.versions.versions import parse_version

    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        found = [one for one in declared(os.path.join(root, folder))[0] if one.name == "secure"]
        for one in found:
            bounds = re.findall(r"(===?|~=|<=?|\^|~)\s*([\d.]+)", one.specifier)
            limits = [_limit(sign, parse_version(number)) for sign, number in bounds]
            return min([(99, 0, 0), *limits])
    return None


def _limit(sign: str, version: tuple[int, ...] | None) -> tuple[int, ...]:
    """The newest version that one clause of a specifier allows, as far as it says whether that is before 1.0."""
    if version is None:
        return (99, 0, 0)
    if sign == "<":
        return (0, 99, 0) if version <= (1, 0, 0) else version
    if sign in ("^", "~", "~=") and version[0] > 0:
        return (version[0], 99, 0)
    return (0, 99, 0) if sign in ("^", "~", "~=") else version
