"""Three files with a blueprint each, for the projects that register them in one way or another."""

from __future__ import annotations


def blueprint(name: str, prefix: str = "") -> str:
    """A file with one blueprint called ``bp`` and one view."""
    option = f', url_prefix="{prefix}"' if prefix else ""
    return f"""
    from flask import Blueprint

    bp = Blueprint("{name}", __name__{option})

    @bp.route("/{name}")
    def show():
        return "{name}"
    """


AREAS = {
    "shop/areas/__init__.py": "",
    "shop/areas/cart.py": blueprint("cart", "/cart"),
    "shop/areas/account.py": blueprint("account"),
    "shop/areas/admin.py": blueprint("admin", "/admin"),
}
