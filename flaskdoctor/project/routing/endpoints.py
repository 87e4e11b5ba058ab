"""Which endpoints the project has, and of which it cannot be said whether there are more."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from flaskdoctor.project.routing.resourcemap import ResourceMap

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.routing.links import RouteEntry
    from flaskdoctor.project.snapshot import Project

SHIPPED = ("app", "script", "settings")
# Overridden in an app or blueprint class of the project, these may choose other endpoints.
_NAMING = frozenset({"add_url_rule", "route", "get", "post", "put", "patch", "delete", "endpoint", "url_for",
                     "register_blueprint", "register", "handle_url_build_error"})  # fmt: skip
# The distributions' modules that are handed an app and add no endpoint to it, or only those of ``_LABELS``.
_QUIET = frozenset({
    "flask", "quart", "werkzeug", "flask_sqlalchemy", "flask_migrate", "flask_login", "flask_wtf", "flask_mail",
    "flask_mailman", "flask_cors", "flask_bcrypt", "flask_marshmallow", "flask_jwt_extended", "flask_caching",
    "flask_limiter", "flask_moment", "flask_session", "flask_babel", "flask_babelex", "flask_babelplus",
    "flask_talisman", "flask_compress", "flask_pymongo", "flask_mongoengine", "flask_mysqldb", "flask_socketio",
    "flask_httpauth", "flask_principal", "flask_uploads", "flask_seasurf", "flask_sslify", "flask_pagedown",
    "flask_ckeditor", "flask_bootstrap", "flask_assets", "flask_script", "flask_redis", "flask_debugtoolbar",
    "flask_restful", "flask_apscheduler", "flask_allows", "flask_alembic", "flask_whooshee", "flask_gravatar",
    "flask_markdown", "flask_misaka", "flask_avatars", "flask_dropzone", "flask_minify", "flask_htmlmin",
    "flask_executor", "flask_rq2", "flask_peewee", "flask_elasticsearch", "flask_argon2", "flask_heroku",
    "flaskext", "flask_mysql", "flask_nav", "flask_share", "flask_sitemap", "flask_static_digest", "flask_webpack",
    "dotenv", "celery", "sentry_sdk", "raven", "logging", "waitress", "gunicorn", "gevent", "eventlet", "authlib",
    "whitenoise", "click", "sqlalchemy", "peewee", "redis", "threading", "os", "atexit", "config",
    "environs", "asgiref", "uvicorn", "hypercorn", "paste", "meinheld", "bjoern", "pytest", "unittest",
})  # fmt: skip
# Blueprints that extensions bring along, whoever registers them.
_LABELS = frozenset({
    "static", "_themes", "bootstrap", "debugtoolbar", "security", "admin", "restx_doc", "restplus_doc",
    "flasgger", "ckeditor",
    "moment", "dropzone", "avatars", "share", "rq_dashboard", "swagger_ui", "user", "toolbar", "assets", "sse",
    "webpack_static", "sitemap", "flask_sitemap", "openapi", "api-docs", "apidocs", "dashboard", "graphql", "nav",
    "flatpages", "oidc", "auth0", "scheduler",
})  # fmt: skip
_HOSTS = frozenset({"ckan", "airflow", "superset", "indico"})  # what is built for these adds to their views
# What a blueprint or an app is handed to without anything being added to it.
_HARMLESS = frozenset({"exempt", "limit", "shared_limit", "CORS", "errorhandler", "url_for", "register_blueprint"})
_ADDS = frozenset({
    "flask_admin", "flask_appbuilder", "flask_restx", "flask_restplus", "flask_smorest", "apiflask", "flask_openapi3",
    "flask_rest_jsonapi", "flask_combo_jsonapi", "flask_restless", "flask_security", "flask_user", "flask_oidc",
    "flasgger", "flask_monitoringdashboard", "prometheus_flask_exporter", "dash", "connexion", "ckan", "indico",
    "flask_dance", "flask_pluginkit", "flask_plugins", "flask_multipass", "strawberry", "ariadne", "invenio_base",
    "invenio_app", "spectree", "apifairy", "healthcheck", "flask_healthz",
})  # fmt: skip


class Endpoints:
    """The endpoints of all apps of a project together.

    ``known`` are those that can be told. ``labels`` are the names under which its blueprints hang ("shop.admin").
    """

    def __init__(self, project: Project) -> None:
        self._links = project.links
        self.known: set[str] = set()
        self.labels: set[str] = set()
        self._made = self._links.all_routers("blueprint")
        self._own = {router.label for router in self._made}
        self._open: set[str] = set()  # labels of blueprints that may have further views
        self._adders = False
        self._everything = self._beyond_telling(project)
        self._blueprints = self._plain = self._everything
        if not self._everything:
            entries = [*self._links.routes(), *ResourceMap(self._links).entries()]
            self._add(entries)
            self._add_gaps()
        # Views of tests, examples and documents, and of blueprints that hang nowhere: others speak of those.
        self._loose = frozenset(self._left_out())

    @property
    def tells(self) -> bool:
        """Whether anything can be said to be missing at all."""
        return not self._everything

    def misses(self, endpoint: str) -> bool:
        """Whether there certainly is no such endpoint. A relative one (".index") is asked for with the blueprint."""
        if self._everything or endpoint in self.known or endpoint in self._loose:
            return False
        label = endpoint.rpartition(".")[0]
        if not label:
            return not self._plain and endpoint != "static"
        if label in self.labels:
            return label not in self._open
        first = label.partition(".")[0]
        if (first in _LABELS and first not in self._own) or label in self._loose:
            return False
        return not self._blueprints

    def misses_relative(self, view: str) -> bool:
        """Whether no blueprint, nor an app, has a view of this name: what ``.view`` means depends on the request."""
        if self._everything or self._blueprints or self._plain or self._open:
            return False
        return view not in self._loose and view not in self._views

    @cached_property
    def _views(self) -> frozenset[str]:
        return frozenset(name.rpartition(".")[2] for name in self.known)

    # -- what there is --------------------------------------------------------------------------------------

    def _add(self, entries: list[RouteEntry]) -> None:
        for entry in entries:
            if entry.endpoint is not None:
                self.known.add(entry.endpoint)
            elif not entry.chain:
                self._everything = True  # with a dot in it, it looks like a blueprint's
            else:
                self._open.update(self._names(entry.chain[-1]))
        for router in self._made:
            self.labels.update(self._names(router.name))

    def _names(self, blueprint: str) -> Iterator[str]:
        """The names under which a blueprint hangs; where one of them is computed, none can be said to be missing."""
        for mount in self._links.mounts(blueprint):
            if mount.name is None:
                self._everything = True
            else:
                yield mount.name

    # -- what there may be ----------------------------------------------------------------------------------

    def _beyond_telling(self, project: Project) -> bool:
        links = project.links
        roles = {file.path: file.role for file in project.files.python}
        if any(problem.kind == "FD001" and roles.get(problem.path) != "test" for problem in project.problems):
            return True
        if not any(links.modules[app.path].role in SHIPPED for app in links.all_routers("app")):
            return True  # an extension's or a part's own blueprints: the app around them has others
        for facts in self._shipped():
            packages = {item.target.partition(".")[0] for item in facts.imports}
            if facts.pages.builds_otherwise or not packages.isdisjoint(_HOSTS):
                return True
            self._adders = self._adders or not packages.isdisjoint(_ADDS)
            for owner in facts.classes:
                named = any(f"{owner}.{method}" in facts.functions for method in _NAMING)
                if named and links.class_kind(owner, facts.path):
                    return True
        return any(self._is_lost(facts) for facts in self._shipped())

    def _is_lost(self, facts: ModuleFacts) -> bool:
        """Whether a file has routes of something of which nobody can tell what it is."""
        links = self._links
        for route in facts.routes:
            plain = route.spelling in ("route", "add_url_rule") and not route.given
            if not plain or not (route.rule or "/").startswith("/"):
                continue
            if not links.routers(route.owner, facts.path):
                return True
        return False

    def _shipped(self) -> Iterator[ModuleFacts]:
        return (facts for facts in self._links.modules.values() if facts.role in SHIPPED)

    def _add_gaps(self) -> None:
        links = self._links
        for registration, facts in links.registrations():
            if facts.role not in SHIPPED:
                continue
            foreign = any(not links.routers(name, facts.path) for name in registration.children)
            if foreign or links.hangs_unknown(registration, facts.path):
                self._blueprints = True
        if self._adders:
            self._blueprints = self._plain = True
        for facts in self._shipped():
            for call in facts.handed:
                self._hand_on(call.callee, [name for item in call.arguments for name in item.names], facts)

    def _hand_on(self, callee: str, names: list[str], facts: ModuleFacts) -> None:
        """What others are handed, they may add endpoints to."""
        links = self._links
        if callee.rpartition(".")[2] in _HARMLESS or links.function(callee, facts.path) is not None:
            return
        base = callee.rpartition(".")[0]
        maker = links.constructor(base, facts.path) or links.constructor(callee, facts.path)
        package = (maker or links.resolve(callee, facts.path)).partition(".")[0]
        for name in names:
            for router in links.routers(name, facts.path):
                made = links.router(router)
                if made is not None and made.kind == "blueprint":
                    if package not in ("flask_cors", "flask_limiter", "flask_wtf"):
                        self._open.update(self._names(router))
                elif package not in _QUIET and (maker is not None or links.is_foreign(callee, facts.path)):
                    self._blueprints = self._plain = True

    def _left_out(self) -> Iterator[str]:
        links = self._links
        for router in self._made:
            if router.label is None:
                self._blueprints = True
            elif not links.mounts(router.name):
                yield router.label
        for facts in links.modules.values():
            for route in facts.routes if facts.role not in SHIPPED else ():
                yield route.endpoint or route.view.rpartition(".")[2]
