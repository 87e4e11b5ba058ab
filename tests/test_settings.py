"""The settings of a project: every key does what it says, and a wrong one is named with its file and line."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from flaskdoctor.baseline import Known, read_baseline, render
from flaskdoctor.config import KEYS, read_settings
from flaskdoctor.errors import UserError
from flaskdoctor.project.tomlplaces import line_of
from tests.projects import build, run_git, write
from tests.running import APP, run


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = build(tmp_path / "shop", {"app.py": APP, "scripts/seed.py": APP, ".gitignore": ".env\n"}, "3.1.0")
    run_git(folder, "init", "-q")
    return folder


def found(shop: Path, settings: str, *arguments: str) -> set[str]:
    """The findings with these settings, as ``path CODE``."""
    write(shop, {"flaskdoctor.toml": settings})
    document = json.loads(run("--check", "--format", "json", *arguments, shop).out)
    return {f"{item['path']} {item['code']}" for item in document["findings"]}


BOTH = {"app.py FD101", "app.py FD301", "scripts/seed.py FD101", "scripts/seed.py FD301"}


def test_select_ignore_exclude_and_per_file_ignores(shop: Path) -> None:
    assert found(shop, "") == BOTH
    assert found(shop, 'select = ["FD301"]') == {"app.py FD301", "scripts/seed.py FD301"}
    assert found(shop, 'select = ["tip:3", "needless-jsonify"]\nignore = ["tip:1"]') == {
        "app.py FD301",
        "scripts/seed.py FD301",
    }
    assert found(shop, 'exclude = ["scripts/"]') == {"app.py FD101", "app.py FD301"}
    assert found(shop, '[per-file-ignores]\n"scripts/" = ["FD101", "hardcoded-secret"]') == {
        "app.py FD101",
        "app.py FD301",
    }
    assert found(shop, '[per-file-ignores]\n"*.py" = ["tip:3"]') == {"app.py FD101", "scripts/seed.py FD101"}


def test_what_the_command_line_selects_counts_for_more(shop: Path) -> None:
    assert found(shop, 'select = ["FD301"]', "--select", "FD101") == {"app.py FD101", "scripts/seed.py FD101"}
    assert found(shop, 'ignore = ["FD301"]', "--ignore", "FD101") == set()


def test_fail_on_decides_about_the_exit_code(shop: Path) -> None:
    for settings, arguments, status in (
        ('ignore = ["FD301"]\nfail-on = "info"', [], 1),
        ('ignore = ["FD301"]\nfail-on = "info"', ["--fail-on", "warning"], 0),
        ('fail-on = "error"', [], 1),
        ('fail-on = "error"\nignore = ["FD301"]', [], 0),
    ):
        write(shop, {"flaskdoctor.toml": settings})
        assert run("--check", shop, *arguments).status == status, settings


def test_https_proxy_makes_a_missing_proxyfix_a_finding(shop: Path) -> None:
    write(shop, {"app.py": APP.replace('{"ok": True}', "{}") + "\n\ndef who():\n    return request.remote_addr\n"})
    write(shop, {"app.py": (shop / "app.py").read_text().replace("Flask, jsonify", "Flask, jsonify, request")})
    assert "app.py FD706" not in found(shop, "")
    assert "app.py FD706" in found(shop, 'https = "proxy"')


@pytest.mark.parametrize(
    ("settings", "line", "title", "hint"),
    [
        ('\nignored = ["FD101"]', 4, "there is no setting called 'ignored'", "Did you mean ignore?"),
        ('fail_on = "error"', 3, "there is no setting called 'fail_on'", "Did you mean fail-on?"),
        ('fail-on = "warn"', 3, "fail-on must be one of error, warning, info", "Did you mean warning?"),
        ('\n\nfail-on = ["error"]', 5, "fail-on must be one of", ""),
        ('profile = "prod"', 3, "profile must be one of development, production", "Did you mean production?"),
        ('https = "always"', 3, 'https must be "proxy"', ""),
        ("https = true", 3, 'https must be "proxy"', ""),
        ('exclude = "legacy"', 3, "exclude must be a list of strings", 'exclude = ["legacy/"]'),
        ("select = [101]", 3, "select must be a list of strings", 'select = ["tip:3"'),
        ('select = ["FD9999"]', 3, "there is no rule called 'FD9999'", "--list-rules"),
        ('ignore = [\n  "FD101",\n  "needles-jsonify",\n]', 5, "no rule called 'needles-jsonify'", "needless-jsonify"),
        ('ignore = ["tip:44"]', 3, "there is no tip called 'tip:44'", "tip:1 to tip:11"),
        ('per-file-ignores = ["FD101"]', 3, "per-file-ignores must be a table", "[tool.flaskdoctor.per-file-ignores]"),
        ('[tool.flaskdoctor.per-file-ignores]\n"a.py" = "FD101"', 4, "per-file-ignores of 'a.py' must be", ""),
        ('[tool.flaskdoctor.per-file-ignores]\n"a.py" = ["FD0"]', 4, "there is no rule called 'FD0'", ""),
        ('url = "http://shop.example"', 3, "can only be on this machine", "--url URL"),
        ("baseline = 1", 3, "baseline must be the name of a file", "flaskdoctor-baseline.json"),
        ('baseline = ""', 3, "baseline must be the name of a file", ""),
        ("version = 2", 3, "version must be 1", "a later flaskdoctor"),
        ("version = true", 3, "version must be 1", ""),
    ],
)
def test_a_wrong_setting_is_named_with_its_file_and_line(
    shop: Path, settings: str, line: int, title: str, hint: str
) -> None:
    # The same words stand above, in another tool's table.
    write(
        shop,
        {"pyproject.toml": f'tool.ruff.lint = {{select = ["E"], ignore = ["F"]}}\n[tool.flaskdoctor]\n{settings}\n'},
    )
    done = run("--check", shop)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"flaskdoctor: pyproject.toml:{line}: ")
    assert title in done.err.splitlines()[0]
    assert hint in done.err


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pyproject.toml", "\n[flaskdoctor]\n", "pyproject.toml:2: nobody reads [flaskdoctor]."),
        ("pyproject.toml", "[tool.flask-doctor]\n", "pyproject.toml:1: nobody reads [tool.flask-doctor]."),
        ("pyproject.toml", "[tool]\nflaskdoctor = 1\n", "pyproject.toml:2: [tool.flaskdoctor] is not a table."),
        ("pyproject.toml", "[tool.flaskdoctor\n", "pyproject.toml is not valid TOML"),
        ("flaskdoctor.toml", "[tool.flaskdoctor]\n", "flaskdoctor.toml:1: there is no setting called 'tool'."),
        ("flaskdoctor.toml", "x = \xff", "flaskdoctor.toml is not valid TOML"),
    ],
)
def test_a_table_that_nobody_reads_and_broken_toml_are_told(shop: Path, name: str, text: str, said: str) -> None:
    (shop / name).write_bytes(text.encode("latin-1"))
    done = run("--check", shop)
    assert done.status == 2
    assert said in done.err


def test_another_tools_mention_of_flaskdoctor_is_no_setting(shop: Path) -> None:
    write(shop, {"pyproject.toml": '[project]\ndependencies = ["flask", "flaskdoctor"]\nname = "x"\n'})
    assert read_settings(str(shop)).source == ""


def test_settings_that_cannot_be_read_are_told(shop: Path) -> None:
    (shop / "flaskdoctor.toml").symlink_to("nowhere.toml")
    with pytest.raises(UserError, match=r"flaskdoctor.toml cannot be read: a symbolic link that leads nowhere"):
        read_settings(str(shop))


def test_settings_of_the_repository_count_for_a_project_below_it_with_paths_from_their_own_folder(shop: Path) -> None:
    write(
        shop,
        {
            "services/api/app.py": APP,
            "services/api/requirements.txt": "flask==3.1.0\n",
            "pyproject.toml": "[tool.flaskdoctor.per-file-ignores]\n"
            '"services/api/*" = ["FD101"]\n"app.py" = ["FD301"]\n',
        },
    )
    api = shop / "services/api"
    assert read_settings(str(api)).source == "../../pyproject.toml"
    assert [line.split(": ")[2] for line in run("--check", api).lines[:-1]] == ["FD301 hardcoded-secret"]
    write(api, {"flaskdoctor.toml": 'exclude = ["app.py"]\n'})  # the nearest ones count, and they alone
    assert read_settings(str(api)).per_file_ignores == ()
    assert run("--check", api).lines == ["No findings, 0 files, score 100"]


def test_settings_outside_of_the_repository_are_somebody_elses(shop: Path) -> None:
    write(shop.parent, {"flaskdoctor.toml": 'ignore = ["tip:3"]\n'})
    assert read_settings(str(shop)).source == ""


def test_a_change_of_the_repositorys_settings_is_seen(shop: Path) -> None:
    write(shop, {"api/app.py": APP, "api/requirements.txt": "flask\n", "flaskdoctor.toml": ""})
    assert "FD301" in run("--check", shop / "api").out
    write(shop, {"flaskdoctor.toml": 'ignore = ["FD301"]\n'})
    assert "FD301" not in run("--check", shop / "api").out


# -- where it is said ---------------------------------------------------------------------------------------


def test_show_settings_says_each_setting_and_where_it_comes_from(shop: Path) -> None:
    write(
        shop,
        {
            "pyproject.toml": '[project]\nname = "shop"\n\n[tool.flaskdoctor]\nignore = ["FD101"]\nfail-on = "error"\n'
            "\n"
            '[tool.flaskdoctor.per-file-ignores]\n"scripts/*" = ["FD301"]\n'
        },
    )
    done = run("--show-settings", "--ignore", "FD709", "--profile", "production", shop)
    assert done.status == 0
    told = {line.split()[0]: line.split(maxsplit=1)[1] for line in done.lines[1:]}
    assert done.lines[0] == str(shop)
    assert set(told) == set(KEYS)
    assert told["select"].split() == ["all", "default"]
    assert told["ignore"].split("  ")[0] == "FD709, FD101"
    assert told["ignore"].endswith("the command line, pyproject.toml:5")
    assert told["fail-on"].split() == ["error", "pyproject.toml:6"]
    assert told["per-file-ignores"].endswith("pyproject.toml:8")
    assert told["profile"].endswith("the command line")
    document = json.loads(run("--show-settings", "--format", "json", shop).out)
    assert document["projects"][0]["settings"]["fail-on"] == {"value": "error", "source": "pyproject.toml:6"}


def test_show_settings_checks_what_the_command_line_selects(shop: Path) -> None:
    assert "There is no rule called 'FD0'" in run("--show-settings", "--select", "FD0", shop).err


EVERY_KEY = """\
[tool.flaskdoctor]
select = ["tip:3", "FD701"]
ignore = ["needless-jsonify"]
exclude = ["legacy/"]
fail-on = "error"
baseline = "known.json"
url = "http://127.0.0.1:8000"
profile = "production"
https = "proxy"

[tool.flaskdoctor.per-file-ignores]
"scripts/*" = ["FD703"]
"""


def test_settings_and_baselines_that_somebody_mangled_are_read_or_refused(tmp_path: Path) -> None:
    """Whatever stands in them: an error that says so on one line, or what they say; nothing else."""
    chance = random.Random(9)
    known = render({Known("app.py", "FD101", "return jsonify()"): 2, Known("b.py", "FD301", 'x = ""'): 1})
    outcomes = set()
    for _ in range(400):
        for name, text in (("pyproject.toml", EVERY_KEY), ("known.json", known)):
            (tmp_path / name).write_bytes(_mangled(text.encode(), chance))
            try:
                read_settings(str(tmp_path)) if name.endswith("toml") else read_baseline(str(tmp_path / name))
            except UserError as error:
                outcomes.add((name, "refused" if "\n" not in error.title else "refused on several lines"))
            else:
                outcomes.add((name, "read"))
            (tmp_path / name).unlink()
    assert len(outcomes) == 4


def _mangled(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.randint(1, 12))
        piece = data[start:end]
        new = chance.choice(
            [b"", piece * 2, chance.randbytes(3), b"[", b"]", b'"', b"{", b"\n", b"\0", b"9" * 5000, b"1e9"]
        )
        data = data[:start] + new + data[end:]
    return data


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[a]\nk = 1\n[tool.x]\nk = """\nk = 2\n"""\n["tool"."flaskdoctor"] # yes\n\nk = 3', 9),
        ("tool.flaskdoctor.k = 1", 1),
        ("[tool]\n\nflaskdoctor = {k = 1}", 3),
        ("[tool.flaskdoctor]\nother = 1", 0),
        ("[tool.flaskdoctor.k]\nx = 1", 1),
        ("[[tool.other]]\nk = 1\n[tool.flaskdoctor]\r\nk=1", 4),
    ],
)
def test_the_line_of_a_key(text: str, line: int) -> None:
    assert line_of(text, "tool", "flaskdoctor", "k") == line


def test_where_a_setting_stands_is_found_behind_a_line_made_to_be_searched_for_ever(tmp_path: Path) -> None:
    text = f"x = [\n[{' ' * 100_000}\n]]\n[ tool . flaskdoctor ]\nignore = []\n"
    assert line_of(text, "tool", "flaskdoctor", "ignore") == 5


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_folder_above_that_is_somebody_elses_has_no_say(tmp_path: Path) -> None:
    """As /tmp with a ``.git`` that another user of the machine has put there."""
    write(tmp_path, {"flaskdoctor.toml": 'ignore = ["FD101"]\n', "shop/app.py": APP})
    (tmp_path / ".git").mkdir()
    root = tmp_path / "shop"
    assert read_settings(str(root)).source == "../flaskdoctor.toml"
    os.chown(tmp_path / ".git", 4321, 4321)
    assert read_settings(str(root)).source == ""
    os.chown(root, 4321, 4321)  # a checkout of theirs, in a container that runs as root
    assert read_settings(str(root)).source == "../flaskdoctor.toml"
