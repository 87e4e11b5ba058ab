"""Where an app is made, for the rules that report once a project and mend it there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flaskdoctor.project.code.flask_names import APP_CLASSES

if TYPE_CHECKING:
    from flaskdoctor.finding import Location
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.snapshot import Project

_FLASKS = frozenset(name for name in APP_CLASSES if not name.startswith("quart."))
# Only a file with one of these makes an app.
APP_WORDS = (b"Flask(", b"(Flask)")


def app_calls(module: Module) -> Iterator[ast.Call]:
    """Every call that may make a Flask app, also of a class of the project's own; none of Quart's.

    ``Browsers.main_app`` says which of them is the project's.
    """
    own = {
        module.qualname(node)
        for node in module.nodes(ast.ClassDef)
        if isinstance(node, ast.ClassDef) and any(module.resolve(base) in _FLASKS for base in node.bases)
    }
    for name, calls in module.calls_by_name().items():
        if name in _FLASKS or name in own:
            yield from calls
        elif name.endswith("Flask") and not name.startswith("quart."):
            yield from (call for call in calls if call.args)


def app_near(project: Project, paths: Iterable[str]) -> Location | None:
    """The app that something in the files ``paths`` is about: the one in the nearest folder around one of them, or else
    the project's main one. None where another app must be meant, one that is not to be seen."""
    main, paths = project.browsers.main_app, list(paths)
    if main is None:
        return None
    found: list[tuple[int, bool, Location]] = []
    for router in project.links.all_routers("app"):
        folder = router.path.rpartition("/")[0]
        around = not folder or any(path.startswith(f"{folder}/") for path in paths)
        if around and project.modules[router.path].role in ("app", "script"):
            found.append((-len(folder), router.location != main, router.location))
    if found:
        return min(found)[2]
    elsewhere = {_folder(path) for path in paths} - {_folder(main.path)}
    speaks = any(facts.browser.renders and _folder(path) in elsewhere for path, facts in project.modules.items())
    return None if speaks and len(elsewhere) == len({_folder(path) for path in paths}) else main


def _folder(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def bound_app(module: Module, call: ast.Call) -> ast.expr | None:
    """The name or attribute that an app is bound to where it is made; None where it is bound to nothing."""
    statement = module.statement_of(call)
    if isinstance(statement, ast.Assign) and statement.value is call and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign) and statement.value is call:
        target = statement.target
    else:
        return None
    return target if isinstance(target, ast.Name | ast.Attribute) else None


def made_at(module: Module, call: ast.Call) -> ast.stmt:
    """The statement below which the app is there: the one that makes it, or the ``if`` each of whose branches does."""
    statement = module.statement_of(call)
    target = bound_app(module, call)
    if target is None:
        return statement
    said = ast.dump(target)
    while isinstance(parent := module.parent(statement), ast.If):
        other = parent.orelse if statement in parent.body else parent.body
        if not any(_binds(node, said) for branch in other for node in ast.walk(branch)):
            break
        statement = parent
    return statement


def _binds(node: ast.AST, said: str) -> bool:
    return isinstance(node, ast.Assign) and any(ast.dump(target) == said for target in node.targets)
