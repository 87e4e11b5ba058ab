"""The Env and Git tabs: how the code needs a key, and what is checked of the env files as a whole."""

from __future__ import annotations

from pathlib import Path

from tests.projects import build
from tests.tui.conftest import dashboard, digit

FILES = {
    "#git": "init",
    "app.py": "import os\nfrom flask import Flask\n\napp = Flask(__name__)\nKEY = os.environ['SHOP_KEY']\n",
    ".env": "SHOP_KEY=1\nMY KEY=2\n",
    ".env.example": "SHOP_KEY=\n",
    ".env.local": "A=1\n",
    ".gitignore": ".env # the keys\n",
    "Dockerfile": "FROM python\nCOPY . .\n",
    "requirements.txt": "flask\n",
}


async def test_a_line_that_cannot_be_read_is_a_row_and_the_checks_stand_below(tmp_path: Path) -> None:
    build(tmp_path, FILES)
    async with dashboard(tmp_path, size=(140, 60)) as shown:
        await shown.press(digit("env"))
        await shown.until_shown("line 2", "broken", "FD316 finding", "FD322 ok", "FD328 finding")
        assert "MY KEY" not in shown.text()


async def test_files_lines_and_images_are_rows_of_the_git_tab(tmp_path: Path) -> None:
    build(tmp_path, FILES)
    async with dashboard(tmp_path, size=(140, 40)) as shown:
        await shown.press(digit("git"))
        await shown.until_shown("FD335", "Git ignores .env.local", "FD336", "FD337  No Docker image gets .env")


async def test_a_key_that_may_be_missing_is_told_in_words_and_found_by_them(tmp_path: Path) -> None:
    root = build(
        tmp_path,
        {
            "app.py": (
                "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n"
                'mail = os.environ.get("SHOP_MAIL")\nname = os.environ.get("SHOP_NAME", "shop")\n'
            )
        },
        "3.1.0",
    )
    async with dashboard(root, (80, 24)) as board:
        await board.press(digit("env"))
        await board.until_shown("SHOP_NAME", "optional")
        await board.press("slash", *"no default", "enter")
        await board.until_shown("Environment 1 of 2", "SHOP_MAIL  no default", "app.py:6  no default")


async def test_what_is_to_be_done_about_a_file_is_a_row_with_its_one_key_fix(tmp_path: Path) -> None:
    files = {**FILES, ".env": "\ufeffSECRET_KEY=kiln-and-clay\n", "app.py": FILES["app.py"].replace("SHOP_", "SECRET_")}
    build(tmp_path, files)
    (tmp_path / ".env").chmod(0o644)
    async with dashboard(tmp_path, size=(100, 40)) as shown:
        await shown.press(digit("env"))
        await shown.until_shown("FD321", "FD328")
        await shown.press("slash", *"FD321", "enter")
        await shown.until_shown("Environment 1 of", "FD321 env-file-permissions", "Let only the owner read it")
        await shown.press("f")
        await shown.until(lambda: (tmp_path / ".env").stat().st_mode & 0o777 == 0o600, "the owner's alone")
        await shown.until_shown("Fixed FD321")
        await shown.press("z")
        await shown.until(lambda: (tmp_path / ".env").stat().st_mode & 0o777 == 0o644, "as it was")


async def test_where_there_is_no_env_it_is_made_from_its_row(tmp_path: Path) -> None:
    build(tmp_path, {path: text for path, text in FILES.items() if path not in (".env", ".env.local")})
    async with dashboard(tmp_path, size=(80, 24)) as shown:
        await shown.press(digit("env"))
        await shown.until_shown("FD310", "There is no .env")
        await shown.press("slash", *"FD310", "enter")
        await shown.until_shown("Create .env from the template")
        await shown.press("f")
        await shown.until((tmp_path / ".env").exists, "it is there")
        assert (tmp_path / ".env").read_text() == FILES[".env.example"]


async def test_enter_goes_to_the_places_of_a_key(tmp_path: Path) -> None:
    build(tmp_path, {**FILES, "app.py": FILES["app.py"] + "NEW = os.environ['SHOP_NEW']\n"})
    async with dashboard(tmp_path, (80, 24)) as board:
        await board.press(digit("env"))
        await board.press("slash", *"SHOP_NEW", "enter")
        await board.until_shown("SHOP_NEW  required", "does not name it")
        assert "app.py:6  required" not in board.text()
        await board.press("enter")
        await board.until_shown("Where it stands", "Read by the code", "app.py:6  required")
