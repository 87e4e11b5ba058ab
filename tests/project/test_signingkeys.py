"""Which keys are tried on a live session cookie: those that others can read, wherever they stand."""

from __future__ import annotations

import pickle
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from flaskdoctor.project.secrecy import signingkeys
from flaskdoctor.project.secrecy.signingkeys import WELL_KNOWN, committed_keys
from tests.projects import build

KEY = "kiln-and-clay-4711"


def found(folder: Path) -> list[tuple[str, int]]:
    """Where ``KEY`` stands, as path and line."""
    inputs = [str(path) for path in sorted(folder.rglob("*.py"))]
    keys = committed_keys(str(folder), inputs)
    return [
        (key.where.path, key.where.line) for key in keys if key.where is not None and key.value.reveal() == KEY.encode()
    ]


@pytest.mark.parametrize(
    "code",
    [
        f'app.config["SECRET_KEY"] = "{KEY}"',
        f'app.secret_key = b"{KEY}"',
        f'SECRET_KEY = os.environ.get("SECRET_KEY") or "{KEY}"',
        f'app.config.update(SECRET_KEY=config("SECRET_KEY", default="{KEY}"))',
        f'app.config["SECRET_KEY_FALLBACKS"] = ["old", "{KEY}"]',
        f'app.config.from_mapping({{"SECRET_KEY": "{KEY}"}})',
        f'SECRET_KEY: str = Field("{KEY}", env="SECRET_KEY")',
        f'os.environ.setdefault("SECRET_KEY", "{KEY}")',
        f'def secret():\n    return env.get("FLASK_SECRET_KEY", "{KEY}")',
        f'SECRET_KEY = ("{KEY[:4]}"\n    "{KEY[4:]}")',
        f'app.secret_key = bytes.fromhex("{KEY.encode().hex()}")',
        f'app.secret_key = urlsafe_b64decode("{urlsafe_b64encode(KEY.encode()).decode()}")',
        f'if not app.secret_key:\n    app.secret_key = "{KEY}"',
    ],
)
def test_every_spelling_of_a_key_in_the_code(code: str, tmp_path: Path) -> None:
    build(tmp_path, {"config.py": f"import os\n{code}\n"})
    assert [path for path, _ in found(tmp_path)] == ["config.py"]


def test_a_key_behind_a_name_is_found_where_it_stands(tmp_path: Path) -> None:
    build(tmp_path, {"config.py": f'KEY = "{KEY}"\n\nclass Config:\n    SECRET_KEY = KEY\n'})
    assert found(tmp_path) == [("config.py", 1)]


def test_other_texts_are_no_keys(tmp_path: Path) -> None:
    build(tmp_path, {"config.py": f'NAME = "{KEY}"\nSECRET_KEY = os.environ["SECRET_KEY"]\nCLIENT_SECRETS = "{KEY}"\n'})
    assert found(tmp_path) == []


def test_env_files_count_where_others_have_them(tmp_path: Path) -> None:
    text = f"SECRET_KEY='{KEY}'\n"
    for name, files, expected in (
        ("template", {".env.example": text}, [(".env.example", 1)]),
        ("tracked", {".env": f"# shop\n{text}", "#git": "track:.env"}, [(".env", 2)]),
        ("production", {".env.production": f"FLASK_{text}", "#git": "track:.env.production"}, [(".env.production", 1)]),
        ("flaskenv", {".flaskenv": text, "#git": "init"}, [(".flaskenv", 1)]),
        ("own flaskenv", {".flaskenv": text, ".gitignore": ".flaskenv\n", "#git": "init"}, []),
        ("flaskenv of nobody else", {".flaskenv": text}, []),
        ("own", {".env": text, ".gitignore": ".env\n", "#git": "init"}, []),
        ("no repository", {".env": text}, []),
        ("another key", {".env.example": f"MAIL_PASSWORD={KEY}\n"}, []),
    ):
        assert found(build(tmp_path / name, files)) == expected, name


def test_keys_that_everybody_knows_come_last_and_have_no_place(tmp_path: Path) -> None:
    build(tmp_path, {"config.py": 'SECRET_KEY = "dev"\n'})
    keys = committed_keys(str(tmp_path), [str(tmp_path / "config.py")])
    assert keys[0].where is not None
    assert [key.value.reveal() for key in keys].count(b"dev") == 1
    assert len(keys) >= len(WELL_KNOWN)
    assert all(key.where is None for key in keys[1:])


def test_files_that_do_not_parse_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(f'SECRET_KEY = "{KEY}"\ndef (:\n')
    assert found(tmp_path) == []
    assert committed_keys(str(tmp_path), [str(tmp_path / "gone.py"), str(tmp_path)])


def test_a_file_made_to_be_slow_is_read_in_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of thousands of names, each of a list of thousands of texts: every text is looked at once."""
    texts = ", ".join(f"'key {number}'" for number in range(2000))
    names = ", ".join(["KEYS"] * 2000)
    root = build(tmp_path / "shop", {"app.py": f"KEYS = [{texts}]\nSECRET_KEY = [{names}]\n"})
    looked: list[int] = []
    spelt = signingkeys._forms

    def forms(value: bytes) -> Iterator[bytes]:
        looked.append(1)
        assert len(looked) < 5000
        return spelt(value)

    monkeypatch.setattr(signingkeys, "_forms", forms)
    found = committed_keys(str(root), [str(root / "app.py")])
    assert len(found) == 2000 + len(WELL_KNOWN)


def test_a_key_shows_in_no_form(tmp_path: Path) -> None:
    build(tmp_path, {"config.py": f'SECRET_KEY = "{KEY}"\n'})
    keys = committed_keys(str(tmp_path), [str(tmp_path / "config.py")])
    assert KEY not in repr(keys) + str(keys)
    with pytest.raises(TypeError):
        pickle.dumps(keys)
