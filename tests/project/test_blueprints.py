"""Blueprints keep their names and prefixes however they are made, nested and registered."""

from __future__ import annotations

from pathlib import Path

from tests.project.real_routes import CART, assert_same_routes


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
