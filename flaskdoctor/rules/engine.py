"""Running the file rules on one module: from hits with nodes to candidates that can be cached."""

from __future__ import annotations

import ast

from flaskdoctor.project.code.module import Module
from flaskdoctor.project.digest import digest
from flaskdoctor.rules.rule import Candidate, Hit, Rule


class Crashed(Exception):
    """A rule raised on a file; the original error is the cause."""

    def __init__(self, rule: Rule, error: BaseException) -> None:
        super().__init__(f"{rule.code} raised {type(error).__name__}")
        self.rule = rule


def wants(rule: Rule, source: bytes) -> bool:
    """Whether a rule's words occur in a file; one without words needs a file that speaks of Flask."""
    if not any(word in source for word in rule.needs or (b"lask", b"quart")):
        return False
    return rule.pattern is None or rule.pattern.search(source) is not None


def hits(rule: Rule, module: Module) -> list[tuple[Hit, str, int]]:
    """What a rule reports of a file, in source order, each with its anchor and its number among equal anchors."""
    try:
        found = list(rule.check(module))
    except RecursionError:
        raise
    except Exception as error:
        raise Crashed(rule, error) from error
    found.sort(key=lambda hit: (getattr(hit.node, "lineno", 0), getattr(hit.node, "col_offset", 0), hit.message))
    counts: dict[str, int] = {}
    numbered = []
    for hit in found:
        anchor = anchor_of(hit.node)
        ordinal = counts.get(anchor, 0)
        counts[anchor] = ordinal + 1
        numbered.append((hit, anchor, ordinal))
    return numbered


def candidates(rule: Rule, module: Module) -> list[Candidate]:
    """The plain values of a rule's hits."""
    fixable = rule.fixable()
    return [
        Candidate(
            rule.code,
            hit.message,
            module.location(hit.node),
            anchor,
            ordinal,
            hit.severity if hit.severity is not None else rule.severity,
            (hit.fix or rule.fix_class) if fixable and hit.fixable else None,
            hit.assumes,
            hit.advice,
            hit.data,
        )
        for hit, anchor, ordinal in hits(rule, module)
    ]


def anchor_of(node: ast.AST) -> str:
    """A name for a node that moves with it: its structure without positions, string literals blanked.

    A literal may be a secret, and an anchor is stored and printed, so only its digest with blanked literals is
    kept. A function or class is named by its name and decorators: an edit in its body leaves it the same one.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        text = f"{type(node).__name__} {node.name}"
    else:
        text = _shape(node)
    return digest(text.encode("utf-8", "replace"), 8).hex()


def _shape(node: object) -> str:
    """A node's structure without positions and without the text of its literals."""
    if isinstance(node, ast.Constant):
        value = node.value
        # A number can be a secret too, a PIN: the digest of a short one is undone by trying.
        telling = isinstance(value, str | bytes) or (isinstance(value, int | float | complex) and abs(value) > 999)
        return type(value).__name__ if telling else repr(value)
    if isinstance(node, ast.JoinedStr):
        return "str"
    if isinstance(node, ast.AST):
        fields = ",".join(_shape(value) for _, value in ast.iter_fields(node))
        return f"{type(node).__name__}({fields})"
    if isinstance(node, list):
        return "[" + ",".join(_shape(item) for item in node) + "]"
    return repr(node)
