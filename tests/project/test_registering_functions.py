"""Blueprints and routes that helper functions, extensions and app classes add end where Flask puts them."""

from __future__ import annotations

from pathlib import Path

from tests.project.areas import AREAS
from tests.project.real_routes import assert_same_routes


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
