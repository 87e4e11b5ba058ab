"""FD1204: names that newer Werkzeug releases no longer have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Fix, Severity, Tip
from flaskdoctor.project.code.versionguards import guarded
from flaskdoctor.project.versions.werkzeugnames import FIRST_PARTS, GONE, MODULES, Gone
from flaskdoctor.rules.rule import Bad, Candidate, Files, Good, Hit, Rule, Site

if TYPE_CHECKING:
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_BESIDE = ("example", "docs", "test", "migration")  # the app itself starts without them
_HASHERS = ("werkzeug.security.generate_password_hash",)
_NEW, _OLD = "new", "old"  # which Werkzeug a safe fix needs
_QUOTES_LESS = (2, 2)  # this Flask needs this Werkzeug, whose url_quote leaves !$'()*+,; alone
_TEXT_METHODS = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "format", "join", "replace", "title"})


class _Spelling(NamedTuple):
    """How a call is written from now on: a function of the standard library, its arguments, and how many there are."""

    module: str
    name: str
    arguments: str
    takes: int
    same: bool = True  # for texts the result is the very same
    newer: bool = False  # the same as Werkzeug 2.2 has it, which quotes less than older ones


_SPELLINGS = {
    "safe_str_cmp": _Spelling("hmac", "compare_digest", "{a}.encode(), {b}.encode()", 2),
    "url_quote": _Spelling("urllib.parse", "quote", '{a}, safe="!$\'()*+,/:;"', 1, newer=True),
    "url_quote_plus": _Spelling("urllib.parse", "quote_plus", '{a}, safe="!$\'()*,;"', 1, newer=True),
    "url_unquote": _Spelling("urllib.parse", "unquote", "{a}", 1),
    "url_unquote_plus": _Spelling("urllib.parse", "unquote_plus", "{a}", 1),
    "url_parse": _Spelling("urllib.parse", "urlsplit", "{a}", 1, same=False),
    "url_join": _Spelling("urllib.parse", "urljoin", "{a}, {b}", 2, same=False),
}


class RemovedWerkzeugApi(Rule):
    """A name is used that newer releases of Werkzeug, which Flask stands on, no longer have.

    ## What it finds

    | gone | since Werkzeug | instead |
    |---|---|---|
    | `werkzeug.urls.url_quote`, `url_parse`, `url_encode` and all other `url_*` | 3.0 | `urllib.parse` |
    | `generate_password_hash(.., method="sha256")`, also `md5`, `sha1`, `plain` | 3.0 | the default (scrypt) |
    | `werkzeug.http.parse_authorization_header` | 3.0 | `Authorization.from_header` |
    | `werkzeug.wsgi.pop_path_info`, `get_script_name` and friends | 2.3 | |
    | `werkzeug.security.safe_str_cmp` | 2.1 | `hmac.compare_digest` |
    | `werkzeug.wrappers.BaseResponse`, `BaseRequest`, the mixins | 2.1 | `Response`, `Request` have it all |
    | `werkzeug.utils.unescape`, `html`; `werkzeug.useragents` | 2.1 | `html.unescape`; `ua-parser` |
    | `from werkzeug import secure_filename`, `FileStorage`, .. | 1.0 | `werkzeug.utils`, `werkzeug.datastructures` |
    | `werkzeug.contrib`, `werkzeug.wsgi.DispatcherMiddleware` | 1.0 | `werkzeug.middleware`, `cachelib` |

    It is an error where the requirements (or the virtualenv, or the lock file) allow a Werkzeug without it, and a
    warning that names the release where they do not yet. A project that does not name Werkzeug gets the newest one
    that its Flask imports under: Flask 2.2.5 or newer takes Werkzeug 3. Guarded imports are left alone.

    ## Why it matters

    `pip install flask` brings Werkzeug along and nobody pins it, so one day the same requirements install another
    one, and the app stops at an import:

    ```text
    ImportError: cannot import name 'url_quote' from 'werkzeug.urls'
    ImportError: cannot import name 'safe_str_cmp' from 'werkzeug.security'
    ```

    The plain hashes stop sign-ups and log-ins instead: `ValueError: Invalid hash method 'sha256'.` The second half of
    that is in the database: hashes that begin with `sha256$` cannot be checked by Werkzeug 3 either. Let users
    with such a hash set a new password *before* the upgrade, or re-hash at log-in while the old release still runs.

    ## What to do instead

    ```python
    from hmac import compare_digest
    from urllib.parse import quote, urlsplit
    from werkzeug.utils import secure_filename

    if urlsplit(target).netloc: ...
    if compare_digest(token.encode(), expected.encode()): ...
    user.password_hash = generate_password_hash(password)    # scrypt: 162 characters, see to the column's length
    ```

    What only moved is mended safely; so are calls whose arguments are texts for sure and whose result stays the same.

    ## References

    - https://werkzeug.palletsprojects.com/en/stable/changes/#version-3-0-0
    - https://werkzeug.palletsprojects.com/en/stable/changes/#version-2-1-0
    - https://werkzeug.palletsprojects.com/en/stable/changes/#version-1-0-0
    - https://docs.python.org/3/library/urllib.parse.html
    """

    code = "FD1204"
    name = "removed-werkzeug-api"
    tip = Tip.UPGRADES
    severity = Severity.ERROR
    fix_title = "Use what took its place"
    fix_risk = (
        "The new function takes texts only, and differs for odd ones: it quotes less than Werkzeug 2.1 did. "
        "werkzeug.middleware exists since Werkzeug 0.15; "
        "a hash of the default method has 162 characters."
    )
    needs = (b"werkzeug",)
    pattern = FIRST_PARTS

    bad: ClassVar[list[Bad]] = [
        Bad(
            "from flask import Flask, redirect, request\nfrom werkzeug.urls import url_parse\n\n"
            "app = Flask(__name__)\n\n\n@app.get('/next')\ndef follow():\n    target = request.args.get('next', '/')\n"
            "    if url_parse(target).netloc != '':\n        target = '/'\n    return redirect(target)\n",
            fixed="from urllib.parse import urlsplit\n\nfrom flask import Flask, redirect, request\n\n"
            "app = Flask(__name__)\n\n\n@app.get('/next')\ndef follow():\n    target = request.args.get('next', '/')\n"
            "    if urlsplit(target).netloc != '':\n        target = '/'\n    return redirect(target)\n",
        ),
        # What moved; what is one line with it stays.
        Bad(
            "from flask import Flask\nfrom werkzeug import FileStorage, Response, secure_filename as clean\n\n"
            "app = Flask(__name__)\n\n\ndef save(file: FileStorage) -> Response:\n"
            "    return Response(clean(file.filename))\n",
            fixed="from flask import Flask\nfrom werkzeug import Response\n"
            "from werkzeug.datastructures import FileStorage\nfrom werkzeug.utils import secure_filename\n\n"
            "app = Flask(__name__)\n\n\ndef save(file: FileStorage) -> Response:\n"
            "    return Response(secure_filename(file.filename))\n",
            hits=2,
        ),
        # Texts for sure, and not; a module's attribute; further arguments.
        Bad(
            "import werkzeug.urls\nfrom werkzeug.security import safe_str_cmp\n\n\n"
            "def same(one: str, other):\n    if safe_str_cmp(one, f'{other}'):\n"
            "        return werkzeug.urls.url_quote(one)\n"
            "    return werkzeug.urls.url_quote(other, charset='latin1')\n",
            fixed="from hmac import compare_digest\nfrom urllib.parse import quote\n\nimport werkzeug.urls\n\n\n"
            "def same(one: str, other):\n    if compare_digest(one.encode(), f'{other}'.encode()):\n"
            '        return quote(one, safe="!$\'()*+,/:;")\n'
            "    return werkzeug.urls.url_quote(other, charset='latin1')\n",
            hits=3,
        ),
        Bad(
            "from flask import Flask\nfrom werkzeug import security\nfrom werkzeug.security import "
            "generate_password_hash as make_hash\n\napp = Flask(__name__)\n\n\ndef register(password):\n"
            "    return make_hash(password, method='sha256')\n\n\ndef renew(password):\n"
            "    return security.generate_password_hash(password, 'md5', salt_length=8)\n",
            fixed="from flask import Flask\nfrom werkzeug import security\nfrom werkzeug.security import "
            "generate_password_hash as make_hash\n\napp = Flask(__name__)\n\n\ndef register(password):\n"
            "    return make_hash(password)\n\n\ndef renew(password):\n"
            "    return security.generate_password_hash(password, salt_length=8)\n",
            hits=2,
        ),
        # Modules that are gone altogether.
        Bad(
            "from flask import Flask\nfrom werkzeug.contrib.cache import SimpleCache\n"
            "from werkzeug.contrib.fixers import ProxyFix\nfrom werkzeug.useragents import UserAgent\n"
            "from werkzeug.wrappers import BaseResponse\nfrom werkzeug.wsgi import DispatcherMiddleware\n\n"
            "app = Flask(__name__)\napp.wsgi_app = ProxyFix(app.wsgi_app)\ncache = SimpleCache()\n"
            "print(UserAgent, BaseResponse, DispatcherMiddleware)\n",
            hits=5,
        ),
        # Not gone yet: a warning that names the release.
        Bad(
            {
                "app.py": "from flask import Flask\nfrom werkzeug.urls import url_encode\n\napp = Flask(__name__)\n"
                "print(url_encode({'a': 1}))\n",
                "requirements.txt": "flask==2.3.3\nwerkzeug<3\n",
            }
        ),
    ]
    good: ClassVar[list[Good | Files]] = [
        # What is there in every release, and other libraries' functions of these names.
        "from urllib.parse import quote\n\nfrom flask import Flask\nfrom shop.urls import url_parse\n"
        "from w3lib.url import url_quote\nfrom werkzeug import Request, Response, run_simple\n"
        "from werkzeug.middleware.proxy_fix import ProxyFix\nfrom werkzeug.security import generate_password_hash\n"
        "from werkzeug.urls import iri_to_uri\nfrom werkzeug.utils import cached_property, escape, secure_filename\n"
        "from werkzeug.wrappers import Response as BaseResponse\n\napp = Flask(__name__)\n"
        "app.wsgi_app = ProxyFix(app.wsgi_app)\nprint(url_parse, url_quote)\n"
        "print(generate_password_hash('x', method='pbkdf2:sha256'), generate_password_hash('x', 'scrypt:32768:8:1'))\n",
        # Both spellings.
        "try:\n    from werkzeug.urls import url_quote\nexcept ImportError:\n"
        "    from urllib.parse import quote as url_quote\n\ntry:\n    from werkzeug import cached_property\n"
        "except ImportError:\n    from werkzeug.utils import cached_property\n\nprint(url_quote, cached_property)\n",
        "from importlib.metadata import version\n\nif version('werkzeug') < '2.1':\n"
        "    from werkzeug.security import safe_str_cmp as same\nelse:\n    from hmac import compare_digest as same\n\n"
        "print(same)\n",
        "import werkzeug\n\nif hasattr(werkzeug, 'cached_property'):\n    print(werkzeug.cached_property)\n",
        # Another library's hashes, and a method that somebody else chooses.
        "from flask_bcrypt import generate_password_hash\nfrom werkzeug import security\n\n\n"
        "def register(password, method):\n    generate_password_hash(password, method='sha256')\n"
        "    return security.generate_password_hash(password, method=method)\n",
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Imports and attributes that are gone, and calls with a hash that is."""
        for hit, place in (*_imported(module), *_attributes(module), *_hashes(module)):
            if not guarded(module, place, "werkzeug", GONE):
                # ``if args.profile: from werkzeug.contrib ..``: the app runs without it.
                optional = isinstance(place, ast.stmt) and not module.unconditional(place)
                yield hit._replace(severity=Severity.WARNING) if optional else hit

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """An error where the project's Werkzeug may be one without it."""
        from flaskdoctor.project.versions.werkzeug import werkzeug_may_be

        since, _, needed = candidate.data
        assert isinstance(since, tuple)
        if needed and (needed == _NEW) != project.dependencies.flask_at_least(_QUOTES_LESS):
            return None  # of the two candidates the other one speaks
        gone = werkzeug_may_be(project, since)
        if gone is None:
            return Severity.INFO
        stops = project.modules[candidate.location.path].role not in _BESIDE
        return candidate.severity if stops and gone else Severity.WARNING

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Import it from where it is now, or write the call anew."""
        name, node = str(site.hit.data[1]), site.node
        if isinstance(node, ast.Call):
            method = site.hit.parts["method"]
            assert isinstance(method, str | int)
            edit.remove_argument(node, method)
            return
        uses: list[ast.expr] = [node] if isinstance(node, ast.expr) else _uses(site.module, node, name)
        gone = GONE[name]
        if gone.moved:
            local = edit.add_import(gone.moved, name.rpartition(".")[2])
            bound = (node.asname or node.name) if isinstance(node, ast.alias) else ""
            for use in uses if bound != local else ():
                edit.replace(use, local)
        else:
            spelling = _SPELLINGS[name.rpartition(".")[2]]
            local = edit.add_import(spelling.module, spelling.name)
            for use in uses:
                call = _call_of(site.module, use)
                if call is None or not _plain(call, spelling.takes):
                    raise Refuse("It is used in a way that its successor does not know, so it stays as it is.")
                parts = dict(zip("ab", call.args, strict=False))
                edit.replace(call, f"{local}({spelling.arguments})", **parts)
        edit.drop_import_if_unused(name)


def _imported(module: Module) -> Iterator[tuple[Hit, ast.AST]]:
    """``from werkzeug.urls import url_quote``, ``import werkzeug.contrib.fixers``."""
    for node in module.nodes(ast.ImportFrom, ast.Import):
        assert isinstance(node, ast.ImportFrom | ast.Import)
        if isinstance(node, ast.ImportFrom) and (node.level or not (node.module or "").startswith("werkzeug")):
            continue
        for item in node.names:
            dotted = f"{node.module}.{item.name}" if isinstance(node, ast.ImportFrom) else item.name
            gone = GONE.get(dotted) if isinstance(node, ast.ImportFrom) else None
            whole = next((name for name in MODULES if f"{dotted}.".startswith(f"{name}.")), "")
            if whole and dotted.startswith("werkzeug."):
                yield from ((hit, node) for hit in _name_hits(item, whole, MODULES[whole], None))
            elif gone is not None:
                fix = _fix_of(module, dotted, _uses(module, item, dotted))
                yield from ((hit, node) for hit in _name_hits(item, dotted, gone, fix))


def _attributes(module: Module) -> Iterator[tuple[Hit, ast.AST]]:
    """``werkzeug.urls.url_quote``."""
    last = {name.rpartition(".")[2] for name in GONE}
    for node in module.nodes(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        dotted = module.resolve(node) if node.attr in last and isinstance(node.ctx, ast.Load) else None
        if dotted in GONE:
            fix = _fix_of(module, dotted, [node])
            yield from ((hit, node) for hit in _name_hits(node, dotted, GONE[dotted], fix))


def _hashes(module: Module) -> Iterator[tuple[Hit, ast.AST]]:
    for call in module.calls(*_HASHERS):
        for place, value in (*enumerate(call.args[1:2], 1), *((item.arg, item.value) for item in call.keywords)):
            method = module.string(value) if place in (1, "method") else None
            if method is not None and method.partition(":")[0] not in ("pbkdf2", "scrypt"):
                hit = Hit(
                    call,
                    f"generate_password_hash(method='{method[:20]}') is refused from Werkzeug 3.0 on",
                    fix=Fix.UNSAFE,
                    fixable=len(call.args) <= 2,
                    data=((3, 0), "werkzeug.security.generate_password_hash", ""),
                    parts={"method": place},
                    advice="Leave the method out: the default is scrypt. Stored hashes of the old kind cannot be "
                    "checked by Werkzeug 3 either.",
                )
                yield hit, call


def _name_hits(node: ast.AST, name: str, gone: Gone, fix: Fix | None) -> Iterator[Hit]:
    """The finding; twice where its fix is safe on a newer Werkzeug alone."""
    release = ".".join(str(part) for part in gone.since)
    spelling = _SPELLINGS.get(name.rpartition(".")[2])
    both = fix is Fix.SAFE and spelling is not None and spelling.newer
    for needed in (_NEW, _OLD) if both else ("",):
        yield Hit(
            node,
            f"{name} is gone from Werkzeug {release} on: {gone.instead}",
            fix=Fix.UNSAFE if needed == _OLD else fix,
            fixable=fix is not None,
            data=(gone.since, name, needed),
        )


def _fix_of(module: Module, name: str, uses: list[ast.expr]) -> Fix | None:
    """Safe where it only moved (to a place that is as old) or the arguments are texts; none where a use is no plain
    call."""
    if GONE[name].moved:
        return Fix.UNSAFE if GONE[name].moved.startswith("werkzeug.middleware.") else Fix.SAFE
    spelling = _SPELLINGS.get(name.rpartition(".")[2])
    if spelling is None:
        return None
    safe = spelling.same
    for use in uses:
        call = _call_of(module, use)
        if call is None or not _plain(call, spelling.takes):
            return None
        safe = safe and all(_is_text(module, item) for item in call.args)
    return Fix.SAFE if safe and uses else Fix.UNSAFE


def _uses(module: Module, item: ast.AST, dotted: str) -> list[ast.expr]:
    """Where the name that an import binds is read."""
    bound = (item.asname or item.name) if isinstance(item, ast.alias) else ""
    return [use for use in module.readings(bound) if module.resolve(use) == dotted]


def _call_of(module: Module, use: ast.expr) -> ast.Call | None:
    around = module.parent(use)
    return around if isinstance(around, ast.Call) and around.func is use else None


def _plain(call: ast.Call, count: int) -> bool:
    return len(call.args) == count and not call.keywords and not any(isinstance(x, ast.Starred) for x in call.args)


def _is_text(module: Module, node: ast.expr) -> bool:
    """Whether an expression is a ``str`` whatever happens."""
    if isinstance(node, ast.Name):
        binding = module.names.binding(node)
        if binding is not None and isinstance(binding.node, ast.arg):
            annotation = binding.node.annotation
            return isinstance(annotation, ast.Name) and annotation.id == "str"
    value = module.value(node)
    if isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str)):
        return True
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Mod):
        return _is_text(module, value.left)
    if isinstance(value, ast.Call):
        if module.resolve(value.func) == "builtins.str":
            return True
        function = value.func
        return (
            isinstance(function, ast.Attribute)
            and function.attr in _TEXT_METHODS
            and isinstance(function.value, ast.Constant | ast.JoinedStr)
            and _is_text(module, function.value)
        )
    return False
