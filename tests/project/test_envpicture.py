"""The Env tab: one row a key, by states; nothing that is secret is in it."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path

from flaskdoctor.finding import Location
from flaskdoctor.project.env.envpicture import EnvPicture, EnvRow
from flaskdoctor.scan import Options, scan
from tests.projects import build

CANARY = "hunter2canary"


def picture(folder: Path, files: Mapping[str, str]) -> EnvPicture:
    build(folder, files)
    return scan(str(folder), Options(cache=False)).env


def rows(found: EnvPicture) -> dict[str, EnvRow]:
    return {row.key: row for row in found.rows}


def test_a_row_says_where_a_key_is_and_who_reads_it(tmp_path: Path) -> None:
    found = picture(
        tmp_path,
        {
            "app.py": "import os\nA = os.environ['A_KEY']\nB = os.environ.get('B_KEY', 'x')\n"
            "C = os.environ.get('C_KEY')\n",
            "tests/test_app.py": "import os\nT = os.environ['T_KEY']\nA = os.environ['A_KEY']\n",
            ".env": "A_KEY=1\nB_KEY=\nLOCAL=1 # flaskdoctor: local\n",
            ".flaskenv": "FLASK_APP=app.py\n",
            ".env.example": "A_KEY=\n# B_KEY=\nD_KEY= # optional\n",
        },
    )
    by_key = rows(found)
    assert list(by_key) == ["A_KEY", "B_KEY", "C_KEY", "D_KEY", "FLASK_APP", "LOCAL", "T_KEY"]
    states = {key: (row.in_env, row.in_flaskenv, row.in_template, row.kind) for key, row in by_key.items()}
    assert states == {
        "A_KEY": ("set", "missing", "named", "required"),
        "B_KEY": ("empty", "missing", "commented", "optional"),
        "C_KEY": ("missing", "missing", "missing", "soft"),
        "D_KEY": ("missing", "missing", "named", "unread"),
        "FLASK_APP": ("missing", "set", "missing", "platform"),
        "LOCAL": ("set", "missing", "missing", "unread"),
        "T_KEY": ("missing", "missing", "missing", "tests"),
    }
    assert by_key["A_KEY"].reads == (Location("app.py", 2, 5), Location("tests/test_app.py", 3, 5))
    assert by_key["A_KEY"].read_as == ("required", "required in test")
    assert by_key["A_KEY"].location == Location(".env", 1)
    assert by_key["B_KEY"].location == Location(".env", 2)
    assert by_key["D_KEY"].optional
    assert by_key["LOCAL"].local
    assert by_key["FLASK_APP"].set_by
    assert [finding.code for finding in by_key["C_KEY"].findings] == ["FD326"]


def test_prefixes_read_every_name_that_starts_so(tmp_path: Path) -> None:
    code = "from flask import Flask\napp = Flask(__name__)\napp.config.from_prefixed_env('SHOP')\n"
    found = rows(picture(tmp_path, {"app.py": code, ".env": "SHOP_A=1\nOTHER=1\n"}))
    assert found["SHOP_A"].kind == "prefix"
    assert found["OTHER"].kind == "unread"
    assert "SHOP_" not in found


def test_none_unknown_and_broken_are_told_apart(tmp_path: Path) -> None:
    found = picture(tmp_path / "none", {"app.py": "import flask\n"})
    assert [(file.path, file.state) for file in found.files] == [
        (".env", "missing"),
        (".flaskenv", "missing"),
        (".env-template", "missing"),
    ]
    assert found.rows == ()
    found = picture(
        tmp_path / "broken", {"app.py": "import flask\n", ".env": 'A=1\nB="open\nMIIEvQ=\n', ".env.example": "A=\nC=\n"}
    )
    env = found.files[0]
    assert (env.state, env.line, env.keys) == ("broken", 2, 1)
    assert "line 2 cannot be read" in env.detail
    by_key = rows(found)
    assert set(by_key) == {"A", "C", "line 2", "line 3"}
    assert (by_key["line 2"].in_env, by_key["line 2"].named) == ("broken", False)
    assert by_key["C"].in_env == "unknown"
    assert not by_key["line 3"].named
    (tmp_path / "utf16").mkdir()
    (tmp_path / "utf16/.env").write_bytes("A=1\n".encode("utf-16"))
    found = picture(tmp_path / "utf16", {"app.py": "import flask\n", ".env.example": "A=\n"})
    assert found.files[0].state == "unknown"
    assert "UTF-16" in found.files[0].detail
    assert rows(found)["A"].in_env == "unknown"


def test_loaders_dynamic_reads_and_an_env_above(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\n")
    found = picture(
        tmp_path / "shop",
        {"app.py": "import os\nfrom dotenv import load_dotenv\nload_dotenv()\nread = lambda name: os.environ[name]\n"},
    )
    assert found.loaders == ("app.py",)
    assert found.dynamic == ("app.py",)
    assert found.above == os.path.realpath(tmp_path / ".env")


def test_no_value_comment_or_doubtful_name_is_in_the_picture(tmp_path: Path) -> None:
    env = f"# {CANARY}1\nA={CANARY}2 # {CANARY}3\nB='{CANARY}4'\n{CANARY}5\n{CANARY}6=1\n"
    example = f"A={CANARY}7 # {CANARY}8\n"
    build(
        tmp_path,
        {"#git": "track:.env", "app.py": "import flask\n", ".env": env, ".flaskenv": env, ".env.example": example},
    )
    result = scan(str(tmp_path), Options(cache=False))
    assert CANARY.encode() not in pickle.dumps(result)
    assert CANARY not in repr(result)
    assert len(result.env.rows) == 6


def test_files_of_services_are_named_with_their_readers(tmp_path: Path) -> None:
    found = picture(
        tmp_path,
        {
            "backend/app.py": "from dotenv import load_dotenv\nload_dotenv()\nload_dotenv('.env.shop')\n",
            "backend/.env": "A=1\n",
            ".env.shop": "A=1\n",
            ".env.production": "A=1\n",
            "frontend/package.json": "{}\n",
            "frontend/.env": "VITE_A=1\nVITE_B=1\n",
            "db/db.env": "A=1\n",
            "frontend/.env.bak": "A=1\n",
            "db/.env.example": "A=1\n",
            "compose.yml": "services:\n  db:\n    image: postgres\n    env_file: db/db.env\n",
        },
    )
    others = {file.path: (file.detail, file.keys) for file in found.files if file.purpose == "other"}
    assert others == {
        "backend/.env": ("Flask or the code loads it", 1),
        ".env.shop": ("Flask or the code loads it", 1),
        ".env.production": ("nothing that is known here loads it", 1),
        "frontend/.env": ("it is a front end's", 2),
        "db/db.env": ("docker compose hands it to a container", 1),
    }


def states(found: EnvPicture) -> dict[str, str]:
    return {check.code: check.state for check in found.checks}


def test_checks_of_the_files_say_whether_they_are_fine_broken_unknown_or_not_there(tmp_path: Path) -> None:
    app = {"app.py": "from dotenv import load_dotenv\nload_dotenv()\n"}
    found = picture(tmp_path / "none", app)
    assert set(states(found)) == {"FD315", "FD316", "FD319", "FD321", "FD322", "FD323", "FD328"}
    assert set(states(found).values()) == {"not applicable"}
    files = {**app, ".env": "A=1\n", ".env.example": "A=\n"}
    assert states(picture(tmp_path / "unknown", files))["FD328"] == "unknown"
    fine = {**files, "requirements.txt": "flask\npython-dotenv\n", ".flaskenv": "FLASK_APP=app\n"}
    found = picture(tmp_path / "fine", fine)
    assert set(states(found).values()) == {"ok"}
    assert "(0600)" in next(check.detail for check in found.checks if check.code == "FD321")
    shared = picture(tmp_path / "shared", {**fine, "#git": "track:.env", "#mode": "644"})
    assert states(shared)["FD321"] == "not applicable"
    bad = {
        "#mode": "644",
        ".env": "A_TOKEN=kiln\nFLASK_DEBUG=1\nFLASK_DEBUG=0\nA: 1\n",
        ".env.example": "A_TOKEN=9d5a1c07e3b8426f\n",
        ".flaskenv": "A_TOKEN=9d5a1c07e3b8426f\nB=\0\n",
    }
    found = picture(tmp_path / "bad", {**app, **bad, "requirements.txt": "flask\n"})
    assert {code for code, state in states(found).items() if state == "finding"} == set(states(found)) - {"FD323"}
    bad[".flaskenv"] = "A_TOKEN=9d5a1c07e3b8426f\n"
    assert states(picture(tmp_path / "shared", {**app, **bad}))["FD323"] == "finding"
    by_key = rows(found)
    assert [finding.code for finding in by_key["line 4"].findings] == ["FD316"]
    assert "FD322" in [finding.code for finding in by_key["A_TOKEN"].findings]
    (tmp_path / "utf16").mkdir()
    (tmp_path / "utf16/.env").write_bytes("A=1\n".encode("utf-16"))
    found = picture(tmp_path / "utf16", {**app, ".env.example": "A='open\nB=\n"})
    assert (states(found)["FD316"], states(found)["FD322"]) == ("finding", "unknown")
    (tmp_path / "utf16/.env.example").unlink()
    found = picture(tmp_path / "utf16", app)
    assert states(found)["FD316"] == "unknown"
    assert "UTF-16" in found.checks[0].detail
