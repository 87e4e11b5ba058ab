"""Walking a LibCST tree without changing it. ``CSTNode.children`` rebuilds every node that it looks at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from functools import cache

import libcst as cst


@cache
def _names(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes right under ``node``, white space and comments included, in no order to rely on."""
    for name in _names(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, list | tuple):
            for item in value:
                if isinstance(item, cst.CSTNode):
                    yield item


def parents_of(root: cst.CSTNode) -> dict[cst.CSTNode, cst.CSTNode]:
    """Each node under ``root`` and the node right around it."""
    parents: dict[cst.CSTNode, cst.CSTNode] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        for child in children(node):
            parents[child] = node
            stack.append(child)
    return parents


def comment_texts(root: cst.CSTNode) -> Counter[str]:
    """The comments under ``root``, each with how often it comes."""
    texts: Counter[str] = Counter()
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Comment):
            texts[node.value] += 1
        stack.extend(children(node))
    return texts


def comments(node: cst.CSTNode) -> int:
    """How many comments stand inside ``node``."""
    return comment_texts(node).total()
