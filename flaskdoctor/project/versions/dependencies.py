"""Which Flask a project runs on, and which distributions it uses, from its files and its virtualenv."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from flaskdoctor.project.versions.requirements import Declared, declared, installed, normalise, site_packages
from flaskdoctor.project.versions.versions import Allowed, Version, allowed, parse_version, unite

# Distributions that bring Flask with them, beside everything called flask-something.
_BRINGS_FLASK = frozenset(("apiflask", "dash", "pytest-flask"))


class FlaskRange(NamedTuple):
    """The Flask releases that a project allows.

    ``floor`` decides whether a new spelling may be used, ``newest`` whether an old one is gone. ``exact``
    is the version where there is but one, as written. ``words`` says it with its source: "3.1.3 in
    uv.lock".
    """

    floor: Version
    newest: Version
    exact: str = ""
    words: str = ""


class Dependencies(NamedTuple):
    """Flask's versions, None where nothing says that the project uses Flask at all, and the
    distributions that it declares or locks (normalised names; those of its virtualenv, where nothing is declared).
    ``installed`` are those of its virtualenv. ``inputs`` are the files and folders (relative, POSIX) that were
    read."""

    flask: FlaskRange | None = None
    distributions: frozenset[str] = frozenset()
    installed: frozenset[str] = frozenset()
    inputs: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        """Whether the project declares or locks the distribution ``name``, however it is spelt."""
        return normalise(name) in self.distributions

    def flask_at_least(self, version: tuple[int, ...]) -> bool:
        """Whether every Flask that the project allows is at least ``version``; False where that is not
        known."""
        return self.flask is not None and self.flask.floor >= version

    def flask_may_be(self, version: tuple[int, ...]) -> bool:
        """Whether the newest Flask that the project allows is at least ``version``; False where not known."""
        return self.flask is not None and self.flask.newest >= version


def read_dependencies(root: str) -> Dependencies:
    """What the project at ``root`` depends on. The virtualenv wins, then a lock file, then pins, then
    specifiers."""
    found, inputs = declared(root)
    places = site_packages(root)
    installations = [(*one, place.environment) for place in places for one in installed(root, place.folder)]
    names = frozenset(one.name for one in found if one.kind != "constraint")
    inputs += [place.folder for place in places]
    present = frozenset(name for name, _, _ in installations)
    result = Dependencies(distributions=names or present, installed=present, inputs=tuple(inputs))
    for name, version, environment in installations:
        if name == "flask" and (parsed := parse_version(version)):
            return result._replace(flask=FlaskRange(parsed, parsed, version, f"{version} in {environment}"))
    flask = [one for one in found if one.name == "flask"]
    for several in (
        [one for one in flask if one.kind == "lock"],
        [one for one in flask if one.kind == "main" and one.specifier.startswith("==") and not one.conditional],
        [one for one in flask if one.kind in ("main", "constraint")],
        flask,
    ):
        if any(one.kind != "constraint" for one in several) and (found_here := _combined(several)):
            return result._replace(flask=FlaskRange(*found_here, _words(several)))
    carrier = next((one for one in found if one.name.startswith("flask-") or one.name in _BRINGS_FLASK), None)
    if flask or carrier:
        newest = allowed([])
        assert newest is not None
        words = _words(flask) if flask else f"newest, through {carrier.name} in {carrier.source}" if carrier else ""
        return result._replace(flask=FlaskRange(newest.floor, newest.newest, words=words))
    return result


def _combined(several: list[Declared]) -> Allowed | None:
    """What the declarations allow together; several locked or conditional ones are alternatives."""
    poetry = any(one.poetry for one in several)
    alternatives = [one for one in several if one.kind == "lock" or one.conditional]
    always = [one.specifier for one in several if one not in alternatives]
    if not alternatives:
        return allowed(always, poetry=poetry) or allowed(always[:1], poetry=poetry)
    return unite(_each(alternatives, always, poetry=poetry))


def _each(alternatives: list[Declared], always: list[str], *, poetry: bool) -> Iterable[Allowed]:
    for one in alternatives:
        result = allowed([one.specifier, *always], poetry=poetry)
        if result is not None:
            yield result


def _words(several: list[Declared]) -> str:
    one = next((one for one in several if one.specifier.strip("* ")), several[0])
    specifier = one.specifier.strip()
    if specifier.startswith("==") and "," not in specifier:
        specifier = specifier.lstrip("= ")
    return f"{specifier if specifier.strip('*') else 'unpinned'} in {one.source}"
