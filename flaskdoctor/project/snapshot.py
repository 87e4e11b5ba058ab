"""One immutable picture of a project: all that rules may ask of it beyond the file they look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from flaskdoctor.finding import Severity

if TYPE_CHECKING:
    from flaskdoctor.project.code.facts import ModuleFacts
    from flaskdoctor.project.code.suppressions import Unused
    from flaskdoctor.project.deployment.deploy import Deploy
    from flaskdoctor.project.discover import Discovered
    from flaskdoctor.project.env.envfile import EnvFiles
    from flaskdoctor.project.pages.browsers import Browsers
    from flaskdoctor.project.pages.templates import Templates
    from flaskdoctor.project.requestflow.callers import Callers
    from flaskdoctor.project.routing.links import Links
    from flaskdoctor.project.texts import Texts
    from flaskdoctor.project.vcs.git import GitState
    from flaskdoctor.project.versions.dependencies import Dependencies
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
    """What a scan knows. ``environ`` are the names of the process's environment, never a value. ``tls_at_proxy`` is
    whether the settings say that a proxy in front of the app ends TLS (``https = "proxy"``). ``unsaved`` are the bytes
    that stand for a file that an editor has not written yet."""

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
        unused: Callable[[], tuple[Unused, ...]] = tuple,
        tls_at_proxy: bool = False,
        unsaved: Mapping[str, bytes] | None = None,
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
        self.tls_at_proxy = tls_at_proxy
        self._unsaved = unsaved
        self.unused_comments = unused  # known when all rules have looked: those that switch nothing off

    @cached_property
    def deploy(self) -> Deploy:
        """What the project's files say of its deployment; read when a rule first asks."""
        from flaskdoctor.project.deployment.reading import read_deploy

        return read_deploy(self.root, self.files.files)

    @cached_property
    def browsers(self) -> Browsers:
        """Whether the project serves browsers, and what it does to protect them."""
        from flaskdoctor.project.pages.browsers import Browsers

        return Browsers(self)

    @cached_property
    def templates(self) -> Templates:
        """The project's Jinja templates; one is read when a rule asks for it."""
        from flaskdoctor.project.pages.templates import Templates

        folders = (folder for facts in self.modules.values() for folder in facts.browser.template_folders)
        return Templates(self.root, self.files.files, folders)

    @cached_property
    def _callers(self) -> Callers:
        from flaskdoctor.project.requestflow.callers import Callers

        return Callers(self.modules, self.links, self.texts.read)

    @cached_property
    def texts(self) -> Texts:
        """Other files of the project, read when a rule asks for them."""
        from flaskdoctor.project.texts import Texts

        return Texts(self.root, self._unsaved)

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
        """Whether another module than ``path`` calls the function ``name`` (as ``path`` has it), or hands it on."""
        return self._callers.elsewhere(name, path)

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
