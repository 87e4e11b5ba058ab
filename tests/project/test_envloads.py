"""Which env files the code loads, as its calls say, and who reads each file that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.fixes.session import look_at
from flaskdoctor.look import Look
from flaskdoctor.project.env.envfilenames import is_env_name
from flaskdoctor.project.env.envloads import EnvLoad
from flaskdoctor.project.env.envreaders import is_loaded, read_files
from tests.projects import build

IMPORTS = (
    "import os\nfrom pathlib import Path\nimport dotenv\nimport environ\nfrom dotenv import load_dotenv, find_dotenv\n"
    "from environs import Env\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n"
    "BASE = Path(__file__).resolve().parent\nFILE = BASE / '.env.a'\nenv = Env()\n"
)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("load_dotenv()", [EnvLoad("")]),
        ("load_dotenv(None)", [EnvLoad("")]),
        ("load_dotenv('.env.a')", [EnvLoad(".env.a")]),
        ("load_dotenv('../config/.env')", [EnvLoad("config/.env")]),
        ("load_dotenv(dotenv_path=FILE)", [EnvLoad(".env.a")]),
        ("dotenv.load_dotenv(os.path.join(BASE, 'config', 'a.env'))", [EnvLoad("a.env")]),
        ("load_dotenv(BASE / 'config' / '.env.a', override=True)", [EnvLoad(".env.a")]),
        ("load_dotenv(str(BASE.joinpath('.env.a').resolve()))", [EnvLoad(".env.a")]),
        ("load_dotenv(f'{BASE}/.env.a')", [EnvLoad(".env.a")]),
        ("load_dotenv(str(BASE) + '/.env.a')", [EnvLoad(".env.a")]),
        ("load_dotenv(find_dotenv('.env.a'))", [EnvLoad(".env.a")]),
        ("load_dotenv(find_dotenv(usecwd=True))", [EnvLoad("")]),
        ("for name in ('.env.a', '.env.b'):\n    load_dotenv(name)", [EnvLoad(".env.a"), EnvLoad(".env.b")]),
        ("load_dotenv('.env.a' if os.name else '.env.b')", [EnvLoad(".env.a"), EnvLoad(".env.b")]),
        ("values = dotenv.dotenv_values('.env.a')", [EnvLoad(".env.a")]),
        ("env.read_env('.env.a')", [EnvLoad(".env.a")]),
        ("environ.Env.read_env(BASE / '.env.a')", [EnvLoad(".env.a")]),
        (
            "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_file=('.env', '.env.a'))",
            [EnvLoad(".env"), EnvLoad(".env.a")],
        ),
        # Another file may come out.
        ("load_dotenv(f'.env.{os.name}')", [EnvLoad("", computed=True)]),
        ("load_dotenv(f'{BASE}.env')", [EnvLoad("", computed=True)]),
        ("load_dotenv(os.getenv('ENV_FILE', '.env.a'))", [EnvLoad(".env.a", computed=True)]),
        ("load_dotenv(choose())", [EnvLoad("", computed=True)]),
        ("load_dotenv(**options)", [EnvLoad("", computed=True)]),
        ("load_dotenv(stream=text)", [EnvLoad("", computed=True)]),
        # How it is read.
        ("load_dotenv(encoding='latin-1')", [EnvLoad("", encoded=True)]),
        ("load_dotenv('.env.a', interpolate=False)", [EnvLoad(".env.a", literal=True)]),
        # No load.
        ("class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='A_')", []),
        ("os.environ.get('A')", []),
    ],
)
def test_what_a_call_loads(call: str, expected: list[EnvLoad]) -> None:
    result = Look().analyse("app.py", "app", "app", f"{IMPORTS}{call}\n".encode())
    assert result.facts is not None
    assert sorted(result.facts.env_loads) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".env", True), (".flaskenv", True), (".env.local", True), (".env.production", True), ("web.env", True),
        (".env.example", False), ("example.env", False), (".env.vault", False), (".env.bak", False), (".env.md", False),
        (".env.gpg", False), (".envrc", False), ("env.py", False), ("my.env.js", False), (".env.local.example", False),
    ],
)  # fmt: skip
def test_names_of_env_files(name: str, expected: bool) -> None:
    assert is_env_name(name) is expected


FILES = {
    "backend/web/__init__.py": "from dotenv import load_dotenv\nload_dotenv()\nload_dotenv('config/shop.env')\n",
    "backend/.env": "A=1\n",
    "more/.flaskenv": "A=1\n",
    "backend/config/shop.env": "A=1\n",
    "backend/config/other.env": "A=1\n",
    "shop.env": "A=1\n",
    "worker/app.py": "import flask\n",
    "worker/.env": "A=1\n",
    "db/.env": "A=1\n",
    "frontend/package.json": "{}\n",
    "frontend/.env.local": "API=1\n",
    "package.json": "{}\n",
    ".env.development": "VITE_A=1\n",
    "deploy/compose.yml": "services:\n  db:\n    image: a\n    env_file:\n      - path: ../db/.env\n",
}


def test_each_file_has_its_reader(tmp_path: Path) -> None:
    project = look_at(str(build(tmp_path, FILES)), use_cache=False)
    assert {read.file.path: read.reader for read in read_files(project)} == {
        "backend/.env": "flask",  # the nearest from the module upwards
        "more/.flaskenv": "flask",
        "backend/config/shop.env": "flask",
        "backend/config/other.env": "",
        "shop.env": "",  # named with its folder, and this is another one
        "worker/.env": "flask",  # where the command is run
        "db/.env": "compose",
        "frontend/.env.local": "front end",
        ".env.development": "front end",
    }


def test_a_computed_name_may_be_each_further_file(tmp_path: Path) -> None:
    code = "import os\nfrom dotenv import load_dotenv\nload_dotenv(f'.env.{os.getenv(\"STAGE\")}')\n"
    files = {"app.py": code, ".env.shop": "A=1\n", "web.env": "A=1\n"}
    project = look_at(str(build(tmp_path, files)), use_cache=False)
    assert {read.file.path: read.reader for read in read_files(project)} == {".env.shop": "flask", "web.env": ""}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, False),
        ({"README.md": "Run `flask --env-file .env.local run`.\n"}, True),
        ({"run.sh": "set -a; . ./.env.local; flask run\n"}, True),
        ({"Makefile": "run:\n\tflask run # reads .env\n"}, False),
        ({"tests/conftest.py": "from dotenv import load_dotenv\nload_dotenv('.env.local')\n"}, False),
    ],
)
def test_a_file_counts_as_loaded_where_something_says_so(more: dict[str, str], expected: bool, tmp_path: Path) -> None:
    files = {"app.py": "import flask\n", ".env.local": "A=1\n", **more}
    project = look_at(str(build(tmp_path, files)), use_cache=False)
    assert is_loaded(project, project.env.further[0]) is expected
