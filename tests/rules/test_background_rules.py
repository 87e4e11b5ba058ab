"""FD506 and FD605 against Celery and click themselves: what is reported fails where no request runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.scan import Options, scan
from tests.projects import build

HEAD = """\
from celery import Celery
from flask import Flask, current_app, g, has_request_context, render_template_string, request, session, url_for

app = Flask(__name__)
celery = Celery("tests", broker="memory://", backend="cache+memory://")


@celery.task
def work():
"""
NO_REQUEST = [
    "return request.path",
    "return session.get('a')",
    "with app.app_context():\n        return request.path",
    "return [request.args for _ in 'a']",
]
NO_APP = [
    "return current_app.name",
    "g.name = 'x'",
    "return url_for('static', filename='x')",
    "return render_template_string('x')",
]
WORKS = [
    "return app.config.get('A')",
    "return request.path if has_request_context() else '-'",
    "with app.test_request_context('/x'):\n        return request.path",
    "with app.app_context():\n        return current_app.name",
    "return [lambda: current_app.name, lambda: request.path][:0]",
    "try:\n        return request.path\n    except RuntimeError:\n        return '-'",
]
SET_UP = """\


class ContextTask(celery.Task):
    def __call__(self, *args, **kwargs):
        with app.app_context():
            return self.run(*args, **kwargs)


celery.Task = ContextTask
"""


def _codes(tmp_path: Path, source: str) -> set[str]:
    build(tmp_path, {"tasks.py": source}, "3.1.0")
    found = scan(str(tmp_path), Options(select=("FD506", "FD605"), cache=False)).report.findings
    return {finding.code for finding in found}


def _state(source: str) -> str:
    space: dict[str, object] = {"__name__": "tasks"}
    exec(compile(source, "tasks.py", "exec"), space)
    return str(space["work"].apply().state)  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", NO_REQUEST)
def test_a_task_has_no_request(body: str, tmp_path: Path) -> None:
    source = f"{HEAD}    {body}\n"
    assert _state(source) == "FAILURE"
    assert _codes(tmp_path, source) == {"FD506"}


@pytest.mark.parametrize("body", NO_APP)
def test_a_task_has_no_app_context(body: str, tmp_path: Path) -> None:
    source = f"{HEAD}    {body}\n"
    assert _state(source) == "FAILURE"
    assert _codes(tmp_path, source) == {"FD605"}


@pytest.mark.parametrize("body", WORKS)
def test_a_task_that_works_is_not_reported(body: str, tmp_path: Path) -> None:
    source = f"{HEAD}    {body}\n"
    assert _state(source) == "SUCCESS"
    assert _codes(tmp_path, source) == set()


@pytest.mark.parametrize("body", NO_APP)
def test_a_class_of_tasks_gives_the_app(body: str, tmp_path: Path) -> None:
    head, _, task = f"{HEAD}    {body}\n".partition("\n\n@celery.task")
    source = f"{head}{SET_UP}\n\n@celery.task{task}".replace(
        "app = Flask(__name__)", "app = Flask(__name__)\napp.config['SERVER_NAME'] = 'localhost'"
    )
    assert _state(source) == "SUCCESS"
    assert _codes(tmp_path, source) == set()
