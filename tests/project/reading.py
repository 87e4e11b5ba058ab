"""The facts of a file, read as a scan reads them."""

from __future__ import annotations

from flaskdoctor.project.code.facts import WORDS, ModuleFacts, module_facts, worth_a_walk
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.shallow import shallow_facts
from flaskdoctor.project.code.vocabulary import Vocabulary


def worth(source: bytes) -> bool:
    """Whether a scan walks through a file."""
    return worth_a_walk(source, Vocabulary(WORDS).read(source))


def facts_of(module: Module) -> ModuleFacts:
    """All facts of a file, or the shallow ones where nothing more is worth a walk."""
    if worth(module.source):
        return module_facts(module)
    return shallow_facts(module.path, module.name, module.role, module.ast)
