"""Changing what a project requires, in the files that people write: one more distribution, an extra, a marker.

``sources`` knows which files these are; ``textfile``, ``tomladd``, ``tomlchange`` and ``setupcfg`` change one of them:
bytes in, bytes out, with every other byte as it was. Lock files and what a tool compiles are never changed.
"""

from flaskdoctor.fixes.requirements.requirement import Requirement
from flaskdoctor.fixes.requirements.sources import add_requirement, extra_edits, marker_edit, requirement_edits

__all__ = ["Requirement", "add_requirement", "extra_edits", "marker_edit", "requirement_edits"]
