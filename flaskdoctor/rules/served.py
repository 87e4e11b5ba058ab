"""What the servers of the live rules' examples answer."""

from __future__ import annotations

from collections.abc import Mapping

from flaskdoctor.rules.rule import Reply, Served

APP = "from flask import Flask\n\napp = Flask(__name__)\n"

Header = tuple[str, str]


def page(*headers: Header, status: int = 200, body: str = "<h1>The kiln shop</h1>") -> Reply:
    """An HTML page."""
    return Reply(status, (("Content-Type", "text/html; charset=utf-8"), *headers), body)


def data(*headers: Header, status: int = 200) -> Reply:
    """What a JSON API answers."""
    return Reply(status, (("Content-Type", "application/json"), *headers), '{"ok": true}\n')


def site(*headers: Header, profile: str = "", others: Mapping[str, Reply] | None = None, tls: str = "") -> Served:
    """A server whose every answer has these headers; ``others`` are answers of their own."""
    return Served({"/": page(*headers), **(others or {})}, profile, tls=tls)


def api(*headers: Header, profile: str = "") -> Served:
    """A JSON API."""
    return Served({"/": data(*headers)}, profile)
