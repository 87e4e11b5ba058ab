"""All rules, found by walking the package: a new rule is one new file, and nothing else has to name it."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable
from functools import lru_cache

from flaskdoctor.errors import UserError
from flaskdoctor.finding import Tip
from flaskdoctor.rules.rule import LiveRule, ProjectRule, Rule, RuleBase

_NOT_RULES = frozenset({"__init__", "rule", "registry"})
_LIVE = "live"


@lru_cache(maxsize=1)
def all_rules() -> tuple[RuleBase, ...]:
    """One instance of every rule, by tip and code."""
    return _sorted((*_offline_rules(), *live_rules()))


@lru_cache(maxsize=1)
def _offline_rules() -> tuple[RuleBase, ...]:
    """All but those about the running server, which a scan has no use for."""
    folder = os.path.dirname(__file__)
    return _sorted(
        rule
        for package in sorted(os.listdir(folder))
        if package != _LIVE and os.path.isfile(os.path.join(folder, package, "__init__.py"))
        for rule in _package(package)
    )


def _sorted(rules: Iterable[RuleBase]) -> tuple[RuleBase, ...]:
    return tuple(sorted(rules, key=lambda rule: (int(rule.tip), rule.code)))


def _package(package: str) -> list[RuleBase]:
    """One instance of every rule of one package."""
    found: dict[str, RuleBase] = {}
    for file in sorted(os.listdir(os.path.join(os.path.dirname(__file__), package))):
        stem, ending = os.path.splitext(file)
        if ending != ".py" or stem in _NOT_RULES:
            continue
        module = importlib.import_module(f"flaskdoctor.rules.{package}.{stem}")
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, RuleBase)
                and value.__module__ == module.__name__
                and hasattr(value, "code")
            ):
                found[value.code] = value()
    return list(found.values())


def file_rules() -> list[Rule]:
    """The rules about one Python file."""
    return [rule for rule in _offline_rules() if isinstance(rule, Rule)]


def project_rules() -> list[ProjectRule]:
    """The rules about the project as a whole."""
    return [rule for rule in _offline_rules() if isinstance(rule, ProjectRule)]


@lru_cache(maxsize=1)
def live_rules() -> tuple[LiveRule, ...]:
    """The rules about the running server; no other rule is loaded for them."""
    return tuple(rule for rule in sorted(_package(_LIVE), key=lambda rule: rule.code) if isinstance(rule, LiveRule))


def find_rule(word: str) -> RuleBase:
    """The rule with this code or name, whatever its case. Raises ``UserError`` that names the nearest one."""
    wanted = word.strip().lower()
    for rule in all_rules():
        if wanted in (rule.code.lower(), rule.name):
            return rule
    raise UserError(f"There is no rule called {word!r}.", _nearest(wanted))


def find_tip(word: str) -> Tip | None:
    """The tip that ``tip:3`` or ``tip3`` names; None for a word that does not speak of tips. Raises ``UserError``
    for a tip that there is not."""
    wanted = word.strip().lower()
    if not wanted.startswith("tip"):
        return None
    number = wanted[3:].lstrip(":")
    if not number.isdecimal() or int(number) not in Tip._value2member_map_:
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
            codes.update(rule.code for rule in all_rules() if rule.tip is tip)
        elif wanted == "all":
            codes.update(rule.code for rule in all_rules())
        else:
            codes.add(find_rule(word).code)
    return frozenset(codes)


def _nearest(word: str) -> str:
    from difflib import get_close_matches

    names = [text for rule in all_rules() for text in (rule.name, rule.code.lower())]
    close = get_close_matches(word, names, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0].upper() if close[0].startswith('fd') else close[0]}? " if close else ""
    return hint + "flaskdoctor --list-rules shows all of them; a tip is selected with tip:3."
