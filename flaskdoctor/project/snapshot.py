"""One immutable picture of a project: all that rules may ask of it beyond the file they look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Severity

if TYPE_CHECKING:
    from flaskdoctor.project.dependencies import Dependencies
    from flaskdoctor.project.discover import Discovered
    from flaskdoctor.project.envfile import EnvFiles
    from flaskdoctor.project.facts import ModuleFacts
    from flaskdoctor.project.git import GitState
    from flaskdoctor.project.links import Links
    from flaskdoctor.rules.rule import Assumption, Candidate


class Problem(NamedTuple):
    """A file that could not be looked at as it should: ``kind`` is the code of the rule that reports it."""

    kind: str
    path: str
    message: str
    line: int = 0
    column: int = 0
    severity: Severity | None = None
    advice: str = ""


class Project:
    """What a scan knows. ``environ`` are the names of the process's environment, never a value."""

    def __init__(
        self,
        root: str,
        *,
        files: Discovered,
        modules: Mapping[str, ModuleFacts],
        links: Links,
        env: EnvFiles,
        git: GitState,
        dependencies: Dependencies,
        environ: frozenset[str],
        problems: tuple[Problem, ...] = (),
    ) -> None:
        self.root = root
        self.files = files
        self.modules = modules
        self.links = links
        self.env = env
        self.git = git
        self.dependencies = dependencies
        self.environ = environ
        self.problems = problems
        self._called: dict[str, set[str]] | None = None

    def holds(self, candidate: Candidate) -> bool:
        """Whether all that a candidate assumes is so in this project."""
        path = candidate.location.path
        return all(self._assumption_holds(item, path) for item in candidate.assumes)

    def _assumption_holds(self, assumption: Assumption, path: str) -> bool:
        from flaskdoctor.rules.rule import CalleeAssumed, FlaskAtLeast, NotCalled, RouterAssumed

        match assumption:
            case RouterAssumed(name):
                return self.links.is_router(name, path)
            case CalleeAssumed(name, targets):
                return self.links.resolve(name, path) in targets
            case NotCalled(name):
                return not self.called_elsewhere(name, path)
            case FlaskAtLeast(version):
                return self.dependencies.flask is None or self.dependencies.flask_at_least(version)

    def called_elsewhere(self, name: str, path: str) -> bool:
        """Whether another module than ``path`` calls the function ``name`` (as ``path`` has it) directly."""
        if self._called is None:
            self._called = {}
            for facts in self.modules.values():
                for callee in facts.called:
                    self._called.setdefault(callee.rpartition(".")[2], set()).add(facts.path)
        users = self._called.get(name.rpartition(".")[2], set()) - {path}
        wanted = self.links.resolve(name, path)
        return any(
            self.links.resolve(callee, user) == wanted
            for user in users
            for callee in self.modules[user].called
            if callee.rpartition(".")[2] == name.rpartition(".")[2]
        )

    @property
    def uses_flask(self) -> bool:
        """Whether this is a Flask project at all: a file imports Flask or a relative, or a requirement names it."""
        if self.dependencies.has("flask") or self.dependencies.has("quart"):
            return True
        return any(
            item.target.partition(".")[0] in _FLASKS or item.target.startswith("flask_")
            for facts in self.modules.values()
            for item in facts.imports
        )


_FLASKS = frozenset({"flask", "quart", "apiflask", "connexion"})
