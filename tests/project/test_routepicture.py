"""The route map as the dashboard shows it: who may call a route, what extensions add, and what is not shown."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from textwrap import dedent
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.finding import Location
from flaskdoctor.project.routing.guards import is_guard
from flaskdoctor.project.routing.routepicture import RoutePicture, RouteRow, route_picture
from tests.project.real_routes import CART, links_of


def picture(files: Mapping[str, str]) -> RoutePicture:
    """The picture of a project."""
    project: Any = SimpleNamespace(links=links_of({path: dedent(text) for path, text in files.items()}))
    return route_picture(project)


def rows(files: Mapping[str, str]) -> dict[str, RouteRow]:
    """Its routes by rule, those of static files left out."""
    return {row.rule or "": row for row in picture(files).rows if not row.static}


def guards(files: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The guards by rule."""
    return {rule: row.guards for rule, row in rows(files).items()}


APP = """
    from flask import Flask

    from shop.cart import bp

    app = Flask(__name__)
    app.register_blueprint(bp)
"""


# -- guards -----------------------------------------------------------------------------------------------


def test_a_guard_counts_below_the_route_and_not_above_it() -> None:
    source = """
        from flask import Flask
        from flask_login import login_required
        from flask_security import roles_required

        app = Flask(__name__)

        @app.route("/in")
        @login_required
        @roles_required("staff")
        def inside(): ...

        @login_required
        @app.route("/out")
        def outside(): ...
    """
    assert guards({"app.py": source}) == {"/in": ("login_required", "roles_required"), "/out": ()}


def test_a_projects_own_decorators_are_known_by_their_names_also_where_they_are_renamed() -> None:
    found = guards(
        {
            "shop/__init__.py": "",
            "shop/auth/__init__.py": "from shop.auth.checks import staff_only",
            "shop/auth/checks.py": "def staff_only(view): return view\ndef logged(view): return view",
            "shop/app.py": """
                from flask import Flask
                from shop.auth import staff_only as s
                from shop.auth.checks import logged

                app = Flask(__name__)

                @app.get("/stock")
                @logged
                @s
                def stock(): ...
            """,
        }
    )
    assert found == {"/stock": ("staff_only",)}


def test_the_method_of_an_extensions_object_is_named_with_it() -> None:
    source = """
        from flask import Flask
        from flask_httpauth import HTTPTokenAuth

        app = Flask(__name__)
        tokens = HTTPTokenAuth()

        @app.get("/")
        @tokens.login_required
        def index(): ...
    """
    assert guards({"app.py": source}) == {"/": ("tokens.login_required",)}


def test_class_based_views_are_guarded_by_their_decorators_those_of_a_base_and_of_single_methods() -> None:
    source = """
        from flask import Flask
        from flask.views import MethodView
        from flask_login import login_required
        from shop import admin_required

        app = Flask(__name__)

        class Inside(MethodView):
            decorators = [admin_required, login_required]

        class Items(Inside):
            async def get(self): ...

        class Prices(MethodView):
            def get(self): ...
            @login_required
            def put(self): ...
            @login_required
            def delete(self): ...

        app.add_url_rule("/items", view_func=Items.as_view("items"))
        prices = Prices.as_view("prices")
        app.add_url_rule("/prices", view_func=prices)
    """
    found = rows({"app.py": source})
    assert found["/items"].guards == ("login_required", "admin_required")
    assert found["/items"].is_async
    assert found["/prices"].guards == ("login_required (DELETE, PUT)",)
    assert not found["/prices"].is_async


def test_a_view_of_another_file_brings_its_decorators() -> None:
    found = rows(
        {
            "shop/__init__.py": """
                from flask import Flask
                from shop import views

                app = Flask(__name__)
                app.add_url_rule("/me", view_func=views.me)
            """,
            "shop/views.py": """
                from flask_login import login_required

                @login_required
                async def me(): ...
            """,
        }
    )
    assert found["/me"].guards == ("login_required",)
    assert found["/me"].is_async


def test_what_a_blueprint_runs_before_its_requests_guards_all_of_its_routes() -> None:
    found = guards(
        {
            "shop/__init__.py": APP,
            "shop/cart.py": dedent(CART)
            + dedent(
                """
                from flask import abort, redirect, session
                from flask_login import login_required
                from shop.inner import inner

                @bp.before_request
                @login_required
                def before(): ...

                @bp.before_request
                def no_strangers():
                    if "customer" not in session:
                        abort(403)

                @bp.before_request
                def count(): ...

                bp.register_blueprint(inner)
                """
            ),
            "shop/inner.py": 'from flask import Blueprint\ninner = Blueprint("inner", __name__)\n'
            '@inner.get("/in")\ndef inside(): ...\n',
        }
    )
    assert found == dict.fromkeys(("/cart/", "/cart/<int:item>", "/cart/in"), ("login_required", "no_strangers"))


def test_what_the_whole_app_runs_counts_where_its_name_says_that_it_is_a_guard() -> None:
    source = """
        from flask import Flask, redirect

        app = Flask(__name__)

        @app.before_request
        def move_to_the_new_host():
            return redirect("https://shop.example/")

        def require_login(): ...

        app.before_request(require_login)

        @app.get("/")
        def index(): ...
    """
    assert guards({"app.py": source}) == {"/": ("require_login",)}


@pytest.mark.parametrize(
    "name",
    [
        "login_required", "fresh_login_required", "jwt_required", "roles_accepted", "permission_required", "auth",
        "authed_only", "admins_only", "requires_auth", "require_role", "require_oauth", "check_permissions",
        "has_access",
        "authenticate", "protected", "superuser_required", "token_required", "must_be_logged_in", "verify_token",
        "login_required_if_no_guests", "api_basic_auth", "can_edit", "domain_admin", "permission", "apikey_auth",
        "user_has_permissions",
    ],
)  # fmt: skip
def test_names_of_guards(name: str) -> None:
    assert is_guard(name)


@pytest.mark.parametrize(
    "name",
    [
        "json_required", "params_required", "require_json", "requires_ssl", "https_required", "ajax_only", "cached",
        "cross_origin", "limit", "route", "exempt", "jwt_optional", "validate_schema", "marshal_with", "log", "author",
        "setup_required", "content_type_required", "wraps", "swag_from", "expose", "logged",
        "requires_no_auth", "load_logged_in_user", "owner",
    ],
)  # fmt: skip
def test_names_of_other_decorators(name: str) -> None:
    assert not is_guard(name)


# -- extensions -------------------------------------------------------------------------------------------


def test_the_resources_of_flask_restful_and_flask_restx() -> None:
    """As ``flask routes`` printed it with Flask-RESTful 0.3.10 and Flask-RESTX 1.3.2."""
    found = picture(
        {
            "shop/__init__.py": """
                from flask import Blueprint, Flask
                from flask_restful import Api, Resource
                from flask_restx import Api as OpenApi, Resource as Documented
                from shop.area import bp, late
                from shop.ext import api, stock_ns

                class Health(Resource):
                    def get(self): ...

                class Item(Resource):
                    def get(self, id): ...
                    def delete(self, id): ...

                def create_app():
                    app = Flask(__name__, static_folder=None)
                    api.init_app(app)
                    app.register_blueprint(bp, url_prefix="/area")
                    rest = Api(app, prefix="/v1")
                    rest.add_resource(Health, "/health", "/ping")
                    rest.add_resource(Item, "/items/<int:id>", endpoint="item-one")
                    for cls, url in ((Health, "/h2"),):
                        rest.add_resource(cls, url, endpoint="h2")
                    documented = Blueprint("x", __name__, url_prefix="/x")
                    x = OpenApi(documented, prefix="/p", doc="/docs")
                    x.add_namespace(stock_ns, path="/things")
                    ns = x.namespace("orders", path="/o")

                    @ns.route("/")
                    class OrderList(Documented):
                        def get(self): ...
                        def post(self): ...

                    @x.route("/direct")
                    class DirectThing(Documented):
                        def get(self): ...

                    app.register_blueprint(documented)
                    return app
            """,
            "shop/ext.py": """
                from flask_restful import Api
                from flask_restx import Namespace, Resource

                api = Api(prefix="/late")
                stock_ns = Namespace("stock")

                @stock_ns.route("", "/<int:id>")
                class StockItem(Resource):
                    def get(self, id=None): ...

                @stock_ns.route("/all", endpoint="everything")
                class StockAll(Resource):
                    def get(self): ...
            """,
            "shop/area.py": """
                from flask import Blueprint
                from flask_login import login_required
                from flask_restful import Api, Resource
                from shop.ext import api

                bp = Blueprint("area", __name__)
                late = Api(bp, prefix="/api")

                @late.resource("/things", "/t")
                class ThingList(Resource):
                    method_decorators = {"post": [login_required]}
                    def get(self): ...
                    def post(self): ...

                class Other(Resource):
                    def put(self): ...

                api.add_resource(Other, "/other")
            """,
        }
    )
    assert sorted((row.endpoint or "", row.methods, row.rule or "") for row in found.rows) == [
        ("area.thinglist", ("GET", "POST"), "/area/api/t"),
        ("area.thinglist", ("GET", "POST"), "/area/api/things"),
        ("h2", ("GET",), "/v1/h2"),
        ("health", ("GET",), "/v1/health"),
        ("health", ("GET",), "/v1/ping"),
        ("item-one", ("DELETE", "GET"), "/v1/items/<int:id>"),
        ("other", ("PUT",), "/late/other"),
        ("x.direct_thing", ("GET",), "/x/p/direct"),
        ("x.everything", ("GET",), "/x/p/things/all"),
        ("x.orders_order_list", ("GET", "POST"), "/x/p/o/"),
        ("x.stock_stock_item", ("GET",), "/x/p/things"),
        ("x.stock_stock_item", ("GET",), "/x/p/things/<int:id>"),
    ]
    assert found.unknown == ("Flask-RESTX adds /swagger.json and its documentation (shop/__init__.py)",)


def test_views_of_flask_smorest_stand_in_their_blueprint() -> None:
    source = """
        from flask import Flask
        from flask.views import MethodView
        from flask_smorest import Api, Blueprint

        app = Flask(__name__)
        api = Api(app)
        blp = Blueprint("pets", __name__, url_prefix="/pets")

        @blp.route("/")
        class Pets(MethodView):
            @blp.response(200)
            def get(self): ...
            def post(self): ...

        api.register_blueprint(blp)
    """
    found = rows({"app.py": source})
    assert [(row.endpoint, row.methods) for row in found.values()] == [("pets.Pets", ("GET", "POST"))]


# -- what is not shown ------------------------------------------------------------------------------------


def test_a_blueprint_that_is_registered_nowhere_is_said() -> None:
    found = picture({"shop/__init__.py": "from flask import Flask\napp = Flask(__name__)", "shop/cart.py": CART})
    assert found.unknown == ("cart is registered nowhere: its 2 routes are not in the app (shop/cart.py:4)",)


def test_registrations_that_cannot_be_followed_are_said_with_the_blueprints_that_they_may_be_about() -> None:
    app = "from flask import Flask\nimport plugins\napp = Flask(__name__)\n"
    app += "for bp in plugins.found():\n    app.register_blueprint(bp)\n"
    found = picture({"shop/__init__.py": app, "shop/cart.py": CART, "plugins.py": "def found():\n    return load()\n"})
    assert found.unknown == (
        "blueprints that are found when the app runs are registered here (shop/__init__.py:5)",
        "1 blueprint with 2 routes may be among them (shop/cart.py:4)",
    )


def test_blueprints_and_pages_of_extensions_are_said() -> None:
    source = """
        from flask import Flask
        from flask_admin import Admin
        from flask_dance.contrib.github import make_github_blueprint

        app = Flask(__name__)
        app.register_blueprint(make_github_blueprint(), url_prefix="/login")
        Admin(app)
    """
    assert picture({"app.py": source}).unknown == (
        "a blueprint of flask_dance is registered here (app.py:7)",
        "Flask-Admin adds its pages (app.py)",
    )


def test_a_namespace_that_nobody_adds_and_resources_that_are_computed_are_said() -> None:
    source = """
        from flask import Flask
        from flask_restful import Api
        from flask_restx import Namespace, Resource
        from shop import RESOURCES

        app = Flask(__name__)
        api = Api(app)
        for found in RESOURCES:
            api.add_resource(*found)
        ns = Namespace("stock")

        @ns.route("/")
        class Stock(Resource):
            def get(self): ...
    """
    assert picture({"app.py": source}).unknown == (
        "resources that are found when the app runs are added here (app.py:10)",
        "resources of ns, which nobody is seen to add to an Api (app.py:13)",
    )


def test_what_a_projects_own_kind_of_api_adds_is_said() -> None:
    source = """
        from flask import Flask
        from flask_restful import Api

        class Versioned(Api):
            def add(self, resource, *urls):
                return self.add_resource(resource, *(f"/v1{url}" for url in urls))

        api = Versioned(Flask(__name__))
    """
    reason = "resources that are found when the app runs are added here (app.py:7)"
    assert picture({"app.py": source}).unknown == (reason,)


def test_a_route_whose_url_is_computed_is_said() -> None:
    source = """
        from flask import Flask

        app = Flask(__name__, static_folder=None)

        @app.route(made_up("index"))
        def index(): ...
    """
    found = picture({"app.py": source})
    assert [row.rule for row in found.rows] == [None]
    assert found.unknown == ("the URL of 1 route is computed (app.py:6)",)


def test_a_project_without_routes_has_an_empty_picture() -> None:
    assert picture({"app.py": "import os"}) == RoutePicture()
    assert RoutePicture().rows == ()


# -- how it is kept ---------------------------------------------------------------------------------------

_texts = st.text(max_size=12)
_rows = st.builds(
    RouteRow,
    st.none() | _texts,
    st.lists(st.text(min_size=1, max_size=8), max_size=3).map(tuple),
    st.none() | _texts,
    st.none() | _texts,
    _texts,
    st.builds(Location, _texts, *[st.integers(0, 10**6)] * 4),
    st.booleans(),
    st.lists(st.text(min_size=1, max_size=8), max_size=3).map(tuple),
    st.booleans(),
)


@given(st.lists(_rows, max_size=5), st.lists(_texts, max_size=3))
def test_a_picture_comes_out_of_the_cache_as_it_went_in(wanted: list[RouteRow], reasons: list[str]) -> None:
    kept = cast("RoutePicture", pickle.loads(pickle.dumps(RoutePicture.of(wanted, reasons))))
    assert kept.rows == tuple(wanted)
    assert kept.unknown == tuple(reasons)
