"""Blueprints registered by loops, helper functions, methods and import strings end where Flask puts them."""

from __future__ import annotations

from pathlib import Path

from tests.project.real_routes import assert_same_routes


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


def test_helpers_that_take_the_app_and_the_blueprint(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/__init__.py": """
            from flask import Flask
            from shop.areas import account, admin, cart
            from shop.wiring import mount, register_errors

            def create_app():
                application = Flask(__name__)
                mount(application, cart.bp)
                mount(application, account.bp, "/me")
                mount(flask_app=application, area=admin.bp, prefix="/staff")
                register_errors(application)
                return application
            """,
            "shop/wiring.py": """
            from shop.web import pages

            def mount(flask_app, area, prefix=None):
                flask_app.register_blueprint(area, url_prefix=prefix)

            def register_errors(target):
                @target.errorhandler(404)
                def missing(error):
                    return "no", 404

                @target.route("/healthz")
                def healthz():
                    return "ok"

                target.register_blueprint(pages)
            """,
            "shop/web.py": """
            from flask import Blueprint

            pages = Blueprint("pages", __name__)

            @pages.route("/pages")
            def index():
                return "pages"
            """,
        },
    )


def test_helpers_that_add_the_routes(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask
            from shop.account import load

            def create_app():
                app = Flask(__name__)
                load(app)
                return app
            """,
            "shop/helpers.py": """
            def register_view(bp_or_app, routes, view_func, *args, **kwargs):
                for route in routes:
                    bp_or_app.add_url_rule(route, view_func=view_func, *args, **kwargs)
            """,
            "shop/account.py": """
            from flask import Blueprint
            from flask.views import MethodView
            from shop.helpers import register_view

            class Login(MethodView):
                def get(self):
                    return "form"

                def post(self):
                    return "in"

            class Logout(MethodView):
                def get(self):
                    return "out"

            def load(app):
                account = Blueprint("account", __name__)
                register_view(account, routes=["/login", "/sign-in"], view_func=Login.as_view("login"))
                register_view(account, routes=["/logout"], view_func=Logout.as_view("logout"))
                app.register_blueprint(account, url_prefix="/account")
            """,
        },
    )


def test_an_extension_class(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/__init__.py": """
            from flask import Flask
            from shop.extensions import panel
            from shop.panel import Status

            def create_app():
                web = Flask(__name__)
                panel.init_app(web)
                Status(web)
                return web
            """,
            "shop/extensions.py": """
            from shop.panel import Panel

            panel = Panel()
            """,
            "shop/panel.py": """
            from shop.areas.admin import bp

            class Panel:
                def __init__(self, app=None):
                    if app is not None:
                        self.init_app(app)

                def init_app(self, target):
                    target.register_blueprint(bp, url_prefix="/panel")
                    target.add_url_rule("/version", view_func=self.version)

                def version(self):
                    return "1"

            class Status:
                def __init__(self, web):
                    self.web = web
                    self.add()

                def add(self):
                    self.web.add_url_rule("/status", "status", self.status)

                def status(self):
                    return "fine"
            """,
        },
    )


def test_an_app_class_that_registers_on_itself(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/__init__.py": """
            from flask import Flask

            class Shop(Flask):
                def __init__(self):
                    super().__init__(__name__)
                    from shop.areas.cart import bp
                    self.register_blueprint(bp)
                    self.add_url_rule("/ping", "ping", lambda: "pong")

            class Server:
                def __init__(self):
                    self.app = Shop()
                    self.routes()

                def routes(self):
                    @self.app.route("/about")
                    def about():
                        return "about"

            server = Server()
            app = server.app
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


def test_blueprints_that_come_into_the_factory_as_a_parameter(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        AREAS
        | {
            "shop/factory.py": """
            from flask import Flask
            from shop.areas import admin

            def create_app(blueprints=(), config=None):
                app = Flask("shop")
                register(app, blueprints)
                for module in [admin]:
                    app.register_blueprint(module.bp)
                return app

            def register(app, blueprints):
                for blueprint in blueprints:
                    app.register_blueprint(blueprint, url_prefix="/v1")
            """,
            "shop/__init__.py": """
            from shop import factory
            from shop.areas.account import bp as account
            from shop.areas.cart import bp as cart

            BLUEPRINTS = (account, cart)
            app = factory.create_app(blueprints=BLUEPRINTS)
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
