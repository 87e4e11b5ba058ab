"""Where in a list of requirements a new one belongs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from flaskdoctor.project.versions.requirements import normalise

NOTHING, COMMENT, BLANK = 0, 1, 2  # what may stand between two requirements

_FEWEST = 3  # two names are in some order by chance


class Entry(NamedTuple):
    """A requirement of the list: its name as written ("" for one without, such as a path), its whole text, and what
    stands between it and the one before."""

    name: str
    text: str
    gap: int = NOTHING


class Place(NamedTuple):
    """Directly below (or above) the entry with this number."""

    number: int
    above: bool = False


def place_for(wanted: Entry, entries: Sequence[Entry], beside: Collection[str]) -> Place:
    """Where in a list that is not empty ``wanted`` goes.

    What is sorted stays sorted: the part between two blank lines in which one of ``beside`` (normalised names) stands,
    or the section between two comments there. Else it goes to the end of that section. In a list with none of them the
    last part counts.
    """
    found = [index for index, entry in enumerate(entries) if normalise(entry.name) in beside]
    near = found[0] if found else len(entries) - 1
    scopes = [_section(entries, near, BLANK)]
    if found:
        scopes.append(_section(entries, near, COMMENT))
    for start, end in scopes:
        named = [(index, entries[index]) for index in range(start, end) if entries[index].name]
        for key in _KEYS:
            keys = [key(entry) for _, entry in named]
            if len(named) >= _FEWEST and keys == sorted(keys):
                smaller = [index for index, entry in named if key(entry) < key(wanted)]
                return Place(smaller[-1]) if smaller else Place(named[0][0], above=True)
    return Place(scopes[-1][1] - 1)


# As people (without regard to case), `sort` and `pip freeze` sort.
_KEYS: tuple[Callable[[Entry], str], ...] = (
    lambda entry: normalise(entry.name),
    lambda entry: entry.name.lower(),
    lambda entry: entry.text.lower(),
    lambda entry: entry.text,
)


def _section(entries: Sequence[Entry], near: int, gap: int) -> tuple[int, int]:
    """The entries around ``near`` between which nothing as telling as ``gap`` stands."""
    start, end = near, near + 1
    while start > 0 and entries[start].gap < gap:
        start -= 1
    while end < len(entries) and entries[end].gap < gap:
        end += 1
    return start, end
