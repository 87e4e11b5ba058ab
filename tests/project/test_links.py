"""The linked route map is the one that ``flask routes`` prints, however the blueprints get from file to file."""

from __future__ import annotations

from pathlib import Path

from tests.project.real_routes import CART, assert_same_routes


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
