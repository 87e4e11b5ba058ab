"""All rules by code, name and tip. What a scan has to know of each stands in ``table.py``; only a rule that is wanted
is imported.

A new rule is one new file. ``python -m tests.rules.table`` adds it to the table; a test tells when that was forgotten.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from flaskdoctor.errors import UserError
from flaskdoctor.finding import Tip
from flaskdoctor.rules.rule import LiveRule, ProjectRule, Rule, RuleBase
from flaskdoctor.rules.table import TABLE


class Entry(NamedTuple):
    """A rule as the table has it: ``kind`` is "file", "project" or "live", ``place`` its module below this package.
    The rest is what a rule about a file declares of the same name; ``pattern`` is the source of an expression."""

    code: str
    name: str
    tip: int
    kind: str
    place: str
    needs: tuple[bytes, ...] = ()
    pattern: bytes | None = None
    about_routes: bool = False
    elsewhere: bool = False  # whether it has a ``check_project`` too


ENTRIES = tuple(Entry(*row) for row in TABLE)
_FILE_ENTRIES = tuple(entry for entry in ENTRIES if entry.kind == "file")
_BY_CODE = {entry.code: entry for entry in ENTRIES}


@cache
def rule_of(code: str) -> RuleBase:
    """The rule with this code. Raises ``KeyError`` where there is none."""
    module = importlib.import_module(f"flaskdoctor.rules.{_BY_CODE[code].place}")
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, RuleBase) and getattr(value, "code", "") == code:
            made: RuleBase = value()
            return made
    raise KeyError(code)


def file_rule(code: str) -> Rule:
    """The rule about one Python file with this code."""
    rule = rule_of(code)
    assert isinstance(rule, Rule)
    return rule


@lru_cache(maxsize=1)
def all_rules() -> tuple[RuleBase, ...]:
    """One instance of every rule, by tip and code. All their modules are imported: nothing for a scan."""
    return tuple(rule_of(entry.code) for entry in ENTRIES)


@lru_cache(maxsize=1)
def project_rules() -> tuple[ProjectRule, ...]:
    """The rules about the project as a whole."""
    rules = (rule_of(entry.code) for entry in ENTRIES if entry.kind == "project")
    return tuple(rule for rule in rules if isinstance(rule, ProjectRule))


@lru_cache(maxsize=1)
def rules_elsewhere() -> tuple[Rule, ...]:
    """The rules about one Python file that also find something in other files."""
    return tuple(file_rule(entry.code) for entry in ENTRIES if entry.elsewhere)


@lru_cache(maxsize=1)
def live_rules() -> tuple[LiveRule, ...]:
    """The rules about the running server."""
    rules = (rule_of(entry.code) for entry in ENTRIES if entry.kind == "live")
    return tuple(rule for rule in rules if isinstance(rule, LiveRule))


class FileRules:
    """The rules about one Python file, chosen by the words that occur in it. ``words`` are all that any asks for."""

    def __init__(self) -> None:
        self._by_word: dict[bytes, list[int]] = {}
        for place, entry in enumerate(_FILE_ENTRIES):
            for word in entry.needs:
                self._by_word.setdefault(word, []).append(place)
        self.words = frozenset(self._by_word)

    def wanted(self, source: bytes, words: frozenset[bytes], *, routes: bool) -> list[Rule]:
        """The rules for a file in which ``words`` occur, by code; ``routes`` is whether it can hold any."""
        places: set[int] = set()
        for word in words & self.words:
            places.update(self._by_word[word])
        found = []
        for place in sorted(places):
            entry = _FILE_ENTRIES[place]
            if entry.about_routes and not routes:
                continue
            if entry.pattern is None or re.search(entry.pattern, source) is not None:
                found.append(file_rule(entry.code))
        return found


def find_rule(word: str) -> RuleBase:
    """The rule with this code or name, whatever its case. Raises ``UserError`` that names the nearest one."""
    return rule_of(_find(word).code)


def _find(word: str) -> Entry:
    wanted = word.strip().lower()
    for entry in ENTRIES:
        if wanted in (entry.code.lower(), entry.name):
            return entry
    raise UserError(f"There is no rule called {word!r}.", _nearest(wanted))


def find_tip(word: str) -> Tip | None:
    """The tip that ``tip:3`` or ``tip3`` names; None for a word that does not speak of tips. Raises ``UserError``
    for a tip that there is not."""
    wanted = word.strip().lower()
    if not wanted.startswith("tip"):
        return None
    number = wanted[3:].lstrip(":")
    if not number.isdecimal() or len(number) > 2 or int(number) not in Tip._value2member_map_:
        raise UserError(f"There is no tip called {word!r}.", "Tips are tip:1 to tip:11, tip:12 is upgrading Flask.")
    return Tip(int(number))


def select(words: Iterable[str]) -> frozenset[str]:
    """The codes that selectors stand for: a code, a name, or ``tip:3``. Never a prefix: FD10 would be two tips.

    Raises ``UserError`` for a word that selects nothing.
    """
    codes: set[str] = set()
    for word in words:
        wanted = word.strip().lower()
        tip = find_tip(wanted)
        if tip is not None:
            codes.update(entry.code for entry in ENTRIES if entry.tip == tip)
        elif wanted == "all":
            codes.update(_BY_CODE)
        else:
            codes.add(_find(word).code)
    return frozenset(codes)


def _nearest(word: str) -> str:
    from difflib import get_close_matches

    names = [text for entry in ENTRIES for text in (entry.name, entry.code.lower())]
    close = get_close_matches(word, names, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0].upper() if close[0].startswith('fd') else close[0]}? " if close else ""
    return hint + "flaskdoctor --list-rules shows all of them; a tip is selected with tip:3."
