"""Which rule tells whether a foreign host is believed, with Flask itself: TRUSTED_HOSTS and ProxyFix."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.finding import Location
from flaskdoctor.probe.foreign import slashed_route
from flaskdoctor.probe.observation import Foreign
from flaskdoctor.project.routing.routepicture import RouteRow
from tests.probe.servers import flask_run, log_of, target_of
from tests.probe.test_observe import seen

APP = """\
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

app = Flask(__name__)
{configured}


@app.get("/kilns/")
def kilns():
    raise RuntimeError("a view ran")
"""


def row(rule: str | None, *methods: str) -> RouteRow:
    return RouteRow(rule, methods or ("GET",), "view", "", "view", Location("app.py", 1))


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        (("/", "/about"), ""),
        (("/kilns/",), "/kilns"),
        (("/a/much/longer/", "/kilns/"), "/kilns"),
        # Another rule answers it as it stands.
        (("/kilns/", "/kilns"), ""),
        (("/kilns/<name>/", None, "/what?/", "//evil.example/", "/a b/"), ""),
    ],
)
def test_a_rule_with_a_slash_that_nobody_else_answers(rules: tuple[str | None, ...], path: str) -> None:
    assert slashed_route([row(rule) for rule in rules]) == path


def test_a_rule_without_get_is_none() -> None:
    assert slashed_route([row("/kilns/", "POST")]) == ""


@pytest.mark.parametrize(
    ("configured", "host", "forwarded"),
    [
        ("", True, False),
        ('app.config["TRUSTED_HOSTS"] = ["127.0.0.1"]', False, False),
        ("app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1)", True, True),
        ("app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)", True, False),
        (
            'app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1)\napp.config["TRUSTED_HOSTS"] = ["127.0.0.1"]',
            False,
            False,
        ),
    ],
    ids=["nothing", "TRUSTED_HOSTS", "ProxyFix", "ProxyFix without x_host", "both"],
)
def test_flask_believes_what_it_is_configured_to(tmp_path: Path, configured: str, host: bool, forwarded: bool) -> None:
    folder = tmp_path / "shop"
    with flask_run(folder, source=APP.format(configured=configured)) as port:
        found = seen(port, root=folder, routes=(row("/kilns/"),))
    assert found.target == target_of(port)
    assert found.foreign == Foreign("/kilns", host, forwarded)
    assert "a view ran" not in log_of(folder)
