"""The first template of a .env: the names that it has and those that the code reads, and no value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flaskdoctor.fixes.envfile import new_template
from flaskdoctor.project.env.envfile import NAME
from flaskdoctor.project.env.envuse import own_uses

if TYPE_CHECKING:
    from flaskdoctor.project.snapshot import Project


def first_template(project: Project, env: bytes) -> bytes:
    """The template of a .env with the bytes ``env``. Raises ``Refuse`` where a name in it could be a piece of a
    secret."""
    uses = {name: use for name, use in own_uses(project).items() if NAME.match(name)}
    missing = unset_names(project, uses)
    return new_template(
        env,
        optional=[name for name, use in uses.items() if use.kind == "optional"],
        more=[name for name in missing if uses[name].kind == "required"],
        more_optional=[name for name in missing if uses[name].kind != "required"],
    )


def unset_names(project: Project, names: Iterable[str]) -> list[str]:
    """Those of ``names`` that no env file speaks of."""
    return [name for name in names if not project.env.env.mentions(name) and not project.env.flaskenv.sets(name)]
