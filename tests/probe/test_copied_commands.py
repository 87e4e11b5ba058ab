"""The commands that are copied, run by the real HTTPie and curl: each gets the answer that the dashboard got."""

from __future__ import annotations

import asyncio
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flaskdoctor.probe.observation import Ask
from flaskdoctor.probe.observe import ask
from flaskdoctor.probe.target import parse_url
from flaskdoctor.tui.panes.answer import command, curl_command
from tests.flaskserver import flask_run

APP = """\
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@app.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def echo(rest):
    return jsonify(
        rest=rest,
        method=request.method,
        query=request.args.to_dict(flat=False),
        json=request.get_json(silent=True),
        form=request.form.to_dict(flat=False),
    )
"""
ASKS = [
    Ask("/"),
    Ask("/users/1?page=2&sort=name"),
    Ask("/it's/$HOME/`id`/a%20b;c&d"),
    Ask("/list?ids[]=1&ids[]=2&x={y}"),
    Ask("/caf%C3%A9?q=%F0%9F%8D%B5"),
    Ask("/orders", "POST", '{"name": "it\'s \\"tea\\"", "n": [1, 2]}'),
    Ask("/orders", "POST", "a=1&b=x+y"),
    Ask("/orders/7", "PUT", "{}"),
    Ask("/orders/7", "PATCH", '["@file", "$x"]'),
    Ask("/orders/7", "DELETE"),
]
HTTPIE = shutil.which("http", path=str(Path(sys.executable).parent)) or shutil.which("http")
CURL = shutil.which("curl")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("echo") / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    with flask_run(folder) as running:
        yield running


def body_of(words: list[str], stdin: int | None = subprocess.DEVNULL) -> object:
    done = subprocess.run(words, stdin=stdin, capture_output=True, text=True, timeout=120, check=True)
    text = done.stdout
    return json.loads(text[text.index("{") :])


@pytest.mark.skipif(HTTPIE is None, reason="HTTPie is not installed")
def test_httpie_gets_the_same_answer(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPIE_CONFIG_DIR", str(tmp_path))
    for asked in ASKS:
        answer = asyncio.run(ask(parse_url(url), asked))
        words = shlex.split(command(asked, url))
        assert words[0] == "http"
        assert body_of([str(HTTPIE), "--ignore-stdin", "--body", *words[1:]]) == json.loads(answer.body), asked


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
def test_curl_gets_the_same_answer(url: str) -> None:
    for asked in ASKS:
        answer = asyncio.run(ask(parse_url(url), asked))
        words = shlex.split(curl_command(asked, url))
        assert words[0] == "curl"
        found = body_of([str(CURL), "--silent", "--disable", *words[1:]])
        assert found == json.loads(answer.body), asked
