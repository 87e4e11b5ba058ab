"""The linked route map is the one that ``flask routes`` prints, however the blueprints get from file to file."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.project.real_routes import assert_same_routes, linked, links_of, write

CART = """
    from flask import Blueprint

    bp = Blueprint("cart", __name__, url_prefix="/cart")

    @bp.route("/")
    def index():
        return "cart"

    @bp.route("/<int:item>", methods=["POST", "DELETE"])
    def change(item):
        return "changed"
"""


def test_a_single_file_app(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop.py": """
            import flask as f

            app = f.Flask(__name__)

            @app.route("/")
            def index():
                return "hello"
            """
        },
    )


def test_a_blueprint_imported_by_a_factory(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask

            def create_app(config=None):
                app = Flask(__name__)
                from .cart import bp
                app.register_blueprint(bp)
                from shop import account
                app.register_blueprint(account.bp, url_prefix="/me")
                return app
            """,
            "shop/cart.py": CART,
            "shop/account.py": """
            from flask import Blueprint

            bp = Blueprint("account", __name__)

            @bp.route("/")
            def index():
                return "me"
            """,
        },
    )


def test_views_that_import_their_blueprint_from_the_package(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask

            def create_app():
                app = Flask(__name__)
                from shop.main import bp as main_bp
                app.register_blueprint(main_bp)
                from shop.api import bp as api_bp
                app.register_blueprint(api_bp, url_prefix="/api/v1")
                return app
            """,
            "shop/main/__init__.py": """
            from flask import Blueprint

            bp = Blueprint("main", __name__)

            from shop.main import routes
            """,
            "shop/main/routes.py": """
            from shop.main import bp

            @bp.route("/", methods=["GET", "POST"])
            @bp.route("/index", methods=["GET", "POST"])
            def index():
                return "index"
            """,
            "shop/api/__init__.py": """
            from flask import Blueprint

            bp = Blueprint("api", __name__)

            from . import products, tokens
            """,
            "shop/api/products.py": """
            from . import bp

            @bp.get("/products/<int:product_id>")
            def product(product_id):
                return {}

            @bp.post("/products")
            def add():
                return {}
            """,
            "shop/api/tokens.py": """
            from shop.api import bp as blueprint

            @blueprint.delete("/tokens")
            def revoke():
                return {}
            """,
        },
    )


def test_a_package_that_re_exports_and_never_says_the_word(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask
            from .views import cart_blueprint, staff

            def create_app():
                app = Flask(__name__)
                app.register_blueprint(cart_blueprint)
                app.register_blueprint(staff.desk, url_prefix="/desk")
                return app
            """,
            "shop/views/__init__.py": """
            from .cart import bp as cart_blueprint
            from . import people as staff

            __all__ = ["cart_blueprint", "staff"]
            """,
            "shop/views/people/__init__.py": "from .desk import desk\n",
            "shop/views/people/desk.py": """
            from flask import Blueprint

            desk = Blueprint("desk", __name__)

            @desk.route("/open")
            def open_desk():
                return "open"
            """,
            "shop/views/cart.py": CART,
        },
    )


def test_namespace_packages(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "acme/shop/web/app.py": """
            from flask import Flask
            from acme.shop.web.views.cart import bp
            from .views import account

            app = Flask(__name__)
            app.register_blueprint(bp)
            app.register_blueprint(account.bp)
            """,
            "acme/shop/web/views/cart.py": CART,
            "acme/shop/web/views/account.py": """
            from flask import Blueprint
            from ..rights import guarded

            bp = Blueprint("account", __name__, url_prefix="/account")

            @bp.route("/")
            @guarded
            def index():
                return "me"
            """,
            "acme/shop/web/rights.py": """
            from functools import wraps

            def guarded(view):
                @wraps(view)
                def wrapper(*args, **kwargs):
                    return view(*args, **kwargs)
                return wrapper
            """,
        },
        app="acme.shop.web.app",
    )


def test_a_src_layout(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "pyproject.toml": "[project]\nname = 'shop'\n",
            "src/shop/__init__.py": "from shop.factory import create_app\n",
            "src/shop/factory.py": """
            import flask
            from shop.views.cart import bp

            def create_app():
                app = flask.Flask("shop")
                app.register_blueprint(bp)
                return app
            """,
            "src/shop/views/__init__.py": "",
            "src/shop/views/cart.py": CART,
        },
        folder="src",
    )


def test_a_project_in_a_subfolder_whose_imports_start_there(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "backend/wsgi.py": """
            from shop import create_app
            app = create_app()
            """,
            "backend/shop/__init__.py": """
            from flask import Flask

            def create_app():
                app = Flask(__name__)
                import shop.cart
                app.register_blueprint(shop.cart.bp)
                return app
            """,
            "backend/shop/cart.py": CART,
        },
        app="wsgi",
        folder="backend",
    )


def test_nested_blueprints_and_prefixes_in_both_places(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask, Blueprint
            from .cart import bp as cart
            from .admin import admin

            app = Flask(__name__)
            api = Blueprint("api", __name__, url_prefix="/api")
            v1 = Blueprint("v1", __name__)
            v1.register_blueprint(cart)
            v1.register_blueprint(admin, url_prefix="/staff")

            @v1.route("")
            def root():
                return {}

            api.register_blueprint(v1, url_prefix="/v1")
            app.register_blueprint(api, url_prefix="/shop/")
            """,
            "shop/cart.py": CART,
            "shop/admin.py": """
            from flask import Blueprint

            admin = Blueprint("admin", __name__, url_prefix="/admin")

            @admin.route("/")
            def index():
                return {}

            @admin.route("users")
            def users():
                return {}
            """,
        },
    )


def test_one_blueprint_registered_twice_under_another_name(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask
            from shop.cart import bp

            app = Flask(__name__)
            app.register_blueprint(bp)
            app.register_blueprint(bp, url_prefix="/basket", name="basket")
            """,
            "shop/cart.py": CART,
        },
    )


def test_a_subclass_of_blueprint_in_another_file(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from .application import Shop
            from .team.views import team

            def create_app():
                shop = Shop(__name__)
                shop.register_blueprint(team, url_prefix="/team")
                return shop
            """,
            "shop/application.py": """
            import flask

            class Shop(flask.Flask):
                pass
            """,
            "shop/blueprints.py": """
            from flask import Blueprint as Base

            class Area(Base):
                def json_route(self, rule, **options):
                    return self.route(rule, **options)

            class TeamArea(Area):
                pass
            """,
            "shop/team/__init__.py": "",
            "shop/team/views.py": """
            from shop.blueprints import TeamArea

            team = TeamArea("team", __name__)

            @team.route("/members")
            def members():
                return {}
            """,
        },
    )


def test_a_blueprint_made_in_a_function(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask
            from .cart import make_blueprint
            from . import help

            def create_app():
                app = Flask(__name__)
                app.register_blueprint(make_blueprint())
                pages = help.build(app)
                app.register_blueprint(pages, url_prefix="/help")
                return app
            """,
            "shop/cart.py": """
            from flask import Blueprint

            def make_blueprint():
                bp = Blueprint("cart", __name__, url_prefix="/cart")

                @bp.route("/")
                def index():
                    return {}

                return bp
            """,
            "shop/help.py": """
            import flask

            def build(app):
                pages = flask.Blueprint("help", __name__)
                pages.add_url_rule("/", "index", lambda: "help")

                def topic(name):
                    return name

                pages.add_url_rule("/<name>", view_func=topic)
                return pages
            """,
        },
    )


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


def test_a_module_and_the_app_in_it_have_the_same_name(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "app/__init__.py": """
            from flask import Flask
            app = Flask(__name__)
            from app import routes
            """,
            "app/routes.py": """
            from app import app

            @app.route("/")
            def index():
                return "hello"
            """,
        },
        app="app",
    )


def test_an_unregistered_blueprint_has_no_routes(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask
            from shop.cart import bp
            app = Flask(__name__)
            """,
            "shop/cart.py": CART,
        },
    )


def test_one_name_imported_again_and_again(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask

            def create_app():
                app = Flask(__name__)
                from shop.cart import bp
                app.register_blueprint(bp)
                from shop.account import bp
                app.register_blueprint(bp)
                return app
            """,
            "shop/cart.py": CART,
            "shop/account.py": CART.replace("cart", "account"),
        },
    )


def test_a_blueprint_class_that_presets_its_name(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask
            from shop.team import team

            application = app = Flask(__name__)
            app.register_blueprint(team)

            @application.route("/")
            def index():
                return "hello"
            """,
            "shop/team.py": """
            from flask import Blueprint

            class TeamBlueprint(Blueprint):
                def __init__(self, **options):
                    super().__init__("team", __name__, url_prefix="/team", **options)
                    self.add_url_rule("/size", "size", lambda: "3")

            team = TeamBlueprint()

            @team.route("/members")
            def members():
                return {}
            """,
        },
    )


def test_a_nested_blueprint_made_by_a_class_attribute(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask
            from shop.admin import Admin

            app = Flask(__name__)
            app.register_blueprint(Admin.blueprint, url_prefix="/admin")
            """,
            "shop/admin.py": """
            import flask

            class Admin:
                blueprint = flask.Blueprint("admin", __name__)

                @blueprint.route("/")
                def index():
                    return "admin"
            """,
        },
    )


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
