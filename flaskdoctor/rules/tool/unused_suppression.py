"""FD003: a comment that switches a rule off where there is nothing to switch off."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Sequence

from flaskdoctor.errors import Refuse, UserError
from flaskdoctor.finding import Location, Severity, Tip
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.project.code.suppressions import EVERYTHING, Unused, without
from flaskdoctor.project.plainfile import read_bytes
from flaskdoctor.project.snapshot import Project
from flaskdoctor.rules.rule import Bad, Good, Issue, ProjectRule

_CODE = re.compile(r"fd\d+")
_WORD = re.compile(r"[\w:-]{1,40}")
_OWN = ("fd003", "unused-suppression", "tip:0", "tip0")
_LIVE = ("tip:8", "tip8")
_ALONE = (
    "It stands on a line of its own, and counts for that line alone: put it behind the code, on the line that the "
    "finding names (or on any line of a statement that is found as a whole)."
)


class UnusedSuppression(ProjectRule):
    """A comment switches a rule off on a line, or in a file, where that rule finds nothing.

    ## What it finds

    `# flaskdoctor: ignore[FD101]`, a bare `# flaskdoctor: ignore` and `# flaskdoctor: ignore-file[FD101]` that
    suppress nothing: the code was mended since, the line moved away from its comment, or the rule learned better.
    Of several rules in one comment those are named that nothing is found of. A rule that does not exist is told with
    the name that comes nearest.

    What you deselected does not matter: a comment for a rule that the settings ignore is still in use as long as the
    rule would find something. Comments for rules about the running server (tip 8) are left alone, since a scan does
    not ask it, and so is a file that does not parse.

    ## Why it matters

    A comment that suppresses nothing today suppresses whatever appears there tomorrow. A bare `ignore` left behind on
    `app.run()` hides the `debug=True` that a colleague adds; an `ignore[FD301]` on a line whose key was moved to
    `.env` lets the next key pass. With a misspelt name it is the other way round: the finding it was meant for is
    still reported, and everyone wonders why.

    ## What to do instead

    Take it out: the fix does, and keeps the code, a reason for rules that stay, and other tools' comments
    (`# noqa`, `# type: ignore`) on the line. Where a suppression is needed, name the rule and say why:

    ```python
    return jsonify({"ok": True})  # flaskdoctor: ignore[needless-jsonify] the client compares bytes
    ```

    It counts on every line of what is found. For a whole file there is `# flaskdoctor: ignore-file[..]`, and for
    several files the settings:

    ```toml
    [tool.flaskdoctor.per-file-ignores]
    "shop/legacy/*" = ["tip:1", "FD708"]
    ```

    A comment that has to stay (generated code, say) names this rule too: `ignore[FD101, FD003]`.

    ## References

    - `flaskdoctor --list-rules` shows all rules by code and name
    - [Ruff: unused noqa](https://docs.astral.sh/ruff/rules/unused-noqa/), the same for Ruff's own comments
    - [mypy: warn_unused_ignores](https://mypy.readthedocs.io/en/stable/config_file.html#confval-warn_unused_ignores)
    """

    code = "FD003"
    name = "unused-suppression"
    tip = Tip.TOOL
    severity = Severity.INFO
    fix_title = "Remove the comment that switches nothing off"
    bad = [
        Bad(
            "import flask\n\nNAME = 'kiln'  # flaskdoctor: ignore[FD301] not a secret\n",
            "import flask\n\nNAME = 'kiln'\n",
        ),
        # A bare one, one with names, one for the whole file; other tools' comments stay.
        Bad(
            "# flaskdoctor: ignore-file[needless-jsonify, debug-enabled]\nimport flask  # flaskdoctor: ignore\n\n"
            "app = flask.Flask(__name__)  # noqa: E305  # flaskdoctor: ignore[unguarded-run]\n"
            "shelf = 1  # flaskdoctor: ignore[FD701] for now  # type: ignore\n",
            "import flask\n\napp = flask.Flask(__name__)  # noqa: E305\nshelf = 1  # type: ignore\n",
            hits=4,
        ),
        # Of three rules one is found.
        Bad(
            "from flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n@app.route('/')\ndef index():\n"
            "    return jsonify({'ok': True})  # flaskdoctor: ignore[FD301, FD101, tip:7] as it was\n",
            "from flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n@app.route('/')\ndef index():\n"
            "    return jsonify({'ok': True})  # flaskdoctor: ignore[FD101] as it was\n",
        ),
        # Not on the finding's line; a file that no other rule looks into.
        Bad(
            {
                "app.py": "from flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n@app.route('/')\n"
                "def index():\n"
                "    # flaskdoctor: ignore[FD101]\n    return 'ok'\n",
                "prices.py": "VAT = 19  # flaskdoctor: ignore\n",
            },
            {
                "app.py": "from flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n@app.route('/')\n"
                "def index():\n"
                "    return 'ok'\n",
                "prices.py": "VAT = 19\n",
            },
            hits=2,
        ),
        # No such rule: what was meant is for you to say.
        Bad(
            "import flask  # flaskdoctor: ignore[needles-jsonify]\n\nKILN = 1  # flaskdoctor: ignore[FD9999]\n", hits=2
        ),
        # Two in one comment, each its own matter: one finding nothing, the other no rule.
        Bad("import flask  # flaskdoctor: ignore[FD101, nosuch]\n", hits=2),
    ]
    good = [
        # In use: by code, by name, by tip, bare, for the whole file; on any line of what is found.
        "from flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n@app.route('/')\ndef index():\n"
        "    return jsonify(  # flaskdoctor: ignore[FD101]\n        {'ok': True}\n    )\n\n\n@app.route('/a')\n"
        "def a():\n    return jsonify(\n        {'ok': True}\n    )  # flaskdoctor: ignore[tip:1]\n\n\n"
        "@app.route('/b')\ndef b():\n    return jsonify({'ok': True})  # noqa  # flaskdoctor: ignore\n",
        "# flaskdoctor: ignore-file[Needless-JSONify] a public API\nfrom flask import Flask, jsonify\n\n"
        "app = Flask(__name__)\n\n\n@app.route('/')\ndef index():\n    return jsonify({'ok': True})\n",
        # The settings leave the rule out: it would find something all the same.
        Good(
            {
                "app.py": "from flask import Flask, jsonify\n\napp = Flask(__name__)\n\n\n@app.route('/')\n"
                "def index():\n    return jsonify({'ok': True})  # flaskdoctor: ignore[FD101]\n",
                "pyproject.toml": '[tool.flaskdoctor]\nignore = ["FD101"]\n',
                "requirements.txt": "flask==3.1.0\n",
            }
        ),
        # A string that looks like a comment.
        'import flask\n\nHELP = "write # flaskdoctor: ignore[FD101] behind it"\n'
        'MORE = """\n# flaskdoctor: ignore\n"""\n',
        # The running server's rules: a scan does not ask it.
        "import flask\n\nKEY = flask.Flask(__name__)  # flaskdoctor: ignore[FD803, server-banner]\n",
        # It may stay, it says.
        "import flask  # flaskdoctor: ignore[FD301, FD003] generated\n\n"
        "X = 1  # flaskdoctor: ignore[unused-suppression]\n",
        "# flaskdoctor: ignore-file[FD003]\nimport flask\n\nX = 1  # flaskdoctor: ignore[FD301]\n",
        # A file that does not parse: nobody knows what is in it.
        {
            "app.py": "import flask\n",
            "old.py": "print 'x'  # flaskdoctor: ignore[FD001]\nY = 1  # flaskdoctor: ignore\n",
        },
        # Other words than these two.
        "import flask\n\nX = 1  # flaskdoctor: ignored by all\nY = 2  # flaskdoctor: local\n",
    ]

    def check(self, project: Project) -> Iterator[Issue]:
        """The comments that nothing was found for: known when every other rule has looked."""
        for unused in project.unused_comments():
            known, unknown = _told_apart(unused.selectors)
            if known:
                yield _needless(unused, known)
            for word in unknown:
                yield _misnamed(unused, word)

    def fix(self, issue: Issue, project: Project) -> list[Edit]:
        """The file without the comment, or without its needless rules."""
        for unused in project.unused_comments():
            known, _ = _told_apart(unused.selectors)
            if known and _location(unused) == issue.location:
                before = read_bytes(os.path.join(project.root, unused.path)).data
                after = without(before, unused._replace(selectors=tuple(known)))
                if after is None:
                    break
                if ast.dump(ast.parse(before)) != ast.dump(ast.parse(after)):
                    raise Refuse("Without the comment the file would mean something else, so it stays as it is.")
                return [Edit(unused.path, before, after, summary=f"Remove a comment of {unused.path}")]
        raise Refuse("The comment is no longer there: the file has changed since the last scan.")


def _told_apart(selectors: Sequence[str]) -> tuple[list[str], list[str]]:
    """The selectors that are needless, and those that name no rule; without those that a scan cannot judge."""
    from flaskdoctor.rules.registry import find_rule, find_tip

    known: list[str] = []
    unknown: list[str] = []
    for word in dict.fromkeys(selectors):
        if word in _OWN or word in _LIVE:
            continue
        if word in EVERYTHING:
            known.append(word)
            continue
        try:
            tip = find_tip(word) or find_rule(word).tip
        except UserError:
            unknown.append(word)
            continue
        if tip is not Tip.LIVE:
            known.append(word)
    return known, unknown


def _location(unused: Unused) -> Location:
    comment = unused.comment
    return Location(unused.path, comment.line, comment.column, comment.line, comment.end_column)


def _needless(unused: Unused, words: Sequence[str]) -> Issue:
    comment = unused.comment
    where = "in this file" if comment.kind == "ignore-file" else "on this line"
    if words[0] in EVERYTHING:
        message = f"The comment switches nothing off: no rule finds anything {where}"
    else:
        message = f"The comment switches nothing off: {_listed(words)} finds nothing {where}"
        if len(words) > 1:
            message = f"The comment switches nothing off: {_listed(words)} find nothing {where}"
        if len(words) < len(comment.selectors):
            message = message.replace("The comment switches nothing off", "Part of the comment is needless")
    lonely = comment.alone and comment.kind == "ignore"
    return Issue(message, _location(unused), f"{comment.kind} {','.join(words)}", advice=_ALONE if lonely else "")


def _misnamed(unused: Unused, word: str) -> Issue:
    shown = _shown(word)
    nearest = _nearest(word)
    message = f"The comment names {shown}, and there is no such rule"
    if nearest:
        message += f": {nearest} comes nearest"
    advice = "Correct the name, or take it out. `flaskdoctor --list-rules` shows all rules."
    return Issue(message, _location(unused), f"no rule {word[:40]}", fixable=False, advice=advice)


def _nearest(word: str) -> str:
    """The name that was probably meant; of numbers any is as near as the next."""
    if _CODE.fullmatch(word):
        return ""
    from difflib import get_close_matches

    from flaskdoctor.rules.registry import all_rules

    close = get_close_matches(word.replace("_", "-"), [rule.name for rule in all_rules()], n=1, cutoff=0.6)
    return close[0] if close else ""


def _shown(word: str) -> str:
    """A selector as it is told: a text of other characters than names have is not repeated."""
    if _CODE.fullmatch(word):
        return word.upper()
    return word if _WORD.fullmatch(word) else "something else than a rule"


def _listed(words: Sequence[str]) -> str:
    shown = [_shown(word) for word in words]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
