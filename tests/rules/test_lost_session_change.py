"""FD202 against Flask itself: what is reported is lost, what is not is there in the next request."""

from __future__ import annotations

import textwrap

import flask
import pytest

from flaskdoctor.project.code.module import Module
from flaskdoctor.rules.sessions.lost_session_change import LostSessionChange

LOST = [
    'session["list"].append(1)',
    'session["list"].extend([1])',
    'session["list"].insert(0, 1)',
    'session["list"].clear()',
    'session["list"].pop()',
    'session["list"].sort(reverse=True)',
    'session["list"].reverse()',
    'session["list"][0] = 9',
    'del session["list"][0]',
    'session["list"][0] += 9',
    'session["dict"]["a"] = 1',
    'session["dict"].update(a=1)',
    'session["dict"].setdefault("a", 1)',
    'session["dict"]["deep"]["a"] = 1',
    'session.get("list", []).append(1)',
    'session.setdefault("list", []).append(1)',
    'kept = session["list"]\nkept.append(1)',
    'kept = session.get("list") or []\nkept.append(1)',
    'for item in session["rows"]:\n    item["n"] = 9',
    'for key, item in session["table"].items():\n    item["n"] = 9',
    'for item in session["table"].values():\n    item.clear()',
    'if "list" not in session:\n    session["list"] = []\nsession["list"].append(1)',
    'if not session.get("list"):\n    session["list"] = []\nsession["list"].append(1)',
    'if session.get("list") is None:\n    session["list"] = []\nsession["list"].append(1)',
    'if "list" in session:\n    session["list"].append(1)\nelse:\n    session["list"] = [1]',
    'if session.get("list"):\n    session["list"].append(1)\nelse:\n    session["list"] = [1]',
    'try:\n    session["list"].append(1)\nexcept KeyError:\n    session["list"] = [1]',
    'session["list"].append(1)\nsession.get("other")',
]
SAVED = [
    'session["list"].append(1)\nsession.modified = True',
    'session["list"] += [1]',
    'session["list"] = [*session["list"], 1]',
    'session["list"].append(1)\nsession["other"] = 1',
    'session["list"].append(1)\nsession.pop("other")',
    'session["list"].append(1)\ndel session["other"]',
    'session["list"].append(1)\nsession.update()',
    'session["list"].append(1)\nflash("x")',
    'session["list"].append(1)\nsession.permanent = True',
    'kept = session["list"]\nkept.append(1)\nsession["list"] = kept',
    "session.clear()",
]
UNCHANGED = [
    'copy = list(session["list"])\ncopy.append(1)',
    'copy = session["list"][:]\ncopy.append(1)',
    'copy = session["dict"].copy()\ncopy["a"] = 1',
    'copy = {**session["dict"]}\ncopy["a"] = 1',
    'session["list"].index(3)',
    'session["dict"].get("deep")',
]


def _hits(body: str) -> int:
    source = "from flask import flash, session\n\n\ndef view():\n" + textwrap.indent(body, "    ") + "\n"
    return len(list(LostSessionChange().check(Module("app.py", "app", "app", source.encode()))))


def _kept(body: str, *, permanent: bool = False) -> tuple[dict[str, object], dict[str, object]]:
    """The session before and after a request that runs ``body``."""
    app = flask.Flask(__name__)
    app.secret_key = "test"

    @app.get("/start")
    def start() -> str:
        flask.session.permanent = permanent
        flask.session["list"] = [3, 1, 2]
        flask.session["dict"] = {"deep": {}}
        flask.session["rows"] = [{"n": 1}]
        flask.session["table"] = {"a": {"n": 1}}
        flask.session["other"] = 0
        return ""

    @app.get("/do")
    def do() -> str:
        exec(body, {"session": flask.session, "flash": flask.flash})
        return ""

    @app.get("/see")
    def see() -> dict[str, object]:
        return dict(flask.session)

    client = app.test_client()
    client.get("/start")
    before = client.get("/see").get_json()
    assert client.get("/do").status_code == 200
    return before, client.get("/see").get_json()


@pytest.mark.parametrize("body", LOST)
def test_what_is_reported_is_lost(body: str) -> None:
    before, after = _kept(body)
    assert before == after
    assert _hits(body) == 1


@pytest.mark.parametrize("body", SAVED)
def test_what_is_saved_is_not_reported(body: str) -> None:
    before, after = _kept(body)
    assert before != after
    assert _hits(body) == 0


@pytest.mark.parametrize("body", UNCHANGED)
def test_what_changes_nothing_in_the_session_is_not_reported(body: str) -> None:
    before, after = _kept(body)
    assert before == after
    assert _hits(body) == 0


def test_a_permanent_session_is_written_at_every_request() -> None:
    before, after = _kept('session["list"].append(1)', permanent=True)
    assert before != after


def test_setdefault_saves_the_first_time_only() -> None:
    app = flask.Flask(__name__)
    app.secret_key = "test"

    @app.get("/")
    def index() -> dict[str, object]:
        flask.session.setdefault("seen", []).append(1)
        return dict(flask.session)

    client = app.test_client()
    assert [client.get("/").get_json()["seen"] for _ in range(3)] == [[1], [1, 1], [1, 1]]
