"""Flask's version and the extensions are found wherever a project declares them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flaskdoctor.project.versions.dependencies import read_dependencies
from flaskdoctor.project.versions.requirements import requirement
from tests.projects import write


@pytest.mark.parametrize(
    ("files", "floor", "newest", "words"),
    [
        ({"requirements.txt": "Flask==2.2.5  # web\n"}, (2, 2, 5), (2, 2, 5), "2.2.5 in requirements.txt"),
        ({"requirements.txt": "flask\n"}, (3, 1, 3), (3, 1, 3), "unpinned in requirements.txt"),
        (
            {"requirements.txt": "flask[async]>=2.0, <3 ; python_version > '3.8'\n"},
            (2, 0, 0),
            (2, 3, 3),
            ">=2.0, <3 in",
        ),
        (
            {"requirements.txt": "flask==2.0.1 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def\n"},
            (2, 0, 1),
            (2, 0, 1),
            "2.0.1",
        ),
        (
            {"requirements.in": "flask\n", "requirements.txt": "flask==2.3.2\n"},
            (2, 3, 2),
            (2, 3, 2),
            "2.3.2 in requirements.txt",
        ),
        (
            {
                "requirements.txt": "-r requirements/prod.txt\n",
                "requirements/prod.txt": "-r common.txt\n",
                "requirements/common.txt": "Flask==1.1.4\n",
            },
            (1, 1, 4),
            (1, 1, 4),
            "1.1.4 in requirements/common.txt",
        ),
        ({"requirements/base.in": "Flask>=2.2\n"}, (2, 2, 0), (3, 1, 3), ">=2.2 in requirements/base.in"),
        ({"requirements-dev.txt": "flask==2.0.0\n", "requirements.txt": "flask>=2.3\n"}, (2, 3, 0), (3, 1, 3), ">=2.3"),
        ({"dev-requirements.txt": "flask==2.0.0\n"}, (2, 0, 0), (2, 0, 0), "2.0.0 in dev-requirements.txt"),
        (
            {"requirements.txt": "-c constraints.txt\nflask\n", "constraints.txt": "flask<2.2\n"},
            (2, 1, 3),
            (2, 1, 3),
            "<2.2",
        ),
        (
            {"requirements.txt": "flask==1.1.4; python_version<'3.6'\nflask>=2.0; python_version>='3.6'\n"},
            (1, 1, 4),
            (3, 1, 3),
            "",
        ),
        (
            {"requirements.txt": "git+https://github.com/pallets/flask.git@main#egg=Flask\n"},
            (3, 1, 3),
            (3, 1, 3),
            "unpinned",
        ),
        ({"requirements.txt": "flask @ https://x.org/Flask-2.0.2-py3-none-any.whl\n"}, (2, 0, 2), (2, 0, 2), "2.0.2"),
        ({"requirements.txt": "Flask-Login==0.6\n"}, (3, 1, 3), (3, 1, 3), "newest, through flask-login"),
        (
            {"pyproject.toml": '[project]\nname="shop"\ndependencies=["Flask>=2.2,<2.3"]\n'},
            (2, 2, 0),
            (2, 2, 5),
            ">=2.2,<2.3",
        ),
        (
            {"pyproject.toml": '[dependency-groups]\nweb=["flask==2.2.2",{include-group="a"}]\na=[]\n'},
            (2, 2, 2),
            (2, 2, 2),
            "2.2.2",
        ),
        ({"pyproject.toml": '[tool.poetry.dependencies]\npython="^3.9"\nFlask="^2.1"\n'}, (2, 1, 0), (2, 3, 3), "^2.1"),
        (
            {"pyproject.toml": '[tool.poetry.dependencies]\nflask={version="2.1.2", extras=["async"]}\n'},
            (2, 1, 2),
            (2, 1, 2),
            "2.1.2",
        ),
        ({"pyproject.toml": '[tool.poetry.group.web.dependencies]\nflask="~2.1"\n'}, (2, 1, 0), (2, 1, 3), "~2.1"),
        (
            {
                "pyproject.toml": '[tool.setuptools.dynamic]\ndependencies={file=["deps.txt"]}\n',
                "deps.txt": "flask==2.0.3\n",
            },
            (2, 0, 3),
            (2, 0, 3),
            "deps.txt",
        ),
        (
            {"Pipfile": '[packages]\nflask = "*"\n', "Pipfile.lock": '{"default": {"flask": {"version": "==1.1.2"}}}'},
            (1, 1, 2),
            (1, 1, 2),
            "1.1.2 in Pipfile.lock",
        ),
        ({"Pipfile": '[packages]\nflask = "~=2.2"\n'}, (2, 2, 0), (2, 3, 3), "~=2.2 in Pipfile"),
        (
            {"poetry.lock": '[[package]]\nname = "flask"\nversion = "2.2.3"\n'},
            (2, 2, 3),
            (2, 2, 3),
            "2.2.3 in poetry.lock",
        ),
        (
            {"poetry.lock": '[[package]]\ncategory = "main"\nname = "flask"\noptional = false\nversion = "1.1.2"\n'},
            (1, 1, 2),
            (1, 1, 2),
            "1.1.2",
        ),
        (
            {"uv.lock": '[[package]]\nname = "flask"\nversion = "3.0"\n[[package]]\nname = "flask"\nversion = "2.3"\n'},
            (2, 3, 0),
            (3, 0, 0),
            "uv.lock",
        ),
        (
            {"pdm.lock": '[[package]]\nname = "flask"\nversion = "3.0.0"\n', "requirements.txt": "flask==2.0.0\n"},
            (3, 0, 0),
            (3, 0, 0),
            "3.0.0 in pdm.lock",
        ),
        (
            {"setup.cfg": "[options]\ninstall_requires =\n    flask>=2.1\n    click\n"},
            (2, 1, 0),
            (3, 1, 3),
            ">=2.1 in setup.cfg",
        ),
        (
            {"setup.py": "from setuptools import setup\nREQ = ['flask>=1.0']\nsetup(install_requires=REQ + ['x'])\n"},
            (1, 0, 0),
            (3, 1, 3),
            ">=1.0 in setup.py",
        ),
        (
            {"setup.py": "import setuptools\nsetuptools.setup(extras_require={'web': ['flask==2.0.0']})\n"},
            (2, 0, 0),
            (2, 0, 0),
            "2.0.0 in setup.py",
        ),
    ],
)
def test_flask_is_found(
    files: dict[str, str], floor: tuple[int, ...], newest: tuple[int, ...], words: str, tmp_path: Path
) -> None:
    write(tmp_path, files)
    found = read_dependencies(str(tmp_path)).flask
    assert found is not None
    assert (found.floor, found.newest) == (floor, newest)
    assert words in found.words


def test_no_word_of_flask_is_none(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "django\n", "pyproject.toml": "[build-system]\nrequires=['flask']\n"})
    found = read_dependencies(str(tmp_path))
    assert found.flask is None
    assert not found.flask_at_least((0, 1))
    assert not found.flask_may_be((0, 1))


def test_the_virtualenv_wins(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "uv.lock": '[[package]]\nname = "flask"\nversion = "3.0.1"\n',
            ".venv/pyvenv.cfg": "home = /usr/bin\n",
            ".venv/lib/python3.12/site-packages/flask-2.3.2.dist-info/METADATA": "raise SystemExit",
            ".venv/lib/python3.12/site-packages/Flask_Login-0.6.3.dist-info/METADATA": "",
        },
    )
    found = read_dependencies(str(tmp_path))
    assert found.flask is not None
    assert found.flask.words == "2.3.2 in .venv"
    assert found.flask.exact == "2.3.2"
    assert found.flask_at_least((2, 3))
    assert not found.flask_at_least((3, 0))
    assert ".venv/lib/python3.12/site-packages" in found.inputs


def test_a_virtualenv_without_flask_says_nothing(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"venv/pyvenv.cfg": "", "venv/Lib/site-packages/pip-23.0.dist-info/x": "", "requirements.txt": "flask<2\n"},
    )
    found = read_dependencies(str(tmp_path))
    assert found.flask is not None
    assert found.flask.words == "<2 in requirements.txt"


def test_extensions_by_any_spelling(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "requirements.txt": "Flask_SQLAlchemy==2.0\n-c c.txt\n-e git+https://x.org/y.git#egg=Flask.Login\n./local\n"
            "--no-index\n",
            "c.txt": "flask-talisman==1\n",
            "poetry.lock": '[[package]]\nname = "flask-wtf"\nversion = "1.0"\n',
        },
    )
    found = read_dependencies(str(tmp_path))
    assert found.has("flask-sqlalchemy")
    assert found.has("Flask-Login")
    assert found.has("FLASK.WTF")
    assert not found.has("flask-talisman")
    assert set(found.inputs) == {"requirements.txt", "c.txt", "poetry.lock"}


@pytest.mark.parametrize(
    "name", ["requirements.txt", "pyproject.toml", "Pipfile", "Pipfile.lock", "setup.cfg", "setup.py", "uv.lock"]
)
def test_broken_files_do_no_harm(name: str, tmp_path: Path) -> None:
    for content in (b"", b"\xff\xfe\x00", b"[[[", b"\0\0", b"{" * 5000, b"[a]\n" * 3 + b"=\n", b"(" * 3000):
        (tmp_path / name).write_bytes(content)
        assert read_dependencies(str(tmp_path)).flask is None


def test_what_is_no_plain_file_or_lies_outside_is_not_read(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    (tmp_path / "secret.txt").write_text("flask==1.0\n")
    write(project, {"requirements.txt": "-r ../secret.txt\n-r requirements.txt\n-r none.txt\n-r link.txt\n"})
    (project / "link.txt").symlink_to("../secret.txt")
    os.mkfifo(project / "setup.py")
    found = read_dependencies(str(project))
    assert found.flask is None
    assert set(found.inputs) == {"requirements.txt", "setup.py"}


def test_a_utf16_requirements_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("flask==2.0.1\r\nclick\r\n".encode("utf-16"))
    found = read_dependencies(str(tmp_path)).flask
    assert found is not None
    assert found.exact == "2.0.1"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Flask", ("flask", "", False)),
        ("flask>=2", ("flask", ">=2", False)),
        ("flask (>=2,<3)", ("flask", ">=2,<3", False)),
        ("zope.interface[test]==5 ; sys_platform == 'x'", ("zope-interface", "==5", True)),
        ("a", ("a", "", False)),
        ("https://x.org/Flask-Login-0.6.3.tar.gz#sha256=abc", ("flask-login", "==0.6.3", False)),
        ("./wheels/flask.whl", None),
        ("--index-url https://x.org", None),
        ("<html>", None),
        ("not a requirement", None),
    ],
)
def test_requirement_lines(line: str, expected: tuple[str, str, bool] | None) -> None:
    assert requirement(line) == expected
