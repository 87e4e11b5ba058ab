"""What is handed to a function: a parameter that got another value is unknown, unless that value is a new blueprint."""

from __future__ import annotations

from flaskdoctor.project.code.handed import read_handed
from flaskdoctor.project.code.module import Module

SOURCE = b"""\
from flask import Blueprint


def attach(app, area):
    if area is None:
        area = Blueprint("area", __name__)
    register_area(app, area)


def rename(app, area):
    area = area.parent
    register_area(app, area)
"""


def test_a_parameter_with_another_value_is_followed_only_where_that_is_a_blueprint() -> None:
    calls = read_handed(Module("shop.py", "shop", "app", SOURCE + b"\n\ndef register_area(app, area): ...\n"))
    areas = [call.arguments[1].names for call in calls if call.callee == "shop.register_area"]
    assert areas == [("shop.attach.<locals>.area",), ()]
