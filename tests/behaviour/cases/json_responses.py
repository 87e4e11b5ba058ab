"""FD101 to FD107: what views and error handlers answer with."""

from __future__ import annotations

from tests.behaviour.case import Case, Change
from tests.behaviour.environments import NEWEST

_RICH = """\
import datetime
import decimal
import uuid

from flask import Flask, jsonify, request

app = Flask(__name__)
app.config["JSON_SORT_KEYS"] = False
app.config["JSONIFY_PRETTYPRINT_REGULAR"] = True


@app.after_request
def mark(response):
    response.headers["X-Kind"] = response.mimetype
    response.headers["X-Length"] = str(response.calculate_content_length())
    return response


@app.errorhandler(404)
def missing(error):
    return jsonify(error=error.description, path=request.path), 404


@app.route("/")
def index():
    return jsonify(
        zeta=1,
        alpha=datetime.datetime(2024, 2, 29, 12, 30),
        day=datetime.date(2024, 2, 29),
        price=decimal.Decimal("10.50"),
        id=uuid.UUID(int=7),
        big=2**70,
        text="Grüße, мир, 你好 \\u2028 </script>",
        none=None,
    )


@app.route("/nested", methods=["GET", "POST"])
def nested():
    if (body := request.get_json(silent=True)) is None:
        return jsonify({"rows": [[1, [2, (3, 4)]], {"b": {}, "a": [None, True, 1.5e300]}]}), 200, {"X-Rows": "1"}
    return jsonify({"got": body, 3: "three"}), "201 MADE"


@app.route("/bytes")
def broken():
    return jsonify({"raw": b"bytes"})
"""

CASES = [
    Case(
        "FD101",
        "values of every kind, with hooks, settings and a status",
        _RICH,
        asks=[
            "GET /",
            "GET /nested",
            ("POST /nested", {"json": {"name": "Zoë", "tags": []}}),
            ("POST /nested", {"data": {"name": "a"}}),
            "GET /bytes",
        ],
        versions=("1.1", "2.0", "2.2", NEWEST),
        fixes=5,
    ),
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
