"""The sample's own development server, which runs beside the dashboard and ends with it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

from flaskdoctor.demo import keeper

LOG = "server.log"
NO_FLASK = "Flask is not installed beside flaskdoctor, so the sample has no server: pip install 'flaskdoctor[demo]'"

# What would make the sample another app: Flask and python-dotenv let the environment win over its files.
_PREFIXES = ("FLASK_", "WERKZEUG_", "SHOP_", "MAIL_")
_NAMES = frozenset({"SECRET_KEY", "DATABASE", "SUPPORT_EMAIL", "PAYMENT_API_KEY", "BROKER_URL", "PORT"})


class DevServer:
    """``flask run --debug`` for the project in ``root``, on ``port`` of this machine.

    Leaving the ``with`` block stops it, and so does the end of this process, whatever ends it (``keeper.py``). Nothing
    waits for it to be up. What it prints goes to ``server.log`` beside ``root``.
    """

    def __init__(self, root: Path, port: int) -> None:
        self.root = root
        self.port = port
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> DevServer:
        """Start it."""
        folder = self.root.parent
        # --debug: a fix that is applied to the sample is seen in the server a moment later.
        arguments = ["-m", "flask", "run", "--debug", "--host", "127.0.0.1", "--port", str(self.port)]
        with (folder / LOG).open("wb") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", keeper.__file__, str(folder), sys.executable, *arguments],
                cwd=self.root,
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C and a closed terminal are the dashboard's to answer
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it and wait until it is gone."""
        process, self._keeper = self._keeper, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            process.wait(timeout=6)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def why_not() -> str:
    """Why there can be no server; empty when there can."""
    return "" if find_spec("flask") is not None else NO_FLASK


def _environment() -> dict[str, str]:
    """The environment less what is another project's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIXES) and name not in _NAMES}
    return kept | {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
