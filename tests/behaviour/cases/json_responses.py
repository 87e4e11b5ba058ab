"""FD102 to FD107: what views and error handlers answer with."""

from __future__ import annotations

from tests.behaviour.case import Case, Change
from tests.behaviour.environments import NEWEST

CASES = [
    Case(
        "FD102",
        "what null was before Flask 2.2",
        """\
from flask import Flask, jsonify

app = Flask(__name__)


@app.route("/", methods=["GET", "POST"])
def index():
    return jsonify()
""",
        asks=["GET /", "POST /"],
        changes={
            "GET /": Change(body=("null\n", "{}\n")),
            "POST /": Change(body=("null\n", "{}\n")),
            "HEAD /": Change(headers={"Content-Length": ("5", "3")}),
        },
        versions=("2.2", NEWEST),
    ),
]
