"""Data of the request that a browser gets as HTML: in what views return, and in ``Markup(..)``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.patterns import lazy
from flaskdoctor.project.answers.htmlbodies import html_bodies
from flaskdoctor.project.requestflow.datachecks import Found, data_in_texts

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.code.names import FunctionNode
    from flaskdoctor.project.requestflow.requestdata import RequestData
    from flaskdoctor.project.routing.views import Route

# What another site can make a browser send. Headers, cookies and JSON it cannot.
_KINDS = frozenset({"args", "form", "values", "filename", "variable"})
# A webhook is confirmed by giving back what was sent, and only whoever knows its token gets there.
_ECHOES = frozenset({"hub.challenge", "challenge", "echostr", "validationtoken", "crc_token"})
_FREE_TEXT = lazy(r"<(?:(?:path|string|default)(?:\([^<>]*\))?:)?\w+>", re.ASCII)
_MARKUP = ("markupsafe.Markup", "flask.Markup")


class Shown(NamedTuple):
    """An expression that becomes HTML, and the data of the request in it."""

    body: ast.expr
    data: list[Found]


def returned_html(module: Module, data: RequestData) -> dict[FunctionNode, list[Shown]]:
    """What views and handlers of this file return, where data of the request is in it."""
    found: dict[FunctionNode, list[Shown]] = {}
    for function in dict.fromkeys((*data.responding, *(handler.node for handler in module.handlers))):
        routes = data.responding.get(function, [])
        for node in module.returns(function):
            for body in html_bodies(module, node.value):
                shown = [one for one in data_in_texts(data, body) if _is_shown(routes, one)]
                if shown:
                    found.setdefault(function, []).append(Shown(body, shown))
    return found


def marked_html(module: Module, data: RequestData) -> Iterator[Shown]:
    """``Markup(f"<b>{name}</b>")``, which says of the client's text that it is safe."""
    for call in module.calls(*_MARKUP):
        several = data_in_texts(data, call.args[0] if call.args else None)
        shown = [one for one in several if one.source.kind != "url" and _is_shown([], one)]
        if shown:
            yield Shown(call, shown)


def _is_shown(routes: list[Route], found: Found) -> bool:
    """Whether somebody else's link or form can put markup there."""
    source = found.source
    if found.checked or (len(found.text) == 1 and source.whole):
        return False  # ``return request.args`` is JSON
    if source.kind == "url":  # the path is the route's own text, but for its variables and where nothing is found
        return not routes or any(_FREE_TEXT.search(route.rule or "") for route in routes)
    return source.kind in _KINDS and (source.key or "").lower() not in _ECHOES
