"""From findings to a plan: every fix that can be made is in it, and each file is edited once."""

from __future__ import annotations

import ast
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flaskdoctor.errors import Refuse
from flaskdoctor.finding import Finding, Fix, Severity, Tip
from flaskdoctor.fixes.apply import apply
from flaskdoctor.fixes.edit import Edit, Overlap, Plan
from flaskdoctor.fixes.journal import Journal
from flaskdoctor.fixes.merge import merge
from flaskdoctor.fixes.python import FileEdit
from flaskdoctor.fixes.session import look_at, plan, still_wrong
from flaskdoctor.project.code.module import Module
from flaskdoctor.rules.engine import candidates
from flaskdoctor.rules.rule import Bad, Hit, Rule, Site
from flaskdoctor.scan import Options, scan
from tests.projects import build, run_git, tree, write

HEAD = """\
from flask import Flask, jsonify
from flask_login import login_required

app = Flask(__name__)
"""
PIECES = {
    "secret": 'app.config["SECRET_KEY"] = "canary-4711"  # key\n',
    "password": 'app.config["MAIL_PASSWORD"] = "canary-17"\n',
    "json": '@app.get("/a{n}")\ndef a{n}():\n    return jsonify(\n        {{"a": {n}}}\n    )\n',
    "keywords": '@app.get("/b{n}")\ndef b{n}():\n    return jsonify(n={n}, **{{}})\n',
    "handler": "@app.errorhandler(41{n})\ndef c{n}(error):\n    return jsonify({{}})\n",
    "guard": '@login_required\n# public?\n@app.route("/d{n}")\ndef d{n}():\n    return "d"\n',
    "environment": 'import os\n\nURL{n} = os.environ["SHOP_URL_{n}"]\n',
}
LAST = "app.run(debug=True)\n"


def found(root: Path) -> tuple[Finding, ...]:
    return scan(str(root), Options(cache=False)).report.findings


def fixable(root: Path) -> list[Finding]:
    return [finding for finding in found(root) if finding.fix is not None]


def planned(root: Path, *codes: str) -> Plan:
    return plan(str(root), [finding for finding in fixable(root) if not codes or finding.code in codes])


def edited(made: Plan, path: str) -> str:
    (edit,) = [edit for edit in made.edits if edit.path == path]
    assert edit.after is not None
    return edit.after.decode()


def apply_to(root: Path, made: Plan, journal: Journal) -> None:
    apply(str(root), made, journal)


def shop(names: list[str]) -> str:
    return HEAD + "".join("\n\n" + PIECES[name].format(n=number) for number, name in enumerate(names)) + "\n\n" + LAST


def sorted_lines(root: Path) -> dict[str, list[bytes]]:
    """The code as it is; of .env, its template and .gitignore the lines, for they are asked for in some order."""
    return {path: [data] if path.endswith(".py") else sorted(data.splitlines()) for path, data in tree(root).items()}


class TestAllAtOnce:
    @given(
        st.lists(st.sampled_from(sorted(PIECES)), max_size=5, unique=True),
        st.sampled_from([{}, {".env": "A=1"}, {".env": "SECRET_KEY=\n", ".env.example": "# keys\nSECRET_KEY="}]),
        st.sampled_from([{}, {".gitignore": "*.pyc"}, {".gitignore": ".env\r\n"}]),
        st.randoms(use_true_random=False),
    )
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    def test_equals_one_by_one(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        names: list[str],
        env: dict[str, str],
        ignore: dict[str, str],
        random: object,
    ) -> None:
        files = {"app.py": shop(names), "requirements.txt": "flask==3.1.0\npython-dotenv\n", **env, **ignore}
        folder = tmp_path_factory.mktemp("all")
        one, all_ = build(folder / "one", files | {"#git": "init"}), build(folder / "all", files | {"#git": "init"})
        journal = Journal(str(folder / "state"))
        wanted = fixable(all_)
        made = planned(all_)
        assert {finding.key for finding in made.fixed} == {finding.key for finding in wanted}
        assert len({edit.path for edit in made.edits}) == len(made.edits)
        apply_to(all_, made, journal)

        # Fixes of .env and its template go first, as in a plan; those of the code in any order.
        project = [finding.code for finding in wanted if "FD310" <= finding.code < "FD340"]
        code = [finding.code for finding in wanted if finding.code not in project]
        random.shuffle(code)  # type: ignore[attr-defined]
        for each in [*project, *code]:
            left = [finding for finding in fixable(one) if finding.code == each]
            if left:  # fixing another one may have mended it
                step = plan(str(one), [random.choice(left)])  # type: ignore[attr-defined]
                assert step.fixed, step.refused
                apply_to(one, step, journal)
        assert sorted_lines(all_) == sorted_lines(one)
        for root in (one, all_):
            for record in journal.records(str(root)):
                journal.undo(str(root), record.id)
            assert tree(root) == {path: text.encode() for path, text in files.items()}

    def test_edits_every_file_once(self, tmp_path: Path) -> None:
        files = {
            "app.py": "import os\n\nA, B = os.environ['A_KEY'], os.environ['B_KEY']\n" + shop(["secret"]),
            ".env": "# mine\nC_KEY=3",
            ".env.example": "D_KEY=\r\n",
            ".gitignore": "*.pyc",
        }
        made = planned(build(tmp_path, files | {"#git": "init"}, "3.1.0"))
        assert not made.refused
        assert edited(made, ".env").splitlines()[:2] == ["# mine", "C_KEY=3"]
        assert sorted(edited(made, ".env").splitlines()[2:]) == [
            "A_KEY=",
            "B_KEY=",
            "D_KEY=",
            "SECRET_KEY=canary-4711",
        ]
        assert not edited(made, ".env").endswith("\n")
        assert sorted(edited(made, ".env.example").split("\r\n")) == [
            "",
            "A_KEY=",
            "B_KEY=",
            "C_KEY=",
            "D_KEY=",
            "SECRET_KEY=",
        ]
        assert edited(made, ".gitignore") == "*.pyc\n.env"

    def test_mends_two_findings_of_one_expression(self, tmp_path: Path) -> None:
        made = planned(build(tmp_path, shop(["handler"]), "3.1.0"), "FD101", "FD105")
        assert "    return {}, 410\n" in edited(made, "app.py")
        assert "import Flask\n" in edited(made, "app.py")

    def test_takes_several_files_out_of_gits_index(self, tmp_path: Path) -> None:
        root = build(
            tmp_path, {"app.py": HEAD, ".env": "A=1\n", ".env.local": "B=1\n", "#git": "track:app.py,.env,.env.local"}
        )
        made = planned(root, "FD331")
        assert len(made.fixed) == 2
        assert len(made.edits) == 1
        apply_to(root, made, Journal())
        assert run_git(root, "ls-files").split() == ["app.py"]
        assert tree(root)[".env"] == b"A=1\n"


class TestNamesThatOthersTake:
    @pytest.mark.parametrize(
        "other",
        [
            "from app import jsonify\n",
            "from app import *\n",
            "import app\n\nprint(app.jsonify)\n",
            "import app as shop\n\nprint(shop.jsonify)\n",
            "from unittest.mock import patch\n\n\n@patch('app.jsonify')\ndef test_a0(patched): ...\n",
        ],
    )
    def test_stay_in_the_file_that_imports_them(self, other: str, tmp_path: Path) -> None:
        made = planned(build(tmp_path, {"app.py": shop(["json"]), "tests/test_app.py": other}, "3.1.0"), "FD101")
        assert "return {" in edited(made, "app.py")
        assert "from flask import Flask, jsonify\n" in edited(made, "app.py")

    @pytest.mark.parametrize("other", ["from flask import jsonify\n", "import app\n\napp.app\n", "# jsonify\n"])
    def test_go_where_others_have_them_from_elsewhere(self, other: str, tmp_path: Path) -> None:
        made = planned(build(tmp_path, {"app.py": shop(["json"]), "tests/test_app.py": other}, "3.1.0"), "FD101")
        assert "from flask import Flask\n" in edited(made, "app.py")


class TestMovedSecrets:
    def test_make_the_first_env_its_template_and_its_ignore_line(self, tmp_path: Path) -> None:
        made = planned(build(tmp_path, {"app.py": shop(["secret", "password"]), "#git": "init"}, "3.1.0"), "FD301")
        assert [(edit.path, edit.mode, edit.secret) for edit in made.edits] == [
            (".env", 0o600, True),
            (".env-template", None, False),
            (".gitignore", None, False),
            ("app.py", None, True),
            ("requirements.txt", None, False),  # ``app.run()`` loads no .env: the code does
        ]
        assert edited(made, ".env-template") == "SECRET_KEY=\nMAIL_PASSWORD=\n"
        assert edited(made, ".env") == "SECRET_KEY=canary-4711\nMAIL_PASSWORD=canary-17\n"
        assert edited(made, ".gitignore") == ".env\n"
        assert 'os.environ["SECRET_KEY"]  # key' in edited(made, "app.py")

    def test_stand_by_name_in_a_template_that_the_same_plan_makes(self, tmp_path: Path) -> None:
        files = {"app.py": "import os\n\nA = os.environ['A_KEY']\n" + shop(["secret"]), "#git": "init"}
        made = planned(build(tmp_path, files, "3.1.0"), "FD301", "FD311")
        assert edited(made, ".env-template") == "A_KEY=\nSECRET_KEY=\n"

    def test_leave_an_ignored_env_and_its_mode_alone(self, tmp_path: Path) -> None:
        root = build(
            tmp_path,
            {
                "app.py": shop(["secret"]),
                ".env": "SECRET_KEY=\n",
                ".gitignore": ".env*\n!.env.example\n",
                "#git": "init",
            },
        )
        made = planned(root, "FD301")
        assert [(edit.path, edit.mode) for edit in made.edits] == [
            (".env", None), (".env-template", None), ("app.py", None),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("env", "reason"),
        [("SECRET_KEY=another\n", "another value"), ("A='open\n", "cannot be read"), ("A=\xff\n", "UTF-8")],
    )
    def test_are_refused_where_env_cannot_take_them(self, env: str, reason: str, tmp_path: Path) -> None:
        root = build(tmp_path, {"app.py": shop(["secret", "json"]), "#git": "init"}, "3.1.0")
        (root / ".env").write_bytes(env.encode("latin-1"))
        made = planned(root, "FD301", "FD101")
        assert [finding.code for finding in made.fixed] == ["FD101"]
        assert [edit.path for edit in made.edits] == ["app.py"]
        assert 'app.config["SECRET_KEY"] = "canary-4711"' in edited(made, "app.py")
        (refused,) = made.refused
        assert reason in refused.reason
        assert "canary" not in refused.reason
        assert "another\n" not in refused.reason

    def test_stay_where_git_would_not_read_the_ignore_line(self, tmp_path: Path) -> None:
        root = build(tmp_path, {"app.py": shop(["secret"]), "#git": "init"}, "3.1.0")
        (root / ".gitignore").write_bytes("*.pyc\n".encode("utf-16"))
        made = planned(root, "FD301")
        assert not made.edits
        assert made.refused[0].reason.startswith("The file is UTF-16, not UTF-8. Save it")

    def test_do_not_move_into_an_env_that_git_tracks(self, tmp_path: Path) -> None:
        files = {"app.py": shop(["secret"]), ".env": "A=1\n", "#git": "track:.env,app.py"}
        root = build(tmp_path, files, "3.1.0")
        made = planned(root, "FD301")
        assert "FD331" in made.refused[0].reason
        assert not made.edits
        # Taken out of the index by the same plan, it may hold a secret.
        assert {finding.code for finding in planned(root, "FD301", "FD331").fixed} == {"FD301", "FD331"}

    def test_with_two_values_for_one_key_stay(self, tmp_path: Path) -> None:
        files = {
            "a/__init__.py": "",
            "a/config.py": 'class One:\n    SECRET_KEY = "canary-1"\n\n\nclass Two:\n    SECRET_KEY = "canary-2"\n',
            "b.py": 'from flask import Flask\n\napp = Flask("b")\napp.secret_key = "canary-3"\n',
        }
        made = planned(build(tmp_path, files, "3.1.0"), "FD301")
        assert len(made.fixed) == 1
        assert {refused.finding.location.path for refused in made.refused} == {"a/config.py"}
        assert edited(made, ".env") == "SECRET_KEY=canary-3\n"

    def test_show_in_no_text_of_a_plan(self, tmp_path: Path) -> None:
        made = planned(build(tmp_path, shop(["secret", "password"]), "3.1.0"), "FD301")
        assert made.edits
        told = f"{made} {made!r} {[edit.summary for edit in made.edits]} {[edit.diff() for edit in made.edits]}"
        assert "canary" not in told
        assert pickle.loads(pickle.dumps(made)) == made


class TestWhatChangedSince:
    def test_a_finding_that_moved_is_still_found(self, tmp_path: Path) -> None:
        root = build(tmp_path, shop(["json"]), "3.1.0")
        findings = fixable(root)
        (root / "app.py").write_bytes(b"# new\n" + (root / "app.py").read_bytes())
        made = plan(str(root), [finding for finding in findings if finding.code == "FD101"])
        assert edited(made, "app.py").startswith("# new\n")
        assert 'return {\n        "a": 0}' in edited(made, "app.py") or 'return {"a": 0}' in edited(made, "app.py")

    def test_one_that_is_gone_is_said(self, tmp_path: Path) -> None:
        root = build(tmp_path, shop(["json"]), "3.1.0")
        findings = fixable(root)
        (root / "app.py").write_text("x = 1\n")
        made = plan(str(root), findings)
        assert not made.edits
        assert len(made.refused) == len(findings)
        (root / "app.py").write_text("x = (\n")
        assert len(plan(str(root), findings).refused) == len(findings)
        (root / "app.py").unlink()
        assert len(plan(str(root), findings).refused) == len(findings)

    def test_an_env_that_changed_since_the_scan_stays(self, tmp_path: Path) -> None:
        root = build(tmp_path, {"app.py": HEAD, ".env": "A=1\n", ".env.example": "A=\nB=\n"}, "3.1.0")
        project, findings = look_at(str(root)), fixable(root)
        write(root, {".env": "A=2\n"})
        made = plan(str(root), [finding for finding in findings if finding.code == "FD313"], project)
        assert not made.edits
        assert "has changed" in made.refused[0].reason

    def test_what_has_no_fix_is_refused(self, tmp_path: Path) -> None:
        root = build(tmp_path, "x = (\n")
        made = plan(str(root), found(root))
        assert {refused.finding.code for refused in made.refused} == {finding.code for finding in found(root)}


class Calls(Rule):
    """A rule for tests: every call of one function; ``mend`` says what its fix does."""

    code, name, tip, severity = "FD991", "calls", Tip.TOOL, Severity.WARNING
    needs = (b"flask",)
    bad: ClassVar = [Bad("x", fixed="y")]
    good: ClassVar = []
    function = "old"
    template = "{value}"

    def check(self, module: Module) -> Iterator[Hit]:
        for node in module.nodes(ast.Call):
            assert isinstance(node, ast.Call)
            if isinstance(node.func, ast.Name) and node.func.id == self.function:
                yield Hit(node, f"{self.function}() is called")

    def fix(self, site: Site, edit: FileEdit) -> None:
        assert isinstance(site.node, ast.Call)
        edit.replace(site.node, self.template, value=site.node.args[0])


class Others(Calls):
    """The same for another function."""

    code, name, function = "FD992", "others", "bad"


class Overlapping(Calls):
    """A rule that reports the calls inside of a call, and replaces the outer one."""

    code, name, function = "FD993", "overlapping", "old"
    template = "new({value})"


def mend(root: Path, source: str, *rules: Rule) -> Plan:
    """The plan for all that these rules find in one file."""
    build(root, "import flask\n" + source, "3.1.0")
    project = look_at(str(root))
    module = Module("app.py", "app", "app", (root / "app.py").read_bytes())
    findings = [
        Finding(rule.code, rule.name, rule.tip, rule.severity, "", hit.location, Fix.SAFE, hit.anchor, hit.ordinal)
        for rule in rules
        for hit in candidates(rule, module)
    ]
    return plan(str(root), findings, project, rules)


class TestTheCheckAfterwards:
    def test_keeps_what_does_not_mend(self, tmp_path: Path) -> None:
        class Useless(Calls):
            template = "old(1 + {value})"

        made = mend(tmp_path, "x = old(1)\n", Useless())
        assert not made.edits
        assert "would still be found" in made.refused[0].reason

    def test_keeps_what_leads_to_another_finding(self, tmp_path: Path) -> None:
        class Worse(Calls):
            template = "bad({value})"

        made = mend(tmp_path, "x = old(1)\n", Worse(), Others())
        assert not made.edits
        assert "FD992" in made.refused[0].reason

    def test_lets_a_named_successor_pass(self, tmp_path: Path) -> None:
        class Step(Calls):
            template = "bad({value})"
            successors = ("FD992",)

        assert edited(mend(tmp_path, "x = old(1)\n", Step(), Others()), "app.py") == "import flask\nx = bad(1)\n"

    def test_drops_only_the_fix_that_fails(self, tmp_path: Path) -> None:
        class Sometimes(Calls):
            def fix(self, site: Site, edit: FileEdit) -> None:
                assert isinstance(site.node, ast.Call)
                wrong = ast.unparse(site.node.args[0]) == "2"
                edit.replace(site.node, "old({value})" if wrong else "{value}", value=site.node.args[0])

        made = mend(tmp_path, "x = old(1), old(2), old(3), bad(4)\n", Sometimes(), Others())
        assert edited(made, "app.py") == "import flask\nx = 1, old(2), 3, 4\n"
        assert len(made.fixed) == 3
        assert len(made.refused) == 1

    def test_a_refusal_half_way_takes_back_the_first_half(self, tmp_path: Path) -> None:
        class Reluctant(Calls):
            def fix(self, site: Site, edit: FileEdit) -> None:
                super().fix(site, edit)
                edit.add_import("os")
                raise Refuse("I would rather not.")

        made = mend(tmp_path, "x = old(1), bad(2)\n", Reluctant(), Others())
        assert edited(made, "app.py") == "import flask\nx = old(1), 2\n"
        assert [refused.reason for refused in made.refused] == ["I would rather not."]

    def test_fixes_of_one_place_are_made_one_after_the_other(self, tmp_path: Path) -> None:
        class Renamed(Calls):
            template = "older({value})"

        class Same(Calls):
            code, name = "FD994", "same"
            template = "newer({value})"

        # Both replace the same call; once the first has, the other one's finding is gone.
        made = mend(tmp_path, "x = old(1)\n", Renamed(), Same())
        assert edited(made, "app.py") == "import flask\nx = older(1)\n"
        assert len(made.fixed) + len(made.refused) == 2

    def test_a_fix_left_for_later_is_found_again_behind_those_that_were_made(self, tmp_path: Path) -> None:
        class Twos(Calls):
            code, name, template = "FD995", "twos", "old({value} + 1)"

            def check(self, module: Module) -> Iterator[Hit]:
                return (hit for hit in super().check(module) if ast.unparse(hit.node) == "old(2)")

        made = mend(tmp_path, "x = old(1), old(2), old(3)\n", Twos(), Calls())
        assert edited(made, "app.py") == "import flask\nx = 1, 2 + 1, 3\n"
        assert len(made.fixed) == 4

    def test_a_fix_that_fails_moves_no_secret(self, tmp_path: Path) -> None:
        class Careless(Calls):
            template = "old({value} + 1)"

            def fix(self, site: Site, edit: FileEdit) -> None:
                assert isinstance(site.node, ast.Call)
                super().fix(site, edit)
                edit.move_secret("SHOP_KEY", site.node.args[1])

        made = mend(tmp_path, "x = old(1, 'canary'), bad(2)\n", Others(), Careless())
        assert [edit.path for edit in made.edits] == ["app.py"]
        assert edited(made, "app.py") == "import flask\nx = old(1, 'canary'), 2\n"

    def test_nested_findings_of_one_rule_are_all_mended(self, tmp_path: Path) -> None:
        made = mend(tmp_path, "x = old(old(old(1) + 2) + bad(3))\n", Overlapping(), Others())
        assert edited(made, "app.py") == "import flask\nx = new(new(new(1) + 2) + 3)\n"
        assert len(made.fixed) == 4


def test_what_a_scan_afterwards_should_not_show(tmp_path: Path) -> None:
    root = build(tmp_path, shop(["json", "keywords", "handler"]), "3.1.0")
    before = found(root)
    made = planned(root, "FD101")
    assert still_wrong(made, before, before) == ("FD101 is still there in app.py.",)
    apply_to(root, made, Journal())
    after = found(root)
    assert still_wrong(made, before, after) == ()
    worse = after[0]._replace(code="FD701", location=after[0].location._replace(path="other.py"))
    assert still_wrong(made, before, [*after, worse]) == ("FD701 is new in other.py.",)
    remembered = worse._replace(code="FD332")  # a second look may have had the time to find it in git's history
    assert still_wrong(made, before, [*after, remembered]) == ()


class TestMerge:
    @pytest.mark.parametrize(
        ("base", "ours", "theirs", "merged"),
        [
            (b"a\n", b"a\nb\n", b"a\nc\n", b"a\nb\nc\n"),
            (b"a", b"a\nb", b"a\nc", b"a\nb\nc"),
            (b"a\r\n", b"a\r\nb\r\n", b"a\r\nc\r\n", b"a\r\nb\r\nc\r\n"),
            (b"a\n", b"a\n.env\n", b"a\n.env\n!x\n", b"a\n.env\n!x\n"),
            (None, b"A=\n", b"B=\n", b"A=\nB=\n"),
            (None, b"A=\nB=\n", b"B=\nC=\n", b"A=\nB=\nC=\n"),
            (b"a\nb\nc\n", b"b\nc\n", b"a\nb\nc\nd\n", b"b\nc\nd\n"),
            (b"a\nb\nc\n", b"a\nB\nc\n", b"a\nb\nC\n", b"a\nB\nC\n"),
            (b"a\n", b"a\n", b"b\n", b"b\n"),
            (b"a\n", None, b"a\n", None),
        ],
    )
    def test_makes_both_changes(
        self, base: bytes | None, ours: bytes | None, theirs: bytes | None, merged: bytes | None
    ) -> None:
        assert merge(base, ours, theirs) == merged

    @pytest.mark.parametrize(
        ("base", "ours", "theirs"),
        [(b"a\nb\n", b"a\nx\n", b"a\ny\n"), (b"a\n", None, b"b\n"), (b"a\nb\n", b"", b"a\nx\nb\n")],
    )
    def test_refuses_two_changes_of_the_same_lines(self, base: bytes, ours: bytes | None, theirs: bytes) -> None:
        with pytest.raises(Overlap):
            merge(base, ours, theirs)

    @given(st.lists(st.sampled_from("abc"), max_size=6), st.integers(0, 6), st.integers(0, 6), st.booleans())
    def test_of_two_additions_keeps_everything(self, lines: list[str], one: int, two: int, end: bool) -> None:
        base = "\n".join(lines) + ("\n" if end and lines else "")
        one, two = min(one, len(lines)), min(two, len(lines))
        ours, theirs = list(lines), list(lines)
        ours.insert(one, "ours")
        theirs.insert(two, "theirs")
        merged = merge(base.encode(), "\n".join(ours).encode(), "\n".join(theirs).encode())
        assert merged is not None
        kept = merged.decode().split()
        assert [line for line in kept if line in "abc"] == lines
        assert sorted(line for line in kept if line not in "abc") == ["ours", "theirs"]


def test_edit_is_told_and_not_shown_where_it_is_secret() -> None:
    shown = Edit("app.py", b"a\n", b"b\n")
    assert re.search(r"^-a\n\+b$", shown.diff(), re.M)
    assert shown._replace(secret=True).diff() == ""
    assert shown._replace(path="/repo/.git/index").diff() == ""


def test_libcst_is_loaded_for_fixes_of_code_alone(tmp_path: Path) -> None:
    root = build(tmp_path, {"app.py": shop(["json"]), ".env": "A=1\n", "#git": "init"}, "3.1.0")
    script = (
        "import sys\nfrom flaskdoctor.fixes.session import look_at, plan\nfrom flaskdoctor.scan import Options, scan\n"
        "found = scan(sys.argv[1], Options(cache=False)).report.findings\n"
        "for code in sys.argv[2:]:\n"
        "    made = plan(sys.argv[1], [each for each in found if each.code == code])\n"
        "    print(code, bool(made.fixed), 'libcst' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(root), "FD330", "FD101"],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["FD330", "True", "False", "FD101", "True", "True"]
