"""Why the route map may lack routes, or what of it is not shown: each reason a sentence with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from flaskdoctor.project.code.facts import ModuleFacts
from flaskdoctor.project.routing.links import Links
from flaskdoctor.project.routing.resourcemap import ResourceMap

if TYPE_CHECKING:
    from flaskdoctor.finding import Location

_SHIPPED = ("app", "script", "settings")
_MOST_PLACES = 3

# What an extension adds when this is called. Those that hand their blueprint to ``register_blueprint`` are found there.
_ADDS = {
    "flask_admin.Admin": "Flask-Admin adds its pages",
    "flask_admin.base.Admin": "Flask-Admin adds its pages",
    "flask_appbuilder.AppBuilder": "Flask-AppBuilder adds its views",
    "flask_restx.Api": "Flask-RESTX adds /swagger.json and its documentation",
    "flask_restx.api.Api": "Flask-RESTX adds /swagger.json and its documentation",
    "flask_restplus.Api": "Flask-RESTPlus adds /swagger.json and its documentation",
    "flask_smorest.Api": "flask-smorest adds its OpenAPI pages where OPENAPI_URL_PREFIX is set",
    "apiflask.APIFlask": "APIFlask adds /openapi.json and its documentation",
    "flask_openapi3.OpenAPI": "flask-openapi3 adds /openapi and its documentation",
    "flask_rest_jsonapi.Api": "Flask-REST-JSONAPI adds the routes of its resources",
    "flask_combo_jsonapi.Api": "Flask-COMBO-JSONAPI adds the routes of its resources",
    "flask_restless.APIManager": "Flask-Restless adds the routes of its models",
    "flask_security.Security": "Flask-Security adds its views (login, logout ..)",
    "flask_security.core.Security": "Flask-Security adds its views (login, logout ..)",
    "flask_user.UserManager": "Flask-User adds its views (sign-in, sign-out ..)",
    "flask_oidc.OpenIDConnect": "Flask-OIDC adds its views",
    "apifairy.APIFairy": "APIFairy adds /apispec.json and its documentation",
    "spectree.SpecTree": "SpecTree adds /apidoc and its documentation",
    "werkzeug.routing.Rule": "rules that are made by hand may be added to the url_map",
    "flasgger.Swagger": "Flasgger adds /apidocs and its specification",
    "flask_debugtoolbar.DebugToolbarExtension": "Flask-DebugToolbar adds its views",
    "flask_monitoringdashboard.bind": "Flask-MonitoringDashboard adds its pages",
    "prometheus_flask_exporter.PrometheusMetrics": "prometheus-flask-exporter adds /metrics",
    "flask_ckeditor.CKEditor": "Flask-CKEditor adds its static files",
    "flask_bootstrap.Bootstrap": "Flask-Bootstrap adds its static files",
    "flask_bootstrap.Bootstrap4": "Bootstrap-Flask adds its static files",
    "flask_bootstrap.Bootstrap5": "Bootstrap-Flask adds its static files",
    "flask_socketio.SocketIO": "Flask-SocketIO answers /socket.io before Flask does",
    "dash.Dash": "Dash adds its pages",
    "connexion.FlaskApp": "Connexion adds the routes of its OpenAPI files",
    "connexion.App": "Connexion adds the routes of its OpenAPI files",
}
_NAMES = frozenset(name.rpartition(".")[2] for name in _ADDS)


def route_gaps(links: Links, resources: ResourceMap, computed: Sequence[Location]) -> tuple[str, ...]:
    """All reasons, each once. ``computed`` are the places of the routes whose URL cannot be told."""
    found: dict[tuple[str, str], list[str]] = {}
    for reason, subject, place in [*_registrations(links), *_lost(resources), *_owners(links), *_extensions(links)]:
        found.setdefault((reason, subject), []).append(place)
    sentences = [_sentence(reason, subject, places) for (reason, subject), places in found.items()]
    if computed:
        urls = (
            "the URL of 1 route is computed"
            if len(computed) == 1
            else f"the URLs of {len(computed)} routes are computed"
        )
        sentences.append(_sentence(urls, "", [_at(place) for place in computed]))
    return (*sentences, *_unregistered(links, resources))


def _sentence(reason: str, subject: str, places: list[str]) -> str:
    places = list(dict.fromkeys(places))
    shown = ", ".join(places[:_MOST_PLACES])
    if len(places) > _MOST_PLACES:
        shown += f" and {len(places) - _MOST_PLACES} more"
    return f"{reason.format(subject)} ({shown})"


def _registrations(links: Links) -> Iterator[tuple[str, str, str]]:
    for registration, facts in links.registrations():
        if facts.role not in _SHIPPED:
            continue
        if links.hangs_unknown(registration, facts.path):
            yield "blueprints that are found when the app runs are registered here", "", _at(registration.location)
        for name in registration.children:
            if not links.routers(name, facts.path) and links.is_foreign(name, facts.path):
                yield "a blueprint of {} is registered here", _maker(links, name, facts), _at(registration.location)


def _maker(links: Links, name: str, facts: ModuleFacts) -> str:
    """The library that a foreign blueprint comes from."""
    plain = name.removeprefix("*").removesuffix("()")
    made = links.constructor(plain, facts.path) or links.resolve(plain, facts.path)
    return made.partition(".")[0]


def _owners(links: Links) -> Iterator[tuple[str, str, str]]:
    """Routes of something that is neither an app nor a blueprint as far as can be told."""
    for facts in links.modules.values():
        for route in facts.routes if facts.role in _SHIPPED else ():
            plain = route.spelling in ("route", "add_url_rule") and not route.given
            if not plain or route.is_class or not (route.rule or "/").startswith("/"):
                continue
            if not links.routers(route.owner, facts.path) and not links.is_foreign(route.owner, facts.path):
                name = route.owner.removeprefix(f"{facts.name}.").replace("<locals>.", "")
                yield "what {} is cannot be told, and it has routes", name, _at(route.location)


def _extensions(links: Links) -> Iterator[tuple[str, str, str]]:
    for facts in links.modules.values():
        for name in sorted(facts.called) if facts.role in _SHIPPED else ():
            if name.rpartition(".")[2] not in _NAMES:
                continue
            bases, path = links.bases(name, facts.path)
            makers = (name, links.resolve(name, facts.path), *(links.resolve(base, path) for base in bases))
            words = next((_ADDS[maker] for maker in makers if maker in _ADDS), None)
            if words:
                yield words, "", facts.path


def _lost(resources: ResourceMap) -> Iterator[tuple[str, str, str]]:
    for resource in resources.computed:
        yield "resources that are found when the app runs are added here", "", _at(resource.location)
    for resource, facts in resources.lost:
        name = resource.owner.removeprefix(f"{facts.name}.")
        yield "resources of {}, which nobody is seen to add to an Api", name, _at(resource.location)


def _unregistered(links: Links, resources: ResourceMap) -> Iterator[str]:
    """Blueprints that hang nowhere: what they hold is not in the app, or may be where registrations are computed."""
    owned = Counter(resources.unmounted)
    for facts in links.modules.values():
        for route in facts.routes if facts.role in _SHIPPED else ():
            owned.update(links.routers(route.owner, facts.path))
    idle = [
        router
        for router in links.all_routers("blueprint")
        if owned[router.name] and links.modules[router.path].role in _SHIPPED and not links.mounts(router.name)
    ]
    if not links.registers_unknown():
        for router in idle:
            label = router.label or router.name.rpartition(".")[2]
            routes = "its route is" if owned[router.name] == 1 else f"its {owned[router.name]} routes are"
            yield f"{label} is registered nowhere: {routes} not in the app ({_at(router.location)})"
    elif idle:
        count = sum(owned[router.name] for router in idle)
        places = list(dict.fromkeys(_at(router.location) for router in idle))
        yield _sentence(
            f"{_counted(len(idle), 'blueprint')} with {_counted(count, 'route')} may be among them", "", places
        )


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _at(location: Location) -> str:
    return f"{location.path}:{location.line}"
