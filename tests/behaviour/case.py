"""What a case says: an app with a finding, the requests it is asked, and what the fix changes of its answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flaskdoctor.rules.rule import Files
from tests.behaviour.environments import NEWEST

Ask = str | tuple[str, Mapping[str, object]]
"""``"GET /items"``, or that with arguments of the test client: ``("POST /items", {"json": {"name": "a"}})``.
``files`` maps a field to a text and the file name that it comes under."""


class Answer(NamedTuple):
    """What came back. ``raises`` names the exception that made it a 500, or that ended a streamed body."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    raises: str = ""
    detail: str = ""  # the exception's text, for whoever reads a failed test


class Change(NamedTuple):
    """How one answer differs: what is None is the same before and after; else a pair of before and after.

    A header that is absent is "". Content-Length goes with the body and needs no mention. In a text ``…`` stands for
    whatever there is: a signature, the rest of a page.
    """

    status: tuple[int, int] | None = None
    headers: Mapping[str, tuple[str, str]] = {}
    body: tuple[str, str] | None = None
    raises: tuple[str, str] | None = None


class Case(NamedTuple):
    """One app and one rule's fix of it.

    ``changes`` are by request ("GET /items", the second time "GET /items #2"; "import" is the import of the app,
    "script" what the script prints); every other answer is the same, byte for byte. ``then`` says what is answered
    after the fix where the request failed before it, or the app could not even be imported: the status and the body.
    ``libraries`` are modules beside the project, for extensions that the tests do not install. ``environ`` is what the
    app runs with; ``with_env`` adds what the project's .env says, as the ``flask`` command and the platforms hand it
    on. ``script`` is run instead of requests. ``fixes`` is how many findings are mended.
    ``installs`` is the environment after the fix, where what it adds to the requirements has been installed.
    ``unsafe``: the rule's fix is a safe one, but not here.
    """

    code: str
    title: str
    files: Files
    asks: Sequence[Ask] = ("GET /",)
    changes: Mapping[str, Change] = {}
    then: Mapping[str, tuple[int, str]] = {}
    versions: Sequence[str] = (NEWEST,)
    entry: str = "app"
    libraries: Mapping[str, str] = {}
    environ: Mapping[str, str] = {}
    with_env: bool = False
    script: str = ""
    fixes: int = 1
    installs: str = ""
    unsafe: bool = False


class Kept(NamedTuple):
    """An app that a fix would break or change, for a reason that the title tells: without being asked it is left alone.

    ``flask`` is the release that the project pins.
    """

    code: str
    title: str
    files: Files
    flask: str = "3.1.0"


def requests(asks: Sequence[Ask]) -> list[tuple[str, dict[str, object]]]:
    """The requests of a case with their labels, and behind them those that clients send by mistake or to look around:
    HEAD, OPTIONS and DELETE on every path, and a path that does not exist."""
    found: list[tuple[str, Mapping[str, object]]] = [(ask, {}) if isinstance(ask, str) else ask for ask in asks]
    asked = {line for line, _ in found}
    paths = dict.fromkeys(line.split(" ", 1)[1] for line in asked)
    odd = [f"{method} {path}" for path in sorted(paths) for method in ("HEAD", "OPTIONS", "DELETE")]
    odd += ["GET /no/such/page", "POST /no/such/page"]
    found += [(line, {}) for line in odd if line not in asked]
    labelled: list[tuple[str, dict[str, object]]] = []
    times: dict[str, int] = {}
    for line, arguments in found:
        times[line] = times.get(line, 0) + 1
        label = line if times[line] == 1 else f"{line} #{times[line]}"
        method, path = line.split(" ", 1)
        labelled.append((label, {"method": method, "path": path, **arguments}))
    return labelled


def each(change: Change, *labels: str) -> dict[str, Change]:
    """The same change of several answers."""
    return dict.fromkeys(labels, change)


def difference(before: Answer, after: Answer) -> Change | None:
    """What the fix changed of an answer; None: nothing."""
    pairs = {name: ("", "") for name, _ in (*before.headers, *after.headers)}
    for name in pairs:
        pairs[name] = (_all_of(before, name), _all_of(after, name))
    if before.body != after.body:
        pairs.pop("Content-Length", None)
    change = Change(
        (before.status, after.status) if before.status != after.status else None,
        {name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
        (before.body, after.body) if before.body != after.body else None,
        (before.raises, after.raises) if before.raises != after.raises else None,
    )
    return change if change != Change() else None


def mismatches(expected: Mapping[str, Change], found: Mapping[str, Change]) -> list[str]:
    """What is not as expected, in words for whoever reads a failed test."""
    words = [f"{label}: changes, unexpectedly: {found[label]}" for label in found if label not in expected]
    for label, change in expected.items():
        if label not in found:
            words.append(f"{label}: does not change")
        elif not _is(change, found[label]):
            words.append(f"{label}: changes otherwise: {found[label]}")
    return words


def _is(expected: Change, found: Change) -> bool:
    pairs = [(expected.body, found.body), (expected.raises, found.raises)]
    pairs += [(expected.headers.get(name), found.headers.get(name)) for name in {*expected.headers, *found.headers}]
    return expected.status == found.status and all(_are(*pair) for pair in pairs)


def _are(expected: tuple[str, str] | None, found: tuple[str, str] | None) -> bool:
    if expected is None or found is None:
        return expected is found
    return all(fits(pattern, text) for pattern, text in zip(expected, found, strict=True))


def fits(pattern: str, text: str) -> bool:
    """Whether a text is the one that is expected, ``…`` standing for anything."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), text, re.DOTALL) is not None


def _all_of(answer: Answer, name: str) -> str:
    """All values of a header in their order: a header may come twice."""
    return "\n".join(value for header, value in answer.headers if header == name)
