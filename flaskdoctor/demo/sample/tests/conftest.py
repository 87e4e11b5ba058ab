import os

import pytest

os.environ.setdefault("SECRET_KEY", "testing")
os.environ.setdefault("MAIL_PASSWORD", "testing")
os.environ.setdefault("CLAY_PRICES", "")

from shop import create_app  # noqa: E402


@pytest.fixture
def app(tmp_path):
    return create_app("testing", instance_path=str(tmp_path))


@pytest.fixture
def client(app):
    return app.test_client()
