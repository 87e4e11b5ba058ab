"""The endpoints and templates that a file names, and what makes them uncertain."""

from __future__ import annotations

import pytest

from flaskdoctor.project.code.module import Module
from flaskdoctor.project.routing.pagefacts import NO_PAGES, PageFacts, read_pages


def _read(source: str, path: str = "shop/views.py") -> PageFacts:
    return read_pages(Module(path, path.removesuffix(".py").replace("/", "."), "app", source.encode()))


def test_endpoints_are_those_of_flask_under_whatever_name() -> None:
    pages = _read(
        "import flask as f\nfrom flask import url_for as link\n\nNAME = 'shop'\n\n\n"
        "class View:\n    def get(self):\n"
        "        return link('.index'), f.url_for(endpoint=NAME + '.cart'), url_for('x')\n"
        "\n\nlink(some)\nlink('/static')\n"
    )
    assert [(call.endpoint, call.view, call.location.line) for call in pages.urls] == [
        (".index", "shop.views.View", 9),
        ("shop.cart", "", 9),
    ]


def test_templates_are_literals_or_lists_of_them() -> None:
    pages = _read(
        "from flask import render_template, stream_template\n\nrender_template('a.html')\n"
        "stream_template(['b.html', 'c.html'])\nrender_template(name)\nrender_template(['d.html', name])\n"
        "render_template(*names)\n"
    )
    assert [call.names for call in pages.renders] == [("a.html",), ("b.html", "c.html")]


def test_call_whose_failure_is_expected_is_left_out() -> None:
    pages = _read(
        "from flask import url_for\nfrom werkzeug.routing import BuildError\n\n\ndef a():\n    try:\n"
        "        one = 1\n"
        "        two = 2\n        return url_for('gone')\n    except (KeyError, BuildError):\n"
        "        return url_for('b')\n"
        "\n\ndef c():\n    try:\n        one = 1\n        two = 2\n        return url_for('c')\n"
        "    except Exception:\n"
        "        return ''\n"
    )
    assert [call.endpoint for call in pages.urls] == ["b", "c"]


@pytest.mark.parametrize(
    ("line", "otherwise"),
    [
        ("Flask(__name__, template_folder='pages')", False),
        ("Flask(__name__, template_folder='../pages')", False),
        ("Flask(__name__, template_folder=None)", False),
        ("Flask(__name__, template_folder='../../pages')", True),
        ("Flask(__name__, template_folder='..')", True),
        ("Flask(__name__, template_folder='/srv/pages')", True),
        ("Flask(__name__, template_folder=PAGES)", True),
        ("app.jinja_loader = loader", True),
        ("app.template_folder = PAGES", True),
    ],
)
def test_templates_may_come_from_elsewhere(line: str, otherwise: bool) -> None:
    assert _read(f"from flask import Flask\n\n{line}\n").loads_otherwise is otherwise


def test_file_that_names_nothing_has_no_facts_of_its_own() -> None:
    assert _read("from flask import Flask\n\napp = Flask(__name__)\n") is NO_PAGES
