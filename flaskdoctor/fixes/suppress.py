"""``i``: the comment that switches a rule off at a finding's line, as a plan like any other."""

from __future__ import annotations

import os

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Finding
from flaskdoctor.fixes.edit import Edit, Plan
from flaskdoctor.project.code.ignorable import what_instead, why_no_comment
from flaskdoctor.project.code.suppressions import with_rule
from flaskdoctor.project.plainfile import read_bytes


def suppression(root: str, finding: Finding) -> Plan:
    """What writes the comment for ``finding``, which is as the file is now. Raises ``Refuse`` where no comment can."""
    if reason := why_no_comment(finding):
        raise Refuse(reason, what_instead(finding))
    path, place = finding.location.path, finding.location
    content = read_bytes(os.path.join(root, path))
    if content.state != "ok":
        raise Refuse(f"{path} cannot be read: {content.reason}.")
    try:
        after = with_rule(content.data, finding.code, finding.name, place.line, place.end_line)
    except (SyntaxError, ValueError, RecursionError):
        raise Refuse(f"{path} does not parse, so nobody can say what a comment in it would do.") from None
    if after is None:
        raise Refuse(
            f"No line of it can bear a comment: {path}:{place.line} ends inside a text, or with a backslash.",
            what_instead(finding, below=path),
        )
    edit = Edit(path, content.data, after, summary=f"Ignore {finding.code} at {path}:{place.line}")
    told = finding._replace(message=f"ignored by a comment: {finding.message}")
    return Plan((edit,), (told,))
