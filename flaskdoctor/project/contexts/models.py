"""Which classes of a project are models of Flask-SQLAlchemy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flaskdoctor.project.routing.links import Links

SQLALCHEMY = "flask_sqlalchemy.SQLAlchemy"


def is_model(links: Links, name: str, path: str, depth: int = 0) -> bool:
    """Whether a class derives from the ``Model`` of a Flask-SQLAlchemy object."""
    bases, file = links.bases(name, path)
    for base in bases:
        owner, _, last = base.rpartition(".")
        if last == "Model" and owner and links.constructor(owner, file) == SQLALCHEMY:
            return True
        if depth < 8 and is_model(links, base, file, depth + 1):
            return True
    return False
