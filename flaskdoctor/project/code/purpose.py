"""What a piece of code is for, as its surroundings say: tests, development, or everything."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flaskdoctor.project.code.names import FUNCTIONS
from flaskdoctor.project.secrecy.secretnames import word_set, words

if TYPE_CHECKING:
    from flaskdoctor.project.code.module import Module

_TEST = word_set("test tests testing ci unittest pytest")
_DEVELOPMENT = word_set(
    "dev devel development developement develop devserver devstart rundev local localhost debug debugger profiler"
    " tester sample example demo"
)
_PRODUCTION = word_set("prod production deploy deployment live release staging")


def purpose_of(module: Module, node: ast.AST) -> str:
    """ "test", "development" or "": by the names of the classes, functions, conditions and the file around a node.

    ``if app.debug:``, ``class DevelopmentConfig``, ``def run_dev()``, ``run_dev.py``. A condition that asks for
    production counts as development too: what stands in either branch is meant for one of several ways to run.
    """
    found = set(words(module.path.rpartition("/")[2].removesuffix(".py")))
    child = node
    for parent in module.ancestors(node):
        if isinstance(parent, (ast.ClassDef, *FUNCTIONS)):
            if child in parent.body:
                found.update(words(parent.name))
        elif isinstance(parent, ast.If | ast.IfExp) and child is not parent.test and not is_main_test(parent.test):
            asked = _words_of(parent.test)
            found |= asked
            if asked & _PRODUCTION:
                found.add("development")
        child = parent
    if found & _TEST:
        return "test"
    return "development" if found & _DEVELOPMENT else ""


def conditional(module: Module, node: ast.AST) -> bool:
    """Whether a condition other than ``__name__ == "__main__"`` decides, in the same function, if a node runs."""
    child = node
    for parent in module.ancestors(node):
        if isinstance(parent, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            return False
        if isinstance(parent, ast.If | ast.IfExp | ast.While) and child is not parent.test:
            if not is_main_test(parent.test):
                return True
        elif isinstance(parent, ast.match_case | ast.ExceptHandler):
            return True
        child = parent
    return False


def is_main_test(test: ast.expr) -> bool:
    """``__name__ == "__main__"``, either way round."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    sides = (test.left, test.comparators[0])
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)


def _words_of(test: ast.expr) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(test):
        if isinstance(node, ast.Name):
            found.update(words(node.id))
        elif isinstance(node, ast.Attribute):
            found.update(words(node.attr))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(words(node.value))
    return found
