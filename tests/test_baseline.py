"""The baseline: what is known does not count, what is new does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.projects import build, write
from tests.running import APP, SECRET, Ran, run

ANOTHER_VIEW = '\n\n@app.route("/more")\ndef more():\n    return jsonify({"ok": True})\n'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return build(tmp_path / "shop", {"app.py": APP, ".gitignore": ".env\n"}, "3.1.0")


def check(shop: Path, *arguments: str | Path) -> Ran:
    return run("--check", "--fail-on", "info", "--baseline", "known.json", *(arguments or ["."]), cwd=shop)


def write_it(shop: Path, *arguments: str | Path) -> Ran:
    return run("--check", "--write-baseline", "known.json", *(arguments or ["."]), cwd=shop)


def findings_in(shop: Path) -> list[dict[str, object]]:
    return list(json.loads((shop / "known.json").read_text())["findings"])


def test_what_is_known_does_not_count_and_the_last_line_says_how_much_that_is(shop: Path) -> None:
    written = write_it(shop)
    assert (written.status, written.out) == (0, "")
    assert "known.json now holds the 2 findings of today" in written.err
    done = check(shop)
    assert (done.status, done.err) == (0, "")
    assert done.lines == ["No findings, 1 file, score 92, 2 in the baseline"]


def test_moved_lines_other_spacing_and_other_comments_are_no_news(shop: Path) -> None:
    write_it(shop)
    (shop / "app.py").write_text(
        "# moved\n\n"
        + APP.replace("return jsonify(", "return   jsonify(").replace("True})", "True})  # well").replace("ok", "OK")
    )
    assert check(shop).status == 0


def test_a_new_finding_of_a_known_kind_shows(shop: Path) -> None:
    write_it(shop)
    (shop / "app.py").write_text(APP + ANOTHER_VIEW)
    done = check(shop)
    assert done.status == 1
    assert [line.split(": ")[0] for line in done.lines[:-1]] == ["app.py:14:12"]
    assert done.lines[-1].endswith("2 in the baseline")


def test_what_is_gone_is_told_with_the_command_that_renews_it(shop: Path) -> None:
    (shop / "app.py").write_text(APP + ANOTHER_VIEW)
    write_it(shop)
    (shop / "app.py").write_text(APP)
    done = check(shop)
    assert done.status == 0
    assert done.err.splitlines() == [
        "flaskdoctor: 1 of the findings in the baseline known.json are gone:",
        '  app.py: FD101 return jsonify({"": True})',
        "Renew it: flaskdoctor --check --write-baseline known.json",
    ]
    write_it(shop)
    assert check(shop).err == ""


def test_what_was_not_looked_for_is_not_called_gone_and_stays_when_it_is_renewed(shop: Path) -> None:
    write(shop, {"pages/views.py": APP.replace("app = Flask", "other = Flask").replace("app.", "other.")})
    write_it(shop)
    before = (shop / "known.json").read_bytes()
    for narrow in (["--select", "FD301", "."], ["--ignore", "FD101", "."], ["pages"], ["app.py"]):
        assert check(shop, *narrow).err == "", narrow
        write_it(shop, *narrow)
        assert (shop / "known.json").read_bytes() == before, narrow
    write(shop, {"flaskdoctor.toml": '[per-file-ignores]\n"pages/*" = ["FD101"]\n'})
    assert check(shop).err == ""


def test_it_is_written_the_same_way_twice_sorted_with_its_version_and_no_file_beside_it(shop: Path) -> None:
    write(shop, {"b.py": APP, "a.py": APP})
    write_it(shop)
    first = (shop / "known.json").read_bytes()
    stamp = os.stat(shop / "known.json").st_mtime_ns
    write_it(shop, "app.py", "b.py", "a.py")
    assert (shop / "known.json").read_bytes() == first
    assert os.stat(shop / "known.json").st_mtime_ns == stamp  # not even touched: nothing has to be scanned anew
    found = findings_in(shop)
    keys = [(each["path"], each["code"], each["line"]) for each in found]
    assert keys == sorted(keys)
    assert json.loads(first)["version"] == 1
    assert [path.name for path in shop.iterdir() if "tmp" in path.name] == []


def test_no_secret_is_in_it(shop: Path) -> None:
    write(
        shop,
        {
            ".env": f"SECRET_KEY={SECRET}-1 # {SECRET}-2\nBROKEN LINE {SECRET}-3\n",
            "compose.yml": f"services:\n  shop:\n    build: .\n    environment:\n      SECRET_KEY: {SECRET}-4\n",
            "keys.py": f'"""\n{SECRET}-5"""; API_KEY = """{SECRET}-6\n{SECRET}-7"""\n'
            f'from app import app\napp.config["API_TOKEN"] = (  # {SECRET}-8\n    "{SECRET}-9")\n'
            f'app.config.update(SECRET_KEY=f"""{SECRET}-10\n{SECRET} {{jsonify(1)}}""", PIN=123456789)\n',
        },
    )
    write_it(shop)
    text = (shop / "known.json").read_text()
    assert "compose.yml" in text
    assert "keys.py" in text
    assert "hunter2" not in text
    assert "123456789" not in text


@pytest.mark.skipif(os.name != "posix", reason="such names are POSIX's")
def test_a_name_that_is_no_utf_8_is_known_again(shop: Path) -> None:
    os.rename(shop / "app.py", os.fsencode(shop) + b"/caf\xe9.py")
    write_it(shop)
    assert check(shop).status == 0
    json.loads((shop / "known.json").read_bytes().decode("ascii"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "There is no baseline known.json."),
        ("{", "The baseline known.json is broken: Expecting property name"),
        ("[" * 100_000, "The baseline known.json is broken: it is no JSON"),
        ("[]", "known.json is not a baseline of flaskdoctor."),
        ('{"version": 1, "findings": []}', "known.json is not a baseline of flaskdoctor."),
        ('{"kind": "flaskdoctor baseline", "findings": []}', "is broken: it has no version"),
        ('{"kind": "flaskdoctor baseline", "version": 2}', "is of version 2, and this flaskdoctor knows version 1"),
        ('{"kind": "flaskdoctor baseline", "version": 1}', "is broken: it has no list of findings"),
        (
            '{"kind": "flaskdoctor baseline", "version": 1, "findings": [{"path": "a.py", "code": "FD1"}]}',
            "is broken: finding 1 lacks its path, code, line or count",
        ),
    ],
)
def test_a_file_that_is_no_baseline_is_an_error_that_says_what_to_do(shop: Path, text: str | None, said: str) -> None:
    if text is not None:
        (shop / "known.json").write_text(text)
    done = check(shop)
    assert (done.status, done.out) == (2, "")
    assert said in done.err.splitlines()[0]
    assert len(done.err.splitlines()) == 2
    if text is not None:  # nor is somebody's file lost
        assert write_it(shop).status == 2
        assert (shop / "known.json").read_text() == text


def test_fixes_are_made_for_known_findings_too_and_what_is_gone_then_is_told(shop: Path) -> None:
    write_it(shop)
    done = run("--fix", "--baseline", "known.json", ".", cwd=shop)
    assert done.status == 0
    assert "fixed: app.py:9:12 FD101" in done.err
    assert "app.py: FD101" in done.err
    assert done.lines[-1].endswith("1 in the baseline")


def test_the_settings_can_name_it(shop: Path) -> None:
    write(shop, {"flaskdoctor.toml": 'baseline = "ci/known.json"\n'})
    missing = run("--check", shop, cwd=shop.parent)
    assert missing.status == 2
    assert "There is no baseline shop/ci/known.json." in missing.err
    (shop / "ci").mkdir()
    run("--check", shop, "--write-baseline", shop / "ci/known.json")
    assert run("--check", shop, cwd=shop.parent).lines == ["No findings, 1 file, score 92, 2 in the baseline"]
    assert (shop / "ci/known.json").exists()


def test_reading_and_writing_it_at_once_or_with_a_diff_makes_no_sense(shop: Path) -> None:
    assert "Name one of them" in check(shop, "--write-baseline", "b.json").err
    assert check(shop, "--diff", ".").status == 2


def test_what_a_baseline_says_is_no_command_to_a_ci_service(shop: Path) -> None:
    """The file comes with a pull request, and its stale entries are told one by one."""
    write_it(shop)
    document = json.loads((shop / "known.json").read_text())
    kinds = (("::stop-commands::x", "FD101", "y"), ("a.py", "FD101", "##[add-mask]x"), ("", "::add-mask::x", "y"))
    document["findings"] += [{"path": path, "code": code, "line": line, "count": 1} for path, code, line in kinds]
    (shop / "known.json").write_text(json.dumps(document))
    told = check(shop).err
    assert "stop-commands" in told
    for line in told.split("\n"):
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
