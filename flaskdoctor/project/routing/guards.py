"""Which decorators and hooks decide who may call a route, told by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flaskdoctor.project.routing.hooks import Hook
from flaskdoctor.project.routing.links import Links, RouteEntry

# Told by the parts of a name: a pattern that knows all of this takes longer to compile than a small project to read.
_EXACT = frozenset({
    "auth", "authenticate", "authenticated", "authorize", "authorized", "oauth", "permission", "permissions",
    "private", "protect", "protected", "registered_only", "require", "requires", "restricted", "restricted_access",
    "secured",
})  # fmt: skip
_WHO = (
    "access", "account", "acl", "admin", "api_key", "apikey", "auth", "editor", "identity", "jwt", "log_in", "logged",
    "login", "manager", "member", "moderator", "oauth", "owner", "permission", "privilege", "role", "scope", "session",
    "sso", "staff", "student", "superuser", "teacher", "token", "user",
)  # fmt: skip
_ASKS = frozenset({"require", "requires", "required", "must", "can"})
_LOOKS = frozenset(
    {"check", "ensure", "verify", "validate", "enforce", "restrict", "need", "needs", "protect", "is", "has", "in"}
)
_LETS = frozenset({"only", "accepted", "allowed", "needed", "protected", "check", "guard", "restricted"})
_AREAS = frozenset({"domain", "global", "site", "super", "org", "project", "team"})
# What else is "required": an input, a transport, a setting. It decides nothing about who calls.
_OTHERS = frozenset({
    "ajax", "arg", "args", "argument", "arguments", "body", "cache", "cached", "config", "content", "csrf", "data",
    "database", "db", "debug", "feature", "field", "fields", "file", "files", "form", "header", "headers", "htmx",
    "http", "https", "input", "json", "method", "no", "optional", "param", "parameter", "parameters", "params",
    "payload", "query", "schema", "setup", "ssl", "type", "value", "values", "version", "xhr",
})  # fmt: skip


def is_guard(name: str) -> bool:
    """Whether a decorator of this name (its last part) decides who may call."""
    text = name.lower()
    if text in _EXACT or "login_required" in text:
        return True
    first, _, rest = text.partition("_")
    start, _, last = text.rpartition("_")
    if not start or last == "optional":
        return False
    if last == "required":
        return start.rpartition("_")[2] not in _OTHERS
    if first in _ASKS:
        return rest.partition("_")[0] not in _OTHERS
    if last in _LETS and start.rpartition("_")[2].startswith(_WHO):
        return True
    if last == "auth":
        return first not in _OTHERS
    if first.startswith(_WHO) and rest.startswith(("is_", "has_", "can_")):
        return True  # ``user_has_permissions``
    if first in _LOOKS and rest.removeprefix("to_").removeprefix("is_").startswith(_WHO):
        return rest != "access_token"
    return last in ("admin", "owner") and start in _AREAS


class _Everywhere(NamedTuple):
    """What a blueprint's (or, for "", the app's) hooks ask of every request."""

    owner: str
    guards: tuple[str, ...]


class Guards:
    """The guards of a project's routes."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._shown: dict[tuple[str, str], str] = {}
        self._classes: dict[str, tuple[str, ...]] = {}
        self._hooks = list(self._read_hooks())

    def of(self, entry: RouteEntry) -> tuple[tuple[str, ...], bool]:
        """The guards of a route, the outermost first, and whether its view is async."""
        route = entry.route
        if route is None:
            return (), False
        found = [name for hook in self._hooks if hook.owner in entry.chain or not hook.owner for name in hook.guards]
        path = route.location.path
        view, is_class = self._links.view_of(route, path)
        is_async = route.is_async
        found += self._named(route.below, path)
        if is_class:
            found += self._of_class(view)
            is_async = is_async or self._async_class(view, entry.methods)
        elif not route.signatures and (fact := self._links.function_fact(view)) is not None:  # defined elsewhere
            found += self._named(fact[0].decorators, fact[1])
            is_async = fact[0].is_async
        return tuple(dict.fromkeys(found)), is_async

    def _named(self, decorators: Iterable[str], path: str) -> list[str]:
        return [shown for name in decorators if (shown := self._show(name, path))]

    def _show(self, decorator: str, path: str) -> str:
        """What a guard is called on screen; empty for any other decorator."""
        key = (decorator, path)
        if key not in self._shown:
            self._shown[key] = self._look(decorator.removesuffix("()"), path)
        return self._shown[key]

    def _look(self, name: str, path: str) -> str:
        base, _, last = name.rpartition(".")
        if not is_guard(last):
            last = self._links.resolve(name, path).rpartition(".")[2]  # imported under a name of its own
            if not is_guard(last):
                return ""
        if base and self._links.constructor(base, path) is not None:
            return f"{base.rpartition('.')[2]}.{last}"  # ``auth.login_required`` of an extension's object
        return last

    def _of_class(self, view: str) -> tuple[str, ...]:
        if view not in self._classes:
            self._classes[view] = tuple(self._in_class(view))
        return self._classes[view]

    def _in_class(self, view: str) -> Iterator[str]:
        """The guards of ``decorators = [..]`` (the nearest class that has them) and of single methods."""
        ancestors = self._links.ancestry(view)
        for ancestor in ancestors:
            verbs = self._links.verbs(ancestor)
            if verbs is not None and verbs[0].decorators is not None:
                yield from self._named(reversed(verbs[0].decorators), verbs[1])
                break
        methods = self._links.class_methods(view)
        held: dict[str, list[str]] = {}
        for method in methods:
            for ancestor in ancestors:
                fact = self._links.function_fact(f"{ancestor}.{method.lower()}")
                if fact is not None:
                    for name in dict.fromkeys(self._named(fact[0].decorators, fact[1])):
                        held.setdefault(name, []).append(method)
                    break
        for name, some in held.items():
            yield name if len(some) == len(methods) else f"{name} ({', '.join(some)})"

    def _async_class(self, view: str, methods: tuple[str, ...]) -> bool:
        names = (*(method.lower() for method in methods), "dispatch_request")
        facts = (
            self._links.function_fact(f"{ancestor}.{name}") for ancestor in self._links.ancestry(view) for name in names
        )
        return any(fact is not None and fact[0].is_async for fact in facts)

    def _read_hooks(self) -> Iterator[_Everywhere]:
        for facts in self._links.modules.values():
            for hook in facts.hooks if facts.role != "test" else ():
                for owner in self._links.routers(hook.owner, facts.path):
                    router = self._links.router(owner)
                    whole = hook.everywhere or router is None or router.kind == "app"
                    guards = self._of_hook(hook, facts.path, whole=whole)
                    if guards:
                        yield _Everywhere("" if whole else owner, guards)

    def _of_hook(self, hook: Hook, path: str, *, whole: bool) -> tuple[str, ...]:
        """A hook of the whole app turns requests away for many reasons: there its name must say that it is a guard."""
        guards = self._named(hook.decorators, path)
        last = hook.name.rpartition(".")[2]
        if not guards and (is_guard(last) or (hook.refuses and not whole)):
            guards = [last]
        return tuple(guards)
