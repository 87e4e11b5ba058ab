"""Routes in every spelling Flask knows give the endpoint, methods and rule that Flask gives them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from tests.project.real_routes import Row, assert_same_routes, read, write


def test_decorators(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop.py": """
            from flask import Flask, Blueprint

            PREFIX = "/v1"
            METHODS = ["GET", "PATCH"]
            app = Flask(__name__, static_url_path="/assets/")
            bp = Blueprint("pages", __name__, url_prefix=PREFIX + "/pages", static_folder="files")

            @app.route("/")
            @app.route("/home", endpoint="home", methods=("get", "HEAD", "OPTIONS"))
            def index():
                return "hello"

            @app.get("/things")
            def things():
                return {}

            @app.put(f"{PREFIX}/things/<uuid:thing>")
            async def put(thing):
                return {}

            @app.route(rule=PREFIX + "/x", methods=METHODS)
            def x():
                return {}

            @bp.route("/<path:name>", defaults={"draft": False})
            @bp.route("/drafts/<path:name>", defaults={"draft": True}, strict_slashes=False)
            def page(name, draft):
                return name

            app.register_blueprint(bp)
            """
        },
    )


def test_add_url_rule(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop.py": """
            import flask
            from views import orders, stock

            app = flask.Flask(__name__, static_folder="public")

            def index():
                return "hello"

            app.add_url_rule("/", "start", index)
            app.add_url_rule("/index", view_func=index, methods=["POST"])
            app.add_url_rule(rule="/stock", endpoint="stock", view_func=stock, provide_automatic_options=False)
            app.add_url_rule("/orders", view_func=orders.all_orders)
            app.add_url_rule("/ping", "ping", lambda: "pong")
            app.add_url_rule("/later", endpoint="later")

            @app.endpoint("later")
            def answer_later():
                return "later"
            """,
            "views/__init__.py": """
            def stock():
                return {}
            """,
            "views/orders.py": """
            def all_orders():
                return {}
            """,
        },
    )


def test_class_based_views(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask
            from .api import ItemAPI, Listing, Report, group, register

            app = Flask(__name__)
            app.add_url_rule("/items/<int:id>", view_func=ItemAPI.as_view("item", 3))
            app.add_url_rule("/listing", view_func=Listing.as_view(name="listing"))
            app.add_url_rule("/report", view_func=Report.as_view("report"), methods=["GET"])
            app.add_url_rule("/group/<int:id>", view_func=group)
            register(app)
            """,
            "shop/base.py": """
            from flask.views import MethodView

            class Readable(MethodView):
                def get(self, id):
                    return {}
            """,
            "shop/api.py": """
            from flask.views import MethodView, View
            from shop import base

            class ItemAPI(base.Readable):
                init_every_request = False

                def __init__(self, limit):
                    self.limit = limit

                def patch(self, id):
                    return {}

                def delete(self, id):
                    return {}

            class Listing(View):
                methods = ["GET", "POST"]

                def dispatch_request(self):
                    return {}

            class Report(View):
                def dispatch_request(self):
                    return {}

            class Group(base.Readable):
                pass

            group = Group.as_view("group")

            def register(app):
                items = MonthAPI.as_view("months")
                app.add_url_rule("/months/", defaults={"id": None}, view_func=items, methods=["GET"])
                app.add_url_rule("/months/", view_func=items, methods=["POST"])
                app.add_url_rule("/months/<int:id>", view_func=items, methods=["GET", "PUT"])

            class MonthAPI(MethodView):
                def get(self, id):
                    return {}

                def post(self):
                    return {}

                def put(self, id):
                    return {}
            """,
        },
    )


def test_static_files(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop.py": """
            from flask import Flask, Blueprint

            app = Flask(__name__, static_folder="../frontend/dist/", static_url_path="")
            docs = Blueprint("docs", __name__, url_prefix="/docs", static_folder="static/files")
            pictures = Blueprint("pictures", __name__, static_folder="p", static_url_path="/pictures/raw")
            app.register_blueprint(docs)
            app.register_blueprint(pictures, url_prefix="/media")
            """
        },
    )


def test_views_behind_decorators_keep_their_names(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop.py": """
            from functools import wraps
            from flask import Flask

            app = Flask(__name__)

            def guarded(view):
                @wraps(view)
                def wrapper(*args, **kwargs):
                    return view(*args, **kwargs)
                return wrapper

            @app.route("/one")
            @guarded
            def one():
                return "1"

            @guarded
            def two():
                return "2"

            app.add_url_rule("/two", view_func=guarded(two))
            """
        },
    )


def test_a_decorator_that_hides_the_name_gives_the_endpoint_its_own(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop/__init__.py": """
            from flask import Flask
            from shop.rights import guarded, needs

            app = Flask(__name__)

            @app.route("/one")
            @guarded
            def one():
                return "1"

            @app.route("/two")
            @needs("admin")
            def two():
                return "2"
            """,
            "shop/rights.py": """
            def guarded(view):
                def inner(*args, **kwargs):
                    return view(*args, **kwargs)
                return inner

            def needs(role):
                def decorator(view):
                    def checked(*args, **kwargs):
                        return view(*args, **kwargs)
                    return checked
                return decorator
            """,
        },
    )


def test_a_class_below_the_decorator_of_a_library_that_takes_classes(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "shop.py": dedent("""
            from flask import Flask
            from flask.views import MethodView
            from flask_smorest import Api, Blueprint

            app = Flask(__name__, static_folder=None)
            api = Api(app)
            blp = Blueprint("stock", __name__, url_prefix="/stock")

            @blp.route("/<int:part>")
            class Part(MethodView):
                def get(self, part):
                    return {}

                @blp.arguments(PartSchema)
                def put(self, data, part):
                    return {}

            api.register_blueprint(blp)
            """)
        },
    )
    assert [row._replace(methods=row.methods - {"HEAD", "OPTIONS"}) for row in read(tmp_path)] == [
        Row("stock.Part", frozenset({"GET", "PUT"}), "/stock/<int:part>")
    ]


def test_a_route_that_is_called_with_its_view(tmp_path: Path) -> None:
    """``app.route("/")(view)`` and ``get = bp.get`` are the decorators by other means."""
    assert_same_routes(
        tmp_path,
        {
            "shop.py": """
            from functools import wraps
            from flask import Blueprint, Flask
            from flask.views import MethodView

            class Shop(Flask):
                def __init__(self):
                    super().__init__("shop")
                    self.route("/own")(self.own)

                def own(self):
                    return ""

            def traced(view):
                @wraps(view)
                def wrapper(*args, **kwargs):
                    return view(*args, **kwargs)

                return wrapper

            @traced
            def orders():
                return {}

            def items():
                return {}

            class Stock(MethodView):
                def get(self):
                    return {}

            app = Shop()
            app.route("/orders", methods=["POST"])(orders)
            app.get("/orders")(orders)
            app.get("/goods", endpoint="goods")(traced(items))
            app.route("/stock")(Stock.as_view("stock"))
            bp = Blueprint("parts", __name__, url_prefix="/parts")
            get = bp.get
            route = app.route

            @get("/")
            def index():
                return {}

            @route("/home")
            def home():
                return {}

            app.register_blueprint(bp)
            seen = {"x": len}.get("x")(["y"])
            """
        },
    )


def test_the_routes_of_a_decorator_of_the_project_are_open(tmp_path: Path) -> None:
    """Neither their rule nor their endpoint can be told, and nothing is said to be called like the parameter."""
    write(
        tmp_path,
        {
            "shop.py": dedent("""
            from flask import Flask

            app = Flask(__name__, static_folder=None)

            def api(rule):
                def decorator(view):
                    app.add_url_rule("/api" + rule, view_func=view)
                    return view

                return decorator

            def page(rule):
                return app.route("/pages" + rule)

            def part(rule):
                def decorator(view):
                    return app.post(rule)(view)

                return decorator

            @api("/a")
            def a():
                return {}

            @page("/b")
            def b():
                return ""

            @part("/c")
            def c():
                return ""
            """)
        },
    )
    assert read(tmp_path) == [
        Row(None, frozenset({"GET"}), None),
        Row(None, frozenset({"GET"}), None),
        Row(None, frozenset({"POST"}), None),
    ]


def test_what_a_test_registers_is_no_route_of_the_app(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop.py": """
            from flask import Flask
            from cart import bp

            app = Flask(__name__)
            app.register_blueprint(bp, url_prefix="/cart")
            """,
            "cart.py": """
            from flask import Blueprint

            bp = Blueprint("cart", __name__)

            @bp.get("/")
            def index():
                return {}
            """,
            "tests/test_cart.py": """
            from flask import Flask
            from cart import bp

            def test_cart():
                app = Flask("test")
                app.register_blueprint(bp)
                assert app.test_client().get("/").json == {}
            """,
        },
    )


def test_views_of_a_module_by_name_in_a_loop(tmp_path: Path) -> None:
    assert_same_routes(
        tmp_path,
        {
            "shop.py": """
            import flask
            import views

            class Shop(flask.Flask):
                def __init__(self):
                    super().__init__(__name__)
                    for endpoint, rule in [("index", "/"), ("item", "/<item>"), ("item", "/<item>/<part>")]:
                        self.add_url_rule(rule, view_func=getattr(views, endpoint))

            app = Shop()
            """,
            "views.py": """
            from flask.views import View

            class Item(View):
                def dispatch_request(self, item, part=None):
                    return item

            def index():
                return ""

            item = Item.as_view("item")
            """,
        },
    )
