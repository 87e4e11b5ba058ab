"""FD001: a Python file that does not parse."""

from __future__ import annotations

from collections.abc import Iterator

from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Issue, ProjectRule


class SyntaxErrorRule(ProjectRule):
    """A Python file of the project does not parse.

    ## What it finds

    A file that Python itself refuses, with the line and what the parser says. All other files are looked at all
    the same, so one half-written file never hides what is wrong elsewhere.

    Two kinds of file are not reported as errors. Templates that *make* Python, with `{{ name }}` or `{% if %}` in
    them, as cookiecutter and Jinja use them, are passed over. A file that uses syntax newer than the Python which
    runs flaskdoctor is an info that says so: run flaskdoctor with the project's own Python to have it looked at.

    ## Why it matters

    Flask imports the module when the app starts (or, worse, when a lazily imported view is first called) and the
    process ends there. Under `flask run --debug` every page answers 500 until the file is mended.

    ## What to do instead

    Open the file at the line that is named. The parser often points one line too low: an unclosed bracket or
    quote *above* the line is the usual cause.

    ```console
    $ python -m py_compile shop/views.py
    ```

    shows the same error with the source line. In an editor, let it compile on save.

    ## References

    - [Python: errors and exceptions](https://docs.python.org/3/tutorial/errors.html#syntax-errors)
    - [Flask: debugging application errors](https://flask.palletsprojects.com/en/stable/debugging/)
    """

    code = "FD001"
    name = "syntax-error"
    tip = Tip.TOOL
    severity = Severity.ERROR
    bad = [
        Bad({"app.py": "from flask import Flask\napp = Flask(__name__\n\nx = 1\n"}),
        Bad({"app.py": "from flask import Flask\n", "views.py": "def index(:\n    return 'x'\n"}),
        Bad({"app.py": "from flask import Flask\n", "old.py": 'print "hello"\n'}),
    ]
    good = [
        "from flask import Flask\napp = Flask(__name__)\n",
        # A cookiecutter template of Python is not Python yet.
        {"app.py": "import flask\n", "template/{{name}}.py": "import {{ name }}\nx = {{ 1 }\n"},
        {"app.py": "import flask\n", "skeleton/app.py": "from {{ project_name }} import create_app\n{% if celery %}\n"},
        # An invalid escape is a warning of Python's, no error.
        "import flask\nPATTERN = '\\d+'\n",
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The files that did not parse."""
        for problem in project.problems:
            if problem.kind == self.code:
                location = Location(problem.path, problem.line, problem.column, problem.line, problem.column)
                yield Issue(problem.message, location, "syntax", severity=problem.severity)
