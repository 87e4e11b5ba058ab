"""The cases, a file for each group of rules: a module here brings its own in ``CASES``."""

from __future__ import annotations

import importlib
import pkgutil

from tests.behaviour.case import Case


def _all() -> list[Case]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [case for name in names for case in importlib.import_module(f"{__name__}.{name}").CASES]


CASES = _all()
