"""FD002: a file that counts and cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule


class UnreadableFile(ProjectRule):
    """A file of the project could not be looked at.

    ## What it finds

    A Python file (or a folder) that is part of the project and cannot be read: no permission, bytes that are not
    in the encoding the file says it has, more than 2 MB, null bytes, nested too deeply, or a link that leads back
    to itself. The message says which it is. The rest of the project is looked at all the same.

    ## Why it matters

    What was not read was not checked: a clean report would promise too much. And the cause is often a defect by
    itself. Python reads source as UTF-8 unless a coding line says otherwise, so a Latin-1 file without one is a
    `SyntaxError` at import, on every machine. A file that only its author may read fails on the server.

    ## What to do instead

    - **Encoding**: save the file as UTF-8. If it has to stay as it is, say so in line 1: `# -*- coding: latin-1 -*-`.
    - **Permission**: `chmod u+r FILE`, or leave it out in the settings:

      ```toml
      [tool.flaskdoctor]
      exclude = ["generated/*"]
      ```

    - **Size**: a file of several megabytes is generated; exclude it as above.
    - **A link that leads to itself**: remove it. `git ls-files -s` shows links as mode 120000.

    ## References

    - [PEP 263: source code encodings](https://peps.python.org/pep-0263/)
    - [PEP 3120: UTF-8 as the default](https://peps.python.org/pep-3120/)
    """

    code = "FD002"
    name = "unreadable-file"
    tip = Tip.TOOL
    severity = Severity.WARNING
    bad = [
        Bad({"app.py": "import flask\n", "data.py": "import flask\nx = '\x00'\n"}),
        Bad({"app.py": "import flask\n", "odd.py": "# -*- coding: no-such-encoding -*-\nx = 1\n"}),
    ]
    good = [
        "import flask\nname = 'Zoë'\n",
        {"app.py": "import flask\n", "old.py": "# -*- coding: latin-1 -*-\nname = 'x'\n"},
        {"app.py": "import flask\n", "bom.py": "\ufeffname = 'x'\n"},
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The files and folders that could not be read."""
        for problem in project.problems:
            if problem.kind == self.code:
                yield Issue(problem.message, Location(problem.path, problem.line), "unreadable")
