"""Version specifiers, as far as they say which Flask a project allows: PEP 440, poetry's ``^`` and
``~``, wildcards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from flaskdoctor.patterns import lazy

Version = tuple[int, int, int]
Test = Callable[[Version], bool]

# Each minor release with its last patch release, oldest first.
FLASK_RELEASES: tuple[Version, ...] = (
    (0, 1, 0), (0, 2, 0), (0, 3, 1), (0, 4, 0), (0, 5, 2), (0, 6, 1), (0, 7, 2), (0, 8, 1), (0, 9, 0),
    (0, 10, 1), (0, 11, 1), (0, 12, 5), (1, 0, 4), (1, 1, 4), (2, 0, 3), (2, 1, 3), (2, 2, 5), (2, 3, 3),
    (3, 0, 3), (3, 1, 3),
)  # fmt: skip

_NUMBER = lazy(r"\s*[vV=]?\s*(?:\d+!)?(\d+(?:\.\d+)*)(\.\*)?")
_CLAUSE = lazy(r"(===|==|~=|!=|>=|<=|>|<|\^|~|=)?\s*([vV]?\d[^\s,|]*|\*)")
_LOWER = frozenset(("===", "==", "~=", ">=", ">", "^", "~", "=", ""))


_MOST_OPTIONS = 64  # each ``||`` doubles them


class Allowed(NamedTuple):
    """The Flask releases that a specifier allows: the lowest, the newest, and the one version if it names
    just one.

    Without a lower bound ``floor`` is the newest allowed: that is what an installer takes.
    """

    floor: Version
    newest: Version
    exact: str = ""


def parse_version(text: str) -> Version | None:
    """The first three numbers of a version, None if it has none; what comes before or after a release is
    cut off."""
    match = _NUMBER.match(text)
    return _padded(_numbers(match.group(1))) if match else None


def allowed(
    specifiers: Iterable[str], *, poetry: bool = False, known: Sequence[Version] | None = None
) -> Allowed | None:
    """What all the specifiers together allow; None where they contradict each other.

    With ``poetry`` a bare version means exactly that one and ``||`` separates alternatives, as in
    pyproject.toml. ``known`` are the releases of another distribution than Flask.
    """
    options: list[list[tuple[str, str]]] = [[]]
    for specifier in specifiers:
        alternatives = [_clauses(part, poetry=poetry) for part in specifier.split("||")]
        options = [option + alternative for option in options for alternative in alternatives][:_MOST_OPTIONS]
    releases = _releases() if known is None else known
    found = [result for option in options if (result := _allowed(option, releases)) is not None]
    return unite(found)


def unite(found: Iterable[Allowed]) -> Allowed | None:
    """What any of several allows; None for none."""
    several = list(found)
    if not several:
        return None
    exact = {one.exact for one in several}
    return Allowed(
        min(one.floor for one in several),
        max(one.newest for one in several),
        exact.pop() if len(exact) == 1 else "",
    )


def _allowed(clauses: list[tuple[str, str]], releases: Sequence[Version]) -> Allowed | None:
    tests = [_test(operator, text) for operator, text in clauses]
    pins = [text for operator, text in clauses if operator in ("==", "===", "=") and not text.endswith("*")]
    candidates = [version for version in releases if all(test(version) for test in tests)]
    if not candidates:
        # A release that this list does not know (yet): believe the specifier.
        bounds = [version for operator, text in clauses if operator in _LOWER and (version := parse_version(text))]
        candidates = [version for version in bounds if all(test(version) for test in tests)]
        if not candidates:
            return None
    newest = max(candidates)
    bounded = any(operator in _LOWER and text != "*" for operator, text in clauses)
    return Allowed(min(candidates) if bounded else newest, newest, pins[0] if pins else "")


def _releases() -> list[Version]:
    return [(major, minor, patch) for major, minor, last in FLASK_RELEASES for patch in range(last + 1)]


def _clauses(specifier: str, *, poetry: bool) -> list[tuple[str, str]]:
    clauses = []
    for operator, text in _CLAUSE.findall(specifier):
        if text == "*" or (not operator and not poetry):
            continue
        clauses.append((operator or "==", text))
    return clauses


def _test(operator: str, text: str) -> Test:
    match = _NUMBER.match(text)
    if match is None:
        return bool  # no version in it: nothing is excluded
    numbers = _numbers(match.group(1))
    if not numbers:
        return bool  # no release has a number that long
    bound, wildcard = _padded(numbers), bool(match.group(2))
    prefix = numbers[:3]

    def starts(version: Version) -> bool:
        return version[: len(prefix)] == tuple(prefix)

    if operator in ("==", "===", "="):
        return starts if wildcard else lambda version: version == bound
    if operator == "!=":
        return (lambda version: not starts(version)) if wildcard else lambda version: version != bound
    if operator == ">=":
        return lambda version: version >= bound
    if operator == "<=":
        return lambda version: version <= bound
    if operator == ">":
        return lambda version: version > bound
    if operator == "<":
        return lambda version: version < bound
    ceiling = _ceiling(operator, numbers)
    return lambda version: bound <= version < ceiling


def _ceiling(operator: str, numbers: list[int]) -> Version:
    """The first version that ``~=``, ``~`` or ``^`` excludes."""
    if operator == "~=":
        kept = min(len(numbers) - 1, 2) or 1
    elif operator == "~":
        kept = min(len(numbers), 2)
    else:  # ^: the left-most number that is not 0 stays
        kept = next((index + 1 for index, number in enumerate(numbers) if number), len(numbers))
    head = numbers[:kept]
    head[-1] += 1
    return _padded(head)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(".")[:4] if len(number) < 10]


def _padded(numbers: list[int]) -> Version:
    first, second, third = [*numbers, 0, 0, 0][:3]
    return first, second, third


def may_be_at_least(specifiers: Iterable[str], version: Version) -> bool:
    """Whether specifiers of any distribution, all together, allow a release from ``version`` on, as far as they tell:
    that release itself, or one that they name."""
    clauses = [clause for specifier in specifiers for clause in _clauses(specifier, poetry=False)]
    named = [found for _, text in clauses if (found := parse_version(text)) is not None]
    tests = [_test(operator, text) for operator, text in clauses]
    return any(all(test(each) for test in tests) for each in (version, *named) if each >= version)
