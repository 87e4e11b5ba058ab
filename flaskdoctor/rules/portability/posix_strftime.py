"""FD405: a format of a date that only Linux and macOS know."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from flaskdoctor.finding import Severity, Tip
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.platformguards import asks_platform, guarded
from flaskdoctor.project.snapshot import Project
from flaskdoctor.project.versions.platforms import made_for_posix
from flaskdoctor.rules.rule import Bad, Candidate, Hit, Rule

_UNPADDED = re.compile(r"(?<!%)(?:%%)*(%-[aAbBcdeFgGhHIjklmMnpPsSuUVwWxXyYzZ])")
_REPLACED = re.compile(r"\{[^{}:]*:([^{}]*)\}")  # the format of ``"{:%-d}".format(day)``
_APP = "from datetime import date, datetime\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n"
_VIEW = "@app.get('/')\ndef index():\n"


class PosixStrftime(Rule):
    """A date is formatted with `%-d` or the like: on Windows that is a ValueError.

    ## What it finds

    `%-d`, `%-m`, `%-H`, `%-I` and every other `%-` in what is given to `strftime` (of a date, a time or the module
    `time`), in a format after a colon (`f"{day:%-d %B}"`, `"{:%-d}".format(day)`), also by way of a constant; in the
    modules that the app imports. A question for the platform around it or in it is respected, and
    `.replace("%-", "%#")` too.

    ## Why it matters

    `%-d` for "5" instead of "05" is an extension of the C library on Linux and macOS. Python hands the format over as
    it is, and Windows' C library refuses it: `ValueError: Invalid format string`, in the middle of a request. There the
    same is spelt `%#d`, which in turn nobody else knows.

    ## What to do instead

    Take the number itself, it has no leading zero:

    ```python
    f"{day:%A} {day.day} {day:%B %Y}"            # instead of day.strftime("%A %-d %B %Y")
    f"{now.hour % 12 or 12}:{now:%M %p}"         # instead of now.strftime("%-I:%M %p")
    ```

    or leave it to Babel, which knows the reader's language too: `flask_babel.format_date(day, "d MMMM yyyy")`.
    Templates do the same: `{{ day.day }} {{ day.strftime("%B") }}`.

    ## References

    - [Python: strftime, notes on
      platforms](https://docs.python.org/3/library/datetime.html#strftime-and-strptime-behavior)
    - [Microsoft:
      strftime](https://learn.microsoft.com/en-us/cpp/c-runtime-library/reference/strftime-wcsftime-strftime-l-wcsftime-l)
    - [Flask-Babel: formatting dates](https://python-babel.github.io/flask-babel/#formatting-dates)
    """

    code = "FD405"
    name = "posix-strftime"
    tip = Tip.PORTABILITY
    severity = Severity.WARNING
    needs = (b"%-",)
    pattern = re.compile(rb"%-[A-Za-z]")

    bad = [
        Bad(f"{_APP}{_VIEW}    return date.today().strftime('%A, %-d %B %Y')\n"),
        Bad(f"import time\n{_APP}{_VIEW}    return time.strftime('%-I:%M %p', time.localtime())\n"),
        Bad(f"{_APP}{_VIEW}    now = datetime.now()\n    return f'{{now:%-d.%-m.}} {{now!s}} {{now:%H:%M}}'\n"),
        Bad(f"FORMAT = '%B %-d, %Y'\n{_APP}@app.template_filter()\ndef day(value: date) -> str:\n"
            "    return value.strftime(FORMAT) + value.strftime(format=FORMAT)\n", hits=2),
        Bad(f"{_APP}{_VIEW}    return 'on {{:%-d %B}} of {{}}'.format(date.today(), 'this year')\n"),
        Bad(f"{_APP}{_VIEW}    at = 'at'\n    return datetime.now().strftime(f'%B %-d {{at}} %H:%M')\n"),
        Bad(
            {
                "shop/__init__.py": "from flask import Flask\n\n\ndef create_app():\n    from shop import dates\n\n"
                "    app = Flask(__name__)\n    app.add_template_filter(dates.short)\n    return app\n",
                "shop/dates.py": "def short(value):\n    return format(value, '%-d.%-m.') + str(value)\n",
            }
        ),
    ]  # fmt: skip
    good = [
        f"{_APP}{_VIEW}    return date.today().strftime('%A, %d %B %Y') + '%-10s' % 'a'\n",
        # A question for the platform.
        f"import os\n{_APP}{_VIEW}    now = datetime.now()\n"
        "    return now.strftime('%#d' if os.name == 'nt' else '%-d')\n",
        f"import sys\n{_APP}DAY = '%#d' if sys.platform == 'win32' else '%-d'\n\n\n{_VIEW}"
        "    return datetime.now().strftime(DAY)\n",
        f"import platform\n{_APP}{_VIEW}    if platform.system() != 'Windows':\n"
        "        return datetime.now().strftime('%-d')\n    return datetime.now().strftime('%#d')\n",
        f"{_APP}{_VIEW}    try:\n        return datetime.now().strftime('%-d')\n"
        "    except ValueError:\n        return datetime.now().strftime('%#d')\n",
        f"{_APP}{_VIEW}    return datetime.now().strftime('%-d').lstrip('0') if not app.config['ON_WINDOWS'] else ''\n",
        # Not a date's format: a table of formats, a percent sign that stands for itself, text with a percentage.
        f"{_APP}FORMATS = {{'%-d': 'D', '%-m': 'M'}}\nNOTE = '100%-safe %-d'\n\n\n{_VIEW}"
        "    return datetime.now().strftime('100%%-done') + f'{0.5:.0%}-a' + NOTE\n",
        f"{_APP}{_VIEW}    return '100%-proof: {{:10}} {{:%d}}'.format('a', date.today())\n",
        f"{_APP}{_VIEW}    return datetime.now().strftime('%-d'.replace('%-', '%'))\n",
        # Where no app comes by.
        {
            "app.py": _APP,
            "report.py": "from datetime import date\n\nprint(date.today().strftime('%-d'))\n",
            "tests/test_dates.py": "from datetime import date\n\nfrom app import app\n\n"
            "DAY = date.today().strftime('%-d')\n",
        },
    ]

    def check(self, module: Module) -> Iterator[Hit]:
        """Formats of dates, where they are used."""
        if module.role != "app":
            return
        for node, text, given in (*_calls(module), *_strings(module)):
            found = _UNPADDED.search(text)
            if found is None or asks_platform(module, given) or guarded(module, node) or _expected(module, node):
                continue
            yield Hit(node, f"Windows' strftime does not know {found.group(1)}: ValueError, invalid format string")

    def judge(self, candidate: Candidate, project: Project) -> Severity | None:
        """What the app imports, of a project that may run on Windows."""
        if candidate.location.path not in project.links.reached_by_app or made_for_posix(project):
            return None
        return candidate.severity


def _calls(module: Module) -> Iterator[tuple[ast.AST, str, ast.expr]]:
    """``strftime`` and ``format``: the call, the text of its format, the expression that it is."""
    for call in module.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        name = call.func.attr if isinstance(call.func, ast.Attribute) else module.resolve(call.func) or ""
        if name in ("strftime", "time.strftime"):
            given = next((item.value for item in call.keywords if item.arg == "format"), None)
            given = given or (call.args[0] if call.args else None)
            # pandas' and a date class's own: ``datetime.strftime(value, "%d")``.
            if len(call.args) > 1 and _text(module, call.args[0]) == "":
                given = call.args[1]
        elif name == "builtins.format" and len(call.args) == 2:
            given = call.args[1]
        elif name == "format" and isinstance(call.func, ast.Attribute):
            given = call.func.value
            yield call, " ".join(_REPLACED.findall(_text(module, given))), given
            continue
        else:
            continue
        if given is not None:
            yield call, _text(module, given), given


def _strings(module: Module) -> Iterator[tuple[ast.AST, str, ast.expr]]:
    for node in module.nodes(ast.FormattedValue):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            string = module.parent(node)
            if string is not None:
                yield string, _text(module, node.format_spec), node.format_spec


def _text(module: Module, node: ast.expr) -> str:
    """The text of a format as far as it can be told; empty where it is none."""
    whole = module.string(node)
    if whole is not None:
        return whole
    node = module.value(node)
    if isinstance(node, ast.JoinedStr):
        return " ".join(
            part.value for part in node.values if isinstance(part, ast.Constant) and isinstance(part.value, str)
        )
    return ""


def _expected(module: Module, node: ast.AST) -> bool:
    """Inside of a ``try`` that waits for the ValueError."""
    child = node
    for parent in module.ancestors(node):
        if isinstance(parent, ast.Try) and child in parent.body:
            for handler in parent.handlers:
                kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                if any(module.resolve(kind) == "builtins.ValueError" for kind in kinds):
                    return True
        child = parent
    return False
