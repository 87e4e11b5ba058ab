"""The fix session of one Python file. LibCST is imported in this package and nowhere else.

``ast`` finds (an order of magnitude faster), LibCST mends: it keeps every byte that a fix does not mean to
change. Nothing imports this package before a fix is previewed.
"""

from flaskdoctor.fixes.python.file_edit import FileEdit

__all__ = ["FileEdit"]
