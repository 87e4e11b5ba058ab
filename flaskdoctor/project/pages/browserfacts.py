"""What one file says of browsers: the cookie settings it makes, the security headers it sets, the session it uses."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Location
from flaskdoctor.patterns import lazy
from flaskdoctor.project.code.configuration import ConfigWrite, is_django_settings, is_settings_class
from flaskdoctor.project.code.flask_names import APP_CLASSES
from flaskdoctor.project.routing.views import keyword
from flaskdoctor.project.secrecy.secretnames import word_set, words

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

SESSION_SECURE = "SESSION_COOKIE_SECURE"
SESSION_SAMESITE = "SESSION_COOKIE_SAMESITE"
REMEMBER_SECURE = "REMEMBER_COOKIE_SECURE"
COOKIE_KEYS = (SESSION_SECURE, REMEMBER_SECURE, SESSION_SAMESITE)

HEADER_WORDS = (b"-Options", b"-Policy", b"-Security", b"-options", b"-policy", b"-security")
_HEADER = lazy(
    rb"[\"'](?:x-frame-options|content-security-policy(?:-report-only)?|strict-transport-security"
    rb"|x-content-type-options|referrer-policy|permissions-policy)[\"']",
    re.IGNORECASE,
)
_REMEMBERS = lazy(
    rb"\blogin_user\s*\(.{0,200}?\bremember(?:_?me)?\b|SECURITY_DEFAULT_REMEMBER_ME|REMEMBER_COOKIE_", re.DOTALL
)
_TALISMAN_OFF = lazy(rb"\bsession_cookie_secure\s*=\s*False\b")
_OTHER_PURPOSE = word_set("dev devel development develop local localhost debug test tests testing ci unittest pytest")
_PRODUCTION = word_set("prod production deploy deployment live heroku")
_PLAIN_PRODUCTION = word_set("prod production")
_FLASKS_OWN = frozenset({
    "SECRET_KEY", "DEBUG", "TESTING", "PERMANENT_SESSION_LIFETIME", "MAX_CONTENT_LENGTH", "PREFERRED_URL_SCHEME",
    "SERVER_NAME", "TEMPLATES_AUTO_RELOAD", "SEND_FILE_MAX_AGE_DEFAULT", "MAIL_SERVER",
})  # fmt: skip
OFF = "off"
COOKIE_WORDS = (b"ookie", b"OOKIE")
# Only a file with one of these has a place for cookie settings.
PLACE_WORDS = (
    b"Flask(", b"Quart(", b"SESSION_COOKIE_", b"REMEMBER_COOKIE_", b"SECRET_KEY", b"Config(", b"Config:", b"Settings(",
)  # fmt: skip


class CookieSetting(NamedTuple):
    """A cookie setting of a configuration: ``state`` is "on", "off" (a false constant) or "computed". ``special`` is
    set where it only holds for development or tests."""

    key: str
    state: str
    special: bool


class CookiePlace(NamedTuple):
    """A place where cookie settings belong: ``kind`` is "off:<KEY>" (a setting that switches it off), "production" (a
    settings class or module for production), "settings" (any other) or "app" (where an app is made)."""

    kind: str
    location: Location


class BrowserFacts(NamedTuple):
    """What one file says of browsers. ``headers`` are the security headers that it names as texts (lower case),
    ``mentions`` the cookie keys that it names in another way than by setting them off, ``renders`` whether a template
    becomes an answer, ``talisman_off`` whether it has Flask-Talisman leave the session cookie alone. ``makes_cookies``
    is what it decides about the flags of cookies in code: "secure" (a ``get_cookie_secure`` of its own), "all" (a
    ``set_cookie``) or "". ``template_folders`` are those that its apps and blueprints name.
    """

    headers: frozenset[str] = frozenset()
    settings: tuple[CookieSetting, ...] = ()
    mentions: frozenset[str] = frozenset()
    places: tuple[CookiePlace, ...] = ()
    renders: bool = False
    session: bool = False
    remembers: bool = False
    talisman_off: bool = False
    makes_cookies: str = ""
    template_folders: tuple[str, ...] = ()


def read_browser_facts(module: Module) -> BrowserFacts:
    """What a parsed file says of browsers."""
    source = module.source
    # One word decides about most of what follows: a search costs as much as the file is long.
    cookies = module.says(COOKIE_WORDS)
    settings = tuple(cookie_settings(module)) if cookies else ()
    makes = ""
    if cookies:
        own = b"def set_cookie(" in source and b"lask" in source
        makes = "all" if own else "secure" if b"def get_cookie_secure(" in source else ""
    return BrowserFacts(
        header_names(source) if module.says(HEADER_WORDS) else frozenset(),
        tuple(each for each, _ in settings),
        frozenset(_mentioned(module, [write for _, write in settings])) if cookies else frozenset(),
        tuple(CookiePlace(kind, module.location(node)) for kind, node in cookie_places(module)),
        b"render_template" in source and _renders(module),
        b"flask.session" in source or b"quart.session" in source,
        (b"remember" in source or b"REMEMBER" in source) and _REMEMBERS.search(source) is not None,
        cookies and b"session_cookie_secure" in source and _TALISMAN_OFF.search(source) is not None,
        makes,
        tuple(_template_folders(module)) if b"template_folder" in source else (),
    )


def _template_folders(module: Module) -> Iterator[str]:
    """The folders that apps and blueprints name by ``template_folder=``, relative to the project (POSIX)."""
    package = module.path.rpartition("/")[0]
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        folder = module.string(keyword(call, "template_folder"))
        if folder and not folder.startswith("/"):
            yield posixpath.normpath(posixpath.join(package, folder))


def _renders(module: Module) -> bool:
    """Whether a template becomes an answer; one that becomes a mail is handed on in another way."""
    for name, calls in module.calls_by_name().items():
        if name.rpartition(".")[2] in ("render_template", "render_template_string", "stream_template"):
            for call in calls:
                parent = module.parent(call)
                around = parent.func if isinstance(parent, ast.Call) else None
                made = getattr(around, "attr", getattr(around, "id", ""))
                if made in ("make_response", "Response") or isinstance(parent, ast.Lambda):
                    return True
                if isinstance(module.statement_of(call), ast.Return):
                    return True
    return False


def header_names(source: bytes) -> frozenset[str]:
    """The security headers that a file names as texts."""
    if not any(hint in source for hint in HEADER_WORDS):
        return frozenset()
    return frozenset(match.group()[1:-1].decode("ascii").lower() for match in _HEADER.finditer(source))


def cookie_settings(module: Module) -> Iterator[tuple[CookieSetting, ConfigWrite]]:
    """The cookie settings that a file makes, with the statements."""
    if b"_COOKIE_S" not in module.source:
        return
    for write in module.config_writes:
        if write.key in COOKIE_KEYS:
            yield CookieSetting(write.key, _state(module, write), _special(module, write)), write


def cookie_places(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """The places of a file where cookie settings belong, with their nodes; none in tests, examples and the like."""
    if module.role not in ("app", "script") or not module.says(PLACE_WORDS):
        return
    places = [] if is_django_settings(module) else list(_settings_places(module))
    production = {node for kind, node in places if kind == "production"}
    for setting, write in cookie_settings(module):
        # What a settings class for all has switched off, the class for production switches on.
        if setting.state == OFF and not setting.special and not _is_overridden(module, write, production):
            yield f"off:{setting.key}", write.node if not isinstance(write.node, ast.Dict) else write.value
    yield from places
    for call in module.calls(*APP_CLASSES):
        yield "app", call


def _is_overridden(module: Module, write: ConfigWrite, production: set[ast.AST]) -> bool:
    owner = module.class_of(write.node)
    classes = [node for node in production if isinstance(node, ast.ClassDef)]
    return write.form == "class" and owner not in production and any(owner is not node for node in classes)


def _settings_places(module: Module) -> Iterator[tuple[str, ast.AST]]:
    writes = module.config_writes
    # A class called Settings may hold anything: that these are Flask's, one of Flask's own keys says.
    owners = {write.owner for write in writes if write.form == "class" and _is_known(write.key)}
    found: list[tuple[str, ast.ClassDef]] = []
    for node in module.nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        bases = [base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases]
        named = {*words(node.name), *words(_stem(module))}
        production = bool(named & _PRODUCTION) and is_settings_class((node.name, *bases))
        holds = production or any(isinstance(item, ast.Assign | ast.Pass) for item in node.body)
        if holds and not named & _OTHER_PURPOSE and (production or module.qualname(node) in owners):
            found.append(("production" if production else "settings", node))
    by_name = {node for kind, node in found if kind == "production" and _PLAIN_PRODUCTION & set(words(node.name))}
    # Beside a class that is called production, one for Heroku is one for a single server.
    yield from (each for each in found if each[0] != "production" or not by_name or each[1] in by_name)
    plain = [write for write in writes if write.form == "settings" and isinstance(write.node, ast.Assign)]
    if any(_is_known(write.key) for write in plain) and not _OTHER_PURPOSE & set(words(_stem(module))):
        yield "production" if _PRODUCTION & set(words(_stem(module))) else "settings", plain[-1].node


def _is_known(key: str) -> bool:
    return key in _FLASKS_OWN or key.startswith(("SESSION_", "WTF_CSRF", "SQLALCHEMY_", "REMEMBER_"))


def _stem(module: Module) -> str:
    return module.path.rpartition("/")[2].removesuffix(".py")


def _state(module: Module, write: ConfigWrite) -> str:
    value = module.value(write.value)
    if not isinstance(value, ast.Constant):
        return "computed"
    return "on" if value.value else OFF


def _special(module: Module, write: ConfigWrite) -> bool:
    """Whether a setting only holds for development or tests, by the names of its class, function and file."""
    if module.role in ("test", "example", "docs", "migration"):
        return True
    found = set(words(_stem(module)))
    for parent in (module.class_of(write.node), module.function_of(write.node)):
        if parent is not None:
            found.update(words(parent.name))
    return not found.isdisjoint(_OTHER_PURPOSE)


def _mentioned(module: Module, writes: list[ConfigWrite]) -> Iterator[str]:
    """The keys that a file names beyond the settings that were understood: a mapping of its own, a check at start."""
    if module.role in ("test", "example", "docs", "migration"):
        return
    if b"COOKIE_S" not in module.source and b"cookie_s" not in module.source:
        return
    for key in COOKIE_KEYS:
        needle = key.encode()
        lowered = key.lower().encode()
        if any(quote + lowered + quote in module.source for quote in (b"'", b'"')):
            yield key
        elif needle in module.source:
            named = sum(_named(line, needle) for line in module.source.splitlines() if needle in line)
            if named > sum(write.key == key for write in writes):
                yield key


def _named(line: bytes, needle: bytes) -> int:
    return line.partition(b"#")[0].count(needle)
