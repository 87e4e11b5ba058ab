"""FD004: a rule that raised."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Issue, ProjectRule


class RuleCrashed(ProjectRule):
    """One of flaskdoctor's own rules failed on a file: a bug in flaskdoctor.

    ## What it finds

    A rule that raised an exception. The message names the rule, the file it looked at, the kind of exception and
    the line in flaskdoctor's source. All other rules and files are checked all the same.

    ## Why it matters

    What that rule would have said of that file is not known. A check that swallowed its own failures would look
    clean and not be.

    ## What to do instead

    Report it, with the message as it stands and, if you can, the smallest piece of code that brings it about; the
    message holds nothing of your code. Until it is mended, switch that rule off for that file:

    ```toml
    [tool.flaskdoctor.per-file-ignores]
    "shop/odd.py" = ["FD101", "FD004"]
    ```

    ## References

    - `flaskdoctor --list-rules` shows all rules by code and name.
    """

    code = "FD004"
    name = "rule-crashed"
    tip = Tip.TOOL
    severity = Severity.ERROR
    bad = []
    good = ["import flask\n"]

    def check(self, project: Project) -> Iterator[Issue]:
        """The rules that raised on a file."""
        for problem in project.problems:
            if problem.kind == self.code:
                yield Issue(problem.message, Location(problem.path), problem.message)
