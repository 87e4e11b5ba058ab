"""The sample's own development server, which runs beside the dashboard and ends with it."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from flaskdoctor.devserver import timed
from flaskdoctor.devserver.process import Command, DevServer

NO_FLASK = "Flask is not installed beside flaskdoctor, so the sample has no server: pip install 'flaskdoctor[demo]'"

# What would make the sample another app: Flask and python-dotenv let the environment win over its files.
_PREFIXES = ("FLASK_", "WERKZEUG_", "SHOP_", "MAIL_")
_NAMES = frozenset({"SECRET_KEY", "DATABASE", "SUPPORT_EMAIL", "PAYMENT_API_KEY", "BROKER_URL", "PORT"})


def demo_server(root: Path, port: int) -> DevServer:
    """``flask run --debug`` for the sample in ``root``, on ``port`` of this machine. The folder around it is deleted
    where the dashboard is killed and cannot tidy up."""
    # --debug: a fix that is applied to the sample is seen in the server a moment later.
    options = ("run", "--debug", "--host", "127.0.0.1", "--port", str(port))
    command = Command(
        (sys.executable, timed.__file__, *options),
        f"flask {' '.join(options)}",
        str(root),
        _environment(),
        f"http://127.0.0.1:{port}",
    )
    return DevServer(command, doomed=str(root.parent))


def why_not() -> str:
    """Why there can be no server; empty when there can."""
    return "" if find_spec("flask") is not None else NO_FLASK


def _environment() -> dict[str, str]:
    """The environment less what is another project's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIXES) and name not in _NAMES}
    return kept | {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
