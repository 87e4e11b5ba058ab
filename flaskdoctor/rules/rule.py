"""What a rule is: the two bases, the examples that are its tests and its documentation, and what it yields.

A rule is a class in its own file. Its docstring is its page (``What it finds``, ``Why it matters``, ``What to
do instead``, ``References``); ``bad`` and ``good`` are its tests, and the first ``bad`` with a ``fixed`` text
is shown to users.
"""

from __future__ import annotations

import ast
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from flaskdoctor.finding import Fix, Location, Severity, Tip

if TYPE_CHECKING:
    from flaskdoctor.fixes.edit import Edit
    from flaskdoctor.fixes.python import FileEdit
    from flaskdoctor.probe.observation import Observation
    from flaskdoctor.project.code.module import Module
    from flaskdoctor.project.known import Known
    from flaskdoctor.project.snapshot import Project

Files = str | Mapping[str, str]


class Reply(NamedTuple):
    """What an example's server answers on one path. ``headers`` are pairs: a header may occur twice. ``delay`` is in
    seconds, for every request or for the first one alone (``once``)."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    delay: float = 0.0
    once: bool = False


class Served(NamedTuple):
    """A server for the example of a live rule: it really runs, on a free loopback port, while the rule is tried.

    ``replies`` are by path; ``"OPTIONS /"`` is that of another method, ``"?word"`` of every path with that word in its
    query, ``"*"`` of every other path. What is named nowhere is answered with 404 and the headers of ``/``, another
    method like GET without the body. ``{origin}``, ``{host}`` and ``{forwarded}`` in a header stand for the request's
    own ``Origin``, ``Host`` and ``X-Forwarded-Host``: without one the header is left out. ``state`` "down" stands for
    no server at all, "banner" for one that speaks first, as SSH does. ``profile`` is what the user asks for; empty: as
    it comes of the target. ``tls`` names the kind of certificate of a server that speaks https (``tests/certificates``
    makes them).
    """

    replies: Mapping[str, Reply] = {}
    profile: str = ""
    state: str = "up"
    tls: str = ""


class Bad(NamedTuple):
    """An example that the rule must report.

    ``files`` is one Python source (it becomes ``app.py``) or a mapping of path to text. ``fixed`` is the same
    after the rule's fix (only the files that change need be named); None where the rule only advises.
    ``hits`` is how many findings of this rule there are. ``flask`` pins the version (``requirements.txt`` is
    written with ``flask==<it>``).
    """

    files: Files
    fixed: Files | None = None
    hits: int = 1
    flask: str = "3.1.0"
    served: Served | None = None


class Good(NamedTuple):
    """An example that the rule must leave alone."""

    files: Files
    flask: str = "3.1.0"
    served: Served | None = None


class RouterAssumed(NamedTuple):
    """Holds when ``name`` (dotted) turns out to be a Flask app or a Blueprint, in whichever file it is made."""

    name: str


class CalleeAssumed(NamedTuple):
    """Holds when ``name`` (dotted, perhaps re-exported) really is one of ``targets`` (dotted library names)."""

    name: str
    targets: tuple[str, ...]


class NotCalled(NamedTuple):
    """Holds when no other module of the project calls the function ``name`` (dotted) or hands it on."""

    name: str


class FlaskAtLeast(NamedTuple):
    """Holds when every Flask version that the project allows is at least ``version``: a new spelling may be used.

    Where nothing says which Flask the project runs on, the finding is an info and its fix is off.
    """

    version: tuple[int, int]


Assumption = RouterAssumed | CalleeAssumed | NotCalled | FlaskAtLeast


class Hit(NamedTuple):
    """What ``Rule.check`` yields: a node of this file's tree and what is wrong with it.

    ``parts`` hands nodes (or plain values) found on the way over to ``fix``. ``fix`` overrides the rule's own
    fix class; ``fixable=False`` turns this one hit into advice. ``data`` is kept for ``judge``: plain values only.
    """

    node: ast.AST
    message: str
    assumes: tuple[Assumption, ...] = ()
    severity: Severity | None = None
    fix: Fix | None = None
    fixable: bool = True
    advice: str = ""
    data: tuple[object, ...] = ()
    parts: Mapping[str, object] = {}


class Candidate(NamedTuple):
    """A hit as it is cached and judged: no node, only plain values."""

    code: str
    message: str
    location: Location
    anchor: str
    ordinal: int
    severity: Severity
    fix: Fix | None
    assumes: tuple[Assumption, ...]
    advice: str
    data: tuple[object, ...]

    @property
    def gated(self) -> bool:
        """Whether it hangs on the Flask version."""
        return any(isinstance(item, FlaskAtLeast) for item in self.assumes)


class Site(NamedTuple):
    """Where ``Rule.fix`` works: the hit of a fresh check on the very bytes that are edited."""

    hit: Hit
    module: Module
    project: Project

    @property
    def node(self) -> ast.AST:
        """The node that was reported."""
        return self.hit.node


class Issue(NamedTuple):
    """What ``ProjectRule.check`` yields: a finding without the rule's own fields.

    ``anchor`` names the subject (an environment key, a blueprint) so that the finding is the same one in the
    next scan. ``severity`` and ``fix`` default to the rule's own; ``fixable=False`` leaves advice only.
    """

    message: str
    location: Location
    anchor: str
    severity: Severity | None = None
    fix: Fix | None = None
    fixable: bool = True
    advice: str = ""


class LiveIssue(NamedTuple):
    """What ``LiveRule.check`` yields: what is wrong with the running server.

    ``now`` is how bad it is on a developer's machine, ``production`` how bad it would be if the server were deployed
    as it is; None: nothing wrong there. ``subject`` is the header or cookie that it is about
    ("Content-Security-Policy", "cookie session"), in whose row the dashboard shows it. ``location`` is set where
    the project's code is the place to go to.
    """

    message: str
    subject: str
    now: Severity | None
    production: Severity | None
    path: str = "/"  # of the URL that was asked
    location: Location | None = None
    advice: str = ""


class RuleBase(ABC):
    """What every rule declares."""

    code: ClassVar[str]
    name: ClassVar[str]
    tip: ClassVar[Tip]
    severity: ClassVar[Severity]
    fix_class: ClassVar[Fix] = Fix.SAFE
    fix_title: ClassVar[str] = ""  # what the fix does, in the imperative: "Return the dict itself"
    fix_risk: ClassVar[str] = ""  # for an unsafe fix: what could change, one or two sentences for the dialog
    successors: ClassVar[tuple[str, ...]] = ()  # codes whose new findings are an expected result of the fix
    bad: ClassVar[list[Bad]]
    good: ClassVar[list[Good | Files]]

    @classmethod
    def fixable(cls) -> bool:
        """Whether this rule has a fix: one of its examples shows it."""
        return any(example.fixed is not None for example in cls.bad)


class Rule(RuleBase):
    """A rule about one Python file.

    ``needs`` pre-filters on bytes: at least one of them must occur in the file for the rule to run
    (empty: every file that mentions flask). ``about_routes`` leaves out the files that can hold none, whatever
    words occur: ``.get(`` is in every other file. ``pattern`` must be found in the file too, where bytes alone
    say little: ``://`` is in every licence.
    """

    needs: ClassVar[tuple[bytes, ...]] = ()
    pattern: ClassVar[re.Pattern[bytes] | None] = None
    about_routes: ClassVar[bool] = False

    @abstractmethod
    def check(self, module: Module) -> Iterator[Hit]:
        """The candidates of one file: a pure function of its bytes, dotted name and role."""

    def check_project(self, project: Project) -> Iterable[Issue]:  # noqa: ARG002
        """What the same rule finds outside of Python files (a Dockerfile): advice, without a fix."""
        return ()

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """Keep (a severity) or drop (None) a candidate, knowing the whole project; never cached."""
        return candidate.severity if project.holds(candidate) else None

    def fix(self, site: Site, edit: FileEdit) -> None:
        """Make the change in ``edit``, or raise ``Refuse``."""
        raise NotImplementedError(f"{self.code} has no fix")


class ProjectRule(RuleBase):
    """A rule about the project as a whole: facts of all modules, env files, git, dependencies; never an AST."""

    @abstractmethod
    def check(self, project: Project) -> Iterable[Issue]:
        """Everything wrong with the project."""

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The edits that mend ``issue``, or raise ``Refuse``."""
        raise NotImplementedError(f"{self.code} has no fix")


class LiveRule(RuleBase):
    """A rule about the running server. It judges what a probe saw and never sends anything itself."""

    @abstractmethod
    def check(self, seen: Observation, known: Known) -> Iterable[LiveIssue]:
        """Everything wrong with the server; nothing about what was not asked or not answered."""
