"""Imports that go in circles, and star imports: what can be followed is, and following always ends."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.project.real_routes import assert_same_routes, linked, links_of, write


def test_star_imports(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import *
            from .areas import *

            app = Flask(__name__)
            app.register_blueprint(cart)

            @app.get("/")
            def index():
                return jsonify(ok=True)
            """,
            "shop/areas.py": "from .cart import *\n",
            "shop/cart.py": """
            from flask import Blueprint
            cart = Blueprint("cart", __name__)

            @cart.get("/cart")
            def show():
                return {}
            """,
        },
    )


def test_an_import_cycle(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask

            app = Flask(__name__, static_folder=None)

            from shop import views
            from shop.views import pages
            app.register_blueprint(pages)
            """,
            "shop/views.py": """
            from flask import Blueprint
            from shop import app
            import shop

            pages = Blueprint("pages", __name__)

            @app.route("/")
            def index():
                return "hello"

            @shop.app.route("/about")
            def about():
                return "about"

            @pages.route("/page")
            def page():
                return "page"
            """,
        },
    )


def test_names_that_go_in_a_circle_end_somewhere(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.py": "from flask import Blueprint\nfrom b import bp\n@bp.route('/')\ndef index(): ...\n",
            "b.py": "from a import bp\nfrom c import *\n",
            "c.py": "from b import *\n",
        },
    )
    assert linked(tmp_path).routes() == []


STATEMENTS = (
    "from {0} import {1}",
    "from {0} import *",
    "from . import {1}",
    "import {0}",
    "{1} = {2}",
    "{1} = {2}()",
    "{1} = {0}.{2}",
    "{1} = [{2}, *{1}, {0}.{2}]",
    "{1} = Blueprint('{1}', __name__, url_prefix='/{1}')",
    "{1} = Flask(__name__)",
    "{1}.register_blueprint({2})",
    "{1}.register_blueprint({2}, url_prefix={1})",
    "for {1} in {2}: {0}.register_blueprint({1})",
    "def {1}({2}):\n    {2}.register_blueprint({1})\n    return {2}()",
    "{1}({2}, {1})",
    "class {1}({2}):\n    {1} = {2}()\n    def __init__(self, {1}):\n        self.{1} = {1}\n        self.{2}({1})",
    "@{1}.route('/{2}')\n@{2}\ndef view{1}({2}): ...",
    "{1}.add_url_rule({2}, view_func={1}.as_view({2}))",
)
NAMES = ("a", "b", "c")


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(STATEMENTS), st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(NAMES)
            ),
            max_size=12,
        ),
        min_size=3,
        max_size=3,
    )
)
def test_linking_ends_whatever_goes_in_circles(modules: list[list[tuple[str, str, str, str]]]) -> None:
    head = "from flask import Blueprint, Flask\n"
    sources = {
        f"{name}.py" if name != "c" else "c/__init__.py": head
        + "\n".join(statement.format(*names) for statement, *names in lines)
        + "\n"
        for name, lines in zip(NAMES, modules, strict=True)
    }
    links = links_of(sources)
    for entry in links.routes():
        assert entry.rule is None or entry.rule
    links.registers_unknown()
    for facts in links.modules.values():
        for route in facts.routes:
            links.prefixes(route, facts.path)
            links.has_own_responses(route.owner, facts.path)
            for decorator in route.below:
                links.forwards(decorator.removesuffix("()"), facts.path)
