"""The larger fixes, over several files: the app answers as before, undo gives everything back, and no secret shows."""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

from flaskdoctor.finding import Finding, Fix
from flaskdoctor.fixes.edit import Edit
from flaskdoctor.fixes.journal import Journal
from flaskdoctor.fixes.session import plan
from flaskdoctor.fixes.shown import shown_diff
from flaskdoctor.fixing import Fixed, fix_to_the_end, run_diff
from flaskdoctor.scan import Options, scan
from tests.projects import GIT, build, run_git, tree

VIEWS = """

@app.get("/login")
def login():
    session["user"] = "ada"
    return {}


@app.get("/")
def index():
    return {"user": session.get("user")}
"""
HEAD = "from flask import Flask, session\n\napp = Flask(__name__)\n"
MAIN = '\n\nif __name__ == "__main__":\n    app.run()\n'
FACTORY = (
    "from flask import Flask, session\n\n\ndef create_app(settings=None):\n    app = Flask(__name__)\n"
    '    app.config.from_mapping(SECRET_KEY="kiln-and-clay-4711", SHOP="pottery")\n'
    + VIEWS.rstrip().replace("\n", "\n    ").replace("    \n", "\n")
    + "\n\n    return app\n"
)
CONFIG = 'class Config:\n    SECRET_KEY: str = "kiln-and-clay-4711"  # of the shop\n    SHOP = "pottery"\n'
FROM_CONFIG = f'{HEAD}app.config.from_object("shop_config.Config")\n{VIEWS}'
REQUIREMENTS = {"requirements.txt": "flask==3.1.0\n"}
TEST = {"tests/test_shop.py": "from app import app\n\n\ndef test_shop():\n    assert app.test_client().get('/')\n"}

# The spellings of a key, each with what else makes the project: the app has to start without the variable being set.
SHAPES = {
    "on the app": {"app.py": f'{HEAD}app.config["SECRET_KEY"] = "kiln-and-clay-4711"\n{VIEWS}{MAIN}'},
    "bytes": {"app.py": f"{HEAD}app.secret_key = b'kiln-and-clay'\n{VIEWS}{MAIN}"},
    "bytes that are no text": {"app.py": f"{HEAD}app.secret_key = b'_5#y2L\"F4Q8z\\n\\xec]/'\n{VIEWS}{MAIN}"},
    "encoded": {"app.py": f'{HEAD}app.secret_key = "kiln-ü-4711".encode("latin-1")\n{VIEWS}{MAIN}'},
    "in two pieces": {"app.py": f'{HEAD}app.secret_key = (\n    "kiln-and"\n    "-clay-4711"\n)\n{VIEWS}{MAIN}'},
    "quotes, dollars, hashes": {
        "app.py": f"""{HEAD}app.config.update(SECRET_KEY="k'i\\"l$n#${{HOME}} \\\\ ä ", SHOP=1)\n{VIEWS}{MAIN}"""
    },
    "an f-string with nothing to fill in": {"app.py": f"{HEAD}app.secret_key = f'kiln-{{{{clay}}}}'\n{VIEWS}{MAIN}"},
    "by another name": {"app.py": f'{HEAD}PEPPER = "kiln-and-clay-4711"\napp.secret_key = PEPPER\n{VIEWS}{MAIN}'},
    "in a class, with tests": {"app.py": FROM_CONFIG, "shop_config.py": CONFIG, **TEST},
    "in a factory, with tests": {"app.py": FACTORY, "tests/test_shop.py": "import app\n\napp.create_app()\n"},
    "loaded elsewhere, not in tests": {
        "app.py": FROM_CONFIG,
        "shop_config.py": CONFIG,
        "wsgi.py": "from dotenv import load_dotenv\n\nload_dotenv()\n\nfrom app import app  # noqa: E402\n",
        **TEST,
    },
    "behind a server": {"app.py": FROM_CONFIG, "shop_config.py": CONFIG, "requirements.txt": "flask\nwaitress\n"},
}

_ASK = """\
import sys
import app as module

app = getattr(module, "app", None) or module.create_app()
client = app.test_client()
if len(sys.argv) > 1:
    client.set_cookie("session", sys.argv[1])
    print(client.get("/").get_data(as_text=True))
else:
    print(client.get("/login").headers["Set-Cookie"].partition("session=")[2].partition(";")[0])
"""


def python(folder: Path, code: str, *arguments: str, **environment: str) -> str:
    """What Python prints in a project's folder, started as gunicorn or pytest would: nothing has loaded .env."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def fix(root: Path, *codes: str) -> Fixed:
    return fix_to_the_end(str(root), Options(select=codes, cache=False), (), unsafe=True)


def undo(root: Path) -> None:
    journal = Journal()
    journal.undo(str(root), journal.records(str(root))[0].id)


def modes(root: Path) -> dict[str, int]:
    return {path: stat.S_IMODE((root / path).stat().st_mode) for path in tree(root)}


def findings(root: Path, code: str) -> list[Finding]:
    return [each for each in scan(str(root), Options(cache=False)).report.findings if each.code == code]


class TestASecretThatLeavesTheCode:
    @pytest.mark.parametrize("shape", SHAPES)
    def test_still_signs_and_reads_the_same_sessions(self, tmp_path: Path, shape: str) -> None:
        build(tmp_path, {**REQUIREMENTS, **SHAPES[shape], GIT: "init"})
        session = python(tmp_path, _ASK)
        done = fix(tmp_path, "FD301")
        assert len(done.fixed) == 1, done.notes
        assert not findings(tmp_path, "FD301")
        assert '"user":"ada"' in python(tmp_path, _ASK, session)

    @pytest.mark.parametrize("shape", SHAPES)
    def test_comes_back_with_every_byte_and_mode(self, tmp_path: Path, shape: str) -> None:
        build(tmp_path, {**REQUIREMENTS, **SHAPES[shape], ".gitignore": "*.pyc\r\n", GIT: "init"})
        (tmp_path / "app.py").chmod(0o640)
        before, were = tree(tmp_path), modes(tmp_path)
        fix(tmp_path, "FD301")
        assert tree(tmp_path).keys() > before.keys()
        undo(tmp_path)
        assert (tree(tmp_path), modes(tmp_path)) == (before, were)

    def test_goes_to_a_private_env_its_name_to_a_template_and_git_ignores_it(self, tmp_path: Path) -> None:
        build(tmp_path, {**REQUIREMENTS, **SHAPES["on the app"], GIT: "init"})
        fix(tmp_path, "FD301")
        assert dotenv_values(tmp_path / ".env") == {"SECRET_KEY": "kiln-and-clay-4711"}
        assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
        assert (tmp_path / ".env-template").read_text() == "SECRET_KEY=\n"
        assert (tmp_path / ".gitignore").read_text() == ".env\n"
        assert (tmp_path / "requirements.txt").read_text() == "flask==3.1.0\npython-dotenv\n"
        run_git(tmp_path, "add", "-A")
        assert ".env\n" not in run_git(tmp_path, "ls-files")

    def test_is_added_to_the_files_that_are_there_and_nothing_else_of_them_changes(self, tmp_path: Path) -> None:
        build(tmp_path, {**REQUIREMENTS, "app.py": f'{HEAD}app.secret_key = "kiln"\n{VIEWS}'})
        (tmp_path / ".env").write_bytes(b"\xef\xbb\xbf# ours\r\nexport SHOP='a b' # c\r\nSECRET_KEY=\r\nLAST=1")
        (tmp_path / ".env").chmod(0o640)
        (tmp_path / ".env.example").write_bytes(b"# SHOP's name\nSHOP=\nLAST=")
        fix(tmp_path, "FD301")
        assert (tmp_path / ".env").read_bytes() == (
            b"\xef\xbb\xbf# ours\r\nexport SHOP='a b' # c\r\nSECRET_KEY=kiln\r\nLAST=1"
        )
        assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o640
        assert (tmp_path / ".env.example").read_bytes() == b"# SHOP's name\nSHOP=\nLAST=\nSECRET_KEY="

    def test_brings_no_other_value_of_an_env_into_force_that_nothing_has_loaded(self, tmp_path: Path) -> None:
        files = {
            "app.py": f'{HEAD}import os\n\nDATABASE = os.environ.get("DATABASE", "test.db")\napp.secret_key = "kiln"\n',
            ".env": "DATABASE=/srv/shop.db\n",
            **REQUIREMENTS,
            **TEST,
        }
        build(tmp_path, files)
        fix(tmp_path, "FD301")
        assert "load_dotenv" not in (tmp_path / "app.py").read_text()
        kept = python(tmp_path, "import app; print(app.DATABASE)", SECRET_KEY="kiln")
        assert kept == "test.db"

    @pytest.mark.parametrize(
        ("files", "reason"),
        [
            ({"app.py": f'{HEAD}app.secret_key = "kiln\\nclay"\n'}, "not one printable line"),
            ({"app.py": f'{HEAD}app.secret_key = ("kiln"  # old\n    "clay")\n'}, "comment"),
            ({"app.py": f'{HEAD}app.secret_key = "kiln"\n', ".env": "SECRET_KEY=clay\n"}, "another value"),
            ({"app.py": f'{HEAD}app.secret_key = "kiln"\n', ".env": 'A="\n'}, "cannot be read to its end"),
            ({"app.py": f'{HEAD}app.secret_key = "kiln"\n', ".env": "A=1\n", GIT: "track:.env"}, "Git tracks .env"),
            (
                {"app.py": HEAD, "config.py": f'{CONFIG}\n\nclass Production(Config):\n    SECRET_KEY = "other"\n'},
                "several values",
            ),
            (
                {
                    "app.py": f'{HEAD}app.config.from_object("config.Config")\napp.config.from_envvar("SHOP")\n',
                    "config.py": CONFIG,
                },
                "app.py can override",
            ),
            (
                {"app.py": f'{HEAD}app.secret_key = "kiln"\n', "mail.py": "from decouple import config\n"},
                "decouple reads .env",
            ),
            (
                {
                    "app.py": f'from decouple import config\n{HEAD}SHOP = config("SHOP")\napp.secret_key = "k\'l#n"\n',
                },
                "may not read the value",
            ),
        ],
    )
    def test_stays_where_moving_it_would_not_be_the_same(
        self, tmp_path: Path, files: dict[str, str], reason: str
    ) -> None:
        build(tmp_path, {**REQUIREMENTS, **files})
        before = tree(tmp_path)
        done = fix(tmp_path, "FD301")
        assert done.fixed == ()
        assert reason in "\n".join(done.notes)
        assert tree(tmp_path) == before

    @pytest.mark.parametrize(
        "files",
        [
            {"app.py": f'{HEAD}app.config.from_mapping(SECRET_KEY="dev")\napp.config.from_prefixed_env()\n'},
            {"app.py": f'{HEAD}app.config.from_mapping(SECRET_KEY="dev")\napp.config.from_pyfile("a.py")\n'},
            {"config.py": 'class DevelopmentConfig:\n    SECRET_KEY = "dev"\n', "app.py": HEAD},
            {"examples/shop.py": f'{HEAD}app.secret_key = "dev"\n'},
        ],
    )
    def test_is_only_advised_where_the_app_may_start_without_the_variable(
        self, tmp_path: Path, files: dict[str, str]
    ) -> None:
        build(tmp_path, {**REQUIREMENTS, **files})
        found = findings(tmp_path, "FD301")
        assert [each.fix for each in found] == [None]
        assert found[0].advice

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ('app.secret_key = "canary-4711"\n', "canary-4711"),
            ('COLOUR = "canary-4711"\napp.secret_key = COLOUR\n', "canary-4711"),
            ("app.secret_key = b'canary\\x9c4711'\n", "canary"),
            ('app.secret_key = """canary-4711"""\nprint("canary-4711")\n', "canary-4711"),
        ],
    )
    def test_is_seen_nowhere(
        self, tmp_path: Path, setting: str, value: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        build(tmp_path, {**REQUIREMENTS, "app.py": f"{HEAD}{setting}{VIEWS}{MAIN}", GIT: "init"})
        found = findings(tmp_path, "FD301")
        made = plan(str(tmp_path), found)
        texts = [repr(made), *map(shown_diff, made.edits), *made.notes]
        _, lines, patch = run_diff(str(tmp_path), Options(select=("FD301",), cache=False), (), unsafe=True)
        done = fix(tmp_path, "FD301")
        assert done.fixed, done.notes
        records = Journal().records(str(tmp_path))
        texts += [patch, *lines, *done.notes, repr(records), *(shown_diff(edit) for edit in records[0].edits)]
        printed = capsys.readouterr()
        assert value not in "\n".join([*texts, printed.out, printed.err])
        assert b"canary" not in pickle.dumps([shown_diff(edit) for edit in made.edits])

    def test_is_shown_as_dots_in_the_change_of_its_file(self, tmp_path: Path) -> None:
        build(tmp_path, {**REQUIREMENTS, **SHAPES["in a class, with tests"]})
        made = plan(str(tmp_path), findings(tmp_path, "FD301"))
        assert [edit.path for edit in made.edits] == [
            ".env", ".env-template", ".gitignore", "requirements.txt", "shop_config.py",
        ]  # fmt: skip
        shown = shown_diff(made.edits[-1])
        assert '-    SECRET_KEY: str = "••••"  # of the shop\n' in shown
        assert '+    SECRET_KEY: str = os.environ["SECRET_KEY"]  # of the shop\n' in shown
        assert shown_diff(made.edits[0]) == ""

    def test_is_to_be_rotated_and_set_elsewhere_as_the_output_says(self, tmp_path: Path) -> None:
        files = {**SHAPES["on the app"], "Procfile": "web: gunicorn app:app\n", **REQUIREMENTS}
        build(tmp_path, files)
        _, lines, _ = run_diff(str(tmp_path), Options(select=("FD301",), cache=False), (), unsafe=True)
        notes = fix(tmp_path, "FD301").notes
        assert {note.replace("now to do", "then to do") for note in notes} <= set(lines)
        text = "\n".join(notes)
        assert "rotate SECRET_KEY: git's history keeps the old value" in text
        assert "set SECRET_KEY wherever else the app starts, before this gets there (Procfile)" in text
        assert "install python-dotenv" in text

    @pytest.mark.parametrize("files", [{}, REQUIREMENTS])
    def test_needs_python_dotenv_from_then_on_where_it_loads_env_itself(
        self, tmp_path: Path, files: dict[str, str]
    ) -> None:
        build(tmp_path, {"app.py": f'{HEAD}app.secret_key = "kiln-and-clay-4711"\n{MAIN}', **files})
        notes = fix(tmp_path, "FD301").notes
        assert "load_dotenv()" in (tmp_path / "app.py").read_text()
        assert [note for note in notes if "python-dotenv" in note] == [
            "now to do: install python-dotenv: without it the app does not start"
        ]


def test_words_of_a_fix_that_is_refused_are_not_said(tmp_path: Path) -> None:
    """python-dotenv cannot be required, so the secret stays: what was said on the way is forgotten."""
    files = {
        "app.py": f'{HEAD}app.config["MAIL_PASSWORD"] = "kiln-4711"\n',
        "requirements.txt": "# This file is autogenerated by pip-compile\nflask==3.1.0\n",
        **TEST,
    }
    build(tmp_path, files)
    made = plan(str(tmp_path), findings(tmp_path, "FD301"))
    assert made.refused
    assert (made.edits, made.notes) == ((), ())


def test_login_in_a_url_moves_as_a_key_does(tmp_path: Path) -> None:
    url = "postgresql://shop:cl%40y$4711@db.pottery.shop/shop"
    build(tmp_path, {**REQUIREMENTS, "app.py": f'{HEAD}app.config["DATABASE_URL"] = "{url}"\n{MAIN}', GIT: "init"})
    print_it = "import app; print(app.app.config['DATABASE_URL'])"
    assert python(tmp_path, print_it) == url
    before = tree(tmp_path)
    done = fix(tmp_path, "FD304")
    assert any(note.startswith("now to do: rotate DATABASE_URL") for note in done.notes)
    assert python(tmp_path, print_it) == url
    assert "cl%40y" not in (tmp_path / "app.py").read_text()
    undo(tmp_path)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("more", [{}, {".env.example": "# SECRET_KEY=\r\nGLAZE=\r\n"}], ids=["made", "there"])
def test_key_that_moved_is_no_longer_optional_in_the_template(tmp_path: Path, more: dict[str, str]) -> None:
    """Who copies the template gets told to fill it in, since without it the app does not start."""
    settings = (
        "import os\n\n\nclass Config:\n    SECRET_KEY = 'kiln-and-clay-4711'\n\n\nclass DevelopmentConfig(Config):\n"
        "    SECRET_KEY = os.environ.get('SECRET_KEY', 'clay')\n"
    )
    build(tmp_path, {**REQUIREMENTS, "app.py": FROM_CONFIG, "shop_config.py": settings, **more})
    assert fix(tmp_path, "FD301").fixed
    lines = (tmp_path / (next(iter(more)) if more else ".env-template")).read_bytes().splitlines(keepends=True)
    assert lines == ([b"SECRET_KEY=\r\n", b"GLAZE=\r\n"] if more else [b"SECRET_KEY=\n"])


# What a project may have in its env files before its code reads a variable for the first time.
ENV_FILES = {
    "a key in .env that nothing reads": {".env": "GLAZE=1\n"},
    "a key in the template that nothing reads": {".env.example": "GLAZE=\n"},
    "a reference that leads nowhere": {".env": "GLAZE=${OVEN}\n"},
}
SECRETS = {
    "FD301": f'{HEAD}app.secret_key = "kiln-and-clay-4711"\n{MAIN}',
    "FD303": f"import os\n\n{HEAD}app.secret_key = os.urandom(16)\n{MAIN}",
    "FD304": f'{HEAD}app.config["DATABASE_URL"] = "postgresql://shop:clay-4711@db.pottery.shop/shop"\n{MAIN}',
}


@pytest.mark.parametrize("code", SECRETS)
@pytest.mark.parametrize("case", ENV_FILES)
def test_findings_in_env_files_that_only_now_count_do_not_stop_the_first_reading(
    tmp_path: Path, code: str, case: str
) -> None:
    """Until the code reads a variable, it is unknown whether another one is used."""
    build(tmp_path, {"requirements.txt": "flask\nwaitress\n", "app.py": SECRETS[code], **ENV_FILES[case]})
    done = fix(tmp_path, code)
    assert [each.code for each in done.fixed] == [code], done.notes


class TestTheDiffOfAChangeThatHoldsASecret:
    def test_is_left_out_where_the_value_would_still_be_seen(self) -> None:
        before = b'COLOUR = "blue-kiln"\nshade = COLOUR\n# blue-kiln is the key\n'
        after = b'import os\n\nCOLOUR = os.environ["KEY"]\nshade = COLOUR\n# blue-kiln is the key\n'
        assert shown_diff(Edit("app.py", before, after, secret=True)) == ""

    def test_is_left_out_for_everything_but_code(self) -> None:
        assert shown_diff(Edit(".env", b"A=1\n", b"A=1\nKEY=kiln\n", secret=True)) == ""
        assert shown_diff(Edit("settings.toml", b"key = 1\n", b"", secret=True)) == ""


COOKIES = {
    "config.py": "class Config:\n    SECRET_KEY = __import__('os').environ['SECRET_KEY']\n"
    "    SESSION_COOKIE_SECURE = False\n\n\n"
    "class DevelopmentConfig(Config):\n    DEBUG = True\n\n\n"
    "class ProductionConfig(Config):\n    PREFERRED_URL_SCHEME = 'https'\n",
    "app.py": "import os\n\nfrom flask import Flask, session\n\napp = Flask(__name__)\n"
    f'app.config.from_object("config." + os.environ["SETTINGS"])\n{VIEWS}',
    **REQUIREMENTS,
}
_LOGIN = """\
from app import app

print(app.test_client().get("/login").headers["Set-Cookie"].partition("; ")[2])
"""


class TestCookieSettings:
    def test_hold_in_production_and_keep_a_login_over_http_in_development(self, tmp_path: Path) -> None:
        build(tmp_path, COOKIES)
        before = {name: self.login(tmp_path, name) for name in ("DevelopmentConfig", "ProductionConfig")}
        done = fix(tmp_path, "FD705")
        assert len(done.fixed) == 1, done.notes
        assert self.login(tmp_path, "DevelopmentConfig") == before["DevelopmentConfig"] == {"HttpOnly", "Path=/"}
        assert self.login(tmp_path, "ProductionConfig") == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
        undo(tmp_path)
        assert {name: self.login(tmp_path, name) for name in before} == before

    @pytest.mark.parametrize(
        "files",
        [
            {"config.py": "class Config:\n    SECRET_KEY = load()\n"},
            {"config.py": "SECRET_KEY = load()\n"},
            {"app.py": f"{HEAD}app.config.update(SESSION_COOKIE_SECURE=False)\n{VIEWS}"},
            {"instance/config.py": "SESSION_COOKIE_SECURE = False\n"},
        ],
    )
    def test_are_only_advised_where_no_settings_are_for_production_alone(
        self, tmp_path: Path, files: dict[str, str]
    ) -> None:
        """``Secure`` there would end every login on http://127.0.0.1."""
        build(tmp_path, {"app.py": HEAD + VIEWS, **REQUIREMENTS, **files})
        found = findings(tmp_path, "FD705")
        assert [each.fix for each in found] == [None]
        assert "localhost" in found[0].advice

    def login(self, folder: Path, settings: str) -> set[str]:
        return set(python(folder, _LOGIN, SETTINGS=settings, SECRET_KEY="kiln").split("; "))


HEADERS = {
    "module": f"{HEAD}app.config['SHOP'] = 1\n",
    "early return": "from flask import Flask, session\n\n\ndef create_app(small=False):\n    app = Flask(__name__)\n"
    "    if small:\n        return app\n    return app\n\n\napp = create_app(small=True)\n",
    "nested factory": "from flask import Flask, session\n\n\ndef factory():\n    def create_app():\n"
    "        app = Flask(__name__)\n        return app\n\n    return create_app\n\n\napp = factory()()\n",
    "subclass": "from flask import Flask, session\n\n\nclass Shop(Flask):\n    pass\n\n\napp: Flask = Shop(__name__)\n",
    "behind another object": f"{HEAD}shop = app\napp.config['SHOP'] = 1\napp = print\napp('')\napp = shop\n",
}
_HEADERS = """\
from app import app
from flask import Response, make_response, request

@app.get("/stream")
def stream():
    return Response(str(number) for number in range(3))

@app.get("/cached")
def cached():
    answer = make_response("same")
    answer.set_etag("e")
    return answer.make_conditional(request)

@app.after_request
def frames(answer):
    answer.headers["-".join(("X", "Frame", "Options"))] = "DENY"
    return answer

client = app.test_client()
for request_line in ("GET /stream", "HEAD /stream", "OPTIONS /stream", "GET /cached", "GET /none"):
    method, path = request_line.split()
    answer = client.open(path, method=method, headers={"If-None-Match": '"e"'})
    names = [name for name, _ in answer.headers]
    ours = [name for name in names if name.startswith(("X-", "Content-Sec", "Strict", "Referrer", "Perm", "Cross"))]
    print(answer.status_code, answer.data, len(ours), len(names) - len(set(names)), answer.headers["X-Frame-Options"])
"""


@pytest.mark.parametrize("shape", HEADERS)
def test_headers_come_with_every_kind_of_answer_and_give_way_to_the_apps_own(tmp_path: Path, shape: str) -> None:
    uses_the_session = 'from flask import session\n\n\ndef log(name):\n    session["user"] = name\n'
    build(tmp_path, {"app.py": HEADERS[shape], "views.py": uses_the_session, **REQUIREMENTS})
    before = tree(tmp_path)
    done = fix(tmp_path, "FD709")
    assert len(done.fixed) == 1, done.notes
    assert "now to do: install secure: without it the app does not start" in done.notes
    if shape == "behind another object":
        assert (tmp_path / "app.py").read_text().index("after_request") < (tmp_path / "app.py").read_text().index(
            "print"
        )
    lines = [line.split(" ") for line in python(tmp_path, _HEADERS).splitlines()]
    assert [line[:2] for line in lines[:-1]] == [["200", "b'012'"], ["200", "b''"], ["200", "b''"], ["304", "b''"]]
    assert lines[-1][0] == "404"
    assert {tuple(line[-3:]) for line in lines} == {("7", "0", "DENY")}
    undo(tmp_path)
    assert tree(tmp_path) == before


def test_diff_names_what_is_done_to_a_file_that_it_does_not_show(tmp_path: Path) -> None:
    source = f'import os\n\n{HEAD}app.secret_key = os.environ.get("SECRET_KEY") or "kiln"\n'
    build(tmp_path, {"app.py": source, **REQUIREMENTS})
    _, lines, patch = run_diff(str(tmp_path), Options(select=("FD302",), cache=False), (), unsafe=True)
    assert patch == ""
    assert any(line.startswith("not shown: app.py: Remove the fallback (line 6)") for line in lines)
    assert Fix.UNSAFE in {each.fix for each in findings(tmp_path, "FD302")}


def test_diff_shows_a_change_beside_a_secret_with_fewer_lines_around_it(tmp_path: Path) -> None:
    """Half a patch would break the app: its templates ask for what the code does not give them yet."""
    files = {
        "app.py": "import os\n\nfrom flask import Flask, render_template, request\n\n"
        'app = Flask(__name__)\napp.config.from_mapping(\n    SECRET_KEY="canary-4711",\n)\n\n\n'
        '@app.route("/", methods=["GET", "POST"])\ndef a():\n    return render_template("a.html", a=request.form)\n',
        "templates/a.html": '<form method="post"><button>Go</button></form>\n',
        **REQUIREMENTS,
        GIT: "init",
    }
    build(tmp_path, files)
    _, lines, patch = run_diff(str(tmp_path), Options(select=("FD713",), cache=False), (), unsafe=True)
    assert [line for line in lines if line.startswith("not shown")] == []
    assert "canary" not in patch
    (tmp_path / "change.patch").write_text(patch)
    run_git(tmp_path, "apply", "--check", "change.patch")
    assert "+CSRFProtect(app)" in patch
