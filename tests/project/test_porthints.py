"""Where a project's files say that its server listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.analysis import Analysis
from flaskdoctor.config import Settings
from flaskdoctor.project.deployment.porthints import port_hints
from tests.projects import build

APP = "from flask import Flask\n\napp = Flask(__name__)\n"


def hints(folder: Path, files: dict[str, str]) -> list[tuple[int, str]]:
    """The ports and why."""
    project = Analysis(str(build(folder, files)), Settings(), "").project()
    found = port_hints(project)
    assert all(hint.host.startswith("127.") or hint.host == "::1" for hint in found)
    return [(hint.port, hint.why) for hint in found]


@pytest.mark.parametrize(
    ("call", "port"),
    [
        ("app.run(port=8080)", 8080),
        ("app.run('0.0.0.0', 8081)", 8081),
        ("app.run(port=int(os.environ.get('PORT', 8082)))", 8082),
        ("app.run(port=int(os.environ.get('PORT') or '8083'))", 8083),
        ("app.run(port=PORT)", 8084),
        ("app.run(debug=True)", 5000),
        ("app.run(port=read_port())", None),
        ("app.run(port=99999)", None),
        ("worker.run(port=8080)", None),
    ],
)
def test_the_port_of_app_run(tmp_path: Path, call: str, port: int | None) -> None:
    source = (
        f"import os\nfrom worker import worker, read_port\n{APP}PORT = 8084\n\nif __name__ == '__main__':\n    {call}\n"
    )
    expected = [] if port is None else [(port, "run() in run.py:9")]
    assert hints(tmp_path / "shop", {"run.py": source}) == expected


def test_an_app_that_another_file_makes(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "from flask import Flask\n\ndef create_app():\n    app = Flask(__name__)\n    return app\n",
        "wsgi.py": "from shop import create_app\n\napp = create_app()\napp.run(port=8000, ssl_context='adhoc')\n",
        "tests/test_run.py": f"{APP}app.run(port=9999)\n",
    }
    project = Analysis(str(build(tmp_path / "p", files)), Settings(), "").project()
    assert [tuple(hint) for hint in port_hints(project)] == [(8000, "127.0.0.1", "https", "run() in wsgi.py:4")]


def test_env_files_count_only_with_python_dotenv(tmp_path: Path) -> None:
    files = {"app.py": APP, ".flaskenv": "FLASK_RUN_PORT=5001\n", ".env": "FLASK_RUN_PORT='5002'\n"}
    assert hints(tmp_path / "without", {**files, "requirements.txt": "flask==3.1.0\n"}) == []
    assert hints(tmp_path / "with", {**files, "requirements.txt": "flask==3.1.0\npython-dotenv\n"}) == [
        (5002, "FLASK_RUN_PORT in .env"),
        (5001, "FLASK_RUN_PORT in .flaskenv"),
    ]


def test_the_order_of_what_files_say(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "flask\npython-dotenv\n",
        "app.py": f"{APP}app.run(port=5004)\n",
        ".flaskenv": "FLASK_RUN_PORT=5003\n",
        "Procfile": "web: flask --app app run --port 5001\nadmin: gunicorn -b 0.0.0.0:5005 app:app\n",
        "Makefile": "dev:\n\tflask run -p 5002\n",
        "docker-compose.yml": (
            "services:\n  db:\n    image: postgres\n    ports: ['5432:5432']\n"
            "  web:\n    build: .\n    ports: ['5006:5000', '192.168.0.9:5007:5000']\n"
        ),
    }
    found = dict(hints(tmp_path / "shop", files))
    assert set(found) == {5001, 5002, 5003, 5004, 5005, 5006, 5007}
    order = list(found)
    assert order.index(5003) < order.index(5004) < order.index(5005) < order.index(5006)
    assert max(order.index(5001), order.index(5002)) < order.index(5003)
    assert found[5001].startswith("flask run in Procfile")
    assert found[5006].startswith("a published port in docker-compose.yml")


def test_nothing_but_a_port_leaves_an_env_file(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "flask\npython-dotenv\n",
        "app.py": APP,
        ".env": "FLASK_RUN_PORT=canary\nFLASK_RUN_HOST=canary.example\n",
        ".flaskenv": "FLASK_RUN_PORT=5003\nFLASK_RUN_HOST=evil.example\n",
    }
    assert hints(tmp_path / "shop", files) == [(5003, "FLASK_RUN_PORT in .flaskenv")]
