"""The names of a module that other files of the project ask for: an import that only they use has to stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flaskdoctor.errors import Refuse

if TYPE_CHECKING:
    from flaskdoctor.fixes.workspace import Workspace
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.snapshot import Project


def exported_names(module: str, project: Project, workspace: Workspace) -> frozenset[str]:
    """What other files import from ``module``, ask it for or replace in it; ``*`` where one takes all.

    ``views.jsonify`` asks for it, ``patch("shop.views.jsonify")`` and ``setattr(views, "jsonify", ..)`` replace it.
    """
    names: set[str] = set()
    for facts in project.modules.values():
        if facts.name == module:
            continue
        if module in facts.stars:
            names.add("*")
        whole = False
        for item in facts.imports:
            owner, _, name = item.target.rpartition(".")
            if owner == module:
                names.add(name)
            whole = whole or item.target == module
        if whole or facts.role == "test":
            names |= _asked_for(module, facts, workspace)
    return frozenset(names)


def _asked_for(module: str, facts: ModuleFacts, workspace: Workspace) -> set[str]:
    """The words behind the module's name or an alias of it, in code and in texts alike."""
    spellings = {module.rpartition(".")[2], *(name for name, target in facts.bindings.items() if target == module)}
    try:
        source = workspace.read(facts.path) or b""
    except Refuse:
        return {"*"}
    found: set[str] = set()
    for spelling in spellings:
        if spelling.encode() in source:
            pattern = rb"\b%s\s*(?:\.\s*|,\s*[\"'])(\w+)" % re.escape(spelling.encode())
            found.update(name.decode("utf-8", "replace") for name in re.findall(pattern, source))
    return found
