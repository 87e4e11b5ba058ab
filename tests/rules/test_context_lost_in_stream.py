"""FD504 against Flask itself: what is reported breaks off, what is not is streamed to its end, what is fixed too."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.project.code.module import Module
from flaskdoctor.rules.contexts.context_lost_in_stream import ContextLostInStream
from flaskdoctor.scan import Options
from tests.projects import build

HEAD = """\
from flask import (
    Flask, Response, current_app, g, make_response, render_template_string, request, session, stream_template_string,
    stream_with_context, url_for,
)

app = Flask(__name__)
app.secret_key = "test"


def parts(value="x"):
    yield "a"
    yield str(value)


def asks():
    yield "a"
    yield request.path


def path():
    return request.path


def asks_through():
    yield path()


@app.get("/")
def view():
"""
BREAKS = [
    "return Response(asks())",
    "return Response(response=asks())",
    "return Response(asks_through())",
    "return asks()",
    "return asks(), 200, {'X-A': 'b'}",
    "return make_response(asks())",
    "return app.response_class(asks(), mimetype='text/plain')",
    "body = asks()\n    return Response(body)",
    "return Response(request.path for _ in 'ab')",
    "return Response(session.get('a', '-') for _ in 'ab')",
    "g.name = 'n'\n    return Response(g.name for _ in 'ab')",
    "return Response(current_app.name for _ in 'ab')",
    "return Response(url_for('view') for _ in 'ab')",
    "return Response(render_template_string('x') for _ in 'ab')",
    "def inner():\n        yield from [request.path]\n    return Response(inner())",
    "yield request.path",
]
STREAMS = [
    "return Response(stream_with_context(asks()))",
    "return Response(stream_with_context(asks)())",
    "@stream_with_context\n    def inner():\n        yield request.path\n    return Response(inner())",
    "return Response(parts(request.path))",
    "return Response(parts())",
    "return Response(char for char in request.path)",
    "return Response([request.path for _ in 'ab'])",
    "return Response(list(asks()))",
    "return Response(''.join(asks()))",
    "def inner(path=request.path):\n        yield path\n    return Response(inner())",
    "def inner():\n        with app.app_context():\n            yield current_app.name\n    return Response(inner())",
    "return Response(stream_template_string('{{ request.path }}'))",
    "return path()",
    "yield 'a'",
]


def _hits(body: str) -> int:
    source = f"{HEAD}    {body}\n"
    return len(list(ContextLostInStream().check(Module("app.py", "app", "app", source.encode()))))


def _answer(source: str) -> bytes:
    space: dict[str, object] = {"__name__": "app"}
    exec(compile(source, "app.py", "exec"), space)
    return bytes(space["app"].test_client().get("/").data)  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", BREAKS)
def test_what_is_reported_breaks(body: str) -> None:
    with pytest.raises(RuntimeError, match=r"outside of (?:request|application) context"):
        _answer(f"{HEAD}    {body}\n")
    assert _hits(body) == 1


@pytest.mark.parametrize("body", STREAMS)
def test_what_is_not_reported_works(body: str) -> None:
    assert _answer(f"{HEAD}    {body}\n")
    assert _hits(body) == 0


@pytest.mark.parametrize("body", [body for body in BREAKS if not body.startswith("yield")])
def test_what_is_fixed_works(body: str, tmp_path: Path) -> None:
    build(tmp_path, f"{HEAD}    {body}\n", "3.1.0")
    fix_to_the_end(str(tmp_path), Options(select=("FD504",), cache=False), (), unsafe=False)
    assert _answer((tmp_path / "app.py").read_text())
