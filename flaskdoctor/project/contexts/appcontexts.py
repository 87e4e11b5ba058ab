"""The app whose context a statement at the top of a file can stand in."""

from __future__ import annotations

import ast

from flaskdoctor.project.code.flask_names import APP_CLASSES
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.contexts.models import SQLALCHEMY


def context_for(module: Module, node: ast.AST) -> dict[str, object]:
    """The app whose context a statement of the top level can stand in; empty where there is not just one."""
    statement = module.statement_of(node)
    if not isinstance(statement, ast.Expr) or statement.value is not node or statement not in module.ast.body:
        return {}
    before = module.ast.body[: module.ast.body.index(statement)]
    apps: dict[str, bool] = {}  # name: whether its factory gave it the database
    for item in before:
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Call) and len(item.targets) == 1:
            callee = module.resolve(item.value.func) or ""
            target = item.targets[0]
            if isinstance(target, ast.Name) and (
                callee in APP_CLASSES or callee.rpartition(".")[2] in ("create_app", "make_app")
            ):
                apps[target.id] = callee not in APP_CLASSES
    if len(apps) != 1:
        return {}
    app, ready = next(iter(apps.items()))
    if len(module.names.module_scope.bindings.get(app, ())) != 1:
        return {}  # ``app = ProxyFix(app)``: the same name, another object
    return {"app": app} if ready or _has_database(module, before, app) else {}


def _has_database(module: Module, before: list[ast.stmt], app: str) -> bool:
    """Whether ``SQLAlchemy(app)`` or ``db.init_app(app)`` stands above."""
    for item in before:
        call = item.value if isinstance(item, ast.Assign | ast.Expr) else None
        if isinstance(call, ast.Call) and any(isinstance(arg, ast.Name) and arg.id == app for arg in call.args):
            initialises = isinstance(call.func, ast.Attribute) and call.func.attr == "init_app"
            if initialises or module.resolve(call.func) == SQLALCHEMY:
                return True
    return False
