"""Whether a project serves browsers, and what it does to protect their cookies and pages."""

from __future__ import annotations

import os
import re
from functools import cached_property
from typing import TYPE_CHECKING

from flaskdoctor.patterns import lazy
from flaskdoctor.project.deployment.filenames import is_development_name
from flaskdoctor.project.deployment.proxies import SECURITY_HEADERS
from flaskdoctor.project.pages.browserfacts import COOKIE_KEYS, OFF, REMEMBER_SECURE, SESSION_SAMESITE, SESSION_SECURE
from flaskdoctor.project.plainfile import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flaskdoctor.finding import Location
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.snapshot import Project

# What keeps something in Flask's session by itself.
_SESSION_PACKAGES = frozenset({
    "flask_wtf", "flask_user", "flask_dance", "flask_session", "flask_oauthlib", "flask_appbuilder", "flask_openid",
    "flask_seasurf", "flask_multipass", "flask_pyoidc", "flask_oidc", "flask_saml2", "flask_simplelogin",
})  # fmt: skip
_SESSION_NAMES = frozenset({
    "flask.session", "quart.session", "flask.flash", "quart.flash", "authlib.integrations.flask_client.OAuth",
    "flask_login.login_user", "flask_security.Security", "flask_security.login_user", "flask_security.auth_required",
})  # fmt: skip
_HEADER_PACKAGES = frozenset({
    "flask_talisman", "talisman", "secure", "flask_csp", "secweb", "flask_helmet", "flask_sslify",
})  # fmt: skip
_FRAMEWORKS = ("invenio-app", "invenio", "invenio-app-rdm")
_SPEAKING = ("app", "script", "test")
_OUTSIDE = frozenset({"from_envvar", "from_prefixed_env", "from_file", "from_json", "from_yaml"})
_HEADERS = tuple(name.encode() for name in SECURITY_HEADERS)
_SETTINGS_FILE = lazy(
    r"(?:.*/)?(?:[\w.-]*(?:conf|config|settings?|secrets?|defaults?)[\w.-]*\.(?:cfg|ini|toml|json|ya?ml|env|conf)"
    r"|[\w.-]+\.(?:cfg|ini)|\.env[\w.-]*|[\w.-]*\.env|vercel\.json|netlify\.toml|firebase\.json|_headers)",
    re.IGNORECASE,
)
_SETTINGS_ENDINGS = (".cfg", ".ini", ".toml", ".json", ".yml", ".yaml", ".env", ".conf", "_headers")
_MOST_SETTINGS_FILES = 60
_ORDER = ("off:", "production", "settings", "app")


class Browsers:
    """Asked by the rules about cookies and headers; every answer is found once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.inputs: tuple[str, ...] = ()  # settings files that were looked through (relative, POSIX)

    @cached_property
    def _own(self) -> list[ModuleFacts]:
        return [facts for facts in self._project.modules.values() if facts.role in ("app", "script")]

    # -- what is served -------------------------------------------------------------------------------------

    @cached_property
    def uses_session(self) -> bool:
        """Whether something puts anything into the session, so that its cookie is ever sent."""
        return any(_keeps_logins(facts) for facts in self._own)

    @cached_property
    def uses_remember_cookie(self) -> bool:
        """Whether Flask-Login's "remember me" cookie is ever set."""
        return any(facts.browser.remembers for facts in self._own) and any(
            item.target.partition(".")[0] in ("flask_login", "flask_security")
            for facts in self._own
            for item in facts.imports
        )

    @cached_property
    def serves_pages(self) -> bool:
        """Whether views answer with web pages."""
        return any(facts.browser.renders for facts in self._own)

    # -- the app --------------------------------------------------------------------------------------------

    @cached_property
    def main_app(self) -> Location | None:
        """Where the project's app is made: of several the one nearest to the project's root; None: nowhere to see."""
        modules = self._project.modules
        found = [
            router.location
            for router in self._project.links.all_routers("app")
            if modules[router.path].role == "app" or ("/" not in router.path and modules[router.path].role == "script")
        ]
        found.sort(
            key=lambda place: (
                modules[place.path].role != "app",
                is_development_name(place.path.rpartition("/")[2].removesuffix(".py")),
                place.path.count("/"),
                place,
            )
        )
        return found[0] if found else None

    # -- cookies --------------------------------------------------------------------------------------------

    @cached_property
    def missing_cookie_settings(self) -> tuple[str, ...]:
        """The cookie settings that nothing makes, the gravest first."""
        wanted = [SESSION_SECURE, SESSION_SAMESITE] if self.uses_session else []
        if self.uses_remember_cookie:
            wanted.insert(1, REMEMBER_SECURE)
        missing = [key for key in wanted if not self._made(key)] if not self._framework else []
        if missing and self._talisman:  # it sets SameSite in any case
            left_alone = any(facts.browser.talisman_off for facts in self._own)
            missing = [key for key in missing if key == REMEMBER_SECURE or (left_alone and key == SESSION_SECURE)]
        if missing and any(proxy.secures_cookies for proxy in self._project.deploy.proxies if not proxy.development):
            missing = [key for key in missing if key == SESSION_SAMESITE]
        if missing:
            elsewhere = self._named_elsewhere
            missing = [key for key in missing if key not in elsewhere]
        return tuple(missing)

    def _made(self, key: str) -> bool:
        for facts in self._own:
            browser = facts.browser
            if key in browser.mentions or browser.makes_cookies == "all":
                return True
            if browser.makes_cookies == "secure" and key != SESSION_SAMESITE:
                return True
            if any(each.key == key and each.state != OFF and not each.special for each in browser.settings):
                return True
        return False

    @cached_property
    def _talisman(self) -> bool:
        return any(
            item.target.startswith(("flask_talisman", "talisman.")) for facts in self._own for item in facts.imports
        )

    @cached_property
    def set_outside(self) -> bool:
        """Whether the configuration is read from a file or an environment that is not part of the code."""
        return any(_reads_outside(name) for facts in self._own for name in facts.called)

    @cached_property
    def _named_elsewhere(self) -> frozenset[str]:
        """The cookie keys that env files, deployment files and settings files name."""
        project = self._project
        names = {variable.name for variable in project.deploy.environment}
        for file in (project.env.env, project.env.flaskenv, *project.env.templates):
            names.update(binding.name.reveal() for binding in file.bindings if binding.named)
        found = {key for key in COOKIE_KEYS if any(name.endswith(key) for name in names)}
        for data in self._settings_files:
            found.update(key for key in COOKIE_KEYS if _sets(data, key.encode()))
        return frozenset(found)

    def names_setting(self, key: str) -> bool:
        """Whether an env file, a deployment file or a settings file that is no Python names a configuration key."""
        project = self._project
        if any(variable.name.endswith(key) for variable in project.deploy.environment):
            return True
        files = (project.env.env, project.env.flaskenv, *project.env.templates)
        names = (binding.name.reveal() for file in files for binding in file.bindings if binding.named)
        return any(name.endswith(key) for name in names) or any(
            _sets(data, key.encode()) for data in self._settings_files
        )

    @cached_property
    def _settings_files(self) -> tuple[bytes, ...]:
        """The contents of the settings files that are no Python; read only where the code leaves something open."""
        likely = (path for path in self._project.files.files if path.endswith(_SETTINGS_ENDINGS) or ".env" in path)
        paths = [path for path in likely if _SETTINGS_FILE.fullmatch(path)][:_MOST_SETTINGS_FILES]
        self.inputs = tuple(paths)
        return tuple(read_bytes(os.path.join(self._project.root, path), 200_000).data for path in paths)

    @cached_property
    def cookie_place(self) -> tuple[str, Location] | None:
        """The one place that a finding about cookie settings is reported at, with its kind."""
        missing = self.missing_cookie_settings
        found = [place for place in self._places() if not place[0].startswith("off:") or place[0][4:] in missing]
        elsewhere = self._other_apps
        found.sort(
            key=lambda place: (
                _folder(place[1].path) in elsewhere,
                _rank(place[0]),
                place[1].path.count("/"),
                place[1],
            )
        )
        return found[0] if found else None

    @cached_property
    def _other_apps(self) -> frozenset[str]:
        """The top folders of a project of several apps in which nothing uses the session."""
        apps = {_folder(router.path) for router in self._project.links.all_routers("app")}
        return frozenset(apps - {_folder(facts.path) for facts in self._own if _keeps_logins(facts)} - {""})

    def _places(self) -> Iterator[tuple[str, Location]]:
        for facts in self._own:
            for place in facts.browser.places:
                if place.kind != "app":
                    yield place.kind, place.location
        if self.main_app is not None:
            yield "app", self.main_app

    # -- headers --------------------------------------------------------------------------------------------

    @cached_property
    def sets_headers(self) -> bool:
        """Whether the code, an extension or a proxy sets any of the security headers."""
        return (
            # Whoever tests for a header sets it somewhere.
            any(facts.browser.headers for facts in self._project.modules.values() if facts.role in _SPEAKING)
            or any(_adds_headers(item.target) for facts in self._own for item in facts.imports)
            or any(proxy.headers for proxy in self._project.deploy.proxies if not proxy.development)
            or self._framework
            or any(_sets(data, name) for data in self._settings_files for name in _HEADERS)
        )

    @cached_property
    def _framework(self) -> bool:
        """Whether the app is made by a framework above Flask that sets headers and cookies itself."""
        return any(self._project.dependencies.has(name) for name in _FRAMEWORKS)


def _folder(path: str) -> str:
    """The top folder of a path; "" for a file in the project's own folder."""
    return path.partition("/")[0] if "/" in path else ""


def _adds_headers(target: str) -> bool:
    if target.startswith("flask.ext."):  # before Flask 1.0
        target = f"flask_{target[len('flask.ext.') :]}"
    return target.partition(".")[0].lower() in _HEADER_PACKAGES


def _keeps_logins(facts: ModuleFacts) -> bool:
    """Whether a file puts something into the session."""
    return (
        facts.browser.session
        or not _SESSION_NAMES.isdisjoint(facts.called)
        or any(
            item.target in _SESSION_NAMES or item.target.partition(".")[0] in _SESSION_PACKAGES
            for item in facts.imports
        )
    )


def _rank(kind: str) -> int:
    return next(index for index, start in enumerate(_ORDER) if kind.startswith(start))


def _sets(data: bytes, name: bytes) -> bool:
    """Whether a settings file names something on a line that is no comment, in any case of its letters."""
    lowered, name = data.lower(), name.lower()
    at = lowered.find(name)
    while at >= 0:
        if not lowered[lowered.rfind(b"\n", 0, at) + 1 : at].lstrip().startswith((b"#", b";", b"//")):
            return True
        at = lowered.find(name, at + 1)
    return False


def _reads_outside(name: str) -> bool:
    owner, _, method = name.rpartition(".")
    return method in _OUTSIDE and owner.lower().endswith("config")
