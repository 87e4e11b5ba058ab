"""The library names that make an object a Flask app, a Blueprint or one of their known relatives."""

from __future__ import annotations

APP_CLASSES = frozenset(
    {
        "flask.Flask",
        "flask.app.Flask",
        "quart.Quart",
        "quart.app.Quart",
        "apiflask.APIFlask",
        "flask_openapi3.OpenAPI",
        "flask_api.FlaskAPI",
    }
)

BLUEPRINT_CLASSES = frozenset(
    {
        "flask.Blueprint",
        "flask.blueprints.Blueprint",
        "quart.Blueprint",
        "quart.blueprints.Blueprint",
        "apiflask.APIBlueprint",
        "flask_openapi3.APIBlueprint",
        "flask_smorest.Blueprint",
        "flask_smorest.blueprint.Blueprint",
    }
)

# Their views return data that the extension turns into a response, so a rule about responses stays silent.
OWN_RESPONSE_CLASSES = frozenset(
    {
        "apiflask.APIFlask",
        "apiflask.APIBlueprint",
        "flask_smorest.Blueprint",
        "flask_smorest.blueprint.Blueprint",
        "flask_openapi3.OpenAPI",
        "flask_openapi3.APIBlueprint",
        "flask_api.FlaskAPI",
        "quart.Quart",
        "quart.Blueprint",
    }
)

ROUTER_CLASSES = APP_CLASSES | BLUEPRINT_CLASSES

# ``app.get("/")`` and friends (Flask >= 2.0), beside ``app.route``.
METHOD_SHORTCUTS = frozenset({"get", "post", "put", "patch", "delete"})

# Names that a parameter carries when it is the app or a blueprint, as in ``def register(app): ..``.
ROUTER_PARAMETERS = frozenset(
    {"app", "application", "flask_app", "bp", "blueprint", "server", "webapp", "parent", "parent_bp"}
)

# Decorators by which a function answers a request or takes part in one, beside a route.
HANDLER_DECORATORS = frozenset(
    {
        "errorhandler",
        "app_errorhandler",
        "before_request",
        "before_app_request",
        "after_request",
        "after_app_request",
        "teardown_request",
        "teardown_app_request",
    }
)

# Attributes of an app that newer releases have lost: 2.3 all of them but the last one, which went with 3.0.
REMOVED_ATTRIBUTES = (
    "env",
    "json_encoder",
    "json_decoder",
    "propagate_exceptions",
    "session_cookie_name",
    "use_x_sendfile",
    "send_file_max_age_default",
    "templates_auto_reload",
    "got_first_request",
)
