"""Decorators of Flask's extensions that hand on to Flask whatever the view returned."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flaskdoctor.project.routing.links import Links

# Each ends in ``return view(..)`` in these releases: Flask-Login 0.6.3, flask-cors 6.0, Flask-Limiter 4.1 and
# Flask-Caching 2.5 were run; Flask-JWT-Extended 4.7, Flask-Security 5.9, webargs 8, Flask-HTTPAuth 4.8, Flask-WTF 1.3
# and Flask-Principal 0.4 (its ``IdentityContext.__call__``) were read.
_FUNCTIONS = frozenset(
    {
        "flask_login.login_required",
        "flask_login.utils.login_required",
        "flask_login.fresh_login_required",
        "flask_login.utils.fresh_login_required",
        "flask_cors.cross_origin",  # calls make_response itself
        "flask_cors.decorator.cross_origin",
        "flask_jwt_extended.jwt_required",
        "flask_jwt_extended.view_decorators.jwt_required",
        "flask_security.login_required",
        "flask_security.auth_required",
        "flask_security.auth_token_required",
        "flask_security.http_auth_required",
        "flask_security.permissions_required",
        "flask_security.permissions_accepted",
        "flask_security.roles_required",
        "flask_security.roles_accepted",
        "flask_security.decorators.auth_required",
        "flask_security.decorators.roles_required",
        "flask_security.decorators.roles_accepted",
        "webargs.flaskparser.use_args",
        "webargs.flaskparser.use_kwargs",
        "flasgger.swag_from",
        "flasgger.utils.swag_from",
    }
)

# The methods of an extension's object, by the class that makes it.
_METHODS: dict[str, frozenset[str]] = {
    "login_required": frozenset(
        {
            "flask_httpauth.HTTPBasicAuth",
            "flask_httpauth.HTTPDigestAuth",
            "flask_httpauth.HTTPTokenAuth",
            "flask_httpauth.MultiAuth",
        }
    ),
    "limit": frozenset({"flask_limiter.Limiter", "flask_limiter.extension.Limiter"}),
    "shared_limit": frozenset({"flask_limiter.Limiter", "flask_limiter.extension.Limiter"}),
    "exempt": frozenset(
        {
            "flask_limiter.Limiter",
            "flask_limiter.extension.Limiter",
            "flask_wtf.CSRFProtect",
            "flask_wtf.csrf.CSRFProtect",
            "flask_wtf.CsrfProtect",
            "flask_wtf.csrf.CsrfProtect",
        }
    ),
    "cached": frozenset({"flask_caching.Cache"}),
    "require": frozenset({"flask_principal.Permission"}),
}


def reaches_flask(links: Links, path: str, responder: tuple[object, ...]) -> bool:
    """Whether Flask gets what a responder of the file ``path`` returns, as it is: it hangs on Flask's own apps and
    blueprints, and all its decorators hand its result on.

    ``responder`` are its owners, its decorators and the class that it is a method of, as dotted names ("" for none);
    where that class's routes stand in other files, the owners are those of these routes.
    """
    owners, decorators, view_class = responder
    assert isinstance(owners, tuple)
    assert isinstance(decorators, tuple)
    assert isinstance(view_class, str)
    places = [(owner, path) for owner in owners]
    if view_class and not places:
        name = links.resolve(view_class, path)
        places = [(route.owner, file) for route, file in links.view_routes.get(name, ())]
    if not places or links.takes_answers_itself:
        return False
    plain = all(links.is_router(owner, file) and not links.has_own_responses(owner, file) for owner, file in places)
    return plain and all(hands_on(links, name, path) for name in decorators)


def hands_on(links: Links, name: str, path: str) -> bool:
    """Whether a decorator, by the dotted name that the file ``path`` has for it, leaves a view's result alone."""
    canonical = links.resolve(name, path)
    if canonical in _FUNCTIONS or links.passes_result(name, path):
        return True
    owner, _, method = canonical.rpartition(".")
    classes = _METHODS.get(method)
    return classes is not None and links.constructor(owner, path) in classes
