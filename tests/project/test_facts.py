"""What is kept of a file for the next scan: enough for linking, and nothing that may be a secret."""

from __future__ import annotations

import pickle
from textwrap import dedent

from flaskdoctor.project.code.facts import module_facts
from flaskdoctor.project.code.module import Module
from flaskdoctor.project.code.shallow import shallow_facts
from tests.project.reading import worth

SECRET = "hunter2hunter2"

SOURCE = f"""
import os
from flask import Blueprint, Flask
from payments import Client

KEYS = ["{SECRET}", "{SECRET}-2"]
API_KEY = "{SECRET}"
API_PREFIX = "/api"
client = Client("{SECRET}", token="{SECRET}")
PAIRS = [("{SECRET}", 1)]

class Config:
    SECRET_KEY = "{SECRET}"
    URL_PREFIX = "{SECRET}"
    ROUTE_PREFIX = "/v1"

class Shop(Flask):
    def __init__(self):
        super().__init__("{SECRET}")

def connect(app, password="{SECRET}", path="/x"):
    return ["{SECRET}"]

app = Flask(__name__)
app.secret_key = "{SECRET}"
app.config["URL_PREFIX"] = "{SECRET}"
connect(app, "{SECRET}")
connect(app, password="{SECRET}")
connect(app, *["{SECRET}"])
os.environ.get("KEY", "{SECRET}")

bp = Blueprint("shop", __name__, url_prefix=API_PREFIX)
app.register_blueprint(bp)
"""


def test_no_literal_that_may_be_a_secret_is_kept() -> None:
    module = Module("shop.py", "shop", "app", dedent(SOURCE).encode())
    facts = module_facts(module)
    assert SECRET.encode() not in pickle.dumps(facts)
    assert SECRET.encode() not in pickle.dumps(shallow_facts("shop.py", "shop", "app", module.ast))
    assert facts.constructed["shop.bp"].label == "shop"
    assert facts.constants["shop.API_PREFIX"] == "/api"


def test_a_file_without_any_word_of_flask_still_shows_what_it_re_exports() -> None:
    source = (
        "from .cart import bp as cart\nfrom . import account\n\nAREAS = [cart, account.area]\npanel = account.Panel()\n"
    )
    module = Module("shop/__init__.py", "shop", "app", source.encode())
    facts = shallow_facts("shop/__init__.py", "shop", "app", module.ast)
    assert facts.bindings == {"cart": "shop.cart.bp", "account": "shop.account"}
    assert facts.lists == {"shop.AREAS": ("shop.cart.bp", "shop.account.area")}
    assert facts.constructed["shop.panel"].callee == "shop.account.Panel"
    full = module_facts(module)
    assert (full.bindings, full.lists, full.definitions) == (facts.bindings, facts.lists, facts.definitions)


def test_files_that_hold_nothing_for_linking_are_not_walked() -> None:
    assert not worth(b"import math\n\n\nclass Circle:\n    def area(self):\n        return math.pi\n")
    assert worth(b"from . import bp\n\n\n@bp.get('/')\ndef index():\n    return ''\n")
    assert worth(b"from .areas import area\n\n\n@area.post('/x')\ndef x():\n    return ''\n")
