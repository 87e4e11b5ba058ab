"""Which decorators and hooks decide who may call a route, told by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flaskdoctor.project.hooks import Hook
from flaskdoctor.project.links import Links, RouteEntry

_WHO = (
    r"(?:log(?:ged)?_?in|auth\w*|oauth\w*|jwt|token|api_?key|role|permission|privilege|acl|scope|admin|staff|user"
    r"|owner|member|superuser|moderator|editor|manager|teacher|student|account|identity|access|session|sso)"
)
_GUARDS = re.compile(
    rf"""(?ix)
    (?: .*_required | required_.* | requires?(?:_.*)? | must_.* | .*_or_(?:abort|403|401|redirect)
    | (?:check|ensure|verify|validate|enforce|restrict|need|protect)s?_?(?:to_)?(?:is_)?{_WHO}s?(?:_.*)?
    | (?:is|has|in)_{_WHO}s?(?:_.*)? | {_WHO}s?_(?:only|accepted|allowed|needed|protected|check|guard|restricted)
    | (?:log(?:ged)?_?in|admin|auth\w*)_?guard | .*{_WHO}s?_only
    | authenticated? | authorized? | protect(?:ed)? | restricted | secured | private
    | (?:.*_)?auth | (?:.*_)?login_required_.* | can_\w+ | permissions? | registered_only | restricted_access
    | (?:domain|global|site|super|org|project|team)_?(?:admin|owner)
    )\Z"""
)
# What else is "required": an input, a transport, a setting. It decides nothing about who calls.
_OTHERS = re.compile(
    r"(?i)(?:.*_)?(?:json|params?|parameters?|args?|arguments?|fields?|form|data|body|content|content_type|ajax|htmx"
    r"|https?|ssl|headers?|schema|input|values?|files?|config|setup|database|db|payload|csrf|xhr|query|feature|method"
    r"|optional|exempt|debug|version|cache)s?_(?:required|only)|(?:require|requires|required)_(?:json|params?|args?"
    r"|arguments?|fields?|form|data|body|content\w*|ajax|https?|ssl|headers?|schema|input|setup|db|csrf|feature)\w*"
    r"|has_access_token|.*_optional|requires?_no_.*|no_auth|can_(?:be_)?cached?"
)


def is_guard(name: str) -> bool:
    """Whether a decorator of this name (its last part) decides who may call."""
    return len(name) < 80 and _GUARDS.match(name) is not None and _OTHERS.fullmatch(name) is None


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
