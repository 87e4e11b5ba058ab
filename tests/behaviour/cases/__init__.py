"""The cases, a file for each group of rules: a module here brings its own in ``CASES`` and ``KEPT``."""

from __future__ import annotations

import importlib
import pkgutil

from tests.behaviour.case import Case, Kept

_MODULES = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]

CASES: list[Case] = [case for module in _MODULES for case in module.CASES]
KEPT: list[Kept] = [kept for module in _MODULES for kept in getattr(module, "KEPT", ())]
