"""Blueprints registered in loops, by import strings and under computed prefixes end where Flask puts them."""

from __future__ import annotations

from pathlib import Path

from tests.project.areas import AREAS
from tests.project.real_routes import assert_same_routes


def test_a_loop_over_blueprints(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/__init__.py": """
            from flask import Flask
            from shop.areas import admin
            from shop.areas.account import bp as account_bp
            from shop.areas.cart import bp as cart_bp

            def create_app():
                app = Flask(__name__)
                for blueprint in (cart_bp, account_bp, admin.bp):
                    app.register_blueprint(blueprint)
                return app
            """
        },
    )


def test_a_loop_over_pairs_of_blueprint_and_prefix(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/__init__.py": """
            from flask import Flask
            from shop.areas import account, admin, cart

            BLUEPRINTS = [
                (cart.bp, "/basket"),
                (account.bp, "/me"),
                (admin.bp, None),
            ]

            def create_app():
                app = Flask(__name__)
                for blueprint, prefix in BLUEPRINTS:
                    app.register_blueprint(blueprint, url_prefix=prefix)
                return app
            """
        },
    )


def test_a_loop_over_a_dictionary(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/__init__.py": """
            from flask import Flask
            from shop.areas import account, admin, cart

            app = Flask(__name__)
            for prefix, area in {"/a": account, "/b": admin}.items():
                app.register_blueprint(area.bp, url_prefix=prefix)
            [app.register_blueprint(area.bp) for area in [cart]]
            """
        },
    )


def test_a_loop_over_a_list_made_in_another_file(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/__init__.py": """
            from flask import Flask
            from shop.areas.all import ALL_AREAS, more_areas
            from shop.areas import all as every

            def create_app():
                app = Flask(__name__)
                for blueprint in ALL_AREAS:
                    app.register_blueprint(blueprint)
                for blueprint in more_areas():
                    app.register_blueprint(blueprint, url_prefix="/more")
                return app
            """,
            "shop/areas/all.py": """
            from .account import bp as account
            from .cart import bp as cart
            from . import admin

            ALL_AREAS = (account, cart)

            def more_areas():
                return [admin.bp]
            """,
        },
    )


def test_a_loop_over_modules_and_their_names(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/__init__.py": """
            from importlib import import_module
            from flask import Flask
            from shop.areas import cart

            def register_blueprints(app):
                for area in (cart,):
                    app.register_blueprint(area.bp)
                for name in ("account", "admin"):
                    module = import_module("shop.areas.{}".format(name))
                    app.register_blueprint(module.bp, url_prefix=f"/{name}")

            def create_app():
                app = Flask(__name__)
                register_blueprints(app)
                return app
            """
        },
    )


def test_import_strings(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/__init__.py": """
            import importlib
            from flask import Flask
            from werkzeug.utils import import_string

            BLUEPRINTS = ["shop.areas.cart:bp", "shop.areas.account.bp"]

            def create_app():
                app = Flask(__name__)
                for name in BLUEPRINTS:
                    blueprint = import_string(name)
                    app.register_blueprint(blueprint)
                admin = importlib.import_module(".areas.admin", __package__)
                app.register_blueprint(getattr(admin, "bp"))
                return app
            """
        },
    )


def test_registrations_under_conditions_count(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/__init__.py": """
            from flask import Flask

            try:
                from shop.areas.cart import bp as cart
            except ImportError:
                cart = None

            app = Flask(__name__)
            if cart:
                app.register_blueprint(cart)
            with app.app_context():
                from shop.areas import account
                app.register_blueprint(blueprint=account.bp, url_prefix="/me")
            """
        },
    )


def test_prefixes_made_of_constants_and_configuration(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/config.py": """
            API_PREFIX = "/api"
            API_VERSION = 2

            class Base:
                PREFIX = "/base"

            class Config(Base):
                ADMIN_URL_PREFIX = "/office"
            """,
            "shop/places.py": """
            from flask import Blueprint
            from shop import config

            bp = Blueprint("places", __name__, url_prefix=f"{config.API_PREFIX}/v{config.API_VERSION}/places")

            @bp.route(config.Config.PREFIX + "/list")
            def index():
                return {}
            """,
            "shop/__init__.py": """
            from flask import Flask
            from shop.areas import account, admin, cart
            from shop.config import API_PREFIX, Config
            from shop.places import bp as places

            def create_app():
                app = Flask(__name__)
                app.config.from_object(Config)
                app.register_blueprint(cart.bp, url_prefix=API_PREFIX + "/cart")
                app.register_blueprint(account.bp, url_prefix="%s/me" % Config.PREFIX)
                app.register_blueprint(admin.bp, url_prefix=app.config["ADMIN_URL_PREFIX"])
                app.register_blueprint(places)
                return app
            """,
        },
    )


def test_optional_blueprints(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/__init__.py": """
            from flask import Flask

            def create_app():
                app = Flask(__name__)
                try:
                    from shop.areas.cart import bp as cart
                    available = True
                except ImportError:
                    available = False
                    cart = None
                if available:
                    app.register_blueprint(cart)
                return app
            """
        },
    )
