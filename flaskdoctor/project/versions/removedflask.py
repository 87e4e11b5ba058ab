"""The names, methods and attributes that Flask has lost, with the first release that lacks them."""

from __future__ import annotations

from flaskdoctor.project.versions.werkzeugnames import Gone

_STACK = "use flask.globals' request_ctx, app_ctx, or g"
_PROVIDER = "set app.json to a JSONProvider"
_MARKUP = Gone((3, 0), "import it from markupsafe", "markupsafe")
_JOIN = Gone((2, 1), "import it from werkzeug.utils", "werkzeug.utils")

# Each was looked for in Flask 1.1.4, 2.0.3, 2.2.5, 2.3.3, 3.0.3 and 3.1.3.
REMOVED_NAMES = {
    "flask.Markup": _MARKUP,
    "flask.escape": _MARKUP,
    "flask._request_ctx_stack": Gone((3, 0), _STACK),
    "flask._app_ctx_stack": Gone((3, 0), _STACK),
    "flask.globals._request_ctx_stack": Gone((3, 0), _STACK),
    "flask.globals._app_ctx_stack": Gone((3, 0), _STACK),
    "flask.signals_available": Gone((3, 0), "signals are always available"),
    "flask.signals.signals_available": Gone((3, 0), "signals are always available"),
    "flask.helpers.locked_cached_property": Gone((3, 0), "use functools.cached_property"),
    "flask.json.JSONEncoder": Gone((2, 3), "derive from flask.json.provider.DefaultJSONProvider"),
    "flask.json.JSONDecoder": Gone((2, 3), "derive from flask.json.provider.DefaultJSONProvider"),
    "flask.json.htmlsafe_dumps": Gone((2, 3), "it is jinja2.utils.htmlsafe_json_dumps"),
    "flask.helpers.get_env": Gone((2, 3), "read a setting of your own"),
    "flask.safe_join": _JOIN,
    "flask.helpers.safe_join": _JOIN,
    "flask.json_available": Gone((2, 0), "JSON is always available"),
}
OLD_PACKAGE = "flask.ext"
EXTENSIONS = Gone((1, 0), "import the extension by its own name")  # ``flask.ext.login`` is ``flask_login``

_FIRST = Gone((2, 3), "run it when the app is made")
_CONFIG = Gone((2, 3), "use app.config")
APP_METHODS = {"before_first_request": _FIRST}
BLUEPRINT_METHODS = {"before_app_first_request": _FIRST}
CONFIG_METHODS = {"from_json": Gone((2, 1), "use from_file(.., load=json.load)")}
ATTRIBUTES = {
    "env": Gone((2, 3), "read a setting of your own"),
    "json_encoder": Gone((2, 3), _PROVIDER),
    "json_decoder": Gone((2, 3), _PROVIDER),
    "propagate_exceptions": _CONFIG,
    "session_cookie_name": _CONFIG,
    "use_x_sendfile": _CONFIG,
    "send_file_max_age_default": _CONFIG,
    "templates_auto_reload": _CONFIG,
    "got_first_request": Gone((3, 0), "keep a flag of your own"),
}
BLUEPRINT_ATTRIBUTES = ("json_encoder", "json_decoder")
