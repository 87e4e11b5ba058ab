"""Runs in the Python of an environment: imports an app, sends it requests, and tells what it answered, as JSON.

One process serves many jobs, a line each. Flask is imported once; every app runs in a fork of its own, so that nothing
of one reaches another. Where there is no fork, a job has a process of its own.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import subprocess
import sys
import time
from typing import Any

# Signed cookies carry the time of day: two runs of one app agree when the clock stands still.
time.time = lambda: 1_700_000_000.0

import flask  # noqa: E402
import flask.views  # noqa: E402

Job = dict[str, Any]

_EXPIRES = re.compile(r"(?i)(expires=)[^;]*(?<!00:00:00 GMT)(?=;|$)")  # what deletes a cookie stays as it is


def run(job: Job) -> list[list[Any]]:
    """What the app of a job answers: pairs of a label and an answer; the first one is about the import."""
    os.chdir(job["folder"])
    os.environ.update(job["environ"])
    sys.path[:0] = [job["folder"], *job["libraries"]]
    try:
        app = _app(job["entry"])
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is the answer
        return [["import", {"raises": type(error).__name__, "detail": str(error)}]]
    raised = []
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.log_exception = lambda *arguments: raised.append(arguments[-1])  # type: ignore[method-assign]
    client = app.test_client()
    answers = [["import", {"raises": "", "detail": ""}]]
    for label, ask in job["requests"]:
        raised.clear()
        answers.append([label, _answer(client, ask, raised)])
    return answers


def _app(entry: str) -> flask.Flask:
    module, _, name = entry.partition(":")
    found = importlib.import_module(module)
    if name:
        value = getattr(found, name)
    else:
        value = found.app if isinstance(getattr(found, "app", None), flask.Flask) else found.create_app
    app = value if isinstance(value, flask.Flask) else value()
    assert isinstance(app, flask.Flask)
    return app


def _answer(client: Any, ask: dict[str, Any], raised: list[Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"raises": "", "detail": "", "status": 0, "headers": [], "body": ""}
    for name, (text, filename) in ask.pop("files", {}).items():
        ask.setdefault("data", {})[name] = (io.BytesIO(text.encode()), filename)
    try:
        response = client.open(ask.pop("path"), **ask)
        answer["status"] = response.status_code
        answer["headers"] = _headers(response)
        answer["body"] = response.get_data().decode("utf-8", "backslashreplace")
    except Exception as error:  # noqa: BLE001 - likewise, out of a streamed body
        raised.append((type(error), error, None))
    if raised:
        kind, value, _ = raised[-1]
        answer["raises"], answer["detail"] = kind.__name__, str(value)
    return answer


def _headers(response: Any) -> list[list[str]]:
    """All but the time of day, in an order that says nothing; the methods of an OPTIONS answer likewise."""
    found = []
    for name, value in response.headers:
        if name == "Set-Cookie":
            value = _EXPIRES.sub(r"\1-", value)
        elif name == "Allow":
            value = ", ".join(sorted(value.split(", ")))
        if name != "Date":
            found.append([name, value])
    return sorted(found)


def _forked(job: Job) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            with os.fdopen(writing, "w") as pipe:
                json.dump(run(job), pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


def _alone(job: Job) -> str:
    command = [sys.executable, "-P", __file__, "one"]
    return subprocess.run(command, input=json.dumps(job), capture_output=True, text=True).stdout


def main() -> None:
    """Serve jobs until there are no more. What an app prints must not get among the answers."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if sys.argv[1:] == ["one"]:
        json.dump(run(json.load(sys.stdin)), answers)
        return
    for line in sys.stdin:
        text = (_forked if hasattr(os, "fork") else _alone)(json.loads(line))
        print(text, file=answers, flush=True)


if __name__ == "__main__":
    main()
