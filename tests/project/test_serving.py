"""What a file does with requests, by the words of its source."""

from __future__ import annotations

import pytest

from flaskdoctor.project.code.module import Module
from flaskdoctor.project.requestflow.serving import (
    ADDRESS,
    CSRF,
    FORWARDED,
    LIMITS,
    POST_FORM,
    SCHEME,
    UPLOADS,
    read_serving,
)


def words(source: str, role: str = "app") -> set[str]:
    return set(read_serving(Module("shop.py", "shop", role, f"import flask\n{source}\n".encode())))


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("url_for('a', _external=True)", SCHEME),
        ("values['_external'] = True", SCHEME),
        ("request.is_secure", SCHEME),
        ("flask.request.url", SCHEME),
        ("request.remote_addr", ADDRESS),
        ("request.environ['REMOTE_ADDR']", ADDRESS),
        ("from flask_limiter.util import get_remote_address", ADDRESS),
        ("from werkzeug.middleware.proxy_fix import ProxyFix", FORWARDED),
        ("from werkzeug.contrib.fixers import ProxyFix", FORWARDED),
        ("request.headers['X-Forwarded-For']", FORWARDED),
        ("environ.get('HTTP_X_REAL_IP')", FORWARDED),
        ("ReverseProxied(app)", FORWARDED),
        ("url_for('a', _scheme='https')", FORWARDED),
        ("request.files['a']", UPLOADS),
        ("wtforms.FileField()", UPLOADS),
        ("app.config['MAX_CONTENT_LENGTH'] = 1", LIMITS),
        ("request.max_content_length = 1", LIMITS),
        ("request.headers['Content-Length']", LIMITS),
        ("from flask_wtf import FlaskForm", CSRF),
        ("session['_csrf_token']", CSRF),
        ("X = 'X-XSRF-TOKEN'", CSRF),
        ('PAGE = \'<form action="/" method="POST">\'', POST_FORM),
    ],
)
def test_word_tells(source: str, word: str) -> None:
    assert words(source) == {word}
    assert not words(source, "test")


@pytest.mark.parametrize(
    "source",
    [
        "fetch(no_external=True)",
        "request.url_rule",
        "requests.post('a', files={})",
        "WTF_CSRF_ENABLED = False",
        "app.config['WTF_CSRF_ENABLED'] = False  # no csrf here",
        "PAGE = '<form action=\"/find\">'",
        "request.headers['Content-Type']",
    ],
)
def test_word_that_looks_like_it_does_not(source: str) -> None:
    assert not words(source)
