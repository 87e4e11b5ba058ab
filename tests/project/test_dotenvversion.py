"""Which python-dotenv a project has: the virtualenv wins, then a lock file, then pins, then specifiers."""

from __future__ import annotations

from pathlib import Path

import pytest

from flaskdoctor.fixes.session import look_at
from flaskdoctor.project.versions.dotenvversion import DotenvRange, dotenv_range
from tests.projects import build

APP = {"app.py": "import flask\n"}
INSTALLED = {
    ".venv/pyvenv.cfg": "home = /usr\n",
    ".venv/lib/python3.12/site-packages/python_dotenv-0.21.1.dist-info/METADATA": "",
}
LOCK = {"uv.lock": '[[package]]\nname = "python-dotenv"\nversion = "1.0.1"\n'}


def found(folder: Path, files: dict[str, str]) -> DotenvRange | None:
    return dotenv_range(look_at(str(build(folder, {**APP, **files})), use_cache=False))


@pytest.mark.parametrize(
    ("files", "floor", "newest", "words"),
    [
        ({**INSTALLED, **LOCK}, (0, 21, 1), (0, 21, 1), "0.21.1 in .venv"),
        ({**LOCK, "requirements.txt": "python-dotenv==1.2.4\n"}, (1, 0, 1), (1, 0, 1), "==1.0.1 in uv.lock"),
        ({"requirements.txt": "python-dotenv==1.1.0\n"}, (1, 1, 0), (1, 1, 0), "1.1.0 in requirements.txt"),
        ({"requirements.txt": "python-dotenv\n"}, (1, 2, 4), (1, 2, 4), "unpinned in requirements.txt"),
        ({"requirements.txt": "python-dotenv<1.2\n"}, (1, 1, 1), (1, 1, 1), "<1.2 in requirements.txt"),
        ({"requirements.txt": "Python_Dotenv>=0.19\n"}, (0, 19, 0), (1, 2, 4), ">=0.19 in requirements.txt"),
        ({"requirements.txt": "python-dotenv~=1.0.0\n"}, (1, 0, 0), (1, 0, 1), "~=1.0.0 in requirements.txt"),
        ({"requirements.txt": "flask[dotenv]\n"}, (1, 2, 4), (1, 2, 4), "unpinned in requirements.txt"),
    ],
)
def test_the_range(
    files: dict[str, str], floor: tuple[int, int, int], newest: tuple[int, int, int], words: str, tmp_path: Path
) -> None:
    range_ = found(tmp_path, files)
    assert range_ is not None
    assert (range_.floor, range_.newest) == (floor, newest)
    assert range_.words.removeprefix("==") == words.removeprefix("==")
    assert range_.surely_before((1, 2, 4)) is (newest < (1, 2, 4))
    assert range_.perhaps_before((1, 2, 4)) is (floor < (1, 2, 4))


@pytest.mark.parametrize(
    "files", [{}, {"requirements.txt": "flask\n-c limits.txt\n", "limits.txt": "python-dotenv<1\n"}]
)
def test_where_nothing_names_it_there_is_none(files: dict[str, str], tmp_path: Path) -> None:
    assert found(tmp_path, files) is None
