"""FD202: a change inside the session that Flask did not notice."""

from __future__ import annotations

from tests.behaviour.case import Case, Change
from tests.behaviour.environments import NEWEST

_CART = """\
from flask import Blueprint, Flask, session

app = Flask(__name__)
app.secret_key = "for this test"
bp = Blueprint("cart", __name__, url_prefix="/cart")


@bp.route("/start", methods=["POST"])
def start():
    session["cart"] = ["first"]
    return "started"


@bp.route("/<item>", methods=["POST"])
def add(item):
    session["cart"].append(item)
    return "added"


@bp.route("/")
def show():
    return ", ".join(session.get("cart", []))


app.register_blueprint(bp)
"""

_SAVED = Change(headers={"Set-Cookie": ("", "session=…; HttpOnly; Path=/")})

CASES: list[Case] = [
    Case(
        "FD202",
        "a basket keeps what is put into it",
        _CART,
        asks=["GET /cart/", "POST /cart/start", "POST /cart/mug", "GET /cart/", "POST /cart/pen", "GET /cart/"],
        changes={
            "POST /cart/mug": _SAVED,
            "GET /cart/ #2": Change(body=("first", "first, mug")),
            "POST /cart/pen": _SAVED,
            "GET /cart/ #3": Change(body=("first", "first, mug, pen")),
            "HEAD /cart/": Change(headers={"Content-Length": ("5", "15")}),
        },
        versions=("1.1", NEWEST),
    ),
]
