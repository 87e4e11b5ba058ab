"""FD314 to FD329 beyond their examples: how bad, what is shown of a file, and what the fixes leave as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flaskdoctor.finding import Finding
from flaskdoctor.fixes.journal import Journal
from flaskdoctor.fixing import fix_to_the_end
from flaskdoctor.project.deployment import windowsmount
from flaskdoctor.scan import Options, scan
from tests.projects import build, tree

LOADS = "from dotenv import load_dotenv\nload_dotenv()\n"
READS = f"{LOADS}import os\nKEY = os.environ['SHOP_KEY']\n"
OLD = {"requirements.txt": "flask\npython-dotenv==1.0.1\n"}
CANARY = "hunter2CANARYhunter2"


def findings(root: Path, *codes: str) -> list[Finding]:
    found = scan(str(root), Options(cache=False)).report.findings
    assert "FD004" not in {finding.code for finding in found}, [each.message for each in found if each.code == "FD004"]
    return [finding for finding in found if finding.code in codes]


def severities(root: Path, code: str) -> list[str]:
    return [finding.severity.word for finding in findings(root, code)]


# -- how bad ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "files", "expected"),
    [
        ("FD314", {"app.py": READS, ".env": "SHOP_KEY=\n"}, "warning"),
        ("FD314", {"app.py": READS.replace("SHOP_KEY", "DB_PASSWORD"), ".env": "DB_PASSWORD=\n"}, "info"),
        ("FD315", {"app.py": LOADS, ".env": "A=1\nA=2\n"}, "warning"),
        ("FD315", {"app.py": LOADS, ".env": "A=1\nA=\n"}, "warning"),
        ("FD315", {"app.py": LOADS, ".env": "A=1\nA='1'\n"}, "info"),
        ("FD315", {"app.py": LOADS, ".env": "A=\nA=1\n"}, "info"),
        ("FD315", {"app.py": LOADS, ".env.example": "A=\nA=1\nA=2\n"}, "info"),
        ("FD315", {"app.py": LOADS, "deploy/web.env": "A=1\nA=2\n"}, "info"),
        ("FD316", {"app.py": "import dotenv\ndotenv.load_dotenv('.env.shop')\n", ".env.shop": "A: 1\n"}, "error"),
        ("FD317", {"app.py": LOADS, ".env": "A\n"}, "warning"),
        ("FD317", {"app.py": LOADS, ".env": "export A\n"}, "info"),
        ("FD317", {"app.py": LOADS, ".env": "A=1\nexport A\n"}, "warning"),
        ("FD317", {"app.py": LOADS, ".env.example": "A\n"}, "info"),
        ("FD318", {"app.py": LOADS, ".env": "A= # one\n", **OLD}, "warning"),
        ("FD318", {"app.py": LOADS, ".env.example": "A= # one\n", **OLD}, "info"),
        ("FD318", {"app.py": LOADS, ".env": "A= # one\n", "requirements.txt": "flask\npython-dotenv>=1\n"}, "info"),
        ("FD319", {"app.py": LOADS, ".env": "\ufeffA=1\n", **OLD}, "error"),
        ("FD319", {"app.py": LOADS, ".env": "\ufeff\nA=1\n", **OLD}, "info"),
        ("FD319", {"app.py": LOADS, ".env": "\ufeffA=1\n", "requirements.txt": "flask\npython-dotenv>=1\n"}, "info"),
        ("FD319", {"app.py": LOADS, ".env": "A=\0\n"}, "error"),
        ("FD319", {"app.py": LOADS, ".env.example": "A=\0\n"}, "warning"),
        ("FD323", {"app.py": "import flask\n", ".flaskenv": "A_TOKEN=9d5a1c07e3b8426f\n"}, "error"),
        ("FD329", {"app.py": "from decouple import config\nA = config('A')\n", ".env": "A=1 # one\n"}, "warning"),
    ],
)
def test_severity(code: str, files: dict[str, str], expected: str, tmp_path: Path) -> None:
    assert severities(build(tmp_path, files, "3.1.0"), code) == [expected]


@pytest.mark.parametrize(
    ("path", "image", "name", "expected"),
    [
        ("compose.yml", "shop", "A_SECRET", "error"),
        ("compose.override.yml", "shop", "A_SECRET", "info"),
        ("docker-compose.dev.yml", "shop", "A_SECRET", "info"),
        ("compose.yml", "postgres:17", "POSTGRES_PASSWORD", "info"),
        ("compose.yml", "ghcr.io/bitnami/redis@sha256:1", "REDIS_PASSWORD", "info"),
        ("compose.yml", "my-postgres-backup", "POSTGRES_PASSWORD", "error"),
    ],
)
def test_a_secret_in_a_compose_file_weighs_by_what_it_opens(
    path: str, image: str, name: str, expected: str, tmp_path: Path
) -> None:
    text = f"services:\n  one:\n    image: {image}\n    environment:\n      {name}: 9d5a1c07e3b8426f9d5a\n"
    root = build(tmp_path, {"app.py": "import flask\n", path: text})
    assert severities(root, "FD323") == [expected]


# -- what is said -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "files", "message"),
    [
        (
            "FD314",
            {"app.py": READS.replace("environ['SHOP_KEY']", "getenv('SECRET_KEY')"), ".env": "SECRET_KEY=\n"},
            "SECRET_KEY in .env is empty, and app.py takes it as its key",
        ),
        (
            "FD320",
            {".env": "A=${SHOP_KEY}\nB=1\nC=${SHOP_KEY}\nD=${SHOP_KEY}\n"},
            "A in .env uses SHOP_KEY that nothing sets: it is left empty (and 2 more values)",
        ),
        ("FD314", {".env": "A=1\nSHOP_KEY=\n"}, "SHOP_KEY in .env is empty, and app.py requires it"),
        (
            "FD315",
            {".env": "A=1\nB=1\nA=2\nA=\n"},
            "A stands in lines 1, 3 and 4 of .env: line 4 counts, which is empty",
        ),
        ("FD315", {".env": "A=1\nA=1\n"}, "A stands in lines 1 and 2 of .env, each time with the same value"),
        ("FD315", {".env": "a.b=1\na.b=2\n"}, "The name on line 1 stands in lines 1 and 2 of .env: only line 2 counts"),
        ("FD317", {".env": "A=1\nB\n"}, "Line 2 of .env has no =, so nothing is set"),
        (
            "FD317",
            {".env": "A=1\nexport A\n"},
            "Line 2 of .env takes back what line 1 sets: a name without = sets nothing",
        ),
        (
            "FD320",
            {".env": "A=${B}\nB=1\n"},
            "A in .env uses B, which is set below it, in line 2: it is empty there",
        ),
        ("FD320", {".env": "A=${SHOP_KEY}\n"}, "A in .env uses SHOP_KEY that nothing sets: it is left empty"),
        ("FD320", {".env": "A=x${elsewhere}y\n"}, "A in .env uses a variable that nothing sets: it is left empty"),
        (
            "FD329",
            {"Makefile": "a:\n\tdocker run --env-file .env a\n", ".env": "A=1\nexport B=1\nexport C=1\n"},
            'docker run --env-file refuses a line with "export": lines 2 and 3 of .env',
        ),
    ],
)
def test_message(code: str, files: dict[str, str], message: str, tmp_path: Path) -> None:
    assert [each.message for each in findings(build(tmp_path, {"app.py": READS, **files}), code)] == [message]


def test_nothing_of_values_comments_and_doubtful_names_is_shown(tmp_path: Path) -> None:
    odd = f"{CANARY}.1"
    env = (
        f"A={CANARY}\nA={CANARY}2 # {CANARY}\nSHOP_KEY= # {CANARY} and more\nB=x${{{CANARY}z}}y\nC='${{{CANARY}-1}}'\n"
        f"{odd}=1\n{odd}=2\nD=${{{odd}}}\nexport E=1\nF_SECRET={CANARY} # {CANARY}\nSHOP_API_TOKEN=4711\n"
        f"DATABASE_URL=db://ada:{CANARY}@db.pottery.shop/a\n"
        f"{CANARY}\n{CANARY}={CANARY}\n{CANARY}x\n{CANARY}y # {CANARY}\n"
    )
    files = {
        "app.py": f"{READS}from flask import Flask\napp = Flask('a')\napp.config.from_prefixed_env('SHOP')\n",
        ".env": f"\ufeff{env}",
        ".env.local": env,
        ".flaskenv": env,
        ".env.example": env,
        "web/.env": env,
        "#mode": "644",
        "latin.env": f"A={CANARY}\udce9\n",
        "Makefile": "run:\n\tdocker run --env-file .env.local shop\n",
        "compose.yml": "services:\n  web:\n    build: .\n    environment:\n"
        f"      A_SECRET: {CANARY}4711\n      {CANARY}_TOKEN.a: {CANARY}4711\n",
        **OLD,
    }
    result = scan(str(build(tmp_path, files)), Options(cache=False))
    found = {finding.code for finding in result.report.findings}
    assert {"FD315", "FD317", "FD318", "FD319", "FD320", "FD321", "FD323", "FD324"} <= found
    assert CANARY not in repr(result)


def test_the_way_to_a_file_above_is_shown_and_not_where_the_machine_has_it(tmp_path: Path) -> None:
    root = build(tmp_path, {"#project": "work/shop", "work/shop/app.py": LOADS, ".env": "A=1\n"})
    (finding,) = findings(root, "FD325")
    assert finding.message == "There is no .env here, so app.py and the `flask` command load ../../.env"
    assert str(tmp_path) not in repr(finding)


# -- permissions ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0o600, []), (0o400, []), (0o644, ["warning"]), (0o604, ["warning"]), (0o640, ["info"]), (0o660, ["info"])],
)
def test_who_can_read_the_file(mode: int, expected: list[str], tmp_path: Path) -> None:
    root = build(tmp_path, {"app.py": "import flask\n", ".env": "A_TOKEN=kiln\n"})
    (root / ".env").chmod(mode)
    found = findings(root, "FD321")
    assert [finding.severity.word for finding in found] == expected
    assert all((finding.fix is not None) == (finding.severity.word == "warning") for finding in found)
    if found:
        assert f"(mode {mode:04o})" in found[0].message


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_the_fix_changes_the_permissions_alone_and_undo_gives_them_back(tmp_path: Path) -> None:
    files = {"app.py": "import flask\n", ".env": "\ufeffA_TOKEN='kiln'\r\n# x", "web/.env": "B_TOKEN=1\n"}
    root = build(tmp_path, {**files, "#mode": "644"})
    before = tree(root)
    options = Options(select=("FD321",), cache=False)
    done = fix_to_the_end(str(root), options, (), unsafe=False)
    assert len(done.fixed) == 2
    assert tree(root) == before
    assert [(root / path).stat().st_mode & 0o777 for path in (".env", "web/.env", "app.py")] == [0o600, 0o600, 0o644]
    assert findings(root, "FD321") == []
    journal = Journal()
    for record in journal.records(str(root)):
        journal.undo(str(root), record.id)
    assert (root / ".env").stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(os.name != "posix", reason="links and permissions are POSIX's")
def test_a_link_and_a_windows_drive_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = build(tmp_path / "shop", {"app.py": "import flask\n"})
    (tmp_path / "secret").write_text("A_TOKEN=kiln\n")
    (root / ".env").symlink_to(tmp_path / "secret")
    assert findings(root, "FD321") == []
    (root / ".env").unlink()
    (root / ".env").write_text("A_TOKEN=kiln\n")
    (root / ".env").chmod(0o644)
    assert len(findings(root, "FD321")) == 1
    (tmp_path / "mounts").write_text(f"C: {tmp_path} drvfs rw 0 0\n")
    monkeypatch.setattr(windowsmount, "PROC", str(tmp_path))
    monkeypatch.setenv("WSL_DISTRO_NAME", "Ubuntu")
    assert findings(root, "FD321") == []


# -- what is set elsewhere --------------------------------------------------------------------------------------------


def test_a_key_that_the_environment_sets_is_neither_empty_nor_undefined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = build(tmp_path, {"app.py": READS, ".env": "SHOP_KEY=\nA=${SHOP_PLACE}\n"})
    assert {finding.code for finding in findings(root, "FD314", "FD320")} == {"FD314", "FD320"}
    monkeypatch.setenv("SHOP_KEY", "1")
    monkeypatch.setenv("SHOP_PLACE", "1")
    assert findings(root, "FD314", "FD320") == []


def test_a_file_above_is_not_loaded_where_the_search_is_switched_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = build(tmp_path, {"#project": "shop", "shop/app.py": LOADS, ".env": "A=1\n"})
    assert len(findings(root, "FD325")) == 1
    monkeypatch.setenv("FLASK_SKIP_DOTENV", "1")
    assert findings(root, "FD325") == []


def test_keys_of_a_large_project_are_not_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flaskdoctor.rules.env_files import unused_env_key

    root = build(tmp_path, {"app.py": READS, ".env.example": "SHOP_KEY=\nSHOP_OLD=\n"})
    assert len(findings(root, "FD327")) == 1
    monkeypatch.setattr(unused_env_key, "_MOST_FILES", 0)
    assert findings(root, "FD327") == []


def test_a_key_with_many_bare_lines_is_one_finding(tmp_path: Path) -> None:
    bare = "A=1\n" + "".join(f"N{number}\nB{number}=1\n" for number in range(20))
    (finding,) = findings(build(tmp_path, {"app.py": LOADS, ".env": bare}), "FD317")
    assert finding.message == "Line 2 of .env has no =, so nothing is set (and 19 more places)"


# -- the fixes together -----------------------------------------------------------------------------------------------


def test_all_env_fixes_of_a_file_at_once_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    files = {"#mode": "644", "app.py": LOADS, ".env": "\ufeffA_TOKEN=kiln\nB= # one day\nC=1\nD= # another\n", **OLD}
    root = build(tmp_path, files)
    options = Options(select=("FD318", "FD319", "FD321"), cache=False)
    assert len(fix_to_the_end(str(root), options, (), unsafe=False).fixed) == 4
    assert (root / ".env").read_bytes() == b"A_TOKEN=kiln\n# one day\nB=\nC=1\n# another\nD=\n"
    assert (root / ".env").stat().st_mode & 0o777 == 0o600
    assert fix_to_the_end(str(root), options, (), unsafe=False).fixed == ()


@pytest.mark.parametrize(
    ("template", "expected"),
    [("SHOP_SIZE=\nSHOP_KEY=\n", "safe"), ("SHOP_SIZE=7\nSHOP_KEY=\n", "unsafe"), ("SHOP_KEY=kiln\n", "safe")],
)
def test_first_env_file_asks_first_where_it_would_take_the_place_of_a_default(
    tmp_path: Path, template: str, expected: str
) -> None:
    build(tmp_path, {"app.py": f"{READS}SIZE = os.environ.get('SHOP_SIZE', '5')\n", ".env.example": template})
    (found,) = findings(tmp_path, "FD310")
    assert found.fix is not None
    assert found.fix.value == expected
