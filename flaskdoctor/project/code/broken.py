"""Why a Python file does not parse, in words a user can act on."""

from __future__ import annotations

import re
import sys

from flaskdoctor.finding import Severity
from flaskdoctor.patterns import lazy
from flaskdoctor.project.snapshot import Problem

# ``{{ cookiecutter.name }}`` or ``{% if .. %}``: a template that makes Python, not Python.
# Bounded: an unclosed brace must not be looked for to the end of a long line, again and again.
_TEMPLATE = lazy(rb"\{\{-?\s{0,9}[\w.][^{}\n]{0,300}\}\}|\{%-?\s{0,9}\w[^\n]{0,300}%\}")
# What Python 3.12 to 3.14 brought: type parameters, ``type X =``, new f-strings, t-strings, ``except A, B:``.
_NEWER = lazy(
    rb"^[ \t]*(?:type[ \t]+\w|(?:async[ \t]+)?(?:def|class)[ \t]+\w+[ \t]*\[|except\b[^\n:]*,)|\b[rR]?[fFtT][rR]?[\"']",
    re.MULTILINE,
)
_TYPE_PARAMETER = lazy(
    rb"[ \t]*(?:type[ \t]+\w+[ \t]*(?:\[[^\n]*)?=[^=]"
    rb"|(?:async[ \t]+)?(?:def|class)[ \t]+\w+[ \t]*\[\s*(?:\*{0,2}[A-Za-z_]|\Z))"
)
_SECONDS = 15.0


def explain(path: str, role: str, source: bytes, error: BaseException) -> tuple[Problem, ...]:
    """The problems to report for a file that ``ast.parse`` refused; none for a template of Python."""
    if isinstance(error, RecursionError | MemoryError):
        return (Problem("FD002", path, "is nested too deeply to be parsed"),)
    if not isinstance(error, SyntaxError):
        return (Problem("FD002", path, "holds null bytes, so it is no Python source"),)
    if "{{" in path or _TEMPLATE.search(source):
        return ()
    line, column = error.lineno or 0, error.offset or 0
    undecodable = _undecodable_line(source)
    if undecodable:
        text = (
            f"line {undecodable} is not UTF-8 and the file has no coding line: save it as UTF-8, "
            "or name its encoding in line 1, as in # -*- coding: latin-1 -*-"
        )
        return (Problem("FD002", path, text, undecodable),)
    if "null bytes" in str(error):
        return (Problem("FD002", path, "holds null bytes, so it is no Python source"),)
    if "unknown encoding" in str(error):
        return (Problem("FD002", path, f"names an encoding that Python does not know: {error.msg}"),)
    if _is_type_parameter(source, line) or _newer_python_accepts(source):
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        text = f"uses syntax newer than Python {version}, which runs flaskdoctor: the file was not looked at"
        return (Problem("FD001", path, text, line, column, Severity.INFO),)
    severity = None if role in ("app", "script", "migration") else Severity.INFO
    message = (error.msg or "invalid syntax").partition(" (<unknown>")[0]
    return (Problem("FD001", path, f"does not parse: {message}", line, column, severity),)


def _is_type_parameter(source: bytes, line: int) -> bool:
    """Whether the line that did not parse has what Python 3.12 brought and no older one had: no need to try it out."""
    if sys.version_info >= (3, 12):
        return False
    lines = source.split(b"\n", line)
    return 0 < line <= len(lines) and _TYPE_PARAMETER.match(lines[line - 1]) is not None


def _undecodable_line(source: bytes) -> int:
    """The first line that is not in the encoding the file says it has; 0 where all are."""
    import io
    import tokenize

    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    except SyntaxError as error:
        if "unknown encoding" in str(error):
            return 0
        encoding = "utf-8"
    try:
        source.decode(encoding)
    except UnicodeDecodeError as error:
        return source.count(b"\n", 0, error.start) + 1
    except LookupError:
        return 0
    return 0


def _newer_python_accepts(source: bytes) -> bool:
    """Whether LibCST, which knows the newest grammar, parses what this Python does not."""
    if len(source) > 500_000 or _NEWER.search(source) is None:
        return False
    import subprocess

    # In a process of its own: brackets nested thousands deep overflow LibCST's stack, which kills the process.
    # -P keeps the current folder, which may be the scanned project, off the import path.
    program = "import sys, libcst; libcst.parse_module(sys.stdin.buffer.read())"
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", program],
            input=source,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return True  # a busy machine: nothing says that the file is broken
    except OSError:
        return False
    return done.returncode == 0
