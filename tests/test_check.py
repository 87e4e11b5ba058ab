"""``flaskdoctor --check`` as a script uses it: its lines, its exit codes, and what it says of bad input."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import build, run_git, write
from tests.running import APP, SECRET

CLEAN = """\
import os

from flask import Flask

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
"""


def flaskdoctor(*arguments: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the real program."""
    return subprocess.run(
        [sys.executable, "-m", "flaskdoctor", *arguments],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    return build(folder, {"app.py": APP, ".gitignore": "__pycache__/\n"}, "3.1.0")


def test_every_finding_is_a_line_that_editors_know_and_the_last_line_counts(shop: Path) -> None:
    done = flaskdoctor("--check", str(shop))
    *lines, last = done.stdout.splitlines()
    assert done.returncode == 1
    assert any(re.match(r"app\.py:9:12: info: FD101 needless-jsonify: .* \[fix\]$", line) for line in lines)
    assert any(re.match(r"app\.py:4:\d+: error: FD301 hardcoded-secret: .* \[fix\?\]$", line) for line in lines)
    assert re.match(r"\d+ findings \(1 error.*\), \d+ fixable, 1 file, score \d+$", last)
    assert done.stderr == ""


def test_a_secret_in_the_code_is_in_no_output(shop: Path) -> None:
    for arguments in (("--check",), ("--check", "--format", "json"), ("--diff", "--unsafe-fixes"), ("--show-files",)):
        done = flaskdoctor(*arguments, str(shop))
        assert SECRET not in done.stdout + done.stderr


def test_the_same_tree_gives_the_same_bytes_cached_or_not(shop: Path, tmp_path: Path) -> None:
    def report(*arguments: str, cwd: Path) -> str:
        return flaskdoctor("--check", *arguments, cwd=cwd).stdout

    first = report("--no-cache", str(shop), cwd=tmp_path)
    for _ in range(2):
        assert report(cwd=shop) == first
        assert report(str(shop / "app.py"), cwd=tmp_path) != ""
        assert report(str(shop), cwd=tmp_path) == first


def test_json_has_the_documented_fields(shop: Path) -> None:
    document = json.loads(flaskdoctor("--check", "--format", "json", str(shop)).stdout)
    assert document["version"] == 1
    finding = next(item for item in document["findings"] if item["code"] == "FD101")
    assert finding["name"] == "needless-jsonify"
    assert (finding["path"], finding["line"], finding["column"]) == ("app.py", 9, 12)
    assert (finding["severity"], finding["fix"], finding["url"]) == ("info", "safe", None)
    assert document["summary"]["findings"] == len(document["findings"])


def test_exit_codes(shop: Path, tmp_path: Path) -> None:
    clean = build(tmp_path / "clean", {"app.py": CLEAN, ".env": "SECRET_KEY=x\n", ".env-template": "SECRET_KEY=\n"})
    write(clean, {".gitignore": ".env\n"})
    assert flaskdoctor("--check", str(clean)).returncode == 0
    assert flaskdoctor("--check", str(shop)).returncode == 1
    assert flaskdoctor("--check", "--select", "FD101", str(shop)).returncode == 0  # an info
    assert flaskdoctor("--check", "--select", "FD101", "--fail-on", "info", str(shop)).returncode == 1
    assert flaskdoctor("--check", "--no-such-option").returncode == 2


def test_selectors_are_codes_names_and_tips_never_prefixes(shop: Path) -> None:
    def codes(*arguments: str) -> set[str]:
        document = json.loads(flaskdoctor("--check", "--format", "json", *arguments, str(shop)).stdout)
        return {item["code"] for item in document["findings"]}

    assert codes("--select", "FD301") == {"FD301"}
    assert codes("--select", "needless-jsonify,fd301") == {"FD101", "FD301"}
    assert "FD101" not in codes("--ignore", "tip:1")
    refused = flaskdoctor("--check", "--select", "FD1", str(shop))
    assert refused.returncode == 2
    assert "no rule called 'FD1'" in refused.stderr


def test_paths_narrow_the_report(shop: Path) -> None:
    write(shop, {"pages/views.py": APP, "requirements.txt": "flask\n"})
    lines = flaskdoctor("--check", str(shop / "pages")).stdout.splitlines()[:-1]
    assert lines
    assert all(line.startswith("pages/") for line in lines)


def test_suppression_comments_are_obeyed(shop: Path) -> None:
    write(shop, {"app.py": APP.replace("True})", "True})  # flaskdoctor: ignore[FD101] the API says so")})
    assert "FD101" not in flaskdoctor("--check", str(shop)).stdout
    write(shop, {"app.py": APP.replace(f'"{SECRET}"', f'"{SECRET}"  # nosec')})
    assert "FD301" not in flaskdoctor("--check", str(shop)).stdout
    write(shop, {"app.py": "# flaskdoctor: ignore-file[needless-jsonify]\n" + APP})
    assert "FD101" not in flaskdoctor("--check", str(shop)).stdout


def test_settings_are_read_and_a_wrong_one_is_named(shop: Path) -> None:
    write(shop, {"pyproject.toml": '[tool.flaskdoctor]\nignore = ["FD101"]\n'})
    assert "FD101" not in flaskdoctor("--check", str(shop)).stdout
    write(shop, {"pyproject.toml": '[tool.flaskdoctor]\n\nignored = ["FD101"]\n'})
    done = flaskdoctor("--check", str(shop))
    assert done.returncode == 2
    assert "pyproject.toml:3" in done.stderr
    assert "Did you mean ignore?" in done.stderr


def test_a_reader_that_goes_away_ends_it_quietly(shop: Path) -> None:
    command = f'"{sys.executable}" -m flaskdoctor --check "{shop}" | true'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""


def test_explain_and_list_rules() -> None:
    page = flaskdoctor("--explain", "needless-jsonify").stdout
    assert page.startswith("# FD101 needless-jsonify")
    assert "## Why it matters" in page
    assert "FD101" in flaskdoctor("--list-rules").stdout
    assert {"FD101", "FD1106"} <= {
        rule["code"] for rule in json.loads(flaskdoctor("--list-rules", "--format", "json").stdout)
    }
    wrong = flaskdoctor("--explain", "needles-jsonify")
    assert wrong.returncode == 2
    assert "Did you mean needless-jsonify?" in wrong.stderr


# -- bad input --------------------------------------------------------------------------------------------


def test_no_such_folder(tmp_path: Path) -> None:
    done = flaskdoctor("--check", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "There is no such file or folder" in done.stderr
    assert done.stdout == ""


def test_no_flask_in_it(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "tool.py": "print('hello')\n"})
    done = flaskdoctor("--check", str(tmp_path))
    assert done.returncode == 2
    assert "does not look like a Flask project" in done.stderr


def test_a_syntax_error_is_a_finding_and_the_rest_goes_on(shop: Path) -> None:
    write(shop, {"broken.py": "def f(:\n    pass\n"})
    done = flaskdoctor("--check", str(shop))
    assert "broken.py:1:7: error: FD001 syntax-error" in done.stdout
    assert "FD101" in done.stdout


def test_latin_1_with_a_coding_line_is_read_and_without_one_explained(shop: Path) -> None:
    text = APP.replace("True", '"Zoë"')
    (shop / "good.py").write_bytes(("# -*- coding: latin-1 -*-\n" + text).encode("latin-1"))
    (shop / "bad.py").write_bytes(text.encode("latin-1"))
    done = flaskdoctor("--check", str(shop))
    assert "good.py:10:12: info: FD101" in done.stdout
    assert "bad.py:9: warning: FD002 unreadable-file: line 9 is not UTF-8" in done.stdout
    assert "bad.py:9:12" not in done.stdout


def test_a_link_that_leads_to_itself_and_a_generated_giant(shop: Path) -> None:
    (shop / "loop.py").symlink_to("loop.py")
    (shop / "around").symlink_to(".", target_is_directory=True)
    with (shop / "giant.py").open("w") as file:
        file.write("ROWS = [\n")
        file.writelines("    'flask flask flask flask',\n" for _ in range(700_000))
        file.write("]\n")
    done = flaskdoctor("--check", str(shop))
    assert (
        "loop.py: warning: FD002 unreadable-file: was not looked at: it is a link that leads back to itself"
        in done.stdout
    )
    assert re.search(r"giant.py: warning: FD002 unreadable-file: was not looked at: it is 2\d MB large", done.stdout)
    assert "FD101" in done.stdout
    assert "around: a link to a folder: not followed" in flaskdoctor("--show-files", str(shop)).stdout


def test_installed_packages_inside_the_project_are_skipped(shop: Path) -> None:
    """``pip install --target lib`` leaves the packages' metadata beside them; an app packed in the same way stays."""
    write(
        shop,
        {
            "lib/flask_shop/__init__.py": APP,
            "lib/six.py": APP,
            "lib/Flask_Shop-1.0.dist-info/RECORD": "",
            "package/main.py": APP,
            "package/flask-3.1.0.dist-info/RECORD": "",
        },
    )
    shown = flaskdoctor("--show-files", str(shop)).stdout
    assert "lib: installed packages" in shown
    assert "lib/six.py" not in shown
    assert "package/main.py" in shown


def test_without_git_the_ignore_file_is_still_read(shop: Path) -> None:
    write(shop, {".gitignore": ".env\nscratch/\n", ".env": "SECRET_KEY=x\n", "scratch/app.py": APP})
    run_git(shop, "init", "-q")
    done = flaskdoctor("--check", "--no-cache", str(shop), PATH="/nonexistent")
    assert "FD330" not in done.stdout
    assert "scratch/" not in done.stdout
    assert "app.py:9:12: info: FD101" in done.stdout


def test_no_terminal_prints_the_report_instead_of_the_dashboard(shop: Path) -> None:
    done = flaskdoctor(str(shop))
    assert "no terminal for the dashboard" in done.stderr
    assert "FD301" in done.stdout


def test_names_and_messages_with_control_characters_are_made_visible(shop: Path) -> None:
    write(shop, {"evil\x1b[31m\n.py": APP})
    done = flaskdoctor("--check", str(shop))
    assert "\x1b" not in done.stdout
    assert "evil\\x1b[31m\\x0a.py:9:12" in done.stdout


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="file permissions are POSIX's")
def test_a_file_that_may_not_be_read_is_said_and_the_rest_goes_on(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flaskdoctor.scan import Options, scan

    write(shop, {"private.py": APP})
    (shop / "private.py").chmod(0)
    found = _as_somebody_else(shop, lambda: scan(str(shop), Options(cache=False)).report.findings)
    messages = [finding.message for finding in found if finding.code == "FD002"]
    assert messages == ["cannot be read: permission denied"]
    assert any(finding.code == "FD101" for finding in found)


def _as_somebody_else(folder: Path, work):  # type: ignore[no-untyped-def]
    """Root may read everything, so root steps down for the time being."""
    if os.geteuid() != 0:
        return work()
    work()  # what is imported on the way may lie in a folder of root's own
    for parent in (folder, *folder.parents):
        if (
            parent.stat().st_uid == 0
            and str(parent).startswith(os.environ.get("TMPDIR", "/tmp"))
            and parent != Path("/tmp")
        ):
            parent.chmod(0o755)
    os.seteuid(65534)
    try:
        return work()
    finally:
        os.seteuid(0)


# -- fixes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [["--diff"], ["--fix", "--diff"], ["--diff", "--fix"]])
def test_diff_changes_nothing_also_beside_fix(shop: Path, options: list[str]) -> None:
    done = flaskdoctor(*options, str(shop), FLASKDOCTOR_STATE_DIR=str(shop.parent / "state"))
    assert done.returncode == 1
    assert '+    return {"ok": True}' in done.stdout
    assert (shop / "app.py").read_text() == APP


def test_read_only_and_fix_contradict_each_other(shop: Path) -> None:
    done = flaskdoctor("--fix", "--read-only", str(shop), FLASKDOCTOR_STATE_DIR=str(shop.parent / "state"))
    assert done.returncode == 2
    assert "--read-only switches every fix off" in done.stderr
    assert (shop / "app.py").read_text() == APP


def test_diff_of_fixes_that_are_all_refused_is_no_difference(shop: Path) -> None:
    (shop / "app.py").write_text(APP.replace('{"ok": True}', '{"ok": True}  # fine\n    '))
    done = flaskdoctor("--diff", str(shop))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("no fix: app.py:9:12 FD101")


def test_diff_of_a_change_that_is_only_told_is_a_difference(shop: Path) -> None:
    done = flaskdoctor("--diff", "--unsafe-fixes", "--select", "FD301", str(shop))
    assert done.returncode == 1
    assert "not shown: app.py: Read SECRET_KEY from the environment" in done.stderr


# -- speed ------------------------------------------------------------------------------------------------


def test_a_warm_check_loads_neither_parser_nor_rules_nor_dashboard(shop: Path) -> None:
    old = 1_600_000_000
    for path in [*shop.rglob("*"), shop]:
        os.utime(path, (old, old))
    program = (
        "import sys; from flaskdoctor.cli import main; main(); print(*sorted(sys.modules), file=sys.stderr, sep='\\n')"
    )

    def loaded() -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", program, "--check", str(shop)], capture_output=True, text=True, timeout=120
        )
        assert "FD101" in done.stdout
        return set(done.stderr.split())

    cold, warm = loaded(), loaded()
    heavy = {"ast", "dataclasses", "subprocess", "tomli", "dotenv", "pathspec", "flaskdoctor.rules.registry"}
    assert "flaskdoctor.rules.registry" in cold
    assert not warm & heavy
    assert not (cold | warm) & {"textual", "rich", "libcst", "httpx", "asyncio", "flaskdoctor.probe.observe"}
    assert not {name for name in cold | warm if name.startswith("flaskdoctor.rules.live.")}
